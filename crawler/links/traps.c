#include "links/traps.h"

#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

#define CAPACITY_FIRST 256

/* How often something was seen, by its fingerprint.  Open addressing; 0 is a free bucket. */
struct counts {
	uint64_t *fingerprints;
	uint32_t *numbers;
	size_t capacity, used;
};

struct traps {
	uint64_t query_max, host_max;
	struct counts paths, hosts;
};

static void counts_init(struct counts *counts, size_t capacity)
{
	counts->capacity = capacity;
	counts->used = 0;
	counts->fingerprints = memory_new(capacity, sizeof(*counts->fingerprints));
	counts->numbers = memory_new(capacity, sizeof(*counts->numbers));
}

static void counts_free(struct counts *counts)
{
	free(counts->fingerprints);
	free(counts->numbers);
}

struct traps *traps_new(uint64_t query_max, uint64_t host_max)
{
	struct traps *traps = memory_new(1, sizeof(*traps));

	traps->query_max = query_max;
	traps->host_max = host_max;
	counts_init(&traps->paths, CAPACITY_FIRST);
	counts_init(&traps->hosts, CAPACITY_FIRST);
	return traps;
}

void traps_free(struct traps *traps)
{
	if (!traps)
		return;
	counts_free(&traps->paths);
	counts_free(&traps->hosts);
	free(traps);
}

static size_t bucket_of(const struct counts *counts, uint64_t fingerprint)
{
	size_t at = fingerprint & (counts->capacity - 1);

	while (counts->fingerprints[at] != 0 && counts->fingerprints[at] != fingerprint)
		at = (at + 1) & (counts->capacity - 1);
	return at;
}

static void counts_grow(struct counts *counts)
{
	struct counts old = *counts;

	counts_init(counts, old.capacity * 2);
	for (size_t i = 0; i < old.capacity; i++) {
		size_t at;

		if (old.fingerprints[i] == 0)
			continue;
		at = bucket_of(counts, old.fingerprints[i]);
		counts->fingerprints[at] = old.fingerprints[i];
		counts->numbers[at] = old.numbers[i];
		counts->used++;
	}
	counts_free(&old);
}

/* The number for these bytes; made, at 0, if there is none. */
static uint32_t *number_of(struct counts *counts, const char *bytes, size_t size)
{
	uint64_t fingerprint = XXH3_64bits(bytes, size) | 1;
	size_t at;

	if (counts->used * 2 >= counts->capacity)
		counts_grow(counts);
	at = bucket_of(counts, fingerprint);
	if (counts->fingerprints[at] == 0) {
		counts->fingerprints[at] = fingerprint;
		counts->used++;
	}
	return &counts->numbers[at];
}

static bool is_same_segment(struct slice a, struct slice b)
{
	return a.size > 0 && slice_equal(a, b);
}

/* "/a/b/a/b/a/b/": a segment that comes again and again is a relative link going round. */
static bool has_loop(const struct url *url)
{
	struct slice segments[TRAPS_SEGMENTS_MAX];
	size_t count = 0;
	const char *at = url->text + url->path, *end = url->text + url->query;

	while (at < end) {
		const char *next = memchr(at + 1, '/', (size_t)(end - at - 1));
		struct slice segment = { at + 1, (size_t)((next ? next : end) - at - 1) };
		unsigned same = 0;

		if (count == TRAPS_SEGMENTS_MAX)
			return true;
		for (size_t i = 0; i < count; i++)
			same += is_same_segment(segments[i], segment);
		if (same >= TRAPS_SEGMENT_REPEATS)
			return true;
		segments[count++] = segment;
		at = next ? next : end;
	}
	return false;
}

const char *traps_catch(struct traps *traps, const struct url *url)
{
	if (has_loop(url))
		return "a path segment repeats";
	if (traps->query_max > 0 && url->query < url->size &&
	    *number_of(&traps->paths, url->text, url->query) >= traps->query_max)
		return "too many queries of one path";
	if (traps->host_max > 0 &&
	    *number_of(&traps->hosts, url->text, url->path) >= traps->host_max)
		return "too many URLs of one host";
	traps_count(traps, url);
	return NULL;
}

void traps_count(struct traps *traps, const struct url *url)
{
	if (traps->query_max > 0 && url->query < url->size)
		++*number_of(&traps->paths, url->text, url->query);
	if (traps->host_max > 0)
		++*number_of(&traps->hosts, url->text, url->path);
}
