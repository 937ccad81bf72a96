#include "tests/support/test.h"

#include <limits.h>

#include "crawler/frontier/pace.h"

static void the_later_of_two_clocks_counts(void **state)
{
	static const struct {
		struct pace pace;
		int64_t due;
	} rows[] = {
		{ { { 500, 1 }, PACE_NOT_STARTED, 0, 0 }, 0 },
		{ { { 500, 1 }, 0, 0, 0 }, 500 },
		{ { { 500, 1 }, 1000, 0, 0 }, 1500 },
		{ { { 500, 1 }, 1000, 1400, 0 }, 1500 },
		{ { { 500, 1 }, 1000, 1600, 0 }, 1600 },
		{ { { 500, 1 }, PACE_NOT_STARTED, 700, 0 }, 700 },
		{ { { 0, 1 }, 1000, 0, 0 }, 0 },
		{ { { 0, 1 }, 1000, 300, 0 }, 300 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(pace_due_ms(&rows[i].pace), rows[i].due);
}

static void a_request_counts_from_when_it_was_sent_and_takes_up_room(void **state)
{
	struct pace pace = { { 100, 2 }, PACE_NOT_STARTED, 0, 0 };

	(void)state;
	pace_begin(&pace, 1000);
	assert_false(pace_is_full(&pace));
	pace_begin(&pace, 1100);
	assert_true(pace_is_full(&pace));
	pace_end(&pace, 1050); /* the first: the second began later */
	assert_int_equal(pace_due_ms(&pace), 1200);
	pace_end(&pace, 1170);
	assert_int_equal(pace_due_ms(&pace), 1270);
	pace_begin(&pace, 1300);
	pace_end(&pace, 0);
	assert_int_equal(pace_due_ms(&pace), 1400);
	assert_int_equal(pace.in_flight, 0);
}

static void of_two_holds_the_later_counts(void **state)
{
	struct pace pace = { { 0, 1 }, PACE_NOT_STARTED, 0, 0 };

	(void)state;
	pace_hold(&pace, 5000);
	pace_hold(&pace, 4000);
	assert_int_equal(pace_due_ms(&pace), 5000);
}

static void the_strictest_of_its_members_counts(void **state)
{
	struct pace whole = { { 0, UINT_MAX }, PACE_NOT_STARTED, 0, 0 };
	struct pace slow = { { 300, 5 }, 1000, 9000, 2 }, narrow = { { 100, 3 }, 400, 0, 1 };

	(void)state;
	pace_add(&whole, &slow);
	pace_add(&whole, &narrow);
	assert_int_equal(whole.policy.delay_ms, 300);
	assert_int_equal(whole.policy.concurrency, 3);
	assert_int_equal(whole.in_flight, 3);
	assert_true(pace_is_full(&whole));
	assert_int_equal(pace_due_ms(&whole), 1300); /* a hold is its member's own */
	pace_remove(&whole, &slow);
	assert_int_equal(whole.in_flight, 1);
	assert_int_equal(pace_due_ms(&whole), 1300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_later_of_two_clocks_counts),
		cmocka_unit_test(a_request_counts_from_when_it_was_sent_and_takes_up_room),
		cmocka_unit_test(of_two_holds_the_later_counts),
		cmocka_unit_test(the_strictest_of_its_members_counts),
	};

	return RUN_TESTS(tests);
}
