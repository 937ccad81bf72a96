#include "frontier/frontier.h"

#include <assert.h>
#include <stdlib.h>

#include "frontier/groups.h"
#include "base/memory.h"
#include "frontier/intern.h"
#include "frontier/due_heap.h"

#define QUEUE_FIRST 4
#define HOSTS_FIRST 32
#define NEVER_ASKED INT64_MIN

/* A ring of URL ids. */
struct queue {
	uint32_t *ids;
	uint32_t head, count, capacity;
};

struct host {
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
	struct intern *origins; /* of the hosts, with their numbers */
	struct host *hosts;
	uint32_t host_capacity;
	struct due_heap *ready; /* hosts that have URLs and a free place */
	struct groups *groups;  /* for which some of them wait: these are not in ready */
	struct later *laters;   /* a heap by at_ms */
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

/* ---- when a host may be asked ---- */

static int64_t due_of(const struct host *host)
{
	bool is_polite = host->asked_ms != NEVER_ASKED && host->manners.delay_ms > 0;
	int64_t polite = is_polite ? host->asked_ms + host->manners.delay_ms : 0;

	return polite > host->held_ms ? polite : host->held_ms;
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

/* With many others to ask, one without delay is asked over a single connection, which is cheap. */
static bool is_one_of_many(const struct frontier *frontier, const struct host *host)
{
	return host->manners.delay_ms == 0 && frontier_ready_hosts(frontier) > FRONTIER_FEW_HOSTS;
}

/* How many requests it may have at a time, as things are. */
static unsigned places(const struct frontier *frontier, const struct host *host)
{
	return is_one_of_many(frontier, host) ? 1 : host->manners.concurrency;
}

/*
 * Bring a host's place in the schedule in line with what it is now.  How many others there are it
 * sees again when its request is over.
 */
static void settle(struct frontier *frontier, uint32_t index)
{
	const struct host *host = &frontier->hosts[index];

	if (host->in_flight >= places(frontier, host) || !has_queued(host)) {
		due_heap_remove(frontier->ready, index);
		groups_stop_waiting(frontier->groups, index);
		return;
	}
	if (!groups_is_waiting(frontier->groups, index))
		due_heap_set(frontier->ready, index, due_of(host), host->turn);
}

/* ---- hosts ---- */

struct frontier *frontier_new(void)
{
	struct frontier *frontier = memory_new(1, sizeof(*frontier));

	frontier->origins = intern_new();
	frontier->ready = due_heap_new();
	frontier->groups = groups_new();
	return frontier;
}

void frontier_free(struct frontier *frontier)
{
	if (!frontier)
		return;
	for (uint32_t i = 0; i < frontier_host_count(frontier); i++) {
		for (int lane = 0; lane < FRONTIER_LANES; lane++)
			free(frontier->hosts[i].lanes[lane].ids);
	}
	free(frontier->laters);
	groups_free(frontier->groups);
	due_heap_free(frontier->ready);
	free(frontier->hosts);
	intern_free(frontier->origins);
	free(frontier);
}

uint32_t frontier_find_host(const struct frontier *frontier, struct slice origin)
{
	uint32_t found = intern_find(frontier->origins, origin);

	return found == INTERN_NONE ? FRONTIER_NO_HOST : found;
}

uint32_t frontier_add_host(struct frontier *frontier, struct slice origin,
			   struct frontier_manners manners)
{
	uint32_t host = intern_add(frontier->origins, origin);

	if (host == frontier->host_capacity) {
		frontier->host_capacity = host ? host * 2 : HOSTS_FIRST;
		frontier->hosts = memory_resize(frontier->hosts,
						frontier->host_capacity * sizeof(*frontier->hosts));
	}
	frontier->hosts[host] = (struct host){
		.asked_ms = NEVER_ASKED,
		.turn = ++frontier->turns,
		.manners = manners,
	};
	return host;
}

uint32_t frontier_ready_hosts(const struct frontier *frontier)
{
	return due_heap_count(frontier->ready) + groups_waiting(frontier->groups);
}

uint32_t frontier_host_count(const struct frontier *frontier)
{
	return intern_count(frontier->origins);
}

struct slice frontier_host_origin(const struct frontier *frontier, uint32_t host)
{
	return intern_text(frontier->origins, host);
}

struct frontier_manners frontier_host_manners(const struct frontier *frontier, uint32_t host)
{
	return frontier->hosts[host].manners;
}

/* A host's own clock was set: it waits for that before it waits for its group. */
static void settle_clock(struct frontier *frontier, uint32_t host)
{
	groups_stop_waiting(frontier->groups, host);
	settle(frontier, host);
}

void frontier_join(struct frontier *frontier, uint32_t host, struct slice name,
		   struct frontier_manners manners)
{
	struct groups_joining joining = {
		.delay_ms = manners.delay_ms,
		.concurrency = manners.concurrency,
		.in_flight = frontier->hosts[host].in_flight,
		.asked_ms = frontier->hosts[host].asked_ms,
	};

	groups_join(frontier->groups, host, name, joining);
	settle(frontier, host);
}

uint32_t frontier_group(const struct frontier *frontier, uint32_t host)
{
	return groups_founder(frontier->groups, host);
}

int64_t frontier_group_delay_ms(const struct frontier *frontier, uint32_t host)
{
	return groups_delay_ms(frontier->groups, host);
}

void frontier_set_manners(struct frontier *frontier, uint32_t host, struct frontier_manners manners)
{
	frontier->hosts[host].manners = manners;
	settle_clock(frontier, host);
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

/* The time of all that wait of this host has come. */
static void wake_host(struct frontier *frontier, uint32_t host)
{
	for (size_t i = 0; i < frontier->later_count; i++) {
		if (frontier->laters[i].host == host)
			frontier->laters[i].at_ms = 0;
	}
	for (size_t at = frontier->later_count / 2; at-- > 0;)
		later_down(frontier, at);
}

/* ---- queueing and picking ---- */

void frontier_push(struct frontier *frontier, uint32_t host, uint32_t url_id,
		   enum frontier_lane lane)
{
	queue_push(&frontier->hosts[host].lanes[lane], url_id);
	frontier->count++;
	if (!due_heap_has(frontier->ready, host))
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
	settle_clock(frontier, host);
}

void frontier_hold_group(struct frontier *frontier, uint32_t host, int64_t until_ms)
{
	groups_hold(frontier->groups, host, until_ms);
}

void frontier_release(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].held_ms = 0;
	wake_host(frontier, host);
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
	if (is_one_of_many(frontier, host) && ++host->turn_urls < FRONTIER_TURN_URLS)
		return;
	host->turn_urls = 0;
	host->turn = ++frontier->turns;
}

static bool is_past(int64_t due_ms, int64_t now_ms)
{
	return due_ms != FRONTIER_NEVER && due_ms <= now_ms;
}

/* The host whose turn it is: its own time has come, and that of its group. */
static bool next_host(struct frontier *frontier, int64_t now_ms, uint32_t *host)
{
	for (;;) { /* each round takes one out of the schedule */
		if (is_past(groups_due_ms(frontier->groups), now_ms)) {
			*host = groups_take(frontier->groups);
			return true;
		}
		if (!is_past(due_heap_due_ms(frontier->ready), now_ms))
			return false;
		*host = due_heap_first(frontier->ready);
		if (!groups_has(frontier->groups, *host))
			return true;
		due_heap_remove(frontier->ready, *host);
		groups_wait(frontier->groups, *host);
	}
}

bool frontier_next(struct frontier *frontier, int64_t now_ms, struct frontier_pick *pick)
{
	struct host *host;
	uint32_t index;

	wake_laters(frontier, now_ms);
	if (!next_host(frontier, now_ms, &index))
		return false;
	host = &frontier->hosts[index];
	*pick = (struct frontier_pick){
		.host = index,
		.url_id = pop_first(host),
		.in_flight = host->in_flight,
		.asked_before_ms = host->asked_ms,
		.group_asked_before_ms = groups_asked_ms(frontier->groups, index),
	};
	frontier->count--;
	host->in_flight++;
	host->asked_ms = now_ms;
	groups_begin(frontier->groups, index, now_ms);
	end_turn(frontier, host);
	pick->has_more = queued(host) >= places(frontier, host);
	settle(frontier, index);
	return true;
}

void frontier_undo(struct frontier *frontier, const struct frontier_pick *pick)
{
	struct host *host = &frontier->hosts[pick->host];

	host->in_flight--;
	host->asked_ms = pick->asked_before_ms;
	groups_undo(frontier->groups, pick->host, pick->group_asked_before_ms);
	settle(frontier, pick->host);
}

void frontier_done(struct frontier *frontier, uint32_t index, int64_t started_ms)
{
	struct host *host = &frontier->hosts[index];

	assert(host->in_flight > 0);
	host->in_flight--;
	if (started_ms > 0 && host->asked_ms < started_ms)
		host->asked_ms = started_ms;
	groups_end(frontier->groups, index, started_ms);
	settle(frontier, index);
}

void frontier_unasked(struct frontier *frontier, uint32_t index)
{
	frontier->hosts[index].asked_ms = NEVER_ASKED;
	frontier_done(frontier, index, 0);
}

int64_t frontier_due_ms(const struct frontier *frontier)
{
	int64_t due = due_heap_due_ms(frontier->ready), group_due = groups_due_ms(frontier->groups);

	if (group_due != FRONTIER_NEVER && (due == FRONTIER_NEVER || group_due < due))
		due = group_due;
	if (frontier->later_count > 0 && (due == FRONTIER_NEVER || frontier->laters[0].at_ms < due))
		due = frontier->laters[0].at_ms;
	return due;
}

size_t frontier_count(const struct frontier *frontier)
{
	return frontier->count;
}
