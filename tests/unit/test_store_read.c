#include "tests/support/test.h"

#include "tests/support/store_help.h"
#include <signal.h>
#include <sys/wait.h>

/* A line for the header when there are no rows, else one a row; kinds shown by a letter. */
struct shown {
	char text[4096];
	int rows, limit;
};

static void show(struct shown *shown, const char *format, ...)
{
	size_t used = strlen(shown->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(shown->text + used, sizeof(shown->text) - used, format, arguments);
	va_end(arguments);
}

static int show_row(void *context, const struct store_answer *row)
{
	struct shown *shown = context;

	for (size_t i = 0; i < row->column_count; i++) {
		const struct store_value *value = row->values ? &row->values[i] : NULL;

		show(shown, "%s", i ? "," : "");
		if (!value)
			show(shown, "<%s>", row->columns[i]);
		else if (value->kind == STORE_NULL)
			show(shown, "null");
		else if (value->kind == STORE_INTEGER)
			show(shown, "i%lld", (long long)value->integer);
		else if (value->kind == STORE_REAL)
			show(shown, "r%g", value->real);
		else
			show(shown, "%c%.*s", value->kind == STORE_TEXT ? 't' : 'b',
			     (int)value->text.size, value->text.at);
	}
	show(shown, ";");
	return ++shown->rows == shown->limit ? -1 : 0;
}

/* A database with two films on one page, committed and closed. */
static int make_films(void **state)
{
	struct store *store;
	int table;

	if (make_folder(state))
		return -1;
	store = open_store();
	begin_run(store);
	table = store_put_table(store, &films);
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "one", 1.5);
	add_film(store, table, 1, 2, NULL, 2);
	close_page(store);
	store_end_run(store, "finished");
	store_close(store);
	return 0;
}

static struct store *open_read(void)
{
	struct store *store = store_open_read(path, &error);

	assert_string_equal(error.text, "");
	assert_non_null(store);
	return store;
}

/* ---- opening ---- */

static void what_cannot_be_read_is_refused(void **state)
{
	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_null(store_open_read(path, &error));
	assert_non_null(strstr(error.text, "No such file"));
	assert_null(store_open_read(folder, &error));
	assert_non_null(strstr(error.text, "is not a file"));

	fclose(fopen(path, "w"));
	assert_null(store_open_read(path, &error));
	assert_non_null(strstr(error.text, "is not a database of crawl"));
	change(path, "CREATE TABLE t (a)");
	assert_null(store_open_read(path, &error));
	assert_non_null(strstr(error.text, "is not a database of crawl"));
	unlink(path);
	FILE *file = fopen(path, "w");
	fprintf(file, "%0200d", 0);
	fclose(file);
	assert_null(store_open_read(path, &error));
	assert_non_null(strstr(error.text, "is not a SQLite database"));
}

static void a_reader_cannot_write(void **state)
{
	struct store *store = open_read();

	(void)state;
	assert_int_equal(try_url(store, "http://b/"), -1);
	assert_int_not_equal(store_error(store)->text[0], '\0');
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM urls"), "1");
}

static void a_reader_sees_what_was_committed_while_it_is_open(void **state)
{
	struct store *writer = open_store();
	struct store *reader = open_read();

	(void)state;
	add_url(writer, "http://b/");
	assert_int_equal(number_of(reader, "http://b/"), 0);
	assert_int_equal(store_commit(writer), 0);
	assert_int_equal(number_of(reader, "http://b/"), 2);
	assert_int_equal(store_idle(writer), 0);
	assert_int_equal(number_of(reader, "http://b/"), 2);
	store_close(reader);
	add_url(writer, "http://c/");
	assert_int_equal(store_commit(writer), 0);
	store_close(writer);
}

struct interleaved {
	struct store *writer;
	int rows;
};

static int write_meanwhile(void *context, const struct store_answer *row)
{
	struct interleaved *both = context;

	(void)row;
	both->rows++;
	add_url(both->writer, "http://more/");
	assert_int_equal(store_commit(both->writer), 0);
	assert_int_equal(store_idle(both->writer), 0); /* does not wait for the reader */
	return 0;
}

