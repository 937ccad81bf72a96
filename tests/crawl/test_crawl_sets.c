#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what a line of a list gives a URL is in its rows, and in those of
 * all that it leads to.
 */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define CONFIG                                                       \
	"patterns:\n"                                                \
	"  - name: heads\n"                                          \
	"    pattern: '<h1>(?<text>.*?)</h1>'\n"                     \
	"    fields: {shop: {value: '{set.shop}', type: integer}}\n" \
	"follow: [{link: '.*'}]\n"                                   \
	"crawl: {delay: 0, retries: 0, workers: 1, concurrency: 1}\n"

/* Pages, each with its name as its heading, and what they link. */
static const struct {
	const char *name, *links;
} pages[] = {
	{ "a", "a1" }, { "a1", "a2" }, { "a2", "" }, { "b", "b1" }, { "b1", "" }, { "c", "" },
	{ "t", "" },   { "m", "m1" },  { "m1", "" }, { "p", "p1" }, { "p1", "" },
};

static void write_page(const char *name, const char *link)
{
	char path[64];

	snprintf(path, sizeof(path), "root/%s.html", name);
	write_text(path, "<!DOCTYPE html><title>%s</title><h1>%s</h1>%s%s%s", name, name,
		   link[0] ? "<a href='/" : "", link, link[0] ? ".html'>x</a>" : "");
}

