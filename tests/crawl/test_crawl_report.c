#include "tests/support/test.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * What a run was like, from end to end: as a page, and as JSON.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "16", "--set", "depth=0"
#define PAGES 40

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* What path leads to in a text of JSON, as a text; "-" for null or nothing.  Good until the next.
 */
static const char *at(const char *json, const char *path)
{
	static char answer[4096];
	sqlite3_stmt *query = NULL;
	sqlite3 *db = NULL;
	const unsigned char *value;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT json_extract(?1, ?2)", -1, &query, NULL),
			 SQLITE_OK);
	sqlite3_bind_text(query, 1, json, -1, SQLITE_STATIC);
	sqlite3_bind_text(query, 2, path, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW); /* or it is no JSON */
	value = sqlite3_column_text(query, 0);
	snprintf(answer, sizeof(answer), "%s", value ? (const char *)value : "-");
	sqlite3_finalize(query);
	sqlite3_close(db);
	return answer;
}

#define assert_at(json, path, wanted) assert_string_equal(at(json, path), wanted)

static void write_site(const char *tag)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (int page = 0; page < PAGES; page++) {
		char name[64];

		snprintf(name, sizeof(name), "root/p%d.html", page);
		write_text(name, "<title>%d</title>\n<%s>A book</%s> <i>9.50</i>", page,
			   page % 4 ? "b" : tag, tag);
		fprintf(list, "%s/p%d.html\n", site.origin, page);
	}
	for (int page = 0; page < 7; page++)
		fprintf(list, "%s/missing/%d\n", site.origin, page);
	fprintf(list, "htp://example.org/\n");
	fclose(list);
	write_text("c.yaml", "patterns:\n  - name: books\n    pattern: "
			     "'<b>(?<title>[^<]*)</[^>]*> <i>(?<price>[^<]*)'\n");
}

static void crawl(const char *tag)
{
	write_site(tag);
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 1);
}

static void the_figures_are_those_of_the_database(void **state)
{
	struct program *run;

	(void)state;
	crawl("b");
	run = RUN("report", "--json", "-c", "c.yaml");
	assert_code(run, 0);
	assert_string_equal(run->error, "");
	assert_at(run->out, "$.database", "crawl.db");
	assert_at(run->out, "$.state", "finished");
	assert_at(run->out, "$.run.pages", "47");
	assert_at(run->out, "$.run.done", "40");
	assert_at(run->out, "$.run.failed", "7");
	assert_at(run->out, "$.run.rows", "40");
	assert_at(run->out, "$.before", "-");
	assert_at(run->out, "$.urls", "47");
	assert_at(run->out, "$.urls_left", "0");
	assert_at(run->out, "$.rejects", "1");
	assert_at(run->out, "$.reject_list", "list");
	assert_at(run->out, "$.patterns[0].name", "books");
	assert_at(run->out, "$.patterns[0].place", "c.yaml:2");
	assert_at(run->out, "$.patterns[0].pages_matched", "40");
	assert_at(run->out, "$.patterns[0].fields[0].name", "title");
	assert_at(run->out, "$.patterns[0].fields[1].name", "price");
	assert_at(run->out, "$.patterns[0].fields[1].filled", "40");
	assert_at(run->out, "$.patterns[0].fields[1].frequent[0]", "9.50");
	assert_at(run->out, "$.causes[0].outcome", "http_error");
	assert_at(run->out, "$.causes[0].status", "404");
	assert_at(run->out, "$.causes[0].urls", "7");
	assert_at(run->out, "$.causes[0].hosts[0]", site.origin);
	assert_at(run->out, "$.causes[0].pages[4].url", url("/missing/6"));
	assert_at(run->out, "$.causes[0].pages[5]", "-");
	assert_at(run->out, "$.statuses[0].value", "200");
}

static void the_same_database_makes_the_same_bytes(void **state)
{
	struct program *page, *again, *json, *json_again;

	(void)state;
	crawl("b");
	crawl("strong");
	page = RUN("report");
	json = RUN("report", "--json");
	again = RUN("report");
	json_again = RUN("report", "--json");
	assert_code(page, 0);
	assert_string_equal(page->out, again->out);
	assert_string_equal(json->out, json_again->out);
	assert_true(strncmp(page->out, "<!doctype html>", 15) == 0);
	assert_says(page->out, "</html>");
	assert_silent_on(page->out, "<script");
	assert_true(page->out_size <= 300000);
}

