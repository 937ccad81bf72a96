#ifndef MATCH_H
#define MATCH_H

#include "config/config.h"
#include "config/page_base.h"

/*
 * match: the patterns of a config, applied to the text of a page.
 *
 * It knows neither visits nor the store: whoever has a URL and a text gets rows, through a
 * sink that says what becomes of them.
 */

/* Functions get context, and the pattern's number among those of the config. */
struct match_sink {
	void *context;

	/*
	 * A pattern that wants the page is about to run, and then each of its children: false
	 * passes it over, and is said of a whole family.  NULL: none is.
	 */
	bool (*begin)(void *context, size_t pattern);

	/* Returns 0 to go on, -1 to stop. */
	int (*row)(void *context, size_t pattern, const struct pattern_row *row);

	/*
	 * What became of the page; follows every begin() that was true, in the same order.
	 * is_stopped: row() said so, and rows are missing.  Returns 0 to go on, -1 to stop.
	 */
	int (*end)(void *context, size_t pattern, const struct pattern_tally *tally,
		   bool is_stopped);
};

/* Does the pattern want pages of this URL?  Of an absent one every pattern does. */
bool match_wants(const struct config_pattern *pattern, struct slice url);

/*
 * Run every pattern that wants the page, in the order of the config, each with a budget of
 * its own.  The text may hold anything (pattern_run()).
 * Returns 0, or -1 if the sink asked to stop.
 */
int match_page(const struct config *config, const struct page_about *page,
	       const struct match_sink *sink);

/*
 * The same for a part of them: from pattern *next on (0: the first), until it is until_ms by
 * clock_ms(), but for one family in any case.  *next is then the first that did not run.  In
 * between patterns may run on other pages; then what was found out about this text is found out
 * again.
 * Returns 1 if all have run, 0, or -1 if the sink asked to stop.
 */
int match_page_until(const struct config *config, const struct page_about *page,
		     const struct match_sink *sink, size_t *next, int64_t until_ms);

#endif
