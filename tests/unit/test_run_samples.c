#include "tests/support/test.h"

#include "crawler/base/clock.h"
#include "crawler/master/events.h"
#include "crawler/master/run_samples.h"
#include "tests/support/store_help.h"

/* What samples are taken of. */
struct stage {
	struct store *store;
	struct politeness politeness;
	struct parts parts;
	struct tally *tally;
	struct run_samples *samples;
};

static struct stage *begin(int64_t begun_ms)
{
	static struct stage stage;
	struct store_run run = { .command_line = "crawl" };

	stage = (struct stage){ .store = open_store(), .tally = tally_new(NULL, 0) };
	store_begin_run(stage.store, &run);
	stage.politeness.frontier = frontier_new();
	stage.parts.politeness = &stage.politeness;
	stage.parts.store = stage.store;
	stage.samples = run_samples_new(begun_ms);
	return &stage;
}

static void take(struct stage *stage, int64_t now_ms, bool is_last)
{
	const struct run_samples_view view = { .parts = &stage->parts, .tally = stage->tally };

	assert_int_equal(is_last ? run_samples_end(stage->samples, &view, now_ms)
				 : run_samples_take(stage->samples, &view, now_ms),
			 0);
	store_commit(stage->store);
}

static void end(struct stage *stage)
{
	run_samples_free(stage->samples);
	tally_free(stage->tally);
	frontier_free(stage->politeness.frontier);
	store_close(stage->store);
}

/* Whoever is late does not shift what comes. */
static void a_sample_stands_at_a_whole_second_of_the_run(void **state)
{
	static const struct {
		int64_t now_ms, at_ms, due_ms;
	} rows[] = {
		{ 5300, 0, 6300 },    { 6300, 1000, 7300 },   { 7299, 1000, 7300 },
		{ 7340, 2000, 8300 }, { 11999, 6000, 12300 }, { 12300, 7000, 13300 },
	};
	struct stage *stage = begin(5300);
	char sql[100], wanted[40];

	(void)state;
	assert_int_equal(run_samples_due_ms(stage->samples), 5300);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		take(stage, rows[i].now_ms, false);
		snprintf(sql, sizeof(sql), "SELECT max(at_ms) FROM crawl_samples");
		snprintf(wanted, sizeof(wanted), "%lld", (long long)rows[i].at_ms);
		assert_string_equal(ask(sql), wanted);
		assert_int_equal(run_samples_due_ms(stage->samples), rows[i].due_ms);
	}
	end(stage);
}

/* A day, every second of it: as many as there is room for, at the same distance, and the last. */
static void of_a_long_run_every_second_sample_is_left(void **state)
{
	static const struct {
		int64_t until_s, step_ms;
		int count;
	} rows[] = {
		{ 718, 1000, 719 },  { 719, 2000, 360 },  { 1437, 2000, 719 },
		{ 1438, 4000, 360 }, { 3600, 8000, 451 }, { 86400, 128000, 676 },
	};
	struct stage *stage = begin(0);
	char wanted[60];
	int64_t now = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (; now <= 1000 * rows[i].until_s; now = run_samples_due_ms(stage->samples))
			take(stage, now, false);
		snprintf(wanted, sizeof(wanted), "%d|0|%lld", rows[i].count,
			 (long long)rows[i].step_ms);
		assert_string_equal(ask("SELECT count(*), min(at_ms), min(next - at_ms) FROM"
					" (SELECT at_ms, lead(at_ms) OVER (ORDER BY at_ms) AS next"
					"  FROM crawl_samples)"),
				    wanted);
		assert_string_equal(ask("SELECT count(*) FROM crawl_samples s WHERE at_ms > 0 AND"
					" NOT EXISTS (SELECT 1 FROM crawl_samples WHERE at_ms ="
					" s.at_ms - (SELECT min(at_ms) FROM crawl_samples WHERE"
					"  at_ms > 0))"),
				    "0");
	}
	take(stage, 86400123, true);
	assert_string_equal(ask("SELECT max(at_ms) FROM crawl_samples"), "86400123");
	end(stage);
}

