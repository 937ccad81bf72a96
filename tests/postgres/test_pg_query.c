#include "tests/support/test.h"

#include <errno.h>
#include <libpq-fe.h>

#include "crawler/base/clock.h"
#include "store/postgres/reads.h"
#include "tests/support/postgres_server.h"
#include "tests/support/store_help.h"

/* A user's SQL, and looks, at a server. */
static struct postgres_server server;
static struct store *store;

static const char setup_sql[] =
	"INSERT INTO runs (id, started_at, ended_at, ended, pid, command_line)"
	" VALUES (1, '2024-02-29T23:00:00.000Z', '2024-02-29T23:00:01.000Z', 'finished', 1, "
	"'crawl');"
	"INSERT INTO hosts (id, origin) VALUES (1, 'http://a'), (2, 'http://b');"
	"INSERT INTO urls (id, url, host_id, root, depth, kind, lane)"
	" SELECT i, 'http://a/' || i, 1, i, 0, 0, 0 FROM generate_series(1, 3000) i;"
	"INSERT INTO crawl_cookies (domain, path, name, value, is_secure, is_http_only)"
	" VALUES ('a', '/', 'n', 'secret', 0, 0);"
	"CREATE VIEW mine AS SELECT name FROM crawl_cookies;"
	"CREATE VIEW ours AS SELECT * FROM mine;"
	"CREATE TABLE crawl_rows_Films (\"row page\" bigint, \"row n\" int, \"row key\" uuid, "
	"title text,"
	" data text);"
	"COMMENT ON COLUMN crawl_rows_Films.data IS 'json';"
	"CREATE VIEW Films AS SELECT 1 AS n, title, data FROM crawl_rows_Films;"
	"INSERT INTO crawl_rows_Films VALUES (1, 1, NULL, 'é', '{\"a\":1}');"
	"CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS"
	" 'BEGIN INSERT INTO hosts (id, origin) VALUES (9, ''x''); RETURN 1; END';"
	"ANALYZE";

static int start(void **state)
{
	(void)state;
	if (!postgres_server_is_there())
		return 0;
	if (postgres_server_start(&server, NULL))
		return -1;
	store_close(store_open(postgres_server_uri(&server, NULL), false, &error));
	assert_string_equal(postgres_server_ask(&server, NULL, setup_sql), "");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	postgres_server_stop(&server);
	return 0;
}

static int open_reader(void **state)
{
	(void)state;
	if (server.pid == 0)
		return 0;
	store = store_open_read(postgres_server_uri(&server, NULL), &error);
	return store ? 0 : -1;
}

static int close_reader(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	return 0;
}

struct told {
	char text[4000];
	size_t size;
	unsigned rows, rows_max;
};

/* "column=kind:value ..." */
static int on_row(void *context, const struct store_answer *row)
{
	static const char *const kinds[] = { "null", "text", "integer", "real", "blob", "json" };
	struct told *told = context;

#define TELL(...)      \
	(told->size += \
	 (size_t)snprintf(told->text + told->size, sizeof(told->text) - told->size, __VA_ARGS__))
	for (size_t i = 0; i < row->column_count && told->size < sizeof(told->text) - 200; i++) {
		const struct store_value *value = row->values ? &row->values[i] : NULL;

		TELL("%s%s", i || told->rows ? " " : "", row->columns[i]);
		if (!value)
			continue;
		TELL("=%s:", kinds[value->kind]);
		if (value->kind == STORE_INTEGER)
			TELL("%lld", (long long)value->integer);
		else if (value->kind == STORE_REAL)
			TELL("%g", value->real);
		else
			TELL("%.*s", (int)value->text.size, value->text.at ? value->text.at : "");
	}
#undef TELL
	told->rows++;
	return told->rows == told->rows_max ? -1 : 0;
}

/* What it answers, or its complaint. */
static const char *query(const char *sql)
{
	static struct told told;

	told = (struct told){ .size = 0 };
	return store_query(store, sql, on_row, &told) == 0 ? told.text : store_error(store)->text;
}

