#include "report/sections.h"

#include <math.h>
#include <stdio.h>

#include "report/svg.h"
#include "report/timeline.h"
#include "report/words.h"
#include "show/human.h"

#define EVENTS_SHOWN  16
#define SECTION_BYTES 50000
#define SPEED_HEIGHT  110
#define LEFT_HEIGHT   90

/* What URLs wait for, from the bottom of the chart up, its class and its words. */
static const struct {
	const char *class, *words;
} waits[TIMELINE_WAITS] = {
	[TIMELINE_US] = { "c-us", "this program" },
	[TIMELINE_ANSWER] = { "c-answer", "answers" },
	[TIMELINE_ROBOTS] = { "c-robots", "robots.txt" },
	[TIMELINE_REST] = { "c-rest", "a host that rests" },
	[TIMELINE_PAUSE] = { "c-pause", "paused" },
	[TIMELINE_DELAY] = { "c-delay", "their host’s delay" },
};

static bool is_kind(const struct figures_event *event, const char *kind)
{
	return event->kind && strcmp(event->kind, kind) == 0;
}

static bool is_of(const struct figures_event *event, const struct figures_host *host)
{
	return event->host && host->origin && strcmp(event->host, host->origin) == 0;
}

/* ---- the sentence ---- */

/* Did its manners take at least half of the time? */
static bool sets_pace(const struct figures *figures, const struct figures_host *host)
{
	return host->delay_ms > 0 && host->at_least_ms >= figures->run.elapsed_ms / 2;
}

static void say_pace(struct html *html, const struct figures *figures)
{
	const struct figures_host *host = figures->host_count > 0 ? &figures->hosts[0] : NULL;

	if (!host)
		return;
	if (!sets_pace(figures, host)) {
		html_markup(html, "<b>No host’s delay set the pace.</b> ");
		return;
	}
	html_markup(html, "<b>");
	html_cut(html, slice_of(words_host(host->origin)), PARTS_NAME_MAX);
	html_markup(html, " set the pace.</b> ");
	parts_many(html, host->pages, "page");
	html_markup(html, " with ");
	parts_ms(html, (double)host->delay_ms);
	html_markup(html, " from one to the next take ");
	parts_ms(html, (double)host->at_least_ms);
	html_markup(html, " at least. ");
}

static void say_tail(struct html *html, const struct figures *figures)
{
	int64_t from_ms;
	const struct figures_host *host = timeline_tail(figures, &from_ms);

	if (!host)
		return;
	html_markup(html, "From ");
	parts_ms(html, (double)from_ms);
	html_markup(html, " on only ");
	html_cut(html, slice_of(words_host(host->origin)), PARTS_NAME_MAX);
	html_markup(html, " was asked any more. ");
}

/* Share of one processor that the master used. */
static void say_busy(struct html *html, const struct figures *figures)
{
	const struct store_sample *last;
	double busy;

	if (figures->sample_count == 0 || figures->run.elapsed_ms <= 0)
		return;
	last = &figures->samples[figures->sample_count - 1];
	busy = (double)last->cpu_ms / (double)figures->run.elapsed_ms;
	html_markup(html, "The program itself was busy for ");
	parts_percent(html, busy);
	html_markup(html, " of one processor: ");
	if (busy < 0.5)
		html_words(html, figures->host_count > 0 && sets_pace(figures, figures->hosts)
					 ? "more workers would not help, a shorter delay would."
					 : "more workers would not help.");
	else
		html_words(html, last->pattern_ms * 2 > last->cpu_ms
					 ? "most of it went into patterns."
					 : "it is what limits the crawl.");
}

/* ---- events ---- */

/* A resume closes the pause before it: it has no number of its own. */
static bool has_number(const struct figures_event *event)
{
	return !is_kind(event, "resume");
}

static int64_t pause_end(const struct figures *figures, size_t pause)
{
	for (size_t i = pause + 1; i < figures->event_count; i++)
		if (is_kind(&figures->events[i], "resume"))
			return figures->events[i].at_ms;
	return figures->run.elapsed_ms;
}

static double x_of(const struct timeline *timeline, int64_t at_ms)
{
	double part = (double)(at_ms - timeline->from_ms) /
		      ((double)timeline->column_ms * (double)timeline->columns);

	return SVG_WIDTH * fmin(fmax(part, 0), 1);
}

