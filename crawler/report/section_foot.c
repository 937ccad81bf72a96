#include "report/sections.h"

void section_foot(struct html *html, struct page *page)
{
	html_markup(html, "<footer id=\"foot\"><p>Written by <code>");
	html_words(html, page->options->is_served ? "crawl serve" : "crawl report");
	html_markup(html, "</code> from ");
	html_cut(html, slice_of(page->figures->name), PARTS_NAME_MAX);
	html_markup(html, ". ");
	if (!page->options->is_served)
		html_markup(html, "One file, no script, nothing loaded from elsewhere. ");
	html_markup(html, "Every figure here can be asked for: <code>crawl sql</code>, "
			  "docs/schema.md.</p></footer>\n");
}
