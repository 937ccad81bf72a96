#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: a second pass asks for what has changed, and only that; what is gone
 * is told, and what was read of it stays.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "16"

/* So slow that a look at the site's log finds a crawl where it was. */
#define UNHURRIED "--delay", "1s", "--set", "retries=0", "--concurrency", "1"
#define H1        "-e", "heads=<h1>(?<text>.*?)</h1>"

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted(
		(const char *[]){ "--addresses", "2", "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A page whose headings are these; sizes differ, so that its ETag changes with it. */
static void write_page(const char *name, const char *headings)
{
	char path[100];

	snprintf(path, sizeof(path), "root/%s", name);
	write_text(path, "<!DOCTYPE html><title>%s</title>%s", name, headings);
}

static void an_unchanged_page_is_not_parsed_again(void **state)
{
	static const char *const targets[] = { "/etag", "/last-modified", "/page/1",
					       "/redirect/2?to=/page/2" };
	const char *again[] = { "not_modified|304", "not_modified|304", "ok|200", "ok|200" };
	struct program *again_run;
	char *rows, sql[300];

	(void)state;
	assert_code(RUN(url("%s", targets[0]), url("%s", targets[1]), url("%s", targets[2]),
			url("%s", targets[3]), H1, QUICK),
		    0);
	rows = strdup(ask("SELECT * FROM heads"));
	assert_int_equal(count_lines(rows), 3);
	for (int pass = 0; pass < 2; pass++) {
		again_run = RUN("--all", url("/page/1"), H1, QUICK);
		assert_code(again_run, 0);
		assert_says(again_run->error, "4 unchanged: their rows stay");
		assert_string_equal(ask("SELECT * FROM heads"), rows);
		for (size_t i = 0; i < 4; i++) {
			snprintf(sql, sizeof(sql),
				 "SELECT outcome, status FROM pages WHERE url = '%s'",
				 url("%s", targets[i]));
			assert_string_equal(ask(sql), again[i]);
		}
		/* Of all that there is no pattern was run on anything, and all counts as it did. */
		assert_string_equal(ask("SELECT pages_wanted, pages_unchanged, pages_tried,"
					" pages_matched, rows, bad_values FROM pattern_stats"
					" ORDER BY run DESC LIMIT 1"),
				    "4|4|0|4|4|0");
		assert_string_equal(ask("SELECT rows, filled, bad FROM crawl_field_stats"
					" ORDER BY run DESC LIMIT 1"),
				    "4|4|0");
		assert_says(again_run->error, "heads: 4 rows from 4 of 4 pages");
		assert_string_equal(
			ask("SELECT count(*) FROM pages WHERE title IS NULL OR size IS NULL"), "0");
	}
	free(rows);
}

static void a_changed_page_has_its_new_rows_and_no_old_ones(void **state)
{
	(void)state;
	write_page("a.html", "<h1>one</h1><h1>two</h1><h1>three</h1>");
	assert_code(RUN(url("/a.html"), H1, QUICK), 0);
	write_page("a.html", "<h1>four</h1>");
	assert_code(RUN(url("/a.html"), H1, QUICK), 0);
	assert_string_equal(ask("SELECT n, text FROM heads"), "1|four");
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	write_page("a.html", "nothing at all"); /* which is no news of the rows */
	assert_code(RUN(url("/a.html"), H1, QUICK), 0);
	assert_string_equal(ask("SELECT n, text FROM heads"), "1|four");
}

/* How often a path was asked for, whatever its query. */
static size_t requests_below(const struct requests *requests, const char *path)
{
	size_t count = 0;

	for (size_t i = 0; i < requests->count; i++)
		count += strncmp(requests->list[i].target, path, strlen(path)) == 0;
	return count;
}

static void a_permanent_redirect_is_asked_for_once_and_its_target_from_then_on(void **state)
{
	struct requests requests;

	(void)state;
	assert_code(RUN(url("/redirect-to?status=308&url=/redirect-to%%3Fstatus%%3D301%%26url%%3D"
			    "/etag"),
			H1, QUICK),
		    0);
	assert_string_equal(ask("SELECT outcome, tries FROM pages"), "ok|1");
	for (int pass = 0; pass < 2; pass++) {
		assert_code(RUN("--all", url("/page/1"), H1, QUICK), 0);
		assert_string_equal(
			ask("SELECT outcome, status, tries, final_url LIKE '%/etag' FROM pages "
			    "WHERE url LIKE '%redirect%'"),
			"not_modified|304|1|1");
	}
	requests = site_all_requests();
	assert_int_equal(requests_below(&requests, "/redirect-to"), 2);
	assert_int_equal(requests_below(&requests, "/etag"), 3);
}

/* Another way may lead on from the old URL by now. */
static void a_permanent_redirect_is_forgotten_when_its_target_fails(void **state)
{
	struct requests requests;

	(void)state;
	write_page("a.html", "<h1>one</h1>");
	assert_code(RUN(url("/redirect-to?status=301&url=/a.html"), H1, QUICK), 0);
	unlink(in_folder("root/a.html"));
	for (int pass = 0; pass < 2; pass++)
		assert_code(RUN("--all", url("/page/1"), H1, QUICK), 1);
	write_page("a.html", "<h1>two</h1>");
	assert_code(RUN("--all", url("/page/1"), H1, QUICK), 0);
	assert_string_equal(ask("SELECT text FROM heads WHERE text = 'two'"), "two");
	requests = site_all_requests();
	assert_int_equal(requests_below(&requests, "/a.html"), 4);
	assert_int_equal(requests_below(&requests, "/redirect-to"), 3);
}

static void a_temporary_redirect_is_asked_for_each_time(void **state)
{
	struct requests requests;

	(void)state;
	assert_code(RUN(url("/redirect-to?status=301&url=/redirect/1?to=/etag"), H1, QUICK), 0);
	assert_code(RUN("--all", url("/page/1"), H1, QUICK), 0);
	requests = site_all_requests();
	assert_int_equal(requests_below(&requests, "/redirect-to"), 2);
	assert_int_equal(requests_below(&requests, "/redirect/1"), 2);
}

static void a_page_that_is_gone_keeps_its_rows_and_is_told(void **state)
{
	char expected[200];

	(void)state;
	write_page("a.html", "<h1>one</h1><h1>two</h1>");
	write_page("b.html", "<h1>three</h1>");
	assert_code(RUN(url("/a.html"), url("/b.html"), url("/missing"), H1, QUICK), 1);
	assert_string_equal(ask("SELECT count(*) FROM gone"), "0"); /* it never was there */
	unlink(in_folder("root/a.html"));
	assert_code(RUN(url("/a.html"), H1, QUICK), 1);
	snprintf(expected, sizeof(expected), "%s|failed|http_error|404|a.html", url("/a.html"));
	assert_string_equal(ask("SELECT url, state, outcome, status, title FROM pages WHERE url "
				"LIKE '%a.html'"),
			    expected);
	assert_string_equal(ask("SELECT text FROM heads ORDER BY text"), "one\nthree\ntwo");
	assert_string_equal(
		ask("SELECT text FROM heads WHERE page_url IN (SELECT page_url FROM gone)"),
		"one\ntwo");
	assert_string_equal(ask("SELECT status, gone_at > read_at FROM gone"), "404|1");
	write_page("a.html", "<h1>back</h1>");
	assert_code(RUN(url("/a.html"), H1, QUICK), 0);
	assert_string_equal(ask("SELECT text FROM heads ORDER BY text"), "back\nthree");
	assert_string_equal(ask("SELECT count(*) FROM gone"), "0");
}

/* The date of an error page tells nothing of the page that comes back. */
static void a_page_that_failed_first_is_read_when_it_comes(void **state)
{
	(void)state;
	assert_code(RUN(url("/flaky/1/a"), H1, QUICK, "--set", "robots=false"), 1);
	assert_string_equal(ask("SELECT outcome, title FROM pages"), "http_error|not yet");
	assert_code(RUN(url("/flaky/1/a"), H1, QUICK, "--set", "robots=false"), 0);
	assert_string_equal(ask("SELECT outcome, title FROM pages"), "ok|recovered");
	assert_string_equal(ask("SELECT text FROM heads"), "recovered");
}

static void another_config_reads_unchanged_pages_again(void **state)
{
	(void)state;
	write_page("a.html", "<h1>one</h1><h2>two</h2>");
	assert_code(RUN(url("/a.html"), url("/etag"), H1, QUICK), 0);
	assert_code(RUN("--all", H1, "-e", "more=<h2>(?<text>.*?)</h2>", QUICK), 0);
	assert_string_equal(ask("SELECT DISTINCT outcome FROM pages"), "ok");
	assert_string_equal(ask("SELECT text FROM more"), "two");
	assert_code(RUN("--all", H1, "-e", "more=<h2>(?<text>.*?)</h2>", QUICK), 0);
	assert_string_equal(ask("SELECT DISTINCT outcome FROM pages"), "not_modified");
	assert_string_equal(ask("SELECT text FROM more"), "two");
}

/* Only what a config means is what a page was read with. */
static void a_config_that_means_the_same_reads_no_page_again(void **state)
{
	static const struct {
		const char *config, *outcome;
	} rows[] = {
		{ "patterns: [{name: heads, pattern: '<h1>(?<text>.*?)</h1>'}]\n", "ok" },
		{ "# What is new here is a comment.\npatterns:\n"
		  "  - pattern: \"<h1>(?<text>.*?)</h1>\"  # in other quotes\n    name: heads\n"
		  "crawl: {workers: 1, timeout: 20s}\n",
		  "not_modified" },
		{ "patterns: [{name: heads, pattern: '<h1>(?<text>.+?)</h1>'}]\n", "ok" },
		{ "patterns: [{name: heads, pattern: '<h1>(?<text>.+?)</h1>'}]\n"
		  "crawl: {user_agent: other/1}\n",
		  "ok" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_text("c.yaml", "%s", rows[i].config);
		assert_code(RUN(url("/etag"), "-c", "c.yaml", QUICK), 0);
		assert_string_equal(ask("SELECT outcome FROM pages"), rows[i].outcome);
		assert_string_equal(ask("SELECT count(*) FROM heads"), "1");
	}
	assert_string_equal(ask("SELECT count(DISTINCT config_hash), count(DISTINCT hash)"
				" FROM crawl_patterns"),
			    "3|2");
}

/* Six pages, of which one changes, one goes, and the third takes its time. */
static void crawl_and_change(const char *database)
{
	static const char *const names[] = { "a.html", "b.html", "c.html", "d.html" };

	for (size_t i = 0; i < 4; i++)
		write_page(names[i], "<h1>old</h1>");
	write_text("list", "%s\n%s\n%s\n%s\n%s\n", url("/a.html"), url("/b.html"),
		   url("/delay/300/page/1"), url("/c.html"), url("/d.html"));
	assert_code(RUN("list", "-o", database, H1, QUICK), 0);
	write_page("c.html", "<h1>new and longer</h1>");
	unlink(in_folder("root/d.html"));
}

/* The second pass, killed while the slow page is under way, and begun again with more. */
static void pass_again(const char *database, bool is_killed, const char *expression)
{
	size_t before = site_requests().count;
	struct program *run;

	if (is_killed) {
		run = START("list", "-o", database, "-e", expression, UNHURRIED);
		assert_true(WAIT_UNTIL(site_requests().count >= before + 2));
		kill(run->pid, SIGKILL);
		program_wait(run);
	}
	assert_code(RUN("list", "-o", database, "-e", expression, QUICK), 1);
}

static void a_pass_that_was_killed_goes_on_as_the_same_pass(void **state)
{
	static const char *const expressions[] = { "heads=<h1>(?<text>.*?)</h1>",
						   "heads=<h1>(?<text>.*?)</h1>(?<more>)" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *whole, *killed;

		crawl_and_change("whole.db");
		pass_again("whole.db", false, expressions[i]);
		whole = contents(in_folder("whole.db"), "heads");
		crawl_and_change("killed.db");
		pass_again("killed.db", true, expressions[i]);
		killed = contents(in_folder("killed.db"), "heads");
		assert_string_equal(killed, whole);
		assert_non_null(strstr(whole, "d.html|failed|http_error|404"));
		assert_non_null(strstr(whole, "d.html|1|old"));
		assert_non_null(strstr(whole, "c.html|1|new and longer"));
		free(whole);
		free(killed);
		unlink(in_folder("whole.db"));
		unlink(in_folder("killed.db"));
	}
}

/* Every run asks all of its patterns' pages that were parsed by an earlier config. */
static void a_pass_of_two_configs_leaves_no_rows_of_the_first(void **state)
{
	struct program *run;

	(void)state;
	crawl_and_change("crawl.db");
	run = START("list", "-e", "heads=<h1>(?<other>.*?)</h1>", UNHURRIED);
	assert_true(WAIT_UNTIL(site_requests().count >= 7));
	kill(run->pid, SIGKILL);
	program_wait(run);
	for (int pass = 0; pass < 2; pass++)
		assert_code(RUN("list", "-e", "heads=<h1>(?<last>.*?)</h1>", QUICK), 1);
	assert_string_equal(ask("SELECT count(*) FROM heads WHERE last IS NULL"),
			    "1"); /* the one that is gone */
	assert_string_equal(ask("SELECT count(*) FROM heads"), "5");
}

static void a_page_whose_pattern_ran_out_of_time_is_not_taken_for_unchanged(void **state)
{
	char page[40000];

	(void)state;
	memset(page, 'b', sizeof(page) - 1);
	page[0] = 'a';
	page[sizeof(page) - 1] = '\0';
	write_page("a.html", page);
	for (int pass = 0; pass < 2; pass++) {
		RUN(url("/a.html"), QUICK, "-e", "bad=a.+b\\s*b+[XY]", "--set",
		    "pattern_time=10ms");
		assert_string_equal(ask("SELECT outcome FROM pages"), "pattern_limit");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_unchanged_page_is_not_parsed_again),
		T(a_changed_page_has_its_new_rows_and_no_old_ones),
		T(a_permanent_redirect_is_asked_for_once_and_its_target_from_then_on),
		T(a_permanent_redirect_is_forgotten_when_its_target_fails),
		T(a_temporary_redirect_is_asked_for_each_time),
		T(a_page_that_is_gone_keeps_its_rows_and_is_told),
		T(a_page_that_failed_first_is_read_when_it_comes),
		T(another_config_reads_unchanged_pages_again),
		T(a_config_that_means_the_same_reads_no_page_again),
		T(a_pass_that_was_killed_goes_on_as_the_same_pass),
		T(a_pass_of_two_configs_leaves_no_rows_of_the_first),
		T(a_page_whose_pattern_ran_out_of_time_is_not_taken_for_unchanged),
	};

	return RUN_TESTS(tests);
}