static void the_rest_of_a_list_is_what_the_command_lists(void **state)
{
	struct program *run, *list;

	(void)state;
	crawl("b");
	crawl("strong");
	run = RUN("report", "--json");
	assert_at(run->out, "$.run.id", "2");
	assert_at(run->out, "$.patterns[0].unmatched", "10");
	list = RUN("health", "books", "--unmatched", "--format", "csv");
	assert_code(list, 0);
	assert_int_equal(count_lines(list->out), 1 + 10);
	list = RUN("failed", "--outcome", "http_error", "--format", "csv");
	assert_code(list, 0);
	assert_int_equal(count_lines(list->out), 1 + 7);
	assert_says(list->error, "7 failed: 7 http_error");
}

static void failures_of_one_kind_are_listed_alone(void **state)
{
	struct program *run;

	(void)state;
	crawl("b");
	assert_code(RUN("http://127.0.0.1:1/", QUICK), 1);
	run = RUN("failed", "--outcome", "connect", "--format", "csv");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 2);
	assert_says(run->out, "http://127.0.0.1:1/,connect,");
	assert_says(run->error, "1 failed: 1 connect");
	run = RUN("failed", "--outcome", "dns", "--format", "csv");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 1);
	assert_says(run->error, "nothing has failed as dns");
	run = RUN("failed", "--outcome", "conect");
	assert_code(run, 2);
	assert_says(run->error, "did you mean connect?");
	run = RUN("failed", "--outcome", "404");
	assert_code(run, 2);
	assert_says(run->error, "--outcome 404: there is none");
}

static void a_run_that_is_not_there_is_told_from_those_that_are(void **state)
{
	static const char *const wrong[] = { "x", "0", "-1", "1.5", "", "99999999999999999999" };
	struct program *run;

	(void)state;
	crawl("b");
	run = RUN("report", "--json", "--run", "1");
	assert_code(run, 0);
	run = RUN("report", "--json", "--run", "99");
	assert_code(run, 2);
	assert_string_equal(run->out, "");
	assert_says(run->error, "crawl.db has no run 99: its runs are 1 to 1");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		run = RUN("report", "--run", wrong[i]);
		assert_code(run, 2);
		assert_says(run->error, "that is no number of a run");
	}
}

static void a_run_that_was_killed_is_told_as_killed_at_once(void **state)
{
	struct program *run, *report;

	(void)state;
	write_site("b");
	run = START("list", "-c", "c.yaml", "--delay", "2s", "--set", "depth=0");
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "URLs (")));
	report = RUN("report", "--json");
	assert_code(report, 0);
	assert_at(report->out, "$.state", "running");
	assert_at(report->out, "$.run.ended", "-");
	kill(run->pid, SIGKILL);
	program_wait(run);
	assert_true(WAIT_UNTIL(strcmp(at(RUN("report", "--json")->out, "$.state"), "killed") == 0));
}

/* A page in a terminal is of use to nobody, and what it holds might steer it. */
static void a_terminal_gets_no_page(void **state)
{
	int terminal, inside;
	struct program *run;
	struct program_setup setup = { 0 };

	(void)state;
	crawl("b");
	assert_int_equal(openpty(&terminal, &inside, NULL, NULL, NULL), 0);
	setup.output_fd = inside;
	run = RUN_WITH(&setup, "report");
	assert_code(run, 2);
	assert_says(run->error, "crawl report > report.html");
	close(inside);
	close(terminal);
}

static void files_that_are_no_database_of_ours_are_refused(void **state)
{
	struct program *run;

	(void)state;
	run = RUN("report", "-o", "missing.db");
	assert_code(run, 3);
	assert_says(run->error, "there is no missing.db");
	write_text("text.db", "This is a text, and no database, of more than a hundred bytes. "
			      "This is a text, and no database, of more than a hundred bytes.");
	run = RUN("report", "-o", "text.db");
	assert_code(run, 3);
	assert_string_equal(run->out, "");
	crawl("b");
	ask("PRAGMA application_id");
	assert_code(RUN("report", "-o", "root"), 3);
}

