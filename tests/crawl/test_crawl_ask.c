#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/port.h"
#include "tests/support/scenario.h"

/*
 * The program from end to end: a crawl is asked how it stands and what became of a URL, it is
 * steered while it runs, and it is told to ask again.
 */
#define QUICK  "--delay", "0", "--set", "retries=0"
#define TITLES "-e", "titles=<h1>(?<title>.*?)</h1>"

#define DOOR "crawl.db-ctl"

/* Does anybody listen?  A crawl that was killed leaves its door behind. */
static bool has_door(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_open;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_folder(DOOR));
	is_open = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return is_open;
}

/* What a program says on standard output and on standard error must hold these. */
static void assert_tells(const struct program *run, int code, const char *const wanted[])
{
	assert_code(run, code);
	for (; *wanted; wanted++) {
		if (!strstr(run->out, *wanted) && !strstr(run->error, *wanted))
			fail_msg("not there: %s\nin: %s\n%s", *wanted, run->out, run->error);
	}
}

#define TELLS(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/* ---- steering ---- */

static bool status_says(const char *wanted)
{
	return strstr(RUN("status", "--json")->out, wanted) != NULL;
}

static void a_paused_crawl_asks_for_nothing_until_it_is_resumed(void **state)
{
	enum { PAGES = 100, LOOKS = 5 };
	struct program *run;
	size_t asked;

	(void)state;
	write_list("list", "/delay/250/page/%d", 1, PAGES);
	run = START("list", QUICK, "--delay", "300ms", "--concurrency", "25");
	assert_true(WAIT_UNTIL(site_requests().count >= 2 && has_door()));
	assert_tells(RUN("ctl", "pause"), 0, TELLS("paused"));
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0); /* that is not what it waits for */
	assert_true(WAIT_UNTIL(status_says("\"in_flight\":0")));
	asked = site_requests().count;
	assert_true(asked < PAGES);
	for (int i = 0; i < LOOKS; i++)
		assert_true(status_says("\"paused\":1"));
	assert_int_equal(site_requests().count, asked);
	assert_tells(RUN("ctl", "resume"), 0, TELLS("resumed"));
	assert_int_equal(program_wait(run), 0);
	assert_says(run->error, "paused");
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"), "done|100");
}

static void a_crawl_that_is_told_to_stop_ends_as_after_ctrl_c(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/delay/300/page/%d", 1, 100);
	run = START("list", QUICK, "--concurrency", "1", TITLES);
	assert_true(WAIT_UNTIL(site_requests().count >= 2 && has_door()));
	assert_tells(RUN("ctl", "stop"), 0, TELLS("stopping"));
	assert_int_equal(program_wait(run), 128 + SIGINT);
	assert_says(run->error, "the same command goes on");
	assert_int_equal(access(in_folder(DOOR), F_OK), -1);
	assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");
	assert_code(RUN("list", QUICK, "--concurrency", "100", TITLES), 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT page_url) FROM titles"),
			    "100|100");
}

/* A paused crawl waits for us, however slow the tests are; until then it has half a minute of work.
 */
static struct program *start_paused(void)
{
	struct program *run;

	write_list("list", "/page/%d", 1, 30);
	run = START("list", QUICK, "--delay", "1s");
	assert_true(WAIT_UNTIL(has_door()));
	assert_code(RUN("ctl", "pause"), 0);
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	return run;
}

