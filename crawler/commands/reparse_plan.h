#ifndef REPARSE_PLAN_H
#define REPARSE_PLAN_H

#include "config/config.h"
#include "store/store.h"

/*
 * reparse_plan: which pages are parsed again, with which patterns.
 *
 * A page's rows are of a config; where a pattern meant another thing there, or was not there, it is
 * run again.  A pattern with a key is run on every page if it is on one, in the order of their
 * visits: then each row belongs to the page that a crawl would have given it to.
 */

/* Pages whose rows are of one config. */
struct reparse_group {
	uint64_t was, becomes; /* the config's hash */
	bool *runs;            /* by pattern: is it run again? */
	size_t run_count;
};

struct reparse_page {
	struct store_key key;
	uint32_t group;
	uint64_t place; /* among the pages of its share: reparse_parts.h */
};

struct reparse_plan {
	const struct config *config;
	struct reparse_page *pages; /* that were read, in the order of their visits */
	size_t page_count, page_room;
	struct reparse_group *groups;
	size_t group_count;
	size_t due_count; /* pages on which anything is to be done */
};

/*
 * Make a plan.  named: by pattern, is it run on every page, and no other?  NULL: those that changed
 * are.  is_shared: others may parse with us (store_begin_parses()).  Returns 0, or -1: the store
 * failed.
 */
int reparse_plan_make(struct reparse_plan *plan, const struct config *config, struct store *store,
		      const bool *named, bool is_shared);
void reparse_plan_free(struct reparse_plan *plan);

/* Is a pattern run on any page? */
bool reparse_plan_runs(const struct reparse_plan *plan, size_t pattern);

/* Is anything to be done on pages of this group? */
bool reparse_group_is_due(const struct reparse_group *group);

/* This page, if it was kept.  Returns 1, 0 or -1. */
int reparse_get_kept(struct store *store, struct store_key key, struct store_kept *kept);

/* Note what patterns mean in the configs that pages become.  Returns 0 or -1. */
int reparse_plan_note(const struct reparse_plan *plan, struct store *store);

#endif
