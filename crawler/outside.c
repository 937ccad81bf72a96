#include "outside.h"

#include <stdlib.h>
#include <xxhash.h>

#include "memory.h"

#define CAPACITY_FIRST 64

/* Open addressing.  One that was taken out keeps its place, with the id 0. */
struct entry {
	uint64_t print; /* 0: free */
	uint32_t id;
};

struct outside {
	struct entry *entries;
	size_t capacity, used;
	uint64_t key;
};

struct outside *outside_new(uint64_t key)
{
	struct outside *outside = memory_new(1, sizeof(*outside));

	outside->key = key;
	outside->capacity = CAPACITY_FIRST;
	outside->entries = memory_new(CAPACITY_FIRST, sizeof(*outside->entries));
	return outside;
}

void outside_free(struct outside *outside)
{
	if (!outside)
		return;
	free(outside->entries);
	free(outside);
}

static uint64_t print_of(const struct outside *outside, struct slice url)
{
	uint64_t print = XXH3_64bits_withSeed(url.at, url.size, outside->key);

	return print == 0 ? 1 : print;
}

/* The place of a fingerprint, or the free one where it belongs. */
static struct entry *place_of(const struct outside *outside, uint64_t print)
{
	size_t at = print & (outside->capacity - 1);

	while (outside->entries[at].print != 0 && outside->entries[at].print != print)
		at = (at + 1) & (outside->capacity - 1);
	return &outside->entries[at];
}

static void grow(struct outside *outside)
{
	struct entry *old = outside->entries;
	size_t old_capacity = outside->capacity;

	outside->capacity *= 2;
	outside->entries = memory_new(outside->capacity, sizeof(*outside->entries));
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i].print != 0)
			*place_of(outside, old[i].print) = old[i];
	}
	free(old);
}

uint32_t outside_find(const struct outside *outside, struct slice url)
{
	return place_of(outside, print_of(outside, url))->id;
}

void outside_add(struct outside *outside, struct slice url, uint32_t id)
{
	struct entry *entry;

	if (outside->used * 2 >= outside->capacity)
		grow(outside);
	entry = place_of(outside, print_of(outside, url));
	outside->used += entry->print == 0;
	*entry = (struct entry){ print_of(outside, url), id };
}

uint32_t outside_take(struct outside *outside, struct slice url)
{
	struct entry *entry = place_of(outside, print_of(outside, url));
	uint32_t id = entry->id;

	entry->id = 0;
	return id;
}
