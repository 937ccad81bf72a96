#ifndef COOKIES_H
#define COOKIES_H

#include "parsers/text/slice.h"
#include "worker/fetch_head.h"
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * cookies: what a transfer sends and gets of them, by libcurl's engine (RFC 6265).
 *
 * Between transfers they are lines (parsers/site/cookie_line.h), which know for whom each is; the
 * engine sends them to nobody else.
 */

/* A slot's engine, which outlives its handles.  Zero-initialised it has not been begun. */
struct cookie_engine {
	CURLSH *engine;    /* once there was something to tell it; or NULL: it is the handle's */
	char *known;       /* the lines that it was told last, */
	size_t known_size; /* which are all that it knows, */
	bool has_more;     /* but for what an answer has set since */
};

/* Have a new handle look at cookies; without this they are sent and kept nowhere. */
void cookies_attach(struct cookie_engine *cookies, CURL *easy);

/* After the last handle. */
void cookies_free(struct cookie_engine *cookies);

/*
 * Let these be all that it knows; absent: none.  A host's are mostly those of its page before, and
 * then there is nothing to do.
 */
void cookies_put(struct cookie_engine *cookies, CURL *easy, struct slice lines);

/* An answer has set some. */
static inline void cookies_note_set(struct cookie_engine *cookies)
{
	cookies->has_more = true;
}

/*
 * What an answer has made of them: those that it set, also to what they were, and those that it
 * took away, as expired.  before: all that the engine was told.  As far as whole lines fit.
 */
struct slice cookies_changes(CURL *easy, const struct fetch_head *head, struct slice before,
			     char *out, size_t out_bytes);

#endif
