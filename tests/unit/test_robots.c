#include "tests/support/test.h"

#include "parsers/site/robots.h"
#include <stdio.h>
#include <time.h>

#define FILE_BYTES_MAX 65536

static struct robots *parse(const char *body)
{
	return robots_parse(slice_of(body), SLICE("mybot"));
}

/* The caller frees the bytes. */
static struct slice read_data(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes = malloc(FILE_BYTES_MAX);
	size_t size;

	assert_non_null(file);
	assert_non_null(bytes);
	size = fread(bytes, 1, FILE_BYTES_MAX, file);
	fclose(file);
	return (struct slice){ bytes, size };
}

static struct robots *parse_data(const char *path, struct slice token)
{
	struct slice body = read_data(path);
	struct robots *robots = robots_parse(body, token);

	free((char *)body.at);
	return robots;
}

static void assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.size, strlen(want));
	assert_memory_equal(got.at, want, got.size);
}

/* Processor time, so that a busy machine does not fail a bound. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void the_pattern_decides_which_paths_match(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} table[] = {
		{ "/", "/", true },
		{ "/", "", true },
		{ "/", "/anything?a=b", true },
		{ "/fish", "/fish", true },
		{ "/fish", "/fish.html", true },
		{ "/fish", "/fishheads/yummy.html", true },
		{ "/fish", "/fish.php?id=anything", true },
		{ "/fish", "/Fish.asp", false },
		{ "/fish", "/catfish", false },
		{ "/fish", "/?id=fish", false },
		{ "/fish*", "/fish.html", true },
		{ "/fish*", "/desert/fish", false },
		{ "/fish/", "/fish", false },
		{ "/fish/", "/fish/salmon.htm", true },
		{ "/*.php", "/index.php", true },
		{ "/*.php", "/folder/filename.php?parameters", true },
		{ "/*.php", "/", false },
		{ "/*.php", "/windows.PHP", false },
		{ "/*.php$", "/filename.php", true },
		{ "/*.php$", "/a.php/b.php", true },
		{ "/*.php$", "/filename.php?parameters", false },
		{ "/*.php$", "/filename.php5", false },
		{ "/fish*.php", "/fishheads/catfish.php?parameters", true },
		{ "/fish*.php", "/Fish.PHP", false },
		{ "*.gif", "/a/b.gif", true },
		{ "*", "/", true },
		{ "*$", "/a", true },
		{ "/$", "/", true },
		{ "/$", "/a", false },
		{ "/a$", "/a", true },
		{ "/a$", "/ab", false },
		{ "/a$b", "/a$b", true },
		{ "/a$$", "/a$", true },
		{ "/a***b", "/axxb", true },
		{ "/a***b", "/ab", true },
		{ "/a*b*c", "/aXbYc", true },
		{ "/a*b*c", "/aXcYb", false },
		{ "/a*aa$", "/aaa", true },
		{ "/a*aa$", "/aa", false },
		{ "/*ab$", "/ab/ab", true },
		{ "/a*", "/a", true },
		/* not a path, so no path begins with it */
		{ "fish", "/fish", false },
		{ "https://example.org/fish", "/fish", false },
		{ "$", "/", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char body[256];
		struct robots *robots;

		snprintf(body, sizeof(body), "User-agent: *\nDisallow: %s", table[i].pattern);
		robots = parse(body);
		if (robots_check(robots, slice_of(table[i].path)).is_allowed == table[i].matches)
			fail_msg("%s and %s", table[i].pattern, table[i].path);
		robots_free(robots);
	}
}

