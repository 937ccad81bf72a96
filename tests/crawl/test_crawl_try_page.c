#include "tests/support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "crawler/serve/patterns.h"
#include "crawler/serve/trying.h"
#include "tests/support/scenario.h"
#include "tests/support/served.h"

/*
 * /try of a page that is served: patterns are tried on pages stored and pasted; what strangers may
 * send; and its process, which dies and is replaced.  What patterns find: test_pattern_run.c; what
 * is shown of it: test_tried.c.
 */
#define QUICK           "--set", "retries=0", "--set", "robots=false", "--delay", "0"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char titles[] = "patterns:\n  - name: titles\n    pattern: '<b>(?<t>[^<]*)</b>'\n";

/* ---- asking ---- */

/* "name=value" of a form. */
static void put_field(FILE *out, const char *name, const char *value)
{
	fprintf(out, "&%s=", name);
	for (const char *at = value; *at; at++)
		fprintf(out, "%%%02X", (unsigned char)*at);
}

struct form {
	const char *pattern, *text, *id, *url;
};

/* Good until the next one. */
static const char *body_of(const struct form *form, bool is_part)
{
	static char body[100 * 1024];
	FILE *out = fmemopen(body, sizeof(body), "w");

	fputs(is_part ? "part=1" : "x=", out);
	if (form->pattern)
		put_field(out, "pattern", form->pattern);
	if (form->text)
		put_field(out, "text", form->text);
	if (form->id)
		put_field(out, "id", form->id);
	if (form->url)
		put_field(out, "url", form->url);
	fclose(out);
	return body;
}

static const char *try_part(const struct form *form)
{
	return post("/try", body_of(form, true));
}

#define TRY(...) try_part(&(struct form){ __VA_ARGS__ })

static pid_t patterns_child(void)
{
	pid_t children[8];
	size_t count = program_children(page.program, children, COUNT_OF(children));

	for (size_t i = 0; i < count && i < COUNT_OF(children); i++) {
		char path[64], name[32] = "";
		FILE *in;

		snprintf(path, sizeof(path), "/proc/%d/comm", (int)children[i]);
		in = fopen(path, "r");
		if (in && fgets(name, sizeof(name), in) && strcmp(name, "patterns-1\n") == 0) {
			fclose(in);
			return children[i];
		}
		if (in)
			fclose(in);
	}
	return 0;
}

static void assert_it_works(void)
{
	assert_says(TRY(.pattern = titles, .text = "<b>One</b>"),
		    "<strong>titles</strong>: 1 row in ");
}

/* ---- what it shows ---- */

static void a_pasted_page_is_tried(void **state)
{
	const char *reply;

	(void)state;
	START_PAGE();
	reply = TRY(.pattern = titles, .text = "<p>\r\n<b>One &amp; two</b> <b></b>");
	assert_int_equal(status_of(reply), 200);
	assert_says(reply, "<strong>titles</strong>: 2 rows in ");
	assert_says(reply, "<td>One &amp;amp; two</td>");
	assert_says(reply, "&lt;p&gt;\n<mark title=\"titles\">&lt;b&gt;One");
	assert_silent_on(reply, "<html");
	reply = TRY(.pattern = titles, .text = "<i>One</i>");
	assert_says(reply, "<strong>titles</strong>: nothing");
	assert_says(reply, "matches nothing (pattern:2)");
	reply = TRY(.pattern = "patterns:\n  - name: a\n    pattern: '(x'\n", .text = "x");
	assert_says(reply, "pattern:3:17: error: missing closing parenthesis\n"
			   "    pattern: &#39;(x&#39;\n                ^");
	stop_page();
}

