#ifndef SECTIONS_H
#define SECTIONS_H

#include "report/parts.h"

/* sections: each is one element with its name as id, and a file of its own, section_*.c. */
void section_head(struct html *html, struct page *page);
void section_verdict(struct html *html, struct page *page);
void section_now(struct html *html, struct page *page);
void section_newest(struct html *html, struct page *page);
void section_tiles(struct html *html, struct page *page);
void section_patterns(struct html *html, struct page *page);
void section_failures(struct html *html, struct page *page);
void section_time(struct html *html, struct page *page);
void section_pages(struct html *html, struct page *page);
void section_runs(struct html *html, struct page *page);
void section_foot(struct html *html, struct page *page);

#endif
