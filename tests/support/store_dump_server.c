#include "tests/support/store_dump_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CRAWL_POSTGRES
#include "store/postgres/internal.h"

/* What SQLite has, in a schema of its own behind the crawl's. */
static const char words[] =
	"CREATE SCHEMA IF NOT EXISTS dump_words;"
	"CREATE OR REPLACE FUNCTION dump_words.unixepoch(t text) RETURNS bigint LANGUAGE sql"
	" AS 'SELECT floor(extract(epoch FROM t::timestamptz))::bigint'";

#define NAMED_FROM 4 /* of a row of a pattern's: the fields, which have names */

static void put_value(struct store_dump *dump, const PGresult *result, int row, int column)
{
	struct store_value value = postgres_value(result, row, column);

	if (value.kind == STORE_INTEGER)
		store_dump_number(dump, value.integer);
	else if (value.kind == STORE_REAL)
		store_dump_real(dump, value.real);
	else
		store_dump_text(dump, value.text);
}

static const char *field_name(void *context, size_t index)
{
	return PQfname(context, NAMED_FROM + (int)index);
}

/* The page and the row's number come before all fields, wherever the view has them. */
static bool is_said(const char *column)
{
	return strcmp(column, "page_url") == 0 || strcmp(column, "n") == 0;
}

static void put_fields(struct store_dump *dump, PGresult *result, int row)
{
	size_t count = (size_t)PQnfields(result) - NAMED_FROM, i;
	const char *last = NULL;

	while ((i = store_dump_next_name(field_name, result, count, last)) < count) {
		last = field_name(result, i);
		if (PQgetisnull(result, row, NAMED_FROM + (int)i) || is_said(last))
			continue;
		store_dump_name(dump, last);
		put_value(dump, result, row, NAMED_FROM + (int)i);
	}
}

static void put_result(struct store_dump *dump, PGresult *result, bool is_rows)
{
	for (int row = 0; row < PQntuples(result); row++) {
		int count = is_rows ? NAMED_FROM : PQnfields(result);

		store_dump_begin(dump, PQgetvalue(result, row, 0));
		for (int i = 1; i < count; i++)
			put_value(dump, result, row, i);
		if (is_rows)
			put_fields(dump, result, row);
		store_dump_end(dump);
	}
}

static void put_query(struct store_dump *dump, PGconn *connection, const char *sql, bool is_rows)
{
	PGresult *result = PQexec(connection, sql);

	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		put_result(dump, result, is_rows);
	} else {
		store_dump_begin(dump, PQresultErrorMessage(result));
		store_dump_end(dump);
	}
	PQclear(result);
}

/* The views of patterns have all that a table holds. */
static void put_rows(struct store_dump *dump, PGconn *connection)
{
	PGresult *sql = PQexec(
		connection,
		"SELECT format('SELECT ''row'', %L, page_url, n, * FROM %I', name, name) FROM"
		" (SELECT substr(tablename, 12) AS name FROM pg_tables"
		"  WHERE schemaname = current_schema() AND starts_with(tablename, 'crawl_rows_')) "
		"t");

	for (int i = 0; i < PQntuples(sql); i++)
		put_query(dump, connection, PQgetvalue(sql, i, 0), true);
	PQclear(sql);
}

static PGconn *connect_to(const char *where)
{
	struct store_error error;
	struct postgres_uri uri;
	PGconn *connection;
	char *schema, path[256];

	if (postgres_uri_parse(where, &uri, &error))
		abort();
	connection = PQconnectdb(uri.conninfo);
	schema = postgres_quoted(uri.schema);
	snprintf(path, sizeof(path),
		 "SET client_min_messages = warning; SET TimeZone = 'UTC';"
		 "SET search_path = %s, dump_words",
		 schema);
	PQclear(PQexec(connection, path));
	PQclear(PQexec(connection, words));
	free(schema);
	postgres_uri_free(&uri);
	return connection;
}

char *store_dump_server(const char *where, enum store_dump_what what)
{
	PGconn *connection = connect_to(where);
	struct store_dump dump = { 0 };

	for (const char *const *sql = store_dump_crawl_sql; *sql; sql++)
		put_query(&dump, connection, *sql, false);
	put_rows(&dump, connection);
	for (const char *const *sql = store_dump_other_sql; what == STORE_DUMP_ALL && *sql; sql++)
		put_query(&dump, connection, *sql, false);
	PQfinish(connection);
	return store_dump_finish(&dump);
}

#else

char *store_dump_server(const char *where, enum store_dump_what what)
{
	(void)where;
	(void)what;
	return NULL;
}

#endif
