#include "tests/support/test.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "tests/support/scenario.h"
#include "tests/support/tls_stand_in.h"

/*
 * The program from end to end: what requests carry, and to whom.  The site's log has what came with
 * each request; a second site is another port of the same host.
 */
#define QUICK           "--delay", "0", "--set", "retries=0", "--set", "robots=false", "-c", "c.yaml"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define SECRET "authorization=Basic?bWU6cHc=|" /* me:pw */

static struct site_process other;
static struct tls_stand_in tls;

static int begin(void **state)
{
	const char *options[] = { "--workers", "2", "--addresses", "3", NULL };

	(void)state;
	return scenario_begin_with(options);
}

static int start_other(void)
{
	return site_start(&other, (const char *[]){ "--log", in_folder("other.log"), NULL });
}

static int begin_with_other(void **state)
{
	return begin(state) < 0 ? -1 : start_other();
}

static int end(void **state)
{
	int code = other.pid > 0 ? site_stop(&other) : 0;

	other.pid = 0;
	tls_stop(&tls);
	return scenario_end(state) < 0 ? -1 : code;
}

static int begin_with_tls(void **state)
{
	return begin(state) < 0 ? -1 : tls_begin(&tls, false);
}

static int begin_with_strict_tls(void **state)
{
	return begin(state) < 0 ? -1 : tls_begin(&tls, true);
}

static void skip_without_tls(void)
{
	if (tls.pid > 0)
		return;
	print_message("skipped: it wants openssl\n");
	skip();
}

/* What came with the first request for a target, or NULL: it was not asked for. */
static const char *carried_by(const char *target)
{
	struct requests requests = site_requests();

	for (size_t i = 0; i < requests.count; i++)
		if (strcmp(requests.list[i].target, target) == 0)
			return requests.list[i].carried;
	return NULL;
}

static const char *log_of(const char *name)
{
	static char text[64 * 1024];
	FILE *file = fopen(in_folder(name), "r");
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[size] = '\0';
	return text;
}

static const char *other_log(void)
{
	return log_of("other.log");
}

/* ---- what they carry ---- */

