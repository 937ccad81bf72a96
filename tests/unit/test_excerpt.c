#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/show/excerpt.h"

/* The excerpt of match (its first occurrence) in page; the caller frees it. */
static char *show(const char *page, const char *match, bool is_coloured)
{
	const char *at = strstr(page, match);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(at);
	excerpt_show(out, slice_of(page), (struct slice){ at, strlen(match) }, is_coloured);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_is_one_line_with_its_place),
		cmocka_unit_test(colours_set_a_match_off_from_what_surrounds_it),
		cmocka_unit_test(a_long_match_loses_its_middle),
		cmocka_unit_test(a_match_as_long_as_is_shown_stays_whole),
		cmocka_unit_test(a_page_does_not_steer_the_terminal),
		cmocka_unit_test(an_empty_match_has_a_place),
	};

	return RUN_TESTS(tests);
}
