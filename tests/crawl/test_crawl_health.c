#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what matches less than in earlier runs is said, and only that.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "16", "--set", "depth=0"
#define PAGES 60
#define SEEDS 100

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* Of how many pages in a hundred is it the new design, and has no price? */
struct shop {
	int redesigned, priceless;
};

/* A page is another at each visit: else it would not be read again. */
static void write_shop(const struct shop *shop, unsigned visit)
{
	FILE *list = fopen(in_folder("list"), "w");

	srandom(visit);
	for (int page = 0; page < PAGES; page++) {
		const char *tag = random() % 100 < shop->redesigned ? "strong" : "b";
		const char *price = random() % 100 < shop->priceless ? "" : "9.50";
		char name[64];

		snprintf(name, sizeof(name), "root/p%d.html", page);
		write_text(name, "<title>%d</title>%*s\n<%s>A book</%s> <i>%s</i>", page,
			   (int)visit + 1, "", tag, tag, price);
		fprintf(list, "%s/p%d.html\n", site.origin, page);
	}
	fclose(list);
}

#define CONFIG(more)                                                                             \
	"patterns:\n  - name: books\n    pattern: '<b>(?<title>[^<]*)</b> <i>(?<price>[^<]*)'\n" \
	"    fields: {price: {type: real}}\n" more

static struct program *crawl(const struct shop *shop, unsigned visit)
{
	write_shop(shop, visit);
	return RUN("list", "-c", "c.yaml", QUICK, "--fail-on-drift");
}

/* A run is too little to compare with only where there is none. */
static void begin_well(int runs, const char *config)
{
	static const struct shop good = { 0, 0 };

	write_text("c.yaml", "%s", config);
	for (int run = 0; run < runs; run++)
		assert_code(crawl(&good, (unsigned)run), 0);
}

static void a_site_that_drops_one_field_is_found_out(void **state)
{
	static const struct shop priceless = { 0, 100 };
	struct program *run;

	(void)state;
	begin_well(1, CONFIG(""));
	run = crawl(&priceless, 50);
	assert_code(run, 4);
	assert_says(run->error, "worse: books.price is filled in 0.0 % of 60 rows");
	assert_says(run->error, "\n    it is empty in line 2: <b>A book</b> <i></i>\n    http://");
	assert_says(run->error, "exit 4: a pattern or field got worse (crawl health)");
	assert_silent_on(run->error, "books matches");
	run = RUN("health");
	assert_code(run, 0);
	assert_says(run->error, "worse: books.price");
	run = RUN("health", "--fail-on-drift", "--format", "csv");
	assert_code(run, 4);
	assert_string_equal(run->out, "pattern,field,pages,percent,before,in_runs,verdict\r\n"
				      "books,,60,100.0,100.0,1,as before\r\n"
				      "books,price,60,0.0,100.0,1,worse\r\n"
				      "books,title,60,100.0,100.0,1,as before\r\n");
}

static void a_site_that_moves_is_found_out_and_its_pages_are_listed(void **state)
{
	static const struct shop half = { 50, 0 };
	struct program *run;
	char summary[2000], *at;
	unsigned urls = 0;

	(void)state;
	begin_well(3, CONFIG(""));
	run = crawl(&half, 50);
	assert_code(run, 4);
	assert_says(run->error, "worse: books matches ");
	assert_says(run->error, "of 60 pages, it was 100.0 % of 180 pages");
	snprintf(summary, sizeof(summary), "%s", strstr(run->error, "worse: "));
	for (at = summary; (at = strstr(at, "\n    http://")); at++)
		urls++;
	assert_int_equal(urls, 3);
	run = RUN("health", "books", "--unmatched", "--format", "csv");
	assert_code(run, 0);
	assert_int_equal((int)count_lines(run->out) - 1,
			 ask_number("SELECT count(*) FROM results WHERE unmatched = 'books'"));
	assert_int_equal((int)count_lines(run->out) - 1,
			 ask_number("SELECT count(*) FROM crawl_stale"));
	assert_says(run->out, ".html,yes\r\n");
	run = RUN("health", "book");
	assert_code(run, 2);
	assert_says(run->error, "did you mean books");
}

/* 10 runs to know it by; then each seed is a run more. */
static void a_site_that_only_varies_raises_no_alarm(void **state)
{
	static const struct shop lively = { 10, 5 };

	(void)state;
	write_text("c.yaml", "%s", CONFIG(""));
	for (unsigned seed = 1; seed <= 10 + SEEDS; seed++) {
		struct program *run = crawl(&lively, seed);

		if (seed > 10)
			assert_code(run, 0);
	}
	assert_int_equal(ask_number("SELECT count(*) FROM runs"), 10 + SEEDS);
}

