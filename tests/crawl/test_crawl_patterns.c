#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: from a page to rows.
 */
#define QUICK "--delay", "0", "--set", "retries=0"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the film board, with the config of the repository as it is ---- */

#define BOARD "http://maoyan.com/board/4?offset=%d\n"

static char board_config[4096];

static struct program *crawl_board(const char *list)
{
	char proxy[64];
	const char *environment[] = { proxy, NULL };
	struct program_setup setup = { .environment = environment };

	snprintf(proxy, sizeof(proxy), "CRAWL_PROXY=%s", site.origin);
	return RUN_WITH(&setup, list, "-c", board_config, "--delay", "10ms");
}

static void assert_board_is_whole(void)
{
	assert_string_equal(ask("SELECT count(*), count(DISTINCT \"index\"), min(\"index\"), "
				"max(\"index\"), min(n), max(n) FROM maoyan_board"),
			    "100|100|1|100|1|10");
	assert_string_equal(ask("SELECT count(*) FROM maoyan_board GROUP BY page_url"),
			    "10\n10\n10\n10\n10\n10\n10\n10\n10\n10");
	assert_string_equal(ask("SELECT \"index\", title, actor, time, score FROM maoyan_board "
				"WHERE \"index\" IN (1, 2, 50, 100) ORDER BY 1"),
			    "1|雨夜的邮差|沈云帆,白听雨,叶知秋|1961-01-01|9.8\n"
			    "2|遥远的灯塔|陆知秋,温望舒,秦一舟|1998-06-12(冰岛)|9.8\n"
			    "50|纸上的车站|温景行,秦怀瑾,程长安|1976-06-08(冰岛)|9.0\n"
			    "100|纸上的渡口|沈望舒,白若水,叶南星|1970-04-26|8.2");
	assert_string_equal(ask("SELECT DISTINCT typeof(\"index\"), typeof(title), typeof(score) "
				"FROM maoyan_board"),
			    "integer|text|real");
}

static void the_film_board_gives_a_hundred_exact_rows(void **state)
{
	char list[1024] = "";
	struct program *run;

	(void)state;
	for (int offset = 0; offset < 100; offset += 10)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), BOARD, offset);
	write_text("list", "%s", list);
	run = crawl_board("list");
	assert_code(run, 0);
	assert_says(run->error, "maoyan_board: 100 rows from 10 of 10 pages");
	assert_board_is_whole();
}

static void the_film_board_is_followed_from_its_first_page(void **state)
{
	(void)state;
	write_text("list", BOARD, 0);
	assert_code(crawl_board("list"), 0);
	assert_board_is_whole();
	assert_string_equal(
		ask("SELECT count(*), sum(depth = 0), sum(from_url IS NULL) FROM pages"), "10|1|1");
}

/* The board's key: a second sight of a film updates its row. */
static void a_second_pass_over_the_board_adds_no_row(void **state)
{
	(void)state;
	write_text("list", BOARD, 0);
	assert_code(crawl_board("list"), 0);
	assert_code(crawl_board("list"), 0);
	assert_board_is_whole();
}

/* ---- records with gaps ---- */

static const char books[] = "patterns:\n"
			    "  - name: books\n"
			    "    url: '/books/(?<page>\\d+)$'\n"
			    "    flags: s\n"
			    "    each: '<article class=\"product_pod\">.*?</article>'\n"
			    "    fields:\n"
			    "      page: {type: integer}\n"
			    "      title: {pattern: 'title=\"(.*?)\"', clean: [html]}\n"
			    "      price: {pattern: '£([\\d.]+)', type: real}\n"
			    "      stock: {pattern: 'availability\">\\s*(.*?)\\s*</p>'}\n"
			    "    key: [title]\n";

