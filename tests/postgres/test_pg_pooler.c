#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/party.h"
#include "tests/support/pooler.h"

/*
 * A crawl that reaches its server by a pooler: one that keeps a session for each connection is as
 * good as none; one that does not is refused before anything is done.
 */
static struct pooler pooler;

static int end(void **state)
{
	int code = nodes_server_end(state);

	pooler_stop(&pooler);
	return code;
}

#define T(test) cmocka_unit_test_setup_teardown(test, nodes_server_begin, end)

#define NEED_POOLER()                   \
	do {                            \
		(void)state;            \
		NODES_NEED_SERVER();    \
		if (!pooler_is_there()) \
			skip();         \
	} while (0)

static void must_start(const char *mode, const char *settings)
{
	assert_int_equal(pooler_start(&pooler, &nodes_server, mode, settings), 0);
}

/* ---- one that keeps no session ---- */

/* The answer by way of the pooler. */
static const char *ask_by_pooler(const char *sql)
{
	return nodes_ask_server(pooler_uri(&pooler, NULL), sql);
}

static const char of_the_session[] =
	"SELECT current_setting('default_transaction_read_only'),"
	" current_setting('client_min_messages'), current_setting('lock_timeout')";

static void assert_refused(const struct program *run)
{
	assert_code(run, 3);
	assert_says(run->error, "pool_mode = session");
	assert_int_equal(count_lines(run->error), 1);
}

static void refuse_all_commands(void)
{
	const char *uri = pooler_uri(&pooler, NULL);

	assert_refused(RUN("list", "-o", uri));
	assert_refused(RUN("list", "-o", uri, "--fresh"));
	assert_refused(RUN("--join", "-o", uri));
	assert_refused(RUN("sql", "-o", uri, "SELECT 1"));
	assert_refused(RUN("status", "-o", uri));
	assert_refused(RUN("ctl", "stop", "-o", uri));
	assert_refused(RUN("failed", "-o", uri));
	assert_refused(RUN("copy", "crawl.db", uri));
}

/* Nothing was made, and of nobody's session was anything set. */
static void a_pooler_that_keeps_no_session_is_refused(void **state)
{
	static const char *const poolers[][2] = {
		{ "transaction", NULL },
		{ "transaction", "min_pool_size = 2\nserver_round_robin = 1" },
		{ "transaction", "min_pool_size = 5\nserver_round_robin = 1" },
		{ "transaction", "default_pool_size = 1" },
		{ "transaction", "application_name_add_host = 1" },
		{ "statement", NULL },
	};
	char before[256];

	NEED_POOLER();
	write_text("list", "http://127.0.0.1:1/\n");
	assert_code(RUN("list", "-o", "crawl.db", "--set", "retries=0"), 1);
	nodes_tell_server("ALTER ROLE crawl SET TimeZone = 'Asia/Tokyo'");
	for (size_t i = 0; i < sizeof(poolers) / sizeof(poolers[0]); i++) {
		must_start(poolers[i][0], poolers[i][1]);
		snprintf(before, sizeof(before), "%s", ask_by_pooler(of_the_session));
		refuse_all_commands();
		assert_string_equal(ask_by_pooler(of_the_session), before);
		pooler_stop(&pooler);
	}
	assert_int_equal(nodes_number("SELECT count(*) FROM pg_namespace WHERE nspname = 'crawl'"),
			 0);
}

/* ---- one that does ---- */

static const struct nodes_web web = {
	.hosts = 20,
	.pages = 8,
	.delay_ms = 250,
	.concurrency = 1,
	.answer_ms = 300,
	.environment = nodes_short_lease,
};

static struct party begin_by_pooler(void)
{
	struct party party = { .web = &web, .where = pooler_uri(&pooler, NULL), .count = 2 };

	party_begin(&party);
	return party;
}

/* Whoever is dead is known by the names of its sessions, whatever the pooler makes of them. */
static void a_node_that_dies_behind_a_pooler_is_buried(void **state)
{
	struct party party;

	NEED_POOLER();
	must_start("session", "application_name_add_host = 1\nserver_reset_query =");
	party = begin_by_pooler();
	assert_true(WAIT_UNTIL(
		strcmp(nodes_ask_server(
			       NULL,
			       "SELECT count(*), count(DISTINCT k.id) FROM crawl_nodes k JOIN"
			       " pg_stat_activity a ON a.application_name IN ('crawl ' || k.id,"
			       " 'crawl ' || k.id || ' pipe')"),
		       "6|2") == 0));
	party_signal(party.nodes[0], SIGKILL);
	program_wait(party.nodes[0]);
	party.nodes[0] = party.nodes[1];
	party_end(&party);
	assert_true(party_lost() >= 1);
}

/* What a pooler says of a server that is away is no reason to end. */
static void a_server_that_crashes_behind_a_pooler_is_waited_for(void **state)
{
	struct party party;

	NEED_POOLER();
	must_start("session", "server_login_retry = 1");
	party = begin_by_pooler();
	postgres_server_kill(&nodes_server);
	test_pause();
	assert_int_equal(postgres_server_start_again(&nodes_server, NULL), 0);
	party_end(&party);
}

static void a_pooler_that_is_started_again_is_waited_for(void **state)
{
	struct party party;

	NEED_POOLER();
	must_start("session", NULL);
	party = begin_by_pooler();
	for (int i = 0; i < 2; i++) {
		pooler_stop(&pooler);
		must_start("session", NULL);
		test_pause();
	}
	party_end(&party);
}

static void a_pooler_that_is_too_small_says_so(void **state)
{
	static const char *const poolers[][2] = {
		{ "default_pool_size = 2\nquery_wait_timeout = 1", "default_pool_size" },
		{ "max_client_conn = 2", "max_client_conn" },
	};
	struct program *run;

	NEED_POOLER();
	write_text("list", "http://127.0.0.1:1/\n");
	assert_code(RUN("list", "-o", nodes_uri(), "--set", "retries=0"), 1);
	for (size_t i = 0; i < sizeof(poolers) / sizeof(poolers[0]); i++) {
		must_start("session", poolers[i][0]);
		run = START("list", "-o", pooler_uri(&pooler, NULL), "--set", "retries=0");
		assert_true(WAIT_UNTIL(strstr(program_errors(run), poolers[i][1])));
		assert_int_equal(count_lines(program_errors(run)), 1);
		kill(run->pid, SIGINT);
		program_wait(run);
		pooler_stop(&pooler);
	}
}

/* A command that reads needs no more than one. */
static void who_reads_has_enough_with_one_session(void **state)
{
	struct program *run;

	NEED_POOLER();
	write_text("list", "http://127.0.0.1:1/\n");
	assert_code(RUN("list", "-o", nodes_uri(), "--set", "retries=0"), 1);
	must_start("session", "default_pool_size = 1\nquery_wait_timeout = 1");
	run = RUN("sql", "-o", pooler_uri(&pooler, NULL), "SELECT count(*) FROM pages");
	assert_code(run, 0);
	assert_says(run->out, "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_pooler_that_keeps_no_session_is_refused),
		T(a_node_that_dies_behind_a_pooler_is_buried),
		T(a_server_that_crashes_behind_a_pooler_is_waited_for),
		T(a_pooler_that_is_started_again_is_waited_for),
		T(a_pooler_that_is_too_small_says_so),
		T(who_reads_has_enough_with_one_session),
	};

	return RUN_TESTS(tests);
}