static void a_url_is_added_to_a_running_crawl(void **state)
{
	struct program *run = start_paused();

	(void)state;
	assert_tells(RUN("ctl", "add", url("/books/../books/1")), 0,
		     TELLS("added", url("/books/1"), "later runs ask for it if a list names it"));
	assert_tells(RUN("ctl", "add", url("/books/1")), 0, TELLS("known already"));
	assert_tells(RUN("ctl", "add", "nonsense"), 1, TELLS("no URL: no scheme"));
	assert_tells(RUN("ctl", "add", "http://a/b c"), 1, TELLS("no URL: white space inside"));
	assert_string_equal(ask("SELECT count(*) FROM pages"), "31"); /* it is durable */
	assert_code(RUN("ctl", "resume"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(ask("SELECT outcome, depth FROM pages WHERE url LIKE '%/books/1'"),
			    "ok|0");
}

static void a_url_is_added_as_the_config_has_it(void **state)
{
	struct program *run;

	(void)state;
	write_text("crawl.yaml", "canonical: {drop_query: [utm_*]}\n");
	run = start_paused();
	assert_tells(RUN("ctl", "add", url("/books/1?utm_x=1")), 0, TELLS("added"));
	assert_tells(RUN("ctl", "add", url("/books/1?utm_x=2")), 0,
		     TELLS("known already", url("/books/1\n")));
	assert_code(RUN("ctl", "resume"), 0);
	assert_int_equal(program_wait(run), 0);
}

/* Thirty pages a minute apart would take longer than anybody waits for it here. */
static void the_delay_of_a_host_is_changed_while_it_is_crawled(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 30);
	run = START("list", "--delay", "1m");
	assert_true(WAIT_UNTIL(has_door()));
	assert_tells(RUN("ctl", "delay", "127.0.0.2", "0"), 1, TELLS("no host of this crawl"));
	assert_tells(RUN("ctl", "delay", "127.0.0.1", "500"), 1,
		     TELLS("'500' has no unit: 500ms or 500s?"));
	assert_tells(RUN("ctl", "delay", "127.0.0.1", "soon"), 1, TELLS("not a duration"));
	assert_tells(RUN("ctl", "delay", "127.0.0.1", "0"), 0, TELLS("1 host, 0 ms"));
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(ask("SELECT delay_ms FROM hosts"), "0");
}

static void a_host_is_known_by_name_port_and_origin(void **state)
{
	struct program *run = start_paused();
	char port[32];

	(void)state;
	snprintf(port, sizeof(port), "127.0.0.1:%u", site.port);
	assert_tells(RUN("ctl", "delay", port, "1ms"), 0, TELLS("1 host"));
	assert_tells(RUN("ctl", "delay", site.origin, "1ms"), 0, TELLS("1 host"));
	assert_tells(RUN("ctl", "delay", "127.0.0.1:1", "1ms"), 1, TELLS("no host"));
	assert_tells(RUN("ctl", "delay", "https://127.0.0.1", "1ms"), 1, TELLS("no host"));
	assert_tells(RUN("ctl", "delay", "[", "1ms"), 1, TELLS("is no host"));
	assert_code(RUN("ctl", "resume"), 0);
	assert_int_equal(program_wait(run), 0);
}

static void without_a_running_crawl_there_is_nothing_to_steer(void **state)
{
	(void)state;
	assert_tells(RUN("ctl", "pause"), 1, TELLS("no crawl is running on crawl.db"));
	assert_code(RUN(url("/page/1"), QUICK), 0);
	assert_tells(RUN("ctl", "pause"), 1, TELLS("no crawl is running on crawl.db"));
}

/* ---- how it stands ---- */

static void status_tells_how_a_crawl_stands(void **state)
{
	struct program *run = start_paused();

	(void)state;
	assert_tells(RUN("status"), 0, TELLS("running\n", "paused          yes\n", site.origin));
	assert_tells(RUN("status", "--json"), 0,
		     TELLS("\"state\":\"running\"", "\"paused\":1", "\"urls\":[", "\"pending\""));
	assert_code(RUN("ctl", "resume"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_tells(RUN("status"), 0, TELLS("finished\n", "done  ok        30\n"));
	assert_tells(RUN("status", "--json"), 0,
		     TELLS("\"now\":null", "{\"state\":\"done\",\"outcome\":\"ok\",\"urls\":30}"));
	assert_tells(RUN("status"), 0, TELLS("pages           30 pages\n"));
	assert_silent_on(RUN("status")->out, "pid ");
	assert_tells(RUN("status", "-o", "none.db"), 3,
		     TELLS("there is no none.db: 'crawl URL' makes one"));
}

static void a_killed_crawl_is_said_to_be_and_its_door_is_used_again(void **state)
{
	struct program *run;

	(void)state;
	run = start_paused();
	assert_int_equal(kill(run->pid, SIGKILL), 0);
	program_wait(run);
	assert_int_equal(access(in_folder(DOOR), F_OK), 0);
	assert_tells(RUN("status"), 0, TELLS("killed\n"));
	assert_tells(RUN("ctl", "resume"), 1, TELLS("no crawl is running"));
	run = start_paused();
	assert_tells(RUN("status"), 0, TELLS("running\n"));
	assert_code(RUN("ctl", "resume"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_int_equal(access(in_folder(DOOR), F_OK), -1);
}

/* ---- what failed, and why ---- */

static void failed_shows_what_failed_and_why(void **state)
{
	struct program *failed;

	(void)state;
	write_text("list", "%s\n%s\n%s\n%s\n", url("/page/1"), url("/missing"), url("/cut-body"),
		   url("/status/500"));
	assert_tells(RUN("list", QUICK), 1, TELLS("crawl failed"));
	failed = RUN("failed");
	assert_tells(failed, 0, TELLS("/missing", "404", "truncated", "/cut-body"));
	assert_silent_on(failed->out, "/page/1");
	assert_says(failed->error, "3 failed: 2 http_error, 1 truncated");
	assert_int_equal(count_lines(RUN("failed", "--format", "csv")->out), 4);
	assert_int_equal(RUN("failed", "--json")->out[0], '[');
}

static void why_tells_the_tries_of_a_url(void **state)
{
	struct program *why;

	(void)state;
	assert_code(RUN(url("/flaky/2/why"), "--delay", "0", "--set", "retry_wait=10ms", TITLES),
		    0);
	why = RUN("why", url("/flaky/2/why"));
	assert_tells(why, 0,
		     TELLS("state           done", "tries           3", "http_error    503",
			   "charset_source  header", "kept            yes", "titles     1",
			   "robots          rules"));
	assert_says(RUN("why", "--json", url("/flaky/2/why"))->out, "\"try\":3,");
}

static void why_tells_who_linked_a_url(void **state)
{
	(void)state;
	write_text("crawl.yaml", "follow: [{link: '/(links|page)/\\d+$', depth: 2}]\n");
	assert_code(RUN(url("/links/2"), QUICK, "--max-pages", "4"), 0);
	assert_tells(RUN("why", ask("SELECT url FROM pages WHERE depth = 2 LIMIT 1")), 0,
		     TELLS("from_url", url("/links/2")));
	assert_says(RUN("why", "--json", url("/links/2"))->out, "\"from\":[]");
}

static void why_tells_where_a_url_led_and_who_said_what_charset_it_is(void **state)
{
	const char *hop = url("/redirect/2?to=/charset/koi8-r?header=0");

	(void)state;
	assert_code(RUN(hop, QUICK, TITLES), 0);
	assert_tells(RUN("why", hop), 0,
		     TELLS("outcome         ok",
			   strcat(strcpy((char[200]){ 0 }, "final_url       "),
				  url("/charset/koi8-r?header=0")),
			   "charset         koi8-r", "charset_source  meta", "tries           1"));
	assert_tells(RUN("why", hop), 0,
		     TELLS("redirects       302 ", url("/redirect/1?to=/charset/koi8-r?header=0"),
			   ", 302 "));
	assert_silent_on(RUN("why", hop)->out, "no_match");
}

static void why_names_the_patterns_that_matched_nothing(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), QUICK, TITLES, "-e", "prices=£(?<price>\\d+)", "-e",
			"dates=<time>(?<date>.*?)<"),
		    0);
	assert_tells(RUN("why", url("/page/1")), 0,
		     TELLS("titles     1", "no_match        prices, dates"));
}

static void why_tells_that_no_pattern_was_tried(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/type/image/png"), QUICK, TITLES);
	assert_code(run, 0);
	assert_says(run->error, "1 on which no pattern was tried");
	assert_tells(RUN("why", url("/type/image/png")), 0,
		     TELLS("no_match        (none tried: the page is not text)"));
	write_text("crawl.yaml",
		   "patterns: [{name: heads, url: '/other', pattern: '<h1>(.*?)<'}]\n");
	run = RUN("--fresh", url("/page/1"), QUICK);
	assert_code(run, 0);
	assert_says(run->error, "1 on which no pattern was tried");
	assert_tells(RUN("why", url("/page/1")), 0,
		     TELLS("no_match        (none tried: no pattern is for this URL)"));
}

/* It matched, if in vain. */
static void why_names_no_pattern_whose_rows_were_dropped(void **state)
{
	(void)state;
	write_text("crawl.yaml",
		   "patterns:\n"
		   "  - name: heads\n"
		   "    each: '<h1>.*?</h1>'\n"
		   "    fields: {none: {pattern: 'no such (text)', required: true}}\n");
	assert_code(RUN(url("/page/1"), QUICK), 0);
	assert_silent_on(RUN("why", url("/page/1"))->out, "no_match");
}

static char rules[] = "/tmp/crawl-test-robots-XXXXXX";

static int begin_with_rules(void **state)
{
	int fd = mkstemp(rules);

	(void)state;
	if (fd < 0 || dprintf(fd, "User-agent: *\nDisallow: /page/\n") < 0)
		return -1;
	close(fd);
	return scenario_begin_with((const char *[]){ "--robots", rules, NULL });
}

static int end_with_rules(void **state)
{
	return unlink(rules) < 0 ? -1 : scenario_end(state);
}

static void why_names_the_line_of_robots_txt(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), QUICK), 1);
	assert_tells(RUN("why", url("/page/1")), 0,
		     TELLS("state           skipped", "outcome         robots",
			   "robots.txt line 2: Disallow: /page/"));
}

