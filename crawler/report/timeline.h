#ifndef TIMELINE_H
#define TIMELINE_H

#include "report/figures.h"

/*
 * timeline: the samples of a run in columns of one width, for charts.  Pure.
 */
#define TIMELINE_COLUMNS_MAX 120

enum timeline_wait {
	TIMELINE_US,
	TIMELINE_ANSWER,
	TIMELINE_ROBOTS,
	TIMELINE_REST,
	TIMELINE_PAUSE,
	TIMELINE_DELAY,
};
#define TIMELINE_WAITS (TIMELINE_DELAY + 1)

struct timeline {
	size_t columns;                          /* 0: there is nothing to show */
	int64_t from_ms, column_ms, duration_ms; /* the last column may end later than it */
	double read[TIMELINE_COLUMNS_MAX], failed[TIMELINE_COLUMNS_MAX]; /* URLs a second */
	double waits[TIMELINE_WAITS][TIMELINE_COLUMNS_MAX]; /* URLs, at the end of the column */
	double speed_max, left_max;
	bool has[TIMELINE_WAITS];
};

/* Of the run, or with last_ms > 0 of its last so many ms. */
void timeline_make(struct timeline *timeline, const struct figures *figures, int64_t last_ms);

/* When only one host had URLs left, and which: the last to be asked while all others were done. */
const struct figures_host *timeline_tail(const struct figures *figures, int64_t *from_ms);

#endif
