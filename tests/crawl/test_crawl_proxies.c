#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/scenario.h"
#include "tests/support/tls_stand_in.h"

/*
 * The program from end to end: behind proxies that work, fail, rest and die.
 *
 * What the site was asked for, and what the proxies have passed on, is the same, or somebody asked
 * directly.  Names of ".example" lead nowhere but by a proxy.
 */
#define QUICK           "--delay", "0", "--set", "host_rest=20ms", "--set", "retry_wait=1ms"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PROXIES_MAX     8

static const char *const rotations[] = { "host", "request", "failure" };

/* ---- proxies ---- */

static struct site_process proxies[PROXIES_MAX];
static size_t proxy_count;

static const char *log_of(size_t proxy)
{
	char name[30];

	snprintf(name, sizeof(name), "proxy-%zu.log", proxy);
	return in_folder(name);
}

/* Returns its number, from 0. */
static size_t start_proxy(const char *kind, const char *option, const char *value)
{
	char to[12];
	const char *options[] = { "--proxy",           kind,   "--to", to,  "--log",
				  log_of(proxy_count), option, value,  NULL };

	snprintf(to, sizeof(to), "%u", site.port);
	assert_true(proxy_count < PROXIES_MAX);
	assert_int_equal(site_start(&proxies[proxy_count], options), 0);
	return proxy_count++;
}

static void stop_proxies(void)
{
	while (proxy_count > 0) {
		struct site_process *proxy = &proxies[--proxy_count];

		if (proxy->pid > 0)
			site_stop(proxy);
	}
}

static size_t lines_of(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t count = 0;

	for (int c; file && (c = fgetc(file)) != EOF;)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

/* Requests that it has passed on. */
static size_t passed_by(size_t proxy)
{
	return lines_of(log_of(proxy));
}

static size_t passed_by_all(void)
{
	size_t sum = 0;

	for (size_t i = 0; i < proxy_count; i++)
		sum += passed_by(i);
	return sum;
}

static bool has_passed(size_t proxy, const char *words)
{
	FILE *file = fopen(log_of(proxy), "r");
	char line[4096];
	bool is_found = false;

	while (file && fgets(line, sizeof(line), file))
		is_found = is_found || strstr(line, words);
	if (file)
		fclose(file);
	return is_found;
}

/* All of the site, its robots.txt, too. */
static size_t asked_of_site(void)
{
	return site_requests().count + robots_requests();
}

static void assert_nothing_was_asked_directly(void)
{
	if (asked_of_site() > passed_by_all())
		fail_msg("%zu of the site, %zu by proxies", asked_of_site(), passed_by_all());
}

static int begin(void **state)
{
	(void)state;
	proxy_count = 0;
	return scenario_begin_with((const char *[]){ "--workers", "2", "--addresses", "4", NULL });
}

static int end(void **state)
{
	stop_proxies();
	return scenario_end(state);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* ---- configs ---- */

/* "scheme://[user@]127.0.0.1:port" of a proxy that runs. */
static void add_proxy(FILE *list, const char *scheme, const char *user, size_t proxy)
{
	fprintf(list, "%s://%s%s127.0.0.1:%u\n", scheme, user, user[0] ? "@" : "",
		proxies[proxy].port);
}

static FILE *open_list(void)
{
	FILE *list = fopen(in_folder("proxies.txt"), "w");

	assert_non_null(list);
	return list;
}

/* All that run, by HTTP. */
static void list_all(void)
{
	FILE *list = open_list();

	for (size_t i = 0; i < proxy_count; i++)
		add_proxy(list, "http", "", i);
	fclose(list);
}

static void write_config(const char *rotate, const char *more)
{
	write_text("c.yaml", "crawl:\n  proxies: {list: file:proxies.txt, rotate: %s}\n%s", rotate,
		   more);
}

/* URLs of so many hosts that only a proxy knows, and pages of each. */
static void write_pages(int hosts, int pages)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (int page = 1; page <= pages; page++)
		for (int host = 0; host < hosts; host++)
			fprintf(list, "http://h%d.example/page/%d\n", host, page);
	fclose(list);
}

/* ---- never directly ---- */

/* Whatever is wrong with all of them, and however they rotate. */
static void with_all_proxies_down_nothing_is_asked_directly(void **state)
{
	static const struct {
		const char *kind, *scheme; /* kind NULL: nobody listens there */
		const char *outcome;
	} rows[] = {
		{ NULL, "http", "proxy" },       { NULL, "https", "proxy" },
		{ NULL, "socks4a", "proxy" },    { NULL, "socks5h", "proxy" },
		{ "auth", "http", "proxy" },     { "close", "http", "proxy" },
		{ "rules", "socks5h", "proxy" }, { "http", "socks5h", "proxy" },
		{ "hang", "http", "proxy" },     { "hang", "socks5h", "proxy" },
		{ "hang", "https", "proxy" },
	};

	(void)state;
	write_text("list", "%s\n", url("/page/1"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		FILE *list = open_list();

		for (int n = 0; n < 2; n++) {
			if (rows[i].kind)
				add_proxy(list, rows[i].scheme, "",
					  start_proxy(rows[i].kind, NULL, NULL));
			else
				fprintf(list, "%s://127.0.0.%d:1\n", rows[i].scheme, n + 1);
		}
		fclose(list);
		for (size_t r = 0; r < COUNT_OF(rotations); r++) {
			struct program *run;

			write_config(rotations[r], "");
			run = RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set",
				  "host_rest=1ms", "--set", "timeout=150ms", "--set",
				  "connect_timeout=150ms");
			assert_code(run, 1);
			if (strcmp(ask("SELECT outcome FROM pages"), rows[i].outcome) != 0)
				fail_msg("row %zu, %s: %s", i, rotations[r],
					 ask("SELECT outcome, error FROM pages"));
		}
		assert_int_equal(asked_of_site(), 0);
		stop_proxies();
	}
}

static void a_single_proxy_that_is_down_rests_three_times_and_is_given_up(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "crawl: {proxy: 'u:s3cret@127.0.0.1:1'}\n");
	run = RUN(url("/page/1"), "-c", "c.yaml", QUICK);
	assert_code(run, 1);
	assert_silent_on(run->error, "s3cret");
	assert_string_equal(ask("SELECT state, outcome, status, tries FROM pages"),
			    "failed|proxy|-|0");
	assert_says(
		ask("SELECT error FROM pages"),
		"robots.txt: its proxy is given up, after 3 rests: http://127.0.0.1:1: connect");
	assert_string_equal(ask("SELECT proxy, pages, rests, rests_until FROM crawl_proxies"),
			    "http://127.0.0.1:1|0|3|-");
	assert_int_equal(asked_of_site(), 0);
	run = RUN("--retry-failed", QUICK);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT state, outcome FROM pages"), "done|ok");
}