static void a_query_sees_one_state_while_another_is_written(void **state)
{
	struct store *reader;
	struct interleaved both = { .writer = open_store() };

	(void)state;
	for (int i = 0; i < 20; i++)
		add_url(both.writer, "http://b/");
	store_commit(both.writer);
	reader = open_read();
	assert_int_equal(store_query(reader, "SELECT url FROM urls", write_meanwhile, &both), 0);
	assert_int_equal(both.rows, 21);
	store_close(reader);
	store_close(both.writer);
	assert_string_equal(ask("SELECT count(*) FROM urls"), "42");
}

static void a_reader_can_be_asked_for_totals(void **state)
{
	struct store *store = open_read();
	struct store_totals totals;
	struct store_last_run last;

	(void)state;
	assert_int_equal(store_get_totals(store, &totals), 0);
	assert_int_equal(totals.done, 1);
	assert_int_equal(totals.rows, 2);
	assert_int_equal(store_get_last_run(store, &last), 0);
	assert_true(last.is_finished);
	store_close(store);
}

/* The writer dies without closing: its log has to be read, too. */
static void a_reader_sees_what_a_killed_writer_committed(void **state)
{
	struct store *store;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		store = store_open(path, false, &error);
		if (store && try_url(store, "http://b/") == 0 && store_commit(store) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	store = open_read();
	assert_int_equal(number_of(store, "http://b/"), 2);
	store_close(store);
}

/* ---- queries ---- */

static void a_query_hands_out_columns_and_rows(void **state)
{
	static const struct {
		const char *sql, *answer;
	} cases[] = {
		{ "SELECT * FROM films", "thttp://a/,i0,i1,tone,r1.5;thttp://a/,i1,i2,null,r2;" },
		{ "SELECT 1 AS a, '' AS c;  -- that is all\n ;", "i1,t;" },
		{ "SELECT rank AS r, title FROM films WHERE 1 = 0", "<r>,<title>;" },
		{ "WITH t(a) AS (VALUES (1), (2)) SELECT * FROM t", "i1;i2;" },
		{ "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
		  " SELECT max(i) FROM n",
		  "i3;" },
	};
	struct store *store = open_read();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shown shown = { .rows = 0 };

		assert_int_equal(store_query(store, cases[i].sql, show_row, &shown), 0);
		assert_string_equal(shown.text, cases[i].answer);
	}
	store_close(store);
}

static void what_sqlite_alone_has_may_be_asked(void **state)
{
	static const struct {
		const char *sql, *answer;
	} cases[] = {
		{ "SELECT x'6162' AS b", "bab;" },
		{ "SELECT rank AS r FROM films WHERE 0", "<r>;" },
		{ "PRAGMA user_version", "i7;" },
		{ "PRAGMA main.page_size", "i8192;" },
		{ "PRAGMA quick_check(1)", "tok;" },
		{ "SELECT name FROM pragma_table_info('crawl_rows_films') WHERE cid = 1",
		  "trank;" },
		{ "SELECT value FROM json_each('[7]')", "i7;" },
		{ "EXPLAIN QUERY PLAN SELECT 1", "i1,i0,i0,tSCAN CONSTANT ROW;" },
	};
	struct store *store = open_read();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shown shown = { .rows = 0 };

		assert_int_equal(store_query(store, cases[i].sql, show_row, &shown), 0);
		assert_string_equal(shown.text, cases[i].answer);
	}
	store_close(store);
}

/* Its statements are its own to end, whoever closes the database. */
static void an_index_of_words_is_asked(void **state)
{
	static const char sql[] = "CREATE VIRTUAL TABLE words USING fts5(title);"
				  "INSERT INTO words VALUES ('two words')";
	struct shown shown = { .rows = 0 };
	struct store *store;

	(void)state;
	if (change(path, sql) != SQLITE_OK)
		skip(); /* a library without it */
	store = open_read();
	assert_int_equal(store_query(store, "SELECT title FROM words('words')", show_row, &shown),
			 0);
	assert_string_equal(shown.text, "ttwo words;");
	store_close(store);
}

static void a_query_stops_when_it_is_told_to(void **state)
{
	struct store *store = open_read();
	struct shown shown = { .limit = 1 };

	(void)state;
	assert_int_equal(store_query(store, "SELECT n FROM films", show_row, &shown), 0);
	assert_int_equal(shown.rows, 1);
	store_close(store);
}

