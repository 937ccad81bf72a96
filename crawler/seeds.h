#ifndef SEEDS_H
#define SEEDS_H

#include <stdint.h>
#include <stdio.h>
#include "url.h"

/*
 * seeds: the list of URLs, line by line.
 *
 * One URL a line.  Blank lines and lines that begin with '#' are skipped; a byte-order
 * mark, CR before LF and outer white space are taken off.  A line that is not a URL is
 * handed out with the reason, and reading goes on.  Every line is counted once:
 * lines == urls + rejected + skipped.
 */
#define SEEDS_LINE_BYTES_MAX (64 * 1024) /* of a longer line only the beginning is kept, and it is rejected */
#define SEEDS_REJECT_TEXT_MAX 200	  /* bytes of a rejected line that are shown and stored */

struct seeds_counts {
	uint64_t lines, urls, rejected, skipped;
};

struct seeds_line {
	uint64_t number;	/* from 1 */
	const struct url *url;	/* canonical, or NULL if rejected */
	struct slice text;	/* as it stands, trimmed; cut at SEEDS_REJECT_TEXT_MAX if rejected */
	const char *reason;	/* why it was rejected, or NULL */
};

/* Called for every URL and every rejected line; both die with the call.  Returns 0 to go on, -1 to stop. */
typedef int seeds_function(void *context, const struct seeds_line *line);

/*
 * Read a list to its end.
 * Returns 0; -1 if the function stopped it, or reading failed (errno says why; 0 if stopped).
 * counts is filled in every case.
 */
int seeds_read(FILE *list, seeds_function *function, void *context, struct seeds_counts *counts);

#endif
