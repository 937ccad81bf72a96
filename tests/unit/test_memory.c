/*
 * memory: out of memory ends the process, as a handler says or with abort(); and scratch, whose
 * pieces are given back together.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"
#include "tests/support/program.h"

#define NEVER_THERE (SIZE_MAX / 4) /* bytes that no machine has */

static void exit_with_7(void)
{
	_exit(7);
}

/* How a child ends that does this: an exit code, or -signal. */
static int end_of(void (*function)(void), void (*handler)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		memory_set_handler(handler);
		function();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void new_too_much(void)
{
	memory_new(2, NEVER_THERE);
}

static void resize_too_much(void)
{
	memory_resize(NULL, NEVER_THERE);
}

static void take_too_much(void)
{
	struct scratch scratch = { 0 };

	scratch_take(&scratch, NEVER_THERE);
}

static void out_of_memory_ends_the_process_in_one_way(void **state)
{
	static void (*const functions[])(void) = { new_too_much, resize_too_much, take_too_much,
						   memory_fail };

	(void)state;
	if (SLOWNESS > 1)
		skip(); /* the sanitizer ends the process in a way of its own */
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		assert_int_equal(end_of(functions[i], exit_with_7), 7);
		assert_int_equal(end_of(functions[i], NULL), -SIGABRT);
	}
}

static void nothing_is_something_that_can_be_freed(void **state)
{
	char *text = memory_text("a\0b", 3);

	(void)state;
	assert_memory_equal(text, "a\0b", 4);
	free(text);
	free(memory_new(0, 8));
	free(memory_resize(NULL, 0));
	free(memory_text(NULL, 0));
}

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
	struct scratch scratch = { 0 };
	char *pieces[2000];
	size_t sizes[2000];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 2000; i++) {
			sizes[i] = i * 37 % 300 + (i % 500 == 0) * 100000;
			pieces[i] = i % 2 ? scratch_take(&scratch, sizes[i])
					  : scratch_zero(&scratch, sizes[i], 1);
			assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
			for (size_t at = 0; i % 2 == 0 && at < sizes[i]; at++)
				assert_int_equal(pieces[i][at], 0);
			if (sizes[i] > 0)
				memset(pieces[i], (int)(i & 0x3F) + 1, sizes[i]);
		}
		for (size_t i = 0; i < 2000; i++)
			for (size_t at = 0; at < sizes[i]; at++)
				assert_int_equal(pieces[i][at], (i & 0x3F) + 1);
		scratch_reset(&scratch);
		assert_int_equal(scratch.used, 0);
	}
	scratch_free(&scratch);
	assert_null(scratch.newest);
}

static void the_end_of_the_last_piece_can_be_given_back(void **state)
{
	struct scratch scratch = { 0 };
	char *first = scratch_take(&scratch, 1000), *second;

	(void)state;
	scratch_shrink(&scratch, 1000, 16);
	second = scratch_take(&scratch, 16);
	assert_ptr_equal(second, first + 16);
	assert_int_equal(scratch.used, 32);
	assert_string_equal(scratch_copy(&scratch, (struct slice){ "abcd", 3 }).at, "abc");
	assert_string_equal(scratch_copy(&scratch, (struct slice){ NULL, 0 }).at, "");
	scratch_free(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_memory_ends_the_process_in_one_way),
		cmocka_unit_test(nothing_is_something_that_can_be_freed),
		cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
		cmocka_unit_test(the_end_of_the_last_piece_can_be_given_back),
	};

	return RUN_TESTS(tests);
}
