#include "serve/page_text.h"

static void write_part(struct html *html, struct slice text, size_t begin, size_t end)
{
	if (end > begin)
		html_text(html, (struct slice){ text.at + begin, end - begin });
}

void page_text_write(struct html *html, struct slice text, const struct page_mark marks[],
		     size_t count)
{
	size_t at = 0;

	html_markup(html, "<pre class=\"kept\" tabindex=\"0\" role=\"region\" "
			  "aria-label=\"Text of the page\">\n");
	for (size_t i = 0; i < count; i++) {
		size_t begin = marks[i].begin > at ? marks[i].begin : at;
		size_t end = marks[i].end < text.size ? marks[i].end : text.size;

		if (begin >= end)
			continue;
		write_part(html, text, at, begin);
		html_markup(html, "<mark title=\"");
		html_words(html, marks[i].title);
		html_markup(html, "\">");
		write_part(html, text, begin, end);
		html_markup(html, "</mark>");
		at = end;
	}
	write_part(html, text, at, text.size);
	html_markup(html, "</pre>\n");
}
