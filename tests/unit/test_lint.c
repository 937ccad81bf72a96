#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include <pcre2.h>

#include "parsers/pattern/lint.h"
#include "parsers/pattern/regex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what is told of an expression: "repeat@8 group2@4" ---- */

#define TOLD_BYTES_MAX 256

static void tell(void *context, const struct lint_finding *finding)
{
	static const char *const names[] = {
		[LINT_AMBIGUOUS_REPEAT] = "repeat", [LINT_CHAIN] = "chain",  [LINT_EMPTY] = "empty",
		[LINT_UNUSED_GROUP] = "group",      [LINT_BARE_DOT] = "dot", [LINT_PART] = "part",
	};
	char *told = context, number[16] = "";
	size_t size = strlen(told);

	if (finding->kind == LINT_UNUSED_GROUP)
		snprintf(number, sizeof(number), "%u", finding->group);
	snprintf(told + size, TOLD_BYTES_MAX - size, "%s%s%s@%zu", size ? " " : "",
		 names[finding->kind], number, finding->offset);
}

static uint32_t options_of(const char *flags)
{
	uint32_t options;
	size_t offset;

	assert_true(regex_flags(flags, &options, &offset));
	return options;
}

static void assert_told(const struct lint_question *question, const char *wanted)
{
	char told[TOLD_BYTES_MAX] = "";

	lint_expression(question, tell, told);
	if (strcmp(told, wanted) != 0)
		fail_msg("%s: told '%s', wanted '%s'", question->text, told, wanted);
}

/* ---- repeats ---- */

/* Does PCRE2 give up, with a tenth of a crawl's limit, on many of pump with this behind them? */
static bool runs_away(const char *text, const char *flags, const char *pump, const char *end)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	char subject[2000] = "\"x<td>";
	struct regex_error error;
	struct regex *regex = regex_compile(text, options_of(flags), 0, &error);
	int rc;

	assert_non_null(regex);
	for (int i = 0; i < 40; i++)
		strcat(subject, pump);
	strcat(subject, end);
	pcre2_set_match_limit(context, 1000000);
	rc = pcre2_match(regex->code, (PCRE2_SPTR)subject, strlen(subject), 0, 0, data, context);
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	regex_free(regex);
	return rc == PCRE2_ERROR_MATCHLIMIT;
}

/* Told, and true: forty turns are more than a million steps. */
static void a_repeat_that_is_told_runs_away(void **state)
{
	static const struct {
		const char *text, *flags, *told, *pump, *end;
	} rows[] = {
		{ "<td>(a+)+;", NULL, "repeat@8", "a", "!;" },
		{ "(a*)*;", NULL, "repeat@4", "a", "!;" },
		{ "(a|a)+;", NULL, "repeat@5", "a", "!;" },
		{ "(?:a|b|ab)*;", NULL, "repeat@10", "ab", "!;" },
		{ "(\\w+\\s?)*;", NULL, "repeat@8", "a", "!;" },
		{ "<td>(\\w+\\s?)*$", NULL, "repeat@12", "a", "!" },
		{ "(a+|ba)+;", NULL, "repeat@7", "a", "!;" },
		{ "(a?a?)*;", NULL, "repeat@6", "a", "!;" },
		{ "([a-z]+)*\\d", NULL, "repeat@8", "abc", "!1" },
		{ "(\\d+){2,};", NULL, "repeat@5", "1", "!;" },
		{ "(x\\w{1,10})+y", NULL, "repeat@11", "x", "!y" },
		{ "(a{1,3})+;", NULL, "repeat@8", "a", "!;" },
		{ "(?:<td>.*?</td>)+</tr>", "s", "repeat@16", "a</td><td>", "!</tr>" },
		{ "(?:<td>.*?</td>\\s*)+</tr>", "s", "repeat@19", "a</td>\n<td>", "!</tr>" },
		{ "<td>(?:[^<]+|<br>)*</td>", NULL, "repeat@18", "a", "<b></td>" },
		{ "(?:(?:a+)+b)*;", NULL, "repeat@9", "a", "!b;" },
		{ "(\xd1\x8f+\\s?)*;", "i", "repeat@8", "\xd1\x8f", "!;" },
		{ "\"(?:\\\\.|[^\"])*\";", NULL, "repeat@13", "\\a", ";" },
		{ "x<td>\\w+(\\.?\\w+\\.?\\w+\\.?\\w+)*\\s*\\{\\w+\\}", NULL, "repeat@28", "abc",
		  "!{x}" },
		{ "<td>(?:\\s|\\t)*$", NULL, "repeat@13", "\t", "!" },
		{ "\\[?(a+)+;", NULL, "repeat@7", "a", "!;" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i].text,
						  .options = options_of(rows[i].flags),
						  .role = LINT_OF_CUTS };

		assert_told(&question, rows[i].told);
		if (!runs_away(rows[i].text, rows[i].flags, rows[i].pump, rows[i].end))
			fail_msg("%s does not run away", rows[i].text);
	}
}

