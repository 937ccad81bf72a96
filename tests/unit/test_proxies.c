#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/base/clock.h"
#include "crawler/master/proxies.h"
#include "crawler/protocol/msg.h"

/* A config of three proxies, 1 to 3, for all hosts. */

#define REST_MS 1000

static struct config_proxy list[3] = { { .url = "http://a:1", .name = "http://a:1" },
				       { .url = "http://b:1", .name = "http://b:1" },
				       { .url = "http://c:1", .name = "http://c:1" } };
static const uint32_t numbers[3] = { 1, 2, 3 };
static struct config config;
static struct proxies *proxies;

static void begin(enum proxy_rotate rotate, size_t count)
{
	proxies_free(proxies);
	config = (struct config){ .proxies = list, .proxy_count = 3, .no_proxy = "" };
	config.settings.host_rest_ms = REST_MS;
	config.request.proxies = (struct proxy_choice){
		.said = PROXY_LIST, .rotate = rotate, .numbers = numbers, .count = count
	};
	proxies = proxies_new(&config);
}

static int end(void **state)
{
	(void)state;
	proxies_free(proxies);
	proxies = NULL;
	return 0;
}

static uint32_t pick_for(const char *name, uint32_t avoided, int64_t now)
{
	struct proxies_pick pick = proxies_pick(proxies, 0, slice_of(name), avoided, now);

	assert_int_equal(pick.answer, PROXIES_GO);
	return pick.number;
}

static int64_t fail_at(uint32_t number, int64_t asked_ms, int64_t now)
{
	struct proxies_failure failure = { .why = SLICE("why"), .asked_ms = asked_ms };

	return proxies_failed(proxies, number, &failure, now);
}

/* Three times in a row.  Returns what the last says. */
static int64_t fail_thrice(uint32_t number, int64_t now)
{
	assert_int_equal(fail_at(number, now, now), 0);
	assert_int_equal(fail_at(number, now, now), 0);
	return fail_at(number, now, now);
}

/* ---- which ---- */

static void what_is_not_a_list_is_said_by_a_number_of_its_own(void **state)
{
	static const struct {
		struct proxy_choice choice;
		const char *no_proxy, *name;
		uint32_t number;
	} rows[] = {
		{ { .said = PROXY_UNSAID }, "", "a.org", MSG_PROXY_UNSAID },
		{ { .said = PROXY_NONE }, "", "a.org", MSG_PROXY_NONE },
		{ { .said = PROXY_LIST, .numbers = numbers, .count = 1, .heeds_no_proxy = true },
		  "a.org",
		  "a.org",
		  MSG_PROXY_NONE },
		{ { .said = PROXY_LIST, .numbers = numbers, .count = 1, .heeds_no_proxy = true },
		  "::1",
		  "[::1]",
		  MSG_PROXY_NONE },
		{ { .said = PROXY_LIST, .numbers = numbers, .count = 1, .heeds_no_proxy = true },
		  "a.org",
		  "b.org",
		  1 },
		/* A list is what it says, whatever the environment does. */
		{ { .said = PROXY_LIST, .numbers = numbers, .count = 1 }, "*", "a.org", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(PROXY_ROTATE_HOST, 1);
		config.request.proxies = rows[i].choice;
		config.no_proxy = rows[i].no_proxy;
		assert_int_equal(pick_for(rows[i].name, 0, 0), rows[i].number);
	}
}

static void each_request_has_the_next(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_REQUEST, 3);
	for (uint32_t i = 0; i < 7; i++)
		assert_int_equal(pick_for("a.org", 0, 0), i % 3 + 1);
}

static void each_host_has_its_own_and_all_are_used(void **state)
{
	unsigned used[4] = { 0 };

	(void)state;
	begin(PROXY_ROTATE_HOST, 3);
	for (int i = 0; i < 60; i++) {
		char name[20];
		uint32_t first;

		snprintf(name, sizeof(name), "host-%d.org", i);
		first = pick_for(name, 0, 0);
		used[first]++;
		assert_int_equal(pick_for(name, 0, 0), first);
	}
	for (int i = 1; i <= 3; i++)
		assert_true(used[i] >= 10);
}

static void all_go_by_one_until_it_fails(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_FAILURE, 3);
	assert_int_equal(pick_for("a.org", 0, 0), 1);
	assert_int_equal(pick_for("b.org", 0, 0), 1);
	fail_at(1, 0, 0);
	assert_int_equal(pick_for("a.org", 0, 0), 2);
	fail_at(2, 0, 0);
	fail_at(3, 0, 0);
	assert_int_equal(pick_for("a.org", 0, 0), 2); /* all have failed: the last one again */
	proxies_answered(proxies, 1, true, 0);
	assert_int_equal(pick_for("a.org", 0, 0), 1);
}

