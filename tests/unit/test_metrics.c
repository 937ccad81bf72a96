#include "tests/support/test.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crawler/serve/metrics.h"
#include "parsers/text/memory.h"
#include "tests/support/sample_figures.h"

/*
 * The text that a server of Prometheus reads.  Whether promtool takes it: test_crawl_metrics.c.
 */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static char *text; /* of the last scrape */

static void scrape_with(const struct figures *figures, const struct running *running,
			struct metrics_floor *floor)
{
	const struct metrics_source source = { figures, running, true };
	size_t size;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	metrics_write(out, &source, floor);
	assert_int_equal(fclose(out), 0);
}

static void scrape(const struct figures *figures, const struct running *running)
{
	struct metrics_floor floor = { 0 };

	scrape_with(figures, running, &floor);
}

static int drop(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

/* Is there this line? */
static bool has(const char *line)
{
	char whole[1000];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	return strstr(text, whole) != NULL;
}

#define assert_has(line)                                              \
	do {                                                          \
		if (!has(line))                                       \
			fail_msg("no line %s\nin\n%s", (line), text); \
	} while (0)

/* ---- what every text must be ---- */

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void assert_value(const char *line, const char *value)
{
	char *end;
	double number = strtod(value, &end);

	if (*end != '\0' || end == value || !isfinite(number) || number < 0)
		fail_msg("no number: %s", line);
}

/* Each series once, each value a number, each after the HELP and TYPE of its own name. */
static void assert_well_formed(void)
{
	static char *series[20000];
	char *copy = strdup(text), *rest = copy, *line, name[100] = "?";
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		char *value = strrchr(line, ' ');

		if (sscanf(line, "# TYPE %99s", name) == 1 || strncmp(line, "# HELP ", 7) == 0)
			continue;
		assert_non_null(value);
		*value = '\0';
		assert_int_equal(strncmp(line, name, strlen(name)), 0);
		assert_value(line, value + 1);
		series[count++] = line;
		assert_true(count < COUNT_OF(series));
	}
	assert_true(!rest || !*rest);
	qsort(series, count, sizeof(series[0]), by_text);
	for (size_t i = 1; i < count; i++)
		if (strcmp(series[i - 1], series[i]) == 0)
			fail_msg("twice: %s", series[i]);
	free(copy);
}

/* ---- golden text ---- */

static void fill_totals(struct figures *figures)
{
	static struct figures_total totals[] = {
		{ "ok", 200, 1705 },  { "not_modified", 304, 602 }, { "http_error", 404, 53 },
		{ "moved", 301, 15 }, { "robots", 0, 14 },          { "http_error", 503, 10 },
		{ "timeout", 0, 7 },  { "http_error", 999, 1 },     { "of a later crawl", 0, 1 },
	};

	figures->totals = totals;
	figures->total_count = COUNT_OF(totals);
	figures->worker_deaths = 2;
	figures->hosts_rested = 1;
	figures->hosts_given_up = 1;
}

static char *read_golden(const char *name)
{
	char path[100], *golden;
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "tests/data/metrics/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	golden = memory_new(100000, 1);
	size = fread(golden, 1, 99999, file);
	golden[size] = '\0';
	fclose(file);
	return golden;
}

/* All but the version, which is in the first three lines. */
static void assert_golden(const char *name)
{
	char *golden = read_golden(name);
	const char *at = strstr(text, "# HELP crawl_run_number"), *wanted = golden;

	assert_non_null(at);
	for (; *at && *wanted; at = strchr(at, '\n') + 1, wanted = strchr(wanted, '\n') + 1) {
		int size = (int)(strchr(at, '\n') - at),
		    line = (int)(strchr(wanted, '\n') - wanted);

		if (size != line || memcmp(at, wanted, (size_t)size) != 0)
			fail_msg("%s: not\n%.*s\nbut\n%.*s", name, line, wanted, size, at);
	}
	assert_string_equal(at, wanted);
	free(golden);
}

static void a_run_that_is_over_is_told(void **state)
{
	struct figures *figures = sample_figures();

	(void)state;
	fill_totals(figures);
	scrape(figures, &(struct running){ 0 });
	assert_well_formed();
	assert_golden("finished.txt");
	sample_figures_free(figures);
}

static const struct running busy = {
	.is_there = true,
	.done = 1220,
	.failed = 79,
	.pending = 1106,
	.workers = 2,
	.last_page_ms = 1796001234567,
};

