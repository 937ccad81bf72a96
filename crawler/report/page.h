#ifndef PAGE_H
#define PAGE_H

#include "report/figures.h"
#include "report/html.h"
#include "report/page_options.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * page: the figures of a run as a page of HTML: a file that stands for itself, or what a server
 * hands out.  No script, and nothing is loaded.  The same figures are the same bytes.
 *
 * The file says what to type where the server has a link:
 *
 *	a URL			/why?id=N
 *	a pattern's rows	/rows/NAME
 *	the rest of a list	/urls?outcome=O&status=N, /urls?pattern=NAME
 *	Pause, Resume, Stop	POST /pause, /resume, /stop
 */
#define PAGE_BYTES_MAX 300000 /* of all of it, whatever was crawled */

/* Append the whole document. */
void page_report(struct html *html, const struct figures *figures,
		 const struct page_options *options);

/*
 * A part of the page, one element with this id: what changes while a run runs is sent part by part.
 * The order is that of the page.
 */
struct page;
struct page_section {
	const char *id;
	void (*write)(struct html *html, struct page *page);
	bool is_live; /* only while it runs */
};

extern const struct page_section page_sections[];
extern const size_t page_section_count;

/* The parts of one page, which are written one by one; nothing is there of those that are not. */
struct page *page_new(const struct figures *figures, const struct page_options *options);
void page_free(struct page *page);
void page_write(struct html *html, struct page *page, const struct page_section *section);

/* What stands in its <title>. */
void page_write_title(struct html *html, const struct page *page);

#endif
