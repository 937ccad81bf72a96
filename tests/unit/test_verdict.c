#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/report/verdict.h"
#include "tests/support/sample_figures.h"

#define PATTERNS_MAX 12

/* Figures in a line. */
struct counts {
	uint64_t done, failed, rows;
};

struct row {
	const char *name;
	enum figures_state state;
	const char *ended;
	struct counts now, before; /* of no run before, 0 rows */
	uint64_t urls, left;
	const char *patterns; /* a letter each: pattern_of() */

	enum verdict_tone tone;
	const char *headline, *lead;
	size_t needs;
	const char *fact, *command; /* of the first need */
};

/* A text in one piece. */
static const char *plain_text(const struct verdict_text *text, struct arena *arena)
{
	size_t size = 0;
	char *plain;

	for (size_t i = 0; i < text->count; i++)
		size += text->pieces[i].text.size;
	plain = arena_alloc(arena, size + 1, 1);
	size = 0;
	for (size_t i = 0; i < text->count; i++) {
		struct slice piece = text->pieces[i].text;

		if (piece.size > 0)
			memcpy(plain + size, piece.at, piece.size);
		size += piece.size;
	}
	return plain;
}

static struct figures_field worse_field(const char *name)
{
	return (struct figures_field){ .name = name,
				       .now = { 100, 75, 100 },
				       .before = { 100, 100, 100 },
				       .verdict = DRIFT_WORSE };
}

/* W: matches half of its pages; G: none; F: a field is empty; D: three are; S: steady; U: too few
 * pages; V: has never matched; L: steady, but ran out of its budget. */
static void make_pattern(struct figures *figures, struct figures_pattern *pattern, char letter)
{
	*pattern = (struct figures_pattern){
		.name = "books",
		.place = "config/books.yaml:3",
		.now = { 100, 100, 100 },
		.before = { 300, 300, 300 },
		.runs_before = 3,
		.verdict = DRIFT_NONE,
	};
	if (letter == 'W' || letter == 'G')
		pattern->verdict = DRIFT_WORSE;
	if (letter == 'U')
		pattern->verdict = DRIFT_UNKNOWN;
	if (letter == 'W' || letter == 'G')
		pattern->now.good = letter == 'W' ? 50 : 0;
	if (letter == 'V') {
		pattern->now.good = pattern->before.good = 0;
		pattern->never_matched = true;
	}
	if (letter == 'L')
		pattern->limit_hits = 12;
	if (letter == 'F' || letter == 'D') {
		pattern->field_count = letter == 'F' ? 1 : 3;
		pattern->fields = arena_alloc(&figures->arena, 3, sizeof(*pattern->fields));
		pattern->fields[0] = worse_field("price");
		pattern->fields[1] = worse_field("title");
		pattern->fields[2] = worse_field("stock");
	}
}

static struct figures_run run_of(const struct counts *counts, int64_t id)
{
	return (struct figures_run){ .id = id,
				     .ended = "finished",
				     .pages = counts->done + counts->failed,
				     .done = counts->done,
				     .failed = counts->failed,
				     .rows = counts->rows };
}

static void make_figures(struct figures *figures, struct figures_run runs[2], const struct row *row)
{
	*figures = (struct figures){
		.path = "crawl.db",
		.state = row->state,
		.run = run_of(&row->now, 4),
		.command_line = "crawl urls.txt",
		.urls = row->urls,
		.urls_left = row->left,
	};
	figures->run.ended = row->ended;
	runs[0] = figures->run;
	runs[1] = run_of(&row->before, 3);
	figures->runs = runs;
	figures->run_count = 2;
	if (row->before.rows > 0)
		figures->before = &runs[1];
	figures->patterns = arena_alloc(&figures->arena, PATTERNS_MAX, sizeof(*figures->patterns));
	for (const char *letter = row->patterns; *letter; letter++)
		make_pattern(figures, &figures->patterns[figures->pattern_count++], *letter);
	figures->patterns_all = figures->pattern_count;
}

