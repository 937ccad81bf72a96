/* explain: how far a broken pattern gets, and what would help, of faults that people make. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parsers/markup/html.h"
#include "parsers/pattern/explain_path.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LIMIT        10000000u

static struct explanation explanation;
static struct scratch store;

static uint32_t options_of(const char *flags)
{
	uint32_t options;
	size_t wrong;

	assert_true(regex_flags(flags, &options, &wrong));
	return options;
}

static void ask(const char *pattern, const char *flags, struct slice page)
{
	struct explain_question question = {
		.expression = pattern,
		.options = options_of(flags),
		.match_limit = LIMIT,
		.budget_ms = 100,
		.text = page,
		.page = page,
	};

	scratch_reset(&store);
	explain(&explanation, &question, &store);
}

/* ---- what is said of broken patterns ---- */

#define S(kind)  (1u << REMEDY_##kind)
#define NBSP     "(?:[\\s\\x{A0}]|&nbsp;|&#160;)"
#define THE_SAME "="

/* The answers that are wanted, fault by fault. */
static const struct {
	const char *fault, *pattern, *flags, *page;
	const char *wanted; /* the pattern from where it stops, */
	const char *stood;  /* and the page there */
	uint32_t kinds;     /* of the first cure; 0: there is none */
	const char *cure;   /* its expression */
} broken[] = {
	{ "a line end, without s", "<dd>.*?rank\">(\\d+)<.*?title=\"(.*?)\"", "",
	  "<dd>\n<i class=\"rank\">1</i>\n<a title=\"x\">", "rank", "\n<i", S(DOTALL), THE_SAME },
	{ "capitals", "<h1>(.*?)</h1>", "", "<H1>Title</H1>", "h1", "H1>", S(CASELESS), THE_SAME },
	{ "single quotes", "<a href=\"([^\"]*)\">", "", "<a href='/x'>y</a>", "\"([", "'/x",
	  S(QUOTES), "<a href=[\"']([^\"']*)[\"']>" },
	{ "double quotes", "<a href='(.*?)'>", "", "<a href=\"/x\">y</a>", "'(.", "\"/x", S(QUOTES),
	  "<a href=[\"'](.*?)[\"']>" },
	{ "no quotes", "<a href=\"(.*?)\">", "", "<a href=/x>y</a>", "\"(.", "/x>", S(UNQUOTED),
	  "<a href=[\"']?(.*?)(?:[\"']|(?=[\\s>]))>" },
	{ "white space", "<td>Price: (\\d+)</td>", "", "<td>\n  Price:\n 12</td>", "Price", "\n  P",
	  S(SPACE), "<td>\\s*Price:\\s*(\\d+)</td>" },
	{ "a no-break space, as a reference", "<td>Price: (\\d+)</td>", "",
	  "<td>Price:&nbsp;12</td>", " (", "&nbsp;", S(NBSP), "<td>Price:" NBSP "*(\\d+)</td>" },
	{ "a no-break space", "<td>Price:\\s*(\\d+)</td>", "",
	  "<td>Price:\xc2\xa0"
	  "12</td>",
	  "(\\d+)",
	  "\xc2\xa0"
	  "12",
	  S(UNICODE), THE_SAME },
	{ "an entity", "<b>Caf\xc3\xa9 (.*?)</b>", "", "<b>Caf&eacute; Noir</b>", "\xc3\xa9",
	  "&eacute;", S(ENTITY), THE_SAME },
	{ "a character for an entity", "<b>Tom &amp; (.*?)</b>", "", "<b>Tom & Jerry</b>", "amp;",
	  " Jerry", S(CHARACTER), "<b>Tom & (.*?)</b>" },
	{ "another attribute between", "<a class=\"t\" href=\"(.*?)\">", "",
	  "<a class=\"t\" data-id=\"3\" href=\"/x\" title=\"y\">", "href", "data-id", S(BETWEEN),
	  "<a[^>]*?\\sclass=\"t\"[^>]*?\\shref=\"(.*?)\"[^>]*>" },
	{ "an attribute before", "<div class=\"a\".*?<p>(.*?)</p>", "s",
	  "<div id=\"q\" class=\"a\"><p>x</p>", "class", "id=", S(BETWEEN),
	  "<div[^>]*?\\sclass=\"a\".*?<p>(.*?)</p>" },
	{ "attributes in another order", "<meta itemprop=\"yield\" content=\"(\\d+)\"", "",
	  "<p>\n<meta content=\"4\" itemprop=\"yield\">", "itemprop", "content", S(ORDER),
	  "<meta(?=[^>]*?\\sitemprop=\"yield\")(?=[^>]*?\\scontent=\"(\\d+)\")" },
	{ "another element", "<span class=\"price\">(.*?)</span>", "",
	  "<b>a</b><p class=\"price\">12</p>", "span", "p cl", S(TAG),
	  "<\\w+ class=\"price\">(.*?)</\\w+>" },
	{ "other classes beside", "<li class=\"active\">(.*?)</li>", "",
	  "<li class=\"item active\">x</li>", "active", "item", S(CLASS),
	  "<li class=\"(?:[^\"'>]*\\s)?active(?:\\s[^\"'>]*)?\">(.*?)</li>" },
	{ "JSON in a string", "\"price\":\\s*(\\d+)", "",
	  "<script>push(\"{\\\"price\\\": 12}\")</script>", "\":", "\\\": 12", S(ESCAPED),
	  "\\\\*\"price\\\\*\":\\s*(\\d+)" },
	{ "no blanks around a mark", "__STATE__ = (\\{.*?\\});", "", "__STATE__={\"a\":1};", " = ",
	  "={", S(SPACE), "__STATE__\\s*=\\s*(\\{.*?\\});" },
	{ "a mark behind a gap", "class=\"(.*?)\" id=\"(.*?)\"", "", "<div id=\"a\" class=\"b\">",
	  " id", ">", S(ORDER), "<\\w+(?=[^>]*?\\sclass=\"(.*?)\")(?=[^>]*?\\sid=\"(.*?)\")" },
	{ "begun within a tag, which has another attribute", "class=\"price\">(\\d+)<", "",
	  "<p class=\"price\" id=\"p\">12</p>", ">(", " id", S(BETWEEN),
	  "<\\w+[^>]*?\\sclass=\"price\"[^>]*>(\\d+)<" },
	{ "begun within a tag, attributes in another order", "class=\"tag\" href=\".*?\">(.*?)<",
	  "", "<a href=\"/x\" class=\"tag\">sea</a>", " href", ">sea", S(ORDER),
	  "<\\w+(?=[^>]*?\\sclass=\"tag\")(?=[^>]*?\\shref=\".*?\")[^>]*>(.*?)<" },
	{ "begun within a tag, which is another's", "title=\"x\"><b>", "", "<a title=\"x\"><i>",
	  "b>", "i>", 0, NULL },
	{ "a letter by chance", "<b>.*?title=(\\d)", "", "<b>that</b>", "title", "that", 0, NULL },
	{ "more than by chance", "<b>.*?title=(\\d)", "", "<b>that tit</b>", "le=", "</b>", 0,
	  NULL },
	{ "the same with a gap between them", "<a class=\"t\".*?href=\"(.*?)\".*?>", "",
	  "<a href=\"/x\" class=\"t\">", "class", "href", S(ORDER),
	  "<a(?=[^>]*?\\sclass=\"t\")(?=[^>]*?\\shref=\"(.*?)\")[^>]*>" },
	{ "^ on another line", "^Total: (\\d+)$", "", "a\nTotal: 12\nb", "Total", "a\n",
	  S(MULTILINE), THE_SAME },
	{ "letters of other languages", "By: (\\w+)<", "", "By: Andr\xc3\xa9<", "<", "\xc3\xa9<",
	  S(UNICODE), THE_SAME },
	{ "two faults at once", "<a class=\"t\" href=\"(.*?)\">", "",
	  "<a class='t' id='q' href='/x'>", "\"t", "'t'", S(QUOTES) | S(BETWEEN),
	  "<a[^>]*?\\sclass=[\"']t[\"'][^>]*?\\shref=[\"'](.*?)[\"'][^>]*>" },
	{ "another number of times", "<p>(\\d{3}){2}</p>", "", "<p>123</p>", "){2}", "</p>", 0,
	  NULL },
	{ "in a group", "<li>(?:one|two (?<n>\\d+))</li>", "", "<li>two three</li>", "(?<n>",
	  "three", 0, NULL },
	{ "in a group of groups", "<b>((a|bc)d|e)f", "", "<b>bcx</b>", "d|e", "x<", 0, NULL },
	{ "in what is looked ahead for", "<b>(?=\\d+ kg)(\\d+)", "", "<b>12 lb</b>", "kg)", "lb<",
	  0, NULL },
	{ "what must not follow", "<b>x(?!y)", "", "<b>xy</b>", "(?!y)", "y</b>", 0, NULL },
	{ "in an extended pattern", "<b> # ( bold\n (\\d+) # number", "x", "<b>twelve</b>",
	  "(\\d+)", "twelve", 0, NULL },
	{ "in a quoted part", "\\Q<b>(\\E(\\d+)\\Q)", "", "<b>(12]", ")", "]", 0, NULL },
	/* What people reported of patterns of their own. */
	{ "quotes and order", "<meta property=\"og:type\" content=\"(.*?)\"", "",
	  "<meta content='website' property='og:type'>", "property", "content",
	  S(QUOTES) | S(ORDER),
	  "<meta(?=[^>]*?\\sproperty=[\"']og:type[\"'])(?=[^>]*?\\scontent=[\"'](.*?)[\"'])" },
	{ "one value without quotes", "<meta property=\"og:title\" content=\"([^\"]*)\"", "",
	  "<meta property=og:title content=\"A B\"/>", "\"og", "og:title", S(UNQUOTED),
	  "<meta property=[\"']?og:title(?:[\"']|(?=[\\s>])) content=\"([^\"]*)\"" },
	{ "an attribute before the end", "<meta property=\"og:title\" content=\"([^\"]*)\" />", "",
	  "<meta property=\"og:title\" content=\"A\" id=\"q\" />", "/>", "id=", S(BETWEEN),
	  "<meta[^>]*?\\sproperty=\"og:title\"[^>]*?\\scontent=\"([^\"]*)\"[^>]*>" },
	{ "a blank that is not there", "<meta content=\"([^\"]*)\" >", "", "<meta content=\"A\">",
	  " >", ">", S(SPACE), "<meta content=\"([^\"]*)\"\\s*>" },
	{ "mixed quotes", "<meta name=\"a\" content=\"([^\"]*)\"", "",
	  "<meta name=\"a\" content='A'>", "\"([", "'A'", S(QUOTES),
	  "<meta name=\"a\" content=[\"']([^\"']*)[\"']" },
	{ "an ampersand", "sk&ta(.*)", "", "<p>task&amp;task_id", "ta(", "amp;", S(ENTITY),
	  THE_SAME },
	{ "lines between two tags", "<div>.*</div>", "m", "<div>\n  <p>hello</p>\n</div>", "</div>",
	  "\n", S(DOTALL), THE_SAME },
	{ "a no-break space before a colon", "From\\s*: (.*)", "", "From\xc2\xa0: John", ": ",
	  "\xc2\xa0", S(UNICODE), THE_SAME },
	{ "a number and &nbsp;", ">(\\d+) comments", "", "<a>60&nbsp;comments</a>", " comm",
	  "&nbsp;", S(NBSP), ">(\\d+)" NBSP "+comments" },
	{ "another variable", "ytplayer\\.config\\s*=\\s*(\\{.+?\\});", "",
	  "yt.setConfig({\"a\": 1});", "player", ".setConfig", 0, NULL },
	{ "nothing like it", "nothing like it", "", "<p>hello</p>", "nothing", "<p>", 0, NULL },
};

