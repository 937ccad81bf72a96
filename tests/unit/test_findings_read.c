#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/report/findings_read.h"
#include "crawler/show/glyph.h"
#include "crawler/show/log.h"
#include "tests/support/capture.h"

/* What is said of a finding: in a line of a terminal, or two. */

#define TEN     "0123456789"
#define SIXTY   TEN TEN TEN TEN TEN TEN
#define WIDE    "上映时间：二零一八" /* 18 columns */
#define WIDE_72 WIDE WIDE WIDE WIDE

static const char *said(const struct figures_finding *finding)
{
	static struct capture capture;

	capture = capture_begin(2);
	findings_say(finding);
	return capture_end(&capture);
}

static void assert_fits(const char *text)
{
	char copy[4000];

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		assert_in_range(glyph_text_width(line), 1, 80);
}

static void a_finding_is_said_in_a_line_or_two(void **state)
{
	static const struct {
		const char *wanted, *stood;
		uint64_t line;
		const char *said;
	} rows[] = {
		{ "<dd>", "<li class=\"film\">", 2,
		  "    wants <dd>, line 2 has <li class=\"film\">\n" },
		{ "<dd>", NULL, 0, "    wants <dd>, which is nowhere\n" },
		{ NULL, "<b></b>", 7, "    it is empty in line 7: <b></b>\n" },
		{ "JSON", "", 9, "    wants JSON, line 9 is the end\n" },
		{ "a  b", "c   \t d\n", 1, "    wants a b, line 1 has c \\t d\\n\n" },
		{ "<dd>", "\x1b[31m\xe2\x80\xae\xff", 1, NULL },
		{ "<dd>", SIXTY, 1, "    wants <dd>, line 1 has " TEN TEN TEN TEN TEN "012\n" },
		{ "<dd>", SIXTY TEN, 1, "    wants <dd>\n    line 1 has " SIXTY "0123…\n" },
		{ SIXTY SIXTY, SIXTY, 1, NULL },
		{ WIDE_72, WIDE_72, 123456, NULL },
		{ NULL, WIDE_72, 123456, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figures_finding finding = {
			.is_there = true,
			.line = rows[i].line,
			.wanted = slice_of(rows[i].wanted ? rows[i].wanted : ""),
			.stood = slice_of(rows[i].stood),
		};
		const char *text;

		if (i == 6)
			finding.stood.size = 53;
		text = said(&finding);
		if (rows[i].said && strcmp(text, rows[i].said) != 0)
			fail_msg("%s is not\n%s", text, rows[i].said);
		assert_fits(text);
		assert_null(strpbrk(text, "\x1b\xff"));
		assert_null(strstr(text, "\xe2\x80\xae"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finding_is_said_in_a_line_or_two),
	};

	return RUN_TESTS(tests);
}
