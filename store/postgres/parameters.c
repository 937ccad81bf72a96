#include "store/postgres/parameters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"
#include "store/postgres/types.h"

/* Texts are told to be of no type, so that the server takes them as what is wanted there. */
static void put_parameter(struct postgres_parameters *all, int i, const struct store_value *value)
{
	switch (value->kind) {
	case STORE_NULL:
		break;
	case STORE_INTEGER:
		all->types[i] = POSTGRES_TYPE_INT8;
		snprintf(all->numbers[i], sizeof(all->numbers[i]), "%" PRId64, value->integer);
		all->values[i] = all->numbers[i];
		break;
	case STORE_REAL:
		all->types[i] = POSTGRES_TYPE_FLOAT8;
		snprintf(all->numbers[i], sizeof(all->numbers[i]), "%.17g", value->real);
		all->values[i] = all->numbers[i];
		break;
	case STORE_TEXT:
	case STORE_JSON:
		all->texts[i] = memory_text(value->text.at, value->text.size);
		all->values[i] = all->texts[i];
		break;
	case STORE_BLOB:
		all->types[i] = POSTGRES_TYPE_BYTEA;
		all->values[i] = value->text.size ? value->text.at : "";
		all->sizes[i] = (int)value->text.size;
		all->formats[i] = 1;
		break;
	}
}

void postgres_parameters_begin(struct postgres_parameters *all, const struct store_value values[],
			       size_t count)
{
	*all = (struct postgres_parameters){ .count = (int)count };
	for (size_t i = 0; i < count; i++)
		put_parameter(all, (int)i, &values[i]);
}

void postgres_parameters_end(struct postgres_parameters *all)
{
	for (int i = 0; i < all->count; i++)
		free(all->texts[i]);
}

int postgres_parameters_send(PGconn *connection, const char *sql,
			     const struct postgres_parameters *all)
{
	return PQsendQueryParams(connection, sql, all->count, all->types, all->values, all->sizes,
				 all->formats, 0);
}
