#include "master/politeness.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "parsers/url/domain.h"
#include "parsers/url/origin.h"

static void free_delays(struct politeness *politeness);
static int64_t find_delay(const struct politeness *politeness, struct slice origin,
			  int64_t delay_ms);

struct politeness *politeness_new(const struct config *config, struct store *store,
				  struct events *events, uint64_t key, int64_t quiet_since_ms)
{
	const struct settings *settings = &config->settings;
	struct politeness *politeness = memory_new(1, sizeof(*politeness));

	*politeness = (struct politeness){
		.config = config,
		.store = store,
		.events = events,
		.frontier = frontier_new(),
		.hosts = hosts_new((unsigned)settings->host_failures, settings->host_rest_ms),
		.visits = visits_new(),
		.numbers = url_map_new(key),
		.quiet_since_ms = quiet_since_ms,
	};
	return politeness;
}

void politeness_free(struct politeness *politeness)
{
	if (!politeness)
		return;
	url_map_free(politeness->numbers);
	free_delays(politeness);
	for (struct visit *visit = politeness->stranded, *next; visit; visit = next) {
		next = visit->next;
		visits_end(politeness->visits, visit);
	}
	visits_free(politeness->visits);
	hosts_free(politeness->hosts);
	frontier_free(politeness->frontier);
	free(politeness);
}

/* ---- hosts ---- */

/* A key of the store as the text of a map. */
static struct slice key_text(const struct store_key *key)
{
	return (struct slice){ (const char *)key, sizeof(*key) };
}

uint32_t politeness_find_host(const struct politeness *politeness, struct store_key key)
{
	uint32_t found = url_map_find(politeness->numbers, key_text(&key));

	return found > 0 ? found - 1 : FRONTIER_NO_HOST;
}

/* What a host of this origin may expect, by settings and config. */
static struct hosts_policy policy_of(const struct config *config, struct slice origin)
{
	const struct config_host *rule = config_host_rule(config, origin);
	uint32_t number = rule ? (uint32_t)(rule - config->hosts) + 1 : 0;
	const struct host_request *request = config_request(config, number);
	struct hosts_policy policy = {
		.request = number,
		.cookies = request->cookies,
		.has_own = request->has_own,
		.is_for_private = request->has_secrets && !request->has_scheme &&
				  !origin_read(origin).is_https,
		.may_carry = config_may_carry(rule, origin, false),
		.pace.delay_ms = config->settings.delay_ms,
		.pace.concurrency = (unsigned)config->settings.concurrency,
		.obeys_robots = config->settings.robots,
		.wants_sitemaps = config->settings.sitemaps,
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

uint32_t politeness_add_host(struct politeness *politeness, struct slice origin,
			     struct store_key key)
{
	struct hosts_policy policy = policy_of(politeness->config, origin);
	uint32_t host;

	policy.pace.delay_ms = find_delay(politeness, origin, policy.pace.delay_ms);
	host = frontier_add_host(politeness->frontier, origin, policy.pace);