/* Nobody waits minutes to learn that a port was wrong; one that has worked is waited for. */
static void a_proxy_that_was_typed_and_never_answers_fails_at_once(void **state)
{
	(void)state;
	assert_code(RUN("--proxy", "127.0.0.1:1", url("/page/1"), "--set", "retry_wait=1ms"), 1);
	assert_string_equal(ask("SELECT outcome, status FROM pages"), "connect|-");
	assert_int_equal(asked_of_site(), 0);
	start_proxy("http", "--dies-after", "5");
	write_pages(1, 9);
	assert_code(RUN("list", "--fresh", QUICK, "--concurrency", "1", "--proxy",
			strrchr(proxies[0].origin, '/') + 1),
		    1);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1 ORDER BY 1"),
			    "ok|4\nproxy|5");
	assert_int_equal(asked_of_site(), 5);
}

/* ---- the three rotations ---- */

static void each_host_keeps_its_proxy(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		start_proxy("http", NULL, NULL);
	list_all();
	write_config("host", "");
	write_pages(12, 4);
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	for (int host = 0; host < 12; host++) {
		char name[20];
		int used = 0;

		snprintf(name, sizeof(name), " h%d.example:80 ", host);
		for (size_t i = 0; i < proxy_count; i++)
			used += has_passed(i, name);
		assert_int_equal(used, 1);
	}
	for (size_t i = 0; i < proxy_count; i++)
		assert_true(passed_by(i) > 0);
	assert_int_equal(asked_of_site(), passed_by_all());
}

static void each_request_goes_by_the_next(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		start_proxy("http", NULL, NULL);
	list_all();
	write_config("request", "");
	write_pages(1, 29); /* and robots.txt */
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	assert_int_equal(passed_by_all(), 30);
	for (size_t i = 0; i < proxy_count; i++)
		assert_int_equal(passed_by(i), 10);
	assert_string_equal(ask("SELECT pages, failures FROM crawl_proxies ORDER BY pages"),
			    "9|0\n10|0\n10|0");
}

/* A connection that stands to one proxy is no reason to stay with it. */
static void requests_take_turns_over_connections_that_stay(void **state)
{
	unsigned ports[2] = { 0 }, counts[2] = { 0 };
	struct requests requests;
	FILE *list = open_list();

	(void)state;
	for (size_t i = 0; i < 2; i++)
		add_proxy(list, "socks5h", "", start_proxy("socks", NULL, NULL));
	fclose(list);
	write_config("request", "");
	write_pages(1, 20);
	assert_code(RUN("list", "-c", "c.yaml", QUICK, "-j", "1", "--concurrency", "1", "--set",
			"robots=false"),
		    0);
	requests = site_all_requests();
	assert_int_equal(requests.count, 20);
	for (size_t i = 0; i < requests.count; i++) {
		size_t which = ports[0] == 0 || ports[0] == requests.list[i].port ? 0 : 1;

		ports[which] = requests.list[i].port;
		counts[which]++;
	}
	assert_int_equal(counts[0], 10);
	assert_int_equal(passed_by_all(), 2); /* connections */
}

static void all_go_by_one_until_it_fails(void **state)
{
	(void)state;
	start_proxy("http", "--dies-after", "10");
	start_proxy("http", NULL, NULL);
	start_proxy("http", NULL, NULL);
	list_all();
	write_config("failure", "");
	write_pages(4, 10);
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 40);
	assert_int_equal(passed_by(0), 10);
	assert_in_range(passed_by(1), 30, 50);
	assert_int_equal(passed_by(2), 0);
	assert_nothing_was_asked_directly();
}

