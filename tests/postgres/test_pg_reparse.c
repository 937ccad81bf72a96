#include "tests/support/test.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/nodes_server.h"

/*
 * Pages that are parsed again by several processes, into one PostgreSQL database: what comes of it
 * is what one makes of a copy in a file, and each page is parsed once.
 */
#define T(test) cmocka_unit_test_setup_teardown(test, nodes_server_begin, nodes_server_end)

static const char *const no_robots[] = { "--set", "robots=false", NULL };
/* More than whoever comes first may have under way at once: the rest is for who comes later. */
static const struct nodes_web web = { .options = no_robots,
				      .hosts = 12,
				      .pages = 120,
				      .concurrency = 8,
				      .environment = nodes_short_lease };

/* One pattern has another field, one another meaning, one is new, and one stays. */
static const char other_patterns[] =
	"patterns:\n"
	"  - name: things\n"
	"    pattern: '<li class=\"shared\" id=\"(?<id>\\d+)\">(?<name>(?<first>[^<])[^<]*)'\n"
	"    fields: {id: {type: integer}}\n"
	"    key: [id]\n"
	"  - name: own\n"
	"    pattern: '<li class=\"own\" id=\"(?<id>[^\"]*[02468])\">(?<host>\\d+)'\n"
	"    fields: {id: {}, host: {type: integer}}\n"
	"  - name: titled\n"
	"    fields: {title: {pattern: '<title>(.*?)</title>'}}\n"
	"  - name: links\n"
	"    pattern: '<a href=\"(?<to>[^\"]*)\"'\n";

/* What a page was made of is written down, and each batch takes a while. */
static const char watching[] =
	"CREATE TABLE public.parsed (url_id bigint);"
	"CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS"
	" 'BEGIN INSERT INTO public.parsed VALUES (NEW.url_id); RETURN NULL; END';"
	"CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS"
	" 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';"
	"CREATE TRIGGER note AFTER UPDATE ON results FOR EACH ROW EXECUTE FUNCTION public.note();"
	"CREATE TRIGGER wait AFTER UPDATE ON results FOR EACH STATEMENT EXECUTE FUNCTION "
	"public.wait()";

/* Into the server, and a copy into "crawl.db". */
static void crawl_the_web(void)
{
	struct program *node;

	nodes_serve(&web);
	node = nodes_start(nodes_uri());
	program_wait(node);
	assert_code(node, nodes_code());
	assert_code(RUN("copy", nodes_uri(), "crawl.db"), 0);
	write_text("other.yaml", "%s", other_patterns);
	nodes_tell_server(watching);
}

static struct program *start_reparse(const char *config, const char *pattern)
{
	const struct program_setup setup = { .environment = nodes_short_lease };

	return program_start(&setup, (const char *const[]){ "reparse", "-c", config, "-o",
							    nodes_uri(), pattern, NULL });
}

static const char *const same[] = {
	"SELECT id, name, first FROM things ORDER BY 1, 2",
	"SELECT page_url, n, id, host FROM own ORDER BY 1, 2",
	"SELECT page_url, n, title FROM titled ORDER BY 1, 2",
	"SELECT page_url, n, \"to\" FROM links ORDER BY 1, 2",
	"SELECT url, state, outcome, error, unmatched, config_hash FROM urls JOIN results ON"
	" url_id = id WHERE read_at IS NOT NULL ORDER BY 1",
};

/* One alone goes by the order of visits, of whatever shares. */
static const char owners[] = "SELECT page_url, n, id FROM things ORDER BY 1, 2";

static void assert_same(const char *sql)
{
	char *wanted = strdup(ask_in(in_folder("crawl.db"), sql));

	assert_non_null(wanted);
	assert_true(wanted[0] != '\0');
	nodes_assert_same(nodes_ask_server(NULL, sql), wanted);
	free(wanted);
}

static void assert_as_in_a_file(void)
{
	assert_code(RUN("reparse", "-c", "other.yaml", "-o", "crawl.db"), 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_same(same[i]);
}

static void assert_each_page_once(void)
{
	assert_int_equal(
		nodes_number("SELECT count(*) - count(DISTINCT url_id) FROM public.parsed"), 0);
	assert_int_equal(nodes_number("SELECT count(*) FROM bodies WHERE url_id NOT IN"
				      " (SELECT url_id FROM public.parsed)"),
			 0);
}

/* All is as one makes it in a file, and nobody has done what another did. */
static void assert_done_once(void)
{
	assert_as_in_a_file();
	assert_each_page_once();
}

static void assert_nobody_is_left(void)
{
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_nodes"), 0);
}

/* So many have begun, and are not done. */
#define PARSES_OF_SOME_NODES(count)                                                             \
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(DISTINCT p.node) FROM crawl_parses p" \
					    " WHERE p.done > 0 AND EXISTS (SELECT FROM"         \
					    "  crawl_parses o WHERE o.node = p.node"            \
					    "  AND NOT o.is_all)") == (count)))

/* So many at once: nobody reads a page before all are there. */
static void begin_together(struct program *nodes[], unsigned count)
{
	PGconn *holder;

	crawl_the_web();
	holder = nodes_lock("bodies");
	for (unsigned i = 0; i < count; i++)
		nodes[i] = start_reparse("other.yaml", NULL);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == (long)count));
	PQfinish(holder);
}