static void a_host_gets_its_headers_and_credentials_and_no_other_host_does(void **state)
{
	struct requests requests;

	(void)state;
	write_text("c.yaml", "crawl:\n  headers: {Accept-Language: de}\n"
			     "hosts:\n- match: 127.0.0.1\n  headers: {X-Api-Key: '${KEY}', "
			     "accept-language: fr}\n"
			     "  auth: {basic: '${ME}:pw'}\n");
	write_text("list", "%s\n%s\n", url("/page/1"), url_at(2, "/page/2"));
	assert_code(RUN_WITH((&(struct program_setup){
				     .environment =
					     (const char *const[]){ "KEY=k3y", "ME=me", NULL } }),
			     "list", "--delay", "0", "-c", "c.yaml"),
		    0);
	requests = site_all_requests();
	assert_int_equal(requests.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(requests.list[i].carried,
				    strcmp(requests.list[i].target, "/page/1") == 0
					    ? SECRET "x-api-key=k3y|accept-language=fr|"
					    : "accept-language=de|");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome = 'ok'"), "2");
}

static void every_kind_of_auth_opens_its_door(void **state)
{
	static const struct {
		const char *auth, *target;
		int requests;
	} rows[] = {
		{ "basic: 'me:pw'", "/auth/basic/bWU6cHc=", 1 },
		{ "basic: 'me:'", "/auth/basic/bWU6", 1 },
		{ "basic: 'm\xC3\xA9:p:w@/'", "/auth/basic/bcOpOnA6d0Av", 1 },
		{ "bearer: token", "/auth/bearer/token", 1 },
		{ "digest: 'me:pw'", "/auth/digest/me", 2 },
		{ "netrc: file:netrc", "/auth/basic/bWU6cHc=", 1 },
	};

	(void)state;
	write_text("netrc", "machine example.org login you password no\n"
			    "machine 127.0.0.1 login me password pw\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t before = site_requests().count;

		write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  auth: {%s}\n", rows[i].auth);
		assert_code(RUN(url("%s", rows[i].target), "--fresh", QUICK), 0);
		assert_string_equal(ask("SELECT outcome, status, title FROM pages"),
				    "ok|200|welcome");
		assert_int_equal(site_requests().count - before, rows[i].requests);
	}
	/* the wrong ones do not, and digest is not tried for ever */
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  auth: {digest: 'you:pw'}\n");
	assert_code(RUN(url("/auth/digest/me"), "--fresh", QUICK), 1);
	assert_string_equal(ask("SELECT outcome, status FROM pages"), "http_error|401");
}

static void a_user_in_a_list_is_its_hosts_and_not_stored(void **state)
{
	char list[400];

	(void)state;
	write_text("c.yaml", "crawl:\n");
	snprintf(list, sizeof(list), "http://me:p%%77@127.0.0.1:%u/auth/basic/bWU6cHc=\n%s\n%s\n",
		 site.port, url("/page/1"), url_at(2, "/page/2"));
	write_text("list", "%s", list);
	assert_says(RUN("list", "-v", QUICK)->error,
		    "1 URL with a user name or password (user:pw@): for its host alone, and not "
		    "kept");
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|3");
	assert_string_equal(carried_by("/page/1"), SECRET);
	assert_string_equal(carried_by("/page/2"), "-");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE url LIKE '%@%'"), "0");
	/* as an argument it is not in the stored command line either */
	snprintf(list, sizeof(list), "http://me:pw@127.0.0.1:%u/auth/basic/bWU6cHc=", site.port);
	assert_code(RUN(list, "--update", QUICK), 0);
	assert_silent_on(ask("SELECT group_concat(command_line) FROM runs"), "me:pw");
	assert_code(RUN("try", "-e", "t=(?<x>welcome)", list), 0);
}

static void flags_of_curl_do_what_curls_do(void **state)
{
	(void)state;
	write_text("c.yaml", "crawl:\n");
	assert_code(RUN(url("/page/1"), "-H", "X-Api-Key: k3y", "--header", "Accept-Language: de",
			"--user", "me:pw", "--cookie", "a=b; c=d", QUICK),
		    0);
	assert_string_equal(carried_by("/page/1"),
			    SECRET "cookie=a=b;?c=d|x-api-key=k3y|accept-language=de|");
	assert_says(ask("SELECT command_line FROM runs"),
		    "-H '********' --header '********' --user '********' --cookie '********'");
	/* plain ones are for all hosts, credentials for one */
	write_text("list", "%s\n%s\n", url_at(1, "/page/2"), url_at(2, "/page/3"));
	assert_code(RUN("list", "--header", "X-Api-Key: all", QUICK), 0);
	assert_string_equal(carried_by("/page/2"), "x-api-key=all|");
	assert_string_equal(carried_by("/page/3"), "x-api-key=all|");
}

static void credentials_for_nobody_in_particular_are_refused(void **state)
{
	static const struct {
		const char *option, *value, *list, *says;
	} rows[] = {
		{ "--user", "me:s3cret", "list",
		  "crawl: --user is for one host, the lists name more (http://a, http://b): which "
		  "host? put it under hosts:" },
		{ "--cookie", "a=s3cret", "list", "--cookie is for one host" },
		{ "-H", "Authorization: s3cret", "list", "--header is for one host" },
		{ "--header", "X: ${KEY}", "list", "--header is for one host" },
		{ "--user", "me:s3cret", "-", "crawl: -: a list that can be read only once" },
		{ "--user", "me:s3cret", "empty", "no list names one: which host?" },
		{ "--user", "s3cret", "one", "--user: error: a name and a password are wanted" },
		{ "--cookie", "s3cret", "one", "--cookie: error: NAME=VALUE is wanted" },
		{ "--header", "Host: b", "one", "--header: error: 'Host' cannot be set" },
		{ "--header", "X: a\r\nY: b", "one", "the value has a line end" },
		{ "--header", "X: ${NO_KEY}", "one", "the environment has no NO_KEY" },
	};

	(void)state;
	write_text("c.yaml", "crawl:\n");
	write_text("list", "http://a/\nhttp://a/2\nhttp://b/\n");
	write_text("one", "http://a/\nhttp://a/2\n");
	write_text("empty", "# nothing\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *program = RUN(rows[i].list, rows[i].option, rows[i].value, QUICK);

		assert_code(program, 2);
		assert_says(program->error, rows[i].says);
		assert_silent_on(program->error, "s3cret");
		assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
	}
}

/* Kinds that users of other clients have stumbled over. */
static void what_went_wrong_elsewhere_goes_right(void **state)
{
	static const struct {
		const char *host;    /* in the config, below match */
		const char *target;  /* of the list, "user:pw@/target" */
		const char *result;  /* outcome|status|tries */
		const char *carried; /* with the last request, or NULL: not looked at */
		int requests;
	} rows[] = {
		/* escapes in a URL's user */
		{ "delay: 0", "m%40e:p%3Aw%2F%25@/page/1", "ok|200|1",
		  "authorization=Basic?bUBlOnA6dy8l|", 1 },
		{ "delay: 0", "me@/page/1", "ok|200|1", "authorization=Basic?bWU6|", 1 },
		{ "delay: 0", ":pw@/page/1", "ok|200|1", "authorization=Basic?OnB3|", 1 },
		{ "delay: 0", "me:a:b@/page/1", "ok|200|1", "authorization=Basic?bWU6YTpi|", 1 },
		{ "delay: 0", "me:100%@/page/1", "ok|200|1", "authorization=Basic?bWU6MTAwJQ==|",
		  1 },
		/* the URL knows better than the config */
		{ "auth: {basic: 'you:pw'}", "me:pw@/page/1", "ok|200|1", SECRET, 1 },
		{ "headers: {Authorization: x}", "me:pw@/page/1", "ok|200|1", SECRET, 1 },
		{ "auth: {bearer: x}", "me:pw@/page/1", "ok|200|1", SECRET, 1 },
		/* a challenge with a body, or that ends the connection, or none at all */
		{ "auth: {digest: 'me:pw'}", "/auth/digest/me?close=1", "ok|200|1", NULL, 2 },
		{ "auth: {digest: 'me:pw'}", "/auth/digest/me?fill=300000", "ok|200|1", NULL, 2 },
		{ "auth: {digest: 'me:pw'}", "/auth/digest/me?fill=11000000", "ok|200|1", NULL, 2 },
		{ "auth: {digest: 'me:pw'}", "/auth/digest/you", "http_error|401|1", NULL, 2 },
		{ "auth: {digest: 'me:pw'}", "/auth/digest/me?stale=1", "bad_response|401|1", NULL,
		  3 },
		{ "auth: {digest: 'me:pw'}", "/status/401", "http_error|401|1", "-", 1 },
		{ "auth: {digest: 'me:pw'}", "/auth/basic/bWU6cHc=", "http_error|401|1", "-", 1 },
		{ "auth: {digest: 'me:pw'}", "/page/1", "ok|200|1", "-", 1 },
		{ "auth: {basic: 'me:pw'}", "/auth/digest/me", "http_error|401|1", SECRET, 1 },
		{ "auth: {digest: 'me:pw'}\n  accept_status: [401]", "/auth/digest/you", "ok|401|1",
		  NULL, 2 },
		/* what netrc files hold */
		{ "auth: {netrc: quoted}", "/page/1", "ok|200|1",
		  "authorization=Basic?bWU6c3VwZXIgc2VjcmV0|", 1 },
		{ "auth: {netrc: hash}", "/page/1", "ok|200|1", "authorization=Basic?bWU6YSNi|",
		  1 },
		{ "auth: {netrc: default}", "/page/1", "ok|200|1", SECRET, 1 },
		{ "auth: {netrc: others}", "/page/1", "ok|200|1", "-", 1 },
		/* a password with dollars, a header of UTF-8, one that is sent empty elsewhere */
		{ "auth: {basic: 'me:a$$b$c'}", "/page/1", "ok|200|1",
		  "authorization=Basic?bWU6YSQkYiRj|", 1 },
		{ "headers: {X-Api-Key: '\"k:3;y\"'}", "/page/1", "ok|200|1",
		  "x-api-key=\"k:3;y\"|", 1 },
		{ "headers: {Authorization: 'Custom a=b, c=d'}", "/page/1", "ok|200|1",
		  "authorization=Custom?a=b,?c=d|", 1 },
		/* a cookie that was set on the way, and one that was given: one line */
		{ "headers: {Cookie: a=b}", "/redirect-to?cookie=x=y&url=/page/1", "ok|200|1",
		  "cookie=x=y;?a=b|", 2 },
		/* accepted is not tried again, whatever its status means elsewhere */
		{ "accept_status: [503, 429]", "/status/503", "ok|503|1", NULL, 1 },
		/* the host says when */
		{ "retry_status: [403]", "/retry-after?status=403&say=1", "http_error|403|3", NULL,
		  3 },
		{ "accept_status: [429]", "/status/429/3600", "ok|429|1", NULL, 1 },
		/* a type with parameters, in capitals, and none */
		{ "accept: ['text/html']", "/charset/utf-8?header=1", "ok|200|1", NULL, 1 },
		{ "accept: ['text/html']", "/empty", "ok|200|1", NULL, 1 },
		{ "accept: ['TEXT/*']", "/page/1", "ok|200|1", NULL, 1 },
		/* a rate below what is read at once */
		{ "max_rate: 2kB", "/size/3000", "ok|200|1", NULL, 1 },
	};

	(void)state;
	write_text("quoted", "machine 127.0.0.1 login me password \"super secret\"\n");
	write_text("hash", "machine 127.0.0.1\n\tlogin me\n\tpassword a#b\n");
	write_text("default",
		   "machine example.org login you password no\ndefault login me password pw\n");
	write_text("others", "machine example.org login you password no\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t before = site_requests().count;
		const char *at = strchr(rows[i].target, '@');
		int user = at ? (int)(at + 1 - rows[i].target) : 0;
		struct requests requests;

		write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  %s\n", rows[i].host);
		write_text("list", "http://%.*s127.0.0.1:%u%s\n", user, rows[i].target, site.port,
			   rows[i].target + user);
		RUN("list", "--fresh", "--retry-wait", "10ms", "--no-robots", "-c", "c.yaml");
		requests = site_requests();
		if (strcmp(ask("SELECT outcome, status, tries FROM pages"), rows[i].result) != 0)
			fail_msg("%s %s: %s", rows[i].host, rows[i].target,
				 ask("SELECT outcome, status, tries, error FROM pages"));
		if ((int)(requests.count - before) != rows[i].requests)
			fail_msg("%s %s: %zu requests", rows[i].host, rows[i].target,
				 requests.count - before);
		if (rows[i].carried &&
		    strcmp(requests.list[requests.count - 1].carried, rows[i].carried) != 0)
			fail_msg("%s %s: %s", rows[i].host, rows[i].target,
				 requests.list[requests.count - 1].carried);
	}
}

/* ---- to whom ---- */

/* The ways that a page may lead from one URL to another. */
static const char *const ways[] = {
	"/redirect-to?status=301&url=", "/redirect-to?status=302&url=",
	"/redirect-to?status=303&url=", "/redirect-to?status=307&url=",
	"/redirect-to?status=308&url=", "/refresh-to?url=",
};

#define FOLLOW "follow: [{from: '/refresh-to', same: any, link: '/page/'}]\n"

static void assert_nothing_leaks(const char *match)
{
	char path[300];

	write_text("c.yaml",
		   FOLLOW "hosts:\n- match: '%s'\n  headers: {X-Api-Key: k3y, Cookie: '${C}'}\n"
			  "  auth: {basic: 'me:pw'}\n",
		   match);
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		FILE *list = fopen(in_folder("list"), i == 0 ? "w" : "a");

		snprintf(path, sizeof(path), "%s%s/page/%zu", ways[i], other.origin, 100 + i);
		fprintf(list, "%s\n", url("%s", path));
		snprintf(path, sizeof(path), "%s%s", ways[i], url_at(2, "/page/"));
		fprintf(list, "%s%zu\n", url("%s", path), 200 + i);
		snprintf(path, sizeof(path), "%s/page/%zu", ways[i], 300 + i);
		fprintf(list, "%s\n", url("%s", path));
		fclose(list);
	}
	assert_code(RUN_WITH((&(struct program_setup){
				     .environment = (const char *const[]){ "C=a=b", NULL } }),
			     "list", "--fresh", QUICK, "--concurrency", "8"),
		    0);
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		snprintf(path, sizeof(path), "/page/%zu", 200 + i);
		assert_string_equal(carried_by(path), "-");
		snprintf(path, sizeof(path), "/page/%zu", 300 + i);
		assert_string_equal(carried_by(path), SECRET "cookie=a=b|x-api-key=k3y|");
		snprintf(path, sizeof(path), " /page/%zu 200 ", 100 + i);
		assert_says(other_log(), path);
	}
	assert_silent_on(other_log(), "=");
}

