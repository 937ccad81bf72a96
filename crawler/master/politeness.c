#include "master/internal.h"

#include "parsers/url/domain.h"

struct hosts_policy master_policy_of(const struct master *master, struct slice host)
{
	const struct config_host *rule = config_host_rule(master->config, host);
	struct hosts_policy policy = {
		.pace.delay_ms = master->settings->delay_ms,
		.pace.concurrency = (unsigned)master->settings->concurrency,
		.obeys_robots = master->settings->robots,
		.wants_sitemaps = master->settings->sitemaps,
	};

	if (rule && rule->delay_ms >= 0)
		policy.pace.delay_ms = rule->delay_ms;
	if (rule && rule->concurrency >= 0)
		policy.pace.concurrency = (unsigned)rule->concurrency;
	if (rule && rule->robots >= 0)
		policy.obeys_robots = rule->robots != 0;
	if (rule && rule->sitemaps >= 0)
		policy.wants_sitemaps = rule->sitemaps != 0;
	return policy;
}

struct slice master_host_name(struct slice origin)
{
	const char *name = (const char *)memchr(origin.at, '/', origin.size) + 2;
	const char *end = origin.at + origin.size;
	const char *colon =
		name < end && *name == '[' ? memchr(name, ']', (size_t)(end - name)) : name;

	colon = colon ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
	return (struct slice){ name, (size_t)((colon ? colon : end) - name) };
}

/* What a host's robots.txt asks for, as far as it is obeyed; 0: nothing. */
static int64_t crawl_delay(const struct master *master, uint32_t host)
{
	const struct robots *robots = hosts_rules(master->hosts, host);
	int64_t delay;

	if (!robots || !hosts_policy(master->hosts, host).obeys_robots)
		return 0;
	delay = robots_crawl_delay_ms(robots);
	return delay < HOSTS_CRAWL_DELAY_MS_MAX ? delay : HOSTS_CRAWL_DELAY_MS_MAX;
}

/*
 * A Crawl-delay that asks for more than we would leave by ourselves is obeyed, one request at a
 * time; with auto_delay a host is asked no faster than it answers.
 */
void master_settle_policy(struct master *master, uint32_t host)
{
	struct pace_policy policy = hosts_policy(master->hosts, host).pace;
	int64_t asked = crawl_delay(master, host);
	int64_t usual = master->settings->auto_delay ? hosts_usual_ms(master->hosts, host) : 0;

	if (asked > policy.delay_ms)
		policy = (struct pace_policy){ .delay_ms = asked, .concurrency = 1 };
	if (usual > HOSTS_CRAWL_DELAY_MS_MAX)
		usual = HOSTS_CRAWL_DELAY_MS_MAX;
	if (usual > policy.delay_ms)
		policy.delay_ms = usual;
	frontier_set_policy(master->frontier, host, policy);
}

/* ---- which hosts keep their distance together ---- */

/* "::1" of "[::1]". */
static struct slice without_brackets(struct slice address)
{
	if (address.at[0] != '[')
		return address;
	return (struct slice){ address.at + 1, address.size - 2 };
}

/* What the group of a host is called; empty: it has none, or none yet. */
static struct slice group_name(const struct master *master, uint32_t host)
{
	struct slice name = master_host_name(frontier_host_origin(master->frontier, host));

	switch (master->settings->polite_per) {
	case POLITE_PER_HOST:
		break;
	case POLITE_PER_DOMAIN:
		return domain_of(name);
	case POLITE_PER_ADDRESS:
		return domain_is_address(name) ? without_brackets(name)
					       : hosts_address(master->hosts, host);
	}
	return (struct slice){ 0 };
}

/* What was dispatched last in a group, and belongs to a host that leaves it, goes with the host. */
static void take_last_along(struct master *master, uint32_t host, uint32_t from, uint32_t to)
{
	const struct visit *last = hosts_group_last(master->hosts, from);
	const struct visit *other = hosts_group_last(master->hosts, to);

	if (!last || last->host != host || from == to)
		return;
	hosts_set_group_last(master->hosts, from, NULL);
	if (!other || other->asked_ms < last->asked_ms)
		hosts_set_group_last(master->hosts, to, last);
}

void master_group(struct master *master, uint32_t host)
{
	struct slice name = group_name(master, host);
	uint32_t from = frontier_group(master->frontier, host);

	if (name.size == 0)
		return;
	frontier_join(master->frontier, host, name, hosts_policy(master->hosts, host).pace);
	take_last_along(master, host, from, frontier_group(master->frontier, host));
}

bool master_wants_address(const struct master *master, uint32_t host)
{
	return master->settings->polite_per == POLITE_PER_ADDRESS &&
	       !frontier_group_pace(master->frontier, host);
}

void master_note_sent(struct master *master, const struct visit *visit)
{
	hosts_set_last(master->hosts, visit->host, visit);
	if (master->settings->polite_per != POLITE_PER_HOST)
		hosts_set_group_last(master->hosts, frontier_group(master->frontier, visit->host),
				     visit);
}

void master_note_back(struct master *master, const struct visit *visit)
{
	uint32_t group = frontier_group(master->frontier, visit->host);

	if (hosts_last(master->hosts, visit->host) == visit)
		hosts_set_last(master->hosts, visit->host, NULL);
	if (hosts_group_last(master->hosts, group) == visit)
		hosts_set_group_last(master->hosts, group, NULL);
}
