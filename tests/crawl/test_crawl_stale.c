#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: nothing is thrown away because a site looks different.  Rows that a
 * page does not give any more stay, and are told, as long as the pattern means the same.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "16"

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A shop: its pages, in one of its designs, with so many books each. */
static void write_shop(int pages, int books, const char *design)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (int page = 0; page < pages; page++) {
		char name[64], *text = malloc(200 + (size_t)books * 100), *at = text;

		at += sprintf(at, "<!DOCTYPE html><title>%d, in %s</title>\n", page, design);
		for (int i = 0; i < books; i++)
			at += sprintf(at, "<%s>Book %d of %d</%s> <i>%d</i>\n", design, i, page,
				      design, page * books + i);
		snprintf(name, sizeof(name), "root/p%d.html", page);
		write_bytes(name, text, (size_t)(at - text));
		free(text);
		fprintf(list, "%s/p%d.html\n", site.origin, page);
	}
	fclose(list);
}

#define BOOKS(more)                                        \
	"patterns:\n  - name: books\n    pattern: '<b>(?<" \
	"title>[^<]*)</b> <i>(?<id>[^<]*)'\n" more

static struct program *crawl(const char *config)
{
	write_text("c.yaml", "%s", config);
	return RUN("list", "-c", "c.yaml", QUICK);
}

static void a_site_that_moves_loses_no_rows_and_says_so(void **state)
{
	struct program *run;

	(void)state;
	write_shop(180, 10, "b");
	assert_code(crawl(BOOKS("")), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM books"), 1800);
	write_shop(180, 10, "strong");
	for (int pass = 0; pass < 2; pass++) {
		run = crawl(BOOKS(""));
		assert_code(run, 0);
		assert_says(run->error, "rows stay that their pages do not give any more");
		assert_says(run->error,
			    pass ? "books of 180 pages" : "books of 180 pages (180 new)");
		assert_int_equal(ask_number("SELECT count(*) FROM books"), 1800);
		assert_string_equal(ask("SELECT pattern, since_run, count(*), count(DISTINCT "
					"page_url) FROM crawl_stale GROUP BY 1, 2"),
				    "books|2|180|180");
		assert_string_equal(ask("SELECT pages_wanted, pages_unchanged, pages_matched, rows"
					" FROM pattern_stats ORDER BY run DESC LIMIT 1"),
				    pass ? "180|180|0|0" : "180|0|0|0");
	}
	run = RUN("why", url("/p0.html"));
	assert_says(run->out, "stale           books\n");
	write_shop(180, 3, "b"); /* it is back, with less */
	run = crawl(BOOKS(""));
	assert_code(run, 0);
	assert_silent_on(run->error, "rows stay");
	assert_int_equal(ask_number("SELECT count(*) FROM books"), 540);
	assert_int_equal(ask_number("SELECT count(*) FROM crawl_stale"), 0);
}

/* What becomes of rows of a page that was "<b>" and is "<strong>". */
static void rows_stay_only_of_the_same_pattern(void **state)
{
	static const struct {
		const char *name, *before, *after;
		long rows, stale;
	} cases[] = {
		{ "the same", BOOKS(""), BOOKS(""), 10, 5 },
		{ "a comment", BOOKS(""), BOOKS("# more\n"), 10, 5 },
		{ "an empty page is the truth", BOOKS(""), BOOKS("    empty: drop\n"), 0, 0 },
		{ "as by default", BOOKS("    empty: keep\n"), BOOKS(""), 10, 5 },
		{ "another meaning", BOOKS(""), BOOKS("    flags: i\n"), 0, 0 },
		{ "a key", BOOKS("    key: [id]\n"), BOOKS("    key: [id]\n"), 10, 5 },
		{ "another pattern besides", BOOKS(""),
		  BOOKS("  - name: titles\n    pattern: '<title>(?<t>.*?)<'\n"), 10, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_shop(5, 2, "b");
		write_text("c.yaml", "%s", cases[i].before);
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK), 0);
		write_shop(5, 2, "strong");
		assert_code(crawl(cases[i].after), 0);
		if (ask_number("SELECT count(*) FROM books") != cases[i].rows ||
		    ask_number("SELECT count(*) FROM crawl_stale") != cases[i].stale)
			fail_msg("%s: %s rows", cases[i].name, ask("SELECT count(*) FROM books"));
	}
}