/* Where a page leads with a name and password, nobody goes with them: they are the page's. */
static void a_user_in_a_redirect_or_link_is_left_out(void **state)
{
	(void)state;
	write_text("c.yaml", FOLLOW);
	write_text("list",
		   "%shttp://me:pw@127.0.0.2:%u/page/1\n%shttp://me:pw@127.0.0.2:%u/page/2\n",
		   url("/refresh-to?url="), site.port, url("/redirect-to?url="), site.port);
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(carried_by("/page/1"), "-");
	assert_string_equal(carried_by("/page/2"), "-");
}

static void no_kind_of_redirect_takes_credentials_to_another_name_or_port(void **state)
{
	char match[60];

	(void)state;
	assert_nothing_leaks("127.0.0.1"); /* any port, as far as a list names it */
	snprintf(match, sizeof(match), "127.0.0.1:%u", site.port);
	assert_nothing_leaks(match);
	assert_nothing_leaks(site.origin);
}

/* A server that hears one request, refuses it, and keeps it.  Returns its port. */
static unsigned listen_once(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	if (fork() == 0) {
		int client = accept(fd, NULL, NULL);
		char request[4096] = { 0 };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(WAIT_SECONDS_MAX);
		if (recv(client, request, sizeof(request) - 1, 0) > 0)
			write_text("heard", "%s", request);
		dprintf(client, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
		_exit(0);
	}
	close(fd);
	return ntohs(name.sin_port);
}

/* Whom a proxy connects to it does not hear; and over http it hears no more than anybody. */
static void a_proxy_is_told_nothing_that_is_a_hosts(void **state)
{
	static const struct {
		const char *match, *url, *begins;
		bool is_told;
	} rows[] = {
		{ "a.example", "https://a.example/x", "CONNECT a.example:443", false },
		{ "a.example", "http://a.example/x", "GET http://a.example/x", false },
		{ "http://a.example", "http://a.example/x", "GET http://a.example/x", true },
		{ "10.0.0.1", "http://10.0.0.1/x", "GET http://10.0.0.1/x", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		FILE *file;
		char heard[4096] = { 0 }, proxy[60];

		snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", listen_once());
		write_text("c.yaml",
			   "hosts:\n- match: '%s'\n  headers: {Cookie: a=b, X-Api-Key: '${K}'}\n"
			   "  auth: {basic: 'me:pw'}\n",
			   rows[i].match);
		RUN_WITH((&(struct program_setup){
				 .environment = (const char *const[]){ "K=k3y", NULL } }),
			 rows[i].url, "--proxy", proxy, "--fresh", QUICK);
		file = fopen(in_folder("heard"), "r");
		assert_non_null(file);
		assert_true(fread(heard, 1, sizeof(heard) - 1, file) > 0);
		fclose(file);
		assert_int_equal(strncmp(heard, rows[i].begins, strlen(rows[i].begins)), 0);
		assert_int_equal(strstr(heard, "Authorization: Basic") != NULL, rows[i].is_told);
		assert_int_equal(strstr(heard, "Cookie") != NULL, rows[i].is_told);
		assert_int_equal(strstr(heard, "k3y") != NULL, rows[i].is_told);
	}
}

/* Of a host that the user named, too, they are its own. */
static void a_host_that_is_led_to_gets_what_is_its_own(void **state)
{
	char path[200];

	(void)state;
	write_text("c.yaml",
		   "hosts:\n- match: '%s'\n  headers: {X-Api-Key: mine}\n  auth: {basic: 'me:pw'}\n"
		   "- match: '%s'\n  auth: {basic: 'you:pw'}\n",
		   site.origin, other.origin);
	snprintf(path, sizeof(path), "/redirect-to?url=%s/page/1", other.origin);
	assert_code(RUN(url("%s", path), QUICK), 0);
	assert_says(other_log(), "authorization=Basic?eW91OnB3|\n");
	assert_silent_on(other_log(), "mine");
}

/* A crawl without its lists knows from the database what was listed. */
static void credentials_go_where_a_list_once_led(void **state)
{
	(void)state;
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  auth: {basic: 'me:pw'}\n");
	assert_code(RUN(url("/page/1"), QUICK), 0);
	assert_code(RUN("--all", "--update", QUICK), 0);
	assert_int_equal(site_requests().count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(site_requests().list[i].carried, SECRET);
}

/* Also if what was listed has been read, and what it led to has not. */
static void credentials_go_on_where_a_list_once_led(void **state)
{
	struct requests requests;

	(void)state;
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  auth: {basic: 'me:pw'}\n"
			     "follow: [{link: '/books/'}]\n");
	assert_code(RUN(url("/books/1"), QUICK, "--max-pages", "1"), 0);
	assert_code(RUN("--all", QUICK), 0);
	requests = site_requests();
	assert_true(requests.count > 2);
	for (size_t i = 0; i < requests.count; i++)
		assert_string_equal(requests.list[i].carried, SECRET);
}

static void robots_and_sitemaps_are_asked_for_with_credentials_too(void **state)
{
	const char *robots;

	(void)state;
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  auth: {basic: 'me:pw'}\n");
	assert_code(RUN(url("/page/1"), "--sitemaps", "--max-pages", "2", "-c", "c.yaml"), 0);
	assert_string_equal(carried_by("/sitemap.xml"), SECRET);
	robots = strstr(log_of("site.log"), " /robots.txt ");
	assert_non_null(robots);
	assert_int_equal(strncmp(strchr(robots, '\n') - strlen(SECRET), SECRET, strlen(SECRET)), 0);
}

/* What a crawl would send. */
static void try_sends_what_a_crawl_sends(void **state)
{
	struct requests requests;
	char path[200];
	struct program *program;

	(void)state;
	write_text("c.yaml", "patterns: [{name: t, pattern: '(?<x>welcome)'}]\n"
			     "hosts: [{match: 127.0.0.1, auth: {digest: 'me:pw'}}]\n");
	assert_code(RUN("try", "c.yaml", url("/auth/digest/me")), 0);
	assert_code(
		RUN("try", "-e", "t=(?<x>welcome)", "--user", "me:pw", url("/auth/basic/bWU6cHc=")),
		0);
	/* which nobody else gets from the cache */
	assert_code(RUN("try", "-e", "t=(?<x>welcome)", url("/auth/basic/bWU6cHc=")), 1);
	assert_code(RUN("explain", "t", "-e", "t=(?<x>wellcome)", "--user", "me:pw",
			url("/auth/basic/bWU6cHc=")),
		    1);
	requests = site_requests();
	assert_int_equal(requests.list[requests.count - 1].status, 200);
	snprintf(path, sizeof(path), "/redirect-to?url=%s/page/1", other.origin);
	write_text("c.yaml", "patterns: [{name: t, pattern: '(?<x>page)'}]\n"
			     "hosts: [{match: 127.0.0.1, auth: {basic: 'me:pw'}}]\n");
	assert_code(RUN("try", "c.yaml", url("%s", path)), 0);
	assert_silent_on(other_log(), "=");
	/* a status that counts as success */
	write_text("c.yaml", "patterns: [{name: t, pattern: '(?<x>not found)'}]\n"
			     "crawl: {accept_status: [404]}\n");
	program = RUN("try", "c.yaml", url("/missing"));
	assert_code(program, 0);
	assert_says(program->error, ": 404");
}

/* ---- TLS ---- */

static void from_https_to_http_no_credentials_go(void **state)
{
	char path[200], plain[60];

	(void)state;
	skip_without_tls();
	snprintf(plain, sizeof(plain), "%s", site.origin);
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: 127.0.0.1\n  headers: {X-Api-Key: "
		   "'${KEY}'}\n"
		   "  auth: {basic: 'me:pw'}\n",
		   in_folder("ca.pem"));
	for (int i = 0; i < 2; i++) {
		static const char *const codes[] = { "301", "302", "303", "307", "308" };

		/* be it named by a list */
		write_text("list", "%s%s\n", i ? plain : "#", i ? "/page/9" : "");
		for (size_t k = 0; k < COUNT_OF(codes); k++) {
			FILE *list = fopen(in_folder("list"), "a");

			snprintf(path, sizeof(path), "/to/%s/%s/page/%zu", codes[k], plain, k + 1);
			fprintf(list, "%s%s\n", tls.origin, path);
			fclose(list);
		}
		assert_code(
			RUN_WITH((&(struct program_setup){
					 .environment = (const char *const[]){ "KEY=k3y", NULL } }),
				 "list", "--fresh", QUICK, "--concurrency", "1"),
			0);
		for (size_t k = 0; k < COUNT_OF(codes); k++) {
			snprintf(path, sizeof(path), "/page/%zu", k + 1);
			assert_string_equal(carried_by(path), "-");
		}
	}
	assert_says(tls_heard(), "X-Api-Key: k3y\r\n");
	assert_says(tls_heard(), "Authorization: Basic bWU6cHc=\r\n");
	assert_string_equal(carried_by("/page/9"), SECRET "x-api-key=k3y|");
}

/* Whoever reads along on the first http may lead anywhere. */
static void nor_by_a_second_redirect(void **state)
{
	(void)state;
	skip_without_tls();
	assert_int_equal(start_other(), 0);
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: 'http://127.0.0.1:%u'\n"
		   "  headers: {X-Api-Key: k3y}\n",
		   in_folder("ca.pem"), site.port);
	write_text("list", "%s/to/302/%s/redirect-to?url=%s/page/1\n%s/redirect-to?url=%s/page/2\n",
		   tls.origin, other.origin, site.origin, other.origin, site.origin);
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(carried_by("/page/1"), "-");
	assert_string_equal(carried_by("/page/2"), "x-api-key=k3y|");
}

/* The way up is the usual one: to the host itself, if it is meant. */
static void from_http_to_https_they_go_where_match_says_so(void **state)
{
	char path[200];

	(void)state;
	skip_without_tls();
	snprintf(path, sizeof(path), "/redirect-to?url=%s/x", tls.origin);
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: '%s'\n  auth: {bearer: t0ken}\n",
		   in_folder("ca.pem"), tls.origin);
	assert_code(RUN(url("%s", path), QUICK), 0);
	assert_says(tls_heard(), "Authorization: Bearer t0ken\r\n");
	assert_silent_on(site_requests().list[0].carried, "authorization");
	/* a rule without a port means the scheme's own */
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: 127.0.0.1\n  auth: {bearer: leaked}\n",
		   in_folder("ca.pem"));
	assert_code(RUN(url("%s", path), "--fresh", QUICK), 0);
	assert_silent_on(tls_heard(), "leaked");
}

