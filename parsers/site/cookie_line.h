#ifndef COOKIE_LINE_H
#define COOKIE_LINE_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * cookie_line: a cookie as a line, as Netscape wrote them to cookies.txt, and as browsers' exports
 * and libcurl have them still.
 *
 *	#HttpOnly_.example.org	TRUE	/	FALSE	1893456000	name	value
 *	domain			tail	path	secure	expires		name	value
 *
 * Tabs stand between the fields.  A tail is a domain whose subdomains get it as well: it begins
 * with a dot.  Pure.
 */
struct cookie_line {
	struct slice domain; /* "example.org", ".example.org": the key has the dot */
	struct slice path, name, value;
	bool is_tail, is_secure, is_http_only;
	int64_t expires_s; /* Unix time; 0: with the session */
};

/*
 * Read a line, without its end.  The texts point into it.  Returns NULL, or what is wrong, in words
 * (*cookie is then untouched).
 */
const char *cookie_line_read(struct cookie_line *cookie, struct slice line);

/* Write it as libcurl does.  Returns its bytes, without a NUL, or 0: it does not fit. */
size_t cookie_line_write(const struct cookie_line *cookie, char *out, size_t out_bytes);

/* Is the line a comment, or blank? */
bool cookie_line_is_none(struct slice line);

/* The next line of a text, without its end, which *text then begins behind; NULL: there is none. */
struct slice cookie_line_next(struct slice *text);

/* The name that the domain is of, without its dot. */
struct slice cookie_line_host(const struct cookie_line *cookie);

/* Is it for this host, by its domain alone (RFC 6265 5.1.3)?  IPv6 addresses have no brackets. */
bool cookie_line_is_for(const struct cookie_line *cookie, struct slice host);

/* Does one replace the other (RFC 6265 5.3 11)? */
bool cookie_line_replaces(const struct cookie_line *cookie, const struct cookie_line *other);

bool cookie_line_is_over(const struct cookie_line *cookie, int64_t now_s);

#endif
