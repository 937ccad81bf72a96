#ifndef PAGE_BASE_H
#define PAGE_BASE_H

#include "parsers/charset/charset.h"
#include "parsers/text/slice.h"

/*
 * page_base: what the clean step `url` resolves references against: the page's URL and <base>, with
 * queries in the page's charset, as its links are (outlinks.h).
 *
 * Patterns run on one page at a time in a process, and the step knows only the URL of the page:
 * the page is said here before its patterns run.  Nothing is looked for before a reference comes.
 */
struct page_about {
	struct slice url; /* or absent */
	struct slice text;
	struct slice content_type; /* the header, or absent */
	struct charset charset;    /* its name may be NULL: UTF-8 */
	struct slice set;          /* what its list gave it: an object of JSON, or absent */
};

/* The page that comes next.  What *page points to must stay until the next one. */
void page_base_begin(const struct page_about *page);

/*
 * A clean_resolve_function.  An absolute reference needs no URL of a page; a relative one stays as
 * it is where neither URL nor <base> is known, as of a file that is tried: a crawl knows them.
 */
size_t page_base_resolve(struct slice url, struct slice reference, char *out, size_t out_bytes);

/* Has a relative reference of this page stayed as it is? */
bool page_base_is_missed(void);

#endif
