#ifndef MEDIA_TYPE_H
#define MEDIA_TYPE_H

#include "parsers/text/slice.h"

/*
 * media_type: what a body is to be read as, by its Content-Type, or by its bytes where that says
 * nothing (WHATWG MIME Sniffing 7 and 7.1, Fetch 2.2.2 "extract a MIME type").
 */
enum media_type {
	MEDIA_BINARY, /* nothing that patterns can be matched against */
	MEDIA_TEXT,   /* scripts, style sheets, JSON, plain text */
	MEDIA_XML,
	MEDIA_HTML,
	MEDIA_XHTML, /* XML whose elements are HTML's */
};

/*
 * content_type is the header's value; several that are joined by commas are one value, of which
 * the last that is a type counts.  Absent, malformed and "unknown" types say nothing.
 * The body's first bytes decide then, more willingly than in a browser: all that begins with a
 * tag is HTML.  Of XML they say if it is XHTML.
 */
enum media_type media_type_of(struct slice content_type, struct slice body);

/* Does the header say nothing? */
bool media_type_is_unknown(struct slice content_type);

/* Has it links, a title and <meta>? */
static inline bool media_type_is_page(enum media_type type)
{
	return type == MEDIA_HTML || type == MEDIA_XHTML;
}

#endif
