#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/scenario.h"

/* The program from end to end: lists of JSON lines, and what they have asked by POST. */

#define QUICK           "--delay", "0", "--set", "robots=false", "-c", "c.yaml"
#define NO_RETRY        "--set", "retries=0"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What the site's echo says it was asked. */
#define ECHO                                                                               \
	"patterns:\n- name: echo\n  url: '/posted(/\\d+)?$'\n"                             \
	"  pattern: '<p class=\"method\">(?<method>.*?)</p>\\s*"                           \
	"<p class=\"type\">(?<type>.*?)</p>\\s*<p class=\"accept\">(?<accept>.*?)</p>\\s*" \
	"<p class=\"shop\">(?<shop>.*?)</p>\\s*<p class=\"size\">(?<size>.*?)</p>\\s*"     \
	"<p class=\"body\">(?<body>[^<]{0,100})'\n"

static const char *printed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Good until the next call. */
static const char *printed(const char *format, ...)
{
	static char text[1000];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return text;
}

static int begin(void **state)
{
	(void)state;
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	if (scenario_begin_rooted((const char *[]){ "--robots-as", "/robots", "--addresses", "2",
						    "--workers", "2", NULL }) < 0)
		return -1;
	write_text("c.yaml", ECHO);
	return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* ---- what is asked ---- */

static void a_list_of_json_lines_is_asked_as_it_says(void **state)
{
	struct program *run;

	(void)state;
	write_text("list",
		   "%s\n"
		   "{\"url\": \"%s\", \"headers\": {\"X-Shop\": \"7\", \"Accept\": \"a/b\"}}\n"
		   "{\"url\": \"%s\", \"json\": {\"q\": \"tea & milk\", \"n\": 1e400, \"i\": "
		   "12345678901234567890}}\n"
		   "{\"url\": \"%s\", \"form\": {\"q\": \"a b\", \"n\": [1, 2]}}\n"
		   "{\"url\": \"%s\", \"body\": \"plain\", \"headers\": {\"content-type\": "
		   "\"text/x\"}}\n"
		   "{\"url\": \"%s\", \"method\": \"POST\"}\n"
		   "{\"url\": \"%s\", \"form\": {\"q\": \"a b\", \"n\": [1, 2]}}\n",
		   url("/posted"), url("/posted/2"), url("/posted/3"), url("/posted/3"),
		   url("/posted/3"), url("/posted/3"), url("/posted/3"));
	run = RUN("list", QUICK);
	assert_says(run->error, "7 lines: 7 URLs (6 new, 1 known), 0 rejected");
	assert_says(run->error, "5 URLs asked by POST");
	assert_string_equal(
		ask("SELECT method, type, shop, size, replace(body, '&quot;', '\"') FROM echo"
		    " ORDER BY size + 0, method, shop"),
		"GET|||0|\nGET||7|0|\nPOST|||0|\nPOST|text/x||5|plain\n"
		"POST|application/x-www-form-urlencoded||13|q=a+b&amp;n=1&amp;n=2\n"
		"POST|application/json||53|{\"q\":\"tea &amp; milk\",\"n\":1e400,\"i\":"
		"12345678901234567890}");
	assert_string_equal(ask("SELECT method, count(*), count(DISTINCT url) FROM pages GROUP BY"
				" 1"),
			    "GET|2|2\nPOST|4|4");
	assert_string_equal(ask("SELECT DISTINCT substr(url, -23, 7), final_url = substr(url, 1,"
				" length(url) - 22) FROM pages WHERE method = 'POST'"),
			    "3#POST-|1");
	assert_string_equal(ask("SELECT accept FROM echo WHERE shop = '7'"), "a/b");
	assert_string_equal(ask("SELECT count(*) FROM echo e JOIN pages p ON p.url = e.page_url"),
			    "6");
}

static void fields_of_a_line_of_json_are_those_of_its_rows(void **state)
{
	(void)state;
	write_text("c.yaml",
		   "patterns:\n- name: sent\n  pattern: 'class=\"method\">(?<method>\\w+)'\n"
		   "  fields: {shop: {value: '{set.shop}'}}\n");
	write_text("list",
		   "{\"url\": \"%s\", \"json\": 1, \"set\": {\"shop\": \"a b\"}}\n"
		   "{\"url\": \"%s\", \"json\": 2, \"set\": {\"shop\": 7}}\n"
		   "%s\tshop=x\n",
		   url("/posted"), url("/posted"), url("/posted/1"));
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(ask("SELECT method, shop FROM sent ORDER BY shop"),
			    "POST|7\nPOST|a b\nGET|x");
}

static void a_dry_run_counts_what_is_posted(void **state)
{
	struct program *run;

	(void)state;
	write_text("list",
		   "%s\n{\"url\": \"%s\", \"json\": 1}\n{\"url\": \"%s\", \"json\": 1}\n"
		   "{\"url\": \"%s\", \"headers\": {\"X-A\": \"b\"}}\n{\"url\": \"no\"}\n",
		   url("/posted"), url("/posted"), url("/posted"), url("/posted/1"));
	run = RUN("list", "--dry-run", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "3 different URLs of 1 host");
	assert_says(run->error, "1 URL asked by POST");
	assert_says(run->error, "1 URL with headers of its list");
	assert_silent_on(run->error, "no URL of the lists is one of its pages");
	assert_int_equal(site_all_requests().count, 0);
}

static void a_body_of_a_mebibyte_is_sent_and_a_longer_line_is_not(void **state)
{
	enum { MIB = 1024 * 1024 };
	static char list[4 * MIB];
	size_t size = (size_t)sprintf(list, "{\"url\":\"%s\",\"body\":\"", url("/posted/1")), fill;

	(void)state;
	fill = MIB - size - 2;
	memset(list + size, 'b', fill);
	size += fill;
	size += (size_t)sprintf(list + size, "\"}\n{\"url\":\"%s\",\"body\":\"", url("/posted/2"));
	memset(list + size, 'b', 2 * MIB);
	size += 2 * MIB;
	size += (size_t)sprintf(list + size, "\"}\n%s\n", url("/posted/3"));
	write_bytes("list", list, size);
	assert_code(RUN("list", QUICK), 1);
	assert_string_equal(ask("SELECT method, size FROM echo ORDER BY size + 0 DESC"),
			    printed("POST|%zu\nGET|0", fill));
	assert_string_equal(ask("SELECT line, reason FROM rejects"),
			    "2|too long: a line has at most 1 MiB");
}

/* Some servers answer 417, others nothing, and the body waits for a second. */
static void a_post_expects_nothing_and_says_its_length(void **state)
{
	char list[8000];
	size_t size = (size_t)sprintf(list, "{\"url\":\"%s\",\"body\":\"", url("/posted/1"));

	(void)state;
	memset(list + size, 'b', 5000);
	sprintf(list + size + 5000, "\"}\n{\"url\":\"%s\",\"method\":\"POST\"}\n",
		url("/posted/2"));
	write_text("list", "%s", list);
	write_text("c.yaml",
		   "patterns:\n- name: sent\n  pattern: '<p class=\"expect\">(?<expect>.*?)"
		   "</p>\\s*<p class=\"length\">(?<length>.*?)</p>'\n");
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(ask("SELECT expect, length FROM sent ORDER BY page_url"), "|5000\n|0");
}

static void credentials_of_a_line_are_refused_and_kept_nowhere(void **state)
{
	static const char *const lines[] = {
		"\"headers\": {\"Authorization\": \"Bearer s3cret\"}",
		"\"headers\": {\"cookie\": \"a=s3cret\"}",
		"\"headers\": {\"Proxy-Authorization\": \"s3cret\"}",
		"\"headers\": {\"AUTHORIZATION\": \"s3cret",
		"\"metod\": \"POST\", \"headers\": {\"authorization\": \"s3cret\"}",
	};
	char command[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct program *run;

		write_text(
			"list",
			"{\"url\": \"%s\", %s}\n"
			"{\"url\": \"http://me:s3cret@127.0.0.1:%u/posted\", \"metod\": 1}\n"
			"{\"url\": \"http:\\/\\/me:s3cret@127.0.0.1:%u\\/posted\", \"metod\": 1}\n",
			url("/posted"), lines[i], site.port, site.port);
		run = RUN("list", "--fresh", "-v", QUICK);
		assert_code(run, 1);
		assert_says(run->error, "3 rejected");
		assert_silent_on(run->error, "s3cret");
		assert_string_equal(ask("SELECT count(*) FROM rejects WHERE text LIKE '%s3cret%'"
					" OR reason LIKE '%s3cret%'"),
				    "0");
	}
	assert_says(RUN("{\"url\": \"http://127.0.0.1:1/\"}")->error,
		    "a line of JSON stands in a list");
	snprintf(command, sizeof(command), "! grep -q s3cret %s*", in_folder("crawl.db"));
	assert_int_equal(system(command), 0);
	assert_string_equal(ask("SELECT text FROM rejects WHERE line = 2"),
			    printed("{\"url\": \"http://*********@127.0.0.1:%u/posted\", "
				    "\"metod\": 1}",
				    site.port));
	assert_int_equal(site_all_requests().count, 0);
}

/* ---- redirects ---- */

static void a_redirect_changes_a_post_as_browsers_change_it(void **state)
{
	static const struct {
		int status;
		unsigned address;
		const char *method, *type, *shop, *size;
	} rows[] = {
		{ 301, 1, "GET", "-", "7", "0" },       { 302, 1, "GET", "-", "7", "0" },
		{ 303, 1, "GET", "-", "7", "0" },       { 307, 1, "POST", "text/x", "7", "4" },
		{ 308, 1, "POST", "text/x", "7", "4" }, { 301, 2, "GET", "-", "-", "0" },
		{ 303, 2, "GET", "-", "-", "0" },       { 307, 2, "POST", "text/x", "-", "4" },
		{ 308, 2, "POST", "text/x", "-", "4" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char wanted[200];
		const char *name;
		struct program *run;

		write_text("list",
			   "{\"url\": \"%s?status=%d&url=%s\", \"body\": \"body\", \"headers\":"
			   " {\"Content-Type\": \"text/x\", \"X-Shop\": \"7\"}}\n",
			   url("/redirect-to"), rows[i].status,
			   url_at(rows[i].address, "/posted/1"));
		run = RUN("list", "--fresh", QUICK);
		assert_code(run, 0);
		assert_int_equal(strstr(run->error, "post_became_get") != NULL,
				 rows[i].status == 301);
		snprintf(wanted, sizeof(wanted), "%s|%s|%s|%s", rows[i].method, rows[i].type,
			 rows[i].shop, rows[i].size);
		assert_string_equal(ask("SELECT method, iif(type = '', NULL, type), iif(shop = '',"
					" NULL, shop), size FROM echo"),
				    wanted);
		name = printed("%s", ask("SELECT url FROM pages"));
		assert_int_equal(strstr(RUN("why", name)->out, "then GET: so a redirect made it") !=
					 NULL,
				 strcmp(rows[i].method, "GET") == 0);
		assert_string_equal(ask("SELECT outcome, final_url LIKE '%/posted/1' FROM pages"),
				    "ok|1");
		/* where it led for good is no place to begin with: nothing would be posted */
		assert_code(RUN("list", QUICK), 0);
		assert_string_equal(ask("SELECT method, iif(type = '', NULL, type), iif(shop = '',"
					" NULL, shop), size FROM echo"),
				    wanted);
	}
}

static void a_post_that_leads_to_a_listed_url_is_read_there_if_it_is_asked_the_same(void **state)
{
	static const struct {
		int status;
		const char *rows;
	} rows[] = {
		{ 303, "1|GET" },
		{ 307, "1|GET\n3|POST" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_text("list",
			   "%s\n{\"url\": \"%s?status=%d&url=/posted/1\", \"body\": \"b\"}\n",
			   url("/posted/1"), url("/redirect-to"), rows[i].status);
		for (int pass = 0; pass < 2; pass++) {
			assert_code(RUN("list", QUICK, pass == 0 ? "--fresh" : "-q"), 0);
			assert_string_equal(
				ask("SELECT iif(page_url LIKE '%redirect%', 3, 1), method"
				    " FROM echo ORDER BY 1"),
				rows[i].rows);
		}
	}
}

static void a_post_that_goes_round_ends(void **state)
{
	(void)state;
	write_text("list",
		   "{\"url\": \"%s?status=307&url=/redirect-to%%3Fstatus%%3D308%%26url%%3D"
		   "/redirect-loop\", \"body\": \"b\"}\n",
		   url("/redirect-to"));
	assert_code(RUN("list", QUICK), 1);
	assert_string_equal(ask("SELECT outcome FROM pages"), "redirect_loop");
}

/* ---- once, and once more ---- */

/* Whoever left an origin does not get its headers back when it is led there again. */
static void headers_that_a_redirect_dropped_do_not_come_back(void **state)
{
	char back[300], there[400];

	(void)state;
	snprintf(back, sizeof(back),
		 "/redirect-to%%3Fstatus%%3D307%%26url%%3Dhttp%%3A%%2F%%2F127.0.0.1%%3A"
		 "%u%%2Fposted%%2F1",
		 site.port);
	snprintf(there, sizeof(there), "http%%3A%%2F%%2F127.0.0.2%%3A%u%s", site.port, back);
	write_text("list",
		   "{\"url\": \"%s?status=307&url=%s\", \"body\": \"b\", \"headers\":"
		   " {\"X-Shop\": \"7\"}}\n",
		   url("/redirect-to"), there);
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(ask("SELECT method, shop, size FROM echo"), "POST||1");
}

static void a_host_that_challenges_a_post_gets_it_once(void **state)
{
	(void)state;
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  auth: {digest: 'me:pw'}\n");
	write_text("list", "{\"url\": \"%s\", \"body\": \"b\"}\n", url("/auth/digest/me"));
	assert_code(RUN("list", QUICK), 0);
	assert_string_equal(ask("SELECT outcome, status FROM pages"), "ok|200");
}

/* How often was it asked for by POST? */
static size_t posts_of(const char *target)
{
	struct requests requests = site_requests();
	size_t count = 0;

	for (size_t i = 0; i < requests.count; i++)
		count += strcmp(requests.list[i].target, target) == 0 &&
			 strcmp(requests.list[i].method, "POST") == 0;
	return count;
}

static const char *timeout_for(const char *outcome)
{
	return strncmp(outcome, "timeout", 7) == 0 ? "timeout=1s" : "timeout=30s";
}

static void a_post_is_tried_again_only_where_it_cannot_have_been_taken(void **state)
{
	static const struct {
		const char *target, *outcome;
		size_t posts;
	} rows[] = {
		{ "/status/503", "http_error|503", 3 },
		{ "/status/429", "http_error|429", 3 },
		{ "/status/425", "http_error|425", 3 },
		{ "/status/500", "http_error|500", 1 },
		{ "/status/502", "http_error|502", 1 },
		{ "/status/504", "http_error|504", 1 },
		{ "/status/408", "http_error|408", 1 },
		{ "/gone", "truncated|-", 1 },
		{ "/reset", "connect|-", 1 },
		{ "/cut-body", "truncated|200", 1 },
		{ "/silence", "timeout|-", 1 },
		{ "/redirect-to?status=303&url=/silence", "timeout|-", 1 },
		{ "/redirect-to?status=303&url=/status/503", "http_error|503", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_text("list", "{\"url\": \"%s\", \"body\": \"%zu\"}\n",
			   url("%s", rows[i].target), i);
		assert_code(RUN("list", "--fresh", QUICK, "--set", "retry_wait=1ms", "--set",
				timeout_for(rows[i].outcome)),
			    1);
		assert_string_equal(ask("SELECT outcome, status FROM pages"), rows[i].outcome);
		/* Who is not answered is in the log when the site hears that he has gone. */
		(void)WAIT_UNTIL(posts_of(rows[i].target) >= rows[i].posts);
		if (posts_of(rows[i].target) != rows[i].posts)
			fail_msg("%s: %zu posts", rows[i].target, posts_of(rows[i].target));
	}
}

static void a_post_that_failed_is_asked_for_again_by_who_says_so(void **state)
{
	(void)state;
	write_text("list", "{\"url\": \"%s\", \"body\": \"b\"}\n", url("/flaky/1/x"));
	assert_code(RUN("list", QUICK, NO_RETRY), 1);
	assert_says(RUN("failed")->out, "#POST-");
	assert_code(RUN("--retry-failed", QUICK), 0);
	assert_int_equal(posts_of("/flaky/1/x"), 2);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
}

static void what_never_left_is_tried_again(void **state)
{
	(void)state;
	write_text("list", "{\"url\": \"http://127.0.0.1:9/\", \"body\": \"b\"}\n"
			   "{\"url\": \"http://none.invalid/\", \"body\": \"b\"}\n");
	assert_code(RUN("list", QUICK, "--set", "retry_wait=1ms"), 1);
	assert_string_equal(ask("SELECT outcome, tries FROM pages ORDER BY 1"), "connect|3\ndns|3");
}

static void a_host_may_say_which_answers_are_tried_again(void **state)
{
	(void)state;
	write_text("c.yaml", "hosts:\n- match: 127.0.0.1\n  retry_status: [500]\n");
	write_text("list", "{\"url\": \"%s\", \"body\": \"b\"}\n", url("/status/500"));
	assert_code(RUN("list", QUICK, "--set", "retry_wait=1ms"), 1);
	assert_int_equal(posts_of("/status/500"), 3);
}

static void a_post_is_sent_on_no_connection_that_may_be_about_to_close(void **state)
{
	struct requests requests;

	(void)state;
	write_text("list",
		   "%s\n{\"url\": \"%s\", \"json\": 1}\n{\"url\": \"%s\", \"method\": \"POST\"}\n",
		   url("/page/1"), url("/posted/1"), url("/posted/1"));
	assert_code(RUN("list", QUICK, "-j", "1", "--concurrency", "1"), 0);
	requests = site_all_requests();
	assert_int_equal(requests.count, 3);
	assert_int_not_equal(requests.list[1].port, requests.list[0].port);
	assert_int_not_equal(requests.list[2].port, requests.list[1].port);
}

static void a_pass_asks_for_a_post_without_conditions(void **state)
{
	struct requests requests;

	(void)state;
	write_text("c.yaml", "crawl:\n  keep_pages: true\n" ECHO);
	write_text("list", "%s\n{\"url\": \"%s\", \"json\": 1}\n", url("/posted-tagged"),
		   url("/posted-tagged"));
	assert_code(RUN("list", QUICK), 0);
	assert_code(RUN("list", QUICK), 0);
	requests = site_all_requests();
	assert_int_equal(requests.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(requests.list[i].status,
				 i >= 2 && strcmp(requests.list[i].method, "GET") == 0 ? 304 : 200);
	assert_string_equal(ask("SELECT method, outcome FROM pages ORDER BY 1"),
			    "GET|not_modified\nPOST|ok");
}

static void robots_txt_is_for_posts_too(void **state)
{
	(void)state;
	write_text("root/robots", "User-agent: *\nDisallow: /posted/1\n");
	write_text("list", "{\"url\": \"%s\", \"json\": 1}\n{\"url\": \"%s\", \"json\": 1}\n",
		   url("/posted/1"), url("/posted/2"));
	assert_code(RUN("list", "--delay", "0"), 0);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY url"), "robots\nok");
	assert_int_equal(site_all_requests().count, 1);
}

static void the_latest_list_says_which_headers_are_sent(void **state)
{
	static const struct {
		const char *headers, *shop;
	} rows[] = {
		{ ", \"headers\": {\"X-Shop\": \"7\"}", "7|7" },
		{ ", \"headers\": {\"X-Shop\": \"8\"}", "8|8" },
		{ "", "|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_text("list", "{\"url\": \"%s\"%s}\n{\"url\": \"%s\", \"json\": 1%s}\n",
			   url("/posted/1"), rows[i].headers, url("/posted/1"), rows[i].headers);
		assert_code(RUN("list", QUICK), 0);
		assert_string_equal(ask("SELECT group_concat(shop, '|') FROM echo"), rows[i].shop);
	}
	assert_string_equal(ask("SELECT count(*), count(DISTINCT page_url) FROM echo"), "2|2");
}

/* They are one request: that all but one line of them are lost is told. */
static void lines_that_differ_in_headers_alone_are_told(void **state)
{
	static const struct {
		const char *first, *second, *shop;
		bool is_told;
	} rows[] = {
		{ "\"headers\": {\"X-Shop\": \"7\"}", "\"headers\": {\"X-Shop\": \"8\"}", "8",
		  true },
		{ "\"method\": \"GET\"", "\"headers\": {\"X-Shop\": \"8\"}", "8", true },
		{ "\"headers\": {\"X-Shop\": \"7\"}", "\"method\": \"GET\"", "", true },
		{ "\"headers\": {\"X-Shop\": \"7\"}", "\"headers\": {\"X-Shop\": \"7\"}", "7",
		  false },
		{ "\"body\": \"1\"", "\"json\": 1", "", true },
		{ "\"json\": 1", "\"json\": 1", "", false },
		{ "\"json\": 1", "\"json\": 2", "|", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_text("list", "{\"url\": \"%s\", %s}\n{\"url\": \"%s\", %s}\n",
			   url("/posted/1"), rows[i].first, url("/posted/1"), rows[i].second);
		for (int pass = 0; pass < 2; pass++) {
			struct program *run =
				pass ? RUN("list", QUICK) : RUN("list", QUICK, "--fresh");

			assert_code(run, 0);
			assert_int_equal(strstr(run->error, "headers_replaced url=") != NULL,
					 rows[i].is_told);
			assert_string_equal(ask("SELECT group_concat(shop, '|') FROM echo"),
					    rows[i].shop);
		}
	}
}

/* ---- killed ---- */

#define KILLS      50
#define POSTS      60
#define KILL_CRAWL "list", QUICK, NO_RETRY, "-j", "2", "--concurrency", "4"

static char *copy(const char *text)
{
	return strcpy(malloc(strlen(text) + 1), text);
}

static void write_posts(void)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (int i = 0; i < POSTS; i++)
		fprintf(list, "{\"url\": \"%s\", \"json\": {\"n\": %d}}\n%s\n",
			url("/delay/5/posted/%d", i % 7), i, url("/delay/5/posted/%d", i));
	fclose(list);
}

#define POST_ROWS "SELECT page_url, n, method, size, body FROM echo ORDER BY 1, 2"
#define POST_PAGES \
	"SELECT url, method, state, outcome, status, final_url, size FROM pages ORDER BY 1"

static void fifty_kills_leave_the_rows_of_a_crawl_that_nobody_killed(void **state)
{
	char *rows, *pages;
	int64_t took_ms;
	unsigned finished = 0;

	(void)state;
	write_posts();
	took_ms = test_clock_ms();
	assert_code(RUN(KILL_CRAWL, "-o", "whole.db"), 0);
	took_ms = test_clock_ms() - took_ms;
	rows = copy(ask_in(in_folder("whole.db"), POST_ROWS));
	pages = copy(ask_in(in_folder("whole.db"), POST_PAGES));
	assert_int_equal(count_lines(pages) + 1, 2 * POSTS);
	for (unsigned kill_number = 1; kill_number <= KILLS; kill_number++) {
		struct program *run = START(KILL_CRAWL);
		long ms = random() % (took_ms / 2);

		nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
		kill(run->pid, SIGKILL);
		program_wait(run);
		if (kill_number % 5 > 0)
			continue;
		assert_code(RUN(KILL_CRAWL), 0);
		finished++;
		assert_string_equal(ask(POST_ROWS), rows);
		assert_string_equal(ask(POST_PAGES), pages);
		if (finished % 2 == 0) /* the others go on with passes */
			remove(in_folder("crawl.db"));
	}
	free(rows);
	free(pages);
}

/* It may have been taken: so the manual says. */
static void a_post_whose_worker_is_killed_is_sent_again(void **state)
{
	const char *target = "/delay/1000/posted/1";
	struct program *run;
	pid_t workers[4];

	(void)state;
	write_text("list", "{\"url\": \"%s\", \"json\": 1}\n", url("%s", target));
	run = START("list", QUICK, NO_RETRY, "-j", "1");
	assert_true(WAIT_UNTIL(program_children(run, workers, COUNT_OF(workers)) == 1));
	nanosleep(&(struct timespec){ .tv_nsec = 500 * 1000000 }, NULL);
	kill(workers[0], SIGKILL);
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	assert_string_equal(ask("SELECT count(*) FROM echo"), "1");
	assert_in_range(posts_of(target), 1, 2); /* the first may not have left by then */
}

static void a_running_crawl_takes_a_line_of_json(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/delay/100/page/%d", 1, 30);
	run = START("list", QUICK, "--delay", "30s");
	assert_true(WAIT_UNTIL(site_requests().count > 0));
	assert_says(RUN("ctl", "add", url("/posted/1"))->error, "added");
	assert_says(RUN("ctl", "add",
			printed("{\"url\": \"%s\", \"json\": {\"a\": 1}}", url("/posted/1")))
			    ->error,
		    "#POST-");
	assert_says(RUN("ctl", "add", printed("{\"url\": \"%s\", \"jsn\": 1}", url("/posted/1")))
			    ->error,
		    "unknown \"jsn\": did you mean \"json\"?");
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(ask("SELECT method, size FROM echo ORDER BY 1"), "GET|0\nPOST|7");
}

/* ---- looked at ---- */

static void reports_and_commands_take_a_post_by_its_name(void **state)
{
	char name[200], plain[200];
	struct program *run;

	(void)state;
	write_text("c.yaml", "crawl:\n  keep_pages: true\n" ECHO);
	write_text("list",
		   "{\"url\": \"%s\", \"json\": {\"q\": \"tea\"}, \"headers\": {\"X-Key\": "
		   "\"s3cret\"}, \"set\": {\"shop\": \"7\", \"city\": \"it's\"}}\n"
		   "%s\n",
		   url("/posted/1"), url("/missing"));
	assert_code(RUN("list", QUICK), 1);
	snprintf(name, sizeof(name), "%s", ask("SELECT url FROM pages WHERE method = 'POST'"));
	snprintf(plain, sizeof(plain), "%s", url("/posted/1"));
	run = RUN("why", name);
	assert_code(run, 0);
	assert_says(run->out, "POST");
	assert_says(run->out, "{\"q\":\"tea\"}");
	assert_says(run->out, "X-Key, Content-Type");
	assert_silent_on(run->out, "s3cret");
	assert_says(run->out, "echo");
	run = RUN("why", url("/posted/1#POST-0123456789abcdef"));
	assert_code(run, 1);
	assert_says(run->error, "/posted/1#POST-0123456789abcdef is not known to");
	/* it is not asked by GET, and why says how it is */
	run = RUN("why", plain);
	assert_code(run, 1);
	assert_says(run->error, "it was asked by POST (crawl why ");
	assert_says(run->error, name);
	/* what is kept is looked at: it is not posted again */
	run = RUN("try", "c.yaml", name, "--json");
	assert_code(run, 0);
	assert_says(run->out, "\"POST\"");
	assert_code(RUN("explain", "echo", name, "-c", "c.yaml"), 0);
	assert_code(RUN("body", name), 0);
	run = RUN("test", "--record", name, "-c", "c.yaml");
	assert_code(run, 0);
	assert_says(run->out, "method: 'POST'");
	assert_says(run->out, "\n    set: {city: 'it''s', shop: '7'}\n");
	assert_int_equal(posts_of("/posted/1"), 1);
	run = RUN("try", "c.yaml", url("/posted/1#POST-0123456789abcdef"));
	assert_code(run, 1);
	assert_says(run->error, "keeps no page of it");
	/* as a line of CSV ends: it is the same name, and no page that is asked by GET */
	run = RUN("try", "c.yaml", printed("%s\r", name), "--json");
	assert_code(run, 0);
	assert_says(run->out, "\"POST\"");
	assert_code(RUN("why", printed("%s\r", name)), 0);
	/* parsed again, with another pattern */
	write_text("c.yaml", "crawl:\n  keep_pages: true\npatterns:\n- name: echo\n"
			     "  url: '(?<place>.*/posted/1)$'\n  pattern: '(?<quote>tea)'\n");
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT quote, place FROM echo"), printed("tea|%s", plain));
	assert_code(RUN("forget", name, "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT count(*) FROM crawl_requests"), "0");
	assert_string_equal(ask("SELECT url FROM pages"), url("/missing"));
}

static void why_knows_a_post_by_the_url_that_its_list_has(void **state)
{
	char plain[300];
	struct program *run;

	(void)state;
	snprintf(plain, sizeof(plain), "%s?status=303&url=%s", url("/redirect-to"),
		 url("/posted/1"));
	write_text("list", "{\"url\": \"%s\", \"json\": 1}\n", plain);
	assert_code(RUN("list", QUICK), 0);
	/* redirected, it is asked there all the same */
	run = RUN("why", plain);
	assert_code(run, 1);
	assert_says(run->error, "it was asked by POST (crawl why ");
	assert_says(run->error, "#POST-");
	assert_silent_on(run->error, "no list named it");
	/* where it led has been asked by nobody */
	run = RUN("why", url("/posted/1"));
	assert_code(run, 1);
	assert_says(run->error, "it is where ");
	assert_says(run->error, "#POST-");
	assert_silent_on(run->error, "it was asked by POST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_of_json_lines_is_asked_as_it_says),
		T(fields_of_a_line_of_json_are_those_of_its_rows),
		T(a_dry_run_counts_what_is_posted),
		T(a_body_of_a_mebibyte_is_sent_and_a_longer_line_is_not),
		T(a_post_expects_nothing_and_says_its_length),
		T(headers_that_a_redirect_dropped_do_not_come_back),
		T(a_host_that_challenges_a_post_gets_it_once),
		T(credentials_of_a_line_are_refused_and_kept_nowhere),
		T(a_redirect_changes_a_post_as_browsers_change_it),
		T(a_post_that_leads_to_a_listed_url_is_read_there_if_it_is_asked_the_same),
		T(a_post_that_goes_round_ends),
		T(a_post_is_tried_again_only_where_it_cannot_have_been_taken),
		T(a_post_that_failed_is_asked_for_again_by_who_says_so),
		T(what_never_left_is_tried_again),
		T(a_host_may_say_which_answers_are_tried_again),
		T(a_post_is_sent_on_no_connection_that_may_be_about_to_close),
		T(a_pass_asks_for_a_post_without_conditions),
		T(robots_txt_is_for_posts_too),
		T(the_latest_list_says_which_headers_are_sent),
		T(lines_that_differ_in_headers_alone_are_told),
		T(fifty_kills_leave_the_rows_of_a_crawl_that_nobody_killed),
		T(a_post_whose_worker_is_killed_is_sent_again),
		T(a_running_crawl_takes_a_line_of_json),
		T(reports_and_commands_take_a_post_by_its_name),
		T(why_knows_a_post_by_the_url_that_its_list_has),
	};

	return RUN_TESTS(tests);
}
