#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>

#include "tests/support/party.h"

/*
 * Several nodes that come and go: what they had is asked for by others, and hosts are treated as by
 * one (tests/support/party.h).
 */
#define T(test) cmocka_unit_test_setup_teardown(test, party_set_up, nodes_server_end)

/* ---- one comes, one goes ---- */

/* A node that comes when all is under way gets its part of it. */
static void a_node_that_joins_late_gets_its_part(void **state)
{
	struct party party = { .count = 1 };

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	NODES_UNTIL_PAGES(20);
	party_start_again(&party, party.count++);
	party_end(&party);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE pages > 0"), 2);
	assert_int_equal(nodes_number("SELECT count(*) FROM runs"), 1);
}

static void interrupt(const struct party *party, unsigned number)
{
	party_signal(party->nodes[number], SIGINT);
	program_wait(party->nodes[number]);
	assert_code(party->nodes[number], 130);
}

static void a_node_that_is_interrupted_leaves_the_rest_to_the_others(void **state)
{
	struct party party = { .count = 2 };

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	NODES_UNTIL_PAGES(20);
	interrupt(&party, --party.count);
	party_end(&party);
}

/* The same command goes on where they stopped. */
static void nodes_that_are_all_interrupted_go_on_later(void **state)
{
	struct party party = { .count = 2 };

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	NODES_UNTIL_PAGES(20);
	for (unsigned i = 0; i < party.count; i++)
		party_signal(party.nodes[i], SIGINT);
	for (unsigned i = 0; i < party.count; i++)
		program_wait(party.nodes[i]);
	assert_true(nodes_number("SELECT count(*) FROM pages WHERE state = 'pending'") > 0);
	for (unsigned i = 0; i < party.count; i++)
		party.nodes[i] = nodes_start(nodes_uri());
	party_end(&party);
}

/* What is counted of pages is there with them, at any time: whoever is killed takes nothing away.
 */
static void assert_counts_are_complete(void)
{
	static const char sql[] =
		"SELECT (SELECT coalesce(sum(pages), 0) FROM crawl_totals),"
		" (SELECT coalesce(sum(pages), 0) FROM crawl_outcomes),"
		" (SELECT count(*) FROM results),"
		" (SELECT coalesce(sum(pages), 0) FROM hosts),"
		" (SELECT count(*) FROM results WHERE outcome <> 'robots'),"
		" (SELECT coalesce(sum(pages_matched), 0) FROM crawl_pattern_totals),"
		" (SELECT coalesce(sum(pages_matched), 0) FROM pattern_figures)";
	unsigned long long totals, outcomes, results, pages, asked, matched, by_host;
	const char *answer = nodes_ask_server(NULL, sql);

	assert_int_equal(sscanf(answer, "%llu|%llu|%llu|%llu|%llu|%llu|%llu", &totals, &outcomes,
				&results, &pages, &asked, &matched, &by_host),
			 7);
	assert_int_equal(totals, results);
	assert_int_equal(outcomes, results);
	assert_int_equal(pages, asked);
	assert_int_equal(matched, by_host);
}

static void counts_of_a_node_that_was_killed_are_not_lost(void **state)
{
	struct party party = { .count = 3 };

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	for (unsigned pages = 20; pages < 100; pages += 5) {
		NODES_UNTIL_PAGES(pages);
		assert_counts_are_complete();
	}
	party_signal(party.nodes[--party.count], SIGKILL);
	program_wait(party.nodes[party.count]);
	assert_counts_are_complete();
	party_end(&party);
	assert_counts_are_complete();
}

/* ---- again and again ---- */

static void replace_one(struct party *party, unsigned number)
{
	party_signal(party->nodes[number], SIGINT);
	program_wait(party->nodes[number]);
	party_start_again(party, number);
}

static void nodes_that_come_and_go_lose_nothing(void **state)
{
	struct party party = { .count = 4 };

	(void)state;
	NODES_NEED_SERVER();
	party_disturb(&party, 700, replace_one);
}

/* The others let some of theirs go, when nothing of it is under way. */
static void a_fifth_node_gets_a_fifth(void **state)
{
	static const char shares_of_newest[] =
		"SELECT count(*) FROM crawl_shares WHERE node = (SELECT id FROM crawl_nodes"
		" ORDER BY joined_at DESC LIMIT 1)";
	struct party party = { .web = &party_longer, .count = 4 };
	struct program *fifth;
	int64_t from_ms;

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	fifth = nodes_start_with(nodes_uri(), NULL, (const char *[]){ "--join", NULL });
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 5));
	from_ms = test_clock_ms();
	assert_true(WAIT_UNTIL(nodes_number(shares_of_newest) >= 64));
	if (party_seconds() > 0)
		printf("   64 shares after %d ms, ", (int)(test_clock_ms() - from_ms));
	assert_true(WAIT_UNTIL(nodes_number(shares_of_newest) >= 4096 / 5 - 4));
	if (party_seconds() > 0)
		printf("a fifth after %d ms\n", (int)(test_clock_ms() - from_ms));
	party_end(&party);
	if (program_wait(fifth) != 0)
		assert_code(fifth, nodes_code());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_node_that_joins_late_gets_its_part),
		T(a_node_that_is_interrupted_leaves_the_rest_to_the_others),
		T(nodes_that_are_all_interrupted_go_on_later),
		T(counts_of_a_node_that_was_killed_are_not_lost),
		T(nodes_that_come_and_go_lose_nothing),
		T(a_fifth_node_gets_a_fifth),
	};

	return RUN_TESTS(tests);
}
