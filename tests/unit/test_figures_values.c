#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/report/figures.h"
#include "tests/support/store_help.h"

/*
 * What is told of the values in a pattern's table: of its newest rows, in bounded time.
 */
#define ENOUGH_MS 5000

/* The figures of films, whose fields are as they stand in the table. */
static struct figures *read_films(int64_t ms)
{
	struct store *store = store_open_read(path, &error);
	struct figures *figures;

	assert_non_null(store);
	figures = figures_read(store, path, 0, NULL);
	assert_non_null(figures);
	assert_int_equal(figures_read_values(figures, store, ms), 0);
	assert_int_equal(figures->pattern_count, 1);
	assert_int_equal(figures->patterns[0].field_count, 3);
	store_close(store);
	return figures;
}

/* A run whose pages have two films each: page p those of ranks 2p and 2p + 1. */
static void write_films(int pages, const char *title)
{
	static const char *const fields[] = { "rank", "title", "score" };
	struct store *store = open_store();
	uint64_t rows = 2 * (uint64_t)pages;
	int table;

	begin_run(store);
	table = store_put_table(store, &films);
	for (int page = 0; page < pages; page++) {
		char url[64], text_of[64];

		snprintf(url, sizeof(url), "http://a/%d", page);
		snprintf(text_of, sizeof(text_of), "%s%d", title, page % 3);
		open_page(store, add_url(store, url));
		add_film(store, table, 1, 2 * page, text_of, 9.5);
		add_film(store, table, 2, 2 * page + 1, page % 2 ? "é" : " ", -0.25);
		close_page(store);
	}
	assert_int_equal(
		store_put_patterns(store, 0xc0ffee, &(struct store_pattern){ "films", 1 }, 1), 0);
	assert_int_equal(store_put_pattern_figures(
				 store, &(struct store_pattern_figures){ .pattern = "films",
									 .pages_wanted = 100,
									 .pages_matched = 100,
									 .rows = rows }),
			 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(store_put_field_figures(
					 store, &(struct store_field_figures){ "films", fields[i],
									       rows, rows, 0 }),
				 0);
	assert_int_equal(store_end_run(store, "finished"), 0);
	store_close(store);
}

static const struct figures_field *field(const struct figures *figures, const char *name)
{
	const struct figures_pattern *pattern = &figures->patterns[0];

	for (size_t i = 0; i < pattern->field_count; i++)
		if (strcmp(pattern->fields[i].name, name) == 0)
			return &pattern->fields[i];
	fail();
	return NULL;
}

static const char *frequent(const struct figures_field *one)
{
	static char told[2000];

	told[0] = '\0';
	for (size_t i = 0; i < one->frequent_count; i++)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%.*s", i ? "|" : "",
			 (int)one->frequent[i].size, one->frequent[i].at);
	return told;
}

static void values_are_counted_and_told(void **state)
{
	struct figures *figures;

	(void)state;
	write_films(10, "A film ");
	figures = read_films(ENOUGH_MS);
	assert_int_equal(field(figures, "rank")->rows_read, 20);
	assert_int_equal(field(figures, "rank")->distinct, 20);
	assert_true(field(figures, "rank")->is_number);
	assert_true(field(figures, "rank")->least == 0 && field(figures, "rank")->most == 19);
	assert_string_equal(frequent(field(figures, "rank")), "19|18|17"); /* the newest */
	assert_int_equal(field(figures, "title")->distinct, 4);            /* white space is none */
	assert_false(field(figures, "title")->is_number);
	assert_true(field(figures, "title")->least == 1 && field(figures, "title")->most == 8);
	assert_string_equal(frequent(field(figures, "title")), "é|A film 0|A film 2");
	assert_true(field(figures, "score")->least == -0.25 &&
		    field(figures, "score")->most == 9.5);
	assert_string_equal(frequent(field(figures, "score")), "-0.25|9.5");
	figures_free(figures);
}

static void a_pattern_without_rows_tells_nothing(void **state)
{
	struct figures *figures;

	(void)state;
	write_films(0, "");
	figures = read_films(ENOUGH_MS);
	assert_int_equal(field(figures, "title")->rows_read, 0);
	assert_int_equal(field(figures, "title")->frequent_count, 0);
	assert_int_equal(figures->patterns[0].newest_count, 0);
	figures_free(figures);
	change(path, "DROP VIEW films; DROP TABLE crawl_rows_films"); /* somebody else's idea */
	figures = read_films(ENOUGH_MS);
	assert_int_equal(figures->patterns[0].newest_count, 0);
	figures_free(figures);
}

static void only_the_newest_rows_are_counted(void **state)
{
	struct figures *figures;

	(void)state;
	write_films(6000, "x");
	figures = read_films(ENOUGH_MS);
	assert_int_equal(field(figures, "rank")->rows_read, FIGURES_FIELD_ROWS);
	assert_int_equal(field(figures, "rank")->distinct, FIGURES_FIELD_ROWS);
	assert_true(field(figures, "rank")->least == 2000);
	figures_free(figures);
}

