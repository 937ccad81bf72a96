#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/base/clock.h"
#include "crawler/frontier/frontier.h"
#include "crawler/frontier/seen.h"

static const struct pace_policy polite = { .delay_ms = 500, .concurrency = 2 };
static const struct pace_policy rude = { .delay_ms = 0, .concurrency = 1000 };

static struct slice origin_of(unsigned number, char out[32])
{
	int size = snprintf(out, 32, "http://h%u", number);

	return (struct slice){ out, (size_t)size };
}

static uint32_t add(struct frontier *frontier, unsigned number, struct pace_policy policy)
{
	char text[32];

	return frontier_add_host(frontier, origin_of(number, text), policy);
}

/* What is asked for, and how its host stood before. */
struct request {
	uint32_t host, url_id;
	unsigned in_flight;
	bool has_more;
};

/* Take the next URL and send it. */
static bool ask(struct frontier *frontier, int64_t now_ms, struct request *request)
{
	if (!frontier_next(frontier, now_ms, &request->host, &request->url_id))
		return false;
	request->in_flight = frontier_pace(frontier, request->host)->in_flight;
	request->has_more = frontier_has_enough(frontier, request->host);
	frontier_begin(frontier, request->host, now_ms);
	return true;
}

static void a_host_is_found_by_its_origin_and_only_then(void **state)
{
	struct frontier *frontier = frontier_new();
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(add(frontier, i, polite), i);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(frontier_find_host(frontier, origin_of(i, text)), i);
	assert_int_equal(frontier_find_host(frontier, origin_of(1000, text)), FRONTIER_NO_HOST);
	assert_int_equal(frontier_find_host(frontier, SLICE("http://h")), FRONTIER_NO_HOST);
	assert_int_equal(frontier_host_count(frontier), 1000);
	frontier_free(frontier);
}

static void urls_of_a_host_come_in_the_order_they_were_queued(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	for (uint32_t id = 1; id <= 100; id++)
		frontier_push(frontier, 0, id, LANE_NORMAL);
	frontier_push_first(frontier, 0, 999, LANE_HIGH);
	assert_int_equal(frontier_count(frontier), 101);
	assert_true(ask(frontier, 0, &request));
	assert_int_equal(request.url_id, 999);
	for (uint32_t id = 1; id <= 100; id++) {
		assert_true(ask(frontier, 0, &request));
		assert_int_equal(request.url_id, id);
	}
	assert_false(ask(frontier, 0, &request));
	assert_int_equal(frontier_count(frontier), 0);
	frontier_free(frontier);
}

static void requests_to_a_host_are_a_delay_apart(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, polite);
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	assert_true(ask(frontier, 1000, &request));
	assert_int_equal(frontier_due_ms(frontier), 1500);
	assert_false(ask(frontier, 1499, &request));
	assert_true(ask(frontier, 1500, &request));
	assert_int_equal(request.in_flight, 1);
	frontier_free(frontier);
}

/* A request that left late pushes the next one back: what counts is what the host sees. */
static void the_delay_counts_from_when_the_request_was_sent(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, polite);
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	assert_true(ask(frontier, 1000, &request));
	frontier_done(frontier, 0, 1200);
	assert_int_equal(frontier_due_ms(frontier), 1700);
	frontier_free(frontier);
}

static void no_more_requests_at_a_time_than_a_host_allows(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, (struct pace_policy){ .delay_ms = 0, .concurrency = 3 });
	for (uint32_t id = 1; id <= 5; id++)
		frontier_push(frontier, 0, id, LANE_NORMAL);
	for (int i = 0; i < 3; i++)
		assert_true(ask(frontier, 0, &request));
	assert_false(ask(frontier, 100000, &request));
	assert_int_equal(frontier_due_ms(frontier), CLOCK_NEVER);
	frontier_done(frontier, 0, 0);
	assert_true(ask(frontier, 100000, &request));
	assert_false(ask(frontier, 100000, &request));
	frontier_free(frontier);
}

static void a_slow_host_does_not_hold_up_the_others(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, (struct pace_policy){ .delay_ms = 60000, .concurrency = 1 });
	add(frontier, 1, rude);
	for (uint32_t id = 1; id <= 10; id++) {
		frontier_push(frontier, 0, id, LANE_NORMAL);
		frontier_push(frontier, 1, 100 + id, LANE_NORMAL);
	}
	assert_true(ask(frontier, 0, &request));
	for (int i = 0; i < 10; i++) {
		assert_true(ask(frontier, 0, &request));
		assert_int_equal(request.host, 1);
	}
	frontier_free(frontier);
}

static void a_few_hosts_take_turns_url_by_url(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		add(frontier, i, rude);
	for (uint32_t id = 0; id < 30; id++)
		frontier_push(frontier, id / 10, id, LANE_NORMAL);
	for (unsigned i = 0; i < 30; i++) {
		assert_true(ask(frontier, 7, &request));
		assert_int_equal(request.host, i % 3);
	}
	frontier_free(frontier);
}

static void many_hosts_have_turns_of_several_urls(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	for (uint32_t host = 0; host < 2 * FRONTIER_FEW_HOSTS; host++) {
		add(frontier, host, rude);
		for (uint32_t id = 0; id < 2 * FRONTIER_TURN_URLS; id++)
			frontier_push(frontier, host, id, LANE_NORMAL);
	}
	for (unsigned i = 0; i < 2 * FRONTIER_FEW_HOSTS * FRONTIER_TURN_URLS; i++) {
		assert_true(ask(frontier, 7, &request));
		assert_int_equal(request.host, i / FRONTIER_TURN_URLS);
		frontier_done(frontier, request.host, 0);
	}
	assert_true(ask(frontier, 7, &request));
	assert_int_equal(request.host, 0);
	frontier_free(frontier);
}

