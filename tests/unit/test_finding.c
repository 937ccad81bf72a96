#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/base/clock.h"
#include "crawler/config/config_load.h"
#include "crawler/explain/finding.h"
#include "tests/support/program.h"

/*
 * What a page lacks, in a line.  A pattern is called a; the field that is asked about, if any, f.
 */
#define TOLD_BYTES 4096

static struct config *config_of(const char *yaml)
{
	char path[] = "/tmp/crawl-finding-XXXXXX";
	int fd = mkstemp(path);
	const char *paths[] = { path };
	const struct config_sources sources = { .paths = paths, .path_count = 1 };
	struct config *config;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	close(fd);
	config = config_load(&sources, stderr);
	unlink(path);
	assert_non_null(config);
	return config;
}

static void tell(char told[TOLD_BYTES], struct slice text)
{
	size_t size = strlen(told);

	if (!text.at)
		text = SLICE("-");
	snprintf(told + size, TOLD_BYTES - size, "|%.*s", (int)text.size, text.at);
}

/* "matched|wanted|rest|line|stood", "-" for what is absent; or "nothing". */
static const char *told_of(const struct config *config, const char *name, const char *field,
			   struct slice page)
{
	static char told[TOLD_BYTES];
	struct walk walk = { .config = config,
			     .pattern = &config->patterns[0],
			     .page = { .url = SLICE("http://a/b"), .text = page } };
	struct scratch texts = { .newest = NULL };
	struct finding finding;

	while (strcmp(walk.pattern->spec->name, name) != 0)
		walk.pattern++;
	if (field)
		assert_true(walk_find_field(&walk, field));
	told[0] = '\0';
	if (!finding_of(&finding, &walk, &texts)) {
		snprintf(told, sizeof(told), "|nothing");
	} else {
		tell(told, finding.matched);
		tell(told, finding.wanted);
		tell(told, finding.rest);
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "|%llu",
			 (unsigned long long)finding.line);
		tell(told, finding.stood);
	}
	scratch_free(&walk.store);
	scratch_free(&texts);
	return told + 1;
}

struct row {
	const char *what, *yaml, *field, *page, *wanted;
};

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char yaml[2000];
		struct config *config;
		const char *told;

		snprintf(yaml, sizeof(yaml), "patterns:\n  - name: a\n    flags: s\n%s",
			 rows[i].yaml);
		config = config_of(yaml);
		told = told_of(config, rows[i].field && rows[i].field[0] == '#' ? "a_b" : "a",
			       rows[i].field && rows[i].field[0] == '#' ? NULL : rows[i].field,
			       slice_of(rows[i].page));
		if (strcmp(told, rows[i].wanted) != 0)
			fail_msg("%s:\n%s\nwanted\n%s", rows[i].what, told, rows[i].wanted);
		config_free(config);
	}
}
#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof((rows)[0]))

#define BOARD(open, close, class)                                                     \
	"<html><head><title>t</title></head>\n<dl class=\"board\">\n" open "\n"       \
	"<i class=\"board-index\">1</i>\n<a title=\"A\">A</a>\n"                      \
	"<p class=\"star\">x</p>\n<p class=\"" class "\">2018-06-11</p>\n" close "\n" \
						     "</dl></html>\n"

#define FILMS                                               \
	"    each: '<dd>.*?</dd>'\n    fields:\n"           \
	"      rank: {pattern: 'board-index.*?>(\\d+)<'}\n" \
	"      f: {pattern: 'releasetime\">(.*?)</p>'}\n"