/* Each of a megabyte, which is made as it is read: of all of them that takes half a second. */
static void what_takes_too_long_is_told_of_fewer(void **state)
{
	struct figures *figures;

	(void)state;
	write_films(400, "x");
	assert_int_equal(change(path, "DROP VIEW films;"
				      "ALTER TABLE crawl_rows_films DROP COLUMN title;"
				      "ALTER TABLE crawl_rows_films ADD COLUMN title TEXT AS"
				      " (printf('%.*c', 1000000, 'x') || rank)"),
			 0);
	figures = read_films(5);
	assert_in_range(field(figures, "title")->rows_read, 1, 799);
	assert_true(field(figures, "title")->most > 1e6);
	assert_int_equal(field(figures, "title")->frequent[0].size, STORE_REPORT_TEXT_MAX + 3);
	figures_free(figures);
}

/* Pages that were visited last come first, whenever they were found; a page's rows in its order. */
static void the_newest_rows_are_of_the_last_visits(void **state)
{
	static const int64_t ranks[] = { 4, 5, 18, 19, 16 };
	struct figures *figures;

	(void)state;
	write_films(10, "x");
	assert_int_equal(change(path, "UPDATE results SET visit = 1000 WHERE url_id = 3"), 0);
	figures = read_films(ENOUGH_MS);
	assert_int_equal(figures->patterns[0].newest_count, FIGURES_ROWS_MAX);
	for (size_t i = 0; i < FIGURES_ROWS_MAX; i++)
		assert_int_equal(figures->patterns[0].newest[i].values[0].integer, ranks[i]);
	assert_true(slice_equal(figures->patterns[0].newest[0].page_url, text("http://a/2")));
	figures_free(figures);
}

/* Of a hundred pages the first was read last: nobody would find it who looked from the end. */
static void the_newest_rows_are_of_the_pages_that_were_noted(void **state)
{
	struct figures *figures;

	(void)state;
	write_films(STORE_NEWEST_PAGES + 36, "x");
	assert_int_equal(change(path, "UPDATE results SET visit = 1000 WHERE url_id = 1;"
				      "UPDATE results SET visit = 999 WHERE url_id = 100;"
				      "INSERT INTO crawl_examples VALUES"
				      " (1, 'matched', 'films', 1, 1, 0),"
				      " (1, 'matched', 'films', 2, 100, 0),"
				      " (1, 'matched', 'films', 3, 777, 0)"),
			 0);
	figures = read_films(ENOUGH_MS);
	assert_int_equal(figures->patterns[0].newest_count, FIGURES_ROWS_MAX);
	assert_int_equal(figures->patterns[0].newest[0].values[0].integer, 0);
	assert_int_equal(figures->patterns[0].newest[1].values[0].integer, 1);
	assert_int_equal(figures->patterns[0].newest[2].values[0].integer, 198);
	assert_int_equal(figures->patterns[0].newest[4].values[0].integer, 196);
	figures_free(figures);
}

/* Its class was renamed: what it had found before stands in its table, and is told. */
static void a_pattern_that_finds_nothing_any_more_has_its_fields_and_rows(void **state)
{
	const struct figures_pattern *pattern;
	struct figures *figures;
	struct store *store;

	(void)state;
	write_films(40, "x");
	store = open_store();
	begin_run(store);
	store_put_patterns(store, 0xc0ffee, &(struct store_pattern){ "films", 1 }, 1);
	store_put_pattern_figures(
		store, &(struct store_pattern_figures){ .pattern = "films", .pages_wanted = 100 });
	store_end_run(store, "finished");
	store_close(store);
	figures = read_films(ENOUGH_MS);
	pattern = &figures->patterns[0];
	assert_int_equal(pattern->rows, 0);
	assert_int_equal(pattern->verdict, DRIFT_WORSE);
	assert_int_equal(pattern->newest_count, FIGURES_ROWS_MAX);
	assert_string_equal(pattern->fields[0].name, "rank");
	assert_string_equal(pattern->fields[0].type, "integer");
	assert_string_equal(pattern->fields[2].name, "score");
	assert_int_equal(pattern->fields[1].now.of, 0);
	assert_int_equal(pattern->fields[1].before.of, 80);
	assert_int_equal(pattern->fields[1].rows_read, 80);
	assert_int_equal(pattern->newest[0].values[0].integer, 78);
	figures_free(figures);
}

/* NUL, marks of direction and what is no UTF-8 are the values' own. */
static void values_of_any_bytes_are_told_as_they_are(void **state)
{
	static const char title[] = "a\0b\xe2\x80\xae";
	const struct figures_field *one;
	struct figures *figures;

	(void)state;
	write_films(1, "x");
	assert_int_equal(change(path, "UPDATE crawl_rows_films SET title ="
				      " CAST(x'610062e280ae' AS TEXT)"),
			 0);
	figures = read_films(ENOUGH_MS);
	one = field(figures, "title");
	assert_int_equal(one->frequent_count, 1);
	assert_true(slice_equal(one->frequent[0], (struct slice){ title, sizeof(title) - 1 }));
	figures_free(figures);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(values_are_counted_and_told),
		T(a_pattern_without_rows_tells_nothing),
		T(only_the_newest_rows_are_counted),
		T(what_takes_too_long_is_told_of_fewer),
		T(the_newest_rows_are_of_the_last_visits),
		T(the_newest_rows_are_of_the_pages_that_were_noted),
		T(a_pattern_that_finds_nothing_any_more_has_its_fields_and_rows),
		T(values_of_any_bytes_are_told_as_they_are),
	};

	return RUN_TESTS(tests);
}
