#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "crawler/report/html.h"
#include "tests/support/markup_check.h"

/* The caller frees it. */
static char *text_of(struct slice text)
{
	struct html html = { 0 };

	html_text(&html, text);
	html_own(&html, (struct slice){ "", 1 });
	return html.bytes;
}

static void text_is_seen_and_never_obeyed(void **state)
{
	static const struct {
		const char *name;
		struct slice text;
		const char *written;
	} rows[] = {
		{ "empty", SLICE(""), "" },
		{ "plain", SLICE("An Atlas"), "An Atlas" },
		{ "signs", SLICE("<&>\"'"), "&lt;&amp;&gt;&quot;&#39;" },
		{ "a reference", SLICE("&lt;b&#0;"), "&amp;lt;b&amp;#0;" },
		{ "a script", SLICE("<script>1</script>"), "&lt;script&gt;1&lt;/script&gt;" },
		{ "a title that swallows the rest", SLICE("/<title>x"), "/&lt;title&gt;x" },
		{ "an attribute", SLICE("\" onload=\"x"), "&quot; onload=&quot;x" },
		{ "the end of a style", SLICE("</style>"), "&lt;/style&gt;" },
		{ "the end of CDATA", SLICE("]]>"), "]]&gt;" },
		{ "a comment", SLICE("--><!--"), "--&gt;&lt;!--" },
		{ "NUL", SLICE("a\0b"), "a?b" },
		{ "escape", SLICE("\x1b[31m"), "?[31m" },
		{ "delete", SLICE("\x7f"), "?" },
		{ "C1", SLICE("\xc2\x9b"), "??" },
		{ "white space", SLICE("a\r\n\tb"), "a \n\tb" },
		{ "right to left override", SLICE("a\xe2\x80\xae"), "a???" },
		{ "isolate", SLICE("\xe2\x81\xa6"), "???" },
		{ "Arabic letter mark", SLICE("\xd8\x9c"), "??" },
		{ "byte order mark", SLICE("\xef\xbb\xbf"), "???" },
		{ "line separator", SLICE("\xe2\x80\xa8"), "???" },
		{ "noncharacter", SLICE("\xef\xbf\xbe\xef\xb7\x90"), "??????" },
		{ "noncharacter beyond the BMP", SLICE("\xf0\x9f\xbf\xbf"), "????" },
		{ "no UTF-8", SLICE("a\xff\xc3"), "a??" },
		{ "overlong", SLICE("\xc0\xbc"), "??" },
		{ "surrogate", SLICE("\xed\xa0\x80"), "???" },
		{ "beyond Unicode", SLICE("\xf4\x90\x80\x80"), "????" },
		{ "cut character", SLICE("\xe7\x94"), "??" },
		{ "Chinese", SLICE("电影"), "电影" },
		{ "emoji with joiner", SLICE("👩\xe2\x80\x8d👧"), "👩\xe2\x80\x8d👧" },
		{ "Arabic", SLICE("كتاب"), "كتاب" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *written = text_of(rows[i].text);

		if (strcmp(written, rows[i].written) != 0)
			fail_msg("%s: %s", rows[i].name, written);
		free(written);
	}
}

/* Between tags and in an attribute: every byte, and every two. */
static void every_pair_of_bytes_leaves_the_page_whole(void **state)
{
	struct html html = { 0 };

	(void)state;
	for (unsigned pair = 0; pair < 65536; pair++) {
		char bytes[] = { (char)(pair >> 8), (char)pair };
		struct slice text = { bytes, 2 };
		const char *error;

		html.size = 0;
		html_markup(&html, "<p title=\"");
		html_text(&html, text);
		html_markup(&html, "\">");
		html_cut(&html, text, 1);
		html_markup(&html, "</p>");
		error = markup_check((struct slice){ html.bytes, html.size });
		if (error)
			fail_msg("%04x: %s", pair, error);
	}
	html_free(&html);
}

static void long_text_is_cut_between_characters(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *written;
	} rows[] = {
		{ "", 3, "" },
		{ "abc", 3, "abc" },
		{ "abcd", 3, "abc…" },
		{ "abcd", 0, "…" },
		{ "电影电影", 3, "电影电…" },
		{ "<<<<", 3, "&lt;&lt;&lt;…" },
		{ "a<b>c", 2, "a&lt;…" },
		{ "\xff\xff\xff", 2, "??…" },
		{ "ab\xe7\x94", 2, "ab…" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct html html = { 0 };

		html_cut(&html, slice_of(rows[i].text), rows[i].max);
		html_own(&html, (struct slice){ "", 1 });
		assert_string_equal(html.bytes, rows[i].written);
		html_free(&html);
	}
}

static void a_part_of_a_url_has_nothing_special(void **state)
{
	struct html html = { 0 };

	(void)state;
	html_part(&html, SLICE("a-b_c.d~1 /?#&%=\"<\xe7\0"));
	html_own(&html, (struct slice){ "", 1 });
	assert_string_equal(html.bytes, "a-b_c.d~1%20%2F%3F%23%26%25%3D%22%3C%E7%00");
	html_free(&html);
}

static void nothing_is_as_good_as_empty(void **state)
{
	struct html html = { 0 };

	(void)state;
	html_text(&html, (struct slice){ NULL, 0 });
	html_words(&html, NULL);
	html_cut(&html, (struct slice){ NULL, 0 }, 3);
	html_part(&html, (struct slice){ NULL, 0 });
	html_own(&html, (struct slice){ NULL, 0 });
	assert_int_equal(html.size, 0);
	html_free(&html);
}

static void markup_has_numbers_in_it(void **state)
{
	struct html html = { 0 };

	(void)state;
	html_markup(&html, "<p>");
	html_markup(&html, "%d %zu %.1f %02X %%", -1, (size_t)2, 3.14, 10u);
	html_own(&html, (struct slice){ "", 1 });
	assert_string_equal(html.bytes, "<p>-1 2 3.1 0A %");
	html_free(&html);
}

/* It is a bug, and found the first time it is written. */
static void a_text_in_markup_ends_the_program(void **state)
{
	static const struct {
		const char *format, *argument;
	} rows[] = { { "<p>%s", "text" }, { "%.3s", "text" }, { "%d %-5s", NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			struct html html = { 0 };

			dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
			signal(SIGABRT, SIG_DFL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			html_markup_format(&html, rows[i].format, rows[i].argument, "x");
#pragma GCC diagnostic pop
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_seen_and_never_obeyed),
		cmocka_unit_test(every_pair_of_bytes_leaves_the_page_whole),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(a_part_of_a_url_has_nothing_special),
		cmocka_unit_test(nothing_is_as_good_as_empty),
		cmocka_unit_test(markup_has_numbers_in_it),
		cmocka_unit_test(a_text_in_markup_ends_the_program),
	};

	return RUN_TESTS(tests);
}
