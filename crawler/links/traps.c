#include "links/traps.h"

#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"
#include "parsers/url/path_parameter.h"

#define CAPACITY_FIRST 256

_Static_assert(TRAPS_VARIANTS_MAX == 20, "path_trap and crawl-config(5) say so");

/* How often something was seen, by its fingerprint.  Open addressing; 0 is a free bucket. */
struct counts {
	uint64_t *fingerprints;
	uint32_t *numbers;
	size_t capacity, used;
};

struct traps {
	uint64_t query_max, host_max;
	struct counts paths, hosts;
	struct counts variants; /* by a URL without its path parameters of a name, and that name */
	struct counts told;     /* by origin and name */
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
	counts_init(&traps->variants, CAPACITY_FIRST);
	counts_init(&traps->told, CAPACITY_FIRST);
	return traps;
}

void traps_free(struct traps *traps)
{
	if (!traps)
		return;
	counts_free(&traps->paths);
	counts_free(&traps->hosts);
	counts_free(&traps->variants);
	counts_free(&traps->told);
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
	uint64_t fingerprint = XXH3_64bits(bytes, size);
	size_t at;

	if (fingerprint == 0)
		fingerprint = 1;
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

/* The names of the path's parameters, each once. */
static unsigned read_names(const struct url *url, struct slice names[TRAPS_PARAMETERS_MAX])
{
	const char *at = url->text + url->path, *end = url->text + url->query;
	struct path_parameter parameter;
	unsigned count = 0;

	while (count < TRAPS_PARAMETERS_MAX && path_parameter_next(&at, end, &parameter)) {
		unsigned i = 0;

		while (i < count && !slice_equal(names[i], parameter.name))
			i++;
		if (i == count)
			names[count++] = parameter.name;
	}
	return count;
}

/* How many URLs are this one but for what its path parameters of this name are. */
static uint32_t *variants_of(struct traps *traps, const struct url *url, struct slice name)
{
	const char *at = url->text + url->path, *kept = url->text, *end = url->text + url->query;
	char key[2 * URL_BYTES_MAX + 1];
	struct path_parameter parameter;
	size_t size = 0;

	while (path_parameter_next(&at, end, &parameter)) {
		if (!slice_equal(parameter.name, name))
			continue;
		memcpy(key + size, kept, (size_t)(parameter.text.at - kept));
		size += (size_t)(parameter.text.at - kept);
		kept = at;
	}
	end = url->text + url->size;
	memcpy(key + size, kept, (size_t)(end - kept));
	size += (size_t)(end - kept);
	key[size++] = '\n'; /* no URL has one */
	memcpy(key + size, name.at, name.size);
	return number_of(&traps->variants, key, size + name.size);
}

/* Has one of the names variants enough already? */
static bool has_variants_enough(struct traps *traps, const struct url *url)
{
	struct slice names[TRAPS_PARAMETERS_MAX];
	unsigned count = read_names(url, names);

	for (unsigned i = 0; i < count; i++)
		if (*variants_of(traps, url, names[i]) >= TRAPS_VARIANTS_MAX)
			return true;
	return false;
}

static void count_variants(struct traps *traps, const struct url *url)
{
	struct slice names[TRAPS_PARAMETERS_MAX];
	unsigned count = read_names(url, names);

	for (unsigned i = 0; i < count; i++)
		++*variants_of(traps, url, names[i]);
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
	if (has_variants_enough(traps, url))
		return "too many URLs that differ only in a path parameter";
	traps_count(traps, url);
	return NULL;
}

/* Is it the first time that this name is to be told of for the URL's host? */
static bool is_news(struct traps *traps, const struct url *url, struct slice name)
{
	char key[2 * URL_BYTES_MAX];
	size_t size = (size_t)url->path + 1; /* the slash parts host and name */

	memcpy(key, url->text, size);
	memcpy(key + size, name.at, name.size);
	return (*number_of(&traps->told, key, size + name.size))++ == 0;
}

struct slice traps_tell(struct traps *traps, const struct url *url)
{
	struct slice names[TRAPS_PARAMETERS_MAX];
	unsigned count = read_names(url, names);

	for (unsigned i = 0; i < count && traps->told.used < TRAPS_TOLD_MAX; i++)
		if (names[i].size > 0 && *variants_of(traps, url, names[i]) >= TRAPS_VARIANTS_MAX &&
		    is_news(traps, url, names[i]))
			return names[i];
	return (struct slice){ 0 };
}

void traps_count(struct traps *traps, const struct url *url)
{
	if (traps->query_max > 0 && url->query < url->size)
		++*number_of(&traps->paths, url->text, url->query);
	if (traps->host_max > 0)
		++*number_of(&traps->hosts, url->text, url->path);
	count_variants(traps, url);
}