/* One connection a host is enough while there are so many others; its last hosts have more. */
static void one_of_many_hosts_has_one_request_at_a_time(void **state)
{
	enum { HOSTS = FRONTIER_FEW_HOSTS + 100, URLS = 4, CONCURRENCY = 2 };
	struct frontier *frontier = frontier_new();
	struct pace_policy policy = { .concurrency = CONCURRENCY };
	struct request request;

	(void)state;
	for (uint32_t host = 0; host < HOSTS; host++) {
		add(frontier, host, policy);
		for (uint32_t id = 0; id < URLS; id++)
			frontier_push(frontier, host, id, LANE_NORMAL);
	}
	for (uint32_t host = 0; host < 100; host++) {
		assert_true(ask(frontier, 7, &request));
		assert_int_equal(request.host, host);
		assert_int_equal(request.in_flight, 0);
		assert_true(request.has_more);
	}
	/* From now on the others are few. */
	for (uint32_t i = 0; i < FRONTIER_FEW_HOSTS * CONCURRENCY; i++) {
		assert_true(ask(frontier, 7, &request));
		assert_in_range(request.host, 100, HOSTS - 1);
		assert_true(request.in_flight < CONCURRENCY);
	}
	assert_false(ask(frontier, 7, &request));
	frontier_done(frontier, 0, 0); /* it had one, and may have two now */
	for (uint32_t i = 0; i < CONCURRENCY; i++) {
		assert_true(ask(frontier, 7, &request));
		assert_int_equal(request.host, 0);
	}
	assert_false(ask(frontier, 7, &request));
	frontier_free(frontier);
}

static void polite_hosts_take_turns_at_every_request(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		add(frontier, i, polite);
	for (uint32_t id = 0; id < 30; id++)
		frontier_push(frontier, id / 10, id, LANE_NORMAL);
	for (unsigned i = 0; i < 6; i++) {
		assert_true(ask(frontier, 500 * (int64_t)(i / 3), &request));
		assert_int_equal(request.host, i % 3);
	}
	frontier_free(frontier);
}

static void a_request_tells_whether_its_host_has_more(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, (struct pace_policy){ .concurrency = 2 });
	for (uint32_t id = 1; id <= 5; id++)
		frontier_push(frontier, 0, id, id % 2 ? LANE_NORMAL : LANE_LOW);
	assert_int_equal(frontier_ready_hosts(frontier), 1);
	for (unsigned i = 0; i < 5; i++) {
		assert_true(ask(frontier, 0, &request));
		assert_int_equal(request.has_more, i < 3); /* the last two have a connection each */
		frontier_done(frontier, 0, 0);
	}
	assert_int_equal(frontier_ready_hosts(frontier), 0);
	frontier_free(frontier);
}

static void stricter_policy_holds_from_now_on(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	assert_true(ask(frontier, 0, &request));
	frontier_set_policy(frontier, 0, (struct pace_policy){ .concurrency = 1 });
	assert_false(ask(frontier, 0, &request));
	frontier_done(frontier, 0, 0);
	assert_true(ask(frontier, 0, &request));
	frontier_free(frontier);
}

static void a_lower_lane_comes_first(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	frontier_push(frontier, 0, 3, LANE_LOW);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	frontier_push(frontier, 0, 1, LANE_HIGH);
	for (uint32_t id = 1; id <= 3; id++) {
		assert_true(ask(frontier, 0, &request));
		assert_int_equal(request.url_id, id);
	}
	frontier_free(frontier);
}

static void a_url_for_later_waits_and_holds_up_nobody(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	frontier_push_later(frontier, 0, 3, LANE_HIGH, 3000);
	frontier_push_later(frontier, 0, 1, LANE_HIGH, 1000);
	frontier_push_later(frontier, 0, 2, LANE_HIGH, 2000);
	frontier_push(frontier, 0, 9, LANE_NORMAL);
	assert_int_equal(frontier_count(frontier), 4);
	assert_true(ask(frontier, 0, &request));
	assert_int_equal(request.url_id, 9);
	assert_int_equal(frontier_due_ms(frontier), 1000);
	assert_false(ask(frontier, 999, &request));
	for (uint32_t id = 1; id <= 3; id++) {
		assert_true(ask(frontier, id * 1000, &request));
		assert_int_equal(request.url_id, id);
	}
	assert_int_equal(frontier_count(frontier), 0);
	frontier_free(frontier);
}

static void a_held_host_waits_for_the_later_of_its_two_clocks(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, polite);
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	frontier_push(frontier, 0, 3, LANE_NORMAL);
	frontier_hold(frontier, 0, 5000);
	frontier_hold(frontier, 0, 4000); /* a burst of answers holds once */
	assert_int_equal(frontier_due_ms(frontier), 5000);
	assert_false(ask(frontier, 4999, &request));
	assert_true(ask(frontier, 5000, &request));
	assert_int_equal(frontier_due_ms(frontier), 5500);
	frontier_hold(frontier, 0, 9000);
	frontier_release(frontier, 0);
	assert_true(ask(frontier, 5500, &request));
	frontier_free(frontier);
}

