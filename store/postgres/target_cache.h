#ifndef POSTGRES_TARGET_CACHE_H
#define POSTGRES_TARGET_CACHE_H

#include "store/store.h"

/*
 * target_cache: what is known of URLs, the ones that were looked for last.
 *
 * Sitemaps stand apart: they are few, and those that led to one are looked for when it has been
 * read, which pages of a fast crawl would have pushed out by then.
 */
struct target_cache;

enum target_state {
	TARGET_ASKED, /* it is on its way */
	TARGET_KNOWN,
	TARGET_MISSING, /* there is none */
};

struct target {
	/* the cache's */
	struct target *next, *newer, *older;
	uint64_t id;
	bool is_apart;

	enum target_state state;
	bool is_outdated; /* ASKED: what comes was changed meanwhile */
	struct store_target of;
	bool has_request;
	struct store_request request;
	struct slice set; /* or absent */
};

struct target_cache *target_cache_new(void);
void target_cache_free(struct target_cache *cache); /* NULL is allowed */

/* It is the one that was looked for last; NULL: there is none. */
struct target *target_cache_find(struct target_cache *cache, uint64_t id);

/* Put it in place of what there is of it.  Texts are copied. */
struct target *target_cache_put(struct target_cache *cache, uint64_t id,
				const struct target *target);
void target_cache_drop(struct target_cache *cache, uint64_t id);

/* Drop all that is known; what was asked is outdated. */
void target_cache_clear(struct target_cache *cache);

#endif