static int begin(void **state)
{
	(void)state;
	if (scenario_begin_rooted(
		    (const char *[]){ "--robots-as", "/robots", "--workers", "2", NULL }))
		return -1;
	for (size_t i = 0; i < COUNT(pages); i++)
		write_page(pages[i].name, pages[i].links);
	write_text("root/sitemap1.xml", "<urlset><url><loc>%s</loc></url></urlset>",
		   url("/p.html"));
	write_text("crawl.yaml", CONFIG);
	return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* The rows, as "a=7 a1=7 b=-"; and each row's page that is not its own. */
static const char *rows(void)
{
	return ask("SELECT group_concat(text || '=' || coalesce(shop, '-'), ' ')"
		   " FROM (SELECT * FROM heads ORDER BY text)");
}

/* A list of lines "PATH<TAB>...", separated by newlines, behind the site's origin. */
static void write_lines(const char *name, const char *lines)
{
	char list[4096], *at = list;

	while (*lines) {
		size_t size = strcspn(lines, "\n");

		at += snprintf(at, sizeof(list) - (size_t)(at - list), "%s%.*s\n", site.origin,
			       (int)size, lines);
		lines += size + (lines[size] == '\n');
	}
	write_text(name, "%s", list);
}

static void what_a_line_gives_reaches_all_that_it_leads_to(void **state)
{
	static const struct {
		const char *what, *lines, *rows;
	} cases[] = {
		{ "a link, and links of links", "/a.html\tshop=7\n/b.html",
		  "a=7 a1=7 a2=7 b=- b1=-" },
		{ "a redirect that may change", "/redirect-to?url=/t.html&status=302\tshop=8",
		  "t=8" },
		{ "a redirect for good", "/redirect-to?url=/m.html&status=301\tshop=9",
		  "m=9 m1=9" },
		{ "a sitemap", "/sitemap1.xml\tshop=10", "p=10 p1=10" },
		{ "who finds it first", "/a.html\tshop=7\n/a1.html\tshop=8", "a=7 a1=8 a2=8" },
		{ "a line without one is of none", "/a.html\tshop=7\n/a1.html", "a=7 a1=- a2=-" },
		{ "the first of two lines", "/c.html\tshop=1\n/c.html\tshop=2", "c=1" },
		{ "a value of another type", "/c.html\tshop=one", "c=-" },
		{ "another name", "/c.html\tSHOP=1\tcity=K\xC3\xB6ln", "c=-" },
		{ "a guess", "/b.html\tshop=3", "b=3 b1=3" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program *run;

		unlink(in_folder("crawl.db"));
		write_lines("list", cases[i].lines);
		run = RUN("list");
		assert_code(run, 0);
		if (strcmp(rows(), cases[i].rows) != 0)
			fail_msg("%s: %s\n%s", cases[i].what, rows(), run->error);
	}
}

/* The sitemaps of a host are found with its first URL. */
static void a_sitemap_that_robots_txt_names_is_of_who_led_to_the_host(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\n", url("/sitemap1.xml"));
	write_lines("list", "/c.html\tshop=7");
	assert_code(RUN("list", "--set", "sitemaps=true"), 0);
	assert_string_equal(rows(), "c=7 p=7 p1=7");
}

static void a_line_that_gives_nothing_sensible_is_rejected(void **state)
{
	(void)state;
	write_lines("list", "/a.html\tshop\n/c.html\tshop=1\n/b.html\t1shop=2\n"
			    "/b.html shop=2\n/b.html\ta=1\ta=2");
	assert_code(RUN("list"), 1);
	assert_string_equal(rows(), "c=1");
	assert_string_equal(
		ask("SELECT line, reason FROM rejects ORDER BY line"),
		"1|white space inside the URL (behind a TAB stands name=value)\n"
		"3|name=value: a name has letters, digits and _, and begins with no digit\n"
		"4|white space inside the URL (name=value stands behind a TAB)\n"
		"5|name=value: the name comes twice");
}

static void a_line_whose_fields_do_not_count_is_told(void **state)
{
	static const struct {
		const char *lines;
		bool is_told;
	} cases[] = {
		{ "/c.html\tshop=1\n/c.html\tshop=2", true },
		{ "/c.html\n/c.html\tshop=2", true },
		{ "/c.html\tshop=1\n/c.html#x\tshop=1", false },
		{ "/c.html\tshop=1\n/c.html", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program *run;

		unlink(in_folder("crawl.db"));
		write_lines("list", cases[i].lines);
		run = RUN("list");
		assert_int_equal(strstr(run->error, "fields_ignored url=") != NULL,
				 cases[i].is_told);
	}
}

/* In a pass to come, too, in which the first line of a URL changes what it has, or does not. */
static void a_line_that_does_not_count_is_told_in_every_run(void **state)
{
	static const struct {
		const char *lines;
		bool is_told;
	} cases[] = {
		{ "/c.html\tshop=1\n/c.html\tshop=2", true },
		{ "/c.html\tshop=1\n/c.html\tshop=2", true },
		{ "/c.html\tshop=2\n/c.html\tshop=1", true },
		{ "/c.html\tshop=3\n/c.html\tshop=3", false },
		{ "/c.html\n/c.html\tshop=3", true },
		{ "/c.html\tshop=4\n/c.html", false },
		{ "/c.html\tshop=4\n/b.html\tshop=1\n/b.html\tshop=4", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program *run;

		write_lines("list", cases[i].lines);
		run = RUN("list");
		assert_code(run, 0);
		assert_int_equal(strstr(run->error, "fields_ignored url=") != NULL,
				 cases[i].is_told);
	}
	assert_string_equal(rows(), "b=1 b1=1 c=4");
}

static void what_is_ignored_is_counted_where_it_is_much(void **state)
{
	char lines[4096], *at = lines;

	(void)state;
	for (int i = 0; i < 31; i++)
		at += snprintf(at, sizeof(lines) - (size_t)(at - lines), "/c.html\tshop=%d\n", i);
	write_lines("list", lines);
	for (int i = 0; i < 2; i++)
		assert_says(RUN("list")->error,
			    "\n10 lines more with fields that are ignored (-v tells each)\n");
}

#define SHOPS 6
#define STEPS 8

/* Pages of six shops, each of which links the next, are read in turns. */
static void what_is_read_side_by_side_is_not_mixed_up(void **state)
{
	char lines[1024] = "", name[32], next[32];

	(void)state;
	for (int shop = 1; shop <= SHOPS; shop++) {
		sprintf(lines + strlen(lines), "%s/q%d-0.html\tshop=%d", shop > 1 ? "\n" : "", shop,
			shop);
		for (int step = 0; step < STEPS; step++) {
			snprintf(name, sizeof(name), "q%d-%d", shop, step);
			snprintf(next, sizeof(next), "q%d-%d", shop, step + 1);
			write_page(name, step + 1 < STEPS ? next : "");
		}
	}
	write_lines("list", lines);
	assert_code(RUN("list", "--concurrency", "8", "-j", "2"), 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT shop) FROM heads"
				" WHERE text GLOB 'q' || shop || '-*'"),
			    "48|6");
}

/* ---- another pass ---- */

#define STEPS_MAX 4

/* What was asked for since so many requests, in its order: "a 200 a1 304". */
static const char *asked_since(size_t before)
{
	struct requests requests = site_requests();
	static char all[1024];
	size_t size = 0;

	all[0] = '\0';
	for (size_t i = before; i < requests.count; i++)
		size += (size_t)snprintf(all + size, sizeof(all) - size, "%s%.*s %d",
					 i > before ? " " : "",
					 (int)strcspn(requests.list[i].target + 1, ".?"),
					 requests.list[i].target + 1, requests.list[i].status);
	return all;
}

static void another_value_is_read_in_full_and_no_other(void **state)
{
	static const struct {
		const char *what;
		struct {
			const char *lines, *asked, *rows;
		} steps[STEPS_MAX];
	} cases[] = {
		{ "the same",
		  { { "/a.html\tshop=7\n/c.html\tshop=1", "a 200 c 200 a1 200 a2 200",
		      "a=7 a1=7 a2=7 c=1" },
		    { "/a.html\tshop=7\n/c.html\tshop=1", "a 304 c 304 a1 304 a2 304",
		      "a=7 a1=7 a2=7 c=1" } } },
		{ "another, of one",
		  { { "/a.html\tshop=7\n/c.html\tshop=1", "a 200 c 200 a1 200 a2 200",
		      "a=7 a1=7 a2=7 c=1" },
		    { "/a.html\tshop=8\n/c.html\tshop=1", "a 200 c 304 a1 200 a2 200",
		      "a=8 a1=8 a2=8 c=1" },
		    { "/a.html\tshop=8\n/c.html\tshop=1", "a 304 c 304 a1 304 a2 304",
		      "a=8 a1=8 a2=8 c=1" } } },
		{ "none any more, and one at last",
		  { { "/c.html\tshop=7", "c 200", "c=7" },
		    { "/c.html", "c 200", "c=-" },
		    { "/c.html", "c 304", "c=-" },
		    { "/c.html\tshop=0", "c 200", "c=0" } } },
		{ "the same, in other words",
		  { { "/c.html\tshop=7\tcity=x", "c 200", "c=7" },
		    { "/c.html\tcity = x\t shop =7 ", "c 304", "c=7" } } },
		{ "a line's own wins over what was inherited",
		  { { "/a.html\tshop=7", "a 200 a1 200 a2 200", "a=7 a1=7 a2=7" },
		    { "/a.html\tshop=7\n/a2.html\tshop=9", "a 304 a1 200 a2 200",
		      "a=7 a1=7 a2=9" } } },
		{ "of what moved",
		  { { "/redirect-to?url=/m.html&status=301\tshop=9", "redirect-to 301 m 200 m1 200",
		      "m=9 m1=9" },
		    { "/redirect-to?url=/m.html&status=301\tshop=8", "m 200 m1 200",
		      "m=8 m1=8" } } },
		{ "of a sitemap",
		  { { "/sitemap1.xml\tshop=1", "sitemap1 200 p 200 p1 200", "p=1 p1=1" },
		    { "/sitemap1.xml\tshop=2", "sitemap1 200 p 200 p1 200", "p=2 p1=2" } } },
		{ "of another list, what was left alone is as it was",
		  { { "/a.html\tshop=7", "a 200 a1 200 a2 200", "a=7 a1=7 a2=7" },
		    { "/c.html\tshop=1", "c 200", "a=7 a1=7 a2=7 c=1" } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unlink(in_folder("crawl.db"));
		for (size_t j = 0; j < STEPS_MAX && cases[i].steps[j].lines; j++) {
			size_t before = site_requests().count;

			write_lines("list", cases[i].steps[j].lines);
			assert_code(RUN("list"), 0);
			if (strcmp(asked_since(before), cases[i].steps[j].asked) != 0 ||
			    strcmp(rows(), cases[i].steps[j].rows) != 0)
				fail_msg("%s: %zu: %s: %s", cases[i].what, j, asked_since(before),
					 rows());
		}
	}
	assert_string_equal(ask("SELECT count(*) FROM crawl_sets"), "2");
}

/* What was done already is asked for again; a set that nobody has any more is gone. */
static void another_value_counts_in_a_pass_that_was_stopped(void **state)
{
	(void)state;
	write_lines("list", "/b.html\tshop=7\n/c.html\tshop=7");
	assert_code(RUN("list", "--max-pages", "1"), 0);
	assert_string_equal(rows(), "b=7");
	write_lines("list", "/b.html\tshop=8\n/c.html\tshop=8");
	assert_says(RUN("list")->error, "2 URLs have other fields now: they are read in full");
	assert_string_equal(rows(), "b=8 b1=8 c=8");
	assert_string_equal(ask("SELECT fields FROM crawl_sets"), "{\"shop\":\"8\"}");
}

/* Its own was there from before, but it was read with that of who had taken it. */
static void what_another_root_had_taken_is_read_with_its_own_again(void **state)
{
	(void)state;
	write_lines("list", "/a1.html\tshop=1");
	assert_code(RUN("list"), 0);
	write_lines("list", "/a.html\tshop=3");
	assert_code(RUN("list"), 0);
	assert_string_equal(rows(), "a=3 a1=3 a2=3");
	write_lines("list", "/t.html\n/c.html");
	assert_code(RUN("list", "--max-pages", "1"), 0);
	write_lines("list", "/c.html\n/a1.html\tshop=1"); /* goes on with what is pending */
	assert_code(RUN("list"), 0);
	assert_string_equal(rows(), "a=3 a1=1 a2=1 c=- t=-");
}

/* ---- killed ---- */

#define KILL_ROUNDS 8
#define KILL_SHOPS  40

static void a_crawl_that_is_killed_ends_with_the_same_sets(void **state)
{
	FILE *list = fopen(in_folder("list"), "w");
	char *whole;

	(void)state;
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	for (int i = 0; i < KILL_SHOPS; i++) {
		char name[16], link[16];

		snprintf(name, sizeof(name), "k%d", i);
		snprintf(link, sizeof(link), "k%dx", i);
		write_page(name, link);
		write_page(link, "");
		fprintf(list, "%s/delay/2/%s.html\tshop=%d\n", site.origin, name, i);
		fprintf(list, "%s/%s.html\tshop=%d\n", site.origin, name, i);
	}
	fclose(list);
	assert_code(RUN("list", "-o", "whole.db"), 0);
	whole = strdup(ask_in(in_folder("whole.db"), "SELECT page_url, text, shop FROM heads"
						     " ORDER BY 1"));
	for (int round = 0; round < KILL_ROUNDS; round++) {
		struct program *run = START("list");
		long ms = random() % (400 * SLOWNESS);

		nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
		kill(run->pid, SIGKILL);
		program_wait(run);
		assert_code(RUN("list"), 0);
		assert_string_equal(ask("SELECT page_url, text, shop FROM heads ORDER BY 1"),
				    whole);
		remove(in_folder("crawl.db"));
	}
	free(whole);
}

/* ---- many ---- */

#define MANY 100000

static void write_many(int first)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (int i = 0; i < MANY; i++)
		fprintf(list, "%s/page/%d\tshop=%d\tcity=town %d\n", site.origin, i, first + i,
			i % 10);
	fclose(list);
}

static void many_lines_with_a_set_each_are_read_and_changed(void **state)
{
	(void)state;
	write_many(0);
	assert_code(RUN("list", "--max-pages", "1"), 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT fields) FROM crawl_sets"),
			    "100000|100000");
	write_many(1);
	assert_code(RUN("list", "--max-pages", "1"), 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT fields) FROM crawl_sets"),
			    "100000|100000");
	assert_string_equal(ask("SELECT u.url LIKE '%/page/7', s.fields FROM urls u"
				" JOIN crawl_sets s ON s.id = u.set_id WHERE u.id = 8"),
			    "1|{\"city\":\"town 7\",\"shop\":\"8\"}");
}

/* ---- who else asks ---- */

static void what_the_database_has_is_read_when_pages_are_parsed_again(void **state)
{
	(void)state;
	write_lines("list", "/a.html\tshop=7\tcity=K\xC3\xB6ln\n/b.html\tshop=8\n/c.html");
	assert_code(RUN("list"), 0);
	write_text("crawl.yaml",
		   "patterns:\n  - name: heads\n"
		   "    pattern: '<h1>(?<text>.*?)</h1>'\n"
		   "    fields: {shop: {value: '{set.city}/{set.shop}', default: no}}\n");
	assert_code(RUN("reparse"), 0);
	assert_string_equal(rows(), "a=K\xC3\xB6ln/7 a1=K\xC3\xB6ln/7 a2=K\xC3\xB6ln/7 b=/8 b1=/8"
				    " c=no");
	assert_says(RUN("try", "crawl.yaml", "--stored", "9", "--json")->out,
		    "\"text\":\"a2\",\"shop\":\"K\xC3\xB6ln/7\"");
	assert_says(RUN("why", url("/a2.html"))->out, "{\"city\":\"K\xC3\xB6ln\",\"shop\":\"7\"}");
	assert_silent_on(RUN("why", url("/c.html"))->out, "\nset");
	assert_says(RUN("export", "heads", "--format", "csv")->out, ",b1,/8");
}

static void a_page_that_is_tried_is_given_what_a_list_would(void **state)
{
	static const struct {
		const char *words[4];
		int code;
		const char *said, *rows;
	} cases[] = {
		{ { "--with", "shop=7" }, 0, NULL, "[{\"text\":\"a\",\"shop\":7}]\n" },
		{ { "--with", "shop=7", "--with", "city=x y=z" },
		  0,
		  NULL,
		  "[{\"text\":\"a\",\"shop\":7}]\n" },
		{ { "--with", "shop=x" },
		  0,
		  "1 value not of its type",
		  "[{\"text\":\"a\",\"shop\":null}]\n" },
		{ { "--with", "city=x" },
		  0,
		  "empty: shop 1",
		  "[{\"text\":\"a\",\"shop\":null}]\n" },
		{ { "--with", "shop" }, 2, "--with shop: no name=value", "" },
		{ { "--with", "7=shop" }, 2, "begins with no digit", "" },
		{ { "--with", "a=1", "--with", "a=1" }, 2, "the name comes twice", "" },
		{ { "--stored", "1", "--with", "a=1" }, 2, NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const *words = cases[i].words;
		struct program *run = RUN("try", "-c", "crawl.yaml", "root/a.html", "--json",
					  words[0], words[1], words[2], words[3]);

		assert_code(run, cases[i].code);
		if (cases[i].said)
			assert_says(run->error, cases[i].said);
		assert_string_equal(run->out, cases[i].rows);
	}
	assert_says(RUN("try", "crawl.yaml", url("/a.html\tshop=7"))->error,
		    "a TAB inside the URL (--with NAME=VALUE says the rest)");
}

static void explain_says_what_the_page_was_not_given(void **state)
{
	static const struct {
		const char *with, *said;
	} cases[] = {
		{ NULL, "the page is given no {set.shop}, as a list would (--with shop=VALUE)\n" },
		{ "--with=shops=7", "the page is given no {set.shop}" },
		{ "--with=shop=x", "not of its type: x" },
		{ "--with=shop=7", "1 of 1 row has it" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program *run = RUN("explain", "heads.shop", "root/a.html", cases[i].with);

		assert_code(run, i + 1 < COUNT(cases));
		assert_says(run->out, cases[i].said);
		if (i > 1)
			assert_silent_on(run->out, "{set.");
	}
	/* The heading is no matter of a list. */
	assert_silent_on(RUN("explain", "heads.text", "root/a.html")->out, "{set.");
}

static void a_dry_run_says_what_no_line_gives(void **state)
{
	static const struct {
		const char *lines, *said;
	} cases[] = {
		{ "/a.html\n/b.html\n",
		  "crawl.yaml:2: heads: no URL of the lists has {set.shop}\n" },
		{ "/a.html\tShop=7\n/b.html\tshops=7\tsho=7\n", "has {set.shop}\n" },
		{ "/a.html\n/a.html\tshop=7\n", "has {set.shop}\n" }, /* the first counts */
		{ "/a.html\tshop=7\n/b.html\n", NULL },
		{ "/a.html\n/b.html\tcity=x\tshop=\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program *run;

		write_lines("list", cases[i].lines);
		run = RUN("list", "--dry-run");
		assert_code(run, 0);
		if (cases[i].said)
			assert_says(run->error, cases[i].said);
		else
			assert_silent_on(run->error, "{set.");
	}
	/* Once for a pattern with all its children. */
	write_text("crawl.yaml", "patterns:\n"
				 "  - name: lists\n"
				 "    each: '<ul.*?</ul>'\n"
				 "    fields: {shop: {value: '{set.shop}'}}\n"
				 "    children:\n"
				 "      - {name: items, each: '<li', fields: {city: {value: "
				 "'{set.city}'}}}\n");
	write_lines("list", "/a.html\tshop=7\n");
	assert_string_equal(strstr(RUN("list", "--dry-run")->error, "crawl.yaml:"),
			    "crawl.yaml:2: lists: no URL of the lists has {set.city}\n");
}

static void a_test_says_what_a_list_would(void **state)
{
	struct program *run;

	(void)state;
	assert_says(RUN("test", "-c", "crawl.yaml", "--record", url("/a.html"), "--with", "shop=7")
			    ->out,
		    "    set: {shop: '7'}\n    pattern: heads\n    rows:\n"
		    "      - {text: 'a', shop: 7}\n");
	write_text("tests.yaml", CONFIG
		   "tests:\n"
		   "  - {body: '<h1>a</h1>', set: {shop: '7'}, pattern: heads, rows: [{shop: 7}]}\n"
		   "  - {body: '<h1>a</h1>', pattern: heads, rows: [{shop: null}]}\n"
		   "  - {body: '<h1>a</h1>', set: {shop: 8}, pattern: heads, rows: [{shop: 7}]}\n");
	run = RUN("test", "tests.yaml");
	assert_code(run, 1);
	assert_string_equal(run->out, "tests.yaml:10: row 1, shop: 8, wanted 7\n");
	write_text("tests.yaml", CONFIG "tests:\n  - {body: x, set: {a-b: 1}, pattern: heads,"
					" count: 0}\n");
	run = RUN("check", "tests.yaml");
	assert_code(run, 2);
	assert_says(run->error,
		    "tests.yaml:8:21: error: a name in a set has letters, digits and _");
}

static void what_is_added_to_a_run_is_a_line(void **state)
{
	struct program *run;

	(void)state;
	write_lines("list", "/a.html\tshop=7");
	assert_code(RUN("list"), 0);
	write_lines("other", "/c.html\n/m.html");
	/* Long ago: a host is asked no sooner than its delay after the last run. */
	ask("UPDATE runs SET ended_at = '2026-01-01T00:00:00.000Z'");
	run = START("other", "--delay", "30s");
	assert_true(WAIT_UNTIL(access(in_folder("crawl.db-ctl"), F_OK) == 0));
	assert_says(RUN("ctl", "add", url("/b.html\tshop=8\tcity=Bad Homburg"))->error, "added");
	assert_says(RUN("ctl", "add", url("/a.html\tshop=9"))->error, "added"); /* left alone */
	assert_says(RUN("ctl", "add", url("/c.html\tshop=9"))->error, "known already");
	assert_says(RUN("ctl", "add", url("/t.html\tshop"))->error,
		    "behind a TAB stands name=value");
	assert_says(RUN("ctl", "add", url("/t.html shop=1"))->error, "stands behind a TAB");
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	assert_int_equal(program_wait(run), 0);
	assert_says(run->error, "1 URL has other fields now");
	assert_says(run->error, "fields_ignored");
	assert_string_equal(rows(), "a=9 a1=9 a2=9 b=8 b1=8 c=- m=- m1=-");
	assert_string_equal(ask("SELECT s.fields FROM urls u JOIN crawl_sets s ON s.id = u.set_id"
				" WHERE u.url LIKE '%/b.html'"),
			    "{\"city\":\"Bad Homburg\",\"shop\":\"8\"}");
}

/* The key of a table may be of it: one row for each shop that shows the same thing. */
static void a_key_may_be_of_it(void **state)
{
	(void)state;
	write_text("crawl.yaml", "patterns:\n  - name: heads\n"
				 "    pattern: '<h1>(?<text>.).*?</h1>'\n    key: [shop, text]\n"
				 "    fields: {shop: {value: '{set.shop}', required: true}}\n");
	write_lines("list", "/a.html\tshop=1\n/a1.html\tshop=2\n/a2.html\tshop=2\n/b.html");
	assert_code(RUN("list"), 0);
	assert_string_equal(ask("SELECT shop, text FROM heads ORDER BY 1"), "1|a\n2|a");
}

static void a_set_that_nothing_has_any_more_is_forgotten(void **state)
{
	(void)state;
	write_lines("list", "/a.html\tshop=7\n/b.html\tshop=8");
	assert_code(RUN("list"), 0);
	assert_code(RUN("forget", url("/b.html")), 0);
	assert_string_equal(ask("SELECT fields FROM crawl_sets"), "{\"shop\":\"7\"}");
	assert_code(RUN("reparse"), 0);
	assert_string_equal(rows(), "a=7 a1=7 a2=7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_a_line_gives_reaches_all_that_it_leads_to),
		T(a_sitemap_that_robots_txt_names_is_of_who_led_to_the_host),
		T(a_line_that_gives_nothing_sensible_is_rejected),
		T(a_line_whose_fields_do_not_count_is_told),
		T(a_line_that_does_not_count_is_told_in_every_run),
		T(what_is_ignored_is_counted_where_it_is_much),
		T(what_is_read_side_by_side_is_not_mixed_up),
		T(another_value_is_read_in_full_and_no_other),
		T(another_value_counts_in_a_pass_that_was_stopped),
		T(what_another_root_had_taken_is_read_with_its_own_again),
		T(a_crawl_that_is_killed_ends_with_the_same_sets),
		T(many_lines_with_a_set_each_are_read_and_changed),
		T(what_the_database_has_is_read_when_pages_are_parsed_again),
		T(a_page_that_is_tried_is_given_what_a_list_would),
		T(explain_says_what_the_page_was_not_given),
		T(a_dry_run_says_what_no_line_gives),
		T(a_test_says_what_a_list_would),
		T(what_is_added_to_a_run_is_a_line),
		T(a_key_may_be_of_it),
		T(a_set_that_nothing_has_any_more_is_forgotten),
	};

	return RUN_TESTS(tests);
}
