#include "report/sections.h"

/* What else the server shows. */
static void write_views(struct html *html)
{
	html_markup(html, "<p>All of it: <a href=\"/urls\">URLs</a>, <a href=\"/rows/\">rows</a>, "
			  "<a href=\"/why\">the story of one URL</a>. "
			  "<a href=\"/try\">Try a pattern</a>.</p>");
}

void section_foot(struct html *html, struct page *page)
{
	html_markup(html, "<footer id=\"foot\">");
	if (page->options->is_served)
		write_views(html);
	html_markup(html, "<p>Written by <code>");
	html_words(html, page->options->is_served ? "crawl serve" : "crawl report");
	html_markup(html, "</code> from ");
	html_cut(html, slice_of(page->figures->name), PARTS_NAME_MAX);
	html_markup(html, ". ");
	if (!page->options->is_served)
		html_markup(html, "One file, no script, nothing loaded from elsewhere. ");
	html_markup(html, "Every figure here can be asked for: <code>crawl sql</code>, "
			  "docs/schema.md.</p></footer>\n");
}