static void why_guesses_why_a_url_is_unknown(void **state)
{
	(void)state;
	write_text("list", "%s\n%s\nnot a URL\n", url("/redirect/1"), url("/page/1"));
	assert_code(RUN("list", QUICK), 1);
	assert_tells(RUN("why", url("/")), 1,
		     TELLS("is not known to crawl.db", "redirected to", url("/redirect/1")));
	assert_tells(RUN("why", url("/page/1/")), 1, TELLS("did you mean", url("/page/1?")));
	assert_tells(RUN("why", "not a URL"), 1, TELLS("rejected: list, line 3"));
	assert_tells(RUN("why", url("/page/2")), 1, TELLS("no list named it"));
	assert_tells(RUN("why", url("/page/2"), "-o", "none.db"), 3, TELLS("none.db"));
}

static void why_finds_a_url_by_what_the_config_makes_of_it(void **state)
{
	(void)state;
	write_text("list", "%s\n%s\n", url("/page/1"), url("/page/2?utm_x=1"));
	assert_code(RUN("list", QUICK), 0);
	write_text("drop.yaml", "canonical: {drop_query: [utm_*], drop_path: [sid]}\n");
	assert_tells(RUN("why", url("/page;v=1;sid=2/1;sid")), 1, TELLS("/1;sid is not known"));
	assert_tells(RUN("why", url("/page;sid=2/1;sid"), "-c", "drop.yaml"), 0, TELLS("page 1"));
	assert_tells(RUN("why", url("/page/1?utm_y")), 1, TELLS("?utm_y is not known"));
	assert_tells(RUN("why", url("/page/1?utm_y"), "-c", "drop.yaml"), 0, TELLS("page 1"));
	assert_tells(RUN("why", url("/page/2?utm_x=1"), "-c", "drop.yaml"), 0, TELLS("page 2"));
	assert_tells(RUN("why", url("/page/3?utm_y"), "-c", "drop.yaml"), 1,
		     TELLS(url("/page/3 is not known")));
	assert_tells(RUN("why", url("/page/1?utm_y"), "-c", "none.yaml"), 2, TELLS("none.yaml"));
	assert_int_equal(rename(in_folder("drop.yaml"), in_folder("crawl.yaml")), 0);
	assert_tells(RUN("why", url("/page/1?utm_y")), 0, TELLS("page 1"));
}

