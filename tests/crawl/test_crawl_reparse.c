#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what is parsed again from what was kept is what a crawl with the new
 * patterns would have made, nothing is asked of the network for it, and the next pass knows it.
 *
 * KILL_ROUNDS in the environment says how often it is killed, for a longer look.
 */
#define QUICK  "--delay", "0", "--set", "retries=0", "--concurrency", "1", "-j", "1"
#define PAGES  40
#define ROUNDS 8

static int begin(void **state)
{
	(void)state;
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A film is on two pages that follow each other, so that a key has two pages to belong to. */
static void write_pages(unsigned count)
{
	FILE *list = fopen(in_folder("list"), "w");

	for (unsigned page = 0; page < count; page++) {
		char name[64];

		snprintf(name, sizeof(name), "root/p%u.html", page);
		write_text(name,
			   "<title>%u</title><h1>Page %u</h1>\n"
			   "<li id=%u class=%s><b>Film %u</b> <i>%u.50</i></li>\n"
			   "<li id=%u class=new><b>Film %u</b> <i>none</i></li>\n",
			   page, page, page, page % 3 ? "old" : "new", page, page, page + 1,
			   page + 1);
		fprintf(list, "%s/p%u.html\n", site.origin, page);
	}
	fclose(list);
}

static void write_config(const char *patterns)
{
	write_text("c.yaml", "%s", patterns);
}

static void crawl_into(const char *database)
{
	assert_code(RUN("list", "-c", "c.yaml", "-o", database, QUICK), 0);
}

#define FILMS(more)                                                               \
	"patterns:\n  - name: films\n    pattern: '<li id=(?<id>\\d+)[^>]*><b>(?" \
	"<title>[^<]*)</b> <i>(?<score>[^<]*)'\n" more

/* Each film, and what its child finds in it. */
#define FAMILY(more, child)                                                                 \
	"patterns:\n  - name: films\n    each: '<li .*?</li>'\n    fields: {id: {pattern: " \
	"'id=(\\d+)'}}\n" more "    children: [{name: part, pattern: '" child "'}]\n"

/* What a reparse must make equal to a fresh crawl: rows, and what is said of pages. */
static char *results(const char *database, const char *columns)
{
	char *all = NULL, sql[300];
	size_t size;
	FILE *out = open_memstream(&all, &size);

	snprintf(sql, sizeof(sql), "SELECT page_url, n, %s FROM films ORDER BY 1, 2", columns);
	fprintf(out, "%s\n", ask_in(database, sql));
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_schema WHERE name = 'films_part'");
	if (strcmp(ask_in(database, sql), "1") == 0)
		fprintf(out, "%s\n",
			ask_in(database,
			       "SELECT page_url, parent, n FROM films_part ORDER BY 1, 3"));
	fprintf(out, "%s\n",
		ask_in(database, "SELECT url, state, outcome, error, unmatched, config_hash"
				 " FROM results JOIN urls ON id = url_id WHERE read_at NOT NULL"
				 " ORDER BY 1"));
	fprintf(out, "%s\n",
		ask_in(database, "SELECT sql FROM sqlite_schema WHERE name LIKE 'crawl_key_%'"));
	fclose(out);
	return all;
}

static void assert_as_fresh(const char *columns)
{
	char *parsed = results(in_folder("crawl.db"), columns), *fresh;

	crawl_into("fresh.db");
	fresh = results(in_folder("fresh.db"), columns);
	assert_string_equal(parsed, fresh);
	remove(in_folder("fresh.db"));
	free(parsed);
	free(fresh);
}

/* ---- equal to a fresh crawl ---- */

static void rows_are_those_of_a_crawl_with_the_new_patterns(void **state)
{
	static const struct {
		const char *before, *after, *columns, *counts; /* added, removed, changed */
	} rows[] = {
		{ FILMS(""), FILMS("    flags: i\n"), "id, title, score", "0|0|0" },
		{ FILMS(""), FILMS("    url: 'p1'\n"), "id, title, score", "0|58|0" },
		{ FILMS("    url: 'p1'\n"), FILMS(""), "id, title, score", "58|0|0" },
		{ FILMS(""), FILMS("    fields: {title: {clean: upper}}\n"), "title, id, score",
		  "0|0|80" },
		{ FILMS(""), FILMS("    fields: {score: {type: real, clean: number}}\n"),
		  "score, typeof(score), id, title", "0|0|80" },
		{ FILMS("    fields: {score: {type: real, clean: number}}\n"), FILMS(""),
		  "score, typeof(score), id, title", "0|0|80" },
		{ FILMS(""), FILMS("    fields: {id: {type: integer}, score: {type: json}}\n"),
		  "id, typeof(id), title, score", "0|0|80" },
		{ FILMS(""), FILMS("    key: id\n"), "id, title, score", "0|39|0" },
		{ FILMS("    key: id\n"), FILMS(""), "id, title, score", "39|0|0" },
		{ FILMS("    key: id\n"), FILMS("    key: [title, score]\n"), "id, title, score",
		  "39|0|0" },
		{ FILMS("    key: id\n"),
		  FILMS("    key: id\n    fields: {title: {clean: lower}}\n"), "title, id, score",
		  "0|0|41" },
		{ FILMS("    key: id\n"), FILMS("    key: id\n    fields: {id: {type: integer}}\n"),
		  "id, typeof(id), title, score", "41|41|0" },
		/* The second sight of a film does not match any more: it is the first one's again.
		 */
		{ FILMS("    key: id\n"),
		  "patterns:\n  - {name: films, key: id, pattern: '<li id=(?<id>\\d+) "
		  "class=new>'}\n",
		  "id", "0|0|26" },
		{ "patterns:\n  - {name: heads, pattern: '<h1>(?<h>.*?)<'}\n", FILMS(""),
		  "id, title, score", "80|0|0" },
		{ FILMS("  - {name: heads, pattern: '<h1>(?<h>.*?)<'}\n"), FILMS(""),
		  "id, title, score", NULL },
		{ FAMILY("", "<b>(?<title>[^<]*)"), FAMILY("", "<i>(?<score>[^<]*)"), "id", NULL },
		{ FAMILY("", "<b>(?<title>[^<]*)"), FAMILY("    key: id\n", "<b>(?<title>[^<]*)"),
		  "id", "0|39|0" },
		{ FAMILY("    key: id\n", "<b>(?<title>[^<]*)"),
		  FAMILY("    key: id\n    flags: i\n", "<i>(?<score>[^<]*)"), "id", "0|0|0" },
		{ FAMILY("    key: id\n", "<b>(?<title>[^<]*)"),
		  FAMILY("    key: id\n    url: 'p[12]'\n", "<b>(?<title>[^<]*)"), "id", NULL },
		{ FILMS(""), FAMILY("", "<b>(?<title>[^<]*)"), "id", "0|0|0" },
		{ FAMILY("", "nowhere") "  - {name: heads, pattern: '<h1>(?<h>.*?)<'}\n",
		  FAMILY("", "nowhere") "  - {name: heads, pattern: '<h2>(?<h>.*?)<'}\n", "id",
		  NULL },
		{ FILMS("  - {name: none, pattern: 'nowhere'}\n"),
		  FILMS("    flags: s\n  - {name: none, pattern: 'nowhere'}\n"), "id, title, score",
		  "0|0|0" },
		{ FILMS("  - {name: none, pattern: 'nowhere'}\n"),
		  FILMS("  - {name: none, pattern: 'Page 7'}\n"), "id, title, score", NULL },
	};

	(void)state;
	write_pages(PAGES);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t asked;
		struct program *run;

		write_config(rows[i].before);
		crawl_into("crawl.db");
		asked = site_requests().count;
		write_config(rows[i].after);
		run = RUN("reparse", "-c", "c.yaml", "--json");
		assert_code(run, 0);
		assert_int_equal(site_requests().count, asked);
		if (rows[i].counts) {
			char wanted[100];
			unsigned added, removed, changed;

			sscanf(rows[i].counts, "%u|%u|%u", &added, &removed, &changed);
			snprintf(wanted, sizeof(wanted),
				 "\"added\":%u,\"removed\":%u,\"changed\":%u}", added, removed,
				 changed);
			assert_says(run->out, "\"pattern\":\"films\"");
			assert_says(run->out, wanted);
		}
		assert_as_fresh(rows[i].columns);
		assert_says(RUN("reparse", "-c", "c.yaml")->error, "nothing to do");
		remove(in_folder("crawl.db"));
	}
}

