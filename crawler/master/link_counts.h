#ifndef LINK_COUNTS_H
#define LINK_COUNTS_H

#include <stdint.h>

/* Links that were found in a run, and what became of those that are not in the database. */
struct link_counts {
	uint64_t wanted; /* by a rule of follow, each time */
	uint64_t added;
	uint64_t out_of_scope; /* to another site */
	uint64_t too_deep;     /* from here on counted as often as they are met */
	uint64_t over_limit;   /* a rule's max_pages */
	uint64_t trapped;      /* endless paths, path parameters, queries, hosts */
	uint64_t dropped;      /* more on one page than there is room for */
	uint64_t unchanged;    /* pages read before, and not asked for: their sitemap says so */
	uint64_t limited;      /* pages: a rule ran into a limit, so that links may be missing */
	uint64_t odd;          /* pages: the path of a rule found what is no link */
};

#endif
