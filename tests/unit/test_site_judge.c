#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/site_judge.h"
#include "tests/support/test_folder.h"

/* Whoever judges others is judged first: by logs that are written here. */

static struct test_folder folder;

static int enter(void **state)
{
	(void)state;
	test_folder_enter(&folder);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return test_folder_leave(&folder);
}

#define LINE(arrived, ended, host, target) \
#arrived " " #ended " GET " host " " target " 200 5 40000 -\n"

static struct site_judged judge(const char *log, const struct site_manners *manners)
{
	struct site_judged judged;

	write_file("site.log", log);
	assert_int_equal(site_judge("site.log", manners, 10, &judged), 0);
	return judged;
}

static const struct site_manners usual = { .delay_ms = 100,
					   .concurrency = 1,
					   .until_ms = SITE_JUDGE_UNTIL_END };

static void who_waits_long_enough_is_polite(void **state)
{
	struct site_judged judged =
		judge(LINE(1000, 1001, "a:1", "/1") LINE(1010, 1020, "b:1", "/1")
			      LINE(1100, 1101, "a:1", "/2"),
		      &usual);

	(void)state;
	assert_int_equal(judged.requests, 3);
	assert_int_equal(judged.hosts, 2);
	assert_int_equal(judged.targets, 3);
	assert_int_equal(judged.least_gap_ms, 100);
	assert_int_equal(judged.too_close, 0);
	assert_int_equal(judged.most_at_once, 1);
	assert_int_equal(judged.again, 0);
}

/* Lines stand in the order of their ends. */
static void two_requests_that_are_too_close_are_found(void **state)
{
	struct site_judged judged =
		judge(LINE(1050, 1051, "a:1", "/quick") LINE(1000, 1099, "a:1", "/slow"), &usual);

	(void)state;
	assert_int_equal(judged.least_gap_ms, 50);
	assert_int_equal(judged.too_close, 1);
	assert_int_equal(judged.most_at_once, 2);
	assert_non_null(
		strstr(judged.worst,
		       "/quick 200 came 50 ms after /slow; at -50 ms (40000) +0 ms (40000)"));
}

static void what_is_asked_for_again_is_counted(void **state)
{
	struct site_judged judged =
		judge(LINE(1000, 1001, "a:1", "/1") LINE(2000, 2001, "a:1", "/1")
			      LINE(3000, 3001, "b:1", "/1"),
		      &usual);

	(void)state;
	assert_int_equal(judged.again, 1);
	assert_int_equal(judged.most_for_one, 2);
}

static void one_that_came_late_does_not_blame_the_next(void **state)
{
	struct site_judged judged =
		judge(LINE(1000, 1001, "a:1", "/1") LINE(1170, 1171, "a:1", "/2")
			      LINE(1200, 1201, "a:1", "/3"),
		      &usual);

	(void)state;
	assert_int_equal(judged.too_close, 0);
	judged = judge(LINE(1000, 1001, "a:1", "/1")
			       LINE(1170, 1171, "a:1", "/2") "1200 1201 GET a:1 /3 200 5 40001 -\n",
		       &usual);
	assert_int_equal(judged.too_close, 1);
}

static int64_t longer_at_b(const char *host, int64_t delay_ms)
{
	return host[0] == 'b' ? 500 : delay_ms;
}

static void a_host_may_have_a_delay_of_its_own(void **state)
{
	struct site_manners manners = usual;
	struct site_judged judged;

	(void)state;
	manners.delay_of = longer_at_b;
	judged = judge(LINE(1000, 1001, "b:1", "/1") LINE(1200, 1201, "b:1", "/2"), &manners);
	assert_int_equal(judged.too_close, 1);
	assert_int_equal(judged.most_short_ms, 300);
}

static void only_what_arrived_in_time_is_looked_at(void **state)
{
	struct site_manners manners = usual;

	(void)state;
	manners.from_ms = 1001;
	manners.until_ms = 1002;
	assert_int_equal(
		judge(LINE(1000, 1001, "b:1", "/1") LINE(1200, 1201, "b:1", "/2"), &manners)
			.requests,
		0);
}

/* What was sent before the answer was there could not know. */
static void who_comes_back_before_its_time_is_found(void **state)
{
	static const char busy[] = "1000 1050 GET a:1 /busy 503 5 40000 -\n";
	struct site_manners manners = usual;
	char log[500];

	(void)state;
	manners.later_ms = 1000;
	snprintf(log, sizeof(log), "%s" LINE(1155, 1156, "a:1", "/1") LINE(2045, 2046, "a:1", "/2"),
		 busy);
	assert_int_equal(judge(log, &manners).too_early, 0);
	snprintf(log, sizeof(log), "%s" LINE(2030, 2031, "a:1", "/2") LINE(1500, 1501, "b:1", "/2"),
		 busy);
	assert_int_equal(judge(log, &manners).too_early, 1);
	assert_int_equal(judge(log, &usual).too_early, 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_waits_long_enough_is_polite),
		T(two_requests_that_are_too_close_are_found),
		T(one_that_came_late_does_not_blame_the_next),
		T(what_is_asked_for_again_is_counted),
		T(a_host_may_have_a_delay_of_its_own),
		T(who_comes_back_before_its_time_is_found),
		T(only_what_arrived_in_time_is_looked_at),
	};

	return RUN_TESTS(tests);
}
