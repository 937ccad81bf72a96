#ifndef EXPLAIN_PATH_H
#define EXPLAIN_PATH_H

#include "parsers/pattern/explain.h"
#include "parsers/pattern/selector.h"

/*
 * explain_path: how far an expression gets whose language is no regular expressions: a path.
 *
 *	$.offers.price		"$.offers" is there, and an array: with [*] behind it matches
 *
 * The longest part that finds something ends before a step: a dot or a bracket.
 */
struct path_question {
	const struct selector_language *language;
	const char *path; /* that compiles */
	const char *in;   /* where to look, or NULL */
	const char *flags;
	uint32_t step_limit, budget_ms;
	uint32_t all_ms;   /* for all of it; 0: EXPLAIN_MS */
	struct slice text; /* well-formed UTF-8 */
};

/* As explain(): what the explanation says is in store. */
void explain_path(struct explanation *explanation, const struct path_question *question,
		  struct scratch *store);

#endif
