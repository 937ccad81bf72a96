#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/party.h"

/*
 * The program from end to end, several at a time, into one PostgreSQL database: what comes of it is
 * what one makes of it with a file, and no host is asked more often.
 */
#define T(test) cmocka_unit_test_setup_teardown(test, nodes_server_begin, nodes_server_end)

#define NODES_MAX 4

/* ---- one result ---- */

static void so_many_make_what_one_makes(unsigned count)
{
	struct program *nodes[NODES_MAX];

	nodes_serve(&nodes_usual);
	nodes_begin_alone();
	for (unsigned i = 0; i < count; i++)
		nodes[i] = nodes_start(nodes_uri());
	nodes_end(nodes, count);
	nodes_assert_as_alone();
	assert_int_equal(nodes_number("SELECT count(*) FROM runs"), 1);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_nodes"), 0);
	assert_true(nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE pages > 0") >= count);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE ended = 'left'"),
			 count);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_inbox"), 0);
}

static void one_node_makes_what_a_file_has(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	so_many_make_what_one_makes(1);
}

static void two_nodes_make_what_one_makes(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	so_many_make_what_one_makes(2);
}

static void four_nodes_make_what_one_makes(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	so_many_make_what_one_makes(4);
}

/* ---- 10,000 pages of 200 hosts ---- */

static void so_many_make_what_one_makes_of_a_large_web(unsigned count)
{
	struct nodes_web large = nodes_usual;
	struct party party = { .web = &large, .count = count };

	large.hosts = 200;
	large.pages = 50;
	alarm(0);
	party_begin(&party);
	party_end(&party);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE pages > 0"),
			 count);
}

static void one_node_makes_what_a_file_has_of_a_large_web(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	so_many_make_what_one_makes_of_a_large_web(1);
}

static void two_nodes_make_what_one_makes_of_a_large_web(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	so_many_make_what_one_makes_of_a_large_web(2);
}

static void four_nodes_make_what_one_makes_of_a_large_web(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	NODES_NEED_TIME();
	so_many_make_what_one_makes_of_a_large_web(4);
}

/* ---- one of several ---- */

/* The line is dead: what is on its way is never committed, and nobody waits for it twice. */
static void who_is_told_twice_leaves_though_the_server_is_away(void **state)
{
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&nodes_usual);
	node = nodes_start(nodes_relay_uri());
	NODES_UNTIL_PAGES(10);
	relay_set(&nodes_relay, (struct relay_line){ .holds_up = true, .holds_down = true });
	kill(node->pid, SIGINT);
	assert_true(WAIT_UNTIL(strstr(program_errors(node), "again to leave at once") != NULL));
	kill(node->pid, SIGINT);
	program_wait(node);
	assert_code(node, 130);
	assert_says(node->error, "left before all was committed");
	relay_set(&nodes_relay, (struct relay_line){ 0 });
	assert_int_equal(nodes_number("SELECT count(*) FROM runs WHERE ended IS NULL"), 1);
}

static void crawl_with_a_bound(struct program *nodes[3])
{
	static const char *const options[] = { "--max-pages", "150", NULL };
	struct nodes_web web = nodes_usual;

	web.delay_ms = 1000; /* it lasts until all are there */
	web.options = options;
	nodes_serve(&web);
	for (unsigned i = 0; i < 3; i++)
		nodes[i] = nodes_start(nodes_uri());
}

static void so_many_pages_are_so_many_of_all_nodes(void **state)
{
	struct program *nodes[3];

	(void)state;
	NODES_NEED_SERVER();
	crawl_with_a_bound(nodes);
	for (unsigned i = 0; i < 3; i++)
		program_wait(nodes[i]);
	assert_int_equal(nodes_number("SELECT granted FROM crawl_quotas WHERE name = 'max_pages'"),
			 150);
	assert_int_equal(nodes_number("SELECT count(*) FROM results"), 150);
	assert_int_equal(nodes_number("SELECT count(*) FROM runs WHERE ended = 'max_pages'"), 1);
}

