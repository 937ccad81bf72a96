#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/config/config_load.h"
#include "crawler/master/match.h"

/* What a page's list gave it, in the values of every kind of pattern. */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM         4096

/* Rows as text: "pattern: a|b|~", a row a line; ~ is NULL, and integers have an i before. */
struct sheet {
	const struct config *config;
	char *text;
	size_t size;
	FILE *out;
};

static int write_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct sheet *sheet = context;

	fprintf(sheet->out, "%s:", sheet->config->patterns[pattern].spec->name);
	for (size_t n = 0; n < pattern_field_count(row->pattern); n++) {
		const struct value *value = &row->values[n];

		fputc(n > 0 ? '|' : ' ', sheet->out);
		if (value->kind == VALUE_NULL)
			fputc('~', sheet->out);
		else if (value->kind == VALUE_INTEGER)
			fprintf(sheet->out, "i%lld", (long long)value->integer);
		else
			fwrite(value->text.at, 1, value->text.size, sheet->out);
	}
	fputc('\n', sheet->out);
	return 0;
}

static int ignore_tally(void *context, size_t pattern, const struct pattern_tally *tally,
			bool is_stopped)
{
	(void)context, (void)pattern, (void)tally;
	assert_false(is_stopped);
	return 0;
}

/* The caller frees it with config_free(); NULL, and what is wrong in complaint. */
static struct config *load(const char *patterns, char complaint[ROOM])
{
	char path[] = "/tmp/crawl-page-set-XXXXXX";
	const char *paths[] = { path };
	struct config_sources sources = { .paths = paths, .path_count = 1 };
	FILE *file = fdopen(mkstemp(path), "w"), *out = fmemopen(complaint, ROOM, "w");
	struct config *config;

	assert_non_null(file);
	fprintf(file, "patterns:\n%s", patterns);
	fclose(file);
	config = config_load(&sources, out);
	fclose(out);
	unlink(path);
	return config;
}

/* The caller frees the text. */
static char *rows_of(const struct config *config, const char *set, const char *text)
{
	struct sheet sheet = { .config = config };
	const struct match_sink sink = { .context = &sheet, .row = write_row, .end = ignore_tally };
	const struct page_about page = { .url = SLICE("http://a.org/p/7"),
					 .text = slice_of(text),
					 .set = slice_of(set) };

	sheet.out = open_memstream(&sheet.text, &sheet.size);
	assert_int_equal(match_page(config, &page, &sink), 0);
	fclose(sheet.out);
	return sheet.text;
}

#define REGEX                                        \
	"  - name: p\n    pattern: '<b>(.*?)</b>'\n" \
	"    fields:\n      b: {group: 1}\n      s: "
#define SHOP REGEX "{value: '{set.shop}'}\n"

static const struct {
	const char *patterns, *set, *page, *rows;
} cases[] = {
	/* what it is */
	{ SHOP, "{\"shop\":\"7\"}", "<b>x</b><b>y</b>", "p: x|7\np: y|7\n" },
	{ SHOP, "{\"city\":\"k\",\"shop\":\"K\xC3\xB6ln \\\"\\u0041\\\\\"}", "<b>x</b>",
	  "p: x|K\xC3\xB6ln \"A\\\n" },
	{ SHOP, NULL, "<b>x</b>", "p: x|~\n" },
	{ SHOP, "{\"shops\":\"7\",\"sho\":\"8\",\"SHOP\":\"9\"}", "<b>x</b>", "p: x|~\n" },
	{ SHOP, "{\"shop\":\"\"}", "<b>x</b>", "p: x|\n" },
	/* JSON of other hands */
	{ SHOP, "{\"shop\":7}", "<b>x</b>", "p: x|7\n" },
	{ SHOP, "{\"shop\":null}", "<b>x</b>", "p: x|~\n" },
	{ SHOP, "{\"shop\":[1, 2]}", "<b>x</b>", "p: x|[1,2]\n" },
	{ SHOP, "[\"shop\"]", "<b>x</b>", "p: x|~\n" },
	{ SHOP, "{\"shop", "<b>x</b>", "p: x|~\n" },
	{ SHOP, "", "<b>x</b>", "p: x|~\n" },
	/* type, clean, default, and text around it */
	{ REGEX "{value: '{set.n}', type: integer}\n", "{\"n\":\"7\"}", "<b>x</b>", "p: x|i7\n" },
	{ REGEX "{value: '{set.n}', type: integer}\n", "{\"n\":\"a\"}", "<b>x</b>", "p: x|~\n" },
	{ REGEX "{value: '{set.n}', type: integer}\n", "{\"n\":\"\"}", "<b>x</b>", "p: x|~\n" },
	{ REGEX "{value: '{set.n}', clean: [trim, upper]}\n", "{\"n\":\" a \"}", "<b>x</b>",
	  "p: x|A\n" },
	{ REGEX "{value: '{set.n}', default: none}\n", NULL, "<b>x</b>", "p: x|none\n" },
	{ REGEX "{value: '{set.n}-{1}-{set.m}{{}}'}\n", "{\"n\":\"1\",\"m\":\"2\"}", "<b>x</b>",
	  "p: x|1-x-2{}\n" },
	{ REGEX "{value: '{set.n}{set.n}'}\n", "{\"n\":\"1\"}", "<b>x</b>", "p: x|11\n" },
	{ REGEX "{value: '{set.n}-{set.m}'}\n", "{\"m\":\"2\"}", "<b>x</b>", "p: x|-2\n" },
	{ REGEX "{value: 'no {set.n}'}\n", NULL, "<b>x</b>", "p: x|~\n" },
	{ REGEX "{value: '{1}{set.n}'}\n", NULL, "<b>x</b>", "p: x|x\n" },
	{ REGEX "{value: '{set.n}', required: true}\n", NULL, "<b>x</b>", "" },
	{ REGEX "{value: '{set.n}', clean: [url]}\n", "{\"n\":\"../q\"}", "<b>x</b>",
	  "p: x|http://a.org/q\n" },
	/* every kind of pattern */
	{ "  - name: p\n    fields:\n      t: {pattern: '<h1>(.*?)<'}\n"
	  "      s: {value: '{set.shop}'}\n",
	  "{\"shop\":\"7\"}", "<h1>x</h1>", "p: x|7\n" },
	{ "  - name: p\n    fields:\n      s: {value: '{set.shop}'}\n", "{\"shop\":\"7\"}", "x",
	  "p: 7\n" },
	{ "  - name: p\n    url: '/p/(?<id>\\d+)'\n    each: '<li>.*?</li>'\n    fields:\n"
	  "      t: {pattern: '<b>(.*?)<'}\n      s: {value: '{set.shop}/{id}'}\n",
	  "{\"shop\":\"7\"}", "<li><b>x</b></li><li></li>", "p: x|7/7|7\np: ~|7/7|7\n" },
	{ "  - name: p\n    json: '$.a[*]'\n    fields:\n      t: {json: '$.t'}\n"
	  "      s: {value: '{set.shop}', type: integer}\n",
	  "{\"shop\":\"7\"}", "{\"a\":[{\"t\":\"x\"},{\"t\":null}]}", "p: x|i7\np: ~|i7\n" },
	{ "  - name: p\n    jsonld: Thing\n    fields:\n      t: {json: '$.name'}\n"
	  "      s: {value: '{set.shop}'}\n",
	  "{\"shop\":\"7\"}",
	  "<script type=application/ld+json>{\"@type\":\"Thing\",\"name\":\"x\"}</script>",
	  "p: x|7\n" },
	{ "  - name: p\n    each: '<ul>.*?</ul>'\n    fields:\n      t: {pattern: '<h2>(.*?)<'}\n"
	  "    children:\n      - name: c\n        pattern: '<li>(?<l>.*?)<'\n"
	  "        fields:\n          s: {value: '{set.shop}{l}'}\n",
	  "{\"shop\":\"7\"}", "<ul><h2>a</h2><li>x</li><li>y</li></ul>",
	  "p: a\np_c: x|7x\np_c: y|7y\n" },
};

