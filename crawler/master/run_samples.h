#ifndef RUN_SAMPLES_H
#define RUN_SAMPLES_H

#include "master/parts.h"
#include "master/tally.h"

/*
 * run_samples: how a run went, second by second.
 *
 * A row is written each second of the run: what had been done until then, and how things stood.  Of
 * a long run every second, fourth, ... is left: at RUN_SAMPLES_MAX rows every second one goes, and
 * from then on the time between two is twice as long.
 */
#define RUN_SAMPLES_MAX     720
#define RUN_SAMPLES_STEP_MS 1000 /* the first */

struct run_samples;

/* begun_ms: when the run began, by clock_ms(). */
struct run_samples *run_samples_new(int64_t begun_ms);
void run_samples_free(struct run_samples *samples);

/* When the next is due, by clock_ms(). */
int64_t run_samples_due_ms(const struct run_samples *samples);

/* How things stand. */
struct run_samples_view {
	const struct parts *parts;
	const struct tally *tally;
	bool is_paused;
	int64_t commit_ns; /* that commits have taken so far */
};

/* Write the one that is due, at a multiple of the step.  Returns 0, or -1: the store failed. */
int run_samples_take(struct run_samples *samples, const struct run_samples_view *view,
		     int64_t now_ms);

/* The last, of the moment at which the run ends: what --max-pages left over is left, too. */
int run_samples_end(struct run_samples *samples, const struct run_samples_view *view,
		    int64_t now_ms);

#endif
