#include "frontier/groups.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "frontier/intern.h"
#include "frontier/due_heap.h"

#define CAPACITY_FIRST 32
#define NONE           UINT32_MAX
#define NEVER_ASKED    INT64_MIN

struct group {
	int64_t delay_ms;     /* the longest that a host brought */
	unsigned concurrency; /* the least */
	int64_t asked_ms;     /* when the last request began, or NEVER_ASKED */
	int64_t held_ms;      /* nobody is asked before */
	uint64_t turn;
	unsigned in_flight;
	uint32_t founder;
	uint32_t first, last; /* of the hosts that wait, or NONE */
};

/* What a host is here. */
struct member {
	uint32_t group;        /* or NONE */
	uint32_t before, next; /* in the queue of its group, or NONE */
	bool is_waiting;
};

struct groups {
	struct intern *names; /* of the groups, with their numbers */
	struct group *groups;
	struct member *members; /* by host */
	uint32_t group_capacity, member_capacity;
	struct due_heap *ready; /* groups for which a host waits, and that have a free place */
	uint32_t waiting;
	uint64_t turns;
};

struct groups *groups_new(void)
{
	struct groups *groups = memory_new(1, sizeof(*groups));

	groups->names = intern_new();
	groups->ready = due_heap_new();
	return groups;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	due_heap_free(groups->ready);
	intern_free(groups->names);
	free(groups->members);
	free(groups->groups);
	free(groups);
}

static int64_t due_of(const struct group *group)
{
	bool is_polite = group->asked_ms != NEVER_ASKED && group->delay_ms > 0;
	int64_t polite = is_polite ? group->asked_ms + group->delay_ms : 0;

	return polite > group->held_ms ? polite : group->held_ms;
}

/* Bring a group's place in the schedule in line with what it is now. */
static void settle(struct groups *groups, uint32_t index)
{
	const struct group *group = &groups->groups[index];

	if (group->first == NONE || group->in_flight >= group->concurrency)
		due_heap_remove(groups->ready, index);
	else
		due_heap_set(groups->ready, index, due_of(group), group->turn);
}

/* ---- who is in which ---- */

bool groups_has(const struct groups *groups, uint32_t host)
{
	return host < groups->member_capacity && groups->members[host].group != NONE;
}

static struct group *group_of(const struct groups *groups, uint32_t host)
{
	return &groups->groups[groups->members[host].group];
}

uint32_t groups_founder(const struct groups *groups, uint32_t host)
{
	return groups_has(groups, host) ? group_of(groups, host)->founder : host;
}

int64_t groups_delay_ms(const struct groups *groups, uint32_t host)
{
	return groups_has(groups, host) ? group_of(groups, host)->delay_ms : 0;
}

static void grow_members(struct groups *groups, uint32_t host)
{
	uint32_t old = groups->member_capacity, capacity = old ? old : CAPACITY_FIRST;

	while (capacity <= host)
		capacity *= 2;
	groups->members = memory_resize(groups->members, capacity * sizeof(*groups->members));
	for (uint32_t i = old; i < capacity; i++)
		groups->members[i] = (struct member){ .group = NONE };
	groups->member_capacity = capacity;
}

static uint32_t found(struct groups *groups, struct slice name, uint32_t founder)
{
	uint32_t index = intern_add(groups->names, name);

	if (index == groups->group_capacity) {
		groups->group_capacity = index ? index * 2 : CAPACITY_FIRST;
		groups->groups = memory_resize(groups->groups,
					       groups->group_capacity * sizeof(*groups->groups));
	}
	groups->groups[index] = (struct group){
		.concurrency = UINT_MAX,
		.asked_ms = NEVER_ASKED,
		.turn = ++groups->turns,
		.founder = founder,
		.first = NONE,
		.last = NONE,
	};
	return index;
}

static void leave(struct groups *groups, uint32_t host, unsigned in_flight)
{
	groups_stop_waiting(groups, host);
	assert(group_of(groups, host)->in_flight >= in_flight);
	group_of(groups, host)->in_flight -= in_flight;
	settle(groups, groups->members[host].group);
}

