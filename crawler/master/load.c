#include "master/internal.h"

#include <string.h>

#include "base/clock.h"
#include "master/retries.h"
#include "show/log.h"

#define LOAD_COMMIT_ROWS 200000 /* while a list is read, nobody waits for rows */

/* It asked the last run for time, and that may not be over: but no longer than it may ask for. */
static void keep_hold(struct master *master, uint32_t host, int64_t until_ms)
{
	int64_t rest = until_ms - clock_date_ms();

	if (rest > 0)
		frontier_hold(master->frontier, host,
			      clock_ms() +
				      (rest < RETRIES_AFTER_MS_MAX ? rest : RETRIES_AFTER_MS_MAX));
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

/* ---- what comes to us, and goes ---- */

static int gain_host(void *context, const struct store_known_host *known)
{
	struct master *master = context;
	uint32_t host = master_gain_host(master, known->origin, known->key);

	master_remember_robots(master, host, known);
	hosts_set_address(master->hosts, host, known->address);
	master_group(master, host);
	keep_hold(master, host, known->held_until_ms);
	return 0;
}

static bool is_sound(const struct store_known_url *known, uint32_t host)
{
	return known->url.at && host != FRONTIER_NO_HOST && known->key.number > 0 &&
	       known->key.number <= URL_NUMBER_MAX && known->lane > LANE_ROBOTS &&
	       known->lane < FRONTIER_LANES;
}

/* It is known from now on, and counts where URLs are bounded. */
static void count_url(struct master *master, const struct store_known_url *known)
{
	seen_add(master->seen, known->url);
	if (known->rule > 0 && known->rule <= FOLLOW_RULES_MAX)
		master->rule_urls[known->rule - 1]++;
	if (known->rule > 0 && url_parse(&master->scratch, known->url) == URL_OK)
		traps_count(master->traps, &master->scratch);
}

static int gain_url(void *context, const struct store_known_url *known)
{
	struct master *master = context;
	uint32_t host = master_find_host(master, known->host);
	struct share *share = &master->shares[known->key.share];

	if (known->key.number > share->last_url)
		share->last_url = known->key.number;
	if (!is_sound(known, host)) {
		log_error("URL %u of the database is damaged: it is left out", known->key.number);
		return 0;
	}
	if (known->kind == STORE_URL_OUTSIDE) {
		url_map_put(master->outside, known->url, known->key.number);
		return 0;
	}
	if (!seen_has(master->seen, known->url)) /* else its share was ours before */
		count_url(master, known);
	if (known->is_pending)
		frontier_push(master->frontier, host, known->key.number,
			      (enum frontier_lane)known->lane);
	return 0;
}

/* Another may ask for it now: what it has been through is nobody's. */
static void end_dropped(void *context, uint32_t number)
{
	struct master *master = context;

	if (number >= MASTER_TICKET)
		visits_end(master->visits, visits_take(master->visits, number - MASTER_TICKET));
}

static void lose(void *context, uint32_t share)
{
	struct master *master = context;

	master->shares[share].is_lost = true;
	for (uint32_t host = 0; host < frontier_host_count(master->frontier); host++) {
		if (hosts_key(master->hosts, host).share != share)
			continue;
		hosts_lose(master->hosts, host);
		frontier_drop(master->frontier, host, end_dropped, master);
	}
}

/* Hosts that were gained just now: from this number on. */
static void settle_gained(struct master *master, uint32_t first)
{
	uint32_t count = frontier_host_count(master->frontier);

	for (uint32_t host = first; host < count; host++) {
		keep_distance(master, host);
		master_add_sitemaps(master, host);
	}
}

int master_load(struct master *master)
{
	const struct store_events events = { gain_host, gain_url, lose, master };

	if (store_gain(master->store, &events) < 0)
		return -1;
	settle_gained(master, 0);
	return store_has_failed(master->store) ? -1 : 0;
}

int master_turn_store(struct master *master)
{
	uint32_t count = frontier_host_count(master->frontier);

	if (store_turn(master->store, clock_ms(), &master->store_due_ms) < 0)
		return -1;
	settle_gained(master, count);
	return 0;
}

/* ---- lists ---- */

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
	if (store_get_uncommitted(master->store) >= LOAD_COMMIT_ROWS)
		return store_commit(master->store) < 0 ? -1 : 1;
	return 1;
}