static void every_kind_of_pattern_has_the_fields_of_its_page(void **state)
{
	char complaint[ROOM] = "";

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *config = load(cases[i].patterns, complaint);
		char *rows;

		if (!config)
			fail_msg("case %zu of\n%s: %s", i, cases[i].patterns, complaint);
		rows = rows_of(config, cases[i].set, cases[i].page);
		if (strcmp(rows, cases[i].rows) != 0)
			fail_msg("case %zu of\n%sgives\n%s", i, cases[i].patterns, rows);
		free(rows);
		config_free(config);
	}
}

static void a_page_without_a_set_has_not_that_of_the_page_before(void **state)
{
	char complaint[ROOM];
	struct config *config = load(SHOP, complaint);
	const char *const sets[] = { "{\"shop\":\"7\"}", NULL, "{\"shop\":\"8\"}", "{}" };
	const char *const rows[] = { "p: x|7\n", "p: x|~\n", "p: x|8\n", "p: x|~\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(sets); i++) {
		char *got = rows_of(config, sets[i], "<b>x</b>");

		assert_string_equal(got, rows[i]);
		free(got);
	}
	config_free(config);
}

static void only_who_asks_for_a_set_wants_one(void **state)
{
	char complaint[ROOM];
	struct config *without = load(REGEX "{value: '{1}'}\n", complaint);
	struct config *with = load(SHOP, complaint);

	(void)state;
	assert_false(pattern_wants_set(without->patterns[0].pattern));
	assert_true(pattern_wants_set(with->patterns[0].pattern));
	config_free(without);
	config_free(with);
}

#define BAD_NAME "a name in a set has letters, digits and _, and begins with no digit; not "

static const struct {
	const char *patterns, *complaint;
} mistakes[] = {
	{ REGEX "{value: '{set.}'}\n", ":6:20: error: " BAD_NAME "'set.'" },
	{ REGEX "{value: '{set.a-b}'}\n", ":6:20: error: " BAD_NAME "'set.a-b'" },
	{ REGEX "{value: '{set.7}'}\n", ":6:20: error: " BAD_NAME "'set.7'" },
	{ REGEX "{value: '{set. shop}'}\n", ":6:20: error: " BAD_NAME "'set. shop'" },
	{ REGEX "{value: '{set}'}\n", "the pattern has no group named 'set'" },
	{ REGEX "{value: '{set.shop'}\n", "'{' without '}'" },
	{ REGEX "{group: 1, clean: [{replace: [a, '${set.shop}']}]}\n",
	  "fields of a set are for 'value' alone" },
};

static void a_name_that_is_none_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		char complaint[ROOM] = "";

		assert_null(load(mistakes[i].patterns, complaint));
		if (!strstr(complaint, mistakes[i].complaint))
			fail_msg("case %zu: %s", i, complaint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_pattern_has_the_fields_of_its_page),
		cmocka_unit_test(a_page_without_a_set_has_not_that_of_the_page_before),
		cmocka_unit_test(only_who_asks_for_a_set_wants_one),
		cmocka_unit_test(a_name_that_is_none_is_told_with_its_place),
	};

	return RUN_TESTS(tests);
}
