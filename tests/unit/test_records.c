/*
 * Records of every form: what a config says, a page, and the rows that come of them.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/config/config_load.h"
#include "crawler/master/match.h"
#include "crawler/master/pattern_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Rows as lines of text, "table: value|value", in the order that they come; NULL is '~'. */
struct sheet {
	const struct config *config;
	char *text;
	size_t size;
	FILE *out;
	struct pattern_tally tallies[8];
};

static void write_value(FILE *out, const struct store_value *value)
{
	switch (value->kind) {
	case STORE_NULL:
		fputc('~', out);
		break;
	case STORE_INTEGER:
		fprintf(out, "%lld", (long long)value->integer);
		break;
	case STORE_REAL:
		fprintf(out, "%g", value->real);
		break;
	default:
		fwrite(value->text.at, 1, value->text.size, out);
		break;
	}
}

static int write_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct sheet *sheet = context;
	const struct config_pattern *entry = &sheet->config->patterns[pattern];
	struct store_value values[16];
	size_t count = pattern_rows_column_count(entry);

	assert_ptr_equal(row->pattern, entry->pattern);
	assert_true(count <= COUNT(values));
	pattern_rows_values(row, values);
	fprintf(sheet->out, "%s:", entry->spec->name);
	for (size_t i = 0; i < count; i++) {
		fputc(i > 0 ? '|' : ' ', sheet->out);
		write_value(sheet->out, &values[i]);
	}
	fputc('\n', sheet->out);
	return 0;
}

static int keep_tally(void *context, size_t pattern, const struct pattern_tally *tally,
		      bool is_stopped)
{
	struct sheet *sheet = context;

	assert_false(is_stopped);
	assert_true(pattern < COUNT(sheet->tallies));
	sheet->tallies[pattern] = *tally;
	return 0;
}

/* The caller frees it with config_free(). */
static struct config *load(const char *patterns)
{
	char path[] = "/tmp/crawl-records-XXXXXX";
	const char *paths[] = { path };
	struct config_sources sources = { .paths = paths, .path_count = 1 };
	FILE *file = fdopen(mkstemp(path), "w");
	struct config *config;

	assert_non_null(file);
	fprintf(file, "patterns:\n%s", patterns);
	fclose(file);
	config = config_load(&sources, stderr);
	unlink(path);
	assert_non_null(config);
	return config;
}

static void run(struct sheet *sheet, const char *url, struct slice text)
{
	const struct match_sink sink = { .context = sheet, .row = write_row, .end = keep_tally };
	const struct page_about page = { .url = slice_of(url), .text = text };

	sheet->out = open_memstream(&sheet->text, &sheet->size);
	assert_int_equal(match_page(sheet->config, &page, &sink), 0);
	fclose(sheet->out);
}

struct record_case {
	const char *patterns, *page, *rows;
};

static void assert_rows_of_all(const struct record_case *cases, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		struct config *config = load(cases[n].patterns);
		struct sheet sheet = { .config = config };

		run(&sheet, "http://a.org/p/7", slice_of(cases[n].page));
		if (strcmp(sheet.text, cases[n].rows) != 0)
			fail_msg("case %zu of\n%sgives\n%s", n, cases[n].patterns, sheet.text);
		free(sheet.text);
		config_free(config);
	}
}

/* ---- the page is the record ---- */

static void without_pattern_and_each_the_page_is_one_record(void **state)
{
	static const struct record_case cases[] = {
		{ "  - name: p\n"
		  "    fields:\n"
		  "      title: {pattern: '<h1>(.*?)</h1>'}\n"
		  "      price: {pattern: '\\d\\d', type: integer}\n",
		  "<h1>a</h1> 12, 13", "p: a|12\n" },
		{ "  - name: p\n" /* the groups of the url are its fields, too */
		  "    url: '/p/(?<id>\\d+)'\n"
		  "    fields:\n"
		  "      title: {pattern: '<h1>(.*?)</h1>'}\n",
		  "<h1>a</h1>", "p: a|7\n" },
		{ "  - name: p\n" /* nothing to look for: every page is a row */
		  "    url: '/p/(?<id>\\d+)'\n"
		  "    fields: {id: {type: integer}}\n",
		  "", "p: 7\n" },
		{ "  - name: p\n"
		  "    fields:\n"
		  "      all: {group: 0}\n"
		  "      a: {pattern: 'a'}\n",
		  "b", "" },
		{ "  - name: p\n" /* what is found and empty is found */
		  "    fields:\n"
		  "      a: {pattern: '<a>(.*?)</a>'}\n"
		  "      b: {pattern: 'b', default: none}\n",
		  "<a></a>", "p: |none\n" },
		{ "  - name: p\n" /* a default finds nothing */
		  "    fields:\n"
		  "      b: {pattern: 'b', default: none}\n",
		  "a", "" },
		{ "  - name: p\n"
		  "    fields:\n"
		  "      a: {pattern: 'a'}\n"
		  "      b: {pattern: 'b', required: true}\n",
		  "a", "" },
	};

	(void)state;
	assert_rows_of_all(cases, COUNT(cases));
}

