#include "parsers/site/cookie_line.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* As it is written again, or why it is none. */
static void lines_are_read_as_browsers_export_them(void **state)
{
	static const struct {
		const char *line, *again, *wrong;
	} rows[] = {
		{ "example.org\tFALSE\t/\tFALSE\t0\ta\tb", "example.org\tFALSE\t/\tFALSE\t0\ta\tb",
		  NULL },
		{ "#HttpOnly_.example.org\tTRUE\t/x\tTRUE\t1893456000\ta\tb",
		  "#HttpOnly_.example.org\tTRUE\t/x\tTRUE\t1893456000\ta\tb", NULL },
		/* a dot that is missing, a path that is, switches in small letters */
		{ "example.org\ttrue\t\tfalse\t0\ta\tb", ".example.org\tTRUE\t/\tFALSE\t0\ta\tb",
		  NULL },
		{ ".example.org\tFALSE\t/\tFALSE\t0\ta\tb", "example.org\tFALSE\t/\tFALSE\t0\ta\tb",
		  NULL },
		/* times: of a session, with a fraction, beyond all */
		{ "a\tFALSE\t/\tFALSE\t-1\ta\tb", "a\tFALSE\t/\tFALSE\t0\ta\tb", NULL },
		{ "a\tFALSE\t/\tFALSE\t\ta\tb", "a\tFALSE\t/\tFALSE\t0\ta\tb", NULL },
		{ "a\tFALSE\t/\tFALSE\t17.25\ta\tb", "a\tFALSE\t/\tFALSE\t17\ta\tb", NULL },
		{ "a\tFALSE\t/\tFALSE\t99999999999999999999999\ta\tb", "*", NULL },
		/* no value, no name, an "=" and blanks in it */
		{ "a\tFALSE\t/\tFALSE\t0\ta\t", "a\tFALSE\t/\tFALSE\t0\ta\t", NULL },
		{ "a\tFALSE\t/\tFALSE\t0\t\tb", "a\tFALSE\t/\tFALSE\t0\t\tb", NULL },
		{ "a\tFALSE\t/\tFALSE\t0\ta\t\"b = c\"", "a\tFALSE\t/\tFALSE\t0\ta\t\"b = c\"",
		  NULL },
		{ "a\tFALSE\t/\tFALSE\t0\ta", "a\tFALSE\t/\tFALSE\t0\ta\t", NULL },
		{ "a\tFALSE\t/\tFALSE\t0\t", NULL, "seven fields" },
		{ "a\tFALSE\t/\tFALSE\t0", NULL, "seven fields" },
		{ "a FALSE / FALSE 0 a b", NULL, "seven fields" },
		{ "a\tFALSE\t/\tFALSE\t0\ta\tb\tc", NULL, "control character" },
		{ "a\tperhaps\t/\tFALSE\t0\ta\tb", NULL, "TRUE or FALSE" },
		{ "a\tFALSE\t/\t\t0\ta\tb", NULL, "TRUE or FALSE" },
		{ "a\tFALSE\t/\tFALSE\tsoon\ta\tb", NULL, "no time" },
		{ "\tFALSE\t/\tFALSE\t0\ta\tb", NULL, "its domain" },
		{ ".\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "its domain" },
		{ "a b\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "its domain" },
		/* they would be read as others than were written */
		{ "..\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "its domain" },
		{ "..a\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "its domain" },
		{ ".#HttpOnly_a\tFALSE\t/\tFALSE\t0\ta\tb", NULL, "its domain" },
		{ "a\tFALSE\t/\tFALSE\t0\ta\tb\r\n", NULL, "control character" },
		{ "", NULL, "seven fields" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cookie_line cookie = { .expires_s = 99 };
		const char *wrong = cookie_line_read(&cookie, slice_of(rows[i].line));
		char again[200];
		size_t size;

		if (!!wrong != !!rows[i].wrong || (wrong && !strstr(wrong, rows[i].wrong)))
			fail_msg("%s: %s", rows[i].line, wrong ? wrong : "read");
		if (wrong) {
			assert_int_equal(cookie.expires_s, 99);
			continue;
		}
		size = cookie_line_write(&cookie, again, sizeof(again));
		assert_int_equal(size, strlen(again));
		if (rows[i].again[0] != '*')
			assert_string_equal(again, rows[i].again);
		for (size_t room = 0; room <= size; room++)
			assert_int_equal(cookie_line_write(&cookie, again, room), 0);
	}
}

static void a_domain_is_for_itself_and_with_a_dot_for_what_is_below(void **state)
{
	static const struct {
		const char *domain, *host;
		bool is_for;
	} rows[] = {
		{ "example.org", "example.org", true },
		{ "example.org", "EXAMPLE.org", true },
		{ "example.org", "www.example.org", false },
		{ ".example.org", "example.org", true },
		{ ".example.org", "www.example.org", true },
		{ ".example.org", "a.b.example.org", true },
		{ ".example.org", "badexample.org", false },
		{ ".example.org", ".example.org", false },
		{ ".example.org", "example.org.evil.net", false },
		{ ".example.org", "org", false },
		{ "www.example.org", "example.org", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "::1", "::1", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cookie_line cookie = { .domain = slice_of(rows[i].domain),
					      .is_tail = rows[i].domain[0] == '.' };

		if (cookie_line_is_for(&cookie, slice_of(rows[i].host)) != rows[i].is_for)
			fail_msg("%s for %s", rows[i].domain, rows[i].host);
	}
}

static void comments_blank_lines_and_line_ends_are_no_cookies(void **state)
{
	struct slice text = SLICE("# Netscape HTTP Cookie File\r\n\n \n#HttpOnly_a\n#x\nlast");
	static const bool are_none[] = { true, true, true, false, true, false };
	size_t i = 0;

	(void)state;
	for (; text.size > 0; i++)
		assert_int_equal(cookie_line_is_none(cookie_line_next(&text)), are_none[i]);
	assert_int_equal(i, COUNT(are_none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_as_browsers_export_them),
		cmocka_unit_test(a_domain_is_for_itself_and_with_a_dot_for_what_is_below),
		cmocka_unit_test(comments_blank_lines_and_line_ends_are_no_cookies),
	};

	return RUN_TESTS(tests);
}