/* ---- rests ---- */

static void three_failures_are_a_rest_and_then_it_is_asked_again(void **state)
{
	struct program *run;

	(void)state;
	start_proxy("http", "--fails", "3");
	list_all();
	for (size_t r = 0; r < COUNT_OF(rotations); r++) {
		write_config(rotations[r], "");
		write_pages(1, 5);
		run = RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--concurrency", "1", "-v");
		assert_code(run, 0);
		assert_int_equal(
			ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok' AND tries = 1"),
			5);
		if (r > 0)
			continue;
		assert_says(run->error, "proxy_rests proxy=http://127.0.0.1:");
		assert_says(run->error, ": 5 pages, 3 failures, 1 rest\n");
		assert_says(run->error, "its proxies rest");
		assert_string_equal(ask("SELECT pages, failures, rests FROM crawl_proxies"),
				    "5|3|1");
		assert_says(RUN("status")->out, "proxy");
		assert_says(RUN("status", "--json")->out, "\"failures\":3");
		assert_int_equal(ask_number("SELECT max(errors) FROM hosts"), 0);
	}
	assert_int_equal(asked_of_site(), passed_by_all());
}

static void who_waits_for_proxies_ends_when_told_to(void **state)
{
	struct program *run;

	(void)state;
	write_text("proxies.txt", "http://127.0.0.1:1\nsocks5h://127.0.0.1:1\n");
	write_config("request", "");
	run = START(url("/page/1"), "-c", "c.yaml", "--delay", "0", "--set", "host_rest=1h");
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "proxy=socks5h")));
	kill(run->pid, SIGINT);
	assert_int_equal(program_wait(run), 130);
	assert_string_equal(ask("SELECT state FROM pages"), "pending");
	assert_says(RUN("status")->out, "its proxies rest");
	run = RUN(url("/page/1"), "-c", "c.yaml", "--delay", "0", "--set", "host_rest=1h",
		  "--max-time", "300ms");
	assert_code(run, 0);
	assert_says(run->error, "its proxies rest");
	assert_int_equal(asked_of_site(), 0);
}

/* ---- a proxy that dies, and we ---- */

static void a_proxy_that_dies_in_mid_run_loses_no_page(void **state)
{
	(void)state;
	for (size_t r = 0; r < COUNT_OF(rotations); r++) {
		start_proxy("http", "--dies-after", "7");
		start_proxy("http", "--dies-after", "11");
		start_proxy("http", NULL, NULL);
		list_all();
		write_config(rotations[r], "");
		write_pages(6, 10);
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK), 0);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 60);
		assert_nothing_was_asked_directly();
		stop_proxies(); /* their logs stay */
	}
}

/* A list as one finds them. */
static void two_good_proxies_among_eight_get_every_page(void **state)
{
	static const struct {
		const char *kind, *scheme, *option, *value;
	} rows[] = {
		{ "hang", "http", NULL, NULL },     { "close", "http", NULL, NULL },
		{ "auth", "http", NULL, NULL },     { "rules", "socks5h", NULL, NULL },
		{ "hang", "socks5h", NULL, NULL },  { "http", "http", "--dies-after", "20" },
		{ "socks", "socks5h", NULL, NULL }, { "http", "http", NULL, NULL },
	};
	FILE *list = open_list();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		add_proxy(list, rows[i].scheme, "",
			  start_proxy(rows[i].kind, rows[i].option, rows[i].value));
	fclose(list);
	write_pages(40, 3);
	for (size_t r = 0; r < COUNT_OF(rotations); r++) {
		write_config(rotations[r], "");
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set",
				SLOWNESS > 1 ? "timeout=2s" : "timeout=1s", "--set",
				"host_rest=100ms"),
			    0);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"),
				 120);
	}
}

static void the_only_proxy_dies_and_comes_back_and_no_page_is_lost(void **state)
{
	char port[12];
	struct program *run;

	(void)state;
	start_proxy("http", "--dies-after", "10");
	snprintf(port, sizeof(port), "%u", proxies[0].port);
	list_all();
	write_config("host", "");
	write_pages(2, 40);
	run = START("list", "-c", "c.yaml", "--delay", "10ms", "--set", "host_rest=1s");
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "proxy_rests")));
	site_stop(&proxies[0]);
	start_proxy("http", "--port", port);
	assert_int_equal(program_wait(run), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 80);
	assert_nothing_was_asked_directly();
}

static void a_crawl_that_is_killed_goes_on_by_its_proxies(void **state)
{
	(void)state;
	start_proxy("http", "--dies-after", "30");
	start_proxy("http", NULL, NULL);
	start_proxy("auth", NULL, NULL);
	list_all();
	write_config("request", "");
	write_pages(4, 50);
	for (int i = 0; i < 6; i++) {
		struct program *run =
			START("list", "-c", "c.yaml", "--delay", "5ms", "--set", "host_rest=20ms");

		nanosleep(&(struct timespec){ .tv_nsec = (30 + 40 * i) * 1000000 }, NULL);
		kill(run->pid, SIGKILL);
		program_wait(run);
	}
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 200);
	assert_nothing_was_asked_directly();
}