static void another_is_taken_than_the_one_to_be_avoided_if_there_is_one(void **state)
{
	(void)state;
	for (enum proxy_rotate rotate = PROXY_ROTATE_HOST; rotate <= PROXY_ROTATE_FAILURE;
	     rotate++) {
		begin(rotate, 3);
		for (uint32_t avoided = 1; avoided <= 3; avoided++)
			for (int i = 0; i < 4; i++)
				assert_int_not_equal(pick_for("a.org", avoided, 0), avoided);
		begin(rotate, 1);
		assert_int_equal(pick_for("a.org", 1, 0), 1);
		assert_int_equal(proxies_other_ms(proxies, 0, 1, 0), CLOCK_NEVER);
	}
}

/* One that has never answered may be nothing at all, and one that is given up is nobody. */
static void another_that_rests_is_waited_for_if_it_is_known_to_work(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_REQUEST, 2);
	assert_int_equal(proxies_other_ms(proxies, 0, 1, 5), 5);
	assert_int_equal(fail_thrice(2, 10), REST_MS);
	assert_int_equal(proxies_other_ms(proxies, 0, 1, 20), CLOCK_NEVER);
	assert_int_equal(proxies_other_ms(proxies, 0, 1, 10 + REST_MS), 10 + REST_MS);
	proxies_answered(proxies, 2, true, 20);
	assert_int_equal(proxies_other_ms(proxies, 0, 1, 30), 10 + REST_MS);
	begin(PROXY_ROTATE_REQUEST, 3);
	proxies_answered(proxies, 2, true, 0);
	assert_int_equal(fail_thrice(2, 10), REST_MS);
	assert_int_equal(proxies_other_ms(proxies, 0, 1, 20), 20); /* the third */
}

/* What has failed once is not to find out whether another works. */
static void another_try_goes_by_one_that_is_known_to_work(void **state)
{
	(void)state;
	for (enum proxy_rotate rotate = PROXY_ROTATE_HOST; rotate <= PROXY_ROTATE_FAILURE;
	     rotate++) {
		for (uint32_t good = 1; good <= 3; good++) {
			uint32_t avoided = good % 3 + 1;

			begin(rotate, 3);
			proxies_answered(proxies, good, true, 0);
			for (int i = 0; i < 3; i++)
				assert_int_equal(pick_for("a.org", avoided, 0), good);
			fail_at(good, 0, 0);
			assert_int_equal(pick_for("a.org", avoided, 0), 6 - good - avoided);
		}
	}
}

/* ---- rests ---- */

static void three_failures_in_a_row_are_a_rest_and_an_answer_ends_the_row(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_REQUEST, 3);
	fail_at(1, 0, 0);
	fail_at(1, 0, 0);
	proxies_answered(proxies, 1, true, 0);
	assert_int_equal(fail_thrice(1, 0), REST_MS);
	for (int i = 0; i < 4; i++)
		assert_int_not_equal(pick_for("a.org", 0, REST_MS - 1), 1);
	assert_int_equal(proxies_figures(proxies, 1, 1).rests_until_ms, REST_MS);
	assert_int_equal(pick_for("a.org", 0, REST_MS), 1);
	assert_int_equal(proxies_figures(proxies, 1, REST_MS).rests_until_ms, 0);
}

static void a_final_failure_is_a_rest_at_once(void **state)
{
	struct proxies_failure failure = { .why = SLICE("407"), .is_final = true };

	(void)state;
	begin(PROXY_ROTATE_REQUEST, 3);
	assert_int_equal(proxies_failed(proxies, 2, &failure, 0), REST_MS);
	assert_string_equal(proxies_figures(proxies, 2, 0).error, "407");
}

static void failures_that_were_under_way_together_count_once(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_REQUEST, 3);
	for (int i = 0; i < 10; i++)
		assert_int_equal(fail_at(1, 0, 5 + i), 0);
	assert_int_equal(proxies_figures(proxies, 1, 20).failures, 10);
	assert_int_equal(fail_at(1, 20, 30), 0);
	assert_int_equal(fail_at(1, 40, 50), REST_MS);
	assert_int_equal(fail_at(1, 45, 60), 0); /* it rests already */
}