static void a_missing_field_is_null_and_never_borrowed(void **state)
{
	(void)state;
	write_text("books.yaml", "%s", books);
	write_list("list", "/books/%d", 1, 5);
	assert_code(RUN("list", "-c", "books.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT title) FROM books"), "100|100");
	/* Which books have no price, and which no availability, is the site's rule. */
	assert_string_equal(ask("SELECT count(*) FROM books WHERE "
				"(price IS NULL) <> ((20 * (page - 1) + n - 1) % 7 = 3)"),
			    "0");
	assert_string_equal(ask("SELECT count(*) FROM books WHERE "
				"(stock IS NULL) <> ((20 * (page - 1) + n - 1) % 5 = 4)"),
			    "0");
	assert_string_equal(ask("SELECT title, price, stock FROM books WHERE page = 1 AND n < 6 "
				"ORDER BY n"),
			    "The Lamp of Winter|51.77|In stock\n"
			    "A Map for Beginners|20.9|In stock\n"
			    "The Weather & Other Stories|40.03|In stock\n"
			    "Twelve Letters at the Border|-|In stock\n"
			    "The Orchard in Two Voices|28.29|-");
}

/* ---- patterns of the command line ---- */

static void a_pattern_of_the_command_line_makes_a_table(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 5);
	run = RUN("list", QUICK, "-e", "links=<a href=\"(?<to>[^\"]*)\">(?<text>.*?)</a>", "-e",
		  "heads=<h1>(.*?)</h1>", "-e", "paragraphs=<p>");
	assert_code(run, 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT page_url) FROM links"), "100|5");
	assert_says(ask("SELECT page_url, n, \"to\", text FROM links ORDER BY page_url, n LIMIT 1"),
		    "/page/1|1|/page/21|page 21");
	assert_int_equal(ask_number("SELECT count(*) FROM heads"), 5);
	assert_int_equal(ask_number("SELECT count(*) FROM paragraphs"), 5);
	assert_says(run->error, "links: 100 rows from 5 of 5 pages");
}

static void a_pattern_that_matches_nothing_is_said_aloud(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/page/1"), QUICK, "-e", "nothing=<nowhere>(.*?)<");
	assert_code(run, 0);
	assert_says(run->error, "nothing: 0 rows from 0 of 1 page (it matches nothing)");
	assert_string_equal(ask("SELECT pages_tried, pages_matched, rows FROM pattern_stats"),
			    "1|0|0");
}

/* ---- out of its budget ---- */

#define CATASTROPHE "slow=(?s)(\\w+\\s*)+\\d{30}"

static void a_pattern_out_of_its_budget_is_recorded_and_spares_the_others(void **state)
{
	/* Each reaches one of the two limits, and is far from the other. */
	static const struct {
		const char *matches, *time, *says;
	} rows[] = {
		{ "match_limit=10000", "pattern_time=1h", "match limit" },
		{ "match_limit=4000000000", "pattern_time=30ms", "time budget" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN(url("/page/1"), "--fresh", QUICK, "-e", CATASTROPHE, "-e",
					  "heads=<h1>(.*?)</h1>", "--set", rows[i].matches, "--set",
					  rows[i].time);

		assert_code(run, 1);
		assert_says(run->error, "slow: 0 rows from 0 of 1 page, 1 page over the limit");
		assert_silent_on(run->error, "matches nothing");
		assert_string_equal(ask("SELECT outcome, state, status FROM pages"),
				    "pattern_limit|done|200");
		assert_string_equal(ask("SELECT count(unmatched) FROM results"), "0");
		assert_says(ask("SELECT error FROM pages"), "'slow' was stopped by the");
		assert_says(ask("SELECT error FROM pages"), rows[i].says);
		run = RUN("failed");
		assert_code(run, 0);
		assert_says(run->out, url("/page/1"));
		assert_says(run->out, rows[i].says);
		assert_says(run->error, "1 read, but rows are missing");
		assert_code(RUN(url("/page/1"), "--retry-failed", QUICK, "-e", CATASTROPHE), 0);
		assert_string_equal(ask("SELECT outcome FROM pages"), "pattern_limit");
		assert_int_equal(ask_number("SELECT count(*) FROM heads"), 1);
		assert_string_equal(ask("SELECT limit_hits FROM pattern_stats ORDER BY pattern"),
				    "0\n1");
	}
}

/* ---- a new pass, a changed pattern ---- */

static void the_rows_of_a_page_are_replaced_as_one(void **state)
{
	(void)state;
	for (int pass = 1; pass <= 3; pass++) {
		char wanted[64];

		assert_code(RUN(url("/changing"), QUICK, "-e",
				"version=class=\"version\">(?<number>\\d+)<"),
			    0);
		snprintf(wanted, sizeof(wanted), "1|%d", pass);
		assert_string_equal(ask("SELECT n, number FROM version"), wanted);
	}
}

static void a_page_that_fails_keeps_the_rows_it_had(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), QUICK, "-e", "heads=<h1>(?<text>.*?)</h1>"), 0);
	assert_int_equal(site_stop(&site), 0);
	assert_code(RUN(url("/page/1"), QUICK, "--set", "robots=false", "-e",
			"heads=<h1>(?<text>.*?)</h1>"),
		    1);
	assert_string_equal(ask("SELECT text FROM heads"), "page 1");
	assert_string_equal(ask("SELECT state, outcome, title, size FROM pages"),
			    "failed|connect|page 1|10039");
}