static void values_of_any_type_are_shown(void **state)
{
	static const struct {
		const char *sql, *answer;
	} rows[] = {
		{ "SELECT 1 AS a, 'é' AS b, NULL AS c", "a=integer:1 b=text:é c=null:" },
		{ "SELECT 1::int2 AS a, 9223372036854775807 AS b, 3::oid AS c",
		  "a=integer:1 b=integer:9223372036854775807 c=integer:3" },
		{ "SELECT true AS a, false AS b", "a=integer:1 b=integer:0" },
		{ "SELECT 1.5::float4 AS a, 2::float8 AS b", "a=real:1.5 b=real:2" },
		{ "SELECT 1.50 AS a, 7::numeric AS b, 1e30::numeric AS c, 'NaN'::numeric AS d",
		  "a=real:1.5 b=integer:7 c=text:1000000000000000000000000000000 d=text:NaN" },
		{ "SELECT 'Infinity'::float8 AS a, '-Infinity'::float8 AS b",
		  "a=text:Infinity b=text:-Infinity" },
		{ "SELECT sum(i) AS a, avg(i) AS b FROM generate_series(1, 2) i",
		  "a=integer:3 b=real:1.5" },
		{ "SELECT '\\x4142'::bytea AS a, ''::bytea AS b", "a=blob:AB b=blob:" },
		{ "SELECT '{\"a\": 1}'::json AS a, '[2]'::jsonb AS b",
		  "a=json:{\"a\": 1} b=json:[2]" },
		{ "SELECT '2024-02-29 23:59:59.999+01'::timestamptz AS a",
		  "a=text:2024-02-29T22:59:59.999Z" },
		{ "SELECT '2024-02-29 23:59:59'::timestamp AS a, date '2024-02-29' AS b",
		  "a=text:2024-02-29T23:59:59 b=text:2024-02-29" },
		{ "SELECT 'infinity'::timestamptz AS a", "a=text:infinity" },
		{ "SELECT '10000-01-01 00:00Z'::timestamptz AS a, date '0044-03-15 BC' AS b",
		  "a=text:10000-01-01T00:00:00Z b=text:0044-03-15 BC" },
		{ "SELECT 1 AS hello_export, 2 AS pg_readiness",
		  "hello_export=integer:1 pg_readiness=integer:2" },
		{ "SELECT f.ts_state FROM (SELECT 1 AS ts_state) f", "ts_state=integer:1" },
		{ "SELECT 'dblink' AS a, 'it''s lo_export(' AS \"'\"",
		  "a=text:dblink '=text:it's lo_export(" },
		{ "SELECT ARRAY[1,2] AS a, '1 day'::interval AS b, '::1'::inet AS c",
		  "a=text:{1,2} b=text:1 day c=text:::1" },
		{ "SELECT title, data, n FROM films",
		  "title=text:é data=json:{\"a\":1} n=integer:1" },
		{ "SELECT f.data AS x FROM (SELECT data FROM crawl_rows_films) f",
		  "x=json:{\"a\":1}" },
		{ "SELECT data || '' AS x FROM films", "x=text:{\"a\":1}" },
		{ "SELECT 1 AS a WHERE false", "a" },
		{ "SELECT $1::int AS a, $2 AS b", "a=null: b=null:" },
		{ "VALUES (1), (2);", "column1=integer:1 column1=integer:2" },
		{ "  -- so\n /* a /* b */ ; */ SELECT 1 AS a; -- end", "a=integer:1" },
		{ "SHOW transaction_read_only", "transaction_read_only=text:on" },
		{ "SELECT count(*) AS n FROM pages", "n=integer:3000" },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(query(rows[i].sql), rows[i].answer);
}

#define NO_FUNCTIONS                                                                  \
	"functions that change the server, read its files, or run a text as SQL are " \
	"not for queries"

static void what_is_no_query_is_refused(void **state)
{
	static const struct {
		const char *sql, *answer;
	} rows[] = {
		{ "", STORE_NO_SQL },
		{ " -- nothing\n;; /* here */ ", STORE_NO_SQL },
		{ "SELECT 1; SELECT 2", STORE_ONE_AT_A_TIME },
		{ "COMMIT; DELETE FROM hosts", STORE_ONE_AT_A_TIME },
		{ "COMMIT", STORE_ONLY_QUERIES },
		{ "/* SELECT */ ROLLBACK", STORE_ONLY_QUERIES },
		{ "SET transaction_read_only = off", STORE_ONLY_QUERIES },
		{ "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", STORE_ONLY_QUERIES },
		{ "DELETE FROM hosts", STORE_ONLY_QUERIES },
		{ "DELETE FROM hosts RETURNING id", STORE_ONLY_QUERIES },
		{ "WITH d AS (DELETE FROM hosts RETURNING id) SELECT * FROM d",
		  STORE_ONLY_QUERIES },
		{ "EXPLAIN ANALYZE DELETE FROM hosts", STORE_ONLY_QUERIES },
		{ "SELECT id FROM hosts FOR UPDATE", STORE_ONLY_QUERIES },
		{ "SELECT writes()", STORE_ONLY_QUERIES },
		{ "SELECT id INTO x FROM hosts", STORE_ONLY_QUERIES },
		{ "CREATE TABLE x (a int)", STORE_ONLY_QUERIES },
		{ "COPY (SELECT 1) TO STDOUT", STORE_ONLY_QUERIES },
		{ "DO 'BEGIN DELETE FROM hosts; END'", STORE_ONLY_QUERIES },
		{ "LISTEN x", STORE_ONLY_QUERIES },
		{ "PREPARE x AS SELECT 1", STORE_ONLY_QUERIES },
		{ "DEALLOCATE ALL", STORE_ONLY_QUERIES },
		{ "SELECT * FROM crawl_cookies", STORE_NO_COOKIES },
		{ "SELECT name FROM CRAWL_cookies LIMIT 0", STORE_NO_COOKIES },
		{ "TABLE crawl.crawl_cookies", STORE_NO_COOKIES },
		{ "SELECT * FROM U&\"crawl\\005fcookies\"", STORE_NO_COOKIES },
		{ "SELECT * FROM mine", STORE_NO_COOKIES },
		{ "SELECT (SELECT count(*) FROM ours)", STORE_NO_COOKIES },
		{ "EXPLAIN SELECT * FROM ours", "" },
		{ "SELECT most_common_vals FROM pg_stats", STORE_NO_COOKIES },
		{ "SELECT query_to_xml('SELECT * FROM crawl_' || 'cookies', true, true, '')",
		  NO_FUNCTIONS },
		{ "SELECT query_to_xml_and_xmlschema('SELECT pg_advisory_lock(1)', true, true, '')",
		  NO_FUNCTIONS },
		{ "SELECT schema_to_xmlschema('crawl', true, true, '')", NO_FUNCTIONS },
		{ "SELECT * FROM pg_read_file('/etc/passwd')", NO_FUNCTIONS },
		{ "SELECT lo_export(1, '/tmp/x')", NO_FUNCTIONS },
		{ "SELECT pg_terminate_backend(pid) FROM pg_stat_activity", NO_FUNCTIONS },
		{ "SELECT pg_catalog.pg_advisory_lock(1)", NO_FUNCTIONS },
		{ "SELECT lo_export /* /* ( */ */ -- so\n (1, '/tmp/x')", NO_FUNCTIONS },
		{ "SELECT f.ts_stat FROM concat('SELECT to_tsvector(value) FROM crawl_',"
		  " 'cookies') f",
		  NO_FUNCTIONS },
		{ "SELECT (pid).pg_terminate_backend FROM pg_stat_activity", NO_FUNCTIONS },
		{ "SELECT U&\"ts!005fstat\" UESCAPE '!' ('SELECT 1')", NO_FUNCTIONS },
		{ "SELECT 'it''s', lo_export(1, '/tmp/x')", NO_FUNCTIONS },
		{ "SELECT 1 AS \"'\", lo_export(1, '/tmp/x'), '' AS \"'\"", NO_FUNCTIONS },
		{ "SELECT E'\\'', lo_export(1, '/tmp/x'), E'\\''", NO_FUNCTIONS },
		{ "SELECT $$'$$, lo_export(1, '/tmp/x'), $$'$$", NO_FUNCTIONS },
		{ "SELECT /* ' */ lo_export(1, '/tmp/x') -- '", NO_FUNCTIONS },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].answer[0])
			assert_string_equal(query(rows[i].sql), rows[i].answer);
		else
			assert_null(strstr(query(rows[i].sql), "secret"));
		assert_false(store_has_failed(store));
		assert_string_equal(query("SELECT count(*) AS n FROM hosts"), "n=integer:2");
	}
}

