#include "pool/apply.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

/* Held by who asked for the job, and by the job until it is done: freed when both let go. */
struct pool_result {
	struct pool *pool;
	pool_callback *callback;
	void *user;
	struct pool_value value;
	char *bytes;
	bool is_ready;
	bool is_dropped; /* nobody will ask any more */
};

/* The job is done: its value is kept, and handed on.  Both may free the result. */
static void on_done(void *user, const struct pool_value *value)
{
	struct pool_result *result = user;
	pool_callback *callback = result->callback;
	void *callback_user = result->user;

	if (result->is_dropped) {
		free(result);
	} else {
		result->bytes = memory_text(value->bytes.at, value->bytes.size);
		result->value = *value;
		result->value.bytes.at = result->bytes;
		result->value.slot = (struct slice){ 0 }; /* the next job has it */
		result->is_ready = true;
	}
	if (callback)
		callback(callback_user, value);
}

void pool_result_free(struct pool_result *result)
{
	if (!result)
		return;
	if (!result->is_ready) {
		result->is_dropped = true;
		return;
	}
	free(result->bytes);
	free(result);
}

bool pool_result_is_ready(const struct pool_result *result)
{
	return result->is_ready;
}

bool pool_result_is_successful(const struct pool_result *result)
{
	return result->is_ready && result->value.status == POOL_DONE;
}

int pool_result_wait(struct pool_result *result, int timeout_ms)
{
	int64_t end = clock_ms() + timeout_ms;

	while (!result->is_ready) {
		int64_t left = end - clock_ms();

		if (timeout_ms >= 0 && left < 0)
			return -1;
		pool_turn(result->pool, timeout_ms < 0 ? POOL_FOR_EVER : (int)left);
	}
	return 0;
}

int pool_result_get(struct pool_result *result, int timeout_ms, struct pool_value *value)
{
	if (pool_result_wait(result, timeout_ms) < 0)
		return -1;
	*value = result->value;
	return 0;
}

struct pool_result *pool_apply_async(struct pool *pool, pool_function *function,
				     struct slice argument, pool_callback *callback, void *user)
{
	struct pool_result *result = memory_new(1, sizeof(*result));

	*result = (struct pool_result){ .pool = pool, .callback = callback, .user = user };
	while (pool_enqueue(pool, function, argument, on_done, result) < 0) {
		if (errno != EAGAIN || pool_is_in_turn(pool)) {
			free(result);
			return NULL;
		}
		pool_turn(pool, POOL_FOR_EVER);
	}
	return result;
}

static void release(void *result)
{
	pool_result_free(result);
}

enum pool_status pool_apply(struct pool *pool, pool_function *function, struct slice argument,
			    struct pool_value *value)
{
	struct pool_result *result = pool_apply_async(pool, function, argument, NULL, NULL);

	pool_keep(pool, result, release);
	if (!result)
		*value = (struct pool_value){ .status = POOL_CANCELLED };
	else
		pool_result_get(result, POOL_FOR_EVER, value);
	return value->status;
}

size_t pool_map(struct pool *pool, pool_function *function, const struct slice arguments[],
		size_t count, struct pool_result *results[])
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++)
		results[i] = pool_apply_async(pool, function, arguments[i], NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		if (results[i])
			pool_result_wait(results[i], POOL_FOR_EVER);
		if (!results[i] || !pool_result_is_successful(results[i]))
			failed++;
	}
	return failed;
}
