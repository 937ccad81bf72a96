#include "tests/support/test.h"

#include "crawler/frontier/visit.h"

#include <stdio.h>

static void a_visit_that_is_kept_is_found_with_its_history(void **state)
{
	struct visits *visits = visits_new();
	struct visit *visit = visits_begin(visits, 7);

	(void)state;
	assert_int_equal(visit->url_id, 7);
	assert_null(visit->url);
	visit_set_url(visit, SLICE("http://h/a"));
	visit_set_url(visit, SLICE("http://h/b")); /* where a redirect led */
	visit->hops = 1;
	visits_keep(visits, visit);
	visit = visits_begin(visits, 7);
	assert_int_equal(visit->hops, 1);
	assert_true(slice_equal(visit_url(visit), SLICE("http://h/b")));
	visits_end(visits, visit);
	visits_free(visits);
}

static void a_visit_that_has_ended_leaves_nothing_to_the_next(void **state)
{
	struct visits *visits = visits_new();
	struct visit *visit = visits_begin(visits, 7);

	(void)state;
	visit->tries = visit->deaths = 2;
	visit->is_counted = true;
	visit_set_url(visit, SLICE("http://h/a"));
	visits_end(visits, visit);
	visit = visits_begin(visits, 8);
	assert_int_equal(visit->url_id, 8);
	assert_int_equal(visit->tries + visit->deaths + visit->is_counted, 0);
	assert_null(visit->url);
	visits_end(visits, visit);
	visits_free(visits);
}

/* Also such as fall into one chain, and with a table that has grown meanwhile. */
static void thousands_of_visits_are_told_apart(void **state)
{
	enum { COUNT = 5000, STEP = 64 };
	struct visits *visits = visits_new();

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		struct visit *visit = visits_begin(visits, i * STEP);

		visit->hops = i + 1;
		visits_keep(visits, visit);
	}
	for (uint32_t i = COUNT; i-- > 0;) {
		struct visit *visit = visits_begin(visits, i * STEP);

		assert_int_equal(visit->hops, i + 1);
		visits_end(visits, visit);
		visit = visits_begin(visits, i * STEP);
		assert_int_equal(visit->hops, 0);
		visits_end(visits, visit);
	}
	visits_free(visits);
}

static void it_is_known_whether_one_that_counts_still_waits(void **state)
{
	struct visits *visits = visits_new();
	struct visit *counted = visits_begin(visits, 1), *other = visits_begin(visits, 2);

	(void)state;
	counted->is_counted = true;
	assert_false(visits_any_counted(visits));
	visits_keep(visits, other);
	assert_false(visits_any_counted(visits));
	visits_keep(visits, counted);
	assert_true(visits_any_counted(visits));
	visits_end(visits, visits_begin(visits, 1));
	assert_false(visits_any_counted(visits));
	visits_free(visits);
	visits_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visit_that_is_kept_is_found_with_its_history),
		cmocka_unit_test(a_visit_that_has_ended_leaves_nothing_to_the_next),
		cmocka_unit_test(thousands_of_visits_are_told_apart),
		cmocka_unit_test(it_is_known_whether_one_that_counts_still_waits),
	};

	return RUN_TESTS(tests);
}