/* One host, seven URLs; what was done to it, and what they wait for then. */
static void it_is_known_what_urls_wait_for(void **state)
{
	enum step { NOTHING, BEGIN, HOLD, REST, SHUT, SUSPEND, RELEASE };
	static const struct {
		struct pace_policy policy;
		enum step steps[3];
		int64_t ms[3];
		int64_t now_ms;
		struct frontier_waits wanted;
	} rows[] = {
		{ { 500, 1 }, { NOTHING }, { 0 }, 1000, { .us = 7 } },
		{ { 500, 1 }, { BEGIN }, { 900 }, 1000, { .delay = 7 } },
		{ { 500, 1 }, { BEGIN }, { 400 }, 1000, { .answer = 7 } },
		{ { 500, 2 }, { BEGIN }, { 400 }, 1000, { .us = 7 } },
		{ { 0, 1 }, { BEGIN }, { 1000 }, 1000, { .answer = 7 } },
		{ { 500, 1 }, { HOLD }, { 1200 }, 1000, { .delay = 7 } },
		{ { 500, 1 }, { REST }, { 1200 }, 1000, { .rest = 7 } },
		{ { 500, 1 }, { REST }, { 1200 }, 1200, { .us = 7 } },
		{ { 500, 1 }, { REST, HOLD }, { 1200, 1100 }, 1000, { .rest = 7 } },
		{ { 500, 1 }, { REST, HOLD }, { 1200, 1300 }, 1250, { .delay = 7 } },
		{ { 500, 1 }, { HOLD, REST }, { 1300, 1200 }, 1000, { .delay = 7 } },
		{ { 500, 1 }, { REST, RELEASE, HOLD }, { 1200, 0, 1200 }, 1000, { .delay = 7 } },
		{ { 500, 1 }, { REST, SHUT }, { 1200, 0 }, 1000, { .shut = 7 } },
		{ { 500, 1 }, { SUSPEND }, { 0 }, 1000, { .answer = 7 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frontier *frontier = frontier_new();
		struct frontier_waits waits;

		add(frontier, 0, rows[i].policy);
		add(frontier, 1, rows[i].policy); /* of which nothing is queued */
		for (uint32_t id = 0; id < 7; id++)
			frontier_push(frontier, 0, id, id % 2 ? LANE_NORMAL : LANE_LOW);
		frontier_push_later(frontier, 1, 8, LANE_NORMAL, 5000);
		for (int step = 0; step < 3; step++) {
			int64_t ms = rows[i].ms[step];

			switch (rows[i].steps[step]) {
			case NOTHING:
				break;
			case BEGIN:
				frontier_begin(frontier, 0, ms);
				break;
			case HOLD:
				frontier_hold(frontier, 0, ms);
				break;
			case REST:
				frontier_rest(frontier, 0, ms);
				break;
			case SHUT:
				frontier_shut(frontier, 0);
				break;
			case SUSPEND:
				frontier_suspend(frontier, 0);
				break;
			case RELEASE:
				frontier_release(frontier, 0);
				break;
			}
		}
		waits = frontier_waits(frontier, rows[i].now_ms);
		waits.rest--; /* the one for later */
		if (memcmp(&waits, &rows[i].wanted, sizeof(waits)) != 0)
			fail_msg("row %zu: delay %d, answer %d, rest %d, shut %d, us %d", i,
				 (int)waits.delay, (int)waits.answer, (int)waits.rest,
				 (int)waits.shut, (int)waits.us);
		frontier_free(frontier);
	}
}

/* Whose own time has come, and its group's has not. */
static void urls_wait_for_the_delay_of_a_group(void **state)
{
	struct frontier *frontier = frontier_new();

	(void)state;
	for (uint32_t host = 0; host < 2; host++) {
		add(frontier, host, rude);
		frontier_join(frontier, host, SLICE("group"),
			      (struct pace_policy){ .delay_ms = 500, .concurrency = 1 });
		frontier_push(frontier, host, host, LANE_NORMAL);
	}
	frontier_begin(frontier, 0, 1000);
	assert_int_equal(frontier_waits(frontier, 1200).delay, 2);
	assert_int_equal(frontier_waits(frontier, 1500).answer, 2);
	frontier_done(frontier, 0, 1000);
	assert_int_equal(frontier_waits(frontier, 1500).us, 2);
	frontier_free(frontier);
}

static void what_waits_of_a_host_that_is_released_waits_no_longer(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	add(frontier, 1, rude);
	for (uint32_t id = 0; id < 20; id++)
		frontier_push_later(frontier, id % 2, id, LANE_NORMAL, 100000 - id);
	frontier_hold(frontier, 0, 200000);
	frontier_release(frontier, 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(ask(frontier, 1000, &request));
		assert_int_equal(request.host, 0);
	}
	assert_false(ask(frontier, 1000, &request));
	assert_int_equal(frontier_due_ms(frontier), 100000 - 19);
	frontier_free(frontier);
}

static void a_shut_host_gives_nothing_until_it_is_opened(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_shut(frontier, 0);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	assert_false(ask(frontier, 0, &request));
	assert_int_equal(frontier_due_ms(frontier), CLOCK_NEVER);
	assert_int_equal(frontier_count(frontier), 2);
	frontier_open(frontier, 0);
	assert_true(ask(frontier, 0, &request));
	frontier_free(frontier);
}

static void a_shut_host_still_gives_its_robots_txt(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	frontier_push_first(frontier, 0, 1, LANE_HIGH);
	frontier_shut(frontier, 0);
	frontier_push(frontier, 0, 7, LANE_ROBOTS);
	assert_true(ask(frontier, 0, &request));
	assert_int_equal(request.url_id, 7);
	assert_false(ask(frontier, 0, &request));
	frontier_free(frontier);
}

/* Taking it reserves nothing: neither delay nor concurrency know of it. */
static void a_url_that_is_put_back_costs_its_host_nothing(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;
	uint32_t host, id;

	(void)state;
	add(frontier, 0, (struct pace_policy){ .delay_ms = 500, .concurrency = 1 });
	frontier_join(frontier, 0, SLICE("example.org"), polite);
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	for (int i = 0; i < 3; i++) {
		assert_true(frontier_next(frontier, 1000, &host, &id));
		assert_int_equal(id, 1);
		assert_int_equal(frontier_count(frontier), 1);
		frontier_push_first(frontier, host, id, LANE_HIGH);
		assert_int_equal(frontier_count(frontier), 2);
	}
	assert_true(ask(frontier, 1000, &request));
	assert_int_equal(request.url_id, 1);
	assert_int_equal(request.in_flight, 0);
	frontier_free(frontier);
}

/* Or else it would be taken again at once, again and again. */
static void a_url_that_is_put_back_with_its_host_held_comes_when_that_is_over(void **state)
{
	struct frontier *frontier = frontier_new();
	uint32_t host, id;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		add(frontier, i, rude);
		frontier_join(frontier, i, SLICE("example.org"), rude);
		frontier_push(frontier, i, i, LANE_NORMAL);
	}
	assert_true(frontier_next(frontier, 1000, &host, &id));
	frontier_hold(frontier, host, 900);
	frontier_hold_group(frontier, host, 1200);
	frontier_push_first(frontier, host, id, LANE_HIGH);
	assert_false(frontier_next(frontier, 1199, &host, &id));
	assert_int_equal(frontier_due_ms(frontier), 1200);
	assert_true(frontier_next(frontier, 1200, &host, &id));
	assert_int_equal(id, 1); /* who had waited before has its turn */
	assert_true(frontier_next(frontier, 1200, &host, &id));
	assert_int_equal(id, 0);
	frontier_free(frontier);
}

/* A host whose URLs all end unasked does not keep the others waiting until they have. */
static void hosts_take_turns_whether_they_are_asked_or_not(void **state)
{
	struct frontier *frontier = frontier_new();
	uint32_t host, id;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		add(frontier, i, rude);
	frontier_join(frontier, 2, SLICE("a"), rude);
	frontier_join(frontier, 3, SLICE("b"), rude);
	for (id = 0; id < 40; id++)
		frontier_push(frontier, id / 10, id, LANE_NORMAL);
	for (unsigned round = 0; round < 10; round++) {
		unsigned seen = 0;

		for (unsigned i = 0; i < 4; i++) {
			assert_true(frontier_next(frontier, 7, &host, &id));
			seen |= 1U << host;
		}
		assert_int_equal(seen, 15);
	}
	frontier_free(frontier);
}

static void no_more_is_read_ahead_of_a_host_than_may_be_asked_for_now(void **state)
{
	static const struct {
		struct pace_policy policy;
		unsigned in_flight, queued;
		int64_t held_ms;
		const char *group;
		unsigned max, expected;
	} rows[] = {
		{ { 0, 1000 }, 0, 40, 0, NULL, 32, 32 },
		{ { 0, 1000 }, 0, 40, 0, NULL, 3, 3 }, /* as many as there is room for */
		{ { 0, 1000 }, 0, 40, 0, NULL, 0, 0 },
		{ { 0, 1000 }, 0, 5, 0, NULL, 32, 5 },
		{ { 0, 4 }, 0, 40, 0, NULL, 32, 4 },
		{ { 0, 4 }, 3, 40, 0, NULL, 32, 1 },
		{ { 0, 4 }, 4, 40, 0, NULL, 32, 0 },
		{ { 500, 4 }, 0, 40, 0, NULL, 32, 1 }, /* then its delay begins */
		{ { 500, 4 }, 1, 40, 0, NULL, 32, 0 },
		{ { 0, 4 }, 0, 40, 1001, NULL, 32, 0 },
		{ { 0, 4 }, 0, 40, 1000, NULL, 32, 4 },
		{ { 0, 4 }, 0, 40, 0, "a", 32, 4 },
		{ { 500, 4 }, 0, 40, 0, "a", 32, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frontier *frontier = frontier_new();
		uint32_t hosts[32], url_ids[32];
		unsigned got;

		add(frontier, 0, rows[i].policy);
		if (rows[i].group)
			frontier_join(frontier, 0, slice_of(rows[i].group), rows[i].policy);
		for (unsigned j = 0; j < rows[i].in_flight; j++)
			frontier_begin(frontier, 0, 1000);
		for (unsigned j = 0; j < rows[i].queued; j++)
			frontier_push(frontier, 0, 100 + j, LANE_NORMAL);
		frontier_hold(frontier, 0, rows[i].held_ms);
		got = frontier_ahead(frontier, 1000, hosts, url_ids, rows[i].max);
		if (got != rows[i].expected)
			fail_msg("row %zu: %u", i, got);
		for (unsigned j = 0; j < got; j++)
			assert_int_equal(url_ids[j], 100 + j);
		frontier_free(frontier);
	}
}

/* Each host has a delay and its own time, some of them together. */
static void what_is_read_ahead_is_what_is_taken_next(void **state)
{
	(void)state;
	for (unsigned max = 1; max <= 32; max++) {
		struct frontier *frontier = frontier_new();
		uint32_t hosts[32], url_ids[32];
		struct request request;
		unsigned got;

		for (unsigned host = 0; host < 40; host++) {
			add(frontier, host, polite);
			frontier_hold(frontier, host, 100 * (host * 7 % 40 / 2));
			frontier_push(frontier, host, 1000 + host, LANE_NORMAL);
			frontier_push(frontier, host, 2000 + host, LANE_NORMAL);
		}
		got = frontier_ahead(frontier, 1000, hosts, url_ids, max);
		assert_int_equal(got, max < 22 ? max : 22);
		for (unsigned i = 0; i < got; i++) {
			assert_true(ask(frontier, 1000, &request));
			assert_int_equal(request.host, hosts[i]);
			assert_int_equal(request.url_id, url_ids[i]);
		}
		assert_int_equal(ask(frontier, 1000, &request), got < 22);
		frontier_free(frontier);
	}
}

static void what_comes_soon_is_of_all_who_are_due_by_then(void **state)
{
	static const struct {
		struct pace_policy policy;
		unsigned hosts, in_flight, queued;
		int64_t held_ms;
		unsigned max, expected;
	} rows[] = {
		{ { 0, 1000 }, 1, 0, 40, 0, 32, 32 },
		{ { 0, 4 }, 1, 0, 40, 0, 32, 32 }, /* when these come it may have others */
		{ { 0, 4 }, 1, 3, 40, 0, 32, 32 },
		{ { 0, 4 }, 1, 4, 40, 0, 32, 0 }, /* when it is due nobody knows */
		{ { 0, 4 }, 3, 0, 40, 0, 32, 30 },
		{ { 0, 4 }, 3, 0, 2, 0, 32, 6 },
		{ { 500, 4 }, 1, 0, 40, 0, 32, 2 }, /* the others have time */
		{ { 500, 4 }, 3, 0, 40, 0, 5, 3 },
		{ { 500, 4 }, 3, 0, 40, 1100, 32, 6 },
		{ { 500, 4 }, 3, 0, 40, 1101, 32, 0 },
		{ { 0, 4 }, 1, 0, 40, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frontier *frontier = frontier_new();
		uint32_t hosts[32], url_ids[32];
		unsigned got, taken = 0;

		for (unsigned host = 0; host < rows[i].hosts; host++) {
			add(frontier, host, rows[i].policy);
			for (unsigned j = 0; j < rows[i].in_flight; j++)
				frontier_begin(frontier, host, 1000);
			for (unsigned j = 0; j < rows[i].queued; j++)
				frontier_push(frontier, host, 100 * host + j, LANE_NORMAL);
			frontier_hold(frontier, host, rows[i].held_ms);
		}
		got = frontier_soon(frontier, 1100, hosts, url_ids, rows[i].max);
		if (got != rows[i].expected)
			fail_msg("row %zu: %u", i, got);
		for (unsigned j = 0; j < got; j++, taken++) {
			taken = j > 0 && hosts[j] != hosts[j - 1] ? 0 : taken;
			assert_int_equal(url_ids[j], 100 * hosts[j] + taken);
		}
		assert_int_equal(frontier_count(frontier), rows[i].hosts * rows[i].queued);
		frontier_free(frontier);
	}
}

static void hosts_of_a_group_keep_their_distance_together(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	for (unsigned host = 0; host < 3; host++) {
		add(frontier, host, host < 2 ? polite : rude);
		frontier_push(frontier, host, host, LANE_NORMAL);
	}
	frontier_join(frontier, 0, SLICE("example.org"), rude);
	frontier_join(frontier, 1, SLICE("example.org"), polite);
	assert_int_equal(frontier_group(frontier, 1), 0);
	assert_int_equal(frontier_ready_hosts(frontier), 3);
	assert_true(ask(frontier, 1000, &request));
	assert_int_equal(request.host, 0);
	assert_true(ask(frontier, 1000, &request)); /* of no group */
	assert_int_equal(request.host, 2);
	assert_false(ask(frontier, 1499, &request));
	assert_int_equal(frontier_due_ms(frontier), 1500);
	assert_int_equal(frontier_ready_hosts(frontier), 1);
	assert_true(ask(frontier, 1500, &request));
	assert_int_equal(request.host, 1);
	frontier_free(frontier);
}

/* A host that may only be asked later lets the others of its group go first. */
static void a_host_that_is_held_does_not_hold_up_its_group(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	for (unsigned host = 0; host < 2; host++) {
		add(frontier, host, rude);
		frontier_push(frontier, host, host, LANE_NORMAL);
		frontier_join(frontier, host, SLICE("example.org"), rude);
	}
	frontier_hold_group(frontier, 0, 1000);
	assert_false(ask(frontier, 999, &request)); /* both wait for the group */
	frontier_hold(frontier, 0, 3000);
	assert_true(ask(frontier, 1000, &request));
	assert_int_equal(request.host, 1);
	assert_int_equal(frontier_due_ms(frontier), 3000);
	assert_true(ask(frontier, 3000, &request));
	assert_int_equal(request.host, 0);
	frontier_done(frontier, 0, 0);
	frontier_push(frontier, 0, 7, LANE_NORMAL);
	frontier_shut(frontier, 0);
	assert_false(ask(frontier, 4000, &request));
	frontier_open(frontier, 0);
	assert_true(ask(frontier, 4000, &request));
	frontier_free(frontier);
}

/* While its address is being found out, which delays nothing and takes up no room. */
static void a_suspended_host_gives_nothing_and_is_then_as_it_was(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;
	uint32_t host, id;

	(void)state;
	add(frontier, 0, (struct pace_policy){ .delay_ms = 500, .concurrency = 1 });
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	assert_true(frontier_next(frontier, 1000, &host, &id));
	frontier_suspend(frontier, 0);
	frontier_push(frontier, 0, 9, LANE_ROBOTS);
	assert_false(frontier_next(frontier, 1000, &host, &id));
	assert_int_equal(frontier_due_ms(frontier), CLOCK_NEVER);
	assert_int_equal(frontier_ready_hosts(frontier), 0);
	frontier_push_first(frontier, 0, 1, LANE_HIGH);
	frontier_resume(frontier, 0);
	assert_true(ask(frontier, 1000, &request));
	assert_int_equal(request.url_id, 9);
	assert_int_equal(request.in_flight, 0);
	frontier_done(frontier, 0, 0);
	assert_true(ask(frontier, 1500, &request));
	assert_int_equal(request.url_id, 1);
	frontier_free(frontier);
}

/* It waits for its group when it turns out that its own last request was sent later than thought.
 */
static void a_host_that_waits_for_its_group_keeps_its_own_delay(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	for (uint32_t host = 0; host < 2; host++) {
		add(frontier, host, host == 0 ? polite : rude);
		frontier_join(frontier, host, SLICE("example.org"),
			      (struct pace_policy){ .concurrency = 2 });
	}
	frontier_push(frontier, 0, 1, LANE_NORMAL);
	frontier_push(frontier, 0, 2, LANE_NORMAL);
	assert_true(ask(frontier, 1000, &request));
	frontier_push(frontier, 1, 3, LANE_NORMAL);
	assert_true(ask(frontier, 1100, &request));
	assert_false(ask(frontier, 1500, &request)); /* its own time has come, its group is full */
	frontier_done(frontier, 0, 1400);
	assert_false(ask(frontier, 1899, &request));
	assert_int_equal(frontier_due_ms(frontier), 1900);
	assert_true(ask(frontier, 1900, &request));
	assert_int_equal(request.url_id, 2);
	frontier_free(frontier);
}

/* ---- what went wrong elsewhere ---- */

enum { REPORT_HOSTS = 4, REPORT_STEPS = 16 };

enum action {
	END,
	DO_JOIN,
	DO_POLICY,
	DO_PUSH,
	DO_FIRST,
	DO_ROBOTS,
	DO_LATER,
	DO_ASK,
	DO_BACK,
	DO_NONE,
	DO_DUE,
	DO_DONE,
	DO_HOLD,
};

struct step {
	enum action action;
	int64_t time_or_host, value, limit;
};

#define JOIN(host, delay, limit)            \
	{                                   \
		DO_JOIN, host, delay, limit \
	} /* the group, with this policy */
#define POLICY(host, delay, limit)            \
	{                                     \
		DO_POLICY, host, delay, limit \
	}
#define PUSH(host, id)               \
	{                            \
		DO_PUSH, host, id, 0 \
	}
#define FIRST(host, id)               \
	{                             \
		DO_FIRST, host, id, 0 \
	}
#define ROBOTS(host, id)               \
	{                              \
		DO_ROBOTS, host, id, 0 \
	}
#define LATER(host, id, at)            \
	{                              \
		DO_LATER, host, id, at \
	}
#define ASK(at, id)               \
	{                         \
		DO_ASK, at, id, 0 \
	} /* this one comes, and is sent */
#define BACK(at, id, until)            \
	{                              \
		DO_BACK, at, id, until \
	} /* but put back, its host held */
#define NONE(at)                  \
	{                         \
		DO_NONE, at, 0, 0 \
	}
#define DUE(at)                  \
	{                        \
		DO_DUE, at, 0, 0 \
	}
#define DONE(host, sent)               \
	{                              \
		DO_DONE, host, sent, 0 \
	}
#define HOLD(host, until)               \
	{                               \
		DO_HOLD, host, until, 0 \
	}

/* Returns whether it went as it should. */
static bool act(struct frontier *frontier, const struct step *step)
{
	uint32_t host = (uint32_t)step->time_or_host, id = (uint32_t)step->value, got;
	struct pace_policy policy = { step->value, (unsigned)step->limit };
	struct request request;

	switch (step->action) {
	case END:
		break;
	case DO_JOIN:
		frontier_join(frontier, host, SLICE("group"), policy);
		break;
	case DO_POLICY:
		frontier_set_policy(frontier, host, policy);
		break;
	case DO_PUSH:
		frontier_push(frontier, host, id, LANE_NORMAL);
		break;
	case DO_FIRST:
		frontier_push_first(frontier, host, id, LANE_HIGH);
		break;
	case DO_ROBOTS:
		frontier_push(frontier, host, id, LANE_ROBOTS);
		break;
	case DO_LATER:
		frontier_push_later(frontier, host, id, LANE_NORMAL, step->limit);
		break;
	case DO_ASK:
		return ask(frontier, step->time_or_host, &request) && request.url_id == id;
	case DO_BACK:
		if (!frontier_next(frontier, step->time_or_host, &host, &got))
			return false;
		frontier_hold(frontier, host, step->limit);
		frontier_push_first(frontier, host, got, LANE_HIGH);
		return got == id;
	case DO_NONE:
		return !ask(frontier, step->time_or_host, &request);
	case DO_DUE:
		return frontier_due_ms(frontier) == step->time_or_host;
	case DO_DONE:
		frontier_done(frontier, host, step->value);
		break;
	case DO_HOLD:
		frontier_hold(frontier, host, step->value);
		break;
	}
	return true;
}

/* Faults that users of other crawlers have reported, each in a few steps with hosts 0 to 3. */
static void what_others_got_wrong_is_right(void **state)
{
	static const struct {
		const char *report, *kind;
		struct pace_policy policy; /* of all hosts at first */
		struct step steps[REPORT_STEPS];
	} rows[] = {
		{ "scrapy 5083, 2920",
		  "with a delay and a high concurrency both count",
		  { 10000, 20 },
		  { PUSH(0, 1), PUSH(0, 2), ASK(0, 1), NONE(9999), ASK(10000, 2), NONE(19999) } },
		{ "scrapy 106, 110",
		  "a host that had nothing queued for a while keeps its delay",
		  { 2000, 8 },
		  { PUSH(0, 1), ASK(1000, 1), DONE(0, 0), NONE(2000), PUSH(0, 2), NONE(2999),
		    ASK(3000, 2) } },
		{ "scrapy 1659, Norconex 426",
		  "hosts of one address, known of one too late",
		  { 0, 8 },
		  { JOIN(0, 1000, 8), PUSH(0, 1), PUSH(1, 2), ASK(0, 1), ASK(500, 2),
		    JOIN(1, 1000, 8), PUSH(0, 3), PUSH(1, 4), NONE(1499), ASK(1500, 3), NONE(2499),
		    ASK(2500, 4) } },
		{ "scrapy 3061, 6458",
		  "a busy host is left alone, also by what was queued before",
		  { 100, 2 },
		  { PUSH(0, 1), PUSH(0, 2), ASK(0, 1), DONE(0, 0), HOLD(0, 5000), FIRST(0, 1),
		    NONE(4999), ASK(5000, 1), NONE(5099), ASK(5100, 2) } },
		{ "wget2 383",
		  "a try waits as long as it was told to, not a second",
		  { 0, 1 },
		  { PUSH(0, 1), ASK(0, 1), DONE(0, 0), LATER(0, 1, 10000), NONE(1000), NONE(9999),
		    DUE(10000), ASK(10000, 1) } },
		{ "crawlee 2078, 3148",
		  "what was put back comes again, in time, and blocks nobody",
		  { 0, 1 },
		  { PUSH(0, 1), PUSH(0, 2), PUSH(1, 3), BACK(0, 1, 1000), ASK(0, 3), NONE(999),
		    DUE(1000), ASK(1000, 1), DONE(0, 0), ASK(1000, 2) } },
		{ "crawlee 1841",
		  "less is queued than may be asked at a time",
		  { 0, 50 },
		  { PUSH(0, 1), PUSH(0, 2), PUSH(0, 3), ASK(0, 1), ASK(0, 2), ASK(0, 3),
		    NONE(0) } },
		{ "url-frontier 87",
		  "one request under way does not lock its host",
		  { 0, 3 },
		  { PUSH(0, 1), PUSH(0, 2), PUSH(0, 3), PUSH(0, 4), ASK(0, 1), ASK(0, 2), ASK(0, 3),
		    NONE(60000), DONE(0, 0), ASK(60000, 4) } },
		{ "url-frontier 147, crawler4py 4, Norconex 348, kiterunner 29",
		  "the delay is of the host, not of each of those who ask at once",
		  { 1000, 4 },
		  { PUSH(0, 1), PUSH(0, 2), PUSH(0, 3), ASK(7, 1), NONE(7), NONE(7), NONE(1006),
		    ASK(1007, 2), NONE(1007) } },
		{ "stormcrawler 1112",
		  "the delay counts also one at a time, from start to start",
		  { 3000, 1 },
		  { PUSH(0, 1), PUSH(0, 2), ASK(0, 1), DONE(0, 20), NONE(3019), ASK(3020, 2) } },
		{ "stormcrawler 582, spider 317",
		  "a host that waits holds up no other",
		  { 60000, 1 },
		  { POLICY(1, 0, 1), PUSH(0, 1), PUSH(0, 2), PUSH(1, 3), PUSH(1, 4), ASK(0, 1),
		    ASK(0, 3), DONE(1, 0), ASK(0, 4), DONE(0, 0), DUE(60000) } },
		{ "elastic crawler 46, recurlsively 2",
		  "a Crawl-delay that is learned is kept",
		  { 500, 2 },
		  { ROBOTS(0, 9), PUSH(0, 1), PUSH(0, 2), ASK(0, 9), DONE(0, 100),
		    POLICY(0, 10000, 1), NONE(10099), ASK(10100, 1), NONE(30000), DONE(0, 0),
		    ASK(30000, 2) } },
		{ "spider 225",
		  "the delay is between all requests, whatever they are for",
		  { 500, 2 },
		  { ROBOTS(0, 9), FIRST(0, 8), PUSH(0, 1), ASK(0, 9), NONE(499), ASK(500, 8),
		    DONE(0, 0), NONE(999), ASK(1000, 1) } },
		{ "heritrix 754, 761",
		  "hosts of a group take turns, at the group's pace",
		  { 0, 1 },
		  { JOIN(0, 100, 1), JOIN(1, 100, 1), PUSH(0, 1), PUSH(0, 2), PUSH(1, 3), ASK(0, 1),
		    NONE(99), DONE(0, 0), NONE(99), ASK(100, 3), DONE(1, 0), NONE(199),
		    ASK(200, 2) } },
		{ "heritrix 203, openwayback 376",
		  "all hosts rest: they are asked again by themselves",
		  { 0, 1 },
		  { PUSH(0, 1), PUSH(1, 2), HOLD(0, 700), HOLD(1, 500), NONE(499), DUE(500),
		    ASK(500, 2), DUE(700), ASK(700, 1) } },
		{ "scrapy 2474, krawler 11",
		  "many URLs of one host before those of the others",
		  { 2000, 1 },
		  { PUSH(0, 1), PUSH(0, 2), PUSH(0, 3), PUSH(1, 4), PUSH(2, 5), PUSH(3, 6),
		    ASK(0, 1), ASK(0, 4), ASK(0, 5), ASK(0, 6), NONE(0), DONE(0, 0),
		    ASK(2000, 2) } },
		{ "browsertrix-crawler 757",
		  "a try for later does not come before what is queued",
		  { 0, 1 },
		  { LATER(0, 1, 100), PUSH(0, 2), ASK(0, 2), NONE(100), DONE(0, 0), ASK(100, 1) } },
	};

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct frontier *frontier = frontier_new();

		for (unsigned host = 0; host < REPORT_HOSTS; host++)
			add(frontier, host, rows[row].policy);
		for (int i = 0; i < REPORT_STEPS && rows[row].steps[i].action != END; i++) {
			if (!act(frontier, &rows[row].steps[i]))
				fail_msg("%s: %s: step %d", rows[row].report, rows[row].kind, i);
		}
		frontier_free(frontier);
	}
}

/* A long random run against the rules themselves, kept in plain arrays. */
static void a_random_run_never_breaks_a_rule(void **state)
{
	enum { HOSTS = 20, URLS = 2000, GROUPS = 3, GROUP_DELAY = 5 };
	struct frontier *frontier = frontier_new();
	struct pace_policy policy[HOSTS];
	unsigned in_flight[HOSTS] = { 0 }, of_group[GROUPS + 1] = { 0 };
	int64_t last[HOSTS], last_of_group[GROUPS + 1] = { -1000000, -1000000, -1000000 };
	bool was_asked[URLS] = { false };
	unsigned asked = 0, seed = 12345;
	int64_t now = 0;

	(void)state;
	for (unsigned i = 0; i < HOSTS; i++) {
		char name[2] = { (char)('a' + i % (GROUPS + 1)), '\0' };

		policy[i] = (struct pace_policy){ (int64_t)i * 7, 1 + i % 4 };
		last[i] = -1000000;
		add(frontier, i, policy[i]);
		if (i % (GROUPS + 1) < GROUPS)
			frontier_join(frontier, i, slice_of(name),
				      (struct pace_policy){ GROUP_DELAY, 4 });
	}
	for (uint32_t id = 0; id < URLS; id++)
		frontier_push(frontier, (seed = seed * 1103515245 + 12345) / 65536 % HOSTS, id,
			      LANE_NORMAL);
	while (asked < URLS) {
		struct request request;

		while (ask(frontier, now, &request)) {
			assert_false(was_asked[request.url_id]);
			assert_int_equal(request.in_flight, in_flight[request.host]);
			assert_true(in_flight[request.host] < policy[request.host].concurrency);
			assert_true(now - last[request.host] >= policy[request.host].delay_ms);
			was_asked[request.url_id] = true;
			in_flight[request.host]++;
			last[request.host] = now;
			asked++;
			if (request.host % (GROUPS + 1) == GROUPS)
				continue;
			assert_true(of_group[request.host % (GROUPS + 1)]++ < 4);
			assert_true(now - last_of_group[request.host % (GROUPS + 1)] >=
				    GROUP_DELAY);
			last_of_group[request.host % (GROUPS + 1)] = now;
		}
		for (uint32_t host = 0; host < HOSTS; host++) {
			seed = seed * 1103515245 + 12345;
			if (in_flight[host] > 0 && seed / 65536 % 3 == 0) {
				frontier_done(frontier, host, 0);
				in_flight[host]--;
				of_group[host % (GROUPS + 1)]--;
			}
		}
		now++;
	}
	frontier_free(frontier);
}

static void a_url_is_new_once(void **state)
{
	struct seen *seen = seen_new(42);
	char url[64];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100000; i++) {
			int size = snprintf(url, sizeof(url), "http://example.org/%d", i);

			assert_int_equal(seen_add(seen, (struct slice){ url, (size_t)size }),
					 round == 0);
			assert_true(seen_has_fingerprint(
				seen, seen_fingerprint(seen, (struct slice){ url, (size_t)size })));
		}
	}
	assert_int_equal(seen_count(seen), 100000);
	seen_free(seen);
}

