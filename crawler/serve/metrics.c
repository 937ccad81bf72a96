#include "serve/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/calendar.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "report/verdict.h"

/* ---- the format ---- */

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void put_labelled(FILE *out, const char *name, const char *key, const char *label,
			 uint64_t value)
{
	fprintf(out, "%s{%s=\"%s\"} %llu\n", name, key, label, (unsigned long long)value);
}

/* Whatever a database says: no time is before 1970, or behind the year 9999. */
#define MS_MAX INT64_C(253402300799999)

static int64_t bounded(int64_t ms)
{
	return ms < 0 ? 0 : ms > MS_MAX ? MS_MAX : ms;
}

static void put_ms(FILE *out, const char *name, int64_t ms)
{
	ms = bounded(ms);
	fprintf(out, "%s %lld.%03d\n", name, (long long)(ms / 1000), (int)(ms % 1000));
}

/* Room for a name of which every byte is malformed. */
#define LABEL_SIZE (METRICS_LABEL_MAX * UTF8_BYTES_MAX + 1)

/* A label's value, escaped.  Malformed bytes are U+FFFD: a scrape that is not UTF-8 is refused. */
static void make_label(char out[LABEL_SIZE], const char *name)
{
	struct slice text = utf8_cut(slice_of(name), METRICS_LABEL_MAX);
	const char *end = text.at + text.size;

	for (const char *at = text.at; at < end; at += utf8_step(at, end)) {
		size_t size = utf8_step(at, end);

		if (*at == '\\' || *at == '"')
			*out++ = '\\';
		if (*at == '\n') {
			*out++ = '\\';
			*out++ = 'n';
		} else if (size == 1 && (signed char)*at < 0) {
			out += utf8_put(out, UTF8_REPLACEMENT);
		} else {
			memcpy(out, at, size);
			out += size;
		}
	}
	*out = '\0';
}

/* ---- the run ---- */

/* Exactly one of them is 1. */
static const char *const states[] = { "none",     "running", "paused", "stopping",
				      "finished", "stopped", "killed" };

static const char *state_of(const struct metrics_source *source)
{
	const struct running *running = source->running;
	bool is_there = running->is_there || running->is_silent || !running->is_known;

	switch (source->figures->state) {
	case FIGURES_NO_RUN:
		return "none";
	case FIGURES_FINISHED:
		return "finished";
	case FIGURES_STOPPED:
		return "stopped";
	case FIGURES_KILLED:
		return "killed";
	case FIGURES_RUNNING:
		break;
	}
	if (!is_there)
		return "killed";
	return running->is_stopping ? "stopping" : running->is_paused ? "paused" : "running";
}

static bool is_running(const struct metrics_source *source)
{
	const char *state = state_of(source);

	return strcmp(state, "running") == 0 || strcmp(state, "paused") == 0 ||
	       strcmp(state, "stopping") == 0;
}

/* "2026-11-29T15:47:00.120Z", as runs are dated. */
static int64_t date_ms(const char *text)
{
	const char *point = text ? strchr(text, '.') : NULL;
	int64_t seconds;
	int ms = 0;

	if (!text || calendar_parse(slice_of(text), &seconds) < 0 || seconds <= 0)
		return 0;
	for (int i = 1, place = 100; point && place > 0 && ascii_is_digit(point[i]);
	     i++, place /= 10)
		ms += (point[i] - '0') * place;
	return seconds * 1000 + ms;
}

/* Of one that does not say it: when the first sample was taken that knows of all its pages. */
static int64_t last_page_ms(const struct metrics_source *source)
{
	const struct figures *figures = source->figures;
	int64_t started_ms = date_ms(figures->run.started_at), at_ms = 0;
	uint64_t most = 0;

	if (source->running->last_page_ms > 0 && is_running(source))
		return source->running->last_page_ms;
	for (size_t i = 0; i < figures->sample_count; i++) {
		const struct store_sample *sample = &figures->samples[i];
		uint64_t pages = sample->done + sample->failed + sample->skipped;

		if (pages > most)
			at_ms = sample->at_ms;
		most = pages > most ? pages : most;
	}
	return started_ms > 0 ? started_ms + bounded(at_ms) : 0;
}

static void put_date(FILE *out, const char *name, const char *help, int64_t ms)
{
	if (ms <= 0)
		return;
	begin(out, name, "gauge", help);
	put_ms(out, name, ms);
}

