#include "commands/row_changes.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define NOWHERE SIZE_MAX

/* A row: which it is (by key, or by page), and what it says. */
struct row_print {
	uint64_t group, value;
};

/* A table that is read: where the columns stand that count. */
struct reading {
	struct row_set *set;
	const struct config_pattern *pattern;
	size_t *fields; /* of the pattern, among the columns, or NOWHERE */
	size_t *key;
	size_t field_count, page_url;
};

/* ---- reading ---- */

static size_t find_column(const struct store_answer *row, const char *name)
{
	for (size_t i = 0; i < row->column_count; i++)
		if (ascii_equal(slice_of(row->columns[i]), slice_of(name)))
			return i;
	return NOWHERE;
}

static void find_columns(struct reading *reading, const struct store_answer *row)
{
	const struct config_pattern *pattern = reading->pattern;

	reading->page_url = find_column(row, "page_url");
	reading->field_count = pattern_field_count(pattern->pattern);
	reading->fields = memory_new(reading->field_count, sizeof(*reading->fields));
	reading->key = memory_new(pattern->key_count, sizeof(*reading->key));
	for (size_t i = 0; i < reading->field_count; i++)
		reading->fields[i] = find_column(row, pattern_field_name(pattern->pattern, i));
	for (size_t i = 0; i < pattern->key_count; i++)
		reading->key[i] = find_column(row, pattern->key[i]);
}

static uint64_t hash_value(uint64_t seed, const struct store_value *value)
{
	uint64_t kind = value->kind == STORE_JSON ? STORE_TEXT : value->kind;

	seed = XXH3_64bits_withSeed(&kind, sizeof(kind), seed);
	switch (value->kind) {
	case STORE_NULL:
		return seed;
	case STORE_INTEGER:
		return XXH3_64bits_withSeed(&value->integer, sizeof(value->integer), seed);
	case STORE_REAL:
		return XXH3_64bits_withSeed(&value->real, sizeof(value->real), seed);
	case STORE_TEXT:
	case STORE_JSON:
	case STORE_BLOB:
		break;
	}
	return XXH3_64bits_withSeed(value->text.at, value->text.size, seed);
}

/* A column that is not there yet is NULL. */
static const struct store_value *value_at(const struct store_answer *row, size_t column)
{
	static const struct store_value null = { .kind = STORE_NULL };

	return column == NOWHERE ? &null : &row->values[column];
}

static uint64_t group_of(const struct reading *reading, const struct store_answer *row)
{
	uint64_t group = 1;

	for (size_t i = 0; i < reading->pattern->key_count; i++) {
		const struct store_value *value = value_at(row, reading->key[i]);

		if (value->kind == STORE_NULL)
			return hash_value(0, value_at(row, reading->page_url));
		group = hash_value(group, value);
	}
	return reading->pattern->key_count > 0 ? group
					       : hash_value(0, value_at(row, reading->page_url));
}

static int add_row(void *context, const struct store_answer *row)
{
	struct reading *reading = context;
	struct row_set *set = reading->set;
	uint64_t value;

	if (!reading->fields)
		find_columns(reading, row);
	if (!row->values)
		return 0;
	if (set->count == set->room) {
		set->room = set->room * 2 + 1024;
		set->rows = memory_resize(set->rows, set->room * sizeof(*set->rows));
	}
	value = hash_value(0, value_at(row, reading->page_url));
	for (size_t i = 0; i < reading->field_count; i++)
		value = hash_value(value, value_at(row, reading->fields[i]));
	set->rows[set->count++] = (struct row_print){ group_of(reading, row), value };
	return 0;
}

int row_set_read(struct row_set *set, struct store *store, const struct config_pattern *pattern)
{
	struct reading reading = { .set = set, .pattern = pattern };
	int result = store_query_table(store, pattern->spec->name, add_row, &reading);

	free(reading.fields);
	free(reading.key);
	return result < 0 && store_missing_table(store)[0] == '\0' ? -1 : 0;
}

void row_set_free(struct row_set *set)
{
	free(set->rows);
	*set = (struct row_set){ .rows = NULL };
}

/* ---- comparing ---- */

static int compare(const struct row_print *left, const struct row_print *right)
{
	if (left->group != right->group)
		return left->group < right->group ? -1 : 1;
	return (left->value > right->value) - (left->value < right->value);
}

static int by_group(const void *left, const void *right)
{
	return compare(left, right);
}

static void sort(struct row_set *set)
{
	if (set->count > 1)
		qsort(set->rows, set->count, sizeof(*set->rows), by_group);
}

/* What is left of a group on either side when equal rows are set off against each other. */
static void end_group(struct row_changes *changes, uint64_t old, uint64_t new)
{
	uint64_t both = old < new ? old : new;

	changes->changed += both;
	changes->removed += old - both;
	changes->added += new - both;
}

struct row_changes row_changes_between(struct row_set *before, struct row_set *after)
{
	struct row_changes changes = { 0 };
	uint64_t group = 0, old = 0, new = 0;
	size_t i = 0, j = 0;

	sort(before);
	sort(after);
	while (i < before->count || j < after->count) {
		int order = i == before->count  ? 1
			    : j == after->count ? -1
						: compare(&before->rows[i], &after->rows[j]);
		uint64_t next = order > 0 ? after->rows[j].group : before->rows[i].group;

		if (next != group) {
			end_group(&changes, old, new);
			group = next;
			old = new = 0;
		}
		old += order < 0;
		new += order > 0;
		i += order <= 0;
		j += order >= 0;
	}
	end_group(&changes, old, new);
	return changes;
}