static void a_certificate_that_nobody_vouches_for_is_taken_where_it_is_said(void **state)
{
	struct program *program;
	char page[60];

	(void)state;
	skip_without_tls();
	snprintf(page, sizeof(page), "%s/x", tls.origin);
	write_text("c.yaml", "crawl:\n");
	assert_code(RUN(page, QUICK), 1);
	assert_string_equal(ask("SELECT outcome FROM pages"), "tls");
	write_text("c.yaml", "hosts: [{match: 127.0.0.1, tls_verify: false}]\n");
	program = RUN(page, "--fresh", QUICK);
	assert_code(program, 0);
	assert_says(program->error, "tls_verify: false");
	assert_says(program->error, tls.origin);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	assert_says(RUN("why", page, "-c", "c.yaml")->error, "tls_verify: false");
}

static void a_client_shows_its_certificate_to_its_host(void **state)
{
	char page[60];

	(void)state;
	skip_without_tls();
	snprintf(page, sizeof(page), "%s/x", tls.origin);
	write_text("c.yaml", "crawl: {ca_file: %s}\n", in_folder("ca.pem"));
	assert_code(RUN(page, QUICK), 1);
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: 127.0.0.1\n"
		   "  client_cert: {cert: file:certificate.pem, key: file:key.pem}\n",
		   in_folder("ca.pem"));
	assert_code(RUN(page, "--fresh", QUICK), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	/* a key with a password, and nobody to ask for it */
	assert_int_equal(system("true"), 0);
	write_text("script",
		   "cd %s && openssl rsa -aes128 -passout pass:pw -in key.pem -out locked.pem "
		   ">>openssl.log 2>&1\n",
		   in_folder(""));
	{
		char command[300];

		snprintf(command, sizeof(command), "sh %s", in_folder("script"));
		assert_int_equal(system(command), 0);
	}
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: 127.0.0.1\n"
		   "  client_cert: {cert: certificate.pem, key: locked.pem}\n",
		   in_folder("ca.pem"));
	assert_code(RUN(page, "--fresh", QUICK), 1);
	write_text("c.yaml",
		   "crawl: {ca_file: %s}\nhosts:\n- match: 127.0.0.1\n"
		   "  client_cert: {cert: certificate.pem, key: locked.pem, password: '${PW}'}\n",
		   in_folder("ca.pem"));
	assert_code(RUN_WITH((&(struct program_setup){
				     .environment = (const char *const[]){ "PW=pw", NULL } }),
			     page, "--fresh", QUICK),
		    0);
}

