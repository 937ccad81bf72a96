#include "tests/support/test.h"

#include "crawler/base/clock.h"
#include "crawler/frontier/groups.h"

/* A host without a past, that wants 100 ms and so many at a time. */
static const struct pace *fresh(unsigned concurrency)
{
	static struct pace pace;

	pace = (struct pace){ { 100, concurrency }, PACE_NOT_STARTED, 0, 0 };
	return &pace;
}

static void who_waited_longest_is_taken_first(void **state)
{
	struct groups *groups = groups_new();

	(void)state;
	for (uint32_t host = 0; host < 5; host++) {
		groups_join(groups, host, SLICE("a"), fresh(2));
		groups_wait(groups, host);
	}
	assert_int_equal(groups_waiting(groups), 5);
	groups_stop_waiting(groups, 2);
	groups_stop_waiting(groups, 0);
	groups_stop_waiting(groups, 4);
	groups_stop_waiting(groups, 4);
	assert_int_equal(groups_take(groups), 1);
	assert_int_equal(groups_take(groups), 3);
	assert_int_equal(groups_waiting(groups), 0);
	assert_int_equal(groups_due_ms(groups), CLOCK_NEVER);
	groups_free(groups);
}

static void a_group_is_asked_once_a_delay_and_so_many_at_a_time(void **state)
{
	struct groups *groups = groups_new();

	(void)state;
	for (uint32_t host = 0; host < 3; host++) {
		groups_join(groups, host, SLICE("a"), fresh(2));
		groups_wait(groups, host);
	}
	assert_true(groups_due_ms(groups) <= 1000);
	groups_begin(groups, groups_take(groups), 1000);
	assert_int_equal(groups_due_ms(groups), 1100);
	groups_begin(groups, groups_take(groups), 1100);
	assert_int_equal(groups_due_ms(groups), CLOCK_NEVER); /* two are under way */
	groups_end(groups, 0, 1050);
	assert_int_equal(groups_due_ms(groups), 1200);
	groups_end(groups, 1, 1170); /* it was sent later than it was dispatched */
	assert_int_equal(groups_due_ms(groups), 1270);
	groups_hold(groups, 2, 5000);
	groups_hold(groups, 2, 4000);
	assert_int_equal(groups_due_ms(groups), 5000);
	groups_free(groups);
}

static void taking_a_host_begins_nothing(void **state)
{
	struct groups *groups = groups_new();

	(void)state;
	groups_join(groups, 0, SLICE("a"), fresh(1));
	groups_join(groups, 1, SLICE("b"), fresh(1));
	groups_wait(groups, 0);
	groups_wait(groups, 1);
	assert_int_equal(groups_take(groups), 0);
	groups_wait(groups, 0);
	assert_true(groups_due_ms(groups) <= 1000);
	assert_int_equal(groups_take(groups), 1); /* whose turn it is */
	assert_int_equal(groups_take(groups), 0);
	assert_int_equal(groups_pace(groups, 0)->in_flight, 0);
	groups_free(groups);
}

/* With what it has under way, and with the time of its last request. */
static void a_host_goes_from_one_group_to_another(void **state)
{
	struct groups *groups = groups_new();

	(void)state;
	groups_join(groups, 7, SLICE("a"), &(struct pace){ { 100, 1 }, 1000, 0, 1 });
	groups_join(groups, 3, SLICE("a"), fresh(1));
	groups_join(groups, 5, SLICE("b"), &(struct pace){ { 100, 1 }, 400, 0, 0 });
	assert_int_equal(groups_number(groups, 3), 0);
	assert_int_equal(groups_number(groups, 5), 1);
	groups_wait(groups, 3);
	groups_wait(groups, 5);
	assert_int_equal(groups_due_ms(groups), 500); /* of b; a has no place */
	groups_join(groups, 7, SLICE("b"), &(struct pace){ { 100, 1 }, 1000, 0, 1 });
	assert_int_equal(groups_number(groups, 7), 1);
	assert_int_equal(groups_due_ms(groups), 1100); /* of a; b has no place */
	assert_int_equal(groups_take(groups), 3);
	groups_end(groups, 7, 0);
	assert_int_equal(groups_due_ms(groups), 1100);
	assert_int_equal(groups_take(groups), 5);
	groups_free(groups);
}

