#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "parsers/text/utf8.h"
#include "tests/support/scenario.h"
#include "tests/support/tls_stand_in.h"

/*
 * The program from end to end: cookies that are kept, between pages, runs and workers; who gets
 * them, and who never does.
 */
#define QUICK                                                                                      \
	"--delay", "0", "--concurrency", "1", "--set", "retries=0", "--set", "robots=false", "-c", \
		"c.yaml"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define COOKIES_ON   "crawl:\n  cookies: on\n"
#define KILLS        50

static int begin(void **state)
{
	const char *options[] = { "--workers", "2", "--addresses", "3", NULL };

	(void)state;
	return scenario_begin_with(options);
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

/* What came with the last request for a target. */
static const char *carried_by(const char *target)
{
	struct requests requests = site_requests();
	const char *carried = "(not asked for)";

	for (size_t i = 0; i < requests.count; i++)
		if (strcmp(requests.list[i].target, target) == 0)
			carried = requests.list[i].carried;
	return carried;
}

/* ---- what is kept ---- */

/*
 * Set by one page, sent with the next, at "www.site.localhost"; "@" is "site.localhost".  libcurl
 * has the latest first.
 */
static void what_a_page_sets_later_pages_send(void **state)
{
	static const struct {
		const char *set, *path, *sent;
	} rows[] = {
		{ "1=a=b", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20HttpOnly", "/page/1", "cookie=a=b|" },
		{ "1=a=b&2=c=d", "/page/1", "cookie=c=d;?a=b|" },
		{ "1=a=b&2=a=c", "/page/1", "cookie=a=c|" },
		{ "1=a=b&2=a=;%20Max-Age=0", "/page/1", "-" },
		{ "1=a=b;%20Max-Age=60", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Max-Age=-1", "/page/1", "-" },
		{ "1=a=b;%20Expires=Thu,%2001%20Jan%201970%2000:00:01%20GMT", "/page/1", "-" },
		{ "1=a=b;%20Expires=Fri,%2001%20Jan%202100%2000:00:01%20GMT", "/page/1",
		  "cookie=a=b|" },
		{ "1=a=b;%20Path=/page", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Path=/pa", "/page/1", "-" },
		{ "1=a=b;%20Path=/books", "/page/1", "-" },
		{ "1=a=1;%20Path=/&2=a=2;%20Path=/page", "/page/1", "cookie=a=2;?a=1|" },
		{ "1=a=b;%20Domain=www.site.localhost", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Domain=.site.localhost", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Domain=SITE.localhost", "@/page/1", "cookie=a=b|" },
		{ "1=a=b", "@/page/1", "-" },
		{ "1=a=b;%20Domain=localhost", "/page/1", "-" },
		{ "1=a=b;%20Domain=example.org", "/page/1", "-" },
		{ "1=a=b;%20Domain=other.site.localhost", "/page/1", "-" },
		{ "1=a=%22b%20c%22", "/page/1", "cookie=a=\"b?c\"|" },
		{ "1=a=b=c", "/page/1", "cookie=a=b=c|" },
		{ "1=a=", "/page/1", "cookie=a=|" },
		{ "1=a%20b", "/page/1", "-" },
		{ "1=__Host-a=b;%20Path=/", "/page/1", "-" }, /* it wants Secure */
		{ "1=__Secure-a=b", "/page/1", "-" },
		{ "1=a=b;%20SameSite=Strict", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Max-Age=0;%20Expires=Fri,%2001%20Jan%202100%2000:00:01%20GMT",
		  "/page/1", "-" },
		{ "1=a=b;%20Max-Age=60;%20Expires=Thu,%2001-Jan-1970%2000:00:10%20GMT", "/page/1",
		  "cookie=a=b|" },
		{ "1=a=b&2=a=;%20Expires=%22Sun,%2001-Jan-1995%2001:00:00%20GMT%22", "/page/1",
		  "-" },
		/* taken away here, set there */
		{ "1=a=gone;%20Max-Age=0;%20Path=/&2=a=b;%20Max-Age=60;%20Path=/page;%20HttpOnly",
		  "/page/1", "cookie=a=b|" },
		{ "1=a=%22%22;%20Expires=Thu,%2001-Jan-1970%2000:00:10%20GMT&2=c=d;%20Version=1;"
		  "%20Comment=%22A%20token%22;%20Path=/",
		  "/page/1", "cookie=c=d|" },
		{ "1=a=b%253Ac%7Cd!", "/page/1", "cookie=a=b%3Ac|d!|" },
		{ "1=a=b;Path=/;;secure-not;=", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Domain=", "/page/1", "cookie=a=b|" },
		{ "1=a=b;%20Path=page", "/page/1",
		  "cookie=a=b|" }, /* no path: that of the page, "/" */
		{ "1=%C3%A9=%C3%A9", "/page/1", "cookie=?\?=?\?|" },
	};

	(void)state;
	write_text("c.yaml", COOKIES_ON);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char path[40];

		snprintf(path, sizeof(path), "%s?%zu", rows[i].path + (rows[i].path[0] == '@'), i);
		write_text("list", "http://www.site.localhost:%u/set?%s\n", site.port, rows[i].set);
		assert_code(RUN("list", "--fresh", QUICK), 0);
		/* another run, and another worker */
		write_text("list", "http://%ssite.localhost:%u%s\n",
			   rows[i].path[0] == '@' ? "" : "www.", site.port, path);
		assert_code(RUN("list", QUICK), 0);
		if (strcmp(carried_by(path), rows[i].sent) != 0)
			fail_msg("%s: %s", rows[i].set, carried_by(path));
	}
}

/* The site is the proxy, so it is every host.  */
static void cookies_go_where_their_domain_leads_and_no_further(void **state)
{
	static const struct {
		const char *from, *cookie, *to, *sent;
	} rows[] = {
		{ "attacker.com", "a=b;%20Domain=.com", "victim.com", "-" },
		{ "attacker.com", "a=b;%20Domain=com", "victim.com", "-" },
		{ "evil.github.io", "a=b;%20Domain=.github.io", "good.github.io", "-" },
		{ "www.playmobil.co.uk", "a=b;%20Domain=.co.uk", "bank.co.uk", "-" },
		{ "www.playmobil.co.uk", "a=b;%20Domain=playmobil.co.uk", "shop.playmobil.co.uk",
		  "cookie=a=b|" },
		{ "foo.bar.elb.amazonaws.com", "a=b;%20Domain=bar.elb.amazonaws.com",
		  "other.bar.elb.amazonaws.com", "-" },
		{ "www.golem.de", "a=b%253A;%20Domain=.golem.de", "forum.golem.de",
		  "cookie=a=b%3A|" },
		{ "www.golem.de", "a=b", "forum.golem.de", "-" },
		{ "example.org", "a=b;%20Domain=bank.net", "bank.net", "-" },
		{ "example.org", "a=b;%20Domain=www.example.org", "www.example.org", "-" },
		{ "ample.org", "a=b;%20Domain=ample.org", "example.org", "-" },
		{ "intranet", "a=b", "intranet", "cookie=a=b|" },
		{ "intranet", "a=b;%20Domain=intranet", "other.intranet", "-" },
		{ "xn--bcher-kva.example", "a=b;%20Domain=xn--bcher-kva.example",
		  "www.xn--bcher-kva.example", "cookie=a=b|" },
		{ "192.0.2.1", "a=b;%20Domain=192.0.2.1", "192.0.2.1", "cookie=a=b|" },
		{ "192.0.2.1", "a=b;%20Domain=.2.1", "192.9.2.1", "-" },
		{ "[2001:db8::1]", "a=b", "[2001:db8::1]", "cookie=a=b|" },
		{ "example.org:8080", "a=b", "example.org",
		  "cookie=a=b|" }, /* ports do not count */
		{ "example.org", "a=b;%20Secure", "example.org", "-" },
	};
	char proxy[60];

	(void)state;
	write_text("c.yaml", COOKIES_ON);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", site.port);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char to[100];

		snprintf(to, sizeof(to), "http://%s/page/1?%zu", rows[i].to, i);
		write_text("list", "http://%s/set?1=%s\n", rows[i].from, rows[i].cookie);
		assert_code(RUN("list", "--fresh", QUICK, "--proxy", proxy), 0);
		write_text("list", "%s\n", to);
		assert_code(RUN("list", QUICK, "--proxy", proxy), 0);
		if (strcmp(carried_by(strstr(to, "/page")), rows[i].sent) != 0 &&
		    strcmp(carried_by(to), rows[i].sent) != 0)
			fail_msg("%s %s to %s: %s, %s", rows[i].from, rows[i].cookie, rows[i].to,
				 carried_by(to), carried_by(strstr(to, "/page")));
	}
}

static void only_who_keeps_them_sends_them(void **state)
{
	static const struct {
		const char *config, *later, *hop; /* a later page, and a redirect's next hop */
	} rows[] = {
		{ "crawl:\n", "-", "cookie=h=1|" },
		{ "crawl:\n  cookies: visit\n", "-", "cookie=h=1|" },
		{ "crawl:\n  cookies: off\n", "-", "-" },
		{ "crawl:\n  cookies: on\n", "cookie=h=1;?a=b|", "cookie=a=b;?h=1|" },
		{ "hosts: [{match: 127.0.0.1, cookies: on}]\n", "cookie=h=1;?a=b|",
		  "cookie=a=b;?h=1|" },
		{ "hosts: [{match: 127.0.0.2, cookies: on}]\n", "-", "cookie=h=1|" },
		{ "crawl:\n  cookies: on\nhosts: [{match: 127.0.0.1, cookies: off}]\n", "-", "-" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_text("c.yaml", "%s", rows[i].config);
		write_text("list", "%s\n%s%zu\n%s%zu\n", url("/set?1=a=b"),
			   url("/redirect-to?cookie=h=1&url=/page/1?hop"), i, url("/page/1?later"),
			   i);
		assert_code(RUN("list", "--fresh", QUICK), 0);
		if (strcmp(carried_by(url("/page/1?hop%zu", i) + strlen(site.origin)),
			   rows[i].hop) != 0 ||
		    strcmp(carried_by(url("/page/1?later%zu", i) + strlen(site.origin)),
			   rows[i].later) != 0)
			fail_msg("%s: %s", rows[i].config,
				 carried_by(url("/page/1?later%zu", i) + strlen(site.origin)));
		assert_int_equal(ask_number("SELECT count(*) > 0 FROM crawl_cookies"),
				 rows[i].later[0] != '-');
	}
	/* a flag has the last word */
	assert_code(RUN("list", "--fresh", QUICK, "--cookies", "on"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM crawl_cookies"), 2);
}

/* Which one that is decides the worker; the other knows nothing of it. */
static void a_door_is_gone_through_once(void **state)
{
	struct requests requests;
	size_t doors = 0;

	(void)state;
	write_text("c.yaml", COOKIES_ON);
	write_list("list", "/members/%d", 1, 30);
	assert_code(RUN("list", QUICK, "-j", "2"), 0);
	assert_code(RUN("list", QUICK, "--update"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|30");
	requests = site_all_requests();
	for (size_t i = 0; i < requests.count; i++)
		doors += strncmp(requests.list[i].target, "/door/", 6) == 0;
	assert_int_equal(doors, 1);
	assert_int_equal(requests.count, 62);
}

/* And what it sent, nobody finds in a page that it keeps for an hour. */
static void try_sends_what_the_database_keeps(void **state)
{
	(void)state;
	write_text("c.yaml",
		   COOKIES_ON "patterns: [{name: c, pattern: '(?i)cookie: (?<c>[^\\r\\n]*)'}]\n");
	write_text("list", "%s\n", url("/set?1=a=b"));
	assert_silent_on(RUN("try", "c.yaml", url("/echo"))->out, "a=b"); /* none yet */
	assert_code(RUN("list", QUICK), 0);
	assert_says(RUN("try", "c.yaml", url("/echo"))->out, "a=b");
	assert_code(RUN("cookies", "--forget"), 0);
	assert_silent_on(RUN("try", "c.yaml", url("/echo"))->out, "a=b");
}

static void a_crawl_with_cookies_that_is_killed_ends_as_one_that_was_not(void **state)
{
	int kills = 0;

	(void)state;
	write_text("c.yaml", COOKIES_ON);
	write_list("list", "/members/%d", 1, 60);
	for (; kills < KILLS; kills++) {
		struct program *run = START("list", QUICK, "-e", "t=<title>(?<x>.*?)</title>");
		long ms = 5 + random() % 60;

		nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
		kill(run->pid, SIGKILL);
		program_wait(run);
		if (run->code == 0)
			remove(in_folder("crawl.db"));
	}
	assert_code(RUN("list", QUICK, "-e", "t=<title>(?<x>.*?)</title>"), 0);
	assert_string_equal(ask("SELECT outcome, status, count(*) FROM pages GROUP BY 1"),
			    "ok|200|60");
	assert_string_equal(ask("SELECT x, count(*), count(DISTINCT page_url) FROM t"),
			    "members|60|60");
	assert_string_equal(ask("SELECT name, path, is_http_only FROM crawl_cookies"),
			    "member|/members|1");
}

/* ---- who sees them ---- */

static mode_t mode_of(const char *name)
{
	struct stat found;

	return stat(in_folder(name), &found) == 0 ? found.st_mode & 0777 : 0600;
}

static void nobody_is_shown_a_value(void **state)
{
	static const char *const queries[] = {
		"SELECT value FROM crawl_cookies",
		"SELECT * FROM (SELECT name FROM Crawl_Cookies)",
		"SELECT (SELECT value FROM crawl_cookies) FROM pages",
		"WITH c AS (SELECT * FROM main.crawl_cookies) SELECT * FROM c",
		"SELECT count(*) FROM pages WHERE EXISTS (SELECT 1 FROM \"crawl_cookies\")",
		"SELECT * FROM seen",
		"SELECT * FROM sqlite_dbpage",
	};

	(void)state;
	write_text("c.yaml", COOKIES_ON);
	write_text("list", "%s\n%s\n", url("/set?1=a=s3cret;%%20Secure;%%20Max-Age=4102444800"),
		   url("/page/1"));
	assert_code(RUN("list", QUICK, "-v"), 0);
	for (const char *name = "crawl.db"; name; name = strchr(name, 'w') ? NULL : "crawl.db-wal")
		assert_int_equal(mode_of(name), 0600);
	ask("CREATE VIEW seen AS SELECT value FROM crawl_cookies");
	for (size_t i = 0; i < COUNT(queries); i++) {
		struct program *program = RUN("sql", queries[i]);

		assert_int_not_equal(program->code, 0);
		assert_silent_on(program->out, "s3cret");
	}
	assert_says(RUN("sql", queries[0])->error, "crawl cookies tells of it, without values");
	assert_int_not_equal(RUN("export", "crawl_cookies")->code, 0);
	assert_int_not_equal(RUN("export", "seen")->code, 0);
	assert_code(RUN("sql", "SELECT count(*) FROM pages"), 0);
	assert_silent_on(RUN("cookies", "--json")->out, "s3cret");
	assert_says(RUN("cookies", "--format", "csv")->out, "127.0.0.1,/,a,2");
	assert_silent_on(RUN("why", url("/page/1"))->out, "s3cret");
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

/* Its page is not kept, and the value is in no URL. */
static void what_is_forgotten_is_not_in_the_file_any_more(void **state)
{
	(void)state;
	write_text("c.yaml", "hosts: [{match: 127.0.0.1, cookie_file: in.txt}]\n");
	write_text("in.txt", "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\ts3cret\n");
	write_text("list", "%s\n", url("/page/1"));
	assert_code(RUN("list", QUICK), 0);
	assert_true(file_holds("crawl.db", "s3cret"));
	assert_says(RUN("cookies", "--forget", "example.org")->error, "forgot 0 cookies");
	assert_says(RUN("cookies", "--forget")->error, "forgot 1 cookie");
	assert_false(file_holds("crawl.db", "s3cret"));
	assert_false(file_holds("crawl.db-wal", "s3cret"));
	assert_code(RUN("cookies", "--forget", "-o", "none.db"), 2);
	assert_code(RUN("cookies", "--forget", "a", "b"), 2);
}

/* ---- files ---- */

static void a_file_of_cookies_is_for_its_host_alone(void **state)
{
	(void)state;
	write_text("c.yaml", "crawl:\n  cookies: on\n"
			     "hosts:\n- {match: 127.0.0.1, cookie_file: file:in.txt}\n");
	write_text("in.txt", "\xEF\xBB\xBF# Netscape HTTP Cookie File\r\n\r\n"
			     "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t4102444800\ta\tb\r\n"
			     "127.0.0.1\tFALSE\t/page\tFALSE\t0\tc\td\n"
			     "127.0.0.1\tFALSE\t/\tFALSE\t1\told\told\n"
			     "127.0.0.2\tFALSE\t/\tFALSE\t0\tothers\tothers\n");
	write_text("list", "%s\n%s\n", url("/page/1"), url_at(2, "/page/2"));
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(carried_by("/page/1"), "cookie=c=d;?a=b|");
	assert_string_equal(carried_by("/page/2"), "-");
	assert_says(RUN("check", "c.yaml")->error, "cookie_file");
	/* try sends what a crawl would */
	assert_says(
		RUN("try", "-c", "c.yaml", "-e", "c=(?i)cookie: (?<c>[^\r\n]*)", url("/echo"))->out,
		"a=b");
}

/* The rule has no port: the list names the stand-in's; the site, another port, is led to. */
static void no_redirect_takes_the_cookies_of_a_file_to_another_origin(void **state)
{
	static const char *const codes[] = { "301", "302", "303", "307", "308" };
	struct requests requests;
	FILE *list;

	(void)state;
	if (tls.pid == 0) {
		print_message("skipped: it wants openssl\n");
		skip();
	}
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- {match: 127.0.0.1, cookie_file: in.txt}\n",
		   in_folder("ca.pem"));
	write_text("in.txt", "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\ts3cret\n");
	list = fopen(write_text("list", "%s/x\n", ""), "w");
	for (size_t i = 0; i < COUNT(codes); i++)
		fprintf(list, "%s/to/%s/%s/page/%zu\n", tls.origin, codes[i], site.origin, i);
	fclose(list);
	assert_code(RUN("list", QUICK), 0);
	assert_says(tls_heard(), "Cookie: a=s3cret\r\n");
	requests = site_requests();
	assert_int_equal(requests.count, COUNT(codes));
	for (size_t i = 0; i < requests.count; i++)
		assert_string_equal(requests.list[i].carried, "-");
	/* named by a list it gets them, but not where https led to it */
	write_text("list", "%s\n%s/to/302/%s/page/8\n", url("/page/9"), tls.origin, site.origin);
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(carried_by("/page/9"), "cookie=a=s3cret|");
	assert_string_equal(carried_by("/page/8"), "-");
}

static void a_file_that_is_none_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *said;
		int code;
	} rows[] = {
		{ "", "there is no cookie in it", 2 },
		{ "# Netscape HTTP Cookie File\n", "there is no cookie in it", 2 },
		{ "[{\"domain\": \"a\"}]", "it is JSON: export the cookies in Netscape's format",
		  2 },
		{ "\n127.0.0.1 FALSE / FALSE 0 a b\n", "line 2: seven fields are wanted", 2 },
		{ "example.org\tTRUE\t/\tFALSE\t0\ta\tb\n", "none of its cookies is for 127.0.0.1",
		  2 },
		{ "127.0.0.1\tTRUE\t/\tFALSE\t1\ta\tb\n",
		  "all its cookies for 127.0.0.1 have expired", 0 },
		{ "127.0.0.1\tTRUE\t/\tFALSE\tx\ta\tb\n", "no time in seconds", 2 },
		{ "<!DOCTYPE html>\n", "line 1: seven fields are wanted", 2 },
	};

	(void)state;
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  cookie_file: in.txt\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct program *check;

		write_text("in.txt", "%s", rows[i].text);
		check = RUN("check", "c.yaml");
		assert_code(check, rows[i].code);
		assert_says(check->error, rows[i].said);
		assert_says(check->error, "c.yaml:3:16: ");
	}
	remove(in_folder("in.txt"));
	assert_says(RUN("check", "c.yaml")->error, "No such file");
	write_text("c.yaml", "crawl:\n  cookie_file: in.txt\n");
	assert_says(RUN("check", "c.yaml")->error, "'cookie_file' is for a host");
	write_text("in.txt", "127.0.0.1\tTRUE\t/\tFALSE\t0\ta\tb\n");
	write_text("c.yaml", "hosts:\n- {match: 127.0.0.1, cookie_file: in.txt, cookies: visit}\n");
	assert_says(RUN("check", "c.yaml")->error, "'cookie_file' wants 'cookies: on'");
	write_text("c.yaml", "crawl:\n  cookies: maybe\n");
	assert_says(RUN("check", "c.yaml")->error, "'maybe' is not off, visit or on");
}

/* ---- what is not the page ---- */

static void a_success_that_is_not_the_page_fails(void **state)
{
	static const struct {
		const char *rule, *target, *came; /* outcome, status, error */
	} rows[] = {
		{ "expect: '<h1>page'", "/page/1", "ok|200|-" },
		{ "expect: 'Sign out'", "/page/1", "wrong_page|200|expect does not match" },
		{ "refuse: '(?i)PAGE 1'", "/page/1", "wrong_page|200|refuse matches: page 1" },
		{ "refuse: 'human'", "/page/1", "ok|200|-" },
		{ "expect: '<h1>', refuse: 'human'", "/page/1", "ok|200|-" },
		{ "expect: '<h1>', refuse: '<h1>'", "/page/1",
		  "wrong_page|200|refuse matches: <h1>" },
		{ "expect: '^$'", "/type/image/png", "ok|200|-" }, /* no text */
		{ "expect: '^$'", "/status/404", "http_error|404|-" },
		{ "expect: 'nothing', accept_status: [404]", "/status/404",
		  "wrong_page|404|expect does not match" },
		{ "expect: 'Sign out'", "/redirect-to?url=@/page/1",
		  "wrong_page|200|expect does not match" }, /* of the host that was to have it */
		{ "expect: '(?:[a-z<>\\s]+)+[#@]\\d'", "/page/1",
		  "wrong_page|200|expect ran into its limit: pattern_time, match_limit" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *at = strchr(rows[i].target, '@');

		write_text("c.yaml", "hosts: [{match: 127.0.0.1, %s}]\n", rows[i].rule);
		write_text("list", "%s%.*s%s%s\n", site.origin,
			   at ? (int)(at - rows[i].target) : 500, rows[i].target,
			   at ? url_at(2, "") : "", at ? at + 1 : "");
		RUN("list", "--fresh", QUICK, "--match-limit", "100000");
		if (strcmp(ask("SELECT outcome, status, error FROM pages"), rows[i].came) != 0)
			fail_msg("%s: %s", rows[i].rule,
				 ask("SELECT outcome, status, error FROM pages"));
	}
	write_text("c.yaml", "hosts: [{match: 127.0.0.1, expect: 'Sign out'}]\n");
	assert_says(RUN("try", "-c", "c.yaml", "-e", "t=<title>", url("/page/1"))->error,
		    "wrong_page: expect does not match");
	write_text("c.yaml", "hosts: [{match: 127.0.0.1, expect: '(a'}]\n");
	assert_says(RUN("check", "c.yaml")->error, "c.yaml:1:39: error: missing");
	write_text("c.yaml", "crawl: {expect: 'a'}\n");
	assert_code(RUN("check", "c.yaml"), 2);
}

#define BANNED "封禁封禁封禁封禁封禁封禁封禁封禁封禁封禁封禁封禁"

/* Whoever reads the database may insist on UTF-8. */
static void what_refuse_found_is_cut_between_characters(void **state)
{
	(void)state;
	for (int before = 0; before < 3; before++) {
		write_text("c.yaml", "hosts: [{match: 127.0.0.1, refuse: '%s(封禁)+'}]\n",
			   &"ab"[2 - before]);
		write_text("list", "%s\n", url("/form?html=<meta%%20charset=utf-8>ab" BANNED));
		assert_code(RUN("list", "--fresh", QUICK), 1);
		assert_says(ask("SELECT error FROM pages"), "refuse matches: ");
		assert_true(utf8_is_well_formed(slice_of(ask("SELECT error FROM pages"))));
	}
}

/* The page shows its cookie: "none" at the first visit. */
static void a_wall_takes_no_rows_away_and_leads_nowhere(void **state)
{
	(void)state;
	write_text("c.yaml", "crawl:\n  cookies: on\n"
			     "hosts: [{match: 127.0.0.1, refuse: 'visit=.'}]\n"
			     "follow: [{link: .}]\n"
			     "patterns: [{name: t, pattern: 'cookie\">(?<c>[^<]*)'}]\n");
	write_text("list", "%s\n", url("/cookie"));
	assert_code(RUN("list", QUICK), 0);
	assert_code(RUN("list", QUICK), 1);
	assert_string_equal(ask("SELECT state, outcome, error FROM pages"),
			    "failed|wrong_page|refuse matches: visit=1");
	assert_string_equal(ask("SELECT n, c FROM t"), "1|none");
	assert_says(RUN("failed")->out, "wrong_page");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_a_page_sets_later_pages_send),
		T(cookies_go_where_their_domain_leads_and_no_further),
		T(only_who_keeps_them_sends_them),
		T(a_door_is_gone_through_once),
		T(try_sends_what_the_database_keeps),
		T(a_crawl_with_cookies_that_is_killed_ends_as_one_that_was_not),
		T(nobody_is_shown_a_value),
		T(what_is_forgotten_is_not_in_the_file_any_more),
		T(a_file_of_cookies_is_for_its_host_alone),
		cmocka_unit_test_setup_teardown(
			no_redirect_takes_the_cookies_of_a_file_to_another_origin, begin_with_tls,
			end_with_tls),
		T(a_file_that_is_none_is_told_with_its_place),
		T(a_success_that_is_not_the_page_fails),
		T(what_refuse_found_is_cut_between_characters),
		T(a_wall_takes_no_rows_away_and_leads_nowhere),
	};

	return RUN_TESTS(tests);
}
