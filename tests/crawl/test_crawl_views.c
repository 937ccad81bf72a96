#include "tests/support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scenario.h"
#include "tests/support/served.h"

/*
 * Lists of URLs and rows, and the story of one URL, as a browser gets them: a real server on the
 * database of a real crawl of 1,000 pages, some of whose texts were then made hostile.
 */
#define QUICK \
	"--delay", "0", "--set", "sitemaps=false", "--set", "robots=false", "--set", "retries=0"
#define ITEMS           "items=<li><a href=\"(?<link>[^\"]*)\">(?<item>[^<]*)"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void change(const char *sql)
{
	sqlite3 *db = NULL;
	char *error = NULL;

	assert_int_equal(sqlite3_open(in_folder("crawl.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

/* 1,000 pages of 20 rows each are too slow to make for every test: one crawl, and all that is asked
 * of it. */
static void make_crawl(void)
{
	FILE *list;

	write_list("list", "/page/%d", 1, 1000);
	list = fopen(in_folder("list"), "a");
	for (int i = 0; i < 60; i++)
		fprintf(list, "%s/status/404?%d\n", site.origin, i);
	fprintf(list, "%s/status/500\n%s/status/403\n%s/redirect/2?to=/page/1\n", site.origin,
		site.origin, site.origin);
	fclose(list);
	assert_code(RUN("list", QUICK, "--keep", "-e", ITEMS, "-e", "none=<nothing>"), 1);
}

/* On a busy machine the time for a look may be over before it has all: then it says so. */
static const char *get_whole(const char *path)
{
	const char *reply;

	(void)WAIT_UNTIL(status_of(reply = get(path)) != 503 && !strstr(reply, "Go on looking") &&
			 !strstr(reply, "Too many to sort"));
	return reply;
}

/* How often it has the text. */
static size_t count_of(const char *reply, const char *text)
{
	size_t count = 0;

	for (const char *at = reply; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

/* ---- what is asked for comes ---- */

static const struct {
	const char *path;
	int status;
	const char *says[3], *silent;
	size_t links; /* to stories; 0: not counted */
} asked[] = {
	{ "/urls", 200, { "<caption", "scope=\"col\"", "Next 50</a>" }, NULL, 50 },
	{ "/urls?state=failed", 200, { "/status/403", "http_error", "Next 50" }, "/page/1<", 50 },
	{ "/urls?outcome=http_error&status=500",
	  200,
	  { "/status/500", "there are no more" },
	  "/status/404",
	  1 },
	{ "/urls?status=404&order=oldest",
	  200,
	  { "?status=404&amp;order=oldest&amp;after=" },
	  "/status/500",
	  50 },
	{ "/urls?state=pending", 200, { "0 of them shown", "there are no more" }, "Next 50", 0 },
	{ "/urls?pattern=none", 200, { "?pattern=none&amp;after=" }, "/status/", 50 },
	{ "/urls?pattern=items", 200, { "there are no more" }, NULL, 0 },
	{ "/urls?q=page/99", 200, { "there are no more" }, NULL, 11 },
	{ "/urls?host=nobody.example", 200, { "there are no more" }, NULL, 0 },
	{ "/urls?utm_source=x", 200, { "Next 50" }, "utm_source", 50 },
	{ "/urls?state=broken", 400, { "state=broken: this must be one of" }, "<html", 0 },
	{ "/urls?after=-1", 400, { "after=-1: this must be" }, NULL, 0 },
	{ "/urls/", 404, { "nothing here" }, NULL, 0 },

	{ "/rows/", 200, { "href=\"/rows/items\"" }, "/rows/pages", 0 },
	{ "/rows/items",
	  200,
	  { "<a href=\"/rows/items?order=up%3Aitem\">item</a>", "export items", "Next 50" },
	  NULL,
	  50 },
	{ "/rows/ITEMS", 200, { "Next 50" }, NULL, 50 },
	{ "/rows/itmes", 404, { "Did you mean <a href=\"/rows/items\">" }, NULL, 0 },
	{ "/rows/pages", 404, { "No pattern called pages" }, NULL, 0 },
	{ "/rows/%22%3Cscript%3E", 404, { "&lt;script&gt;" }, "<script>", 0 },
	{ "/rows/items?order=up:item", 200, { "aria-sort=\"ascending\"" }, NULL, 50 },
	{ "/rows/items?order=down:item", 200, { "aria-sort=\"descending\"" }, NULL, 50 },
	{ "/rows/items?order=up:nothing", 400, { "by a field of the rows" }, NULL, 0 },
	{ "/rows/items?f.item=page+999", 200, { "value=\"page 999\"", "no more" }, NULL, 0 },
	{ "/rows/items?q=no+such+text", 200, { "0 of them shown", "no more" }, NULL, 0 },
	{ "/rows/items?empty=item", 200, { "no more" }, NULL, 0 },
	{ "/rows/items?page=1", 200, { "20 rows", "no more" }, NULL, 20 },

	{ "/why", 200, { "name=\"url\"" }, NULL, 0 },
	{ "/why?id=1",
	  200,
	  { "&lt;h1&gt;page 1&lt;/h1&gt;", "/rows/items?page=1", "no_match" },
	  "<h1>page 1",
	  0 },
	{ "/why?id=1001", 200, { "http_error", "not kept", "crawl why" }, NULL, 0 },
	{ "/why?id=99999999", 404, { "No URL has this number" }, NULL, 0 },
	{ "/why?id=x", 400, { "id=x: this must be" }, NULL, 0 },
	{ "/why?url=no+url", 400, { "No URL" }, NULL, 0 },
	{ "/why?url=http://127.0.0.1:1/", 404, { "crawl why http://127.0.0.1:1/" }, NULL, 0 },
	{ "/why?url=http://a.example/%27%3B+rm+-rf+%2F%3B+echo+%27", 404, { "&#39;" }, NULL, 0 },
};

static void ask_for_all(void)
{
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		const char *reply = get_whole(asked[i].path);

		if (status_of(reply) != asked[i].status)
			fail_msg("%s: %.300s", asked[i].path, reply);
		for (size_t j = 0; j < COUNT_OF(asked[i].says) && asked[i].says[j]; j++) {
			if (!strstr(reply, asked[i].says[j]))
				fail_msg("%s lacks %s:\n%s", asked[i].path, asked[i].says[j],
					 reply);
		}
		if (asked[i].silent && strstr(reply, asked[i].silent))
			fail_msg("%s has %s", asked[i].path, asked[i].silent);
		if (asked[i].links > 0)
			assert_int_equal(count_of(reply, "href=\"/why?id="), asked[i].links);
	}
}

/* The link that follows a list, as an address; "": there is none. */
static const char *next_of(const char *reply)
{
	static char next[400];
	const char *end = strstr(reply, "\">Next 50</a>"), *at = end;
	size_t size = 0;

	while (at && strncmp(at, "href=\"", 6) != 0)
		at--;
	for (at = at ? at + 6 : NULL; at && at < end; at++) {
		next[size++] = *at;
		if (strncmp(at, "&amp;", 5) == 0)
			at += 4;
	}
	next[size] = '\0';
	return next;
}

/* By their links alone all pages of a list have each of it once, in whatever order. */
static void follow_links(void)
{
	static const struct {
		const char *path, *item;
		size_t count, pages; /* 0: as many rows as SQL counts, which is asked for */
	} lists[] = {
		{ "/urls", "href=\"/why?id=", 1063, 22 },
		{ "/urls?order=oldest", "href=\"/why?id=", 1063, 22 },
		{ "/urls?state=failed", "href=\"/why?id=", 62, 2 },
		{ "/urls?pattern=none&order=oldest", "href=\"/why?id=", 1000, 20 },
		{ "/rows/items?f.item=page+77", "href=\"/why?id=", 0, 1 },
		{ "/rows/items?f.item=page+77&order=down:item", "href=\"/why?id=", 0, 1 },
		{ "/rows/items?f.item=page+77&order=up:link", "href=\"/why?id=", 0, 1 },
	};

	size_t matches =
		(size_t)atol(ask("SELECT count(*) FROM items WHERE item LIKE '%page 77%'"));

	assert_true(matches > 100);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		size_t wanted = lists[i].count ? lists[i].count : matches;
		size_t least = lists[i].count ? lists[i].pages : matches / 50;
		char path[400];
		size_t count = 0, pages = 0;

		snprintf(path, sizeof(path), "%s", lists[i].path);
		for (; path[0] && pages < 100; pages++) {
			const char *reply = get_whole(path);

			assert_int_equal(status_of(reply), 200);
			count += count_of(reply, lists[i].item);
			snprintf(path, sizeof(path), "%s", next_of(reply));
		}
		if (count != wanted || pages < least || pages > least + 1)
			fail_msg("%s: %zu on %zu pages", lists[i].path, count, pages);
	}
}

static void lists_and_stories_are_what_was_asked_for(void **state)
{
	(void)state;
	make_crawl();
	START_PAGE();
	ask_for_all();
	follow_links();
	stop_page();
}

/* ---- CSV ---- */

static const char *body_of(const char *reply)
{
	const char *end = strstr(reply, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static void what_is_saved_is_guarded_and_says_if_it_is_whole(void **state)
{
	const char *reply;

	(void)state;
	write_list("list", "/page/%d", 1, 3);
	assert_code(RUN("list", QUICK, "-e", ITEMS), 0);
	change("UPDATE results SET title = '=cmd|'' /C calc''!A0' WHERE url_id = 1;"
	       "UPDATE results SET title = 'a \"b\", c' WHERE url_id = 2;"
	       "UPDATE crawl_rows_items SET item = '@SUM(1)', link = char(9) || '=1' WHERE item ="
	       " 'page 21'");
	START_PAGE();
	reply = get("/urls?format=csv&order=oldest");
	assert_says(reply, "Content-Type: text/csv");
	assert_says(reply, "Content-Disposition: attachment; filename=\"urls.csv\"");
	assert_says(body_of(reply), "url,state,outcome,status,title,error,at,tries\r\n");
	assert_says(reply, ",'=cmd|' /C calc'!A0,");
	assert_says(reply, "\"a \"\"b\"\", c\"");
	assert_int_equal(count_of(body_of(reply), "\r\n"), 4);
	assert_says(get("/urls?format=csv&after=3"), "filename=\"urls-part.csv\"");
	reply = get("/rows/items?format=csv&f.item=sum");
	assert_says(reply, "filename=\"items.csv\"");
	assert_says(reply, "page_url,n,link,item\r\n");
	assert_says(reply, "'@SUM(1)");
	assert_silent_on(reply, ",@SUM");
	reply = get("/rows/items?format=csv&f.item=no+such"); /* only a header, or nothing */
	assert_int_equal(status_of(reply), 200);
	stop_page();
}

/* ---- texts of others ---- */

#define EVIL "</script></title></style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>]]>"

static void no_text_of_others_is_markup(void **state)
{
	static const char *const paths[] = {
		"/urls",
		"/urls?q=script",
		"/why?id=1",
		"/why?id=2",
		"/why?id=3",
		"/rows/items",
		"/rows/items?page=1",
		"/urls?q=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E",
		"/urls?host=%22%3E%3Cscript%3E",
		"/urls?pattern=%22%3E%3Cscript%3E",
		"/rows/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
		"/why?url=%22%3E%3Cscript%3E",
		"/rows/items?f.item=%22%3E%3Cscript%3E",
		"/",
	};
	/* NUL, what turns the direction, what a terminal obeys, and a byte that is no UTF-8 */
	static const char *const never[] = { "<script>alert", "<img", "\xe2\x80\xae",
					     "\x1b",          "\xff", "</style>" };

	(void)state;
	write_list("list", "/page/%d", 1, 3);
	assert_code(RUN("list", QUICK, "--keep", "-e", ITEMS), 0);
	change("UPDATE results SET title = '"
	       "</script></title></style><script>alert(1)</script>"
	       "\"<img src=x onerror=alert(2)>]]>' WHERE url_id = 1;"
	       "UPDATE results SET title = CAST(x'6100e280ae621b5b33316dff' AS TEXT),"
	       " error = '<script>alert(1)</script>' WHERE url_id = 2;"
	       "UPDATE results SET title = replace(hex(zeroblob(500000)), '0', '<b>') WHERE"
	       " url_id = 3;"
	       "UPDATE urls SET url = url || '?\"<script>alert(1)</script>' || char(8238)"
	       " WHERE id = 3;"
	       "UPDATE crawl_rows_items SET item = '<script>alert(1)</script>' || char(8238),"
	       " link = CAST(x'00ff1b' AS TEXT)");
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const char *reply = get(paths[i]);

		for (size_t j = 0; j < COUNT_OF(never); j++) {
			if (strstr(body_of(reply), never[j]))
				fail_msg("%s has %s", paths[i], never[j]);
		}
		assert_true(strlen(reply) < 300000);
		assert_true(strlen(reply) > 200);
	}
	assert_says(get("/why?id=1"), "&lt;script&gt;alert(1)");
	stop_page();
}

/* ---- a page, and what matches in it ---- */

/* It is there as it is; what matches is asked for by itself. */
static void a_story_has_its_page_and_leads_to_what_matches_in_it(void **state)
{
	const char *reply;

	(void)state;
	write_list("list", "/page/%d", 1, 1);
	assert_code(RUN("list", QUICK, "--keep", "-e", ITEMS), 0);
	START_PAGE();
	reply = get("/why?id=1");
	assert_says(reply, "&lt;h1&gt;page 1&lt;/h1&gt;");
	assert_says(reply, "<div data-matched=\"/matched?id=1\">");
	assert_says(reply, "<script src=\"/matched.js\" defer></script>");
	assert_says(reply, "href=\"/try?id=1\"");
	assert_int_equal(status_of(get("/matched?id=1")), 200);
	assert_int_equal(status_of(get("/try?id=1")), 200);
	stop_page();
}

/* ---- nothing to show, or not now ---- */

static void without_a_database_it_says_so(void **state)
{
	static const char *const paths[] = { "/urls", "/rows/", "/rows/items", "/why?id=1" };

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const char *reply = get(paths[i]);

		assert_int_equal(status_of(reply), 503);
		assert_says(reply, "Nothing to show yet");
	}
	write_list("list", "/page/%d", 1, 3);
	assert_code(RUN("list", QUICK), 0);
	assert_says(get("/urls"), "/page/3");
	assert_says(get("/rows/"), "No pattern has rows yet");
	stop_page();
}

/* 400,000 URLs and rows: whatever is asked ends in time, and says how it goes on. */
static void what_is_too_much_for_a_look_says_how_it_goes_on(void **state)
{
	const char *reply;

	(void)state;
	write_list("list", "/page/%d", 1, 1);
	assert_code(RUN("list", QUICK, "-e", ITEMS), 0);
	change("WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
	       " INSERT INTO urls (id, url, host_id, root, depth, kind, lane)"
	       " SELECT i, 'http://a.example/' || i, 1, i, 0, 0, 0 FROM n;"
	       "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
	       " INSERT INTO crawl_rows_items SELECT i << 24, 'link', hex(randomblob(400)) FROM n");
	START_PAGE();
	reply = get("/urls?q=no+such+text");
	assert_int_equal(status_of(reply), 200);
	assert_says(reply, "looked at");
	assert_true(strstr(reply, "Go on looking") || strstr(reply, "there are no more"));
	reply = get("/rows/items?q=no+such+text");
	assert_int_equal(status_of(reply), 200);
	assert_true(strstr(reply, "Go on looking") || strstr(reply, "there are no more"));
	reply = get("/rows/items?order=up:item");
	assert_int_equal(status_of(reply), 200);
	if (strstr(reply, "Too many to sort"))
		assert_says(reply, "crawl sql &#39;SELECT * FROM &quot;items&quot; ORDER BY "
				   "&quot;item&quot; LIMIT 50&#39;");
	reply = get("/why?url=http://a.example/399999");
	assert_true(status_of(reply) == 200 || status_of(reply) == 503);
	assert_says(reply, "http://a.example/399999");
	assert_says(get("/urls?after=5&order=oldest"), "/1000</a>");
	stop_page();
}

#define T(name) cmocka_unit_test_setup_teardown(name, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lists_and_stories_are_what_was_asked_for),
		T(what_is_saved_is_guarded_and_says_if_it_is_whole),
		T(no_text_of_others_is_markup),
		T(a_story_has_its_page_and_leads_to_what_matches_in_it),
		T(without_a_database_it_says_so),
		T(what_is_too_much_for_a_look_says_how_it_goes_on),
	};

	return RUN_TESTS(tests);
}
