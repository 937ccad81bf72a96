#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/frontier/frontier.h"
#include "crawler/master/host_state.h"

#define DAY_MS HOSTS_ROBOTS_MS

static struct store_key key(uint32_t number)
{
	return (struct store_key){ 3, number };
}

static struct hosts *one_host(unsigned failures_max, int64_t rest_ms)
{
	struct hosts *hosts = hosts_new(failures_max, rest_ms);

	hosts_add(hosts, key(42));
	return hosts;
}

static void hosts_are_numbered_in_the_order_they_came(void **state)
{
	struct hosts *hosts = hosts_new(20, 1000);

	(void)state;
	for (int64_t i = 0; i < 1000; i++)
		hosts_add(hosts, key(7 * i + 1));
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(hosts_key(hosts, i).number, 7 * i + 1);
	hosts_free(hosts);
	hosts_free(NULL);
}

/* ---- where it may be ---- */

static void what_leads_to_a_host_says_where_it_may_be(void **state)
{
	enum { NAMED, PUBLIC, PRIVATE, SILENT, LED };
	static const struct {
		uint32_t from;       /* that leads to LED */
		const char *address; /* that LED answered from, or "" */
		bool is_public_only; /* with "named" */
	} rows[] = {
		{ SILENT, "", true },
		{ PUBLIC, "", true },
		{ PRIVATE, "", false },
		{ LED, "", true },
		{ PUBLIC, "10.0.0.1", false },
		{ PRIVATE, "93.184.216.34", true },
		{ PRIVATE, "2606:2800:220:1:248:1893:25c8:1946", true },
		{ PUBLIC, "::1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hosts *hosts = hosts_new(20, 1000);

		for (int64_t host = NAMED; host <= LED; host++)
			hosts_add(hosts, key(host + 1));
		hosts_note_named(hosts, NAMED);
		hosts_set_address(hosts, PUBLIC, SLICE("93.184.216.34"));
		hosts_set_address(hosts, PRIVATE, SLICE("127.0.0.1"));
		hosts_note_way(hosts, LED, rows[i].from);
		hosts_set_address(hosts, LED, slice_of(rows[i].address));
		assert_int_equal(hosts_is_public_only(hosts, LED, PRIVATE_NAMED),
				 rows[i].is_public_only);
		assert_true(hosts_is_public_only(hosts, LED, PRIVATE_NONE));
		assert_false(hosts_is_public_only(hosts, LED, PRIVATE_ALL));
		assert_false(hosts_is_public_only(hosts, NAMED, PRIVATE_NAMED));
		hosts_set_address(hosts, NAMED, SLICE("93.184.216.34"));
		assert_true(hosts_is_public_only(hosts, NAMED, PRIVATE_NAMED));
		assert_true(hosts_may_be_service(hosts, NAMED));
		assert_false(hosts_may_be_service(hosts, LED)); /* not even from an intranet */
		hosts_note_private_way(hosts, LED);
		assert_false(hosts_may_be_service(hosts, LED));
		hosts_set_address(hosts, LED, SLICE("169.254.169.254")); /* in an earlier run */
		assert_true(hosts_may_be_service(hosts, LED));
		hosts_free(hosts);
	}
}

/* ---- robots.txt ---- */

static void what_is_known_of_robots_txt_holds_until_its_time_is_up(void **state)
{
	struct hosts *hosts = one_host(20, 1000);
	const struct hosts_cause cause = { OUTCOME_DNS, 0, "robots.txt: no such name" };
	struct robots *robots =
		robots_parse(SLICE("User-agent: *\nDisallow: /x\n"), SLICE("crawl"));

	(void)state;
	assert_int_equal(hosts_robots(hosts, 0, 0), HOSTS_ROBOTS_UNKNOWN);
	hosts_robots_asked(hosts, 0);
	assert_int_equal(hosts_robots(hosts, 0, 0), HOSTS_ROBOTS_ASKED);
	hosts_robots_known(hosts, 0, robots, DAY_MS);
	assert_int_equal(hosts_robots(hosts, 0, DAY_MS - 1), HOSTS_ROBOTS_RULES);
	assert_ptr_equal(hosts_rules(hosts, 0), robots);
	assert_int_equal(hosts_robots(hosts, 0, DAY_MS), HOSTS_ROBOTS_UNKNOWN);
	hosts_robots_known(hosts, 0, NULL, 2 * DAY_MS);
	assert_int_equal(hosts_robots(hosts, 0, DAY_MS), HOSTS_ROBOTS_NONE);
	assert_null(hosts_rules(hosts, 0));
	hosts_robots_unreachable(hosts, 0, &cause, DAY_MS);
	assert_int_equal(hosts_robots(hosts, 0, DAY_MS - 1), HOSTS_ROBOTS_UNREACHABLE);
	assert_int_equal(hosts_robots_cause(hosts, 0)->outcome, OUTCOME_DNS);
	assert_string_equal(hosts_robots_cause(hosts, 0)->error, "robots.txt: no such name");
	assert_int_equal(hosts_robots(hosts, 0, DAY_MS), HOSTS_ROBOTS_UNKNOWN);
	hosts_free(hosts);
}

/* Of nothing but short rules: as large as one gets. */
static struct robots *large_robots(void)
{
	static char text[ROBOTS_BYTES_MAX];
	size_t size = (size_t)snprintf(text, sizeof(text), "User-agent: *\nCrawl-delay: 3\n");
	struct robots *robots;

	for (; size + 9 <= sizeof(text); size += 9)
		memcpy(text + size, "Allow:/a\n", 9);
	robots = robots_parse((struct slice){ text, size }, SLICE("crawl"));
	assert_true(robots_memory_bytes(robots) > 3u << 20);
	return robots;
}

/* However many hosts a server has, their rules take no more memory than those of a few. */
static void rules_that_were_not_asked_for_the_longest_are_put_down(void **state)
{
	enum { HOSTS = 40, MOST = HOSTS_RULES_BYTES_MAX / (3 << 20) };
	struct hosts *hosts = hosts_new(20, 1000);
	uint32_t here = 0;

	(void)state;
	for (uint32_t i = 0; i < HOSTS; i++) {
		hosts_add(hosts, key(i + 1));
		assert_false(hosts_lacks_rules(hosts, i));
		hosts_robots_known(hosts, i, large_robots(), DAY_MS);
		assert_non_null(hosts_rules(hosts, 0)); /* which is asked for again and again */
	}
	for (uint32_t i = 0; i < HOSTS; i++) {
		here += !hosts_lacks_rules(hosts, i);
		assert_int_equal(hosts_robots(hosts, i, 0), HOSTS_ROBOTS_RULES);
		assert_int_equal(hosts_crawl_delay_ms(hosts, i), 3000);
	}
	assert_in_range(here, 2, MOST);
	assert_false(hosts_lacks_rules(hosts, HOSTS - 1));
	assert_true(hosts_lacks_rules(hosts, 1));
	hosts_bring_rules(hosts, 1, large_robots());
	assert_non_null(hosts_rules(hosts, 1));
	hosts_robots_known(hosts, 1, NULL, DAY_MS);
	assert_false(hosts_lacks_rules(hosts, 1)); /* it has none any more */
	assert_int_equal(hosts_crawl_delay_ms(hosts, 1), -1);
	hosts_free(hosts);
}

static void every_state_has_its_own_name(void **state)
{
	(void)state;
	for (int a = HOSTS_ROBOTS_UNKNOWN; a <= HOSTS_ROBOTS_UNREACHABLE; a++)
		for (int b = HOSTS_ROBOTS_UNKNOWN; b < a; b++)
			assert_string_not_equal(hosts_robots_name((enum hosts_robots)a),
						hosts_robots_name((enum hosts_robots)b));
}

/* ---- how it answers ---- */

/* A request begins when the one before has failed: no two are on their way together. */
static int64_t fail_at(struct hosts *hosts, int64_t now_ms)
{
	return hosts_failed(hosts, 0, OUTCOME_CONNECT, now_ms - 1, now_ms);
}

/* What others found of it while it was theirs is not known: it is judged anew. */
static void a_host_that_was_anothers_meanwhile_is_judged_anew(void **state)
{
	struct hosts *hosts = one_host(1, 1000);
	int64_t now_ms = 1000;
	enum outcome why;

	(void)state;
	hosts_answered(hosts, 0, 800);
	hosts_set_root(hosts, 0, 7);
	while (!hosts_is_given_up(hosts, 0, &why))
		fail_at(hosts, now_ms += 10000);
	hosts_lose(hosts, 0);
	hosts_gain(hosts, 0, key(42));
	assert_false(hosts_is_given_up(hosts, 0, &why));
	assert_int_equal(fail_at(hosts, now_ms += 10000), 1000);
	assert_int_equal(hosts_usual_ms(hosts, 0), 0);
	assert_int_equal(hosts_root(hosts, 0), 0);
	hosts_free(hosts);
}

static void a_host_that_keeps_failing_rests_twice_and_is_given_up(void **state)
{
	static const int64_t wanted[] = { 0, 0, 1000, 0, 0, 2000, 0, 0, HOSTS_GIVE_UP, 0, 0, 0 };
	struct hosts *hosts = one_host(3, 1000);
	enum outcome why;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_int_equal(hosts_is_given_up(hosts, 0, &why), i >= 9);
		assert_int_equal(fail_at(hosts, 10 * (int64_t)i + 10), wanted[i]);
	}
	assert_true(hosts_is_given_up(hosts, 0, &why));
	assert_int_equal(why, OUTCOME_CONNECT);
	hosts_free(hosts);
}