static void a_run_that_goes_on_is_told(void **state)
{
	struct figures *figures = sample_figures_running();

	(void)state;
	fill_totals(figures);
	scrape(figures, &busy);
	assert_well_formed();
	assert_golden("running.txt");
	sample_figures_free(figures);
}

/* ---- states ---- */

static void exactly_one_state_is_1(void **state)
{
	static const struct {
		enum figures_state state;
		struct running running;
		const char *name;
	} rows[] = {
		{ FIGURES_NO_RUN, { .is_known = true }, "none" },
		{ FIGURES_FINISHED, { .is_known = true }, "finished" },
		{ FIGURES_STOPPED, { .is_known = true }, "stopped" },
		{ FIGURES_KILLED, { .is_known = true }, "killed" },
		{ FIGURES_RUNNING, { .is_known = true }, "killed" }, /* nobody has noticed */
		{ FIGURES_RUNNING, { .is_known = false }, "running" },
		{ FIGURES_RUNNING, { .is_known = true, .is_silent = true }, "running" },
		{ FIGURES_RUNNING, { .is_known = true, .is_there = true }, "running" },
		{ FIGURES_RUNNING,
		  { .is_known = true, .is_there = true, .is_paused = true },
		  "paused" },
		{ FIGURES_RUNNING,
		  { .is_known = true, .is_there = true, .is_paused = true, .is_stopping = true },
		  "stopping" },
		{ FIGURES_FINISHED, { .is_known = true, .is_there = true }, "finished" },
	};
	struct figures figures = { .run = { .id = 4 } };
	char line[100];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct metrics_floor floor = { 0 };
		size_t ones = 0;

		figures.state = rows[i].state;
		scrape_with(&figures, &rows[i].running, &floor);
		assert_well_formed();
		snprintf(line, sizeof(line), "crawl_run_state{state=\"%s\"} 1", rows[i].name);
		assert_has(line);
		for (const char *at = text; (at = strstr(at, "crawl_run_state{")); at++)
			ones += strncmp(strchr(at, '}'), "} 1\n", 4) == 0;
		assert_int_equal(ones, 1);
	}
}

static void without_a_run_counters_are_there_and_0(void **state)
{
	const struct figures none = { .state = FIGURES_NO_RUN, .urls_left = UINT64_MAX };

	(void)state;
	scrape(&none, &(struct running){ 0 });
	assert_well_formed();
	assert_has("crawl_run_number 0");
	assert_has("crawl_pages_total{outcome=\"timeout\",result=\"failed\"} 0");
	assert_has("crawl_response_seconds_bucket{le=\"+Inf\"} 0");
	assert_has("crawl_urls_left{waits_for=\"run\"} 0");
	assert_has("crawl_workers 0");
	assert_null(strstr(text, "timestamp"));
}

/* ---- counters ---- */

static void set_total(struct figures_total *total, struct figures *figures, uint64_t pages)
{
	*total = (struct figures_total){ "ok", 200, pages };
	figures->totals = total;
	figures->total_count = 1;
}

/* A page that was counted may be another one after all; the next run begins anew. */
static void a_counter_falls_only_when_a_run_begins(void **state)
{
	static const struct {
		int64_t run;
		const char *started_at;
		uint64_t pages;
		const char *line;
	} rows[] = {
		{ 4, "2026-11-29T15:47:00.120Z", 500, "{class=\"2xx\"} 500" },
		{ 4, "2026-11-29T15:47:00.120Z", 499, "{class=\"2xx\"} 500" },
		{ 4, "2026-11-29T15:47:00.120Z", 501, "{class=\"2xx\"} 501" },
		{ 5, "2026-11-29T16:00:00.000Z", 3, "{class=\"2xx\"} 3" },
		{ 1, "2026-11-29T17:00:00.000Z", 2, "{class=\"2xx\"} 2" },
		{ 1, "2026-11-29T18:00:00.000Z", 1, "{class=\"2xx\"} 1" }, /* --fresh again */
		{ 1, NULL, 0, "{class=\"2xx\"} 0" },
	};
	struct metrics_floor floor = { 0 };
	struct figures figures = { .state = FIGURES_RUNNING };
	struct figures_total total;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		figures.run.id = rows[i].run;
		figures.run.started_at = rows[i].started_at;
		set_total(&total, &figures, rows[i].pages);
		scrape_with(&figures, &busy, &floor);
		if (!strstr(text, rows[i].line))
			fail_msg("row %zu: no %s", i, rows[i].line);
	}
}

