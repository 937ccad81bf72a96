#include "master_internal.h"

#include "outlinks.h"

/*
 * A link costs a look into the set of what was seen; only one that is new is parsed, for a worker is
 * not trusted to have made it canonical, and written.
 */
#define OUT_OF_SCOPE_ROWS_MAX 100000 /* of a run; what is beyond is only counted */

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

/* May this rule add another URL, so deep?  What it may not is counted. */
static bool is_within(struct master *master, const struct outlink *link, uint32_t depth)
{
	const struct config_follow *rule = &master->config->follow[link->rule];
	int64_t deepest = rule->depth >= 0 ? rule->depth : master->settings->depth;

	if (depth > deepest) {
		master->links.too_deep++;
		return false;
	}
	if (rule->max_pages >= 0 && master->rule_urls[link->rule] >= (uint64_t)rule->max_pages) {
		master->links.over_limit++;
		return false;
	}
	return true;
}

/* A link to another site: known, and said so, but never asked for. */
static int add_out_of_scope(struct master *master, const struct visit *visit, uint32_t depth)
{
	struct store_url row = { .from_id = visit->url_id, .depth = (int)depth, .lane = LANE_NORMAL };
	struct store_page page = {
		.state = STORE_SKIPPED,
		.outcome = outcome_name(OUTCOME_OUT_OF_SCOPE),
	};
	uint32_t host;

	if (master->links.out_of_scope++ >= OUT_OF_SCOPE_ROWS_MAX)
		return 0;
	host = master_host_of(master, &master->scratch);
	if (host == FRONTIER_NO_HOST)
		return -1;
	row.host_id = hosts_store_id(master->hosts, host);
	row.url = (struct store_text){ master->scratch.text, master->scratch.size };
	page.url_id = store_add_url(master->store, &row);
	return page.url_id == 0 ? -1 : store_page(master->store, &page);
}

static int add_link(struct master *master, const struct visit *visit, const struct outlink *link)
{
	bool is_entry = visit->kind == VISIT_SITEMAP;
	uint32_t depth = is_entry ? visit->depth : visit->depth + 1;
	struct store_url row = {
		.from_id = visit->url_id,
		.depth = (int)depth,
		.kind = link->verdict == FOLLOW_SITEMAP ? STORE_URL_SITEMAP : STORE_URL_PAGE,
		.lane = is_entry ? LANE_NORMAL : (int)lane_of(master, link->rule),
		.rule = is_entry ? 0 : (int)link->rule + 1,
	};

	if (link->verdict == FOLLOW_OUT_OF_SCOPE)
		return add_out_of_scope(master, visit, depth);
	if (traps_catch(master->traps, &master->scratch)) {
		master->links.trapped++;
		return 0;
	}
	if (!is_entry)
		master->rule_urls[link->rule]++;
	master->links.added++;
	return master_add_url(master, &master->scratch, row) == 0 ? -1 : 0;
}

/* Is the link what a worker has to send: canonical, and by a rule that there is? */
static bool is_sound(struct master *master, const struct visit *visit, const struct outlink *link)
{
	if (visit->kind != VISIT_SITEMAP && link->rule >= master->config->follow_count)
		return false;
	return url_parse(&master->scratch, link->url) == URL_OK &&
	       slice_equal(url_slice(&master->scratch), link->url);
}

int master_take_links(struct master *master, const struct visit *visit, struct slice links)
{
	struct outlink link;
	int got;

	while ((got = outlinks_next(&links, &link)) > 0 && !master->has_failed) {
		bool is_link = visit->kind != VISIT_SITEMAP;

		if (is_link && link.rule >= master->config->follow_count)
			return -1;
		if (is_link && link.verdict == FOLLOW_YES &&
		    !is_within(master, &link, visit->depth + 1))
			continue;
		if (!seen_add(master->seen, link.url))
			continue;
		if (!is_sound(master, visit, &link))
			return -1;
		if (add_link(master, visit, &link) < 0)
			master->has_failed = true;
	}
	return got;
}
