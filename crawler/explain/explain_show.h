#ifndef EXPLAIN_SHOW_H
#define EXPLAIN_SHOW_H

#include "parsers/pattern/explain.h"
#include <stdbool.h>
#include <stdio.h>

/*
 * explain_show: why an expression matches nothing, for people.
 *
 *	  matched  <meta
 *	           ^ 3 times, the first at 2:1
 *	  wanted   <meta itemprop="recipeYield" content="(\d+)"
 *	                 ^
 *	  stood    <meta content="4" itemprop="recipeYield">
 *	                 ^ 2:7
 *	  with another order of the attributes it matches, at 2:1:
 *	           <meta(?=[^>]*?\sitemprop="recipeYield")(?=[^>]*?\scontent="(\d+)")
 */
struct explain_view {
	FILE *out;
	size_t columns;   /* a line may have */
	bool is_coloured; /* carets are */
	const char *expression;
	struct slice page; /* places are in it */
	struct slice text; /* that was searched: all of the page, or a part */
};

/* Of one that matches nothing, or ran into a limit. */
void explain_show(const struct explain_view *view, const struct explanation *explanation);

#endif