static void paths_and_patterns_are_compared_in_one_escaped_form(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} table[] = {
		{ "/%7ejoe", "/~joe", true },
		{ "/~joe", "/%7Ejoe", true },
		{ "/%62%61%7A", "/baz", true },
		{ "/foo/bar/\xE3\x83\x84", "/foo/bar/%E3%83%84", true },
		{ "/foo/bar/%e3%83%84", "/foo/bar/\xE3\x83\x84", true },
		{ "/latin\xE9", "/latin%E9", true },
		{ "/a%2Fb", "/a/b", false },
		{ "/a/b", "/a%2Fb", false },
		{ "/a%2fb", "/a%2Fb", true },
		{ "/a%3Fb", "/a?b", false },
		{ "/a?b=c&d", "/a?b=c&d", true },
		{ "/a b", "/a%20b", true },
		{ "/a<b>", "/a%3Cb%3E", true },
		{ "/a\"b", "/a%22b", true },
		{ "/100%", "/100%25", true },
		{ "/%zz", "/%25zz", true },
		{ "/%4", "/%254", true },
		{ "/a%2Ab", "/a*b", true },
		{ "/a%2ab", "/a%2Ab", true },
		{ "/a%2Ab", "/axb", false },
		{ "/a*b", "/a%2Ab", true },
		{ "/a%24", "/a$", true },
		{ "/a%24", "/a$b", true },
		{ "/a%24", "/a", false },
		{ "/a$", "/a%24", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char body[256];
		struct robots *robots;

		snprintf(body, sizeof(body), "User-agent: *\nDisallow: %s", table[i].pattern);
		robots = parse(body);
		if (robots_check(robots, slice_of(table[i].path)).is_allowed == table[i].matches)
			fail_msg("%s and %s", table[i].pattern, table[i].path);
		robots_free(robots);
	}
}

