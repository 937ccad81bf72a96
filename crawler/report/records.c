#include "report/records.h"

#include <stdlib.h>

#include "parsers/pattern/json_read.h"
#include "parsers/text/memory.h"

struct datum record_datum(const struct store_value *value)
{
	static const enum datum_kind kinds[] = {
		[STORE_NULL] = DATUM_NULL,       [STORE_TEXT] = DATUM_TEXT,
		[STORE_INTEGER] = DATUM_INTEGER, [STORE_REAL] = DATUM_REAL,
		[STORE_BLOB] = DATUM_BLOB,       [STORE_JSON] = DATUM_JSON,
	};
	/* Whoever wrote to the file may have written anything. */
	bool is_text = value->kind == STORE_JSON && !json_is_valid(value->text);

	return (struct datum){
		.kind = is_text ? DATUM_TEXT : kinds[value->kind],
		.integer = value->integer,
		.real = value->real,
		.text = { value->text.at, value->text.size },
	};
}

struct record record_begin(const struct store_answer *row)
{
	struct datum *values = NULL;

	if (row->values)
		values = memory_new(row->column_count, sizeof(*values));
	for (size_t i = 0; values && i < row->column_count; i++)
		values[i] = record_datum(&row->values[i]);
	return (struct record){ row->column_count, row->columns, values };
}

void record_end(struct record *record)
{
	free((void *)(uintptr_t)record->values);
	record->values = NULL;
}