/* ---- again ---- */

static void only_what_failed_is_asked_again(void **state)
{
	struct requests requests;

	(void)state;
	write_text("list", "%s\n%s\n", url("/page/1"), url("/flaky/1/again"));
	assert_code(RUN("list", QUICK), 1);
	assert_tells(RUN("list", QUICK, "--retry-failed"), 0,
		     TELLS("asking again for what failed"));
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"), "done|2");
	requests = site_requests();
	assert_int_equal(requests_for(&requests, "/page/1"), 1);
	assert_int_equal(requests_for(&requests, "/flaky/1/again"), 2);
	assert_code(RUN("list", QUICK, "--retry-failed"), 0); /* nothing is left to do */
	assert_int_equal(site_requests().count, 3);
}

static void update_asks_for_everything_after_a_run_that_did_not_finish(void **state)
{
	struct requests requests;

	(void)state;
	write_text("list", "%s\n%s\n%s\n", url("/etag"), url("/page/1"), url("/page/2"));
	assert_code(RUN("list", QUICK, "--max-pages", "2"), 0);
	assert_tells(RUN("list", QUICK, "--update"), 0, TELLS("new pass"));
	requests = site_requests();
	assert_int_equal(requests_for(&requests, "/etag"), 2);
	assert_int_equal(requests_for(&requests, "/page/1"), 2);
	assert_int_equal(requests_for(&requests, "/page/2"), 1);
	assert_string_equal(ask("SELECT outcome FROM pages WHERE url LIKE '%/etag'"),
			    "not_modified");
}