static void rests_are_three_each_twice_as_long_and_then_it_is_given_up(void **state)
{
	int64_t now = 0;

	(void)state;
	begin(PROXY_ROTATE_REQUEST, 1);
	for (int i = 0; i < PROXIES_RESTS_MAX; i++) {
		struct proxies_pick pick;

		assert_int_equal(fail_thrice(1, now), REST_MS << i);
		pick = proxies_pick(proxies, 0, SLICE("a.org"), 0, now);
		assert_int_equal(pick.answer, PROXIES_WAIT);
		assert_int_equal(pick.until_ms, now + (REST_MS << i));
		now = pick.until_ms;
		assert_int_equal(pick_for("a.org", 0, now), 1);
	}
	assert_int_equal(fail_thrice(1, now), PROXIES_GIVE_UP);
	assert_int_equal(proxies_pick(proxies, 0, SLICE("a.org"), 0, now).answer, PROXIES_GONE);
	assert_true(proxies_figures(proxies, 1, now).is_given_up);
	assert_int_equal(proxies_figures(proxies, 1, now).rests, PROXIES_RESTS_MAX);
	assert_int_equal(fail_at(1, now, now), 0); /* it is said once */
}

static void an_answer_after_a_rest_begins_the_count_of_rests_anew(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_REQUEST, 1);
	fail_thrice(1, 0);
	proxies_answered(proxies, 1, true, 1); /* asked before */
	assert_int_equal(proxies_pick(proxies, 0, SLICE("a.org"), 0, 1).answer, PROXIES_WAIT);
	assert_int_equal(fail_thrice(1, REST_MS), 2 * REST_MS);
	proxies_answered(proxies, 1, true, 3 * REST_MS);
	assert_int_equal(fail_thrice(1, 3 * REST_MS), REST_MS);
}

static void who_waits_waits_for_the_first_and_is_done_with_the_last(void **state)
{
	struct proxies_pick pick;

	(void)state;
	begin(PROXY_ROTATE_HOST, 3);
	for (uint32_t number = 1; number <= 3; number++)
		fail_thrice(number, 10 * (4 - number));
	pick = proxies_pick(proxies, 0, SLICE("a.org"), 0, 50);
	assert_int_equal(pick.answer, PROXIES_WAIT);
	assert_int_equal(pick.until_ms, REST_MS + 10); /* the third's */
}

static void one_that_was_typed_is_a_slip_until_it_answers(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_HOST, 1);
	assert_false(proxies_is_slip(proxies, 0, 1));
	config.request.proxies.is_typed = true;
	assert_true(proxies_is_slip(proxies, 0, 1));
	proxies_answered(proxies, 1, false, 0);
	assert_false(proxies_is_slip(proxies, 0, 1));
}

static void what_has_changed_is_told_once(void **state)
{
	(void)state;
	begin(PROXY_ROTATE_HOST, 3);
	assert_int_equal(proxies_changed(proxies), 0);
	proxies_answered(proxies, 3, true, 0);
	proxies_answered(proxies, 3, false, 0);
	fail_at(1, 0, 0);
	assert_int_equal(proxies_changed(proxies), 1);
	assert_int_equal(proxies_changed(proxies), 3);
	assert_int_equal(proxies_changed(proxies), 0);
	assert_int_equal(proxies_figures(proxies, 3, 0).pages, 1);
	assert_null(proxies_figures(proxies, 3, 0).error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_is_not_a_list_is_said_by_a_number_of_its_own, end),
		cmocka_unit_test_teardown(each_request_has_the_next, end),
		cmocka_unit_test_teardown(each_host_has_its_own_and_all_are_used, end),
		cmocka_unit_test_teardown(all_go_by_one_until_it_fails, end),
		cmocka_unit_test_teardown(
			another_is_taken_than_the_one_to_be_avoided_if_there_is_one, end),
		cmocka_unit_test_teardown(another_that_rests_is_waited_for_if_it_is_known_to_work,
					  end),
		cmocka_unit_test_teardown(another_try_goes_by_one_that_is_known_to_work, end),
		cmocka_unit_test_teardown(
			three_failures_in_a_row_are_a_rest_and_an_answer_ends_the_row, end),
		cmocka_unit_test_teardown(a_final_failure_is_a_rest_at_once, end),
		cmocka_unit_test_teardown(failures_that_were_under_way_together_count_once, end),
		cmocka_unit_test_teardown(
			rests_are_three_each_twice_as_long_and_then_it_is_given_up, end),
		cmocka_unit_test_teardown(an_answer_after_a_rest_begins_the_count_of_rests_anew,
					  end),
		cmocka_unit_test_teardown(who_waits_waits_for_the_first_and_is_done_with_the_last,
					  end),
		cmocka_unit_test_teardown(one_that_was_typed_is_a_slip_until_it_answers, end),
		cmocka_unit_test_teardown(what_has_changed_is_told_once, end),
	};

	return RUN_TESTS(tests);
}
