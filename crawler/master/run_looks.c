#include "master/run_looks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "master/half_octave.h"
#include "master/value_counts.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

struct histogram {
	uint64_t pages[HALF_OCTAVES], written[HALF_OCTAVES];
};

struct example {
	struct store_key key;
	uint64_t value;
};

/* The largest first. */
struct top {
	struct example examples[RUN_LOOKS_EXAMPLES];
	unsigned count;
	bool is_changed;
};

/* The first that came. */
struct unmatched {
	const char *pattern;
	struct store_key keys[RUN_LOOKS_EXAMPLES];
	uint8_t count, written;
};

/* What the page before said of its type, and what counts of that: mostly it is the same again. */
struct type {
	char said[VALUE_COUNTS_BYTES], essence[VALUE_COUNTS_BYTES];
	size_t said_size, essence_size;
};

/* The last that came: the first so many, then in turn. */
struct matched {
	struct store_key keys[RUN_LOOKS_EXAMPLES];
	uint64_t count, written;
};

struct run_looks {
	struct value_counts *types, *charsets, *charset_sources;
	struct type type;
	struct histogram times, sizes;
	struct top slowest, largest;
	struct unmatched *unmatched; /* by pattern */
	struct matched *matched;     /* likewise */
	size_t pattern_count;
};

struct run_looks *run_looks_new(const char *const pattern_names[], size_t pattern_count)
{
	struct run_looks *looks = memory_new(1, sizeof(*looks));

	*looks = (struct run_looks){
		.types = value_counts_new("type"),
		.charsets = value_counts_new("charset"),
		.charset_sources = value_counts_new("charset_source"),
		.unmatched = memory_new(pattern_count, sizeof(struct unmatched)),
		.matched = memory_new(pattern_count, sizeof(struct matched)),
		.pattern_count = pattern_count,
	};
	for (size_t i = 0; i < pattern_count; i++)
		looks->unmatched[i].pattern = pattern_names[i];
	return looks;
}

void run_looks_free(struct run_looks *looks)
{
	if (!looks)
		return;
	value_counts_free(looks->types);
	value_counts_free(looks->charsets);
	value_counts_free(looks->charset_sources);
	free(looks->unmatched);
	free(looks->matched);
	free(looks);
}

/* ---- counting ---- */

static bool ends_essence(char c)
{
	return c == ';' || c == ',' || c == ' ' || c == '\t';
}

/* Returns the size of "text/html" of "Text/HTML; charset=utf-8"; what is too long stays so. */
static size_t write_essence(struct slice type, char out[VALUE_COUNTS_BYTES])
{
	size_t size = 0;

	while (type.size > 0 && (*type.at == ' ' || *type.at == '\t'))
		type = (struct slice){ type.at + 1, type.size - 1 };
	for (; size < type.size && size < VALUE_COUNTS_BYTES && !ends_essence(type.at[size]);
	     size++)
		out[size] = ascii_lower(type.at[size]);
	return size;
}

static struct slice essence_of(struct type *type, struct slice said)
{
	bool is_same = said.size > 0 && said.size == type->said_size &&
		       memcmp(said.at, type->said, said.size) == 0;

	if (!is_same) {
		type->essence_size = write_essence(said, type->essence);
		type->said_size = said.size < sizeof(type->said) ? said.size : 0;
		memcpy(type->said, said.at ? said.at : "", type->said_size);
	}
	return (struct slice){ type->essence, type->essence_size };
}

/* One that comes again takes its own place. */
static void top_add(struct top *top, struct store_key key, uint64_t value)
{
	unsigned at = top->count;

	if (at == RUN_LOOKS_EXAMPLES && value <= top->examples[at - 1].value)
		return;
	for (unsigned i = 0; i < top->count; i++) {
		if (store_key_id(top->examples[i].key) != store_key_id(key))
			continue;
		if (value <= top->examples[i].value)
			return;
		memmove(&top->examples[i], &top->examples[i + 1],
			(--top->count - i) * sizeof(top->examples[0]));
		break;
	}
	if (top->count < RUN_LOOKS_EXAMPLES)
		top->count++;
	for (at = top->count - 1; at > 0 && top->examples[at - 1].value < value; at--)
		top->examples[at] = top->examples[at - 1];
	top->examples[at] = (struct example){ key, value };
	top->is_changed = true;
}