/* ---- what is made of answers ---- */

static void a_status_that_is_accepted_is_a_page_with_rows(void **state)
{
	(void)state;
	write_text("c.yaml", "patterns: [{name: t, pattern: '<title>(?<title>.*?)</title>'}]\n"
			     "hosts: [{match: 127.0.0.1, accept_status: [404, 503]}]\n");
	write_text("list", "%s\n%s\n%s\n%s\n", url("/missing"), url("/status/503"),
		   url("/status/410"), url_at(2, "/missing"));
	assert_code(RUN("list", QUICK), 1);
	assert_string_equal(ask("SELECT outcome, state, status FROM pages ORDER BY url"),
			    "ok|done|404\nhttp_error|failed|410\nok|done|503\n"
			    "http_error|failed|404");
	assert_int_equal(ask_number("SELECT count(*) FROM t"), 2);
	assert_code(RUN("body", url("/missing")), 0); /* it is kept */
}

static void a_status_is_tried_again_where_it_is_said(void **state)
{
	struct requests requests;

	(void)state;
	write_text("c.yaml", "hosts: [{match: 127.0.0.1, retry_status: [403, 202]}]\n");
	write_text("list", "%s\n%s\n%s\n%s\n", url("/status/403"), url("/status/202"),
		   url("/status/410"), url_at(2, "/status/403"));
	assert_code(RUN("list", "--delay", "0", "--retries", "2", "--retry-wait", "10ms",
			"--no-robots", "-c", "c.yaml"),
		    1);
	assert_string_equal(ask("SELECT outcome, status, tries FROM pages ORDER BY url"),
			    "http_error|202|3\nhttp_error|403|3\nhttp_error|410|1\n"
			    "http_error|403|1");
	requests = site_all_requests();
	assert_int_equal(requests.count, 8);
}