/* A limit is no word of the page's: what it gave before is worth more than a part of it. */
static void a_page_over_a_limit_keeps_its_rows(void **state)
{
	static const char slow[] = "patterns:\n  - name: books\n    pattern: '<b>(?<title>[^<]*)</"
				   "b>|x(\\w+\\s*)+\\d{30}'\n";
	/* Some are gathered when the limit is reached, many are written and undone. */
	static const int news[] = { 0, 1, 100 };

	(void)state;
	write_text("c.yaml", "%s", slow);
	for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
		char page[4000] = "";

		write_shop(1, 50, "b");
		assert_code(RUN("list", "-c", "c.yaml", "--fresh", QUICK), 0);
		for (int more = 0; more < news[i]; more++)
			strcat(page, "<b>new</b>");
		write_text("root/p0.html", "%s x%0300d aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
			   page, 2);
		assert_code(RUN("list", "-c", "c.yaml", QUICK, "--set", "match_limit=10000"), 1);
		assert_string_equal(ask("SELECT outcome FROM pages"), "pattern_limit");
		assert_int_equal(ask_number("SELECT count(*) FROM books"), 50);
		assert_int_equal(ask_number("SELECT count(*) FROM books WHERE title = 'new'"), 0);
		assert_int_equal(ask_number("SELECT count(*) FROM crawl_stale"), 1);
	}
}

/* As a crawl does; and of what it takes away no mark is left. */
static void reparse_keeps_what_the_same_pattern_gave(void **state)
{
	(void)state;
	write_shop(5, 2, "b");
	assert_code(crawl(BOOKS("")), 0);
	write_shop(5, 2, "strong");
	assert_code(crawl(BOOKS("")), 0);
	assert_code(RUN("reparse", "books", "-c", "c.yaml"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM books"), 10);
	assert_string_equal(ask("SELECT DISTINCT since_run FROM crawl_stale"), "2");
	write_text("c.yaml", "%s", BOOKS("    flags: i\n"));
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM books"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM crawl_stale"), 0);
}

/* Rows of children stay with their parents', or go with them. */
static void children_stay_or_go_with_their_parents(void **state)
{
	static const struct {
		const char *name, *page;
		const char *dishes, *steps, *stale;
	} cases[] = {
		{ "all is gone", "<p>redesigned", "1|Soup", "1|1|boil\n1|2|eat", "2" },
		{ "another dish without steps", "<dish>Cake</dish>", "1|Cake", "", "0" },
		{ "another dish and other steps", "<dish>Cake<li>bake</dish>", "1|Cake", "1|1|bake",
		  "0" },
	};

	(void)state;
	write_text("c.yaml", "patterns:\n  - name: dish\n    each: <dish>(.*?)</dish>\n"
			     "    fields: {name: {pattern: '<dish>(\\w+)'}}\n    children:\n"
			     "      - {name: step, pattern: '<li>(?<what>\\w+)'}\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_text("root/a.html", "<dish>Soup<li>boil<li>eat</dish>");
		assert_code(RUN(url("/a.html"), "-c", "c.yaml", "--fresh", QUICK), 0);
		write_text("root/a.html", "%s", cases[i].page);
		assert_code(RUN(url("/a.html"), "-c", "c.yaml", QUICK), 0);
		assert_string_equal(ask("SELECT n, name FROM dish"), cases[i].dishes);
		assert_string_equal(ask("SELECT count(*) FROM crawl_stale"), cases[i].stale);
		if (strcmp(ask("SELECT parent, n, what FROM dish_step"), cases[i].steps) != 0)
			fail_msg("%s: %s", cases[i].name,
				 ask("SELECT parent, n, what FROM dish_step"));
	}
}

/* It is none of the pattern's any more, or no text: the pattern is not even tried. */
static void a_page_that_leads_elsewhere_keeps_its_rows(void **state)
{
	static const char config[] = BOOKS("    url: '/p\\d+\\.html'\n");

	(void)state;
	write_shop(1, 2, "b");
	assert_code(crawl(config), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM books"), 2);
	write_bytes("root/p0.html", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0", 24);
	assert_code(crawl(config), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM books"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_site_that_moves_loses_no_rows_and_says_so),
		T(rows_stay_only_of_the_same_pattern),
		T(a_page_over_a_limit_keeps_its_rows),
		T(reparse_keeps_what_the_same_pattern_gave),
		T(children_stay_or_go_with_their_parents),
		T(a_page_that_leads_elsewhere_keeps_its_rows),
	};

	return RUN_TESTS(tests);
}
