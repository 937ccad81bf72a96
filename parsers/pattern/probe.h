#ifndef PROBE_H
#define PROBE_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * probe: does an expression match a text?  Asked many times of expressions that are made up, and
 * bounded: each has some milliseconds (budget.h), and together they have an end.
 */
struct probe {
	struct slice text;    /* well-formed UTF-8 */
	size_t from;          /* where in it the search begins */
	uint32_t match_limit; /* of PCRE2 */
	uint32_t ms;          /* for one expression */
	uint64_t end_ns;      /* of the CPU time of the process: none begins behind it */
};

enum probe_answer {
	PROBE_NO,
	PROBE_YES,
	PROBE_LIMIT, /* nobody knows; or no time is left */
	PROBE_WRONG, /* it does not compile */
};

struct probe_result {
	enum probe_answer answer;
	size_t begin, end; /* of the first match, in bytes, */
	size_t last;       /* and where its last group begins; end if that took no part */
	uint32_t count;    /* of matches, at most as many as were asked for; at a limit fewer */
	const char *limit; /* static; NULL: none was met */
};

/* In ms from now. */
struct probe probe_begin(struct slice text, uint32_t match_limit, uint32_t ms, uint32_t all_ms);

/* Is there time for another? */
bool probe_may_go_on(const struct probe *probe);

/* Look for up to `most` matches of expression, with these options of PCRE2. */
struct probe_result probe_ask(const struct probe *probe, const char *expression, uint32_t options,
			      uint32_t most);

#endif
