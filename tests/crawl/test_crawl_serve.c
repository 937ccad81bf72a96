#include "tests/support/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "crawler/jail/jail.h"
#include "tests/support/jail_here.h"
#include "tests/support/scenario.h"
#include "tests/support/served.h"

/*
 * The page of a crawl, asked as browsers ask it, and as those do who are none: over sockets of our
 * own.  Who may ask for what, row by row: tests/unit/test_gate.c; slow clients: test_http.c.
 */
#define QUICK           "--set", "retries=0", "--set", "robots=false"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool page_says(const char *text)
{
	return strstr(get("/"), text) != NULL;
}

/* ---- events ---- */

struct watch {
	int fd;
	char text[SERVED_REPLY_MAX];
	size_t size;
};

static struct watch watching;

static void watch_page(const char *headers)
{
	char request[400];

	watching.fd = connect_to_page();
	watching.size = 0;
	watching.text[0] = '\0';
	snprintf(request, sizeof(request), "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
		 page.port, headers);
	send_all(watching.fd, request, strlen(request));
}

/* Read what has come.  Returns false at the end. */
static bool hear(void)
{
	struct pollfd ready = { .fd = watching.fd, .events = POLLIN };
	ssize_t got;

	if (poll(&ready, 1, 0) <= 0)
		return true;
	got = read(watching.fd, watching.text + watching.size,
		   sizeof(watching.text) - 1 - watching.size);
	if (got <= 0)
		return false;
	watching.size += (size_t)got;
	watching.text[watching.size] = '\0';
	return true;
}

static bool has_heard(const char *text)
{
	hear();
	return strstr(watching.text, text) != NULL;
}

/* ---- what is served ---- */

static void a_page_is_there_before_its_database(void **state)
{
	(void)state;
	START_PAGE();
	assert_int_equal(strncmp(page.line, "crawl.db: http://127.0.0.1:", 27), 0);
	assert_true(strlen(page.token) >= 22);
	assert_int_equal(status_of(get("/")), 200);
	assert_true(page_says("No such file"));
	write_list("list", "/page/%d", 1, 3);
	assert_code(RUN("list", QUICK, "--delay", "0"), 0);
	assert_true(WAIT_UNTIL(page_says("finished")));
	stop_page();
}

static void what_it_loads_is_there(void **state)
{
	static const struct {
		const char *path, *type, *says;
	} rows[] = {
		{ "/live.css", "Content-Type: text/css", ".part" },
		{ "/report.css", "Content-Type: text/css", "body{" },
		{ "/live.js", "Content-Type: text/javascript", "EventSource" },
		{ "/favicon.svg", "Content-Type: image/svg+xml", "<svg" },
		{ "/", "Content-Type: text/html; charset=utf-8", "<script src=\"/live.js\"" },
		{ "/", "Content-Type: text/html; charset=utf-8", "http-equiv=\"refresh\"" },
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *reply = get(rows[i].path);

		assert_int_equal(status_of(reply), 200);
		assert_says(reply, rows[i].type);
		assert_says(reply, rows[i].says);
	}
	assert_true(strlen(strstr(get("/live.js"), "\r\n\r\n") + 4) <= 4096);
	stop_page();
}

static void every_answer_says_what_may_be_done_with_it(void **state)
{
	static const char *const paths[] = { "/", "/live.css", "/none", "/?token=x" };
	static const char *const wanted[] = {
		"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src "
		"'self'; ",
		"frame-ancestors 'none'",
		"X-Content-Type-Options: nosniff",
		"X-Frame-Options: DENY",
		"Referrer-Policy: same-origin", /* with no-referrer our forms had Origin: null */
		"Cross-Origin-Resource-Policy: same-origin",
		"Cache-Control: no-store",
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const char *reply = get(paths[i]);

		for (size_t j = 0; j < COUNT_OF(wanted); j++)
			assert_says(reply, wanted[j]);
		assert_silent_on(reply, "Access-Control");
		assert_silent_on(reply, "Server:");
	}
	assert_silent_on(get("/"), page.token); /* the page has no need of it */
	stop_page();
}