static void put_run(FILE *out, const struct metrics_source *source)
{
	const struct figures_run *run = &source->figures->run;
	const char *state = state_of(source);

	begin(out, "crawl_build_info", "gauge", "Which crawl serves this: always 1.");
	put_labelled(out, "crawl_build_info", "version", CRAWL_VERSION, 1);
	begin(out, "crawl_run_number", "gauge",
	      "Number of the last run, which all of these are of; 0: there is none.");
	put_number(out, "crawl_run_number", run->id > 0 ? (uint64_t)run->id : 0);
	begin(out, "crawl_run_state", "gauge", "1 for the state of the run, 0 for the others.");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		put_labelled(out, "crawl_run_state", "state", states[i],
			     strcmp(states[i], state) == 0);
	put_date(out, "crawl_run_start_timestamp_seconds", "When the run began.",
		 date_ms(run->started_at));
	put_date(out, "crawl_run_end_timestamp_seconds", "When the run ended, once it has.",
		 date_ms(run->ended_at));
	put_date(out, "crawl_last_page_timestamp_seconds",
		 "When the last URL of the run came to an end, or the run began.",
		 last_page_ms(source));
}

/* ---- pages ---- */

static void raise_to(uint64_t *floor, uint64_t value)
{
	if (value > *floor)
		*floor = value;
}

static enum metrics_class class_of(unsigned status)
{
	return status >= 200 && status < 600 ? (enum metrics_class)(status / 100 - 2)
					     : METRICS_OTHER;
}

static bool is_of_run(const struct metrics_floor *floor, const struct figures_run *run)
{
	return floor->run == run->id &&
	       strcmp(floor->started_at, run->started_at ? run->started_at : "") == 0;
}

static void raise_floor(struct metrics_floor *floor, const struct figures *figures)
{
	struct metrics_floor now = {
		.run = figures->run.id,
		.wire_bytes = figures->run.wire_bytes,
		.bytes = figures->run.bytes,
		.unchanged = figures->run.unchanged,
		.commit_ms = figures->sample_count > 0
				     ? figures->samples[figures->sample_count - 1].commit_ms
				     : 0,
	};

	if (figures->run.started_at)
		snprintf(now.started_at, sizeof(now.started_at), "%s", figures->run.started_at);
	for (size_t i = 0; i < figures->total_count; i++) {
		const struct figures_total *total = &figures->totals[i];
		enum outcome outcome = outcome_find(slice_of(total->outcome));

		if (outcome < OUTCOME_COUNT)
			now.outcomes[outcome] += total->pages;
		if (total->status > 0)
			now.classes[class_of(total->status)] += total->pages;
	}
	if (!is_of_run(floor, &figures->run)) {
		*floor = now;
		return;
	}
	for (size_t i = 0; i < OUTCOME_COUNT; i++)
		raise_to(&floor->outcomes[i], now.outcomes[i]);
	for (size_t i = 0; i < METRICS_CLASSES; i++)
		raise_to(&floor->classes[i], now.classes[i]);
	raise_to(&floor->wire_bytes, now.wire_bytes);
	raise_to(&floor->bytes, now.bytes);
	raise_to(&floor->unchanged, now.unchanged);
	raise_to(&floor->commit_ms, now.commit_ms);
}

static void put_pages(FILE *out, const struct metrics_floor *floor)
{
	static const char *const classes[METRICS_CLASSES] = { "2xx", "3xx", "4xx", "5xx", "other" };

	begin(out, "crawl_pages_total", "counter",
	      "URLs that came to an end, by what became of them.");
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		enum outcome outcome = (enum outcome)i;

		fprintf(out, "crawl_pages_total{outcome=\"%s\",result=\"%s\"} %llu\n",
			outcome_name(outcome),
			outcome_is_done(outcome)      ? "done"
			: outcome_is_skipped(outcome) ? "skipped"
						      : "failed",
			(unsigned long long)floor->outcomes[i]);
	}
	begin(out, "crawl_responses_total", "counter",
	      "The same, of those that were answered, by the class of the last status.");
	for (size_t i = 0; i < METRICS_CLASSES; i++)
		put_labelled(out, "crawl_responses_total", "class", classes[i], floor->classes[i]);
}

static void put_bytes(FILE *out, const struct metrics_floor *floor)
{
	begin(out, "crawl_bytes_total", "counter",
	      "Bytes of pages, as they were sent (wire) and without their compression (decoded).");
	put_labelled(out, "crawl_bytes_total", "kind", "wire", floor->wire_bytes);
	put_labelled(out, "crawl_bytes_total", "kind", "decoded", floor->bytes);
	begin(out, "crawl_pages_unchanged_total", "counter",
	      "Pages that were as an earlier run had read them.");
	put_number(out, "crawl_pages_unchanged_total", floor->unchanged);
}

