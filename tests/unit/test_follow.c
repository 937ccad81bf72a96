#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crawler/links/follow.h"

static struct url page, link_url;

static void parse(struct url *url, const char *text)
{
	assert_int_equal(url_parse(url, slice_of(text)), URL_OK);
}

static struct follow *compile(const struct config_follow rules[], size_t count)
{
	struct settings settings = settings_default();

	return follow_new(rules, count, &settings);
}

/* The verdict on one link of one page. */
static enum follow_verdict judge(struct follow *follow, const char *from, const char *to,
				 unsigned *rule)
{
	parse(&page, from);
	parse(&link_url, to);
	*rule = 99;
	return follow_link(follow, follow_page(follow, url_slice(&page)), &page, &link_url, rule);
}

static void a_rule_looks_at_page_and_link_and_site(void **state)
{
	static const struct config_follow rules[] = {
		{ .from = "/board/", .link = "offset=\\d+$", .same = SAME_HOST },
		{ .link = "/films/", .same = SAME_DOMAIN },
		{ .from = "/list$", .same = SAME_ANY },
	};
	static const struct {
		const char *page, *link;
		enum follow_verdict verdict;
		unsigned rule;
	} rows[] = {
		{ "http://h/board/4", "http://h/board/4?offset=10", FOLLOW_YES, 0 },
		{ "http://h/board/4", "http://h/board/4?offset=1x", FOLLOW_NOT, 99 },
		{ "http://h/index", "http://h/board/4?offset=10", FOLLOW_NOT, 99 },
		{ "http://h/board/4", "http://i/board/4?offset=10", FOLLOW_OUT_OF_SCOPE, 0 },
		{ "http://www.h.org/", "http://h.org/films/1", FOLLOW_YES, 1 },
		{ "http://www.h.org/", "http://h.com/films/1", FOLLOW_OUT_OF_SCOPE, 1 },
		{ "http://h/list", "http://anywhere.example/", FOLLOW_YES, 2 },
		{ "http://h/board/list", "http://i/?offset=1", FOLLOW_YES,
		  2 }, /* the first that takes it */
		{ "https://h/board/4", "http://h:8080/board/?offset=1", FOLLOW_YES,
		  0 }, /* a host is a name */
	};
	struct follow *follow = compile(rules, 3);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned rule;

		if (judge(follow, rows[i].page, rows[i].link, &rule) != rows[i].verdict ||
		    rule != rows[i].rule)
			fail_msg("%s -> %s", rows[i].page, rows[i].link);
	}
	follow_free(follow);
}

static void without_rules_there_is_nothing_to_follow(void **state)
{
	(void)state;
	assert_null(compile(NULL, 0));
	follow_free(NULL);
}

static void two_names_are_of_one_site_or_not(void **state)
{
	static const struct {
		const char *a, *b;
		bool same_host, same_domain;
	} rows[] = {
		{ "example.org", "example.org", true, true },
		{ "example.org", "www.example.org", false, true },
		{ "a.b.example.org", "c.example.org", false, true },
		{ "example.org", "example.com", false, false },
		{ "a.co.uk", "b.co.uk", false, false },
		{ "www.a.co.uk", "a.co.uk", false, true },
		{ "a.github.io", "b.github.io", false, false },
		{ "co.uk", "co.uk", true, true },
		{ "127.0.0.1", "127.0.0.2", false, false },
		{ "1.0.0.1", "2.0.0.1", false, false },
		{ "[::1]", "[::2]", false, false },
		{ "localhost", "localhost", true, true },
		{ "a.localhost", "b.localhost", false, false },
		{ "xn--fiqs8s", "xn--fiqs8s", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice a = slice_of(rows[i].a), b = slice_of(rows[i].b);

		if (follow_is_same_site(SAME_HOST, a, b) != rows[i].same_host ||
		    follow_is_same_site(SAME_DOMAIN, a, b) != rows[i].same_domain ||
		    follow_is_same_site(SAME_DOMAIN, b, a) != rows[i].same_domain)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
		assert_true(follow_is_same_site(SAME_ANY, a, b));
	}
}

static void collect(void *context, struct slice reference)
{
	char *all = context;
	size_t size = strlen(all);

	snprintf(all + size, 200 - size, "[%.*s]", (int)reference.size, reference.at);
}

static void a_pattern_captures_its_first_group_or_all_of_a_match(void **state)
{
	static const struct {
		const char *pattern, *captured;
	} rows[] = {
		{ "go\\('(.*?)'\\)", "[/a][/b]" },
		{ "go\\('(.*?)(')\\)", "[/a][/b]" },
		{ "(?:(/z)|go)\\('", "[go('][go(']" },
		{ "g(o)(\\()(')(/)(.)", "[o][o]" }, /* more groups than there is room for */
		{ "/[ab]", "[/a][/b]" },
		{ "(?=/)", "[][]" }, /* empty matches end */
		{ "nothing", "" },
	};
	struct slice text = SLICE("go('/a'); go('/b');");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_follow rule = { .pattern = rows[i].pattern };
		struct follow *follow = compile(&rule, 1);
		char all[200] = "";

		follow_page(follow, SLICE("http://h/"));
		follow_captures(follow, 1, text, collect, all);
		assert_string_equal(all, rows[i].captured);
		all[0] = '\0';
		follow_captures(follow, 0, text, collect, all);
		assert_string_equal(all, "");
		follow_free(follow);
	}
}

