#ifndef RUN_LOOKS_H
#define RUN_LOOKS_H

#include "parsers/text/slice.h"
#include "store/store.h"
#include <stddef.h>
#include <stdint.h>

/*
 * run_looks: what the pages of a run were like: their types and charsets, how long they took, how
 * large they are, and a few that stand for the others.
 */
#define RUN_LOOKS_EXAMPLES 5 /* slowest, largest, and by each pattern matched and unmatched */

struct run_looks;

/* names of the patterns must stay. */
struct run_looks *run_looks_new(const char *const pattern_names[], size_t pattern_count);
void run_looks_free(struct run_looks *looks);

/* A page that was answered: elapsed_us and bytes of its own; 0 bytes are none. */
struct run_looks_page {
	struct store_key key;
	uint32_t elapsed_us;
	uint64_t bytes;
	struct slice content_type;  /* as the server said it */
	struct slice charset;       /* or absent */
	const char *charset_source; /* or NULL */
};
void run_looks_page(struct run_looks *looks, const struct run_looks_page *page);

/* Pattern number `pattern` found nothing on a page that it is for. */
void run_looks_unmatched(struct run_looks *looks, size_t pattern, struct store_key key);

/* Pattern number `pattern` found rows on a page: those of the last few are the newest. */
void run_looks_matched(struct run_looks *looks, size_t pattern, struct store_key key);

/* Write what has changed since the last time.  Returns 0, or -1: the store failed. */
int run_looks_write(struct run_looks *looks, struct store *store);

#endif
