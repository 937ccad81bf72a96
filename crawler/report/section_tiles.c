#include "report/sections.h"

#include <math.h>

#include "report/svg.h"
#include "report/words.h"
#include "show/human.h"

static void write_spark(struct html *html, const struct figures *figures, const char *label,
			uint64_t (*value)(const struct figures_run *run), bool is_ms)
{
	uint64_t values[FIGURES_RUNS_MAX];

	for (size_t i = 0; i < figures->run_count && i < FIGURES_RUNS_MAX; i++)
		values[i] = value(&figures->runs[i]);
	parts_spark(html, figures, label, values, is_ms);
}

static uint64_t rows_of(const struct figures_run *run)
{
	return run->rows;
}

static uint64_t pages_of(const struct figures_run *run)
{
	return run->pages;
}

static uint64_t failed_of(const struct figures_run *run)
{
	return run->has_totals ? run->failed : SVG_UNKNOWN;
}

static uint64_t time_of(const struct figures_run *run)
{
	return run->elapsed_ms > 0 ? (uint64_t)run->elapsed_ms : 0;
}

static void begin_tile(struct html *html, const char *name)
{
	html_markup(html, "<div class=\"tile\"><div class=\"k\">");
	html_words(html, name);
	html_markup(html, "</div><div class=\"v\">");
}

/* A run that did not come to its end has fewer of everything, and that says nothing. */
static bool is_compared(const struct figures *figures)
{
	return figures->before && figures->state == FIGURES_FINISHED;
}

/* "▼ 1,800"; more is good, or it is bad. */
static void write_change(struct html *html, const struct figures *figures, uint64_t now,
			 uint64_t before, bool is_good)
{
	if (!is_compared(figures))
		return;
	if (now == before) {
		html_markup(html, "<span class=\"d\">as in run %lld</span>",
			    (long long)figures->before->id);
		return;
	}
	if ((now > before) == is_good)
		html_markup(html, "<span class=\"d good\">");
	else
		html_markup(html, "<span class=\"d bad\">");
	html_words(html, now > before ? "▲ " : "▼ ");
	parts_count(html, now > before ? now - before : before - now);
	html_markup(html, "</span>");
}

static uint64_t before_of(const struct figures *figures,
			  uint64_t (*value)(const struct figures_run *run))
{
	return figures->before ? value(figures->before) : 0;
}

static void tile_rows(struct html *html, const struct figures *figures)
{
	begin_tile(html, "Rows");
	parts_count(html, figures->run.rows);
	write_spark(html, figures, "rows after each run", rows_of, false);
	html_markup(html, "</div>");
	write_change(html, figures, figures->run.rows, before_of(figures, rows_of), true);
	html_markup(html, "</div>\n");
}

static void tile_pages(struct html *html, const struct figures *figures)
{
	begin_tile(html, "Pages read");
	parts_count(html, figures->run.has_totals ? figures->run.done : figures->run.pages);
	write_spark(html, figures, "URLs visited in each run", pages_of, false);
	html_markup(html, "</div><span class=\"d\">");
	if (figures->run.unchanged > 0) {
		parts_count(html, figures->run.unchanged);
		html_markup(html, " of them unchanged since");
	} else if (figures->run.has_totals) {
		parts_bytes(html, figures->run.bytes);
	}
	html_markup(html, "</span></div>\n");
}

static uint64_t robots_of(const struct figures *figures)
{
	uint64_t urls = 0;

	for (size_t i = 0; i < figures->cause_count; i++) {
		const char *outcome = figures->causes[i].outcome;

		if (outcome && strcmp(outcome, "robots") == 0)
			urls += figures->causes[i].urls;
	}
	return urls;
}

static void tile_failed(struct html *html, const struct figures *figures)
{
	uint64_t robots = robots_of(figures);

	begin_tile(html, "Failed");
	if (figures->run.has_totals)
		parts_count(html, figures->run.failed);
	else
		html_markup(html, "?");
	write_spark(html, figures, "failed in each run", failed_of, false);
	html_markup(html, "</div>");
	write_change(html, figures, figures->run.failed, before_of(figures, failed_of), false);
	if (robots > 0) {
		html_markup(html, "<span class=\"d\">");
		html_words(html, is_compared(figures) ? "; " : "");
		parts_count(html, robots);
		html_markup(html, " more forbidden by robots.txt</span>");
	}
	html_markup(html, "</div>\n");
}

/* Of a run that has not ended pages are counted now and then, and its time goes on: samples have
 * both. */
static double speed_of(const struct figures *figures)
{
	double seconds = (double)figures->run.elapsed_ms / 1000;

	if (!figures->run.ended_at && figures->sample_count > 0)
		return verdict_speed(figures, 0);
	return seconds > 0 ? (double)figures->run.pages / seconds : 0;
}

static void tile_time(struct html *html, const struct figures *figures)
{
	double speed = speed_of(figures);
	char time[HUMAN_DURATION_MAX];

	begin_tile(html, "Took");
	html_words(html, human_duration(figures->run.elapsed_ms, time));
	write_spark(html, figures, "time of each run", time_of, true);
	html_markup(html, "</div><span class=\"d\">");
	if (speed < 9.95)
		html_markup(html, "%.1f pages/s</span></div>\n", speed);
	else
		html_markup(html, "%.0f pages/s</span></div>\n", speed);
}

void section_tiles(struct html *html, struct page *page)
{
	html_markup(html, "<section id=\"tiles\" class=\"tiles\" aria-label=\"Figures\">");
	tile_rows(html, page->figures);
	tile_pages(html, page->figures);
	tile_failed(html, page->figures);
	tile_time(html, page->figures);
	html_markup(html, "</section>\n");
}
