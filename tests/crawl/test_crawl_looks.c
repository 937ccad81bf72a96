#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what is kept of a run adds up with its pages, explains itself, and
 * costs no page, however it ended.
 */
#define QUICK "--delay", "0", "--set", "sitemaps=false", "--set", "robots=false", "-j", "2"
#define ITEMS "items=<li>(?<item>[^<]*)"

static void assert_asks(const char *const questions[][2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *answer = ask(questions[i][0]);

		if (strcmp(answer, questions[i][1]) != 0)
			fail_msg("%s:\n%s\ninstead of\n%s", questions[i][0], answer,
				 questions[i][1]);
	}
}

#define ASSERT_ASKS(...)                                                          \
	do {                                                                      \
		static const char *const questions[][2] = { __VA_ARGS__ };        \
		assert_asks(questions, sizeof(questions) / sizeof(questions[0])); \
	} while (0)

/* Pages of every end, of two runs, the second of which finds what the first has found. */
static void the_tables_of_a_run_add_up(void **state)
{
	FILE *list;

	(void)state;
	write_list("list", "/page/%d", 1, 40);
	list = fopen(in_folder("list"), "a");
	fprintf(list,
		"%s/status/404\n%s/status/500\n%s/delay/60/page/1\n%s/redirect/2?to=/page/1\n",
		site.origin, site.origin, site.origin, site.origin);
	fclose(list);
	assert_code(RUN("list", QUICK, "-e", ITEMS, "-e", "none=<nothing>", "--set", "retries=0"),
		    1);
	assert_code(RUN("list", QUICK, "-e", ITEMS, "-e", "none=<nothing>", "--set", "retries=0",
			"--update"),
		    1);
	ASSERT_ASKS(
		{ "SELECT id FROM runs r WHERE pages <> 44 OR pages <> (SELECT sum(pages) FROM"
		  " crawl_totals WHERE run = r.id)",
		  "" },
		{ "SELECT run, outcome, status, pages, unchanged FROM crawl_totals"
		  " ORDER BY 1, 2, 3",
		  "1|http_error|404|1|0\n1|http_error|500|1|0\n1|moved|302|1|0\n1|ok|200|41|0\n"
		  "2|http_error|404|1|0\n2|http_error|500|1|0\n2|moved|302|1|0\n2|ok|200|41|41" },
		{ "SELECT outcome, status, run_id, sum(pages), sum(unchanged), sum(bytes),"
		  " sum(wire_bytes) FROM crawl_outcomes GROUP BY 3, 1, 2 EXCEPT SELECT outcome,"
		  " status, run, pages, unchanged, bytes, wire_bytes FROM crawl_totals",
		  "" },
		{ "SELECT run_id, pattern, sum(pages_wanted), sum(pages_unchanged),"
		  " sum(pages_tried), sum(pages_matched), sum(rows), sum(elapsed_ns)"
		  " FROM pattern_figures GROUP BY 1, 2 EXCEPT SELECT run, pattern, pages_wanted,"
		  " pages_unchanged, pages_tried, pages_matched, rows, elapsed_ns"
		  " FROM crawl_pattern_totals",
		  "" },
		{ "SELECT run, pattern, pages_wanted, pages_unchanged, pages_matched"
		  " FROM crawl_pattern_totals ORDER BY 1, 2",
		  "1|items|41|0|41\n1|none|41|0|0\n2|items|41|41|41\n2|none|41|41|0" },
		{ "SELECT run, pages, failed, bytes = (SELECT sum(bytes) FROM crawl_totals t WHERE"
		  " t.run = h.run), length(strip), first_ms <= last_ms FROM crawl_run_hosts h"
		  " ORDER BY 1",
		  "1|44|2|1|64|1\n2|44|2|1|64|1" },
		{ "SELECT run, what, sum(pages) FROM crawl_counts GROUP BY 1, 2 ORDER BY 1, 2",
		  "1|charset|43\n1|charset_source|43\n1|type|43\n"
		  "2|charset|43\n2|charset_source|43\n2|type|43" }, /* a redirect has none */
		{ "SELECT run, sum(pages) FROM crawl_histograms WHERE what = 'time' GROUP BY 1"
		  " ORDER BY 1",
		  "1|44\n2|44" },
		{ "SELECT run, what, name, count(*) FROM crawl_examples GROUP BY 1, 2, 3"
		  " ORDER BY 1, 2, 3",
		  "1|largest||5\n1|matched|items|5\n1|slowest||5\n1|unmatched|none|5\n"
		  "2|largest||5\n2|slowest||5\n2|unmatched|none|5" },
		{ "SELECT u.url LIKE '%/delay/60/page/1' FROM crawl_examples e JOIN urls u ON"
		  " u.id = e.url_id WHERE what = 'slowest' AND place = 1",
		  "1\n1" },
		{ "SELECT s.run, done, failed, skipped, rows, waits_delay + waits_answer +"
		  " waits_rest + waits_robots + waits_us + in_flight, max(at_ms) > 0,"
		  " wire_bytes = (SELECT sum(wire_bytes) FROM crawl_totals t WHERE t.run = s.run)"
		  " FROM crawl_samples s GROUP BY 1",
		  "1|42|2|0|820|0|1|1\n2|42|2|0|0|0|1|1" },
		{ "SELECT count(*) FROM crawl_events", "0" });
}

