#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/pool/pool_worker.h"
#include "crawler/serve/pattern_run.h"

/*
 * Patterns that somebody typed, as the child runs them: what is refused, what is found, what is
 * said where nothing is.  The rows of attacks are what editors of expressions were reported for.
 */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LIST            "<ul><li>One</li><li>Two 2</li></ul>"
#define ONE(rest)       "patterns:\n  - name: a\n" rest

static struct tried tried;
static char *message;
static size_t message_size;

static void forget(void)
{
	tried_free(&tried);
	free(message);
	message = NULL;
}

static void run(struct slice yaml, struct slice page, const char *url, bool is_one)
{
	const struct tried_wish wish = {
		.is_one = is_one,
		.budget_ms = 100,
		.url = url ? slice_of(url) : (struct slice){ NULL, 0 },
		.text = yaml,
	};

	message = pattern_run_wish(&wish, page, &message_size);
	assert_true(message_size < POOL_MESSAGE_MAX - 64);
	assert_int_equal(tried_decode(&tried, (struct slice){ message, message_size }), 0);
}

static bool says(struct slice text, const char *wanted)
{
	return text.at && memmem(text.at, text.size, wanted, strlen(wanted));
}

static void assert_text(struct slice text, const char *wanted)
{
	if (!says(text, wanted))
		fail_msg("not '%s' in:\n%.*s", wanted, (int)text.size, text.at ? text.at : "");
}

static void assert_good(void)
{
	if (tried.state != TRIED_DONE)
		fail_msg("%.*s", (int)tried.complaints.size, tried.complaints.at);
}