/* The same films stand on every board, at other places: the last one seen is the row's page. */
static void a_key_makes_one_row_of_what_two_pages_show(void **state)
{
	static const char config[] =
		"patterns:\n"
		"  - name: films\n"
		"    url: '/board/(?<board>\\d+)'\n"
		"    pattern: '<p class=\"name\"><a href=\"/films/(?<id>\\d+)\" "
		"title=\"(?<title>.*?)\"'\n"
		"    fields: {id: {type: integer}, board: {type: integer}}\n"
		"    key: [id]\n";

	(void)state;
	write_text("films.yaml", "%s", config);
	assert_code(RUN(url("/board/4?offset=0"), url("/board/5?offset=0"), "-c", "films.yaml",
			QUICK, "--concurrency", "1"),
		    0);
	/* Board 5 begins with the second film. */
	assert_string_equal(ask("SELECT board, count(*), count(DISTINCT id) FROM films GROUP BY 1"),
			    "4|1|1\n5|10|10");
	assert_string_equal(ask("SELECT title FROM films WHERE id = 1021"), "雨夜的邮差");
}

static void a_field_that_is_new_in_a_pattern_is_a_new_column(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), QUICK, "-e", "heads=<h1>(?<text>.*?)</h1>"), 0);
	assert_code(RUN(url("/page/1"), url("/page/2"), QUICK, "-e",
			"heads=<h1>(?<text>page (?<number>\\d+))</h1>"),
		    0);
	assert_string_equal(ask("SELECT text, number FROM heads ORDER BY page_url"),
			    "page 1|1\npage 2|2");
	/* What was taken out stays, and is empty from now on. */
	assert_code(RUN("--all", QUICK, "-e", "heads=<h1>page (?<number>\\d+)</h1>"), 0);
	assert_string_equal(ask("SELECT number, text FROM heads ORDER BY page_url"), "1|-\n2|-");
}

static void a_field_of_another_type_changes_its_column(void **state)
{
	static const char config[] = "patterns:\n"
				     "  - name: heads\n"
				     "    pattern: '<h1>page (?<number>\\d+)</h1>'\n"
				     "    fields: {number: {type: %s}}\n";

	(void)state;
	write_text("config.yaml", config, "text");
	assert_code(RUN(url("/page/1"), "-c", "config.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT number, typeof(number) FROM heads"), "1|text");
	write_text("config.yaml", config, "integer");
	assert_code(RUN(url("/page/2"), "-c", "config.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT number, typeof(number) FROM heads ORDER BY 1"),
			    "1|integer\n2|integer");
}

/* Refused where the file says it, before a database is made or a request leaves. */
static void assert_name_is_refused(const char *name)
{
	struct program *runs[3];

	write_text("config.yaml", "patterns:\n  - name: '%s'\n    pattern: '<h1>(?<a>.*?)</h1>'\n",
		   name);
	runs[0] = RUN("check", "config.yaml");
	runs[1] = RUN(url("/page/1"), "-c", "config.yaml", "-o", "new.db", "--dry-run");
	runs[2] = RUN(url("/page/1"), "-c", "config.yaml", "-o", "new.db", QUICK);
	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		assert_code(runs[i], 2);
		assert_says(runs[i]->error, "config.yaml:2:11: error: '");
		assert_says(runs[i]->error, "\n          ^\n");
	}
	assert_int_not_equal(access(in_folder("new.db"), F_OK), 0);
	assert_int_equal(site_requests().count, 0);
}