/* What a query sets goes with it. */
static void settings_do_not_stay(void **state)
{
	NEEDS_SERVER();
	query("SELECT set_config('search_path', 'pg_catalog', false)");
	query("SELECT set_config('default_transaction_read_only', 'off', false)");
	assert_string_equal(query("SELECT set_config('transaction_read_only', 'off', false)"),
			    "transaction read-write mode must be set before any query");
	assert_string_equal(query("SELECT count(*) AS n FROM hosts"), "n=integer:2");
	assert_string_equal(query("SHOW default_transaction_read_only"),
			    "default_transaction_read_only=text:on");
}

static void an_error_has_its_line_and_a_caret(void **state)
{
	static const struct {
		const char *sql, *line, *shown;
	} rows[] = {
		{ "SELECT colour FROM hosts", "column \"colour\" does not exist",
		  "\n  SELECT colour FROM hosts\n         ^" },
		{ "SELECT 'é漢',\n\t'ü', colour\nFROM hosts", "column \"colour\" does not exist",
		  "\n   'ü', colour\n        ^" },
		{ "SELEC 1", "syntax error at or near \"SELEC\"", "\n  SELEC 1\n  ^" },
		{ "SELECT (", "syntax error at end of input", "\n  SELECT (\n          ^" },
		{ "SELECT 1/0", "division by zero", "" },
		{ "SELECT 'ü' || lenght('x')", "function lenght(unknown) does not exist",
		  "\n  SELECT 'ü' || lenght('x')\n                ^" },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *said = query(rows[i].sql);

		assert_memory_equal(said, rows[i].line, strlen(rows[i].line));
		assert_string_equal(said + strlen(said) - strlen(rows[i].shown), rows[i].shown);
	}
}

