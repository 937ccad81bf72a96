#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/show/excerpt.h"

static size_t line_columns; /* of the terminal; 0: there is none */

/* The excerpt of match (its first occurrence) in page; the caller frees it. */
static char *show(const char *page, const char *match, bool is_coloured)
{
	const char *at = strstr(page, match);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(at);
	excerpt_show(out, slice_of(page), (struct slice){ at, strlen(match) }, line_columns,
		     is_coloured);
	fclose(out);
	return text;
}

static void a_match_is_one_line_with_its_place(void **state)
{
	char *text = show("<ul>\n <li>\n\t one   and \r\n two</li>",
			  "<li>\n\t one   and \r\n two</li>", false);

	(void)state;
	assert_string_equal(text, "  line 2: <li> one and two</li>\n");
	free(text);
}

static void colours_set_a_match_off_from_what_surrounds_it(void **state)
{
	char *text = show("0123456789 0123456789 0123456789MATCH0123456789 0123456789 0123456789",
			  "MATCH", true);

	(void)state;
	assert_string_equal(text, "  line 1: \033[2m123456789 "
				  "0123456789"
				  "\033[0m\033[1;32mMATCH\033[0m\033[2m"
				  "0123456789 012345678"
				  "\033[0m\n");
	free(text);
}

static void a_long_match_loses_its_middle(void **state)
{
	char page[3 * EXCERPT_MATCH_MAX + 1];
	char *text;

	(void)state;
	memset(page, 'a', sizeof(page));
	memset(page + 2 * EXCERPT_MATCH_MAX, 'z', EXCERPT_MATCH_MAX);
	page[3 * EXCERPT_MATCH_MAX] = '\0';
	text = show(page, page, false);
	assert_int_equal(strlen(text), strlen("  line 1: \xe2\x80\xa6\n") + EXCERPT_MATCH_MAX);
	assert_non_null(strstr(text, "aaa\xe2\x80\xa6zzz"));
	free(text);
}

static void a_match_as_long_as_is_shown_stays_whole(void **state)
{
	char page[EXCERPT_MATCH_MAX + 1];
	char *text;

	(void)state;
	memset(page, 'a', EXCERPT_MATCH_MAX);
	page[EXCERPT_MATCH_MAX] = '\0';
	text = show(page, page, false);
	assert_null(strstr(text, "\xe2\x80\xa6"));
	free(text);
}

static void a_page_does_not_steer_the_terminal(void **state)
{
	char *text = show("\033[2J<b>\033]0;x\007\xff\xe2\x80\xae</b>\033[5m",
			  "<b>\033]0;x\007\xff\xe2\x80\xae</b>", true);

	(void)state;
	assert_string_equal(
		text, "  line 1: \033[2m[2J\033[0m\033[1;32m<b>]0;x</b>\033[0m\033[2m[5m\033[0m\n");
	free(text);
}

static void an_empty_match_has_a_place(void **state)
{
	char *text = show("a\nb", "", false);

	(void)state;
	assert_string_equal(text, "  line 1: \n");
	free(text);
}

/* CJK text is two columns wide; the match comes first, what surrounds it has what is left. */
static void an_excerpt_is_no_wider_than_the_terminal(void **state)
{
	static const struct {
		const char *page, *match, *shown;
		size_t columns;
		bool is_coloured;
	} rows[] = {
		{ "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz",
		  "  line 1: abcdefghijklmnopqrstuvwxyz\n", 36, false },
		{ "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz",
		  "  line 1: abcdefghijkl\xe2\x80\xa6opqrstuvwxyz\n", 35, false },
		{ "霸王别姬霸王别姬霸王别姬", "霸王别姬霸王别姬霸王别姬",
		  "  line 1: 霸王别姬霸\xe2\x80\xa6姬霸王别姬\n", 31, false },
		{ "before MATCH and what follows it", "MATCH",
		  "  line 1: \033[2mbefore \033[0m\033[1;32mMATCH\033[0m\033[2m and wh\033[0m\n",
		  30, true },
		{ "abcdefghijklmnopqrstuvwxyz", "bcdefghijklmnopqrstuvwxy",
		  "  line 1: \033[2m\033[0m\033[1;32mbcdefghij\xe2\x80\xa6qrstuvwxy\033[0m"
		  "\033[2m\033[0m\n",
		  1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text;

		line_columns = rows[i].columns;
		text = show(rows[i].page, rows[i].match, rows[i].is_coloured);
		assert_string_equal(text, rows[i].shown);
		free(text);
	}
	line_columns = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_is_one_line_with_its_place),
		cmocka_unit_test(colours_set_a_match_off_from_what_surrounds_it),
		cmocka_unit_test(a_long_match_loses_its_middle),
		cmocka_unit_test(a_match_as_long_as_is_shown_stays_whole),
		cmocka_unit_test(a_page_does_not_steer_the_terminal),
		cmocka_unit_test(an_empty_match_has_a_place),
		cmocka_unit_test(an_excerpt_is_no_wider_than_the_terminal),
	};

	return RUN_TESTS(tests);
}