/* ---- whose fault ---- */

/* One is known at the sites, or busy, or is no proxy: pages come by the other, and it is charged
 * for them. */
static void what_another_gets_counts_against_a_proxy(void **state)
{
	static const char *const kinds[] = { "banned", "busy", "garble", "spoil" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		start_proxy(kinds[i], NULL, NULL);
		start_proxy("http", NULL, NULL);
		list_all();
		write_config("request", "");
		write_pages(2, 8);
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false",
				"--set", "host_rest=1h"),
			    0);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 16);
		assert_string_equal(ask("SELECT pages, rests FROM crawl_proxies ORDER BY pages"),
				    "0|1\n16|0");
		assert_says(ask("SELECT error FROM crawl_proxies WHERE pages = 0"),
			    "another proxy got a page");
		stop_proxies();
	}
}

/* Behind the next login the page comes by whichever is asked. */
static void a_session_that_ends_counts_against_no_proxy(void **state)
{
	(void)state;
	start_proxy("http", NULL, NULL);
	start_proxy("http", NULL, NULL);
	list_all();
	write_config("request", "hosts:\n- match: 'http://h0.example'\n  expect: '<h1>inside'\n"
				"  login: {url: 'http://h0.example/login/3', check: 'Sign out',\n"
				"    fields: {user: me, password: pw}}\n");
	write_text("list", "http://h0.example/inside/3/1\nhttp://h0.example/inside/3/2\n"
			   "http://h0.example/inside/3/3\nhttp://h0.example/inside/3/4\n"
			   "http://h0.example/inside/3/5\nhttp://h0.example/inside/3/6\n"
			   "http://h0.example/inside/3/7\nhttp://h0.example/inside/3/8\n");
	assert_code(RUN("list", "-c", "c.yaml", QUICK, "--set", "robots=false"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 8);
	assert_int_equal(ask_number("SELECT sum(failures) FROM crawl_proxies"), 0);
}

/* While the good one rests, the other would lose a page with each request. */
static void a_page_waits_for_the_proxy_that_can_get_it(void **state)
{
	static const char *const kinds[] = { "banned", "garble" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		start_proxy(kinds[i], NULL, NULL);
		start_proxy("lapse", NULL, NULL);
		list_all();
		write_config("request", "");
		write_pages(1, 12);
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--concurrency", "1",
				"--set", "robots=false", "--set", "host_rest=200ms"),
			    0);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"), 12);
		assert_int_equal(ask_number("SELECT max(rests) FROM crawl_proxies WHERE pages > 0"),
				 1);
		stop_proxies();
	}
}

static void what_no_proxy_gets_counts_against_none(void **state)
{
	static const struct {
		const char *path, *result, *more;
	} rows[] = {
		{ "/status/403", "http_error|403|3", "" },
		{ "/status/503", "http_error|503|3", "" },
		{ "/status/404", "http_error|404|1", "" },
		{ "/headers/65", "bad_response|200|3", "" },
		{ "/page/1", "wrong_page|200|3", "hosts:\n- {match: '*', refuse: 'page'}\n" },
	};

	(void)state;
	start_proxy("http", NULL, NULL);
	start_proxy("http", NULL, NULL);
	list_all();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_config("request", rows[i].more);
		write_text("list", "http://a.example%s\n", rows[i].path);
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false"),
			    1);
		assert_string_equal(ask("SELECT outcome, status, tries FROM pages"),
				    rows[i].result);
		assert_int_equal(ask_number("SELECT coalesce(sum(failures), 0) FROM crawl_proxies"),
				 0);
	}
}

/* A banned proxy's 403 would mean that a host has no robots.txt; without one nothing is asked. */
static void a_robots_txt_that_one_proxy_does_not_get_is_asked_for_by_another(void **state)
{
	static const char *const kinds[] = { "banned", "garble", "spoil" };

	(void)state;
	write_text("list", "http://a.example/page/1\n");
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		start_proxy(kinds[i], NULL, NULL);
		start_proxy("http", NULL, NULL);
		list_all();
		write_config("failure", "");
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK), 0);
		assert_int_equal(robots_requests(), i + 1);
		assert_string_equal(ask("SELECT robots FROM hosts"), "rules");
		stop_proxies();
	}
}

static void a_host_that_its_proxy_cannot_reach_is_the_host_that_fails(void **state)
{
	static const struct {
		const char *kind, *scheme, *result;
	} rows[] = {
		{ "http", "http", "http_error|502" },
		{ "socks", "socks5h", "connect|-" },
		{ "socks", "socks4a", "connect|-" },
		{ "socks", "socks5", "dns|-" },
	};

	(void)state;
	write_text("list", "http://no.invalid/page/1\nhttp://127.0.0.1:%u/page/1\n", site.port);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		FILE *list = open_list();

		add_proxy(list, rows[i].scheme, "", start_proxy(rows[i].kind, NULL, NULL));
		fclose(list);
		write_config("host", "");
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false"),
			    1);
		assert_string_equal(ask("SELECT outcome, status FROM pages ORDER BY url LIKE "
					"'%127%'"),
				    i == 0   ? "http_error|502\nok|200"
				    : i == 3 ? "dns|-\nok|200"
					     : "connect|-\nok|200");
		assert_string_equal(ask("SELECT pages, failures FROM crawl_proxies"), "1|0");
		stop_proxies();
	}
}

