#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: redirects to URLs that the crawl asks for anyway.  A page is asked
 * for once, its rows are there once, and who led to it is told of both.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--set", "robots=false"
#define HEADS "-e", "heads=<h1>(?<text>.*?)</h1>"

/* In the order of the list; or all under way together. */
static const char *const concurrencies[] = { "1", "16" };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define TARGET       "/redirect-to?url=/page/1"

static struct program *crawl(const char *concurrency)
{
	return RUN("list", "--fresh", QUICK, HEADS, "--concurrency", concurrency);
}

static size_t times(const char *target)
{
	struct requests requests = site_requests();

	return requests_for(&requests, target);
}

static void many_that_redirect_to_one_page_leave_its_rows_there_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(concurrencies); i++) {
		size_t before = times("/page/1");

		write_text("list", "%s\n%s\n%s\n%s\n%s\n", url(TARGET "&status=301"),
			   url("/page/1"), url(TARGET "&status=302"), url(TARGET "&status=307"),
			   url("/redirect/2?to=/page/1"));
		assert_code(crawl(concurrencies[i]), 0);
		assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"
					" ORDER BY 2"),
				    "done|moved|4\ndone|ok|1");
		assert_string_equal(ask("SELECT count(DISTINCT final_url) FROM pages"), "1");
		assert_string_equal(ask("SELECT page_url FROM heads"), url("/page/1"));
		assert_int_equal(times("/page/1") - before, 1);
	}
}

/* "$" is the site, in a list that is asked in its order. */
static void write_site_list(const char *urls)
{
	char list[600], *at = list;

	for (; *urls; urls++) {
		if (*urls == '$')
			at += sprintf(at, "%s", site.origin);
		else
			*at++ = *urls;
	}
	*at = '\0';
	write_text("list", "%s", list);
}

