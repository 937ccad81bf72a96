/* JSON in pages: where it stands, what records and fields of it become, and how it is bounded. */
#include "tests/support/test.h"

#include <stdio.h>

#include "parsers/markup/scripts.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_source.h"
#include "parsers/pattern/pattern.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/pattern/subject.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define LD(json) "<script type=\"application/ld+json\">" json "</script>"

/* Rows as text: values between '|', NULL as '~', a row a line. */
static char *sheet;
static size_t sheet_size;

static int write_row(void *context, const struct pattern_row *row)
{
	FILE *out = context;

	for (size_t n = 0; n < pattern_field_count(row->pattern); n++) {
		const struct value *value = &row->values[n];

		fputs(n ? "|" : "", out);
		if (value->kind == VALUE_NULL)
			fputc('~', out);
		else if (value->kind == VALUE_INTEGER)
			fprintf(out, "%lld", (long long)value->integer);
		else if (value->kind == VALUE_REAL)
			fprintf(out, "%g", value->real);
		else
			fwrite(value->text.at, 1, value->text.size, out);
	}
	fputc('\n', out);
	return 0;
}

static struct pattern *compile(const struct pattern_spec *spec)
{
	struct pattern_error error = { 0 };
	struct pattern *pattern = pattern_compile(spec, &error);

	if (!pattern)
		fail_msg("%s (at %zu)", error.message, error.offset);
	return pattern;
}

/* The page in memory of its own, so that a byte too far is seen. */
static struct pattern_tally run_slice(const struct pattern_spec *spec, struct slice text)
{
	struct pattern *pattern = compile(spec);
	char *page = malloc(text.size + !text.size);
	struct pattern_tally tally;
	FILE *out;

	free(sheet);
	out = open_memstream(&sheet, &sheet_size);
	memcpy(page, text.at, text.size);
	assert_int_equal(pattern_run(pattern, SLICE("http://a/"), (struct slice){ page, text.size },
				     write_row, out, &tally),
			 0);
	fclose(out);
	free(page);
	pattern_free(pattern);
	return tally;
}

static struct pattern_tally run(const struct pattern_spec *spec, const char *text)
{
	return run_slice(spec, slice_of(text));
}

static struct pattern_spec rows_of(const char *path)
{
	return (struct pattern_spec){ .each = path, .language = &selector_json };
}

static struct field_spec field_of(const char *path, enum field_type type)
{
	return (struct field_spec){
		.name = "v", .group = -1, .pattern = path, .language = &selector_json, .type = type
	};
}

/* ---- where it stands ---- */

static void the_body_is_json_or_its_scripts_are(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"t\":1}", "1\n" },
		{ " \n{\"t\":1}\n", "1\n" },
		{ "\xef\xbb\xbf{\"t\":1}", "1\n" },
		{ "/* made */ {\"t\":1}", "1\n" },
		{ "<p>" LD("{\"t\":1}") LD("{\"u\":2}") LD("{\"t\":3}"), "1\n3\n" },
		{ "text" LD("{\"t\":1}"), "1\n" },
		{ "123" LD("{\"t\":1}"), "1\n" },
		{ "<script type='APPLICATION/LD+JSON; charset=utf-8'>{\"t\":1}</script>", "1\n" },
		{ "<script type=\" application/ld&#43;json \">{\"t\":1}</script>", "1\n" },
		{ "<SCRIPT async TYPE=application/ld+json>{\"t\":1}</SCRIPT >", "1\n" },
		{ "<script type=application/ld+json type=x>{\"t\":\"</p>\"}</script>", "</p>\n" },
		{ "<script>{\"t\":1}</script><script type=application/json>{\"t\":1}</script>",
		  "" },
		{ "<!-- " LD("{\"t\":1}") " -->" LD("{\"t\":2}"), "2\n" },
		{ "<style>" LD("{\"t\":1}") "</style><title>" LD("{\"t\":1}") "</title>", "" },
		{ "<textarea>" LD("{\"t\":1}") "</textarea>" LD("{\"t\":2}"), "2\n" },
		{ "<script>'" LD("{\"t\":1}") "'</script>" LD("{\"t\":2}"), "2\n" },
		{ LD("") LD(" \n") LD("{\"t\":1}"), "1\n" },
		{ LD("[{\"t\":1}]"), "" },
		{ "", "" },
		{ "<script type=application/ld+json", "" },
		{ "{}" LD("{\"t\":1}"), "" }, /* what begins so is JSON, if broken */
		{ ")]}'\n{\"t\":1}", "1\n" },
		{ LD("\n// <![CDATA[\n{\"t\":1}\n// ]]&gt;\n"), "1\n" },
		{ LD("{&quot;t&quot;:&#34;a &amp;amp; b&quot;}"), "a &amp; b\n" },
		{ LD("{\"t\":\"a &amp; b // <!-- c\"}"), "a &amp; b // <!-- c\n" },
		{ "{&quot;t&quot;:1}", "" }, /* a page is no attribute */
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct pattern_spec spec = rows_of("$.t");

		run(&spec, cases[n][0]);
		if (strcmp(sheet, cases[n][1]) != 0)
			fail_msg("%s gives %s", cases[n][0], sheet);
	}
}

