#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "pool/pool_internal.h"

/* Held by who asked for the job, and by the job until it is done: freed when both let go. */
struct pool_result {
	struct pool *pool;
	struct pool_value value;
	char *bytes;
	bool is_ready;
	bool is_dropped; /* nobody will ask any more */
};

void pool_result_settle(struct pool_result *result, const struct pool_value *value)
{
	if (result->is_dropped) {
		free(result);
		return;
	}
	result->bytes = memory_text(value->bytes.at, value->bytes.size);
	result->value = *value;
	result->value.bytes.at = result->bytes;
	result->value.slot = (struct slice){ 0 }; /* the next job has it */
	result->is_ready = true;
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
	struct pool_waiting waiting = { .function = function, .callback = callback, .user = user };

	assert(!pool->options.serve); /* event-driven workers do not run functions */
	if (argument.size > POOL_MESSAGE_MAX)
		return NULL;
	if (pool_queue_is_full(pool))
		pool_hand_out(pool);
	while (!pool->is_closed && !pool->is_broken && pool_queue_is_full(pool)) {
		if (pool->is_in_turn)
			return NULL;
		pool_turn(pool, POOL_FOR_EVER);
	}
	if (pool->is_closed || pool->is_broken)
		return NULL;
	waiting.argument = memory_text(argument.at, argument.size);
	waiting.argument_size = argument.size;
	waiting.result = memory_new(1, sizeof(*waiting.result));
	waiting.result->pool = pool;
	pool_enqueue(pool, &waiting);
	return waiting.result;
}

enum pool_status pool_apply(struct pool *pool, pool_function *function, struct slice argument,
			    struct pool_value *value)
{
	pool_result_free(pool->applied);
	pool->applied = pool_apply_async(pool, function, argument, NULL, NULL);
	if (!pool->applied)
		*value = (struct pool_value){ .status = POOL_CANCELLED };
	else
		pool_result_get(pool->applied, POOL_FOR_EVER, value);
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
