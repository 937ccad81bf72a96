#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/report/page.h"
#include "crawler/report/verdict.h"
#include "tests/support/markup_check.h"
#include "tests/support/sample_figures.h"

static const struct page_options file = { .is_served = false };
static const struct page_options served = { .is_served = true,
					    .may_steer = true,
					    .token = "t0k\"" };

/* The caller frees it. */
static char *page_of(struct figures *figures, const struct page_options *options)
{
	struct html html = { 0 };

	page_report(&html, figures, options);
	html_own(&html, (struct slice){ "", 1 });
	return html.bytes;
}

static void check(const char *name, const char *page)
{
	const char *error = markup_check(slice_of(page));

	if (error)
		fail_msg("%s: %s", name, error);
}

static void assert_has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("the page lacks: %s", text);
}

static void assert_has_not(const char *page, const char *text)
{
	if (strstr(page, text))
		fail_msg("the page has: %s", text);
}

/* ---- what is on it ---- */

static void the_file_has_every_section_in_order(void **state)
{
	struct figures *figures = sample_figures();
	char *page = page_of(figures, &file);
	const char *at = page;

	(void)state;
	check("file", page);
	for (size_t i = 0; i < page_section_count; i++) {
		char id[40];

		if (page_sections[i].is_live)
			continue;
		snprintf(id, sizeof(id), " id=\"%s\"", page_sections[i].id);
		at = strstr(at, id);
		if (!at)
			fail_msg("no %s behind the one before", id);
	}
	free(page);
	sample_figures_free(figures);
}

static void the_file_says_what_people_look_for(void **state)
{
	static const char *const texts[] = {
		"<title>crawl.db, run 4: 1 pattern of 6 got worse since run 3</title>",
		"run 4, 29 November 2026, 15:47 UTC, 59 s",
		"1,800 rows fewer than before. 71 URLs failed, as in run 3.",
		"<a href=\"#un-boards\">180 pages</a> where it used to (100 % of its pages before, "
		"91 % now); <b>released</b> is empty in 4,200 of 18,200 rows (0 % before)",
		"<code>&lt;li class=&quot;film&quot;&gt;</code>",
		"crawl explain boards http://boards.example/board/1820.html",
		"602 of them unchanged since",
		"14 more forbidden by robots.txt",
		"1,820 of 2,000 pages",
		"▼ 9 points",
		"<em>released</em> 77 % ▼",
		"Why 180 pages match nothing",
		"<span class=\"null\">empty</span>",
		"3 to 7 characters",
		"7.1 to 9.9",
		"and 175 more: <code class=\"cmd\">crawl health boards --unmatched</code>",
		"crawl export boards &gt; boards.csv",
		"never matched",
		"71 URLs failed, 14 not allowed, 5 lines of the list were no URL",
		"not found (404)",
		"The pages are not there.",
		"<time>15:47:01</time> try 1: Operation timed out after 4000 milliseconds with 0 "
		"bytes received; tried again after 1.0 s</li>",
		"<time>15:47:03</time> try 3: Operation timed out",
		"<code>urls.txt:2199</code> <code>htp:/typo.example/&lt;b&gt;</code>",
		"crawl sql &#39;SELECT * FROM rejects&#39;",
		"linked from",
		"3 other kinds",
		"crawl failed --outcome http_error",
		"crawl urls.txt -c crawl.yaml -j 2 --retry-failed",
		"<b>boards.example set the pace.</b> 2,000 pages with 22 ms from one to the next",
		"From 50 s on only slow.example was asked any more.",
		"was busy for 2 % of one processor: more workers would not help, a shorter delay "
		"would.",
		"<b>paused by hand</b> at 17 s",
		"<small>given up</small>",
		"half of them under 1 ms",
		"Who said the charset",
		"404 <small>Not Found</small>",
		"One file, no script, nothing loaded",
	};
	struct figures *figures = sample_figures();
	char *page = page_of(figures, &file);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_has(page, texts[i]);
	assert_has_not(page, "/why?id=");
	assert_has_not(page, "<form");
	free(page);
	sample_figures_free(figures);
}

