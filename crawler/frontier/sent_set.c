#include "frontier/sent_set.h"

#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

#define SLOTS_FIRST 1024

/* Open addressing, linear probing; 0 marks a free slot, of which there are an eighth at least. */
struct generation {
	uint64_t *slots;
	uint32_t slot_count, count;
};

struct sent_set {
	struct generation young, old;
	uint64_t key;
};

static struct generation make(uint32_t slot_count)
{
	return (struct generation){ memory_new(slot_count, sizeof(uint64_t)), slot_count, 0 };
}

struct sent_set *sent_set_new(uint64_t key)
{
	struct sent_set *set = memory_new(1, sizeof(*set));

	set->key = key;
	return set;
}

void sent_set_free(struct sent_set *set)
{
	if (!set)
		return;
	sent_set_clear(set);
	free(set);
}

void sent_set_clear(struct sent_set *set)
{
	free(set->young.slots);
	free(set->old.slots);
	set->young = set->old = (struct generation){ .slots = NULL };
}

/* Where a fingerprint is, or the free slot where it belongs. */
static uint64_t *slot_of(const struct generation *generation, uint64_t fingerprint)
{
	uint32_t at = (uint32_t)fingerprint & (generation->slot_count - 1);

	while (generation->slots[at] != 0 && generation->slots[at] != fingerprint)
		at = (at + 1) & (generation->slot_count - 1);
	return &generation->slots[at];
}

static bool has(const struct generation *generation, uint64_t fingerprint)
{
	return generation->slots && *slot_of(generation, fingerprint) != 0;
}

static void put(struct generation *generation, uint64_t fingerprint)
{
	uint64_t *slot = slot_of(generation, fingerprint);

	generation->count += *slot == 0;
	*slot = fingerprint;
}

static uint64_t fingerprint_of(const struct sent_set *set, struct slice url)
{
	uint64_t fingerprint = XXH3_64bits_withSeed(url.at, url.size, set->key);

	return fingerprint == 0 ? 1 : fingerprint;
}

static void grow(struct generation *generation)
{
	struct generation old = *generation;

	*generation = make(old.slot_count * 2);
	for (uint32_t i = 0; i < old.slot_count; i++) {
		if (old.slots[i] != 0)
			put(generation, old.slots[i]);
	}
	free(old.slots);
}

static void make_room(struct sent_set *set)
{
	struct generation *young = &set->young;

	if (!young->slots)
		*young = make(SLOTS_FIRST);
	if (young->count < young->slot_count / 8 * 7)
		return;
	if (young->slot_count < SENT_SET_SLOTS_MAX) {
		grow(young);
		return;
	}
	free(set->old.slots);
	set->old = *young;
	*young = make(SLOTS_FIRST);
}

bool sent_set_has(const struct sent_set *set, struct slice url)
{
	uint64_t fingerprint = fingerprint_of(set, url);

	return has(&set->young, fingerprint) || has(&set->old, fingerprint);
}

void sent_set_add(struct sent_set *set, struct slice url)
{
	make_room(set);
	put(&set->young, fingerprint_of(set, url));
}
