#include "tests/support/test.h"

#include "tests/support/store_help.h"

/* Table of the last form, after a first run with the first form left a row. */
static int store_again(struct store **store, const struct store_table *first,
		       const struct store_table *then)
{
	struct store_value values[8] = { { .kind = STORE_NULL } };

	*store = open_store();
	begin_run(*store);
	assert_int_equal(store_put_table(*store, first), 1);
	open_page(*store, add_url(*store, "http://a/"));
	assert_int_equal(store_row(*store, 1, 0, values), 0);
	assert_int_equal(close_page(*store), 0);
	assert_int_equal(store_commit(*store), 0);
	store_close(*store);
	*store = open_store();
	return store_put_table(*store, then);
}

static void a_table_shows_page_place_and_fields(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	assert_int_equal(table, 1);
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "Farewell", 9.5);
	add_film(store, table, 7, 2, NULL, 0);
	close_page(store);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM films ORDER BY n"),
			    "http://a/|0|1|Farewell|9.5\nhttp://a/|7|2||0.0");
	assert_string_equal(ask("SELECT group_concat(name, ' ') FROM pragma_table_info('films')"),
			    "page_url n rank title score");
	store_close(store);
}

static const struct store_column part_columns[] = { { STORE_PARENT_COLUMN, STORE_INTEGER },
						    { "name", STORE_TEXT } };

static void a_table_of_rows_that_belong_to_others_shows_to_which(void **state)
{
	static const struct store_table of_films = {
		.name = "a", .columns = part_columns, .column_count = 2, .parent = &films
	};
	struct store *store = open_store();

	(void)state;
	assert_int_equal(store_put_table(store, &films), 1);
	assert_int_equal(store_put_table(store, &of_films), 2);
	store_commit(store);
	assert_string_equal(ask("SELECT group_concat(name, ' ') FROM pragma_table_info('a')"),
			    "page_url parent n name");
	store_close(store);
}

static void rows_that_may_move_are_found_by_their_parents(void **state)
{
	static const struct store_table of_films = {
		.name = "a", .columns = part_columns, .column_count = 2, .parent = &films
	};
	static const struct store_table of_keyed = {
		.name = "b", .columns = part_columns, .column_count = 2, .parent = &keyed_films
	};
	static const char indexes[] = "SELECT count(*) FROM sqlite_schema WHERE type = 'index'"
				      " AND sql LIKE '%(\"parent\")'";
	struct store *store = open_store();

	(void)state;
	assert_int_equal(store_put_table(store, &films), 1);
	assert_int_equal(store_put_table(store, &of_films), 2);
	store_commit(store);
	/* Only rows that may move need an index, and no trigger stays in the file. */
	assert_string_equal(ask(indexes), "0");
	store_close(store);
	store = open_store();
	assert_int_equal(store_put_table(store, &keyed_films), 1);
	assert_int_equal(store_put_table(store, &of_keyed), 2);
	store_commit(store);
	assert_string_equal(ask(indexes), "1");
	assert_string_equal(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), "0");
	store_close(store);
}

static void every_kind_of_value_is_stored_as_it_is(void **state)
{
	static const struct store_column columns[] = { { "a", STORE_TEXT } };
	static const struct store_table table = { .name = "t",
						  .columns = columns,
						  .column_count = 1 };
	static const struct {
		struct store_value value;
		const char *shown;
	} cases[] = {
		{ { .kind = STORE_NULL }, "null|" },
		{ { .kind = STORE_TEXT }, "null|" },
		{ { .kind = STORE_TEXT, .text = { "", 0 } }, "text|" },
		{ { .kind = STORE_TEXT, .text = { "a\0b", 3 } }, "text|61" NUL_HEX "62" },
		{ { .kind = STORE_TEXT, .text = { "\xf0\x9f\x8e\xac", 4 } }, "text|F09F8EAC" },
		{ { .kind = STORE_TEXT, .text = { "\xff", 1 } }, "text|" NO_TEXT_HEX },
	};
	struct store *store = open_store();
	int handle = store_put_table(store, &table);

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(store_row(store, handle, i, &cases[i].value), 0);
	assert_int_equal(close_page(store), 0);
	store_commit(store);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char sql[80];

		snprintf(sql, sizeof(sql), "SELECT typeof(a), hex(a) FROM t WHERE n = %zu", i);
		assert_string_equal(ask(sql), cases[i].shown);
	}
	store_close(store);
}