/* Of a pattern that means the same nothing is touched, whatever it would find. */
static void a_pattern_that_means_the_same_is_left_alone(void **state)
{
	(void)state;
	write_pages(3);
	write_config(FILMS("  - {name: heads, pattern: '<h1>(?<h>.*?)<'}\n"));
	crawl_into("crawl.db");
	ask("UPDATE crawl_rows_heads SET h = 'mine'");
	write_config(FILMS("    flags: i\n  # and a comment\n"
			   "  - {pattern: \"<h1>(?<h>.*?)<\", name: heads}\n"));
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT DISTINCT h FROM heads"), "mine");
	/* Named, it is run whatever it means; and no other is. */
	ask("UPDATE crawl_rows_films SET title = 'mine'");
	assert_code(RUN("reparse", "heads", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT h FROM heads ORDER BY 1"), "Page 0\nPage 1\nPage 2");
	assert_string_equal(ask("SELECT DISTINCT title FROM films"), "mine");
}

/* What is still to be run is known after one pattern was named. */
static void patterns_may_be_parsed_one_by_one(void **state)
{
	struct program *run;

	(void)state;
	write_pages(3);
	write_config(FILMS("  - {name: heads, pattern: '<h1>(?<h>.*?)<'}\n"));
	crawl_into("crawl.db");
	write_config(FILMS("    flags: s\n  - {name: heads, pattern: '<h1>(?<h>Page.*?)<'}\n"));
	run = RUN("reparse", "heads", "-c", "c.yaml", "--json");
	assert_says(run->out, "heads");
	assert_silent_on(run->out, "films");
	run = RUN("reparse", "-c", "c.yaml", "--json");
	assert_says(run->out, "films");
	assert_silent_on(run->out, "heads");
	assert_says(RUN("reparse", "-c", "c.yaml")->error, "nothing to do");
	assert_as_fresh("id, title, score");
}

/* ---- what the next pass asks ---- */

static void the_next_pass_asks_with_conditions(void **state)
{
	static const struct {
		const char *more, *outcome;
		bool is_parsed;
	} rows[] = {
		{ "", "ok", false }, /* the first crawl */
		{ "    flags: s\n", "not_modified", true },
		{ "    flags: si\n", "ok", false },
		{ "    flags: s\n  - {name: new, pattern: x}\n", "not_modified", true },
		{ "    flags: s\n", "not_modified", true }, /* of a pattern less */
		/* Links that nobody looked for are not in what was kept. */
		{ "    flags: i\nfollow: [{link: '/p1'}]\n", "ok", true },
		{ "    flags: s\nfollow: [{link: '/p1'}]\n", "not_modified", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char config[600];

		snprintf(config, sizeof(config), FILMS("%s"), rows[i].more);
		write_config(config);
		if (rows[i].is_parsed)
			assert_code(RUN("reparse", "-c", "c.yaml"), 0);
		assert_code(RUN(url("/etag"), "-c", "c.yaml", QUICK), 0);
		assert_string_equal(ask("SELECT outcome FROM pages"), rows[i].outcome);
	}
}

static void a_page_that_was_not_kept_stays_and_is_read_again(void **state)
{
	struct program *run;

	(void)state;
	write_pages(3);
	write_config(FILMS(""));
	crawl_into("crawl.db");
	ask("DELETE FROM bodies WHERE url_id = 2");
	write_config(FILMS("    fields: {title: {clean: upper}}\n"));
	run = RUN("reparse", "-c", "c.yaml");
	assert_code(run, 0);
	assert_says(run->error, "1 page is not kept: its rows stay until a crawl reads it again");
	assert_string_equal(ask("SELECT title FROM films"),
			    "FILM 0\nFILM 1\nFilm 1\nFilm 2\nFILM 2\nFILM 3");
	run = RUN("reparse", "-c", "c.yaml");
	assert_says(run->error, "1 page is not kept");
	crawl_into("crawl.db");
	assert_string_equal(ask("SELECT count(*) FROM films WHERE title GLOB 'FILM*'"), "6");
	assert_says(RUN("reparse", "-c", "c.yaml")->error, "nothing to do");
}

/* Its row goes with a new key, for a later page has one that is equal: so do those within it. */
static void a_page_that_was_not_kept_has_no_children_of_a_row_that_is_gone(void **state)
{
	(void)state;
	write_pages(3);
	write_config(FAMILY("", "<b>[^<]*"));
	crawl_into("crawl.db");
	ask("DELETE FROM bodies WHERE url_id = 1");
	write_config(FAMILY("    key: id\n", "<b>[^<]*"));
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT n FROM films WHERE page_url LIKE '%p0.html'"), "1");
	assert_string_equal(ask("SELECT parent FROM films_part WHERE page_url LIKE '%p0.html'"),
			    "1");
}

/* ---- a dry run ---- */

static void a_dry_run_says_the_same_and_writes_nothing(void **state)
{
	char *before, *after, *said;
	struct program *run;

	(void)state;
	write_pages(PAGES);
	write_config(FILMS("    key: id\n"));
	crawl_into("crawl.db");
	before = results(in_folder("crawl.db"), "id, title, score");
	write_config(FILMS("    fields: {id: {type: integer}}\n    url: 'p[123]'\n"));
	run = RUN("reparse", "-c", "c.yaml", "--dry-run");
	assert_code(run, 0);
	assert_says(run->error, "dry run: nothing was written");
	said = strdup(run->out);
	after = results(in_folder("crawl.db"), "id, title, score");
	assert_string_equal(after, before);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	run = RUN("reparse", "-c", "c.yaml");
	assert_string_equal(run->out, said);
	free(before);
	free(after);
	free(said);
}

/* ---- limits ---- */

/* Matches nothing, slowly: the limit stops it. */
#define SLOW \
	"patterns:\n  - {name: films, pattern: '(x+x+)+y(?<id>)'}\ncrawl: {match_limit: 1000}\n"
#define FAST "patterns:\n  - {name: films, pattern: '(x+)y?(?<id>)'}\ncrawl: {match_limit: 1000}\n"

static void the_cure_of_a_limit_is_the_pattern_and_reparse(void **state)
{
	struct program *run;

	(void)state;
	write_text("root/a.html", "%s",
		   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxz y w");
	write_text("list", "%s\n", url("/a.html"));
	write_config(FAST);
	crawl_into("crawl.db");
	write_config(SLOW);
	run = RUN("reparse", "-c", "c.yaml");
	assert_code(run, 1);
	assert_says(run->error, "1 page ran into a limit, and rows are missing: crawl failed");
	assert_string_equal(ask("SELECT state, outcome FROM pages"), "done|pattern_limit");
	assert_says(RUN("failed")->out, "pattern 'films' was stopped by the match limit");
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 1);
	write_config(FAST);
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT state, outcome, error FROM pages"), "done|ok|-");
	assert_says(RUN("failed")->error, "nothing has failed");
	assert_as_fresh("id");
}

/* Another pattern's limit is still there when one is cured. */
static void a_limit_of_a_pattern_that_is_not_run_stays(void **state)
{
	static const char config[] = "patterns:\n"
				     "  - {name: films, pattern: '%s(?<id>)'}\n"
				     "  - {name: others, pattern: '(x+x+)+y'}\n"
				     "  - {name: none, pattern: 'nothing'}\n"
				     "crawl: {match_limit: 1000}\n";
	char text[400];

	(void)state;
	write_text("root/a.html", "%s",
		   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxz y w");
	write_text("list", "%s\n", url("/a.html"));
	snprintf(text, sizeof(text), config, "(x+x+)+w");
	write_config(text);
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 1);
	assert_string_equal(ask("SELECT unmatched, error FROM results"),
			    "none|pattern 'films' was stopped by the match limit: its rows are "
			    "incomplete; pattern 'others' was stopped by the match limit: its rows "
			    "are incomplete");
	snprintf(text, sizeof(text), config, "q");
	write_config(text);
	assert_code(RUN("reparse", "-c", "c.yaml"), 1);
	assert_string_equal(ask("SELECT outcome, unmatched, error FROM results"),
			    "pattern_limit|films, none|pattern 'others' was stopped by the match "
			    "limit: its rows are incomplete");
}

/* JSON that breaks off is noted of its pattern, whichever others are run. */
static void a_note_of_broken_json_is_its_patterns(void **state)
{
	static const char json[] =
		"patterns:\n"
		"  - {name: films, each: {json: '$[*]'}, fields: {id: {json: $.id}}}\n"
		"  - {name: heads, pattern: '%s'}\n";
	char text[300];

	(void)state;
	write_text("root/a.json", "[{\"id\": 1}, {\"id\": 2}, {\"id\": ");
	write_text("list", "%s\n", url("/a.json"));
	write_config("patterns: [{name: films, pattern: 'id. (?<id>\\d)'}]\n");
	crawl_into("crawl.db");
	snprintf(text, sizeof(text), json, "one");
	write_config(text);
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_says(ask("SELECT outcome, error FROM pages"),
		    "ok|pattern 'films': the JSON breaks at byte ");
	assert_as_fresh("id");
	snprintf(text, sizeof(text), json, "two");
	write_config(text);
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_as_fresh("id");
	write_config("patterns: [{name: films, pattern: 'id. (?<id>\\d)'}]\n");
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_as_fresh("id");
}

/* ---- mixed, disturbed, killed ---- */

static void kill_after(struct program *run, long ms, int how)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
	kill(run->pid, how);
	program_wait(run);
}

/* Pages of two configs, after a crawl with the second was stopped: keys go by visits all the same.
 */
static void what_a_crawl_has_begun_reparse_ends(void **state)
{
	struct program *run;

	(void)state;
	write_pages(PAGES);
	write_config(FILMS("    key: id\n"));
	crawl_into("crawl.db");
	write_config(FILMS("    key: id\n    fields: {title: {clean: upper}}\n"));
	run = START("list", "-c", "c.yaml", "--delay", "200ms", "--concurrency", "1", "-j", "1");
	assert_true(WAIT_UNTIL(
		ask_number("SELECT count(*) FROM films WHERE title GLOB 'F[A-Z]*'") >= 5));
	kill_after(run, 0, SIGKILL);
	assert_true(ask_number("SELECT count(*) FROM films WHERE title GLOB 'F[a-z]*'") > 0);
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT title) FROM films"), "41|41");
	assert_string_equal(ask("SELECT count(*) FROM films WHERE title GLOB 'F[a-z]*'"), "0");
	/* Each film's row is of the page that was visited last of the two that show it. */
	assert_string_equal(
		ask("SELECT count(*) FROM films f JOIN urls u ON u.url = f.page_url"
		    " JOIN results r ON r.url_id = u.id WHERE EXISTS (SELECT 1 FROM results o JOIN"
		    " urls v ON v.id = o.url_id WHERE o.visit > r.visit AND (v.url LIKE '%/p' || "
		    "f.id"
		    " || '.html' OR v.url LIKE '%/p' || (f.id - 1) || '.html'))"),
		"0");
}

/* A run that does not ask for what was read with other patterns says how they get there. */
static void a_run_says_that_patterns_have_changed(void **state)
{
	static const char advice[] = "patterns have changed since the last run: crawl reparse";
	struct program *run;

	(void)state;
	write_pages(3);
	write_config(FILMS(""));
	crawl_into("crawl.db");
	run = RUN("list", "-c", "c.yaml", "--retry-failed", QUICK);
	assert_silent_on(run->error, advice);
	write_config(FILMS("    flags: s\n"));
	run = RUN(url("/page/1"), "-c", "c.yaml", QUICK);
	assert_says(run->error, advice);
	write_config(FILMS("    flags: i\n"));
	run = RUN("list", "-c", "c.yaml", "--retry-failed", QUICK);
	assert_says(run->error, advice);
	write_config(FILMS("    flags: s\n"));
	run = RUN("list", "-c", "c.yaml", "--all", QUICK);
	assert_silent_on(run->error, advice); /* all of them are asked for */
}

static unsigned rounds(void)
{
	const char *wanted = getenv("KILL_ROUNDS");

	return wanted ? (unsigned)strtoul(wanted, NULL, 10) : ROUNDS;
}

#define MANY 5000 /* so many that they take a few commits */

/* Back and forth between two configs of one database, killed on the way. */
static void a_reparse_that_is_killed_ends_as_one_that_was_not(void **state)
{
	static const char *const configs[] = {
		FILMS("    key: id\n"),
		FILMS("    key: [title]\n    fields: {id: {type: integer}, title: {clean: "
		      "upper}}\n"),
	};
	static const char columns[] = "id, typeof(id), title, score";
	char *whole[2], *killed;
	int64_t begun_ms, took_ms = INT64_MAX;
	unsigned halfway = 0;

	(void)state;
	write_pages(MANY);
	for (int i = 0; i < 2; i++) {
		write_config(configs[i]);
		crawl_into("whole.db");
		whole[i] = results(in_folder("whole.db"), columns);
		remove(in_folder("whole.db"));
	}
	write_config(configs[0]);
	crawl_into("crawl.db");
	for (unsigned round = 1; round <= rounds(); round++) {
		write_config(configs[round % 2]);
		if (round <= 2) { /* how long it takes undisturbed */
			begun_ms = test_clock_ms();
			assert_code(RUN("reparse", "-c", "c.yaml"), 0);
			begun_ms = test_clock_ms() - begun_ms;
			took_ms = begun_ms < took_ms ? begun_ms : took_ms;
		} else {
			for (int kills = 0; kills < 2; kills++) {
				kill_after(START("reparse", "-c", "c.yaml"),
					   random() % (took_ms + 1), SIGKILL);
				halfway += ask_number("SELECT count(DISTINCT config_hash)"
						      " FROM results") > 1;
			}
			assert_code(RUN("reparse", "-c", "c.yaml"), 0);
		}
		killed = results(in_folder("crawl.db"), columns);
		if (strcmp(killed, whole[round % 2]) != 0)
			fail_msg("round %u: rows differ", round);
		free(killed);
	}
	assert_true(halfway > 0);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	free(whole[0]);
	free(whole[1]);
}

static void ctrl_c_leaves_what_was_done(void **state)
{
	struct program *run;

	(void)state;
	write_pages(MANY);
	write_config(FILMS(""));
	crawl_into("crawl.db");
	write_config(FILMS("    flags: i\n"));
	run = START("reparse", "-c", "c.yaml");
	kill_after(run, 15, SIGINT);
	if (run->code == 130)
		assert_says(run->error, "stopped: the same command goes on");
	else
		assert_true(run->code == 0 || run->code == -SIGINT); /* too late, or too early */
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_as_fresh("id, title, score");
}

/* What was committed until then stays; with room again the same command goes on. */
static void a_full_disk_is_said_and_costs_nothing(void **state)
{
	struct program_setup setup = { .file_bytes_max = 200 * 1024 }; /* of the log */
	struct program *run;

	(void)state;
	write_pages(MANY);
	write_config(FILMS("    key: id\n"));
	crawl_into("crawl.db");
	write_config(FILMS("    key: title\n    fields: {id: {type: integer}}\n"));
	run = RUN_WITH(&setup, "reparse", "-c", "c.yaml");
	assert_code(run, 3);
	assert_says(run->error, "disk");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	assert_string_equal(ask("SELECT count(*) FROM films"), "5001");
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_as_fresh("id, typeof(id), title, score");
}

/* ---- who may, and what is wrong ---- */

static void what_is_wrong_is_said_before_anything_is_done(void **state)
{
	static const struct {
		const char *arguments[6];
		int code;
		const char *says;
	} rows[] = {
		{ { "reparse", "films", "-c", "c.yaml", "-o", "none.db" },
		  3,
		  "there is no none.db: crawl first, or name another with -o" },
		{ { "reparse", "fims", "-c", "c.yaml" },
		  2,
		  "no pattern is called fims: did you mean films" },
		{ { "reparse", "zzzzz", "-c", "c.yaml" },
		  2,
		  "no pattern is called zzzzz (crawl check lists them)" },
		{ { "reparse", "-c", "missing.yaml" }, 2, "missing.yaml" },
		{ { "reparse" }, 2, "no patterns: name a config with -c, or give one with -e" },
		{ { "reparse", "-c", "c.yaml", "-o", "list" },
		  3,
		  "list is not a database: choose another file with -o" },
		{ { "reparse", "-c", "c.yaml", "-o", "empty.db" }, 0, "empty.db has no pages yet" },
	};

	(void)state;
	write_pages(2);
	write_config(FILMS(""));
	crawl_into("crawl.db");
	RUN("-", "-o", "empty.db");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *arguments[8] = { NULL };
		struct program *run;

		memcpy(arguments, rows[i].arguments, sizeof(rows[i].arguments));
		run = program_run(&(struct program_setup){ 0 }, arguments);
		assert_code(run, rows[i].code);
		assert_says(run->error, rows[i].says);
	}
	assert_int_not_equal(access(in_folder("none.db"), F_OK), 0);
}

