#ifndef INSTANT_POOL_H
#define INSTANT_POOL_H

#include "crawler/pool/pool.h"

/*
 * instant_pool: a pool without processes, in place of crawler/pool/pool.c, so that all that the
 * master does for a page can be counted in one process.
 *
 * Every job that it is handed is answered in the next turn, with the same message and slot.
 */
struct pool *instant_pool_new(unsigned window);

/* What every job is answered with from now on; the bytes stay the caller's. */
void instant_pool_answer(struct pool *pool, struct slice message, struct slice slot);

void instant_pool_free(struct pool *pool);

#endif
