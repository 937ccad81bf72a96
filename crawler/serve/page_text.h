#ifndef PAGE_TEXT_H
#define PAGE_TEXT_H

#include "report/html.h"

/*
 * page_text: a page as text, with what patterns matched in it marked.  Never as HTML.
 */
struct page_mark {
	size_t begin, end; /* bytes of the text */
	const char *title; /* what matched: "books", "books.price" */
};

/* Marks in the order of their begin; of two that overlap the first stands, and the rest of the
 * other. */
void page_text_write(struct html *html, struct slice text, const struct page_mark marks[],
		     size_t count);

#endif
