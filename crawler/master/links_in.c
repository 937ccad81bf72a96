#include "master/internal.h"

#include <stdio.h>

#include "links/outlinks.h"
#include "show/log.h"

/*
 * A link costs a look into the set of what was seen; only one that is new is parsed, for a worker
 * is not trusted to have made it canonical, and written.
 */
#define OUT_OF_SCOPE_ROWS_MAX 100000 /* of a run; what is beyond is only counted */
#define SITEMAPS_DEEP_MAX     3      /* sitemaps that name sitemaps that name ... */
#define MODIFIED_SLACK_S      86400  /* a date without a time is of a whole day, somewhere */

static enum frontier_lane lane_of(const struct master *master, unsigned rule)
{
	switch (master->config->follow[rule].priority) {
	case PRIORITY_HIGH:
		return LANE_HIGH;
	case PRIORITY_LOW:
		return LANE_LOW;
	case PRIORITY_NORMAL:
		break;
	}
	return LANE_NORMAL;
}

/* May this link's rule add another URL, so deep?  What it may not is counted. */
static bool is_within(struct master *master, unsigned number, uint32_t depth)
{
	const struct config_follow *rule = &master->config->follow[number];
	int64_t deepest = rule->depth >= 0 ? rule->depth : master->settings->depth;

	if (depth > deepest) {
		master->links.too_deep++;
		return false;
	}
	if (rule->max_pages >= 0 && master->rule_urls[number] >= (uint64_t)rule->max_pages) {
		master->links.over_limit++;
		return false;
	}
	return true;
}

static bool is_trap(struct master *master)
{
	if (!traps_catch(master->traps, &master->scratch))
		return false;
	master->links.trapped++;
	return true;
}

/* A link to another site: known, and said so, but not asked for. */
static int add_outside(struct master *master, const struct visit *visit, uint32_t depth)
{
	struct store_url row = {
		.from = master_key_of(visit),
		.from_where = master_from_where(master, visit),
		.depth = (int)depth,
		.kind = STORE_URL_OUTSIDE,
		.lane = LANE_NORMAL,
	};
	struct store_page page = {
		.state = STORE_SKIPPED,
		.outcome = outcome_name(OUTCOME_OUT_OF_SCOPE),
	};
	struct store_key key;

	if (url_map_find(master->outside, url_slice(&master->scratch)) != 0)
		return 0;
	if (master->links.out_of_scope++ >= OUT_OF_SCOPE_ROWS_MAX)
		return 0;
	key = master_store_url(master, &master->scratch, row);
	if (store_key_is_none(key))
		return -1;
	url_map_put(master->outside, url_slice(&master->scratch), key.number);
	if (store_page_open(master->store, key, false) < 0)
		return -1;
	return store_page(master->store, &page);
}

static int add_link(struct master *master, const struct visit *visit, const struct outlink *link)
{
	struct store_url row = {
		.from = master_key_of(visit),
		.from_where = master_from_where(master, visit),
		.depth = (int)visit->depth + 1,
		.lane = (int)lane_of(master, link->rule),
		.rule = (int)link->rule + 1,
	};

	if (link->verdict == FOLLOW_OUT_OF_SCOPE)
		return add_outside(master, visit, visit->depth + 1);
	if (!is_within(master, link->rule, visit->depth + 1) || is_trap(master))
		return 0;
	master->rule_urls[link->rule]++;
	master->links.added++;
	return master_add_url(master, &master->scratch, row);
}

/* What a sitemap names: pages are as seeds, sitemaps are a step deeper. */
static int add_entry(struct master *master, const struct visit *visit, const struct outlink *link)
{
	bool is_sitemap = link->verdict == FOLLOW_SITEMAP;
	struct store_url row = {
		.from = master_key_of(visit),
		.from_where = master_from_where(master, visit),
		.depth = is_sitemap ? (int)visit->depth + 1 : 0,
		.kind = is_sitemap ? STORE_URL_SITEMAP : STORE_URL_PAGE,
		.lane = is_sitemap ? LANE_HIGH : LANE_NORMAL,
	};

	if (link->verdict == FOLLOW_OUT_OF_SCOPE)
		return add_outside(master, visit, 0);
	if (row.depth > SITEMAPS_DEEP_MAX) {
		master->links.too_deep++;
		return 0;
	}
	if (is_trap(master))
		return 0;
	master->links.added++;
	return master_add_url(master, &master->scratch, row);
}

/* What a sitemap says of a page that is known: it may save asking for it. */
static void note_modified(struct master *master, const struct outlink *link)
{
	if (master->has_pages && link->modified > 0 && link->modified < UINT32_MAX)
		url_map_put(master->modified, link->url, (uint32_t)link->modified);
}

