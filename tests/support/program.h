#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/support/test.h"

/*
 * program: run crawl as a user does, and see what came of it.
 *
 * The program is $CRAWL, or `crawl` in the folder above that of the test program.  It runs in a
 * folder of the test's own, with an environment that holds no setting of the person who runs the
 * tests; it dies with the test.  Whatever cannot be done fails the running test.
 */

/* ---- the folder of a test ---- */

/* Set-up and teardown: a new folder, its contents gone afterwards, and no program left running. */
int folder_make(void **state);
int folder_remove(void **state);

/* The absolute path of a file there.  Good until the sixteenth call after this one. */
const char *in_folder(const char *name);

/* Make a file there.  Its absolute path, as above. */
const char *write_text(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *write_bytes(const char *name, const void *bytes, size_t size);

/* ---- a run ---- */

/* What is unusual about a run; zero is the usual. */
struct program_setup {
	const char *const *environment; /* "NAME=value", NULL at the end */
	const char *input;              /* of standard input, which is empty otherwise */
	size_t input_size;
	int input_fd;              /* standard input instead, if not 0; -1: it is closed */
	uint64_t file_bytes_max;   /* no file may grow larger: as a full disk */
	uint64_t memory_bytes_max; /* of address space */
	uint64_t descriptors_max;  /* as of ulimit -n */
	bool ignores_hangup;       /* as below nohup */
	bool is_bound_by_modes;    /* the modes of files hold, for root too */
	int terminal;              /* a descriptor that it writes to, or 0: to files */
	int output_fd;             /* standard output alone, if not 0 */
	const char
		*hidden_folder; /* which is empty for it; wants root, and 126 is its code if not */
	int missing_calls[2];   /* system calls that are as on a kernel without them; 0: none */
};

struct program {
	pid_t pid;   /* 0 when it has ended */
	int code;    /* exit code, or -signal */
	char *out;   /* standard output, with a NUL behind it */
	char *error; /* standard error, likewise */
	size_t out_size, error_size;
	unsigned number;
};

/*
 * Start the program with these arguments (NULL at the end) and go on.  Stays the harness's, and
 * good until the end of the test.
 */
struct program *program_start(const struct program_setup *setup, const char *const arguments[]);

/* Wait for its end, collect what it wrote.  Returns its code; one that takes too long is a fault.
 */
int program_wait(struct program *program);

struct program *program_run(const struct program_setup *setup, const char *const arguments[]);

#define START(...) \
	program_start(&(struct program_setup){ 0 }, (const char *const[]){ __VA_ARGS__, NULL })
#define RUN(...) \
	program_run(&(struct program_setup){ 0 }, (const char *const[]){ __VA_ARGS__, NULL })
#define RUN_WITH(setup, ...) program_run(setup, (const char *const[]){ __VA_ARGS__, NULL })

/* What it wrote to standard error until now.  Good until the next call. */
const char *program_errors(const struct program *program);

/* The processes that it started and that still run: their number; the first of them in pids. */
size_t program_children(const struct program *program, pid_t pids[], size_t most);

/* Is there such a process, and does it still run?  (One that only waits to be reaped does not.) */
bool process_runs(pid_t pid);

/* Does it wait for something?  One that was woken, but had no turn yet, does not. */
bool process_sleeps(pid_t pid);

/* ---- waiting ---- */

#define WAIT_SECONDS_MAX (30 * SLOWNESS)

/* Wait until a condition holds, as long as a program may run.  Returns whether it does. */
#define WAIT_UNTIL(condition) WAIT_UNTIL_MS(condition, WAIT_SECONDS_MAX * 1000)
#define WAIT_UNTIL_MS(condition, limit_ms)                                   \
	({                                                                   \
		int64_t end_ms_ = test_clock_ms() + (limit_ms);              \
		bool holds_;                                                 \
		while (!(holds_ = (condition)) && test_clock_ms() < end_ms_) \
			test_pause();                                        \
		holds_;                                                      \
	})

int64_t test_clock_ms(void);
void test_pause(void); /* between two looks at a condition */

/* ---- what the program said ---- */

#define assert_says(text, wanted)        _assert_says(text, wanted, __FILE__, __LINE__)
#define assert_silent_on(text, unwanted) _assert_silent_on(text, unwanted, __FILE__, __LINE__)
#define assert_code(program, wanted)     _assert_code(program, wanted, __FILE__, __LINE__)

/* Like cmocka's own: fail with both texts shown. */
void _assert_says(const char *text, const char *wanted, const char *file, int line);
void _assert_silent_on(const char *text, const char *unwanted, const char *file, int line);
void _assert_code(const struct program *program, int wanted, const char *file, int line);

size_t count_lines(const char *text);
size_t count_times(const char *text, const char *what);

#endif