static void a_value_of_the_wrong_kind_is_refused(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);
	struct store_value values[3] = { { .kind = STORE_TEXT, .text = { "three", 5 } } };

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	assert_int_equal(store_row(store, table, 0, values), 0); /* it is written with the page */
	assert_int_equal(close_page(store), 1);
	assert_non_null(strstr(store_refusal(store), "rank"));
	assert_int_equal(close_page(store), 0); /* without it */
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	assert_string_equal(ask("SELECT count(*), (SELECT count(*) FROM films) FROM pages"), "1|0");
}

static void a_row_needs_a_page_a_table_and_a_number_in_range(void **state)
{
	static const struct {
		int table;
		uint32_t number;
		bool has_page;
	} cases[] = { { 1, 0, false },
		      { 0, 0, true },
		      { 2, 0, true },
		      { -1, 0, true },
		      { 1, STORE_ROWS_MAX, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store *store = open_store();

		store_put_table(store, &films);
		if (cases[i].has_page)
			open_page(store, add_url(store, "http://a/"));
		assert_int_equal(add_film(store, cases[i].table, cases[i].number, 1, "a", 1), -1);
		store_close(store);
	}
}

/* Nothing is to be said of a row but that it is there. */
static void a_table_may_have_no_columns(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &(struct store_table){ .name = "seen" });

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(store_row(store, table, i, NULL), 0);
	assert_int_equal(close_page(store), 0);
	assert_int_equal(store_commit(store), 0);
	assert_string_equal(ask("SELECT page_url, count(*), max(n) FROM seen GROUP BY 1"),
			    "http://a/|40|39");
	store_close(store);
}

/* The largest number of one page lies just before the first row of the next. */
static void rows_of_neighbouring_pages_are_told_apart(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	for (int i = 0; i < 3; i++)
		add_url(store, "http://a/");
	for (uint32_t page = 1; page <= 3; page++) {
		open_page(store, key(page));
		add_film(store, table, 0, page, "first", 1);
		add_film(store, table, STORE_ROWS_MAX - 1, page, "last", 1);
		close_page(store);
	}
	put_page_again(store, key(2), &plain_page);
	store_commit(store);
	assert_string_equal(ask("SELECT rank, n FROM films ORDER BY 1, 2"),
			    "1|0\n1|16777215\n3|0\n3|16777215");
	store_close(store);
}

/* Statements for every number of rows would fill the memory of a crawl of many patterns. */
static void every_number_of_rows_is_written_however_many_tables_there_are(void **state)
{
	enum { TABLES = 40, FIELDS = 60, ROWS_MOST = 70 };
	static char names[TABLES][8], fields[FIELDS][8];
	struct store_column columns[FIELDS];
	struct store_value values[FIELDS];
	struct store *store = open_store();
	int64_t expected = 0;

	(void)state;
	for (int i = 0; i < FIELDS; i++) {
		snprintf(fields[i], sizeof(fields[i]), "f%d", i);
		columns[i] = (struct store_column){ fields[i], STORE_INTEGER };
		values[i] = (struct store_value){ .kind = STORE_INTEGER, .integer = 1 };
	}
	begin_run(store);
	for (int i = 0; i < TABLES; i++) {
		struct store_table table = { .columns = columns, .column_count = FIELDS };

		snprintf(names[i], sizeof(names[i]), "t%d", i);
		table.name = names[i];
		assert_int_equal(store_put_table(store, &table), i + 1);
	}
	for (int count = 0; count <= ROWS_MOST; count++) {
		int table = count % TABLES + 1;

		open_page(store, add_url(store, "http://a/"));
		for (int row = 0; row < count; row++)
			store_row(store, table, (uint32_t)row * (count % 3 ? 1 : 2), values);
		assert_int_equal(close_page(store), 0);
		expected += count;
	}
	assert_int_equal(store_end_run(store, "finished"), 0);
	assert_int_equal(atoi(ask("SELECT rows FROM runs")), expected);
	store_close(store);
}

/* ---- keys ---- */

static void a_second_sight_of_a_key_updates_the_row(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &keyed_films);

	(void)state;
	add_url(store, "http://a/1");
	add_url(store, "http://a/2");
	open_page(store, key(1));
	add_film(store, table, 0, 7, "old", 1);
	add_film(store, table, 1, 8, "other", 1);
	close_page(store);
	open_page(store, key(2));
	assert_int_equal(add_film(store, table, 3, 7, "new", 2), 0);
	close_page(store);
	store_commit(store);
	assert_string_equal(ask("SELECT page_url, n, rank, title, score FROM films ORDER BY rank"),
			    "http://a/2|3|7|new|2.0\nhttp://a/1|1|8|other|1.0");
	/* It is the second page's now: the first one does not take it away. */
	put_page_again(store, key(1), &plain_page);
	store_commit(store);
	assert_string_equal(ask("SELECT title FROM films"), "new");
	store_close(store);
}

