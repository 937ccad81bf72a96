#include "store/postgres/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "store/postgres/types.h"

/* ---- columns of a row ---- */

struct slice postgres_text(const PGresult *result, int row, int column)
{
	if (PQgetisnull(result, row, column))
		return (struct slice){ NULL, 0 };
	return (struct slice){ PQgetvalue(result, row, column),
			       (size_t)PQgetlength(result, row, column) };
}

int64_t postgres_integer(const PGresult *result, int row, int column)
{
	return strtoll(PQgetvalue(result, row, column), NULL, 10); /* NULL is "" */
}

bool postgres_bool(const PGresult *result, int row, int column)
{
	char first = PQgetvalue(result, row, column)[0];

	return first == 't' || (first >= '1' && first <= '9');
}

static int hex_digit(char digit)
{
	return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/*
 * "\x0aff" is decoded where it stands, behind its front, and marked there: it gets shorter, and may
 * be asked for again.
 */
struct slice postgres_bytes(const PGresult *result, int row, int column)
{
	char *text = PQgetvalue(result, row, column);
	size_t size = (size_t)PQgetlength(result, row, column);

	if (PQgetisnull(result, row, column))
		return (struct slice){ NULL, 0 };
	if (size < 2 || text[0] != '\\' || (text[1] != 'x' && text[1] != 'X'))
		return (struct slice){ text, size };
	size = (size - 2) / 2;
	for (size_t i = 0; text[1] == 'x' && i < size; i++)
		text[2 + i] = (char)(hex_digit(text[2 + 2 * i]) << 4 | hex_digit(text[3 + 2 * i]));
	text[1] = 'X';
	return (struct slice){ text + 2, size };
}

static struct store_value real_of(const char *text)
{
	return (struct store_value){ .kind = STORE_REAL, .real = strtod(text, NULL) };
}

/* A sum of integers is one, where it fits. */
static struct store_value number_of(const char *text)
{
	struct store_value value = { .kind = STORE_INTEGER };

	if (text[strspn(text, "-0123456789")])
		return real_of(text);
	errno = 0;
	value.integer = strtoll(text, NULL, 10);
	return errno == ERANGE ? real_of(text) : value;
}

struct store_value postgres_value(const PGresult *result, int row, int column)
{
	const char *text = PQgetvalue(result, row, column);

	if (PQgetisnull(result, row, column))
		return (struct store_value){ .kind = STORE_NULL };
	switch (PQftype(result, column)) {
	case POSTGRES_TYPE_BOOL:
		return postgres_of_integer(text[0] == 't');
	case POSTGRES_TYPE_INT2:
	case POSTGRES_TYPE_INT4:
	case POSTGRES_TYPE_INT8:
	case POSTGRES_TYPE_OID:
	case POSTGRES_TYPE_NUMERIC:
		return number_of(text);
	case POSTGRES_TYPE_FLOAT4:
	case POSTGRES_TYPE_FLOAT8:
		return real_of(text);
	case POSTGRES_TYPE_BYTEA:
		return postgres_of_bytes(postgres_bytes(result, row, column));
	case POSTGRES_TYPE_JSON:
	case POSTGRES_TYPE_JSONB:
		return (struct store_value){ .kind = STORE_JSON,
					     .text = postgres_text(result, row, column) };
	default:
		return postgres_of_text(postgres_text(result, row, column));
	}
}
