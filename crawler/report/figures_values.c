#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "base/clock.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "report/figures_internal.h"

/*
 * What stands in patterns' tables: the newest rows, and of each field how many values there are,
 * from where to where, and which are the most frequent.  Values are counted by their hashes: two
 * that share one, of 10,000, are counted together once in 10^11 times.
 */
#define PATTERN_MS_MIN 2          /* of a pattern, however many there are */
#define ENTRIES_MAX    (1u << 21) /* values of all fields of a pattern that are told apart */
#define TEXT_MAX       STORE_REPORT_TEXT_MAX
#define ELLIPSIS       "\xe2\x80\xa6"

/* ---- values ---- */

struct entry {
	uint64_t hash;
	uint32_t count;     /* 0: the entry is free */
	uint32_t first_row; /* the newest that has it, from 0 */
};

/* The values of a field. */
struct values {
	struct figures_field *field;
	size_t column;
	struct entry *entries;
	size_t room; /* a power of two, or 0 */
	size_t count;
	bool has_range;
};

static bool is_number(const struct store_value *value)
{
	return value->kind == STORE_INTEGER || value->kind == STORE_REAL;
}

/* As a row's figures count it: nothing that is empty, or white space. */
static bool is_filled(const struct store_value *value)
{
	if (value->kind == STORE_NULL)
		return false;
	if (is_number(value))
		return true;
	for (size_t i = 0; i < value->text.size; i++)
		if (!ascii_is_white(value->text.at[i]))
			return true;
	return false;
}

static double number_of(const struct store_value *value)
{
	return value->kind == STORE_INTEGER ? (double)value->integer : value->real;
}

static uint64_t hash_of(const struct store_value *value)
{
	if (value->kind == STORE_INTEGER)
		return XXH3_64bits_withSeed(&value->integer, sizeof(value->integer), 1);
	if (value->kind == STORE_REAL)
		return XXH3_64bits_withSeed(&value->real, sizeof(value->real), 2);
	return XXH3_64bits(value->text.at, value->text.size);
}

static size_t characters(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += (text.at[i] & 0xC0) != 0x80;
	return count;
}

/* The entry of a hash, or the free one where it belongs. */
static struct entry *find_entry(const struct values *values, uint64_t hash)
{
	size_t i = (size_t)hash & (values->room - 1);

	while (values->entries[i].count > 0 && values->entries[i].hash != hash)
		i = (i + 1) & (values->room - 1);
	return &values->entries[i];
}

static void make_room(struct values *values)
{
	struct values larger = *values;

	if (2 * values->count < values->room)
		return;
	larger.room = values->room > 0 ? 2 * values->room : 64;
	larger.entries = memory_new(larger.room, sizeof(*larger.entries));
	memset(larger.entries, 0, larger.room * sizeof(*larger.entries));
	for (size_t i = 0; i < values->room; i++)
		if (values->entries[i].count > 0)
			*find_entry(&larger, values->entries[i].hash) = values->entries[i];
	free(values->entries);
	*values = larger;
}

static void widen(struct values *values, const struct store_value *value)
{
	struct figures_field *field = values->field;
	double one = is_number(value) ? number_of(value) : (double)characters(value->text);

	field->is_number = is_number(value);
	field->least = values->has_range ? fmin(field->least, one) : one;
	field->most = values->has_range ? fmax(field->most, one) : one;
	values->has_range = true;
}

static void add_value(struct values *values, const struct store_value *value, uint32_t row)
{
	struct entry *entry;

	if (!is_filled(value))
		return;
	widen(values, value);
	make_room(values);
	entry = find_entry(values, hash_of(value));
	if (entry->count++ > 0)
		return;
	entry->hash = hash_of(value);
	entry->first_row = row;
	values->count++;
}

/* ---- a pattern's ---- */

struct browsing {
	struct figures *figures;
	struct figures_pattern *pattern;
	struct values *values; /* of its fields that have a column */
	size_t count;
	bool has_columns; /* they are known */
	uint32_t rows;
	uint32_t last_row; /* behind which nothing is looked for */
	size_t entries;
	int64_t end_ms;
};

