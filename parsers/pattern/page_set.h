#ifndef PAGE_SET_H
#define PAGE_SET_H

#include "parsers/text/scratch.h"

/*
 * page_set: what a page was given besides its text, by who asked for it: "{set.shop}" in templates.
 *
 * A pattern wants some names of it, and is told their values before it runs on a page.
 * Zero-initialised it wants none.
 */
struct page_set_field {
	struct slice name;
	struct slice value; /* absent: the page was given none of this name */
	struct page_set_field *next;
};

struct page_set {
	struct page_set_field *wanted;
	struct scratch values;
};

#define PAGE_SET_PREFIX "set."

/*
 * A field is wanted; name and what is returned live in store.  The same for a name that is wanted
 * already.
 */
const struct page_set_field *page_set_want(struct page_set *set, struct slice name,
					   struct scratch *store);

/*
 * Read the values out of an object of JSON; strings without their quotes, null as if it were not
 * there, others as they are written.  What is no object, or absent, has none.  Copied.
 */
void page_set_read(struct page_set *set, struct slice object);

/* The next page has none. */
void page_set_forget(struct page_set *set);

void page_set_free(struct page_set *set);

#endif