static void assert_begins(size_t row, const char *what, const char *text, const char *wanted)
{
	if (strncmp(text, wanted, strlen(wanted)) != 0)
		fail_msg("%s: %s '%s', wanted '%s'", broken[row].fault, what, text, wanted);
}

static void check_cure(size_t row)
{
	const struct cure *cure = &explanation.remedies.cures[0];
	const char *wanted = broken[row].cure;

	if (!wanted && explanation.remedies.count == 0)
		return;
	if (!wanted || explanation.remedies.count == 0 || cure->kinds != broken[row].kinds)
		fail_msg("%s: %zu cures, the first %x: %s", broken[row].fault,
			 explanation.remedies.count, cure->kinds, cure->expression);
	wanted = strcmp(wanted, THE_SAME) == 0 ? broken[row].pattern : wanted;
	assert_string_equal(cure->expression, wanted);
	assert_int_equal(cure->count, 1);
}

static void a_broken_pattern_is_told_where_it_stops_and_what_helps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		const struct explain_stop *stop = &explanation.stops[0];

		ask(broken[i].pattern, broken[i].flags, slice_of(broken[i].page));
		assert_false(explanation.is_match);
		assert_int_equal(explanation.stop_count, 1);
		assert_begins(i, "wanted", broken[i].pattern + stop->cut, broken[i].wanted);
		assert_begins(i, "stood", broken[i].page + stop->end, broken[i].stood);
		check_cure(i);
	}
}