static void write_markers(struct html *html, const struct figures *figures,
			  const struct timeline *timeline)
{
	unsigned number = 0;

	html_markup(html, "<div class=\"mks\" aria-hidden=\"true\">");
	for (size_t i = 0; i < figures->event_count && number < EVENTS_SHOWN; i++) {
		if (has_number(&figures->events[i]))
			html_markup(html, "<span class=\"mk\" style=\"left:%.2f%%\">%u</span>",
				    x_of(timeline, figures->events[i].at_ms) / 10, ++number);
	}
	html_markup(html, "</div>");
}

static void write_lines(struct html *html, const struct figures *figures,
			const struct timeline *timeline)
{
	unsigned number = 0;

	for (size_t i = 0; i < figures->event_count && number < EVENTS_SHOWN; i++) {
		const struct figures_event *event = &figures->events[i];
		double x = x_of(timeline, event->at_ms);

		if (!has_number(event))
			continue;
		number++;
		if (is_kind(event, "pause"))
			html_markup(html,
				    "<rect class=\"pause\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
				    "height=\"%d\"/>",
				    x, x_of(timeline, pause_end(figures, i)) - x, SVG_HEIGHT);
		else
			html_markup(html, "<path class=\"ev\" d=\"M%.1f 0V%d\"/>", x, SVG_HEIGHT);
	}
}

static void write_event(struct html *html, const struct figures *figures, size_t index)
{
	const struct figures_event *event = &figures->events[index];

	html_markup(html, "<li><b>");
	if (event->host) {
		html_cut(html, slice_of(words_host(event->host)), PARTS_NAME_MAX);
		html_markup(html, " ");
	}
	html_cut(html, slice_of(words_event(event->kind)), PARTS_NAME_MAX);
	html_markup(html, "</b> at ");
	parts_ms(html, (double)event->at_ms);
	html_markup(html, " <span class=\"muted\">");
	if (is_kind(event, "pause")) {
		html_markup(html, "for ");
		parts_ms(html, (double)(pause_end(figures, index) - event->at_ms));
		html_markup(html, " ");
	}
	html_cut(html, event->text, PARTS_TEXT_MAX);
	html_markup(html, "</span></li>\n");
}

static void write_events(struct html *html, const struct figures *figures)
{
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < figures->event_count; i++)
		all += has_number(&figures->events[i]);
	if (all == 0)
		return;
	html_markup(html, "<ol class=\"events\">\n");
	for (size_t i = 0; i < figures->event_count && shown < EVENTS_SHOWN; i++) {
		if (!has_number(&figures->events[i]))
			continue;
		write_event(html, figures, i);
		shown++;
	}
	html_markup(html, "</ol>\n");
	if (figures->events_all > figures->event_count)
		all += figures->events_all - figures->event_count;
	if (all > shown) {
		html_markup(html, "<p class=\"more\">and ");
		parts_many(html, all - shown, "more event");
		html_markup(html, ": <code class=\"cmd\">crawl sql 'SELECT * FROM crawl_events'"
				  "</code></p>\n");
	}
}

/* ---- charts ---- */

static void write_speed(struct html *html, struct page *page, const struct timeline *timeline)
{
	double end = svg_axis_end(timeline->speed_max), both[TIMELINE_COLUMNS_MAX];
	char most[32], time[WORDS_MAX];

	for (size_t i = 0; i < timeline->columns; i++)
		both[i] = timeline->read[i] + timeline->failed[i];
	snprintf(most, sizeof(most), "%.*f", timeline->speed_max < 9.95 ? 1 : 0,
		 timeline->speed_max);
	svg_plot_begin(html, SPEED_HEIGHT);
	html_markup(html, "<b>Pages a second</b> <i class=\"key c-ok\"></i>read "
			  "<i class=\"key c-fail\"></i>failed or not allowed");
	svg_plot_area(html, end);
	write_markers(html, page->figures, timeline);
	svg_begin(html, arena_print(&page->arena, "pages a second over %s, at most %s",
				    words_ms((double)timeline->duration_ms, time), most));
	svg_grid(html, true);
	svg_steps(html, "c-fail", both, timeline->columns, end);
	svg_steps(html, "c-ok", timeline->read, timeline->columns, end);
	write_lines(html, page->figures, timeline);
	svg_plot_end(html);
}

