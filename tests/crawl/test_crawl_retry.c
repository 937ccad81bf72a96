#include "tests/support/test.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what may heal is tried again, what is dead is left alone, and
 * nobody else waits for either.
 */
#define FAST            "--delay", "0", "--set", "robots=false"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int begin(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--addresses", "3", "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* ---- trying again ---- */

static void what_heals_is_fetched_and_every_try_is_told(void **state)
{
	struct requests requests;

	(void)state;
	assert_code(RUN(url("/flaky/2/x"), FAST, "--set", "retry_wait=20ms"), 0);
	assert_string_equal(ask("SELECT outcome, status, tries, title FROM pages"),
			    "ok|200|3|recovered");
	assert_string_equal(ask("SELECT url, number, outcome, status FROM tries"),
			    strcat(strcpy((char[300]){ 0 }, url("/flaky/2/x|1|http_error|503\n")),
				   url("/flaky/2/x|2|http_error|503")));
	assert_string_equal(ask("SELECT count(*) FROM tries WHERE wait_ms NOT BETWEEN"
				" 15 * number AND 25 * number"),
			    "0");
	requests = site_requests();
	assert_int_equal(requests.count, 3);
	assert_true(requests.list[1].arrived_ms - requests.list[0].arrived_ms >= 8);
	assert_true(requests.list[2].arrived_ms - requests.list[1].arrived_ms >= 20);
}

static const char *timeout_for(const char *result)
{
	return strncmp(result, "timeout", 7) == 0 ? "timeout=200ms" : "timeout=30s";
}

static void there_are_as_many_tries_as_the_setting_says(void **state)
{
	static const struct {
		const char *target, *retries, *result; /* outcome, tries, rows in tries */
	} rows[] = {
		{ "/flaky/2/a", "retries=0", "http_error|1|0" },
		{ "/flaky/2/b", "retries=1", "http_error|2|1" },
		{ "/flaky/9/c", "retries=9", "ok|10|9" },
		{ "/cut-body", "retries=2", "truncated|3|2" },
		{ "/reset", "retries=2", "connect|3|2" },
		{ "/silence", "retries=1", "timeout|2|1" },
		{ "/status/500", "retries=1", "http_error|2|1" },
		{ "/status/429", "retries=1", "http_error|2|1" },
		/* what will not heal */
		{ "/status/404", "retries=5", "http_error|1|0" },
		{ "/status/501", "retries=5", "http_error|1|0" },
		{ "/gzip-bad", "retries=5", "bad_encoding|1|0" },
		{ "/garbage", "retries=5", "bad_response|1|0" },
		{ "/redirect-loop", "retries=5", "redirect_loop|1|0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		RUN(url("%s", rows[i].target), "--fresh", FAST, "--set", rows[i].retries, "--set",
		    "retry_wait=1ms", "--set", timeout_for(rows[i].result), "--set",
		    "host_failures=0");
		if (strcmp(ask("SELECT outcome, tries, (SELECT count(*) FROM tries) FROM pages"),
			   rows[i].result) != 0)
			fail_msg("%s: %s", rows[i].target,
				 ask("SELECT outcome, tries, (SELECT count(*) FROM tries) FROM "
				     "pages"));
	}
}

/* Behind a redirect, a try begins with the first URL again. */
static void a_try_begins_where_the_visit_began(void **state)
{
	struct requests requests;

	(void)state;
	assert_code(RUN(url("/redirect/2?to=/flaky/1/x"), FAST, "--set", "retry_wait=1ms"), 0);
	assert_string_equal(ask("SELECT outcome, tries, title FROM pages"), "ok|2|recovered");
	requests = site_requests();
	assert_int_equal(requests.count, 6);
	assert_int_equal(requests_for(&requests, "/redirect/2?to=/flaky/1/x"), 2);
}

static void a_url_that_is_tried_again_is_one_of_max_pages(void **state)
{
	(void)state;
	write_list("list", "/flaky/1/%d", 1, 10);
	assert_code(RUN("list", FAST, "--set", "retry_wait=1ms", "--max-pages", "3"), 0);
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"),
			    "done|3\npending|7");
	assert_int_equal(site_requests().count, 6);
}

/* ---- Retry-After ---- */

#define BURST 40 /* fewer than a host may be asked at a time */