static void what_nobody_asks_for_is_followed(void **state)
{
	static const struct {
		const char *what, *list, *max_pages;
		const char *result; /* of who redirects */
	} rows[] = {
		{ "not of the crawl", "$/redirect-to?url=/page/1\n", "9", "ok|200" },
		{ "failed", "$/status/404\n$/redirect-to?url=/status/404\n", "9",
		  "http_error|404" },
		{ "beyond a limit", "$/redirect-to?url=/page/1\n$/page/1\n", "1", "ok|200" },
		{ "not beyond it", "$/redirect-to?url=/page/1\n$/page/1\n", "2", "moved|302" },
		{ "begun before it", "$/page/1\n$/redirect-to?url=/page/1\n", "2", "moved|302" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_site_list(rows[i].list);
		RUN("list", "--fresh", QUICK, "--concurrency", "1", "--max-pages",
		    rows[i].max_pages);
		if (strcmp(ask("SELECT outcome, status FROM pages WHERE url LIKE '%redirect-to%'"),
			   rows[i].result) != 0)
			fail_msg("%s: %s", rows[i].what,
				 ask("SELECT url, outcome, status FROM pages"));
	}
}

/* What comes back to where it began, or was, may have been let in on the way. */
static void a_way_that_comes_back_is_gone_as_far_as_redirects_may(void **state)
{
	(void)state;
	write_site_list("$/redirect-loop\n");
	assert_code(crawl("1"), 1);
	assert_string_equal(ask("SELECT outcome, error FROM pages"),
			    "redirect_loop|more redirects than allowed");
	assert_int_equal(times("/redirect-loop"), 11);
}

/* Who sets a cookie may let only this visit in. */
static void a_way_that_sets_a_cookie_is_gone_to_its_end(void **state)
{
	(void)state;
	write_text("list", "%s\n%s\n", url(TARGET "&cookie=seen=1"), url("/page/1"));
	assert_code(crawl("1"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|2");
	assert_int_equal(times("/page/1"), 2);
}

/* "@2" is the site's second address.  Each visit has cookies of its own. */
static void what_a_redirect_sets_its_next_hop_sends(void **state)
{
	static const struct {
		const char *target, *sent; /* with "/echo", where it leads */
	} rows[] = {
		{ "/redirect-to?url=/echo&cookie=a=1", "a=1" },
		{ "/redirect-to?url=/echo&cookie=a=1;%20HttpOnly", "a=1" },
		{ "/redirect-to?url=/echo&cookie=a=1;%20Path=/", "a=1" },
		{ "/redirect-to?url=/echo&cookie=a=1;%20Path=/books", "-" },
		{ "/redirect-to?url=/echo&cookie=a=1;%20Max-Age=0", "-" },
		{ "/redirect-to?url=/echo&cookie=a=1;%20Secure", "a=1" }, /* here, as in browsers */
		{ "/redirect-to?url=/echo&cookie=a=1;%20Domain=example.org", "-" },
		{ "/redirect-to?url=@2/echo&cookie=a=1", "-" },
		{ "/redirect-to?url=/redirect-to?url=/echo%26cookie=b=2&cookie=a=1", "b=2; a=1" },
		{ "/redirect-to?url=/redirect-to?url=/echo%26cookie=a=2&cookie=a=1", "a=2" },
		{ "/redirect-to?url=/echo", "-" },
		{ "/echo", "-" },
	};

	(void)state;
	scenario_end(NULL);
	assert_int_equal(scenario_begin_with((const char *[]){ "--addresses", "2", NULL }), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *other = strstr(rows[i].target, "@2");
		char list[400];

		snprintf(list, sizeof(list), "%s%.*s%s%s", site.origin,
			 other ? (int)(other - rows[i].target) : 400, rows[i].target,
			 other ? url_at(2, "") : "", other ? other + 2 : "");
		write_text("list", "%s\n", list);
		assert_code(RUN("list", "--fresh", QUICK, "-e",
				"heads=(?i)(?:cookie: (?<c>[^\r\n<]*))|host: "),
			    0);
		if (strcmp(ask("SELECT coalesce(max(c), '-') FROM heads"), rows[i].sent) != 0)
			fail_msg("%s: %s", rows[i].target, ask("SELECT c FROM heads"));
	}
}

static void urls_that_move_in_a_ring_all_fail(void **state)
{
	static const int places[] = { 2, 3, 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(places) * COUNT(concurrencies); i++) {
		int count = places[i / 2];
		char path[40], wanted[60];

		snprintf(path, sizeof(path), "/redirect-ring/%d/%%d", count);
		write_list("list", path, 0, count);
		assert_code(crawl(concurrencies[i % 2]), 1);
		snprintf(wanted, sizeof(wanted), "failed|redirect_loop|302|1|%d", count);
		assert_string_equal(ask("SELECT state, outcome, status, tries, count(*) FROM pages"
					" GROUP BY 1, 2, 3, 4"),
				    wanted);
		assert_string_equal(ask("SELECT DISTINCT error FROM pages"),
				    "redirects go round in a ring");
		snprintf(wanted, sizeof(wanted), "redirect_loop|%d", count);
		assert_string_equal(ask("SELECT outcome, pages FROM crawl_outcome_stats"), wanted);
		snprintf(wanted, sizeof(wanted), "%d|%d", count, count);
		assert_string_equal(ask("SELECT pages, errors FROM hosts"), wanted);
	}
}

/* Whatever comes first, and however many are under way. */
static void who_moved_ends_as_its_target_does(void **state)
{
	static const struct {
		const char *list, *outcomes; /* with the status, and how many */
		int code;
	} rows[] = {
		{ "$/redirect-to?url=/status/404\n$/status/404\n", "failed|http_error|404|2", 1 },
		{ "$/redirect-to?url=/redirect-to?url=/status/404\n$/status/404\n"
		  "$/redirect-to?url=/status/404\n",
		  "failed|http_error|404|3", 1 },
		{ "$/redirect-to?url=/cut-body\n$/cut-body\n", "failed|truncated|200|2", 1 },
		{ "$/redirect-to?url=/redirect-ring/2/0\n$/redirect-ring/2/0\n"
		  "$/redirect-ring/2/1\n$/redirect-to?url=/redirect-ring/2/1\n",
		  "failed|redirect_loop|302|4", 1 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		write_site_list(rows[i / 2].list);
		assert_code(crawl(concurrencies[i % 2]), rows[i / 2].code);
		if (strcmp(ask("SELECT state, outcome, status, count(*) FROM pages GROUP BY 1, 2, "
			       "3"),
			   rows[i / 2].outcomes) != 0)
			fail_msg("%s: %s", rows[i / 2].list,
				 ask("SELECT url, outcome, status, error FROM pages"));
	}
}

static void who_moved_to_what_robots_txt_forbids_is_skipped_as_that_is(void **state)
{
	(void)state;
	scenario_end(NULL);
	assert_int_equal(scenario_begin_rooted((const char *[]){ "--robots-as", "/robots", NULL }),
			 0);
	write_text("root/robots", "User-agent: *\nDisallow: /books/\n");
	write_site_list("$/redirect-to?url=/books/1\n$/books/1\n$/page/1\n");
	for (size_t i = 0; i < COUNT(concurrencies); i++) {
		assert_code(
			RUN("list", "--fresh", "--delay", "0", "--concurrency", concurrencies[i]),
			0);
		assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"
					" ORDER BY 1"),
				    "done|ok|1\nskipped|robots|2");
	}
}

static void why_tells_of_both(void **state)
{
	char old[200];
	struct program *run;

	(void)state;
	snprintf(old, sizeof(old), "%s", url(TARGET "&status=301"));
	write_text("list", "%s\n%s\n", old, url("/page/1"));
	assert_code(crawl("1"), 0);
	run = RUN("why", old);
	assert_says(run->out, "moved");
	assert_says(run->out, url("/page/1"));
	run = RUN("why", url("/page/1"));
	assert_says(run->out, old);
}

/* ---- later passes ---- */

static void what_moved_for_good_is_not_asked_for_again_while_its_target_is_well(void **state)
{
	(void)state;
	write_text("list", "%s\n%s\n%s\n", url(TARGET "&status=308"), url(TARGET "&status=302"),
		   url("/page/1"));
	for (int pass = 1; pass <= 3; pass++) {
		assert_code(RUN("list", QUICK, HEADS, "--concurrency", "1"), 0);
		assert_string_equal(ask("SELECT outcome, status FROM pages ORDER BY url"),
				    "ok|200\nmoved|302\nmoved|308");
		assert_int_equal(times(TARGET "&status=308"), 1);
		assert_int_equal(times(TARGET "&status=302"), pass);
		assert_int_equal(times("/page/1"), pass);
		assert_string_equal(ask("SELECT count(*) FROM heads"), "1");
	}
}

static void what_moved_to_a_page_that_failed_is_asked_for_again(void **state)
{
	(void)state;
	write_text("list", "%s\n%s\n", url("/redirect-to?url=/a.html&status=301"), url("/a.html"));
	write_text("root/a.html", "<h1>a</h1>");
	assert_code(RUN("list", QUICK, HEADS, "--concurrency", "1"), 0);
	unlink(in_folder("root/a.html"));
	assert_code(RUN("list", QUICK, HEADS, "--concurrency", "1"), 1);
	assert_int_equal(times("/redirect-to?url=/a.html&status=301"), 1);
	assert_code(RUN("list", QUICK, HEADS, "--concurrency", "1"), 1);
	assert_int_equal(times("/redirect-to?url=/a.html&status=301"), 2);
}

/* Rows that it had while nobody asked for its target are that one's now. */
static void what_was_followed_and_has_moved_has_no_rows_any_more(void **state)
{
	(void)state;
	write_text("list", "%s\n", url(TARGET "&status=301"));
	assert_code(RUN("list", QUICK, HEADS), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	assert_string_equal(ask("SELECT count(*) FROM heads"), "1");
	write_text("list", "%s\n%s\n", url(TARGET "&status=301"), url("/page/1"));
	assert_code(RUN("list", "--update", QUICK, HEADS), 0);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY 1"), "moved\nok");
	assert_string_equal(ask("SELECT page_url FROM heads"), url("/page/1"));
}

/* A killed run goes on as if nothing had happened: also a ring is found in two parts. */
static void a_ring_is_found_by_the_run_that_goes_on(void **state)
{
	(void)state;
	write_list("list", "/redirect-ring/3/%d", 0, 3);
	RUN("list", QUICK, HEADS, "--concurrency", "1", "--max-pages", "2");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE state = 'pending'"), "1");
	assert_code(RUN("list", QUICK, HEADS, "--concurrency", "1"), 1);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "redirect_loop|3");
}

/* The target is as deep as who leads there: its links are followed as far as theirs. */
static void a_page_is_no_deeper_than_who_moved_to_it(void **state)
{
	(void)state;
	write_text("config.yaml", "follow:\n  - {link: 'html$', depth: 1}\n");
	write_text("root/s.html", "<a href=/p.html>");
	write_text("root/p.html", "<a href=/x.html>");
	write_text("root/x.html", "the end");
	write_text("root/o.html.redirect", "302 /p.html");
	write_site_list("$/s.html\n$/o.html\n");
	assert_code(RUN("list", "-c", "config.yaml", QUICK, "--concurrency", "1"), 0);
	assert_string_equal(ask("SELECT group_concat(substr(url, -6, 1) || outcome, ' ') FROM"
				" (SELECT * FROM pages ORDER BY url)"),
			    "omoved pok sok xok");
}

/* ---- what changes between two passes ---- */

/* "a=": a page of its own; "a>b": it redirects to b; "a~b": for good; "a!": it is gone. */
static void set_up(const char *pages)
{
	for (; *pages; pages += pages[1] == '=' || pages[1] == '!' ? 3 : 4) {
		char file[40], redirect[60];

		snprintf(file, sizeof(file), "root/%c.html", *pages);
		snprintf(redirect, sizeof(redirect), "%s.redirect", file);
		unlink(in_folder(file));
		unlink(in_folder(redirect));
		if (pages[1] == '=')
			write_text(file, "<h1>%c</h1>", *pages);
		else if (pages[1] != '!')
			write_text(redirect, "%d /%c.html", pages[1] == '~' ? 301 : 302, pages[2]);
		if (!pages[2] || (pages[1] != '=' && pages[1] != '!' && !pages[3]))
			return;
	}
}

/* "a=ok b=moved" and the rows, as "A|B". */
static const char *results(void)
{
	return ask("SELECT group_concat(substr(url, -6, 1) || '=' ||"
		   " replace(outcome, 'not_modified', 'ok'), ' ') || ' ' ||"
		   " (SELECT coalesce(group_concat(text, ''), '') FROM (SELECT text FROM heads"
		   " ORDER BY text)) FROM (SELECT * FROM pages ORDER BY url)");
}

/* Passes over a, b and c; each ends as it would if the one before it had not been. */
static void every_pass_ends_as_the_site_is_by_then(void **state)
{
	static const struct {
		const char *what, *passes[3], *results[3];
	} rows[] = {
		{ "turned round",
		  { "a~b b= c=", "b~a a= c=", "a= b~a c=" },
		  { "a=moved b=ok c=ok bc", "a=ok b=moved c=ok ac", "a=ok b=moved c=ok ac" } },
		{ "turned round for a while",
		  { "a~b b= c=", "b>a a= c=", "a= b= c=" },
		  { "a=moved b=ok c=ok bc", "a=ok b=moved c=ok ac", "a=ok b=ok c=ok abc" } },
		{ "two to one that moves to the first",
		  { "a~c b~c c=", "a= b~c c~a", "a= b~c c~a" },
		  { "a=moved b=moved c=ok c", "a=ok b=moved c=moved a",
		    "a=ok b=moved c=moved a" } },
		{ "a ring that comes, and goes",
		  { "a~b b= c=", "a~b b>a c=", "a= b= c=" },
		  { "a=moved b=ok c=ok bc", "a=redirect_loop b=redirect_loop c=ok bc",
		    "a=ok b=ok c=ok abc" } },
		{ "a ring where pages were",
		  { "a= b= c=", "a>b b>c c>a", "a= b= c=" },
		  { "a=ok b=ok c=ok abc", "a=redirect_loop b=redirect_loop c=redirect_loop abc",
		    "a=ok b=ok c=ok abc" } },
		{ "a ring over some that nobody asks for",
		  { "a~x x~y y~b b= c=", "a~x x~y y~b b>a c~b", "a~x x~y y~b b= c=" },
		  { "a=moved b=ok c=ok bc", "a=redirect_loop b=redirect_loop c=redirect_loop bc",
		    "a=moved b=ok c=ok bc" } },
		{ "a page that moved to one that is gone",
		  { "a= b= c=", "a>b b! c=", "a= b! c=" },
		  { "a=ok b=ok c=ok abc", "a=http_error b=http_error c=ok abc",
		    "a=ok b=http_error c=ok abc" } },
		{ "a page that moved",
		  { "a= b= c=", "a>b b= c=", "a= b= c=" },
		  { "a=ok b=ok c=ok abc", "a=moved b=ok c=ok bc", "a=ok b=ok c=ok abc" } },
		{ "a page that moved, by way of another",
		  { "a= b= c=", "a~b b~c c=", "a~b b~c c=" },
		  { "a=ok b=ok c=ok abc", "a=moved b=moved c=ok c", "a=moved b=moved c=ok c" } },
	};

	(void)state;
	write_site_list("$/a.html\n$/b.html\n$/c.html\n");
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		for (size_t pass = 0; pass < 3; pass++) {
			set_up(rows[i / 2].passes[pass]);
			RUN("list", pass == 0 ? "--fresh" : "--update", QUICK, HEADS,
			    "--concurrency", concurrencies[i % 2]);
			if (strcmp(results(), rows[i / 2].results[pass]) != 0)
				fail_msg("%s, pass %zu: %s", rows[i / 2].what, pass + 1, results());
		}
	}
}

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_that_redirect_to_one_page_leave_its_rows_there_once),
		TEST(what_nobody_asks_for_is_followed),
		TEST(a_way_that_comes_back_is_gone_as_far_as_redirects_may),
		TEST(a_way_that_sets_a_cookie_is_gone_to_its_end),
		TEST(what_a_redirect_sets_its_next_hop_sends),
		TEST(urls_that_move_in_a_ring_all_fail),
		TEST(who_moved_ends_as_its_target_does),
		TEST(who_moved_to_what_robots_txt_forbids_is_skipped_as_that_is),
		TEST(why_tells_of_both),
		TEST(what_moved_for_good_is_not_asked_for_again_while_its_target_is_well),
		TEST(what_moved_to_a_page_that_failed_is_asked_for_again),
		TEST(what_was_followed_and_has_moved_has_no_rows_any_more),
		TEST(a_ring_is_found_by_the_run_that_goes_on),
		TEST(a_page_is_no_deeper_than_who_moved_to_it),
		TEST(every_pass_ends_as_the_site_is_by_then),
	};

	return RUN_TESTS(tests);
}