static void an_answer_forgives_what_came_before(void **state)
{
	struct hosts *hosts = one_host(3, 1000);
	enum outcome why;

	(void)state;
	for (int64_t round = 0; round < 100; round++) {
		assert_int_equal(fail_at(hosts, 30 * round + 10), 0);
		assert_int_equal(fail_at(hosts, 30 * round + 20), 0);
		hosts_answered(hosts, 0, 5);
	}
	assert_false(hosts_is_given_up(hosts, 0, &why));
	hosts_free(hosts);
}

/* Sixty-four were on their way when the host went down: that is one failure, not three rests. */
static void requests_that_fail_together_count_once(void **state)
{
	struct hosts *hosts = one_host(2, 1000);

	(void)state;
	for (int64_t i = 0; i < 64; i++)
		assert_int_equal(hosts_failed(hosts, 0, OUTCOME_HTTP_ERROR, 100 + i, 200 + i), 0);
	assert_int_equal(hosts_failed(hosts, 0, OUTCOME_HTTP_ERROR, 300, 310), 1000);
	hosts_free(hosts);
}

static void without_a_limit_no_host_rests(void **state)
{
	struct hosts *hosts = one_host(0, 1000);
	enum outcome why;

	(void)state;
	for (int64_t i = 1; i < 1000; i++)
		assert_int_equal(fail_at(hosts, i), 0);
	assert_false(hosts_is_given_up(hosts, 0, &why));
	hosts_free(hosts);
}

