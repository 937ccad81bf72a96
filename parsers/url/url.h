#ifndef URL_H
#define URL_H

#include <stdint.h>

#include "parsers/text/limits.h"
#include "parsers/text/slice.h"

/*
 * url: canonical absolute URLs (http and https).
 *
 * A reference is resolved as browsers do (WHATWG URL 4.4), then made canonical, so that
 * two spellings of one page are seen as one:
 *
 *	HTTP://User:Pw@Example.ORG:80/a/../%7ejo%c3%a9?q=%41#top
 *	http://example.org/~jo%C3%A9?q=A
 *
 * - no fragment; no user name and password (a crawler logs in nowhere);
 * - scheme and host in lower case, IDNA names as xn--, IPv4 and IPv6 in their one
 *   spelling, no default port; a dot that ends the host is kept;
 * - escapes in upper case, and none for ALPHA DIGIT - . _ ~ (RFC 3986 6.2.2.2), in path
 *   and query; they are decoded before dot segments are removed;
 * - the path begins with "/"; a query that is there but empty is kept: "/?" is not "/";
 * - text is UTF-8, whatever the page was (charset_encode.h is for its query); bytes that are not
 *   UTF-8 are escaped one by one;
 * - a "%" that begins no escape stays as it is.
 *
 * The result is printable ASCII without spaces, and resolving it again yields itself.
 * No locale, no I/O; no allocation but libidn2's, for a host that is not plain ASCII.
 */

/* Of a reference without its fragment; it may be longer than what it stands for. */
#define URL_REFERENCE_BYTES_MAX (4 * URL_BYTES_MAX)

enum url_error {
	URL_OK,
	URL_EMPTY,
	URL_TOO_LONG,
	URL_NO_SCHEME,    /* relative, and no base */
	URL_OTHER_SCHEME, /* not http or https */
	URL_NO_HOST,      /* "http://", "http://:80/" */
	URL_BAD_HOST,     /* forbidden character, bad escape, not a valid IDNA name */
	URL_BAD_ADDRESS,  /* ends in a number or stands in brackets, but is no address */
	URL_BAD_PORT,
};

/* The reason in the user's words: "no scheme: begin the URL with http:// or https://". */
const char *url_error_text(enum url_error error);

/*
 * "name:password" of an absolute reference, as it stands there, which its canonical URL has not;
 * absent: none.  Points into reference.
 */
struct slice url_user(struct slice reference);

/*
 * A canonical URL and where its parts are.  Offsets into text, which is NUL-terminated:
 *
 *	http://example.org:8080/a/b.html?q=1
 *	       ^host           ^path    ^query
 *
 * Only text[0..size] is ever written: copy a URL with url_copy(), not by assignment.
 */
struct url {
	uint16_t size;
	uint16_t host, host_size; /* an IPv6 address keeps its brackets: "[::1]" */
	uint16_t port;            /* number; the scheme's default if none is written */
	uint16_t path;            /* of the "/" that begins it; text[0..path) is the origin */
	uint16_t query;           /* of the "?", or size */
	bool is_https;
	char text[URL_BYTES_MAX + 1];
};

/*
 * Resolve reference against base (canonical; or NULL) and write the canonical URL to *url.
 * url may be base.  On error *url is untouched.
 */
enum url_error url_resolve(struct url *url, const struct url *base, struct slice reference);

/* Parse an absolute URL: url_resolve without a base. */
enum url_error url_parse(struct url *url, struct slice text);

/* Copy what is used of from, a few dozen bytes of its 8 KiB.  to may be from. */
void url_copy(struct url *to, const struct url *from);

/* "http://example.org:8080": what politeness is counted by.  Points into url. */
static inline struct slice url_origin(const struct url *url)
{
	return (struct slice){ url->text, url->path };
}

/* "example.org", "127.0.0.1" or "[::1]".  Points into url. */
static inline struct slice url_host(const struct url *url)
{
	return (struct slice){ url->text + url->host, url->host_size };
}

/* The whole URL.  Points into url. */
static inline struct slice url_slice(const struct url *url)
{
	return (struct slice){ url->text, url->size };
}

#endif