/* A Crawl-delay is learned from an answer: it counts from the request that brought it. */
static void a_new_delay_counts_from_the_last_request(void **state)
{
	struct frontier *frontier = frontier_new();
	struct request request;

	(void)state;
	add(frontier, 0, rude);
	for (uint32_t id = 1; id <= 3; id++)
		frontier_push(frontier, 0, id, LANE_NORMAL);
	assert_true(ask(frontier, 1000, &request));
	frontier_set_policy(frontier, 0, polite);
	assert_false(ask(frontier, 1499, &request));
	assert_int_equal(frontier_due_ms(frontier), 1500);
	frontier_done(frontier, 0, 1100); /* it was sent later than it was dispatched */
	assert_false(ask(frontier, 1599, &request));
	assert_true(ask(frontier, 1600, &request));
	frontier_set_policy(frontier, 0, rude);
	assert_true(ask(frontier, 1600, &request));
	frontier_free(frontier);
}

/* As many delays as there are URLs behind the first, of the host, or the group, with most. */
static void the_rest_takes_as_long_as_the_slowest_host(void **state)
{
	struct frontier *frontier = frontier_new();
	uint32_t slow = add(frontier, 0, polite), fast = add(frontier, 1, rude);

	(void)state;
	assert_int_equal(frontier_end_ms(frontier, 1000), 1000);
	for (unsigned i = 0; i < 100; i++)
		frontier_push(frontier, fast, i, LANE_NORMAL);
	assert_int_equal(frontier_end_ms(frontier, 1000), 1000);
	for (unsigned i = 0; i < 11; i++)
		frontier_push(frontier, slow, i, LANE_NORMAL);
	assert_int_equal(frontier_end_ms(frontier, 1000), 1000 + 10 * 500);
	frontier_hold(frontier, slow, 3000);
	assert_int_equal(frontier_end_ms(frontier, 1000), 3000 + 10 * 500);
	frontier_push_later(frontier, fast, 100, LANE_NORMAL, 60000);
	assert_int_equal(frontier_end_ms(frontier, 1000), 60000);
	frontier_join(frontier, fast, SLICE("example.org"), polite);
	frontier_join(frontier, slow, SLICE("example.org"), polite);
	assert_int_equal(frontier_end_ms(frontier, 1000), 60000);
	for (unsigned i = 0; i < 100; i++)
		frontier_push(frontier, fast, i, LANE_NORMAL);
	assert_int_equal(frontier_end_ms(frontier, 1000), 1000 + 210 * 500);
	frontier_free(frontier);
}