static void a_key_that_is_null_is_never_equal(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &keyed_films);
	struct store_value values[3] = { { .kind = STORE_NULL } };

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	assert_int_equal(store_row(store, table, 0, values), 0);
	assert_int_equal(store_row(store, table, 1, values), 0);
	close_page(store);
	store_commit(store);
	assert_string_equal(ask("SELECT count(*) FROM films"), "2");
	store_close(store);
}

static void a_new_key_replaces_the_old_one(void **state)
{
	static const char *const title_rank[] = { "title", "rank" };
	struct store_table new = keyed_films;
	struct store *store;

	(void)state;
	new.key = title_rank;
	new.key_count = 2;
	assert_int_equal(store_again(&store, &keyed_films, &new), 1);
	store_commit(store);
	assert_string_equal(
		ask("SELECT group_concat(name) FROM pragma_index_info('crawl_key_films')"),
		"title,rank");
	store_close(store);
	store = open_store();
	assert_int_equal(store_put_table(store, &films), 1); /* none any more */
	store_commit(store);
	assert_string_equal(ask("SELECT count(*) FROM pragma_index_info('crawl_key_films')"), "0");
	store_close(store);
}

static void put_two_of_one_rank(void)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 7, "one", 1);
	add_film(store, table, 1, 7, "two", 1);
	close_page(store);
	store_commit(store);
	store_close(store);
}

static void a_key_that_stored_rows_break_is_refused(void **state)
{
	struct store *store;

	(void)state;
	put_two_of_one_rank();
	store = open_store();
	assert_int_equal(store_put_table(store, &keyed_films), 0);
	assert_non_null(strstr(store_error(store)->text, "equal in its new key"));
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM films"), "2");
}

/* ---- a pattern that changed ---- */

static void an_unchanged_table_is_not_touched(void **state)
{
	struct store *store;
	char before[65536];

	(void)state;
	assert_int_equal(store_again(&store, &keyed_films, &keyed_films), 1);
	snprintf(before, sizeof(before), "%s", ask(SCHEMA_VERSION));
	store_commit(store);
	assert_string_equal(ask(SCHEMA_VERSION), before);
	store_close(store);
}

static void a_new_column_is_added_and_an_old_one_stays(void **state)
{
	static const struct store_column columns[] = { { "year", STORE_INTEGER },
						       { "title", STORE_TEXT } };
	static const struct store_table changed = { .name = "films",
						    .columns = columns,
						    .column_count = 2 };
	struct store_value values[] = { { .kind = STORE_INTEGER, .integer = 1993 },
					{ .kind = STORE_TEXT, .text = { "new", 3 } } };
	struct store *store;

	(void)state;
	assert_int_equal(store_again(&store, &films, &changed), 1);
	open_page(store, add_url(store, "http://b/"));
	assert_int_equal(store_row(store, 1, 0, values), 0);
	close_page(store);
	store_commit(store);
	assert_string_equal(ask("SELECT group_concat(name, ' ') FROM pragma_table_info('films')"),
			    "page_url n year title rank score");
	assert_string_equal(ask("SELECT * FROM films ORDER BY page_url"),
			    "http://a/|0||||\nhttp://b/|0|1993|new||");
	store_close(store);
}

#ifdef ON_A_SERVER
static const char of_the_user[] =
	"CREATE INDEX mine ON crawl_rows_films (rank); CREATE TABLE seen (rank bigint);"
	"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
	" $$ BEGIN INSERT INTO seen VALUES (new.rank); RETURN new; END $$;"
	"CREATE TRIGGER note AFTER INSERT ON crawl_rows_films FOR EACH ROW"
	" EXECUTE FUNCTION note()";
#else
static const char of_the_user[] = "CREATE INDEX mine ON crawl_rows_films (rank);"
				  "CREATE VIEW best AS SELECT * FROM films WHERE score > 2;"
				  "CREATE VIEW broken AS SELECT * FROM nowhere;"
				  "CREATE TABLE seen (rank);"
				  "CREATE TRIGGER note AFTER INSERT ON crawl_rows_films BEGIN"
				  " INSERT INTO seen VALUES (new.rank); SELECT 1; END";