static void other_types_end_behind_their_headers(void **state)
{
	static const struct {
		const char *target, *result;
	} rows[] = {
		{ "/page/1", "ok|done|200" },
		{ "/type/text/plain", "ok|done|200" },
		{ "/type/image/png", "out_of_scope|skipped|200" },
		{ "/type/application/pdf", "out_of_scope|skipped|200" },
		{ "/status/404", "http_error|failed|404" },
		{ "/redirect-to?url=/type/image/png", "out_of_scope|skipped|200" },
	};
	char sql[300];

	(void)state;
	write_text("c.yaml", "crawl: {accept: ['text/*']}\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		FILE *list = fopen(in_folder("list"), i == 0 ? "w" : "a");

		fprintf(list, "%s\n", url("%s", rows[i].target));
		fclose(list);
	}
	assert_code(RUN("list", QUICK), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT outcome, state, status FROM pages WHERE url = '%s'",
			 url("%s", rows[i].target));
		assert_string_equal(ask(sql), rows[i].result);
	}
	assert_string_equal(
		ask("SELECT error FROM pages WHERE url LIKE '%/type/image/png' LIMIT 1"),
		"its type is not in accept: image/png");
}

static void a_host_sends_no_faster_than_it_may(void **state)
{
	int64_t began;

	(void)state;
	write_text("c.yaml", "hosts: [{match: 127.0.0.1, max_rate: 400kB, concurrency: 2}]\n");
	write_text("list", "%s\n%s\n", url("/size/300000"), url("/size/300001"));
	began = test_clock_ms();
	assert_code(RUN("list", QUICK), 0);
	assert_true(test_clock_ms() - began >= 900);
}