/* Kinds of figures that break pages elsewhere. */
static void figures_at_their_edges_are_told(void **state)
{
	struct figures *figures = sample_figures();
	struct figures_try tries[2] = { { .number = 1, .wait_ms = 500 },
					{ .number = 2, .outcome = "http_error", .status = 404 } };
	char *page;

	(void)state;
	figures->rejects = 5000000000; /* more than 32 bits hold */
	figures->patterns[2].ms_a_page = 0;
	figures->causes[0].pages[0].tries = tries; /* nobody noted when, nor what */
	figures->causes[0].pages[0].try_count = 2;
	figures->causes[0].pages[0].tries_all = 4;
	figures->causes[0].pages[0].at = NULL;
	figures->patterns[1].unmatched_pages[0].is_kept = false;
	figures->patterns[2].rows = 0;
	figures->runs[3].has_totals = false;
	figures->patterns[0].place = "my shop.yaml:9";
	page = page_of(figures, &file);
	check("edges", page);
	assert_has(page, "<b>5,000,000,000 lines</b> of the list are no URL: other scheme or none");
	assert_has(page, "under 0.01 ms a page");
	assert_has(page, "<li>2 earlier</li><li>try 1: not known; tried again after 500 ms</li>");
	assert_has(page, "<code>keep_pages</code> is off");
	assert_has(page, "Of earlier runs: in this one it found none.");
	assert_has(page, "crawl explain -c &#39;my shop.yaml&#39; boards "
			 "http://boards.example/board/1820</code>");
	assert_has(page, "failed in each run: not known, 71, 71, 71\"");
	assert_has_not(page, "&amp;amp;");
	assert_has_not(page, "&amp;lt;");
	free(page);
	sample_figures_free(figures);
}

static void what_is_served_links_where_the_file_has_commands(void **state)
{
	struct figures *figures = sample_figures();
	char *page = page_of(figures, &served);

	(void)state;
	check("served", page);
	assert_has(page, "href=\"/why?id=1820\"");
	assert_has(page, "href=\"/rows/boards\"");
	assert_has(page, "href=\"/try\"");
	assert_has(page, "href=\"/urls?pattern=boards\">175 more</a>");
	assert_has(page, "href=\"/urls?outcome=http_error&amp;status=404\">and 22 more</a>");
	assert_has_not(page, "--unmatched");
	assert_has_not(page, "<form");
	free(page);
	sample_figures_free(figures);
}

/* Where the match goes on without the field, nothing is known to be wanted: no box says so. */
static void a_finding_that_wants_nothing_is_not_shown(void **state)
{
	struct figures *figures = sample_figures();
	char *page = page_of(figures, &file);

	(void)state;
	assert_has(page, "<em>released</em> is empty");
	free(page);
	for (size_t i = 0; i < figures->patterns[0].field_count; i++)
		figures->patterns[0].fields[i].why.wanted = (struct slice){ 0 };
	page = page_of(figures, &file);
	assert_has_not(page, "<em>released</em> is empty");
	free(page);
	sample_figures_free(figures);
}

static void while_it_runs_the_top_says_how_long_it_takes(void **state)
{
	struct figures *figures = sample_figures_running();
	char *page = page_of(figures, &served);

	(void)state;
	check("running", page);
	assert_has(page, "1,299 of 2,405 URLs, at least 23 s to go");
	assert_has(page, "<b>boards.example</b> decides that: 1,076 pages are left, and it is "
			 "asked every 22 ms.");
	assert_has(page, "id=\"now\"");
	assert_has(page, "id=\"newest\"");
	assert_has(page, "backing off after failures");
	assert_has(page, "action=\"/pause\"");
	assert_has(page, "action=\"/stop\"");
	assert_has(page, "name=\"token\" value=\"t0k&quot;\"");
	free(page);
	figures->is_paused = true; /* a server knows it before a sample says so */
	figures->nodes = 3;
	page = page_of(figures, &served);
	assert_has(page, ", 3 nodes <span");
	assert_has(page, "1,299 of 2,405 URLs, paused");
	assert_has(page, ">paused</span>");
	assert_has(page, "action=\"/resume\"");
	assert_has_not(page, "action=\"/pause\"");
	free(page);
	page = page_of(figures, &file);
	assert_has_not(page, "<form");
	free(page);
	sample_figures_free(figures);
}

/* ---- of nothing, and of too much ---- */

/* Pages are counted every few seconds, its time goes on: a killed run was said to be half as fast.
 */
static void the_speed_of_a_run_that_has_not_ended_is_that_of_its_samples(void **state)
{
	struct figures *figures = sample_figures_running();
	char wanted[64], *page;

	(void)state;
	snprintf(wanted, sizeof(wanted), ">%.0f pages/s</span>", verdict_speed(figures, 0));
	figures->run.pages /= 2;
	page = page_of(figures, &file);
	assert_has(page, wanted);
	free(page);
	figures->state = FIGURES_KILLED;
	page = page_of(figures, &file);
	assert_has(page, wanted);
	free(page);
	sample_figures_free(figures);
}

static void of_nothing_there_is_a_page(void **state)
{
	static const enum figures_state states[] = { FIGURES_RUNNING, FIGURES_FINISHED,
						     FIGURES_STOPPED, FIGURES_KILLED,
						     FIGURES_NO_RUN };

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct figures figures = { .state = states[i] };
		char *page = page_of(&figures, &file), *other = page_of(&figures, &served);

		check("of nothing", page);
		check("of nothing, served", other);
		free(other);
		free(page);
	}
}

