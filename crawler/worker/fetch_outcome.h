#ifndef FETCH_OUTCOME_H
#define FETCH_OUTCOME_H

#include "protocol/outcome.h"
#include <curl/curl.h>
#include <stdbool.h>

/*
 * fetch_outcome: what libcurl's codes mean for a URL.
 *
 * By the code and by what had come of the answer, as libcurl's words differ from version to
 * version.  Pure.
 */
struct fetch_seen {
	bool has_begun;    /* a byte of the answer has come */
	bool has_line;     /* and a line that is one of HTTP's */
	const char *words; /* libcurl's, or "" */
};

enum outcome fetch_outcome(CURLcode code, const struct fetch_seen *seen);

/* Did the connection, or what framed the body, end otherwise than it should have? */
bool fetch_outcome_is_of_transport(CURLcode code);

/* The code in words, where libcurl's own mislead or differ from version to version; or NULL. */
const char *fetch_outcome_words(CURLcode code, const struct fetch_seen *seen);

#endif