static void what_is_not_one_query_is_refused(void **state)
{
	char copy[100], attach[140], vacuum[140];
	const char *const statements[] = {
		"SELECT 1; SELECT 2",
		"SELECT 1; DROP TABLE urls",
		"SELECT 1; nonsense",
		"DELETE FROM urls",
		"INSERT INTO urls VALUES (1) RETURNING 1",
		"CREATE TABLE t (a)",
		"DROP VIEW pages",
		attach,
		"DETACH main",
		vacuum,
		"PRAGMA journal_mode = DELETE",
		"PRAGMA user_version = 2",
		"PRAGMA query_only = OFF",
		"PRAGMA query_only(0)",
		"PRAGMA writable_schema = ON",
		"PRAGMA wal_checkpoint",
		"PRAGMA optimize",
		"PRAGMA cache_size = 100000000",
		"PRAGMA temp_store_directory = '/tmp'",
		"PRAGMA hard_heap_limit = 1",
		"SELECT * FROM pragma_wal_checkpoint",
		"SELECT fts3_tokenizer('simple')",
		"SELECT fts3_tokenizer('simple', x'00')",
		"SELECT load_extension('libm.so.6')",
		"CREATE TEMP TABLE t AS SELECT 1",
		"CREATE TEMP VIEW v AS SELECT 1",
		"CREATE VIRTUAL TABLE temp.v USING fts5(a)",
		"UPDATE sqlite_schema SET sql = ''",
#ifndef ON_A_SERVER /* which only shows how it would */
		"EXPLAIN DELETE FROM urls",
#endif
		"WITH d AS (SELECT 1) DELETE FROM urls RETURNING 1",
		"SAVEPOINT s",
		"REINDEX",
		"ANALYZE",
		"BEGIN",
		"COMMIT",
		"",
		" ; -- nothing",
	};
	struct store *store = open_read();
	struct shown shown = { .rows = 0 };

	(void)state;
	snprintf(copy, sizeof(copy), "%s/copy.db", folder);
	snprintf(attach, sizeof(attach), "ATTACH '%s' AS other", copy);
	snprintf(vacuum, sizeof(vacuum), "VACUUM INTO '%s'", copy);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (store_query(store, statements[i], show_row, &shown) != -1)
			fail_msg("allowed: %s", statements[i]);
		assert_int_not_equal(store_error(store)->text[0], '\0');
	}
	assert_int_equal(shown.rows, 0);
	assert_int_equal(store_query(store, "SELECT 1", show_row, &shown), 0); /* still of use */
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM pages"), "1");
	assert_int_equal(access(copy, F_OK), -1);
}

/* The same through a writer, which SQLite itself would not hold back. */
static void a_writer_refuses_the_same_queries(void **state)
{
	struct store *store = open_store();
	struct shown shown = { .rows = 0 };

	(void)state;
	assert_int_equal(store_query(store, "DELETE FROM urls RETURNING 1", show_row, &shown), -1);
	assert_int_equal(store_query(store, "DROP VIEW pages", show_row, &shown), -1);
	assert_int_equal(store_query(store, "SELECT url FROM pages", show_row, &shown), 0);
	assert_string_equal(shown.text, "thttp://a/;");
	store_close(store);
}

static void an_error_of_sql_shows_its_place(void **state)
{
	static const struct {
		const char *sql, *shown;
	} cases[] = {
		{ "SELECT nope FROM films", "no such column: nope\n"
					    "  SELECT nope FROM films\n"
					    "         ^" },
		{ "SELECT 'ü' FORM x", "near \"x\": syntax error\n"
				       "  SELECT 'ü' FORM x\n"
				       "                  ^" },
		{ "SELECT *\n\tFROM films\n\tWHERE a + = 1\n", "near \"=\": syntax error\n"
							       "   WHERE a + = 1\n"
							       "             ^" },
		{ "SELECT (1", "incomplete input" },
	};
	struct store *store = open_read();
	struct shown shown;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(store_query(store, cases[i].sql, show_row, &shown), -1);
		assert_string_equal(store_error(store)->text, cases[i].shown);
	}
	store_close(store);
}

static void the_place_of_an_error_in_a_long_line_is_cut_out(void **state)
{
	static char sql[100000];
	struct store *store = open_read();
	struct shown shown;

	(void)state;
	memset(sql, ' ', sizeof(sql) - 1);
	memcpy(sql, "SELECT", 6);
	memcpy(sql + 50000, "nope", 4);
	memcpy(sql + sizeof(sql) - 7, "+ 1", 3);
	assert_int_equal(store_query(store, sql, show_row, &shown), -1);
	assert_true(strlen(store_error(store)->text) < 300);
	assert_string_equal(strrchr(store_error(store)->text, '\n') + 1 + 62, "^");
	store_close(store);
}

