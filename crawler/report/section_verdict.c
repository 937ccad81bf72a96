#include "report/sections.h"

#include "report/words.h"

static const char *class_of(const struct page *page)
{
	if (page->verdict.tone == VERDICT_WORSE)
		return "verdict worse";
	return page->verdict.tone == VERDICT_FINE ? "verdict fine" : "verdict";
}

/* A sign beside the words: colours alone say nothing. */
static const char *sign_of(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_GO_ON:
		return "▸";
	case VERDICT_DRIFT:
		return "▼";
	case VERDICT_NEVER:
		return "○";
	case VERDICT_LIMIT:
		return "◔";
	case VERDICT_GIVEN_UP:
	case VERDICT_FAILURES:
		return "✕";
	case VERDICT_NOTE:
		return "✓";
	}
	return "";
}

static void write_need(struct html *html, const struct page *page, const struct verdict_need *need)
{
	html_markup(html, "<li><span class=\"sign\" aria-hidden=\"true\">");
	html_words(html, sign_of(need->kind));
	html_markup(html, "</span><div>");
	parts_sentence(html, page, &need->fact, need->pattern);
	for (size_t i = 0; i < need->cause_count; i++) {
		html_markup(html, "<br>");
		parts_sentence(html, page, &need->causes[i], need->pattern);
	}
	if (need->command) {
		html_markup(html, "<br>");
		parts_command(html, need->command);
	}
	html_markup(html, "</div></li>\n");
}

static void write_needs(struct html *html, const struct page *page)
{
	const struct verdict *verdict = &page->verdict;

	if (verdict->need_count == 0)
		return;
	html_markup(html, "<ul class=\"needs\">\n");
	for (size_t i = 0; i < verdict->need_count; i++)
		write_need(html, page, &verdict->needs[i]);
	html_markup(html, "</ul>");
	if (verdict->needs_all > verdict->need_count) {
		html_markup(html, "<p class=\"more\">and ");
		parts_count(html, verdict->needs_all - verdict->need_count);
		html_markup(html, " more, below.</p>");
	}
}

/* How much of it is done, as a bar: of what is known by now. */
static void write_progress(struct html *html, const struct figures *figures)
{
	double all = (double)figures->urls;
	double done = (double)figures->urls_done, failed = (double)figures->urls_failed;

	if (figures->urls == UINT64_MAX || figures->urls == 0 || done + failed > all)
		return;
	html_markup(html, "<div class=\"progress\" role=\"img\" aria-label=\"");
	parts_percent(html, done / all);
	html_markup(html, " done, ");
	parts_percent(html, failed / all);
	html_markup(html,
		    " failed\"><b class=\"c-ok\" style=\"width:%.2f%%\"></b><b class=\"c-fail\" "
		    "style=\"width:%.2f%%\"></b></div>",
		    parts_width(done / all), parts_width(failed / all));
}

void section_verdict(struct html *html, struct page *page)
{
	html_markup(html, "<section id=\"verdict\" class=\"");
	html_words(html, class_of(page));
	html_markup(html, "\" aria-labelledby=\"headline\"><h2 id=\"headline\">");
	html_words(html, page->verdict.headline);
	html_markup(html, "</h2>");
	if (page->figures->state == FIGURES_RUNNING)
		write_progress(html, page->figures);
	html_markup(html, "<p class=\"lead\">");
	parts_sentence(html, page, &page->verdict.lead, NULL);
	html_markup(html, "</p>");
	write_needs(html, page);
	html_markup(html, "</section>\n");
}