/* Resumed or retried: what an earlier visit found is not lost because a later one finds nothing. */
static void rows_stay_when_a_page_fails_later(void **state)
{
	unsigned port = site.port;
	int held;

	(void)state;
	write_list("list", "/page/%d", 1, 3);
	assert_code(RUN("list", QUICK, TITLES), 0);
	assert_int_equal(site_stop(&site), 0);
	site.pid = 0;
	held = port_hold(&port);
	assert_true(held >= 0);
	assert_code(RUN("list", QUICK, TITLES, "--max-pages", "1"), 1); /* a new pass, cut short, */
	assert_code(RUN("list", QUICK, TITLES), 1);                     /* resumed, */
	assert_code(RUN("list", QUICK, TITLES, "--retry-failed"), 1);   /* and retried */
	assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"),
			    "failed|connect|3");
	assert_string_equal(ask("SELECT count(*) FROM titles"), "3");
	close(held);
}

#define TEST_OF(name) cmocka_unit_test_setup_teardown(name, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_OF(a_paused_crawl_asks_for_nothing_until_it_is_resumed),
		TEST_OF(a_crawl_that_is_told_to_stop_ends_as_after_ctrl_c),
		TEST_OF(a_url_is_added_to_a_running_crawl),
		TEST_OF(a_url_is_added_as_the_config_has_it),
		TEST_OF(the_delay_of_a_host_is_changed_while_it_is_crawled),
		TEST_OF(a_host_is_known_by_name_port_and_origin),
		TEST_OF(without_a_running_crawl_there_is_nothing_to_steer),
		TEST_OF(status_tells_how_a_crawl_stands),
		TEST_OF(a_killed_crawl_is_said_to_be_and_its_door_is_used_again),
		TEST_OF(failed_shows_what_failed_and_why),
		TEST_OF(why_tells_the_tries_of_a_url),
		TEST_OF(why_tells_who_linked_a_url),
		TEST_OF(why_tells_where_a_url_led_and_who_said_what_charset_it_is),
		TEST_OF(why_names_the_patterns_that_matched_nothing),
		TEST_OF(why_tells_that_no_pattern_was_tried),
		TEST_OF(why_names_no_pattern_whose_rows_were_dropped),
		cmocka_unit_test_setup_teardown(why_names_the_line_of_robots_txt, begin_with_rules,
						end_with_rules),
		TEST_OF(why_guesses_why_a_url_is_unknown),
		TEST_OF(why_finds_a_url_by_what_the_config_makes_of_it),
		TEST_OF(only_what_failed_is_asked_again),
		TEST_OF(update_asks_for_everything_after_a_run_that_did_not_finish),
		TEST_OF(rows_stay_when_a_page_fails_later),
	};

	return RUN_TESTS(tests);
}