static size_t find_column(const struct store_shown_row *row, const char *name)
{
	for (size_t i = 0; i < row->count; i++)
		if (strcasecmp(row->columns[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static void find_columns(struct browsing *browsing, const struct store_shown_row *row)
{
	struct figures_pattern *pattern = browsing->pattern;

	browsing->has_columns = true;
	for (size_t i = 0; i < pattern->field_count; i++) {
		size_t column = find_column(row, pattern->fields[i].name);

		if (column != SIZE_MAX)
			browsing->values[browsing->count++] =
				(struct values){ .field = &pattern->fields[i], .column = column };
	}
}

static int on_row(void *context, const struct store_shown_row *row)
{
	struct browsing *browsing = context;

	if (!browsing->has_columns)
		find_columns(browsing, row);
	for (size_t i = 0; i < browsing->count; i++)
		add_value(&browsing->values[i], &row->values[browsing->values[i].column],
			  browsing->rows);
	browsing->rows++;
	browsing->entries += browsing->count;
	return browsing->rows == FIGURES_FIELD_ROWS || browsing->entries >= ENTRIES_MAX ||
			       clock_ms() >= browsing->end_ms
		       ? -1
		       : 0;
}

/* ---- the most frequent ---- */

/* Of two that are as frequent the one that was seen last. */
static bool is_before(const struct entry *a, const struct entry *b)
{
	return a->count != b->count ? a->count > b->count : a->first_row < b->first_row;
}

/* They come to the front of the entries, which are then no table any more. */
static void choose(struct values *values)
{
	struct entry best[FIGURES_FREQUENT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < values->room; i++) {
		const struct entry *entry = &values->entries[i];
		size_t place = count;

		if (entry->count == 0)
			continue;
		while (place > 0 && is_before(entry, &best[place - 1]))
			place--;
		if (place == FIGURES_FREQUENT_MAX)
			continue;
		count += count < FIGURES_FREQUENT_MAX;
		memmove(&best[place + 1], &best[place], (count - 1 - place) * sizeof(best[0]));
		best[place] = *entry;
	}
	values->field->distinct = values->count;
	values->field->frequent_count = count;
	if (count > 0)
		memcpy(values->entries, best, count * sizeof(best[0]));
}

/* At most TEXT_MAX characters of it. */
static struct slice cut(struct figures *figures, struct slice text)
{
	size_t size = 0, count = 0;
	char *copy;

	for (; size < text.size; size++)
		if ((text.at[size] & 0xC0) != 0x80 && ++count > TEXT_MAX)
			break;
	if (size == text.size)
		return (struct slice){ arena_copy(&figures->arena, text), size };
	copy = arena_print(&figures->arena, "%.*s" ELLIPSIS, (int)size, text.at);
	return (struct slice){ copy, size + strlen(ELLIPSIS) };
}

static struct slice shown(struct figures *figures, const struct store_value *value)
{
	if (value->kind == STORE_INTEGER)
		return slice_of(arena_print(&figures->arena, "%lld", (long long)value->integer));
	if (value->kind == STORE_REAL)
		return slice_of(arena_print(&figures->arena, "%.15g", value->real));
	return cut(figures, value->text);
}

/* The texts of those that were chosen, from the rows that have them first. */
static int on_row_again(void *context, const struct store_shown_row *row)
{
	struct browsing *browsing = context;

	for (size_t i = 0; i < browsing->count; i++) {
		struct values *values = &browsing->values[i];
		struct figures_field *field = values->field;

		for (size_t k = 0; k < field->frequent_count; k++)
			if (values->entries[k].first_row == browsing->rows)
				field->frequent[k] =
					shown(browsing->figures, &row->values[values->column]);
	}
	return browsing->rows++ == browsing->last_row ? -1 : 0;
}

static int find_frequent(struct browsing *browsing, struct store *store)
{
	for (size_t i = 0; i < browsing->count; i++) {
		struct values *values = &browsing->values[i];

		values->field->rows_read = browsing->rows;
		choose(values);
		for (size_t k = 0; k < values->field->frequent_count; k++)
			if (values->entries[k].first_row > browsing->last_row)
				browsing->last_row = values->entries[k].first_row;
	}
	browsing->rows = 0;
	return store_each_row(store, browsing->pattern->name, on_row_again, browsing);
}

/* What was written between two looks at the table may leave one without its text. */
static void drop_lost(struct figures_field *field)
{
	size_t kept = 0;

	for (size_t i = 0; i < field->frequent_count; i++)
		if (field->frequent[i].at)
			field->frequent[kept++] = field->frequent[i];
	field->frequent_count = kept;
}

static int read_values(struct browsing *browsing, struct store *store)
{
	struct figures_pattern *pattern = browsing->pattern;
	int result;

	browsing->values = memory_new(pattern->field_count + 1, sizeof(*browsing->values));
	result = store_each_row(store, pattern->name, on_row, browsing);
	if (result == 0)
		result = find_frequent(browsing, store);
	for (size_t i = 0; i < browsing->count; i++) {
		drop_lost(browsing->values[i].field);
		free(browsing->values[i].entries);
	}
	free(browsing->values);
	return result;
}

/* ---- the newest rows ---- */

static int on_newest(void *context, const struct store_shown_row *row)
{
	struct browsing *browsing = context;
	struct figures *figures = browsing->figures;
	struct figures_pattern *pattern = browsing->pattern;
	struct figures_row *newest = &pattern->newest[pattern->newest_count];

	newest->page_url = cut(figures, row->page_url);
	newest->values =
		arena_alloc(&figures->arena, pattern->field_count, sizeof(*newest->values));
	for (size_t i = 0; i < pattern->field_count; i++) {
		size_t column = find_column(row, pattern->fields[i].name);

		if (column == SIZE_MAX)
			continue;
		newest->values[i] = row->values[column];
		if (!is_number(&newest->values[i]) && newest->values[i].kind != STORE_NULL)
			newest->values[i].text = cut(figures, newest->values[i].text);
	}
	return ++pattern->newest_count == FIGURES_ROWS_MAX ? -1 : 0;
}

int figures_read_values(struct figures *figures, struct store *store, int64_t ms)
{
	int64_t end_ms = clock_ms() + ms;
	int result = 0;

	for (size_t i = 0; i < figures->pattern_count && result == 0; i++) {
		struct browsing browsing = { .figures = figures, .pattern = &figures->patterns[i] };
		int64_t now = clock_ms(), left = (int64_t)(figures->pattern_count - i);

		browsing.pattern->newest_count = 0;
		if (browsing.pattern->field_count == 0)
			continue;
		browsing.pattern->newest_count = 0;
		if (now >= end_ms)
			break;
		browsing.end_ms = now + (end_ms - now) / left;
		if (browsing.end_ms < now + PATTERN_MS_MIN)
			browsing.end_ms = now + PATTERN_MS_MIN;
		result = store_each_newest_row(store, browsing.pattern->name, on_newest, &browsing);
		if (result == 0)
			result = read_values(&browsing, store);
	}
	return result;
}
