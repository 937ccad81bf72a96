#ifndef DRIFT_H
#define DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * drift: did a share get worse from earlier runs to this one, by more than chance?
 *
 * Of a pattern it is the share of the pages that it is for on which it matched; of a field the
 * share of rows in which it is filled.  A share is worse if it fell by some points and by three
 * standard deviations.  That is the largest of sqrt(p (1 - p) / pages), of this run and of those
 * before, and, from three of those on, the deviation between them.  Fewer than DRIFT_PAGES_LEAST
 * pages, on either side, tell nothing.
 */
#define DRIFT_RUNS_MAX     10 /* before this one */
#define DRIFT_PAGES_LEAST  30
#define DRIFT_DEVIATIONS   3
#define DRIFT_BETWEEN_RUNS 3 /* from so many on runs are compared with each other */

/* One run, or several: so many of `of` are good; on how many pages. */
struct drift_share {
	uint64_t pages, good, of;
};

/* Of nothing it is 0. */
double drift_part(const struct drift_share *share);

enum drift_verdict { DRIFT_UNKNOWN, DRIFT_NONE, DRIFT_WORSE };

/* before: count of them, at most DRIFT_RUNS_MAX.  points: percent of all. */
enum drift_verdict drift_judge(const struct drift_share *now, const struct drift_share before[],
			       size_t count, double points);

/* All of them as one. */
struct drift_share drift_sum(const struct drift_share shares[], size_t count);

#endif
