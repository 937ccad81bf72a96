#ifndef PATTERN_RUN_H
#define PATTERN_RUN_H

#include "serve/tried.h"

/*
 * pattern_run: patterns that somebody typed, run on a page, within limits.
 *
 * page may hold anything.  Returns what tried_encode() makes of it, of *size bytes, which the
 * caller frees: less than a message may have.
 */
#define PATTERN_RUN_BUDGET_MS 500  /* of CPU time, of a pattern, whatever is wished */
#define PATTERN_RUN_ALL_MS    1000 /* after which no other pattern begins */

char *pattern_run_wish(const struct tried_wish *wish, struct slice page, size_t *size);

#endif