static void a_retry_after_is_obeyed_up_to_an_hour(void **state)
{
	static const struct {
		const char *target;
		long least_ms, most_ms;
	} rows[] = {
		{ "/status/503/7", 7000, 7000 },
		{ "/status/429/7", 7000, 7000 },
		{ "/status/503/date/60", 55000, 60000 },
		{ "/status/503/0", 3000, 5000 }, /* as if it were not there */
		{ "/status/500/7", 3000, 5000 }, /* it is not for this status */
		{ "/status/503/1000000000", 3600000, 3600000 },
		{ "/status/503/date/1000000000", 3600000, 3600000 },
		{ "/retry-after?say=1000000000000", 3600000, 3600000 },
		{ "/retry-after?say=99999999999999999999999999&status=429", 3600000, 3600000 },
		{ "/retry-after?say=Fri,+31+Dec+9999+23:59:59+GMT", 3600000, 3600000 },
		{ "/retry-after?say=Fri,+31+Dec+99999+23:59:59+GMT", 3000, 5000 },
		{ "/retry-after?say=Thu,+01+Jan+1970+00:00:00+GMT", 3000, 5000 },
		{ "/retry-after?say=-1", 3000, 5000 },
		{ "/retry-after?say=-1&status=429", 3000, 5000 },
		{ "/retry-after?say=soon", 3000, 5000 },
		{ "/retry-after?say=", 3000, 5000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		long wait_ms;

		assert_code(RUN(url("%s", rows[i].target), "--fresh", FAST, "--set",
				"retry_wait=4s", "--max-time", "100ms"),
			    0);
		assert_string_equal(ask("SELECT state FROM pages"), "pending");
		wait_ms = ask_number("SELECT wait_ms FROM tries");
		if (wait_ms < rows[i].least_ms || wait_ms > rows[i].most_ms)
			fail_msg("%s: %ld ms", rows[i].target, wait_ms);
	}
}

/* Whether or not the page that was told has another try; and another host is not left alone. */
static void assert_time_is_given(const char *retries, size_t asked_for)
{
	struct requests requests;
	int64_t asked_ms = 0, again_ms = INT64_MAX, other_ms = INT64_MAX;

	write_text("list", "%s\n%s\n%s\n", url_at(1, "/status/503/1"), url_at(1, "/page/1"),
		   url_at(2, "/page/1"));
	assert_code(RUN("list", FAST, "--concurrency", "1", "--set", retries), 1);
	requests = site_requests();
	assert_int_equal(requests.count, asked_for);
	for (size_t i = 0; i < requests.count; i++) {
		bool is_same = strncmp(requests.list[i].host, "127.0.0.1", 9) == 0;
		int64_t arrived_ms = requests.list[i].arrived_ms;

		if (!is_same)
			other_ms = arrived_ms;
		else if (asked_ms == 0)
			asked_ms = arrived_ms;
		else if (again_ms > arrived_ms)
			again_ms = arrived_ms;
	}
	assert_true(again_ms - asked_ms >= 950);
	assert_true(other_ms < again_ms);
}

static void a_host_that_asks_for_time_gets_it_for_all_its_pages(void **state)
{
	(void)state;
	assert_time_is_given("retries=1", 4);
}

static void a_host_that_asks_for_time_at_a_last_try_gets_it_too(void **state)
{
	(void)state;
	assert_time_is_given("retries=0", 3);
}

/* Each of a burst asks for the same second, which is waited for once: forty would be
 * too long for a run. */
static void a_burst_of_429s_is_waited_for_once(void **state)
{
	struct requests requests;
	int64_t first = INT64_MAX, last = 0;

	(void)state;
	write_list("list", "/retry-after?say=1&status=429&n=%d", 1, BURST);
	assert_code(RUN("list", FAST, "-j", "1", "--window", "128", "--concurrency", "64", "--set",
			"retries=1"),
		    1);
	requests = site_requests();
	assert_int_equal(requests.count, 2 * BURST);
	for (size_t i = 0; i < requests.count; i++) {
		first = requests.list[i].arrived_ms < first ? requests.list[i].arrived_ms : first;
		last = requests.list[i].arrived_ms > last ? requests.list[i].arrived_ms : last;
	}
	assert_true(last - first >= 950);
	assert_string_equal(ask("SELECT outcome, status, wait_ms, count(*) FROM tries GROUP BY 1"),
			    "http_error|429|1000|40");
	assert_string_equal(ask("SELECT state, outcome, status, tries, count(*) FROM pages"
				" GROUP BY 1, 2, 3, 4"),
			    "failed|http_error|429|2|40");
}

/* The run may end before the time is over, or be killed: the next one knows. */
static void the_next_run_gives_the_time_that_is_left(void **state)
{
	struct requests requests;

	(void)state;
	write_text("list", "%s\n%s\n", url("/status/503/60"), url("/page/1"));
	for (int run = 0; run < 2; run++) {
		RUN("list", FAST, "--concurrency", "1", "--set", "retries=1", "--max-time",
		    "1500ms");
		requests = site_requests();
		assert_int_equal(requests.count, 1);
	}
	ask("UPDATE hosts SET held_until = 1000");
	assert_code(RUN("list", FAST, "--set", "retries=0"), 1);
	requests = site_requests();
	assert_int_equal(requests_for(&requests, "/page/1"), 1);
}

/* Whoever wonders why nothing happens is told for whom it waits, until when, and why. */
static void a_long_wait_is_shown_wherever_one_looks(void **state)
{
	static const struct {
		const char *path;
		const char *settings[2];
		const char *why;
	} rows[] = {
		{ "/status/503/60", { "retries=0", "retries=0" }, "Retry-After" },
		{ "/status/429/60", { "retries=1", "retries=1" }, "Retry-After" },
		{ "/status/503",
		  { "host_failures=1", "host_rest=60s" },
		  "host_failures, the last:"
		  " http_error 503" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;
		char until[40], wait[200];

		write_text("list", "%s\n%s\n", url(rows[i].path), url("/page/1"));
		run = RUN("list", "--fresh", "-v", FAST, "--concurrency", "1", "--max-time", "1s",
			  "--set", rows[i].settings[0], "--set", rows[i].settings[1]);
		snprintf(until, sizeof(until), "%s", ask("SELECT waits_until FROM hosts"));
		snprintf(wait, sizeof(wait), "waiting for %s until %s\n    (%s", site.origin, until,
			 rows[i].why);
		assert_says(run->error, "host_waits");
		assert_says(run->error, wait);
		assert_in_range(ask_number("SELECT unixepoch(waits_until) - unixepoch()"
					   " FROM hosts"),
				50, 61);
		assert_says(RUN("status")->out, " until ");
		assert_says(RUN("status")->out, until);
		assert_says(RUN("status")->out, rows[i].why);
		run = RUN("why", url("/page/1"));
		assert_says(run->out, until);
		assert_says(run->out, rows[i].why);
	}
	ask("UPDATE hosts SET waits_until = '2001-01-01T00:00:00.000Z'");
	assert_silent_on(RUN("status")->out, " until ");
	assert_silent_on(RUN("why", url("/page/1"))->out, "waits_until");
}

/* Its status counts, not that it is longer than a page may be. */
static void the_page_of_an_error_may_be_as_long_as_it_likes(void **state)
{
	(void)state;
	write_text("list", "%s\n%s\n", url("/long-status/503"), url("/long-status/404"));
	assert_code(RUN("list", FAST, "--set", "retries=1", "--set", "max_body=1000"), 1);
	assert_string_equal(ask("SELECT outcome, status, tries, error FROM pages ORDER BY status"),
			    "http_error|404|1|-\nhttp_error|503|2|-");
}

/* ---- hosts that fail ---- */

/* A port where nobody listens, and nobody will while the socket is open. */
static unsigned closed_port(int *guard)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	*guard = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(*guard, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(*guard, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

#define DEAD 60

static void write_dead_list(int *guard)
{
	unsigned port = closed_port(guard);
	FILE *list = fopen(in_folder("dead"), "w");

	for (int i = 0; i < DEAD; i++)
		fprintf(list, "http://127.0.0.1:%u/%d\n", port, i);
	fclose(list);
}

static void a_dead_host_is_given_up_in_the_end(void **state)
{
	struct program *run;
	int guard;

	(void)state;
	write_dead_list(&guard);
	run = RUN("dead", FAST, "--set", "retries=0", "--set", "host_failures=5", "--set",
		  "host_rest=50ms");
	assert_code(run, 1);
	assert_string_equal(ask("SELECT DISTINCT state, outcome, status, tries, fetched_at IS NULL,"
				" error LIKE 'not asked: %the last: connect'"
				" FROM pages ORDER BY outcome"),
			    "failed|connect|-|1|0|0\nfailed|host_down|-|0|1|1");
	assert_says(run->error, "host_rests");
	assert_says(run->error, "ms=50 ");
	assert_says(run->error, "ms=100 ");
	assert_says(run->error, "host_given_up");
	assert_in_range(ask_number("SELECT count(*) FROM pages WHERE outcome = 'host_down'"), 20,
			45);
	/* It is asked again by the next run. */
	run = RUN("dead", FAST, "--set", "retries=0", "--set", "host_failures=0");
	assert_code(run, 1);
	assert_silent_on(run->error, "host_rests");
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'host_down'"), 0);
	close(guard);
}

/* It will not be asked again: nobody waits for the minute that it wants. */
static void a_host_that_is_given_up_gets_no_time(void **state)
{
	static const char *const retries[] = { "retries=0", "retries=1" };

	(void)state;
	write_text("list", "%s\n%s\n%s\n%s\n", url("/status/503?1"), url("/status/503?2"),
		   url("/status/503/60"), url("/page/1"));
	for (size_t i = 0; i < COUNT_OF(retries); i++) {
		assert_code(RUN("list", "--fresh", FAST, "--concurrency", "1", "--set", retries[i],
				"--set", "host_failures=1", "--set", "host_rest=10ms", "--set",
				"retry_wait=1ms", "--max-time", "20s"),
			    1);
		assert_string_equal(ask("SELECT DISTINCT state, outcome, status FROM pages"
					" WHERE tries > 0"),
				    "failed|http_error|503");
		assert_string_equal(ask("SELECT state, outcome, status, tries FROM pages"
					" WHERE url LIKE '%/page/1'"),
				    "failed|host_down|-|0");
		assert_string_equal(ask("SELECT count(*) FROM pages"
					" WHERE outcome = 'http_error' AND status IS NULL"),
				    "0");
		assert_string_equal(ask("SELECT ended FROM runs"), "finished");
	}
}

/* Its robots.txt is tried, and nothing else. */
static void a_dead_host_costs_the_tries_of_its_robots_txt(void **state)
{
	int guard;

	(void)state;
	write_dead_list(&guard);
	assert_code(RUN("dead", "--delay", "0", "--set", "retry_wait=1ms"), 1);
	assert_string_equal(
		ask("SELECT state, outcome, tries, count(*) FROM pages GROUP BY 1, 2, 3"),
		"failed|connect|0|60");
	assert_string_equal(ask("SELECT robots, errors FROM hosts"), "unreachable|60");
	close(guard);
}

/* All 64 were under way when it began to fail: no reason to rest three times. */
static void a_burst_of_failures_counts_once(void **state)
{
	static const char *const failures[] = { "/delay/100/status/503?%d",
						"/delay/100/status/429?%d" };
	struct program *run;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		write_list("list", failures[i], 1, 64);
		run = RUN("list", "--fresh", FAST, "-j", "1", "--window", "128", "--concurrency",
			  "64", "--set", "retries=0", "--set", "host_failures=2", "--set",
			  "host_rest=20s");
		assert_code(run, 1);
		assert_silent_on(run->error, "host_rests");
		assert_int_equal(site_requests().count, 64 * (i + 1));
	}
}

static void a_page_that_answers_ends_the_row_of_failures(void **state)
{
	struct program *run;
	FILE *list;

	(void)state;
	list = fopen(in_folder("list"), "w");
	for (int i = 0; i < 30; i++)
		fprintf(list, "%s/status/503?%d\n%s/missing?%d\n", site.origin, i, site.origin, i);
	fclose(list);
	run = RUN("list", FAST, "--concurrency", "1", "--set", "retries=0", "--set",
		  "host_failures=2");
	assert_code(run, 1);
	assert_silent_on(run->error, "host_rests");
}

/* ---- nobody else waits ---- */

/* When the last page of an address arrived, from the first request of all. */
static int64_t last_arrival_ms(const struct requests *requests, const char *host)
{
	int64_t first = INT64_MAX, last = 0;

	for (size_t i = 0; i < requests->count; i++) {
		const struct request *request = &requests->list[i];

		if (request->arrived_ms < first)
			first = request->arrived_ms;
		if (strncmp(request->host, host, strlen(host)) == 0 && request->arrived_ms > last)
			last = request->arrived_ms;
	}
	return last - first;
}

static void a_slow_or_dead_host_does_not_hold_up_the_others(void **state)
{
	static const char *const troubles[] = { "/silence?%d", "/status/503/1?%d",
						"/delay/1200?%d" };
	int guard;
	unsigned port = closed_port(&guard);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(troubles); i++) {
		FILE *list = fopen(in_folder("list"), "w");
		struct requests requests;

		for (int page = 0; page < 40; page++) {
			fprintf(list, "http://127.0.0.1:%u/%d\n", port, page);
			fprintf(list, url_at(2, troubles[i]), page);
			fprintf(list, "\n%s/page/%d\n", site.origin, page);
		}
		fclose(list);
		RUN("list", "--fresh", FAST, "--set", "timeout=1500ms", "--set", "retries=1",
		    "--max-time", "1300ms", "-j", "2", "--grace", "0");
		requests = site_requests();
		assert_true(last_arrival_ms(&requests, "127.0.0.1") < 700);
		assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome = 'ok'"
					" AND url LIKE '%/page/%'"),
				    "40");
		site_stop(&site);
		unlink(in_folder("site.log"));
		assert_int_equal(
			site_start(&site, (const char *[]){ "--addresses", "3", "--workers", "2",
							    "--log", in_folder("site.log"), NULL }),
			0);
	}
	close(guard);
}

