#include "master/value_counts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define OTHER "other"

struct value {
	char text[VALUE_COUNTS_BYTES];
	size_t size;
	uint64_t pages, written;
};

struct value_counts {
	const char *what;
	struct value values[VALUE_COUNTS_VALUES + 1]; /* first of all the others */
	unsigned count;
	struct value *last; /* of the page before: mostly it is the same again */
};

struct value_counts *value_counts_new(const char *what)
{
	struct value_counts *counts = memory_new(1, sizeof(*counts));

	counts->what = what;
	counts->values[0] = (struct value){ .text = OTHER, .size = sizeof(OTHER) - 1 };
	counts->count = 1;
	counts->last = counts->values;
	return counts;
}

void value_counts_free(struct value_counts *counts)
{
	free(counts);
}

static bool is_plain(struct slice value)
{
	if (value.size >= VALUE_COUNTS_BYTES)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] <= ' ' || value.at[i] >= 0x7f)
			return false;
	}
	return true;
}

static bool is_value(const struct value *value, struct slice text)
{
	return value->size == text.size && memcmp(value->text, text.at, text.size) == 0;
}

static struct value *value_of(struct value_counts *counts, struct slice text)
{
	struct value *value;

	if (is_value(counts->last, text))
		return counts->last;
	for (unsigned i = 0; i < counts->count; i++) {
		if (is_value(&counts->values[i], text))
			return &counts->values[i];
	}
	if (counts->count > VALUE_COUNTS_VALUES || !is_plain(text))
		return &counts->values[0];
	value = &counts->values[counts->count++];
	memcpy(value->text, text.at, text.size);
	value->size = text.size;
	return value;
}

void value_counts_add(struct value_counts *counts, struct slice value)
{
	if (value.size == 0)
		return;
	counts->last = value_of(counts, value);
	counts->last->pages++;
}

int value_counts_write(struct value_counts *counts, struct store *store)
{
	for (unsigned i = 0; i < counts->count; i++) {
		struct value *value = &counts->values[i];

		if (value->pages == value->written)
			continue;
		if (store_put_run_count(store, counts->what, value->text, value->pages) < 0)
			return -1;
		value->written = value->pages;
	}
	return 0;
}
