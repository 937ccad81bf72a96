#ifndef TABLE_H
#define TABLE_H

#include "parsers/text/slice.h"
#include <stdio.h>

/*
 * table: rows under headings, for people.
 *
 *	 n title    score
 *	 1 霸王别姬   9.5
 *	10 Léon       9.4
 *
 * Widths are those of a terminal (CJK text is two columns wide).  Where the table has a width,
 *texts are cut, with an ellipsis, so that a row is a line: those first that are the same in every
 *row, then the widest.  Numbers are not cut.  What then still does not fit stands upright:
 *
 *	n      1
 *	title  霸王别姬
 *	score  9.5
 *
 * Line breaks and tabs are shown as \n, \r and \t; other control characters, and what is not
 * UTF-8, as U+FFFD: a page must not steer the terminal.
 *
 * Rows are gathered to settle the widths, TABLE_ROWS_MAX at most; then they are printed, and
 * further rows follow under the same headings, in columns at least as wide.
 */
struct table;

#define TABLE_ROWS_MAX     10000
#define TABLE_BYTES_MAX    ((size_t)16 << 20) /* of gathered rows, as they would be printed */
#define TABLE_CUT_COLUMNS  12                 /* a text is not cut shorter than this, */
#define TABLE_SAME_COLUMNS 8                  /* nor one that is the same in every row */

/* A copy of a text as a table shows it; the caller frees it. */
char *table_printable(struct slice text);

/*
 * Begin a table; columns: how wide it may be, 0: as wide as it is.  Nothing of names is kept.
 * The caller frees it with table_end().
 */
struct table *table_new(FILE *out, size_t columns, const char *const names[], size_t count);

struct table_cell {
	struct slice text; /* {NULL, 0}: left empty */
	bool is_number;    /* right-aligned, if the whole column is */
};

/* Add a row of count cells. */
void table_row(struct table *table, const struct table_cell cells[]);

/* Print what is gathered, and release.  NULL is allowed. */
void table_end(struct table *table);

/* Release what is gathered without printing it.  NULL is allowed. */
void table_drop(struct table *table);

#endif
