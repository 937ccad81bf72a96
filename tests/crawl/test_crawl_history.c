#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what rows were before is kept, and what came between two runs is
 * told.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "16"

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted(
		(const char *[]){ "--workers", "2", "--addresses", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

#define CONFIG                                                                         \
	"patterns:\n  - name: books\n    pattern: '<b>(?<id>\\d+) (?<title>[^<]*)</b>" \
	" <i>(?<price>[^<]*)'\n    fields: {price: {type: real}, title: , id: }\n"     \
	"    key: id\n    history: true\n"

/* A run over two pages; sizes differ, for else the ETag would not. */
static void crawl(const char *first, const char *second)
{
	static int visit;

	visit++;
	write_text("root/a.html", "%s%*s", first, visit, "");
	write_text("root/b.html", "%s%*s", second, visit, "");
	write_text("c.yaml", "%s", CONFIG);
	assert_code(RUN(url("/a.html"), url("/b.html"), "-c", "c.yaml", QUICK), 0);
}

#define BOOK(id, title, price) "<b>" id " " title "</b> <i>" price "</i>"

/* What came of it, as "key what field old new" lines. */
static const char *diff(const char *from, const char *to)
{
	struct program *run = RUN("diff", from, to, "--format", "csv");

	assert_code(run, 0);
	return strchr(run->out, '\n') + 1;
}

static void make_runs(void)
{
	crawl(BOOK("1", "One", "1") BOOK("2", "Two", "2"), BOOK("3", "Three", "3"));
	crawl(BOOK("1", "One", "1.5") BOOK("2", "Two", "2"), BOOK("3", "Three", "3"));
	/* 2 goes from page to page, 3 is gone, 4 is new, 1 is dearer still. */
	crawl(BOOK("1", "One", "2"), BOOK("2", "Two", "2") BOOK("4", "Four", "4"));
	/* 3 is back, with another title; 1 is as at first; 4 is gone. */
	crawl(BOOK("1", "One", "1"), BOOK("2", "Two", "2") BOOK("3", "3", "3"));
}

static void what_came_between_two_runs_is_told(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{ "1", "2", "books,1,changed,price,1.0,1.5\r\n" },
		{ "2", "3",
		  "books,1,changed,price,1.5,2.0\r\nbooks,3,removed,,,\r\n"
		  "books,4,added,,,\r\n" },
		{ "1", "3",
		  "books,1,changed,price,1.0,2.0\r\nbooks,3,removed,,,\r\n"
		  "books,4,added,,,\r\n" },
		{ "3", "4",
		  "books,1,changed,price,2.0,1.0\r\nbooks,3,added,,,\r\n"
		  "books,4,removed,,,\r\n" },
		{ "1", "4", "books,3,changed,title,Three,3\r\n" },
		{ "0", "1", "books,1,added,,,\r\nbooks,2,added,,,\r\nbooks,3,added,,,\r\n" },
		{ "0", "4", "books,1,added,,,\r\nbooks,2,added,,,\r\nbooks,3,added,,,\r\n" },
	};

	(void)state;
	make_runs();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *says = diff(rows[i].from, rows[i].to);

		if (strcmp(says, rows[i].says) != 0)
			fail_msg("%s to %s: %s", rows[i].from, rows[i].to, says);
	}
}

static void when_a_row_was_seen_and_what_it_was_is_kept(void **state)
{
	(void)state;
	make_runs();
	assert_string_equal(ask("SELECT key, first_run, last_run, gone_run FROM crawl_seen"),
			    "1|1|4|-\n2|1|4|-\n3|1|4|-\n4|3|3|4");
	assert_string_equal(ask("SELECT key, run, field, old, new FROM crawl_history"
				" WHERE field IS NOT NULL ORDER BY run, key"),
			    "1|2|price|1.0|1.5\n1|3|price|1.5|2.0\n1|4|price|2.0|1.0\n"
			    "3|4|title|Three|3");
	assert_string_equal(ask("SELECT key, run, old IS NULL, new IS NULL FROM crawl_history"
				" WHERE field IS NULL ORDER BY run, key"),
			    "3|3|0|1\n3|4|1|0\n4|4|0|1");
	assert_int_equal(ask_number("SELECT count(*) FROM crawl_seen WHERE first_seen IS NULL OR"
				    " last_seen < first_seen"),
			 0);
}

