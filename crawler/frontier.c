#include "frontier.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

#include "memory.h"

#define QUEUE_FIRST 4
#define TABLE_FIRST 64
#define NOT_IN_HEAP UINT32_MAX

/* A ring of URL ids. */
struct queue {
	uint32_t *ids;
	uint32_t head, count, capacity;
};

struct host {
	char *origin;
	uint32_t origin_size;
	uint32_t heap_at; /* place in the heap, or NOT_IN_HEAP */
	struct frontier_manners manners;
	int64_t due_ms;	  /* when it may be asked next */
	uint64_t turn;	  /* breaks ties: who was asked longest ago comes first */
	unsigned in_flight;
	struct queue queue;
};

struct frontier {
	struct host *hosts;
	uint32_t host_count, host_capacity;
	uint32_t *table; /* origin -> host + 1, open addressing; 0 is free */
	size_t table_capacity;
	uint32_t *heap;	 /* of hosts that have URLs and a free place */
	uint32_t heap_count;
	uint64_t turns;
	size_t count;
};

/* ---- a queue ---- */

static void queue_grow(struct queue *queue)
{
	uint32_t capacity = queue->capacity ? queue->capacity * 2 : QUEUE_FIRST;
	uint32_t *ids = memory_new(capacity, sizeof(*ids));

	for (uint32_t i = 0; i < queue->count; i++)
		ids[i] = queue->ids[(queue->head + i) & (queue->capacity - 1)];
	free(queue->ids);
	*queue = (struct queue){ .ids = ids, .count = queue->count, .capacity = capacity };
}

static void queue_push(struct queue *queue, uint32_t id)
{
	if (queue->count == queue->capacity)
		queue_grow(queue);
	queue->ids[(queue->head + queue->count++) & (queue->capacity - 1)] = id;
}

static void queue_push_first(struct queue *queue, uint32_t id)
{
	if (queue->count == queue->capacity)
		queue_grow(queue);
	queue->head = (queue->head - 1) & (queue->capacity - 1);
	queue->ids[queue->head] = id;
	queue->count++;
}

static uint32_t queue_pop(struct queue *queue)
{
	uint32_t id = queue->ids[queue->head];

	queue->head = (queue->head + 1) & (queue->capacity - 1);
	if (--queue->count == 0) {
		free(queue->ids); /* many hosts are asked once and never again */
		*queue = (struct queue){ 0 };
	}
	return id;
}

/* ---- the heap of hosts ---- */

static bool is_before(const struct frontier *frontier, uint32_t a, uint32_t b)
{
	const struct host *first = &frontier->hosts[a], *second = &frontier->hosts[b];

	if (first->due_ms != second->due_ms)
		return first->due_ms < second->due_ms;
	return first->turn < second->turn;
}

static void heap_put(struct frontier *frontier, uint32_t at, uint32_t host)
{
	frontier->heap[at] = host;
	frontier->hosts[host].heap_at = at;
}

