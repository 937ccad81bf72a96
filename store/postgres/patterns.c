#include "store/postgres/reads.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

char *postgres_rows_name(const char *pattern)
{
	size_t size = sizeof(STORE_ROWS_PREFIX) + strlen(pattern);
	char *name = memory_new(size, 1), *quoted;

	snprintf(name, size, "%s%s", STORE_ROWS_PREFIX, pattern);
	quoted = postgres_quoted(name);
	free(name);
	return quoted;
}

/* The one of this name before those that differ in case. */
#define FIND_TABLE                                                                            \
	"(SELECT c.oid FROM pg_class c WHERE c.relnamespace = " POSTGRES_HERE                 \
	" AND c.relkind IN ('r', 'p') AND lower(c.relname::text) = lower('" STORE_ROWS_PREFIX \
	"' || $1::text COLLATE \"C\")"                                                        \
	" ORDER BY c.relname::text <> '" STORE_ROWS_PREFIX "' || $1, c.relname LIMIT 1)"

int postgres_find_rows_table(struct postgres_store *store, const char *pattern, char **table)
{
	struct store_value name = postgres_of_string(pattern);
	PGresult *found = postgres_ask(
		store, "SELECT relname FROM pg_class WHERE oid = " FIND_TABLE, &name, 1);
	int count = found ? PQntuples(found) : -1;

	if (count > 0)
		*table = postgres_quoted(PQgetvalue(found, 0, 0));
	PQclear(found);
	return count;
}

int postgres_find_fields(struct postgres_store *store, const char *pattern, PGresult **fields)
{
	struct store_value name = postgres_of_string(pattern);

	*fields = postgres_ask(store,
			       "SELECT a.attname, a.atttypid::bigint,"
			       " (col_description(a.attrelid, a.attnum) = 'json')::int"
			       " FROM pg_attribute a WHERE a.attrelid = " FIND_TABLE
			       " AND a.attnum > 0 AND NOT a.attisdropped"
			       " AND a.attname NOT IN " POSTGRES_NO_FIELDS " ORDER BY a.attnum",
			       &name, 1);
	return *fields ? 0 : -1;
}

int postgres_each_column(struct store *door, const char *pattern,
			 int (*function)(void *context, const char *name, bool is_json),
			 void *context)
{
	PGresult *fields;

	if (postgres_find_fields(postgres_of(door), pattern, &fields))
		return -1;
	for (int i = 0; i < PQntuples(fields); i++)
		if (function(context, PQgetvalue(fields, i, 0), postgres_bool(fields, i, 2)) < 0)
			break;
	PQclear(fields);
	return 0;
}
