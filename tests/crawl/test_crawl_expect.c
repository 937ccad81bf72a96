#include "tests/support/test.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/* The program from end to end: tests that stand in a config, and how they come there. */
#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)
#define O(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

/* One of each type; the tests begin in line 18. */
#define FILMS                                                     \
	"patterns:\n"                                             \
	"  - name: films\n"                                       \
	"    url: '/films'\n"                                     \
	"    each: '<li>(.*?)</li>'\n"                            \
	"    fields:\n"                                           \
	"      title: {pattern: '<b>(.*?)</b>'}\n"                \
	"      price: {pattern: '<i>(.*?)</i>', type: real}\n"    \
	"      rank: {pattern: 'rank=(\\d+)', type: integer}\n"   \
	"      seen: {pattern: 'seen=(\\w+)', type: boolean}\n"   \
	"      day: {pattern: 'day=([\\d.-]+)', type: date}\n"    \
	"      took: {pattern: 'took=(\\w+)', type: duration}\n"  \
	"      data: {pattern: 'data=(\\{.*?\\})', type: json}\n" \
	"      link: {pattern: 'href=(\\S+)', clean: url}\n"      \
	"  - {name: heads, pattern: '<h1>(?<text>.*?)</h1>'}\n"   \
	"  - {name: slow, pattern: '(x+x+)+y'}\n"                 \
	"crawl: {match_limit: 1000}\n"                            \
	"tests:\n"

#define PAGE                                                                   \
	"<li><b>One</b> <i>12.5</i> rank=1 seen=yes day=2019-12-31 took=PT1H " \
	"data={\"a\": [1, 2]} href=x </li><li><b> Two\t</b></li><li><b></b>it''s</li>"

/* Run one test of the body PAGE.  Returns what is printed. */
static struct program *run_one(const char *test)
{
	write_text("films.yaml", FILMS "  - {body: '" PAGE "', %s}\n", test);
	return RUN("test", "films.yaml");
}