static void a_table_that_is_not_there_is_named(void **state)
{
	static const struct {
		const char *sql, *name;
	} rows[] = {
		{ "SELECT * FROM page", "page" },
		{ "SELECT * FROM Page p JOIN urls u ON true", "page" },
		{ "SELECT * FROM \"Pa\"\"ge\"", "Pa\"ge" },
		{ "SELECT 'ü', * FROM crawl . \"Größe\"", "Größe" },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_non_null(strstr(query(rows[i].sql), " has no table "));
		assert_string_equal(store_missing_table(store), rows[i].name);
	}
	query("SELECT 1");
	assert_string_equal(store_missing_table(store), "");
	assert_int_equal(store_query_table(store, "no such", on_row, NULL), -1);
	assert_string_equal(store_missing_table(store), "no such");
	assert_int_equal(store_query_table(store, "crawl_cookies", on_row, NULL), -1);
	assert_string_equal(store_error(store)->text, STORE_NO_COOKIES);
}

/* Rows that came before are not those of the next query. */
static void a_query_may_fail_after_its_first_rows(void **state)
{
	struct told told = { .size = 0 };

	NEEDS_SERVER();
	assert_int_equal(store_query(store, "SELECT 6 / (3 - i) AS a FROM generate_series(1, 5) i",
				     on_row, &told),
			 -1);
	assert_string_equal(told.text, "a=integer:3 a=integer:6");
	assert_string_equal(store_error(store)->text, "division by zero");
	assert_string_equal(query("SELECT 1 AS a"), "a=integer:1");
}

/* Whoever ends does not leave the server at work. */
static void the_server_looks_whether_a_reader_is_there(void **state)
{
	NEEDS_SERVER();
	if (strcmp(query("SHOW client_connection_check_interval"),
		   "client_connection_check_interval=text:1s") != 0)
		assert_non_null(strstr(query("SHOW server_version_num"), "text:13"));
}

