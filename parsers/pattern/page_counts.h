#ifndef PAGE_COUNTS_H
#define PAGE_COUNTS_H

#include "parsers/pattern/pattern.h"
#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * page_counts: what patterns found on a page, as one text that is stored with it.
 *
 *	board 10; quotes 3, author 1 0, date 0 2
 *
 * A pattern and its rows, then fields of which some values were empty, and how many, or bad, and
 * how many.  A page that is not parsed again, for it is as it was, is counted by it.  Patterns
 * without rows are left out, and so is a name that would part the text.
 */
struct page_counts {
	char *text; /* zero is none */
	size_t size, room;
};

/* Of another page from now on. */
void page_counts_clear(struct page_counts *counts);
void page_counts_free(struct page_counts *counts);

/* A pattern was run. */
void page_counts_add(struct page_counts *counts, const struct pattern *pattern,
		     const struct pattern_tally *tally);

/* It was not: what an earlier text says of it stays true. */
void page_counts_add_again(struct page_counts *counts, const char *name, struct slice earlier);

/* Absent if there are none. */
struct slice page_counts_text(const struct page_counts *counts);

/*
 * What a text, which may be absent, says of a pattern: rows, empty and bad values, and of each
 * field in fields, of which the tally then holds the address.  All else is 0.
 */
struct pattern_tally page_counts_find(struct slice text, const struct pattern *pattern,
				      struct pattern_field_tally fields[]);

#endif