static void what_is_done_to_a_run_is_among_its_events(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 100);
	run = START("list", QUICK, "--delay", "1s");
	assert_true(WAIT_UNTIL(site_requests().count >= 1));
	assert_true(WAIT_UNTIL(RUN("ctl", "pause")->code == 0));
	assert_code(RUN("ctl", "resume"), 0);
	assert_code(RUN("ctl", "resume"), 0); /* it is going on already */
	assert_code(RUN("ctl", "delay", "127.0.0.1", "1500us"), 1);
	assert_code(RUN("ctl", "delay", "127.0.0.1", "1ms"), 0); /* until here it had long to go */
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(ask("SELECT kind, host, text FROM crawl_events ORDER BY rowid"),
			    "pause|-|-\nresume|-|-\ndelay|127.0.0.1|1 ms, set by crawl ctl");
	assert_code(RUN("list", QUICK, "-e", ITEMS, "--update", "--max-pages", "1"), 0);
	assert_string_equal(ask("SELECT run, kind, text FROM crawl_events ORDER BY rowid DESC"
				" LIMIT 1"),
			    "2|config|it says something else than the last run's");
}

static void a_host_that_rests_is_among_the_events(void **state)
{
	(void)state;
	write_list("list", "/status/503?%d", 1, 12);
	assert_code(RUN("list", QUICK, "--concurrency", "1", "--set", "retries=0", "--set",
			"host_failures=2", "--set", "host_rest=50ms"),
		    1);
	assert_string_equal(ask("SELECT kind, text FROM crawl_events ORDER BY rowid"),
			    "rest|for 50 ms: host_failures, the last: http_error 503\n"
			    "rest|for 100 ms: host_failures, the last: http_error 503\n"
			    "given_up|the last: http_error");
	assert_string_equal(ask("SELECT count(*) FROM crawl_events WHERE host = (SELECT origin"
				" FROM hosts)"),
			    "3");
}

static void a_worker_that_dies_is_among_the_events(void **state)
{
	struct program *run;
	pid_t worker;

	(void)state;
	write_list("list", "/delay/600/page/%d", 1, 60); /* one at least is always under way */
	run = START("list", "-j", "1", "--delay", "400ms", "--concurrency", "60");
	assert_true(WAIT_UNTIL(site_requests().count >= 1));
	assert_true(WAIT_UNTIL(program_children(run, &worker, 1) == 1));
	kill(worker, SIGKILL);
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	program_wait(run);
	assert_code(run, 0);
	assert_says(ask("SELECT kind, text FROM crawl_events"),
		    "worker_died|worker-1: signal 9 (died), with ");
}

/* The figures of the end are written at any end but SIGKILL. */
static void a_run_that_is_stopped_has_all_its_figures(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct program *run;

		write_list("list", "/delay/20/page/%d", 100 * (int)i, 100);
		run = START("list", QUICK, "--concurrency", "2", "-e", ITEMS);
		assert_true(WAIT_UNTIL(site_requests().count >= 100 * i + 15));
		kill(run->pid, signals[i]);
		program_wait(run);
		ASSERT_ASKS({ "SELECT r.id FROM runs r WHERE pages = 0 OR pages <> (SELECT"
			      " sum(pages) FROM crawl_totals t WHERE t.run = r.id)",
			      "" },
			    { "SELECT r.id FROM runs r WHERE pages <> (SELECT done FROM"
			      " crawl_samples s WHERE s.run = r.id ORDER BY at_ms DESC LIMIT 1)",
			      "" },
			    { "SELECT r.id FROM runs r WHERE pages <> (SELECT pages_matched FROM"
			      " crawl_pattern_totals t WHERE t.run = r.id)",
			      "" });
		assert_code(RUN("list", QUICK, "-e", ITEMS), 0);
	}
}

/* Of its figures nothing is counted twice, and what waited for the run after it is counted there.
 */
static void a_run_that_is_killed_lacks_figures_but_no_page(void **state)
{
	struct program *run;
	FILE *list;

	(void)state;
	write_list("list", "/delay/20/page/%d", 1, 30);
	list = fopen(in_folder("list"), "a");
	for (int page = 31; page <= 60; page++) /* half a minute of work */
		fprintf(list, "%s/delay/1000/page/%d\n", site.origin, page);
	fclose(list);
	run = START("list", QUICK, "--concurrency", "1", "-e", ITEMS);
	assert_true(WAIT_UNTIL(site_requests().count >= 30));
	kill(run->pid, SIGKILL);
	program_wait(run);
	assert_code(RUN("list", QUICK, "--concurrency", "30", "-e", ITEMS), 0);
	ASSERT_ASKS(
		{ "SELECT count(*) FROM pages WHERE outcome = 'ok'", "60" },
		{ "SELECT ended FROM runs", "killed\nfinished" },
		{ "SELECT r.pages - t.pages_matched FROM runs r JOIN crawl_pattern_totals t ON"
		  " t.run = r.id WHERE r.id = 2",
		  "0" },
		{ "SELECT count(*) FROM crawl_samples WHERE run = 1 AND at_ms % 1000 <> 0", "0" },
		{ "SELECT sum(pages) > 60 FROM crawl_totals", "0" });
	assert_code(RUN("health"), 0);
	assert_code(RUN("status"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_tables_of_a_run_add_up, scenario_begin,
						scenario_end),
		cmocka_unit_test_setup_teardown(what_is_done_to_a_run_is_among_its_events,
						scenario_begin, scenario_end),
		cmocka_unit_test_setup_teardown(a_host_that_rests_is_among_the_events,
						scenario_begin, scenario_end),
		cmocka_unit_test_setup_teardown(a_worker_that_dies_is_among_the_events,
						scenario_begin, scenario_end),
		cmocka_unit_test_setup_teardown(a_run_that_is_stopped_has_all_its_figures,
						scenario_begin, scenario_end),
		cmocka_unit_test_setup_teardown(a_run_that_is_killed_lacks_figures_but_no_page,
						scenario_begin, scenario_end),
	};

	return RUN_TESTS(tests);
}