/* Of an outcome whose pages all turned out to be others nothing is read any more, bytes either. */
static void bytes_and_times_do_not_fall_either(void **state)
{
	static const struct {
		int64_t run;
		uint64_t value, wanted;
	} rows[] = { { 4, 500, 500 }, { 4, 300, 500 }, { 4, 501, 501 }, { 5, 7, 7 } };
	static const char *const names[] = {
		"crawl_bytes_total{kind=\"wire\"} %llu\n",
		"crawl_bytes_total{kind=\"decoded\"} %llu\n",
		"crawl_pages_unchanged_total %llu\n",
		"crawl_commit_seconds_total 0.%03llu\n",
	};
	struct metrics_floor floor = { 0 };
	struct figures figures = { .state = FIGURES_RUNNING };
	struct store_sample sample = { .at_ms = 0 };
	char line[100];

	(void)state;
	figures.samples = &sample;
	figures.sample_count = 1;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t value = rows[i].value;

		figures.run = (struct figures_run){
			.id = rows[i].run, .bytes = value, .wire_bytes = value, .unchanged = value
		};
		sample.commit_ms = value;
		scrape_with(&figures, &busy, &floor);
		for (size_t k = 0; k < COUNT_OF(names); k++) {
			snprintf(line, sizeof(line), names[k], (unsigned long long)rows[i].wanted);
			if (!strstr(text, line))
				fail_msg("row %zu: no %s", i, line);
		}
	}
}

/* ---- the histogram ---- */

static uint64_t bucket(const char *le)
{
	char line[100];
	const char *at;

	snprintf(line, sizeof(line), "crawl_response_seconds_bucket{le=\"%s\"} ", le);
	at = strstr(text, line);
	assert_non_null(at);
	return strtoull(at + strlen(line), NULL, 10);
}

static void buckets_are_cumulative_and_end_with_all(void **state)
{
	struct figures figures = { .state = FIGURES_FINISHED };
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < FIGURES_BUCKETS_MAX; i++)
		figures.times[i] = 1;
	scrape(&figures, &(struct running){ 0 });
	assert_int_equal(bucket("0.001024"), 20); /* halves of octaves below 1,024 us */
	assert_int_equal(bucket("1.048576"), 40);
	assert_int_equal(bucket("134.217728"), 54);
	assert_int_equal(bucket("+Inf"), 64);
	assert_has("crawl_response_seconds_count 64");
	for (const char *at = text; (at = strstr(at, "_bucket{le=")); at++) {
		uint64_t value = strtoull(strchr(at, '}') + 1, NULL, 10);

		assert_true(value >= last);
		last = value;
	}
}

/* Times that lie evenly in a bucket by their logarithm have this mean; no others are 19 % off. */
static void the_sum_is_within_its_bound(void **state)
{
	static const double times_us[] = { 1000, 1024, 1447, 1448.2, 2047, 30000, 5e5, 1e6, 7e7 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(times_us); i++) {
		struct figures figures = { .state = FIGURES_FINISHED };
		double sum, wanted = times_us[i] * 1000 / 1e6;

		figures.times[(int)floor(2 * log2(times_us[i]))] = 1000;
		scrape(&figures, &(struct running){ 0 });
		sum = strtod(strstr(text, "seconds_sum ") + strlen("seconds_sum "), NULL);
		assert_true(sum > wanted / 1.2 && sum < wanted * 1.2);
	}
}

/* ---- patterns ---- */

static void names_are_escaped_and_stay_utf_8(void **state)
{
	static const struct {
		const char *name, *label;
	} rows[] = {
		{ "books", "books" },
		{ "a\"b", "a\\\"b" },
		{ "a\\", "a\\\\" },
		{ "a\nb", "a\\nb" },
		{ "a} 1\ncrawl_workers 99\nx{y=\"", "a} 1\\ncrawl_workers 99\\nx{y=\\\"" },
		{ "b\xc3\xbc"
		  "cher",
		  "b\xc3\xbc"
		  "cher" },
		{ "\xff"
		  "a",
		  "\xef\xbf\xbd"
		  "a" },
		{ "a\xc3", "a\xef\xbf\xbd" },
		{ "\xf0\x9f\x93\x9a", "\xf0\x9f\x93\x9a" },
		{ "", "" },
	};
	struct figures_pattern pattern = { 0 };
	struct figures figures = { .state = FIGURES_FINISHED,
				   .patterns = &pattern,
				   .pattern_count = 1 };
	char line[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		pattern = (struct figures_pattern){ .name = rows[i].name, .rows = 7 };
		scrape(&figures, &(struct running){ 0 });
		snprintf(line, sizeof(line), "crawl_rows_total{pattern=\"%s\"} 7", rows[i].label);
		assert_has(line);
		assert_has("crawl_workers 0");
		assert_well_formed();
	}
}

