#ifndef URL_H
#define URL_H

#include <stdint.h>
#include "parsers/slice.h"

/*
 * url: canonical absolute URLs (http and https).
 *
 * References are resolved as browsers do (WHATWG URL 4.4), then made canonical for
 * "seen before": no fragment, lower-case host, no default port, upper-case escapes,
 * unreserved characters unescaped.  Pure: no locale, no allocation, no I/O.
 */

#define URL_BYTES_MAX 8192 /* a longer URL is an error */

enum url_error {
	URL_OK,
	URL_EMPTY,
	URL_TOO_LONG,
	URL_NO_SCHEME,	    /* relative, and no base */
	URL_OTHER_SCHEME,   /* not http or https */
	URL_BAD_HOST,	    /* empty host, forbidden character, bad IPv4, IPv6 or IDN */
	URL_BAD_PORT,
};

/* The reason in the user's words: "no scheme (http:// or https:// is missing)". */
const char *url_error_text(enum url_error error);

/* A canonical URL and where its parts are.  Offsets into text, which is NUL-terminated. */
struct url {
	uint16_t size;
	uint16_t host, host_size; /* without brackets' meaning lost: "[::1]" keeps them */
	uint16_t port;		  /* number; the scheme's default if none is written */
	uint16_t path;		  /* offset of the "/" that begins it; text[0..path) is the origin */
	uint16_t query;		  /* offset of "?", or size */
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

/* "http://example.org:8080": scheme, host and port, what politeness is counted by.  Points into url. */
static inline struct slice url_origin(const struct url *url)
{
	return (struct slice){ url->text, url->path };
}

static inline struct slice url_host(const struct url *url)
{
	return (struct slice){ url->text + url->host, url->host_size };
}

static inline struct slice url_slice(const struct url *url)
{
	return (struct slice){ url->text, url->size };
}

#endif
