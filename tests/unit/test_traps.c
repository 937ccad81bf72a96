#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/links/traps.h"

static struct url url;

static const struct url *parsed(const char *text)
{
	assert_int_equal(url_parse(&url, slice_of(text)), URL_OK);
	return &url;
}

static void paths_that_go_round_are_caught_and_others_are_not(void **state)
{
	static const struct {
		const char *url;
		bool is_trap;
	} rows[] = {
		{ "http://h/", false },
		{ "http://h/a", false },
		{ "http://h/a/b/a/b/a/b", false },
		{ "http://h/a/b/a/b/a/b/a", true },
		{ "http://h/a/b/a/b/a/b/a/", true },
		{ "http://h/a/a/a/a", true },
		{ "http://h/a/a/a/aa", false },
		{ "http://h//////", false }, /* empty segments are no loop */
		{ "http://h/2024/01/01/01", false },
		{ "http://h/x?a/a/a/a/a/a", false },
	};
	struct traps *traps = traps_new(0, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((traps_catch(traps, parsed(rows[i].url)) != NULL) != rows[i].is_trap)
			fail_msg("%s", rows[i].url);
	}
	traps_free(traps);
}

static void a_path_may_have_so_many_segments(void **state)
{
	struct traps *traps = traps_new(0, 0);
	char text[2000] = "http://h";
	size_t size = strlen(text);

	(void)state;
	for (int i = 0; i < TRAPS_SEGMENTS_MAX; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "/s%d", i);
	assert_null(traps_catch(traps, parsed(text)));
	snprintf(text + size, sizeof(text) - size, "/more");
	assert_non_null(traps_catch(traps, parsed(text)));
	traps_free(traps);
}

/* The longest URL there can be costs no more than a look at its first segments. */
static void the_longest_path_is_caught(void **state)
{
	struct traps *traps = traps_new(0, 0);
	char text[URL_BYTES_MAX + 1] = "http://h";
	size_t size = strlen(text);

	(void)state;
	while (size + 2 <= URL_BYTES_MAX) {
		text[size] = '/';
		text[size + 1] = (char)('a' + size % 26);
		size += 2;
	}
	text[size] = '\0';
	assert_non_null(traps_catch(traps, parsed(text)));
	traps_free(traps);
}

static void one_path_may_have_so_many_queries(void **state)
{
	struct traps *traps = traps_new(1000, 0);
	char text[64];
	unsigned caught = 0;

	(void)state;
	for (unsigned i = 0; i < 1500; i++) {
		snprintf(text, sizeof(text), "http://h/calendar?day=%u", i);
		caught += traps_catch(traps, parsed(text)) != NULL;
	}
	assert_int_equal(caught, 500);
	assert_null(traps_catch(traps, parsed("http://h/calendar")));
	assert_null(traps_catch(traps, parsed("http://h/other?day=1")));
	assert_null(traps_catch(traps, parsed("http://i/calendar?day=1")));
	traps_free(traps);
}

static void one_host_may_have_so_many_urls(void **state)
{
	struct traps *traps = traps_new(0, 100);
	char text[64];
	unsigned caught = 0;

	(void)state;
	for (unsigned i = 0; i < 150; i++) {
		snprintf(text, sizeof(text), "http://h/%u", i);
		caught += traps_catch(traps, parsed(text)) != NULL;
	}
	assert_int_equal(caught, 50);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "http://h%u/", i);
		assert_null(traps_catch(traps, parsed(text)));
	}
	traps_free(traps);
}

static void what_was_counted_in_an_earlier_run_counts(void **state)
{
	struct traps *traps = traps_new(2, 0);

	(void)state;
	traps_count(traps, parsed("http://h/c?1"));
	assert_null(traps_catch(traps, parsed("http://h/c?2")));
	assert_non_null(traps_catch(traps, parsed("http://h/c?3")));
	traps_free(traps);
	traps_free(NULL);
}

/* How many of these URLs are caught, the number of each in place of its "%u". */
static unsigned caught_of(struct traps *traps, const char *format, unsigned begin, unsigned end)
{
	unsigned caught = 0;
	char text[200];

	for (unsigned i = begin; i < end; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), format, i, i);