static void paths_and_methods(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
	} rows[] = {
		{ "GET", "/", 200 },
		{ "HEAD", "/", 200 },
		{ "GET", "/?x=y", 200 },
		{ "GET", "/none", 404 },
		{ "GET", "/rows", 503 }, /* there is no database yet */
		{ "GET", "/rows/", 503 },
		{ "GET", "/crawl.db", 404 },
		{ "GET", "/../../etc/passwd", 404 },
		{ "GET", "/%2e%2e/etc/passwd", 404 },
		{ "GET", "//", 404 },
		{ "GET", "/live.css/x", 404 },
		{ "GET", "/pause", 405 },
		{ "HEAD", "/stop", 405 },
		{ "HEAD", "/events", 405 },
		{ "GET", "/%ff%fe", 404 },
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int status = status_of(ask_page(rows[i].method, rows[i].path, "", ""));

		if (status != rows[i].status)
			fail_msg("%s %s: %d", rows[i].method, rows[i].path, status);
	}
	assert_says(ask_page("HEAD", "/events", "", ""), "Allow: GET\r\n");
	assert_int_equal(status_of(post("/", "")), 405);
	assert_int_equal(status_of(post("/none", "")), 404);
	stop_page();
}

/* ---- who may ask ---- */

static void requests_that_lie_are_refused(void **state)
{
	static const struct {
		const char *request; /* %1$u: the port, %2$s: the token */
		int status;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: localhost:%1$u\r\n\r\n", 200 },
		{ "GET / HTTP/1.1\r\nHost: [::1]:%1$u\r\n\r\n", 200 },
		{ "GET / HTTP/1.1\r\nHost: evil.example:%1$u\r\n\r\n", 421 },
		{ "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 421 },
		{ "GET / HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nHost: evil.example\r\n\r\n", 421 },
		{ "GET / HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1:%1$u\r\n\r\n", 421 },
		{ "GET / HTTP/1.0\r\n\r\n", 421 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET /?token=%2$s HTTP/1.1\r\nHost: evil.example:%1$u\r\n\r\n", 421 },
		{ "GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\n\r\n", 404 },
		{ "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nSec-Fetch-Site: "
		  "cross-site\r\nSec-Fetch-Mode: cors\r\n\r\n",
		  403 },
		{ "POST /stop HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nContent-Length: 0\r\n\r\n", 403 },
		{ "POST /stop HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nOrigin: null\r\nCookie: "
		  "crawl-%1$u=%2$s\r\nContent-Length: 0\r\n\r\n",
		  403 },
		{ "POST /stop HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nOrigin: "
		  "http://127.0.0.1:3000\r\nCookie: crawl-%1$u=%2$s\r\nContent-Length: 0\r\n\r\n",
		  403 },
		{ "POST /stop HTTP/1.1\r\nHost: evil.example:%1$u\r\nOrigin: "
		  "http://evil.example:%1$u\r\nCookie: crawl-%1$u=%2$s\r\nContent-Length: "
		  "0\r\n\r\n",
		  421 },
		{ "POST /stop HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nOrigin: "
		  "http://127.0.0.1:%1$u\r\nContent-Length: 0\r\n\r\n",
		  401 },
		{ "POST /stop?token=%2$s HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nOrigin: "
		  "http://127.0.0.1:%1$u\r\nContent-Length: 0\r\n\r\n",
		  401 },
		/* and who may, finds that nothing runs */
		{ "POST /stop HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nOrigin: "
		  "http://127.0.0.1:%1$u\r\nCookie: crawl-%1$u=%2$s\r\nContent-Length: "
		  "0\r\n\r\n",
		  409 },
		{ "POST /stop HTTP/1.1\r\nHost: 127.0.0.1:%1$u\r\nOrigin: "
		  "http://127.0.0.1:%1$u\r\nAuthorization: Bearer %2$s\r\nContent-Length: "
		  "0\r\n\r\n",
		  409 },
		{ "GET /\r\n\r\n", 400 },
		{ "rubbish\r\n\r\n", 400 },
	};
	char request[1000];

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fd = connect_to_page(), status;

		snprintf(request, sizeof(request), rows[i].request, page.port, page.token);
		send_all(fd, request, strlen(request));
		status = status_of(receive_head(fd));
		if (status != rows[i].status && !(rows[i].status == 400 && status == 0))
			fail_msg("row %zu: %d, not %d", i, status, rows[i].status);
	}
	stop_page();
}

static void the_token_becomes_a_cookie(void **state)
{
	char path[300], wanted[300];
	const char *reply;

	(void)state;
	START_PAGE();
	snprintf(path, sizeof(path), "/?token=%s", page.token);
	reply = get(path);
	assert_int_equal(status_of(reply), 303);
	snprintf(wanted, sizeof(wanted),
		 "Set-Cookie: crawl-%u=%s; Path=/; HttpOnly; SameSite=Strict\r\n", page.port,
		 page.token);
	assert_says(reply, wanted);
	assert_says(reply, "Location: /\r\n"); /* the address has it no longer */
	reply = ask_page("GET", path, "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n",
			 "");
	assert_int_equal(status_of(reply), 200); /* a redirect would be asked without the cookie */
	assert_says(reply, wanted);
	assert_says(reply, "Refresh: 0; url=/\r\n");
	assert_int_equal(status_of(get("/?token=")), 401);
	assert_int_equal(status_of(get("/?token=abcdefghijklmnopqrstuvwx")), 401);
	stop_page();
}

static void for_others_the_token_is_asked_for_reading(void **state)
{
	char cookie[300];

	(void)state;
	START_PAGE("--listen", "127.0.0.1", "--name", "crawl.example.org");
	assert_says(page.line, "http://crawl.example.org:");
	assert_int_equal(status_of(get("/")), 401);
	assert_int_equal(status_of(get("/live.css")), 401);
	assert_int_equal(status_of(get("/events")), 401);
	snprintf(cookie, sizeof(cookie), "Cookie: crawl-%u=%s\r\n", page.port, page.token);
	assert_int_equal(status_of(ask_page("GET", "/", cookie, "")), 200);
	snprintf(cookie, sizeof(cookie), "Authorization: Bearer %s\r\n", page.token);
	assert_int_equal(status_of(ask_page("GET", "/", cookie, "")), 200);
	stop_page();
}

static void a_file_keeps_the_token(void **state)
{
	char first[160], option[300];
	struct program *refused;
	struct stat found;

	(void)state;
	snprintf(option, sizeof(option), "file:%s", in_folder("token"));
	START_PAGE("--token", option);
	strcpy(first, page.token);
	stop_page();
	assert_int_equal(stat(in_folder("token"), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	START_PAGE("--token", option);
	assert_string_equal(page.token, first);
	stop_page();
	chmod(in_folder("token"), 0644);
	refused = RUN("serve", "--port", "0", "--token", option);
	assert_code(refused, 3);
	assert_says(refused->error, "others can read it: chmod 600");
	write_text("token", "short\n");
	chmod(in_folder("token"), 0600);
	refused = RUN("serve", "--port", "0", "--token", option);
	assert_code(refused, 3);
	assert_says(refused->error, "no token");
	refused = RUN("serve", "--port", "0", "--token", "secret");
	assert_code(refused, 2);
	assert_says(refused->error, "file:PATH");
}

static void what_is_typed_wrong_is_said(void **state)
{
	static const struct {
		const char *option, *value;
		int code;
		const char *says;
	} rows[] = {
		{ "--port", "x", 2, "--port 'x' is none" },
		{ "--port", "65536", 2, "--port '65536' is none" },
		{ "--port", "-1", 2, "--port '-1' is none" },
		{ "--listen", "localhost", 2, "--listen 'localhost' is no address" },
		{ "--listen", "192.0.2.1", 3, "this machine has no such address" },
		{ "--name", "http://x/", 2, "--name 'http://x/' is none" },
		{ "--name", "x:y", 2, "--name 'x:y' is none" },
		{ "--name", "x:65536", 2, "--name 'x:65536' is none" },
		{ "--name", "x:", 2, "--name 'x:' is none" },
		{ "--name", "x,y", 2, "--name 'x,y' is none" },
		{ "--name", "::1", 2, "--name '::1' is none" },
		{ "--name", "[::1", 2, "--name '[::1' is none" },
		{ "--name", "", 2, "--name '' is none" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN("serve", "--port", "0", rows[i].option, rows[i].value);

		assert_code(run, rows[i].code);
		assert_says(run->error, rows[i].says);
		assert_int_equal(count_lines(run->error), 1);
	}
}

static void a_port_in_use_says_whose(void **state)
{
	char port[20], who[100];
	struct program *second;

	(void)state;
	START_PAGE();
	snprintf(port, sizeof(port), "%u", page.port);
	second = RUN("serve", "--port", port);
	assert_code(second, 3);
	snprintf(who, sizeof(who), "port %u is in use by crawl (pid ", page.port);
	assert_says(second->error, who);
	assert_says(second->error, "--port 0");
	second = RUN(url("/page/1"), QUICK, "--serve", "--port", port);
	assert_code(second, 3);
	assert_says(second->error, who);
	assert_int_equal(access(in_folder("crawl.db"), F_OK), -1); /* before anything was done */
	stop_page();
}

static void too_much_is_refused(void **state)
{
	static char body[70 * 1024], headers[80 * 1024];
	int status;

	(void)state;
	START_PAGE();
	memset(body, 'x', sizeof(body) - 1);
	assert_int_equal(status_of(post("/delay", body)), 413);
	memcpy(headers, "X: ", 3);
	memset(headers + 3, 'x', 70 * 1024);
	strcpy(headers + 3 + 70 * 1024, "\r\n");
	status = status_of(ask_page("GET", "/", headers, ""));
	assert_true(status == 431 || status == 413 || status == 400 || status == 0);
	assert_int_equal(status_of(get("/")), 200);
	stop_page();
}

/* ---- a crawl that runs ---- */

/* One that goes on as long as the test wants. */
static struct program *start_crawl(void)
{
	write_list("list", "/page/%d", 1, 3000);
	return START("list", "--delay", "50ms", "--concurrency", "1", "-j", "1", QUICK, "--set",
		     "grace=0");
}

static void end_crawl(struct program *crawl)
{
	kill(crawl->pid, SIGTERM);
	program_wait(crawl);
}

static void a_crawl_is_watched_and_steered(void **state)
{
	struct program *crawl;

	(void)state;
	START_PAGE();
	watch_page("");
	assert_true(WAIT_UNTIL(has_heard("text/event-stream")));
	assert_true(WAIT_UNTIL(has_heard("No such file")));
	crawl = start_crawl();
	assert_true(WAIT_UNTIL(has_heard("of 3,000 URLs")));
	assert_true(WAIT_UNTIL(has_heard("action=\"/pause\"")));
	assert_true(WAIT_UNTIL(has_heard("at least "))); /* and who decides that */
	assert_true(WAIT_UNTIL(has_heard(" decides that: ")));
	assert_true(WAIT_UNTIL(has_heard("<td>its delay, 50 ms</td>")));
	assert_true(page_says("chip\">running<"));
	assert_int_equal(status_of(post("/pause", "")), 200);
	assert_true(WAIT_UNTIL(has_heard("chip\">paused<")));
	assert_says(post("/resume", ""), "resumed");
	assert_int_equal(status_of(post("/delay", "host=127.0.0.1&time=1s")), 200);
	assert_int_equal(status_of(post("/delay", "host=no.example&time=1s")), 409);
	assert_int_equal(status_of(post("/delay", "host=127.0.0.1&time=+2s")), 400);
	assert_int_equal(status_of(post("/delay", "host=127.0.0.1%0astop&time=2s")), 400);
	assert_int_equal(status_of(post("/delay", "time=2s")), 400);
	assert_int_equal(crawl->pid > 0 && kill(crawl->pid, 0), 0);
	assert_int_equal(status_of(post("/stop", "")), 200);
	program_wait(crawl);
	assert_true(WAIT_UNTIL(has_heard("chip\">stopped early<")));
	close(watching.fd);
	stop_page();
}

/* A form without a script comes back to the page. */
static void a_form_leads_back_to_the_page(void **state)
{
	struct program *crawl = start_crawl();
	char headers[600];
	const char *reply;

	(void)state;
	START_PAGE();
	assert_true(WAIT_UNTIL(page_says("chip\">running<")));
	snprintf(headers, sizeof(headers),
		 "Origin: http://127.0.0.1:%u\r\nCookie: crawl-%u=%s\r\nAccept: "
		 "text/html,application/xhtml+xml\r\n",
		 page.port, page.port, page.token);
	/* Its database tells of it before it can be told something. */
	(void)WAIT_UNTIL(status_of(reply = ask_page("POST", "/pause", headers, "")) != 409);
	assert_int_equal(status_of(reply), 303);
	assert_says(reply, "Location: /\r\n");
	end_crawl(crawl);
	stop_page();
}

static bool is_in_database(void)
{
	struct program *asks = RUN("sql", "SELECT 'goes on' FROM runs WHERE ended_at IS NULL");

	return strstr(asks->out, "goes on") != NULL;
}

/* Its database tells of it before it was asked for again; a page is kept for a second, too. */
static void a_run_that_has_just_begun_is_not_said_to_be_killed(void **state)
{
	struct program *crawl;
	const char *reply;

	(void)state;
	START_PAGE();
	for (int i = 0; i < 4; i++) {
		int64_t since_ms = test_clock_ms();

		WAIT_UNTIL(test_clock_ms() - since_ms > 1100 + 200 * i);
		crawl = start_crawl();
		assert_true(WAIT_UNTIL(is_in_database()));
		reply = get("/");
		assert_silent_on(reply, "chip\">killed<");
		assert_true(WAIT_UNTIL(page_says("chip\">running<")));
		end_crawl(crawl);
	}
	stop_page();
}

static void it_outlives_the_crawl_and_finds_the_next(void **state)
{
	struct program *crawl = start_crawl();

	(void)state;
	START_PAGE();
	assert_true(WAIT_UNTIL(page_says("chip\">running<")));
	kill(crawl->pid, SIGKILL);
	program_wait(crawl);
	assert_true(WAIT_UNTIL(page_says("chip\">killed<")));
	crawl = start_crawl();
	assert_true(WAIT_UNTIL(page_says("chip\">running<")));
	end_crawl(crawl);
	assert_true(WAIT_UNTIL(page_says("chip\">stopped early<")));

	assert_code(RUN(url("/page/1"), QUICK, "--delay", "0", "--fresh"), 0); /* emptied */
	assert_true(WAIT_UNTIL(page_says("chip\">finished<")));
	unlink(in_folder("crawl.db")); /* deleted */
	assert_true(WAIT_UNTIL(page_says("No such file")));
	assert_code(RUN(url("/page/1"), url("/status/404"), QUICK, "--delay", "0"), 1); /* new */
	assert_true(WAIT_UNTIL(page_says("not found (404)")));
	write_text("crawl.db", "no database at all, but long enough to be looked at as one: %0200d",
		   0);
	assert_true(WAIT_UNTIL(page_says("not a SQLite database") || page_says("not a database")));
	stop_page();
}

static void change(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder("crawl.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* The page is there whatever the database is, and says what is wrong with it. */
static void databases_that_cannot_be_shown_are_said(void **state)
{
	static const struct {
		const char *sql, *says;
	} rows[] = {
		{ "PRAGMA user_version = 99", "newer" },
		{ "PRAGMA application_id = 7", "not a database of crawl" },
		{ "PRAGMA user_version = 1", "older crawl" },
		{ "DROP TABLE results", "crawl.db" },
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_code(RUN(url("/page/1"), QUICK, "--delay", "0", "--fresh"), 0);
		assert_true(WAIT_UNTIL(page_says("chip\">finished<")));
		change(rows[i].sql);
		assert_true(WAIT_UNTIL(!page_says("chip\">finished<")));
		if (!page_says(rows[i].says))
			fail_msg("row %zu: %s", i, get("/"));
		unlink(in_folder("crawl.db"));
	}
	assert_int_equal(mkdir(in_folder("crawl.db"), 0700), 0);
	assert_true(WAIT_UNTIL(page_says("is not a file")));
	assert_int_equal(rmdir(in_folder("crawl.db")), 0);
	stop_page();
	assert_silent_on(page.program->error, "page_exit"); /* nobody has died of it */
}

static void an_address_of_version_6_is_listened_on(void **state)
{
	(void)state;
	if (access("/proc/net/if_inet6", F_OK) < 0)
		skip();
	START_PAGE("--listen", "::1");
	assert_says(page.line, "http://[::1]:");
	stop_page();
}

static void who_comes_again_is_told_what_he_has_missed(void **state)
{
	char number[64] = "", header[100];
	const char *at;

	(void)state;
	START_PAGE();
	watch_page("");
	assert_true(WAIT_UNTIL(has_heard("\nid: ")));
	assert_true(WAIT_UNTIL(has_heard("id=\"part-foot\"")));
	at = strstr(watching.text, "\nid: ");
	assert_int_equal(sscanf(at, "\nid: %63[0-9a-f-]", number), 1);
	close(watching.fd);

	snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", number);
	watch_page(header);
	assert_true(WAIT_UNTIL(has_heard("retry: ")));
	assert_silent_on(watching.text, "event: section"); /* nothing has changed */
	close(watching.fd);

	watch_page("Last-Event-ID: 00000000deadbeef-7\r\n"); /* of another start */
	assert_true(WAIT_UNTIL(has_heard("event: section")));
	close(watching.fd);
	stop_page();
}

static void viewers_are_sixty_four(void **state)
{
	int viewers[64];
	char request[100];

	(void)state;
	START_PAGE();
	snprintf(request, sizeof(request), "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
		 page.port);
	for (size_t i = 0; i < COUNT_OF(viewers); i++) {
		char head[16] = "";

		viewers[i] = connect_to_page();
		send_all(viewers[i], request, strlen(request));
		assert_int_equal(recv(viewers[i], head, 12, MSG_WAITALL), 12);
		assert_int_equal(status_of(head), 200);
	}
	assert_int_equal(status_of(get("/events")), 503);
	assert_int_equal(status_of(get("/")), 200); /* the page itself is another matter */
	close(viewers[0]);
	watch_page(""); /* whose place is taken as soon as it has gone */
	assert_true(WAIT_UNTIL((hear(), status_of(watching.text) == 200) ||
			       (close(watching.fd), watch_page(""), false)));
	close(watching.fd);
	for (size_t i = 1; i < COUNT_OF(viewers); i++)
		close(viewers[i]);
	stop_page();
}

/* ---- crawl run --serve ---- */

static void the_page_of_a_run_ends_with_it(void **state)
{
	struct program *crawl;

	(void)state;
	write_list("list", "/page/%d", 1, 80);
	crawl = START("list", url("/status/404"), "--delay", "50ms", "--concurrency", "1", "-j",
		      "1", QUICK, "--serve", "--port", "0");
	assert_true(WAIT_UNTIL(strstr(program_errors(crawl), "page: http://") != NULL));
	read_address(strstr(program_errors(crawl), "page: http://"));
	watch_page("");
	assert_true(WAIT_UNTIL(has_heard("of 81 URLs")));
	assert_true(WAIT_UNTIL(has_heard("event: end\ndata: finished\n")));
	assert_true(strstr(watching.text, "chip\">finished<") != NULL);
	assert_true(WAIT_UNTIL(!hear()));
	close(watching.fd);
	program_wait(crawl);
	assert_code(crawl, 1); /* the run's: a page failed */
	assert_string_equal(ask("SELECT ended FROM runs"), "finished");
}

static void a_run_without_a_database_has_no_page(void **state)
{
	struct program *run = RUN(url("/page/1"), "-e", "t=<title>(?<t>.*?)<", QUICK, "-o", "-",
				  "--serve", "--port", "0");

	(void)state;
	assert_code(run, 2);
	assert_says(run->error, "--serve shows a database");
}

static void the_page_of_a_run_dies_with_its_master(void **state)
{
	pid_t children[16];
	size_t count = 0;
	struct program *crawl;

	(void)state;
	write_list("list", "/page/%d", 1, 3000);
	crawl = START("list", "--delay", "50ms", "-j", "1", QUICK, "--serve", "--port", "0");
	assert_true(WAIT_UNTIL(strstr(program_errors(crawl), "page: http://") != NULL));
	read_address(strstr(program_errors(crawl), "page: http://"));
	assert_true(WAIT_UNTIL(page_says("chip\">running<")));
	count = program_children(crawl, children, COUNT_OF(children));
	assert_true(count >= 2);
	kill(crawl->pid, SIGKILL);
	program_wait(crawl);
	for (size_t i = 0; i < count; i++)
		assert_true(WAIT_UNTIL(!process_runs(children[i])));
}

/* ---- its processes ---- */

static bool says_of(pid_t pid, const char *file, const char *wanted)
{
	char path[64], text[8192];
	FILE *in;
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	in = fopen(path, "r");
	if (in)
		size = fread(text, 1, sizeof(text) - 1, in);
	text[size] = '\0';
	if (in)
		fclose(in);
	return strstr(text, wanted) != NULL;
}

static pid_t child_called(const char *name)
{
	pid_t children[8];
	size_t count = program_children(page.program, children, COUNT_OF(children));

	for (size_t i = 0; i < count && i < COUNT_OF(children); i++) {
		if (says_of(children[i], "comm", name))
			return children[i];
	}
	return 0;
}

static void both_children_are_jailed(void **state)
{
	(void)state;
	if (!jail_is_here())
		skip();
	START_PAGE();
	assert_int_equal(status_of(get("/")), 200);
	assert_true(WAIT_UNTIL(says_of(child_called("page-1"), "status", "Seccomp:\t2\n")));
	assert_true(WAIT_UNTIL(says_of(child_called("patterns-1"), "status", "Seccomp:\t2\n")));
	assert_true(says_of(page.program->pid, "status", "Seccomp:\t0\n"));
	stop_page();
	START_PAGE("--sandbox", "off");
	assert_int_equal(status_of(get("/")), 200);
	assert_true(says_of(child_called("page-1"), "status", "Seccomp:\t0\n"));
	stop_page();
}

static void a_child_that_dies_is_replaced(void **state)
{
	static const char *const names[] = { "page-1", "patterns-1" };

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		pid_t before = 0;

		assert_true(WAIT_UNTIL((before = child_called(names[i])) != 0));
		assert_int_equal(status_of(get("/")), 200);
		kill(before, SIGKILL);
		assert_true(WAIT_UNTIL(child_called(names[i]) != 0 &&
				       child_called(names[i]) != before));
		assert_int_equal(status_of(get("/")), 200); /* at the same port */
	}
	stop_page();
	assert_says(page.program->error, "page_exit process=page-1");
	assert_says(page.program->error, "page_exit process=patterns-1");
}

static void both_die_with_their_parent(void **state)
{
	pid_t children[8];
	size_t count;

	(void)state;
	START_PAGE();
	assert_int_equal(status_of(get("/")), 200);
	count = program_children(page.program, children, COUNT_OF(children));
	assert_int_equal(count, 2);
	kill(page.program->pid, SIGKILL);
	program_wait(page.program);
	close(page.out);
	for (size_t i = 0; i < count; i++)
		assert_true(WAIT_UNTIL(!process_runs(children[i])));
}

static void where_a_jail_is_required_and_not_to_be_had_nothing_is_served(void **state)
{
	struct program_setup setup = { .missing_calls = { SYS_landlock_create_ruleset } };
	struct program *run;

	(void)state;
	if (!jail_is_here())
		skip();
	run = RUN_WITH(&setup, "serve", "--port", "0", "--sandbox", "require");
	assert_code(run, 3);
	assert_says(run->error, "sandbox: require: no Landlock");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_there_before_its_database),
		TEST(what_it_loads_is_there),
		TEST(every_answer_says_what_may_be_done_with_it),
		TEST(paths_and_methods),
		TEST(requests_that_lie_are_refused),
		TEST(the_token_becomes_a_cookie),
		TEST(for_others_the_token_is_asked_for_reading),
		TEST(a_file_keeps_the_token),
		TEST(what_is_typed_wrong_is_said),
		TEST(a_port_in_use_says_whose),
		TEST(too_much_is_refused),
		TEST(a_crawl_is_watched_and_steered),
		TEST(a_form_leads_back_to_the_page),
		TEST(a_run_that_has_just_begun_is_not_said_to_be_killed),
		TEST(it_outlives_the_crawl_and_finds_the_next),
		TEST(databases_that_cannot_be_shown_are_said),
		TEST(an_address_of_version_6_is_listened_on),
		TEST(who_comes_again_is_told_what_he_has_missed),
		TEST(viewers_are_sixty_four),
		TEST(the_page_of_a_run_ends_with_it),
		TEST(a_run_without_a_database_has_no_page),
		TEST(the_page_of_a_run_dies_with_its_master),
		TEST(both_children_are_jailed),
		TEST(a_child_that_dies_is_replaced),
		TEST(both_die_with_their_parent),
		TEST(where_a_jail_is_required_and_not_to_be_had_nothing_is_served),
	};

	return RUN_TESTS(tests);
}