static void who_has_seen_enough_of_a_query_gets_no_more(void **state)
{
	struct told told = { .rows_max = 2 };

	NEEDS_SERVER();
	assert_int_equal(
		store_query(store, "SELECT generate_series(1, 2000000000) AS i", on_row, &told), 0);
	assert_string_equal(told.text, "i=integer:1 i=integer:2");
	assert_string_equal(query("SELECT 1 AS a"), "a=integer:1");
}

/* ---- looks ---- */

#define ENDLESS                                                                          \
	"SELECT count(*) FROM generate_series(1, 10000) a, generate_series(1, 10000) b," \
	" generate_series(1, 10000) c"

static void what_has_no_end_ends_in_its_time(void **state)
{
	NEEDS_SERVER();
	assert_int_equal(store_begin_look(store, 50), 0);
	query(ENDLESS);
	assert_true(store_is_late(store));
	assert_string_not_equal(query("SELECT 1 AS a"), "a=integer:1");
	store_set_read_budget(store, 5000);
	assert_false(store_is_late(store));
	assert_string_equal(query("SELECT 1 AS a"), "a=integer:1");
	assert_int_equal(
		store_report(store, STORE_REPORT_RUN, NULL, on_row, &(struct told){ .size = 0 }),
		0);
	assert_false(store_end_look(store));
	assert_false(store_has_failed(store));
	assert_string_equal(query("SELECT count(*) AS n FROM hosts"), "n=integer:2");
}

/* Also where nobody has asked anything: time is counted here. */
static void a_look_that_is_over_asks_no_more(void **state)
{
	struct store_url_filter all = { .has_state = false };
	struct store_range range = { .count = 10 };
	struct store_listed listed;

	NEEDS_SERVER();
	assert_int_equal(store_begin_look(store, 1), 0);
	while (!store_is_late(store))
		continue;
	assert_int_equal(store_report(store, STORE_REPORT_RUN, NULL, on_row, NULL), -1);
	assert_int_equal(store_find_urls(store, &all, &range, NULL, NULL, &listed), 0);
	assert_false(listed.is_at_end);
	assert_int_equal(listed.looked_at, 0);
	assert_true(store_end_look(store));
	assert_false(store_has_failed(store));
	assert_false(store_end_look(store));
	assert_string_equal(query("SELECT count(*) AS n FROM hosts"), "n=integer:2");
}

static void a_look_is_of_one_moment(void **state)
{
	NEEDS_SERVER();
	assert_int_equal(store_begin_look(store, 60000), 0);
	assert_string_equal(query("SELECT count(*) AS n FROM rejects"), "n=integer:0");
	postgres_server_ask(&server, NULL, "INSERT INTO rejects VALUES ('a', 1, 'b', 'c')");
	assert_string_equal(query("SELECT count(*) AS n FROM rejects"), "n=integer:0");
	query("SELECT 1/0");
	assert_string_equal(query("SELECT count(*) AS n FROM rejects"), "n=integer:0");
	assert_false(store_end_look(store));
	assert_string_equal(query("SELECT count(*) AS n FROM rejects"), "n=integer:1");
}

/* A report of cookies says no values, and a query after it is refused for its own sake alone. */
static void a_look_at_cookies_does_not_spoil_a_query(void **state)
{
	struct told told = { .size = 0 };

	NEEDS_SERVER();
	assert_int_equal(store_begin_look(store, 60000), 0);
	assert_int_equal(store_report(store, STORE_REPORT_COOKIES,
				      &(struct store_about){ .status = 0 }, on_row, &told),
			 0);
	assert_null(strstr(told.text, "secret"));
	assert_string_equal(query("SELECT 1 AS a"), "a=integer:1");
	assert_string_equal(query("SELECT * FROM mine"), STORE_NO_COOKIES);
	assert_false(store_end_look(store));
}

static int on_url(void *context, const struct store_found_url *url)
{
	(void)url;
	++*(unsigned *)context;
	return 0;
}

