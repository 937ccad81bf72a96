#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/pattern/page_counts.h"

#define FIELDS 3

static struct pattern *pattern_of(const char *name)
{
	static const struct field_spec fields[FIELDS] = {
		{ .name = "title", .group = 1 },
		{ .name = "the price, in EUR", .group = 1 },
		{ .name = "two words", .group = 1 },
	};
	struct pattern_spec spec = {
		.name = name, .pattern = "(x)", .fields = fields, .field_count = FIELDS
	};
	struct pattern_error error;

	return pattern_compile(&spec, &error);
}

/* What is said of pages, one or two patterns each. */
static void a_text_says_what_patterns_found_and_is_read_back(void **state)
{
	static const struct {
		struct pattern_tally books, films;
		struct pattern_field_tally fields[FIELDS];
		const char *says;
	} rows[] = {
		{ { .rows = 0 }, { .rows = 0 }, { { 0 } }, NULL },
		{ { .rows = 10 }, { .rows = 0 }, { { 0 } }, "books 10" },
		{ { .rows = 0 }, { .rows = 4294967295 }, { { 0 } }, "films 4294967295" },
		{ { .rows = 1 }, { .rows = 2 }, { { 0 } }, "books 1; films 2" },
		{ { .rows = 7, .empty_fields = 5, .bad_values = 2 },
		  { .rows = 3 },
		  { { .empty = 5 }, { .empty = 0 }, { .bad = 2 } },
		  "books 7, title 5 0, two words 0 2; films 3" },
	};
	struct pattern *books = pattern_of("books"), *films = pattern_of("films");
	struct pattern_field_tally fields[FIELDS];
	struct page_counts counts = { .text = NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pattern_tally given = rows[i].books, got;
		struct slice text;

		given.fields = rows[i].fields;
		page_counts_clear(&counts);
		page_counts_add(&counts, books, &given);
		page_counts_add(&counts, films, &rows[i].films);
		text = page_counts_text(&counts);
		if (rows[i].says)
			assert_true(slice_equal(text, slice_of(rows[i].says)));
		else
			assert_null(text.at);
		got = page_counts_find(text, books, fields);
		assert_int_equal(got.rows, given.rows);
		assert_int_equal(got.empty_fields, given.empty_fields);
		assert_int_equal(got.bad_values, given.bad_values);
		for (size_t at = 0; at < FIELDS; at++) {
			assert_int_equal(fields[at].empty, rows[i].fields[at].empty);
			assert_int_equal(fields[at].bad, rows[i].fields[at].bad);
		}
		assert_int_equal(page_counts_find(text, films, fields).rows, rows[i].films.rows);
	}
	page_counts_free(&counts);
	pattern_free(books);
	pattern_free(films);
}

/* A name with a comma would part the text: that field's empty values are not told. */
static void a_field_whose_name_would_part_the_text_is_left_out(void **state)
{
	const struct pattern_field_tally given[FIELDS] = { { 0 }, { .empty = 4 }, { .empty = 1 } };
	const struct pattern_tally tally = { .rows = 9, .empty_fields = 5, .fields = given };
	struct pattern *books = pattern_of("books");
	struct pattern_field_tally fields[FIELDS];
	struct page_counts counts = { .text = NULL };

	(void)state;
	page_counts_add(&counts, books, &tally);
	assert_true(slice_equal(page_counts_text(&counts), SLICE("books 9, two words 1 0")));
	assert_int_equal(page_counts_find(page_counts_text(&counts), books, fields).rows, 9);
	page_counts_free(&counts);
	pattern_free(books);
}

/* Patterns that were not run keep what was said of them; names are whole words. */
static void what_was_said_before_goes_over(void **state)
{
	static const struct {
		const char *earlier, *name, *says;
	} rows[] = {
		{ "books 10, title 1 0; films 3", "books", "books 10, title 1 0" },
		{ "books 10, title 1 0; films 3", "films", "films 3" },
		{ "books 10", "book", NULL },
		{ "bookshops 10; books 2", "books", "books 2" },
		{ NULL, "books", NULL },
		{ "", "books", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct page_counts counts = { .text = NULL };
		struct slice earlier =
			rows[i].earlier ? slice_of(rows[i].earlier) : (struct slice){ NULL, 0 };

		page_counts_add_again(&counts, rows[i].name, earlier);
		if (rows[i].says)
			assert_true(slice_equal(page_counts_text(&counts), slice_of(rows[i].says)));
		else
			assert_null(page_counts_text(&counts).at);
		page_counts_free(&counts);
	}
}

/* Whoever wrote to the file may have written anything. */
static void what_is_no_such_text_says_nothing_and_does_no_harm(void **state)
{
	static const char *const texts[] = {
		"books",
		"books ",
		"books x",
		";;;",
		", ,",
		"books 1,",
		"books 1, ",
		"books 1, title",
		"books 1, title 99999999999999999999 1",
		"books 1, a 1 1; ",
		" ",
		"books 1;films 2",
	};
	struct pattern *books = pattern_of("books");
	struct pattern_field_tally fields[FIELDS];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *copy = strdup(texts[i]); /* so that a sanitizer sees its end */

		page_counts_find((struct slice){ copy, strlen(copy) }, books, fields);
		free(copy);
	}
	pattern_free(books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_says_what_patterns_found_and_is_read_back),
		cmocka_unit_test(a_field_whose_name_would_part_the_text_is_left_out),
		cmocka_unit_test(what_was_said_before_goes_over),
		cmocka_unit_test(what_is_no_such_text_says_nothing_and_does_no_harm),
	};

	return RUN_TESTS(tests);
}
