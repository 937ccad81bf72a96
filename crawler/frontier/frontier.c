#include "frontier/frontier.h"

#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "frontier/due_heap.h"
#include "frontier/groups.h"
#include "frontier/intern.h"
#include "parsers/text/memory.h"

#define QUEUE_FIRST 4
#define HOSTS_FIRST 32

/* A ring of URL ids. */
struct queue {
	uint32_t *ids;
	uint32_t head, count, capacity;
};

/*
 * A host is in one of three states, and settle() brings it there:
 *
 *	idle	in no heap: nothing is queued that may be taken, or it has no room for a request
 *	ready	in frontier->ready, due when its pace is
 *	waiting	in the queue of its group, for it has one, and its own time had come (groups.h)
 *
 * Only next_host() makes a ready host wait, and takes it out of the queue again; its clock may have
 * been set in between, and is looked at once more then.  Whoever was taken and begins nothing is
 * ready again, with a later turn: others that are due come first.
 */
struct host {
	struct pace pace;
	uint64_t turn;      /* breaks ties: who had its turn longest ago comes first */
	uint32_t turn_urls; /* taken in this turn */
	bool is_shut, is_suspended;
	bool is_resting; /* for that it is held, as long as it is */
	bool had_laters; /* of it, since it came */
	struct queue lanes[FRONTIER_LANES];
};

/* A URL that is queued from some time on. */
struct later {
	int64_t at_ms;
	uint32_t host, url_id;
	enum frontier_lane lane;
};

/*
 * A URL that is queued is in one lane of one host, or among laters: count is the sum of both.  One
 * that was taken is in neither.
 */
struct frontier {
	struct intern *origins; /* of the hosts, with their numbers */
	struct host *hosts;
	uint32_t host_capacity;
	struct due_heap *ready; /* of hosts */
	struct groups *groups;
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

/* ---- when a host may be asked ---- */

/* Is there anything that may be taken? */
static bool has_queued(const struct host *host)
{
	int open_lanes = host->is_shut ? LANE_ROBOTS + 1 : FRONTIER_LANES;

	for (int lane = 0; lane < open_lanes && !host->is_suspended; lane++) {
		if (host->lanes[lane].count > 0)
			return true;
	}
	return false;
}

/* With many others to ask, one without delay is asked over a single connection, which is cheap. */
static bool is_one_of_many(const struct frontier *frontier, const struct host *host)
{
	return host->pace.policy.delay_ms == 0 &&
	       frontier_ready_hosts(frontier) > FRONTIER_FEW_HOSTS;
}

/* How many requests it may have at a time, as things are. */
static unsigned concurrency(const struct frontier *frontier, const struct host *host)
{
	return is_one_of_many(frontier, host) ? 1 : host->pace.policy.concurrency;
}

/*
 * Bring a host to the state that it is in now.  How many others there are it sees again when its
 * request is over.
 */
static void settle(struct frontier *frontier, uint32_t index)
{
	const struct host *host = &frontier->hosts[index];

	if (host->pace.in_flight >= concurrency(frontier, host) || !has_queued(host)) {
		due_heap_remove(frontier->ready, index);
		groups_stop_waiting(frontier->groups, index);
		return;
	}
	if (!groups_is_waiting(frontier->groups, index))
		due_heap_set(frontier->ready, index, pace_due_ms(&host->pace), host->turn);
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
			   struct pace_policy policy)
{
	uint32_t host = intern_add(frontier->origins, origin);

