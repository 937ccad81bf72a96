#ifndef EXCERPT_H
#define EXCERPT_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdio.h>

/*
 * excerpt: a match in its place on the page, on one line.
 *
 *	12:5: <dl> <dd><i class="board-index">1</i>…<i class="fraction">5</i> </dd>
 *
 * White space is squeezed, and control characters are taken off; a long match loses its middle.
 * Coloured, the match stands out between a little of what surrounds it, and its marks stand out in
 * it: of a long match they are what stays.  Otherwise it stands alone.
 */
#define EXCERPT_MATCH_MAX    200 /* columns of the match that are shown, */
#define EXCERPT_MATCH_MIN    20  /* however narrow the terminal is */
#define EXCERPT_CONTEXT_MAX  20  /* columns on either side */
#define EXCERPT_MARKS_MAX    32  /* in one match */
#define EXCERPT_MARK_COLUMNS 30  /* of one of them */
#define EXCERPT_MARK_MIN     6   /* however many there are */
#define EXCERPT_BETWEEN_MIN  3   /* columns between two */

struct excerpt {
	struct slice page;
	struct slice matched;      /* lies within page */
	const struct slice *marks; /* parts of it, in any order */
	size_t mark_count;
};

/* columns: of the terminal, where a line is to end, or 0. */
void excerpt_show(FILE *out, const struct excerpt *excerpt, size_t columns, bool is_coloured);

/* A short text on its own, as a match is shown. */
void excerpt_text(FILE *out, struct slice text);

/* Line and column of a place in page, in characters from 1. */
struct excerpt_place {
	size_t line, column;
};

struct excerpt_place excerpt_place(struct slice page, size_t offset);

#endif
