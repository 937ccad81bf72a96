#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "parsers/site/robots.h"
#include "tests/support/scenario.h"

/*
 * The program from end to end: robots.txt is asked for first, once, and obeyed, whatever it is.
 *
 * The site answers /robots.txt with root/robots, which the tests write.
 */
#define FAST            "--delay", "0", "--concurrency", "16"
#define QUICK           FAST, "--set", "retries=0"
#define HEALS           FAST, "--set", "retries=2", "--set", "retry_wait=5ms"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* How much earlier than promised a request may seem: a busy machine makes the site look late. */
#define JITTER_MS 50

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--robots-as", "/robots", "--addresses", "3",
						       "--workers", "2", NULL });
}

static int begin_many(void **state)
{
	(void)state;
	return scenario_begin_rooted(
		(const char *[]){ "--robots-as", "/robots", "--addresses", "12", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

static void write_robots(const char *text)
{
	write_text("root/robots", "%s", text);
}

/* "outcome|state" of a URL. */
static const char *outcome_of(const char *full_url)
{
	char sql[600];

	snprintf(sql, sizeof(sql), "SELECT outcome, state FROM pages WHERE url = '%s'", full_url);
	return ask(sql);
}

/* ---- what it forbids ---- */

static void forbidden_pages_are_skipped_with_the_line_that_forbids_them(void **state)
{
	(void)state;
	write_robots("# no rules\nUser-agent: *\nDisallow: /page/1 # secret\nAllow: /page/12\n");
	write_list("list", "/page/%d", 1, 20);
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome = 'ok'"), "10");
	assert_string_equal(ask("SELECT DISTINCT state, outcome, status, tries, error FROM pages"
				" WHERE outcome <> 'ok'"),
			    "skipped|robots|-|0|robots.txt line 3: Disallow: /page/1");
	for (int page = 1; page <= 20; page++) {
		bool is_allowed = page > 1 && (page < 10 || page == 12 || page == 20);
		struct requests requests = site_requests();
		char target[16];

		snprintf(target, sizeof(target), "/page/%d", page);
		assert_int_equal(requests_for(&requests, target), is_allowed);
	}
}

static void the_group_is_that_of_the_user_agent(void **state)
{
	(void)state;
	write_robots("User-agent: *\nDisallow: /\nUser-agent: MyBot\nDisallow: /page/1\n");
	assert_code(RUN(url("/page/1"), url("/page/2"), QUICK, "--set",
			"user_agent=mybot/1.0 (+mailto:me@example.org)"),
		    0);
	assert_string_equal(outcome_of(url("/page/1")), "robots|skipped");
	assert_string_equal(outcome_of(url("/page/2")), "ok|done");
}

/* A name that nobody would guess is told; so is no other. */
static void the_name_is_that_of_a_compatible_agent_or_is_set(void **state)
{
	static const struct {
		const char *settings[2];
		bool is_told;
	} rows[] = {
		{ { "user_agent=Mozilla/5.0 (compatible; mybot/1.0; +https://example.org/)",
		    "grace=1s" },
		  true },
		{ { "user_agent=Research (+https://example.org/)", "robots_agent=mybot" }, false },
		{ { "user_agent=Mozilla/5.0 (X11)", "robots_agent=mybot/1.0" }, false },
		{ { "user_agent=mybot/1.0 (me)", "grace=1s" }, false },
	};

	(void)state;
	write_robots("User-agent: *\nDisallow:\nUser-agent: MyBot\nDisallow: /page/1\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN(url("/page/1"), url("/page/2"), QUICK, "--fresh", "--set",
					  rows[i].settings[0], "--set", rows[i].settings[1]);

		assert_code(run, 0);
		assert_string_equal(outcome_of(url("/page/1")), "robots|skipped");
		assert_string_equal(outcome_of(url("/page/2")), "ok|done");
		assert_int_equal(strstr(run->error, "read for 'mybot'") != NULL, rows[i].is_told);
	}
}

static void with_robots_false_nobody_asks_and_nothing_is_forbidden(void **state)
{
	(void)state;
	write_robots("User-agent: *\nDisallow: /\nCrawl-delay: 0.3\n");
	write_text("config.yaml", "hosts: [{match: '127.0.0.2', robots: false}]\n");
	write_text("list", "%s\n%s\n%s\n", url_at(1, "/page/1"), url_at(2, "/page/1"),
		   url_at(2, "/page/2"));
	assert_code(RUN("list", "-c", "config.yaml", QUICK), 0);
	assert_string_equal(outcome_of(url_at(1, "/page/1")), "robots|skipped");
	assert_string_equal(ask("SELECT DISTINCT outcome FROM pages WHERE url LIKE '%.2:%'"), "ok");
	assert_int_equal(robots_requests(), 1);
	/* What is remembered of the first host does not count either. */
	write_list("more", "/page/%d", 1, 3);
	assert_code(RUN("more", "-c", "config.yaml", QUICK, "--set", "robots=false"), 0);
	assert_string_equal(ask("SELECT DISTINCT outcome FROM pages WHERE url LIKE '%.1:%'"), "ok");
	assert_string_equal(ask("SELECT DISTINCT delay_ms FROM hosts"), "0");
	assert_int_equal(robots_requests(), 1);
}

/* One that lets something in is a success; what the lists of an earlier run brought is no excuse.
 */
static void the_exit_code_is_1_if_every_url_of_the_lists_is_forbidden(void **state)
{
	static const struct {
		const char *paths[2];
		bool is_fresh, is_all_forbidden;
	} rows[] = {
		{ { "/private/1" }, true, true },
		{ { "/private/1", "/private/2" }, true, true },
		{ { "/private/1" }, false, true }, /* a new pass */
		{ { "/private/1", "/page/1" }, true, false },
		{ { "/redirect-to?url=/private/1", "/private/2" }, true, true },
		{ { "/page/1" }, true, false },
	};
	struct program *run;

	(void)state;
	write_robots("User-agent: *\nDisallow: /private/\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *second = rows[i].paths[1];

		write_text("list", "%s\n%s\n", url("%s", rows[i].paths[0]),
			   second ? url("%s", second) : "");
		run = RUN("list", QUICK, rows[i].is_fresh ? "--fresh" : "-v");
		assert_code(run, rows[i].is_all_forbidden);
		assert_int_equal(strstr(run->error, "exit 1: every URL is forbidden by robots") !=
					 NULL,
				 rows[i].is_all_forbidden);
	}
	/* /page/1 is there already, and is left alone. */
	run = RUN(url("/private/1"), "--retry-failed", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "exit 1: every URL is forbidden by robots");
	assert_code(RUN(url("/page/1"), "--retry-failed", QUICK), 0);
}

/* A redirect is no way around. */
static void every_hop_of_a_redirect_is_checked(void **state)
{
	static const char *const hops[] = { "/redirect-to?url=/private/1",
					    "/redirect/3?to=/private/1" };

	(void)state;
	write_robots("User-agent: *\nDisallow: /private/\n");
	for (size_t i = 0; i < COUNT_OF(hops); i++) {
		assert_code(RUN(url("%s", hops[i]), QUICK), 1);
		assert_string_equal(outcome_of(url("%s", hops[i])), "robots|skipped");
	}
	assert_string_equal(ask("SELECT DISTINCT final_url, error FROM pages"),
			    strcat(strcpy((char[300]){ 0 }, url("/private/1")),
				   "|robots.txt line 2: Disallow: /private/"));
	assert_null(strstr(ask("SELECT group_concat(url) FROM pages"), ",/private/1"));
	for (struct requests requests = site_requests(); requests.count > 0; requests.count--)
		assert_string_not_equal(requests.list[requests.count - 1].target, "/private/1");
}

static void a_redirect_to_another_host_asks_that_host_first(void **state)
{
	char hop[200];
	struct requests requests;

	(void)state;
	write_robots("User-agent: *\nDisallow: /private/\n");
	snprintf(hop, sizeof(hop), "/redirect-to?url=%s", url_at(2, "/private/1"));
	write_text("list", "%s\n", url_at(1, hop));
	snprintf(hop, sizeof(hop), "/redirect-to?url=%s", url_at(3, "/page/1"));
	write_text("more", "%s\n", url_at(1, hop));
	assert_code(RUN("list", "more", QUICK), 0);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY url"), "robots\nok");
	assert_int_equal(robots_requests(), 3);
	requests = site_requests();
	assert_int_equal(requests.count, 3);
}

static void thousands_of_forbidden_pages_cost_one_request(void **state)
{
	(void)state;
	write_robots("User-agent: *\nDisallow: /\n");
	write_list("list", "/page/%d", 1, 5000);
	assert_code(RUN("list", FAST), 1);
	assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"),
			    "skipped|robots|5000");
	assert_int_equal(robots_requests(), 1);
	assert_int_equal(site_requests().count, 0);
}

/* ---- whatever the answer is ---- */

#define READ_MAX (500 * 1024) /* bytes of a robots.txt that are read (RFC 9309 2.5) */

#define RULES "User-agent: *\nDisallow: /page/1\n"

/* The same in UTF-16, of which nothing but UTF-8 knows. */
static void write_utf16(const char *name, const char *mark, const char *text, bool is_big_endian)
{
	char bytes[2 + 2 * sizeof(RULES)];
	size_t size = strlen(mark);

	memcpy(bytes, mark, size);
	for (; *text; text++) {
		bytes[size++] = is_big_endian ? '\0' : *text;
		bytes[size++] = is_big_endian ? *text : '\0';
	}
	write_bytes(name, bytes, size);
}

/* What stands in the database of /page/1 and of its host: "outcome|state|robots". */
static const char *recorded(void)
{
	return ask("SELECT outcome, state, robots FROM pages, hosts");
}

static void write_answers(void)
{
	char *padding = calloc(1, 700000);

	write_robots("User-agent: *\nDisallow: /page/\n");
	write_utf16("root/utf16le", "\xff\xfe", RULES, false);
	write_utf16("root/utf16be", "\xfe\xff", RULES, true);
	write_utf16("root/utf16", "", RULES, false);
	memset(padding, '#', 699999);
	write_text("root/long", RULES "%s\nAllow: /page/1\n", padding);
	free(padding);
	write_text("root/huge", RULES);
	assert_int_equal(truncate(in_folder("root/huge"), 1000000000), 0); /* of zeros */
}

static const char *timeout_for(const char *wanted)
{
	return strncmp(wanted, "timeout", 7) == 0 ? "timeout=500ms" : "timeout=30s";
}

static void every_answer_means_what_the_standard_says(void **state)
{
	static const struct {
		const char *answer, *recorded; /* of a page that the rules of root/robots forbid */
	} rows[] = {
		{ "/robots", "robots|skipped|rules" },
		/* there is none */
		{ "/status/404", "ok|done|none" },
		{ "/status/400", "ok|done|none" },
		{ "/status/401", "ok|done|none" },
		{ "/status/403", "ok|done|none" },
		{ "/status/410", "ok|done|none" },
		{ "/long-status/404", "ok|done|none" },
		{ "/cut-missing", "ok|done|none" },
		/* nothing is forbidden */
		{ "/status/204", "ok|done|rules" },
		{ "/empty", "ok|done|rules" },
		{ "/", "ok|done|rules" }, /* HTML */
		{ "/utf16", "ok|done|rules" },
		{ "/utf16le", "ok|done|rules" },
		{ "/utf16be", "ok|done|rules" },
		{ "/type/image/png", "ok|done|rules" },
		/* it could not be had: a failure with its outcome, and no rule of the site */
		{ "/status/429", "http_error|failed|unreachable" },
		{ "/status/500", "http_error|failed|unreachable" },
		{ "/status/501", "http_error|failed|unreachable" },
		{ "/status/503", "http_error|failed|unreachable" },
		{ "/long-status/503", "http_error|failed|unreachable" },
		{ "/status/304", "bad_response|failed|unreachable" },
		/* neither a text nor a way to one */
		{ "/status/301", "http_error|failed|unreachable" },
		{ "/redirect-to?url=/robots&status=300", "http_error|failed|unreachable" },
		{ "/redirect-to?url=/robots&status=304", "bad_response|failed|unreachable" },
		{ "/redirect-to?url=&status=302", "http_error|failed|unreachable" },
		{ "/silence", "timeout|failed|unreachable" },
		{ "/drip/1000000/50", "timeout|failed|unreachable" },
		{ "/reset", "connect|failed|unreachable" },
		{ "/cut-body", "truncated|failed|unreachable" },
		{ "/garbage", "bad_response|failed|unreachable" },
		{ "/headers/400", "bad_response|failed|unreachable" },
		{ "/gzip-bad", "bad_encoding|failed|unreachable" },
		/* it is elsewhere (RFC 9309 2.3.1.2) */
		{ "/redirect/1?to=/robots", "robots|skipped|rules" },
		{ "/redirect-to?url=/robots&status=301", "robots|skipped|rules" },
		{ "/redirect-to?url=/robots&status=308", "robots|skipped|rules" },
		{ "/redirect/5?to=/robots", "robots|skipped|rules" },
		{ "/redirect/2?to=/missing", "ok|done|none" },
		{ "/redirect/2?to=/status/500", "http_error|failed|unreachable" },
		/* it is nowhere */
		{ "/redirect/6?to=/robots", "redirect_loop|failed|unreachable" },
		{ "/redirect-loop", "redirect_loop|failed|unreachable" },
		{ "/redirect-ring/3/0", "redirect_loop|failed|unreachable" },
		{ "/redirect-scheme", "bad_response|failed|unreachable" },
		/* it is long, or has no end: the first 500 KiB count */
		{ "/long", "robots|skipped|rules" },
		{ "/huge", "robots|skipped|rules" },
		{ "/endless-robots", "robots|skipped|rules" },
		{ "/size/1000000000", "ok|done|rules" },
		{ "/gzip-bomb/1000", "ok|done|rules" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *options[] = { "--workers", "1", "--robots-as", rows[i].answer, NULL };

		assert_int_equal(scenario_begin_rooted(options), 0);
		write_answers();
		RUN(url("/page/1"), QUICK, "-j", "1", "--set", timeout_for(rows[i].recorded));
		if (strcmp(recorded(), rows[i].recorded) != 0)
			fail_msg("%s: %s", rows[i].answer, recorded());
		if (ask_number("SELECT count(*) FROM pages WHERE state = 'failed' AND"
			       " coalesce(error, '') NOT LIKE 'robots.txt: %'") > 0)
			fail_msg("%s: %s", rows[i].answer, ask("SELECT error FROM pages"));
		if (ask_number("SELECT coalesce(length(robots_text), 0) FROM hosts") > READ_MAX)
			fail_msg("%s: more than 500 KiB are kept", rows[i].answer);
		assert_int_equal(scenario_end(NULL), 0);
	}
}

/* A long robots.txt whose last rule begins so many bytes from its start. */
static void write_long_robots(size_t rule_at)
{
	static char text[READ_MAX + 1000];
	size_t size = (size_t)sprintf(text, "User-agent: *\nDisallow: /secret\n#");

	memset(text + size, '-', rule_at - size);
	strcpy(text + rule_at - 1, "\nDisallow: /page/\n");
	write_robots(text);
}

/* What max_body says is of pages. */
static void it_is_read_up_to_500_kib_whatever_max_body(void **state)
{
	static const char *const limits[] = { "max_body=1000", "max_body=10MB" };

	(void)state;
	write_long_robots(READ_MAX - strlen("Disallow: /page/\n"));
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		RUN("--fresh", url("/empty"), url("/secret"), url("/page/1"), QUICK, "--set",
		    limits[i]);
		assert_string_equal(outcome_of(url("/empty")), "ok|done");
		assert_string_equal(outcome_of(url("/secret")), "robots|skipped");
		assert_string_equal(outcome_of(url("/page/1")), "robots|skipped");
	}
}

/* "Disallow: /" would be what is left of a rule for another page. */
static void a_rule_that_is_cut_off_is_none(void **state)
{
	(void)state;
	write_long_robots(READ_MAX - strlen("Disallow: /"));
	RUN(url("/empty"), url("/secret"), url("/page/1"), QUICK);
	assert_string_equal(outcome_of(url("/empty")), "ok|done");
	assert_string_equal(outcome_of(url("/secret")), "robots|skipped");
	assert_string_equal(outcome_of(url("/page/1")), "ok|done");
}

/* ---- how often ---- */

static void it_is_asked_for_once_a_host_and_remembered_for_a_day(void **state)
{
	(void)state;
	write_robots("User-agent: *\nDisallow: /page/3\n");
	for (int address = 1; address <= 3; address++) {
		char name[16];
		FILE *list;

		snprintf(name, sizeof(name), "list%d", address);
		list = fopen(in_folder(name), "w");
		for (int page = 1; page <= 10; page++)
			fprintf(list, "%s%d\n", url_at((unsigned)address, "/page/"), page);
		fclose(list);
	}
	assert_code(RUN("list1", "list2", "list3", QUICK, "-j", "3"), 0);
	assert_int_equal(robots_requests(), 3);
	assert_code(RUN("list1", "list2", "list3", QUICK), 0);
	assert_int_equal(robots_requests(), 3);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1 ORDER BY 1"),
			    "ok|27\nrobots|3");
	ask("UPDATE hosts SET robots_at = robots_at - 24 * 60 * 60 * 1000 WHERE id = 2");
	assert_code(RUN("list1", "list2", "list3", QUICK), 0);
	assert_int_equal(robots_requests(), 4);
	ask("UPDATE hosts SET robots_at = robots_at + 24 * 60 * 60 * 1000"); /* a clock that was
										wrong */
	assert_code(RUN("list1", "list2", "list3", QUICK), 0);
	assert_int_equal(robots_requests(), 7);
}