/* As it is read by crawl, which trusts no schema. */
static void the_views_are_there_for_crawl_sql_too(void **state)
{
	(void)state;
	make_runs();
	assert_says(RUN("export", "crawl_seen")->out, "books,4,");
	assert_says(RUN("export", "crawl_history")->out, ",price,1.0,1.5");
}

static void what_is_forgotten_has_no_history(void **state)
{
	(void)state;
	crawl(BOOK("1", "One", "1"), BOOK("2", "Two", "2"));
	crawl(BOOK("1", "One", "3"), BOOK("2", "Two", "4"));
	assert_string_equal(ask("SELECT key, new FROM crawl_history"), "1|3.0\n2|4.0");
	assert_code(RUN("forget", url("/a.html"), "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT key, new FROM crawl_history"), "2|4.0");
	assert_string_equal(ask("SELECT key FROM crawl_seen"), "2");
}

/* It was seen: its page said that it is as it was.  Stale rows were not. */
static void an_unchanged_page_shows_its_rows_again_and_a_stale_one_does_not(void **state)
{
	(void)state;
	crawl(BOOK("1", "One", "1"), BOOK("2", "Two", "2"));
	write_text("root/a.html", "redesigned");
	assert_code(RUN(url("/a.html"), url("/b.html"), "-c", "c.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT key, first_run, last_run, gone_run FROM crawl_seen"),
			    "1|1|1|-\n2|1|2|-");
	assert_string_equal(ask("SELECT page_url LIKE '%a.html' FROM crawl_stale"), "1");
	assert_string_equal(diff("1", "2"), "");
}

#define TWO_HOSTS url("/a.html"), url_at(2, "/b.html"), "-c", "c.yaml"

/* What a run that was killed left, the next one notes. */
static void a_run_that_was_killed_is_made_up_for(void **state)
{
	struct program *run;

	(void)state;
	write_text("root/a.html", "%s", BOOK("1", "One", "1"));
	write_text("root/b.html", "%s", BOOK("2", "Two", "2"));
	write_text("c.yaml", "%s", CONFIG);
	assert_code(RUN(TWO_HOSTS, QUICK), 0);
	write_text("root/a.html", "%s more", BOOK("1", "One", "9"));
	write_text("root/b.html", "%s more", BOOK("2", "Two", "9"));
	write_text("c.yaml", "%s",
		   CONFIG "crawl: {delay: 0}\nhosts: [{match: 127.0.0.2, delay: 1h}]\n");
	run = START(TWO_HOSTS);
	assert_true(WAIT_UNTIL(ask_number("SELECT count(*) FROM books WHERE price = 9") > 0));
	kill(run->pid, SIGKILL);
	program_wait(run);
	assert_string_equal(ask("SELECT price FROM books ORDER BY id"), "9.0\n2.0");
	assert_int_equal(ask_number("SELECT count(*) FROM crawl_history"), 0);
	write_text("c.yaml", "%s", CONFIG);
	assert_code(RUN(TWO_HOSTS, QUICK), 0);
	assert_string_equal(diff("1", "3"), "books,1,changed,price,1.0,9.0\r\n"
					    "books,2,changed,price,2.0,9.0\r\n");
	assert_string_equal(ask("SELECT DISTINCT last_run FROM crawl_seen"), "3");
}