static void set_database(const char *file, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(in_folder(file), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Each is told from the others, in a line, and nothing is written into it. */
static void databases_that_it_cannot_read_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *sql, *says;
	} tests[] = {
		{ "PRAGMA user_version = 99", "newer" },
		{ "PRAGMA user_version = 1", "older" },
		{ "PRAGMA application_id = 1", "is not a database of crawl" },
	};
	struct program *run;

	(void)state;
	set_database("other.db", "CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES"
				 " ('http://example.org/')");
	run = RUN("report", "-o", "other.db");
	assert_code(run, 3);
	assert_string_equal(run->out, "");
	assert_says(run->error, "other.db");
	crawl("b");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		set_database("crawl.db", tests[i].sql);
		for (int is_json = 0; is_json < 2; is_json++) {
			run = is_json ? RUN("report", "--json") : RUN("report");
			assert_code(run, 3);
			assert_string_equal(run->out, "");
			assert_says(run->error, tests[i].says);
			assert_int_equal(count_lines(run->error), 1);
		}
	}
}

/* Without them nobody knows any more what stood there: it says how to learn what does. */
static void where_no_page_is_kept_it_says_how_to_learn_why(void **state)
{
	struct program *page;

	(void)state;
	for (int i = 0; i < 2; i++) {
		write_site(i == 0 ? "b" : "strong");
		RUN("list", "-c", "c.yaml", QUICK, "--set", "keep_pages=false");
	}
	page = RUN("report", "-c", "c.yaml");
	assert_code(page, 0);
	assert_says(page->out, "<code>keep_pages</code> is off");
	assert_says(page->out, "crawl explain -c c.yaml books ");
	assert_silent_on(page->out, "Why 10 pages");
	write_site("strong");
	RUN("list", "-c", "c.yaml", QUICK, "--fresh");
	page = RUN("report");
	assert_silent_on(page->out, "<code>keep_pages</code> is off");
}

static void every_try_and_every_line_that_is_no_url_is_told(void **state)
{
	struct program *run;

	(void)state;
	write_site("b");
	write_text("list", "%s/status/503\nhtp://example.org/\n", site.origin);
	assert_code(RUN("list", "-c", "c.yaml", "--delay", "0", "--set", "retries=2", "--set",
			"depth=0"),
		    1);
	run = RUN("report", "--json");
	assert_code(run, 0);
	assert_at(run->out, "$.causes[0].status", "503");
	assert_at(run->out, "$.causes[0].pages[0].tries_all", "3");
	assert_at(run->out, "$.causes[0].pages[0].tries[0].number", "1");
	assert_at(run->out, "$.causes[0].pages[0].tries[0].status", "503");
	assert_at(run->out, "$.causes[0].pages[0].tries[2].number", "3");
	assert_at(run->out, "$.causes[0].pages[0].tries[2].wait_ms", "0");
	assert_at(run->out, "$.reject_lines[0].line", "2");
	assert_at(run->out, "$.reject_lines[0].text", "htp://example.org/");
	run = RUN("report");
	assert_says(run->out, "try 1: ");
	assert_says(run->out, "tried again after ");
	assert_says(run->out, "<code>list:2</code> <code>htp://example.org/</code>");
}

static void a_crawl_without_a_page_of_any_pattern_has_a_report(void **state)
{
	struct program *run;

	(void)state;
	write_text("empty", "\n");
	RUN("empty", QUICK);
	run = RUN("report", "--json");
	assert_code(run, 0);
	assert_at(run->out, "$.run.pages", "0");
	assert_at(run->out, "$.patterns[0]", "-");
	assert_at(run->out, "$.causes[0]", "-");
	run = RUN("report");
	assert_code(run, 0);
	assert_says(run->out, "</html>");
	assert_silent_on(run->out, "nan");
	assert_silent_on(run->out, "NaN");
	assert_silent_on(run->out, "inf ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_figures_are_those_of_the_database),
		T(the_same_database_makes_the_same_bytes),
		T(the_rest_of_a_list_is_what_the_command_lists),
		T(failures_of_one_kind_are_listed_alone),
		T(a_run_that_is_not_there_is_told_from_those_that_are),
		T(a_run_that_was_killed_is_told_as_killed_at_once),
		T(a_terminal_gets_no_page),
		T(files_that_are_no_database_of_ours_are_refused),
		T(databases_that_it_cannot_read_are_refused_with_the_reason),
		T(where_no_page_is_kept_it_says_how_to_learn_why),
		T(every_try_and_every_line_that_is_no_url_is_told),
		T(a_crawl_without_a_page_of_any_pattern_has_a_report),
	};

	return RUN_TESTS(tests);
}