/* A page without anything is not one of which values are missing: its rows of before may stay. */
static void a_page_without_anything_is_no_match(void **state)
{
	static const struct {
		const char *page;
		unsigned rows, dropped, empty;
	} cases[] = { { "x", 0, 0, 0 }, { "b", 0, 1, 0 }, { "a", 1, 0, 1 } };
	struct config *config = load("  - name: p\n"
				     "    fields:\n"
				     "      a: {pattern: 'a', required: true}\n"
				     "      b: {pattern: 'b'}\n");
	struct sheet sheet = { .config = config };

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		run(&sheet, "http://a.org/", slice_of(cases[n].page));
		assert_int_equal(sheet.tallies[0].rows, cases[n].rows);
		assert_int_equal(sheet.tallies[0].dropped, cases[n].dropped);
		assert_int_equal(sheet.tallies[0].empty_fields, cases[n].empty);
		free(sheet.text);
	}
	config_free(config);
}

/* ---- regions ---- */

static void a_region_is_the_first_match_or_its_group(void **state)
{
	static const struct record_case cases[] = {
		{ "  - {name: p, within: '<m>.*?</m>', pattern: '\\d'}\n", "1<m>2 3</m>4<m>5</m>",
		  "p: 2\np: 3\n" },
		{ "  - {name: p, within: '<m>(.*?)</m>', pattern: '[^ ]+'}\n", "1<m>2 3</m>4",
		  "p: 2\np: 3\n" },
		{ "  - {name: p, within: '<m>(.*?)</m>|<n>(.*?)</n>', pattern: '\\d'}\n",
		  "1<n>2</n>", "p: 2\n" },
		{ "  - {name: p, within: '(<x>)?<m>.*?</m>', pattern: '\\d'}\n", "1<m>2</m>",
		  "p: 2\n" },
		{ "  - {name: p, within: '<m>(.*?)</m>', pattern: '^\\d$'}\n", "1<m>2</m>",
		  "p: 2\n" },
		{ "  - {name: p, within: '<m>(.*?)</m>', pattern: '\\d'}\n", "1<m>2<n>", "" },
		{ "  - {name: p, within: '<m>()</m>', pattern: '\\d'}\n", "1<m></m>2", "" },
		{ "  - {name: p, flags: s, within: '<m>(.*)</m>', each: '<r>.*?</r>',\n"
		  "     fields: {a: {pattern: '\\d'}}}\n",
		  "<r>1</r><m>\n<r>2</r><r></r>\n</m><r>4</r>", "p: 2\np: ~\n" },
		{ "  - {name: p, within: '<m>(.*)</m>', fields: {a: {pattern: '\\d'}}}\n",
		  "1<m>2</m>", "p: 2\n" },
	};

	(void)state;
	assert_rows_of_all(cases, COUNT(cases));
}

static void a_page_without_the_region_is_told_from_one_without_rows(void **state)
{
	struct config *config = load("  - {name: p, within: '<m>.*?</m>', pattern: '\\d'}\n");
	struct sheet sheet = { .config = config };

	(void)state;
	run(&sheet, "http://a.org/", SLICE("1"));
	assert_true(sheet.tallies[0].has_no_region);
	free(sheet.text);
	run(&sheet, "http://a.org/", SLICE("1<m></m>"));
	assert_false(sheet.tallies[0].has_no_region);
	free(sheet.text);
	config_free(config);
}

/* ---- fields: the first of several patterns ---- */