static void the_longest_pattern_wins_and_allow_wins_a_tie(void **state)
{
	static const struct {
		const char *rules, *path;
		bool is_allowed;
		unsigned line;
	} table[] = {
		{ "allow: /p\ndisallow: /", "/page", true, 2 },
		{ "disallow: /\nallow: /p", "/page", true, 3 },
		{ "allow: /folder\ndisallow: /folder", "/folder/page", true, 2 },
		{ "disallow: /folder\nallow: /folder", "/folder/page", true, 3 },
		{ "allow: /page\ndisallow: /*.htm", "/page.htm", false, 3 },
		{ "allow: /page\ndisallow: /*.ph", "/page.php5", true, 2 },
		{ "allow: /$\ndisallow: /", "/", true, 2 },
		{ "allow: /$\ndisallow: /", "/page.htm", false, 3 },
		{ "disallow: /x/\nallow: /", "/x/y", false, 2 },
		{ "disallow: /a*\nallow: /a", "/ab", false, 2 },
		{ "disallow: /***\nallow: /ab", "/abc", false, 2 },
		{ "allow: /a$\ndisallow: /a*", "/a", true, 2 },
		{ "disallow: /%7e\nallow: /~", "/~", true, 3 },
		{ "allow: /\xC3\xA9\ndisallow: /abcd%", "/x", true, 0 },
		{ "allow: /*\xC3\xA9\ndisallow: /abcd*", "/abcd/%C3%A9", true, 2 },
		{ "disallow:", "/a", true, 0 },
		{ "disallow: /a\ndisallow:\nallow:", "/a", false, 2 },
		{ "disallow: /a\ndisallow: /a", "/a", false, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char body[256];
		struct robots *robots;
		struct robots_verdict verdict;

		snprintf(body, sizeof(body), "user-agent: mybot\n%s\n", table[i].rules);
		robots = parse(body);
		verdict = robots_check(robots, slice_of(table[i].path));
		if (verdict.is_allowed != table[i].is_allowed || verdict.line != table[i].line)
			fail_msg("%s: %d, line %u", table[i].rules, verdict.is_allowed,
				 verdict.line);
		robots_free(robots);
	}
}

static void the_group_is_chosen_by_the_product_token(void **state)
{
	static const struct {
		const char *body;
		bool is_allowed;
	} table[] = {
		{ "User-agent: mybot\nDisallow: /", false },
		{ "User-agent: MYBOT\nDisallow: /", false },
		{ "User-agent: MyBot/3.1 (like others)\nDisallow: /", false },
		{ "User-agent: mybot and friends\nDisallow: /", false },
		{ "User-agent: mybot-news\nDisallow: /", true },
		{ "User-agent: mybo\nDisallow: /", true },
		{ "User-agent: theirs\nDisallow: /", true },
		{ "User-agent: *\nDisallow: /", false },
		{ "User-agent: * all of you\nDisallow: /", false },
		{ "User-agent: *bot\nDisallow: /", true },
		/* a group of its own beats the group for everyone, even without rules */
		{ "User-agent: *\nDisallow: /\nUser-agent: mybot\nAllow: /x", true },
		{ "User-agent: mybot\nUser-agent: *\nDisallow: /", false },
		{ "User-agent: *\nDisallow: /\nUser-agent: mybot\n", true },
		{ "User-agent: mybot\nDisallow:\nUser-agent: *\nDisallow: /", true },
		/* one group for several */
		{ "User-agent: a\nUser-agent: mybot\nUser-agent: b\nDisallow: /", false },
		{ "User-agent: mybot\n\n\nUser-agent: b\nDisallow: /", false },
		{ "User-agent: mybot\nDisallow:\nUser-agent: b\nDisallow: /", true },
		/* several groups for one */
		{ "User-agent: mybot\nAllow: /z\nUser-agent: b\nAllow: /\nUser-agent: "
		  "mybot\nDisallow: /",
		  false },
		{ "User-agent: *\nAllow: /z\nUser-agent: b\nAllow: /\nUser-agent: *\nDisallow: /",
		  false },
		/* other records end nothing */
		{ "User-agent: mybot\nSitemap: /s\nUser-agent: b\nDisallow: /", false },
		{ "User-agent: mybot\nCrawl-delay: 5\nUser-agent: b\nDisallow: /", false },
		{ "User-agent: mybot\nHost: h\nUser-agent: b\nDisallow: /", false },
		/* rules before any group belong to nobody */
		{ "Disallow: /\nUser-agent: mybot\nAllow: /x", true },
		{ "Disallow: /", true },
		{ "", true },
		/* keys */
		{ "uSeR-aGeNt: mybot\ndIsAlLoW: /", false },
		{ "  User-agent \t:\t mybot \n\tDisallow\t:/ ", false },
		{ "useragent: mybot\ndissalow: /", false },
		{ "user agent: mybot\ndisallow /", false },
		{ "user-agent mybot\ndisallow:/", false },
		{ "user-agents: mybot\ndisallow: /", true },
		{ "user-agent: mybot\ndisallowed: /", true },
		{ "user-agent: mybot#\ndisallow: /#x", false },
		{ "user-agent: mybot\n#disallow: /", true },
		{ "\xEF\xBB\xBFUser-agent: mybot\nDisallow: /", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct robots *robots = parse(table[i].body);

		if (robots_check(robots, SLICE("/a")).is_allowed != table[i].is_allowed)
			fail_msg("%s", table[i].body);
		robots_free(robots);
	}
}

/* What is told from other names by a digit, a dot or another character is another name. */
static void names_are_compared_as_a_whole(void **state)
{
	static const struct {
		const char *user_agent, *named;
		bool is_named;
	} table[] = {
		{ "bot3", "bot1", false },
		{ "bot3", "bot3", true },
		{ "bot1", "bot", false },
		{ "bot", "bot1", false },
		{ "bot1/2.0", "BOT1/7", true },
		{ "bot1/2.0", "bot1 of theirs", true },
		{ "360spider/2", "360Spider", true },
		{ "my.bot", "my", false },
		{ "my.bot", "my.bot", true },
		{ "my:bot+x@y", "my:bot+x@y/3", true },
		{ "b\xC3\xB6t", "b\xC3\xB6t", true },
		{ "b\xC3\xB6t", "b", false },
		{ "a", "a b c", true },
		{ "mybot,other", "mybot", false },
		{ "Mozilla/5.0 (compatible; mybot/1.0; +http://x/)", "mybot", true },
		{ "Mozilla/5.0 (compatible; mybot/1.0; +http://x/)", "Mozilla", false },
		{ "Mozilla/5.0 (compatible; mybot/1.0; +http://x/)",
		  "Mozilla/5.0 (compatible; MyBot/2.0)", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char body[256];
		struct robots *robots;

		snprintf(body, sizeof(body), "User-agent: %s\nDisallow: /", table[i].named);
		robots = robots_parse(slice_of(body),
				      robots_product_token(slice_of(table[i].user_agent)));
		if (robots_check(robots, SLICE("/a")).is_allowed == table[i].is_named)
			fail_msg("%s and %s", table[i].user_agent, table[i].named);
		robots_free(robots);
	}
}

static void the_product_token_is_the_name_in_the_user_agent(void **state)
{
	static const struct {
		const char *user_agent, *token;
		bool is_obvious;
	} table[] = {
		{ "mybot/1.0 (+mailto:me@example.org)", "mybot", true },
		{ "mybot (+mailto:me@example.org)", "mybot", true },
		{ "crawl", "crawl", true },
		{ "360spider", "360spider", true },
		{ "bot3.x/1", "bot3.x", true },
		{ "  mybot/1", "mybot", true },
		{ "My_Bot-x y", "My_Bot-x", false },
		{ "My Bot/1.0", "My", false },
		{ "", "", false },
		{ "/1.0", "", false },
		/* the form in which crawlers say that they are like a browser */
		{ "Mozilla/5.0 (compatible; mybot/1.0; +https://example.org/bot)", "mybot", false },
		{ "Mozilla/5.0 (compatible; mybot)", "mybot", false },
		{ "mozilla/5.0 (Compatible;mybot/1.0)", "mybot", false },
		{ "Mozilla/5.0 (compatible; my.bot2 1.0; x)", "my.bot2", false },
		{ "Mozilla/5.0 (compatible; +https://example.org; mybot/1)", "mybot", false },
		{ "Mozilla/5.0 (Linux; Android 6.0) AppleWebKit/537.36 (KHTML, like Gecko) "
		  "Chrome/99.0 Mobile Safari/537.36 (compatible; mybot/2.1; +http://x/)",
		  "mybot", false },
		{ "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; mybot/2.1)",
		  "mybot", false },
		{ "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101", "Mozilla", false },
		{ "Mozilla/5.0 (compatible; )", "Mozilla", false },
		{ "Mozilla/5.0 (compatible;", "Mozilla", false },
		{ "Mozilla/5.0 (incompatible; x)", "Mozilla", false },
		{ "Research (compatible; mybot/1.0)", "Research", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct slice agent = slice_of(table[i].user_agent);

		assert_slice(robots_product_token(agent), table[i].token);
		if (robots_token_is_obvious(agent) != table[i].is_obvious)
			fail_msg("%s", table[i].user_agent);
	}
}

static void the_token_stands_in_the_user_agent(void **state)
{
	const char *agent = "Mozilla/5.0 (compatible; mybot/1.0)";

	(void)state;
	assert_ptr_equal(robots_product_token(slice_of(agent)).at, strstr(agent, "mybot"));
}

static void a_crawler_without_a_token_obeys_the_group_for_everyone(void **state)
{
	struct robots *robots = robots_parse(
		SLICE("User-agent: 1\nAllow: /\nUser-agent: *\nDisallow: /"), SLICE(""));

	(void)state;
	assert_false(robots_check(robots, SLICE("/a")).is_allowed);
	robots_free(robots);
}

static void crawl_delay_is_that_of_the_group_in_milliseconds(void **state)
{
	static const struct {
		const char *body;
		int64_t delay_ms;
	} table[] = {
		{ "User-agent: mybot\nCrawl-delay: 10", 10000 },
		{ "User-agent: mybot\ncrawl-DELAY: 0.5 # half", 500 },
		{ "User-agent: mybot\nCrawl-delay: .25", 250 },
		{ "User-agent: mybot\nCrawl-delay: 2.", 2000 },
		{ "User-agent: mybot\nCrawl-delay: 0", 0 },
		{ "User-agent: mybot\nCrawl-delay: 0.0001", 1 },
		{ "User-agent: mybot\nCrawl-delay: 0.0010000", 1 },
		{ "User-agent: mybot\nCrawl-delay: 99999999999999999999999", ROBOTS_DELAY_MS_MAX },
		{ "User-agent: mybot\nCrawl-delay: 99999999999999999.99999", ROBOTS_DELAY_MS_MAX },
		{ "User-agent: mybot\nCrawl-delay: -1", -1 },
		{ "User-agent: mybot\nCrawl-delay: soon", -1 },
		{ "User-agent: mybot\nCrawl-delay: 1.2.3", -1 },
		{ "User-agent: mybot\nCrawl-delay: .", -1 },
		{ "User-agent: mybot\nCrawl-delay:", -1 },
		{ "User-agent: mybot\nCrawl-delay: 3\nDisallow: /\nCrawl-delay: 9\nCrawl-delay: 2",
		  9000 },
		{ "User-agent: a\nCrawl-delay: 3\nUser-agent: mybot\nDisallow: /", -1 },
		{ "User-agent: *\nCrawl-delay: 3\n\nUser-agent: mybot\nDisallow: /", -1 },
		{ "User-agent: *\nCrawl-delay: 3", 3000 },
		{ "Crawl-delay: 3", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct robots *robots = parse(table[i].body);

		if (robots_crawl_delay_ms(robots) != table[i].delay_ms)
			fail_msg("%s: %lld", table[i].body,
				 (long long)robots_crawl_delay_ms(robots));
		robots_free(robots);
	}
}

static void robots_txt_itself_is_always_allowed(void **state)
{
	struct robots *robots = parse("User-agent: *\nDisallow: /\n");

	(void)state;
	assert_true(robots_check(robots, SLICE("/robots.txt")).is_allowed);
	assert_int_equal(robots_check(robots, SLICE("/robots.txt")).line, 0);
	assert_false(robots_check(robots, SLICE("/robots.txt.html")).is_allowed);
	assert_false(robots_check(robots, SLICE("/a/robots.txt")).is_allowed);
	robots_free(robots);
}

static void a_whole_file_gives_rules_lines_delay_and_sitemaps(void **state)
{
	struct robots *robots = parse_data("tests/data/robots/rules.txt", SLICE("mybot"));
	struct robots_verdict verdict = robots_check(robots, SLICE("/late/x"));

	(void)state;
	assert_false(verdict.is_allowed);
	assert_int_equal(verdict.line, 18);
	assert_slice(verdict.rule, "Disallow: /late/");
	verdict = robots_check(robots, SLICE("/private/open/door"));
	assert_true(verdict.is_allowed);
	assert_int_equal(verdict.line, 7);
	assert_slice(verdict.rule, "Allow: /private/open/");
	verdict = robots_check(robots, SLICE("/index.php"));
	assert_true(verdict.is_allowed);
	assert_int_equal(verdict.line, 0);
	assert_int_equal(robots_crawl_delay_ms(robots), 2000);
	assert_int_equal(robots_sitemap_count(robots), 2);
	assert_slice(robots_sitemap(robots, 0), "https://example.org/sitemap.xml");
	assert_slice(robots_sitemap(robots, 1), "https://example.org/news.xml");
	robots_free(robots);

	robots = parse_data("tests/data/robots/rules.txt", SLICE("nobody"));
	assert_int_equal(robots_check(robots, SLICE("/index.php")).line, 12);
	assert_int_equal(robots_crawl_delay_ms(robots), 7000);
	robots_free(robots);
}

static void lines_end_in_three_ways_and_broken_ones_are_passed_over(void **state)
{
	static const struct {
		const char *path;
		unsigned line;
	} table[] = {
		{ "/x", 6 },          { "/%E3%83%84", 7 }, { "/latin%E9", 8 },  { "/nul", 9 },
		{ "/word/more", 15 }, { "/mac", 0 },       { "/two words", 0 },
	};
	struct robots *robots = parse_data("tests/data/robots/broken-lines.txt", SLICE("x"));

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(robots_check(robots, slice_of(table[i].path)).line, table[i].line);
	assert_int_equal(robots_check(robots, (struct slice){ "/a\0b", 4 }).line, 16);
	assert_int_equal(robots_check(robots, SLICE("/a%00b")).line, 16);
	robots_free(robots);
}

static void other_kinds_of_file_forbid_nothing(void **state)
{
	static const char *const paths[] = {
		"tests/data/robots/page.html",
		"tests/data/robots/utf-16-with-mark.txt",
		"tests/data/robots/utf-16-without-mark.txt",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct robots *robots = parse_data(paths[i], SLICE("mybot"));

		assert_true(robots_check(robots, SLICE("/a")).is_allowed);
		assert_int_equal(robots_sitemap_count(robots), 0);
		robots_free(robots);
	}
}

/* A file of this head and then the filler again and again; the caller frees it. */
static struct slice repeat(const char *head, const char *filler, size_t bytes)
{
	char *body = malloc(bytes + strlen(head) + strlen(filler) + 1);
	size_t size = strlen(head);

	assert_non_null(body);
	memcpy(body, head, size);
	while (size < bytes) {
		memcpy(body + size, filler, strlen(filler));
		size += strlen(filler);
	}
	return (struct slice){ body, size };
}

static void a_long_file_is_cut_at_its_last_complete_line(void **state)
{
	const char *tail = "Disallow: /longer/than/the/limit\n";
	struct slice body =
		repeat("User-agent: *\nDisallow: /first\n", "#\n", 2 * ROBOTS_BYTES_MAX);
	char *at = (char *)body.at + ROBOTS_BYTES_MAX;
	struct robots *robots;

	(void)state;
	/* all of the line but its end lies before the limit, and its beginning forbids more */
	memcpy(at - strlen(tail) + 1, tail, strlen(tail));
	at[-(ptrdiff_t)strlen(tail)] = '\n';
	robots = robots_parse(body, SLICE("mybot"));
	assert_false(robots_check(robots, SLICE("/first")).is_allowed);
	assert_true(robots_check(robots, SLICE("/longer/than/the/limit")).is_allowed);
	robots_free(robots);

	memcpy(at - strlen(tail), tail, strlen(tail));
	robots = robots_parse(body, SLICE("mybot"));
	assert_false(robots_check(robots, SLICE("/longer/than/the/limit")).is_allowed);
	robots_free(robots);
	free((char *)body.at);
}

static void a_million_stars_are_one(void **state)
{
	struct slice body = repeat("User-agent: *\nDisallow: /", "*", ROBOTS_BYTES_MAX - 1);
	struct robots *robots;

	(void)state;
	((char *)body.at)[body.size - 1] = '\n';
	robots = robots_parse(body, SLICE("mybot"));
	assert_false(robots_check(robots, SLICE("/a")).is_allowed);
	assert_int_equal(robots_check(robots, SLICE("/a")).line, 2);
	robots_free(robots);
	free((char *)body.at);

	body = repeat("", "*", 1000000);
	robots = robots_parse(body, SLICE("mybot"));
	assert_true(robots_check(robots, SLICE("/a")).is_allowed);
	robots_free(robots);
	free((char *)body.at);
}

static void ten_thousand_wildcards_are_matched_in_one_pass(void **state)
{
	struct slice body = repeat("User-agent: *\nDisallow: /", "*a", 20025);
	struct slice path = repeat("/", "a", ROBOTS_PATH_BYTES_MAX - 1);
	struct robots *robots = robots_parse(body, SLICE("mybot"));
	double start = seconds();

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(robots_check(robots, path).is_allowed);
	assert_true(seconds() - start < 2.0);
	robots_free(robots);
	free((char *)body.at);
	free((char *)path.at);
}

static void a_pattern_too_long_for_any_path_is_left_out(void **state)
{
	struct slice body = repeat("User-agent: *\nDisallow: /", "*a", 400000);
	struct robots *robots = robots_parse(body, SLICE("mybot"));

	(void)state;
	assert_true(robots_check(robots, SLICE("/aaaa")).is_allowed);
	robots_free(robots);
	free((char *)body.at);
}

static void a_check_that_would_take_too_long_is_disallowed(void **state)
{
	struct slice body =
		repeat("User-agent: *\n", "Allow: /*a*a*a*a*b\n", ROBOTS_BYTES_MAX - 20);
	struct slice path = repeat("/", "a", ROBOTS_PATH_BYTES_MAX - 1);
	struct robots *robots = robots_parse(body, SLICE("mybot"));
	double start = seconds();
	struct robots_verdict verdict = robots_check(robots, path);

	(void)state;
	assert_true(seconds() - start < 1.0);
	assert_false(verdict.is_allowed);
	assert_int_equal(verdict.line, 0);
	assert_true(robots_check(robots, SLICE("/short")).is_allowed);
	robots_free(robots);
	free((char *)body.at);
	free((char *)path.at);
}

static void a_path_longer_than_any_url_is_judged_by_its_beginning(void **state)
{
	struct slice path = repeat("/x/", "\xFF", 4 * ROBOTS_PATH_BYTES_MAX);
	struct robots *robots = parse("User-agent: *\nDisallow: /x/\n");

	(void)state;
	assert_false(robots_check(robots, path).is_allowed);
	robots_free(robots);
	free((char *)path.at);
}

/* Matching by trying everything, for short patterns without escapes. */
static bool matches_plainly(const char *pattern, const char *path)
{
	if (*pattern == '\0')
		return true;
	if (pattern[0] == '$' && pattern[1] == '\0')
		return *path == '\0';
	if (*pattern == '*')
		return matches_plainly(pattern + 1, path) ||
		       (*path && matches_plainly(pattern, path + 1));
	return *path == *pattern && matches_plainly(pattern + 1, path + 1);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void random_patterns_match_as_by_trying_everything(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char pattern[10] = "/", path[12] = "/", body[64];
		size_t pattern_size = 1 + next_random(&seed) % 8,
		       path_size = 1 + next_random(&seed) % 10;
		struct robots *robots;

		for (size_t i = 1; i < pattern_size; i++)
			pattern[i] = "ab**/"[next_random(&seed) % 5];
		if (next_random(&seed) % 3 == 0)
			pattern[pattern_size] = '$';
		for (size_t i = 1; i < path_size; i++)
			path[i] = "ab/"[next_random(&seed) % 3];
		snprintf(body, sizeof(body), "User-agent: *\nDisallow: %s\n", pattern);
		robots = parse(body);
		if (robots_check(robots, slice_of(path)).is_allowed ==
		    matches_plainly(pattern, path))
			fail_msg("%s and %s", pattern, path);
		robots_free(robots);
	}
}

static void random_bytes_are_survived(void **state)
{
	static const char *const words[] = {
		"User-agent:", "*", "mybot", "\n", "Disallow:", "/", "Allow",        "%",
		"%2",          "$", "\r",    "#",  "Sitemap:",  "9", "Crawl-delay:", "\xEF\xBB\xBF",
		"a",           " ", "."
	};
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		char body[300];
		size_t size = 0;
		struct slice exact;
		struct robots *robots;

		while (size < 200) {
			const char *word = words[next_random(&seed) % 19];

			if (next_random(&seed) % 8 == 0)
				body[size++] = (char)next_random(&seed);
			memcpy(body + size, word, strlen(word));
			size += strlen(word);
		}
		exact = (struct slice){ malloc(size), size };
		assert_non_null(exact.at);
		memcpy((char *)exact.at, body, size);
		robots = robots_parse(exact, SLICE("mybot"));
		robots_check(robots, exact);
		for (size_t i = 0; i < robots_sitemap_count(robots); i++)
			assert_true(robots_sitemap(robots, i).size > 0);
		robots_free(robots);
		free((char *)exact.at);
	}
}

static void freeing_nothing_does_nothing(void **state)
{
	(void)state;
	robots_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pattern_decides_which_paths_match),
		cmocka_unit_test(paths_and_patterns_are_compared_in_one_escaped_form),
		cmocka_unit_test(the_longest_pattern_wins_and_allow_wins_a_tie),
		cmocka_unit_test(the_group_is_chosen_by_the_product_token),
		cmocka_unit_test(names_are_compared_as_a_whole),
		cmocka_unit_test(the_product_token_is_the_name_in_the_user_agent),
		cmocka_unit_test(the_token_stands_in_the_user_agent),
		cmocka_unit_test(a_crawler_without_a_token_obeys_the_group_for_everyone),
		cmocka_unit_test(crawl_delay_is_that_of_the_group_in_milliseconds),
		cmocka_unit_test(robots_txt_itself_is_always_allowed),
		cmocka_unit_test(a_whole_file_gives_rules_lines_delay_and_sitemaps),
		cmocka_unit_test(lines_end_in_three_ways_and_broken_ones_are_passed_over),
		cmocka_unit_test(other_kinds_of_file_forbid_nothing),
		cmocka_unit_test(a_long_file_is_cut_at_its_last_complete_line),
		cmocka_unit_test(a_million_stars_are_one),
		cmocka_unit_test(ten_thousand_wildcards_are_matched_in_one_pass),
		cmocka_unit_test(a_pattern_too_long_for_any_path_is_left_out),
		cmocka_unit_test(a_check_that_would_take_too_long_is_disallowed),
		cmocka_unit_test(a_path_longer_than_any_url_is_judged_by_its_beginning),
		cmocka_unit_test(random_patterns_match_as_by_trying_everything),
		cmocka_unit_test(random_bytes_are_survived),
		cmocka_unit_test(freeing_nothing_does_nothing),
	};

	return RUN_TESTS(tests);
}