/* So many patterns of 10 rows each: "p000" ..., and one that is called other. */
static void scrape_patterns(size_t count)
{
	struct figures *figures = memory_new(1, sizeof(*figures));

	figures->state = FIGURES_FINISHED;
	figures->pattern_count = count;
	figures->patterns = memory_new(count, sizeof(*figures->patterns));
	for (size_t i = 0; i < count; i++)
		figures->patterns[i] = (struct figures_pattern){
			.name = i == 0 ? "other" : arena_print(&figures->arena, "p%03zu", i),
			.rows = 10,
			.pages_matched = 3,
			.unmatched = 1,
			.verdict = i + 1 == count ? DRIFT_WORSE : DRIFT_NONE,
		};
	scrape(figures, &(struct running){ 0 });
	assert_well_formed();
	arena_free(&figures->arena);
	free(figures->patterns);
	free(figures);
}

static size_t count_series(const char *name)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, name)); at++)
		count += at[-1] == '\n' && at[strlen(name)] == '{';
	return count;
}

static void the_first_200_patterns_have_a_name(void **state)
{
	(void)state;
	scrape_patterns(200);
	assert_int_equal(count_series("crawl_rows_total"), 200);
	assert_has("crawl_rows_total{pattern=\"other\"} 10");
	assert_has("crawl_pattern_worse{pattern=\"p199\"} 1");
	scrape_patterns(300);
	assert_int_equal(count_series("crawl_rows_total"), 200);
	assert_has("crawl_rows_total{pattern=\"p199\"} 10");
	assert_has("crawl_rows_total{pattern=\"other\"} 1010"); /* with the one of this name */
	assert_has("crawl_pattern_pages_total{pattern=\"other\",result=\"matched\"} 303");
	assert_has("crawl_pattern_worse{pattern=\"other\"} 1");
	assert_has("crawl_pattern_worse{pattern=\"p199\"} 0");
}

static void a_pattern_is_worse_if_a_field_is(void **state)
{
	struct figures_field field = { .verdict = DRIFT_WORSE };
	struct figures_pattern patterns[] = {
		{ .name = "a", .fields = &field, .field_count = 1, .verdict = DRIFT_NONE },
		{ .name = "b", .never_matched = true },
	};
	struct figures figures = { .state = FIGURES_FINISHED,
				   .patterns = patterns,
				   .pattern_count = 2 };

	(void)state;
	scrape(&figures, &(struct running){ 0 });
	assert_has("crawl_pattern_worse{pattern=\"a\"} 1");
	assert_has("crawl_pattern_worse{pattern=\"b\"} 0");
}

/* ---- how things stand ---- */