/* Repeats in repeats that are none of these, many of them told by other programs. */
static void a_repeat_that_can_be_divided_in_one_way_is_none(void **state)
{
	static const char *const rows[] = {
		"(?:<li>[^<]*</li>)+</ul>",
		"(?:<td>[^<]*</td>\\s*)+</tr>",
		"(ab+)+c",
		"(xa*)+$",
		"(a|b)+;",
		"(x[a-wyz0-9_]{1,10})+y",
		"(a{2})+;",
		"(a{2,3}b)+;",
		"(\\d{1,3},)*\\d{3};",
		"(a+)+", /* nothing behind it can fail */
		"(a+)+(?:b?c*)?",
		"(a+){2};", /* not endless */
		"(a+)?;",
		"(?:\\w++\\s?)+;", /* possessive: never tried anew */
		"(?:\\w+\\s?)++;",
		"(?>(?:\\w+\\s?)+);",
		"(?:(?!<dd>).)*?;", /* an assertion: nobody knows */
		"(\\b\\w+\\b\\s*)+;",
		"(a|\\1)+;",
		"^POLYGON ?\\(\\([0-9 .]+\\)(, ?\\([0-9 .]+\\))*\\)$",
		"^https:\\/\\/js\\.stripe\\.com\\/v3\\/?(\\?.*)?$",
		"(?:\\\\.|[^\"\\\\])*\"",
		"\"(?:[^\"\\\\]+|\\\\.)\"",
		"[(a+)+]b;",
		"\\Q(a+)+\\Eb;",
		"(?#(a+)+);",
		"^g\\s++[a-z]++(\\s++[a-z]++=[^\\s]*+)*+$",
		"(?:(?=(a+))\\1)+;",
		"^Bearer [a-z-]+?\\.[a-z-]+?\\.[a-z-]+?$",
		"\\s+",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i], .role = LINT_OF_CUTS };

		assert_told(&question, "");
	}
}

/* The largest that is looked at is looked at in no time, one larger is passed over. */
static void a_large_repeat_costs_no_time(void **state)
{
	char text[512] = "(?:";
	struct lint_question question = { .text = text, .role = LINT_OF_CUTS };

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(text, "\\w?");
	strcat(text, "x)*;");
	assert_told(&question, "repeat@185");
	snprintf(text, sizeof(text), "(?:");
	for (int i = 0; i < 70; i++)
		strcat(text, "\\w?");
	strcat(text, "x)*;");
	assert_told(&question, "");
}

/* ---- chains ---- */