static void nobody_parses_while_a_crawl_writes(void **state)
{
	struct program *crawl, *run;

	(void)state;
	write_pages(2);
	write_config(FILMS(""));
	crawl = START("list", "-c", "c.yaml", "--delay", "5s", "--concurrency", "1");
	assert_true(WAIT_UNTIL(site_requests().count >= 1));
	run = RUN("reparse", "-c", "c.yaml");
	assert_code(run, 3);
	assert_says(run->error, "crawl.db is in use by another crawl");
	kill_after(crawl, 0, SIGKILL);
}

/* ---- pages of all kinds ---- */

/* GBK's own queries, a page that is no text, one that is gone, one that moved. */
static void every_kind_of_page_is_parsed_as_when_it_was_read(void **state)
{
	static const unsigned char gbk[] = "<meta charset=gbk><a href='?q=\xd6\xd0\x80'>x";

	(void)state;
	write_bytes("root/gbk.html", gbk, sizeof(gbk) - 1);
	write_bytes("root/image.png", "\x89PNG\r\n\x1a\n<a href='no'>", 22);
	write_text("root/gone.html", "<a href='gone'>");
	write_text("root/empty.html", "%s", "");
	write_text("list", "%s\n%s\n%s\n%s\n%s\n", url("/gbk.html"), url("/image.png"),
		   url("/gone.html"), url("/redirect/2?to=/gbk.html"), url("/empty.html"));
	write_config("patterns: [{name: films, pattern: '<a href=(?<id>.)'}]\n");
	crawl_into("crawl.db");
	write_config("patterns:\n  - name: films\n    pattern: \"<a href='(?<id>.*?)'\"\n"
		     "    fields: {id: {clean: url}}\n");
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_as_fresh("id");
	unlink(in_folder("root/gone.html"));
	assert_code(RUN("list", "-c", "c.yaml", QUICK), 1);
	write_config("patterns: [{name: films, pattern: '<a href=(?<id>...)'}]\n");
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT id FROM films JOIN gone USING (page_url)"), "'go");
}

