#ifndef SITEMAP_H
#define SITEMAP_H

#include <stdint.h>

#include "parsers/text/limits.h"
#include "parsers/text/slice.h"

/*
 * sitemap: the URLs of a sitemap, a sitemap index, an RSS or Atom feed, or a text list.
 *
 * XML is read with expat, plain or in gzip, in any encoding of the Encoding Standard; what a file
 * is follows from its first bytes and its root element.  A <loc> counts in <url> and <sitemap>
 * only, so that those of image, video and other extensions do not.  Any entity declaration ends the
 * reading.
 */
enum sitemap_kind {
	SITEMAP_UNKNOWN,
	SITEMAP_URLSET, /* pages, <urlset> */
	SITEMAP_INDEX,  /* sitemaps, <sitemapindex> */
	SITEMAP_RSS,    /* the <link> of every <item> (RSS 2.0, and 1.0's <rdf:RDF>), or its <guid>
			 * unless that is no permalink */
	SITEMAP_ATOM,   /* the first <link> of every <entry> that is an alternate */
	SITEMAP_TEXT,   /* a URL a line; other lines are skipped */
};

/* "unknown", "urlset", "sitemapindex", "rss", "atom", "text". */
const char *sitemap_kind_name(enum sitemap_kind kind);

#define SITEMAP_BYTES_MAX     (50 * 1024 * 1024) /* decoded; of more, the beginning is read */
#define SITEMAP_ENTRIES_MAX   50000
#define SITEMAP_LOST_MAX      SITEMAP_ENTRIES_MAX /* broken entries; behind more nothing is read */
#define SITEMAP_URL_BYTES_MAX URL_BYTES_MAX       /* an entry with a longer URL is skipped */
#define SITEMAP_ERROR_MAX     200                 /* bytes, with the NUL */

/* What an entry's URL is relative to, outermost first. */
enum sitemap_base { SITEMAP_BASE_FILE, SITEMAP_BASE_ENTRY, SITEMAP_BASE_LINK, SITEMAP_BASES };

struct sitemap_entry {
	struct slice url; /* as it stands, trimmed, in UTF-8; neither resolved nor canonical */
	struct slice bases[SITEMAP_BASES]; /* Atom's xml:base; empty where there is none */
	bool is_sitemap;                   /* a nested sitemap, not a page */
	bool has_modified;                 /* lastmod, pubDate or updated, if it was a date */
	int64_t modified;                  /* seconds since 1970, UTC */
};

struct sitemap_result {
	enum sitemap_kind kind;
	uint32_t pages, sitemaps;      /* handed out */
	uint32_t skipped;              /* entries and lines without a usable URL */
	uint32_t lost;                 /* entries left out because they are not well-formed */
	uint32_t repaired;             /* handed out, though they were not: "?a=1&b=2" */
	char error[SITEMAP_ERROR_MAX]; /* one line, or "" */
};

/* Called for every entry; it dies with the call.  Returns 0 to go on, -1 to stop. */
typedef int sitemap_function(void *context, const struct sitemap_entry *entry);

/*
 * Hand out the entries of a file.  content_type is its header's value, or {NULL, 0}: a charset that
 * it names counts for more than the XML declaration, and less than a byte-order mark (RFC 7303 3).
 * What is not well-formed costs its own entry at most: it is read on from there.
 * Returns 0 if all of it was read; -1 if it is cut, empty, broken, none of these kinds or over a
 * limit (what came before has been handed out, and result->error says why), or if function stopped
 * it (result->error is "").
 */
int sitemap_read(struct slice body, struct slice content_type, sitemap_function *function,
		 void *context, struct sitemap_result *result);

/*
 * What of a file was of no use, in one line: "3 broken entries left out, 1 entry without a usable
 * URL"; or "".
 */
void sitemap_losses(const struct sitemap_result *result, char line[SITEMAP_ERROR_MAX]);

#endif
