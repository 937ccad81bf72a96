#include "tests/support/test.h"

#include "tests/support/nodes.h"

/*
 * The program from end to end, on the site's web of many hosts: rows, keys and redirects go over
 * hosts, and whoever crawls it, however often he is killed, has the same in the end.
 */
static const struct nodes_web usual = {
	.hosts = 10,
	.pages = 20,
	.delay_ms = 200,
	.concurrency = 2,
};

static void a_web_has_one_result_whoever_comes_first(void **state)
{
	struct program *run;
	char *quick, *polite;

	(void)state;
	nodes_serve(&usual);
	nodes_begin_alone();
	run = nodes_start("crawl.db");
	program_wait(run);
	assert_code(run, 1); /* there are 404s */
	quick = nodes_end_alone();
	polite = nodes_result(ask_in, in_folder("crawl.db"));
	nodes_assert_same(polite, quick);
	nodes_assert_polite();
	free(polite);
	free(quick);
}

#define T(test) cmocka_unit_test_setup_teardown(test, folder_make, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_web_has_one_result_whoever_comes_first),
	};

	return RUN_TESTS(tests);
}
