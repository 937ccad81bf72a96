#ifndef POOL_FIXTURE_H
#define POOL_FIXTURE_H

#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "crawler/base/clock.h"
#include "crawler/pool/apply.h"
#include "crawler/pool/channel.h"

/*
 * pool_fixture: what the tests of the pool stand on.
 *
 * Workers speak to a test through their replies and through `shared`; a worker that must be held
 * up waits at the gate, a pipe, until the test lets it through.  Include it once, in the file
 * with main().
 */

#define COUNT(array)   (sizeof(array) / sizeof(*(array)))
#define PATIENCE_MS    20000 /* no wait in a healthy run comes near it */
#define MEGABYTE       (1024 * 1024)
#define NOTHING        ((struct slice){ 0 })
#define EXITS_KEPT     64
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, nothing_is_left)

/* What the workers and the test both see. */
static struct shared {
	atomic_uint starts;
	atomic_uint at_gate;
	atomic_uint answered, beats;
	atomic_uint inside, inside_max;
	atomic_uint eaten[64];
	atomic_uint order;
	unsigned mail_order[16];
} * shared;

static int gate[2] = { -1, -1 };
static int fds_before;

/* ---- what every test stands on ---- */

static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static inline int set_up(void **state)
{
	(void)state;
	fds_before = count_fds();
	memset(shared, 0, sizeof(*shared));
	return pipe(gate);
}

/* After every test: no zombie, no other child, and no descriptor more than before. */
static inline int nothing_is_left(void **state)
{
	(void)state;
	close(gate[0]);
	close(gate[1]);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_fds(), fds_before);
	return 0;
}

static inline struct pool *start(struct pool_options options)
{
	struct pool *pool;

	options.keep_fds = options.keep_fds ? options.keep_fds : &gate[0];
	options.keep_fd_count = options.keep_fd_count ? options.keep_fd_count : 1;
	pool = pool_new(&options);
	assert_non_null(pool);
	return pool;
}

/* The good end of a pool: everything done, every worker gone by itself. */
static inline void finish(struct pool *pool)
{
	pool_close(pool);
	assert_int_equal(pool_join(pool, PATIENCE_MS), 0);
	assert_int_equal(pool_outstanding(pool), 0);
	pool_free(pool);
}

static inline void turn_until_done(struct pool *pool)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (pool_outstanding(pool) > 0) {
		assert_true(clock_ms() < end);
		pool_turn(pool, 100);
	}
}

/* In a worker: wait to be let through.  In the test: let so many through. */
static inline void wait_at_gate(void)
{
	char byte;

	atomic_fetch_add(&shared->at_gate, 1);
	if (read(gate[0], &byte, 1) != 1)
		_exit(99);
}

static inline void open_gate(size_t guests)
{
	while (guests-- > 0)
		assert_int_equal(write(gate[1], "", 1), 1);
}

static inline void turn_until_at_gate(struct pool *pool, unsigned count)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (atomic_load(&shared->at_gate) < count) {
		assert_true(clock_ms() < end);
		pool_turn(pool, 1);
	}
}

/* In which the pool has no turn: it counts no time. */
static inline void wait_until(const atomic_uint *counter, unsigned count)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (atomic_load(counter) < count) {
		assert_true(clock_ms() < end);
		poll(NULL, 0, 1);
	}
}

static inline struct slice int_slice(const int *number)
{
	return (struct slice){ (const char *)number, sizeof(*number) };
}

static inline int to_int(struct slice bytes)
{
	int number;

	if (bytes.size != sizeof(number))
		return -1;
	memcpy(&number, bytes.at, sizeof(number));
	return number;
}

/* Does the process end?  Also when it is not our child. */
static inline bool ends(int pidfd)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };

	return poll(&wait, 1, PATIENCE_MS) == 1;
}

/* What callbacks saw. */
struct tally {
	unsigned calls, done, failed, died, cancelled, suspects;
	int code;
};

static inline void count_value(void *user, const struct pool_value *value)
{
	struct tally *tally = user;

	tally->calls++;
	tally->done += value->status == POOL_DONE;
	tally->failed += value->status == POOL_FAILED;
	tally->died += value->status == POOL_DIED;
	tally->cancelled += value->status == POOL_CANCELLED;
	tally->suspects += value->is_suspect;
	tally->code = value->code;
}

/* What on_exit saw. */
struct exits {
	unsigned count, planned, late;
	struct pool_exit last;
	char name[32];
	pid_t pids[EXITS_KEPT];
};

static inline void count_exit(void *context, const struct pool_exit *end)
{
	struct exits *exits = context;

	exits->pids[exits->count++ % EXITS_KEPT] = end->pid;
	exits->planned += end->is_planned;
	exits->late += end->is_late;
	exits->last = *end;
	snprintf(exits->name, sizeof(exits->name), "%s", end->name);
}

