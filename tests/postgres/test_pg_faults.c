#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/party.h"

/*
 * Several nodes, and what befalls them: they are killed and stopped, the line to their server is
 * slow, silent or cut (tests/support/party.h).
 */
#define T(test) cmocka_unit_test_setup_teardown(test, party_set_up, nodes_server_end)

#define LOOKS 40 /* for a moment that is hard to hit */

/* ---- killed ---- */

/* It is there again at once, of the same name, while its lease lasts. */
static void kill_one(struct party *party, unsigned number)
{
	party_signal(party->nodes[number], SIGKILL);
	program_wait(party->nodes[number]);
	party_start_again(party, number);
}

static void nodes_that_are_killed_again_and_again_lose_nothing(void **state)
{
	struct party party = { .count = 4 };

	(void)state;
	NODES_NEED_SERVER();
	party_disturb(&party, 1000, kill_one);
}

/* In the middle of joining, too: what it left there is cleared away. */
static void kill_a_newcomer(struct party *party, unsigned number)
{
	struct program *newcomer =
		nodes_start_with(nodes_uri(), NULL, (const char *[]){ "--join", NULL });

	(void)party;
	(void)number;
	party_sleep_ms(random() % 150);
	party_signal(newcomer, SIGKILL);
	program_wait(newcomer);
}

static void newcomers_that_are_killed_at_once_hold_nobody_up(void **state)
{
	struct party party = { .count = 2 };

	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	party_disturb(&party, 200, kill_a_newcomer);
}

/* ---- while lists are read ---- */

#define LIST_LINES 40000

/* Whoever takes its place reads it, from the beginning; and every line is there once. */
static void a_list_whose_reader_is_killed_is_read_by_another(void **state)
{
	const struct program_setup setup = { .environment = nodes_short_lease };
	const char *list, *words[] = { NULL, "--delay", "1h", "-j", "1", "-o", NULL, NULL };
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	nodes_serve(&party_quick);
	list = write_list("many", "/page/%d", 0, LIST_LINES);
	for (int i = 0; i < 4; i++) {
		words[0] = list;
		words[6] = nodes_uri();
		node = program_start(&setup, words);
		if (i < 3)
			party_sleep_ms(random() % (600 * SLOWNESS));
		else
			assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_lists WHERE"
							    " is_read") > 0));
		party_signal(node, i < 3 ? SIGKILL : SIGINT);
		program_wait(node);
	}
	assert_string_equal(nodes_ask_server(NULL, "SELECT count(*), count(DISTINCT url) FROM urls"
						   " WHERE kind = 0"),
			    "40000|40000");
}

/* ---- stopped ---- */

/* All of it, as a machine that is suspended. */
static void stop_one(struct party *party, unsigned number)
{
	const struct program *node = party->nodes[number];

	party_signal(node, SIGSTOP);
	party_signal_workers(node, SIGSTOP);
	party_sleep_ms(NODES_LEASE_MS + NODES_LEASE_MS / 2);
	party_signal_workers(node, SIGCONT);
	party_sleep_ms(random() % 50);
	party_signal(node, SIGCONT);
}

static void a_node_that_was_stopped_past_its_lease_starts_over(void **state)
{
	struct party party = { .web = &party_longer, .count = 3 };

	(void)state;
	NODES_NEED_SERVER();
	party_disturb(&party, 1000, stop_one);
	assert_true(party_lost() > 0);
}

/* Its workers go on with what they have. */
static void stop_a_master(struct party *party, unsigned number)
{
	party_signal(party->nodes[number], SIGSTOP);
	party_sleep_ms(NODES_LEASE_MS + NODES_LEASE_MS / 2);
	party_signal(party->nodes[number], SIGCONT);
}

static void a_master_that_was_stopped_past_its_lease_starts_over(void **state)
{
	struct party party = { .count = 3 };

	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	party_disturb(&party, 1000, stop_a_master);
}

/* One node, so that all that is asked for is asked for by its workers. */
static void workers_that_were_stopped_with_jobs_begin_none_late(void **state)
{
	const struct nodes_web eager = { .hosts = 4,
					 .pages = 20,
					 .concurrency = 8,
					 .answer_ms = 100,
					 .environment = nodes_short_lease };
	struct program *node;
	int64_t from_ms;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&eager);
	node = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(5);
	party_signal(node, SIGSTOP);
	party_signal_workers(node, SIGSTOP);
	party_sleep_ms(2 * NODES_LEASE_MS);
	from_ms = test_clock_ms();
	party_signal_workers(node, SIGCONT);
	party_sleep_ms(500 * SLOWNESS);
	assert_int_equal(nodes_judge(from_ms).requests, 0);
	party_signal(node, SIGCONT);
	program_wait(node);
	assert_code(node, nodes_code());
	free(nodes_result(nodes_ask_server, NULL));
}

/* ---- the line ---- */

static bool is_in_the_middle_of_a_batch(void)
{
	return nodes_number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE"
			    " 'crawl %' AND xact_start IS NOT NULL AND wait_event = 'ClientRead'"
			    " AND state <> 'idle'") > 0;
}