/* What is compared, and with what. */
static void only_runs_of_the_same_meaning_are_compared(void **state)
{
	static const struct {
		const char *name, *config;
		struct shop shop;
		int code;
	} cases[] = {
		{ "another meaning", CONFIG("    flags: i\n"), { 100, 0 }, 0 },
		{ "a comment", CONFIG("# better\n"), { 100, 0 }, 4 },
		{ "far enough", CONFIG("    health: {drop: 30}\n"), { 40, 0 }, 4 },
		{ "not so far", CONFIG("    health: {drop: 80}\n"), { 40, 0 }, 0 },
		{ "nothing is kept, but it is worse", CONFIG("    empty: drop\n"), { 100, 0 }, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program *run;

		remove(in_folder("crawl.db"));
		begin_well(1, CONFIG(""));
		write_text("c.yaml", "%s", cases[i].config);
		run = crawl(&cases[i].shop, 70);
		if (run->code != cases[i].code)
			fail_msg("%s: %d\n%s", cases[i].name, run->code, run->error);
	}
}

/* Nothing was read again, and nothing is worse. */
static void a_pass_over_unchanged_pages_is_as_healthy_as_the_last(void **state)
{
	static const struct shop priceless = { 0, 30 };

	(void)state;
	begin_well(1, CONFIG(""));
	assert_code(crawl(&priceless, 50), 4);
	for (int pass = 0; pass < 2; pass++) {
		struct program *run = RUN("list", "-c", "c.yaml", QUICK, "--fail-on-drift");

		assert_says(run->error, "60 unchanged");
		assert_int_equal(ask_number("SELECT count(DISTINCT filled) FROM crawl_field_stats"
					    " WHERE field = 'price' AND run > 1 AND rows = 60"),
				 1);
		assert_int_equal(ask_number("SELECT count(*) FROM crawl_field_stats"
					    " WHERE field = 'price'"),
				 3 + pass);
	}
}

/* What counts as filled: nothing that is empty, in a list, or not of its type. */
static void a_field_is_filled_only_by_a_value(void **state)
{
	static const struct {
		const char *page, *figures; /* rows, filled, bad */
	} rows[] = {
		{ "<r>9", "1|1|0" }, { "<r>", "1|0|0" },      { "<r>  ", "1|0|0" },
		{ "<r>0", "1|1|0" }, { "<r>none", "1|0|1" },  { "<r>9<r>x<r>", "3|1|1" },
		{ "<q>9", "" },      { "<r>9<r>9", "2|2|0" },
	};

	(void)state;
	write_text("c.yaml", "patterns:\n  - name: a\n    pattern: '<r>(?<v>[^<]*)'\n"
			     "    fields: {v: {type: integer}}\n"
			     "  - name: l\n    each: <l>(.*?)</l>\n"
			     "    fields: {v: {pattern: '#(\\w*)', all: true}}\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_text("root/a.html", "%s<l>#a #</l><l></l>", rows[i].page);
		assert_code(RUN(url("/a.html"), "-c", "c.yaml", "--fresh", QUICK), 0);
		assert_string_equal(ask("SELECT group_concat(rows || '|' || filled || '|' || bad)"
					" FROM crawl_field_stats WHERE pattern = 'a'"),
				    rows[i].figures[0] ? rows[i].figures : "-");
		assert_string_equal(ask("SELECT rows, filled, bad FROM crawl_field_stats"
					" WHERE pattern = 'l'"),
				    "2|1|0");
	}
}

/* Each second run the site is away: those runs were not finished, or read no page. */
static void runs_that_read_nothing_tell_nothing(void **state)
{
	static const struct shop good = { 0, 0 }, gone = { 100, 0 };

	(void)state;
	begin_well(2, CONFIG(""));
	for (int run = 0; run < 4; run++)
		assert_code(RUN("list", "-c", "c.yaml", "--update", "--max-pages", "1", QUICK,
				"--fail-on-drift"),
			    0);
	assert_code(crawl(&good, 40), 0);
	assert_code(crawl(&gone, 41), 4);
	assert_string_equal(ask("SELECT count(*) FROM runs WHERE ended <> 'finished'"), "4");
}

/* Nothing is kept: there is nothing to compare with, and what is said names no table. */
static void a_crawl_without_a_database_has_no_health(void **state)
{
	static const struct shop good = { 0, 0 };
	struct program *run;

	(void)state;
	begin_well(1, CONFIG(""));
	write_shop(&good, 60);
	run = RUN("list", "-c", "c.yaml", "-o", "-", "--fail-on-drift", QUICK);
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), PAGES);
	assert_silent_on(run->error, "worse");
}