static void what_stands_in_its_place_is_told(void **state)
{
	static const struct row rows[] = {
		{ "another tag about a record", FILMS, NULL,
		  BOARD("<li class=\"film\">", "</li>", "releasetime"),
		  "|<dd>|.*?</dd>|3|<li class=\"film\">" },
		{ "another class of a field", FILMS, "f", BOARD("<dd>", "</dd>", "release-date"),
		  "|releasetime\">|(.*?)</p>|7|<p class=\"release-date\">2018-06-11</p>" },
		{ "a record in one expression",
		  "    pattern: '<dd>.*?index\">(\\d+)<.*?releasetime\">(.*?)<'\n", NULL,
		  BOARD("<li class=\"film\">", "</li>", "releasetime"),
		  "|<dd>|.*?index\">(\\d+)<.*?releasetime\">(.*?)<|3|<li class=\"film\">" },
		{ "the end of one expression",
		  "    pattern: '<dd>.*?star.*?>(.*?)<.*?releasetime\">(.*?)<'\n", NULL,
		  BOARD("<dd>", "</dd>", "released"),
		  "<dd>.*?star.*?>(.*?)<.*?|releasetime\">|(.*?)<|7|<p class=\"released\">"
		  "2018-06-11</p>" },
		{ "another element", "    pattern: '<h1 class=\"title\">(.*?)</h1>'\n", NULL,
		  "<p>\n<h2 class=\"title\">A</h2>",
		  "|<h1 class=\"title\">|(.*?)</h1>|2|<h2 class=\"title\">A</h2>" },
		{ "another order", "    pattern: '<meta name=\"p\" content=\"(.*?)\"'\n", NULL,
		  "<meta content=\"9\" name=\"p\">",
		  "|<meta name=\"p\" content=\"|(.*?)\"|1|<meta content=\"9\" name=\"p\">" },
		{ "no digits where there were", "    pattern: '<b>price: (\\d+)</b>'\n", NULL,
		  "\n<b>price: none</b>", "<b>price: |(\\d+)|</b>|2|none</b>" },
		{ "nothing of it", "    pattern: 'mailto:([^\"]+)\"'\n", NULL, "<p>no\n</p>",
		  "|mailto:|([^\"]+)\"|0|-" },
		{ "an empty page", "    pattern: 'mailto:([^\"]+)\"'\n", NULL, "",
		  "|mailto:|([^\"]+)\"|0|-" },
		{ "it matches", "    pattern: 'mailto:([^\"]+)\"'\n", NULL, "mailto:a@b\"",
		  "nothing" },
		{ "of alternatives that which gets farthest",
		  "    pattern: '<article>(.*?)</article>|<section class=\"x\">(.*?)</section>'\n",
		  NULL, "<p>\n<section class=\"y\">A</section>",
		  "|<section class=\"x\">|(.*?)</section>|2|<section class=\"y\">A</section>" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void what_makes_no_row_is_told_of_where_it_is_looked_for(void **state)
{
	static const struct row rows[] = {
		{ "no region", "    within: '<main>(.*?)</main>'\n    pattern: '<b>(.*?)</b>'\n",
		  NULL, "<div id=\"main\"><b>x</b></div>", "|<main>|(.*?)</main>|0|-" },
		{ "a group that took nothing", "    pattern: '<b>(?<t>[^<]*)</b> <i>(?<f>[^<]*)'\n",
		  "f", "\n <b>A book</b> <i></i>", "-|-|-|2|<b>A book</b> <i></i>" },
		{ "not of its type",
		  "    pattern: '<b>(?<f>[^<]*)</b>'\n    fields: {f: {type: integer}}\n", "f",
		  "\n\n<b>none</b>", "-|integer|-|3|none" },
		{ "a field that is required",
		  "    each: '<li>.*?</li>'\n    fields:\n"
		  "      f: {pattern: 'price=(\\d+)', required: true}\n",
		  NULL, "<li>A</li>\n<li>B prices</li>", "|price=|(\\d+)|1|<li>A</li>" },
		{ "no row of a child",
		  "    each: '<li>.*?</li>'\n    fields: {t: {pattern: '<b>(.*?)</b>'}}\n"
		  "    children:\n      - {name: b, pattern: '<em class=\"tag\">(.*?)</em>'}\n",
		  "#b", "<li><b>x</b><em class=\"label\">y</em></li>",
		  "|<em class=\"tag\">|(.*?)</em>|1|<em class=\"label\">y</em></li>" },
		{ "no record for a child",
		  "    each: '<li>.*?</li>'\n    fields: {t: {pattern: '<b>(.*?)</b>'}}\n"
		  "    children:\n      - {name: b, pattern: '<em class=\"tag\">(.*?)</em>'}\n",
		  "#b", "<ol>\n<div><b>x</b><em class=\"tag\">y</em></div>",
		  "|<li>|.*?</li>|2|<div><b>x</b><em class=\"tag\">y</em></div>" },
		{ "a step of a path",
		  "    each: {json: '$.items[*]'}\n    fields: {f: {json: $.price}}\n", NULL,
		  "{\"results\":\n[{\"price\": 1}]}", "$|.items|[*]|1|{\"results\":" },
		{ "a step of a field's path",
		  "    each: {json: '$.items[*]'}\n    fields: {f: {json: $.offer.price}}\n", "f",
		  "{\"items\":\n[{\"offer\": {\"cost\": 1}}]}",
		  "$.offer|.price||2|{\"cost\": 1}}]}" },
		{ "JSON that ends early",
		  "    each: {json: '$.items[*]'}\n    fields: {f: {json: $.p}}\n", NULL,
		  "{\"items\": [\n{\"p\": ", "-|JSON|-|2|" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* What sites do, as those tell whose selectors stopped matching. */
static void what_sites_do_to_their_markup_is_shown(void **state)
{
	static const struct row rows[] = {
		{ "an element without its text", "    pattern: '<p class=\"price\">([^<]+)</p>'\n",
		  NULL, "\n<p class=\"price\"></p>", "<p class=\"price\">|([^<]+)|</p>|2|</p>" },
		{ "a wall about cookies instead of the page", FILMS, NULL,
		  "<html><body>\n<div id=\"consent\">We value your privacy</div>",
		  "|<dd>|.*?</dd>|0|-" },
		{ "the other quotes", "    pattern: '<p class=\"price\">(.*?)</p>'\n", NULL,
		  "\n<p class='price'>9</p>",
		  "|<p class=\"price\">|(.*?)</p>|2|<p class='price'>9</p>" },
		{ "a class made by a build", "    pattern: '<p class=\"price\">(.*?)</p>'\n", NULL,
		  "\n<p class=\"price_x1y2z\">9</p>",
		  "|<p class=\"price\">|(.*?)</p>|2|<p class=\"price_x1y2z\">9</p>" },
		{ "a class more", "    pattern: '<p class=\"price\">(.*?)</p>'\n", NULL,
		  "\n<p class=\"sale price\">9</p>",
		  "|<p class=\"price\">|(.*?)</p>|2|<p class=\"sale price\">9</p>" },
		{ "capitals", "    pattern: '<p class=\"price\">(.*?)</p>'\n", NULL,
		  "\n<P CLASS=\"price\">9</P>",
		  "|<p class=\"price\">|(.*?)</p>|2|<P CLASS=\"price\">9</P>" },
		{ "a label in another language", "    pattern: 'Price: <b>(.*?)</b>'\n", NULL,
		  "<p>\nPreis: <b>9</b>", "|Price: <b>|(.*?)</b>|2|Preis: <b>9</b>" },
		{ "an element between", "    pattern: '<h2>Price</h2>\\s*<b>(.*?)</b>'\n", NULL,
		  "<h2>Price</h2>\n<i>new</i>\n<b>9</b>",
		  "<h2>Price</h2>\\s*|<b>|(.*?)</b>|2|<i>new</i>" },
		{ "the parts in another order",
		  "    pattern: '<h2>(.*?)</h2>.*?<b class=\"n\">(.*?)</b>'\n", NULL,
		  "<b class=\"n\">9</b>\n<h2>A</h2>\n<p>end</p>\n",
		  "<h2>(.*?)</h2>.*?|<b class=\"n\">|(.*?)</b>|3|<p>end</p>" },
		{ "a list that became an object",
		  "    each: {json: '$.items[*].price'}\n    fields: {f: {json: '$'}}\n", NULL,
		  "{\"items\":\n{\"a\": {\"cost\": 1}}}", "$.items[*]|.price||2|{\"cost\": 1}}}" },
		{ "JSON that became a page",
		  "    each: {json: '$.items[*]'}\n    fields: {f: {json: $.p}}\n", NULL,
		  "<!DOCTYPE html>\n<p>", "|$|.items[*]|1|<!DOCTYPE html>" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* Bytes of others stay as they are, but for NUL, and but for what is too much of them. */
static void text_of_a_page_is_cut_to_a_line(void **state)
{
	static const char page[] = "<b class=\"n\0me\xe2\x80\xae\">\x1b[31m</b>\n<p>";
	struct config *config = config_of("patterns:\n  - name: a\n"
					  "    pattern: '<b class=\"name\">(.*?)</b>'\n");
	char many[1000];
	const char *told;

	(void)state;
	told = told_of(config, "a", NULL, (struct slice){ page, sizeof(page) - 1 });
	assert_string_equal(told, "|<b class=\"name\">|(.*?)</b>|1|"
				  "<b class=\"n me\xe2\x80\xae\">\x1b[31m</b>");
	snprintf(many, sizeof(many), "<b class=\"");
	for (size_t i = 0; i < 300; i++)
		strcat(many, "é");
	told = strrchr(told_of(config, "a", NULL, slice_of(many)), '|') + 1;
	assert_int_equal(strlen(told), 10 + 2 * (FINDING_TEXT_MAX - 10));
	config_free(config);
}

/* Of CPU time, for others may use the machine. */
static void a_large_page_is_done_in_its_time(void **state)
{
	/* AddressSanitizer looks at all that memmem() might read, at each of its calls. */
	enum { SIZE = SLOWNESS == 1 ? 10 << 20 : 1 << 20 };
	static const char *const patterns[] = {
		"    pattern: '<b class=\"name\">(.*?)</b>.*?(\\d+)<'\n",
		"    each: '<article.*?</article>'\n    fields: {f: {pattern: '(.*)x(.*)y'}}\n",
		"    each: {json: '$.a.b.c.d.e.f[*]'}\n    fields: {f: {json: $}}\n",
	};
	char *page = malloc(SIZE);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		page[i] = "<p class=\"name\">12\n"[i % 19];
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char yaml[400];
		struct config *config;
		struct finding finding;
		struct scratch texts = { .newest = NULL };
		struct walk walk = { .page = { .text = { page, SIZE } } };
		clock_t began;

		snprintf(yaml, sizeof(yaml), "patterns:\n  - name: a\n    flags: s\n%s",
			 patterns[i]);
		config = config_of(yaml);
		walk.config = config;
		walk.pattern = &config->patterns[0];
		began = clock();
		walk.end_ms = clock_ms() + 200;
		finding_of(&finding, &walk, &texts);
		assert_in_range(clock() - began, 0, 2 * SLOWNESS * CLOCKS_PER_SEC);
		scratch_free(&walk.store);
		scratch_free(&texts);
		config_free(config);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_in_its_place_is_told),
		cmocka_unit_test(what_makes_no_row_is_told_of_where_it_is_looked_for),
		cmocka_unit_test(what_sites_do_to_their_markup_is_shown),
		cmocka_unit_test(text_of_a_page_is_cut_to_a_line),
		cmocka_unit_test(a_large_page_is_done_in_its_time),
	};

	return RUN_TESTS(tests);
}
