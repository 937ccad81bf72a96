#ifndef STAND_IN_H
#define STAND_IN_H

#include "crawler/pool/pool.h"

/*
 * stand_in: a pool without processes, in place of crawler/pool/pool.c, so that all that the master
 * does for a page can be counted in one process.
 *
 * Every job that it is handed is answered in the next turn, with the same message and slot.
 */
struct pool *stand_in_new(unsigned window);

/* What every job is answered with from now on; the bytes stay the caller's. */
void stand_in_answer(struct pool *pool, struct slice message, struct slice slot);

void stand_in_free(struct pool *pool);

#endif