/* Until part of a transaction has arrived, and the rest does not. */
static bool stop_in_the_middle_of_a_batch(void)
{
	for (int look = 0; look < LOOKS; look++) {
		uint64_t some = 200 + (uint64_t)random() % 4000;

		relay_set(&nodes_relay,
			  (struct relay_line){ .up_until = relay_bytes_up(&nodes_relay) + some });
		party_sleep_ms(150 * SLOWNESS);
		if (is_in_the_middle_of_a_batch())
			return true;
		relay_set(&nodes_relay, (struct relay_line){ 0 });
		party_sleep_ms(20);
	}
	return false;
}

/* The locks of what it has sent of a transaction would be kept for ever. */
static void a_node_that_stops_in_the_middle_of_a_batch_is_buried(void **state)
{
	struct party party = { .count = 2, .is_by_relay = { false, true } };
	int64_t from_ms;

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	assert_true(stop_in_the_middle_of_a_batch());
	party_signal(party.nodes[1], SIGSTOP);
	from_ms = test_clock_ms();
	assert_true(WAIT_UNTIL(party_lost() > 0));
	if (party_seconds() > 0)
		printf("   buried after %d ms\n", (int)(test_clock_ms() - from_ms));
	program_wait(party.nodes[0]);
	relay_set(&nodes_relay, (struct relay_line){ 0 });
	party_signal(party.nodes[1], SIGCONT);
	party_end(&party);
}

static void cut_the_line(struct party *party, unsigned number)
{
	(void)party;
	(void)number;
	relay_cut(&nodes_relay);
}

static void a_line_that_is_cut_again_and_again_loses_nothing(void **state)
{
	struct party party = { .count = 2, .is_by_relay = { true, false } };

	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	party_disturb(&party, 150, cut_the_line);
}

/* The server has it, and nobody says so. */
static void lose_an_answer(struct party *party, unsigned number)
{
	static const char batches[] = "SELECT coalesce(sum(n), 0) FROM crawl_batches";
	int64_t end_ms = test_clock_ms() + 1000;
	long before;

	(void)party;
	(void)number;
	relay_set(&nodes_relay, (struct relay_line){ .holds_down = true });
	before = nodes_number(batches);
	while (nodes_number(batches) == before && test_clock_ms() < end_ms)
		test_pause();
	relay_cut(&nodes_relay);
	relay_set(&nodes_relay, (struct relay_line){ 0 });
}

static void a_commit_whose_answer_is_lost_is_applied_once(void **state)
{
	struct party party = { .count = 1, .is_by_relay = { true } };

	(void)state;
	NODES_NEED_SERVER();
	party_disturb(&party, 100, lose_an_answer);
	assert_int_equal(nodes_number("SELECT sum(pages) FROM crawl_past_nodes"),
			 nodes_number("SELECT pages FROM runs"));
}

/* The web is there, the server is not.  A lease ends here a tenth before it does there; the rest is
 * for what is on its way, and for a worker that stands still. */
static void who_is_cut_off_from_the_server_asks_nothing_after_its_lease(void **state)
{
	struct party party = { .count = 2, .is_by_relay = { true, true } };
	int64_t from_ms;

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	relay_set(&nodes_relay, (struct relay_line){ .holds_up = true, .holds_down = true });
	from_ms = test_clock_ms() + NODES_LEASE_MS + NODES_LEASE_MS / 4;
	party_sleep_ms(2 * NODES_LEASE_MS);
	assert_int_equal(nodes_judge(from_ms).requests, 0);
	relay_set(&nodes_relay, (struct relay_line){ 0 });
	party_end(&party);
}

/* One is cut off, the other gets what it had. */
static void what_a_node_had_that_is_cut_off_is_asked_by_others_after_its_lease(void **state)
{
	struct party party = { .count = 2, .is_by_relay = { true, false } };

	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	party_begin(&party);
	relay_set(&nodes_relay, (struct relay_line){ .holds_up = true, .holds_down = true });
	program_wait(party.nodes[1]);
	relay_set(&nodes_relay, (struct relay_line){ 0 });
	party_end(&party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nodes_that_are_killed_again_and_again_lose_nothing),
		T(newcomers_that_are_killed_at_once_hold_nobody_up),
		T(a_list_whose_reader_is_killed_is_read_by_another),
		T(a_node_that_was_stopped_past_its_lease_starts_over),
		T(a_master_that_was_stopped_past_its_lease_starts_over),
		T(workers_that_were_stopped_with_jobs_begin_none_late),
		T(a_node_that_stops_in_the_middle_of_a_batch_is_buried),
		T(a_line_that_is_cut_again_and_again_loses_nothing),
		T(a_commit_whose_answer_is_lost_is_applied_once),
		T(who_is_cut_off_from_the_server_asks_nothing_after_its_lease),
		T(what_a_node_had_that_is_cut_off_is_asked_by_others_after_its_lease),
	};

	return RUN_TESTS(tests);
}
