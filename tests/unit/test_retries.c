#include "tests/support/test.h"

#include "crawler/master/retries.h"

#define NOW_MS ((int64_t)1700000000 * 1000) /* Tue, 14 Nov 2023 22:13:20 GMT */

static void a_retry_after_is_read_as_seconds_or_as_a_date(void **state)
{
	static const struct {
		const char *value;
		int64_t wait_ms;
	} rows[] = {
		{ "1", 1000 },
		{ "120", 120000 },
		{ "0", 0 }, /* as if it were not there */
		{ "-1", 0 },
		{ "", 0 },
		{ "soon", 0 },
		{ "1.5", 1500 },
		{ "0.25", 250 },
		{ "0,5", 500 },
		{ "2.0009", 2000 },
		{ "2.", 0 },
		{ ".5", 0 },
		{ "1.5.2", 0 },
		{ "1.5s", 0 },
		{ "3599.9999", 3599999 },
		{ "3600.5", RETRIES_AFTER_MS_MAX },
		{ " 7 ", 7000 },
		{ "14-Nov-2023 22:13:30", 10000 },
		{ "Nov 14, 2023 22:13:30 GMT", 10000 },
		{ "Nov 14 2023 10:13:30 PM", 10000 },
		{ "Tue Nov 14 2023 23:13:30 GMT+0100", 10000 },
		{ "2023-11-14T22:13:30Z", 10000 },
		{ "3600", RETRIES_AFTER_MS_MAX },
		{ "3601", RETRIES_AFTER_MS_MAX },
		{ "1000000000000", RETRIES_AFTER_MS_MAX },
		{ "99999999999999999999999999999999", RETRIES_AFTER_MS_MAX },
		{ "Tue, 14 Nov 2023 22:13:30 GMT", 10000 },
		{ "Tuesday, 14-Nov-23 22:13:30 GMT", 10000 },
		{ "Tue Nov 14 22:13:30 2023", 10000 },
		{ "Tue, 14 Nov 2023 22:13:10 GMT", 0 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", RETRIES_AFTER_MS_MAX },
		{ "Tue, 14 Nov 2023 22:13:30 GMT and more", 10000 }, /* as browsers read it */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (retries_after_ms(slice_of(rows[i].value), NOW_MS) != rows[i].wait_ms)
			fail_msg("'%s'", rows[i].value);
	}
}

static void waits_double_and_stay_within_a_quarter(void **state)
{
	(void)state;
	for (unsigned tries = 1; tries < 60; tries++) {
		int64_t middle = tries < 13 ? (int64_t)1000 << (tries - 1) : RETRIES_WAIT_MS_MAX;

		if (middle > RETRIES_WAIT_MS_MAX)
			middle = RETRIES_WAIT_MS_MAX;
		for (uint32_t chance = 0; chance < 100; chance++) {
			int64_t wait = retries_wait_ms(tries, 1000, chance * 42949672u);

			assert_true(wait >= middle - middle / 4 && wait <= middle + middle / 4 + 1);
		}
	}
}

static void waits_are_not_all_the_same(void **state)
{
	(void)state;
	assert_true(retries_wait_ms(1, 1000, 0) != retries_wait_ms(1, 1000, 400));
}

static void only_what_may_heal_is_tried_again(void **state)
{
	static const struct {
		enum outcome outcome;
		unsigned status;
		bool may_heal;
	} rows[] = {
		{ OUTCOME_OK, 200, false },         { OUTCOME_HTTP_ERROR, 404, false },
		{ OUTCOME_HTTP_ERROR, 410, false }, { OUTCOME_HTTP_ERROR, 429, true },
		{ OUTCOME_HTTP_ERROR, 408, true },  { OUTCOME_HTTP_ERROR, 421, true },
		{ OUTCOME_HTTP_ERROR, 425, true },  { OUTCOME_HTTP_ERROR, 505, false },
		{ OUTCOME_HTTP_ERROR, 500, true },  { OUTCOME_HTTP_ERROR, 501, false },
		{ OUTCOME_HTTP_ERROR, 503, true },  { OUTCOME_DNS, 0, true },
		{ OUTCOME_CONNECT, 0, true },       { OUTCOME_TIMEOUT, 0, true },
		{ OUTCOME_TRUNCATED, 200, true },   { OUTCOME_TLS, 0, false },
		{ OUTCOME_TOO_LARGE, 200, false },  { OUTCOME_BAD_RESPONSE, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(retries_may_heal(rows[i].outcome, rows[i].status),
				 rows[i].may_heal);
}

static void only_a_server_that_is_busy_may_say_for_how_long(void **state)
{
	(void)state;
	for (unsigned status = 100; status < 600; status++)
		assert_int_equal(retries_is_busy(status), status == 429 || status == 503);
	assert_false(retries_is_busy(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_retry_after_is_read_as_seconds_or_as_a_date),
		cmocka_unit_test(waits_double_and_stay_within_a_quarter),
		cmocka_unit_test(waits_are_not_all_the_same),
		cmocka_unit_test(only_what_may_heal_is_tried_again),
		cmocka_unit_test(only_a_server_that_is_busy_may_say_for_how_long),
	};

	return RUN_TESTS(tests);
}