/* ---- how long they took ---- */

/* Of octaves of us: from about a millisecond to about two minutes. */
#define LEAST_OCTAVE 10
#define LAST_OCTAVE  27

/*
 * The times themselves are not kept.  Those of a bucket are taken to lie evenly in it by their
 * logarithm: their mean is then (2^0.5 - 1) / ln(2^0.5) of its beginning.
 */
static double sum_of_times(const struct figures *figures)
{
	const double mean = (M_SQRT2 - 1) / (M_LN2 / 2);
	double sum = 0;

	for (int i = 0; i < FIGURES_BUCKETS_MAX; i++)
		sum += (double)figures->times[i] * mean * pow(2, i / 2.0) / 1e6;
	return sum;
}

static void put_times(FILE *out, const struct figures *figures)
{
	uint64_t count = 0;
	int half = 0;

	begin(out, "crawl_response_seconds", "histogram",
	      "How long answers took.  The sum is made of the buckets: within 19 percent.");
	for (int octave = LEAST_OCTAVE; octave <= LAST_OCTAVE; octave++) {
		for (; half < 2 * octave; half++)
			count += figures->times[half];
		fprintf(out, "crawl_response_seconds_bucket{le=\"%.9g\"} %llu\n",
			ldexp(1, octave) / 1e6, (unsigned long long)count);
	}
	for (; half < FIGURES_BUCKETS_MAX; half++)
		count += figures->times[half];
	put_labelled(out, "crawl_response_seconds_bucket", "le", "+Inf", count);
	fprintf(out, "crawl_response_seconds_sum %.6f\n", sum_of_times(figures));
	put_number(out, "crawl_response_seconds_count", count);
}

/* ---- patterns ---- */

struct series {
	char label[LABEL_SIZE];
	uint64_t rows, matched, unmatched;
	bool is_worse;
};

static int by_label(const void *left, const void *right)
{
	return strcmp(((const struct series *)left)->label, ((const struct series *)right)->label);
}

static struct series series_of(const struct figures_pattern *pattern, bool is_named)
{
	struct series series = {
		.rows = pattern->rows,
		.matched = pattern->pages_matched,
		.unmatched = pattern->unmatched,
		.is_worse = verdict_is_worse(pattern),
	};

	make_label(series.label, is_named ? pattern->name : "other");
	return series;
}

/* Those of one label are one: `other`, and names that differ in what cannot be shown. */
static size_t merge(struct series *series, size_t count)
{
	size_t kept = 0;

	qsort(series, count, sizeof(*series), by_label);
	for (size_t i = 0; i < count; i++) {
		struct series *last = &series[kept > 0 ? kept - 1 : 0];

		if (kept == 0 || by_label(last, &series[i]) != 0) {
			series[kept++] = series[i];
			continue;
		}
		last->rows += series[i].rows;
		last->matched += series[i].matched;
		last->unmatched += series[i].unmatched;
		last->is_worse = last->is_worse || series[i].is_worse;
	}
	return kept;
}

static void put_series(FILE *out, const struct series *series, size_t count, bool are_judged)
{
	begin(out, "crawl_rows_total", "counter", "Rows that a pattern found.");
	for (size_t i = 0; i < count; i++)
		put_labelled(out, "crawl_rows_total", "pattern", series[i].label, series[i].rows);
	begin(out, "crawl_pattern_pages_total", "counter",
	      "Pages that a pattern is for, by whether it matched.");
	for (size_t i = 0; i < count; i++) {
		fprintf(out,
			"crawl_pattern_pages_total{pattern=\"%s\",result=\"matched\"} %llu\n"
			"crawl_pattern_pages_total{pattern=\"%s\",result=\"unmatched\"} %llu\n",
			series[i].label, (unsigned long long)series[i].matched, series[i].label,
			(unsigned long long)series[i].unmatched);
	}
	if (!are_judged)
		return;
	begin(out, "crawl_pattern_worse", "gauge",
	      "Does the pattern, or a field of it, fare worse than in the runs before, by more "
	      "than chance?");
	for (size_t i = 0; i < count; i++)
		put_labelled(out, "crawl_pattern_worse", "pattern", series[i].label,
			     series[i].is_worse);
}

