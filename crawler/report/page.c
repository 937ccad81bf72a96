#include "report/page.h"

#include <stdlib.h>

#include "parsers/text/memory.h"
#include "report/sections.h"
#include "report/style.h"

const struct page_section page_sections[] = {
	{ "head", section_head, false },
	{ "verdict", section_verdict, false },
	{ "now", section_now, true },
	{ "newest", section_newest, true },
	{ "tiles", section_tiles, false },
	{ "patterns", section_patterns, false },
	{ "failures", section_failures, false },
	{ "time", section_time, false },
	{ "pages", section_pages, false },
	{ "runs", section_runs, false },
	{ "foot", section_foot, false },
};
const size_t page_section_count = sizeof(page_sections) / sizeof(page_sections[0]);

#define FIRST_WITHOUT_RUN                                                       \
	4 /* tiles: of a database without a run they and what follows are empty \
	   */

/* Written once for nothing: what stands above is to know what it may link to. */
static void count_patterns(struct page *page)
{
	struct html html = { 0 };

	section_patterns(&html, page);
	html_free(&html);
}

struct page *page_new(const struct figures *figures, const struct page_options *options)
{
	struct page *page = memory_new(1, sizeof(*page));

	page->figures = figures;
	page->options = options;
	verdict_make(&page->verdict, figures, &page->arena);
	count_patterns(page);
	return page;
}

void page_free(struct page *page)
{
	if (!page)
		return;
	arena_free(&page->arena);
	free(page);
}

static bool is_shown(const struct page *page, const struct page_section *section)
{
	enum figures_state state = page->figures->state;

	if (section->is_live)
		return state == FIGURES_RUNNING;
	return state != FIGURES_NO_RUN || section - page_sections < FIRST_WITHOUT_RUN ||
	       section->write == section_foot;
}

void page_write(struct html *html, struct page *page, const struct page_section *section)
{
	if (is_shown(page, section))
		section->write(html, page);
}

void page_write_title(struct html *html, const struct page *page)
{
	const struct figures *figures = page->figures;

	html_cut(html, slice_of(figures->name), PARTS_NAME_MAX);
	if (figures->state != FIGURES_NO_RUN)
		html_markup(html, ", run %lld", (long long)figures->run.id);
	html_markup(html, ": ");
	html_words(html, page->verdict.headline);
}

static void write_beginning(struct html *html, const struct page *page)
{
	html_markup(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
			  "<meta name=\"color-scheme\" content=\"light dark\">"
			  "<meta name=\"referrer\" content=\"no-referrer\">");
	html_markup(html, "<title>");
	page_write_title(html, page);
	html_markup(html, "</title>");
	html_markup(html, "<style>\n");
	html_own(html, style_sheet());
	html_markup(html, "</style>");
	if (page->options->is_served && page->options->script) {
		html_markup(html, "<script src=\"");
		html_words(html, page->options->script);
		html_markup(html, "\" defer></script>");
	}
	html_markup(html,
		    "</head><body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n");
}

void page_report(struct html *html, const struct figures *figures,
		 const struct page_options *options)
{
	struct page *page = page_new(figures, options);

	write_beginning(html, page);
	for (size_t i = 0; i < page_section_count; i++) {
		if (i == 1)
			html_markup(html, "<main id=\"main\">\n");
		if (i + 1 == page_section_count)
			html_markup(html, "</main>\n");
		page_write(html, page, &page_sections[i]);
	}
	html_markup(html, "</body></html>\n");
	page_free(page);
}
