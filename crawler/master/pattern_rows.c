#include "master/pattern_rows.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

_Static_assert(PATTERN_FIELDS_MAX <= STORE_COLUMNS_MAX, "what compiles has a table");

static enum store_kind kind_of(enum field_type type)
{
	switch (type) {
	case FIELD_INTEGER:
	case FIELD_BOOLEAN:
	case FIELD_DURATION:
		return STORE_INTEGER;
	case FIELD_REAL:
		return STORE_REAL;
	case FIELD_TEXT:
	case FIELD_DATE:
	case FIELD_DATE_DMY:
	case FIELD_DATE_MDY:
		break;
	case FIELD_JSON:
		return STORE_JSON;
	}
	return STORE_TEXT;
}

size_t pattern_rows_column_count(const struct config_pattern *pattern)
{
	return pattern_field_count(pattern->pattern) + (pattern->parent ? 1 : 0);
}

const char *pattern_rows_column_name(const struct config_pattern *pattern, size_t column)
{
	if (pattern->parent && column == 0)
		return STORE_PARENT_COLUMN;
	return pattern_field_name(pattern->pattern, column - (pattern->parent ? 1 : 0));
}

enum field_type pattern_rows_column_type(const struct config_pattern *pattern, size_t column)
{
	if (pattern->parent && column == 0)
		return FIELD_INTEGER;
	return pattern_field_type(pattern->pattern, column - (pattern->parent ? 1 : 0));
}

struct store_table *pattern_rows_table(const struct config_pattern *pattern)
{
	size_t count = pattern_rows_column_count(pattern);
	struct store_column *columns = memory_new(count, sizeof(*columns));
	struct store_table *table = memory_new(1, sizeof(*table));

	for (size_t i = 0; i < count; i++) {
		columns[i].name = pattern_rows_column_name(pattern, i);
		columns[i].kind = kind_of(pattern_rows_column_type(pattern, i));
	}
	*table = (struct store_table){
		.name = pattern_name(pattern->pattern),
		.parent = pattern->parent ? pattern_rows_table(pattern->parent) : NULL,
		.columns = columns,
		.column_count = count,
		.key = pattern->key,
		.key_count = pattern->key_count,
		.has_history = pattern->has_history,
	};
	return table;
}

void pattern_rows_table_free(struct store_table *table)
{
	if (!table)
		return;
	pattern_rows_table_free((struct store_table *)(uintptr_t)table->parent);
	free((void *)(uintptr_t)table->columns);
	free(table);
}

static struct store_value value_of(const struct value *value)
{
	switch (value->kind) {
	case VALUE_TEXT:
		return (struct store_value){ .kind = STORE_TEXT, .text = value->text };
	case VALUE_INTEGER:
		return (struct store_value){ .kind = STORE_INTEGER, .integer = value->integer };
	case VALUE_REAL:
		return (struct store_value){ .kind = STORE_REAL, .real = value->real };
	case VALUE_NULL:
		break;
	}
	return (struct store_value){ .kind = STORE_NULL };
}

void pattern_rows_values(const struct pattern_row *row, struct store_value *values)
{
	size_t count = pattern_field_count(row->pattern);

	if (row->parent)
		*values++ = (struct store_value){ .kind = STORE_INTEGER, .integer = row->parent };
	for (size_t i = 0; i < count; i++)
		values[i] = value_of(&row->values[i]);
}
