#ifndef COOKIES_H
#define COOKIES_H

#include "parsers/text/slice.h"
#include <curl/curl.h>
#include <stddef.h>

/*
 * cookies: what a transfer sends and gets of them, by libcurl's engine (RFC 6265).
 *
 * Between transfers they are lines as Netscape wrote them, which know for whom each is; the engine
 * sends them to nobody else.
 */

/* Have the engine look at cookies; without it they are sent and kept nowhere. */
void cookies_enable(CURL *easy);

/* Let these be all that it knows; absent: none. */
void cookies_put(CURL *easy, struct slice lines);

/* All that it knows, as far as whole lines fit. */
struct slice cookies_get(CURL *easy, char *out, size_t out_bytes);

#endif