static void what_cannot_be_asked_is_said(void **state)
{
	struct program *run;

	(void)state;
	run = RUN("health");
	assert_code(run, 3);
	assert_says(run->error, "there is no crawl.db");
	assert_code(RUN(url("/page/1"), QUICK), 0); /* without patterns */
	run = RUN("health", "--json");
	assert_code(run, 0);
	assert_string_equal(run->out, "[]\n");
	run = RUN("health", "books");
	assert_code(run, 2);
	assert_says(run->error, "no figures of a pattern books");
}

/* ---- what stands there instead ---- */

struct board {
	const char *open, *close, *class;
};

static void write_boards(const struct board *board)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (int page = 0; page < PAGES; page++) {
		char name[64];

		snprintf(name, sizeof(name), "root/b%d.html", page);
		write_text(name,
			   "<title>%s %d</title>\n<dl class=\"board\">\n"
			   "%s\n<i class=\"board-index\">%d</i>\n<a title=\"A\">A</a>\n"
			   "<p class=\"star\">x</p>\n<p class=\"%s\">2018-06-11</p>\n%s\n</dl>",
			   board->class, page, board->open, page, board->class, board->close);
		fprintf(list, "%s/b%d.html\n", site.origin, page);
	}
	fclose(list);
}

static const char boards_config[] =
	"patterns:\n  - name: boards\n    flags: s\n    each: '<dd>.*?</dd>'\n    fields:\n"
	"      rank: {pattern: 'board-index.*?>(\\d+)<', type: integer}\n"
	"      released: {pattern: 'releasetime\">(.*?)</p>'}\n"
	"  - name: mail\n    pattern: 'mailto:(?<mail>[^\"]+)\"'\n";

static const struct board good_board = { "<dd>", "</dd>", "releasetime" };
static const struct board no_record = { "<li class=\"film\">", "</li>", "releasetime" };
static const struct board no_field = { "<dd>", "</dd>", "release-date" };

/* A class is renamed between two runs. */
static void what_stands_there_instead_is_said(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "%s", boards_config);
	write_boards(&good_board);
	run = RUN("list", "-c", "c.yaml", QUICK);
	assert_code(run, 0);
	assert_silent_on(run->error, "wants");
	assert_string_equal(ask("SELECT pattern, field, pages, line, matched, wanted, rest, stood"
				" FROM crawl_findings"),
			    "mail|-|60|-||mailto:|(?<mail>[^\"]+)\"|-");
	write_boards(&no_record);
	run = RUN("list", "-c", "c.yaml", QUICK);
	assert_says(run->error, "worse: boards matches 0.0 % of 60 pages, it was 100.0 % of 60 "
				"pages in 1 run\n"
				"    wants <dd>, line 3 has <li class=\"film\">\n    http://");
	assert_string_equal(ask("SELECT pattern, field, pages, line, matched, wanted, rest, stood"
				" FROM crawl_findings WHERE run = 2 ORDER BY rowid LIMIT 1"),
			    "boards|-|60|3||<dd>|.*?</dd>|<li class=\"film\">");
	/* Of no row no field is worse. */
	assert_string_equal(ask("SELECT group_concat(pattern) FROM crawl_findings WHERE run = 2"),
			    "boards,mail");
	run = RUN("health", "-c", "c.yaml");
	assert_says(run->error, "\n    wants <dd>, line 3 has <li class=\"film\">\n");
	write_boards(&no_field);
	run = RUN("list", "-c", "c.yaml", QUICK);
	assert_says(run->error, "worse: boards.released is filled in 0.0 % of 60 rows");
	assert_says(run->error, "\n    wants releasetime\">, "
				"line 7 has <p class=\"release-date\">2018-06-11</p>\n    http://");
	assert_string_equal(ask("SELECT pattern, field, pages, line, matched, wanted, rest, stood"
				" FROM crawl_findings WHERE run = 3 ORDER BY rowid LIMIT 1"),
			    "boards|released|60|7||releasetime\">|(.*?)</p>|"
			    "<p class=\"release-date\">2018-06-11</p>");
}

static void without_kept_pages_it_is_said_how_to_get_it(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "%s", boards_config);
	write_boards(&good_board);
	assert_code(RUN("list", "-c", "c.yaml", QUICK, "--set", "keep_pages=false"), 0);
	write_boards(&no_record);
	run = RUN("list", "-c", "c.yaml", QUICK, "--set", "keep_pages=false");
	assert_says(run->error, "in 1 run\n"
				"    with keep_pages a run says what stands there instead\n");
	assert_int_equal(ask_number("SELECT count(*) FROM crawl_findings"), 0);
}