static void an_expression_says_where_it_stands(void **state)
{
	static const struct {
		const char *in, *flags, *page, *rows;
	} cases[] = {
		{ "state = (.*?);\n", NULL, "<script>\nstate = {\"t\":1};\n</script>", "1\n" },
		{ "STATE = (.*);", "is", "state = {\"t\":\n1};", "1\n" },
		{ "show\\((.*?)\\)", NULL, "show({\"t\":1}) show({\"t\":2})", "1\n2\n" },
		{ "data='(.*?)'", NULL, "data='{\"t\":1}' data='' data='{\"t\":3}'", "1\n3\n" },
		{ "x(y)?({.*})", NULL, "x{\"t\":1}", "" },
		{ "state = (.*)", "s", "state = {\"t\":\"a;b\"};\nmore = [", "a;b\n" },
		{ "parse\\((.*)", NULL, "JSON.parse(\"{\\\"t\\\":\\\"\\u00e9\\\"}\");",
		  "\xc3\xa9\n" },
		{ "children\":(.*)", NULL, "push([0,{\"children\":\"{\\\"t\\\":1}\"}])", "1\n" },
		{ "data=\"(.*?)\"", NULL, "<p data=\"{&quot;t&quot;:&quot;a&amp;b&quot;}\">",
		  "a&b\n" },
		{ "data=\"(.*?)\"", NULL, "<p data=\"{'t':1}\">", "" },
		{ "x(.*)", NULL, "nothing", "" },
		{ "(.+)", NULL, "{\"t\":1}\n\n{\"t\":2}\r\n[]\n", "1\n2\n" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct pattern_spec spec = rows_of("$.t");

		spec.in = cases[n].in;
		spec.flags = cases[n].flags;
		run(&spec, cases[n].page);
		assert_string_equal(sheet, cases[n].rows);
	}
}

static void broken_json_costs_only_itself_and_is_told(void **state)
{
	static const struct {
		const char *page, *rows;
		size_t broken_at;
	} cases[] = {
		{ "{\"t\":1", "", 6 },
		{ "[{\"t\":1},", "", 9 },
		{ LD("{\"t\":1}") LD("{\"t\":") LD("{\"t\":3}"), "1\n3\n", 91 },
		{ LD("{\"t\":1}") "<script type=application/ld+json>{\"t\":", "1\n", 89 },
		{ LD("{t:1}") LD("x") LD("{\"t\":1}"), "1\n", 36 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct pattern_spec spec = rows_of("$.t");
		struct pattern_tally tally = run(&spec, cases[n].page);

		assert_string_equal(sheet, cases[n].rows);
		assert_true(tally.is_broken && !tally.is_limited);
		assert_int_equal(tally.broken_at, cases[n].broken_at);
	}
}

static void a_field_of_broken_json_is_bad_where_it_breaks(void **state)
{
	const struct field_spec fields[] = {
		field_of("$.t", FIELD_TEXT),
		{ .name = "p", .group = -1, .pattern = "<p>(.*?)</p>" },
	};
	const struct pattern_spec spec = { .fields = fields, .field_count = 2 };
	struct pattern *pattern = compile(&spec);
	struct slice page = SLICE("<p>x</p>" LD("{\"t\":1,}}"));
	struct pattern_tally tally;
	FILE *out;

	(void)state;
	free(sheet);
	out = open_memstream(&sheet, &sheet_size);
	pattern_run(pattern, SLICE("http://a/"), page, write_row, out, &tally);
	fclose(out);
	assert_string_equal(sheet, "~|x\n");
	assert_int_equal(tally.fields[0].bad, 1);
	assert_int_equal(tally.fields[0].shown[0].offset,
			 strlen("<p>x</p>"
				"<script type=\"application/ld+json\">{\"t\":1,}"));
	assert_memory_equal(tally.fields[0].shown[0].text, "}</script>", 10);
	pattern_free(pattern);
	run(&spec, "<p>x</p>" LD("{\"t\":1}") LD("{\"t\":"));
	assert_string_equal(sheet, "1|x\n"); /* it was found before */
}

/* ---- records and fields ---- */

#define SHOP                                                                                       \
	"{\"items\":["                                                                             \
	"{\"id\":12345678901234567890,\"name\":\"caf\\u00e9\",\"price\":12.50,\"tags\":[\"a\",2]}" \
	","                                                                                        \
	"{\"id\":2,\"name\":null,\"price\":\"9,90\"},"                                             \
	"{\"id\":3,\"price\":1e1,\"ok\":true}]}"

static void what_is_missing_is_never_borrowed_from_the_next(void **state)
{
	struct field_spec fields[4] = { field_of("$.id", FIELD_TEXT),
					field_of("$.name", FIELD_TEXT),
					field_of("$.price", FIELD_REAL),
					field_of("$.tags[*]", FIELD_TEXT) };
	struct pattern_spec spec = rows_of("$.items[*]");
	struct pattern_tally tally;

	(void)state;
	for (int n = 0; n < 4; n++)
		fields[n].name = (const char *[]){ "a", "b", "c", "d" }[n];
	spec.fields = fields;
	spec.field_count = 4;
	tally = run(&spec, SHOP);
	assert_string_equal(sheet, "12345678901234567890|caf\xc3\xa9|12.5|a\n"
				   "2|~|~|~\n"
				   "3|~|10|~\n");
	assert_int_equal(tally.bad_values, 1);
	assert_int_equal(tally.empty_fields, 4);
}

static void values_are_of_the_types_of_json(void **state)
{
	static const struct {
		const char *json;
		enum field_type type;
		const char *value; /* '!': bad */
	} cases[] = {
		{ "\"a\\u00e9\\n\"", FIELD_TEXT, "a\xc3\xa9\n" },
		{ "12.50", FIELD_TEXT, "12.50" },
		{ "12345678901234567890", FIELD_TEXT, "12345678901234567890" },
		{ "12345678901234567890", FIELD_INTEGER, "!" },
		{ "-7", FIELD_INTEGER, "-7" },
		{ "7.0", FIELD_INTEGER, "!" },
		{ "\"7\"", FIELD_INTEGER, "7" },
		{ "1.5e3", FIELD_REAL, "1500" },
		{ "true", FIELD_BOOLEAN, "1" },
		{ "false", FIELD_TEXT, "false" },
		{ "\"2024-05-01T10:00:00Z\"", FIELD_DATE, "2024-05-01T10:00:00Z" },
		{ "\"PT1H\"", FIELD_DURATION, "3600" },
		{ "null", FIELD_TEXT, "~" },
		{ "null", FIELD_JSON, "~" },
		{ "[1, 2]", FIELD_TEXT, "!" },
		{ "{}", FIELD_INTEGER, "!" },
		{ "{\"b\" : [1, 2]}", FIELD_JSON, "{\"b\" : [1, 2]}" },
		{ "\"a\\u00e9\"", FIELD_JSON, "\"a\\u00e9\"" },
		{ "\"\"", FIELD_TEXT, "" },
		{ "12.50", FIELD_JSON, "12.50" },
		{ "[1, \"a\tb\",]", FIELD_JSON, "[1,\"a\\u0009b\"]" },
		{ "{\"b\":1,\"b\":2}", FIELD_JSON, "{\"b\":2}" },
		{ "\"it\\'s\"", FIELD_JSON, "\"it's\"" },
		{ "\"a\\u0000b\"", FIELD_TEXT, "a" }, /* and a NUL, and b */
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct field_spec field = field_of("$.v", cases[n].type);
		struct pattern_spec spec = rows_of("$");
		struct pattern_tally tally;
		char page[128];

		spec.fields = &field;
		spec.field_count = 1;
		snprintf(page, sizeof(page), "{\"v\":%s}", cases[n].json);
		tally = run(&spec, page);
		assert_int_equal(tally.bad_values, cases[n].value[0] == '!');
		sheet[strlen(sheet) - (sheet[strlen(sheet) - 1] == '\n')] = '\0';
		if (strcmp(sheet, cases[n].value[0] == '!' ? "~" : cases[n].value) != 0)
			fail_msg("%s gives %s", cases[n].json, sheet);
	}
}

/* What is decoded lives as long as the row, whatever else the row has. */
static void all_that_a_path_finds_is_an_array(void **state)
{
	struct field_spec fields[] = { field_of("$..name", FIELD_TEXT),
				       field_of("$..price", FIELD_REAL) };
	struct pattern_spec spec = rows_of("$");

	(void)state;
	fields[0].takes_all = fields[1].takes_all = true;
	fields[1].name = "w";
	spec.fields = fields;
	spec.field_count = 2;
	run(&spec, SHOP);
	assert_string_equal(sheet, "[\"caf\xc3\xa9\"]|[12.5,10.0]\n");
}

static void alternatives_are_paths_of_one_record(void **state)
{
	static const char *const more[] = { "$.b", "$.c[-1]" };
	struct field_spec field = field_of("$.a", FIELD_TEXT);
	struct pattern_spec spec = rows_of("$[*]");

	(void)state;
	field.alternatives = more;
	field.alternative_count = 2;
	spec.fields = &field;
	spec.field_count = 1;
	run(&spec, "[{\"a\":1,\"b\":2},{\"b\":2},{\"a\":null,\"c\":[3,4]},{}]");
	assert_string_equal(sheet, "1\n2\n4\n~\n");
}

static void records_of_json_and_of_expressions_mix(void **state)
{
	const struct field_spec raw = { .name = "v",
					.group = -1,
					.pattern = "\"n\" *: *\"(.*?)\"" };
	const struct field_spec path = field_of("$.n", FIELD_TEXT);
	struct field_spec within = path, whole = { .name = "v", .group = 0, .type = FIELD_JSON };
	struct pattern_spec spec = rows_of("$[*]");

	(void)state;
	spec.fields = &raw; /* as it is written */
	spec.field_count = 1;
	run(&spec, "[{\"n\" : \"a\\u0062\"},{\"m\":1},{\"n\":\"c\"}]");
	assert_string_equal(sheet, "a\\u0062\n~\nc\n");

	spec = (struct pattern_spec){ .each = "<li>.*?</li>", .fields = &path, .field_count = 1 };
	run(&spec, "<li>" LD("{\"n\":1}") "</li><li></li><li>" LD("{\"n\":2}") "</li>");
	assert_string_equal(sheet, "1\n~\n2\n");

	within.in = "data=\"(.*?)\"";
	spec.fields = &within;
	run(&spec, "<li data=\"{}\" data=\"7\"></li><li></li>");
	assert_string_equal(sheet, "~\n");
	spec.each = "<li.*?</li>";
	within.pattern = "$[1]";
	run(&spec, "<li data=\"[1,2]\"></li><li></li><li data=\"[3,4]\"></li>");
	assert_string_equal(sheet, "2\n~\n4\n");

	spec = rows_of("$[*]");
	spec.fields = &whole;
	spec.field_count = 1;
	run(&spec, "[\"a\\u0062\",{\"c\" : 1},null]");
	assert_string_equal(sheet, "\"a\\u0062\"\n{\"c\" : 1}\n~\n");
}

/* JSON in a string of JSON, or an expression in a string that was decoded. */
static void a_decoded_record_is_searched_and_stands_where_it_was(void **state)
{
	struct field_spec field = field_of("$.n", FIELD_TEXT);
	struct pattern_spec child = { .name = "c", .pattern = "[a-z]\xc3\xa9" };
	struct pattern_spec spec = rows_of("$.s");

	(void)state;
	field.in = "(.*)";
	spec.fields = &field;
	spec.field_count = 1;
	spec.children = &child;
	spec.child_count = 1;
	run(&spec, "{\"s\":\"{\\\"n\\\":\\\"caf\\u00e9\\\"}\"}");
	assert_string_equal(sheet, "caf\xc3\xa9\nf\xc3\xa9\n");
}

/* Texts of one size that are decoded at one place, one after the other. */
static void what_is_decoded_is_read_anew(void **state)
{
	struct field_spec field = field_of("$.n", FIELD_TEXT), name = field_of("$.m", FIELD_TEXT);
	struct pattern_spec child = rows_of("$.s"), spec = rows_of("$[*]");

	(void)state;
	field.in = "(.*)";
	child.name = "c";
	child.fields = &field;
	child.field_count = 1;
	spec.fields = &name;
	spec.field_count = 1;
	spec.children = &child;
	spec.child_count = 1;
	for (int n = 0; n < 2; n++) {
		run(&spec, "[{\"m\":1,\"s\":\"{\\\"n\\\":1}\"},{\"m\":2,\"s\":\"{\\\"n\\\":2}\"},"
			   "{\"m\":3,\"s\":\"{\\\"n\\\":3\"}]");
		assert_string_equal(sheet, "1\n1\n2\n2\n3\n~\n");
		child.within = "\\{.*";
	}
}

/* Rows of a child are found in its parent's record, values of which are JSON too. */
static void children_of_a_record_begin_at_it(void **state)
{
	struct field_spec name = field_of("$.name", FIELD_TEXT);
	struct field_spec text = field_of("$", FIELD_TEXT);
	struct pattern_spec child = rows_of("$.tags[*]"), spec = rows_of("$.items[*]");

	(void)state;
	child.name = "tags";
	child.fields = &text;
	child.field_count = 1;
	spec.fields = &name;
	spec.field_count = 1;
	spec.children = &child;
	spec.child_count = 1;
	run(&spec, SHOP);
	assert_string_equal(sheet, "caf\xc3\xa9\na\n2\n~\n~\n");
}

static void matched_is_where_the_record_stands(void **state)
{
	const struct selector_language *language = &selector_json;
	struct selector_error error;
	struct selector *selector = selector_compile(language, "$.t[*]", NULL, 1000, &error);
	static const char page[] = "<p>" LD("{\"t\":[\"a\\u0062\", 12, {\"c\":\"d\"}, \"e\"]}");
	static const char *const parts[] = { "a\\u0062", "12", "{\"c\":\"d\"}", "e" };
	const struct found span = { .kind = FOUND_TEXT,
				    .text = SLICE(page),
				    .size = sizeof(page) - 1 };

	(void)state;
	budget_begin(1000);
	selector_begin(selector, &span);
	for (size_t n = 0; n < COUNT(parts); n++) {
		assert_int_equal(selector_next(selector), SELECTOR_FOUND);
		assert_int_equal(selector->found.size, strlen(parts[n]));
		assert_memory_equal(page + selector->found.offset, parts[n], strlen(parts[n]));
	}
	assert_int_equal(selector_next(selector), SELECTOR_NONE);
	selector_free(selector);
}

/* ---- types of schema.org ---- */

static void typed_nodes_are_found_at_any_depth(void **state)
{
	static const char *const cases[][2] = {
		{ LD("{\"@type\":\"Recipe\",\"name\":1}"), "1\n" },
		{ LD("{\"@context\":\"x\",\"@graph\":[{\"@type\":\"WebPage\",\"name\":0},"
		     "{\"@type\":\"Recipe\",\"name\":1}]}"),
		  "1\n" },
		{ LD("[{\"@type\":[\"NewsArticle\",\"Recipe\"],\"name\":1}]"), "1\n" },
		{ LD("{\"@type\":\"http://schema.org/Recipe\",\"name\":1}")
			  LD("{\"@type\":[\"https:\\/\\/schema.org\\/Recipe\"],\"name\":2}"),
		  "1\n2\n" },
		{ LD("{\"@type\":\"ItemList\",\"itemListElement\":[{\"item\":"
		     "{\"@type\":\"Recipe\",\"name\":1,\"isPartOf\":"
		     "{\"@type\":\"Recipe\",\"name\":2}}}]}"),
		  "1\n2\n" },
		{ LD("{\"@type\":\"recipe\",\"name\":1}") LD("{\"@type\":\"RecipeX\",\"name\":1}"),
		  "" },
		{ LD("{\"type\":\"Recipe\",\"name\":1}") LD("{\"@type\":{\"a\":\"Recipe\"}}"), "" },
		{ LD("{\"@type\":\"Recipe\",\"@type\":\"HowTo\",\"name\":1}"), "" },
		{ LD("{\"a\":{\"@type\":\"Recipe\",\"name\":1},\"a\":{}}"), "" },
		{ LD("{\"\\u0040type\":\"Rec\\u0069pe\",\"name\":1}"), "1\n" },
		{ "{\"@type\":\"Recipe\",\"name\":1}", "1\n" },
		{ LD("{\"@type\":\"Recipe\",\"name\":1}") LD("{"), "1\n" },
	};
	const struct field_spec name = field_of("$.name", FIELD_TEXT);
	static const char *const types[] = { "Recipe", "http://schema.org/Recipe",
					     "https://schema.org/Recipe" };

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct pattern_spec spec = { .each = types[n % COUNT(types)],
					     .language = &selector_jsonld,
					     .fields = &name,
					     .field_count = 1 };

		run(&spec, cases[n][0]);
		if (strcmp(sheet, cases[n][1]) != 0)
			fail_msg("%s gives %s", cases[n][0], sheet);
	}
}

static void a_type_is_a_field_too(void **state)
{
	const struct field_spec author = { .name = "v",
					   .group = -1,
					   .pattern = "Person",
					   .language = &selector_jsonld,
					   .type = FIELD_JSON };
	const struct pattern_spec spec = {
		.each = "Recipe", .language = &selector_jsonld, .fields = &author, .field_count = 1
	};

	(void)state;
	run(&spec, LD("[{\"@type\":\"Person\"},{\"@type\":\"Recipe\",\"author\":"
		      "[{\"@type\":\"Person\",\"name\":\"x\"}]},{\"@type\":\"Recipe\"}]"));
	assert_string_equal(sheet, "{\"@type\":\"Person\",\"name\":\"x\"}\n~\n");
}

/* ---- bounds ---- */

static void json_of_ten_thousand_brackets_is_bad(void **state)
{
	struct pattern_spec spec = rows_of("$..a");
	struct pattern_tally tally;
	char *page = malloc(10001);

	(void)state;
	memset(page, '[', 10000);
	page[10000] = '\0';
	tally = run(&spec, page);
	assert_true(tally.is_broken);
	assert_int_equal(tally.broken_at, 1000);
	free(page);
}

static struct slice big_page(size_t size, const char *item)
{
	char *page = malloc(size + strlen(item)), *to = page;

	*to++ = '[';
	while ((size_t)(to - page) < size)
		to = stpcpy(to, item);
	to[-1] = ']';
	return (struct slice){ page, (size_t)(to - page) };
}

static void json_of_ten_megabytes_gives_its_rows(void **state)
{
	struct slice page = big_page((size_t)10 << 20, "{\"id\":1234567,\"name\":\"caf\\u00e9\"},");
	struct field_spec field = field_of("$.name", FIELD_TEXT);
	struct pattern_spec spec = rows_of("$[-3:]");
	struct pattern_tally tally;

	(void)state;
	spec.fields = &field;
	spec.field_count = 1;
	spec.budget_ms = 10000;
	tally = run_slice(&spec, page);
	assert_false(tally.is_limited);
	assert_string_equal(sheet, "caf\xc3\xa9\ncaf\xc3\xa9\ncaf\xc3\xa9\n");
	free((char *)page.at);
}

static void what_cannot_be_read_in_time_is_a_limit(void **state)
{
	struct slice page = big_page((size_t)30 << 20, "[1,2,3,4,5,6,7],");
	struct pattern_spec spec = rows_of("$[0][0]");
	struct pattern_tally tally;

	(void)state;
	spec.budget_ms = 5;
	tally = run_slice(&spec, page);
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "time budget");
	free((char *)page.at);
}