/* A list that finds nothing says how far it came, and goes on from there. */
static void a_long_list_is_gone_through_in_blocks(void **state)
{
	struct store_url_filter rare = { .text = SLICE("a/2999") };
	struct store_range range = { .count = 10, .is_oldest_first = true };
	struct store_listed listed;
	unsigned found = 0;

	NEEDS_SERVER();
	assert_int_equal(store_find_urls(store, &rare, &range, on_url, &found, &listed), 0);
	assert_int_equal(found, 1);
	assert_int_equal(listed.looked_at, 3000);
	assert_int_equal(listed.place, 3000);
	assert_true(listed.is_at_end);
}

static int on_shown(void *context, const struct store_shown_row *row)
{
	unsigned *count = context;

	if (row->page.number == 9)
		assert_int_equal(row->number, ++*count);
	return *count == 450 ? -1 : 0;
}

/* A page's rows are read some at a time: who has seen enough does not wait for all. */
static void a_large_page_is_shown_from_its_first_row_on(void **state)
{
	unsigned count = 0;

	NEEDS_SERVER();
	postgres_server_ask(&server, NULL,
			    "INSERT INTO crawl_rows_films SELECT 9, i, NULL, 'x', NULL"
			    " FROM generate_series(1, 500) i");
	assert_int_equal(store_each_newest_row(store, "films", on_shown, &count), 0);
	assert_int_equal(count, 450);
	postgres_server_ask(&server, NULL, "DELETE FROM crawl_rows_films WHERE \"row page\" = 9");
}

static void a_crawl_that_began_over_is_another(void **state)
{
	NEEDS_SERVER();
	assert_true(store_is_current(store));
	postgres_server_ask(&server, NULL, "UPDATE crawl_meta SET secret = secret + 1");
	assert_false(store_is_current(store));
	postgres_server_ask(&server, NULL, "UPDATE crawl_meta SET secret = secret - 1");
	assert_true(store_is_current(store));
}

/* ---- what several nodes wrote ---- */

/* Of one report, with what a query answers; row by row. */
static const char *report(enum store_report which)
{
	static struct told told;

	told = (struct told){ .size = 0 };
	if (store_report(store, which, &(struct store_about){ .to_run = 7 }, on_row, &told) != 0)
		return store_error(store)->text;
	return told.text;
}

/* clang-format off */
static const char nodes_sql[] =
	"INSERT INTO runs (id, started_at, pid, pass) VALUES (7, '2024-03-01T00:00:00.000Z', 1, 1);"
	"INSERT INTO crawl_counts VALUES (7, 1, 'type', 'a', 5), (7, 2, 'type', 'a', 6),"
	" (7, 2, 'type', 'b', 20);"
	"INSERT INTO crawl_histograms VALUES (7, 1, 'size', 3, 1), (7, 2, 'size', 3, 2);"
	"INSERT INTO crawl_proxies VALUES (7, 1, 'p', 5, 1, 1, '2999-01-01T00:00:00.000Z', 'x'),"
	" (7, 2, 'p', 6, 3, 0, NULL, 'y'), (7, 3, 'p', 1, 9, 0, NULL, NULL);"
	"INSERT INTO crawl_examples VALUES (7, 1, 'slowest', '', 1, 1, 900), (7, 1, 'slowest', '', 2, 2, 700),"
	" (7, 2, 'slowest', '', 1, 3, 950), (7, 2, 'slowest', '', 2, 4, 100);"
	/* The strip of one is in steps of 1 s, that of the other in steps of 2 s. */
	"INSERT INTO crawl_run_hosts VALUES"
	" (7, 1, 1, 10, 1, 100, 500, 1, 2, 0, 900, 1000, '\\x0102030405060708'),"
	" (7, 2, 1, 20, 2, 200, 500, 3, 4, 50, 9000, 2000, '\\x0a000000000000ff'),"
	" (7, 2, 2, 1, 0, 1, 1, 1, 1, 1, 1, 1000, '\\x00ff');"
	/* The second node came at 2 s; the first was gone after 3 s, the second writes each 2 s. */
	"INSERT INTO crawl_samples SELECT 7, 1, i * 1000, i * 10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, i, 0, 0"
	"  FROM generate_series(0, 3) i;"
	"INSERT INTO crawl_samples SELECT 7, 2, i * 2000, i * 100, 0, 0, 0, 0, 2, 0, 0, 0, 0, 7, i / 5, i, 0, 0"
	"  FROM generate_series(1, 5) i;"
	"INSERT INTO crawl_nodes (id, run, name, pid, joined_at, lease_until, is_seeding, idle_at, in_flight, queued)"
	" VALUES (1, 7, 'one', 11, '2024-03-01T00:00:00Z', clock_timestamp() + interval '1 hour', false, 3, 4, 5),"
	" (2, 7, 'two', 12, '2024-03-01T00:00:01Z', clock_timestamp() - interval '1 hour', false, 3, 0, 0),"
	" (3, 7, 'three', 13, '2024-03-01T00:00:02Z', clock_timestamp() + interval '1 hour', true, NULL, 0, 0),"
	" (4, NULL, 'alone', 14, '2024-03-01T00:00:03Z', clock_timestamp() + interval '1 hour', true, NULL, 0, 0);"
	"UPDATE crawl_shares SET node = share % 2 + 1 WHERE share < 10;"
	"INSERT INTO crawl_batches (node, n, token, pages, rows, at) VALUES (1, 2, 0, 5, 5, clock_timestamp()),"
	" (1, 4, 0, 15, 5, clock_timestamp()), (1, 1, 0, 99, 9, clock_timestamp() - interval '1 minute'),"
	" (2, 3, 0, 0, 0, clock_timestamp() - interval '1 minute')";