/* What it had taken and not used is nobody's: of a bound less may be done, and never more. */
static void so_many_pages_are_no_more_though_a_node_is_killed(void **state)
{
	struct program *nodes[3];

	(void)state;
	NODES_NEED_SERVER();
	crawl_with_a_bound(nodes);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 3));
	NODES_UNTIL_PAGES(40);
	kill(nodes[1]->pid, SIGKILL);
	program_wait(nodes[1]);
	for (unsigned i = 0; i < 3; i += 2)
		program_wait(nodes[i]);
	assert_in_range(nodes_number("SELECT count(*) FROM results"), 100, 150);
	assert_int_equal(nodes_number("SELECT granted FROM crawl_quotas WHERE name = 'max_pages'"),
			 150);
	assert_int_equal(nodes_number("SELECT count(*) FROM runs WHERE ended = 'max_pages'"), 1);
}

#define OF_THE_RULE 40

static void crawl_with_a_bound_of_a_rule(struct program *nodes[2])
{
	struct nodes_web web = nodes_usual;

	web.delay_ms = 1000;
	web.rule_pages = OF_THE_RULE;
	nodes_serve(&web);
	for (unsigned i = 0; i < 2; i++)
		nodes[i] = nodes_start_with(nodes_uri(), "list",
					    (const char *[]){ "--set", "sitemaps=false", NULL });
}

/* Which pages it finds, and so whether one of them fails, is up to who finds them first. */
static void end_alike(struct program *const nodes[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		program_wait(nodes[i]);
	for (unsigned i = 0; i < count; i++)
		assert_code(nodes[i],
			    nodes_number("SELECT count(*) FROM pages WHERE state = 'failed'") > 0);
}

static void what_a_rule_finds_is_so_much_of_all_nodes(void **state)
{
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	crawl_with_a_bound_of_a_rule(nodes);
	end_alike(nodes, 2);
	assert_int_equal(nodes_number("SELECT count(*) FROM urls WHERE rule IS NOT NULL"),
			 OF_THE_RULE);
	assert_int_equal(nodes_number("SELECT granted FROM crawl_quotas WHERE name = 'rule 1'"),
			 OF_THE_RULE);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE pages > 0"), 2);
}

static void what_a_rule_finds_is_no_more_though_a_node_is_killed(void **state)
{
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	crawl_with_a_bound_of_a_rule(nodes);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM urls WHERE rule IS NOT NULL") >
			       OF_THE_RULE / 4));
	kill(nodes[1]->pid, SIGKILL);
	program_wait(nodes[1]);
	end_alike(nodes, 1);
	assert_in_range(nodes_number("SELECT count(*) FROM urls WHERE rule IS NOT NULL"),
			OF_THE_RULE / 4, OF_THE_RULE);
}

/* A page that takes longer than a lease is nobody else's meanwhile: its node lives. */
static void a_page_that_takes_longer_than_the_lease_is_asked_for_once(void **state)
{
	const struct nodes_web slow = { .hosts = 4,
					.pages = 1,
					.concurrency = 1,
					.answer_ms = 2 * NODES_LEASE_MS,
					.environment = nodes_short_lease };
	struct site_judged judged;
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&slow);
	nodes[0] = nodes_start(nodes_uri());
	nodes[1] = nodes_start(nodes_uri());
	for (int i = 0; i < 2; i++) {
		program_wait(nodes[i]);
		assert_code(nodes[i], 0);
	}
	judged = nodes_judge(0);
	if (judged.again > 0 && party_lost() == 0)
		fail_msg("%zu again: %s", judged.again, judged.worst);
	assert_int_equal(nodes_number("SELECT count(*) FROM pages WHERE url LIKE '%/web/%'"), 4);
}

/* ---- one crawl ---- */

