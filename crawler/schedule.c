#include "schedule.h"

#include <stdlib.h>

#include "memory.h"

#define CAPACITY_FIRST 32
#define NOT_IN         UINT32_MAX

struct entry {
	int64_t due_ms;
	uint64_t turn;
	uint32_t number;
};

struct schedule {
	struct entry *heap;
	uint32_t *places; /* of a number in the heap, or NOT_IN */
	uint32_t count, capacity;
};

struct schedule *schedule_new(void)
{
	return memory_new(1, sizeof(struct schedule));
}

void schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	free(schedule->heap);
	free(schedule->places);
	free(schedule);
}

/* Room for a number. */
static void grow(struct schedule *schedule, uint32_t number)
{
	uint32_t old = schedule->capacity, capacity = old ? old : CAPACITY_FIRST;

	while (capacity <= number)
		capacity *= 2;
	schedule->heap = memory_resize(schedule->heap, capacity * sizeof(*schedule->heap));
	schedule->places = memory_resize(schedule->places, capacity * sizeof(*schedule->places));
	for (uint32_t i = old; i < capacity; i++)
		schedule->places[i] = NOT_IN;
	schedule->capacity = capacity;
}

static bool is_before(const struct entry *first, const struct entry *second)
{
	if (first->due_ms != second->due_ms)
		return first->due_ms < second->due_ms;
	return first->turn < second->turn;
}

static void put(struct schedule *schedule, uint32_t at, struct entry entry)
{
	schedule->heap[at] = entry;
	schedule->places[entry.number] = at;
}

/* An entry for the free place at, or for one above it. */
static void put_up(struct schedule *schedule, uint32_t at, struct entry entry)
{
	while (at > 0 && is_before(&entry, &schedule->heap[(at - 1) / 2])) {
		put(schedule, at, schedule->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(schedule, at, entry);
}

/* An entry for the free place at, or for one below it. */
static void put_down(struct schedule *schedule, uint32_t at, struct entry entry)
{
	for (;;) { /* ends at a leaf at the latest */
		uint32_t child = 2 * at + 1;

		if (child >= schedule->count)
			break;
		if (child + 1 < schedule->count &&
		    is_before(&schedule->heap[child + 1], &schedule->heap[child]))
			child++;
		if (!is_before(&schedule->heap[child], &entry))
			break;
		put(schedule, at, schedule->heap[child]);
		at = child;
	}
	put(schedule, at, entry);
}

static void put_near(struct schedule *schedule, uint32_t at, struct entry entry)
{
	if (at > 0 && is_before(&entry, &schedule->heap[(at - 1) / 2]))
		put_up(schedule, at, entry);
	else
		put_down(schedule, at, entry);
}

void schedule_set(struct schedule *schedule, uint32_t number, int64_t due_ms, uint64_t turn)
{
	struct entry entry = { due_ms, turn, number };

	if (number >= schedule->capacity)
		grow(schedule, number);
	if (schedule->places[number] == NOT_IN)
		put_up(schedule, schedule->count++, entry);
	else
		put_near(schedule, schedule->places[number], entry);
}

void schedule_remove(struct schedule *schedule, uint32_t number)
{
	uint32_t at;

	if (!schedule_has(schedule, number))
		return;
	at = schedule->places[number];
	schedule->places[number] = NOT_IN;
	if (at != --schedule->count)
		put_near(schedule, at, schedule->heap[schedule->count]);
}

bool schedule_has(const struct schedule *schedule, uint32_t number)
{
	return number < schedule->capacity && schedule->places[number] != NOT_IN;
}

uint32_t schedule_count(const struct schedule *schedule)
{
	return schedule->count;
}

int64_t schedule_due_ms(const struct schedule *schedule)
{
	return schedule->count > 0 ? schedule->heap[0].due_ms : SCHEDULE_NEVER;
}

uint32_t schedule_first(const struct schedule *schedule)
{
	return schedule->heap[0].number;
}