static void check_text(const struct row *row, const char *what, const char *got,
		       const char *expected)
{
	if (strcmp(got ? got : "none", expected ? expected : "none") != 0)
		fail_msg("%s: the %s is\n\t%s, not\n\t%s", row->name, what, got ? got : "none",
			 expected ? expected : "none");
}

static void check_row(const struct row *row)
{
	struct figures figures;
	struct figures_run runs[2];
	struct verdict verdict;

	make_figures(&figures, runs, row);
	verdict_make(&verdict, &figures, &figures.arena);
	check_text(row, "headline", verdict.headline, row->headline);
	check_text(row, "lead", plain_text(&verdict.lead, &figures.arena), row->lead);
	if (verdict.tone != row->tone)
		fail_msg("%s: the tone is %d", row->name, (int)verdict.tone);
	if (verdict.needs_all != row->needs)
		fail_msg("%s: %zu needs", row->name, verdict.needs_all);
	if (row->fact)
		check_text(row, "fact", plain_text(&verdict.needs[0].fact, &figures.arena),
			   row->fact);
	if (row->needs > 0)
		check_text(row, "command", verdict.needs[0].command, row->command);
	arena_free(&figures.arena);
}

#define AS_BEFORE    { 100, 0, 1000 }, { 100, 0, 1000 }, 100, 0
#define FIRST        { 100, 0, 1000 }, { 0, 0, 0 }, 100, 0
#define LEAD         "1,000 rows from 100 pages: as many as before. No URL failed, as in run 3."
#define LEAD_FIRST   "1,000 rows from 100 pages. No URL failed."
#define STOPPED_LEAD "1,000 rows from 100 pages so far. No URL failed, as in run 3."
#define GOES_ON      "The same command goes on where it stopped: nothing is asked for twice."
#define HEALTH       "crawl health books"
#define HALF \
	"books finds nothing on 50 pages where it used to (100 % of its pages before, 50 % now)."
#define EMPTY "books: price is empty in 25 of 100 rows (0 % before)."
#define NEVER "books has never matched any of its 100 pages."
#define LIMIT "books ran out of its budget on 12 pages: their rows may be missing."