static void the_usual_time_follows_the_host(void **state)
{
	struct hosts *hosts = one_host(3, 1000);

	(void)state;
	assert_int_equal(hosts_usual_ms(hosts, 0), 0);
	hosts_answered(hosts, 0, 800);
	assert_int_equal(hosts_usual_ms(hosts, 0), 800);
	hosts_answered(hosts, 0, 0);
	assert_int_equal(hosts_usual_ms(hosts, 0), 700);
	hosts_answered(hosts, 0, UINT32_MAX);
	assert_true(hosts_usual_ms(hosts, 0) > 700);
	for (int i = 0; i < 200; i++)
		hosts_answered(hosts, 0, 100);
	assert_in_range(hosts_usual_ms(hosts, 0), 95, 110);
	hosts_free(hosts);
}

static void only_another_address_is_news(void **state)
{
	static const struct {
		const char *address;
		bool is_news;
		const char *known;
	} rows[] = {
		{ "", false, "" },
		{ "192.0.2.1", true, "192.0.2.1" },
		{ "192.0.2.1", false, "192.0.2.1" },
		{ "", false, "192.0.2.1" },
		{ "0123456789012345678901234567890123456789012345678901234", false, "192.0.2.1" },
		{ "2001:db8:1234:1234:1234:1234:1234:1234", true,
		  "2001:db8:1234:1234:1234:1234:1234:1234" },
		{ "192.0.2.2", true, "192.0.2.2" },
	};
	struct hosts *hosts = one_host(3, 1000);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(hosts_set_address(hosts, 0, slice_of(rows[i].address)),
				 rows[i].is_news);
		assert_true(slice_equal(hosts_address(hosts, 0), slice_of(rows[i].known)));
	}
	hosts_free(hosts);
}

