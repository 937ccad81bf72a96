#include "tests/test.h"

#include "crawler/schedule.h"

static void what_is_due_first_comes_first(void **state)
{
	static const int64_t due[] = { 50, 10, 40, 10, 30, 20, 60, 0 };
	static const uint32_t order[] = { 7, 3, 1, 5, 4, 2, 0, 6 };
	struct schedule *schedule = schedule_new();

	(void)state;
	assert_int_equal(schedule_due_ms(schedule), SCHEDULE_NEVER);
	for (uint32_t i = 0; i < 8; i++)
		schedule_set(schedule, i, due[i], 100 - i); /* 3 has the lower turn */
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(schedule_first(schedule), order[i]);
		assert_int_equal(schedule_due_ms(schedule), due[order[i]]);
		schedule_remove(schedule, order[i]);
		assert_int_equal(schedule_count(schedule), 7 - i);
	}
	schedule_free(schedule);
}

static void what_is_not_in_can_be_taken_out(void **state)
{
	struct schedule *schedule = schedule_new();

	(void)state;
	schedule_remove(schedule, 12345);
	schedule_set(schedule, 3, 1, 0);
	schedule_remove(schedule, 2);
	assert_false(schedule_has(schedule, 2));
	assert_true(schedule_has(schedule, 3));
	assert_false(schedule_has(schedule, 12345));
	schedule_free(schedule);
}

/* Against a plain array: set, move and remove at random, and look for the first. */
static void a_random_run_agrees_with_a_plain_array(void **state)
{
	enum { NUMBERS = 300, STEPS = 20000 };
	struct schedule *schedule = schedule_new();
	int64_t due[NUMBERS];
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < NUMBERS; i++)
		due[i] = SCHEDULE_NEVER;
	for (int step = 0; step < STEPS; step++) {
		uint32_t number = (seed = seed * 1103515245 + 12345) / 65536 % NUMBERS;
		int64_t first = SCHEDULE_NEVER;
		uint32_t count = 0;

		if ((seed = seed * 1103515245 + 12345) / 65536 % 3 == 0) {
			schedule_remove(schedule, number);
			due[number] = SCHEDULE_NEVER;
		} else {
			due[number] = seed / 65536 % 1000;
			schedule_set(schedule, number, due[number], number);
		}
		for (int i = 0; i < NUMBERS; i++) {
			if (due[i] == SCHEDULE_NEVER)
				continue;
			count++;
			if (first == SCHEDULE_NEVER || due[i] < first)
				first = due[i];
		}
		assert_int_equal(schedule_count(schedule), count);
		assert_int_equal(schedule_due_ms(schedule), first);
		if (count > 0)
			assert_int_equal(due[schedule_first(schedule)], first);
	}
	schedule_free(schedule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_due_first_comes_first),
		cmocka_unit_test(what_is_not_in_can_be_taken_out),
		cmocka_unit_test(a_random_run_agrees_with_a_plain_array),
	};

	return RUN_TESTS(tests);
}
