#ifndef KEPT_PAGES_H
#define KEPT_PAGES_H

#include "cli/options.h"
#include "commands/one_page.h"
#include "config/config.h"

/*
 * kept_pages: some of the pages that a database keeps, to try patterns on: those that a pattern
 * wants, of as many hosts as there are, and not the first ones of each.
 */
struct kept_pages;

/* Is this pattern one whose pages are wanted? */
typedef bool kept_pages_filter(const struct config_pattern *pattern, void *context);

/*
 * Choose up to `most` of the database of -o; config and context must outlive what is returned.
 * Which they are depends on their URLs alone.
 * Returns what the caller frees with kept_pages_free(), or NULL after a complaint.
 */
struct kept_pages *kept_pages_choose(const struct options *options, const struct config *config,
				     size_t most, kept_pages_filter *filter, void *context);
size_t kept_pages_count(const struct kept_pages *pages);

/*
 * The next one: page->url is where it was in the end.  Returns 1 with a page that the caller frees,
 * 0 if there are no more, or -1 after a complaint: another may follow.
 */
int kept_pages_next(struct kept_pages *pages, struct one_page *page);

void kept_pages_free(struct kept_pages *pages);

/*
 * The page that the database of -o keeps of a URL as it was typed, or of the identity of a POST.
 * Returns 0 with a page that the caller frees, or an exit code after a complaint.
 */
int kept_pages_find(const struct options *options, const char *typed, struct one_page *page);

#endif