/* It counts as one of the Internet then, whoever answered before. */
static void a_host_behind_a_proxy_has_no_address(void **state)
{
	struct hosts *hosts = one_host(3, 1000);

	(void)state;
	assert_false(hosts_forget_address(hosts, 0));
	hosts_set_address(hosts, 0, SLICE("10.1.2.3"));
	assert_true(hosts_is_private(hosts, 0));
	assert_true(hosts_forget_address(hosts, 0));
	assert_false(hosts_is_private(hosts, 0));
	assert_int_equal(hosts_address(hosts, 0).size, 0);
	assert_true(hosts_is_public_only(hosts, 0, PRIVATE_NAMED));
	assert_false(hosts_forget_address(hosts, 0));
	hosts_free(hosts);
}

static void a_host_is_bound_by_the_address_that_answered_last(void **state)
{
	static const struct {
		const char *address;
		bool is_public_only;
	} rows[] = {
		{ "", true },           { "10.1.2.3", false }, { "", false }, /* changes nothing */
		{ "192.0.43.8", true }, { "::1", false },
	};
	struct hosts *hosts = one_host(3, 1000);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hosts_set_address(hosts, 0, slice_of(rows[i].address));
		assert_int_equal(hosts_is_public_only(hosts, 0, PRIVATE_NAMED),
				 rows[i].is_public_only);
	}
	hosts_free(hosts);
}

static void a_policy_is_kept_by_host(void **state)
{
	struct hosts *hosts = one_host(3, 1000);

	(void)state;
	hosts_add(hosts, key(43));
	hosts_set_policy(hosts, 1,
			 (struct hosts_policy){ .pace = { 500, 2 }, .obeys_robots = true });
	assert_int_equal(hosts_policy(hosts, 1).pace.delay_ms, 500);
	assert_true(hosts_policy(hosts, 1).obeys_robots);
	assert_false(hosts_policy(hosts, 0).obeys_robots);
	hosts_free(hosts);
}

static void each_group_has_a_last_request_of_its_own(void **state)
{
	struct hosts *hosts = hosts_new(0, 0);
	static struct visit visits[100];

	(void)state;
	hosts_set_group_last(hosts, FRONTIER_NO_GROUP, &visits[0]);
	assert_null(hosts_group_last(hosts, FRONTIER_NO_GROUP));
	for (uint32_t group = 0; group < 100; group++) {
		assert_null(hosts_group_last(hosts, group));
		hosts_set_group_last(hosts, group, &visits[group]);
	}
	hosts_set_group_last(hosts, 7, NULL);
	for (uint32_t group = 0; group < 100; group++)
		assert_ptr_equal(hosts_group_last(hosts, group),
				 group == 7 ? NULL : &visits[group]);
	hosts_free(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_numbered_in_the_order_they_came),
		cmocka_unit_test(what_leads_to_a_host_says_where_it_may_be),
		cmocka_unit_test(what_is_known_of_robots_txt_holds_until_its_time_is_up),
		cmocka_unit_test(rules_that_were_not_asked_for_the_longest_are_put_down),
		cmocka_unit_test(every_state_has_its_own_name),
		cmocka_unit_test(a_host_that_keeps_failing_rests_twice_and_is_given_up),
		cmocka_unit_test(a_host_that_was_anothers_meanwhile_is_judged_anew),
		cmocka_unit_test(an_answer_forgives_what_came_before),
		cmocka_unit_test(requests_that_fail_together_count_once),
		cmocka_unit_test(without_a_limit_no_host_rests),
		cmocka_unit_test(only_another_address_is_news),
		cmocka_unit_test(a_host_behind_a_proxy_has_no_address),
		cmocka_unit_test(a_host_is_bound_by_the_address_that_answered_last),
		cmocka_unit_test(a_policy_is_kept_by_host),
		cmocka_unit_test(the_usual_time_follows_the_host),
		cmocka_unit_test(each_group_has_a_last_request_of_its_own),
	};

	return RUN_TESTS(tests);
}
