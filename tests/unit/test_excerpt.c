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
	excerpt_show(out,
		     &(struct excerpt){ .page = slice_of(page), .matched = { at, strlen(match) } },
		     line_columns, is_coloured);
	fclose(out);
	return text;
}

static void a_match_is_one_line_with_its_place(void **state)
{
	char *text = show("<ul>\n <li>\n\t one   and \r\n two</li>",
			  "<li>\n\t one   and \r\n two</li>", false);

	(void)state;
	assert_string_equal(text, "  2:2: <li> one and two</li>\n");
	free(text);
}

static void colours_set_a_match_off_from_what_surrounds_it(void **state)
{
	char *text = show("0123456789 0123456789 0123456789MATCH0123456789 0123456789 0123456789",
			  "MATCH", true);

	(void)state;
	assert_string_equal(text, "  1:33: \033[2m123456789 "
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
	assert_int_equal(strlen(text), strlen("  1:1: \xe2\x80\xa6\n") + EXCERPT_MATCH_MAX);
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
		text, "  1:5: \033[2m[2J\033[0m\033[1;32m<b>]0;x</b>\033[0m\033[2m[5m\033[0m\n");
	free(text);
}

static void an_empty_match_has_a_place(void **state)
{
	char *text = show("a\nb", "", false);

	(void)state;
	assert_string_equal(text, "  1:1: \n");
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
		  "  1:1: abcdefghijklmnopqrstuvwxyz\n", 33, false },
		{ "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz",
		  "  1:1: abcdefghijkl\xe2\x80\xa6opqrstuvwxyz\n", 32, false },
		{ "霸王别姬霸王别姬霸王别姬", "霸王别姬霸王别姬霸王别姬",
		  "  1:1: 霸王别姬霸\xe2\x80\xa6姬霸王别姬\n", 28, false },
		{ "before MATCH and what follows it", "MATCH",
		  "  1:8: \033[2mbefore \033[0m\033[1;32mMATCH\033[0m\033[2m and wh\033[0m\n", 27,
		  true },
		{ "abcdefghijklmnopqrstuvwxyz", "bcdefghijklmnopqrstuvwxy",
		  "  1:2: \033[2m\033[0m\033[1;32mbcdefghij\xe2\x80\xa6qrstuvwxy\033[0m"
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

/* Without its place and colours, which become brackets; the caller frees it. */
static char *show_excerpt(const struct excerpt *excerpt, size_t columns)
{
	static const struct {
		const char *colour, *bracket;
	} colours[] = {
		{ "\033[1;33m", "[" }, { "\033[1;32m", "{" }, { "\033[2m", "|" }, { "\033[0m", "]" }
	};
	char *text, *made = calloc(1, 1000);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	excerpt_show(out, excerpt, columns, true);
	fclose(out);
	for (const char *at = strstr(text, ": ") + 2; *at && *at != '\n'; at++) {
		size_t i = 0;

		while (i < 4 && strncmp(at, colours[i].colour, strlen(colours[i].colour)) != 0)
			i++;
		strncat(made, i < 4 ? colours[i].bracket : at, 1);
		at += i < 4 ? strlen(colours[i].colour) - 1 : 0;
	}
	free(text);
	return made;
}

/* Here {match}, [mark] and |what surrounds it]; each ends with "]". */
static void marks_stand_out_and_stay_in_a_long_match(void **state)
{
	static const struct {
		const char *page, *match, *marks[5], *shown;
		size_t columns;
	} rows[] = {
		{ "a<b>12</b>c", "<b>12</b>", { "12" }, "|a]{<b>][12]{</b>]|c]", 80 },
		{ "<b>12</b>", "<b>12</b>", { "<b>12</b>" }, "|]{][<b>12</b>]{]|]", 80 },
		{ "<b>1</b><i>2",
		  "<b>1</b><i>2",
		  { "2", "1", "b>1" },
		  "|]{<][b>1]{</b><i>][2]{]|]",
		  80 },
		{ "<b>1</b>", "<b>1</b>", { "x" }, "|]{<b>1</b>]|]", 80 },
		{ "0123456789 0123456789 A 0123456789 0123456789 B 0123456789",
		  "0123456789 0123456789 A 0123456789 0123456789 B 0123456789",
		  { "A", "B" },
		  "|]{0123\xe2\x80\xa6"
		  "789 ][A]{ 012\xe2\x80\xa6"
		  "789 ][B]{ 012\xe2\x80\xa6"
		  "6789]|]",
		  36 },
		{ "0123456789 A 0123456789 B 0123456789",
		  "0123456789 A 0123456789 B 0123456789",
		  { "0123456789 A 01234", "B 012345678" },
		  "|]{][012\xe2\x80\xa6"
		  "234]{5\xe2\x80\xa6"
		  " ][B 0\xe2\x80\xa6"
		  "678]{9]|]",
		  28 },
		{ "aaaaaaaa.bbbbbbbb.cccccccc.dddddddd.",
		  "aaaaaaaa.bbbbbbbb.cccccccc.dddddddd.",
		  { "aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd" },
		  "|]{aaaaaaaa.b\xe2\x80\xa6"
		  ".dddddddd.]|]",
		  28 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *page = rows[i].page, *match = strstr(page, rows[i].match);
		struct slice marks[4];
		struct excerpt excerpt = {
			slice_of(page), { match, strlen(rows[i].match) }, marks, 0
		};
		char *text;

		for (; rows[i].marks[excerpt.mark_count]; excerpt.mark_count++) {
			const char *mark = rows[i].marks[excerpt.mark_count];
			const char *at = strstr(match, mark);

			marks[excerpt.mark_count] =
				(struct slice){ at ? at : "elsewhere", strlen(mark) };
		}
		text = show_excerpt(&excerpt, rows[i].columns);
		assert_string_equal(text, rows[i].shown);
		free(text);
	}
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
		cmocka_unit_test(marks_stand_out_and_stay_in_a_long_match),
	};

	return RUN_TESTS(tests);
}
