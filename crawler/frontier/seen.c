#include "frontier/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

#define CAPACITY_FIRST 1024
#define LOAD_PERCENT   80 /* grown beyond */

/* Open addressing, linear probing; 0 marks a free bucket. */
struct seen {
	uint64_t *fingerprints;
	size_t capacity, count;
	uint64_t key;
};

struct seen *seen_new(unsigned long long key)
{
	struct seen *seen = memory_new(1, sizeof(*seen));

	seen->key = key;
	seen->capacity = CAPACITY_FIRST;
	seen->fingerprints = memory_new(seen->capacity, sizeof(*seen->fingerprints));
	return seen;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	free(seen->fingerprints);
	free(seen);
}

/* Where a fingerprint belongs, if the bucket is free. */
static size_t home_of(const struct seen *seen, uint64_t fingerprint)
{
	return (size_t)(((unsigned __int128)fingerprint * seen->capacity) >> 64);
}

/* Where a fingerprint is, or the free bucket where it belongs. */
static size_t bucket_of(const struct seen *seen, uint64_t fingerprint)
{
	size_t at = home_of(seen, fingerprint);

	while (seen->fingerprints[at] != 0 && seen->fingerprints[at] != fingerprint)
		at = at + 1 == seen->capacity ? 0 : at + 1;
	return at;
}

/* Grow by half: between 53 and 80 of 100 buckets are in use, 10 to 15 bytes a URL. */
static void grow(struct seen *seen)
{
	uint64_t *old = seen->fingerprints;
	size_t old_capacity = seen->capacity;

	seen->capacity = old_capacity + old_capacity / 2;
	seen->fingerprints = memory_new(seen->capacity, sizeof(*seen->fingerprints));
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i] != 0)
			seen->fingerprints[bucket_of(seen, old[i])] = old[i];
	}
	free(old);
}

static uint64_t fingerprint_of(const struct seen *seen, struct slice url)
{
	uint64_t fingerprint = XXH3_64bits_withSeed(url.at, url.size, seen->key);

	return fingerprint == 0 ? 1 : fingerprint;
}

bool seen_has(const struct seen *seen, struct slice url)
{
	return seen_has_fingerprint(seen, fingerprint_of(seen, url));
}

uint64_t seen_fingerprint(const struct seen *seen, struct slice url)
{
	uint64_t fingerprint = fingerprint_of(seen, url);

	__builtin_prefetch(&seen->fingerprints[home_of(seen, fingerprint)]);
	return fingerprint;
}

bool seen_has_fingerprint(const struct seen *seen, uint64_t fingerprint)
{
	return seen->fingerprints[bucket_of(seen, fingerprint)] != 0;
}

bool seen_add(struct seen *seen, struct slice url)
{
	uint64_t fingerprint = fingerprint_of(seen, url);
	size_t at = bucket_of(seen, fingerprint);

	if (seen->fingerprints[at] == fingerprint)
		return false;
	if ((seen->count + 1) * 100 > seen->capacity * LOAD_PERCENT) {
		grow(seen);
		at = bucket_of(seen, fingerprint);
	}
	seen->fingerprints[at] = fingerprint;
	seen->count++;
	return true;
}

size_t seen_count(const struct seen *seen)
{
	return seen->count;
}
