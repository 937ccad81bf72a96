#include "tests/support/test.h"

#include <string.h>

#include "parsers/text/suggest.h"

static const char *const words[] = { "delay", "depth", "max_pages", "max_time", "url", "workers" };

static void assert_suggests(const char *word, const char *expected)
{
	const char *found = suggest(slice_of(word), words, sizeof(words) / sizeof(words[0]));

	assert_int_equal(found != NULL, expected != NULL);
	if (expected)
		assert_string_equal(found, expected);
}

static void one_slip_is_seen_through(void **state)
{
	static const struct {
		const char *word, *expected;
	} table[] = {
		{ "delay", "delay" },
		{ "dela", "delay" },
		{ "delays", "delay" },
		{ "dealy", "delay" },
		{ "deloy", "delay" },
		{ "DELAY", "delay" },
		{ "max-pages", "max_pages" },
		{ "maxpages", "max_pages" },
		{ "lur", NULL },
		{ "ulr", "url" },
		{ "uri", "url" },
		{ "wrokers", "workers" },
		{ "wokrres", "workers" },
		{ "max_pagse", "max_pages" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_suggests(table[i].word, table[i].expected);
}

static void another_word_is_not_a_slip(void **state)
{
	static const char *const others[] = { "", "x", "u", "colour", "relax", "maximum", "pages" };
	char longest[SUGGEST_WORD_BYTES_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_suggests(others[i], NULL);
	memset(longest, 'd', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_suggests(longest, NULL);
	longest[SUGGEST_WORD_BYTES_MAX] = '\0';
	assert_suggests(longest, NULL);
}

static void the_nearest_wins_and_the_first_of_equals(void **state)
{
	static const char *const near[] = { "seven", "sever", "severe" };

	(void)state;
	assert_string_equal(suggest(SLICE("sevee"), near, 3), "seven");
	assert_string_equal(suggest(SLICE("severe"), near, 3), "severe");
	assert_null(suggest(SLICE("seven"), near, 0));
}

/* Where candidates are few, more slips pass, but not any number. */
static void a_wide_search_finds_what_is_further(void **state)
{
	static const char *const tables[] = { "pages", "runs", "books" };
	static const struct {
		const char *word, *expected;
	} cases[] = {
		{ "bok", "books" }, { "bks", "books" }, { "pgs", "pages" }, { "x", NULL },
		{ "xy", NULL },     { "films", NULL },  { "", NULL },       { "RUN", "runs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = suggest_widely(slice_of(cases[i].word), tables, 3);

		if (!cases[i].expected)
			assert_null(found);
		else
			assert_string_equal(found, cases[i].expected);
	}
	assert_null(suggest(SLICE("bok"), tables, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slip_is_seen_through),
		cmocka_unit_test(another_word_is_not_a_slip),
		cmocka_unit_test(the_nearest_wins_and_the_first_of_equals),
		cmocka_unit_test(a_wide_search_finds_what_is_further),
	};

	return RUN_TESTS(tests);
}
