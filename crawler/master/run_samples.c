#include "master/run_samples.h"

#include <stdlib.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

/*
 * What URLs wait for is known by a look at every host, which takes its time: no more than one part
 * in so many of the run's (10,000 hosts: each second; a million: twice a minute).
 */
#define LOOK_PARTS 1000

struct run_samples {
	int64_t begun_ms, step_ms, due_ms;
	int64_t rows[RUN_SAMPLES_MAX]; /* their times, from the beginning of the run */
	unsigned count;
	struct store_sample last; /* counters only grow, also where a page is taken back */
	struct frontier_waits waits;
	int64_t look_due_ms;
};

struct run_samples *run_samples_new(int64_t begun_ms)
{
	struct run_samples *samples = memory_new(1, sizeof(*samples));

	samples->begun_ms = samples->due_ms = begun_ms;
	samples->step_ms = RUN_SAMPLES_STEP_MS;
	return samples;
}

void run_samples_free(struct run_samples *samples)
{
	free(samples);
}

int64_t run_samples_due_ms(const struct run_samples *samples)
{
	return samples->due_ms;
}

/* ---- how things stand ---- */

static void scale(uint64_t *waits, uint64_t count, uint64_t known)
{
	*waits = (uint64_t)((double)*waits * (double)count / (double)known);
}

/* Between two looks their shares are taken to be as they were. */
static void look_at_waits(struct run_samples *samples, const struct frontier *frontier,
			  int64_t now_ms)
{
	struct frontier_waits *waits = &samples->waits;
	uint64_t known = waits->delay + waits->answer + waits->rest + waits->shut + waits->us;
	uint64_t count = frontier_count(frontier);
	int64_t began_ns;

	if (now_ms >= samples->look_due_ms || known == 0) {
		began_ns = clock_ns();
		*waits = frontier_waits(frontier, now_ms);
		samples->look_due_ms = now_ms + (clock_ns() - began_ns) / 1000000 * LOOK_PARTS;
		return;
	}
	scale(&waits->delay, count, known);
	scale(&waits->answer, count, known);
	scale(&waits->rest, count, known);
	scale(&waits->shut, count, known);
	waits->us = count - waits->delay - waits->answer - waits->rest - waits->shut;
}

static uint64_t grown(uint64_t last, uint64_t now)
{
	return now > last ? now : last;
}

static struct store_sample sample_of(struct run_samples *samples,
				     const struct run_samples_view *view, int64_t now_ms)
{
	const struct tally_totals *totals = tally_totals(view->tally);
	const struct store_sample *last = &samples->last;
	uint64_t done = tally_count_done(view->tally), failed = tally_count_failed(view->tally);

	look_at_waits(samples, view->parts->politeness->frontier, now_ms);
	return (struct store_sample){
		.done = grown(last->done, done),
		.failed = grown(last->failed, failed),
		.skipped = grown(last->skipped, totals->pages - done - failed),
		.rows = totals->rows,
		.wire_bytes = totals->wire_bytes,
		.waits_delay = samples->waits.delay,
		.waits_answer = samples->waits.answer + view->parts->in_flight,
		.waits_rest = samples->waits.rest,
		.waits_robots = samples->waits.shut,
		.waits_us = samples->waits.us,
		.in_flight = (unsigned)view->parts->in_flight,
		.is_paused = view->is_paused,
		.cpu_ms = (uint64_t)clock_cpu_ms(),
		.pattern_ms = totals->pattern_ns / 1000000,
		.commit_ms = (uint64_t)view->commit_ns / 1000000,
	};
}

/* ---- rows ---- */

static int put(struct run_samples *samples, const struct run_samples_view *view, int64_t at_ms,
	       int64_t now_ms, uint64_t left_over)
{
	samples->last = sample_of(samples, view, now_ms);
	samples->last.at_ms = at_ms;
	samples->last.waits_us += left_over;
	return store_put_run_sample(view->parts->store, &samples->last);
}

/* Every second one goes. */
static int thin(struct run_samples *samples, struct store *store)
{
	unsigned kept = 0;

	samples->step_ms *= 2;
	for (unsigned i = 0; i < samples->count; i++) {
		if (samples->rows[i] % samples->step_ms == 0)
			samples->rows[kept++] = samples->rows[i];
	}
	samples->count = kept;
	return store_thin_run_samples(store, samples->step_ms);
}

int run_samples_take(struct run_samples *samples, const struct run_samples_view *view,
		     int64_t now_ms)
{
	int64_t passed = now_ms - samples->begun_ms, at_ms = passed - passed % samples->step_ms;

	if (put(samples, view, at_ms, now_ms, 0) < 0)
		return -1;
	samples->rows[samples->count++] = at_ms;
	/* Who was late each time may have taken those alone that stay. */
	while (samples->count == RUN_SAMPLES_MAX) {
		if (thin(samples, view->parts->store) < 0)
			return -1;
	}
	samples->due_ms = samples->begun_ms + at_ms - at_ms % samples->step_ms + samples->step_ms;
	return 0;
}

int run_samples_end(struct run_samples *samples, const struct run_samples_view *view,
		    int64_t now_ms)
{
	samples->look_due_ms = 0;
	return put(samples, view, now_ms - samples->begun_ms, now_ms, view->parts->left_over);
}
