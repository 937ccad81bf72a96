#include "report/sections.h"

#include "report/words.h"
#include "show/human.h"

static const char *state_words(const struct page *page)
{
	switch (page->figures->state) {
	case FIGURES_RUNNING:
		if (page->options->is_stopping)
			return "stopping";
		return page->figures->is_paused ? "paused" : "running";
	case FIGURES_FINISHED:
		return "finished";
	case FIGURES_STOPPED:
		return "stopped early";
	case FIGURES_KILLED:
		return "killed";
	case FIGURES_NO_RUN:
		return "no run yet";
	}
	return "";
}

static void write_line(struct html *html, const struct page *page)
{
	const struct figures *figures = page->figures;
	char date[WORDS_MAX], time[HUMAN_DURATION_MAX];

	html_markup(html, "<p>");
	if (figures->state != FIGURES_NO_RUN) {
		html_markup(html, "run %lld, ", (long long)figures->run.id);
		if (figures->state == FIGURES_RUNNING)
			html_markup(html, "since ");
		html_words(html, words_date(figures->run.started_at, date));
		html_markup(html, ", ");
		html_words(html, human_duration(figures->run.elapsed_ms, time));
		if (figures->nodes > 0) {
			html_markup(html, ", ");
			html_words(html, COUNTED(figures->nodes, "node"));
		}
		html_markup(html, " ");
	}
	html_markup(html, "<span class=\"chip\">");
	html_words(html, state_words(page));
	html_markup(html, "</span></p>");
}

static void write_button(struct html *html, const struct page *page, const char *action,
			 const char *words)
{
	html_markup(html, "<form method=\"post\" action=\"/");
	html_words(html, action);
	html_markup(html, "\">");
	if (page->options->token) {
		html_markup(html, "<input type=\"hidden\" name=\"token\" value=\"");
		html_words(html, page->options->token);
		html_markup(html, "\">");
	}
	html_markup(html, "<button>");
	html_words(html, words);
	html_markup(html, "</button></form>");
}

static void write_buttons(struct html *html, const struct page *page)
{
	html_markup(html, "<div class=\"buttons\">");
	if (page->figures->is_paused)
		write_button(html, page, "resume", "Resume");
	else
		write_button(html, page, "pause", "Pause");
	write_button(html, page, "stop", "Stop");
	html_markup(html, "</div>");
}

static void write_nav(struct html *html)
{
	html_markup(html, "<nav aria-label=\"Sections\"><a href=\"#patterns\">Patterns</a> "
			  "<a href=\"#failures\">Failures</a> <a href=\"#time\">Time</a> "
			  "<a href=\"#pages\">Pages</a> <a href=\"#runs\">Runs</a></nav>");
}

void section_head(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;

	html_markup(html, "<header id=\"head\"><div class=\"top\"><h1>");
	html_cut(html, slice_of(figures->name), PARTS_NAME_MAX);
	html_markup(html, "</h1>");
	write_line(html, page);
	html_markup(html, "</div>");
	if (page->options->is_served && page->options->may_steer &&
	    figures->state == FIGURES_RUNNING)
		write_buttons(html, page);
	if (figures->state != FIGURES_NO_RUN)
		write_nav(html);
	if (figures->notice) {
		html_markup(html, "<p class=\"notice\">");
		html_cut(html, slice_of(figures->notice), 2 * PARTS_TEXT_MAX);
		html_markup(html, "</p>");
	}
	html_markup(html, "</header>\n");
}