static void what_is_allowed_later_is_fetched_by_the_next_pass(void **state)
{
	(void)state;
	write_robots("User-agent: *\nDisallow: /page/1\n");
	assert_code(RUN(url("/page/1"), url("/page/2"), QUICK), 0);
	assert_string_equal(outcome_of(url("/page/1")), "robots|skipped");
	ask("UPDATE hosts SET robots_at = 0");
	write_robots("User-agent: *\nDisallow: /page/2\n");
	assert_code(RUN("--all", QUICK), 0);
	assert_string_equal(outcome_of(url("/page/1")), "ok|done");
	assert_string_equal(outcome_of(url("/page/2")), "robots|skipped");
}

static void a_host_without_an_answer_is_asked_again_by_the_next_run(void **state)
{
	const char *options[] = { "--robots-as", "/flaky/4/x", "--workers", "1", NULL };

	(void)state;
	assert_int_equal(scenario_begin_with(options), 0);
	assert_code(RUN(url("/page/1"), HEALS), 1);
	assert_int_equal(robots_requests(), 3); /* the tries of one request */
	assert_string_equal(outcome_of(url("/page/1")), "http_error|failed");
	assert_string_equal(ask("SELECT robots FROM hosts"), "unreachable");
	assert_code(RUN(url("/page/1"), HEALS), 0);
	assert_int_equal(robots_requests(), 5);
	assert_string_equal(outcome_of(url("/page/1")), "ok|done");
	assert_int_equal(scenario_end(NULL), 0);
}