/* Also after who founded it has gone to found another, and when it comes back. */
static void two_hosts_have_one_number_if_their_group_is_one(void **state)
{
	static const struct {
		uint32_t host;
		const char *name;
	} joins[] = {
		{ 5, "a" }, { 6, "a" }, { 5, "b" }, { 7, "b" }, { 5, "c" }, { 6, "d" }, { 7, "a" },
		{ 5, "a" }, { 8, "e" }, { 8, "f" }, { 5, "f" }, { 6, "f" }, { 6, "b" }, { 7, "d" },
	};
	const char *names[9] = { NULL };
	struct groups *groups = groups_new();

	(void)state;
	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		groups_join(groups, joins[i].host, slice_of(joins[i].name), fresh(1));
		names[joins[i].host] = joins[i].name;
		for (uint32_t a = 5; a < 9; a++) {
			for (uint32_t b = 5; b < 9; b++) {
				if (!names[a] || !names[b])
					continue;
				assert_int_equal(groups_number(groups, a) ==
							 groups_number(groups, b),
						 strcmp(names[a], names[b]) == 0);
			}
		}
	}
	groups_free(groups);
}

static void the_strictest_of_its_hosts_counts_for_a_group(void **state)
{
	struct groups *groups = groups_new();

	(void)state;
	groups_join(groups, 0, SLICE("a"), &(struct pace){ { 100, 3 }, PACE_NOT_STARTED, 0, 0 });
	groups_join(groups, 1, SLICE("a"), &(struct pace){ { 300, 5 }, PACE_NOT_STARTED, 0, 0 });
	groups_join(groups, 2, SLICE("a"), &(struct pace){ { 0, 1 }, PACE_NOT_STARTED, 0, 0 });
	assert_int_equal(groups_pace(groups, 0)->policy.delay_ms, 300);
	groups_wait(groups, 0);
	groups_wait(groups, 1);
	groups_begin(groups, groups_take(groups), 1000);
	assert_int_equal(groups_due_ms(groups), CLOCK_NEVER); /* one at a time */
	groups_end(groups, 0, 0);
	assert_int_equal(groups_due_ms(groups), 1300);
	groups_free(groups);
}

static void a_host_without_a_group_waits_for_none(void **state)
{
	struct groups *groups = groups_new();

	(void)state;
	for (uint32_t host = 0; host < 1000; host += 999) { /* when there is none at all, too */
		groups_wait(groups, host);
		groups_stop_waiting(groups, host);
	}
	groups_join(groups, 1, SLICE("a"), fresh(1));
	for (uint32_t host = 0; host < 1000; host += 999) {
		assert_null(groups_pace(groups, host));
		groups_wait(groups, host);
		groups_begin(groups, host, 1000);
		groups_hold(groups, host, 1000);
		groups_end(groups, host, 0);
		assert_false(groups_is_waiting(groups, host));
		assert_int_equal(groups_number(groups, host), GROUPS_NONE);
	}
	assert_int_equal(groups_due_ms(groups), CLOCK_NEVER);
	groups_free(groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waited_longest_is_taken_first),
		cmocka_unit_test(a_group_is_asked_once_a_delay_and_so_many_at_a_time),
		cmocka_unit_test(taking_a_host_begins_nothing),
		cmocka_unit_test(a_host_goes_from_one_group_to_another),
		cmocka_unit_test(two_hosts_have_one_number_if_their_group_is_one),
		cmocka_unit_test(the_strictest_of_its_hosts_counts_for_a_group),
		cmocka_unit_test(a_host_without_a_group_waits_for_none),
	};

	return RUN_TESTS(tests);
}
