#include "tests/support/test.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/party.h"

/*
 * Several nodes, and what befalls their server: it crashes, is away, a standby takes its place, and
 * who was there is no longer (tests/support/party.h).
 */
#define T(test) cmocka_unit_test_setup_teardown(test, party_set_up, nodes_server_end)

/* ---- identity ---- */

/* Somebody has buried a node that is alive: its next batch is refused, and it comes as another. */
static void bury_one(void)
{
	long id = nodes_number("SELECT min(id) FROM crawl_nodes");
	char of[100];

	snprintf(of, sizeof(of), "DELETE FROM crawl_nodes WHERE id = %ld", id);
	nodes_tell_server(of);
	snprintf(of, sizeof(of), "SELECT count(*) FROM crawl_nodes WHERE id <> %ld", id);
	assert_true(WAIT_UNTIL(nodes_number(of) == 2));
}

static void a_node_that_was_buried_alive_starts_over(void **state)
{
	struct party party = { .web = &party_longer, .count = 2 };
	char *alone, *together;

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	for (int i = 0; i < 3; i++)
		bury_one();
	for (unsigned i = 0; i < party.count; i++)
		party_wait(party.nodes[i]);
	alone = nodes_end_alone();
	together = nodes_result(nodes_ask_server, NULL);
	/* Who takes over is told nothing of a lease: hosts are asked too soon, which is not its
	 * fault. */
	nodes_assert_same(together, alone);
	free(alone);
	free(together);
}

/* A machine was copied while it ran: both have the id, and one number is the other's. */
static void of_two_nodes_with_one_id_one_survives(void **state)
{
	struct party party = { .count = 1 };
	long id;

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	id = nodes_number("SELECT id FROM crawl_nodes");
	nodes_tell_server(
		"INSERT INTO crawl_batches (node, n, token, pages, rows) SELECT node, max(n) + 6,"
		" 42, 0, 0 FROM crawl_batches GROUP BY node");
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 1 &&
			       nodes_number("SELECT id FROM crawl_nodes") != id));
	party_end(&party);
}

/* ---- the server ---- */

static void crash_the_server(struct party *party, unsigned number)
{
	(void)party;
	(void)number;
	postgres_server_kill(&nodes_server);
	party_sleep_ms(random() % 500);
	assert_int_equal(postgres_server_start_again(&nodes_server, NULL), 0);
}

static void a_server_that_crashes_three_times_loses_nothing(void **state)
{
	struct party party = {
		.web = &party_longer, .count = 3, .disturbed_least = 3, .disturbed_most = 3
	};

	(void)state;
	NODES_NEED_SERVER();
	party_disturb(&party, 1000, crash_the_server);
}

/* Longer than a lease: nobody asks anything, nobody gives up. */
static void a_server_that_is_away_is_waited_for(void **state)
{
	struct party party = { .count = 2 };
	int64_t from_ms;

	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	party_begin(&party);
	postgres_server_kill(&nodes_server);
	from_ms = test_clock_ms() + NODES_LEASE_MS;
	party_sleep_ms(2 * NODES_LEASE_MS);
	assert_int_equal(nodes_judge(from_ms).requests, 0);
	assert_int_equal(postgres_server_start_again(&nodes_server, NULL), 0);
	party_end(&party);
}

#define AWAY_MS 8000 /* longer than who is in a hurry waits */

/* More rules than are kept in memory: they are read again, also while nobody can read them. */
static void a_server_that_is_away_is_waited_for_by_who_reads_rules_again(void **state)
{
	static const struct nodes_web ruled = {
		.hosts = 70,
		.pages = 5,
		.delay_ms = 250,
		.concurrency = 1,
		.rules = 20000,
		.environment = nodes_short_lease,
	};
	struct party party = { .web = &ruled, .count = 2 };

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	NODES_UNTIL_PAGES(140);
	postgres_server_kill(&nodes_server);
	party_sleep_ms(AWAY_MS);
	assert_int_equal(postgres_server_start_again(&nodes_server, NULL), 0);
	party_end(&party);
}

static bool is_counting(void)
{
	return nodes_number(
		       "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
		       " AND application_name LIKE 'crawl%' AND query LIKE '%crawl_named n%'") > 0;
}

/* It has all pages, and counts them: nobody would ask for them again. */
static void a_server_that_goes_while_the_end_is_counted_is_waited_for(void **state)
{
	struct party party = { .web = &party_quick, .count = 1 };
	PGconn *holder;

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	holder = nodes_lock("crawl_named");
	assert_true(WAIT_UNTIL(is_counting()));
	postgres_server_kill(&nodes_server);
	party_sleep_ms(AWAY_MS);
	PQfinish(holder);
	assert_int_equal(postgres_server_start_again(&nodes_server, NULL), 0);
	party_end(&party);
	assert_non_null(strstr(party.nodes[0]->error, "(waiting)"));
}

/* ---- a standby takes its place ---- */

static long results(void)
{
	return nodes_number("SELECT count(*) FROM results");
}

/*
 * It lacks two seconds, in which pages were read, and one came whom nobody there has ever seen, so
 * that what it has is also theirs who had it before.  At first it can only be read.
 */
static void a_standby_that_lacks_the_last_seconds_goes_on(void **state)
{
	struct party party = { .web = &party_longer, .count = 2 };
	long at_last;

	(void)state;
	NODES_NEED_SERVER();
	party.where = nodes_begin_standby(false);
	party_begin(&party);
	nodes_hold_standby();
	party_start_again(&party, party.count++);
	party_sleep_ms(2000);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 3));
	at_last = results();
	nodes_lose_primary();
	assert_in_range(results(), 1, at_last - 1);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_nodes"), 2);
	party_sleep_ms(500);
	nodes_promote();
	party_end(&party);
	for (unsigned i = 0; i < 2; i++)
		assert_says(party.nodes[i]->error, " has lost what this node wrote last: ");
}

/*
 * Connections to who was the primary stay open, and it is still there to be connected to: only that
 * nothing can be written tells of it.
 */
static void who_is_left_with_a_server_that_only_reads_finds_the_other(void **state)
{
	struct party party = { .count = 2 };

	(void)state;
	NODES_NEED_SERVER();
	party.where = nodes_begin_standby(true);
	party_begin(&party);
	nodes_switch_over();
	party_end(&party);
	assert_int_equal(party_lost(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_node_that_was_buried_alive_starts_over),
		T(of_two_nodes_with_one_id_one_survives),
		T(a_server_that_crashes_three_times_loses_nothing),
		T(a_server_that_is_away_is_waited_for),
		T(a_server_that_is_away_is_waited_for_by_who_reads_rules_again),
		T(a_server_that_goes_while_the_end_is_counted_is_waited_for),
		T(who_is_left_with_a_server_that_only_reads_finds_the_other),
		T(a_standby_that_lacks_the_last_seconds_goes_on),
	};

	return RUN_TESTS(tests);
}
