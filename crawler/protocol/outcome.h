#ifndef OUTCOME_H
#define OUTCOME_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * outcome: what became of a URL, in one vocabulary for the log, the database, the summary
 * and the manual.
 */
enum outcome {
	OUTCOME_OK,
	OUTCOME_NOT_MODIFIED, /* 304 to a conditional request */
	OUTCOME_HTTP_ERROR, /* a status that is not 2xx, 304 or a redirect that could be followed */
	OUTCOME_DNS,
	OUTCOME_CONNECT,
	OUTCOME_TLS,
	OUTCOME_TIMEOUT,
	OUTCOME_TRUNCATED,     /* cut short: body, headers, or inside the compression */
	OUTCOME_TOO_LARGE,     /* decoded body beyond max_body */
	OUTCOME_BAD_RESPONSE,  /* not HTTP as the standard has it */
	OUTCOME_BAD_ENCODING,  /* compressed data that is broken, or of an unknown kind */
	OUTCOME_REDIRECT_LOOP, /* more hops than allowed */
	OUTCOME_ROBOTS,
	OUTCOME_BLOCKED_ADDRESS, /* a private address where only public ones are allowed */
	OUTCOME_OUT_OF_SCOPE,
	OUTCOME_WORKER_DIED,
	OUTCOME_PATTERN_LIMIT, /* fetched, but a pattern ran out of its budget: rows are incomplete
				*/
	OUTCOME_CANCELLED,
	OUTCOME_HOST_DOWN,  /* never asked: its host had been given up */
	OUTCOME_MOVED,      /* it redirects to another URL of the crawl, which has the page */
	OUTCOME_LOGIN,      /* its host could not be logged in to */
	OUTCOME_WRONG_PAGE, /* a success that is not the page: expect, refuse */
	OUTCOME_PROXY,      /* none of its proxies is left: it was not asked directly */
};

#define OUTCOME_COUNT (OUTCOME_PROXY + 1)

/* "ok", "not_modified", ...: as stored and shown. */
const char *outcome_name(enum outcome outcome);

/* The outcome of this name; OUTCOME_COUNT: there is none. */
enum outcome outcome_find(struct slice name);

/* Is its URL done, not failed: was the page fetched, or is another URL fetched for it? */
bool outcome_is_done(enum outcome outcome);

/* Was it not to be fetched, by a rule of the site or of ours (so that its URL is skipped)? */
bool outcome_is_skipped(enum outcome outcome);

#endif