/* Who has no script gets all of the page, with what was typed still in it. */
static void without_a_script_a_button_does_it(void **state)
{
	const struct form form = { .pattern = titles, .text = "<b>One</b>", .url = "http://a/" };
	const char *reply;

	(void)state;
	START_PAGE();
	reply = post("/try", body_of(&form, false));
	assert_says(reply, "<form id=\"try\" method=\"post\" action=\"/try\">");
	assert_says(reply, "&lt;b&gt;(?&lt;t&gt;[^&lt;]*)&lt;/b&gt;");
	assert_says(reply, "value=\"http://a/\"");
	assert_says(reply, "<strong>titles</strong>: 1 row in ");
	assert_true(strlen(strstr(get("/try.js"), "\r\n\r\n") + 4) <= 4096);
	stop_page();
}

static void the_patterns_of_the_config_are_offered(void **state)
{
	const char *config = write_text("c.yaml", "crawl:\n  user_agent: secret-agent\n"
						  "patterns:\n"
						  "  # of books\n"
						  "  - name: books\n"
						  "    pattern: '<b>(.*?)</b>'\n"
						  "  -\n"
						  "    name: odd\n"
						  "    pattern: |-\n"
						  "      <i>\n"
						  "\n"
						  "      </i>\n"
						  "hosts: []\n");
	const char *reply;

	(void)state;
	START_PAGE("-c", config);
	reply = get("/try");
	assert_says(reply,
		    "\npatterns:\n  - name: books\n    pattern: &#39;&lt;b&gt;(.*?)&lt;/b&gt;"
		    "&#39;\n</textarea>");
	assert_silent_on(reply, "secret-agent");
	assert_says(reply, "<button name=\"use\" value=\"books\">books</button>");
	reply = post("/try", "use=books&pattern=x&text=%3Cb%3EOne%3C/b%3E");
	assert_says(reply, "name: books");
	assert_says(reply, "&lt;b&gt;One&lt;/b&gt;</textarea>"); /* what was pasted stays */
	assert_says(reply, "<strong>books</strong>: 1 row");
	assert_says(post("/try", "use=none&text=x"), "Type a pattern.");
	assert_says(get("/try?pattern=books"), "name: books");
	assert_silent_on(get("/try?pattern=none"), "name: books");
	stop_page();
}

/* One of 3 MB goes to the child in parts, and is there for the next pattern. */
static void a_stored_page_is_tried_however_large(void **state)
{
	FILE *out = fopen(in_folder("root/big.html"), "w");
	const char *reply;

	(void)state;
	fputs("<html><body>", out);
	for (int i = 0; i < 3000; i++)
		fprintf(out, "%01000d\n", 0);
	fputs("<b>Last</b></body></html>", out);
	fclose(out);
	write_text("list", "%s\n", url("/big.html"));
	assert_code(RUN("list", QUICK), 0);
	START_PAGE();
	reply = get("/try?id=1");
	assert_says(reply, "bytes 1 to 200000 of 3003");
	assert_says(reply, "/big.html\"");
	for (int i = 0; i < 2; i++) {
		reply = TRY(.pattern = titles, .id = "1");
		assert_says(reply, "<td>Last</td>");
		assert_says(reply, "<mark title=\"titles\">&lt;b&gt;Last&lt;/b&gt;</mark>");
	}
	assert_says(TRY(.pattern = titles, .id = "2"), "The database keeps no page of it.");
	assert_says(get("/try?id=77"), "The database keeps no page of it.");
	stop_page();
}

/* For the story of a URL: what the patterns of the config that are for it find. */
static void what_the_config_finds_is_marked(void **state)
{
	const char *config = write_text("c.yaml", "patterns:\n"
						  "  - name: heads\n"
						  "    url: /page/\n"
						  "    pattern: '<title>(?<t>.*?)</title>'\n"
						  "  - name: others\n"
						  "    url: /other/\n"
						  "    pattern: '<(?<tag>\\w+)'\n");
	const char *reply;

	(void)state;
	write_list("list", "/page/%d", 1, 1);
	assert_code(RUN("list", QUICK), 0);
	START_PAGE("-c", config);
	reply = get("/matched?id=1");
	assert_says(reply, "<strong>heads</strong>: 1 row in ");
	assert_says(reply, "<mark title=\"heads\">&lt;title&gt;");
	assert_silent_on(reply, "others");
	reply = get("/matched?id=1&part=1");
	assert_says(reply, "\r\n\r\n<section id=\"matched\"");
	assert_says(get("/matched?id=9"), "The database keeps no page of it.");
	assert_says(get("/matched"), "Of which page?");
	assert_int_equal(status_of(post("/matched", "id=1")), 405);
	stop_page();
	START_PAGE();
	reply = get("/matched?id=1");
	assert_says(reply, "No config was given with -c.");
	assert_says(reply, "&lt;title&gt;");
	stop_page();
}

