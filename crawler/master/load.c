#include "master/internal.h"

#include <string.h>

#include "base/clock.h"
#include "show/log.h"
#include "master/retries.h"

#define LOAD_COMMIT_ROWS 200000 /* while a list is read, nobody waits for rows */

/* It asked the last run for time, and that may not be over: but no longer than it may ask for. */
static void keep_hold(struct master *master, uint32_t host, int64_t until_ms)
{
	int64_t rest = until_ms - clock_date_ms();

	if (rest > 0)
		frontier_hold(master->frontier, host,
			      clock_ms() + (rest < RETRIES_AFTER_MS_MAX ? rest : RETRIES_AFTER_MS_MAX));
}

/* Hosts and URLs of the database are numbered from 1, in order: the frontier's number is one less.
 */
static int load_host(void *context, const struct store_known_host *known)
{
	struct master *master = context;
	struct slice origin = { known->origin.at, known->origin.size };
	uint32_t host = master_add_host(master, origin, known->host_id);

	master_remember_robots(master, host, known);
	hosts_set_address(master->hosts, host,
			  (struct slice){ known->address.at, known->address.size });
	master_group(master, host);
	keep_hold(master, host, known->held_until_ms);
	return 0;
}

static bool is_sound(const struct master *master, const struct store_known *known)
{
	return known->url.at && known->host_id > 0 &&
	       known->host_id <= frontier_host_count(master->frontier) &&
	       known->url_id <= URL_ID_MAX && known->lane > LANE_ROBOTS &&
	       known->lane < FRONTIER_LANES;
}

static int load_url(void *context, const struct store_known *known)
{
	struct master *master = context;
	struct slice url = { known->url.at, known->url.size };

	if (!is_sound(master, known)) {
		log_error("URL %lld of the database is damaged: it is left out",
			  (long long)known->url_id);
		return 0;
	}
	if (known->kind == STORE_URL_OUTSIDE) {
		url_map_put(master->outside, url, (uint32_t)known->url_id);
		return 0;
	}
	seen_add(master->seen, url);
	if (known->rule > 0 && known->rule <= FOLLOW_RULES_MAX)
		master->rule_urls[known->rule - 1]++;
	if (known->rule > 0 && url_parse(&master->scratch, url) == URL_OK)
		traps_count(master->traps, &master->scratch);
	if (known->state == STORE_PENDING)
		frontier_push(master->frontier, (uint32_t)known->host_id - 1,
			      (uint32_t)known->url_id, (enum frontier_lane)known->lane);
	return 0;
}

/* The last run may have asked a host just now: from then on the delay counts. */
static void keep_distance(struct master *master, uint32_t host)
{
	const struct pace *group = frontier_group_pace(master->frontier, host);
	int64_t delay = frontier_pace(master->frontier, host)->policy.delay_ms;
	int64_t group_delay = group ? group->policy.delay_ms : 0;
	int64_t passed = master->quiet_since_ms > 0 ? clock_date_ms() - master->quiet_since_ms : 0;

	if (passed < 0)
		passed = 0;
	if (passed < delay)
		frontier_hold(master->frontier, host, clock_ms() + delay - passed);
	if (passed < group_delay)
		frontier_hold_group(master->frontier, host, clock_ms() + group_delay - passed);
}

int master_load(struct master *master)
{
	uint32_t known;

	if (store_each_host(master->store, load_host, master) < 0 ||
	    store_each_url(master->store, load_url, master) < 0)
		return -1;
	known = frontier_host_count(master->frontier);
	for (uint32_t host = 0; host < known; host++) {
		keep_distance(master, host);
		master_add_sitemaps(master, host);
	}
	return master->has_failed ? -1 : 0;
}

/* "/sitemap.xml", "/sitemap-news.xml.gz", "/feed.rss": a seed like this is read for its URLs. */
static bool is_sitemap(const struct url *url)
{
	static const char *const endings[] = { ".xml", ".xml.gz", ".rss", ".atom" };
	const char *path = url->text + url->path;
	size_t size = (size_t)(url->query - url->path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t ending = strlen(endings[i]);

		if (size > ending && memcmp(path + size - ending, endings[i], ending) == 0)
			return i >= 2 || memmem(path, size, "sitemap", 7) != NULL;
	}
	return false;
}

int master_add_seed(struct master *master, struct url *url)
{
	struct store_url row = { .kind = STORE_URL_PAGE, .lane = LANE_NORMAL };

	canonical_apply(master->config->canonical, url);
	if (is_sitemap(url)) { /* before pages: of those it knows best which have changed */
		row.kind = STORE_URL_SITEMAP;
		row.lane = LANE_HIGH;
		master_note_way(master, master_host_of(master, url), FRONTIER_NO_HOST);
	}
	if (seen_has(master->seen, url_slice(url)))
		return 0;
	if (master_add_url(master, url, row) < 0)
		return -1;
	if (store_uncommitted(master->store) >= LOAD_COMMIT_ROWS)
		return store_commit(master->store) < 0 ? -1 : 1;
	return 1;
}
