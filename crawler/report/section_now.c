#include "report/sections.h"

#include "report/svg.h"
#include "report/timeline.h"
#include "report/words.h"

#define MINUTE_MS    60000
#define HOSTS_SHOWN  8
#define PLOT_HEIGHT  110
#define FIELDS_SHOWN 5

static void write_speed(struct html *html, struct page *page)
{
	struct timeline timeline;
	double end, both[TIMELINE_COLUMNS_MAX];

	html_markup(html, "<div><h2>Speed</h2>");
	timeline_make(&timeline, page->figures, MINUTE_MS);
	if (timeline.columns == 0) {
		html_markup(html, "<p class=\"note\">Nothing is known yet.</p></div>\n");
		return;
	}
	end = svg_axis_end(timeline.speed_max);
	for (size_t i = 0; i < timeline.columns; i++)
		both[i] = timeline.read[i] + timeline.failed[i];
	html_markup(html, "<div class=\"chart\">");
	svg_plot_begin(html, PLOT_HEIGHT);
	html_markup(html, "<b>Pages a second</b>, the last minute");
	svg_plot_area(html, end);
	svg_begin(html, arena_print(&page->arena, "pages a second in the last minute, at most %.0f",
				    timeline.speed_max));
	svg_grid(html, true);
	svg_steps(html, "c-fail", both, timeline.columns, end);
	svg_steps(html, "c-ok", timeline.read, timeline.columns, end);
	svg_plot_end(html);
	html_markup(html, "</div></div>\n");
}

static bool is_waited_for(const struct figures_host *host)
{
	return host->left > 0;
}

static void write_host(struct html *html, const struct figures_host *host)
{
	html_markup(html, "<tr><th scope=\"row\">");
	html_cut(html, slice_of(words_host(host->origin)), PARTS_NAME_MAX);
	html_markup(html, "</th><td>");
	html_cut(html, slice_of(host->waits_for), PARTS_TITLE_MAX);
	html_markup(html, "</td><td class=\"num\">");
	parts_count(html, host->left);
	html_markup(html, "</td><td class=\"num\">");
	if (host->delay_ms > 0)
		parts_ms(html, (double)host->left * (double)host->delay_ms);
	html_markup(html, "</td></tr>\n");
}

static void write_hosts(struct html *html, const struct figures *figures)
{
	size_t shown = 0;

	html_markup(html, "<div><h2>Who keeps it waiting</h2><table><thead><tr>"
			  "<th scope=\"col\">host</th><th scope=\"col\">waits for</th>"
			  "<th scope=\"col\" class=\"num\">URLs left</th>"
			  "<th scope=\"col\" class=\"num\">at least</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < figures->host_count && shown < HOSTS_SHOWN; i++) {
		if (!is_waited_for(&figures->hosts[i]))
			continue;
		write_host(html, &figures->hosts[i]);
		shown++;
	}
	html_markup(html, "</tbody></table>");
	if (shown == 0)
		html_markup(html, "<p class=\"note\">Nobody: what is left is under way.</p>");
	html_markup(html, "</div>\n");
}

void section_now(struct html *html, struct page *page)
{
	html_markup(html, "<section id=\"now\" class=\"two\" aria-label=\"Now\">");
	write_speed(html, page);
	write_hosts(html, page->figures);
	html_markup(html, "</section>\n");
}

/* Of the pattern with most rows: what comes in is seen to be right. */
static const struct figures_pattern *busiest(const struct figures *figures)
{
	const struct figures_pattern *best = NULL;

	for (size_t i = 0; i < figures->pattern_count; i++) {
		const struct figures_pattern *pattern = &figures->patterns[i];

		if (pattern->newest_count > 0 && (!best || pattern->rows > best->rows))
			best = pattern;
	}
	return best;
}

void section_newest(struct html *html, struct page *page)
{
	const struct figures_pattern *pattern = busiest(page->figures);

	parts_give_room(html, page, 8000);
	html_markup(html, "<section id=\"newest\"><h2>Newest rows <small>");
	if (!pattern) {
		html_markup(html, "</small></h2><p class=\"note\">None yet.</p></section>\n");
		return;
	}
	html_cut(html, slice_of(pattern->name), PARTS_NAME_MAX);
	html_markup(html, "</small></h2>\n");
	parts_rows(html, page, pattern, FIELDS_SHOWN, "rows that came in");
	html_markup(html, "</section>\n");
}