static void a_field_takes_the_first_of_its_patterns_that_matches(void **state)
{
#define FIELD(text) "  - name: p\n    each: '<r>.*?</r>'\n    fields: {a: {" text "}}\n"
	static const struct record_case cases[] = {
		{ FIELD("pattern: ['<a>(.*?)</a>', '<b>(.*?)</b>']"),
		  "<r><a>1</a><b>2</b></r><r><b>3</b></r><r></r>", "p: 1\np: 3\np: ~\n" },
		{ FIELD("pattern: ['<b>(.*?)</b>', '<a>(.*?)</a>']"), "<r><a>1</a><b>2</b></r>",
		  "p: 2\n" },
		{ FIELD("pattern: ['<a>(.*?)</a>']"), "<r><a>1</a></r>", "p: 1\n" },
		/* One that matches and is empty is the answer; one whose groups took no part is
		   none. */
		{ FIELD("pattern: ['<a>(.*?)</a>', '<b>(.*?)</b>']"), "<r><a></a><b>2</b></r>",
		  "p: \n" },
		{ FIELD("pattern: ['<a>(x)?', '<b>(.*?)</b>']"), "<r><a><b>2</b></r>", "p: 2\n" },
		/* What matches and is not of the type is bad: the next would hide it. */
		{ FIELD("pattern: ['<a>(.*?)</a>', '<b>(.*?)</b>'], type: integer"),
		  "<r><a>x</a><b>2</b></r>", "p: ~\n" },
		{ FIELD("pattern: ['x', 'y', 'z'], default: none"), "<r>z</r><r></r>",
		  "p: z\np: none\n" },
		{ FIELD("pattern: ['#(\\w)', '(\\d)'], all: true"), "<r>1#a2#b</r><r>1 2</r>",
		  "p: [\"a\",\"b\"]\np: [\"1\",\"2\"]\n" },
	};

	(void)state;
	assert_rows_of_all(cases, COUNT(cases));
}

/* ---- fields: all matches ---- */

static void all_matches_are_a_json_array(void **state)
{
	static const struct record_case cases[] = {
		{ FIELD("pattern: '\\d+', all: true, type: integer"), "<r>1 02 -3</r><r></r>",
		  "p: [1,2,3]\np: ~\n" },
		{ FIELD("pattern: '[\\d.]+', all: true, type: real"), "<r>1 2.50 0.1</r>",
		  "p: [1.0,2.5,0.1]\n" },
		{ FIELD("pattern: '\\w+', all: true, type: boolean"), "<r>yes no</r>",
		  "p: [true,false]\n" }, /* r is bad */
		{ FIELD("pattern: '\\w+', all: true, type: boolean"), "<r>on</r>", "p: [true]\n" },
		{ FIELD("pattern: 'd=([^ <]+)', all: true, type: date"), "<r>d=2019/5/1 d=2020</r>",
		  "p: [\"2019-05-01\",\"2020\"]\n" },
		{ FIELD("pattern: 'd=([^ <]+)', all: true, type: duration"), "<r>d=PT1M d=PT2S</r>",
		  "p: [60,2]\n" },
		{ FIELD("pattern: 'j=([^ <]+)', all: true, type: json"),
		  "<r>j={\"a\":[1]} j=\"b\"</r>", "p: [{\"a\":[1]},\"b\"]\n" },
		/* Each is cleaned; what is NULL is left out, what is empty text is not. */
		{ FIELD("pattern: '<i>(.*?)</i>', all: true, clean: [html, trim]"),
		  "<r><i> a&amp;b</i><i></i><i>c </i></r>", "p: [\"a&b\",\"\",\"c\"]\n" },
		{ FIELD("pattern: '<i>(.*?)</i>', all: true, type: integer"),
		  "<r><i>1</i><i> </i><i>x</i><i>4</i></r>", "p: [1,4]\n" },
		{ FIELD("pattern: '<i>(?:(a)|b)</i>', all: true"),
		  "<r><i>b</i><i>a</i><i>b</i></r><r><i>b</i></r>", "p: [\"a\"]\np: ~\n" },
		/* What is 0 or false is something. */
		{ FIELD("pattern: '\\d', all: true, type: integer"), "<r>0 1 0</r>",
		  "p: [0,1,0]\n" },
		{ FIELD("pattern: 'b=(\\w+)', all: true, type: boolean"), "<r>b=no b=0</r>",
		  "p: [false,false]\n" },
		{ FIELD("pattern: 'x', all: true, default: '[]'"), "<r></r>", "p: []\n" },
		{ FIELD("pattern: 'x', all: true, required: true"), "<r></r><r>x</r>",
		  "p: [\"x\"]\n" },
		{ FIELD("pattern: '<i>(.*?)</i>', all: true"),
		  "<r><i>\"\\/\b\t\x01\x7f\u00e9</i></r>",
		  "p: [\"\\\"\\\\/\\b\\t\\u0001\x7f\u00e9\"]\n" },
		{ FIELD("pattern: 'x*', all: true"), "<r>xx</r>",
		  "p: [\"\",\"\",\"\",\"xx\",\"\",\"\",\"\",\"\",\"\"]\n" },
	};

	(void)state;
	assert_rows_of_all(cases, COUNT(cases));
}