static void a_body_that_is_damaged_is_told_and_its_rows_stay(void **state)
{
	struct program *run;

	(void)state;
	write_pages(2);
	write_config(FILMS(""));
	crawl_into("crawl.db");
	ask("UPDATE bodies SET body = x'28b52ffd' WHERE url_id = 1");
	write_config(FILMS("    fields: {title: {clean: upper}}\n"));
	run = RUN("reparse", "-c", "c.yaml");
	assert_code(run, 1);
	assert_says(run->error, "p0.html: what is kept of it is damaged: its rows stay");
	assert_string_equal(ask("SELECT title FROM films"), "Film 0\nFilm 1\nFILM 1\nFILM 2");
}

/* It would have to be brought up to date, which is a change. */
static void a_dry_run_leaves_a_database_of_an_older_crawl_alone(void **state)
{
	char copy[300];
	struct program *run;

	(void)state;
	snprintf(copy, sizeof(copy), "cp tests/data/store/schema-3.db %s", in_folder("crawl.db"));
	assert_int_equal(system(copy), 0);
	write_config("patterns: [{name: books, pattern: x}]\n");
	run = RUN("reparse", "-c", "c.yaml", "--dry-run");
	assert_code(run, 3);
	assert_says(run->error,
		    "crawl.db is of an older crawl (schema 3): a dry run changes nothing");
	assert_string_equal(ask("PRAGMA user_version"), "3");
	run = RUN("reparse", "-c", "c.yaml");
	assert_code(run, 0);
	assert_says(run->error, "crawl.db: schema 3 becomes 7");
	assert_string_equal(ask("PRAGMA user_version"), "7");
}