static void escapes_of_json_in_what_is_captured_are_decoded(void **state)
{
	static const struct {
		const char *text, *captured;
	} rows[] = {
		{ "\"next\":\"http:\\/\\/h\\/b?c=1\\u0026d=2\"", "[http://h/b?c=1&d=2]" },
		{ "\"next\":\"/caf\\u00e9\"", "[/caf\xc3\xa9]" },
		{ "\"next\":\"/b?c&amp;d\"", "[/b?c&amp;d]" },
		{ "\"next\":\"/a\" \"next\":\"\\/b\" \"next\":\"/c\"", "[/a][/b][/c]" },
		/* What is no string of JSON stays as it is. */
		{ "\"next\":\"/a\\d\"", "[/a\\d]" },
		{ "\"next\":\"\\u00\"", "[\\u00]" },
		{ "\"next\":\"/a\\\"", "[/a\\]" },
	};
	struct config_follow rule = { .pattern = "\"next\":\"(.*?)\"" };
	struct follow *follow = compile(&rule, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char all[200] = "";

		follow_page(follow, SLICE("http://h/"));
		follow_captures(follow, 1, slice_of(rows[i].text), collect, all);
		assert_string_equal(all, rows[i].captured);
	}
	follow_free(follow);
}

/* Sixty-four rules have a bit each. */
static void the_last_of_many_rules_counts_too(void **state)
{
	struct config_follow rules[FOLLOW_RULES_MAX];
	struct follow *follow;
	unsigned rule;

	(void)state;
	for (size_t i = 0; i < FOLLOW_RULES_MAX; i++)
		rules[i] =
			(struct config_follow){ .link = i == FOLLOW_RULES_MAX - 1 ? "/z" : "/no" };
	follow = compile(rules, FOLLOW_RULES_MAX);
	assert_int_equal(judge(follow, "http://h/", "http://h/z", &rule), FOLLOW_YES);
	assert_int_equal(rule, FOLLOW_RULES_MAX - 1);
	follow_free(follow);
}

/* ---- limits ---- */

#define LONG_URL 8000 /* bytes */

static struct follow *compile_with(const struct config_follow rules[], size_t count,
				   int64_t time_ms, int64_t match_limit)
{
	struct settings settings = settings_default();

	settings.pattern_time_ms = time_ms;
	settings.match_limit = match_limit;
	return follow_new(rules, count, &settings);
}

/* "http://h/aaa...abbb...b!" */
static void make_long_url(struct url *url, size_t b_count)
{
	char text[LONG_URL + 1] = "http://h/";

	memset(text + 9, 'a', LONG_URL - 9);
	memset(text + LONG_URL - 1 - b_count, 'b', b_count);
	text[LONG_URL - 1] = '!';
	parse(url, text);
}

#define MANY_LINKS 2000 /* of which a harmless rule is done in a hundredth of its time */

/* Judge one link again and again, as those of a page that is full of it; how many were taken. */
static unsigned judge_many(struct follow *follow, const struct url *link)
{
	unsigned taken = 0, rule;
	uint64_t rules;

	parse(&page, "http://h/");
	rules = follow_page(follow, url_slice(&page));
	for (unsigned i = 0; i < MANY_LINKS; i++)
		taken += follow_link(follow, rules, &page, link, &rule) == FOLLOW_YES;
	return taken;
}