	if (host == frontier->host_capacity) {
		frontier->host_capacity = host ? host * 2 : HOSTS_FIRST;
		frontier->hosts = memory_resize(frontier->hosts,
						frontier->host_capacity * sizeof(*frontier->hosts));
	}
	frontier->hosts[host] = (struct host){
		.pace = { .policy = policy, .started_ms = PACE_NOT_STARTED },
		.turn = ++frontier->turns,
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

const struct pace *frontier_pace(const struct frontier *frontier, uint32_t host)
{
	return &frontier->hosts[host].pace;
}

const struct pace *frontier_group_pace(const struct frontier *frontier, uint32_t host)
{
	return groups_pace(frontier->groups, host);
}

void frontier_set_policy(struct frontier *frontier, uint32_t host, struct pace_policy policy)
{
	frontier->hosts[host].pace.policy = policy;
	settle(frontier, host);
}

void frontier_join(struct frontier *frontier, uint32_t host, struct slice name,
		   struct pace_policy policy)
{
	struct pace pace = frontier->hosts[host].pace;

	pace.policy = policy;
	groups_join(frontier->groups, host, name, &pace);
	settle(frontier, host);
}

uint32_t frontier_group(const struct frontier *frontier, uint32_t host)
{
	uint32_t group = groups_number(frontier->groups, host);

	return group == GROUPS_NONE ? FRONTIER_NO_GROUP : group;
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

/* ---- queueing ---- */

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
	frontier->hosts[host].had_laters = true;
	later_up(frontier, frontier->later_count++);
	frontier->count++;
}

void frontier_hold(struct frontier *frontier, uint32_t host, int64_t until_ms)
{
	struct host *held = &frontier->hosts[host];

	held->is_resting &= held->pace.held_ms >= until_ms;
	pace_hold(&held->pace, until_ms);
	settle(frontier, host);
}

void frontier_rest(struct frontier *frontier, uint32_t host, int64_t until_ms)
{
	frontier_hold(frontier, host, until_ms);
	frontier->hosts[host].is_resting |= frontier->hosts[host].pace.held_ms == until_ms;
}

bool frontier_is_resting(const struct frontier *frontier, uint32_t host, int64_t now_ms)
{
	return frontier->hosts[host].is_resting && frontier->hosts[host].pace.held_ms > now_ms;
}

void frontier_hold_group(struct frontier *frontier, uint32_t host, int64_t until_ms)
{
	groups_hold(frontier->groups, host, until_ms);
}

void frontier_release(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].pace.held_ms = 0;
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

void frontier_suspend(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].is_suspended = true;
	settle(frontier, host);
}

void frontier_resume(struct frontier *frontier, uint32_t host)
{
	frontier->hosts[host].is_suspended = false;
	settle(frontier, host);
}

bool frontier_is_suspended(const struct frontier *frontier, uint32_t host)
{
	return frontier->hosts[host].is_suspended;
}

/* ---- taking ---- */

/* The first of the first lane that has any. */
static uint32_t pop_first(struct host *host)
{
	int lane = 0;

	while (host->lanes[lane].count == 0)
		lane++;
	return queue_pop(&host->lanes[lane]);
}

/* Every request of a host with a delay is a turn; without, with many hosts, a turn has several. */
static void end_turn(struct frontier *frontier, struct host *host)
{
	if (is_one_of_many(frontier, host) && ++host->turn_urls < FRONTIER_TURN_URLS)
		return;
	host->turn_urls = 0;
	host->turn = ++frontier->turns;
}

/* The host whose turn it is: its own time has come, and that of its group. */
static bool next_host(struct frontier *frontier, int64_t now_ms, uint32_t *host)
{
	for (;;) { /* each round makes a host wait that is due, or one ready that is not */
		if (groups_due_ms(frontier->groups) <= now_ms) {
			*host = groups_take(frontier->groups);
			if (pace_due_ms(frontier_pace(frontier, *host)) <= now_ms)
				return true;
			settle(frontier, *host);
			continue;
		}
		if (due_heap_due_ms(frontier->ready) > now_ms)
			return false;
		*host = due_heap_first(frontier->ready);
		if (!groups_pace(frontier->groups, *host))
			return true;
		due_heap_remove(frontier->ready, *host);
		groups_wait(frontier->groups, *host);
	}
}

bool frontier_next(struct frontier *frontier, int64_t now_ms, uint32_t *host, uint32_t *url_id)
{
	wake_laters(frontier, now_ms);
	if (!next_host(frontier, now_ms, host))
		return false;
	*url_id = pop_first(&frontier->hosts[*host]);
	frontier->count--;
	end_turn(frontier, &frontier->hosts[*host]);
	settle(frontier, *host);
	return true;
}

/* Up to max of the first of a host that may be taken.  Returns how many. */
static unsigned first_of(const struct host *host, uint32_t url_ids[], unsigned max)
{
	int open_lanes = host->is_shut ? LANE_ROBOTS + 1 : FRONTIER_LANES;
	unsigned count = 0;

	for (int lane = 0; lane < open_lanes && !host->is_suspended; lane++) {
		const struct queue *queue = &host->lanes[lane];

		for (uint32_t i = 0; i < queue->count && count < max; i++)
			url_ids[count++] = queue->ids[(queue->head + i) & (queue->capacity - 1)];
	}
	return count;
}

static unsigned fewer(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many of a host that is due may be asked for before something has come back. */
static unsigned room_of(const struct frontier *frontier, uint32_t index, int64_t now_ms)
{
	const struct host *host = &frontier->hosts[index];
	const struct pace *group = groups_pace(frontier->groups, index);

	if (group && (pace_is_full(group) || pace_due_ms(group) > now_ms))
		return 0;
	if (host->pace.policy.delay_ms > 0 || (group && group->policy.delay_ms > 0))
		return 1;
	/* A host that is due may begin one, also when with many it may have but few under way. */
	return host->pace.in_flight < concurrency(frontier, host)
		       ? concurrency(frontier, host) - host->pace.in_flight
		       : 1;
}

#define SOON_OF_DELAYED 2 /* of a host that is asked a delay apart */

static unsigned soon_of(const struct frontier *frontier, uint32_t index, int64_t until_ms)
{
	(void)until_ms;
	return frontier->hosts[index].pace.policy.delay_ms > 0 ? SOON_OF_DELAYED : UINT_MAX;
}

/* An equal part of each host that is due by then, and of none more than that. */
static unsigned first_of_due(const struct frontier *frontier, int64_t until_ms, uint32_t hosts[],
			     uint32_t url_ids[], unsigned max,
			     unsigned (*most_of)(const struct frontier *frontier, uint32_t index,
						 int64_t until_ms))
{
	uint32_t due[FRONTIER_AHEAD_HOSTS];
	unsigned due_count =
		due_heap_due(frontier->ready, until_ms, due, fewer(max, FRONTIER_AHEAD_HOSTS));
	unsigned each = due_count > 0 ? max / due_count : 0, count = 0;

	for (unsigned i = 0; i < due_count; i++) {
		unsigned most = most_of(frontier, due[i], until_ms);
		unsigned got =
			first_of(&frontier->hosts[due[i]], url_ids + count, fewer(most, each));

		for (unsigned j = 0; j < got; j++)
			hosts[count++] = due[i];
	}
	return count;
}

unsigned frontier_ahead(const struct frontier *frontier, int64_t now_ms, uint32_t hosts[],
			uint32_t url_ids[], unsigned max)
{
	return first_of_due(frontier, now_ms, hosts, url_ids, max, room_of);
}

unsigned frontier_soon(const struct frontier *frontier, int64_t until_ms, uint32_t hosts[],
		       uint32_t url_ids[], unsigned max)
{
	return first_of_due(frontier, until_ms, hosts, url_ids, max, soon_of);
}

/* Those that wait for later go, too.  Where many hosts are dropped, few have any. */
static void drop_laters(struct frontier *frontier, uint32_t host,
			void (*function)(void *context, uint32_t url_id), void *context)
{
	size_t kept = 0;

	if (!frontier->hosts[host].had_laters)
		return;
	frontier->hosts[host].had_laters = false;
	for (size_t i = 0; i < frontier->later_count; i++) {
		if (frontier->laters[i].host == host) {
			function(context, frontier->laters[i].url_id);
			frontier->count--;
		} else {
			frontier->laters[kept++] = frontier->laters[i];
		}
	}
	if (kept == frontier->later_count)
		return;
	frontier->later_count = kept;
	for (size_t at = kept / 2; at-- > 0;)
		later_down(frontier, at);
}

void frontier_drop(struct frontier *frontier, uint32_t host,
		   void (*function)(void *context, uint32_t url_id), void *context)
{
	drop_laters(frontier, host, function, context);
	for (int lane = 0; lane < FRONTIER_LANES; lane++) {
		while (frontier->hosts[host].lanes[lane].count > 0) {
			function(context, queue_pop(&frontier->hosts[host].lanes[lane]));
			frontier->count--;
		}
	}
	frontier->hosts[host].is_shut = frontier->hosts[host].is_suspended = false;
	settle(frontier, host);
}

void frontier_begin(struct frontier *frontier, uint32_t host, int64_t now_ms)
{
	pace_begin(&frontier->hosts[host].pace, now_ms);
	groups_begin(frontier->groups, host, now_ms);
	settle(frontier, host);
}

void frontier_done(struct frontier *frontier, uint32_t host, int64_t started_ms)
{
	pace_end(&frontier->hosts[host].pace, started_ms);
	groups_end(frontier->groups, host, started_ms);
	settle(frontier, host);
}

int64_t frontier_due_ms(const struct frontier *frontier)
{
	int64_t later = frontier->later_count > 0 ? frontier->laters[0].at_ms : CLOCK_NEVER;

	return clock_sooner(later, clock_sooner(due_heap_due_ms(frontier->ready),
						groups_due_ms(frontier->groups)));
}

size_t frontier_count(const struct frontier *frontier)
{
	return frontier->count;
}

/* ---- what is left ---- */

static uint64_t queued_of(const struct host *host)
{
	uint64_t queued = 0;

	for (int lane = 0; lane < FRONTIER_LANES; lane++)
		queued += host->lanes[lane].count;
	return queued;
}

/* When the last of so many, one at least, can begin that keep this pace. */
static int64_t pace_last_ms(const struct pace *pace, uint64_t queued, int64_t now_ms)
{
	int64_t first = pace_due_ms(pace);

	return (first > now_ms ? first : now_ms) + (int64_t)(queued - 1) * pace->policy.delay_ms;
}

static int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t frontier_end_ms(const struct frontier *frontier, int64_t now_ms)
{
	uint64_t *grouped = memory_new(groups_count(frontier->groups), sizeof(*grouped));
	int64_t end = now_ms;

	for (uint32_t i = 0; i < frontier_host_count(frontier); i++) {
		uint64_t queued = queued_of(&frontier->hosts[i]);
		uint32_t group = groups_number(frontier->groups, i);

		if (queued == 0)
			continue;
		end = later_of(end, pace_last_ms(&frontier->hosts[i].pace, queued, now_ms));
		if (group == GROUPS_NONE)
			continue;
		grouped[group] += queued;
		end = later_of(end, pace_last_ms(groups_pace(frontier->groups, i), grouped[group],
						 now_ms));
	}
	for (size_t i = 0; i < frontier->later_count; i++)
		end = later_of(end, frontier->laters[i].at_ms);
	free(grouped);
	return end;
}

bool frontier_has_enough(const struct frontier *frontier, uint32_t index)
{
	const struct host *host = &frontier->hosts[index];

	return queued_of(host) >= concurrency(frontier, host);
}

static enum frontier_wait wait_of(const struct frontier *frontier, uint32_t index, int64_t now_ms)
{
	const struct host *host = &frontier->hosts[index];
	const struct pace *group = groups_pace(frontier->groups, index);

	if (host->is_shut)
		return FRONTIER_WAIT_SHUT;
	if (frontier_is_resting(frontier, index, now_ms))
		return FRONTIER_WAIT_REST;
	if (host->is_suspended)
		return FRONTIER_WAIT_ANSWER;
	if (pace_due_ms(&host->pace) > now_ms || (group && pace_due_ms(group) > now_ms))
		return FRONTIER_WAIT_DELAY;
	if (host->pace.in_flight >= concurrency(frontier, host) || (group && pace_is_full(group)))
		return FRONTIER_WAIT_ANSWER;
	return FRONTIER_WAIT_US;
}

struct frontier_waits frontier_waits(const struct frontier *frontier, int64_t now_ms)
{
	struct frontier_waits waits = { .rest = frontier->later_count };
	uint64_t *const each[] = {
		[FRONTIER_WAIT_DELAY] = &waits.delay, [FRONTIER_WAIT_ANSWER] = &waits.answer,
		[FRONTIER_WAIT_REST] = &waits.rest,   [FRONTIER_WAIT_SHUT] = &waits.shut,
		[FRONTIER_WAIT_US] = &waits.us,
	};

	for (uint32_t i = 0; i < frontier_host_count(frontier); i++) {
		uint64_t queued = queued_of(&frontier->hosts[i]);

		if (queued > 0)
			*each[wait_of(frontier, i, now_ms)] += queued;
	}
	return waits;
}

/* By the time of its delays, and where there are none by its URLs. */
static bool is_longer(const struct frontier_tail *a, const struct frontier_tail *b)
{
	double a_ms = (double)a->queued * (double)a->delay_ms;
	double b_ms = (double)b->queued * (double)b->delay_ms;

	return a_ms > b_ms || (a_ms == b_ms && a->queued > b->queued);
}

unsigned frontier_tails(const struct frontier *frontier, int64_t now_ms,
			struct frontier_tail tails[], unsigned max)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < frontier_host_count(frontier); i++) {
		struct frontier_tail tail = { .host = i, .queued = queued_of(&frontier->hosts[i]) };
		unsigned at;

		tail.delay_ms = frontier->hosts[i].pace.policy.delay_ms;
		if (tail.queued == 0 ||
		    (count == max && (max == 0 || !is_longer(&tail, &tails[count - 1]))))
			continue;
		count += count < max;
		for (at = count - 1; at > 0 && is_longer(&tail, &tails[at - 1]); at--)
			tails[at] = tails[at - 1];
		tails[at] = tail;
	}
	for (unsigned i = 0; i < count; i++)
		tails[i].wait = wait_of(frontier, tails[i].host, now_ms);
	return count;
}