static void write_left(struct html *html, struct page *page, const struct timeline *timeline)
{
	double end = svg_axis_end(timeline->left_max), sum[TIMELINE_COLUMNS_MAX];
	char count[HUMAN_COUNT_MAX];

	svg_plot_begin(html, LEFT_HEIGHT);
	html_markup(html, "<b>URLs left</b>, waiting for: ");
	for (int i = TIMELINE_WAITS - 1; i >= 0; i--) {
		if (!timeline->has[i])
			continue;
		html_markup(html, "<i class=\"key ");
		html_words(html, waits[i].class);
		html_markup(html, "\"></i>");
		html_words(html, waits[i].words);
		html_markup(html, " ");
	}
	svg_plot_area(html, end);
	svg_begin(html, arena_print(&page->arena,
				    "URLs left over time, by what they waited for, at most %s",
				    human_count((uint64_t)timeline->left_max, count)));
	svg_grid(html, true);
	for (int top = TIMELINE_WAITS - 1; top >= 0; top--) {
		if (!timeline->has[top])
			continue;
		for (size_t i = 0; i < timeline->columns; i++) {
			sum[i] = 0;
			for (int below = 0; below <= top; below++)
				sum[i] += timeline->waits[below][i];
		}
		svg_steps(html, waits[top].class, sum, timeline->columns, end);
	}
	write_lines(html, page->figures, timeline);
	svg_plot_end(html);
}

static void write_charts(struct html *html, struct page *page)
{
	struct timeline timeline;

	timeline_make(&timeline, page->figures, 0);
	if (timeline.columns == 0) {
		html_markup(html, "<p class=\"note\">It was too short for a chart.</p>\n");
		return;
	}
	html_markup(html, "<div class=\"chart\">\n");
	write_speed(html, page, &timeline);
	if (timeline.left_max > 0)
		write_left(html, page, &timeline);
	svg_time_axis(html, timeline.column_ms * (int64_t)timeline.columns);
	html_markup(html, "</div>\n");
}

/* ---- hosts ---- */

/* How often a host was asked in a step, beside its busiest: 0 to 4. */
static unsigned level_of(const struct figures_host *host, size_t step)
{
	unsigned most = 1;

	for (size_t i = 0; i < STORE_STRIP_STEPS; i++)
		most = host->strip[i] > most ? host->strip[i] : most;
	return (unsigned)ceil(4.0 * host->strip[step] / most);
}

static void write_level(struct html *html, const struct figures_host *host, size_t steps,
			unsigned level)
{
	size_t run = 0, count = 0;

	for (size_t i = 0; i <= steps; i++) {
		if (i < steps && level_of(host, i) == level) {
			run++;
			continue;
		}
		if (run > 0 && count++ == 0)
			html_markup(html, "<path class=\"s%u\" d=\"", level);
		if (run > 0)
			html_markup(html, "M%zu 0h%zuv8h-%zuz", i - run, run, run);
		run = 0;
	}
	if (count > 0)
		html_markup(html, "\"/>");
}

/* From when it rested to when it was asked again. */
static int64_t rest_end(const struct figures_host *host, int64_t at_ms, int64_t end_ms)
{
	for (size_t i = 0; i < STORE_STRIP_STEPS; i++) {
		int64_t step_ms = host->step_ms * (int64_t)i;

		if (host->strip[i] > 0 && step_ms > at_ms)
			return step_ms;
	}
	return end_ms;
}

static void write_rests(struct html *html, const struct figures *figures,
			const struct figures_host *host)
{
	double step = (double)host->step_ms;

	for (size_t i = 0; i < figures->event_count && i < FIGURES_HOSTS_MAX * 10; i++) {
		const struct figures_event *event = &figures->events[i];
		bool is_last = is_kind(event, "given_up");
		int64_t end_ms = figures->run.elapsed_ms;

		if (!is_of(event, host) || (!is_last && !is_kind(event, "rest")))
			continue;
		if (!is_last)
			end_ms = rest_end(host, event->at_ms, end_ms);
		html_markup(html, "<path class=\"rest\" d=\"M%.1f 3.2H%.1fv1.6H%.1fz\"/>",
			    (double)event->at_ms / step, (double)end_ms / step,
			    (double)event->at_ms / step);
	}
}

static void write_strip(struct html *html, const struct figures *figures,
			const struct figures_host *host)
{
	size_t steps = STORE_STRIP_STEPS;

	if (host->step_ms <= 0)
		return;
	if (figures->run.elapsed_ms / host->step_ms < STORE_STRIP_STEPS)
		steps = (size_t)(figures->run.elapsed_ms / host->step_ms) + 1;
	html_markup(html,
		    "<svg viewBox=\"0 0 %zu 8\" preserveAspectRatio=\"none\" role=\"img\" "
		    "aria-label=\"requests to ",
		    steps);
	html_cut(html, slice_of(words_host(host->origin)), PARTS_NAME_MAX);
	html_markup(html, " from ");
	parts_ms(html, (double)host->first_ms);
	html_markup(html, " to ");
	parts_ms(html, (double)host->last_ms);
	html_markup(html, "\">");
	write_rests(html, figures, host);
	for (unsigned level = 1; level <= 4; level++)
		write_level(html, host, steps, level);
	html_markup(html, "</svg>");
}

