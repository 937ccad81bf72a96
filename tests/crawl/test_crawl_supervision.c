#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/* The program from end to end: no worker, and nothing that is done to one, stops the run. */

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
		cmocka_unit_test_setup_teardown(
			workers_that_are_shot_before_they_work_do_not_end_the_run, scenario_begin,
			scenario_end),
	};

	return RUN_TESTS(tests);
}