static void each_bad_one_of_all_is_counted(void **state)
{
	struct config *config = load(FIELD("pattern: '<i>(.*?)</i>', all: true, type: integer"));
	struct sheet sheet = { .config = config };
	const struct pattern_tally *tally = &sheet.tallies[0];

	(void)state;
	run(&sheet, "http://a.org/", SLICE("<r><i>x</i><i>1</i><i>y</i></r><r><i>z</i></r>"));
	assert_string_equal(sheet.text, "p: [1]\np: ~\n");
	assert_int_equal(tally->bad_values, 3);
	assert_int_equal(tally->empty_fields, 0);
	assert_int_equal(tally->fields[0].bad, 3);
	assert_memory_equal(tally->fields[0].shown[1].text, "y", 1);
	assert_int_equal(tally->fields[0].shown[1].offset, 22);
	free(sheet.text);
	config_free(config);
}

/* ---- fields: values that are carried ---- */

#define HEADINGS "  - name: p\n    each: '<h>.*?</h>|<p>.*?</p>'\n    fields:\n"

static void a_missing_value_is_that_of_the_row_before(void **state)
{
	static const struct record_case cases[] = {
		/* Headings over lists: the row of the heading itself is dropped. */
		{ HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true}\n"
			   "      p: {pattern: '<p>(.*?)</p>', required: true}\n",
		  "<p>1</p><h>a</h><p>2</p><p>3</p><h>b</h><p>4</p>",
		  "p: ~|1\np: a|2\np: a|3\np: b|4\n" },
		{ HEADINGS "      p: {pattern: '<p>(.*?)</p>', required: true}\n"
			   "      h: {pattern: '<h>(.*?)</h>', carry: true, required: true}\n",
		  "<p>1</p><h>a</h><p>2</p><h>b</h><p>4</p>", "p: 2|a\np: 4|b\n" },
		/* It comes after clean and type ... */
		{ HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true, type: integer,\n"
			   "          clean: [number]}\n"
			   "      p: {pattern: '<p>(.*?)</p>', required: true}\n",
		  "<h>1,000 km</h><p>2</p><h> </h><p>3</p>", "p: 1000|2\np: 1000|3\n" },
		/* ... and before default, which is not carried. */
		{ HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true, default: none}\n"
			   "      p: {pattern: '<p>(.*?)</p>', default: '-'}\n",
		  "<p>1</p><h></h><h>a</h><p>2</p>", "p: none|1\np: none|-\np: a|-\np: a|2\n" },
		/* What is empty is missing. */
		{ HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true}\n"
			   "      p: {pattern: '<p>(.*?)</p>'}\n",
		  "<h>a</h><h> </h><h></h>", "p: a|~\np: a|~\np: a|~\n" },
		/* 0 is a value like any other. */
		{ HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true, type: integer}\n"
			   "      p: {pattern: '<p>(.*?)</p>', required: true}\n",
		  "<h>5</h><p>a</p><h>0</h><p>b</p>", "p: 5|a\np: 0|b\n" },
		/* A cell that spans rows; rows are ragged, and a row without a cell is no other's.
		 */
		{ "  - name: p\n"
		  "    each: '<tr>.*?</tr>'\n"
		  "    fields:\n"
		  "      k: {pattern: '<th rowspan=\\d>(.*?)</th>', carry: true}\n"
		  "      a: {pattern: '<td>(.*?)</td>'}\n"
		  "      b: {pattern: '<td>.*?</td><td>(.*?)</td>'}\n",
		  "<tr><th rowspan=2>x</th><td>1</td><td>2</td></tr><tr><td>3</td></tr>"
		  "<tr><th rowspan=1>y</th></tr><tr><th rowspan=1>z</th><td>4</td><td>5</td></tr>",
		  "p: x|1|2\np: x|3|~\np: y|~|~\np: z|4|5\n" },
		/* A heading that is bad hides the one before it. */
		{ HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true, type: integer}\n"
			   "      p: {pattern: '<p>(.*?)</p>', required: true}\n",
		  "<h>1</h><p>a</p><h>x</h><p>b</p>", "p: 1|a\np: ~|b\n" },
		{ HEADINGS "      h: {pattern: '#\\w', all: true, carry: true}\n"
			   "      p: {pattern: '<p>(.*?)</p>', required: true}\n",
		  "<h>#a #b</h><p>1</p><p>#c</p>", "p: [\"#a\",\"#b\"]|1\np: [\"#c\"]|#c\n" },
		/* Groups of a pattern without records, too; the text outlives its row. */
		{ "  - name: p\n"
		  "    pattern: '<h>(?<h>.*?)</h>|<p>(?<p>.*?)</p>'\n"
		  "    fields: {h: {carry: true, clean: upper}, p: {required: true}}\n",
		  "<h>first heading</h><p>1</p><p>2</p>",
		  "p: FIRST HEADING|1\np: FIRST HEADING|2\n" },
	};

	(void)state;
	assert_rows_of_all(cases, COUNT(cases));
}