/* ---- hosts that do not answer ---- */

/* At every address: connections are made, and nothing comes.  Returns the descriptor. */
static int open_silence(unsigned *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&name, size) == 0 &&
		    listen(fd, 64) == 0 && getsockname(fd, (struct sockaddr *)&name, &size) == 0);
	*port = ntohs(name.sin_port);
	return fd;
}

/*
 * Before the last page of a good host is asked for, no more hosts that do not answer have been
 * asked than there are half of the places: all others wait for one.
 */
static void hosts_that_do_not_answer_have_half_of_the_places(void **state)
{
	static const struct {
		const char *workers, *window;
		const char *half;
	} rows[] = { { "1", "4", "2" }, { "2", "4", "4" }, { "1", "2", "1" } };
	char list[4000];
	unsigned port;
	int silence = open_silence(&port);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t size = 0;

		for (int page = 1; page <= 30; page++)
			size += (size_t)snprintf(list + size, sizeof(list) - size, "%s\n",
						 url("/page/%d", page));
		for (int host = 1; host <= 8; host++)
			size += (size_t)snprintf(list + size, sizeof(list) - size,
						 "http://127.1.0.%d:%u/\n", host, port);
		write_text("list", "%s", list);
		assert_code(RUN("list", "--fresh", FAST, "--workers", rows[i].workers, "--window",
				rows[i].window, "--timeout", "2s", "--retries", "0"),
			    1);
		assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
				    "ok|30\ntimeout|8");
		assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome = 'timeout' AND"
					" fetched_at < (SELECT max(fetched_at) FROM pages"
					" WHERE outcome = 'ok')"),
				    rows[i].half);
	}
	close(silence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_heals_is_fetched_and_every_try_is_told),
		T(there_are_as_many_tries_as_the_setting_says),
		T(a_try_begins_where_the_visit_began),
		T(a_url_that_is_tried_again_is_one_of_max_pages),
		T(a_retry_after_is_obeyed_up_to_an_hour),
		T(a_host_that_asks_for_time_gets_it_for_all_its_pages),
		T(a_host_that_asks_for_time_at_a_last_try_gets_it_too),
		T(a_burst_of_429s_is_waited_for_once),
		T(a_long_wait_is_shown_wherever_one_looks),
		T(the_next_run_gives_the_time_that_is_left),
		T(the_page_of_an_error_may_be_as_long_as_it_likes),
		T(a_dead_host_is_given_up_in_the_end),
		T(a_host_that_is_given_up_gets_no_time),
		T(a_dead_host_costs_the_tries_of_its_robots_txt),
		T(a_burst_of_failures_counts_once),
		T(a_page_that_answers_ends_the_row_of_failures),
		T(a_slow_or_dead_host_does_not_hold_up_the_others),
		T(hosts_that_do_not_answer_have_half_of_the_places),
	};

	return RUN_TESTS(tests);
}