/* What a proxy may have passed on before it closed is not sent again; what it cannot have, is. */
static void a_post_goes_by_another_proxy_only_if_it_was_not_taken(void **state)
{
	static const struct {
		const char *kind; /* of the first, or NULL: nobody listens there */
		const char *outcome;
		size_t passed;
	} rows[] = { { NULL, "ok", 1 }, { "auth", "ok", 1 }, { "close", "truncated", 0 } };

	(void)state;
	write_text("list", "{\"url\": \"http://shop.example/posted\", \"form\": {\"a\": \"b\"}}\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		FILE *list = open_list();

		if (rows[i].kind)
			add_proxy(list, "http", "", start_proxy(rows[i].kind, NULL, NULL));
		else
			fprintf(list, "http://127.0.0.1:1\n");
		add_proxy(list, "http", "", start_proxy("http", NULL, NULL));
		fclose(list);
		write_config("failure", "");
		RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false");
		if (strcmp(ask("SELECT outcome FROM pages"), rows[i].outcome) != 0)
			fail_msg("row %zu: %s", i, ask("SELECT outcome, error FROM pages"));
		assert_int_equal(passed_by(proxy_count - 1), rows[i].passed);
		stop_proxies();
		for (size_t n = 0; n < 2; n++)
			unlink(log_of(n));
	}
}

/* ---- tunnels ---- */

static struct tls_stand_in tls;

static void start_tls_proxy(const char *kind, const char *option, const char *value)
{
	const char *options[] = {
		"--proxy", kind, "--log", log_of(proxy_count), option, value, NULL
	};

	assert_int_equal(site_start(&proxies[proxy_count++], options), 0);
}

static void a_tunnel_that_is_refused_leads_to_the_next_proxy(void **state)
{
	static const char *const kinds[] = { "refuse", "auth", "close", "banned" };
	char target[100];

	(void)state;
	if (!tls_is_possible())
		skip();
	assert_int_equal(tls_make_certificates(), 0);
	assert_int_equal(tls_start(&tls, false), 0);
	snprintf(target, sizeof(target), "%s/a", tls.origin);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		start_tls_proxy(kinds[i], NULL, NULL);
		start_tls_proxy("http", NULL, NULL);
		list_all();
		write_config("failure", "");
		assert_code(RUN(target, "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false",
				"--set", "ca_file=ca.pem"),
			    0);
		assert_string_equal(ask("SELECT outcome, tries FROM pages"), "ok|1");
		assert_string_equal(ask("SELECT pages, failures FROM crawl_proxies ORDER BY pages"),
				    "0|1\n1|0");
		assert_true(has_passed(1, "CONNECT 127.0.0.1:"));
		stop_proxies();
	}
	start_tls_proxy("refuse", NULL, NULL);
	list_all();
	assert_code(RUN(target, "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false", "--set",
			"ca_file=ca.pem"),
		    1);
	assert_string_equal(ask("SELECT outcome FROM pages"), "proxy");
	tls_stop(&tls);
}

/* Whoever vouches for hosts, ca_file, vouches for proxies, too. */
static void a_proxy_that_is_asked_over_tls_has_to_be_itself(void **state)
{
	FILE *list = open_list();

	(void)state;
	if (!tls_is_possible())
		skip();
	assert_int_equal(tls_make_certificates(), 0);
	assert_int_equal(tls_start(&tls, false), 0);
	fprintf(list, "https://me:s3cret@127.0.0.1:%u\n", tls.port);
	fclose(list);
	write_config("host", "");
	assert_code(RUN("http://shop.example/a", "-c", "c.yaml", QUICK, "--set", "robots=false",
			"--set", "ca_file=ca.pem"),
		    0);
	assert_string_equal(ask("SELECT outcome, status FROM pages"), "ok|200");
	assert_says(tls_heard(), "GET http://shop.example/a HTTP/1.1");
	assert_code(RUN("http://shop.example/b", "-c", "c.yaml", QUICK, "--fresh", "--set",
			"robots=false"),
		    1);
	assert_string_equal(ask("SELECT outcome FROM pages"), "proxy");
	assert_says(ask("SELECT error FROM crawl_proxies"), "tls: ");
	assert_silent_on(tls_heard(), "/b HTTP");
	tls_stop(&tls);
}

/* ---- names and passwords ---- */