static void nothing_is_carried_to_another_page(void **state)
{
	struct config *config = load(HEADINGS "      h: {pattern: '<h>(.*?)</h>', carry: true}\n"
					      "      p: {pattern: '<p>(.*?)</p>'}\n");
	struct sheet sheet = { .config = config };

	(void)state;
	run(&sheet, "http://a.org/1", SLICE("<h>a</h>"));
	free(sheet.text);
	run(&sheet, "http://a.org/2", SLICE("<p>1</p>"));
	assert_string_equal(sheet.text, "p: ~|1\n");
	free(sheet.text);
	config_free(config);
}

/* ---- children ---- */

static void children_run_inside_the_records_of_their_parent(void **state)
{
	static const struct record_case cases[] = {
		{ "  - name: r\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {t: {pattern: '<t>(.*?)</t>'}}\n"
		  "    children:\n"
		  "      - {name: i, pattern: '<i>(?<i>.*?)</i>'}\n"
		  "      - {name: s, each: '<s>.*?</s>', fields: {m: {pattern: '\\d+', type: "
		  "integer}}}\n",
		  "<i>0</i><r><t>a</t><s>5 "
		  "min</s><i>1</i><i>2</i></r><r><t>b</t></r><r><i>3</i></r>",
		  "r: a\nr_i: 1|1\nr_i: 1|2\nr_s: 1|5\nr: b\nr: ~\nr_i: 3|3\n" },
		/* A row that is dropped has none. */
		{ "  - name: r\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {t: {pattern: '<t>(.*?)</t>', required: true}}\n"
		  "    children: [{name: i, pattern: '\\d'}]\n",
		  "<r>1</r><r><t>b</t>2</r>", "r: b\nr_i: 1|2\n" },
		/* Of the page as one record, of a match, of a region. */
		{ "  - name: r\n"
		  "    fields: {t: {pattern: '<t>(.*?)</t>'}}\n"
		  "    children: [{name: i, pattern: '\\d'}]\n",
		  "<t>a</t>1 2", "r: a\nr_i: 1|1\nr_i: 1|2\n" },
		{ "  - name: r\n"
		  "    children: [{name: i, pattern: '\\d'}]\n",
		  "1 2", "r:\nr_i: 1|1\nr_i: 1|2\n" },
		{ "  - name: r\n"
		  "    pattern: '<r>(?<t>\\d)\\d*</r>'\n"
		  "    children: [{name: i, pattern: '\\d'}]\n",
		  "1<r>23</r>", "r: 2\nr_i: 1|2\nr_i: 1|3\n" },
		{ "  - name: r\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {}\n"
		  "    children: [{name: i, within: '<l>(.*?)</l>', pattern: '\\d'}]\n",
		  "<r>1<l>2</l></r><r>3</r><r><l>4</l>5</r>",
		  "r: <r>1<l>2</l></r>\nr_i: 1|2\nr: <r>3</r>\nr: <r><l>4</l>5</r>\nr_i: 3|4\n" },
		/* Each of its records is one, where it has neither pattern nor each. */
		{ "  - name: r\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {t: {pattern: '<t>(.*?)</t>'}}\n"
		  "    children: [{name: i, fields: {d: {pattern: '\\d'}}}]\n",
		  "<r><t>a</t>1</r><r><t>b</t></r>", "r: a\nr_i: 1|1\nr: b\n" },
		/* Flags are the parent's, unless it has others; groups of the url by their name. */
		{ "  - name: r\n"
		  "    url: '/p/(?<id>\\d+)'\n"
		  "    flags: i\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {t: {pattern: 't'}}\n"
		  "    children:\n"
		  "      - {name: i, pattern: '(?<x>x)', fields: {id: {type: integer}}}\n"
		  "      - {name: j, flags: s, pattern: 'x'}\n",
		  "<R>TX</R>", "r: T|7\nr_i: 1|X|7\n" },
		/* Children have children. */
		{ "  - name: r\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {t: {pattern: 't'}}\n"
		  "    children:\n"
		  "      - name: s\n"
		  "        each: '<s>.*?</s>'\n"
		  "        fields: {m: {pattern: 'n=(.)'}}\n"
		  "        children: [{name: i, pattern: '\\d'}]\n",
		  "<r><s>n=a12</s></r><r><s>n=b</s><s>n=c3</s></r>",
		  "r: ~\nr_s: 1|a\nr_s_i: 1|1\nr_s_i: 1|2\nr: ~\nr_s: 2|b\nr_s: 2|c\nr_s_i: "
		  "3|3\n" },
		/* Nothing is carried from the records of another parent. */
		{ "  - name: r\n"
		  "    each: '<r>.*?</r>'\n"
		  "    fields: {t: {pattern: 't'}}\n"
		  "    children:\n"
		  "      - name: i\n"
		  "        each: '<h>.*?</h>|\\d'\n"
		  "        fields: {h: {pattern: '<h>(.*?)</h>', carry: true}, d: {pattern: '\\d',"
		  " required: true}}\n",
		  "<r><h>a</h>12</r><r>3</r>", "r: ~\nr_i: 1|a|1\nr_i: 1|a|2\nr: ~\nr_i: 2|~|3\n" },
	};

	(void)state;
	assert_rows_of_all(cases, COUNT(cases));
}

