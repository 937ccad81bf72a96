#include "tests/support/test.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/nodes_server.h"

/* What `crawl ctl` and `crawl status` are to several nodes: all of them obey, and are shown. */
#define T(test) cmocka_unit_test_setup_teardown(test, nodes_server_begin, nodes_server_end)

/* ---- orders ---- */

static struct program *tell(const char *order, const char *argument)
{
	return argument ? RUN("ctl", order, argument, "-o", nodes_uri())
			: RUN("ctl", order, "-o", nodes_uri());
}

static size_t requests_in_a_second(void)
{
	int64_t from_ms = test_clock_ms();

	usleep(1000 * 1000 * SLOWNESS);
	return nodes_judge(from_ms).requests;
}

static void all_nodes_pause_go_on_and_stop(void **state)
{
	struct program *nodes[3], *ctl;

	(void)state;
	NODES_NEED_SERVER();
	nodes_begin_two(nodes);
	ctl = tell("pause", NULL);
	assert_code(ctl, 0);
	assert_says(ctl->error, "2 of 2 nodes");
	assert_true(WAIT_UNTIL(requests_in_a_second() == 0)); /* what was under way */
	nodes[2] = nodes_start_with(nodes_uri(), NULL, (const char *[]){ "--join", NULL });
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 3));
	assert_int_equal(requests_in_a_second(), 0);
	assert_code(tell("resume", NULL), 0);
	assert_true(WAIT_UNTIL(requests_in_a_second() > 0));
	assert_code(tell("stop", NULL), 0);
	for (int i = 0; i < 3; i++)
		program_wait(nodes[i]);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_nodes"), 0);
	nodes_assert_polite();
}

static size_t requests_of(const char *host, int64_t from_ms)
{
	struct requests requests = site_requests();
	size_t count = 0;

	for (size_t i = 0; i < requests.count; i++)
		count += requests.list[i].arrived_ms >= from_ms &&
			 strncmp(requests.list[i].host, host, strlen(host)) == 0;
	return count;
}

/* Whoever it is told: the owner of the host obeys. */
static void a_delay_is_kept_by_whoever_owns_the_host(void **state)
{
	struct program *nodes[2];
	int64_t from_ms;

	(void)state;
	NODES_NEED_SERVER();
	nodes_begin_two(nodes);
	assert_code(tell("pause", NULL), 0); /* they have pages left until both are told */
	for (unsigned host = 1; host <= 2; host++) {
		char name[24];

		snprintf(name, sizeof(name), "127.0.0.%u", host);
		assert_code(RUN("ctl", "delay", name, "1h", "-o", nodes_uri()), 0);
	}
	assert_true(WAIT_UNTIL(requests_in_a_second() == 0)); /* what was under way */
	assert_code(tell("resume", NULL), 0);
	from_ms = test_clock_ms();
	usleep(1000 * 1000 * SLOWNESS);
	assert_int_equal(requests_of("127.0.0.1:", from_ms), 0);
	assert_int_equal(requests_of("127.0.0.2:", from_ms), 0);
	assert_true(
		nodes_number("SELECT count(DISTINCT host_id) FROM pages p JOIN urls u USING (url)"
			     " WHERE state = 'pending' AND (url LIKE 'http://127.0.0.1:%' OR"
			     " url LIKE 'http://127.0.0.2:%')") == 2);
	assert_code(tell("stop", NULL), 0);
	program_wait(nodes[0]);
	program_wait(nodes[1]);
}

/* A new run does not know of what was ordered in one before. */
static void an_old_order_is_forgotten_by_a_new_run(void **state)
{
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&nodes_usual);
	node = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(10);
	assert_code(tell("stop", NULL), 0);
	program_wait(node);
	node = nodes_start(nodes_uri());
	nodes_end(&node, 1);
}

static void a_url_that_is_added_is_read_by_whoever_owns_it(void **state)
{
	struct program *nodes[2];
	char added[80];

	(void)state;
	NODES_NEED_SERVER();
	nodes_begin_two(nodes);
	assert_code(tell("pause", NULL), 0); /* nobody is at the end until all are added */
	for (unsigned host = 1; host <= 4; host++) {
		snprintf(added, sizeof(added), "%s", url_at(host, "/page/77"));
		assert_code(tell("add", added), 0);
	}
	assert_code(tell("resume", NULL), 0);
	nodes_end(nodes, 2);
	assert_int_equal(nodes_number("SELECT count(*) FROM pages WHERE url LIKE '%/page/77' AND"
				      " outcome = 'ok'"),
			 4);
}

static void who_has_not_heard_of_an_order_is_named(void **state)
{
	struct program *nodes[2], *ctl;

	(void)state;
	NODES_NEED_SERVER();
	nodes_begin_two(nodes);
	kill(nodes[1]->pid, SIGSTOP);
	ctl = tell("pause", NULL);
	assert_true(ctl->code != 0);
	assert_says(ctl->error, "1 of 2 nodes have heard of it, not: ");
	kill(nodes[1]->pid, SIGCONT);
	assert_code(tell("stop", NULL), 0);
	program_wait(nodes[0]);
	program_wait(nodes[1]);
}

/* Its hosts wait for nothing but what it has under way. */
static void who_leaves_gives_its_hosts_up_before_anything_is_counted(void **state)
{
	struct program *nodes[2];
	PGconn *session;

	(void)state;
	NODES_NEED_SERVER();
	nodes_begin_two(nodes);
	assert_code(tell("pause", NULL), 0);
	assert_true(WAIT_UNTIL(requests_in_a_second() == 0)); /* what was under way is written */
	session = nodes_lock("urls");
	kill(nodes[1]->pid, SIGTERM);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 1));
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE ended = 'left'"),
			 1);
	PQfinish(session);
	program_wait(nodes[1]);
	assert_code(nodes[1], 143);
	assert_says(nodes[1]->error, "left: 1 node goes on");
	assert_code(tell("stop", NULL), 0);
	program_wait(nodes[0]);
}

/* ---- status ---- */

static void the_nodes_and_their_parts_are_shown(void **state)
{
	struct program *nodes[2], *status;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&nodes_usual);
	nodes[0] = nodes_start(nodes_uri());
	nodes[1] = nodes_start(nodes_uri());
	assert_true(WAIT_UNTIL(
		nodes_number(
			"SELECT min(n) FROM (SELECT count(*) AS n FROM crawl_shares WHERE node IS"
			" NOT NULL GROUP BY node HAVING count(*) = 2048) s") == 2048));
	status = RUN("status", "-o", nodes_uri());
	assert_code(status, 0);
	assert_says(status->out, "2048");
	nodes_end(nodes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(all_nodes_pause_go_on_and_stop),
		T(a_delay_is_kept_by_whoever_owns_the_host),
		T(an_old_order_is_forgotten_by_a_new_run),
		T(a_url_that_is_added_is_read_by_whoever_owns_it),
		T(who_has_not_heard_of_an_order_is_named),
		T(who_leaves_gives_its_hosts_up_before_anything_is_counted),
		T(the_nodes_and_their_parts_are_shown),
	};

	return RUN_TESTS(tests);
}
