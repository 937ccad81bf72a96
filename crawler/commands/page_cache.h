#ifndef PAGE_CACHE_H
#define PAGE_CACHE_H

#include "commands/one_page.h"

/*
 * page_cache: pages that were fetched to be looked at, kept for an hour, so that a pattern can be
 * tried again and again without asking their site each time.
 *
 * A file a page in $XDG_CACHE_HOME/crawl (~/.cache/crawl), which nobody else may read.  With other
 * settings of whom is asked, and how (user_agent, proxy, private_addresses), it is another page.
 * What cannot be kept, or is damaged, or not ours, is as if it were not there.
 */
#define PAGE_CACHE_MS ((int64_t)60 * 60 * 1000)

/*
 * The page of a URL, as one_page_url() gave it.  Returns false if there is none that is of the last
 * hour and no larger than settings allow; otherwise page->age_ms says how old it is.
 */
bool page_cache_get(struct one_page *page, const struct url *url, const struct settings *settings);

/* Keep a page, unless it is of somebody; and drop those that are too old. */
void page_cache_put(const struct one_page *page, const struct url *url,
		    const struct settings *settings);

#endif