void run_looks_page(struct run_looks *looks, const struct run_looks_page *page)
{
	if (page->elapsed_us > 0) { /* else nobody was asked: its host's robots.txt was not had */
		looks->times.pages[half_octave_of(page->elapsed_us)]++;
		top_add(&looks->slowest, page->key, page->elapsed_us);
	}
	if (page->bytes > 0) {
		looks->sizes.pages[half_octave_of(page->bytes)]++;
		top_add(&looks->largest, page->key, page->bytes);
	}
	value_counts_add(looks->types, essence_of(&looks->type, page->content_type));
	value_counts_add(looks->charsets, page->charset);
	if (page->charset_source)
		value_counts_add(looks->charset_sources, slice_of(page->charset_source));
}

void run_looks_unmatched(struct run_looks *looks, size_t pattern, struct store_key key)
{
	struct unmatched *unmatched = &looks->unmatched[pattern];

	if (unmatched->count < RUN_LOOKS_EXAMPLES)
		unmatched->keys[unmatched->count++] = key;
}

void run_looks_matched(struct run_looks *looks, size_t pattern, struct store_key key)
{
	struct matched *matched = &looks->matched[pattern];

	matched->keys[matched->count++ % RUN_LOOKS_EXAMPLES] = key;
}

/* ---- writing ---- */

static int write_histogram(struct histogram *histogram, struct store *store, const char *what)
{
	for (unsigned i = 0; i < HALF_OCTAVES; i++) {
		if (histogram->pages[i] == histogram->written[i])
			continue;
		if (store_put_run_histogram(store, what, i, histogram->pages[i]) < 0)
			return -1;
		histogram->written[i] = histogram->pages[i];
	}
	return 0;
}

static int write_top(struct top *top, struct store *store, const char *what)
{
	for (unsigned i = 0; top->is_changed && i < top->count; i++) {
		struct store_example row = {
			.what = what,
			.name = "",
			.place = i + 1,
			.url = top->examples[i].key,
			.value = top->examples[i].value,
		};

		if (store_put_run_example(store, &row) < 0)
			return -1;
	}
	top->is_changed = false;
	return 0;
}

static int write_unmatched(struct unmatched *unmatched, struct store *store)
{
	for (; unmatched->written < unmatched->count; unmatched->written++) {
		struct store_example row = {
			.what = "unmatched",
			.name = unmatched->pattern,
			.place = unmatched->written + 1u,
			.url = unmatched->keys[unmatched->written],
		};

		if (store_put_run_example(store, &row) < 0)
			return -1;
	}
	return 0;
}

/* The newest is the first. */
static int write_matched(struct matched *matched, struct store *store, const char *pattern)
{
	for (unsigned i = 0;
	     matched->written < matched->count && i < RUN_LOOKS_EXAMPLES && i < matched->count;
	     i++) {
		struct store_example row = {
			.what = "matched",
			.name = pattern,
			.place = i + 1,
			.url = matched->keys[(matched->count - 1 - i) % RUN_LOOKS_EXAMPLES],
		};

		if (store_put_run_example(store, &row) < 0)
			return -1;
	}
	matched->written = matched->count;
	return 0;
}

int run_looks_write(struct run_looks *looks, struct store *store)
{
	if (value_counts_write(looks->types, store) < 0 ||
	    value_counts_write(looks->charsets, store) < 0 ||
	    value_counts_write(looks->charset_sources, store) < 0 ||
	    write_histogram(&looks->times, store, "time") < 0 ||
	    write_histogram(&looks->sizes, store, "size") < 0 ||
	    write_top(&looks->slowest, store, "slowest") < 0 ||
	    write_top(&looks->largest, store, "largest") < 0)
		return -1;
	for (size_t i = 0; i < looks->pattern_count; i++) {
		if (write_unmatched(&looks->unmatched[i], store) < 0 ||
		    write_matched(&looks->matched[i], store, looks->unmatched[i].pattern) < 0)
			return -1;
	}
	return 0;
}
