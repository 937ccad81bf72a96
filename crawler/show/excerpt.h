#ifndef EXCERPT_H
#define EXCERPT_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdio.h>

/*
 * excerpt: a match in its place on the page, on one line.
 *
 *	line 12: <dl> <dd><i class="board-index">1</i>…<i class="fraction">5</i> </dd>
 *
 * White space is squeezed, and control characters are taken off; a long match loses its middle.
 * Coloured, the match stands out between a little of what surrounds it; otherwise it stands alone.
 */
#define EXCERPT_MATCH_MAX   200 /* columns of the match that are shown, */
#define EXCERPT_MATCH_MIN   20  /* however narrow the terminal is */
#define EXCERPT_CONTEXT_MAX 20  /* columns on either side */

/* matched lies within page; columns: of the terminal, where a line is to end, or 0. */
void excerpt_show(FILE *out, struct slice page, struct slice matched, size_t columns,
		  bool is_coloured);

/* A short text on its own, as a match is shown. */
void excerpt_text(FILE *out, struct slice text);

/* Line and column of a place in page, in characters from 1. */
struct excerpt_place {
	size_t line, column;
};

struct excerpt_place excerpt_place(struct slice page, size_t offset);

#endif