static void what_is_no_pattern_is_refused(void **state)
{
	static const struct {
		const char *yaml, *says;
	} rows[] = {
		{ "", "pattern:1:1: error: write 'patterns:'" },
		{ "- name: a\n", "pattern:1:1: error: write 'patterns:'" },
		{ "just text", "write 'patterns:'" },
		{ "patterns:\n", "one pattern at a time: here are 0" },
		{ "patterns: 3\n", "pattern:1:11: error: " },
		{ "script: alert(1)\n", "pattern:1:1: error: only 'patterns' can be tried, not "
					"'script'\nscript: alert(1)\n^" },
		{ ONE("    pattern: x\nhosts:\n  - match: a\n"), "pattern:4:1: error: only" },
		{ ONE("    pattern: x\ncrawl:\n  proxy: http://a\n"), "not 'crawl'" },
		{ ONE("    pattern: x\nfollow: []\n"), "not 'follow'" },
		{ ONE("    pattern: x\ntests: []\n"), "not 'tests'" },
		{ ONE("    pattern: x\nhealth: {}\n"), "not 'health'" },
		{ ONE("    pattern: x\n    login: y\n"), "unknown key 'login'" },
		{ ONE("    pattern: x\n    file: /etc/passwd\n"), "unknown key 'file'" },
		{ ONE("    pattern: x\n    script: y\n"), "unknown key 'script'" },
		{ ONE("    pattern: '<a (.*?'\n"), "pattern:3:22: error: missing closing" },
		{ ONE("    pattern: x\n  - name: b\n    pattern: y\n"), "here are 2" },
		{ ONE("    pattern: &x y\n"), "error: " },
		{ "patterns: !!python/object:os.system [x]\n", "error: " },
		{ "a: &a [x,x]\nb: &b [*a,*a]\npatterns: *b\n", "error: " },
		{ "patterns:\n\t- name: a\n", "error: " },
		{ "patterns: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "error: " },
		{ "\xFF\xFE\x00p", "error: " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run(slice_of(rows[i].yaml), SLICE(LIST), NULL, true);
		if (tried.state != TRIED_WRONG)
			fail_msg("taken: %s", rows[i].yaml);
		assert_text(tried.complaints, rows[i].says);
		assert_int_equal(tried.pattern_count, 0);
		forget();
	}
}

/* "${HOME}" and "file:" are what is written, and nothing is read for them. */
static void nothing_of_the_machine_is_read(void **state)
{
	static const char *const yamls[] = {
		ONE("    pattern: '(?<x>.{0,9})'\n    fields:\n      b: {value: '${HOME}'}\n"),
		ONE("    pattern: '(?<x>.{0,9})'\n    fields:\n      b: {value: "
		    "'file:/etc/passwd'}\n"),
	};

	(void)state;
	setenv("HOME", "/secret", 1);
	for (size_t i = 0; i < COUNT_OF(yamls); i++) {
		run(slice_of(yamls[i]), SLICE("x"), NULL, true);
		assert_false(says((struct slice){ message, message_size }, "/secret"));
		assert_false(says((struct slice){ message, message_size }, "root:"));
		forget();
	}
}

static void what_matches_is_told(void **state)
{
	(void)state;
	run(SLICE(ONE("    pattern: '<li>(?<t>[^<]*)'\n    children:\n      - name: b\n"
		      "        pattern: '(?<d>\\d)'\n")),
	    SLICE(LIST), NULL, true);
	assert_good();
	assert_int_equal(tried.pattern_count, 2);
	assert_int_equal(tried.pattern[0].rows, 2);
	assert_text(tried.pattern[0].names[0], "t");
	assert_text(tried.pattern[0].cells[1], "Two 2");
	assert_true(tried.pattern[1].is_child);
	assert_int_equal(tried.pattern[1].rows, 1);
	assert_int_equal(tried.match_count, 3);
	assert_int_equal(tried.match[0].offset, 4);
	assert_int_equal(tried.match[0].size, 7);
	assert_int_equal(tried.match[2].pattern, 1);
	assert_true(tried.is_for_url);
	forget();
}

static void where_nothing_matches_it_is_explained(void **state)
{
	static const struct {
		const char *yaml, *url, *why;
	} rows[] = {
		{ ONE("    pattern: '<li class=\"x\">(.*?)<'\n"), NULL, "wanted   <li class" },
		{ ONE("    pattern: '<LI>(.*?)<'\n"), NULL, "with flag i" },
		{ ONE("    url: /films\n    pattern: 'li'\n"), "http://a.example/",
		  "url of a: for http://a.example/ it matches nothing" },
		{ ONE("    pattern: '<li>(?<t>[^<]*)'\n    fields:\n"
		      "      t: {type: integer}\n"),
		  NULL, "bad t (integer): One (1:9), Two 2 (1:21)" },
		{ ONE("    each: '<li>[^<]*'\n    fields:\n"
		      "      u: {pattern: 'class=(\\w+)'}\n"),
		  NULL, "u of a: 0 of 2 rows have it" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run(slice_of(rows[i].yaml), SLICE(LIST), rows[i].url, true);
		assert_good();
		assert_text(tried.why, rows[i].why);
		assert_int_equal(tried.is_for_url, !rows[i].url);
		forget();
	}
}

/* Of several those are run that are for the URL, as a crawl does; nothing is explained. */
static void of_several_those_for_the_url_are_run(void **state)
{
	(void)state;
	run(SLICE("patterns:\n  - name: a\n    url: /list\n    pattern: li\n"
		  "  - name: b\n    url: /other\n    pattern: li\n"
		  "  - name: c\n    pattern: nothing\n"),
	    SLICE(LIST), "http://a.example/list", false);
	assert_int_equal(tried.pattern_count, 2);
	assert_text(tried.pattern[0].name, "a");
	assert_text(tried.pattern[1].name, "c");
	assert_int_equal(tried.why.size, 0);
	forget();
}

/* ---- too much of it ---- */

/* Of any page and pattern an answer comes, which fits a message; its process is there after it. */
static void what_is_too_much_is_cut(void **state)
{
	static const struct {
		const char *what, *yaml;
		char fill; /* of a page of 100 KB */
	} rows[] = {
		{ "nested repeats", ONE("    pattern: '(a+)+$'\n"), 'b' },
		{ "alternatives that are the same", ONE("    pattern: '^(a|a){100}$'\n"), 'a' },
		{ "repeats over repeats", ONE("    pattern: '^(.*)+ '\n"), 'a' },
		{ "a step that reads the page", ONE("    pattern: 'a.+b\\s*b+[cd]'\n"), 'b' },
		{ "recursion", ONE("    pattern: '(?<x>a(?&x)?b?)+c'\n"), 'a' },
		{ "back references", ONE("    pattern: '(a*)*\\1c'\n"), 'a' },
		{ "a row a character", ONE("    pattern: 'a'\n"), 'a' },
		{ "an empty match a character", ONE("    pattern: ''\n"), 'a' },
		{ "empty matches", ONE("    pattern: 'x*'\n"), 'a' },
		{ "the whole page a row", ONE("    pattern: '(?s)(.+)'\n"), 'a' },
		{ "NUL", ONE("    pattern: '(\\x00+)'\n"), '\0' },
		{ "no UTF-8", ONE("    pattern: '(.)'\n"), '\xFF' },
		{ "a repeat of repeats", ONE("    pattern: '((a{0,9}){0,9}){0,9}b'\n"), 'a' },
		{ "lookbehind", ONE("    pattern: '(?<=a{0,99})b'\n"), 'a' },
	};
	char *text = malloc(100000);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		memset(text, rows[i].fill, 99999);
		text[99999] = 'b';
		run(slice_of(rows[i].yaml), (struct slice){ text, 100000 }, NULL, true);
		assert_true(tried.match_count <= TRIED_MATCHES_MAX);
		forget();
	}
	free(text);
}

static char *yaml_of_fields(int count, size_t *size)
{
	char *yaml = NULL;
	FILE *out = open_memstream(&yaml, size);

	fputs(ONE("    each: 'x[^;]*;'\n    fields:\n"), out);
	for (int i = 0; i < count; i++)
		fprintf(out, "      f%d: {pattern: '(x+)'}\n", i);
	fclose(out);
	return yaml;
}

/* Of 500 fields and 75 rows a part is shown; 1,000 fields nobody may have. */
static void many_fields_are_cut(void **state)
{
	char page[3000], *yaml;
	size_t size;

	(void)state;
	memset(page, 'x', sizeof(page));
	for (size_t i = 39; i < sizeof(page); i += 40)
		page[i] = ';';
	yaml = yaml_of_fields(500, &size);
	run((struct slice){ yaml, size }, (struct slice){ page, sizeof(page) }, NULL, true);
	assert_good();
	assert_int_equal(tried.pattern[0].columns, 500);
	assert_int_equal(tried.pattern[0].column_count, TRIED_COLUMNS_MAX);
	assert_true(tried.pattern[0].row_count <= TRIED_ROWS_MAX);
	forget();
	free(yaml);
	yaml = yaml_of_fields(1000, &size);
	run((struct slice){ yaml, size }, (struct slice){ page, sizeof(page) }, NULL, true);
	assert_int_equal(tried.state, TRIED_WRONG);
	assert_text(tried.complaints, "too many fields: 500 at most");
	forget();
	free(yaml);
}

/* One that is longer than what a form may post, and than what PCRE2 takes. */
static void a_pattern_of_a_megabyte_is_answered(void **state)
{
	static const struct {
		const char *unit;
		size_t times;
	} rows[] = { { "(a|b)?", 170000 }, { "(", 1000000 }, { "[a-z]", 200000 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *yaml = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&yaml, &size);

		fputs(ONE("    pattern: '"), out);
		for (size_t j = 0; j < rows[i].times; j++)
			fputs(rows[i].unit, out);
		fputs("'\n", out);
		fclose(out);
		run((struct slice){ yaml, size }, SLICE("aaa"), NULL, true);
		assert_true(tried.state == TRIED_WRONG || tried.state == TRIED_DONE);
		forget();
		free(yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_pattern_is_refused),
		cmocka_unit_test(nothing_of_the_machine_is_read),
		cmocka_unit_test(what_matches_is_told),
		cmocka_unit_test(where_nothing_matches_it_is_explained),
		cmocka_unit_test(of_several_those_for_the_url_are_run),
		cmocka_unit_test(what_is_too_much_is_cut),
		cmocka_unit_test(many_fields_are_cut),
		cmocka_unit_test(a_pattern_of_a_megabyte_is_answered),
	};

	return RUN_TESTS(tests);
}
