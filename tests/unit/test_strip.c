#include "tests/support/test.h"

#include <string.h>

#include "crawler/master/half_octave.h"
#include "crawler/master/strip.h"

static void requests_stand_in_the_step_in_which_they_began(void **state)
{
	static const struct {
		int64_t at_ms;
		int64_t step_ms;
		unsigned step; /* it is in this one then */
	} rows[] = {
		{ -5, 100, 0 },
		{ 0, 100, 0 },
		{ 99, 100, 0 },
		{ 100, 100, 1 },
		{ 6399, 100, 63 },
		{ 6400, 200, 32 },
		{ 12800, 400, 32 },
		{ 25599, 400, 63 },
		{ 86400000, 1638400, 52 },
		{ INT64_MAX, (int64_t)100 << 40, 63 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strip strip = { .doublings = 0 };

		strip_add(&strip, rows[i].at_ms);
		if (strip_step_ms(&strip) != rows[i].step_ms || strip.steps[rows[i].step] != 1)
			fail_msg("row %zu: %lld ms a step", i, (long long)strip_step_ms(&strip));
	}
}

/* Whatever they were: none is lost as long as a step has room. */
static void steps_that_become_longer_add_up(void **state)
{
	struct strip strip = { .doublings = 0 };
	unsigned sum = 0;

	(void)state;
	for (unsigned i = 0; i < 500; i++)
		strip_add(&strip, (int64_t)i * i);
	for (unsigned i = 0; i < STORE_STRIP_STEPS; i++)
		sum += strip.steps[i];
	assert_int_equal(sum, 500);
	assert_int_equal(strip_step_ms(&strip), 6400);
	assert_int_equal(strip.steps[0], 80); /* up to 79 * 79 */
}

static void a_step_has_255_or_more(void **state)
{
	struct strip strip = { .doublings = 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		strip_add(&strip, i % 2 * 100);
	assert_int_equal(strip.steps[0], 255);
	assert_int_equal(strip.steps[1], 255);
	strip_stretch(&strip, 10000);
	assert_int_equal(strip.steps[0], 255);
	assert_int_equal(strip.steps[1], 0);
}

static void a_bucket_has_what_lies_in_its_half_octave(void **state)
{
	static const struct {
		uint64_t value;
		unsigned bucket;
	} rows[] = {
		{ 0, 0 },     { 1, 0 },           { 2, 2 },           { 3, 3 },
		{ 4, 4 },     { 5, 4 },           { 6, 5 },           { 1448, 20 },
		{ 1449, 21 }, { UINT32_MAX, 63 }, { UINT64_MAX, 63 }, { (uint64_t)1 << 31, 62 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (half_octave_of(rows[i].value) != rows[i].bucket)
			fail_msg("row %zu: %u", i, half_octave_of(rows[i].value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_stand_in_the_step_in_which_they_began),
		cmocka_unit_test(steps_that_become_longer_add_up),
		cmocka_unit_test(a_step_has_255_or_more),
		cmocka_unit_test(a_bucket_has_what_lies_in_its_half_octave),
	};

	return RUN_TESTS(tests);
}
