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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_go_round_are_caught_and_others_are_not),
		cmocka_unit_test(a_path_may_have_so_many_segments),
		cmocka_unit_test(the_longest_path_is_caught),
		cmocka_unit_test(one_path_may_have_so_many_queries),
		cmocka_unit_test(one_host_may_have_so_many_urls),
		cmocka_unit_test(what_was_counted_in_an_earlier_run_counts),
	};

	return RUN_TESTS(tests);
}