void groups_join(struct groups *groups, uint32_t host, struct slice name,
		 struct groups_joining joining)
{
	uint32_t index = intern_find(groups->names, name);
	struct group *group;

	if (host >= groups->member_capacity)
		grow_members(groups, host);
	if (groups_has(groups, host))
		leave(groups, host, joining.in_flight);
	if (index == INTERN_NONE)
		index = found(groups, name, host);
	groups->members[host] = (struct member){ .group = index };
	group = &groups->groups[index];
	group->in_flight += joining.in_flight;
	if (group->asked_ms < joining.asked_ms)
		group->asked_ms = joining.asked_ms;
	if (group->delay_ms < joining.delay_ms)
		group->delay_ms = joining.delay_ms;
	if (group->concurrency > joining.concurrency)
		group->concurrency = joining.concurrency;
	settle(groups, index);
}

/* ---- the queue of a group ---- */

bool groups_is_waiting(const struct groups *groups, uint32_t host)
{
	return groups_has(groups, host) && groups->members[host].is_waiting;
}

uint32_t groups_waiting(const struct groups *groups)
{
	return groups->waiting;
}

void groups_wait(struct groups *groups, uint32_t host)
{
	struct member *member = &groups->members[host];
	struct group *group;

	if (!groups_has(groups, host) || member->is_waiting)
		return;
	group = group_of(groups, host);
	member->is_waiting = true;
	member->next = NONE;
	member->before = group->last;
	if (group->last == NONE)
		group->first = host;
	else
		groups->members[group->last].next = host;
	group->last = host;
	groups->waiting++;
	settle(groups, member->group);
}

void groups_stop_waiting(struct groups *groups, uint32_t host)
{
	struct member *member = &groups->members[host];
	struct group *group;

	if (!groups_is_waiting(groups, host))
		return;
	group = group_of(groups, host);
	if (member->before == NONE)
		group->first = member->next;
	else
		groups->members[member->before].next = member->next;
	if (member->next == NONE)
		group->last = member->before;
	else
		groups->members[member->next].before = member->before;
	member->is_waiting = false;
	groups->waiting--;
	settle(groups, member->group);
}

int64_t groups_due_ms(const struct groups *groups)
{
	return due_heap_due_ms(groups->ready);
}

uint32_t groups_take(struct groups *groups)
{
	uint32_t host = groups->groups[due_heap_first(groups->ready)].first;

	groups_stop_waiting(groups, host);
	return host;
}

/* ---- requests ---- */

void groups_begin(struct groups *groups, uint32_t host, int64_t now_ms)
{
	struct group *group;

	if (!groups_has(groups, host))
		return;
	group = group_of(groups, host);
	group->in_flight++;
	group->asked_ms = now_ms;
	group->turn = ++groups->turns;
	settle(groups, groups->members[host].group);
}

/* A request to the host is over, or was none.  Returns its group, to be settled, or NULL. */
static struct group *give_place_back(struct groups *groups, uint32_t host)
{
	struct group *group;

	if (!groups_has(groups, host))
		return NULL;
	group = group_of(groups, host);
	assert(group->in_flight > 0);
	group->in_flight--;
	return group;
}

void groups_end(struct groups *groups, uint32_t host, int64_t started_ms)
{
	struct group *group = give_place_back(groups, host);

	if (!group)
		return;
	if (started_ms > 0 && group->asked_ms < started_ms)
		group->asked_ms = started_ms;
	settle(groups, groups->members[host].group);
}

int64_t groups_asked_ms(const struct groups *groups, uint32_t host)
{
	return groups_has(groups, host) ? group_of(groups, host)->asked_ms : NEVER_ASKED;
}

void groups_undo(struct groups *groups, uint32_t host, int64_t asked_ms)
{
	struct group *group = give_place_back(groups, host);

	if (!group)
		return;
	group->asked_ms = asked_ms;
	settle(groups, groups->members[host].group);
}

void groups_hold(struct groups *groups, uint32_t host, int64_t until_ms)
{
	struct group *group;

	if (!groups_has(groups, host))
		return;
	group = group_of(groups, host);
	if (group->held_ms < until_ms)
		group->held_ms = until_ms;
	settle(groups, groups->members[host].group);
}