static void heap_up(struct frontier *frontier, uint32_t at)
{
	uint32_t host = frontier->heap[at];

	while (at > 0 && is_before(frontier, host, frontier->heap[(at - 1) / 2])) {
		heap_put(frontier, at, frontier->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(frontier, at, host);
}

static void heap_down(struct frontier *frontier, uint32_t at)
{
	uint32_t host = frontier->heap[at];

	for (;;) { /* ends at a leaf at the latest */
		uint32_t child = 2 * at + 1;

		if (child >= frontier->heap_count)
			break;
		if (child + 1 < frontier->heap_count &&
		    is_before(frontier, frontier->heap[child + 1], frontier->heap[child]))
			child++;
		if (!is_before(frontier, frontier->heap[child], host))
			break;
		heap_put(frontier, at, frontier->heap[child]);
		at = child;
	}
	heap_put(frontier, at, host);
}

static void heap_remove(struct frontier *frontier, uint32_t at)
{
	uint32_t last = frontier->heap[--frontier->heap_count];

	frontier->hosts[frontier->heap[at]].heap_at = NOT_IN_HEAP;
	if (at == frontier->heap_count)
		return;
	heap_put(frontier, at, last);
	heap_up(frontier, at);
	heap_down(frontier, frontier->hosts[last].heap_at);
}

/* Bring a host's place in the heap in line with what it is now. */
static void settle(struct frontier *frontier, uint32_t index)
{
	struct host *host = &frontier->hosts[index];
	bool may_be_asked = host->queue.count > 0 && host->in_flight < host->manners.concurrency;

	if (!may_be_asked) {
		if (host->heap_at != NOT_IN_HEAP)
			heap_remove(frontier, host->heap_at);
		return;
	}
	if (host->heap_at == NOT_IN_HEAP)
		heap_put(frontier, frontier->heap_count++, index);
	heap_up(frontier, host->heap_at);
	heap_down(frontier, host->heap_at);
}

/* ---- hosts by origin ---- */

/* Where an origin stands in the table, or the free place where it belongs. */
static size_t table_place(const struct frontier *frontier, struct slice origin)
{
	size_t at = XXH3_64bits(origin.at, origin.size) & (frontier->table_capacity - 1);

	while (frontier->table[at] != 0) {
		const struct host *host = &frontier->hosts[frontier->table[at] - 1];

		if (slice_equal(origin, (struct slice){ host->origin, host->origin_size }))
			break;
		at = (at + 1) & (frontier->table_capacity - 1);
	}
	return at;
}

static void table_grow(struct frontier *frontier)
{
	free(frontier->table);
	frontier->table_capacity *= 2;
	frontier->table = memory_new(frontier->table_capacity, sizeof(*frontier->table));
	for (uint32_t i = 0; i < frontier->host_count; i++)
		frontier->table[table_place(frontier, frontier_host_origin(frontier, i))] = i + 1;
}

struct frontier *frontier_new(void)
{
	struct frontier *frontier = memory_new(1, sizeof(*frontier));

	frontier->table_capacity = TABLE_FIRST;
	frontier->table = memory_new(TABLE_FIRST, sizeof(*frontier->table));
	return frontier;
}

void frontier_free(struct frontier *frontier)
{
	if (!frontier)
		return;
	for (uint32_t i = 0; i < frontier->host_count; i++) {
		free(frontier->hosts[i].origin);
		free(frontier->hosts[i].queue.ids);
	}
	free(frontier->hosts);
	free(frontier->table);
	free(frontier->heap);
	free(frontier);
}

uint32_t frontier_find_host(const struct frontier *frontier, struct slice origin)
{
	uint32_t found = frontier->table[table_place(frontier, origin)];

	return found == 0 ? FRONTIER_NO_HOST : found - 1;
}

static void grow_hosts(struct frontier *frontier)
{
	uint32_t capacity = frontier->host_capacity ? frontier->host_capacity * 2 : TABLE_FIRST / 2;

	frontier->hosts = memory_resize(frontier->hosts, capacity * sizeof(*frontier->hosts));
	frontier->heap = memory_resize(frontier->heap, capacity * sizeof(*frontier->heap));
	frontier->host_capacity = capacity;
}

uint32_t frontier_add_host(struct frontier *frontier, struct slice origin,
			   struct frontier_manners manners)
{
	uint32_t index = frontier->host_count;

	if (index == frontier->host_capacity)
		grow_hosts(frontier);
	if (2 * (size_t)(index + 1) > frontier->table_capacity)
		table_grow(frontier);
	frontier->table[table_place(frontier, origin)] = index + 1;
	frontier->hosts[index] = (struct host){
		.origin = memory_text(origin.at, origin.size),
		.origin_size = (uint32_t)origin.size,
		.heap_at = NOT_IN_HEAP,
		.manners = manners,
	};
	frontier->host_count++;
	return index;
}

uint32_t frontier_host_count(const struct frontier *frontier)
{
	return frontier->host_count;
}

struct slice frontier_host_origin(const struct frontier *frontier, uint32_t host)
{
	return (struct slice){ frontier->hosts[host].origin, frontier->hosts[host].origin_size };
}

struct frontier_manners frontier_host_manners(const struct frontier *frontier, uint32_t host)
{
	return frontier->hosts[host].manners;
}

void frontier_set_manners(struct frontier *frontier, uint32_t host, struct frontier_manners manners)
{
	frontier->hosts[host].manners = manners;
	settle(frontier, host);
}

/* ---- queueing and picking ---- */

void frontier_push(struct frontier *frontier, uint32_t host, uint32_t url_id)
{
	queue_push(&frontier->hosts[host].queue, url_id);
	frontier->count++;
	if (frontier->hosts[host].heap_at == NOT_IN_HEAP)
		settle(frontier, host);
}

void frontier_push_first(struct frontier *frontier, uint32_t host, uint32_t url_id)
{
	queue_push_first(&frontier->hosts[host].queue, url_id);
	frontier->count++;
	settle(frontier, host);
}

bool frontier_next(struct frontier *frontier, int64_t now_ms, struct frontier_pick *pick)
{
	struct host *host;
	uint32_t index;

	if (frontier->heap_count == 0)
		return false;
	index = frontier->heap[0];
	host = &frontier->hosts[index];
	if (host->due_ms > now_ms)
		return false;
	*pick = (struct frontier_pick){
		.host = index,
		.url_id = queue_pop(&host->queue),
		.in_flight = host->in_flight,
	};
	host->in_flight++;
	host->due_ms = now_ms + host->manners.delay_ms;
	host->turn = ++frontier->turns;
	frontier->count--;
	settle(frontier, index);
	return true;
}

void frontier_done(struct frontier *frontier, uint32_t index, int64_t started_ms)
{
	struct host *host = &frontier->hosts[index];

	assert(host->in_flight > 0);
	host->in_flight--;
	if (started_ms > 0 && host->due_ms < started_ms + host->manners.delay_ms)
		host->due_ms = started_ms + host->manners.delay_ms;
	settle(frontier, index);
}

int64_t frontier_due_ms(const struct frontier *frontier)
{
	return frontier->heap_count > 0 ? frontier->hosts[frontier->heap[0]].due_ms : FRONTIER_NEVER;
}

size_t frontier_count(const struct frontier *frontier)
{
	return frontier->count;
}
