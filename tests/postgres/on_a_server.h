#ifndef ON_A_SERVER_H
#define ON_A_SERVER_H

/*
 * Tests of tests/unit/ that run on a PostgreSQL server: included before the file that has them.
 *
 * `path` is a schema's then, another for each test; ask() and change() go to it past crawl.  There
 * are functions of SQLite's names, where a question has them.  A server is asked past what was not
 * sent yet: so batches are closed before that, and a commit is waited for.
 *
 * What is OF_THE_FILE is left out, for the reason that stands there.
 */
#define ON_A_SERVER

#include "tests/support/test.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/store.h"
#include "tests/support/postgres_server.h"

/* Of what is left out nothing is called. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#endif

static struct postgres_server server;
static PGconn *asked_past; /* crawl, all questions of a program */
static unsigned schema_number;

/* ---- what is asked of a writer waits for what was written ---- */

static inline int settle_all(struct store *store)
{
	if (store_commit(store))
		return -1;
	return store_settle(store, -1) == 1 ? 0 : -1;
}

static inline struct store *settled(struct store *store)
{
	if (!store_has_failed(store))
		settle_all(store);
	return store;
}

static inline int end_run_settled(struct store *store, const char *how)
{
	return store_end_run(store, how) || store_settle(store, -1) != 1 ? -1 : 0;
}

#define WAITS_MAX 100
#define WAIT_MS   50

static inline int wait_a_turn(struct store *store)
{
	struct store_wait waits[STORE_WAITS_MAX];
	struct pollfd polled[STORE_WAITS_MAX];
	size_t count = store_get_waits(store, waits);
	struct timespec now;
	int64_t due;

	for (size_t i = 0; i < count; i++)
		polled[i] = (struct pollfd){ waits[i].fd, POLLIN, 0 };
	for (size_t i = 0; i < count; i++)
		if (waits[i].wants_to_write)
			polled[i].events |= POLLOUT;
	if (store_commit(store))
		return -1;
	poll(polled, count, WAIT_MS);
	clock_gettime(CLOCK_BOOTTIME, &now);
	return store_turn(store, now.tv_sec * 1000 + now.tv_nsec / 1000000, &due);
}

static inline int url_waited(struct store *store, struct store_key key, struct store_target *target)
{
	int got = 0;

	for (int i = 0; i < WAITS_MAX && (got = store_url(store, key, target)) == 0; i++)
		if (wait_a_turn(store))
			return -1;
	return got;
}

#define store_commit(store)                settle_all(store)
#define store_end_run(store, how)          end_run_settled(store, how)
#define store_url(store, key, target)      url_waited(store, key, target)
#define store_find_url(store, url, key)    store_find_url(settled(store), url, key)
#define store_get_totals(store, totals)    store_get_totals(settled(store), totals)
#define store_get_last_run(store, last)    store_get_last_run(settled(store), last)
#define store_get_kept(store, after, kept) store_get_kept(settled(store), after, kept)
#define store_query(store, sql, function, context) \
	store_query(settled(store), sql, function, context)

/* ---- what SQLite has, and these tests ask for ---- */

static const char functions[] =
	"CREATE SCHEMA sqlite; SET search_path = sqlite;"
	"CREATE FUNCTION join_texts(text, text, text) RETURNS text LANGUAGE sql AS $$"
	" SELECT CASE WHEN $1 IS NULL THEN $2 WHEN $2 IS NULL THEN $1 ELSE $1 || $3 || $2 END $$;"
	"CREATE FUNCTION join_texts(text, text) RETURNS text LANGUAGE sql AS $$"
	" SELECT sqlite.join_texts($1, $2, ',') $$;"
	"CREATE AGGREGATE group_concat(text) (sfunc = join_texts, stype = text);"
	"CREATE AGGREGATE group_concat(text, text) (sfunc = join_texts, stype = text);"
	"CREATE FUNCTION add(float8, numeric) RETURNS float8 LANGUAGE sql AS $$"
	" SELECT $1 + coalesce($2, 0)::float8 $$;"
	"CREATE AGGREGATE total(numeric) (sfunc = add, stype = float8, initcond = '0');"
	"CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql AS $$"
	" SELECT upper(encode($1, 'hex')) $$;"
	"CREATE FUNCTION hex(text) RETURNS text LANGUAGE sql AS $$"
	" SELECT upper(encode(convert_to($1, 'UTF8'), 'hex')) $$;"
	"CREATE FUNCTION typeof(anyelement) RETURNS text LANGUAGE sql AS $$"
	" SELECT CASE WHEN $1 IS NULL THEN 'null' ELSE CASE pg_typeof($1)::text"
	" WHEN 'bytea' THEN 'blob' WHEN 'bigint' THEN 'integer' WHEN 'double precision' THEN 'real'"
	" ELSE pg_typeof($1)::text END END $$;"
	"CREATE FUNCTION pragma_table_info(text) RETURNS TABLE (cid bigint, name text) LANGUAGE sql"
	" AS $$ SELECT a.attnum - 1, a.attname::text FROM pg_attribute a JOIN pg_class c"
	" ON c.oid = a.attrelid WHERE c.relnamespace = current_schema()::regnamespace"
	" AND lower(c.relname) = lower($1) AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY a.attnum $$;"
	"CREATE FUNCTION pragma_index_info(text) RETURNS TABLE (name text) LANGUAGE sql AS $$"
	" SELECT json_array_elements_text(col_description(c.oid, a.attnum)::json)"
	" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
	" WHERE c.relnamespace = current_schema()::regnamespace"
	" AND c.relname = replace($1, 'crawl_key_', 'crawl_rows_') AND a.attname = 'row key' $$;"
	"CREATE VIEW sqlite_schema AS SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN"
	" 'view' WHEN 'i' THEN 'index' END AS type, relname::text AS name FROM pg_class"
	" WHERE relkind IN ('r', 'v', 'i') AND relnamespace = current_schema()::regnamespace;";

