#ifndef KEPT_TEXT_H
#define KEPT_TEXT_H

#include "config/page_base.h"
#include "store/store.h"

/* kept_text: what the database keeps of a page, unpacked. */

struct kept_text;

struct kept_text *kept_text_new(void);
void kept_text_free(struct kept_text *kept);

/* How many bytes it has unpacked, as what is kept says; SIZE_MAX: it does not. */
size_t kept_text_size(const struct store_kept *page);

/* Unpack a page: valid until the next one.  Returns {NULL, 0} if what is kept is damaged. */
struct slice kept_text_bytes(struct kept_text *kept, const struct store_kept *page);

/* The first bytes of it, and whether there are more; no more is unpacked, however large it is. */
struct slice kept_text_beginning(struct kept_text *kept, const struct store_kept *page,
				 size_t bytes_max, bool *is_cut);

/*
 * A page for patterns, as they saw it when it was fetched: about->text is absent if the page is
 * not text.  It is valid until the next one; what stands in page as long as that is.
 * Returns 0, or -1: what is kept is damaged.
 */
int kept_text_unpack(struct kept_text *kept, const struct store_kept *page,
		     struct page_about *about);

#endif