static void names_go_to_the_proxy_as_they_are(void **state)
{
	static const struct {
		const char *kind, *scheme, *page, *passed;
	} rows[] = {
		{ "http", "http", "http://shop.example/page/1", "HTTP shop.example:80 /page/1" },
		{ "socks", "socks5h", "http://shop.example/page/1", "SOCKS5 shop.example:80" },
		{ "socks", "socks4a", "http://shop.example/page/1", "SOCKS4 shop.example:80" },
		{ "http", "http", "http://[2001:db8::1]:81/page/1",
		  "HTTP [2001:db8::1]:81 /page/1" },
		{ "socks", "socks5h", "http://[2001:db8::1]/page/1", "SOCKS5 2001:db8::1:80" },
		{ "socks", "socks5", "http://[2001:db8::1]/page/1", "SOCKS5 2001:db8::1:80" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		FILE *list = open_list();

		add_proxy(list, rows[i].scheme, "", start_proxy(rows[i].kind, NULL, NULL));
		fclose(list);
		write_config("host", "");
		write_text("list", "%s\n", rows[i].page);
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK), 0);
		assert_true(has_passed(proxy_count - 1, rows[i].passed));
		assert_int_equal(ask_number("SELECT count(address) FROM hosts"), 0);
	}
}

static void passwords_reach_their_proxy_as_they_were_meant(void **state)
{
	static const struct {
		const char *written, *meant;
	} rows[] = {
		{ "me:s3cret", "me:s3cret" },
		{ "me:s3@cret", "me:s3@cret" },
		{ "me:s3%40cret", "me:s3@cret" },
		{ "m%40e:%2f%3F%23%25s3cret", "m@e:/?#%s3cret" },
		{ "me:s3:cret&x=$!*';", "me:s3:cret&x=$!*';" },
		{ "me:s3%20cret%C3%BC", "me:s3 cret\303\274" },
		{ "s3cret:", "s3cret:" },
	};
	static const struct {
		const char *kind, *scheme;
	} ways[] = { { "http", "http" }, { "socks", "socks5h" } };

	(void)state;
	write_text("list", "http://shop.example/page/1\n");
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		size_t row = i / 2, way = i % 2;
		FILE *list;

		if (way == 1 && row + 1 == COUNT_OF(rows))
			continue; /* SOCKS 5 has no empty password (RFC 1929 2) */
		list = open_list();
		add_proxy(list, ways[way].scheme, rows[row].written,
			  start_proxy(ways[way].kind, "--user", rows[row].meant));
		fclose(list);
		write_config("host", "");
		if (RUN("list", "-c", "c.yaml", "--fresh", QUICK)->code != 0)
			fail_msg("%s by %s: %s", rows[row].written, ways[way].scheme,
				 ask("SELECT error FROM pages"));
		stop_proxies();
	}
}

/* A redirect, another try and what is not there are asked for by somebody, too. */
static void the_password_goes_with_every_hop_and_every_try(void **state)
{
	static const char *const targets[] = { "/redirect/4?to=/page/1", "/page/1", "/flaky/2/x",
					       "/status/404" };
	FILE *list = open_list(), *pages = fopen(in_folder("list"), "w");

	(void)state;
	for (int i = 0; i < 2; i++)
		add_proxy(list, "http", "me:s3cret", start_proxy("http", "--user", "me:s3cret"));
	fclose(list);
	write_config("request", "");
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		fprintf(pages, "http://shop.example%s\n", targets[i]);
	fclose(pages);
	RUN("list", "-c", "c.yaml", QUICK);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1 ORDER BY 1"),
			    "http_error|1\nmoved|1\nok|2");
	assert_int_equal(ask_number("SELECT sum(failures) FROM crawl_proxies WHERE error LIKE "
				    "'%407%'"),
			 0);
	assert_int_equal(asked_of_site(), passed_by_all());
}

static bool file_has(const char *name, const char *text)
{
	char command[500];

	snprintf(command, sizeof(command), "grep -qaF -e '%s' '%s'", text, in_folder(name));
	return system(command) == 0;
}

/* Whatever goes wrong, and however much is said. */
static void passwords_are_in_no_log_and_no_database(void **state)
{
	static const char *const users[] = { "me:s3cret", "s3cret", "me:x%40s3cret",
					     "me:x@s3cret" };
	FILE *list = open_list();
	struct program *runs[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		add_proxy(list, i % 2 ? "socks5" : "http", users[i],
			  start_proxy("auth", NULL, NULL));
		fprintf(list, "http://%s@no.such.invalid:1\n", users[i]);
		fprintf(list, "https://%s@127.0.0.1:1\n", users[i]);
	}
	fclose(list);
	write_config("request", "");
	write_pages(2, 3);
	runs[0] = RUN("list", "-c", "c.yaml", QUICK, "-v", "--set", "connect_timeout=200ms");
	assert_code(runs[0], 1);
	runs[1] = RUN("status");
	runs[2] = RUN("why", "http://h0.example/page/1");
	runs[3] = RUN("sql", "SELECT * FROM crawl_proxies");
	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		assert_silent_on(runs[i]->out, "s3cret");
		assert_silent_on(runs[i]->error, "s3cret");
	}
	ask_in(NULL, NULL);
	assert_false(file_has("crawl.db", "s3cret"));

	runs[0] = RUN("--proxy", "me:s3cret@127.0.0.1:1", url("/page/1"), "-o", "f.db", QUICK);
	assert_code(runs[0], 1);
	assert_false(file_has("f.db", "s3cret"));
}

