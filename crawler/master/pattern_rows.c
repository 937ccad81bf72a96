#include "master/pattern_rows.h"

#include "parsers/text/memory.h"

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

struct store_table pattern_rows_table(const struct config_pattern *pattern)
{
	size_t count = pattern_field_count(pattern->pattern);
	struct store_column *columns = memory_new(count, sizeof(*columns));

	for (size_t i = 0; i < count; i++) {
		columns[i].name = pattern_field_name(pattern->pattern, i);
		columns[i].kind = kind_of(pattern_field_type(pattern->pattern, i));
	}
	return (struct store_table){
		.name = pattern_name(pattern->pattern),
		.columns = columns,
		.column_count = count,
		.key = pattern->key,
		.key_count = pattern->key_count,
		.has_history = pattern->has_history,
	};
}

struct store_value pattern_rows_value(const struct value *value)
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