/* clang-format on */

static void what_nodes_wrote_is_added_up(void **state)
{
	static const struct {
		enum store_report report;
		const char *answer;
	} rows[] = {
		{ STORE_REPORT_COUNTS, "what=text:type value=text:b pages=integer:20"
				       " what=text:type value=text:a pages=integer:11" },
		{ STORE_REPORT_HISTOGRAMS, "what=text:size bucket=integer:3 pages=integer:3" },
		{ STORE_REPORT_PROXIES,
		  "proxy=text:p pages=integer:12 failures=integer:13 rests=integer:1"
		  " rests_until=text:2999-01-01T00:00:00.000Z error=text:y" },
	};

	NEEDS_SERVER();
	assert_string_equal(postgres_server_ask(&server, NULL, nodes_sql), "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(report(rows[i].report), rows[i].answer);
	assert_non_null(strstr(report(STORE_REPORT_EXAMPLES), "url=text:http://a/3 "));
	assert_non_null(strstr(report(STORE_REPORT_EXAMPLES), "url=text:http://a/1 "));
	assert_null(strstr(report(STORE_REPORT_EXAMPLES), "url=text:http://a/2 "));
}

static void strips_of_several_nodes_are_one(void **state)
{
	static const char wanted[] = { 0x0d, 7, 11, 15, 0, 0, 0, (char)0xff };
	struct told told = { .rows_max = 1 };
	const char *strip;

	NEEDS_SERVER();
	assert_int_equal(store_report(store, STORE_REPORT_RUN_HOSTS,
				      &(struct store_about){ .to_run = 7 }, on_row, &told),
			 0);
	assert_non_null(strstr(told.text, "pages=integer:30 failed=integer:3 bytes=integer:300"));
	assert_non_null(strstr(told.text, "p50_ms=real:3 p95_ms=real:4 first_ms=integer:0"
					  " last_ms=integer:9000 step_ms=integer:2000"));
	strip = strstr(told.text, "strip=blob:") + strlen("strip=blob:");
	assert_memory_equal(strip, wanted, 4);
}

/* At each time the last counters of all, and how things stood with those that were there. */
static void samples_of_several_nodes_are_one(void **state)
{
	static const struct {
		int at_ms, done, waits_delay, in_flight, is_paused;
	} rows[] = {
		{ 0, 0, 1, 5, 0 },       { 1000, 10, 1, 5, 0 },   { 2000, 120, 3, 12, 0 },
		{ 3000, 130, 3, 12, 0 }, { 4000, 230, 3, 12, 0 }, { 6000, 330, 2, 7, 0 },
		{ 8000, 430, 2, 7, 0 },  { 10000, 530, 2, 7, 1 },
	};
	const char *told, *at;

	NEEDS_SERVER();
	told = report(STORE_REPORT_SAMPLES);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[100];

		snprintf(wanted, sizeof(wanted), "at_ms=integer:%d done=integer:%d ", rows[i].at_ms,
			 rows[i].done);
		at = strstr(told, wanted);
		assert_non_null(at);
		snprintf(wanted, sizeof(wanted), "waits_delay=integer:%d ", rows[i].waits_delay);
		assert_true(strstr(at, wanted) && strstr(at, wanted) - at < 150);
		snprintf(wanted, sizeof(wanted), "in_flight=integer:%d is_paused=integer:%d ",
			 rows[i].in_flight, rows[i].is_paused);
		assert_true(strstr(at, wanted) && strstr(at, wanted) - at < 300);
	}
}