/* libcurl itself reads what the environment has: it is no proxy that a config could have. */
static void passwords_of_the_environment_are_nowhere_either(void **state)
{
	static const char *const proxies_of_it[] = { "http_proxy=http://me:p@s3cret@127.0.0.1:1",
						     "http_proxy=http://me:s3cret@127.0.0.1:x",
						     "http_proxy=http://me:s3cret@no.invalid:1",
						     "http_proxy=ftp://me:s3cret@127.0.0.1:1" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(proxies_of_it); i++) {
		const char *environment[] = { proxies_of_it[i], NULL };
		struct program_setup setup = { .environment = environment };
		struct program *run =
			RUN_WITH(&setup, url("/page/1"), "-o", "e.db", "--fresh", QUICK, "-v");

		assert_code(run, 1);
		assert_silent_on(run->error, "s3cret");
		assert_false(file_has("e.db", "s3cret"));
	}
}

/* One gate, many users. */
static void users_of_one_gate_are_proxies_of_their_own(void **state)
{
	FILE *list = open_list();

	(void)state;
	start_proxy("socks", "--user", "a:1");
	add_proxy(list, "socks5h", "a:1", 0);
	add_proxy(list, "socks5h", "b:2", 0);
	fclose(list);
	write_config("request", "");
	write_pages(1, 6);
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT proxy LIKE '% (2)', pages, failures > 0 FROM crawl_proxies"
				" ORDER BY pages"),
			    "1|0|1\n0|6|0");
}

/* ---- hosts ---- */

static void a_host_may_have_its_own_or_none(void **state)
{
	char more[300];

	(void)state;
	start_proxy("http", NULL, NULL);
	start_proxy("http", NULL, NULL);
	list_all();
	snprintf(more, sizeof(more),
		 "hosts:\n"
		 "- {match: 127.0.0.1, proxy: none}\n"
		 "- {match: own.example, proxy: 'http://127.0.0.1:%u'}\n",
		 proxies[1].port);
	write_text("c.yaml", "crawl: {proxy: 'http://127.0.0.1:%u'}\n%s", proxies[0].port, more);
	write_text("list", "%s\nhttp://own.example/page/1\nhttp://other.example/page/1\n",
		   url("/page/1"));
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	assert_int_equal(asked_of_site(), passed_by_all() + 2); /* page, robots.txt */
	assert_true(has_passed(0, "other.example"));
	assert_false(has_passed(0, "own.example"));
	assert_true(has_passed(1, "own.example"));
	assert_false(has_passed(1, "other.example"));
}

/* The environment is for hosts of which nothing is said. */
static void a_list_is_what_it_says_whatever_the_environment_has(void **state)
{
	const char *environment[] = { "http_proxy=http://127.0.0.1:1", "no_proxy=*", NULL };
	struct program_setup setup = { .environment = environment };

	(void)state;
	start_proxy("http", NULL, NULL);
	list_all();
	write_config("host", "");
	write_text("list", "%s\n", url("/page/1"));
	assert_code(RUN_WITH(&setup, "list", "-c", "c.yaml", QUICK), 0);
	assert_int_equal(asked_of_site(), passed_by_all());
	assert_true(passed_by_all() > 0);
}

static void a_page_leads_to_no_private_host_by_a_list_either(void **state)
{
	static const struct {
		const char *to, *result;
	} rows[] = {
		{ "http://other.example/page/1", "ok" },
		{ "http://127.0.0.1/page/1", "blocked_address" },
		{ "http://127.1/page/1", "blocked_address" },
		{ "http://0177.0.0.1/page/1", "blocked_address" },
		{ "http://2130706433/page/1", "blocked_address" },
		{ "http://0x7f000001/page/1", "blocked_address" },
		{ "http://127.0.0.1./page/1", "blocked_address" },
		{ "http://%31%32%37.0.0.1/page/1", "blocked_address" },
		{ "http://10.1.2.3/page/1", "blocked_address" },
		{ "http://169.254.169.254/page/1", "blocked_address" },
		{ "http://[::1]/page/1", "blocked_address" },
		{ "http://[::ffff:127.0.0.1]/page/1", "blocked_address" },
		{ "http://[fd00::1]/page/1", "blocked_address" },
		{ "http://localhost/page/1", "blocked_address" },
		{ "http://LOCALHOST./page/1", "blocked_address" },
		{ "http://a.b.localhost/page/1", "blocked_address" },
	};
	static const struct {
		const char *kind, *scheme;
	} ways[] = { { "http", "http" }, { "socks", "socks5h" } };

	(void)state;
	for (size_t way = 0; way < COUNT_OF(ways); way++) {
		FILE *list = open_list(), *pages = fopen(in_folder("list"), "w");

		add_proxy(list, ways[way].scheme, "", start_proxy(ways[way].kind, NULL, NULL));
		fclose(list);
		write_config("host", "");
		for (size_t i = 0; i < COUNT_OF(rows); i++)
			fprintf(pages, "http://p%zu.example/redirect-to?url=%s\n", i, rows[i].to);
		fclose(pages);
		RUN("list", "-c", "c.yaml", "--fresh", QUICK, "--set", "robots=false");
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			char sql[200];

			snprintf(sql, sizeof(sql),
				 "SELECT outcome FROM pages WHERE url LIKE 'http://p%zu.%%'", i);
			if (strcmp(ask(sql), rows[i].result) != 0)
				fail_msg("%s %s: %s", ways[way].scheme, rows[i].to, ask(sql));
		}
		stop_proxies();
	}
}