#endif

/*
 * What a user made on the table, or asks it by, is there as before.  On a server a view of his on
 * the pattern's is named instead: only he may drop it.
 */
static void a_column_of_another_type_is_converted(void **state)
{
	static const struct store_column columns[] = { { "score", STORE_INTEGER },
						       { "title", STORE_JSON } };
	static const char *const title[] = { "title" };
	static const struct store_table changed = {
		.name = "films", .columns = columns, .column_count = 2, .key = title, .key_count = 1
	};
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "[1]", 3);
	add_film(store, table, 1, 2, "[2]", 3.5);
	close_page(store);
	store_commit(store);
	store_close(store);
	assert_int_equal(change(path, of_the_user), 0);
	store = open_store();
	assert_int_equal(store_put_table(store, &changed), 1);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	assert_string_equal(ask("SELECT * FROM films ORDER BY n"),
			    "http://a/|0|3|[1]|1\nhttp://a/|1||[2]|2");
	assert_string_equal(ask("SELECT count(*) FROM seen"), "0"); /* no row is new */
#ifdef ON_A_SERVER
	assert_string_equal(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'mine'"), "1");
	assert_string_equal(ask("SELECT col_description('crawl_rows_films'::regclass, attnum)"
				" FROM pg_attribute WHERE attname = 'title'"
				" AND attrelid = 'crawl_rows_films'::regclass"),
			    "json");
	assert_string_equal(ask("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
				" AND tgrelid = 'crawl_rows_films'::regclass"),
			    "note");
#else
	assert_string_equal(ask("SELECT n, score FROM best"), "0|3");
	assert_string_equal(ask("SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index'"
				" AND tbl_name = 'crawl_rows_films' ORDER BY name"),
			    "mine,crawl_key_films");
	assert_string_equal(ask("SELECT sql LIKE '%\"title\" TEXT /* json */%' FROM sqlite_schema"
				" WHERE name = 'crawl_rows_films'"),
			    "1");
	assert_string_equal(ask("SELECT name FROM sqlite_schema WHERE type = 'trigger'"), "note");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
#endif
}

/* Visits, not places, say which: the first page was seen again after the second. */
static void rows_equal_in_a_new_key_become_the_last_that_was_seen(void **state)
{
	struct store_table merged = keyed_films;
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	merged.merges_equal = true;
	begin_run(store);
	for (uint32_t i = 1; i <= 2; i++) {
		open_page(store, add_url(store, "http://a/"));
		add_film(store, table, 0, 7, i == 1 ? "first" : "second", i);
		add_film(store, table, 1, 7, i == 1 ? "first, later" : "second, later", i);
		add_film(store, table, 2, i, "alone", i);
		close_page(store);
	}
	put_page_again(store, key(1),
		       &(struct store_page){ .state = STORE_DONE,
					     .outcome = "not_modified",
					     .fetched_at_ms = 1,
					     .keeps_content = true });
	store_commit(store);
	store_close(store);
	store = open_store();
	assert_int_equal(store_put_table(store, &merged), 1);
	store_commit(store);
	store_close(store);
	assert_string_equal(ask("SELECT rank, title FROM films ORDER BY 1"),
			    "1|alone\n2|alone\n7|first, later");
}

/* ---- names ---- */

static void any_name_is_quoted(void **state)
{
	static const char *const names[] = {
		"select",    "two words", "quo\"te", "a'b",      "semi; DROP TABLE urls",
		"[x]",       "`x`",       "%w%s",    "-- x",     "\xf0\x9f\x8e\xac",
		"\"\"\"",    "page_id",   "rowid",   "excluded", "1st",
		"tab\there", "r",         "u",       "old",
#ifndef ON_A_SERVER
		"\xff bad",
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct store_column columns[] = { { names[i], STORE_TEXT }, { "z", STORE_REAL } };
		struct store_table table = { .name = names[i],
					     .columns = columns,
					     .column_count = 2,
					     .key = names + i,
					     .key_count = 1 };
		struct store_value values[] = { { .kind = STORE_TEXT, .text = { "v", 1 } },
						{ .kind = STORE_REAL, .real = 1 } };
		struct store *store = open_store();
		int handle = store_put_table(store, &table);
		char *sql;

		assert_string_equal(store_error(store)->text, "");
		assert_int_equal(handle, 1);
		open_page(store, add_url(store, "http://a/"));
		assert_int_equal(store_row(store, handle, 0, values), 0);
		values[1].real = 2;
		assert_int_equal(store_row(store, handle, 1, values), 0);
		close_page(store);
		assert_int_equal(store_commit(store), 0);
		store_close(store);

		store = open_store(); /* found again, and nothing to change */
		assert_int_equal(store_put_table(store, &table), 1);
		store_close(store);
		sql = sqlite3_mprintf("SELECT n, \"%w\", z FROM \"%w\"", names[i], names[i]);
		assert_string_equal(ask(sql), "1|v|2.0");
		sqlite3_free(sql);
	}
}