/* Of so many as are wanted, those first whose delays take the longest; then those with more URLs.
 */
static void the_hosts_that_take_the_longest_come_first(void **state)
{
	static const struct {
		int64_t delay_ms;
		unsigned urls;
	} hosts[] = { { 100, 3 }, { 0, 9 }, { 1000, 2 }, { 500, 0 }, { 0, 50 }, { 10, 31 } };
	static const uint32_t wanted[] = { 2, 5, 0, 4, 1 };
	struct frontier *frontier = frontier_new();
	struct frontier_tail tails[8];

	(void)state;
	assert_int_equal(frontier_tails(frontier, 0, tails, 8), 0);
	for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		add(frontier, i, (struct pace_policy){ hosts[i].delay_ms, 2 });
		for (unsigned j = 0; j < hosts[i].urls; j++)
			frontier_push(frontier, i, 100 * i + j, LANE_NORMAL);
	}
	for (unsigned max = 0; max <= 8; max++) {
		unsigned count = frontier_tails(frontier, 1000, tails, max);

		assert_int_equal(count, max < 5 ? max : 5);
		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(tails[i].host, wanted[i]);
			assert_int_equal(tails[i].queued, hosts[wanted[i]].urls);
			assert_int_equal(tails[i].delay_ms, hosts[wanted[i]].delay_ms);
			assert_int_equal(tails[i].wait, FRONTIER_WAIT_US);
		}
	}
	frontier_free(frontier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_takes_as_long_as_the_slowest_host),
		cmocka_unit_test(a_host_is_found_by_its_origin_and_only_then),
		cmocka_unit_test(urls_of_a_host_come_in_the_order_they_were_queued),
		cmocka_unit_test(requests_to_a_host_are_a_delay_apart),
		cmocka_unit_test(the_delay_counts_from_when_the_request_was_sent),
		cmocka_unit_test(no_more_requests_at_a_time_than_a_host_allows),
		cmocka_unit_test(a_slow_host_does_not_hold_up_the_others),
		cmocka_unit_test(a_few_hosts_take_turns_url_by_url),
		cmocka_unit_test(many_hosts_have_turns_of_several_urls),
		cmocka_unit_test(one_of_many_hosts_has_one_request_at_a_time),
		cmocka_unit_test(polite_hosts_take_turns_at_every_request),
		cmocka_unit_test(a_request_tells_whether_its_host_has_more),
		cmocka_unit_test(stricter_policy_holds_from_now_on),
		cmocka_unit_test(a_lower_lane_comes_first),
		cmocka_unit_test(a_url_for_later_waits_and_holds_up_nobody),
		cmocka_unit_test(a_held_host_waits_for_the_later_of_its_two_clocks),
		cmocka_unit_test(it_is_known_what_urls_wait_for),
		cmocka_unit_test(urls_wait_for_the_delay_of_a_group),
		cmocka_unit_test(what_waits_of_a_host_that_is_released_waits_no_longer),
		cmocka_unit_test(a_shut_host_gives_nothing_until_it_is_opened),
		cmocka_unit_test(a_shut_host_still_gives_its_robots_txt),
		cmocka_unit_test(a_url_that_is_put_back_costs_its_host_nothing),
		cmocka_unit_test(a_url_that_is_put_back_with_its_host_held_comes_when_that_is_over),
		cmocka_unit_test(hosts_take_turns_whether_they_are_asked_or_not),
		cmocka_unit_test(no_more_is_read_ahead_of_a_host_than_may_be_asked_for_now),
		cmocka_unit_test(what_is_read_ahead_is_what_is_taken_next),
		cmocka_unit_test(what_comes_soon_is_of_all_who_are_due_by_then),
		cmocka_unit_test(hosts_of_a_group_keep_their_distance_together),
		cmocka_unit_test(a_host_that_is_held_does_not_hold_up_its_group),
		cmocka_unit_test(a_suspended_host_gives_nothing_and_is_then_as_it_was),
		cmocka_unit_test(a_host_that_waits_for_its_group_keeps_its_own_delay),
		cmocka_unit_test(what_others_got_wrong_is_right),
		cmocka_unit_test(a_random_run_never_breaks_a_rule),
		cmocka_unit_test(a_url_is_new_once),
		cmocka_unit_test(a_new_delay_counts_from_the_last_request),
		cmocka_unit_test(the_hosts_that_take_the_longest_come_first),
	};

	return RUN_TESTS(tests);
}