static void a_chain_of_gaps_may_go_on_into_the_next_record(void **state)
{
	static const struct {
		const char *text, *flags, *told;
	} rows[] = {
		{ "<li>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>.*?<s>(.*?)</s>", "s", "chain@13" },
		{ "(?s)<li>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>.*?<s>(.*?)</s>", NULL,
		  "chain@17" },
		{ "<li>(\\d)[\\s\\S]*?<i>(\\d)[\\s\\S]*?<u>(\\d)[\\s\\S]+?<s>(\\d)", NULL,
		  "chain@8" },
		{ "<li (?<a>\\d).*?<i>(?<b>\\d).*?<u>(?<c>\\d).*?<s>(?<d>\\d)", "s", "chain@12" },
		{ "\"id\":(\\d+).*?\"a\":(\\d+).*?\"b\":(\\d+).*?\"c\":(\\d+)", "s", "chain@10" },
		/* the line ends them */
		{ "<li>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>.*?<s>(.*?)</s>", NULL, "" },
		/* fewer */
		{ "<li>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>", "s", "" },
		{ "<li>.*?<i>.*?<u>.*?<b>.*?(\\d+)</b>", "s", "" },
		/* a page has one of them */
		{ "<title>(.*?)</title>.*?<i>(.*?)</i>.*?<u>(.*?)</u>.*?<s>(.*?)</s>", "s", "" },
		{ "<H1 (.*?)</.*?<i>(.*?)</i>.*?<u>(.*?)</u>.*?<s>(.*?)</s>", "s", "" },
		{ "\\A.*?<b>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>.*?<s>(.*?)</s>", "s", "" },
		/* something stops them */
		{ "<li>(.)</b>[^>]*<i>(.)</i>[^<]*<u>(.)</u>[^<]*<s>(.)</s>", "s", "" },
		{ "<li>(.)(?:(?!<li>).)*?<i>(.)(?:(?!<li>).)*?<u>(.)(?:(?!<li>).)*?<s>(.)", "s",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i].text,
						  .options = options_of(rows[i].flags),
						  .role = LINT_OF_ROWS };

		assert_told(&question, rows[i].told);
		question.role = LINT_OF_CUTS; /* it is what a chain is told to be */
		assert_told(&question, "");
	}
}

/* ---- the empty text ---- */

static void what_matches_nothing_is_told_where_something_was_meant(void **state)
{
	static const struct {
		const char *text;
		bool rows, fields, urls;
	} rows[] = {
		{ "\\d*", true, true, true },
		{ "(<b>)?", true, true, true },
		{ "<li>.*?</li>|", true, true, true },
		{ "a*|b", true, true, true },
		{ "([A-Z]*)(\\(.+?\\))*([A-Z]*)", true, true, true },
		{ ".*", true, false, false },
		{ "$", true, true, true },
		{ ".+", false, false, false },
		{ "(?=<tr>(.*?)</tr>)", false, false, false },
		{ "\\b", false, false, false },
		{ "\\A\\s*", false, false, false },
		{ "^.*", false, false, false },
		{ "(?s)\\A(.*)\\z", false, false, false },
		{ "<b>\\d*</b>", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i].text };

		question.role = LINT_OF_ROWS;
		assert_told(&question, rows[i].rows ? "empty@0" : "");
		question.role = LINT_OF_CUTS;
		assert_told(&question, rows[i].rows ? "empty@0" : "");
		question.role = LINT_OF_FIELDS;
		assert_told(&question, rows[i].fields ? "empty@0" : "");
		question.role = LINT_OF_URLS;
		assert_told(&question, rows[i].urls ? "empty@0" : "");
	}
}

/* ---- groups ---- */

static bool uses_even(const void *context, unsigned group)
{
	(void)context;
	return group % 2 == 0;
}

static void a_group_that_nobody_asks_for_is_told(void **state)
{
	static const char *const rows[][2] = {
		{ "(a)(b)(c)", "group1@0 group3@6" },
		{ "(?<n>a)(b)(c)", "group3@10" },
		{ "(?'n'a)(b)(?P<m>c)(d)", "" },
		{ "(a)(?:b)(?=c)(?<=d)(?<!e)(?>f)", "group1@0" },
		{ "\\((a)\\)[(b)]", "group1@2" },
		{ "\\Q(a)\\E(b)", "group1@7" },
		{ "(?#(a)(b)", "group1@6" },
		/* the expression asks for it itself */
		{ "([\"'])(.*?)\\1", "" },
		{ "(.)\\1", "" },
		{ "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\\11",
		  "group1@0 group3@6 group5@12 group7@18 group9@24" },
		/* or may do so */
		{ "(a)\\g{1}", "" },
		{ "(a)(?1)", "" },
		{ "(a)?(?(1)b|c)", "" },
		{ "(?|(a)|(b))", "" },
		{ "(a)(?R)?", "" },
		{ "(a)(?-1)", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i][0], .role = LINT_OF_ROWS };

		assert_told(&question, "");
		question.uses = uses_even;
		assert_told(&question, rows[i][1]);
	}
}

