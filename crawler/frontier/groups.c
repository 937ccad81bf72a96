#include "frontier/groups.h"

#include <limits.h>
#include <stdlib.h>

#include "frontier/due_heap.h"
#include "frontier/intern.h"
#include "parsers/text/memory.h"

#define CAPACITY_FIRST 32
#define NONE           UINT32_MAX

/* In groups->ready as long as a host waits for it and its pace has room, due when its pace is. */
struct group {
	struct pace pace;     /* of all that its hosts brought the strictest */
	uint64_t turn;        /* breaks ties: who had its turn longest ago comes first */
	uint32_t first, last; /* of the hosts that wait, or NONE */
};

/* What a host is here. */
struct member {
	uint32_t group;        /* or GROUPS_NONE */
	uint32_t before, next; /* in the queue of its group, or NONE */
	bool is_waiting;
};

struct groups {
	struct intern *names; /* of the groups, with their numbers */
	struct group *groups;
	struct member *members; /* by host */
	uint32_t group_capacity, member_capacity;
	struct due_heap *ready; /* of groups */
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

/* Bring a group's position in the heap in line with what it is now. */
static void settle(struct groups *groups, uint32_t index)
{
	const struct group *group = &groups->groups[index];

	if (group->first == NONE || pace_is_full(&group->pace))
		due_heap_remove(groups->ready, index);
	else
		due_heap_set(groups->ready, index, pace_due_ms(&group->pace), group->turn);
}

/* ---- who is in which ---- */

static bool has_group(const struct groups *groups, uint32_t host)
{
	return host < groups->member_capacity && groups->members[host].group != GROUPS_NONE;
}

static struct group *group_of(const struct groups *groups, uint32_t host)
{
	return &groups->groups[groups->members[host].group];
}

const struct pace *groups_pace(const struct groups *groups, uint32_t host)
{
	return has_group(groups, host) ? &group_of(groups, host)->pace : NULL;
}

uint32_t groups_number(const struct groups *groups, uint32_t host)
{
	return has_group(groups, host) ? groups->members[host].group : GROUPS_NONE;
}

uint32_t groups_count(const struct groups *groups)
{
	return intern_count(groups->names);
}

static void grow_members(struct groups *groups, uint32_t host)
{
	uint32_t old = groups->member_capacity, capacity = old ? old : CAPACITY_FIRST;

	while (capacity <= host)
		capacity *= 2;
	groups->members = memory_resize(groups->members, capacity * sizeof(*groups->members));
	for (uint32_t i = old; i < capacity; i++)
		groups->members[i] = (struct member){ .group = GROUPS_NONE };
	groups->member_capacity = capacity;
}

static uint32_t found(struct groups *groups, struct slice name)
{
	uint32_t index = intern_add(groups->names, name);

	if (index == groups->group_capacity) {
		groups->group_capacity = index ? index * 2 : CAPACITY_FIRST;
		groups->groups = memory_resize(groups->groups,
					       groups->group_capacity * sizeof(*groups->groups));
	}
	groups->groups[index] = (struct group){
		.pace = { .policy.concurrency = UINT_MAX, .started_ms = PACE_NOT_STARTED },
		.turn = ++groups->turns,
		.first = NONE,
		.last = NONE,
	};
	return index;
}

static void leave(struct groups *groups, uint32_t host, const struct pace *pace)
{
	groups_stop_waiting(groups, host);
	pace_remove(&group_of(groups, host)->pace, pace);
	settle(groups, groups->members[host].group);
}

void groups_join(struct groups *groups, uint32_t host, struct slice name, const struct pace *pace)
{
	uint32_t index = intern_find(groups->names, name);

	if (host >= groups->member_capacity)
		grow_members(groups, host);
	if (has_group(groups, host))
		leave(groups, host, pace);
	if (index == INTERN_NONE)
		index = found(groups, name);
	groups->members[host] = (struct member){ .group = index };
	pace_add(&groups->groups[index].pace, pace);
	settle(groups, index);
}

/* ---- the queue of a group ---- */

bool groups_is_waiting(const struct groups *groups, uint32_t host)
{
	return has_group(groups, host) && groups->members[host].is_waiting;
}

uint32_t groups_waiting(const struct groups *groups)
{
	return groups->waiting;
}

void groups_wait(struct groups *groups, uint32_t host)
{
	struct member *member;
	struct group *group;

	if (!has_group(groups, host) || groups_is_waiting(groups, host))
		return;
	member = &groups->members[host];
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
	struct member *member;
	struct group *group;

	if (!groups_is_waiting(groups, host))
		return;
	member = &groups->members[host];
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
	struct group *group = &groups->groups[due_heap_first(groups->ready)];
	uint32_t host = group->first;

	group->turn = ++groups->turns;
	groups_stop_waiting(groups, host);
	return host;
}

/* ---- requests ---- */

void groups_begin(struct groups *groups, uint32_t host, int64_t now_ms)
{
	if (!has_group(groups, host))
		return;
	pace_begin(&group_of(groups, host)->pace, now_ms);
	settle(groups, groups->members[host].group);
}

void groups_end(struct groups *groups, uint32_t host, int64_t started_ms)
{
	if (!has_group(groups, host))
		return;
	pace_end(&group_of(groups, host)->pace, started_ms);
	settle(groups, groups->members[host].group);
}

void groups_hold(struct groups *groups, uint32_t host, int64_t until_ms)
{
	if (!has_group(groups, host))
		return;
	pace_hold(&group_of(groups, host)->pace, until_ms);
	settle(groups, groups->members[host].group);
}