	hosts_add(politeness->hosts, key);
	hosts_set_policy(politeness->hosts, host, policy);
	if (!store_key_is_none(key))
		url_map_put(politeness->numbers, key_text(&key), host + 1);
	politeness_group(politeness, host);
	return host;
}

void politeness_set_key(struct politeness *politeness, uint32_t host, struct store_key key)
{
	hosts_set_key(politeness->hosts, host, key);
	url_map_put(politeness->numbers, key_text(&key), host + 1);
}

void politeness_gain_host(struct politeness *politeness, uint32_t host, struct store_key key)
{
	hosts_gain(politeness->hosts, host, key);
	url_map_put(politeness->numbers, key_text(&key), host + 1);
}

struct slice politeness_name_in(struct slice origin)
{
	return origin_read(origin).name;
}

struct slice politeness_name(const struct politeness *politeness, uint32_t host)
{
	return politeness_name_in(frontier_host_origin(politeness->frontier, host));
}

/* What a host's robots.txt asks for, as far as it is obeyed; 0: nothing. */
static int64_t crawl_delay(const struct hosts *hosts, uint32_t host)
{
	int64_t delay = hosts_crawl_delay_ms(hosts, host);

	if (delay < 0 || !hosts_policy(hosts, host).obeys_robots)
		return 0;
	return delay < HOSTS_CRAWL_DELAY_MS_MAX ? delay : HOSTS_CRAWL_DELAY_MS_MAX;
}

/*
 * A Crawl-delay that asks for more than we would leave by ourselves is obeyed, one request at a
 * time; with auto_delay a host is asked no faster than it answers.
 */
void politeness_settle(struct politeness *politeness, uint32_t host)
{
	bool is_auto = politeness->config->settings.auto_delay;
	struct pace_policy policy = hosts_policy(politeness->hosts, host).pace;
	int64_t asked = crawl_delay(politeness->hosts, host);
	int64_t usual = is_auto ? hosts_usual_ms(politeness->hosts, host) : 0;

	if (asked > policy.delay_ms)
		policy = (struct pace_policy){ .delay_ms = asked, .concurrency = 1 };
	if (usual > HOSTS_CRAWL_DELAY_MS_MAX)
		usual = HOSTS_CRAWL_DELAY_MS_MAX;
	if (usual > policy.delay_ms)
		policy.delay_ms = usual;
	frontier_set_policy(politeness->frontier, host, policy);
}

/* Is this a name of the host: its own, with its port, with its scheme? */
static bool is_called(struct slice origin, struct slice name)
{
	struct slice host = politeness_name_in(origin);
	struct slice authority = { host.at, (size_t)(origin.at + origin.size - host.at) };

	return slice_equal(host, name) || slice_equal(authority, name) || slice_equal(origin, name);
}

unsigned politeness_set_delay(struct politeness *politeness, struct slice name, int64_t delay_ms)
{
	struct frontier *frontier = politeness->frontier;
	unsigned count = 0;

	for (uint32_t host = 0; host < frontier_host_count(frontier); host++) {
		struct hosts_policy policy;
		struct pace_policy pace;

		if (!is_called(frontier_host_origin(frontier, host), name))
			continue;
		policy = hosts_policy(politeness->hosts, host);
		pace = frontier_pace(frontier, host)->policy;
		policy.pace.delay_ms = pace.delay_ms = delay_ms;
		hosts_set_policy(politeness->hosts, host, policy);
		frontier_set_policy(frontier, host, pace);
		count++;
	}
	return count;
}

/* The last of a name is the first. */
struct kept_delay {
	struct kept_delay *next;
	int64_t delay_ms;
	size_t name_size;
	char name[];
};

void politeness_keep_delay(struct politeness *politeness, struct slice name, int64_t delay_ms)
{
	struct kept_delay *kept = memory_new(1, sizeof(*kept) + name.size);

	kept->next = politeness->delays;
	kept->delay_ms = delay_ms;
	kept->name_size = name.size;
	memcpy(kept->name, name.at, name.size);
	politeness->delays = kept;
}

static void free_delays(struct politeness *politeness)
{
	for (struct kept_delay *kept = politeness->delays, *next; kept; kept = next) {
		next = kept->next;
		free(kept);
	}
}

/* What somebody has set for a host of this origin, or what its policy says. */
static int64_t find_delay(const struct politeness *politeness, struct slice origin,
			  int64_t delay_ms)
{
	for (const struct kept_delay *kept = politeness->delays; kept; kept = kept->next) {
		if (is_called(origin, (struct slice){ kept->name, kept->name_size }))
			return kept->delay_ms;
	}
	return delay_ms;
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
static struct slice group_name(const struct politeness *politeness, uint32_t host)
{
	struct slice name = politeness_name(politeness, host);

	switch (politeness->config->settings.polite_per) {
	case POLITE_PER_HOST:
		break;
	case POLITE_PER_DOMAIN:
		return domain_of(name);
	case POLITE_PER_ADDRESS:
		return domain_is_address(name) ? without_brackets(name)
					       : hosts_address(politeness->hosts, host);
	}
	return (struct slice){ 0 };
}

/* What was dispatched last in a group, and belongs to a host that leaves it, goes with the host. */
static void move_last(struct hosts *hosts, uint32_t host, uint32_t from, uint32_t to)
{
	const struct visit *last =
		from == FRONTIER_NO_GROUP ? hosts_last(hosts, host) : hosts_group_last(hosts, from);
	const struct visit *other = hosts_group_last(hosts, to);

	if (!last || last->host != host || from == to)
		return;
	hosts_set_group_last(hosts, from, NULL);
	if (!other || other->asked_ms < last->asked_ms)
		hosts_set_group_last(hosts, to, last);
}

void politeness_group(struct politeness *politeness, uint32_t host)
{
	struct frontier *frontier = politeness->frontier;
	struct slice name = group_name(politeness, host);
	uint32_t from = frontier_group(frontier, host);

	if (name.size == 0)
		return;
	frontier_join(frontier, host, name, hosts_policy(politeness->hosts, host).pace);
	move_last(politeness->hosts, host, from, frontier_group(frontier, host));
}

bool politeness_wants_address(const struct politeness *politeness, uint32_t host)
{
	return politeness->config->settings.polite_per == POLITE_PER_ADDRESS &&
	       !frontier_group_pace(politeness->frontier, host);
}

void politeness_note_address(struct politeness *politeness, uint32_t host, struct slice address)
{
	if (!hosts_set_address(politeness->hosts, host, address))
		return;
	store_put_address(politeness->store, hosts_key(politeness->hosts, host), address);
	politeness_group(politeness, host);
}

void politeness_note_proxy(struct politeness *politeness, uint32_t host)
{
	if (hosts_forget_address(politeness->hosts, host))
		store_put_address(politeness->store, hosts_key(politeness->hosts, host),
				  (struct slice){ 0 });
	if (politeness_wants_address(politeness, host))
		frontier_join(politeness->frontier, host, politeness_name(politeness, host),
			      hosts_policy(politeness->hosts, host).pace);
}

/* ---- a request ---- */

/* What was dispatched last, and has not come back, stands with its host, and with its group. */
static void set_last(struct politeness *politeness, const struct visit *visit)
{
	hosts_set_last(politeness->hosts, visit->host, visit);
	if (politeness->config->settings.polite_per != POLITE_PER_HOST)
		hosts_set_group_last(politeness->hosts,
				     frontier_group(politeness->frontier, visit->host), visit);
}

static void forget_last(struct politeness *politeness, const struct visit *visit)
{
	uint32_t group = frontier_group(politeness->frontier, visit->host);

	if (hosts_last(politeness->hosts, visit->host) == visit)
		hosts_set_last(politeness->hosts, visit->host, NULL);
	if (hosts_group_last(politeness->hosts, group) == visit)
		hosts_set_group_last(politeness->hosts, group, NULL);
}

/* To find out an address is no request: it delays nothing, and the host waits for the answer. */
void politeness_note_sent(struct politeness *politeness, struct visit *visit)
{
	visit->fetched_at_ms = clock_date_ms();
	visit->asked_ms = clock_ms();
	if (visit->is_resolving) {
		frontier_suspend(politeness->frontier, visit->host);
		return;
	}
	frontier_begin(politeness->frontier, visit->host, visit->asked_ms);
	set_last(politeness, visit);
}

void politeness_note_back(struct politeness *politeness, const struct visit *visit,
			  int64_t started_ms, bool has_address)
{
	struct frontier *frontier = politeness->frontier;
	int64_t delay = frontier_pace(frontier, visit->host)->policy.delay_ms;

	forget_last(politeness, visit);
	if (!visit->is_resolving) {
		frontier_done(frontier, visit->host, started_ms);
		return;
	}
	if (!has_address) /* a name without one is resolved no more often than a host is asked */
		frontier_hold(frontier, visit->host, visit->asked_ms + delay);
	frontier_resume(frontier, visit->host);
}