static void each_kind_of_run_has_its_words(void **state)
{
	static const struct row rows[] = {
		/* worse */
		{ "half of the pages", FIGURES_FINISHED, "finished", AS_BEFORE, "W", VERDICT_WORSE,
		  "1 pattern of 1 got worse since run 3", LEAD, 1, HALF, HEALTH },
		{ "one of six", FIGURES_FINISHED, "finished", AS_BEFORE, "WSSSSV", VERDICT_WORSE,
		  "1 pattern of 6 got worse since run 3", LEAD, 2, HALF, HEALTH },
		{ "all pages", FIGURES_FINISHED, "finished", AS_BEFORE, "GS", VERDICT_WORSE,
		  "1 pattern of 2 got worse since run 3", LEAD, 1,
		  "books finds nothing on 100 pages, which is all of them (100 % before).",
		  HEALTH },
		{ "a field", FIGURES_FINISHED, "finished", AS_BEFORE, "FS", VERDICT_WORSE,
		  "1 pattern of 2 got worse since run 3", LEAD, 1, EMPTY, HEALTH },
		{ "three fields", FIGURES_FINISHED, "finished", AS_BEFORE, "D", VERDICT_WORSE,
		  "1 pattern of 1 got worse since run 3", LEAD, 1,
		  "books: price is empty in 25 of 100 rows (0 % before); title is empty in 25 of "
		  "100 "
		  "rows (0 % before), and so is 1 more field.",
		  HEALTH },
		{ "two of them", FIGURES_FINISHED, "finished", AS_BEFORE, "WFS", VERDICT_WORSE,
		  "2 patterns of 3 got worse since run 3", LEAD, 2, HALF, HEALTH },
		{ "more than are told", FIGURES_FINISHED, "finished", AS_BEFORE, "WWWWWWWW",
		  VERDICT_WORSE, "8 patterns of 8 got worse since run 3", LEAD, 8, HALF, HEALTH },
		{ "worse, and no run before is left", FIGURES_FINISHED, "finished", FIRST, "W",
		  VERDICT_WORSE, "1 pattern of 1 got worse", LEAD_FIRST, 1, HALF, HEALTH },
		{ "worse stands above failures",
		  FIGURES_FINISHED,
		  "finished",
		  { 50, 50, 500 },
		  { 100, 0, 1000 },
		  100,
		  0,
		  "W",
		  VERDICT_WORSE,
		  "1 pattern of 1 got worse since run 3",
		  "500 rows from 50 pages: 500 rows fewer than before. 50 URLs failed, 50 more "
		  "than "
		  "in run 3.",
		  2,
		  HALF,
		  HEALTH },
		{ "fewer rows alone are not worse",
		  FIGURES_FINISHED,
		  "finished",
		  { 100, 0, 999 },
		  { 100, 0, 1000 },
		  100,
		  0,
		  "S",
		  VERDICT_FINE,
		  "The pattern matches as in run 3",
		  "999 rows from 100 pages: 1 row fewer than before. No URL failed, as in run 3.",
		  0,
		  NULL,
		  NULL },

		/* fine */
		{ "one pattern", FIGURES_FINISHED, "finished", AS_BEFORE, "S", VERDICT_FINE,
		  "The pattern matches as in run 3", LEAD, 0, NULL, NULL },
		{ "all of six", FIGURES_FINISHED, "finished", AS_BEFORE, "SSSSSS", VERDICT_FINE,
		  "All 6 patterns match as in run 3", LEAD, 0, NULL, NULL },
		{ "one is too small", FIGURES_FINISHED, "finished", AS_BEFORE, "SSU", VERDICT_FINE,
		  "2 patterns of 3 match as in run 3", LEAD, 0, NULL, NULL },
		{ "all but one are too small", FIGURES_FINISHED, "finished", AS_BEFORE, "SUU",
		  VERDICT_FINE, "1 pattern of 3 matches as in run 3", LEAD, 0, NULL, NULL },
		{ "one has never matched, as ever", FIGURES_FINISHED, "finished", AS_BEFORE, "SV",
		  VERDICT_FINE, "1 pattern of 2 matches as in run 3", LEAD, 1, NEVER, NULL },
		{ "out of its budget", FIGURES_FINISHED, "finished", AS_BEFORE, "SL", VERDICT_FINE,
		  "All 2 patterns match as in run 3", LEAD, 1, LIMIT, "crawl failed" },
		{ "more rows",
		  FIGURES_FINISHED,
		  "finished",
		  { 200, 0, 2000 },
		  { 100, 0, 1000 },
		  200,
		  0,
		  "S",
		  VERDICT_FINE,
		  "The pattern matches as in run 3",
		  "2,000 rows from 200 pages: 1,000 rows more than before. No URL failed, as in "
		  "run "
		  "3.",
		  0,
		  NULL,
		  NULL },
		{ "as many failures",
		  FIGURES_FINISHED,
		  "finished",
		  { 100, 7, 1000 },
		  { 100, 7, 1000 },
		  107,
		  0,
		  "S",
		  VERDICT_FINE,
		  "The pattern matches as in run 3",
		  "1,000 rows from 100 pages: as many as before. 7 URLs failed, as in run 3.",
		  0,
		  NULL,
		  NULL },
		{ "fewer failures",
		  FIGURES_FINISHED,
		  "finished",
		  { 107, 0, 1000 },
		  { 100, 7, 1000 },
		  107,
		  0,
		  "S",
		  VERDICT_FINE,
		  "The pattern matches as in run 3",
		  "1,000 rows from 107 pages: as many as before. No URL failed, 7 fewer than in "
		  "run "
		  "3.",
		  0,
		  NULL,
		  NULL },
		{ "one failure more is chance",
		  FIGURES_FINISHED,
		  "finished",
		  { 99, 1, 1000 },
		  { 100, 0, 1000 },
		  100,
		  0,
		  "S",
		  VERDICT_FINE,
		  "The pattern matches as in run 3",
		  "1,000 rows from 99 pages: as many as before. 1 URL failed, 1 more than in run "
		  "3.",
		  0,
		  NULL,
		  NULL },

		/* failures */
		{ "many more failures",
		  FIGURES_FINISHED,
		  "finished",
		  { 60, 40, 600 },
		  { 97, 3, 970 },
		  100,
		  0,
		  "S",
		  VERDICT_WORSE,
		  "40 URLs failed, 37 more than in run 3",
		  "600 rows from 60 pages: 370 rows fewer than before. 40 URLs failed, 37 more "
		  "than "
		  "in run 3.",
		  1,
		  "40 URLs failed.",
		  "crawl failed" },
		{ "a larger part failed",
		  FIGURES_FINISHED,
		  "finished",
		  { 10, 30, 600 },
		  { 960, 40, 970 },
		  40,
		  0,
		  "S",
		  VERDICT_WORSE,
		  "A larger part of the URLs failed than in run 3",
		  "600 rows from 10 pages: 370 rows fewer than before. 30 URLs failed, 10 fewer "
		  "than "
		  "in run 3.",
		  1,
		  "30 URLs failed.",
		  "crawl failed" },
		{ "all failed",
		  FIGURES_FINISHED,
		  "finished",
		  { 0, 71, 0 },
		  { 0, 0, 0 },
		  71,
		  0,
		  "",
		  VERDICT_WORSE,
		  "Nothing could be read: all 71 URLs failed",
		  "0 rows from 0 pages. 71 URLs failed.",
		  1,
		  "71 URLs failed.",
		  "crawl failed" },
		{ "the only one failed",
		  FIGURES_FINISHED,
		  "finished",
		  { 0, 1, 0 },
		  { 0, 0, 0 },
		  1,
		  0,
		  "",
		  VERDICT_WORSE,
		  "Nothing could be read: the one URL failed",
		  "0 rows from 0 pages. 1 URL failed.",
		  1,
		  "1 URL failed.",
		  "crawl failed" },
		{ "all failed, as before",
		  FIGURES_FINISHED,
		  "finished",
		  { 0, 71, 10 },
		  { 0, 71, 10 },
		  71,
		  0,
		  "S",
		  VERDICT_WORSE,
		  "Nothing could be read: all 71 URLs failed",
		  "10 rows from 0 pages: as many as before. 71 URLs failed, as in run 3.",
		  1,
		  "71 URLs failed.",
		  "crawl failed" },

		/* nothing to compare with */
		{ "the first run", FIGURES_FINISHED, "finished", FIRST, "SS", VERDICT_NEUTRAL,
		  "First run: 1,000 rows from 100 pages", LEAD_FIRST, 0, NULL, NULL },
		{ "the first run, with failures",
		  FIGURES_FINISHED,
		  "finished",
		  { 100, 3, 1000 },
		  { 0, 0, 0 },
		  103,
		  0,
		  "S",
		  VERDICT_NEUTRAL,
		  "First run: 1,000 rows from 100 pages",
		  "1,000 rows from 100 pages. 3 URLs failed.",
		  1,
		  "3 URLs failed.",
		  "crawl failed" },
		{ "the first run, and a pattern finds nothing", FIGURES_FINISHED, "finished", FIRST,
		  "SSV", VERDICT_WORSE, "1 pattern of 3 has never matched", LEAD_FIRST, 1, NEVER,
		  NULL },
		{ "the first run, and none finds anything", FIGURES_FINISHED, "finished", FIRST,
		  "VV", VERDICT_WORSE, "2 patterns of 2 have never matched", LEAD_FIRST, 2, NEVER,
		  NULL },
		{ "the first run without patterns", FIGURES_FINISHED, "finished", FIRST, "",
		  VERDICT_NEUTRAL, "100 pages read in the first run", LEAD_FIRST, 0, NULL, NULL },
		{ "without patterns", FIGURES_FINISHED, "finished", AS_BEFORE, "", VERDICT_NEUTRAL,
		  "100 pages read", LEAD, 0, NULL, NULL },
		{ "too few pages", FIGURES_FINISHED, "finished", AS_BEFORE, "UU", VERDICT_NEUTRAL,
		  "1,000 rows, too few pages to compare", LEAD, 0, NULL, NULL },
		{ "nothing was left",
		  FIGURES_FINISHED,
		  "finished",
		  { 0, 0, 0 },
		  { 0, 0, 0 },
		  0,
		  0,
		  "",
		  VERDICT_NEUTRAL,
		  "Nothing was left to ask for",
		  "0 rows from 0 pages. No URL failed.",
		  0,
		  NULL,
		  NULL },

		/* stopped */
		{ "by hand",
		  FIGURES_STOPPED,
		  "interrupted",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  2405,
		  1076,
		  "SS",
		  VERDICT_NEUTRAL,
		  "Stopped early: 1,076 of 2,405 URLs are left",
		  "It was stopped by hand. " STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "by a limit, one is left",
		  FIGURES_STOPPED,
		  "max_pages",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  101,
		  1,
		  "S",
		  VERDICT_NEUTRAL,
		  "Stopped early: 1 of 101 URLs is left",
		  "It was stopped at its --max-pages. " STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "in time",
		  FIGURES_STOPPED,
		  "max_time",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  0,
		  0,
		  "S",
		  VERDICT_NEUTRAL,
		  "Stopped early",
		  "It was stopped at its --max-time. " STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "too many to count",
		  FIGURES_STOPPED,
		  "disk_full",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  UINT64_MAX,
		  UINT64_MAX,
		  "S",
		  VERDICT_NEUTRAL,
		  "Stopped early",
		  "It was stopped for want of space on the disk. " STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "only what is left was counted",
		  FIGURES_STOPPED,
		  "failed",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  UINT64_MAX,
		  7,
		  "S",
		  VERDICT_NEUTRAL,
		  "Stopped early: 7 URLs are left",
		  "It was stopped by an error. " STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "for a reason that is new here",
		  FIGURES_STOPPED,
		  "tea",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  101,
		  1,
		  "S",
		  VERDICT_NEUTRAL,
		  "Stopped early: 1 of 101 URLs is left",
		  STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "and worse",
		  FIGURES_STOPPED,
		  "interrupted",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  2405,
		  1076,
		  "WS",
		  VERDICT_WORSE,
		  "Stopped early, and 1 pattern of 2 got worse since run 3",
		  "It was stopped by hand. 1,076 of 2,405 URLs are left. " STOPPED_LEAD,
		  2,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "in its first run",
		  FIGURES_STOPPED,
		  "interrupted",
		  { 10, 2, 100 },
		  { 0, 0, 0 },
		  50,
		  38,
		  "S",
		  VERDICT_NEUTRAL,
		  "Stopped early: 38 of 50 URLs are left",
		  "It was stopped by hand. 100 rows from 10 pages so far. 2 URLs failed.",
		  2,
		  GOES_ON,
		  "crawl urls.txt" },
		{ "killed",
		  FIGURES_KILLED,
		  "killed",
		  { 100, 0, 1000 },
		  { 100, 0, 1000 },
		  2405,
		  1076,
		  "S",
		  VERDICT_NEUTRAL,
		  "Killed: 1,076 of 2,405 URLs are left",
		  "It could not say why; what was written stands. " STOPPED_LEAD,
		  1,
		  GOES_ON,
		  "crawl urls.txt" },

		/* running */
		{ "it has begun",
		  FIGURES_RUNNING,
		  NULL,
		  { 0, 0, 0 },
		  { 100, 0, 1000 },
		  100,
		  100,
		  "",
		  VERDICT_NEUTRAL,
		  "0 of 100 URLs",
		  "0 pages/s in the last minute, 0 on average.",
		  0,
		  NULL,
		  NULL },
		{ "some are done",
		  FIGURES_RUNNING,
		  NULL,
		  { 30, 10, 300 },
		  { 100, 0, 1000 },
		  100,
		  60,
		  "SS",
		  VERDICT_NEUTRAL,
		  "40 of 100 URLs",
		  "0 pages/s in the last minute, 0 on average.",
		  1,
		  "2 patterns of 2 match so far, as in run 3.",
		  NULL },
		{ "one pattern so far",
		  FIGURES_RUNNING,
		  NULL,
		  { 30, 10, 300 },
		  { 100, 0, 1000 },
		  100,
		  60,
		  "S",
		  VERDICT_NEUTRAL,
		  "40 of 100 URLs",
		  "0 pages/s in the last minute, 0 on average.",
		  1,
		  "books matches so far, as in run 3.",
		  NULL },
		{ "nobody counts",
		  FIGURES_RUNNING,
		  NULL,
		  { 1290, 10, 300 },
		  { 100, 0, 1000 },
		  UINT64_MAX,
		  UINT64_MAX,
		  "",
		  VERDICT_NEUTRAL,
		  "1,300 URLs so far",
		  "0 pages/s in the last minute, 0 on average.",
		  0,
		  NULL,
		  NULL },
		{ "worse already",
		  FIGURES_RUNNING,
		  NULL,
		  { 100, 0, 300 },
		  { 100, 0, 1000 },
		  200,
		  100,
		  "WS",
		  VERDICT_WORSE,
		  "100 of 200 URLs",
		  "0 pages/s in the last minute, 0 on average.",
		  1,
		  HALF,
		  HEALTH },

		/* nothing */
		{ "no run",
		  FIGURES_NO_RUN,
		  NULL,
		  { 0, 0, 0 },
		  { 0, 0, 0 },
		  0,
		  0,
		  "",
		  VERDICT_NEUTRAL,
		  "No run yet",
		  "The database knows of none.",
		  1,
		  "A run begins with a list of URLs:",
		  "crawl urls.txt" },
	};

	(void)state;
	assert_in_range(sizeof(rows) / sizeof(rows[0]), 40, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void a_need_has_its_cause_and_a_page_to_see_it_on(void **state)
{
	struct figures *figures = sample_figures();
	struct verdict verdict;

	(void)state;
	verdict_make(&verdict, figures, &figures->arena);
	assert_int_equal(verdict.need_count, 3);
	assert_int_equal(verdict.needs[0].kind, VERDICT_DRIFT);
	assert_string_equal(plain_text(&verdict.needs[0].causes[0], &figures->arena),
			    "where <dd> stood, line 2 has <li class=\"film\">");
	assert_string_equal(plain_text(&verdict.needs[0].causes[1], &figures->arena),
			    "where releasetime\"> stood, line 15 has "
			    "<p class=\"release-date\">上映时间：2018-06-11</p>");
	assert_string_equal(verdict.needs[0].command,
			    "crawl explain boards http://boards.example/board/1820.html");
	assert_int_equal(verdict.needs[1].kind, VERDICT_NEVER);
	assert_string_equal(verdict.needs[1].command,
			    "crawl try crawl.yaml http://slow.example/delay/600");
	assert_int_equal(verdict.needs[2].kind, VERDICT_GIVEN_UP);
	assert_string_equal(plain_text(&verdict.needs[2].fact, &figures->arena),
			    "flaky.example was given up: its requests kept failing.");
	sample_figures_free(figures);
}

static void needs_are_five_at_most_and_counted(void **state)
{
	struct figures *figures = sample_figures_monstrous();
	struct verdict verdict;

	(void)state;
	verdict_make(&verdict, figures, &figures->arena);
	assert_int_equal(verdict.need_count, VERDICT_NEEDS_MAX);
	assert_in_range(verdict.needs_all, 300, 10000);
	sample_figures_free(figures);
}

static void a_command_names_the_database_and_asks_for_the_same_urls(void **state)
{
	static const struct {
		const char *path, *line, *flag, *again, *health;
	} rows[] = {
		{ "crawl.db", "crawl urls.txt", "", "crawl urls.txt", "crawl health" },
		{ "crawl.db", "crawl urls.txt", "--retry-failed", "crawl urls.txt --retry-failed",
		  "crawl health" },
		{ "crawl.db", "crawl --fresh urls.txt --update -j 2", "", "crawl urls.txt -j 2",
		  "crawl health" },
		{ "crawl.db", "crawl urls.txt --retry-failed", "--retry-failed",
		  "crawl urls.txt --retry-failed", "crawl health" },
		{ "a b.db", "crawl -o 'a b.db' urls.txt", "--retry-failed",
		  "crawl -o 'a b.db' urls.txt --retry-failed", "crawl health -o 'a b.db'" },
		{ "x.db", NULL, "--retry-failed", "crawl LIST... --retry-failed -o x.db",
		  "crawl health -o x.db" },
		{ "x.db", "", "", "crawl LIST... -o x.db", "crawl health -o x.db" },
		{ NULL, NULL, "", "crawl LIST...", "crawl health" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figures figures = { .path = rows[i].path, .command_line = rows[i].line };
		struct arena arena = { 0 };

		assert_string_equal(verdict_again(&figures, &arena, rows[i].flag), rows[i].again);
		assert_string_equal(verdict_command(&figures, &arena, "crawl health"),
				    rows[i].health);
		arena_free(&arena);
	}
}

static void the_host_with_most_delay_before_it_decides(void **state)
{
	struct figures *figures = sample_figures_running();
	const struct figures_host *decides;

	(void)state;
	assert_int_equal(verdict_to_go_ms(figures, &decides), 1076 * 22);
	assert_string_equal(decides->origin, "http://boards.example");
	figures->hosts[1].left = 100;
	assert_int_equal(verdict_to_go_ms(figures, &decides), 100 * 400);
	assert_string_equal(decides->origin, "http://slow.example");
	for (size_t i = 0; i < figures->host_count; i++)
		figures->hosts[i].left = 0;
	assert_int_equal(verdict_to_go_ms(figures, &decides), -1);
	assert_null(decides);
	sample_figures_free(figures);
}

static void speed_is_of_the_last_samples(void **state)
{
	struct store_sample samples[] = {
		{ .at_ms = 1000, .done = 100 },
		{ .at_ms = 2000, .done = 200 },
		{ .at_ms = 3000, .done = 210, .failed = 5, .skipped = 5 },
	};
	struct figures figures = { .samples = samples, .sample_count = 3 };

	(void)state;
	assert_true(verdict_speed(&figures, 1000) == 20);
	assert_true(verdict_speed(&figures, 2000) == 60);
	assert_true(verdict_speed(&figures, 60000) == 220.0 / 3);
	assert_true(verdict_speed(&figures, 0) == 220.0 / 3);
	figures.sample_count = 0;
	assert_true(verdict_speed(&figures, 0) == 0);
	figures.run = (struct figures_run){ .pages = 10, .elapsed_ms = 2000 };
	assert_true(verdict_speed(&figures, 0) == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_run_has_its_words),
		cmocka_unit_test(a_need_has_its_cause_and_a_page_to_see_it_on),
		cmocka_unit_test(needs_are_five_at_most_and_counted),
		cmocka_unit_test(a_command_names_the_database_and_asks_for_the_same_urls),
		cmocka_unit_test(the_host_with_most_delay_before_it_decides),
		cmocka_unit_test(speed_is_of_the_last_samples),
	};

	return RUN_TESTS(tests);
}
