#ifndef APPLY_H
#define APPLY_H

#include "pool/pool.h"

/*
 * apply: functions that a pool of blocking workers runs, and results to wait for.
 *
 * The calls of Python's multiprocessing.Pool, on top of pool_enqueue().
 */
struct pool_result;

/* Do a job and wait for it.  The value's bytes stay until the next call.  Returns value->status. */
enum pool_status pool_apply(struct pool *pool, pool_function *function, struct slice argument,
			    struct pool_value *value);

/*
 * Have a job done; callback (or NULL) runs in the master when it is.  argument is copied.
 * While the queue is full this waits for room, by turns of the pool; from inside a callback it
 * cannot wait and returns NULL instead.  Returns a result the caller frees, or NULL (also when the
 * pool is closed or broken, or the argument is larger than POOL_MESSAGE_MAX).
 */
struct pool_result *pool_apply_async(struct pool *pool, pool_function *function,
				     struct slice argument, pool_callback *callback, void *user);

/*
 * Do count jobs and wait for all; results[i] is what came of arguments[i], freed by the caller,
 * or NULL if the job was not taken.  Returns how many did not end as POOL_DONE.
 */
size_t pool_map(struct pool *pool, pool_function *function, const struct slice arguments[],
		size_t count, struct pool_result *results[]);

/* ---- results ---- */

bool pool_result_is_ready(const struct pool_result *result);

/* Ready, and POOL_DONE? */
bool pool_result_is_successful(const struct pool_result *result);

/* Wait until it is ready.  Returns 0, or -1 after timeout_ms. */
int pool_result_wait(struct pool_result *result, int timeout_ms);

/* Wait, and look at the value; its bytes belong to the result.  0, or -1 after timeout_ms. */
int pool_result_get(struct pool_result *result, int timeout_ms, struct pool_value *value);

/* Release; the job goes on if it is not done.  NULL is allowed. */
void pool_result_free(struct pool_result *result);

#endif