/* ---- what strangers may send ---- */

static void lies_are_refused(void **state)
{
	static const char form[] = "part=1&pattern=x&text=y";
	static const struct {
		const char *what, *method, *headers, *body;
		bool has_origin, has_token;
		int status;
	} rows[] = {
		{ "no origin", "POST", "", form, false, true, 403 },
		{ "no token", "POST", "", form, true, false, 401 },
		{ "another origin", "POST", "Origin: http://evil.example\r\n", form, false, true,
		  403 },
		{ "an origin of none", "POST", "Origin: null\r\n", form, false, true, 403 },
		{ "a frame of another site", "POST", "Sec-Fetch-Site: cross-site\r\n", form, true,
		  true, 403 },
		{ "a form that is none", "POST", "", "", true, true, 400 },
		{ "JSON", "POST", "", "{\"pattern\": \"x\"}", true, true, 400 },
		{ "parts of a form", "POST", "",
		  "--x\r\nContent-Disposition: form-data; name=\"pattern\"\r\n\r\nx\r\n--x--", true,
		  true, 400 },
		{ "another method", "PUT", "", form, true, true, 405 },
		{ "another method", "DELETE", "", "", true, true, 405 },
		{ "a good one", "POST", "", form, true, true, 200 },
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char headers[600] = "", *at = headers, *end = headers + sizeof(headers);
		int status;

		at += snprintf(at, (size_t)(end - at), "%s", rows[i].headers);
		if (rows[i].has_origin)
			at += snprintf(at, (size_t)(end - at), "Origin: http://127.0.0.1:%u\r\n",
				       page.port);
		if (rows[i].has_token)
			snprintf(at, (size_t)(end - at), "Cookie: crawl-%u=%s\r\n", page.port,
				 page.token);
		status = status_of(ask_page(rows[i].method, "/try", headers, rows[i].body));
		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].what, status);
	}
	stop_page();
}

