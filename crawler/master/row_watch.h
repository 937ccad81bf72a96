#ifndef ROW_WATCH_H
#define ROW_WATCH_H

#include "parsers/pattern/pattern.h"

/*
 * row_watch: somebody who sees the rows of a crawl while they go to the store.
 *
 * Rows come page by page, as the store gets them; those that a commit() follows have been
 * committed, those that none follows may be lost.
 */
struct row_watch {
	void *context;

	/* A row of a pattern, by its number in the config; page_url is what the store calls its
	 * page.  Both are lent for the call. */
	void (*row)(void *context, size_t pattern, struct slice page_url,
		    const struct pattern_row *row);

	void (*commit)(void *context);
};

#endif
