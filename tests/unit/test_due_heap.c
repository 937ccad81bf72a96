#include "tests/support/test.h"

#include "crawler/base/clock.h"
#include "crawler/frontier/due_heap.h"

static void what_is_due_first_comes_first(void **state)
{
	static const int64_t due[] = { 50, 10, 40, 10, 30, 20, 60, 0 };
	static const uint32_t order[] = { 7, 3, 1, 5, 4, 2, 0, 6 };
	struct due_heap *heap = due_heap_new();

	(void)state;
	assert_int_equal(due_heap_due_ms(heap), CLOCK_NEVER);
	for (uint32_t i = 0; i < 8; i++)
		due_heap_set(heap, i, due[i], 100 - i); /* 3 has the lower turn */
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(due_heap_first(heap), order[i]);
		assert_int_equal(due_heap_due_ms(heap), due[order[i]]);
		due_heap_remove(heap, order[i]);
		assert_int_equal(due_heap_count(heap), 7 - i);
	}
	due_heap_free(heap);
}

static void what_is_not_in_can_be_taken_out(void **state)
{
	struct due_heap *heap = due_heap_new();

	(void)state;
	due_heap_remove(heap, 12345);
	due_heap_set(heap, 3, 1, 0);
	due_heap_remove(heap, 2);
	assert_false(due_heap_has(heap, 2));
	assert_true(due_heap_has(heap, 3));
	assert_false(due_heap_has(heap, 12345));
	due_heap_free(heap);
}

/* Of those due by now the first, however many there is room for. */
static void assert_due(const struct due_heap *heap, const int64_t due[], uint32_t numbers,
		       int64_t now_ms, unsigned max)
{
	uint32_t found[20] = { 0 };
	unsigned count = due_heap_due(heap, now_ms, found, max), wanted = 0;
	int64_t last_ms = 0;

	for (uint32_t i = 0; i < numbers; i++)
		wanted += due[i] != CLOCK_NEVER && due[i] <= now_ms;
	assert_int_equal(count, wanted < max ? wanted : max);
	for (unsigned i = 0; i < count; i++) {
		unsigned before = 0;

		assert_true(due[found[i]] <= now_ms && due[found[i]] >= last_ms);
		last_ms = due[found[i]];
		for (uint32_t j = 0; j < numbers; j++)
			before +=
				due[j] < due[found[i]] || (due[j] == due[found[i]] && j < found[i]);
		assert_int_equal(before, i); /* its turn is its number */
	}
}

/* Against a plain array: set, move and remove at random, and look for the first. */
static void a_random_run_agrees_with_a_plain_array(void **state)
{
	enum { NUMBERS = 300, STEPS = 20000 };
	struct due_heap *heap = due_heap_new();
	int64_t due[NUMBERS];
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < NUMBERS; i++)
		due[i] = CLOCK_NEVER;
	for (int step = 0; step < STEPS; step++) {
		uint32_t number = (seed = seed * 1103515245 + 12345) / 65536 % NUMBERS;
		int64_t first = CLOCK_NEVER;
		uint32_t count = 0;

		if ((seed = seed * 1103515245 + 12345) / 65536 % 3 == 0) {
			due_heap_remove(heap, number);
			due[number] = CLOCK_NEVER;
		} else {
			due[number] = seed / 65536 % 1000;
			due_heap_set(heap, number, due[number], number);
		}
		for (int i = 0; i < NUMBERS; i++) {
			if (due[i] == CLOCK_NEVER)
				continue;
			count++;
			if (first == CLOCK_NEVER || due[i] < first)
				first = due[i];
		}
		assert_int_equal(due_heap_count(heap), count);
		assert_int_equal(due_heap_due_ms(heap), first);
		if (count > 0)
			assert_int_equal(due[due_heap_first(heap)], first);
		if (step % 16 == 0)
			assert_due(heap, due, NUMBERS, step % 1000, (unsigned)step / 16 % 20);
	}
	due_heap_free(heap);
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