static void names_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *table, *columns[2], *key, *reason;
	} cases[] = {
		{ "", { "a", "b" }, "a", "needs a name" },
		{ "t", { "", "b" }, "b", "without a name" },
		{ "Pages", { "a", "b" }, "a", "crawl's own" },
		{ "urls", { "a", "b" }, "a", "crawl's own" },
		{ "sqlite_x", { "a", "b" }, "a", "crawl's own" },
		{ "rows of t", { "a", "b" }, "a", "crawl's own" },
		{ "Key of t", { "a", "b" }, "a", "crawl's own" },
		{ "t", { "a", "N" }, "a", "field N of t has the name" },
		{ "t", { "a", "page_url" }, "a", "field page_url of t has the name" },
		{ "t", { "a", "row id" }, "a", "field row id of t has the name" },
		{ "t", { "Title", "title" }, "title", "fields Title and title of t differ only" },
		{ "t", { "a", "b" }, "c", "key c of t is not a field" },
#ifdef ON_A_SERVER
		{ "\xff bad", { "a", "b" }, "a", "is no UTF-8" },
		{ "t", { "a", "\xff bad" }, "a", "is no UTF-8" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store_column columns[] = { { cases[i].columns[0], STORE_TEXT },
						  { cases[i].columns[1], STORE_TEXT } };
		struct store_table table = { .name = cases[i].table,
					     .columns = columns,
					     .column_count = 2,
					     .key = &cases[i].key,
					     .key_count = 1 };
		struct store *store = open_store();

		assert_int_equal(store_put_table(store, &table), 0);
		assert_non_null(strstr(store_error(store)->text, cases[i].reason));
		assert_int_equal(store_try_table(store, &table, &error), -1);
		assert_non_null(strstr(error.text, cases[i].reason));
		error.text[0] = '\0';
		store_close(store);
	}
}

