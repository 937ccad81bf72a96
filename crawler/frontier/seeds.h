#ifndef SEEDS_H
#define SEEDS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "parsers/request/request.h"

/*
 * seeds: the list of URLs, line by line.
 *
 * One URL a line, in UTF-8.  Blank lines and lines that begin with '#' are skipped; a
 * byte-order mark, CR before LF and outer white space are taken off.  Fields may follow the URL,
 * "name=value", each behind a TAB of its own, without the white space around them.  Other white
 * space is no part of a URL (browsers would escape it): two URLs on a line, and a URL with a remark
 * behind it, are rejected rather than fetched as one odd address.  A line that begins with '{' is
 * an object of JSON, which may say more of the request (seed_request.h).
 *
 * A line that is not a URL is emitted with the reason, and reading goes on.  Every
 * line is counted once: lines == urls + rejected + skipped.
 */
#define SEEDS_LINE_BYTES_MAX  (1024 * 1024) /* a longer line is rejected and never kept whole */
#define SEEDS_LINE_LENGTH_MAX (64 * 1024 * 1024) /* of a longer one the end is not waited for */
#define SEEDS_REJECT_TEXT_MAX 200 /* bytes of a rejected line that are shown and stored */

struct seeds_counts {
	uint64_t lines, urls, rejected, skipped;
};

struct seeds_line {
	uint64_t number; /* from 1 */
	struct url *url; /* canonical, or NULL if rejected; the function may change it */
	/*
	 * As it stands, trimmed.  Of a rejected line at most SEEDS_REJECT_TEXT_MAX bytes, cut
	 * at a character of UTF-8; they may be of any value: NUL, control, not UTF-8.  Credentials
	 * of one that is JSON, or has quotes, are not in it.
	 */
	struct slice text;
	struct slice user; /* "name:password" in text, as url_user(); absent: none */
	struct slice set;  /* what it gives the URL, as seed_set_text(); absent: nothing */
	struct http_request request; /* how it is asked; of a line that is no JSON: a plain GET */
	const char *reason;          /* why it was rejected, or NULL */
};

/*
 * Called for every URL and every rejected line; both die with the call.
 * Returns 0 to go on, -1 to stop.
 */
typedef int seeds_function(void *context, const struct seeds_line *line);

/*
 * Read a list to its end, in large blocks: lines of a pipe come when one is full or
 * the pipe ends.
 * Returns 0; -1 if the function stopped it, or reading failed (errno says why; 0 if stopped).
 * A line that is longer than SEEDS_LINE_LENGTH_MAX is SEEDS_ERROR_ENDLESS.
 * counts is filled in every case.
 */
#define SEEDS_ERROR_ENDLESS EMSGSIZE
int seeds_read(FILE *list, seeds_function *function, void *context, struct seeds_counts *counts);

/* The same of a list that is all there, as an argument is. */
int seeds_read_text(struct slice text, seeds_function *function, void *context,
		    struct seeds_counts *counts);

#endif
