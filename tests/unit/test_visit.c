#include "tests/support/test.h"

#include "crawler/frontier/visit.h"

#include <stdio.h>

static void a_visit_that_is_kept_comes_back_with_its_history(void **state)
{
	struct visits *visits = visits_new();
	struct visit *visit = visits_begin(visits);
	uint32_t ticket;

	(void)state;
	assert_null(visit->url);
	visit->number = 7;
	visit_set_url(visit, SLICE("http://h/a"));
	visit_lead(visit, SLICE("http://h/b")); /* where a redirect led */
	visit->hops = 1;
	ticket = visits_keep(visits, visit);
	assert_true(ticket < VISITS_MAX);
	visit = visits_take(visits, ticket);
	assert_int_equal(visit->number, 7);
	assert_int_equal(visit->hops, 1);
	assert_true(slice_equal(visit_url(visit), SLICE("http://h/b")));
	assert_true(slice_equal(visit_own_url(visit), SLICE("http://h/a")));
	visits_end(visits, visit);
	visits_free(visits);
}

static void a_visit_that_has_ended_leaves_nothing_to_the_next(void **state)
{
	struct visits *visits = visits_new();
	struct visit *visit = visits_begin(visits);

	(void)state;
	visit->number = 7;
	visit->tries = visit->deaths = 2;
	visit->is_counted = visit->is_again = true;
	visit_set_url(visit, SLICE("http://h/a"));
	visits_end(visits, visit);
	visit = visits_begin(visits);
	assert_int_equal(visit->number, 0);
	assert_int_equal(visit->tries + visit->deaths + visit->is_counted + visit->is_again, 0);
	assert_null(visit->url);
	visits_end(visits, visit);
	visits_free(visits);
}

static void a_visit_knows_where_it_has_been(void **state)
{
	static const struct {
		const char *url;
		bool was_there;
	} rows[] = {
		{ "http://h/a", true },
		{ "http://h/b?x=1,2", true },
		{ "http://h/c", true },
		{ "http://h/", false },
		{ "http://h/b", false },
		{ "http://h/b?x=1,2,", false },
		{ "http://h/c,", false },
		{ "301", false },
		{ "", false },
	};
	struct visits *visits = visits_new();
	struct visit *visit = visits_begin(visits);

	(void)state;
	visit_set_url(visit, SLICE("http://h/a"));
	assert_true(visit_was_at(visit, SLICE("http://h/a")));
	visit_lead(visit, SLICE("http://h/b?x=1,2"));
	visit_add_hop(visit, 301);
	visit_lead(visit, SLICE("http://h/c"));
	visit_add_hop(visit, 302);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (visit_was_at(visit, slice_of(rows[i].url)) != rows[i].was_there)
			fail_msg("%s", rows[i].url);
	}
	visit->has_cookie = true;
	visit_forget_hops(visit);
	assert_false(visit->has_cookie);
	assert_null(visit->first);
	visits_end(visits, visit);
	visits_free(visits);
}

/* Whatever order they come back in, and with tickets that are given again meanwhile. */
static void thousands_of_visits_are_told_apart(void **state)
{
	enum { COUNT = 5000, STEP = 7 };
	struct visits *visits = visits_new();
	uint32_t *tickets = calloc(COUNT, sizeof(*tickets));

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		struct visit *visit = visits_begin(visits);

		visit->number = i + 1;
		tickets[i] = visits_keep(visits, visit);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		uint32_t at = i * STEP % COUNT;
		struct visit *visit = visits_take(visits, tickets[at]);

		assert_int_equal(visit->number, at + 1);
		if (i % 2) {
			tickets[at] = visits_keep(visits, visit);
			visit = visits_take(visits, tickets[at]);
		}
		visits_end(visits, visit);
	}
	free(tickets);
	visits_free(visits);
}

static void it_is_known_whether_one_that_counts_still_waits(void **state)
{
	struct visits *visits = visits_new();
	struct visit *counted = visits_begin(visits), *other = visits_begin(visits);
	uint32_t ticket;

	(void)state;
	counted->is_counted = true;
	assert_false(visits_any_counted(visits));
	visits_keep(visits, other);
	assert_false(visits_any_counted(visits));
	ticket = visits_keep(visits, counted);
	assert_true(visits_any_counted(visits));
	visits_end(visits, visits_take(visits, ticket));
	assert_false(visits_any_counted(visits));
	visits_free(visits);
	visits_free(NULL);
}

/* It is the visit's own, and goes with it. */
static void a_visit_keeps_how_it_is_asked(void **state)
{
	struct visits *visits = visits_new();
	struct visit *visit = visits_begin(visits);
	char headers[] = "Content-Type: a/b\nX-A: b\n", body[] = "body";
	struct http_request post = { REQUEST_POST,
				     { headers, sizeof(headers) - 1 },
				     { body, sizeof(body) - 1 } };

	(void)state;
	assert_false(visit_is_posting(visit));
	visit_set_request(visit, &post);
	memset(headers, 'x', sizeof(headers) - 1);
	memset(body, 'x', sizeof(body) - 1);
	assert_true(visit_is_posting(visit));
	assert_true(slice_equal(visit->request->headers, SLICE("Content-Type: a/b\nX-A: b\n")));
	assert_true(slice_equal(visit->request->body, SLICE("body")));
	visit->host = 7; /* not its home */
	visit_redirect_request(visit, 307);
	assert_true(slice_equal(visit->request->headers, SLICE("Content-Type: a/b\n")));
	assert_true(slice_equal(visit->request->body, SLICE("body")));
	visit_redirect_request(visit, 302); /* nothing is left but a plain GET */
	assert_null(visit->request);
	visit_redirect_request(visit, 302);
	visit_set_request(visit, &post);
	visit_set_request(visit, &(struct http_request){ .method = REQUEST_GET });
	assert_null(visit->request);
	visit_set_request(visit, &post);
	visits_end(visits, visit);
	visit = visits_begin(visits);
	assert_null(visit->request);
	visits_end(visits, visit);
	visits_free(visits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visit_keeps_how_it_is_asked),
		cmocka_unit_test(a_visit_that_is_kept_comes_back_with_its_history),
		cmocka_unit_test(a_visit_that_has_ended_leaves_nothing_to_the_next),
		cmocka_unit_test(a_visit_knows_where_it_has_been),
		cmocka_unit_test(thousands_of_visits_are_told_apart),
		cmocka_unit_test(it_is_known_whether_one_that_counts_still_waits),
	};

	return RUN_TESTS(tests);
}