static void another_config_is_refused_and_named(void **state)
{
	struct program *node, *other;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&nodes_usual);
	node = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(1);
	write_text("other.yaml", "patterns:\n  - {name: other, pattern: '<b>(?<b>.*?)</b>'}\n");
	other = RUN("list", "-c", "other.yaml", "-o", nodes_uri());
	assert_code(other, 2);
	if (!strstr(other->error, "differs from"))
		fail_msg("%s", other->error);
	kill(node->pid, SIGINT);
	program_wait(node);
}

static void who_joins_when_all_is_over_begins_nothing(void **state)
{
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&nodes_usual);
	node = nodes_start(nodes_uri());
	nodes_end(&node, 1);
	node = nodes_start_with(nodes_uri(), NULL, (const char *[]){ "--join", NULL });
	program_wait(node);
	assert_code(node, 0);
	assert_int_equal(nodes_number("SELECT count(*) FROM runs"), 1);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_nodes"), 0);
}

static void the_pages_of_all_are_no_more_than_were_allowed(void **state)
{
	struct nodes_web web = nodes_usual;
	struct program *nodes[3];

	(void)state;
	NODES_NEED_SERVER();
	web.delay_ms = 1000; /* it lasts until all are there */
	nodes_serve(&web);
	for (int i = 0; i < 3; i++)
		nodes[i] = nodes_start_with(nodes_uri(), "list",
					    (const char *[]){ "--max-pages", "60", NULL });
	for (int i = 0; i < 3; i++)
		program_wait(nodes[i]);
	assert_in_range(nodes_number("SELECT count(*) FROM results"), 1, 60);
	assert_string_equal(nodes_ask_server(NULL, "SELECT ended FROM runs"), "max_pages");
}

/* How often it is said that a node has no host. */
static size_t times_left(struct program *const nodes[2])
{
	static const char said[] = "nothing is left here: a domain is one node's, and fewer have"
				   " work than there are nodes";

	return count_times(program_errors(nodes[0]), said) +
	       count_times(program_errors(nodes[1]), said);
}

/* Fewer domains than nodes: who has none says why nothing is done, once. */
static void who_has_no_domain_says_so_once(void **state)
{
	const struct nodes_web one = { .hosts = 1,
				       .pages = 400,
				       .delay_ms = 250,
				       .concurrency = 1,
				       .environment = nodes_short_lease };
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&one);
	nodes[0] = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(1);
	nodes[1] = nodes_start_with(nodes_uri(), NULL, (const char *[]){ "--join", NULL });
	assert_true(
		WAIT_UNTIL_MS(times_left(nodes) > 0,
			      90000 * SLOWNESS)); /* who is silent for long is waited for first */
	assert_int_equal(times_left(nodes), 1);
	for (int i = 0; i < 2; i++)
		kill(nodes[i]->pid, SIGINT);
	for (int i = 0; i < 2; i++) {
		program_wait(nodes[i]);
		assert_code(nodes[i], 130);
	}
	assert_int_equal(count_times(nodes[0]->error, "nothing is left here") +
				 count_times(nodes[1]->error, "nothing is left here"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_node_makes_what_a_file_has),
		T(two_nodes_make_what_one_makes),
		T(four_nodes_make_what_one_makes),
		T(one_node_makes_what_a_file_has_of_a_large_web),
		T(two_nodes_make_what_one_makes_of_a_large_web),
		T(four_nodes_make_what_one_makes_of_a_large_web),
		T(who_is_told_twice_leaves_though_the_server_is_away),
		T(so_many_pages_are_so_many_of_all_nodes),
		T(so_many_pages_are_no_more_though_a_node_is_killed),
		T(what_a_rule_finds_is_so_much_of_all_nodes),
		T(what_a_rule_finds_is_no_more_though_a_node_is_killed),
		T(a_page_that_takes_longer_than_the_lease_is_asked_for_once),
		T(another_config_is_refused_and_named),
		T(who_joins_when_all_is_over_begins_nothing),
		T(the_pages_of_all_are_no_more_than_were_allowed),
		T(who_has_no_domain_says_so_once),
	};

	return RUN_TESTS(tests);
}