/* Of the characters before it stops as many stand in the page as in the pattern. */
static void what_stands_for_itself_is_shown_from_its_beginning(void **state)
{
	static const struct {
		const char *pattern, *page, *run, *stood;
	} rows[] = {
		{ "<b>(\\d+) kilos", "<b>12 kilometres", " kilos", " kilometres" },
		{ "<b>(\\d+)(?:\\. kilos)", "<b>12. kilometre", "\\. kilos)", ". kilometre" },
		{ "<b>(\\d+) \xe9\x9c\xb8!", "<b>12 \xe9\x9c\xb8?", " \xe9\x9c\xb8!",
		  " \xe9\x9c\xb8?" },
		{ "<b>(\\d+)x", "<b>12y", "x", "y" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct explain_stop *stop = &explanation.stops[0];

		ask(rows[i].pattern, "", slice_of(rows[i].page));
		assert_string_equal(rows[i].pattern + stop->run, rows[i].run);
		assert_string_equal(rows[i].page + stop->run_begin, rows[i].stood);
	}
}

static void alternatives_are_told_one_by_one(void **state)
{
	static const char page[] = "<b>baz</b> <i>y</i> <u>z";
	static const char *const wanted[] = { "foo|", "r|<i>", "(\\d)|", "$" };
	static const char *const stood[] = { "<b>baz", "z</b>", "y</i>", "z" };
	static const char pattern[] = "foo|<b>bar|<i>(\\d)|<u>$";

	(void)state;
	ask(pattern, "", slice_of(page));
	assert_int_equal(explanation.stop_count, COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct explain_stop *stop = &explanation.stops[i];

		assert_memory_equal(pattern + stop->cut, wanted[i], strlen(wanted[i]));
		assert_memory_equal(page + stop->end, stood[i], strlen(stood[i]));
	}
}

/* Where the beginning is nowhere, the rest may say what is meant. */
static void what_gets_nowhere_is_tried_from_a_later_word_on(void **state)
{
	static const struct {
		const char *pattern, *page, *later, *wanted, *stood;
	} rows[] = {
		{ "<span class=\"price\">(.*?)<", "<p>a</p><p class=\"price_color\">1<",
		  "class=\"price", "\">(", "_color" },
		{ "<td>\\s*Price:(\\d)", "<b>Price: 1", "Price:", "(\\d)", " 1" },
		{ "<td>(\\d)", "<b>x", NULL, NULL, NULL },
		{ "<b>Price:(\\d)", "<b>Price: 1", NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct explain_stop *later = &explanation.later;

		ask(rows[i].pattern, "", slice_of(rows[i].page));
		assert_int_equal(explanation.has_later, rows[i].later != NULL);
		if (!rows[i].later)
			continue;
		assert_memory_equal(rows[i].pattern + later->from, rows[i].later,
				    strlen(rows[i].later));
		assert_int_equal(later->cut - later->from, strlen(rows[i].later));
		assert_memory_equal(rows[i].pattern + later->cut, rows[i].wanted,
				    strlen(rows[i].wanted));
		assert_memory_equal(rows[i].page + later->end, rows[i].stood,
				    strlen(rows[i].stood));
	}
}

static void what_matches_is_counted(void **state)
{
	(void)state;
	ask("<li>(.*?)</li>", "", SLICE("<ul><li>1</li><li>2</li></ul>"));
	assert_true(explanation.is_match);
	assert_int_equal(explanation.count, 2);
	assert_int_equal(explanation.begin, 4);
	assert_int_equal(explanation.end, 14);
	assert_int_equal(explanation.stop_count + explanation.remedies.count, 0);
}

/* ---- JSON in scripts ---- */

static void what_is_json_in_a_script_is_said_to_be(void **state)
{
	static const char page[] = "<p class=price>x</p><script>x = {\"name\": \"a\", \"sku\": 1,"
				   "\"price\" : 12}</script><p>{\"colour\": 1}</p>";
	static const struct {
		const char *pattern, *key;
	} rows[] = {
		{ "<span class=\"price\">(\\d+)", "price" },
		{ "\"price\" : (\\d+),\"sku\"", "price" },
		{ "<td>(?<sku>\\d+)</td>", "sku" },
		{ "<td>(?<colour>\\d+)</td>", NULL },
		{ "<name sku=(\\d+)", NULL },
		{ "<td>(\\d+)</td>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct remedies *remedies = &explanation.remedies;

		ask(rows[i].pattern, "", slice_of(page));
		if (!rows[i].key) {
			assert_null(remedies->json_key.at);
			continue;
		}
		assert_string_equal(remedies->json_key.at, rows[i].key);
		assert_memory_equal(page + remedies->json_at + 1, rows[i].key, strlen(rows[i].key));
	}
}

/* ---- limits ---- */

/* As long as a page may be, and a second is what it may take. */
static char *large_page(size_t bytes, const char *line)
{
	char *page = malloc(bytes + 1);
	size_t size = strlen(line);

	for (size_t i = 0; i < bytes; i++)
		page[i] = line[i % size];
	page[bytes] = '\0';
	return page;
}

static void a_limit_is_told_with_the_repeat_that_costs_it(void **state)
{
	static const struct {
		const char *pattern, *flags, *costly;
	} rows[] = {
		{ "<p>(a+)+b", "", "(a+)+" },
		{ "<p>a*?(?:a|aa)+!", "", "(?:a|aa)+" },
		{ "x?(?<n>\\w+\\s?)*!", "", "(?<n>\\w+\\s?)*" },
		{ ">(a|a){100}b", "", "(a|a){100}" },
		{ ">(([a-z]*) {0,})*b!", "", "(([a-z]*) {0,})*" },
	};
	char *page = large_page(5000, "aaaaaaaaaaaaaaaaaaaa");

	(void)state;
	memcpy(page, "<p>", 3);
	memcpy(page + 4990, "<b!", 3);
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(rows[i].pattern, rows[i].flags, slice_of(page));
		assert_false(explanation.is_match);
		assert_non_null(explanation.limit);
		assert_int_equal(explanation.costly_size, strlen(rows[i].costly));
		assert_memory_equal(rows[i].pattern + explanation.costly_at, rows[i].costly,
				    explanation.costly_size);
	}
	free(page);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_page_of_500_kb_takes_less_than_a_second(void **state)
{
	static const char *const patterns[] = {
		("<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\".*?star.*?>(.*?)<"
		 ".*?score.*?>(.*?)<"),
		"<td>\\s*(.*?)\\s*</td>\\s*<td>\\s*(.*?)\\s*</td>\\s*<th>",
		"(?:<dd>.*?)+<hr>",
		"(a+)+(b+)+!",
		"<.*><.*><.*>;",
		"(?i)[a-z]+ [a-z]+ [a-z]+:",
	};
	char *page = large_page(500000, "<dl><dd class=x><i class=\"board-index\">12</i> bbb aaa "
					"title=\"x y z\" <p class=\"star\">\n");

	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		double began = now_s();

		ask(patterns[i], "s", (struct slice){ page, 500000 });
		if (now_s() - began > 1.0 && !getenv("UBSAN_OPTIONS"))
			fail_msg("%s: %.2f s", patterns[i], now_s() - began);
	}
	free(page);
}

/* ---- paths of JSON ---- */

static void a_path_is_cut_before_its_steps(void **state)
{
	static const char text[] =
		"{\"a\": {\"b.c\": [1, {\"d\": 2}], \"e[\": \"x\"}, \"f\": null}";
	static const struct {
		const char *path, *matched;
		size_t begin;
		const char *cures[2];
	} rows[] = {
		{ "$.a.b", "$.a", 6, { NULL } },
		{ "$.a['b.c'].d", "$.a['b.c']", 14, { "$.a['b.c'][*].d", "$.a['b.c']..d" } },
		{ "$.a['e['].x", "$.a['e[']", 36, { NULL } },
		{ "$.d", "$", 0, { "$..d" } },
		{ "$[0]", "$", 0, { "$..[0]" } },
		{ "$.a[?@.d == 3]", "$.a", 6, { NULL } },
		{ "$.x.y.z", "$", 0, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct path_question question = { .language = &selector_json,
							.path = rows[i].path,
							.step_limit = LIMIT,
							.budget_ms = 100,
							.text = SLICE(text) };
		const struct explain_stop *stop = &explanation.stops[0];

		scratch_reset(&store);
		explain_path(&explanation, &question, &store);
		assert_false(explanation.is_match);
		assert_int_equal(stop->cut, strlen(rows[i].matched));
		assert_int_equal(stop->begin, rows[i].begin);
		for (size_t n = 0; n < 2; n++) {
			bool is_there = n < explanation.remedies.count;

			assert_int_equal(is_there, rows[i].cures[n] != NULL);
			if (is_there)
				assert_string_equal(explanation.remedies.cures[n].expression,
						    rows[i].cures[n]);
		}
	}
}

static void a_path_that_finds_something_is_counted(void **state)
{
	const struct path_question question = { .language = &selector_json,
						.path = "$[*].a",
						.step_limit = LIMIT,
						.budget_ms = 100,
						.text = SLICE("[{\"a\": 1}, {\"a\": 2}, {}]") };

	(void)state;
	scratch_reset(&store);
	explain_path(&explanation, &question, &store);
	assert_true(explanation.is_match);
	assert_int_equal(explanation.count, 2);
	assert_int_equal(explanation.begin, 7);
}

/* ---- whatever there is ---- */

static void what_is_told_to_help_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct slice page = slice_of(broken[i].page);
		char *decoded = malloc(page.size);

		ask(broken[i].pattern, broken[i].flags, page);
		for (size_t n = 0; n < explanation.remedies.count; n++) {
			const struct cure *cure = &explanation.remedies.cures[n];
			struct regex_error error;
			struct regex_search search;
			struct regex *regex;
			char flags[16];

			snprintf(flags, sizeof(flags), "%s%s%s%s%s", broken[i].flags,
				 cure->kinds & S(DOTALL) ? "s" : "",
				 cure->kinds & S(CASELESS) ? "i" : "",
				 cure->kinds & S(MULTILINE) ? "m" : "",
				 cure->kinds & S(UNICODE) ? "u" : "");
			regex = regex_compile(cure->expression, options_of(flags), LIMIT, &error);
			assert_non_null(regex);
			if (!cure->has_place)
				page = (struct slice){ decoded, html_decode(page, decoded) };
			regex_search_begin(&search, regex, page);
			assert_int_equal(regex_search_next(&search), REGEX_FOUND);
			regex_free(regex);
		}
		free(decoded);
	}
}

/* Every part of every pattern, also one cut in a group or an escape, that compiles. */
static void every_beginning_of_a_pattern_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		char *pattern = strdup(broken[i].pattern);

		for (size_t size = strlen(pattern); size-- > 0;) {
			struct regex_error error;
			struct regex *regex;

			pattern[size] = '\0';
			regex = regex_compile(pattern, options_of(broken[i].flags), LIMIT, &error);
			if (!regex)
				continue;
			regex_free(regex);
			ask(pattern, broken[i].flags, slice_of(broken[i].page));
			for (size_t n = 0; n < explanation.stop_count; n++) {
				const struct explain_stop *stop = &explanation.stops[n];

				assert_true(stop->from <= stop->run && stop->run <= stop->cut &&
					    stop->cut + stop->wanted <= size);
				assert_true(stop->begin <= stop->end &&
					    stop->end <= strlen(broken[i].page));
			}
		}
		free(pattern);
	}
}