static void capitals(char *text)
{
	for (; *text; text++)
		*text = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
}

/* Whatever a new database holds, and whatever it will hold one day. */
static void a_pattern_called_like_something_of_crawls_own_is_refused(void **state)
{
	static const char *const more[] = { "crawl_",     "Crawl_anything", "sqlite_x",    "Gone",
					    "tries_MADE", "Rows of heads",  "key of heads" };
	char names[4096], *name, *rest = names;
	size_t count = 0;

	(void)state;
	assert_code(RUN("check", "-e", "heads=<h1>(?<text>.*?)</h1>"), 0);
	assert_code(RUN("-", "-e", "heads=<h1>(?<text>.*?)</h1>"), 1);
	snprintf(names, sizeof(names), "%s",
		 ask("SELECT name FROM sqlite_schema WHERE name <> 'heads'"));
	for (; (name = strsep(&rest, "\n")); count++) {
		assert_name_is_refused(name);
		capitals(name);
		assert_name_is_refused(name);
	}
	assert_true(count >= 12);
	for (size_t i = 0; i < COUNT_OF(more); i++)
		assert_name_is_refused(more[i]);
}

/* What SQL has a meaning for, or SQLite has by itself, is a name like any other. */
static void words_of_sql_are_names_like_others(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), QUICK, "-e", "order=<h1>(?<group>.*?)</h1>", "-e",
			"select=<h1>(?<rowid>.*?)</h1>", "-e", "main=<h1>(?<oid>.*?)</h1>", "-e",
			"sqlite=<h1>(?<_rowid_>.*?)</h1>", "-e", "crawl=<h1>(?<row_id>.*?)</h1>",
			"-e", "transaction=<h1>(?<key>.*?)</h1>"),
		    0);
	assert_string_equal(ask("SELECT \"group\" FROM \"order\""), "page 1");
	assert_string_equal(ask("SELECT \"rowid\" FROM \"select\""), "page 1");
	assert_string_equal(ask("SELECT oid FROM main.main"), "page 1");
	assert_string_equal(ask("SELECT _rowid_ FROM sqlite"), "page 1");
	assert_string_equal(ask("SELECT row_id FROM crawl"), "page 1");
	assert_string_equal(ask("SELECT \"key\" FROM \"transaction\""), "page 1");
}

/* Every charset of the site: patterns see text, not bytes. */
static void patterns_see_utf_8_whatever_came(void **state)
{
	(void)state;
	assert_code(RUN(url("/charset/gb2312"), url("/charset/koi8-r"), url("/charset/shift_jis"),
			QUICK, "-e", "heads=<h1>(?<text>.*?)</h1>"),
		    0);
	assert_string_equal(ask("SELECT text FROM heads ORDER BY page_url"),
			    "你好，世界\nПривет мир\nこんにちは");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_film_board_gives_a_hundred_exact_rows),
		TEST(the_film_board_is_followed_from_its_first_page),
		TEST(a_second_pass_over_the_board_adds_no_row),
		TEST(a_missing_field_is_null_and_never_borrowed),
		TEST(a_pattern_of_the_command_line_makes_a_table),
		TEST(a_pattern_that_matches_nothing_is_said_aloud),
		TEST(a_pattern_out_of_its_budget_is_recorded_and_spares_the_others),
		TEST(the_rows_of_a_page_are_replaced_as_one),
		TEST(a_page_that_fails_keeps_the_rows_it_had),
		TEST(a_key_makes_one_row_of_what_two_pages_show),
		TEST(a_field_that_is_new_in_a_pattern_is_a_new_column),
		TEST(a_field_of_another_type_changes_its_column),
		TEST(a_pattern_called_like_something_of_crawls_own_is_refused),
		TEST(words_of_sql_are_names_like_others),
		TEST(patterns_see_utf_8_whatever_came),
	};

	if (!realpath("config/maoyan.yaml", board_config)) {
		fprintf(stderr, "config/maoyan.yaml is not here: run me from the repository\n");
		return EXIT_FAILURE;
	}
	return RUN_TESTS(tests);
}
