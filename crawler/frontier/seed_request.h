#ifndef SEED_REQUEST_H
#define SEED_REQUEST_H

#include "frontier/seed_set.h"
#include "parsers/request/request.h"
#include "parsers/text/scratch.h"

/*
 * seed_request: a line of a list that is an object of JSON, and says how its URL is asked.
 *
 *	{"url": "https://api.example.org/search", "json": {"q": "tea"}, "set": {"shop": "7"}}
 *
 * Members are url, method (GET or POST), one of json, form and body, headers, and set.  A value of
 * json is sent as it is written, without the white space around its parts: numbers keep all their
 * digits.
 */

/* Is this line meant as one? */
static inline bool seed_request_is_meant(struct slice line)
{
	return line.size > 0 && (line.at[0] == '{' || line.at[0] == '[');
}

/* What such a line says besides its URL. */
struct seed_request {
	struct slice user; /* "name:password" of the URL, as url_user(); absent: none */
	struct slice set;  /* as seed_set_text(); absent: nothing */
	struct http_request request;
};

/*
 * Read a line, trimmed and without a NUL, into *url and *said; what is no part of the line is in
 * scratch.  set is room for the fields.
 * Returns NULL, or why it is rejected: a literal, or a text in scratch.
 */
const char *seed_request_read(struct slice line, struct url *url, struct seed_request *said,
			      struct seed_set *set, struct scratch *scratch);

/*
 * The first `most` bytes of a line that was rejected, with stars for a name and a password, and
 * without what stands behind the name of a header that says who asks.  In scratch.
 */
struct slice seed_request_conceal(struct slice line, size_t most, struct scratch *scratch);

#endif
