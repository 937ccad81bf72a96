#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"
#include "tests/support/tls_stand_in.h"

/* The program from end to end: no worker, and nothing that is done to one, stops the run. */

#define PAGES 60

static struct tls_stand_in tls;

static int begin(void **state)
{
	return scenario_begin(state);
}

static int end(void **state)
{
	tls_stop(&tls);
	return scenario_end(state);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* The longest time between the begins of two requests for pages of the site. */
static int64_t longest_gap_ms(void)
{
	struct requests requests = site_requests();
	int64_t longest = 0;

	for (size_t i = 1; i < requests.count; i++) {
		int64_t gap = requests.list[i].arrived_ms - requests.list[i - 1].arrived_ms;

		longest = gap > longest ? gap : longest;
	}
	return longest;
}

/* libcurl would read them for a minute, whatever the time-out is; others wait for the worker. */
static void frames_without_end_hold_up_no_other_page(void **state)
{
	char list[100], authority[200];
	FILE *file;

	(void)state;
	if (!tls_is_possible()) {
		print_message("skipped: it wants openssl\n");
		skip();
	}
	assert_int_equal(tls_make_certificates(), 0);
	assert_int_equal(tls_start_flood(&tls), 0);
	snprintf(list, sizeof(list), "%s", write_list("list", "/page/%d", 0, PAGES));
	file = fopen(list, "a");
	assert_non_null(file);
	fprintf(file, "%s/flood\n", tls.origin);
	fclose(file);
	snprintf(authority, sizeof(authority), "ca_file=%s", in_folder("ca.pem"));
	assert_code(RUN("list", "-j", "1", "--delay", "50ms", "--concurrency", "2", "--set",
			"timeout=2s", "--set", "retries=0", "--set", "robots=false", "--set",
			authority, "-q"),
		    1);
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome = 'ok'"), "60");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome IN"
				" ('truncated', 'timeout', 'too_large')"),
			    "1");
	assert_string_equal(ask("SELECT tries FROM pages WHERE outcome <> 'ok'"), "1");
	assert_in_range(longest_gap_ms(), 1, 2500 * SLOWNESS);
}

/* All of them at once, while the list is still read. */
static void workers_that_are_shot_before_they_work_do_not_end_the_run(void **state)
{
	enum { WORKERS = 4 };
	struct program *run;
	pid_t workers[WORKERS];
	int input[2];

	(void)state;
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	dprintf(input[1], "%s\n", url("/page/1"));
	run = program_start(&(struct program_setup){ .input_fd = input[0] },
			    (const char *const[]){ "-", "-j", "4", "--delay", "0", NULL });
	close(input[0]);
	assert_true(WAIT_UNTIL(program_children(run, workers, WORKERS) == WORKERS));
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_true(WAIT_UNTIL(process_sleeps(workers[i])));
		kill(workers[i], SIGKILL);
	}
	dprintf(input[1], "%s\n", url("/page/2"));
	close(input[1]);
	program_wait(run);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages"), "ok|2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(frames_without_end_hold_up_no_other_page),
		T(workers_that_are_shot_before_they_work_do_not_end_the_run),
	};

	return RUN_TESTS(tests);
}
