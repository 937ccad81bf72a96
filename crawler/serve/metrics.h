#ifndef METRICS_H
#define METRICS_H

#include "protocol/outcome.h"
#include "report/figures.h"
#include "serve/running.h"
#include <stdio.h>

/*
 * metrics: the figures of the last run in the text format of Prometheus (0.0.4).
 *
 * Pure.  Of counters each is of the run: the next begins at 0.  No label is a host's, a URL's or
 * anything else that pages or sites can make more of; patterns are METRICS_PATTERNS_MAX, by name,
 * and the rest of them is `other`, added up.  Labels are UTF-8 whatever the database holds, and no
 * series comes twice.  What is not known has no series; nothing is ever NaN.
 */
#define METRICS_TYPE         "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_PATTERNS_MAX 200
#define METRICS_LABEL_MAX    128 /* bytes of a pattern's name; what is longer is cut */

enum metrics_class { METRICS_2XX, METRICS_3XX, METRICS_4XX, METRICS_5XX, METRICS_OTHER };
#define METRICS_CLASSES (METRICS_OTHER + 1)

/*
 * What was said last of those counters that may fall, for a page may turn out to be another page
 * later, or be asked for again.  One that falls by 1 is to Prometheus one that began anew: all of
 * it would be counted once more.  So it stays where it is until it is overtaken.
 */
struct metrics_floor {
	int64_t run;
	char started_at[40];
	uint64_t outcomes[OUTCOME_COUNT], classes[METRICS_CLASSES];
	uint64_t wire_bytes, bytes, unchanged; /* of outcomes: one whose pages are none has none */
	uint64_t commit_ms;                    /* of samples, which are thinned */
};

struct metrics_source {
	const struct figures *figures; /* of figures_read_counters() */
	const struct running *running;
	bool are_judged; /* the patterns: their verdicts are known */
};

void metrics_write(FILE *out, const struct metrics_source *source, struct metrics_floor *floor);

#endif