/* What a column was and is, each on a pass of its own; a config may change in between. */
static void values_are_compared_by_what_they_are(void **state)
{
	static const struct {
		const char *name, *before, *after, *says;
		const char *more; /* of the second config's fields */
	} rows[] = {
		{ "a value that comes", "<b>1</b><i></i>", "<b>1</b><i>5</i>",
		  "v,1,changed,price,,5.0\r\n", "" },
		{ "a value that goes", "<b>1</b><i>5</i>", "<b>1</b><i></i>",
		  "v,1,changed,price,5.0,\r\n", "" },
		{ "the same number", "<b>1</b><i>5.0</i>", "<b>1</b><i>5</i>", "", "" },
		{ "nothing to an empty text", "<b>1</b>", "<b>1</b><u></u>",
		  "v,1,changed,note,,\"\"\r\n", "" },
		{ "other places on the page", "<b>1</b><b>2</b>", "<b>2</b><b>1</b>", "", "" },
		{ "a column that is new", "<b>1</b><i>5</i>", "<b>1</b><i>5</i> ", "",
		  ", same: 1" },
		{ "a name and its number", "<b>1</b><u>a</u>", "<b>1</b><u>A</u>",
		  "v,1,changed,note,a,A\r\n", "" },
		{ "keys that look like numbers", "<b>1</b><b>01</b>", "<b>1</b>",
		  "v,01,removed,,,\r\n", "" },
		{ "a key that comes twice", "<b>1</b><i>2</i>", "<b>1</b><i>2</i><b>1</b><i>3</i>",
		  "v,1,changed,price,2.0,3.0\r\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int pass = 0; pass < 2; pass++) {
			write_text("root/v.html", "%s%*s", pass ? rows[i].after : rows[i].before,
				   1 + 50 * pass, "");
			write_text("c.yaml",
				   "patterns:\n  - name: v\n    history: on\n    key: id\n"
				   "    pattern: '<b>(\\d+)</b>(?:<i>(\\d*[.]?\\d*)</i>)?"
				   "(?:<u>(\\w*)</u>)?'\n    fields: {id: 1, price: {group: 2, "
				   "type: real}, note: 3%s}\n",
				   pass ? rows[i].more : "");
			if (pass == 0)
				remove(in_folder("crawl.db"));
			assert_code(RUN(url("/v.html"), "-c", "c.yaml", QUICK), 0);
		}
		if (strcmp(diff("1", "2"), rows[i].says) != 0)
			fail_msg("%s: %s", rows[i].name, diff("1", "2"));
	}
}

/* A key of two columns, many columns, values of every kind, names that need quotes. */
static void any_row_has_a_history(void **state)
{
	char config[8000], page[4000] = "", *at = config;
	struct program *run;

	(void)state;
	at += sprintf(
		at,
		"patterns:\n  - name: wide\n    pattern: '<r>(\\w*)-(\\w*)-(\\w*)-(\\w*)'\n"
		"    history: yes\n    key: [a 'b\", a1]\n    fields:\n      \"a 'b\\\"\": 1\n");
	at = strstr(config, "[a 'b\", a1]");
	at += sprintf(at, "['a ''b\"', a1]\n    fields:\n      'a ''b\"': 1\n");
	for (int i = 1; i < 120; i++)
		at += sprintf(at, "      a%d: {group: %d, type: %s}\n", i, i % 3 + 2,
			      i % 3 == 2 ? "integer" : "text");
	write_text("c.yaml", "%s", config);
	for (int pass = 0; pass < 2; pass++) {
		sprintf(page, "<r>x-y-z-%d<r>x-q--%d<r>--n-1%*s", 4 + pass, 5, pass, "");
		write_text("root/a.html", "%s", page);
		run = RUN(url("/a.html"), "-c", "c.yaml", QUICK);
		assert_code(run, 0);
	}
	run = RUN("diff", "1", "2", "--json");
	assert_code(run, 0);
	assert_says(run->out, "\"what\":\"changed\"");
	assert_says(run->out, "\"old\":4,\"new\":5");
	assert_says(run->error, "0 rows added, 0 removed, 40 fields changed");
}

static void what_cannot_be_compared_is_said(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{ "1", "9", "there is no run 9: the last is 1" },
		{ "1", "1", "the earlier run comes first" },
		{ "1", "0", "the earlier run comes first: crawl diff 0 1" },
		{ "one", "2", "'one' is no number of a run" },
		{ "1", "99999999999999999999", "is no number of a run" },
	};
	struct program *run;

	(void)state;
	assert_code(RUN("diff", "1", "2"), 3);
	assert_code(RUN(url("/page/1"), QUICK, "-e", "h=<h1>(?<t>.*?)</h1>"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run = RUN("diff", rows[i].from, rows[i].to);
		assert_code(run, 2);
		assert_says(run->error, rows[i].says);
	}
	run = RUN("diff", "0", "1");
	assert_code(run, 0);
	assert_says(run->error, "nothing changed in tables of patterns with history: true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_came_between_two_runs_is_told),
		T(when_a_row_was_seen_and_what_it_was_is_kept),
		T(the_views_are_there_for_crawl_sql_too),
		T(what_is_forgotten_has_no_history),
		T(an_unchanged_page_shows_its_rows_again_and_a_stale_one_does_not),
		T(a_run_that_was_killed_is_made_up_for),
		T(values_are_compared_by_what_they_are),
		T(any_row_has_a_history),
		T(what_cannot_be_compared_is_said),
	};

	return RUN_TESTS(tests);
}