static void put_patterns(FILE *out, const struct metrics_source *source)
{
	const struct figures *figures = source->figures;
	size_t count = figures->pattern_count;
	struct series *series = memory_new(count + 1, sizeof(*series));

	for (size_t i = 0; i < count; i++)
		series[i] = series_of(&figures->patterns[i], i < METRICS_PATTERNS_MAX);
	put_series(out, series, merge(series, count), source->are_judged);
	free(series);
}

/* ---- how things stand ---- */

enum waits { DELAY, ANSWER, REST, ROBOTS, US, RUN, WAITS };

/* So many URLs, in the parts that they had in a sample.  What is left over goes to the most. */
static void share_out(const struct store_sample *sample, uint64_t left, uint64_t counts[WAITS])
{
	const double parts[] = {
		[DELAY] = (double)sample->waits_delay, [ANSWER] = (double)sample->waits_answer,
		[REST] = (double)sample->waits_rest,   [ROBOTS] = (double)sample->waits_robots,
		[US] = (double)sample->waits_us,
	};
	double all = 0;
	uint64_t shared = 0;
	int most = US;

	for (int i = 0; i <= US; i++) {
		all += parts[i];
		if (parts[i] > parts[most])
			most = i;
	}
	for (int i = 0; i <= US && all > 0; i++) {
		counts[i] = (uint64_t)(parts[i] / all * (double)left + 1e-9);
		shared += counts[i];
	}
	if (shared <= left)
		counts[most] += left - shared;
}

/* UINT64_MAX: not known. */
static uint64_t count_left(const struct metrics_source *source)
{
	const struct running *running = source->running;
	uint64_t left = source->figures->urls_left;

	if (source->figures->state == FIGURES_NO_RUN)
		return 0;
	if (is_running(source) && running->is_there)
		return running->pending > 0 ? (uint64_t)running->pending : 0;
	return left > INT64_MAX ? UINT64_MAX : left;
}

/*
 * Of a run that is over they wait for the next.  Of one that does not answer nobody knows how long
 * ago they waited for what its last sample says: it is up to us.
 */
static void put_waits(FILE *out, const struct metrics_source *source)
{
	static const char *const names[WAITS] = {
		"delay", "answer", "rest", "robots", "us", "run"
	};
	static const struct store_sample none;
	const struct figures *figures = source->figures;
	size_t samples = figures->sample_count;
	uint64_t left = count_left(source), counts[WAITS] = { 0 };

	if (left == UINT64_MAX)
		return;
	if (is_running(source))
		share_out(samples > 0 && !source->running->is_silent
				  ? &figures->samples[samples - 1]
				  : &none,
			  left, counts);
	else
		counts[RUN] = left;
	begin(out, "crawl_urls_left", "gauge", "URLs that are left, by what they wait for.");
	for (int i = 0; i < WAITS; i++)
		put_labelled(out, "crawl_urls_left", "waits_for", names[i], counts[i]);
}

static void put_hosts(FILE *out, const struct figures *figures)
{
	uint64_t all = figures->hosts_all, troubled;

	troubled = figures->hosts_rested + figures->hosts_given_up;
	begin(out, "crawl_hosts", "gauge", "Hosts that were asked, by how they fared.");
	put_labelled(out, "crawl_hosts", "state", "fine", all > troubled ? all - troubled : 0);
	put_labelled(out, "crawl_hosts", "state", "rested", figures->hosts_rested);
	put_labelled(out, "crawl_hosts", "state", "given_up", figures->hosts_given_up);
}

static void put_workers(FILE *out, const struct metrics_source *source,
			const struct metrics_floor *floor)
{
	const struct figures *figures = source->figures;
	const struct running *running = source->running;

	begin(out, "crawl_workers", "gauge", "Worker processes that are alive.");
	put_number(out, "crawl_workers",
		   running->is_there && running->workers > 0 ? (uint64_t)running->workers : 0);
	begin(out, "crawl_worker_deaths_total", "counter",
	      "Workers that died; of a run's first 1000 events.");
	put_number(out, "crawl_worker_deaths_total", figures->worker_deaths);
	begin(out, "crawl_commit_seconds_total", "counter", "Time that commits took.");
	put_ms(out, "crawl_commit_seconds_total", (int64_t)floor->commit_ms);
}

void metrics_write(FILE *out, const struct metrics_source *source, struct metrics_floor *floor)
{
	const struct figures *figures = source->figures;

	raise_floor(floor, figures);
	put_run(out, source);
	put_pages(out, floor);
	put_bytes(out, floor);
	put_times(out, figures);
	put_patterns(out, source);
	put_waits(out, source);
	put_hosts(out, figures);
	put_workers(out, source, floor);
}