static void a_path_without_end_is_a_limit(void **state)
{
	struct pattern_spec spec = rows_of("$..*..*..*..*..*..x");
	struct pattern_tally tally;
	struct slice page = big_page(2000, "[[[[[[[]]]]]]],");

	(void)state;
	spec.match_limit = 10000;
	tally = run_slice(&spec, page);
	assert_string_equal(tally.limit, "step limit");
	free((char *)page.at);
}

/* ---- once ---- */

static void a_text_is_read_once_for_all_who_ask(void **state)
{
	static const char text[] = LD("{\"a\":1}");
	const struct slice page = SLICE(text), part = { text, sizeof(text) - 12 };
	struct selector_error error;
	struct json_source *source = json_source_of(NULL, NULL, 0, &error);
	struct json_source *same = json_source_of(NULL, NULL, 0, &error);
	struct json_source *in = json_source_of("(\\{.*?\\})", "s", 1000, &error);
	struct json_source *same_in = json_source_of("(\\{.*?\\})", "s", 1000, &error);
	const struct json_part *first;

	(void)state;
	budget_begin(10000);
	assert_ptr_equal(source, same);
	assert_ptr_equal(in, same_in);
	assert_ptr_not_equal(source, in);
	first = json_source_read(source, page, true).first;
	assert_non_null(first);
	for (int n = 0; n < 10; n++) { /* records in between */
		assert_true(json_source_read(source, part, true).has_bad);
		assert_ptr_equal(json_source_read(same, page, true).first, first);
	}
	assert_ptr_equal(json_source_read(in, page, true).first,
			 json_source_read(in, page, true).first);
	assert_ptr_not_equal(json_source_read(in, page, false).first,
			     json_source_read(in, page, false).first);
	json_source_forget();
	assert_non_null(json_source_read(source, page, true).first);
	json_source_release(source);
	json_source_release(same);
	json_source_release(in);
	json_source_release(same_in);
}

