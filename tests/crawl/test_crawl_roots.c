#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: the list is the list.  A run asks for the URLs that its lists name,
 * and for what was reached from them; all else that the database knows is left alone.
 */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/*
 * Lists a, b, ...: of one URL each, but "ab", of two.  Pages, and what they link:
 *
 *	a -> a1, s;  a1 -> a2      b -> b1, s      c, with a redirect to a1      s -> s1
 */
static const struct {
	const char *name, *links;
} pages[] = {
	{ "a", "a1 s" }, { "a1", "a2" }, { "a2", "" }, { "b", "b1 s" }, { "b1", "" },
	{ "s", "s1" },   { "s1", "" },   { "d", "" },  { "e", "" },
};

static void write_page(const char *name, const char *links)
{
	char path[64], text[512], *at = text;

	at += sprintf(at, "<!DOCTYPE html><title>%s</title><h1>%s</h1>", name, name);
	for (; *links; links += strcspn(links, " "), links += strspn(links, " "))
		at += sprintf(at, "<a href='/%.*s.html'>x</a>", (int)strcspn(links, " "), links);
	snprintf(path, sizeof(path), "root/%s.html", name);
	write_text(path, "%s", text);
}

static int begin(void **state)
{
	(void)state;
	if (scenario_begin_rooted(
		    (const char *[]){ "--robots-as", "/robots", "--workers", "2", NULL }))
		return -1;
	for (size_t i = 0; i < COUNT(pages); i++)
		write_page(pages[i].name, pages[i].links);
	write_text("a", "%s\n", url("/a.html"));
	write_text("b", "%s\n", url("/b.html"));
	write_text("ab", "%s\n%s\n", url("/a.html"), url("/b.html"));
	write_text("as", "%s\n%s\n", url("/a.html"), url("/s.html"));
	write_text("d", "%s\n", url("/d.html"));
	write_text("ad", "%s\n%s\n", url("/a.html"), url("/d.html"));
	write_text("s", "%s\n", url("/s.html"));
	write_text("de", "%s\n%s\n", url("/d.html"), url("/e.html"));
	write_text("c", "%s\n", url("/redirect-to?url=/a1.html"));
	write_text("empty", "# none\n");
	write_text("gone", "%s\n%s\n", url("/d.html"), url("/missing.html"));
	write_text("lost", "%s\n", url("/lost.html"));
	write_text("none", "# nothing yet\n");
	write_text("bad", "%s\nb.html\n", url("/d.html"));
	write_text("crawl.yaml", "patterns: [{name: heads, pattern: '<h1>(?<text>.*?)</h1>'}]\n"
				 "follow: [{link: '.*'}]\n"
				 "crawl: {delay: 0, retries: 0, workers: 1, concurrency: 1}\n");
	return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A command line of words. */
static struct program *run_words(const char *words)
{
	const char *arguments[16] = { NULL };
	struct program_setup setup = { 0 };
	static char copy[256];
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		arguments[count++] = word;
	return program_run(&setup, arguments);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* What was asked for since so many requests: "a a1 s", in the order of letters. */
static const char *asked_since(size_t before)
{
	struct requests requests = site_requests();
	const char *names[64];
	static char all[1024];
	size_t count = 0, size = 0;

	for (size_t i = before; i < requests.count && count < 64; i++)
		names[count++] = requests.list[i].target + 1;
	qsort(names, count, sizeof(*names), by_text);
	all[0] = '\0';
	for (size_t i = 0; i < count; i++)
		size += (size_t)snprintf(all + size, sizeof(all) - size, "%s%.*s", i ? " " : "",
					 (int)strcspn(names[i], ".?"), names[i]);
	return all;
}

#define STEPS_MAX 6

static void a_run_asks_for_its_lists_and_what_was_reached_from_them(void **state)
{
	static const struct {
		const char *what;
		struct {
			const char *words, *asked;
			const char *said; /* by the run, too; or NULL */
		} steps[STEPS_MAX];
	} rows[] = {
		{ "another list leaves the first alone",
		  { { "de", "d e", "new crawl" },
		    { "b", "b b1 s s1", "2 URLs of other lists are left alone; --all asks" },
		    { "de", "d e", "4 URLs of other lists are left alone; --all asks" },
		    { "b", "b b1 s s1", "new pass over crawl.db: 4 URLs are asked again" } } },
		{ "one of them is one",
		  { { "lost", "lost", NULL },
		    { "de", "d e",
		      "1 URL of other lists is left alone; --all asks for it too" } } },
		{ "what a page links is taken in, whoever found it first",
		  { { "a", "a a1 a2 s s1", NULL },
		    { "b", "b b1 s s1", "5 URLs of other lists are left alone" },
		    { "a", "a a1 a2 s s1", "4 URLs of other lists are left alone" } } },
		{ "a list that names a URL makes it a root",
		  { { "a", "a a1 a2 s s1", NULL },
		    { "s", "s s1", "1 URL is asked again" },
		    { "s", "s s1", "2 URLs are asked again" } } },
		{ "all of all",
		  { { "de", "d e", NULL },
		    { "b", "b b1 s s1", NULL },
		    { "--all", "b b1 d e s s1", "new pass over crawl.db: 6 URLs" },
		    { "de --all", "b b1 d e s s1", "new pass over crawl.db: 6 URLs" } } },
		{ "update of a list, and of all",
		  { { "de", "d e", NULL },
		    { "b", "b b1 s s1", NULL },
		    { "de --update", "d e", "2 URLs are asked again" },
		    { "--update", "b b1 d e s s1", "6 URLs are asked again" } } },
		{ "what failed of a list, and of all",
		  { { "gone", "d missing", NULL },
		    { "lost", "lost", NULL },
		    { "de --retry-failed", "e", "1 done, 0 failed" },
		    { "gone --retry-failed", "missing", "1 done, 1 failed" },
		    { "--retry-failed", "lost missing", "2 done, 2 failed" } } },
		{ "what is pending of a list comes first, whatever was done meanwhile",
		  { { "de --max-pages 1", "d", NULL },
		    { "b", "b b1 s s1", "2 URLs of other lists are left alone, 1 of them pending" },
		    { "de", "e", "resuming crawl.db: 1 done, 0 failed, 1 pending" },
		    { "de", "d e", "new pass over crawl.db: 2 URLs" } } },
		{ "a line more is a new pass, with it",
		  { { "a", "a a1 a2 s s1", NULL },
		    { "ad", "a a1 a2 d s s1", "5 URLs are asked again" },
		    { "a", "a a1 a2 s s1", "1 URL of other lists is left alone" } } },
		{ "of a pass that was stopped, too",
		  { { "ab", "a a1 a2 b b1 s s1", NULL },
		    { "a", "a a1 a2 s s1", "2 URLs of other lists" },
		    { "a --max-pages 2", "a a1", NULL },
		    /* It is unchanged: what it links is not seen, and s was reached from a. */
		    { "b", "b b1", "5 URLs of other lists are left alone, 3 of them pending" },
		    { "a", "a2 s s1", "2 done, 0 failed, 3 pending" } } },
		{ "what was taken in is asked for, though the run was stopped before",
		  { { "a", "a a1 a2 s s1", NULL },
		    { "b --max-pages 1", "b", NULL },
		    { "b", "b1 s s1", "1 done, 0 failed, 2 pending" },
		    { "b", "b b1 s s1", "new pass" } } },
		{ "what is pending stays so when another list names it",
		  { { "de", "d e", NULL },
		    { "a", "a a1 a2 s s1", NULL },
		    { "a --max-pages 1", "a", NULL },
		    { "s --max-pages 1", "s", "0 done, 0 failed, 1 pending" },
		    { "as", "a1 a2 s1", "2 done, 0 failed, 3 pending" } } },
		{ "a redirect takes in what it leads to",
		  { { "a", "a a1 a2 s s1", NULL },
		    { "c", "a1 a2 redirect-to", "5 URLs of other lists" },
		    { "c", "a1 a2 redirect-to", "3 URLs of other lists" } } },
		{ "a list without a URL",
		  { { "b", "b b1 s s1", NULL },
		    { "empty", "", "nothing to ask for in crawl.db" } } },
		{ "nothing of all", { { "--all", "", "new crawl" }, { "de", "d e", NULL } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unlink(in_folder("crawl.db"));
		for (size_t j = 0; j < STEPS_MAX && rows[i].steps[j].words; j++) {
			size_t before = site_requests().count;
			struct program *run = run_words(rows[i].steps[j].words);

			if (strcmp(asked_since(before), rows[i].steps[j].asked) != 0)
				print_error("%s: %s\n%s", rows[i].what, rows[i].steps[j].words,
					    run->error);
			assert_string_equal(asked_since(before), rows[i].steps[j].asked);
			if (rows[i].steps[j].said)
				assert_says(run->error, rows[i].steps[j].said);
		}
	}
}

/* A URL that is added while it runs is a root, which no list has named. */
static void what_is_added_to_a_run_is_of_no_list(void **state)
{
	struct program *run;
	size_t before;

	(void)state;
	assert_code(RUN("b"), 0);
	/* Long ago: a host is asked no sooner than its delay after the last run. */
	ask("UPDATE runs SET ended_at = '2026-01-01T00:00:00.000Z'");
	run = START("de", "--delay", "30s");
	assert_true(WAIT_UNTIL(access(in_folder("crawl.db-ctl"), F_OK) == 0));
	assert_code(RUN("ctl", "add", url("/a.html")), 0);
	assert_code(RUN("ctl", "add", url("/s.html")), 0); /* left alone until now */
	assert_says(RUN("ctl", "add", url("/d.html"))->error, "known already");
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(asked_since(4), "a a1 a2 d e s s1");
	before = site_requests().count;
	assert_says(RUN("de")->error, "7 URLs of other lists are left alone");
	assert_string_equal(asked_since(before), "d e");
}

/* It is asked for anyway: it stays of the list that led to it. */
static void what_is_added_and_known_stays_of_its_list(void **state)
{
	struct program *run;

	(void)state;
	assert_code(RUN("a"), 0);
	/* Long ago: a host is asked no sooner than its delay after the last run. */
	ask("UPDATE runs SET ended_at = '2026-01-01T00:00:00.000Z'");
	run = START("a", "--delay", "30s");
	assert_true(WAIT_UNTIL(access(in_folder("crawl.db-ctl"), F_OK) == 0));
	assert_says(RUN("ctl", "add", url("/a1.html"))->error, "known already");
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_string_equal(asked_since(5), "a a1 a2 s s1");
	assert_string_equal(ask("SELECT count(DISTINCT root) FROM urls"), "1");
}

/* A sitemap that robots.txt names was reached from the URL for which that was asked. */
static void the_sitemaps_of_a_host_are_of_the_list_that_asked_for_it(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: /named.xml\n");
	write_text("root/named.xml",
		   "<urlset><url><loc>%s</loc></url><url><loc>%s</loc></url></urlset>",
		   url("/d.html"), url("/e.html"));
	assert_code(RUN("s", "--sitemaps"), 0);
	assert_string_equal(asked_since(0), "d e named s s1");
	assert_string_equal(ask("SELECT count(*) FROM urls u JOIN urls r ON r.id = u.root"
				" WHERE r.url LIKE '%/s.html'"),
			    "5");
	assert_says(RUN("b", "--sitemaps")->error, "5 URLs of other lists are left alone");
	assert_string_equal(asked_since(5), "b b1 d e named s s1");
}

static void a_run_all_of_whose_urls_are_forbidden_ends_with_1_whatever_else_is_there(void **state)
{
	(void)state;
	assert_code(RUN("b"), 0);
	write_text("root/robots", "User-agent: *\nDisallow: /d\nDisallow: /e\n");
	ask("UPDATE hosts SET robots_at = 0");
	assert_code(RUN("de"), 1);
	assert_says(RUN("de")->error, "exit 1: every URL is forbidden by robots.txt");
	assert_code(RUN("ad"), 0);
}

/* Whenever it is killed, the same command goes on, and others' URLs stay as they are. */
static void a_run_that_is_killed_goes_on_with_its_own(void **state)
{
	char *expected;

	(void)state;
	assert_code(RUN("b"), 0);
	assert_code(RUN("a", "--max-pages", "1"), 0);
	assert_code(RUN("de"), 0);
	expected = strdup(ask("SELECT url, state FROM pages ORDER BY url"));
	for (int i = 0; i < 12; i++) {
		struct program *run = START("de", "--delay", "20ms");

		usleep((useconds_t)i * 10000);
		kill(run->pid, SIGKILL);
		program_wait(run);
		assert_code(RUN("de"), 0);
		assert_string_equal(ask("SELECT url, state FROM pages ORDER BY url"), expected);
	}
	free(expected);
}

/* ---- forgetting ---- */

static const char *known(void)
{
	return ask("SELECT coalesce(group_concat(name, ' '), '') FROM (SELECT substr(url, instr("
		   "substr(url, 9), '/') + 9) AS name FROM pages ORDER BY url)");
}

static void what_is_forgotten_is_gone_with_all_reached_from_it(void **state)
{
	static const struct {
		const char *lists, *words; /* that were crawled before; of crawl forget */
		int code;
		const char *said, *left;
		long rows, bodies;
	} rows[] = {
		{ "de b", "b", 0, "forgetting 4 URLs, 4 rows and 4 kept pages from crawl.db",
		  "d.html e.html", 2, 2 },
		{ "de b", "--other-lists b", 0, "forgetting 2 URLs, 2 rows and 2 kept pages",
		  "b.html b1.html s.html s1.html", 4, 4 },
		{ "de b", "--other-lists b --dry-run", 0, "would forget 2 URLs, 2 rows and 2",
		  "b.html b1.html d.html e.html s.html s1.html", 6, 6 },
		/* It is no root: nothing goes with it. */
		{ "b", "s", 0, "forgetting 1 URL, 1 row and 1 kept page from crawl.db",
		  "b.html b1.html s1.html", 3, 3 },
		/* b has taken it in. */
		{ "s b", "s", 0, "forgetting 1 URL", "b.html b1.html s1.html", 3, 3 },
		{ "s", "s", 0, "forgetting 2 URLs, 2 rows", "", 0, 0 },
		{ "gone", "gone", 0, "forgetting 2 URLs, 1 row and 1 kept page", "", 0, 0 },
		{ "de", "b", 1, "1 URL not known to crawl.db", "d.html e.html", 2, 2 },
		{ "de", "de b", 1, "forgetting 2 URLs", "", 0, 0 },
		{ "de", "nowhere", 2, "nowhere: No such file", "d.html e.html", 2, 2 },
		{ "de", "-o none.db de", 2, "there is no none.db", "d.html e.html", 2, 2 },
		/* A mistake in what is to stay takes nothing. */
		{ "de", "--other-lists b", 2, "none of these URLs is known", "d.html e.html", 2,
		  2 },
		{ "de", "--other-lists none", 2, "none holds no URL", "d.html e.html", 2, 2 },
		{ "de", "--other-lists de none", 2, "none holds no URL", "d.html e.html", 2, 2 },
		{ "de", "--other-lists bad", 2, "1 line is no URL", "d.html e.html", 2, 2 },
		{ "de", "none", 1, "exit 1: none holds no URL", "d.html e.html", 2, 2 },
		{ "de b", "b --other-lists de", 0, "forgetting 0 URLs",
		  "b.html b1.html d.html "
		  "e.html s.html s1.html",
		  6, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char words[128], lists[32];
		struct program *run;

		unlink(in_folder("crawl.db"));
		snprintf(lists, sizeof(lists), "%s", rows[i].lists);
		for (char *list = strtok(lists, " "); list; list = strtok(NULL, " ")) {
			program_run(&(struct program_setup){ 0 }, (const char *[]){ list, NULL });
		}
		snprintf(words, sizeof(words), "forget %s", rows[i].words);
		run = run_words(words);
		assert_code(run, rows[i].code);
		assert_says(run->error, rows[i].said);
		assert_string_equal(known(), rows[i].left);
		assert_int_equal(ask_number("SELECT count(*) FROM heads"), rows[i].rows);
		assert_int_equal(ask_number("SELECT count(*) FROM bodies"), rows[i].bodies);
		assert_int_equal(ask_number("SELECT count(*) FROM results"),
				 ask_number("SELECT count(*) FROM urls"));
		assert_int_equal(ask_number("SELECT count(*) FROM urls WHERE from_id NOT IN"
					    " (SELECT id FROM urls)"),
				 0);
	}
}

/* b links s, which is of a: what is left leads there again, also if it is unchanged. */
static void what_is_left_finds_again_what_it_links(void **state)
{
	(void)state;
	assert_code(RUN("ab"), 0);
	assert_code(RUN("forget", "--other-lists", "b"), 0);
	assert_string_equal(known(), "b.html b1.html");
	assert_code(RUN("b"), 0);
	assert_string_equal(known(), "b.html b1.html s.html s1.html");
	assert_code(RUN("forget", url("/s.html"), url("/b1.html")), 0);
	assert_code(RUN("de"), 0); /* numbers are given again */
	assert_string_equal(ask("SELECT url LIKE '%/d.html', from_url FROM pages WHERE url LIKE"
				" '%/d.html'"),
			    "1|-");
	assert_string_equal(ask("SELECT text FROM heads WHERE page_url LIKE '%/d.html'"), "d");
}

/* s was a root, then a's; what stays of it has none that could get the number of another page. */
static void what_is_left_of_another_root_is_of_no_list_to_come(void **state)
{
	size_t before;

	(void)state;
	assert_code(RUN("s"), 0);
	assert_code(RUN("a"), 0);
	assert_code(RUN("forget", "--other-lists", "s"), 0);
	assert_string_equal(known(), "s.html");
	assert_code(RUN("de"), 0); /* numbers are given again */
	before = site_requests().count;
	assert_says(RUN("de")->error, "1 URL of other lists is left alone");
	assert_string_equal(asked_since(before), "d e");
}

/* It stands there as it was spelt then, and a rule of today makes another of it. */
static void what_was_asked_for_before_a_rule_of_canonical_is_forgotten_by_its_line(void **state)
{
	(void)state;
	write_text("old", "%s\n", url("/d.html?utm=1"));
	assert_code(RUN("old"), 0);
	write_text("crawl.yaml", "canonical: {drop_query: [utm]}\ncrawl: {delay: 0}\n");
	assert_code(RUN("old"), 0);
	assert_string_equal(known(), "d.html d.html?utm=1");
	assert_code(RUN("forget", "old"), 0);
	assert_string_equal(known(), "");
}

/* A row with a key stood on the page that showed it last: unchanged, the other shows it still. */
static void a_row_that_is_shown_by_what_is_left_comes_back(void **state)
{
	(void)state;
	write_text("crawl.yaml",
		   "patterns: [{name: sizes, key: [length], pattern: '(?<length><h1>)'}]\n"
		   "crawl: {delay: 0, workers: 1, concurrency: 1}\n");
	assert_code(RUN("d"), 0);
	assert_code(RUN("de"), 0);
	assert_string_equal(ask("SELECT page_url LIKE '%/e.html' FROM sizes"), "1");
	assert_code(RUN("forget", url("/e.html")), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM sizes"), 0);
	assert_code(RUN("d"), 0);
	assert_string_equal(ask("SELECT page_url LIKE '%/d.html' FROM sizes"), "1");
}

/* As a nightly job has it: what nobody missed is not read in full for it. */
static void where_nothing_is_forgotten_nothing_is_read_again_for_it(void **state)
{
	(void)state;
	assert_code(RUN("de"), 0);
	assert_says(RUN("forget", "--other-lists", "de")->error, "forgetting 0 URLs");
	assert_says(RUN("de")->error, "2 unchanged: their rows stay");
}

static void nothing_is_forgotten_while_a_crawl_runs(void **state)
{
	struct program *run, *forget;

	(void)state;
	run = START("de", "--delay", "30s");
	assert_true(WAIT_UNTIL(access(in_folder("crawl.db-ctl"), F_OK) == 0));
	forget = RUN("forget", "de");
	assert_code(forget, 3);
	assert_says(forget->error, "crawl.db is in use by another crawl");
	assert_says(RUN("forget", "--dry-run", "de")->error, "would forget 2 URLs");
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	assert_int_equal(program_wait(run), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_run_asks_for_its_lists_and_what_was_reached_from_them),
		T(what_is_added_to_a_run_is_of_no_list),
		T(what_is_added_and_known_stays_of_its_list),
		T(the_sitemaps_of_a_host_are_of_the_list_that_asked_for_it),
		T(a_run_all_of_whose_urls_are_forbidden_ends_with_1_whatever_else_is_there),
		T(a_run_that_is_killed_goes_on_with_its_own),
		T(what_is_forgotten_is_gone_with_all_reached_from_it),
		T(what_is_left_finds_again_what_it_links),
		T(what_is_left_of_another_root_is_of_no_list_to_come),
		T(what_was_asked_for_before_a_rule_of_canonical_is_forgotten_by_its_line),
		T(a_row_that_is_shown_by_what_is_left_comes_back),
		T(where_nothing_is_forgotten_nothing_is_read_again_for_it),
		T(nothing_is_forgotten_while_a_crawl_runs),
	};

	return RUN_TESTS(tests);
}
