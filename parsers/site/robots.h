#ifndef ROBOTS_H
#define ROBOTS_H

#include <stdint.h>

#include "parsers/text/limits.h"
#include "parsers/text/slice.h"

/*
 * robots: what a robots.txt allows one crawler (RFC 9309).
 *
 * A file is parsed once for one product token; what is kept is the rules for that token,
 * its crawl-delay and the file's sitemaps.  Asking does not change it.  Both take linear
 * time, whatever the file says.
 *
 * Keys are read in any case.  As in Google's parser, "dissallow", "dissalow", "disalow",
 * "diasllow", "disallaw", "useragent", "user agent" and "site-map" are understood, and so is
 * white space in place of the colon when the line has two words.
 */
struct robots;

#define ROBOTS_BYTES_MAX      (500 * 1024)  /* of a longer file, the complete lines up to here */
#define ROBOTS_PATH_BYTES_MAX URL_BYTES_MAX /* of a longer path, the beginning is looked at */
#define ROBOTS_WORK_BYTES_MAX (4u << 20)    /* path bytes one check may search for wildcards */
#define ROBOTS_DELAY_MS_MAX   INT64_C(1000000000000) /* a longer crawl-delay is this */

/*
 * The product token of a User-Agent header, what groups are chosen by (RFC 9309 2.2.1): all before
 * "/" or white space, whatever its characters, for "bot3" is not "bot1".  Of a crawler that says it
 * is like a browser it is the name behind "compatible;":
 *
 *	mybot/1.0 (+mailto:me@example.org)                   mybot
 *	Mozilla/5.0 (compatible; mybot/1.0; +http://x.org)   mybot
 *
 * Points into user_agent; may be empty.
 */
struct slice robots_product_token(struct slice user_agent);

/* Would anybody who reads the header name this token, so that it need not be said? */
bool robots_token_is_obvious(struct slice user_agent);

/*
 * Parse a robots.txt for the crawler of this product token: the rules of all groups that name
 * it (in any case), else of all groups for "*", else none.  A body that begins as HTML or
 * UTF-16 does has none.  Nothing points into body.
 * Returns a robots the caller frees with robots_free(), never NULL.
 */
struct robots *robots_parse(struct slice body, struct slice product_token);
void robots_free(struct robots *robots);

/* The memory it takes: at most some 5 MB, of a file that has nothing but short rules. */
size_t robots_memory_bytes(const struct robots *robots);

struct robots_verdict {
	bool is_allowed;
	unsigned line; /* of the rule that decided, from 1; 0 if none did */
	struct slice
		rule; /* that line as written, "Disallow: /x", without comment; into the robots */
};

/*
 * May the crawler ask for this path and query ("/a?b", empty is "/")?  The longest matching
 * pattern decides, and Allow before Disallow (RFC 9309 2.2.2).  Path and pattern are compared
 * with unreserved characters unescaped and all else but the reserved characters escaped, so
 * that "%7e" is "~" and "%2F" is not "/"; "%2A" and "%24" in a pattern are literal "*" and "$".
 *
 * A hostile file can make a check dear.  One that would exceed ROBOTS_WORK_BYTES_MAX (four
 * thousand wildcard rules against a path of a thousand bytes) is disallowed, on line 0.
 */
struct robots_verdict robots_check(const struct robots *robots, struct slice path_and_query);

/* The chosen groups' Crawl-delay, the largest if there are several; -1 if there is none. */
int64_t robots_crawl_delay_ms(const struct robots *robots);

/* The file's Sitemap lines, in order, whichever group they stand in.  They point into the robots.
 */
size_t robots_sitemap_count(const struct robots *robots);
struct slice robots_sitemap(const struct robots *robots, size_t index);

#endif