static void rows_of_a_child_are_numbered_over_the_page(void **state)
{
	struct config *config =
		load("  - name: r\n"
		     "    each: '<r>.*?</r>'\n"
		     "    fields: {t: {pattern: 't'}}\n"
		     "    children:\n"
		     "      - {name: i, each: '<.>', fields: {d: {pattern: '\\d'}}}\n"
		     "  - {name: q, pattern: 'q'}\n");
	struct sheet sheet = { .config = config };

	(void)state;
	run(&sheet, "http://a.org/", SLICE("<r>t<1><2></r><r>t<3></r>"));
	assert_int_equal(sheet.tallies[0].rows, 2);
	assert_int_equal(sheet.tallies[1].rows, 5); /* <r>, <1>, <2>; <r>, <3> */
	assert_int_equal(sheet.tallies[1].empty_fields, 2);
	assert_int_equal(sheet.tallies[2].rows, 0);
	free(sheet.text);
	config_free(config);
}

/* The rows of the parent are incomplete, too, and the page ends there. */
static void a_limit_of_a_child_is_its_parents(void **state)
{
	struct config *config = load("  - name: r\n"
				     "    each: '<r>.*?</r>'\n"
				     "    fields: {t: {pattern: '<t>'}}\n"
				     "    children:\n"
				     "      - {name: i, pattern: '(?:a+)+(?:a+)+(?:a+)+[bc]'}\n");
	struct sheet sheet = { .config = config };
	char page[8192] = "<r></r><r>";

	(void)state;
	memset(page + strlen(page), 'a', 8000);
	strcat(page, "</r><r></r>");
	run(&sheet, "http://a.org/", slice_of(page));
	assert_string_equal(sheet.text, "r: ~\nr: ~\n");
	assert_true(sheet.tallies[0].is_limited);
	assert_true(sheet.tallies[1].is_limited);
	assert_string_equal(sheet.tallies[0].limit, sheet.tallies[1].limit);
	free(sheet.text);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_pattern_and_each_the_page_is_one_record),
		cmocka_unit_test(a_page_without_anything_is_no_match),
		cmocka_unit_test(a_region_is_the_first_match_or_its_group),
		cmocka_unit_test(a_page_without_the_region_is_told_from_one_without_rows),
		cmocka_unit_test(a_field_takes_the_first_of_its_patterns_that_matches),
		cmocka_unit_test(all_matches_are_a_json_array),
		cmocka_unit_test(each_bad_one_of_all_is_counted),
		cmocka_unit_test(a_missing_value_is_that_of_the_row_before),
		cmocka_unit_test(nothing_is_carried_to_another_page),
		cmocka_unit_test(children_run_inside_the_records_of_their_parent),
		cmocka_unit_test(rows_of_a_child_are_numbered_over_the_page),
		cmocka_unit_test(a_limit_of_a_child_is_its_parents),
	};

	return RUN_TESTS(tests);
}