/* Two, and each has done something, and not all. */
static void begin_two(struct program *nodes[2])
{
	begin_together(nodes, 2);
	PARSES_OF_SOME_NODES(2);
}

static void one_makes_what_a_file_has(void **state)
{
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	crawl_the_web();
	node = start_reparse("other.yaml", NULL);
	program_wait(node);
	assert_code(node, 0);
	assert_as_in_a_file();
	assert_same(owners);
	assert_each_page_once();
	assert_nobody_is_left();
	node = start_reparse("other.yaml", NULL);
	program_wait(node);
	assert_code(node, 0);
	assert_says(node->error, "nothing to do");
}

static void three_make_what_one_makes(void **state)
{
	struct program *nodes[3];

	(void)state;
	NODES_NEED_SERVER();
	begin_together(nodes, 3);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(DISTINCT node) FROM crawl_parses") == 3));
	for (int i = 0; i < 3; i++) {
		program_wait(nodes[i]);
		assert_code(nodes[i], 0);
	}
	assert_done_once();
	assert_nobody_is_left();
}

static void what_one_that_dies_had_left_is_done_by_others(void **state)
{
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	begin_two(nodes);
	kill(nodes[0]->pid, SIGKILL);
	program_wait(nodes[0]);
	assert_code(nodes[0], -SIGKILL);
	program_wait(nodes[1]);
	assert_code(nodes[1], 0);
	assert_done_once();
}

/* Its lease is over: what it had not committed is refused, and others have done it. */
static void one_that_was_stopped_writes_nothing_more(void **state)
{
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	begin_two(nodes);
	kill(nodes[0]->pid, SIGSTOP);
	program_wait(nodes[1]);
	assert_code(nodes[1], 0);
	kill(nodes[0]->pid, SIGCONT);
	if (program_wait(nodes[0]) != 0) { /* it may have had nothing in hand */
		assert_code(nodes[0], 3);
		assert_says(nodes[0]->error, "took this process for dead");
	}
	assert_done_once();
}

/* Interrupted, it leaves; the same command goes on. */
static void one_that_is_interrupted_leaves_the_rest(void **state)
{
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	begin_two(nodes);
	kill(nodes[0]->pid, SIGINT);
	program_wait(nodes[0]);
	assert_code(nodes[0], 130);
	assert_says(nodes[0]->error, "the same command goes on");
	program_wait(nodes[1]);
	assert_code(nodes[1], 0);
	assert_done_once();
	assert_nobody_is_left();
}

/* What it had not said to be committed is looked for, or written again. */
static void a_server_that_crashes_is_waited_for(void **state)
{
	struct program *nodes[2];

	(void)state;
	NODES_NEED_SERVER();
	begin_two(nodes);
	postgres_server_kill(&nodes_server);
	assert_int_equal(postgres_server_start_again(&nodes_server, NULL), 0);
	for (int i = 0; i < 2; i++) {
		program_wait(nodes[i]);
		assert_code(nodes[i], 0);
	}
	assert_done_once();
	assert_nobody_is_left();
}

static void who_would_do_something_else_meanwhile_is_refused(void **state)
{
	struct program *node, *other;
	PGconn *holder;

	(void)state;
	NODES_NEED_SERVER();
	crawl_the_web();
	node = start_reparse("other.yaml", NULL);
	PARSES_OF_SOME_NODES(1);
	holder = nodes_lock("bodies"); /* and it is not done until it may go on */
	other = nodes_start(nodes_uri());
	program_wait(other);
	assert_code(other, 3);
	assert_says(other->error, "is in use by");
	other = start_reparse("web.yaml", "own");
	program_wait(other);
	assert_code(other, 3);
	assert_says(other->error, "with other patterns");
	other = RUN("forget", "list", "-o", nodes_uri(), "--yes");
	assert_true(other->code > 1);
	PQfinish(holder);
	program_wait(node);
	assert_code(node, 0);
	assert_as_in_a_file();
}

static void who_comes_while_it_is_crawled_is_refused(void **state)
{
	const struct nodes_web slow = { .hosts = 4,
					.pages = 50,
					.delay_ms = 200,
					.concurrency = 1,
					.environment = nodes_short_lease };
	struct program *node, *other;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&slow);
	write_text("other.yaml", "%s", other_patterns);
	node = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(4);
	other = start_reparse("other.yaml", NULL);
	program_wait(other);
	assert_code(other, 3);
	assert_says(other->error, "is in use by");
	kill(node->pid, SIGINT);
	program_wait(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_makes_what_a_file_has),
		T(three_make_what_one_makes),
		T(what_one_that_dies_had_left_is_done_by_others),
		T(one_that_was_stopped_writes_nothing_more),
		T(one_that_is_interrupted_leaves_the_rest),
		T(a_server_that_crashes_is_waited_for),
		T(who_would_do_something_else_meanwhile_is_refused),
		T(who_comes_while_it_is_crawled_is_refused),
	};

	return RUN_TESTS(tests);
}