bool master_is_unchanged(const struct master *master, const struct visit *visit,
			 const struct store_validators *known)
{
	int64_t modified_s = url_map_find(master->modified, visit_url(visit));

	return modified_s > 0 && visit->hops == 0 && known->is_good && known->hash != 0 &&
	       (modified_s + MODIFIED_SLACK_S) * 1000 <= known->fetched_at_ms;
}

/* Is this text a URL in the spelling of this crawl?  Then it is in scratch. */
static bool is_canonical(struct master *master, struct slice text)
{
	if (url_parse(&master->scratch, text) != URL_OK)
		return false;
	canonical_apply(master->config->canonical, &master->scratch);
	return slice_equal(url_slice(&master->scratch), text);
}

/*
 * One link.  Returns 0, or -1 if a worker cannot have meant it: not canonical, or by a rule that
 * there is not.
 */
static int take_link(struct master *master, const struct visit *visit, const struct outlink *link,
		     uint64_t fingerprint)
{
	bool is_entry = visit->kind == VISIT_SITEMAP;

	if (!is_entry &&
	    (link->rule >= master->config->follow_count || link->verdict == FOLLOW_SITEMAP))
		return -1;
	if (seen_has_fingerprint(master->seen, fingerprint)) {
		if (is_entry)
			note_modified(master, link);
		return 0;
	}
	if (!is_canonical(master, link->url))
		return -1;
	if (!master_is_ours(master, &master->scratch))
		return 0; /* nobody numbers it here, nor asks for it; seen again, it is new */
	if (is_entry)
		add_entry(master, visit, link);
	else
		add_link(master, visit, link);
	return 0; /* whether the store has failed is asked there */
}

/* A rule that could not judge all links of a page: the first page of each rule is told. */
static void note_limits(struct master *master, const struct visit *visit, uint64_t rules)
{
	char url[URL_BYTES_MAX + 1];

	if (rules == 0)
		return;
	master->links.limited++;
	snprintf(url, sizeof(url), "%.*s", (int)visit->url_size, visit->url);
	for (size_t i = 0; i < master->config->follow_count; i++) {
		if (!(rules & ~master->warned_rules & (uint64_t)1 << i))
			continue;
		LOG(LOG_NORMAL, "follow_limit", LOG_NUMBER("rule", i + 1), LOG_TEXT("url", url),
		    LOG_TEXT("why", "its expressions ran into pattern_time or match_limit: links "
				    "may be missing"));
	}
	master->warned_rules |= rules;
}

/*
 * Links that are looked up together: with a million URLs known, most of what one costs is waiting
 * for its bucket of the set.  The text is a copy, for a worker could still change its own.
 */
#define BATCH_LINKS 16
#define BATCH_BYTES ((size_t)2 * URL_BYTES_MAX)

struct batch {
	struct outlink links[BATCH_LINKS];
	uint64_t fingerprints[BATCH_LINKS];
	unsigned count;
	char text[BATCH_BYTES];
	size_t bytes;
};

static bool has_room(const struct batch *batch)
{
	return batch->count < BATCH_LINKS && BATCH_BYTES - batch->bytes >= URL_BYTES_MAX;
}

static void add_to_batch(struct batch *batch, const struct seen *seen, struct outlink link)
{
	char *copy = batch->text + batch->bytes;

	memcpy(copy, link.url.at, link.url.size);
	link.url.at = copy;
	batch->bytes += link.url.size;
	batch->fingerprints[batch->count] = seen_fingerprint(seen, link.url);
	batch->links[batch->count++] = link;
}

static int take_batch(struct master *master, const struct visit *visit, struct batch *batch)
{
	for (unsigned i = 0; i < batch->count && !store_has_failed(master->store); i++) {
		if (take_link(master, visit, &batch->links[i], batch->fingerprints[i]) < 0)
			return -1;
	}
	batch->count = 0;
	batch->bytes = 0;
	return 0;
}

int master_take_links(struct master *master, const struct visit *visit, const struct msg_page *page,
		      struct slice links)
{
	struct batch batch;
	struct outlink link;
	int got;

	batch.count = 0;
	batch.bytes = 0;
	master->links.dropped += page->links_dropped;
	note_limits(master, visit, page->limited_rules);
	while ((got = outlinks_next(&links, &link)) > 0 && !store_has_failed(master->store)) {
		add_to_batch(&batch, master->seen, link);
		if (!has_room(&batch) && take_batch(master, visit, &batch) < 0)
			return -1;
	}
	return take_batch(master, visit, &batch) < 0 || got < 0 ? -1 : 0;
}
