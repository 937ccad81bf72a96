#ifndef PAGE_ROWS_H
#define PAGE_ROWS_H

#include "config/config.h"
#include "config/page_base.h"
#include "store/store.h"

/*
 * page_rows: from the text of a page to rows in the store.
 *
 * The patterns of a config that want the page are run on it, one after the other, with time for
 * something else in between if need be: their rows wait in memory, PATTERN_ALL_BYTES_MAX of them.
 * Then each goes to its pattern's table, on the page that is open in the store.  The same for a
 * page that was just fetched (callback.h) and for one that was kept (reparse).
 */
struct page_rows;

/*
 * Make the patterns' tables in the store.  merges_equal: as of struct store_table.
 * Returns NULL if that fails; store_error() says why.
 */
struct page_rows *page_rows_new(const struct config *config, struct store *store,
				bool merges_equal);
/* For one page more at the same time, with the same tables: rows must outlive it. */
struct page_rows *page_rows_another(const struct page_rows *rows);

void page_rows_free(struct page_rows *rows);

/* The store's handle of a pattern's table. */
int page_rows_table(const struct page_rows *rows, size_t pattern);

/* What is stored of a page besides its rows: valid until the next one. */
struct page_rows_said {
	struct slice unmatched; /* as of struct store_page */
	struct slice counts;    /* likewise: page_counts.h */
	struct slice notes;     /* "pattern 'a' was stopped by the time budget", or absent */
	bool is_limited;        /* a limit stopped one: rows are missing */
	bool is_untried;        /* no pattern was for it: unmatched says why */
};

struct page_rows_job {
	struct page_about page; /* without text: none is run */

	/*
	 * By pattern, the same for all of a family: is it run?  NULL: all are.  What was said
	 * before stays true of the others.
	 */
	const bool *runs;
	struct slice unmatched, counts, notes;

	/* Called for each row before it is put; what it matched is not known.  May be NULL. */
	void (*row)(void *context, size_t pattern, const struct pattern_row *row);
	/* Called for each pattern that was run, behind its rows.  May be NULL. */
	void (*matched)(void *context, size_t pattern, const struct pattern_tally *tally);
	void *context;
};

/* Another page: of the one before nothing is known any more.  job must stay as it is. */
void page_rows_begin(struct page_rows *rows, const struct page_rows_job *job);

/*
 * Run its patterns until it is until_ms by clock_ms(), but at least one; CLOCK_NEVER: all.  Returns
 * whether all have run; until they have, the page's texts may move between two calls.
 */
bool page_rows_match(struct page_rows *rows, int64_t until_ms);

/* Bytes that its rows take until the next one begins. */
size_t page_rows_bytes(const struct page_rows *rows);

/*
 * All have run: put rows on the page that is open until it is until_ms, but some in any case; of a
 * page that is read for the first time.  Returns 1 if all are put, 0, or -1: the store failed.
 */
int page_rows_put_until(struct page_rows *rows, int64_t until_ms);

/*
 * All have run: put the rows, or what is left of them, on the page that is open.  A pattern that
 * finds none, or is stopped by a limit, leaves those that it had there, unless it says that an
 * empty page is the truth. Returns 0, or -1: the store failed.
 */
int page_rows_put(struct page_rows *rows, struct page_rows_said *said);

#endif
