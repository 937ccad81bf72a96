#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: hosts with a login.  What is filled in and when; what becomes of a
 * login that fails, and of a session that ends; where credentials go, and never do.
 */
#define QUICK                                                                                 \
	"--delay", "0", "--set", "retries=0", "--set", "robots=false", "--set", "timeout=1s", \
		"-c", "c.yaml"
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
	assert_string_equal(requests.list[0].carried, "-");
	assert_string_equal(requests.list[1].carried,
			    "cookie=csrf=1|body=token=1&user=me&password=pw&keep=on&go=in|");
	assert_string_equal(requests.list[2].target, "/home");
	for (size_t i = 2; i < requests.count; i++)
		assert_string_equal(requests.list[i].carried, "cookie=session=2|");
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

static int begin_with_robots(void **state)
{
	static char file[200];

	(void)state;
	snprintf(file, sizeof(file), "/tmp/crawl-login-robots-%d", (int)getpid());
	FILE *out = fopen(file, "w");

	if (!out)
		return -1;
	fputs("User-agent: *\nDisallow: /login\nDisallow: /home\nDisallow: /inside/0/2\n", out);
	fclose(out);
	return scenario_begin_with((const char *[]){ "--robots", file, NULL });
}

static int end_with_robots(void **state)
{
	char file[200];

	snprintf(file, sizeof(file), "/tmp/crawl-login-robots-%d", (int)getpid());
	remove(file);
	return scenario_end(state);
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
		  "405|the login's form was answered with status 405" },
		{ "/form?html=" FORM("/taken?status=401"), "Sign out",
		  "401|the login's form was answered with status 401: are name and password "
		  "right?" },
		{ "/form?html=" FORM("/taken?status=500"), "Sign out",
		  "500|the login's form was answered with status 500" },
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
		const char *came;

		write_config(rows[i].login, rows[i].check, "");
		assert_code(RUN("list", "--fresh", QUICK, "--match-limit", "100000"), 1);
		came = ask("SELECT status, error FROM pages WHERE outcome = 'login' LIMIT 1");
		if (strncmp(came, rows[i].came, strlen(rows[i].came)) != 0)
			fail_msg("%s: %s", rows[i].login, came);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'login'"),
				 3);
	}
	requests = site_requests();
	assert_int_equal(requests_with(&requests, "/inside", ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_host_is_logged_in_before_its_first_page),
		T(a_session_that_stands_is_taken_up_by_the_next_run),
		T(a_rule_is_logged_in_once_for_all_of_its_hosts),
		T(a_login_counts_as_no_page),
		cmocka_unit_test_setup_teardown(the_login_is_asked_for_whatever_robots_txt_says,
						begin_with_robots, end_with_robots),
		cmocka_unit_test_setup_teardown(nobody_logs_in_for_nothing, begin_with_robots,
						end_with_robots),
		T(one_page_is_shown_as_a_crawl_would_get_it),
		T(a_login_that_fails_says_why_and_no_page_is_asked_for),
	};

	return RUN_TESTS(tests);
}
