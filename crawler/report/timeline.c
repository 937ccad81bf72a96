#include "report/timeline.h"

#include <math.h>

#define TAIL_PART 0.05 /* of the run: what is shorter is not told */

/* A counter, or what waits, in a sample. */
typedef uint64_t value_of(const struct store_sample *sample);

static uint64_t read_by(const struct store_sample *sample)
{
	return sample->done;
}

static uint64_t failed_by(const struct store_sample *sample)
{
	return sample->failed + sample->skipped;
}

/* A counter at a time: it grows evenly between two samples, and is 0 when the run begins. */
static double counter_at(const struct figures *figures, double at_ms, value_of *value)
{
	double before_ms = 0, before = 0;

	for (size_t i = 0; i < figures->sample_count; i++) {
		const struct store_sample *sample = &figures->samples[i];
		double ms = (double)sample->at_ms, now = (double)value(sample);

		if (ms >= at_ms) {
			double part = ms > before_ms ? (at_ms - before_ms) / (ms - before_ms) : 1;

			return before + fmax(now - before, 0) * fmin(fmax(part, 0), 1);
		}
		before_ms = ms;
		before = now;
	}
	return before;
}

static const struct store_sample *sample_at(const struct figures *figures, int64_t at_ms)
{
	const struct store_sample *last = &figures->samples[0];

	for (size_t i = 0; i < figures->sample_count && figures->samples[i].at_ms <= at_ms; i++)
		last = &figures->samples[i];
	return last;
}

static void fill_waits(struct timeline *timeline, const struct store_sample *sample, size_t column)
{
	double waits[TIMELINE_WAITS] = {
		[TIMELINE_US] = (double)sample->waits_us,
		[TIMELINE_ANSWER] = (double)sample->waits_answer,
		[TIMELINE_ROBOTS] = (double)sample->waits_robots,
		[TIMELINE_REST] = (double)sample->waits_rest,
		[TIMELINE_DELAY] = (double)sample->waits_delay,
	};
	double sum = 0;

	for (int i = 0; i < TIMELINE_WAITS; i++)
		sum += waits[i];
	if (sample->is_paused) {
		for (int i = 0; i < TIMELINE_WAITS; i++)
			waits[i] = 0;
		waits[TIMELINE_PAUSE] = sum;
	}
	for (int i = 0; i < TIMELINE_WAITS; i++) {
		timeline->waits[i][column] = waits[i];
		timeline->has[i] = timeline->has[i] || waits[i] > 0;
	}
	timeline->left_max = fmax(timeline->left_max, sum);
}

static void fill_speed(struct timeline *timeline, const struct figures *figures, size_t column)
{
	double from = (double)timeline->from_ms + (double)timeline->column_ms * (double)column;
	double to = fmin(from + (double)timeline->column_ms,
			 (double)(timeline->from_ms + timeline->duration_ms));
	double seconds = fmax(to - from, 1) / 1000;
	double read = counter_at(figures, to, read_by) - counter_at(figures, from, read_by);
	double failed = counter_at(figures, to, failed_by) - counter_at(figures, from, failed_by);

	timeline->read[column] = fmax(read, 0) / seconds;
	timeline->failed[column] = fmax(failed, 0) / seconds;
	timeline->speed_max =
		fmax(timeline->speed_max, timeline->read[column] + timeline->failed[column]);
}

/* A second a column, or as many whole seconds as make few enough of them. */
static int64_t column_of(int64_t duration_ms)
{
	int64_t seconds = (duration_ms / 1000 + TIMELINE_COLUMNS_MAX - 1) / TIMELINE_COLUMNS_MAX;

	if (duration_ms < 10000)
		return 250;
	return seconds > 1 ? seconds * 1000 : 1000;
}

void timeline_make(struct timeline *timeline, const struct figures *figures, int64_t last_ms)
{
	int64_t end_ms = figures->run.elapsed_ms;

	*timeline = (struct timeline){ .columns = 0 };
	if (figures->sample_count == 0)
		return;
	if (figures->samples[figures->sample_count - 1].at_ms > end_ms)
		end_ms = figures->samples[figures->sample_count - 1].at_ms;
	if (end_ms <= 0 || end_ms > INT64_MAX / 1000)
		return;
	timeline->from_ms = last_ms > 0 && end_ms > last_ms ? end_ms - last_ms : 0;
	timeline->duration_ms = end_ms - timeline->from_ms;
	timeline->column_ms = column_of(timeline->duration_ms);
	timeline->columns =
		(size_t)((timeline->duration_ms + timeline->column_ms - 1) / timeline->column_ms);
	if (timeline->columns > TIMELINE_COLUMNS_MAX)
		timeline->columns = TIMELINE_COLUMNS_MAX;
	for (size_t i = 0; i < timeline->columns; i++) {
		int64_t at_ms = timeline->from_ms + timeline->column_ms * (int64_t)(i + 1);

		fill_speed(timeline, figures, i);
		fill_waits(timeline, sample_at(figures, at_ms), i);
	}
}

const struct figures_host *timeline_tail(const struct figures *figures, int64_t *from_ms)
{
	const struct figures_host *last = NULL;
	int64_t others_ms = 0;

	for (size_t i = 0; i < figures->host_count; i++)
		if (!last || figures->hosts[i].last_ms > last->last_ms)
			last = &figures->hosts[i];
	for (size_t i = 0; i < figures->host_count; i++)
		if (&figures->hosts[i] != last && figures->hosts[i].last_ms > others_ms)
			others_ms = figures->hosts[i].last_ms;
	*from_ms = others_ms;
	if (!last || figures->host_count < 2 ||
	    (double)(figures->run.elapsed_ms - others_ms) <
		    TAIL_PART * (double)figures->run.elapsed_ms)
		return NULL;
	return last;
}