/* ---- what is said ---- */

static void check_and_a_dry_run_say_who_has_what_without_values(void **state)
{
	struct program *program;

	(void)state;
	write_text(
		"c.yaml",
		"patterns: [{name: t, pattern: x}]\ncrawl: {accept_status: [404]}\n"
		"hosts:\n- match: '%s'\n  headers: {X-Api-Key: s3cret}\n"
		"  auth: {basic: 'me:s3cret'}\n  tls_verify: false\n- match: b.org\n  delay: 1s\n",
		site.origin);
	program = RUN("check", "c.yaml");
	assert_code(program, 0);
	assert_says(program->error, "all hosts: accept_status 404");
	assert_says(program->error, ": headers X-Api-Key; auth basic; tls_verify: false; "
				    "accept_status 404");
	assert_silent_on(program->error, "s3cret");
	assert_silent_on(program->error, "b.org");
	program = RUN(url("/page/1"), "--dry-run", QUICK);
	assert_code(program, 0);
	assert_says(program->error, ": headers X-Api-Key; auth basic; tls_verify: false");
	assert_silent_on(program->error, "s3cret");
}

/* The whole of what a crawl leaves behind, of a crawl with every kind of credential. */
static void no_credential_is_left_anywhere(void **state)
{
	static const char *const secrets[] = { "s3cret", "czNjcmV0", "t0ken", "k3y" };
	struct program *program;
	char *bytes;
	size_t size;
	FILE *file;

	(void)state;
	write_text("c.yaml",
		   "hosts:\n- match: 127.0.0.1\n  headers: {X-Api-Key: '${KEY}', Cookie: a=t0ken}\n"
		   "  auth: {basic: 'me:s3cret'}\n");
	write_text("list", "%s\n%s\n%s\n", url("/page/1"), url("/status/500"), url("/reset"));
	program = RUN_WITH((&(struct program_setup){
				   .environment = (const char *const[]){ "KEY=k3y", NULL } }),
			   "list", "-vv", "--log-format", "json", "--header", "X-Extra: s3cret",
			   QUICK);
	assert_code(program, 1);
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		assert_silent_on(program->error, secrets[i]);
		assert_silent_on(program->out, secrets[i]);
	}
	ask("SELECT count(*) FROM pages");
	file = fopen(in_folder("crawl.db"), "r");
	bytes = calloc(1, 8 << 20);
	size = fread(bytes, 1, 8 << 20, file);
	fclose(file);
	assert_true(size > 0);
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		assert_null(memmem(bytes, size, secrets[i], strlen(secrets[i])));
	free(bytes);
}