/* A pattern put together by chance; it need not compile. */
static void make_pattern(char *out, size_t most)
{
	static const char *const parts[] = {
		"<a",       " href=", "\"",    "'",     ">",      "</a>", "(",    ")",    "|",
		"(?:",      "(?<n>",  "(?=",   "(?!",   "(?<=b)", "(?>",  "(?|",  "(?i)", "(?#x)",
		"(?1)",     "\\1",    "\\K",   "[^\"]", "[a-z]",  ".",    "*",    "*?",   "+",
		"{2}",      "{2,}",   "?",     "\\Q",   "\\E",    "\\s",  " ",    "\\d",  "\\x{e9}",
		"\xc3\xa9", "x",      "&amp;", "^",     "$",      "\\b",  "(*F)", "#",    "\n",
	};
	size_t count = 1 + (size_t)rand() % most;

	out[0] = '\0';
	while (count-- > 0)
		strcat(out, parts[(size_t)rand() % COUNT(parts)]);
}

static void whatever_compiles_is_explained(void **state)
{
	static const char page[] =
		"<p>x</p><a id=1 href='/b'>\xc3\xa9 &amp; 12</a>\n<a\nhref=\"c\">b"
		"</a><script>{\"x\": 1}</script>";
	static const char *const flags[] = { "", "s", "i", "x", "u", "sx" };

	(void)state;
	srand(12);
	for (size_t round = 0, explained = 0; explained < 1500 && round < 100000; round++) {
		const char *letters = flags[(size_t)rand() % COUNT(flags)];
		struct regex_error error;
		struct regex *regex;
		char pattern[200];

		make_pattern(pattern, 12);
		regex = regex_compile(pattern, options_of(letters), LIMIT, &error);
		regex_free(regex);
		if (!regex)
			continue;
		explained++;
		ask(pattern, letters, SLICE(page));
		assert_true(explanation.is_match || explanation.stop_count > 0);
		for (size_t i = 0; i < explanation.stop_count; i++) {
			const struct explain_stop *stop = &explanation.stops[i];

			if (stop->from > stop->run || stop->run > stop->cut ||
			    stop->cut > stop->to || stop->begin > stop->end ||
			    stop->run_begin > stop->end || stop->end > sizeof(page))
				fail_msg("%s", pattern);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_pattern_is_told_where_it_stops_and_what_helps),
		cmocka_unit_test(what_stands_for_itself_is_shown_from_its_beginning),
		cmocka_unit_test(alternatives_are_told_one_by_one),
		cmocka_unit_test(what_gets_nowhere_is_tried_from_a_later_word_on),
		cmocka_unit_test(what_matches_is_counted),
		cmocka_unit_test(what_is_json_in_a_script_is_said_to_be),
		cmocka_unit_test(a_limit_is_told_with_the_repeat_that_costs_it),
		cmocka_unit_test(a_page_of_500_kb_takes_less_than_a_second),
		cmocka_unit_test(a_path_is_cut_before_its_steps),
		cmocka_unit_test(a_path_that_finds_something_is_counted),
		cmocka_unit_test(what_is_told_to_help_does),
		cmocka_unit_test(every_beginning_of_a_pattern_is_explained),
		cmocka_unit_test(whatever_compiles_is_explained),
	};
	int result = RUN_TESTS(tests);

	scratch_free(&store);
	return result;
}
