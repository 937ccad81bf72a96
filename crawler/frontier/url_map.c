#include "frontier/url_map.h"

#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

#define CAPACITY_FIRST 64

/* Open addressing.  One that was taken out keeps its bucket, with the number 0. */
struct entry {
	uint64_t fingerprint; /* 0: free */
	uint32_t number;
};

struct url_map {
	struct entry *entries;
	size_t capacity, used;
	uint64_t key;
};

struct url_map *url_map_new(uint64_t key)
{
	struct url_map *map = memory_new(1, sizeof(*map));

	map->key = key;
	map->capacity = CAPACITY_FIRST;
	map->entries = memory_new(CAPACITY_FIRST, sizeof(*map->entries));
	return map;
}

void url_map_free(struct url_map *map)
{
	if (!map)
		return;
	free(map->entries);
	free(map);
}

static uint64_t fingerprint_of(const struct url_map *map, struct slice url)
{
	uint64_t fingerprint = XXH3_64bits_withSeed(url.at, url.size, map->key);

	return fingerprint == 0 ? 1 : fingerprint;
}

/* The bucket of a fingerprint, or the free one where it belongs. */
static struct entry *bucket_of(const struct url_map *map, uint64_t fingerprint)
{
	size_t at = fingerprint & (map->capacity - 1);

	while (map->entries[at].fingerprint != 0 && map->entries[at].fingerprint != fingerprint)
		at = (at + 1) & (map->capacity - 1);
	return &map->entries[at];
}

static void grow(struct url_map *map)
{
	struct entry *old = map->entries;
	size_t old_capacity = map->capacity;

	map->capacity *= 2;
	map->entries = memory_new(map->capacity, sizeof(*map->entries));
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i].fingerprint != 0)
			*bucket_of(map, old[i].fingerprint) = old[i];
	}
	free(old);
}

uint32_t url_map_find(const struct url_map *map, struct slice url)
{
	return bucket_of(map, fingerprint_of(map, url))->number;
}

void url_map_put(struct url_map *map, struct slice url, uint32_t number)
{
	struct entry *entry;

	if (map->used * 2 >= map->capacity)
		grow(map);
	entry = bucket_of(map, fingerprint_of(map, url));
	map->used += entry->fingerprint == 0;
	*entry = (struct entry){ fingerprint_of(map, url), number };
}

uint32_t url_map_take(struct url_map *map, struct slice url)
{
	struct entry *entry = bucket_of(map, fingerprint_of(map, url));
	uint32_t number = entry->number;

	entry->number = 0;
	return number;
}