static void values_are_compared_as_what_they_are(void **state)
{
	static const struct {
		const char *test, *differences;
	} rows[] = {
		{ "pattern: films, count: 3", "" },
		{ "pattern: films, count: 2", "films.yaml:18: 3 rows, wanted 2\n" },
		{ "pattern: heads, count: 1", "films.yaml:18: 0 rows, wanted 1\n" },
		{ "pattern: heads, rows: []", "" },
		{ "pattern: films, rows: [{title: One}]", "films.yaml:18: 3 rows, wanted 1\n" },
		{ "pattern: films, count: 3, rows: [{title: One}]", "" },
		{ "pattern: films, count: 3, rows: [{}, {title: \" Two\\t\"}]", "" },
		{ "pattern: films, count: 3, rows: [{}, {title: Two}]",
		  "films.yaml:18: row 2, title: ' Two\\t', wanted 'Two'\n" },
		/* Numbers are numbers, however they are written. */
		{ "pattern: films, count: 3, rows: [{price: 12.5}]", "" },
		{ "pattern: films, count: 3, rows: [{price: '12.50'}]", "" },
		{ "pattern: films, count: 3, rows: [{price: 125e-1}]", "" },
		{ "pattern: films, count: 3, rows: [{price: 13}]",
		  "films.yaml:18: row 1, price: 12.5, wanted 13\n" },
		{ "pattern: films, count: 3, rows: [{price: 12.5 EUR}]",
		  "films.yaml:18: row 1, price: 12.5, wanted 12.5 EUR\n" },
		{ "pattern: films, count: 3, rows: [{rank: 1}]", "" },
		{ "pattern: films, count: 3, rows: [{rank: 01}]", "" },
		{ "pattern: films, count: 3, rows: [{rank: '1'}]", "" },
		{ "pattern: films, count: 3, rows: [{rank: nil}]",
		  "films.yaml:18: row 1, rank: 1, wanted nil\n" },
		{ "pattern: films, count: 3, rows: [{rank: 1.0}]",
		  "films.yaml:18: row 1, rank: 1, wanted 1.0\n" },
		/* Of a type that writes them in another way, both ways are good. */
		{ "pattern: films, count: 3, rows: [{seen: yes}]", "" },
		{ "pattern: films, count: 3, rows: [{seen: 1}]", "" },
		{ "pattern: films, count: 3, rows: [{seen: no}]",
		  "films.yaml:18: row 1, seen: 1, wanted no\n" },
		{ "pattern: films, count: 3, rows: [{day: 2019-12-31}]", "" },
		{ "pattern: films, count: 3, rows: [{day: 31.12.2019}]", "" },
		{ "pattern: films, count: 3, rows: [{day: 2020-01-01}]",
		  "films.yaml:18: row 1, day: '2019-12-31', wanted '2020-01-01'\n" },
		{ "pattern: films, count: 3, rows: [{took: 3600, took: PT60M}]", NULL },
		{ "pattern: films, count: 3, rows: [{took: 3600}]", "" },
		{ "pattern: films, count: 3, rows: [{took: PT60M}]", "" },
		{ "pattern: films, count: 3, rows: [{data: '{\"a\":[1,2]}'}]", "" },
		{ "pattern: films, count: 3, rows: [{data: '{\"a\":[1,3]}'}]",
		  "films.yaml:18: row 1, data: '{\"a\": [1, 2]}', wanted '{\"a\":[1,3]}'\n" },
		/* Nothing, and an empty text. */
		{ "pattern: films, count: 3, rows: [{}, {price: null, rank: ~, day: }]", "" },
		{ "pattern: films, count: 3, rows: [{price: null}]",
		  "films.yaml:18: row 1, price: 12.5, wanted NULL\n" },
		{ "pattern: films, count: 3, rows: [{}, {price: 1}]",
		  "films.yaml:18: row 2, price: NULL, wanted '1'\n" },
		{ "pattern: films, count: 3, rows: [{}, {}, {title: ''}]", "" },
		{ "pattern: films, count: 3, rows: [{}, {}, {title: null}]",
		  "films.yaml:18: row 3, title: '', wanted NULL\n" },
		{ "pattern: films, count: 3, rows: [{title: 'null'}]",
		  "films.yaml:18: row 1, title: 'One', wanted 'null'\n" },
		/* The page's URL. */
		{ "pattern: films, url: 'http://a.org/films/', count: 3, rows: "
		  "[{link: 'http://a.org/films/x'}]",
		  "" },
		{ "pattern: films, url: 'HTTP://A.org/x/../films/', count: 3, rows: "
		  "[{link: 'http://a.org/films/x'}]",
		  "" },
		{ "pattern: films, url: 'http://a.org/books/', count: 3",
		  "films.yaml:18: films is not for this URL: its url does not match\n" },
		{ "pattern: heads, url: 'http://a.org/books/', count: 0", "" },
		/* Two of them, and then some. */
		{ "pattern: films, count: 4, rows: [{price: 1, rank: 2}, {}, {}]",
		  "films.yaml:18: row 1, price: 12.5, wanted 1\n"
		  "films.yaml:18: row 1, rank: 1, wanted 2\n"
		  "films.yaml:18: 3 rows, wanted 4\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run = run_one(rows[i].test);

		if (!rows[i].differences) { /* a key twice */
			assert_code(run, 2);
			continue;
		}
		assert_string_equal(run->out, rows[i].differences);
		assert_code(run, rows[i].differences[0] ? 1 : 0);
		assert_says(run->error, rows[i].differences[0] ? "1 test: 1 is not as wanted"
							       : "1 test: as wanted");
	}
}

/* Whose rows are looked at is said; that they are of a family is nothing to a test. */
static void children_are_tested_by_the_names_of_their_tables(void **state)
{
	(void)state;
	write_text(
		"c.yaml",
		"patterns:\n"
		"  - name: films\n"
		"    each: '<li>.*?</li>'\n"
		"    fields: {id: {pattern: 'id=(\\d)'}}\n"
		"    children: [{name: part, pattern: '<b>(?<name>.*?)</b>'}]\n"
		"tests:\n"
		"  - {body: '%s', pattern: films, rows: [{id: 1}, {id: 2}]}\n"
		"  - {body: '%s', pattern: films_part, rows: [{name: a}, {name: b}, {name: x}]}\n",
		"<li>id=1<b>a</b></li><li>id=2<b>b</b><b>c</b></li>",
		"<li>id=1<b>a</b></li><li>id=2<b>b</b><b>c</b></li>");
	assert_string_equal(RUN("test", "c.yaml")->out, "c.yaml:8: row 3, name: 'c', wanted 'x'\n");
}

static void a_difference_names_the_line_of_what_was_wanted(void **state)
{
	struct program *run;

	(void)state;
	write_text("films.yaml", FILMS "  - body: '" PAGE "'\n"
				       "    pattern: films\n"
				       "    count: 4\n"
				       "    rows:\n"
				       "      - {title: One,\n"
				       "         price: 13}\n"
				       "      - title: Three\n");
	run = RUN("test", "films.yaml");
	assert_string_equal(run->out, "films.yaml:23: row 1, price: 12.5, wanted 13\n"
				      "films.yaml:24: row 2, title: ' Two\\t', wanted 'Three'\n"
				      "films.yaml:20: 3 rows, wanted 4\n");
}

static void a_limit_is_a_difference(void **state)
{
	(void)state;
	write_text("films.yaml", FILMS "  - {body: '%s', pattern: slow, count: 0}\n",
		   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxz y");
	assert_string_equal(RUN("test", "films.yaml")->out,
			    "films.yaml:18: the pattern was stopped by the match limit\n");
}

/* Seen from the config, wherever crawl is; in the charset that it has. */
static void pages_stand_beside_the_config(void **state)
{
	static const char gbk[] = "<meta charset=gbk><h1>\xd6\xd0</h1>";
	struct program *run;

	(void)state;
	mkdir(in_folder("configs"), 0777);
	mkdir(in_folder("configs/pages"), 0777);
	write_bytes("configs/pages/gbk.html", gbk, sizeof(gbk) - 1);
	write_text("configs/a.yaml", "patterns: [{name: heads, pattern: '<h1>(?<t>.*?)</h1>'}]\n");
	write_text("configs/b.yaml", "tests:\n"
				     "  - {page: pages/gbk.html, pattern: heads, rows: [{t: 中}]}\n"
				     "  - {page: pages/none.html, pattern: heads, count: 0}\n");
	for (int i = 0; i < 2; i++) {
		run = i ? RUN("test", "-c", "configs") : RUN("test", "configs");
		assert_code(run, 1);
		assert_string_equal(run->out,
				    "configs/b.yaml:3: configs/pages/none.html: No such file or "
				    "directory\n");
		assert_says(run->error, "2 tests: 1 is not as wanted");
	}
}

static void too_many_differences_are_counted(void **state)
{
	char rows[2000] = "", body[2000] = "";
	struct program *run;

	(void)state;
	for (int i = 0; i < 30; i++) {
		strcat(rows, i ? ",{t: b}" : "{t: b}");
		strcat(body, "<h1>a</h1>");
	}
	write_text("c.yaml",
		   "patterns: [{name: heads, pattern: '<h1>(?<t>.*?)</h1>'}]\n"
		   "tests: [{body: '%s', pattern: heads, rows: [%s]}]\n",
		   body, rows);
	run = RUN("test", "c.yaml");
	assert_int_equal(count_lines(run->out), 21);
	assert_says(run->out, "c.yaml:2: and 10 more\n");
}

/* Nothing of a page may steer a terminal, or break a line. */
static void what_a_page_holds_is_shown_escaped(void **state)
{
	static const char page[] = "<h1>a\nb\x1b[31m\x00\xff\x01</h1>";
	struct program *run;

	(void)state;
	write_bytes("p.html", page, sizeof(page) - 1);
	write_text("c.yaml", "patterns: [{name: heads, flags: s, pattern: '<h1>(?<t>.*?)</h1>'}]\n"
			     "tests: [{page: p.html, pattern: heads, rows: [{t: a}]}]\n");
	run = RUN("test", "c.yaml");
	assert_int_equal(count_lines(run->out), 1);
	assert_says(run->out, "c.yaml:2: row 1, t: 'a\\nb\\u001b[31m\\u0000");
	assert_null(strchr(run->out, '\x1b'));
}

/* Is it XML, as a build server reads it? */
static void assert_is_xml(const char *xml)
{
	XML_Parser parser = XML_ParserCreate(NULL);

	if (XML_Parse(parser, xml, (int)strlen(xml), 1) != XML_STATUS_OK)
		fail_msg("%s in line %lu of\n%s", XML_ErrorString(XML_GetErrorCode(parser)),
			 (unsigned long)XML_GetCurrentLineNumber(parser), xml);
	XML_ParserFree(parser);
}

/* In values, and in the names of tests: a file may be called anything. */
static void junit_is_xml_whatever_there_is(void **state)
{
	static const char *const wanted[] = { "\x1b[31m", "]]>",          "<![CDATA[",
					      "&amp;",    "\x01\x08\x0b", "\xef\xbf\xbf",
					      "\xff\xfe", "a\r\nb\"'<" };
	char page[100];

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct program *run;

		snprintf(page, sizeof(page), "<h1>%s</h1>", wanted[i]);
		write_text("p.html", "%s", page);
		write_text("c.yaml",
			   "patterns: [{name: heads, flags: s, pattern: "
			   "'<h1>(?<t>.*?)</h1>'}]\n"
			   "tests:\n  - {page: p.html, pattern: heads, rows: [{t: a}]}\n"
			   "  - {page: \"p\\b<&>\\x1b.html\", pattern: heads, count: 1}\n");
		run = RUN("test", "c.yaml", "--junit", "-");
		assert_code(run, 1);
		assert_is_xml(run->out);
	}
}

static void junit_has_a_suite_for_each_file(void **state)
{
	FILE *file;
	char xml[4000];
	struct program *run;

	(void)state;
	write_text("a.yaml", "patterns: [{name: heads, pattern: '<h1>(?<t>.*?)</h1>'}]\n"
			     "tests:\n"
			     "  - {body: '<h1>x&y</h1>', pattern: heads, count: 1}\n"
			     "  - {body: '<h1>x&y</h1>', pattern: heads, rows: [{t: '<\"'}]}\n");
	write_text("b.yaml", "tests: [{body: '', pattern: heads, count: 0}]\n");
	run = RUN("test", "a.yaml", "b.yaml", "--junit", "result.xml");
	assert_code(run, 1);
	assert_string_equal(run->out, "a.yaml:4: row 1, t: 'x&y', wanted '<\"'\n");
	file = fopen(in_folder("result.xml"), "r");
	assert_non_null(file);
	xml[fread(xml, 1, sizeof(xml) - 1, file)] = '\0';
	fclose(file);
	assert_says(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"crawl "
			 "test\" tests=\"3\" failures=\"1\">");
	assert_says(xml, "<testsuite name=\"a.yaml\" tests=\"2\" failures=\"1\" errors=\"0\"");
	assert_says(xml, "<testsuite name=\"b.yaml\" tests=\"1\" failures=\"0\" errors=\"0\"");
	assert_says(xml, "classname=\"heads\" name=\"a.yaml:4 body\" file=\"a.yaml\" line=\"4\"");
	assert_says(xml, "<failure message=\"a.yaml:4: row 1, t: 'x&amp;y', wanted "
			 "'&lt;&quot;'\">");
	run = RUN("test", "a.yaml", "--junit", "no/such/folder.xml");
	assert_code(run, 3);
	assert_says(run->error, "no/such/folder.xml cannot be written: No such file or directory");
}

static void what_is_wrong_is_said(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "patterns: [{name: heads, pattern: '<h1>(?<t>.*?)</h1>'}]\n");
	run = RUN("test", "c.yaml");
	assert_code(run, 0);
	assert_says(run->error, "no tests: they stand below tests: in a config");
	write_text("c.yaml", "tests: [{body: x, pattern: heads, count: 1}]\n");
	run = RUN("test", "c.yaml");
	assert_code(run, 2);
	assert_says(run->error, "c.yaml:1:28: error: unknown pattern 'heads'");
	assert_code(RUN("test", "missing.yaml"), 2);
	assert_code(RUN("test", "c.yaml", "-e", "heads=x"), 0);
}

