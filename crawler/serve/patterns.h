#ifndef PATTERNS_H
#define PATTERNS_H

#include "pool/pool_worker.h"

/*
 * patterns: what the child does that runs patterns which somebody typed: a blocking worker of the
 * pool in a jail of its own, ended and replaced when it takes PATTERNS_ANSWER_MS.
 *
 * A job is its kind, a byte, and what that takes; see the table in patterns.c.
 */
#define PATTERNS_ANSWER_MS 3000
#define PATTERNS_PAGES     4 /* that it keeps */

enum patterns_job {
	PATTERNS_PART = 1, /* a part of a page to keep: tried_part_encode(); answers nothing */
	PATTERNS_TRY,      /* run patterns on a page: tried_wish_encode(); answers a tried */
};

/* The function of every job. */
int patterns_do(struct slice argument, struct pool_reply *reply);

#endif
