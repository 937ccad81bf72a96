#include "master/load.h"

#include <string.h>

#include "base/clock.h"
#include "master/holds.h"
#include "master/reach.h"

#define LOAD_COMMIT_ROWS 200000 /* while a list is read, nobody waits for rows */

/* ---- what comes to us, and goes ---- */

static int gain_host(void *context, const struct store_known_host *known)
{
	struct parts *parts = context;
	struct politeness *politeness = parts->politeness;
	uint32_t host = discovery_gain_host(parts->discovery, known->origin, known->key);

	robots_gate_recall(parts->gate, host, known);
	hosts_set_address(politeness->hosts, host, known->address);
	politeness_group(politeness, host);
	holds_resume(politeness, host, known->held_until_ms);
	return 0;
}

static int gain_url(void *context, const struct store_known_url *known)
{
	struct parts *parts = context;

	if (!discovery_gain_url(parts->discovery, known))
		return 0;
	links_in_gain(parts->links_in, known);
	moves_gain(parts->moves, known, politeness_find_host(parts->politeness, known->host));
	return 0;
}

static void lose(void *context, uint32_t share)
{
	discovery_lose(((struct parts *)context)->discovery, share);
}

/* Hosts that were gained just now: from this number on. */
static void settle_gained(struct parts *parts, uint32_t first)
{
	uint32_t count = frontier_host_count(parts->politeness->frontier);

	for (uint32_t host = first; host < count; host++) {
		holds_keep_distance(parts->politeness, host);
		robots_gate_add_sitemaps(parts->gate, host);
	}
}

int load_known(struct parts *parts)
{
	const struct store_events events = { gain_host, gain_url, lose, parts };

	if (store_gain(parts->store, &events) < 0)
		return -1;
	settle_gained(parts, 0);
	return store_has_failed(parts->store) ? -1 : 0;
}

void load_turn(struct parts *parts, int64_t *due_ms)
{
	uint32_t count = frontier_host_count(parts->politeness->frontier);

	if (store_turn(parts->store, clock_ms(), due_ms) >= 0)
		settle_gained(parts, count);
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

int load_seed(struct parts *parts, struct url *url)
{
	struct discovery *discovery = parts->discovery;
	struct store_url row = { .kind = STORE_URL_PAGE, .lane = LANE_NORMAL };
	uint32_t host;

	canonical_apply(parts->config->canonical, url);
	if (is_sitemap(url)) { /* before pages: of those it knows best which have changed */
		row.kind = STORE_URL_SITEMAP;
		row.lane = LANE_HIGH;
		host = discovery_host_of(discovery, url);
		if (host == FRONTIER_NO_HOST)
			return -1;
		reach_note_way(parts->politeness, host, FRONTIER_NO_HOST);
	}
	if (seen_has(discovery_seen(discovery), url_slice(url)))
		return 0;
	if (discovery_add(discovery, url, row) < 0)
		return -1;
	if (store_get_uncommitted(parts->store) >= LOAD_COMMIT_ROWS)
		return store_commit(parts->store) < 0 ? -1 : 1;
	return 1;
}
