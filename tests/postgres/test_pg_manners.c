#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>

#include "tests/support/party.h"

/* Whoever has a host waits as long as it wants, also where that is longer than a lease. */
#define T(test) cmocka_unit_test_setup_teardown(test, party_set_up, nodes_server_end)

#define LONG_MS (NODES_LEASE_MS * 3 / 2) /* what a lease does not hide */

/*
 * Whoever gets a host waits as long as it wants, by the command line or its robots.txt: its last
 * owner may just have asked it.  One leaves, and is not waited for; one is killed; and one that
 * comes takes some from who is left.
 */
static void hosts_that_want_long_delays_have_them_of_all_owners(void **state)
{
	static const struct nodes_web slow = {
		.hosts = 16,
		.pages = 3,
		.delay_ms = LONG_MS,
		.crawl_delay_ms = LONG_MS + 1000 * SLOWNESS,
		.concurrency = 1,
		.answer_ms = 100,
		.environment = nodes_short_lease,
	};
	struct party party = { .web = &slow, .count = 3 };

	(void)state;
	NODES_NEED_SERVER();
	party_begin(&party);
	party_signal(party.nodes[0], SIGINT);
	program_wait(party.nodes[0]);
	party_sleep_ms(LONG_MS / 2);
	party_signal(party.nodes[1], SIGKILL);
	program_wait(party.nodes[1]);
	party_start_again(&party, 1);
	assert_true(WAIT_UNTIL(party_lost() == 1));
	assert_true(nodes_number("SELECT count(*) FROM runs WHERE ended IS NULL") == 1);
	party.nodes[0] = party.nodes[2];
	party_end(&party);
}

/* Who has a host that wants to be left alone, and is no longer needed. */
static struct program *owner_of_a_busy_host(const struct party *party)
{
	long pid = nodes_number("SELECT n.pid FROM hosts h JOIN crawl_shares s ON s.share = h.id >>"
				" 32 JOIN crawl_nodes n ON n.id = s.node WHERE h.held_until IS NOT"
				" NULL LIMIT 1");

	for (unsigned i = 0; i < party->count; i++)
		if (party->nodes[i]->pid == pid)
			return party->nodes[i];
	fail_msg("no node has the number %ld", pid);
	return NULL;
}

#define LATER_S (4 * NODES_LEASE_MS / 1000)

static void end_owners_of_busy_hosts(int signal)
{
	const struct nodes_web busy = {
		.hosts = 16,
		.pages = 4,
		.delay_ms = 250,
		.concurrency = 2,
		.answer_ms = 100,
		.later_s = LATER_S,
		.environment = nodes_short_lease,
	};
	struct party party = { .web = &busy, .count = 3 };
	struct program *owner;

	party_begin(&party);
	assert_true(WAIT_UNTIL(
		nodes_number("SELECT count(*) FROM hosts WHERE held_until IS NOT NULL") == 4));
	owner = owner_of_a_busy_host(&party);
	party_signal(owner, signal);
	program_wait(owner);
	for (unsigned i = 0; i < party.count; i++)
		party.nodes[i] = party.nodes[i] == owner ? party.nodes[(i + 1) % party.count]
							 : party.nodes[i];
	party_end(&party);
}

static void a_host_that_asked_for_time_has_it_when_its_owner_leaves(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	end_owners_of_busy_hosts(SIGINT);
}

static void a_host_that_asked_for_time_has_it_when_its_owner_is_killed(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	end_owners_of_busy_hosts(SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hosts_that_want_long_delays_have_them_of_all_owners),
		T(a_host_that_asked_for_time_has_it_when_its_owner_leaves),
		T(a_host_that_asked_for_time_has_it_when_its_owner_is_killed),
	};

	return RUN_TESTS(tests);
}