static inline void turn_until_calls(struct pool *pool, const struct tally *tally, unsigned calls)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (tally->calls < calls) {
		assert_true(clock_ms() < end);
		pool_turn(pool, 100);
	}
}

static inline void send_async(struct pool *pool, pool_function *function, int number,
			      struct tally *tally)
{
	struct pool_result *result =
		pool_apply_async(pool, function, int_slice(&number), count_value, tally);

	assert_non_null(result);
	pool_result_free(result);
}

/* ---- functions for blocking workers ---- */

static inline int do_nothing(struct slice argument, struct pool_reply *reply)
{
	(void)argument;
	(void)reply;
	return 0;
}

static inline int square(struct slice argument, struct pool_reply *reply)
{
	int number = to_int(argument);

	number *= number;
	pool_reply_write(reply, &number, sizeof(number));
	return 0;
}

static inline int tell_pid(struct slice argument, struct pool_reply *reply)
{
	int pid = getpid();

	(void)argument;
	pool_reply_write(reply, &pid, sizeof(pid));
	return 0;
}

static inline int pass_gate(struct slice argument, struct pool_reply *reply)
{
	wait_at_gate();
	pool_reply_write(reply, argument.at, argument.size);
	return 0;
}

static inline _Noreturn void hang(void)
{
	for (;;)
		pause();
}

static inline int sleep_for_ever(struct slice argument, struct pool_reply *reply)
{
	(void)argument;
	(void)reply;
	atomic_fetch_add(&shared->at_gate, 1);
	hang();
}

static inline int say_back(struct slice argument, struct pool_reply *reply)
{
	pool_reply_write(reply, argument.at, argument.size);
	return 0;
}

static inline int end_in_some_way(struct slice argument, struct pool_reply *reply)
{
	struct rlimit no_core = { 0, 0 };
	int way = to_int(argument);

	(void)reply;
	setrlimit(RLIMIT_CORE, &no_core);
	if (way >= 0)
		_exit(way);
	signal(-way, SIG_DFL);
	raise(-way);
	return 0;
}

static inline int reply_bytes(struct slice argument, struct pool_reply *reply)
{
	static char bytes[64 * 1024];

	for (int left = to_int(argument); left > 0; left -= (int)sizeof(bytes))
		pool_reply_write(reply, bytes,
				 left < (int)sizeof(bytes) ? (size_t)left : sizeof(bytes));
	return 0;
}

/* ---- loops for event-driven workers ---- */

typedef void on_job(struct pool_worker *worker, const struct pool_job *job);

/* Serve as the crawler does: take what came, answer it, until STOP. */
static inline int serve_each(struct pool_worker *worker, on_job *handle)
{
	struct pool_job job;

	for (;;) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		while (pool_worker_next(worker, &job))
			handle(worker, &job);
		if (pool_worker_flush(worker) < 0)
			return EXIT_FAILURE;
		if (pool_worker_has_unsent(worker))
			wait.events |= POLLOUT;
		else if (pool_worker_is_stopping(worker))
			return EXIT_SUCCESS;
		poll(&wait, 1, -1);
		if (pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
	}
}

static inline void echo_job(struct pool_worker *worker, const struct pool_job *job)
{
	pool_worker_reply(worker, job, 0, job->payload, NOTHING);
}

static inline int echo_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, echo_job);
}

/* Its answer has left when it is counted. */
static inline void echo_and_count(struct pool_worker *worker, const struct pool_job *job)
{
	echo_job(worker, job);
	if (pool_worker_flush(worker) < 0 || pool_worker_has_unsent(worker))
		_exit(EXIT_FAILURE);
	atomic_fetch_add(&shared->answered, 1);
}

static inline int counting_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, echo_and_count);
}

/* Collect count jobs without answering them. */
static inline void collect(struct pool_worker *worker, struct pool_job jobs[], size_t count)
{
	size_t got = 0;

	while (got < count) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		poll(&wait, 1, -1);
		if (pool_worker_receive(worker) < 0)
			_exit(EXIT_FAILURE);
		while (got < count && pool_worker_next(worker, &jobs[got]))
			got++;
	}
}

static inline int deaf_serve(struct pool_worker *worker, void *context)
{
	(void)worker;
	(void)context;
	hang();
}

/* Run a table of tests as main's result. */
#define RUN_POOL_TESTS(tests) (map_shared() < 0 ? EXIT_FAILURE : RUN_TESTS(tests))

static inline int map_shared(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return shared == MAP_FAILED ? -1 : 0;
}

#endif
