#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "parsers/url/url.h"

/*
 * request: what is asked of a URL, where that is more than a plain GET.
 *
 * Two requests are one if their method, URL and body are.  A POST has an identity, a text of its
 * own beside the URL's, by which it is known, stored and shown:
 *
 *	https://api.example.org/search#POST-8f1e0c22a9b47d31
 *
 * No canonical URL has a fragment, so none is mistaken for it; and it is never sent.
 */
enum request_method { REQUEST_GET, REQUEST_POST };

struct http_request {
	enum request_method method;
	struct slice headers; /* lines, "Name: value\n"; of a body its Content-Type, too */
	struct slice body;    /* of a POST */
};

#define REQUEST_HEADERS_MAX (64 * 1024)   /* bytes of all its lines */
#define REQUEST_BODY_MAX    (1024 * 1024) /* bytes */

static inline bool request_is_plain(const struct http_request *request)
{
	return request->method == REQUEST_GET && request->headers.size == 0;
}

/* "GET", "POST"; and back: returns false if it is neither.  Letters count (RFC 9110 9.1). */
const char *request_method_name(enum request_method method);
bool request_method_of(struct slice name, enum request_method *method);

/* Is there a Content-Type among these header lines? */
bool request_has_type(struct slice headers);

/* Does it say that the body is that of a form? */
bool request_has_form(struct slice headers);

/* ---- identity ---- */

#define REQUEST_IDENTITY_BYTES 22 /* "#POST-" and 16 digits */

/*
 * Make a canonical URL the identity of this request of it: of a GET it is that already.  From here
 * on its text alone counts, as url_slice(); what is asked of its parts is asked before.
 * Returns 0, or -1: it would be longer than URL_BYTES_MAX.
 */
int request_identify(struct url *url, const struct http_request *request);

/* The URL of an identity, which may be a URL: points into it. */
struct slice request_url(struct slice identity);

/* "#POST-8f1e0c22a9b47d31" at the end of what was typed, but for white space, or absent. */
struct slice request_identity_of(struct slice text);

/* Make a URL that was read from what was typed the identity that stood there, if one did. */
void request_identify_typed(struct url *url, struct slice typed);

/* ---- redirects ---- */

/*
 * What is left of a request when an answer of this status leads elsewhere (WHATWG Fetch, 4.4
 * HTTP-redirect fetch): 301 and 302 make a GET of a POST, 303 of anything, 307 and 308 leave it as
 * it is.  Whoever is not asked with the body does not get what describes it; another origin gets
 * nothing else of the headers.  request->headers, which are the caller's, are changed in place.
 */
void request_redirect(struct http_request *request, char *headers, unsigned status,
		      bool is_same_origin);

#endif