/* Whoever writes these wants the whole number, not its end. */
static void a_group_that_makes_a_part_the_value_is_told(void **state)
{
	static const struct {
		const char *text;
		enum lint_role role;
		const char *told;
	} rows[] = {
		{ "\\d+(\\.\\d+)?", LINT_OF_FIELDS, "part@3" },
		{ "\\d+(\\.\\d+)?", LINT_OF_ROWS, "part@3" },
		{ "\\d+(\\.\\d+)?", LINT_OF_CUTS, "" },
		{ "\\d+(\\.\\d+)?", LINT_OF_URLS, "" },
		{ "[A-Z]+(-[A-Z]+)*", LINT_OF_FIELDS, "part@6" },
		{ "by \\w+( \\w+)+<", LINT_OF_FIELDS, "part@6" },
		{ "\\d{1,3}(,\\d{3})*", LINT_OF_FIELDS, "" }, /* not the same */
		{ "\\d+(,\\d{3})*", LINT_OF_FIELDS, "part@3" },
		{ "\\d+(?:\\.\\d+)?", LINT_OF_FIELDS, "" },
		{ "(\\d+(\\.\\d+)?)", LINT_OF_FIELDS, "" },
		{ "\\d+(?<fraction>\\.\\d+)?", LINT_OF_FIELDS, "" },
		{ "\\d+(\\.\\d+)", LINT_OF_FIELDS, "" },
		{ "/film/\\d+(\\?.*)?", LINT_OF_FIELDS, "" },
		{ "<b>.*?(<i>.*?</i>)?", LINT_OF_FIELDS, "" },
		{ "(a+)?b", LINT_OF_FIELDS, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_told(&(struct lint_question){ .text = rows[i].text, .role = rows[i].role },
			    rows[i].told);
}

static void a_bracket_of_an_extended_expression_is_none_in_a_comment(void **state)
{
	struct lint_question question = { .text = "a # (b)\n (c)",
					  .options = PCRE2_EXTENDED,
					  .uses = uses_even };

	(void)state;
	assert_told(&question, "group1@9");
}

/* ---- dots ---- */

static void a_dot_between_letters_of_a_url_is_told(void **state)
{
	static const char *const rows[][2] = {
		{ "https://example.org/", "dot@15" },
		{ "https?://(www\\.)?example.org/", "dot@24" },
		{ "/index.php$", "dot@6" },
		{ "maps.googleapis.com\\/maps", "dot@4" },
		{ "^https:\\/\\/images-webcams.windy.com\\/", "dot@25" },
		{ "^[^#]*ca.com", "dot@8" },
		{ "^https?://www\\.example\\.org/", "" },
		{ "/a.*b", "" },
		{ "/a.+b", "" },
		{ "/a.?b", "" },
		{ "/a.{3}b", "" },
		{ "/page/.$", "" },
		{ "/v\\d.\\d/", "" },
		{ "[a.b]", "" },
		{ "\\Qa.b\\E", "" },
		{ "/x/.", "" },
		{ ".", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i][0], .role = LINT_OF_URLS };

		assert_told(&question, rows[i][1]);
		question.role = LINT_OF_CUTS;
		assert_told(&question, "");
	}
}

/* What does not compile is for others to tell. */
static void what_does_not_compile_is_left_alone(void **state)
{
	static const char *const rows[] = { "(a", "[a", "a{2,1}", "(?<n>a)(?<n>b)", "\\", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_question question = { .text = rows[i], .role = LINT_OF_FIELDS };
		bool is_empty = rows[i][0] == '\0';

		assert_told(&question, is_empty ? "empty@0" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeat_that_is_told_runs_away),
		cmocka_unit_test(a_repeat_that_can_be_divided_in_one_way_is_none),
		cmocka_unit_test(a_large_repeat_costs_no_time),
		cmocka_unit_test(a_chain_of_gaps_may_go_on_into_the_next_record),
		cmocka_unit_test(what_matches_nothing_is_told_where_something_was_meant),
		cmocka_unit_test(a_group_that_nobody_asks_for_is_told),
		cmocka_unit_test(a_group_that_makes_a_part_the_value_is_told),
		cmocka_unit_test(a_bracket_of_an_extended_expression_is_none_in_a_comment),
		cmocka_unit_test(a_dot_between_letters_of_a_url_is_told),
		cmocka_unit_test(what_does_not_compile_is_left_alone),
	};

	return RUN_TESTS(tests);
}