/* What is posted stays text, and of nothing that is asked for anything is read. */
static void attacks_are_answered_with_text(void **state)
{
	static const struct {
		struct form form;
		const char *says;
	} rows[] = {
		{ { .pattern = "</textarea><script>alert(1)</script>", .text = "x" }, "error: " },
		{ { .pattern = "patterns:\n  - name: '\"><script>'\n    pattern: x\n",
		    .text = "x" },
		  "error: " },
		{ { .pattern = titles, .text = "<b></textarea><script>alert(1)</script></b>" },
		  "&lt;script&gt;" },
		{ { .pattern = titles, .text = "<b>\xE2\x80\xAE\x1B[31m</b>" }, "1 row" },
		{ { .pattern = titles, .text = "\xFF\xFE<b>\xC0\x80</b>" }, "1 row" },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: '(?<script>x)'\n",
		    .text = "x" },
		  "<th scope=\"col\">script</th>" },
		{ { .pattern = titles, .text = "x", .url = "javascript:alert(1)" },
		  "Its URL is none" },
		{ { .pattern = titles, .text = "x", .url = "file:///etc/passwd" },
		  "Its URL is none" },
		{ { .pattern = titles, .text = "x", .url = "http://a/\r\nX: y" }, "" },
		{ { .pattern = titles, .id = "-1" }, "Paste a page." },
		{ { .pattern = titles, .id = "1 or 1" }, "Paste a page." },
		{ { .pattern = titles, .id = "99999999999999999999999" }, "cannot be read" },
		{ { .pattern = titles, .id = "4294967296" }, "cannot be read" },
		{ { .pattern = titles, .id = "../../etc/passwd" }, "Paste a page." },
		{ { .pattern = "", .text = "x" }, "Type a pattern." },
		{ { .pattern = " \n\t", .text = "x" }, "Type a pattern." },
		{ { .pattern = titles }, "Paste a page." },
		{ { .pattern = "script: x", .text = "x" }, "only &#39;patterns&#39; can be tried" },
		{ { .pattern = "crawl:\n  token: file:/etc/passwd\n", .text = "x" },
		  "only &#39;patterns&#39; can be tried" },
		{ { .pattern = "hosts:\n  - match: a\n    login: {password: '${HOME}'}\n",
		    .text = "x" },
		  "only &#39;patterns&#39; can be tried" },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: x\n    file: y\n",
		    .text = "x" },
		  "unknown key" },
		{ { .pattern = "patterns: !!python/name:os\n", .text = "x" }, "error: " },
		{ { .pattern = "a: &a [*a]", .text = "x" }, "error: " },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: '(a+)+$'\n",
		    .text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" },
		  "stopped by the " },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: '(?R)'\n", .text = "x" }, "" },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: '\\C+'\n",
		    .text = "\xC3\xA9" },
		  "" },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: '(*UTF)(*LIMIT_MATCH=1)x'\n",
		    .text = "x" },
		  "" },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: '(?C1)x'\n", .text = "x" },
		  "" },
		{ { .pattern = "patterns:\n  - name: sqlite_master\n    pattern: 'x'\n",
		    .text = "x" },
		  "" },
		{ { .pattern = "patterns:\n  - name: a\n    pattern: ''\n", .text = "abc" }, "" },
		{ { .pattern = "patterns:\n  - name: a\n    json: '$..*'\n", .text = "[[[[[[[[[[" },
		  "" },
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *reply = try_part(&rows[i].form);

		if (status_of(reply) != 200)
			fail_msg("row %zu: %.200s", i, reply);
		assert_says(reply, rows[i].says);
		assert_silent_on(reply, "<script");
		assert_silent_on(reply, "root:");
		assert_silent_on(reply, "\x1B");
	}
	assert_it_works();
	stop_page();
	assert_silent_on(page.program->error, "page_exit process=p"); /* nobody has died */
}

static void addresses_are_text_too(void **state)
{
	(void)state;
	START_PAGE();
	assert_says(get("/try"), "<a href=\"/urls\">");
	assert_says(get("/why"), "<a href=\"/try\">"); /* and there is a way here */
	assert_says(get("/try?url=%22%3E%3Cscript%3E"), "value=\"&quot;&gt;&lt;script&gt;\"");
	assert_int_equal(status_of(get("/try?id=%00&pattern=%ff&url=%0d%0aX:y")), 200);
	assert_int_equal(status_of(get("/try/")), 404);
	assert_int_equal(status_of(get("/try.js/x")), 404);
	assert_int_equal(status_of(ask_page("HEAD", "/try", "", "")), 200);
	stop_page();
}

static void too_much_is_said_to_be(void **state)
{
	static char text[70 * 1024];
	const char *reply;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	START_PAGE();
	reply = post("/try", text);
	assert_int_equal(status_of(reply), 413);
	assert_says(reply, "64 KiB at most");
	assert_it_works();
	stop_page();
}

/* For others than this machine the token is asked for, whatever is read. */
static void for_others_it_takes_the_token(void **state)
{
	(void)state;
	START_PAGE("--listen", "127.0.0.1");
	assert_int_equal(status_of(get("/try")), 401);
	assert_int_equal(status_of(get("/try.js")), 401);
	assert_it_works();
	stop_page();
}

/* ---- its process ---- */

static int begin_try(const struct form *form)
{
	char head[600];
	const char *body = body_of(form, true);
	int fd = connect_to_page();

	snprintf(head, sizeof(head),
		 "POST /try HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nOrigin: "
		 "http://127.0.0.1:%u\r\nCookie: crawl-%u=%s\r\nContent-Length: %zu\r\n\r\n",
		 page.port, page.port, page.port, page.token, strlen(body));
	send_all(fd, head, strlen(head));
	send_all(fd, body, strlen(body));
	return fd;
}