static void urls_left_add_up(void **state)
{
	static const struct {
		struct store_sample sample;
		int64_t pending;
		const char *lines[5]; /* delay, answer, rest, robots, us */
	} rows[] = {
		{ { .waits_delay = 90, .waits_answer = 2, .waits_us = 8 },
		  200,
		  { "delay\"} 180", "answer\"} 4", "rest\"} 0", "robots\"} 0", "us\"} 16" } },
		{ { .waits_rest = 1, .waits_robots = 2 },
		  1,
		  { "delay\"} 0", "answer\"} 0", "rest\"} 0", "robots\"} 1", "us\"} 0" } },
		/* none that waits for a delay becomes one that is due */
		{ { .waits_delay = 5, .waits_rest = 4 },
		  7,
		  { "delay\"} 4", "answer\"} 0", "rest\"} 3", "robots\"} 0", "us\"} 0" } },
		{ { .waits_delay = 3 },
		  3,
		  { "delay\"} 3", "answer\"} 0", "rest\"} 0", "robots\"} 0", "us\"} 0" } },
		{ { .waits_delay = INT64_MAX, .waits_us = INT64_MAX, .waits_rest = INT64_MAX },
		  -5,
		  { "delay\"} 0", "answer\"} 0", "rest\"} 0", "robots\"} 0", "us\"} 0" } },
		{ { 0 },
		  5,
		  { "delay\"} 0", "answer\"} 0", "rest\"} 0", "robots\"} 0", "us\"} 5" } },
		{ { .waits_delay = 3 },
		  0,
		  { "delay\"} 0", "answer\"} 0", "rest\"} 0", "robots\"} 0", "us\"} 0" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_sample sample = rows[i].sample;
		struct figures figures = { .state = FIGURES_RUNNING,
					   .samples = &sample,
					   .sample_count = 1 };
		struct running running = { .is_known = true,
					   .is_there = true,
					   .pending = rows[i].pending };
		char line[100];

		scrape(&figures, &running);
		for (size_t j = 0; j < 5; j++) {
			snprintf(line, sizeof(line), "crawl_urls_left{waits_for=\"%s",
				 rows[i].lines[j]);
			assert_has(line);
		}
		assert_has("crawl_urls_left{waits_for=\"run\"} 0");
	}
}

static void of_a_run_that_does_not_answer_urls_are_due(void **state)
{
	struct store_sample sample = { .waits_delay = 9 };
	struct figures figures = {
		.state = FIGURES_RUNNING, .samples = &sample, .sample_count = 1, .urls_left = 9
	};

	(void)state;
	scrape(&figures, &(struct running){ .is_known = true, .is_silent = true });
	assert_has("crawl_urls_left{waits_for=\"us\"} 9");
	assert_has("crawl_urls_left{waits_for=\"delay\"} 0");
}

static void what_is_left_of_a_run_that_is_over_waits_for_the_next(void **state)
{
	struct store_sample sample = { .waits_delay = 9 };
	struct figures figures = {
		.state = FIGURES_STOPPED, .samples = &sample, .sample_count = 1, .urls_left = 9
	};

	(void)state;
	scrape(&figures, &(struct running){ 0 });
	assert_has("crawl_urls_left{waits_for=\"run\"} 9");
	assert_has("crawl_urls_left{waits_for=\"delay\"} 0");
	figures.urls_left = UINT64_MAX; /* of an older crawl */
	scrape(&figures, &(struct running){ 0 });
	assert_null(strstr(text, "crawl_urls_left"));
	assert_well_formed();
}

static void the_last_page_is_dated_by_samples_where_nobody_says(void **state)
{
	struct store_sample samples[] = {
		{ .at_ms = 0 },
		{ .at_ms = 1000, .done = 5 },
		{ .at_ms = 2000, .done = 5, .failed = 1 },
		{ .at_ms = 9000, .done = 5, .failed = 1 },
	};
	struct figures figures = { .state = FIGURES_RUNNING,
				   .run = { .started_at = "2026-11-29T15:47:00.120Z" },
				   .samples = samples,
				   .sample_count = 4 };

	(void)state;
	scrape(&figures, &(struct running){ .is_silent = true });
	assert_has("crawl_last_page_timestamp_seconds 1795967222.120");
	scrape(&figures, &busy);
	assert_has("crawl_last_page_timestamp_seconds 1796001234.567");
	figures.sample_count = 0;
	scrape(&figures, &(struct running){ .is_silent = true });
	assert_has("crawl_last_page_timestamp_seconds 1795967220.120"); /* it began */
	figures.run.started_at = "no date";
	scrape(&figures, &(struct running){ .is_silent = true });
	assert_null(strstr(text, "crawl_last_page"));
}

static void nothing_breaks_the_text(void **state)
{
	struct figures *figures = sample_figures_monstrous();

	(void)state;
	scrape(figures, &(struct running){ .is_there = true,
					   .pending = INT64_MAX,
					   .workers = -1,
					   .last_page_ms = INT64_MIN });
	assert_well_formed();
	assert_true(count_series("crawl_rows_total") <= METRICS_PATTERNS_MAX + 1);
	assert_true(strlen(text) < 500000);
	sample_figures_free(figures);
}

#define T(name) cmocka_unit_test_teardown(name, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_run_that_is_over_is_told),
		T(a_run_that_goes_on_is_told),
		T(exactly_one_state_is_1),
		T(without_a_run_counters_are_there_and_0),
		T(a_counter_falls_only_when_a_run_begins),
		T(bytes_and_times_do_not_fall_either),
		T(buckets_are_cumulative_and_end_with_all),
		T(the_sum_is_within_its_bound),
		T(names_are_escaped_and_stay_utf_8),
		T(the_first_200_patterns_have_a_name),
		T(a_pattern_is_worse_if_a_field_is),
		T(urls_left_add_up),
		T(of_a_run_that_does_not_answer_urls_are_due),
		T(what_is_left_of_a_run_that_is_over_waits_for_the_next),
		T(the_last_page_is_dated_by_samples_where_nobody_says),
		T(nothing_breaks_the_text),
	};

	return RUN_TESTS(tests);
}
