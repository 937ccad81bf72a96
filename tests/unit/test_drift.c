#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/report/drift.h"

#define SEEDS 100

/* Earlier runs that were all alike. */
static size_t alike(struct drift_share before[], size_t count, struct drift_share share)
{
	for (size_t i = 0; i < count; i++)
		before[i] = share;
	return count;
}

static void a_share_is_worse_if_it_fell_by_points_and_by_deviations(void **state)
{
	static const struct {
		const char *name;
		struct drift_share now, before;
		size_t runs;
		double points;
		enum drift_verdict verdict;
	} rows[] = {
		{ "all gone", { 180, 0, 180 }, { 180, 180, 180 }, 1, 2, DRIFT_WORSE },
		{ "half", { 30, 15, 30 }, { 30, 30, 30 }, 1, 2, DRIFT_WORSE },
		{ "one of a few", { 40, 39, 40 }, { 40, 40, 40 }, 1, 2, DRIFT_NONE },
		{ "as before", { 180, 170, 180 }, { 180, 170, 180 }, 1, 2, DRIFT_NONE },
		{ "better", { 180, 180, 180 }, { 180, 90, 180 }, 1, 2, DRIFT_NONE },
		{ "two points of many",
		  { 10000, 9800, 10000 },
		  { 10000, 10000, 10000 },
		  1,
		  2,
		  DRIFT_WORSE },
		{ "less than that",
		  { 10000, 9801, 10000 },
		  { 10000, 10000, 10000 },
		  1,
		  2,
		  DRIFT_NONE },
		{ "of five points",
		  { 10000, 9501, 10000 },
		  { 10000, 10000, 10000 },
		  1,
		  5,
		  DRIFT_NONE },
		{ "five points",
		  { 10000, 9500, 10000 },
		  { 10000, 10000, 10000 },
		  1,
		  5,
		  DRIFT_WORSE },
		/* sqrt(.5 * .5 / 100) is 5 points: three of them are 15. */
		{ "within three deviations", { 100, 36, 100 }, { 100, 50, 100 }, 1, 2, DRIFT_NONE },
		{ "beyond them", { 100, 34, 100 }, { 100, 50, 100 }, 1, 2, DRIFT_WORSE },
		{ "too few now", { 29, 0, 29 }, { 180, 180, 180 }, 10, 2, DRIFT_UNKNOWN },
		{ "too few before", { 180, 0, 180 }, { 29, 29, 29 }, 1, 2, DRIFT_UNKNOWN },
		{ "enough in all", { 180, 0, 180 }, { 29, 29, 29 }, 2, 2, DRIFT_WORSE },
		{ "nothing before", { 180, 0, 180 }, { 0, 0, 0 }, 0, 2, DRIFT_UNKNOWN },
		{ "no rows now", { 180, 0, 0 }, { 180, 180, 180 }, 3, 2, DRIFT_UNKNOWN },
		/* Many rows of few pages are no more than the pages. */
		{ "rows of a page", { 30, 2700, 3000 }, { 30, 3000, 3000 }, 1, 2, DRIFT_NONE },
		{ "rows of many pages",
		  { 300, 2700, 3000 },
		  { 300, 3000, 3000 },
		  1,
		  2,
		  DRIFT_WORSE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct drift_share before[DRIFT_RUNS_MAX];
		size_t count = alike(before, rows[i].runs, rows[i].before);

		if (drift_judge(&rows[i].now, before, count, rows[i].points) != rows[i].verdict)
			fail_msg("%s", rows[i].name);
	}
}

/* Half of it may be as usual where runs differ so much; two of them do not tell. */
static void runs_that_differ_widely_are_compared_with_each_other(void **state)
{
	const struct drift_share now = { 1000, 600, 1000 };
	const struct drift_share before[] = {
		{ 1000, 900, 1000 }, { 1000, 700, 1000 }, { 1000, 950, 1000 }, { 1000, 650, 1000 }
	};

	(void)state;
	assert_int_equal(drift_judge(&now, before, 2, 2), DRIFT_WORSE);
	assert_int_equal(drift_judge(&now, before, 3, 2), DRIFT_NONE);
	assert_int_equal(drift_judge(&now, before, 4, 2), DRIFT_NONE);
}

/* ---- chance ---- */

static uint64_t dice;

/* xorshift64* */
static double roll(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (double)((dice * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static struct drift_share some_run(uint64_t pages, double part)
{
	struct drift_share share = { .pages = pages, .of = pages };

	for (uint64_t i = 0; i < pages; i++)
		share.good += roll() < part;
	return share;
}

/* Every page is one that matches by chance: run after run, judged after each. */
static unsigned alarms_of_a_site_that_varies(uint64_t pages, double part, unsigned *judged)
{
	unsigned alarms = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct drift_share before[DRIFT_RUNS_MAX];
		size_t count = 0;

		dice = seed * 0x9e3779b97f4a7c15u;
		for (int i = 0; i < 10; i++)
			roll();
		while (count < DRIFT_RUNS_MAX)
			before[count++] = some_run(pages, part);
		for (size_t runs = 1; runs <= count; runs++) {
			struct drift_share now = some_run(pages, part);

			alarms += drift_judge(&now, before, runs, 2) == DRIFT_WORSE;
			++*judged;
		}
	}
	return alarms;
}

static void a_site_that_only_varies_raises_no_alarm(void **state)
{
	static const uint64_t pages[] = { 40, 180, 1000 };
	static const double parts[] = { 0.995, 0.97, 0.9 };
	unsigned alarms = 0, judged = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t at = 0; at < 3; at++)
			alarms += alarms_of_a_site_that_varies(pages[i], parts[at], &judged);
	if (alarms * 1000 > judged) /* a normal deviate is beyond 3 as often as that */
		fail_msg("%u alarms of %u", alarms, judged);
}

/* A site that loses a tenth of what it had is found out, whatever its size. */
static void a_site_that_loses_a_tenth_is_found_out(void **state)
{
	static const uint64_t pages[] = { 180, 1000, 10000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct drift_share before[DRIFT_RUNS_MAX];
		struct drift_share all = { pages[i], pages[i], pages[i] };
		struct drift_share now = { pages[i], pages[i] * 9 / 10, pages[i] };

		for (size_t runs = 1; runs <= DRIFT_RUNS_MAX; runs++)
			assert_int_equal(drift_judge(&now, before, alike(before, runs, all), 2),
					 DRIFT_WORSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_is_worse_if_it_fell_by_points_and_by_deviations),
		cmocka_unit_test(runs_that_differ_widely_are_compared_with_each_other),
		cmocka_unit_test(a_site_that_only_varies_raises_no_alarm),
		cmocka_unit_test(a_site_that_loses_a_tenth_is_found_out),
	};

	return RUN_TESTS(tests);
}