static bool is_given_up(const struct figures *figures, const struct figures_host *host)
{
	for (size_t i = 0; i < figures->event_count; i++)
		if (is_kind(&figures->events[i], "given_up") && is_of(&figures->events[i], host))
			return true;
	return false;
}

static void write_host(struct html *html, const struct figures *figures,
		       const struct figures_host *host)
{
	html_markup(html, "<tr><th scope=\"row\">");
	html_cut(html, slice_of(words_host(host->origin)), PARTS_NAME_MAX);
	if (is_given_up(figures, host))
		html_markup(html, " <small>given up</small>");
	html_markup(html, "</th><td class=\"num\">");
	parts_count(html, host->pages);
	if (host->failed > 0)
		html_markup(html, "</td><td class=\"num bad\">");
	else
		html_markup(html, "</td><td class=\"num\">");
	parts_count(html, host->failed);
	html_markup(html, "</td><td class=\"num w\">");
	parts_ms(html, host->p50_ms);
	html_markup(html, "</td><td class=\"num w\">");
	parts_ms(html, host->p95_ms);
	html_markup(html, "</td><td class=\"num w\">");
	parts_bytes(html, host->bytes);
	html_markup(html, "</td><td class=\"num w\">");
	parts_ms(html, (double)host->delay_ms);
	html_markup(html, "</td><td class=\"num\">");
	parts_ms(html, (double)host->at_least_ms);
	html_markup(html, "</td><td class=\"strip\">");
	write_strip(html, figures, host);
	html_markup(html, "</td></tr>\n");
}

static void write_hosts(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;
	size_t shown = 0, all = figures->host_count;

	if (all == 0)
		return;
	html_markup(html,
		    "<h3>Hosts <small>at least: pages × delay, the shortest time that manners "
		    "allow</small></h3><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		    "aria-label=\"hosts over time\"><table class=\"strips\"><thead><tr>"
		    "<th scope=\"col\">host</th><th scope=\"col\" class=\"num\">pages</th>"
		    "<th scope=\"col\" class=\"num\">failed</th>");
	html_markup(html, "<th scope=\"col\" class=\"num w\">median</th>"
			  "<th scope=\"col\" class=\"num w\">slowest 5 %%</th>"
			  "<th scope=\"col\" class=\"num w\">bytes</th>"
			  "<th scope=\"col\" class=\"num w\">delay</th>"
			  "<th scope=\"col\" class=\"num\">at least</th>");
	html_markup(html, "<th scope=\"col\">when it was asked <i class=\"key s4\"></i>often "
			  "<i class=\"key s1\"></i>rarely <i class=\"key rest\"></i>at rest</th>"
			  "</tr></thead><tbody>\n");
	while (shown < figures->host_count && shown < FIGURES_HOSTS_MAX &&
	       parts_has_room(html, page))
		write_host(html, figures, &figures->hosts[shown++]);
	html_markup(html, "</tbody></table></div>\n");
	if (figures->hosts_all > all)
		all = figures->hosts_all;
	if (all > shown) {
		html_markup(html, "<p class=\"more\">and ");
		parts_many(html, all - shown, "more host");
		html_markup(html, ": ");
		parts_command(html, verdict_command(figures, &page->arena,
						    "crawl sql 'SELECT * FROM hosts'"));
		html_markup(html, "</p>\n");
	}
}

void section_time(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;
	char time[HUMAN_DURATION_MAX];

	parts_give_room(html, page, SECTION_BYTES);
	html_markup(html, "<section id=\"time\"><h2>Time <small>why did it take ");
	html_words(html, human_duration(figures->run.elapsed_ms, time));
	html_markup(html, "?</small></h2>\n<p class=\"say\">");
	say_pace(html, figures);
	say_tail(html, figures);
	say_busy(html, figures);
	html_markup(html, "</p>\n");
	write_charts(html, page);
	write_events(html, figures);
	write_hosts(html, page);
	html_markup(html, "</section>\n");
}