/* Two patterns on one page see one copy of it, and another page is another. */
static void patterns_of_a_page_share_its_copy(void **state)
{
	struct pattern_spec spec = rows_of("$.t");
	char text[] = "{\"t\":1}";
	const struct slice page = SLICE(text);
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	const char *copy;
	FILE *out;

	(void)state;
	free(sheet);
	out = open_memstream(&sheet, &sheet_size);
	subject_begin(page);
	pattern_run(pattern, SLICE("http://a/"), page, write_row, out, &tally);
	copy = subject_open(page).text.at;
	subject_close();
	text[5] = '2'; /* a worker writes: what was copied counts */
	pattern_run(pattern, SLICE("http://a/"), page, write_row, out, &tally);
	assert_ptr_equal(subject_open(page).text.at, copy);
	subject_close();
	subject_end();
	pattern_run(pattern, SLICE("http://a/"), page, write_row, out, &tally);
	text[5] = '3';
	pattern_run(pattern, SLICE("http://a/"), page, write_row, out, &tally);
	fclose(out);
	assert_string_equal(sheet, "1\n1\n2\n3\n");
	pattern_free(pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_body_is_json_or_its_scripts_are),
		cmocka_unit_test(an_expression_says_where_it_stands),
		cmocka_unit_test(broken_json_costs_only_itself_and_is_told),
		cmocka_unit_test(a_field_of_broken_json_is_bad_where_it_breaks),
		cmocka_unit_test(what_is_missing_is_never_borrowed_from_the_next),
		cmocka_unit_test(values_are_of_the_types_of_json),
		cmocka_unit_test(all_that_a_path_finds_is_an_array),
		cmocka_unit_test(alternatives_are_paths_of_one_record),
		cmocka_unit_test(records_of_json_and_of_expressions_mix),
		cmocka_unit_test(a_decoded_record_is_searched_and_stands_where_it_was),
		cmocka_unit_test(what_is_decoded_is_read_anew),
		cmocka_unit_test(children_of_a_record_begin_at_it),
		cmocka_unit_test(matched_is_where_the_record_stands),
		cmocka_unit_test(typed_nodes_are_found_at_any_depth),
		cmocka_unit_test(a_type_is_a_field_too),
		cmocka_unit_test(json_of_ten_thousand_brackets_is_bad),
		cmocka_unit_test(json_of_ten_megabytes_gives_its_rows),
		cmocka_unit_test(what_cannot_be_read_in_time_is_a_limit),
		cmocka_unit_test(a_path_without_end_is_a_limit),
		cmocka_unit_test(a_text_is_read_once_for_all_who_ask),
		cmocka_unit_test(patterns_of_a_page_share_its_copy),
	};
	int result = RUN_TESTS(tests);

	free(sheet);
	return result;
}