/* Databases of before the visits were numbered: by the time, then by the number. */
static void visits_that_have_no_number_go_by_their_time(void **state)
{
	(void)state;
	write_pages(3);
	write_config(FILMS(""));
	crawl_into("crawl.db");
	ask("UPDATE results SET visit = NULL, fetched_at = CASE url_id WHEN 1 THEN"
	    " '2026-01-03T00:00:00.000Z' ELSE '2026-01-02T00:00:00.000Z' END");
	write_config(FILMS("    key: id\n"));
	assert_code(RUN("reparse", "-c", "c.yaml"), 0);
	assert_string_equal(ask("SELECT id, substr(page_url, -7, 2) FROM films ORDER BY id"),
			    "0|p0\n1|p0\n2|p2\n3|p2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_are_those_of_a_crawl_with_the_new_patterns),
		T(a_pattern_that_means_the_same_is_left_alone),
		T(patterns_may_be_parsed_one_by_one),
		T(the_next_pass_asks_with_conditions),
		T(a_page_that_was_not_kept_stays_and_is_read_again),
		T(a_page_that_was_not_kept_has_no_children_of_a_row_that_is_gone),
		T(a_dry_run_says_the_same_and_writes_nothing),
		T(the_cure_of_a_limit_is_the_pattern_and_reparse),
		T(a_limit_of_a_pattern_that_is_not_run_stays),
		T(a_note_of_broken_json_is_its_patterns),
		T(what_a_crawl_has_begun_reparse_ends),
		T(a_run_says_that_patterns_have_changed),
		T(a_reparse_that_is_killed_ends_as_one_that_was_not),
		T(ctrl_c_leaves_what_was_done),
		T(a_full_disk_is_said_and_costs_nothing),
		T(what_is_wrong_is_said_before_anything_is_done),
		T(nobody_parses_while_a_crawl_writes),
		T(every_kind_of_page_is_parsed_as_when_it_was_read),
		T(a_body_that_is_damaged_is_told_and_its_rows_stay),
		T(a_dry_run_leaves_a_database_of_an_older_crawl_alone),
		T(visits_that_have_no_number_go_by_their_time),
	};

	return RUN_TESTS(tests);
}
