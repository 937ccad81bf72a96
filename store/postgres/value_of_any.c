#include "store/postgres/reads.h"

#include <errno.h>
#include <stdlib.h>

#include "parsers/text/ascii.h"

/*
 * A value of a user's query, of whatever type: as SQLite would have it, where it can, and as the
 * server prints it, where not.
 */

/* src/include/catalog/pg_type.dat, which never changes */
enum {
	TYPE_FLOAT4 = 700,
	TYPE_FLOAT8 = 701,
	TYPE_TIMESTAMP = 1114,
	TYPE_TIMESTAMPTZ = 1184,
	TYPE_NUMERIC = 1700,
};

/* "2024-02-29 23:59:59.999+00" becomes "2024-02-29T23:59:59.999Z", where it stands. */
static struct store_value time_of(struct slice text, bool has_zone)
{
	char *at = (char *)text.at, *space = strchr(at, ' ');

	if (space)
		*space = 'T';
	if (has_zone && text.size > 3 && memcmp(at + text.size - 3, "+00", 3) == 0) {
		at[text.size - 3] = 'Z';
		text.size -= 2;
	}
	return postgres_of_text(text);
}

/*
 * A number as SQLite would have it: an integer, or a real one; but a text where an integer is
 * larger than both can say, and what is no number.
 */
static struct store_value number_of(struct slice text, bool is_real)
{
	char *end;
	struct store_value value = { .kind = STORE_INTEGER };

	if (ascii_is_letter(text.at[text.at[0] == '-']))
		return postgres_of_text(text); /* NaN, Infinity */
	if (is_real || memchr(text.at, '.', text.size))
		return postgres_of_real(strtod(text.at, NULL));
	errno = 0;
	value.integer = strtoll(text.at, &end, 10);
	return errno == ERANGE ? postgres_of_text(text) : value;
}

struct store_value postgres_value_of_any(const PGresult *row, int column, bool is_json)
{
	Oid type = PQftype(row, column);
	struct store_value value;

	if (PQgetisnull(row, 0, column))
		return (struct store_value){ .kind = STORE_NULL };
	switch (type) {
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMPTZ:
		return time_of(postgres_text(row, 0, column), type == TYPE_TIMESTAMPTZ);
	case TYPE_FLOAT4:
	case TYPE_FLOAT8:
	case TYPE_NUMERIC:
		return number_of(postgres_text(row, 0, column), type != TYPE_NUMERIC);
	default:
		value = postgres_value(row, 0, column);
		if (is_json && value.kind == STORE_TEXT)
			value.kind = STORE_JSON;
		return value;
	}
}
