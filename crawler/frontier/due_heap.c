#include "frontier/due_heap.h"

#include <stdlib.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

#define CAPACITY_FIRST 32
#define NOT_IN         UINT32_MAX

struct entry {
	int64_t due_ms;
	uint64_t turn;
	uint32_t number;
};

struct due_heap {
	struct entry *entries;
	uint32_t *positions; /* of a number in the heap, or NOT_IN */
	uint32_t count, capacity;
};

struct due_heap *due_heap_new(void)
{
	return memory_new(1, sizeof(struct due_heap));
}

void due_heap_free(struct due_heap *heap)
{
	if (!heap)
		return;
	free(heap->entries);
	free(heap->positions);
	free(heap);
}

/* Room for a number. */
static void grow(struct due_heap *heap, uint32_t number)
{
	uint32_t old = heap->capacity, capacity = old ? old : CAPACITY_FIRST;

	while (capacity <= number)
		capacity *= 2;
	heap->entries = memory_resize(heap->entries, capacity * sizeof(*heap->entries));
	heap->positions = memory_resize(heap->positions, capacity * sizeof(*heap->positions));
	for (uint32_t i = old; i < capacity; i++)
		heap->positions[i] = NOT_IN;
	heap->capacity = capacity;
}

static bool is_before(const struct entry *first, const struct entry *second)
{
	if (first->due_ms != second->due_ms)
		return first->due_ms < second->due_ms;
	return first->turn < second->turn;
}

static void put(struct due_heap *heap, uint32_t at, struct entry entry)
{
	heap->entries[at] = entry;
	heap->positions[entry.number] = at;
}

/* An entry for the free position at, or for one above it. */
static void put_up(struct due_heap *heap, uint32_t at, struct entry entry)
{
	while (at > 0 && is_before(&entry, &heap->entries[(at - 1) / 2])) {
		put(heap, at, heap->entries[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(heap, at, entry);
}

/* An entry for the free position at, or for one below it. */
static void put_down(struct due_heap *heap, uint32_t at, struct entry entry)
{
	for (;;) { /* ends at a leaf at the latest */
		uint32_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
		    is_before(&heap->entries[child + 1], &heap->entries[child]))
			child++;
		if (!is_before(&heap->entries[child], &entry))
			break;
		put(heap, at, heap->entries[child]);
		at = child;
	}
	put(heap, at, entry);
}

static void put_near(struct due_heap *heap, uint32_t at, struct entry entry)
{
	if (at > 0 && is_before(&entry, &heap->entries[(at - 1) / 2]))
		put_up(heap, at, entry);
	else
		put_down(heap, at, entry);
}

void due_heap_set(struct due_heap *heap, uint32_t number, int64_t due_ms, uint64_t turn)
{
	struct entry entry = { due_ms, turn, number };

	if (number >= heap->capacity)
		grow(heap, number);
	if (heap->positions[number] == NOT_IN)
		put_up(heap, heap->count++, entry);
	else
		put_near(heap, heap->positions[number], entry);
}

void due_heap_remove(struct due_heap *heap, uint32_t number)
{
	uint32_t at;

	if (!due_heap_has(heap, number))
		return;
	at = heap->positions[number];
	heap->positions[number] = NOT_IN;
	if (at != --heap->count)
		put_near(heap, at, heap->entries[heap->count]);
}

bool due_heap_has(const struct due_heap *heap, uint32_t number)
{
	return number < heap->capacity && heap->positions[number] != NOT_IN;
}

uint32_t due_heap_count(const struct due_heap *heap)
{
	return heap->count;
}

int64_t due_heap_due_ms(const struct due_heap *heap)
{
	return heap->count > 0 ? heap->entries[0].due_ms : CLOCK_NEVER;
}

uint32_t due_heap_first(const struct due_heap *heap)
{
	return heap->entries[0].number;
}

/* Put a position among others, which are in order; with no room, the last of all falls out. */
static unsigned insert(const struct due_heap *heap, uint32_t position, uint32_t positions[],
		       unsigned count, unsigned max)
{
	const struct entry *entry = &heap->entries[position];
	unsigned at = count;

	while (at > 0 && is_before(entry, &heap->entries[positions[at - 1]])) {
		if (at < max)
			positions[at] = positions[at - 1];
		at--;
	}
	if (at < max)
		positions[at] = position;
	return count < max ? count + 1 : max;
}

/* Nobody comes before his parent: behind one that stands in its place stand all below it. */
unsigned due_heap_due(const struct due_heap *heap, int64_t now_ms, uint32_t numbers[], unsigned max)
{
	unsigned count = 0;

	if (due_heap_due_ms(heap) <= now_ms)
		count = insert(heap, 0, numbers, count, max);
	for (unsigned i = 0; i < count; i++) {
		uint32_t child = 2 * numbers[i] + 1;

		for (uint32_t at = child; at < child + 2 && at < heap->count; at++) {
			if (heap->entries[at].due_ms <= now_ms)
				count = insert(heap, at, numbers, count, max);
		}
	}
	for (unsigned i = 0; i < count; i++)
		numbers[i] = heap->entries[numbers[i]].number;
	return count;
}
