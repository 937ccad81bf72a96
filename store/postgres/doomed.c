#include "store/postgres/reads.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/* What there is of URLs that are to be forgotten: their ids go out as one array. */

static int count(struct postgres_store *store, const char *table, const char *column,
		 const struct store_value *ids, uint64_t *sum)
{
	struct postgres_sql sql;
	int64_t number;
	int result;

	postgres_sql_begin(&sql, store);
	fprintf(sql.out, "SELECT count(*) FROM %s WHERE %s = ANY ($1::bigint[])", table, column);
	result = postgres_number(store, postgres_sql_text(&sql), ids, 1, &number);
	postgres_sql_end(&sql);
	if (result == 0)
		*sum += (uint64_t)number;
	return result;
}

static int count_rows(struct postgres_store *store, const struct store_value *ids, uint64_t *sum)
{
	PGresult *patterns = postgres_ask(store, POSTGRES_PATTERNS_SQL, NULL, 0);
	int result = patterns ? 0 : -1;

	for (int i = 0; result == 0 && i < PQntuples(patterns); i++) {
		char *table = postgres_rows_name(PQgetvalue(patterns, i, 0));

		result = count(store, table, "\"" POSTGRES_ROW_PAGE "\"", ids, sum);
		free(table);
	}
	PQclear(patterns);
	return result;
}

int postgres_get_doomed(struct store *door, const struct store_key keys[], size_t key_count,
			struct store_forgotten *sum)
{
	struct postgres_store *store = postgres_of(door);
	struct store_forgotten counted = { 0 };
	struct postgres_sql array;
	struct store_value ids;
	int result;

	postgres_sql_begin(&array, store);
	fputc('{', array.out);
	for (size_t i = 0; i < key_count; i++)
		fprintf(array.out, "%s%lld", i ? "," : "", (long long)postgres_id(keys[i]));
	fputc('}', array.out);
	ids = postgres_of_string(postgres_sql_text(&array));
	result = count_rows(store, &ids, &counted.rows) ||
		 count(store, "urls", "id", &ids, &counted.urls) ||
		 count(store, "bodies", "url_id", &ids, &counted.bodies);
	postgres_sql_end(&array);
	if (result)
		return -1;
	*sum = counted;
	return 0;
}
