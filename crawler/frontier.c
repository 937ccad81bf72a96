#include "frontier.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

#include "memory.h"

#define QUEUE_FIRST 4
#define TABLE_FIRST 64
#define NOT_IN_HEAP UINT32_MAX
#define NEVER_ASKED INT64_MIN

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
	int64_t asked_ms;   /* when the last request began, or NEVER_ASKED */
	int64_t held_ms;    /* until when back-off forbids the next */
	uint64_t turn;      /* breaks ties: who had its turn longest ago comes first */
	uint32_t turn_urls; /* handed out in this turn */
	unsigned in_flight;
	bool is_shut;
	struct queue lanes[FRONTIER_LANES];
};

/* A URL that is queued from some time on. */
struct later {
	int64_t at_ms;
	uint32_t host, url_id;
	enum frontier_lane lane;
};

struct frontier {
	struct host *hosts;
	uint32_t host_count, host_capacity;
	uint32_t *table; /* origin -> host + 1, open addressing; 0 is free */
	size_t table_capacity;
	uint32_t *heap; /* of hosts that have URLs and a free place */
	uint32_t heap_count;
	struct later *laters; /* a heap by at_ms */
	size_t later_count, later_capacity;
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

static int64_t due_of(const struct host *host)
{
	bool is_polite = host->asked_ms != NEVER_ASKED && host->manners.delay_ms > 0;
	int64_t polite = is_polite ? host->asked_ms + host->manners.delay_ms : 0;

	return polite > host->held_ms ? polite : host->held_ms;
}

static bool is_before(const struct frontier *frontier, uint32_t a, uint32_t b)
{
	const struct host *first = &frontier->hosts[a], *second = &frontier->hosts[b];

	if (due_of(first) != due_of(second))
		return due_of(first) < due_of(second);
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

/* Is there anything that may be handed out? */
static bool has_queued(const struct host *host)
{
	int open_lanes = host->is_shut ? LANE_ROBOTS + 1 : FRONTIER_LANES;

	for (int lane = 0; lane < open_lanes; lane++) {
		if (host->lanes[lane].count > 0)
			return true;
	}
	return false;
}

/* Bring a host's place in the heap in line with what it is now. */
static void settle(struct frontier *frontier, uint32_t index)
{
	struct host *host = &frontier->hosts[index];

	if (host->in_flight >= host->manners.concurrency || !has_queued(host)) {
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
		for (int lane = 0; lane < FRONTIER_LANES; lane++)
			free(frontier->hosts[i].lanes[lane].ids);
	}
	free(frontier->laters);
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
		.asked_ms = NEVER_ASKED,
		.turn = ++frontier->turns,
		.manners = manners,
	};
	frontier->host_count++;
	return index;
}

uint32_t frontier_ready_hosts(const struct frontier *frontier)
{
	return frontier->heap_count;
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

/* ---- URLs for later: a heap by time ---- */

static void later_up(struct frontier *frontier, size_t at)
{
	struct later later = frontier->laters[at];

	while (at > 0 && later.at_ms < frontier->laters[(at - 1) / 2].at_ms) {
		frontier->laters[at] = frontier->laters[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	frontier->laters[at] = later;
}

static void later_down(struct frontier *frontier, size_t at)
{
	struct later later = frontier->laters[at];
	size_t child;

	while ((child = 2 * at + 1) < frontier->later_count) {
		if (child + 1 < frontier->later_count &&
		    frontier->laters[child + 1].at_ms < frontier->laters[child].at_ms)
			child++;
		if (frontier->laters[child].at_ms >= later.at_ms)
			break;
		frontier->laters[at] = frontier->laters[child];
		at = child;
	}
	frontier->laters[at] = later;
}

/* Put those whose time has come into the queues of their hosts. */
static void wake_laters(struct frontier *frontier, int64_t now_ms)
{
	while (frontier->later_count > 0 && frontier->laters[0].at_ms <= now_ms) {
		struct later later = frontier->laters[0];

		frontier->laters[0] = frontier->laters[--frontier->later_count];
		if (frontier->later_count > 0)
			later_down(frontier, 0);
		frontier->count--;
		frontier_push_first(frontier, later.host, later.url_id, later.lane);
	}
}

/* ---- queueing and picking ---- */

void frontier_push(struct frontier *frontier, uint32_t host, uint32_t url_id,
		   enum frontier_lane lane)
{
	queue_push(&frontier->hosts[host].lanes[lane], url_id);
	frontier->count++;
	if (frontier->hosts[host].heap_at == NOT_IN_HEAP)
		settle(frontier, host);
}

void frontier_push_first(struct frontier *frontier, uint32_t host, uint32_t url_id,
			 enum frontier_lane lane)
{
	queue_push_first(&frontier->hosts[host].lanes[lane], url_id);
	frontier->count++;
	settle(frontier, host);
}

void frontier_push_later(struct frontier *frontier, uint32_t host, uint32_t url_id,
			 enum frontier_lane lane, int64_t at_ms)
{
	if (frontier->later_count == frontier->later_capacity) {
		frontier->later_capacity = frontier->later_capacity * 2 + 16;
		frontier->laters = memory_resize(
			frontier->laters, frontier->later_capacity * sizeof(*frontier->laters));
	}
	frontier->laters[frontier->later_count] = (struct later){ at_ms, host, url_id, lane };
	later_up(frontier, frontier->later_count++);
	frontier->count++;
}

void frontier_hold(struct frontier *frontier, uint32_t host, int64_t until_ms)
{
	if (frontier->hosts[host].held_ms < until_ms)
		frontier->hosts[host].held_ms = until_ms;
	settle(frontier, host);
}

void frontier_release(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].held_ms = 0;
	settle(frontier, host);
}

void frontier_shut(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].is_shut = true;
	settle(frontier, host);
}

void frontier_open(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].is_shut = false;
	settle(frontier, host);
}

/* The first of the first lane that has any. */
static uint32_t pop_first(struct host *host)
{
	int lane = 0;

	while (host->lanes[lane].count == 0)
		lane++;
	return queue_pop(&host->lanes[lane]);
}

static uint64_t queued(const struct host *host)
{
	uint64_t count = 0;

	for (int lane = 0; lane < FRONTIER_LANES; lane++)
		count += host->lanes[lane].count;
	return count;
}

/* Every request of a host with a delay is a turn; without, with many hosts, a turn has several. */
static void end_turn(struct frontier *frontier, struct host *host)
{
	bool is_long = host->manners.delay_ms == 0 && frontier->heap_count > FRONTIER_FEW_HOSTS;

	if (is_long && ++host->turn_urls < FRONTIER_TURN_URLS)
		return;
	host->turn_urls = 0;
	host->turn = ++frontier->turns;
}

bool frontier_next(struct frontier *frontier, int64_t now_ms, struct frontier_pick *pick)
{
	struct host *host;
	uint32_t index;

	wake_laters(frontier, now_ms);
	if (frontier->heap_count == 0)
		return false;
	index = frontier->heap[0];
	host = &frontier->hosts[index];
	if (due_of(host) > now_ms)
		return false;
	*pick = (struct frontier_pick){
		.host = index,
		.url_id = pop_first(host),
		.in_flight = host->in_flight,
		.asked_before_ms = host->asked_ms,
	};
	frontier->count--;
	host->in_flight++;
	host->asked_ms = now_ms;
	end_turn(frontier, host);
	pick->has_more = queued(host) >= host->manners.concurrency;
	settle(frontier, index);
	return true;
}

void frontier_undo(struct frontier *frontier, const struct frontier_pick *pick)
{
	struct host *host = &frontier->hosts[pick->host];

	host->in_flight--;
	host->asked_ms = pick->asked_before_ms;
	settle(frontier, pick->host);
}

void frontier_done(struct frontier *frontier, uint32_t index, int64_t started_ms)
{
	struct host *host = &frontier->hosts[index];

	assert(host->in_flight > 0);
	host->in_flight--;
	if (started_ms > 0 && host->asked_ms < started_ms)
		host->asked_ms = started_ms;
	settle(frontier, index);
}

int64_t frontier_due_ms(const struct frontier *frontier)
{
	int64_t due = FRONTIER_NEVER;

	if (frontier->heap_count > 0)
		due = due_of(&frontier->hosts[frontier->heap[0]]);
	if (frontier->later_count > 0 && (due == FRONTIER_NEVER || frontier->laters[0].at_ms < due))
		due = frontier->laters[0].at_ms;
	return due;
}

size_t frontier_count(const struct frontier *frontier)
{
	return frontier->count;
}