/* What a failed robots.txt leaves: its cause wherever one looks, and another chance. */
static void its_failure_is_that_of_the_pages_and_heals(void **state)
{
	static const struct {
		const char *answer, *cause, *said; /* "outcome|status" */
	} rows[] = {
		{ "/status/503", "http_error|503", "503" },
		{ "/status/429", "http_error|429", "429" },
		{ "/status/501", "http_error|501", "501" },
		{ "/reset", "connect|-", "robots_unreachable" },
		{ "/redirect-loop", "redirect_loop|302", "redirects" },
		{ "/status/304", "bad_response|304", "304" },
		{ "/redirect-scheme", "bad_response|302", "302" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *options[] = { "--robots-as", rows[i].answer, "--workers", "1", NULL };
		struct requests requests;
		struct program *run;

		assert_int_equal(scenario_begin_rooted(options), 0);
		run = RUN(url("/page/1"), url("/page/2"), HEALS, "-j", "1");
		assert_code(run, 1);
		assert_says(run->error, rows[i].said);
		requests = site_requests();
		assert_int_equal(requests_for(&requests, "/page/1"), 0);
		assert_int_equal(robots_requests(), 3);
		assert_string_equal(ask("SELECT DISTINCT state, substr(error, 1, 12) FROM pages"),
				    "failed|robots.txt: ");
		assert_string_equal(ask("SELECT DISTINCT outcome, status FROM pages"),
				    rows[i].cause);
		assert_says(RUN("failed")->out, "robots.txt: ");
		assert_says(RUN("why", url("/page/2"))->out, "robots.txt: ");
		assert_code(RUN("--retry-failed", url("/page/1"), url("/page/2"), HEALS, "--set",
				"robots=false"),
			    0);
		assert_string_equal(ask("SELECT DISTINCT outcome, state FROM pages"), "ok|done");
		assert_int_equal(scenario_end(NULL), 0);
	}
}

/* It counts as any failure of the host does, which then rests, and is given up. */
static void a_host_rests_and_is_given_up_for_its_robots_txt(void **state)
{
	static const char *const answers[] = { "/status/503", "/status/500", "/reset",
					       "/status/304" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		const char *options[] = { "--robots-as", answers[i], "--workers", "1", NULL };
		struct program *run;

		assert_int_equal(scenario_begin_rooted(options), 0);
		run = RUN(url("/page/1"), url("/page/2"), FAST, "--set", "retries=9", "--set",
			  "retry_wait=5ms", "--set", "host_failures=2", "--set", "host_rest=50ms");
		assert_code(run, 1);
		assert_says(run->error, "host_rests");
		assert_says(run->error, "host_given_up");
		assert_int_equal(robots_requests(), 6);
		assert_string_equal(ask("SELECT DISTINCT state, substr(error, 1, 12) FROM pages"),
				    "failed|robots.txt: ");
		assert_int_equal(scenario_end(NULL), 0);
	}
}

static void a_killed_crawl_remembers_what_it_was_told(void **state)
{
	struct program *run;

	(void)state;
	write_robots("User-agent: *\nDisallow: /page/1\n");
	write_text("list", "%s\n%s\n", url("/page/1"), url("/silence"));
	run = START("list", QUICK);
	assert_true(WAIT_UNTIL(access(in_folder("crawl.db"), F_OK) == 0 && robots_requests() == 1));
	assert_true(
		WAIT_UNTIL(strcmp(RUN("sql", "--format", "csv", "SELECT robots FROM hosts")->out,
				  "robots\r\nrules\r\n") == 0 ||
			   strcmp(RUN("sql", "--format", "csv", "SELECT robots FROM hosts")->out,
				  "robots\nrules\n") == 0));
	kill(run->pid, SIGKILL);
	program_wait(run);
	RUN("list", QUICK, "--set", "timeout=100ms");
	assert_int_equal(robots_requests(), 1);
	assert_string_equal(outcome_of(url("/page/1")), "robots|skipped");
	assert_string_equal(outcome_of(url("/silence")), "timeout|failed");
}

/* ---- Crawl-delay ---- */

/* The shortest time between two arrivals at a host, and how many there were. */
static int64_t shortest_gap_ms(const struct requests *requests)
{
	int64_t shortest = INT64_MAX;

	for (size_t a = 0; a < requests->count; a++)
		for (size_t b = 0; b < requests->count; b++) {
			int64_t gap = requests->list[b].arrived_ms - requests->list[a].arrived_ms;

			if (a != b && gap >= 0 && gap < shortest &&
			    strcmp(requests->list[a].host, requests->list[b].host) == 0)
				shortest = gap;
		}
	return shortest;
}

static void a_crawl_delay_is_obeyed_one_request_at_a_time(void **state)
{
	struct requests requests;

	(void)state;
	write_robots("User-agent: *\nCrawl-delay: 0.15\n");
	write_list("list", "/delay/20/page/%d", 1, 5);
	assert_code(RUN("list", QUICK, "-j", "2", "--set", "auto_delay=true"), 0);
	requests = site_requests();
	assert_int_equal(requests.count, 5);
	assert_true(shortest_gap_ms(&requests) >= 150 - JITTER_MS);
	assert_string_equal(ask("SELECT delay_ms FROM hosts"), "150");
	/* The next run has only what the database says. */
	assert_code(RUN("list", QUICK), 0);
	requests = site_requests();
	assert_int_equal(requests.count, 10);
	assert_true(shortest_gap_ms(&requests) >= 150 - JITTER_MS);
}

/* Its robots.txt comes soon, its pages take their time: that of the pages is meant. */
static void with_auto_delay_a_host_is_asked_no_faster_than_its_pages_come(void **state)
{
	enum { PAGE_MS = 150, PAGES = 8 };
	const char *options[] = { "--robots-as", "/delay/5/robots", "--workers", "1", NULL };
	struct requests requests;

	(void)state;
	assert_int_equal(scenario_begin_rooted(options), 0);
	write_robots("User-agent: *\nDisallow:\n");
	write_list("list", "/delay/150/page/%d", 1, PAGES);
	assert_code(RUN("list", "--delay", "0", "--concurrency", "4", "--set", "auto_delay=true"),
		    0);
	requests = site_requests();
	assert_int_equal(requests.count, PAGES);
	assert_true(ask_number("SELECT delay_ms FROM hosts") >= PAGE_MS - 10);
	for (size_t i = 0; i < PAGES; i++) {
		const struct request *one = &requests.list[i];
		size_t closer = 0; /* than a delay to it, and before */

		for (size_t j = 0; j < PAGES; j++)
			closer +=
				requests.list[j].arrived_ms <= one->arrived_ms && j != i &&
				requests.list[j].arrived_ms > one->arrived_ms - PAGE_MS + JITTER_MS;
		/* Those that were asked for before any had come are no measure. */
		if (one->arrived_ms - requests.list[0].arrived_ms >= PAGE_MS)
			assert_int_equal(closer, 0);
	}
	/* The next run knows it from the beginning. */
	assert_code(RUN("list", "--delay", "0", "--concurrency", "4", "--set", "auto_delay=true"),
		    0);
	requests = site_requests();
	assert_int_equal(requests.count, 2 * PAGES);
	for (size_t i = PAGES; i < 2 * PAGES; i++)
		for (size_t j = PAGES; j < i; j++)
			assert_true(llabs(requests.list[i].arrived_ms -
					  requests.list[j].arrived_ms) >= PAGE_MS - JITTER_MS);
	assert_int_equal(scenario_end(NULL), 0);
}

static void a_crawl_delay_beyond_reason_is_cut_and_that_is_said(void **state)
{
	struct program *run;

	(void)state;
	write_robots("User-agent: *\nCrawl-delay: 100000\n");
	run = RUN(url("/page/1"), url("/page/2"), QUICK, "--max-time", "300ms");
	assert_says(run->error, "crawl_delay");
	assert_says(run->error, "asked_ms=100000000");
	assert_says(run->error, "obeyed_ms=60000");
	assert_int_equal(site_requests().count, 0);
	run = RUN(url("/page/1"), url("/page/2"), QUICK, "--set", "robots=false");
	assert_code(run, 0);
	assert_silent_on(run->error, "crawl_delay");
}

/*
 * Rules of many hosts do not stay in memory: what was put down is read again from the database, and
 * forbids as before.  The hosts take turns, so that each has been put down when it comes again.
 */
static void rules_that_were_put_down_forbid_as_before(void **state)
{
	enum { HOSTS = 12, PAGES = 6, LINE = 9, LINES = ROBOTS_BYTES_MAX / LINE - 8 };
	static char robots[ROBOTS_BYTES_MAX];
	size_t size =
		(size_t)snprintf(robots, sizeof(robots), "User-agent: *\nDisallow: /page/3\n");
	FILE *list;

	(void)state;
	for (size_t i = 0; i < LINES; i++, size += LINE)
		memcpy(robots + size, "Allow:/a\n", LINE);
	write_bytes("root/robots", robots, size);
	list = fopen(in_folder("list"), "w");
	assert_non_null(list);
	for (unsigned page = 1; page <= PAGES; page++) {
		for (unsigned host = 1; host <= HOSTS; host++) {
			char path[32];

			snprintf(path, sizeof(path), "/page/%u", page);
			fprintf(list, "%s\n", url_at(host, path));
		}
	}
	fclose(list);
	assert_code(RUN("list", "--delay", "30ms", "--concurrency", "1", "--set", "retries=0"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'"),
			 HOSTS * (PAGES - 1));
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'robots'"
				    " AND url GLOB '*/page/3'"),
			 HOSTS);
	assert_int_equal(robots_requests(), HOSTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(forbidden_pages_are_skipped_with_the_line_that_forbids_them),
		T(the_group_is_that_of_the_user_agent),
		T(the_name_is_that_of_a_compatible_agent_or_is_set),
		T(with_robots_false_nobody_asks_and_nothing_is_forbidden),
		T(the_exit_code_is_1_if_every_url_of_the_lists_is_forbidden),
		T(every_hop_of_a_redirect_is_checked),
		T(a_redirect_to_another_host_asks_that_host_first),
		T(thousands_of_forbidden_pages_cost_one_request),
		cmocka_unit_test(every_answer_means_what_the_standard_says),
		T(it_is_read_up_to_500_kib_whatever_max_body),
		T(a_rule_that_is_cut_off_is_none),
		T(it_is_asked_for_once_a_host_and_remembered_for_a_day),
		T(what_is_allowed_later_is_fetched_by_the_next_pass),
		cmocka_unit_test(a_host_without_an_answer_is_asked_again_by_the_next_run),
		cmocka_unit_test(its_failure_is_that_of_the_pages_and_heals),
		cmocka_unit_test(a_host_rests_and_is_given_up_for_its_robots_txt),
		T(a_killed_crawl_remembers_what_it_was_told),
		T(a_crawl_delay_is_obeyed_one_request_at_a_time),
		cmocka_unit_test(with_auto_delay_a_host_is_asked_no_faster_than_its_pages_come),
		T(a_crawl_delay_beyond_reason_is_cut_and_that_is_said),
		cmocka_unit_test_setup_teardown(rules_that_were_put_down_forbid_as_before,
						begin_many, scenario_end),
	};

	return RUN_TESTS(tests);
}