/* ---- other commands ---- */

static void a_page_to_try_comes_by_the_proxy_that_a_crawl_would_take(void **state)
{
	static const char *const pattern = "title=<title>(?<t>[^<]*)";
	struct program *run;

	(void)state;
	start_proxy("auth", NULL, NULL);
	start_proxy("http", NULL, NULL);
	list_all();
	write_config("failure", "");
	run = RUN("try", "-c", "c.yaml", "-e", pattern, "http://shop.example/page/1");
	assert_code(run, 0);
	assert_int_equal(passed_by(1), 1);
	write_text("p.yaml", "crawl:\n  proxies: {list: file:proxies.txt}\n"
			     "patterns:\n- name: t\n  pattern: '<title>(?<t>[^<]*)'\n");
	assert_code(RUN("explain", "t", "http://shop.example/page/2", "-c", "p.yaml"), 0);
	assert_int_equal(passed_by(1), 2);
	assert_code(RUN("test", "p.yaml", "--record", "http://shop.example/page/3"), 0);
	assert_int_equal(passed_by(1), 3);
	stop_proxies();
	run = RUN("try", "-c", "c.yaml", "-e", pattern, url("/page/1"));
	assert_code(run, 1);
	assert_says(run->error, "/page/1: proxy: http://127.0.0.1:");
	assert_int_equal(asked_of_site(), 3);
}

static void what_a_rule_says_of_proxies_is_shown_by_check(void **state)
{
	struct program *run;

	(void)state;
	write_text("proxies.txt", "http://me:s3cret@127.0.0.1:1\nsocks5://127.0.0.1:2\n");
	write_config("request", "hosts:\n- {match: a.org, proxy: none}\n");
	run = RUN("check", "c.yaml");
	assert_code(run, 0);
	assert_says(run->error, "all hosts: 2 proxies (rotate request)");
	assert_says(run->error, "a.org: proxy none");
	assert_silent_on(run->error, "s3cret");
}

/* ---- bad input ---- */

static void of_a_list_with_junk_each_line_is_named_and_nothing_is_asked(void **state)
{
	struct program *run;

	(void)state;
	write_text("proxies.txt", "http://127.0.0.1:1\n<html>\nhttp://u:s3cret@\n\n1:2:3:s3cret\n");
	write_config("host", "");
	run = RUN(url("/page/1"), "-c", "c.yaml");
	assert_code(run, 2);
	assert_says(run->error, "proxies.txt:2: error: ");
	assert_says(run->error, "proxies.txt:3: error: ");
	assert_says(run->error, "proxies.txt:5: error: ");
	assert_silent_on(run->error, "s3cret");
	assert_int_equal(asked_of_site(), 0);
	assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
	assert_code(RUN("check", "c.yaml"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(with_all_proxies_down_nothing_is_asked_directly),
		T(a_single_proxy_that_is_down_rests_three_times_and_is_given_up),
		T(a_proxy_that_was_typed_and_never_answers_fails_at_once),
		T(each_host_keeps_its_proxy),
		T(each_request_goes_by_the_next),
		T(requests_take_turns_over_connections_that_stay),
		T(all_go_by_one_until_it_fails),
		T(three_failures_are_a_rest_and_then_it_is_asked_again),
		T(who_waits_for_proxies_ends_when_told_to),
		T(a_proxy_that_dies_in_mid_run_loses_no_page),
		T(two_good_proxies_among_eight_get_every_page),
		T(the_only_proxy_dies_and_comes_back_and_no_page_is_lost),
		T(a_crawl_that_is_killed_goes_on_by_its_proxies),
		T(what_another_gets_counts_against_a_proxy),
		T(a_session_that_ends_counts_against_no_proxy),
		T(a_page_waits_for_the_proxy_that_can_get_it),
		T(what_no_proxy_gets_counts_against_none),
		T(a_robots_txt_that_one_proxy_does_not_get_is_asked_for_by_another),
		T(a_host_that_its_proxy_cannot_reach_is_the_host_that_fails),
		T(a_post_goes_by_another_proxy_only_if_it_was_not_taken),
		T(a_tunnel_that_is_refused_leads_to_the_next_proxy),
		T(a_proxy_that_is_asked_over_tls_has_to_be_itself),
		T(names_go_to_the_proxy_as_they_are),
		T(passwords_reach_their_proxy_as_they_were_meant),
		T(the_password_goes_with_every_hop_and_every_try),
		T(passwords_are_in_no_log_and_no_database),
		T(passwords_of_the_environment_are_nowhere_either),
		T(users_of_one_gate_are_proxies_of_their_own),
		T(a_host_may_have_its_own_or_none),
		T(a_list_is_what_it_says_whatever_the_environment_has),
		T(a_page_leads_to_no_private_host_by_a_list_either),
		T(a_page_to_try_comes_by_the_proxy_that_a_crawl_would_take),
		T(what_a_rule_says_of_proxies_is_shown_by_check),
		T(of_a_list_with_junk_each_line_is_named_and_nothing_is_asked),
	};

	return RUN_TESTS(tests);
}