/* ---- tables by name ---- */

static void a_table_is_found_by_name_in_any_case(void **state)
{
	static const char *const names[] = { "films", "FILMS" };
	struct store *store = open_read();

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct shown shown = { .rows = 0 };

		assert_int_equal(store_query_table(store, names[i], show_row, &shown), 0);
		assert_int_equal(shown.rows, 2);
	}
	store_close(store);
}

static void an_unknown_table_is_named(void **state)
{
	static const char *const names[] = { "flims", "page", "PATTERN_STAT", "something_else",
					     "films\"; DROP TABLE urls; --" };
	struct store *store = open_read();
	struct shown shown = { .rows = 0 };
	char expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(expected, sizeof(expected), "%s has no table %s", path, names[i]);
		assert_int_equal(store_query_table(store, names[i], show_row, &shown), -1);
		assert_string_equal(store_error(store)->text, expected);
		assert_string_equal(store_missing_table(store), names[i]);
	}
	assert_int_equal(store_query_table(store, "", show_row, &shown), -1);
	assert_non_null(strstr(store_error(store)->text, " has no table "));
	store_close(store);
}

static void a_query_of_an_unknown_table_names_it(void **state)
{
	struct store *store = open_read();
	char expected[256];
	struct shown shown = { .rows = 0 };

	(void)state;
	snprintf(expected, sizeof(expected), "%s has no table flims", path);
	assert_int_equal(store_query(store, "SELECT * FROM flims", show_row, &shown), -1);
	assert_string_equal(store_error(store)->text, expected);
	assert_string_equal(store_missing_table(store), "flims");
	/* What fails for another reason is about no table. */
	assert_int_equal(store_query(store, "SELEC", show_row, &shown), -1);
	assert_string_equal(store_missing_table(store), "");
	store_close(store);
}

static int show_name(void *context, const char *name)
{
	struct shown *shown = context;

	show(shown, "%s ", name);
	return ++shown->rows == shown->limit ? -1 : 0;
}

#ifdef ON_A_SERVER
#define TABLES 14
#define NODES  "crawl_status_nodes "
#else
#define TABLES 13
#define NODES  ""
#endif

static void the_tables_for_users_are_the_contracts_and_the_patterns(void **state)
{
	struct store *store;

	(void)state;
	change(path, "CREATE VIEW mine AS SELECT 1; CREATE TABLE other (a integer)");
	store = open_read();
	for (int limit = 0; limit <= TABLES; limit++) {
		struct shown shown = { .limit = limit };

		assert_int_equal(store_each_table(store, show_name, &shown), 0);
		assert_int_equal(shown.rows, limit ? limit : TABLES);
		if (limit == 0)
			assert_string_equal(shown.text,
					    "pages runs hosts pattern_stats rejects gone tries "
					    "crawl_outcome_stats crawl_field_stats "
					    "crawl_stale crawl_seen crawl_history " NODES "films ");
	}
	store_close(store);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_films, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF_THE_FILE(what_cannot_be_read_is_refused, "files: test_pg_ground.c has schemas"),
		T(a_reader_cannot_write),
		T(a_reader_sees_what_was_committed_while_it_is_open),
		T(a_query_sees_one_state_while_another_is_written),
		T(a_reader_can_be_asked_for_totals),
		T(a_reader_sees_what_a_killed_writer_committed),
		T(a_query_hands_out_columns_and_rows),
		OF_THE_FILE(what_sqlite_alone_has_may_be_asked, "its own: test_pg_query.c"),
		OF_THE_FILE(an_index_of_words_is_asked, "FTS5 is SQLite's"),
		T(a_query_stops_when_it_is_told_to),
		T(what_is_not_one_query_is_refused),
		T(a_writer_refuses_the_same_queries),
		OF_THE_FILE(an_error_of_sql_shows_its_place,
			    "in the words of the server: test_pg_query.c"),
		T(the_place_of_an_error_in_a_long_line_is_cut_out),
		T(a_table_is_found_by_name_in_any_case),
		T(an_unknown_table_is_named),
		T(a_query_of_an_unknown_table_names_it),
		T(the_tables_for_users_are_the_contracts_and_the_patterns),
	};

	return RUN_TESTS(tests);
}