/* ---- recording ---- */

/* Print tests of a page, put them into the config, and run them. */
static void assert_can_be_recorded(const char *path, const char *patterns, const char *file)
{
	struct program *run;

	mkdir(in_folder("configs"), 0777);
	write_text("configs/c.yaml", "%s", patterns);
	run = RUN("test", "configs/c.yaml", "--record", url("%s", path));
	assert_code(run, 0);
	assert_says(run->error, "to paste into the config");
	write_text("configs/c.yaml", "%s%s", patterns, run->out);
	unlink(in_folder("root/moment.html"));
	run = RUN("test", "configs/c.yaml");
	assert_string_equal(run->out, "");
	assert_code(run, 0);
	if (access(in_folder(file), F_OK))
		fail_msg("%s", file);
	/* Another of the same page overwrites nothing. */
	run = RUN("test", "configs/c.yaml", "--record", url("/page/1"));
	assert_says(run->error, "to paste below tests:");
	assert_silent_on(run->out, "tests:");
	run = RUN("test", "configs", "--record", url("/page/1"));
	assert_says(run->out, "page-1-2.html");
}

static void a_page_is_recorded_with_what_it_gives_today(void **state)
{
	static const unsigned char page[] =
		"<meta charset=gbk><li a='1'>it's</li><li a=2>\"x\"\n\ty</li><li a=3>\xd6\xd0</li>"
		"<li a=4></li><li a=5>\\</li><h1>head</h1>";
	char file[100];

	(void)state;
	write_bytes("root/moment.html", page, sizeof(page) - 1);
	snprintf(file, sizeof(file), "configs/127.0.0.1-%s-moment.html",
		 strrchr(site.origin, ':') + 1);
	assert_can_be_recorded("/moment.html",
			       "patterns:\n"
			       "  - name: items\n"
			       "    flags: s\n"
			       "    pattern: '<li a=(?<key>.*?)>(?<te_xt>.*?)</li>'\n"
			       "    fields: {key: {type: integer}, 'a: b': {group: 2}}\n"
			       "  - {name: heads, pattern: '<h1>(?<t>.*?)</h1>'}\n"
			       "  - {name: none, pattern: 'nothing like it'}\n"
			       "  - {name: elsewhere, url: elsewhere, pattern: x}\n",
			       file);
}

static void what_cannot_be_recorded_is_said(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "patterns: [{name: heads, url: no, pattern: '<h1>(?<t>.*?)</h1>'}]\n");
	run = RUN("test", "c.yaml", "--record", "nonsense");
	assert_code(run, 2);
	assert_says(run->error, "nonsense: no scheme");
	run = RUN("test", "c.yaml", "--record", url("/status/404"));
	assert_code(run, 1);
	run = RUN("test", "c.yaml", "--record", url("/page/1"));
	assert_code(run, 0);
	assert_says(run->error, "no pattern is for this URL");
	assert_string_equal(run->out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		O(values_are_compared_as_what_they_are),
		O(children_are_tested_by_the_names_of_their_tables),
		O(a_difference_names_the_line_of_what_was_wanted),
		O(a_limit_is_a_difference),
		O(pages_stand_beside_the_config),
		O(too_many_differences_are_counted),
		O(what_a_page_holds_is_shown_escaped),
		O(junit_is_xml_whatever_there_is),
		O(junit_has_a_suite_for_each_file),
		O(what_is_wrong_is_said),
		T(a_page_is_recorded_with_what_it_gives_today),
		T(what_cannot_be_recorded_is_said),
	};

	return RUN_TESTS(tests);
}