/* So that a page is never wider than its window. */
static void assert_fits(const char *page)
{
	static const char *const properties[] = { "width:", "left:", "bottom:", "top:" };

	for (const char *at = strstr(page, "style=\""); at; at = strstr(at + 1, "style=\"")) {
		for (size_t i = 0; i < 4; i++) {
			const char *value = strstr(at, properties[i]), *end = strchr(at + 7, '"');

			if (!value || value > end)
				continue;
			if (!(atof(value + strlen(properties[i])) <= 100))
				fail_msg("not in its place: %.60s", at);
		}
	}
}

static void the_largest_crawl_is_a_small_page(void **state)
{
	struct figures *figures = sample_figures_monstrous();
	static const enum figures_state states[] = { FIGURES_FINISHED, FIGURES_RUNNING,
						     FIGURES_STOPPED };
	const struct page_options *both[] = { &file, &served };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char *page;

		figures->state = states[i / 2];
		page = page_of(figures, both[i % 2]);
		print_message("%zu bytes\n", strlen(page));
		check("monstrous", page);
		assert_fits(strstr(page, "</style>"));
		assert_in_range(strlen(page), 50000, PAGE_BYTES_MAX);
		assert_has_not(page, "<script");
		assert_has_not(page, "<img");
		assert_has(page, "more patterns");
		assert_has(page, "more fields");
		assert_has(page, "more hosts");
		free(page);
	}
	sample_figures_free(figures);
}

static void the_same_figures_are_the_same_bytes(void **state)
{
	struct figures *figures = sample_figures(), *again = sample_figures();
	char *page = page_of(figures, &file), *other = page_of(again, &file);

	(void)state;
	assert_string_equal(page, other);
	free(other);
	free(page);
	sample_figures_free(again);
	sample_figures_free(figures);
}

/* ---- part by part ---- */

static void a_part_is_one_element_with_its_id(void **state)
{
	struct figures *figures = sample_figures_running();
	char *page = page_of(figures, &served);
	struct page *parts = page_new(figures, &served);

	(void)state;
	for (size_t i = 0; i < page_section_count; i++) {
		struct html html = { 0 };
		char id[40];

		page_write(&html, parts, &page_sections[i]);
		html_own(&html, (struct slice){ "", 1 });
		snprintf(id, sizeof(id), " id=\"%s\"", page_sections[i].id);
		assert_has(html.bytes, id);
		assert_has(page, html.bytes);
		html_free(&html);
	}
	page_free(parts);
	free(page);
	sample_figures_free(figures);
}

static void parts_that_are_only_live_are_empty_later(void **state)
{
	struct figures *figures = sample_figures();
	struct page *parts = page_new(figures, &file);

	(void)state;
	for (size_t i = 0; i < page_section_count; i++) {
		struct html html = { 0 };

		page_write(&html, parts, &page_sections[i]);
		assert_int_equal(html.size == 0, page_sections[i].is_live);
		html_free(&html);
	}
	page_free(parts);
	sample_figures_free(figures);
}

/* ---- the check itself ---- */

static void the_check_finds_what_is_wrong(void **state)
{
	static const char *const rows[] = {
		"<p>",
		"<p></b>",
		"<p></p></p>",
		"<b><i></b></i>",
		"a & b",
		"a &copy; b",
		"a > b",
		"<p a=\"b</p>",
		"<p a='b'></p>",
		"<p a=\"<\"></p>",
		"<p a=\"b\" a=\"c\"></p>",
		"<p id=\"a\"></p><p id=\"a\"></p>",
		"<a href=\"#a\"></a>",
		"<a href=\"http://a.example\"></a>",
		"<a href=\"//a.example\"></a>",
		"<a href=\"javascript:1\"></a>",
		"<p onclick=\"1\"></p>",
		"<script></script>",
		"<p><div></div></p>",
		"a \x1b b",
		"a \xff b",
		"a \xe2\x80\xae b",
		"< b",
		"<style>a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!markup_check(slice_of(rows[i])))
			fail_msg("not found: %s", rows[i]);
	assert_null(markup_check(
		SLICE("<p id=\"a\" class=\"b\">1 &lt; 2 <br><a href=\"#a\">é</a></p>\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_has_every_section_in_order),
		cmocka_unit_test(the_file_says_what_people_look_for),
		cmocka_unit_test(figures_at_their_edges_are_told),
		cmocka_unit_test(what_is_served_links_where_the_file_has_commands),
		cmocka_unit_test(a_finding_that_wants_nothing_is_not_shown),
		cmocka_unit_test(while_it_runs_the_top_says_how_long_it_takes),
		cmocka_unit_test(the_speed_of_a_run_that_has_not_ended_is_that_of_its_samples),
		cmocka_unit_test(of_nothing_there_is_a_page),
		cmocka_unit_test(the_largest_crawl_is_a_small_page),
		cmocka_unit_test(the_same_figures_are_the_same_bytes),
		cmocka_unit_test(a_part_is_one_element_with_its_id),
		cmocka_unit_test(parts_that_are_only_live_are_empty_later),
		cmocka_unit_test(the_check_finds_what_is_wrong),
	};

	return RUN_TESTS(tests);
}
