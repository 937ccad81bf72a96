#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "parsers/text/utf8.h"
#include "tests/support/scenario.h"
#include "tests/support/tls_stand_in.h"

/*
 * The program from end to end: hosts with a login.  What is filled in and when; what becomes of a
 * login that fails, and of a session that ends; where credentials go, and never do.
 */
#define QUICK        "--delay", "0", "--set", "retries=0", "--set", "robots=false", "-c", "c.yaml"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KILLS        50
#define ROWS         "patterns: [{name: inside, pattern: '<h1>inside (?<k>\\d+)'}]\n"
#define FIELDS       "fields: {user: me, password: pw}"
#define FORM(action) \
	"<form method=post action=" action "><input name=user><input name=password></form>"

static int begin(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--workers", "2", "--addresses", "3", NULL });
}

static struct tls_stand_in tls;

static int begin_with_tls(void **state)
{
	return begin(state) < 0 ? -1 : tls_begin(&tls, false);
}

static int end_with_tls(void **state)
{
	tls_stop(&tls);
	return scenario_end(state);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A rule for the site with a login there, and what else it says. */
static void write_config(const char *login, const char *check, const char *rest)
{
	write_text("c.yaml",
		   ROWS "hosts:\n"
			"- match: '127.0.0.1:%u'\n"
			"  login: {url: '%s', " FIELDS ", check: '%s'}\n%s",
		   site.port, url("%s", login), check, rest);
}

static size_t requests_with(const struct requests *requests, const char *target,
			    const char *carried)
{
	size_t count = 0;

	for (size_t i = 0; i < requests->count; i++)
		count += strncmp(requests->list[i].target, target, strlen(target)) == 0 &&
			 strstr(requests->list[i].carried, carried) != NULL;
	return count;
}

/* What came with it; two connections may be two processes of the site, which write as they like. */
static const char *last_post(const struct requests *requests)
{
	const char *carried = "(none)";

	for (size_t i = 0; i < requests->count; i++)
		if (strstr(requests->list[i].carried, "body="))
			carried = requests->list[i].carried;
	return carried;
}

/* How often was a form posted? */
static size_t posts(void)
{
	struct requests requests = site_requests();

	return requests_with(&requests, "/", "body=");
}

/* ---- in ---- */

static void a_host_is_logged_in_before_its_first_page(void **state)
{
	struct requests requests;

	(void)state;
	write_config("/login/0", "Sign out", "");
	write_list("list", "/inside/0/%d", 1, 20);
	assert_code(RUN("list", QUICK, "-j", "2"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|20");
	assert_string_equal(ask("SELECT count(*), count(DISTINCT k) FROM inside"), "20|20");
	requests = site_all_requests();
	assert_int_equal(requests.count, 23);
	assert_says(last_post(&requests), "body=token=1&user=me&password=pw&keep=on&go=in|");
	assert_int_equal(requests_with(&requests, "/login/0", ""), 2);
	assert_int_equal(requests_with(&requests, "/home", "cookie=session=2|"), 1);
	assert_int_equal(requests_with(&requests, "/inside/0/", "cookie=session=2|"), 20);
}

/* Sites look at where a form comes from, and read it in their own charset. */
static void a_form_is_sent_as_browsers_send_it(void **state)
{
	static const struct {
		const char *form, *sent;
	} rows[] = {
		{ "html=" FORM("/taken"), "body=user=me&password=%C3%A4+%D0%BA|" },
		{ "charset=windows-1252&html=" FORM("/taken"),
		  "body=user=me&password=%E4+%26%231082%3B|" },
		{ "charset=windows-1251&html=<form method=post action=/taken><input type=hidden "
		  "name=%C4 value=%E0><input name=user><input name=password>",
		  "body=%C4=%E0&user=me&password=%26%23228%3B+%EA|" },
		{ "charset=windows-1251&html=<form method=post action=/taken accept-charset=UTF-8>"
		  "<input name=user><input name=password>",
		  "body=user=me&password=%C3%A4+%D0%BA|" },
	};
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char wanted[300];

		write_text(
			"c.yaml",
			"hosts:\n- match: '127.0.0.1:%u'\n  login:\n    url: '%s/form?row%zu&%s'\n"
			"    fields: {user: me, password: \"\\u00e4 \\u043a\"}\n"
			"    check: taken\n",
			site.port, site.origin, i, rows[i].form);
		assert_code(RUN("list", "--fresh", QUICK), 0);
		requests = site_requests();
		snprintf(wanted, sizeof(wanted), "origin=%s|referer=%s/form?row%zu&", site.origin,
			 site.origin, i);
		assert_says(last_post(&requests), wanted);
		assert_says(last_post(&requests), rows[i].sent);
		assert_int_equal(requests_with(&requests, "/page/1", "="), 0);
	}
}

/* Its cookies are kept, and what leads home needs no form. */
static void a_session_that_stands_is_taken_up_by_the_next_run(void **state)
{
	(void)state;
	write_config("/enter", "Sign out", "");
	write_list("list", "/inside/0/%d", 1, 3);
	assert_code(RUN("list", QUICK), 0);
	assert_int_equal(posts(), 1);
	write_list("list", "/inside/0/%d", 4, 3);
	assert_code(RUN("list", QUICK), 0);
	assert_int_equal(posts(), 1);
	assert_code(RUN("cookies", "--forget"), 0);
	assert_code(RUN("list", QUICK, "--update"), 0);
	assert_int_equal(posts(), 2);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|6");
}

static void a_rule_is_logged_in_once_for_all_of_its_hosts(void **state)
{
	(void)state;
	write_text("c.yaml",
		   "hosts:\n- match: '127.0.0.*:%u'\n"
		   "  login: {url: '%s', " FIELDS ", check: Sign out}\n",
		   site.port, url("/login/0"));
	write_text("list", "%s\n%s\n%s\n", url("/page/1"), url_at(2, "/page/2"),
		   url_at(3, "/page/3"));
	assert_code(RUN("list", QUICK, "-j", "2"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|3");
	assert_int_equal(posts(), 1);
}

static void a_login_counts_as_no_page(void **state)
{
	(void)state;
	write_config("/login/0", "Sign out", "");
	write_list("list", "/inside/0/%d", 1, 5);
	assert_code(RUN("list", QUICK, "--max-pages", "2"), 0);
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"),
			    "done|2\npending|3");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE url LIKE '%login%'"), "0");
}

static char robots[sizeof("/tmp/crawl-test-robots-XXXXXX")];

static int begin_with_robots(void **state)
{
	int fd;

	(void)state;
	snprintf(robots, sizeof(robots), "/tmp/crawl-test-robots-XXXXXX");
	fd = mkstemp(robots);
	if (fd < 0 || dprintf(fd, "User-agent: *\nDisallow: /login\nDisallow: /home\n"
				  "Disallow: /inside/0/2\n") < 0)
		return -1;
	close(fd);
	return scenario_begin_with((const char *[]){ "--robots", robots, NULL });
}

static int end_with_robots(void **state)
{
	return unlink(robots) < 0 ? -1 : scenario_end(state);
}

static void the_login_is_asked_for_whatever_robots_txt_says(void **state)
{
	(void)state;
	write_config("/login/0", "Sign out", "");
	write_list("list", "/inside/0/%d", 1, 3);
	assert_code(RUN("list", "--delay", "0", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|2\nrobots|1");
}

/* Where all is forbidden there is nothing to log in for. */
static void nobody_logs_in_for_nothing(void **state)
{
	(void)state;
	write_config("/login/0", "Sign out", "");
	write_text("list", "%s\n", url("/inside/0/2"));
	RUN("list", "--delay", "0", "-c", "c.yaml");
	assert_string_equal(ask("SELECT outcome FROM pages"), "robots");
	assert_int_equal(site_requests().count, 0);
}

static void one_page_is_shown_as_a_crawl_would_get_it(void **state)
{
	struct program *program;

	(void)state;
	write_config("/login/0", "Sign out", "");
	program = RUN("try", "c.yaml", url("/inside/0/7"));
	assert_code(program, 0);
	assert_says(program->out, "7");
	assert_says(RUN("explain", "inside", url("/inside/0/8"), "-c", "c.yaml")->out, "match");
	assert_code(RUN("test", "c.yaml", "--record", url("/inside/0/9")), 0);
	assert_int_equal(posts(), 3);
	write_config("/login/0", "never there", "");
	program = RUN("try", "c.yaml", url("/inside/0/7"));
	assert_int_not_equal(program->code, 0);
	assert_says(program->error, "login: check does not match");
}

/* ---- failures ---- */

static void a_login_that_fails_says_why_and_no_page_is_asked_for(void **state)
{
	static const struct {
		const char *login, *check, *came; /* status, error */
	} rows[] = {
		{ "/form?html=no", "Sign out",
		  "200|the login page: no form has the fields user, password (one that a script "
		  "makes is not seen)" },
		{ "/form?html=<form method=post><input name=login><input type=password name=pass>",
		  "Sign out",
		  "200|the login page: no form has the fields user, password: the one with a "
		  "password has login, pass" },
		{ "/form?html=" FORM("/a") FORM("/b"), "Sign out",
		  "200|the login page: more than one form has the fields user, password: name one "
		  "more, of the right one" },
		{ "/form?html=<form><input name=user><input name=password>", "Sign out",
		  "200|the login page: the form is sent with GET, which would put the password "
		  "into the URL" },
		{ "/form?html=<form method=post enctype=text/plain><input name=user><input "
		  "name=password>",
		  "Sign out",
		  "200|the login page: the form is sent as text/plain, which is not done" },
		{ "/form?html=" FORM("ftp://127.0.0.1/"), "Sign out",
		  "200|the login page: the form leads to no URL of the web: " },
		{ "/form?html=" FORM("javascript:go()"), "Sign out",
		  "200|the login page: the form leads to no URL of the web: " },
		{ "/form?html=" FORM("//127.0.0.2:80/"), "Sign out",
		  "200|the login's form goes to another host than the login's url and match say: "
		  "http://127.0.0.2" },
		{ "/form?html=" FORM("/missing"), "Sign out",
		  "404|the login's form was answered with status 404" },
		{ "/form?html=" FORM("/taken?status=401"), "Sign out",
		  "401|the login's form was answered with status 401: are name and password "
		  "right?" },
		{ "/form?html=" FORM("/taken?status=500"), "Sign out",
		  "500|the login's form was answered with status 500" },
		{ "/form?html=" FORM("/taken?status=303%26to=/missing?token=s3cret"), "Sign out",
		  "404|the page that the login's form led to (/missing) was answered with status "
		  "404" },
		{ "/form?html=" FORM("/taken?status=303%26to=/redirect-loop"), "Sign out",
		  "302|the login page redirects to itself" },
		{ "/form?html=" FORM("/taken?status=303%26to=/redirect-ring/3/0"), "Sign out",
		  "302|the login was redirected more than 10 times in a row" },
		{ "/login/0", "never there",
		  "200|check does not match the page that the login ended on, /home: are name and "
		  "password right?" },
		{ "/login/0", "(?:[a-z<>\\s]+)+[#@]\\d",
		  "200|check ran into its limit: pattern_time, match_limit" },
		{ "/status/500", "Sign out", "500|the login page was answered with status 500" },
		{ "/status/404", "Sign out", "404|the login page was answered with status 404" },
		{ "/status/403", "Sign out", "403|the login page was answered with status 403" },
		{ "/status/204", "Sign out",
		  "204|the login page: no form has the fields user, password" },
		{ "/silence", "Sign out", "-|the login page: timeout: " },
		{ "/type/image/png", "Sign out",
		  "200|the login page: the page with the form is no HTML: image/png" },
		{ "/type/application/json", "Sign out",
		  "200|the login page: the page with the form is no HTML: application/json" },
		{ "/redirect-loop", "Sign out", "302|the login page redirects to itself" },
		{ "/redirect-ring/3/0", "Sign out",
		  "302|the login was redirected more than 10 times in a row" },
		{ "/redirect-scheme", "Sign out",
		  "302|the login was redirected to no URL of the web: " },
	};

	struct requests requests;

	(void)state;
	write_list("list", "/inside/0/%d", 1, 3);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is_silent = strcmp(rows[i].login, "/silence") == 0;
		const char *came;

		write_config(rows[i].login, rows[i].check, "");
		assert_code(RUN("list", "--fresh", QUICK, "--match-limit", "100000", "--set",
				is_silent ? "timeout=1s" : "timeout=30s"),
			    1);
		came = ask("SELECT status, error FROM pages WHERE outcome = 'login' LIMIT 1");
		if (strncmp(came, rows[i].came, strlen(rows[i].came)) != 0)
			fail_msg("%s: %s", rows[i].login, came);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'login'"),
				 3);
	}
	requests = site_requests();
	assert_int_equal(requests_with(&requests, "/inside", ""), 0);
}

#define TEN_NAMES "名前名前名前名前名前名前名前名前名前名前"
#define LONG      "<input name=" TEN_NAMES TEN_NAMES ">"

static void names_of_a_foreign_form_are_cut_between_characters(void **state)
{
	static const char *const first[] = { "a", "ab", "abc" };
	char target[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(first); i++) {
		snprintf(target, sizeof(target),
			 "/form?html=<meta charset=utf-8><form><input type=password name=%s>" LONG
				 LONG,
			 first[i]);
		write_config(target, "Sign out", "");
		write_list("list", "/page/%d", 1, 1);
		assert_code(RUN("list", "--fresh", QUICK), 1);
		assert_says(ask("SELECT error FROM pages"), "the one with a password has");
		assert_true(utf8_is_well_formed(slice_of(ask("SELECT error FROM pages"))));
	}
}

/* ---- a session that ends ---- */

/* With a wall of status 200, and with one that leads to the form; and pages that are never right.
 */
static void a_session_that_ends_in_mid_crawl_loses_no_page(void **state)
{
	static const struct {
		const char *login, *rest, *path;
	} rows[] = {
		{ "/login/7", "  expect: '<h1>inside'\n", "/inside/7/%d" },
		{ "/login/7", "  refuse: 'please sign in'\n", "/inside/7/%d" },
		/* nothing need be said of a redirect to the form, wherever the login finds it */
		{ "/login/7", "", "/guarded/7/%d" },
		{ "/redirect-to?url=/login/7?first", "", "/guarded/7/%d" },
		{ "/login/3", "  expect: '<h1>inside'\n", "/guarded/3/%d" },
		{ "/login/7", "", "/strict/7/%d" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_config(rows[i].login, "Sign out", rows[i].rest);
		write_list("list", rows[i].path, 1, 40);
		assert_code(RUN("list", "--fresh", QUICK, "-j", "2"), 0);
		assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|40");
		assert_string_equal(ask("SELECT count(*), count(DISTINCT k) FROM inside"), "40|40");
	}
}

static int64_t ms_between(const struct timespec *start, const struct timespec *end)
{
	return (end->tv_sec - start->tv_sec) * 1000 + (end->tv_nsec - start->tv_nsec) / 1000000;
}

static void nobody_fills_in_a_form_in_no_time(void **state)
{
	struct timespec start, end;

	(void)state;
	write_config("/login/0", "Sign out", "");
	write_text("list", "%s\n", url("/inside/0/1"));
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_code(RUN("list", QUICK, "--delay", "1ms"), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(ms_between(&start, &end) >= 1000);
	RUN("try", "-c", "c.yaml", url("/inside/0/1"));
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_true(ms_between(&end, &start) >= 1000);
}

/* Django leads to a profile that few sites have; Apache shows the form with a 401. */
static void a_login_may_have_a_status_that_is_accepted(void **state)
{
	(void)state;
	write_config("/form?html=" FORM("/taken?status=404"), "taken", "  accept_status: [404]\n");
	write_text("list", "%s\n", url("/page/1"));
	assert_code(RUN("list", QUICK), 0);
	assert_says(RUN("try", "-c", "c.yaml", url("/page/2"))->error, "/page/2: 200, ");
	write_config("/form?html=" FORM("/taken?status=404"), "taken", "  accept_status: [401]\n");
	assert_code(RUN("list", "--fresh", QUICK), 1);
}

/* "Thank you for logging in", as forums show it, and an entry that is one line of HTML. */
static void a_page_of_a_login_that_leads_on_by_itself_is_followed(void **state)
{
	static const struct {
		const char *login, *check;
	} rows[] = {
		{ "/refresh-to?url=/login/0", "Sign out" },
		{ "/form?html=" FORM("/taken?status=303%26to=/refresh-to?url=/page/1"),
		  "<h1>page 1" },
	};

	(void)state;
	write_text("list", "%s\n", url("/page/2"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_config(rows[i].login, rows[i].check, "");
		assert_code(RUN("list", "--fresh", QUICK), 0);
	}
	write_config("/refresh-to?url=/page/1", "Sign out", "");
	assert_code(RUN("list", "--fresh", QUICK), 1);
	assert_says(ask("SELECT error FROM pages"), "no form has the fields");
}

/* What was deleted is often led to the first page, which has the form for who is not in. */
static void a_redirect_to_the_forms_page_is_followed_if_the_session_stands(void **state)
{
	(void)state;
	write_config("/enter", "Sign out", "");
	write_text("list", "%s\n%s\n%s\n", url("/redirect-to?url=/enter"), url("/inside/0/1"),
		   url("/redirect-to?url=/enter?again"));
	assert_code(RUN("list", QUICK, "--concurrency", "1"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|3");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE final_url LIKE '%/home'"), "2");
	assert_int_equal(posts(), 1);
}

/* That the session stands, a page proves that comes right afterwards. */
static void pages_that_are_wrong_for_all_lead_to_one_login(void **state)
{
	(void)state;
	write_config("/login/0", "Sign out", "  expect: '<h1>inside'\n");
	write_text("list", "%s\n%s\n%s\n%s\n%s\n", url("/page/1"), url("/inside/0/1"),
		   url("/page/2"), url("/page/3"), url("/inside/0/2"));
	assert_code(RUN("list", QUICK, "--concurrency", "1"), 1);
	assert_string_equal(ask("SELECT outcome, error, count(*) FROM pages GROUP BY 1"),
			    "ok|-|2\nwrong_page|expect does not match|3");
	assert_int_equal(posts(), 2); /* at the beginning, and for the first of them */
}

/* That login does not blind for the end of a session, ten minutes long. */
static void a_session_may_end_after_a_page_that_is_wrong_for_all(void **state)
{
	FILE *list;

	(void)state;
	write_config("/login/10", "Sign out", "  expect: '<h1>inside'\n");
	list = fopen(write_text("list", "%s\n", url("/page/1")), "a");
	for (int i = 1; i <= 30; i++)
		fprintf(list, "%s\n", url("/inside/10/%d", i));
	fclose(list);
	assert_code(RUN("list", QUICK), 1);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|30\nwrong_page|1");
}

/* The form is refused from the second time on: what was read stays, and the rest says why. */
static void a_login_that_fails_later_ends_what_is_left(void **state)
{
	(void)state;
	write_text("c.yaml",
		   ROWS "hosts:\n- match: '127.0.0.1:%u'\n  expect: '<h1>inside'\n"
			"  login: {url: '%s', " FIELDS ", check: 'Sign out'}\n",
		   site.port, url("/flaky-login"));
	write_list("list", "/inside/5/%d", 1, 20);
	assert_code(RUN("list", QUICK, "--concurrency", "1"), 1);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "login|15\nok|5");
	assert_int_equal(ask_number("SELECT count(*) FROM inside"), 5);
}

/* Nothing of what waits is lost by an hour in which nobody can log in. */
static void a_login_that_is_out_of_order_for_a_while_is_waited_for(void **state)
{
	struct program *run;

	(void)state;
	write_config("/ailing-login", "Sign out", "  expect: '<h1>inside'\n");
	write_list("list", "/inside/5/%d", 1, 20);
	run = RUN("list", QUICK, "--set", "host_rest=200ms", "-v");
	assert_code(run, 0);
	assert_says(run->error, "login_rests ms=200 last=http_error status=500");
	assert_says(run->error, "login_rests ms=400");
	assert_says(run->error, "login_step outcome=ok status=303 url=http");
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|20");
}

static void a_worker_that_dies_of_it_is_no_end(void **state)
{
	struct program *run;
	pid_t worker;

	(void)state;
	write_config("/drip/200/20", "Sign out", "");
	write_list("list", "/inside/0/%d", 1, 3);
	run = START("list", "--delay", "0", "-c", "c.yaml", "-j", "1", "--set", "robots=false");
	for (int deaths = 0; deaths < 3; deaths++) {
		size_t seen = site_requests().count;

		/* three that die before they are ready would be a pool that cannot begin */
		assert_true(WAIT_UNTIL(program_children(run, &worker, 1) == 1 &&
				       process_sleeps(worker)));
		test_pause();
		kill(worker, SIGKILL);
		assert_true(WAIT_UNTIL(site_requests().count > seen || !process_runs(worker)));
	}
	program_wait(run);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'login'"), 3);
}

/* What looks like a logout is not asked for, wherever it was found; but if the user says so. */
static void links_that_log_out_are_not_followed(void **state)
{
	struct requests requests;

	(void)state;
	write_config("/login/0", "Sign out", "follow: [{link: .}]\n");
	write_text("list", "%s\n", url("/inside/0/1"));
	assert_code(RUN("list", QUICK, "--depth", "30"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|20\nout_of_scope|20");
	assert_string_equal(ask("SELECT DISTINCT error FROM pages WHERE url LIKE '%logout%'"),
			    "it looks like a logout, and its host has a login: not asked");
	assert_says(RUN("why", url("/logout?from=3"))->out, "it looks like a logout");
	requests = site_requests();
	assert_int_equal(requests_with(&requests, "/logout", ""), 0);
	write_text("list", "%s\n%s\n", url("/logout"), url("/redirect-to?url=/logout?by"));
	assert_code(RUN("list", "--fresh", QUICK), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|1\nout_of_scope|1");
	write_text("c.yaml", "follow: [{link: .}]\n"); /* for others it is a page */
	write_text("list", "%s\n", url("/inside/0/1"));
	RUN("list", "--fresh", QUICK);
	write_text("list", "%s\n", url("/logout?plain"));
	assert_code(RUN("list", "--fresh", QUICK), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
}

/* ---- where credentials go ---- */

/* As a browser follows a POST; and what was posted, never to somebody else. */
static void a_form_that_is_redirected_goes_to_nobody_else(void **state)
{
	static const struct {
		int status;
		bool is_other, posts_again; /* at another address; the body there */
	} rows[] = {
		{ 301, false, false }, { 302, false, false }, { 303, false, false },
		{ 307, false, true },  { 308, false, true },  { 301, true, false },
		{ 302, true, false },  { 303, true, false },  { 307, true, false },
		{ 308, true, false },
	};

	(void)state;
	write_list("list", "/page/%d", 1, 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is_refused = rows[i].is_other && rows[i].status >= 307;
		char login[300], target[60];
		struct requests requests;

		snprintf(target, sizeof(target), "/taken?row%zu", i);
		snprintf(login, sizeof(login),
			 "/form?html=<form method=post action=\"/taken?status=%d%%26to=%s%s\">"
			 "<input name=user><input name=password>",
			 rows[i].status, rows[i].is_other ? url_at(2, "") : "",
			 rows[i].posts_again || is_refused ? target : "/page/9");
		write_config(login, rows[i].posts_again ? "taken" : "page 9", "");
		RUN("list", "--fresh", QUICK);
		assert_string_equal(ask("SELECT outcome FROM pages"), is_refused ? "login" : "ok");
		if (is_refused)
			assert_says(ask("SELECT error FROM pages"), "goes to another host");
		requests = site_requests();
		assert_int_equal(requests_with(&requests, target, "password=pw"),
				 rows[i].posts_again);
		for (size_t j = 0; j < requests.count; j++)
			if (strncmp(requests.list[j].host, "127.0.0.1:", 10) != 0)
				assert_null(strstr(requests.list[j].carried, "pw"));
	}
}

/* To the same URL, which shows something else then. */
static void a_form_that_leads_back_to_its_page_is_no_ring(void **state)
{
	(void)state;
	write_text("c.yaml",
		   ROWS "hosts:\n- match: '127.0.0.1:%u'\n  login: {url: '%s/form?html=again <form "
			"method=post action=\"/taken?status=302%%26to=%s\"><input name=user><input "
			"name=password>', " FIELDS ", check: again}\n",
		   site.port, site.origin, "/form?html=again");
	write_list("list", "/page/%d", 1, 1);
	assert_code(RUN("list", QUICK), 0);
	write_config("/login/0?a", "wrong name or password", ""); /* and to itself, at once */
	assert_code(RUN("list", QUICK, "--fresh"), 1);
	assert_int_equal(posts(), 2);
}

/* A wall that sets a cookie and leads on, before the form and behind it. */
static void a_login_goes_through_what_else_wants_a_cookie(void **state)
{
	struct requests requests;

	(void)state;
	write_config("/set?1=old=1;%20Max-Age=0", "no", ""); /* and what is not for it: */
	write_list("list", "/inside/0/%d", 1, 2);
	RUN("list", QUICK);
	write_config("/redirect-to?cookie=other=1;%20Domain=example.org&url=/redirect-to?cookie="
		     "consent=1%26url=/login/0",
		     "Sign out", "");
	write_list("list", "/inside/0/%d", 1, 2);
	assert_code(RUN("list", "--fresh", QUICK), 0);
	requests = site_requests();
	assert_int_equal(requests_with(&requests, "/login/0", "consent=1"), 2);
	assert_int_equal(requests_with(&requests, "/inside/0/", "consent=1"), 2);
	assert_string_equal(ask("SELECT name FROM crawl_cookies ORDER BY 1"),
			    "consent\ncsrf\nsession");
}

/* The stand-in leads to the site's form, which is on loopback, where credentials may go over http.
 */
static void no_form_goes_from_https_to_http(void **state)
{
	(void)state;
	if (tls.pid == 0) {
		print_message("skipped: it wants openssl\n");
		skip();
	}
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: '127.0.0.1'\n"
		   "  login: {url: '%s/to/302/%s/login/0', " FIELDS ", check: Sign out}\n",
		   in_folder("ca.pem"), tls.origin, site.origin);
	write_text("list", "%s\n%s/x\n", url("/page/1"), tls.origin);
	assert_code(RUN("list", QUICK), 1);
	assert_says(ask("SELECT DISTINCT outcome, error FROM pages"),
		    "login|the login's form leads from https to http: http://127.0.0.1:");
	assert_int_equal(posts(), 0);
}

/* The rule means it, too. */
static void a_form_may_go_to_a_host_that_match_means(void **state)
{
	(void)state;
	write_text("c.yaml",
		   "hosts:\n- match: '127.0.0.*:%u'\n"
		   "  login: {url: '%s', " FIELDS ", check: 'taken'}\n",
		   site.port,
		   url("/form?html=<form method=post action=%s><input name=user>"
		       "<input name=password>",
		       url_at(2, "/taken")));
	write_list("list", "/page/%d", 1, 1);
	assert_code(RUN("list", QUICK), 0);
	assert_int_equal(posts(), 1);
}

/* The site is the proxy, so it is every host. */
static void nobody_on_the_way_reads_a_password(void **state)
{
	static const struct {
		const char *match, *url, *came;
	} rows[] = {
		{ "example.org", "http://example.org/login/0",
		  "login|the login's form: blocked_address: the form would go over http to a "
		  "public "
		  "address" },
		{ "http://example.org", "http://example.org/login/0", "ok|" },
		{ "intranet", "http://intranet/login/0", "ok|" }, /* one of the house */
		{ "127.0.0.9", "http://127.0.0.9/login/0", "ok|" },
	};
	char proxy[60];

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", site.port);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t before = posts();

		write_text("c.yaml",
			   "hosts: [{match: '%s', login: {url: '%s', " FIELDS
			   ", check: Sign out}}]\n",
			   rows[i].match, rows[i].url);
		write_text("list", "%.*s/page/1\n", (int)(strlen(rows[i].url) - strlen("/login/0")),
			   rows[i].url);
		RUN("list", "--fresh", QUICK, "--proxy", proxy);
		if (strncmp(ask("SELECT outcome, coalesce(error, '') FROM pages"), rows[i].came,
			    strlen(rows[i].came)) != 0)
			fail_msg("%s: %s", rows[i].match, ask("SELECT outcome, error FROM pages"));
		assert_int_equal(posts() - before, rows[i].came[0] == 'o');
	}
}

static bool file_holds(const char *name, const char *text)
{
	static char bytes[4 * 1024 * 1024];
	FILE *file = fopen(in_folder(name), "r");
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

	if (file)
		fclose(file);
	return memmem(bytes, size, text, strlen(text));
}

static void assert_hidden(const struct program *program)
{
	assert_silent_on(program->out, "s3cret");
	assert_silent_on(program->error, "s3cret");
}

/* From the environment and from a file, to the form, and nowhere else. */
static void a_password_is_in_no_log_report_or_database(void **state)
{
	static const char *const environment[] = { "U=s3cret-name", NULL };
	const struct program_setup setup = { .environment = environment };
	struct requests requests;

	(void)state;
	write_text("pw", "s3cret-pw\n");
	write_text("c.yaml",
		   ROWS "hosts:\n- match: '127.0.0.1:%u'\n  login:\n    url: '%s'\n"
			"    fields: {user: '${U}', password: 'file:pw'}\n    check: 'Sign out'\n",
		   site.port, url("/login/0"));
	write_list("list", "/page/%d", 1, 2);
	assert_hidden(RUN_WITH(&setup, "list", QUICK, "-v", "--dry-run"));
	assert_hidden(RUN_WITH(&setup, "list", QUICK, "-v"));
	assert_hidden(RUN_WITH(&setup, "check", "c.yaml"));
	assert_says(RUN_WITH(&setup, "check", "c.yaml")->error, ": login http://127.0.0.1:");
	assert_hidden(RUN_WITH(&setup, "try", "c.yaml", url("/page/1")));
	assert_hidden(RUN("failed"));
	assert_hidden(RUN("status"));
	assert_hidden(RUN("why", url("/page/1")));
	assert_hidden(RUN("check", "c.yaml")); /* without U */
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "login|2");
	assert_false(file_holds("crawl.db", "s3cret"));
	assert_false(file_holds("crawl.db-wal", "s3cret"));
	requests = site_requests();
	assert_int_equal(
		requests_with(&requests, "/login/0", "user=s3cret-name&password=s3cret-pw"), 2);
	assert_int_equal(requests_with(&requests, "/", "s3cret"), 2);
}

static void a_crawl_with_a_login_that_is_killed_ends_as_one_that_was_not(void **state)
{
	struct requests requests;

	(void)state;
	write_config("/login/25", "Sign out", "  expect: '<h1>inside'\n");
	write_list("list", "/inside/25/%d", 1, 60);
	for (int kills = 0; kills < KILLS; kills++) {
		struct program *run = START("list", QUICK);
		long ms = 5 + random() % 60;

		nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
		kill(run->pid, SIGKILL);
		program_wait(run);
		if (run->code == 0)
			remove(in_folder("crawl.db"));
	}
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(ask("SELECT outcome, status, count(*) FROM pages GROUP BY 1"),
			    "ok|200|60");
	assert_string_equal(ask("SELECT count(*), count(DISTINCT k), sum(k) FROM inside"),
			    "60|60|1830");
	requests = site_requests();
	for (size_t i = 0; i < requests.count; i++)
		if (strcmp(requests.list[i].target, "/login/25") != 0)
			assert_null(strstr(requests.list[i].carried, "pw"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_host_is_logged_in_before_its_first_page),
		T(a_form_is_sent_as_browsers_send_it),
		T(a_session_that_stands_is_taken_up_by_the_next_run),
		T(a_rule_is_logged_in_once_for_all_of_its_hosts),
		T(a_login_counts_as_no_page),
		cmocka_unit_test_setup_teardown(the_login_is_asked_for_whatever_robots_txt_says,
						begin_with_robots, end_with_robots),
		cmocka_unit_test_setup_teardown(nobody_logs_in_for_nothing, begin_with_robots,
						end_with_robots),
		T(one_page_is_shown_as_a_crawl_would_get_it),
		T(a_login_that_fails_says_why_and_no_page_is_asked_for),
		T(names_of_a_foreign_form_are_cut_between_characters),
		T(a_session_that_ends_in_mid_crawl_loses_no_page),
		T(nobody_fills_in_a_form_in_no_time),
		T(a_login_may_have_a_status_that_is_accepted),
		T(a_page_of_a_login_that_leads_on_by_itself_is_followed),
		T(a_redirect_to_the_forms_page_is_followed_if_the_session_stands),
		T(pages_that_are_wrong_for_all_lead_to_one_login),
		T(a_session_may_end_after_a_page_that_is_wrong_for_all),
		T(a_login_that_fails_later_ends_what_is_left),
		T(a_login_that_is_out_of_order_for_a_while_is_waited_for),
		T(a_worker_that_dies_of_it_is_no_end),
		T(links_that_log_out_are_not_followed),
		T(a_form_that_is_redirected_goes_to_nobody_else),
		T(a_form_that_leads_back_to_its_page_is_no_ring),
		T(a_login_goes_through_what_else_wants_a_cookie),
		cmocka_unit_test_setup_teardown(no_form_goes_from_https_to_http, begin_with_tls,
						end_with_tls),
		T(a_form_may_go_to_a_host_that_match_means),
		T(nobody_on_the_way_reads_a_password),
		T(a_password_is_in_no_log_report_or_database),
		T(a_crawl_with_a_login_that_is_killed_ends_as_one_that_was_not),
	};

	return RUN_TESTS(tests);
}
