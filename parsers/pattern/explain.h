#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "parsers/pattern/remedy.h"
#include "parsers/text/scratch.h"

/*
 * explain: why a regular expression matches nothing in a text.
 *
 *	<meta itemprop="recipeYield"		of the pattern, "<meta " matches
 *	<meta content="4" itemprop=...		but here stands something else
 *
 * The longest part from its beginning that matches is found by halves (a part of it matches where
 * it does itself), at the pieces that PCRE2 takes it for (pieces.h), in a group that fails once
 * more in the group.  All that is made up is compiled and run as any pattern is, within a budget
 * (probe.h), so that the whole ends within EXPLAIN_MS.
 */
#define EXPLAIN_MS               600u  /* of CPU time */
#define EXPLAIN_PROBE_MS         25u   /* for one expression that was made up */
#define EXPLAIN_COUNT_MAX        1000u /* matches that are counted */
#define EXPLAIN_ALTERNATIVES_MAX 8u    /* that are looked at, of the whole expression */

/* Where one alternative of the expression stops.  What is in the expression are offsets in bytes.
 */
struct explain_stop {
	size_t from, to;    /* the alternative, in the expression */
	size_t cut;         /* from `from` to here it matches, but not with what stands here: */
	size_t wanted;      /* bytes of what fails; 0: the whole alternative matches */
	size_t run;         /* from here to cut all characters stand for themselves, */
	size_t run_begin;   /* and match from here in the text */
	bool is_behind_gap; /* what fails may stand anywhere behind: '.*?' and the like is before it
			     */
	size_t begin, end;  /* where the part first matches in the text */
	bool is_first;      /* that is where; false: it is where the first cure matches */
	uint32_t count;     /* how often; EXPLAIN_COUNT_MAX: or more */
};

struct explanation {
	bool is_match;
	uint32_t count;    /* matches; EXPLAIN_COUNT_MAX: or more */
	size_t begin, end; /* of the first */

	const char *limit; /* static: that the search ran into, or NULL; and the repeat in the */
	size_t costly_at, costly_size; /* expression that costs it, or 0 bytes: nobody knows */

	bool is_broken;   /* the text could not be read to its end (explain_path.h), */
	size_t broken_at; /* and here it is broken */

	/* Unless it matches: */
	struct explain_stop stops[EXPLAIN_ALTERNATIVES_MAX];
	size_t stop_count;
	/* If hardly a character of it matches: how far it gets from a later word on. */
	bool has_later;
	struct explain_stop later;
	struct remedies remedies; /* what was tried, and then matches */
};

/* What is to be explained. */
struct explain_question {
	const char *expression; /* that compiles */
	uint32_t options;       /* of regex_flags() */
	uint32_t match_limit;
	uint32_t budget_ms; /* for the expression itself */
	uint32_t all_ms;    /* for all of it; 0: EXPLAIN_MS */
	struct slice text;  /* well-formed UTF-8 */
	struct slice page;  /* that the text is of; where scripts are looked for */
};

/* What remedies say is in store. */
void explain(struct explanation *explanation, const struct explain_question *question,
	     struct scratch *store);

#endif
