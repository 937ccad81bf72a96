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
	uint32_t *numbers; /* in the same buckets; or NULL: none has one */
	size_t capacity, count;
	uint64_t key;
};

static void begin(struct seen *seen, uint64_t key)
{
	*seen = (struct seen){ .key = key, .capacity = CAPACITY_FIRST };
	seen->fingerprints = memory_new(seen->capacity, sizeof(*seen->fingerprints));
}

struct seen *seen_new(unsigned long long key)
{
	struct seen *seen = memory_new(1, sizeof(*seen));

	begin(seen, key);
	return seen;
}

void seen_clear(struct seen *seen)
{
	free(seen->fingerprints);
	free(seen->numbers);
	begin(seen, seen->key);
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	free(seen->fingerprints);
	free(seen->numbers);
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
	const struct seen old = *seen;

	seen->capacity = old.capacity + old.capacity / 2;
	seen->fingerprints = memory_new(seen->capacity, sizeof(*seen->fingerprints));
	if (old.numbers)
		seen->numbers = memory_new(seen->capacity, sizeof(*seen->numbers));
	for (size_t i = 0; i < old.capacity; i++) {
		size_t at = old.fingerprints[i] ? bucket_of(seen, old.fingerprints[i]) : 0;

		if (old.fingerprints[i] == 0)
			continue;
		seen->fingerprints[at] = old.fingerprints[i];
		if (old.numbers)
			seen->numbers[at] = old.numbers[i];
	}
	free(old.fingerprints);
	free(old.numbers);
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
	if (seen->numbers)
		__builtin_prefetch(&seen->numbers[home_of(seen, fingerprint)]);
	return fingerprint;
}

bool seen_has_fingerprint(const struct seen *seen, uint64_t fingerprint)
{
	return seen->fingerprints[bucket_of(seen, fingerprint)] != 0;
}

/* The bucket of a fingerprint, which it is put into if it was not there: *is_new. */
static size_t take_bucket(struct seen *seen, uint64_t fingerprint, bool *is_new)
{
	size_t at = bucket_of(seen, fingerprint);

	*is_new = seen->fingerprints[at] == 0;
	if (!*is_new)
		return at;
	if ((seen->count + 1) * 100 > seen->capacity * LOAD_PERCENT) {
		grow(seen);
		at = bucket_of(seen, fingerprint);
	}
	seen->fingerprints[at] = fingerprint;
	seen->count++;
	return at;
}

bool seen_add(struct seen *seen, struct slice url)
{
	bool is_new;

	take_bucket(seen, fingerprint_of(seen, url), &is_new);
	return is_new;
}

bool seen_put(struct seen *seen, struct slice url, uint32_t number)
{
	bool is_new;
	size_t at = take_bucket(seen, fingerprint_of(seen, url), &is_new);

	if (!seen->numbers)
		seen->numbers = memory_new(seen->capacity, sizeof(*seen->numbers));
	seen->numbers[at] = number;
	return is_new;
}

uint32_t seen_number(const struct seen *seen, struct slice url)
{
	return seen_number_of_fingerprint(seen, fingerprint_of(seen, url));
}

uint32_t seen_number_of_fingerprint(const struct seen *seen, uint64_t fingerprint)
{
	size_t at = bucket_of(seen, fingerprint);

	return seen->numbers && seen->fingerprints[at] != 0 ? seen->numbers[at] : 0;
}

size_t seen_count(const struct seen *seen)
{
	return seen->count;
}