/* Every second sample goes, and of these none would: then every fourth, eighth, ... is left. */
static void of_samples_that_come_late_each_time_some_go_too(void **state)
{
	static const int64_t turns_ms[] = { 1000, 2000, 3000, 4000, 8000, 64000 };

	(void)state;
	for (size_t i = 0; i < sizeof(turns_ms) / sizeof(turns_ms[0]); i++) {
		struct stage *stage = begin(0);

		for (int64_t n = 0; n < 3 * RUN_SAMPLES_MAX; n++)
			if (n * turns_ms[i] >= run_samples_due_ms(stage->samples))
				take(stage, n * turns_ms[i], false);
		assert_string_equal(ask("SELECT count(*) BETWEEN 100 AND 719, min(at_ms) FROM"
					" crawl_samples"),
				    "1|0");
		end(stage);
		remove_folder(state);
		make_folder(state);
	}
}

static void counters_only_grow(void **state)
{
	const struct tally_page moved = { .key = key(1), .outcome = OUTCOME_MOVED, .status = 301 };
	struct stage *stage = begin(0);

	(void)state;
	tally_page(stage->tally, &moved);
	take(stage, 0, false);
	tally_take_back(stage->tally, 0, OUTCOME_MOVED, 301);
	take(stage, 1000, false);
	tally_page(stage->tally, &moved);
	tally_page(stage->tally, &moved);
	take(stage, 2000, false);
	assert_string_equal(ask("SELECT done FROM crawl_samples ORDER BY at_ms"), "1\n1\n2");
	end(stage);
}

static void what_urls_wait_for_adds_up_to_what_is_left(void **state)
{
	static const struct pace_policy policy = { .delay_ms = 500, .concurrency = 1 };
	struct stage *stage = begin(0);

	(void)state;
	frontier_add_host(stage->politeness.frontier, SLICE("http://a"), policy);
	for (uint32_t i = 0; i < 7; i++)
		frontier_push(stage->politeness.frontier, 0, i, LANE_NORMAL);
	frontier_begin(stage->politeness.frontier, 0, 900);
	stage->parts.in_flight = 2;
	take(stage, 1000, false);
	take(stage, 2000, false);
	assert_string_equal(ask("SELECT waits_delay, waits_answer, waits_rest, waits_robots,"
				" waits_us, in_flight FROM crawl_samples ORDER BY at_ms"),
			    "7|2|0|0|0|2\n0|9|0|0|0|2");
	end(stage);
}

static void of_events_there_are_a_thousand_and_the_last_says_so(void **state)
{
	struct stage *stage = begin(0);
	struct events *events = events_new(stage->store, clock_ms() - 7);

	(void)state;
	for (int i = 0; i < 1200; i++)
		events_say(events, i % 2 ? "pause" : "rest", SLICE("http://a"), i % 2 ? NULL : "%d",
			   i);
	store_commit(stage->store);
	assert_string_equal(ask("SELECT count(*), count(text), min(at_ms) >= 7 FROM crawl_events"),
			    "1000|501|1");
	assert_string_equal(ask("SELECT kind, host, text FROM crawl_events ORDER BY rowid"
				" LIMIT 2"),
			    "rest|http://a|0\npause|http://a|");
	assert_string_equal(ask("SELECT kind, host, text FROM crawl_events ORDER BY rowid DESC"
				" LIMIT 1"),
			    "more||no more than 1000 are kept");
	events_free(events);
	end(stage);
}

/* In the middle of a character of its last bytes. */
static void a_long_text_is_cut_between_characters(void **state)
{
	struct stage *stage = begin(0);
	struct events *events = events_new(stage->store, clock_ms());
	char long_text[600] = "x";

	(void)state;
	for (int i = 0; i < 290; i++)
		memcpy(long_text + 1 + 2 * i, "\xc3\xa4", 3);
	events_say(events, "rest", (struct slice){ 0 }, "%s", long_text);
	events_close(events);
	events_say(events, "rest", (struct slice){ 0 }, NULL);
	store_commit(stage->store);
	assert_string_equal(ask("SELECT count(*), length(CAST(text AS BLOB)), length(text)"
				" FROM crawl_events"),
			    "1|199|100");
	events_free(events);
	end(stage);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_sample_stands_at_a_whole_second_of_the_run),
		T(of_a_long_run_every_second_sample_is_left),
		T(of_samples_that_come_late_each_time_some_go_too),
		T(counters_only_grow),
		T(what_urls_wait_for_adds_up_to_what_is_left),
		T(of_events_there_are_a_thousand_and_the_last_says_so),
		T(a_long_text_is_cut_between_characters),
	};

	return RUN_TESTS(tests);
}