#define TEST(function)       cmocka_unit_test_setup_teardown(function, begin, end)
#define TEST_OTHER(function) cmocka_unit_test_setup_teardown(function, begin_with_other, end)
#define TEST_TLS(function)   cmocka_unit_test_setup_teardown(function, begin_with_tls, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_gets_its_headers_and_credentials_and_no_other_host_does),
		TEST(every_kind_of_auth_opens_its_door),
		TEST(a_user_in_a_list_is_its_hosts_and_not_stored),
		TEST(flags_of_curl_do_what_curls_do),
		TEST(credentials_for_nobody_in_particular_are_refused),
		TEST(what_went_wrong_elsewhere_goes_right),
		TEST_OTHER(no_kind_of_redirect_takes_credentials_to_another_name_or_port),
		TEST(a_user_in_a_redirect_or_link_is_left_out),
		TEST(a_proxy_is_told_nothing_that_is_a_hosts),
		TEST_OTHER(a_host_that_is_led_to_gets_what_is_its_own),
		TEST(credentials_go_where_a_list_once_led),
		TEST(credentials_go_on_where_a_list_once_led),
		TEST(robots_and_sitemaps_are_asked_for_with_credentials_too),
		TEST_OTHER(try_sends_what_a_crawl_sends),
		TEST_TLS(from_https_to_http_no_credentials_go),
		TEST_TLS(nor_by_a_second_redirect),
		TEST_TLS(from_http_to_https_they_go_where_match_says_so),
		TEST_TLS(a_certificate_that_nobody_vouches_for_is_taken_where_it_is_said),
		cmocka_unit_test_setup_teardown(a_client_shows_its_certificate_to_its_host,
						begin_with_strict_tls, end),
		TEST(a_status_that_is_accepted_is_a_page_with_rows),
		TEST(a_status_is_tried_again_where_it_is_said),
		TEST(other_types_end_behind_their_headers),
		TEST(a_host_sends_no_faster_than_it_may),
		TEST(check_and_a_dry_run_say_who_has_what_without_values),
		TEST(no_credential_is_left_anywhere),
	};

	return RUN_TESTS(tests);
}
