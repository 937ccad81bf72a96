#ifndef PAGE_H
#define PAGE_H

#include "config/canonical.h"
#include "links/follow.h"
#include "protocol/msg.h"

/*
 * page: from a fetched body to what the master wants of it.
 *
 * Runs in the worker: UTF-8 text with its charset, the title, a compressed copy to keep, the links
 * to follow.  Everything is left in the body slot; the message says where.
 */
struct page_kit; /* converters and buffers, one a process */

/*
 * follow: which links are wanted, or NULL: none.  canonical: of links, or NULL.  product_token:
 * what a <meta> calls us.  All must stay.
 */
struct page_kit *page_kit_new(struct follow *follow, const struct canonical *canonical,
			      struct slice product_token);
void page_kit_free(struct page_kit *kit);

/* How large a slot must be for pages of up to max_body bytes, a robots.txt and a sitemap. */
size_t page_slot_bytes(size_t max_body);

/*
 * Complete *page, as fetch.h hands it out, by what job wants of its body, which stands at the
 * beginning of slot.  Texts that are added point into the kit or static memory.
 */
void page_finish(struct page_kit *kit, const struct msg_job *job, char *slot, size_t slot_bytes,
		 struct msg_page *page);

/*
 * Of the page that was finished last: is what a form of it sends in the page's charset, and not
 * UTF-8?  Then escape what is beyond ASCII in "?" and names and values as charset_encode.h has it;
 * out needs CHARSET_QUERY_GROWTH_MAX times the size of query.
 */
bool page_encodes_query(const struct page_kit *kit);
struct slice page_encode_query(struct page_kit *kit, struct slice query, char *out);

/* "zstd 1.5.4"; static. */
const char *page_library_version(void);

#endif
