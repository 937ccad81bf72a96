#include "instant_pool.h"

#include "parsers/text/memory.h"

#include <assert.h>
#include <stdlib.h>

struct waiting {
	pool_callback *callback;
	void *user;
};

struct pool {
	struct waiting *waiting;
	unsigned count, window;
	struct slice message, slot;
};

struct pool *instant_pool_new(unsigned window)
{
	struct pool *pool = memory_new(1, sizeof(*pool));

	pool->waiting = memory_new(window, sizeof(*pool->waiting));
	pool->window = window;
	return pool;
}

void instant_pool_answer(struct pool *pool, struct slice message, struct slice slot)
{
	pool->message = message;
	pool->slot = slot;
}

void instant_pool_free(struct pool *pool)
{
	if (!pool)
		return;
	free(pool->waiting);
	free(pool);
}

/* ---- what the master asks of a pool ---- */

unsigned pool_worker_count(const struct pool *pool)
{
	(void)pool;
	return 1;
}

struct pool_worker_info pool_worker_info(const struct pool *pool, unsigned worker)
{
	(void)worker;
	return (struct pool_worker_info){
		.name = "worker-1", .is_alive = true, .in_flight = pool->count, .starts = 1
	};
}

unsigned pool_room(const struct pool *pool, unsigned worker)
{
	(void)worker;
	return pool->window - pool->count;
}

int pool_submit(struct pool *pool, unsigned worker, struct slice head, struct slice body,
		pool_callback *callback, void *user)
{
	(void)worker;
	(void)head;
	(void)body;
	if (pool->count == pool->window)
		return -1;
	pool->waiting[pool->count++] = (struct waiting){ callback, user };
	return 0;
}

int pool_submit_in_slot(struct pool *pool, unsigned worker, struct slice head, struct slice memory,
			pool_callback *callback, void *user)
{
	(void)memory;
	return pool_submit(pool, worker, head, (struct slice){ 0 }, callback, user);
}

int pool_submit_alone(struct pool *pool, struct slice head, struct slice memory,
		      pool_callback *callback, void *user)
{
	return pool_submit_in_slot(pool, 0, head, memory, callback, user);
}

/* Callbacks submit nothing: what they have come to is dispatched after the turn. */
void pool_turn(struct pool *pool, int timeout_ms)
{
	(void)timeout_ms;
	for (unsigned i = 0; i < pool->count; i++) {
		struct pool_value value = { .status = POOL_DONE,
					    .bytes = pool->message,
					    .slot = pool->slot };

		pool->waiting[i].callback(pool->waiting[i].user, &value);
	}
	pool->count = 0;
}

int64_t pool_mark(const struct pool *pool, unsigned worker, const void *user)
{
	(void)pool;
	(void)worker;
	(void)user;
	return 0;
}

void pool_flush(struct pool *pool)
{
	(void)pool;
}

void pool_hold_results(struct pool *pool, bool is_held)
{
	(void)pool;
	assert(!is_held);
}

void pool_kill(struct pool *pool, unsigned worker)
{
	(void)pool;
	(void)worker;
}

bool pool_is_broken(const struct pool *pool)
{
	(void)pool;
	return false;
}

void pool_close(struct pool *pool)
{
	(void)pool;
}

int pool_join(struct pool *pool, int timeout_ms)
{
	(void)pool;
	(void)timeout_ms;
	return 0;
}

void pool_terminate(struct pool *pool)
{
	(void)pool;
}