/* A reader says the same as the writer, and both leave what is there. */
static void a_table_can_be_tried_before_it_is_made(void **state)
{
	static const struct store_column other_rank[] = { { "rank", STORE_TEXT } };
	static const struct store_column more[] = { { "rank", STORE_INTEGER },
						    { "year", STORE_INTEGER } };
	static const struct store_column parts[] = { { STORE_PARENT_COLUMN, STORE_INTEGER },
						     { "name", STORE_TEXT },
						     { "Parent", STORE_TEXT } };
	static const char *const rank[] = { "rank" }, *const year[] = { "year" },
				 *const both[] = { "rank", "year" };
	static const struct {
		struct store_table table;
		const char *reason; /* NULL: it can be made */
	} rows[] = {
		{ { "films", more, 1, NULL, 0, false, NULL, false }, NULL },
		{ { "FILMS", more, 2, NULL, 0, false, NULL, false }, NULL },
		{ { "films", more, 2, year, 1, false, NULL, false }, NULL },
		{ { "films", more, 2, both, 2, false, NULL, false }, NULL },
		{ { "others", other_rank, 1, rank, 1, false, NULL, false }, NULL },
		{ { "films", other_rank, 1, NULL, 0, false, NULL, false }, NULL },
		{ { "films", more, 2, rank, 1, false, NULL, false }, "equal in its new key" },
		{ { "mine", more, 1, NULL, 0, false, NULL, false }, "that no pattern made" },
		{ { "pages", more, 1, NULL, 0, false, NULL, false }, "crawl's own" },
		{ { "cast", parts, 1, NULL, 0, false, &films, false }, NULL },
		{ { "cast", parts, 3, NULL, 0, false, &films, false },
		  "column that every table has" },
		{ { "cast", parts, 2, NULL, 0, false, NULL, false }, NULL },
	};
	struct store *store;

	(void)state;
	put_two_of_one_rank();
	assert_int_equal(change(path, "CREATE TABLE mine (a integer)"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_fine = rows[i].reason == NULL;
		struct store_error reason;
		int handle;

		store = store_open_read(path, &error);
		if (store_try_table(store, &rows[i].table, &reason) != (is_fine ? 0 : -1) ||
		    (!is_fine && !strstr(reason.text, rows[i].reason)))
			fail_msg("row %zu: %s", i, reason.text);
		store_close(store);
		store = open_store();
		handle = store_put_table(store, &rows[i].table);
		if ((handle != 0) != is_fine ||
		    (!is_fine && strcmp(store_error(store)->text, reason.text) != 0))
			fail_msg("row %zu: %s", i, store_error(store)->text);
		store_close(store);
		assert_string_equal(ask("SELECT rank, title FROM films ORDER BY n"),
				    "7|one\n7|two");
	}
}

static void two_patterns_cannot_differ_only_in_case(void **state)
{
	struct store_table same = films;
	struct store *store = open_store();

	(void)state;
	same.name = "Films";
	assert_int_equal(store_put_table(store, &films), 1);
	assert_int_equal(store_put_table(store, &same), 0);
	assert_non_null(strstr(store_error(store)->text, "films and Films differ only in case"));
	store_close(store);
}

static void a_pattern_may_change_its_case(void **state)
{
	struct store_table renamed = keyed_films;
	struct store *store;

	(void)state;
	renamed.name = "FILMS";
	assert_int_equal(store_again(&store, &keyed_films, &renamed), 1);
	store_commit(store);
	assert_string_equal(ask("SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE"
				" 'films' OR type = 'view' AND name LIKE 'FILMS'"),
			    "FILMS");
	assert_string_equal(ask("SELECT count(*) FROM \"FILMS\""), "1");
	store_close(store);
}

static void a_table_that_a_user_made_is_left_alone(void **state)
{
	struct store *store = open_store();

	(void)state;
	store_close(store);
	assert_int_equal(
		change(path, "CREATE TABLE Films (a integer); INSERT INTO films VALUES (1)"),
		SQLITE_OK);
	store = open_store();
	assert_int_equal(store_put_table(store, &films), 0);
	assert_non_null(strstr(store_error(store)->text, "that no pattern made"));
	store_close(store);
	assert_string_equal(ask("SELECT a FROM films"), "1");
}

static void a_table_has_a_limit_of_columns(void **state)
{
	static char names[501][8];
	static struct store_column columns[501];
	struct store_table table = { .name = "t", .columns = columns, .column_count = 500 };
	const char *key = "c0";
	struct store *store = open_store();

	(void)state;
	for (int i = 0; i < 501; i++) {
		snprintf(names[i], sizeof(names[i]), "c%d", i);
		columns[i] = (struct store_column){ names[i], STORE_TEXT };
	}
	table.key = &key;
	table.key_count = 1;
	assert_int_equal(store_put_table(store, &table), 1);
	table.column_count = 501;
	assert_int_equal(store_put_table(store, &table), 0);
	assert_non_null(strstr(store_error(store)->text, "the limit is 500"));
	store_close(store);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_table_shows_page_place_and_fields),
		T(a_table_of_rows_that_belong_to_others_shows_to_which),
		OF_THE_FILE(rows_that_may_move_are_found_by_their_parents, "by the page alone"),
		T(every_kind_of_value_is_stored_as_it_is),
		T(a_value_of_the_wrong_kind_is_refused),
		T(a_row_needs_a_page_a_table_and_a_number_in_range),
		T(every_number_of_rows_is_written_however_many_tables_there_are),
		T(a_table_may_have_no_columns),
		T(rows_of_neighbouring_pages_are_told_apart),
		T(a_second_sight_of_a_key_updates_the_row),
		T(a_key_that_is_null_is_never_equal),
		T(a_new_key_replaces_the_old_one),
		T(a_key_that_stored_rows_break_is_refused),
		T(an_unchanged_table_is_not_touched),
		T(a_new_column_is_added_and_an_old_one_stays),
		T(a_column_of_another_type_is_converted),
		T(rows_equal_in_a_new_key_become_the_last_that_was_seen),
		T(any_name_is_quoted),
		T(names_that_cannot_be_are_refused),
		T(a_table_can_be_tried_before_it_is_made),
		T(two_patterns_cannot_differ_only_in_case),
		T(a_pattern_may_change_its_case),
		T(a_table_that_a_user_made_is_left_alone),
		T(a_table_has_a_limit_of_columns),
	};

	return RUN_TESTS(tests);
}