#pragma GCC diagnostic pop
		caught += traps_catch(traps, parsed(text)) != NULL;
	}
	return caught;
}

static void urls_that_differ_only_in_a_path_parameter_are_so_many(void **state)
{
	static const struct {
		const char *format;
		bool is_trap;
	} rows[] = {
		/* where it stands, and whatever stands beside it */
		{ "http://h/a;sid=%u", true },
		{ "http://h/;sid=%u", true },
		{ "http://h/a;sid=%u/b", true },
		{ "http://h/a;v=2;sid=%u;w/b;x", true },
		{ "http://h/a;sid=%u?q=1", true },
		{ "http://h/a;sid=%u/b;sid=%u", true },
		{ "http://h/a;sid=%u;sid=1", true },
		{ "http://h/a;=%u", true },
		{ "http://h/a;sid=0%u.node,%u", true },
		/* each its own page: another path, query, host or name; more than it differs */
		{ "http://h/a%u;sid=1", false },
		{ "http://h/a%u;sid=%u", false },
		{ "http://h/a;sid=1?q=%u", false },
		{ "http://h/a;sid=%u?q=%u", false },
		{ "http://h%u/a;sid=%u", false },
		{ "http://h:%u/a;sid=1", false },
		{ "http://h/a;sid%u=1", false },
		{ "http://h/a;v=%u;sid=%u", false },
		{ "http://h/%u;sid=1/a", false },
		/* none of the path's */
		{ "http://h/a?;sid=%u", false },
		{ "http://h/a%%3Bsid=%u", false },
		{ "http://h/sid=%u", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct traps *traps = traps_new(0, 0);
		unsigned caught = caught_of(traps, rows[i].format, 1, 61);

		if (caught != (rows[i].is_trap ? 60 - TRAPS_VARIANTS_MAX : 0))
			fail_msg("%s: %u caught", rows[i].format, caught);
		traps_free(traps);
	}
}

/* Pages have their own variants, and so have names; what is known from earlier runs counts. */
static void variants_of_one_page_are_none_of_another(void **state)
{
	struct traps *traps = traps_new(0, 0);

	(void)state;
	assert_int_equal(caught_of(traps, "http://h/a;sid=%u", 0, 20), 0);
	assert_int_equal(caught_of(traps, "http://h/b;sid=%u", 0, 20), 0);
	assert_int_equal(caught_of(traps, "http://h/a;v=%u", 0, 20), 0);
	assert_int_equal(caught_of(traps, "http://i/a;sid=%u", 0, 20), 0);
	assert_null(traps_catch(traps, parsed("http://h/a")));
	assert_int_equal(caught_of(traps, "http://h/a;sid=%u", 20, 30), 10);
	traps_count(traps, parsed("http://h/c;sid=x"));
	assert_int_equal(caught_of(traps, "http://h/c;sid=%u", 0, 20), 1);
	traps_free(traps);
}

/* One URL is no trap by the number of its parameters, and costs a bounded number of looks. */
static void a_path_of_many_parameters_is_looked_at_in_part(void **state)
{
	struct traps *traps = traps_new(0, 0);
	char text[URL_BYTES_MAX + 1] = "http://h/";

	(void)state;
	for (size_t size = strlen(text); size + 7 < URL_BYTES_MAX; size += 6)
		snprintf(text + size, sizeof(text) - size, ";n%04zu", size);
	for (int i = 0; i < 20; i++)
		assert_null(traps_catch(traps, parsed(text)));
	memset(text + 9, ';', URL_BYTES_MAX - 9);
	text[URL_BYTES_MAX] = '\0';
	assert_null(traps_catch(traps, parsed(text)));
	memset(text + 10, 'n', URL_BYTES_MAX - 10);
	assert_null(traps_catch(traps, parsed(text)));
	assert_int_equal(traps_tell(traps, parsed(text)).size, 0);
	traps_free(traps);
}

static void each_parameter_that_makes_a_link_a_trap_is_told(void **state)
{
	static const struct {
		const char *url, *name; /* NULL: nobody is told of any, or of any more */
	} rows[] = {
		{ "http://h/a;v=1", NULL },
		{ "http://h/a;=1;v=1;sid=1;w=1", "v" }, /* the one without a name is not told of */
		{ "http://h/a;=1;v=1;sid=1;w=1", "sid" },
		{ "http://h/a;=1;v=1;sid=1;w=1", NULL },
		{ "http://i/a;=1;v=1;sid=1;w=1", NULL },
	};
	struct traps *traps = traps_new(0, 0);

	(void)state;
	caught_of(traps, "http://h/a;=%u;v=1;sid=1;w=1", 100, 120);
	caught_of(traps, "http://h/a;=1;v=%u;sid=1;w=1", 100, 120);
	for (unsigned i = 0; i < TRAPS_VARIANTS_MAX; i++) {
		char text[100];

		snprintf(text, sizeof(text), "http://h/a;=1;v=1;sid=%u;w=1", 100 + i);
		traps_count(traps, parsed(text));
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice name = traps_tell(traps, parsed(rows[i].url));

		if (!slice_equal(name, slice_of(rows[i].name)))
			fail_msg("row %zu: %.*s", i, (int)name.size, name.at ? name.at : "");
	}
	traps_free(traps);
}

/* Nor is a name that begins where another host's ends. */
static void what_is_told_for_a_host_is_not_told_for_another(void **state)
{
	static const char *const formats[] = { "http://h/;ab=%u", "http://ha/;b=%u",
					       "http://h:1/;2=%u", "http://h:12/;2=%u",
					       "https://h/;ab=%u" };
	struct traps *traps = traps_new(0, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		assert_int_equal(caught_of(traps, formats[i], 0, 21), 1);
		if (traps_tell(traps, &url).size == 0)
			fail_msg("%s", formats[i]);
		assert_int_equal(traps_tell(traps, &url).size, 0);
	}
	traps_free(traps);
}

static void a_parameter_is_told_once_for_a_host_and_so_many_in_all(void **state)
{
	struct traps *traps = traps_new(0, 0);
	unsigned told = 0;
	char text[100];

	(void)state;
	caught_of(traps, "http://h/a;v=1;sid=%u", 0, 20);
	caught_of(traps, "http://h/b;sid=%u", 0, 20);
	caught_of(traps, "http://i/a;sid=%u", 0, 20);
	assert_int_equal(traps_tell(traps, parsed("http://h/a")).size, 0);
	assert_int_equal(traps_tell(traps, parsed("http://h/c;sid=1")).size, 0);
	assert_true(slice_equal(traps_tell(traps, parsed("http://h/a;v=1;sid=x")), SLICE("sid")));
	assert_int_equal(traps_tell(traps, parsed("http://h/a;v=1;sid=y")).size, 0);
	assert_int_equal(traps_tell(traps, parsed("http://h/b;sid=x")).size, 0);
	assert_true(slice_equal(traps_tell(traps, parsed("http://i/a;sid=x")), SLICE("sid")));
	for (int i = 0; i < 2 * TRAPS_TOLD_MAX; i++) {
		for (int j = 0; j <= TRAPS_VARIANTS_MAX; j++) {
			snprintf(text, sizeof(text), "http://h/a;n%d=%d", i, j);
			traps_count(traps, parsed(text));
		}
		told += traps_tell(traps, parsed(text)).size > 0;
	}
	assert_int_equal(told, TRAPS_TOLD_MAX - 2);
	traps_free(traps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_go_round_are_caught_and_others_are_not),
		cmocka_unit_test(a_path_may_have_so_many_segments),
		cmocka_unit_test(the_longest_path_is_caught),
		cmocka_unit_test(one_path_may_have_so_many_queries),
		cmocka_unit_test(one_host_may_have_so_many_urls),
		cmocka_unit_test(what_was_counted_in_an_earlier_run_counts),
		cmocka_unit_test(urls_that_differ_only_in_a_path_parameter_are_so_many),
		cmocka_unit_test(variants_of_one_page_are_none_of_another),
		cmocka_unit_test(a_path_of_many_parameters_is_looked_at_in_part),
		cmocka_unit_test(each_parameter_that_makes_a_link_a_trap_is_told),
		cmocka_unit_test(what_is_told_for_a_host_is_not_told_for_another),
		cmocka_unit_test(a_parameter_is_told_once_for_a_host_and_so_many_in_all),
	};

	return RUN_TESTS(tests);
}