/* What is left out for want of time is left out, and nothing takes longer for it. */
static void many_worse_patterns_end_in_their_time(void **state)
{
	enum { PATTERNS = 300 };
	FILE *config;
	struct program *run;

	(void)state;
	config = fopen(in_folder("c.yaml"), "w");
	fprintf(config, "patterns:\n");
	for (int i = 0; i < PATTERNS; i++)
		fprintf(config,
			"  - name: p%d\n    flags: s\n    pattern: '<dd>.*?board-index\">(\\d+)<.*?"
			"title=\"(.*?)\".*?star\">(.*?)<.*?releasetime\">(.*?)<.*?</dd>|x%dx'\n",
			i, i);
	fclose(config);
	write_boards(&good_board);
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 0);
	write_boards(&no_field);
	run = RUN("list", "-c", "c.yaml", QUICK);
	assert_says(run->error, "and 299 more (crawl health)");
	assert_true(ask_number("SELECT count(*) FROM crawl_findings") > 0);
}

static bool was_asked(size_t times)
{
	struct requests requests = site_requests();

	return requests_for(&requests, "/page/1") == times;
}

/* Who leaves at once waits for no finding. */
static void who_is_impatient_waits_for_no_finding(void **state)
{
	static const struct {
		const char *grace;
		bool is_impatient;
		long findings;
	} rows[] = { { "300ms", false, 1 }, { "1h", true, 0 } };

	(void)state;
	write_text("list", "%s\n%s\n", url("/page/1"), url("/delay/60000/page/2"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run =
			START("list", "-e", "a=no such (text)", "--fresh", QUICK, "--set",
			      rows[i].grace[0] == '1' ? "grace=1h" : "grace=300ms");

		assert_true(WAIT_UNTIL(was_asked(i + 1) &&
				       ask_number("SELECT count(*) FROM results") == 1));
		kill(run->pid, SIGINT);
		if (rows[i].is_impatient) {
			assert_true(WAIT_UNTIL(strstr(program_errors(run), "again to leave")));
			kill(run->pid, SIGINT);
		}
		program_wait(run);
		assert_code(run, 130);
		assert_string_equal(ask("SELECT count(*) FROM pages WHERE state = 'done'"), "1");
		assert_int_equal(ask_number("SELECT count(*) FROM crawl_findings"),
				 rows[i].findings);
	}
}

/* All is committed by then. */
static void a_kill_while_findings_are_worked_out_loses_nothing(void **state)
{
	FILE *config;
	struct program *run;

	(void)state;
	config = fopen(in_folder("c.yaml"), "w");
	fprintf(config, "patterns:\n");
	for (int i = 0; i < 300; i++)
		fprintf(config, "  - name: p%d\n    pattern: '<b%d>(\\d+)<.*?star\">(.*?)<'\n", i,
			i);
	fclose(config);
	write_boards(&good_board);
	run = START("list", "-c", "c.yaml", QUICK);
	assert_true(WAIT_UNTIL(access(in_folder("crawl.db"), F_OK) == 0 &&
			       strstr(program_errors(run), "60 lines")));
	assert_true(WAIT_UNTIL(strcmp(ask("SELECT ended FROM runs"), "finished") == 0));
	kill(run->pid, SIGKILL);
	program_wait(run);
	assert_string_equal(ask("SELECT ended, pages FROM runs"), "finished|60");
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'done'"), PAGES);
	run = RUN("list", "-c", "c.yaml", QUICK, "--update");
	assert_code(run, 0);
	/* As many as its two seconds are for. */
	assert_in_range(ask_number("SELECT count(*) FROM crawl_findings WHERE run = 2"), 1, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_site_that_drops_one_field_is_found_out),
		T(a_site_that_moves_is_found_out_and_its_pages_are_listed),
		T(a_site_that_only_varies_raises_no_alarm),
		T(only_runs_of_the_same_meaning_are_compared),
		T(a_pass_over_unchanged_pages_is_as_healthy_as_the_last),
		T(a_field_is_filled_only_by_a_value),
		T(runs_that_read_nothing_tell_nothing),
		T(a_crawl_without_a_database_has_no_health),
		T(what_cannot_be_asked_is_said),
		T(what_stands_there_instead_is_said),
		T(without_kept_pages_it_is_said_how_to_get_it),
		T(many_worse_patterns_end_in_their_time),
		T(who_is_impatient_waits_for_no_finding),
		T(a_kill_while_findings_are_worked_out_loses_nothing),
	};

	return RUN_TESTS(tests);
}
