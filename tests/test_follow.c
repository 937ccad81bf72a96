#include "tests/test.h"

#include <stdio.h>

#include "crawler/follow.h"

static struct url page, link_url;

static void parse(struct url *url, const char *text)
{
	assert_int_equal(url_parse(url, slice_of(text)), URL_OK);
}

/* The verdict on one link of one page. */
static enum follow_verdict judge(const struct follow *follow, const char *from, const char *to,
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
	struct follow *follow = follow_new(rules, 3);

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
	assert_null(follow_new(NULL, 0));
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
		struct follow *follow = follow_new(&rule, 1);
		char all[200] = "";

		follow_captures(follow, 1, text, collect, all);
		assert_string_equal(all, rows[i].captured);
		all[0] = '\0';
		follow_captures(follow, 0, text, collect, all);
		assert_string_equal(all, "");
		follow_free(follow);
	}
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
	follow = follow_new(rules, FOLLOW_RULES_MAX);
	assert_int_equal(judge(follow, "http://h/", "http://h/z", &rule), FOLLOW_YES);
	assert_int_equal(rule, FOLLOW_RULES_MAX - 1);
	follow_free(follow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_looks_at_page_and_link_and_site),
		cmocka_unit_test(without_rules_there_is_nothing_to_follow),
		cmocka_unit_test(two_names_are_of_one_site_or_not),
		cmocka_unit_test(a_pattern_captures_its_first_group_or_all_of_a_match),
		cmocka_unit_test(the_last_of_many_rules_counts_too),
	};

	return RUN_TESTS(tests);
}