/* Without a budget: hours. */
static void expressions_that_backtrack_end_with_the_time_of_a_page_and_say_so(void **state)
{
	static const struct {
		const char *expression;
		size_t b_count;
	} rows[] = {
		{ "(a+)+$", 0 },
		{ "a.+b\\s*b+[cd]", 4000 },
		{ "a.+b\\s*b+[cd]", LONG_URL - 20 },
		{ "(?:a|aa|aaa)+$", 0 },
		{ "(.*?){1,100}[xy]$", 0 },
		{ "(a*)*\\1b\\1$", 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_follow rule = { .link = rows[i].expression };
		struct follow *follow = compile_with(&rule, 1, 50, 100000000);
		clock_t begun = clock();

		make_long_url(&link_url, rows[i].b_count);
		assert_int_equal(judge_many(follow, &link_url), 0);
		if (follow_limited(follow) != 1)
			fail_msg("%s", rows[i].expression);
		assert_true(clock() - begun < CLOCKS_PER_SEC);
		follow_free(follow);
	}
}

static void a_match_limit_is_told_too(void **state)
{
	const struct config_follow rule = { .link = "(a+)+$" };
	struct follow *follow = compile_with(&rule, 1, 3600000, 1000);
	unsigned number;

	(void)state;
	make_long_url(&link_url, 0);
	parse(&page, "http://h/");
	assert_int_equal(follow_link(follow, follow_page(follow, url_slice(&page)), &page,
				     &link_url, &number),
			 FOLLOW_NOT);
	assert_int_equal(follow_limited(follow), 1);
	/* Of this page alone. */
	assert_int_equal(judge(follow, "http://h/", "http://h/aaa", &number), FOLLOW_YES);
	assert_int_equal(follow_limited(follow), 0);
	follow_free(follow);
}

/* Each has time of its own, and each page has it anew. */
static void a_rule_out_of_time_leaves_the_others_theirs(void **state)
{
	static const struct config_follow rules[] = { { .link = "(a+)+$" },
						      { .link = "!$" },
						      { .from = "(a+)+$" } };
	struct follow *follow = compile_with(rules, 3, 50, 100000000);
	unsigned rule;

	(void)state;
	make_long_url(&link_url, 0);
	assert_int_equal(judge_many(follow, &link_url), MANY_LINKS);
	assert_int_equal(follow_limited(follow), 1);
	assert_int_equal(judge(follow, "http://h/", "http://h/aaa", &rule), FOLLOW_YES);
	assert_int_equal(rule, 0);
	assert_int_equal(follow_limited(follow), 0);
	/* A page that a rule cannot judge is none of its. */
	make_long_url(&link_url, 0);
	assert_int_equal(follow_page(follow, url_slice(&link_url)), 3);
	assert_int_equal(follow_limited(follow), 4);
	follow_free(follow);
}

static void count_up(void *context, struct slice reference)
{
	(void)reference;
	++*(unsigned *)context;
}

static void captures_end_with_the_time_and_the_number_of_a_page(void **state)
{
	static const struct {
		const char *pattern;
		unsigned least, most;
		uint64_t limited;
	} rows[] = {
		{ "b!", 1, 1, 0 },
		{ "(a+)+$", 0, 0, 1 },
		{ "a(?=.*[xy])", 0, 0, 1 },
		{ "a", 100000, 100000, 1 },
	};
	char *text = malloc(1000000);

	(void)state;
	memset(text, 'a', 1000000);
	memcpy(text + 999998, "b!", 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_follow rule = { .pattern = rows[i].pattern };
		struct follow *follow = compile_with(&rule, 1, 1000, 100000000);
		unsigned count = 0;

		follow_page(follow, SLICE("http://h/"));
		follow_captures(follow, 1, (struct slice){ text, 1000000 }, count_up, &count);
		assert_in_range(count, rows[i].least, rows[i].most);
		assert_int_equal(follow_limited(follow), rows[i].limited);
		follow_free(follow);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_looks_at_page_and_link_and_site),
		cmocka_unit_test(without_rules_there_is_nothing_to_follow),
		cmocka_unit_test(two_names_are_of_one_site_or_not),
		cmocka_unit_test(a_pattern_captures_its_first_group_or_all_of_a_match),
		cmocka_unit_test(escapes_of_json_in_what_is_captured_are_decoded),
		cmocka_unit_test(the_last_of_many_rules_counts_too),
		cmocka_unit_test(expressions_that_backtrack_end_with_the_time_of_a_page_and_say_so),
		cmocka_unit_test(a_match_limit_is_told_too),
		cmocka_unit_test(a_rule_out_of_time_leaves_the_others_theirs),
		cmocka_unit_test(captures_end_with_the_time_and_the_number_of_a_page),
	};

	return RUN_TESTS(tests);
}