/* Returns 0, or 1 with the complaint on standard error. */
static int run_past(const char *sql)
{
	PGresult *result = PQexec(asked_past, sql);
	ExecStatusType status = PQresultStatus(result);
	bool is_fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!is_fine)
		fprintf(stderr, "%s", PQresultErrorMessage(result));
	PQclear(result);
	return is_fine ? 0 : 1;
}

static int start_server(void **state)
{
	(void)state;
	if (postgres_server_start(&server, NULL))
		return -1;
	asked_past = PQconnectdb(postgres_server_uri(&server, NULL));
	return run_past("SET client_min_messages = warning") || run_past(functions) ? -1 : 0;
}

static int stop_server(void **state)
{
	(void)state;
	PQfinish(asked_past);
	postgres_server_stop(&server);
	return 0;
}

/* A schema for each test: where a crawl is kept there. */
static const char *next_path(void)
{
	char name[32], sql[128];

	snprintf(name, sizeof(name), "test-%u", ++schema_number);
	snprintf(sql, sizeof(sql), "SET search_path = \"%s\", sqlite", name);
	return run_past(sql) ? NULL : postgres_server_uri(&server, name);
}

/* ---- asking it ---- */

#define TYPE_BOOL  16
#define TYPE_BYTEA 17
#define TYPE_REAL  701

/* A value as SQLite shows it. */
static size_t show_value(char *out, size_t size, const PGresult *result, int row, int column)
{
	const char *value = PQgetvalue(result, row, column);
	size_t bytes;
	int used;

	if (PQgetisnull(result, row, column))
		return (size_t)snprintf(out, size, "%s", "");
	if (PQftype(result, column) == TYPE_BOOL)
		return (size_t)snprintf(out, size, "%d", *value == 't');
	if (PQftype(result, column) == TYPE_REAL)
		return (size_t)snprintf(out, size, "%s%s", value,
					strpbrk(value, ".eIN") ? "" : ".0");
	if (PQftype(result, column) == TYPE_BYTEA) {
		unsigned char *raw = PQunescapeBytea((const unsigned char *)value, &bytes);

		used = snprintf(out, size, "%.*s", (int)bytes, (const char *)raw);
		PQfreemem(raw);
		return (size_t)used;
	}
	return (size_t)snprintf(out, size, "%s", value);
}

static const char *ask(const char *sql)
{
	static char answer[65536];
	PGresult *result = PQexec(asked_past, sql);
	size_t used = 0;

	answer[0] = '\0';
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		snprintf(answer, sizeof(answer), "%s", PQresultErrorMessage(result));
	for (int row = 0; row < PQntuples(result); row++)
		for (int i = 0; i < PQnfields(result) && used < sizeof(answer); i++) {
			if (i || row)
				answer[used++] = i ? '|' : '\n';
			used += show_value(answer + used, sizeof(answer) - used, result, row, i);
		}
	PQclear(result);
	return answer;
}

/* Change it behind the store's back. */
static int change(const char *file, const char *sql)
{
	(void)file;
	return run_past(sql);
}

/* ---- running them ---- */

static void is_of_the_file(void **state)
{
	print_message("left out: %s\n", (const char *)*state);
	skip();
}

#undef RUN_TESTS
#define RUN_TESTS(tests)                                                               \
	(!postgres_server_is_there()                                                   \
		 ? 0                                                                   \
		 : (alarm(TEST_SECONDS_MAX),                                           \
		    getenv("TEST") ? cmocka_set_test_filter(getenv("TEST")) : (void)0, \
		    cmocka_run_group_tests(tests, start_server, stop_server)))

#endif