/* Who is of no run is not among them. */
static void nodes_are_shown_with_what_they_do(void **state)
{
	const char *told;

	NEEDS_SERVER();
	told = report(STORE_REPORT_NODES);
	assert_memory_equal(told,
			    "name=text:one pid=integer:11 since=text:2024-03-01T00:00:00.000Z"
			    " shares=integer:5 pages_per_s=real:2 in_flight=integer:4"
			    " queued=integer:5 late_ms=integer:0 state=text:works",
			    148);
	assert_non_null(strstr(told, "state=text:works lease_ms=integer:35"));
	assert_non_null(
		strstr(told, "state=text:idle lease_ms=integer:0 trouble=null: name=text:three"));
	assert_non_null(
		strstr(told, "late_ms=integer:0 state=text:reads lists lease_ms=integer:35"));
	assert_non_null(strstr(told, "late_ms=integer:36"));
	assert_null(strstr(told, "alone"));
}

/* ---- places of rows ---- */

static void a_place_is_a_row_and_in_the_order_of_rows(void **state)
{
	static const struct {
		struct store_key page;
		uint32_t number;
	} rows[] = {
		{ { 0, 1 }, 0 }, { { 0, 1 }, POSTGRES_ROWS_MAX - 1 },
		{ { 0, 2 }, 0 }, { { 0, (1u << 31) - 1 }, 7 },
		{ { 1, 1 }, 0 }, { { 4095, (1u << 31) - 1 }, POSTGRES_ROWS_MAX - 1 },
	};
	int64_t last = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t place = postgres_place_of(rows[i].page, rows[i].number);

		assert_true(place > last);
		assert_true(store_key_id(postgres_page_of(place)) == store_key_id(rows[i].page));
		assert_int_equal(postgres_row_of(place), rows[i].number);
		last = place;
	}
}

#define READER(test) cmocka_unit_test_setup_teardown(test, open_reader, close_reader)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READER(values_of_any_type_are_shown),
		READER(what_is_no_query_is_refused),
		READER(settings_do_not_stay),
		READER(an_error_has_its_line_and_a_caret),
		READER(a_table_that_is_not_there_is_named),
		READER(a_query_may_fail_after_its_first_rows),
		READER(the_server_looks_whether_a_reader_is_there),
		READER(who_has_seen_enough_of_a_query_gets_no_more),
		READER(what_has_no_end_ends_in_its_time),
		READER(a_look_that_is_over_asks_no_more),
		READER(a_look_is_of_one_moment),
		READER(a_look_at_cookies_does_not_spoil_a_query),
		READER(a_long_list_is_gone_through_in_blocks),
		READER(a_large_page_is_shown_from_its_first_row_on),
		READER(a_crawl_that_began_over_is_another),
		READER(what_nodes_wrote_is_added_up),
		READER(strips_of_several_nodes_are_one),
		READER(samples_of_several_nodes_are_one),
		READER(nodes_are_shown_with_what_they_do),
		cmocka_unit_test(a_place_is_a_row_and_in_the_order_of_rows),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