static bool is_answered(int fd)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0) > 0;
}

/* Returns whether it had the job already, and did not leave it to the next one. */
static bool kill_in_mid_answer(void)
{
	const struct form form = { .pattern = titles, .text = "<b>One</b>" };
	const char *reply;
	bool is_told;
	pid_t child = 0;
	int fd;

	assert_true(WAIT_UNTIL((child = patterns_child()) != 0));
	kill(child, SIGSTOP);
	fd = begin_try(&form);
	assert_int_equal(status_of(get("/")), 200); /* the server waits for nobody */
	assert_false(is_answered(fd));
	kill(child, SIGKILL);
	reply = receive_all(fd);
	is_told = strstr(reply, "or its process ended: a new one is there") != NULL;
	assert_true(is_told || strstr(reply, "1 row in "));
	assert_it_works();
	return is_told;
}

static void one_that_is_killed_in_mid_answer_is_replaced(void **state)
{
	(void)state;
	START_PAGE();
	assert_it_works();
	assert_true(WAIT_UNTIL(kill_in_mid_answer()));
	stop_page();
}

/* One that does not answer is ended by its parent. */
static void one_that_hangs_is_replaced(void **state)
{
	const struct form form = { .pattern = titles, .text = "<b>One</b>" };
	int64_t begin;
	pid_t child = 0;
	int fd;

	(void)state;
	START_PAGE();
	assert_it_works();
	assert_true(WAIT_UNTIL((child = patterns_child()) != 0));
	kill(child, SIGSTOP);
	begin = test_clock_ms();
	fd = begin_try(&form);
	assert_says(receive_all(fd), "It took longer than 3 s");
	assert_true(test_clock_ms() - begin >= PATTERNS_ANSWER_MS);
	assert_false(process_runs(child));
	assert_it_works();
	stop_page();
}

/* All get an answer: a page, or that it is too much at once. */
static void many_at_once_are_answered(void **state)
{
	const struct form form = { .pattern = "patterns:\n  - name: a\n    pattern: '(a+)+$'\n",
				   .text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" };
	int fds[20];
	size_t done = 0, full = 0;

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		fds[i] = begin_try(&form);
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		const char *reply = receive_all(fds[i]);

		done += strstr(reply, "stopped by the") != NULL;
		full += strstr(reply, "Too much is asked at once") != NULL;
	}
	assert_true(done >= 1);
	assert_int_equal(done + full, COUNT_OF(fds));
	assert_it_works();
	stop_page();
}

static void who_goes_before_the_answer_is_forgotten(void **state)
{
	const struct form form = { .pattern = "patterns:\n  - name: a\n    pattern: '(a+)+$'\n",
				   .text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" };

	(void)state;
	START_PAGE();
	for (int i = 0; i < 5; i++)
		close(begin_try(&form));
	assert_true(WAIT_UNTIL(strstr(TRY(.pattern = titles, .text = "<b>One</b>"), "1 row")));
	stop_page();
	assert_silent_on(page.program->error, "process=page-1 pid=1 why=died");
}

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pasted_page_is_tried),
		TEST(without_a_script_a_button_does_it),
		TEST(the_patterns_of_the_config_are_offered),
		TEST(a_stored_page_is_tried_however_large),
		TEST(what_the_config_finds_is_marked),
		TEST(lies_are_refused),
		TEST(attacks_are_answered_with_text),
		TEST(addresses_are_text_too),
		TEST(too_much_is_said_to_be),
		TEST(for_others_it_takes_the_token),
		TEST(one_that_is_killed_in_mid_answer_is_replaced),
		TEST(one_that_hangs_is_replaced),
		TEST(many_at_once_are_answered),
		TEST(who_goes_before_the_answer_is_forgotten),
	};

	return RUN_TESTS(tests);
}
