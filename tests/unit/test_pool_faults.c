#include "tests/support/pool_fixture.h"

#include <sys/socket.h>

/*
 * What the pool does when workers fail to start, fall silent, lie or die: no job is lost, none
 * comes back twice, nothing hangs.
 */

#define SILENCE_MS 1000 /* a worker that is well says something far sooner, on any machine */

/* A job says what becomes of it: "kill", "mute", "wait" at the gate; or it is answered. */
static int told_serve(struct pool_worker *worker, void *context)
{
	struct pool_job job;

	(void)context;
	pool_worker_busy_with(worker, NULL);
	atomic_fetch_add(&shared->starts, 1);
	for (;;) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		while (pool_worker_next(worker, &job)) {
			char what = *(const char *)job.payload.at;

			if (what == 'k')
				return 7;
			if (what == 'w')
				wait_at_gate();
			if (what != 'm')
				pool_worker_reply(worker, &job, 0, NOTHING, NOTHING);
		}
		if (pool_worker_flush(worker) < 0 || pool_worker_is_stopping(worker))
			return 0;
		poll(&wait, 1, 10);
		pool_worker_beat(worker);
		if (pool_worker_receive(worker) < 0)
			return 1;
	}
}

/* Have each of the workers begin and answer, however long that takes. */
static void wake_up(struct pool *pool, unsigned workers)
{
	struct tally tally = { 0 };

	for (unsigned i = 0; i < workers; i++)
		send_async(pool, pass_gate, 0, &tally);
	pool_turn(pool, 0);
	wait_until(&shared->at_gate, workers);
	open_gate(workers);
	turn_until_done(pool);
	assert_int_equal(tally.done, workers);
}

/* ---- initializer, replacement, heartbeat ---- */

static unsigned initialized_as = 99;

static int initialize(void *context, unsigned worker)
{
	atomic_fetch_add(&shared->starts, 1);
	initialized_as = worker;
	return *(int *)context;
}

static int tell_initialized(struct slice argument, struct pool_reply *reply)
{
	(void)argument;
	pool_reply_write(reply, &initialized_as, sizeof(initialized_as));
	return 0;
}

static void keep_worker(void *user, const struct pool_value *value)
{
	if (to_int(value->bytes) == (int)value->worker)
		++*(unsigned *)user;
}

static void the_initializer_runs_once_in_each_worker(void **state)
{
	int code = 0;
	struct pool *pool = start(
		(struct pool_options){ .workers = 3, .initializer = initialize, .context = &code });
	unsigned right = 0;

	(void)state;
	for (int i = 0; i < 30; i++)
		pool_result_free(
			pool_apply_async(pool, tell_initialized, NOTHING, keep_worker, &right));
	finish(pool);
	assert_int_equal(right, 30);
	assert_int_equal(atomic_load(&shared->starts), 3);
	assert_int_equal(initialized_as, 99);
}

static void an_initializer_that_fails_breaks_the_pool_but_hangs_nothing(void **state)
{
	int code = 5;
	struct pool *pool = start((struct pool_options){
		.workers = 2, .window = 2, .initializer = initialize, .context = &code });
	struct tally tally = { 0 };
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 20; i++)
		send_async(pool, do_nothing, i, &tally);
	turn_until_done(pool);
	assert_true(pool_is_broken(pool));
	assert_int_equal(tally.calls, 20);
	assert_int_equal(tally.done + tally.failed, 0);
	assert_true(tally.cancelled >= 20 - 2 * (POOL_STARTS_MAX + 1));
	assert_int_equal(tally.suspects, 0); /* no job had begun */
	assert_in_range(atomic_load(&shared->starts), POOL_STARTS_MAX, POOL_STARTS_MAX + 1);
	assert_int_equal(pool_worker_info(pool, 0).exit_code, 5);

	assert_null(pool_apply_async(pool, do_nothing, NOTHING, NULL, NULL));
	assert_int_equal(pool_apply(pool, do_nothing, NOTHING, &value), POOL_CANCELLED);
	finish(pool);
}

static int leave_at_once(struct pool_worker *worker, void *context)
{
	(void)worker;
	(void)context;
	atomic_fetch_add(&shared->starts, 1);
	return 0;
}

/* Not a storm of forks, for as long as nobody gives them work. */
static void workers_that_leave_unasked_break_the_pool(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .serve = leave_at_once });
	int64_t begun_ms = clock_ms();
	unsigned seconds;

	(void)state;
	while (!pool_is_broken(pool)) {
		assert_true(clock_ms() - begun_ms < PATIENCE_MS);
		pool_turn(pool, POOL_FOR_EVER);
	}
	/* Who takes a second to leave was started, and the count begins anew. */
	seconds = (unsigned)(clock_ms() - begun_ms) / 1000;
	assert_in_range(atomic_load(&shared->starts), POOL_STARTS_MAX,
			POOL_STARTS_MAX * (1 + seconds));
	assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, NULL, NULL), -1);
	finish(pool);
}

/* A worker that cannot be forked is tried again: other workers go on meanwhile. */
static void a_fork_that_fails_is_tried_again(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 2 });
	struct rlimit old, none = { 0, 0 };
	struct pool_value value;

	(void)state;
	wake_up(pool, 2); /* who has answered is replaced at once */
	getrlimit(RLIMIT_NOFILE, &old);
	none.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	pool_apply(pool, end_in_some_way, int_slice(&(int){ 1 }), &value);
	assert_int_equal(pool_apply(pool, do_nothing, NOTHING, &value), POOL_DONE);
	assert_int_equal(pool_worker_info(pool, 0).is_alive + pool_worker_info(pool, 1).is_alive,
			 1);
	setrlimit(RLIMIT_NOFILE, &old);
	while (!pool_worker_info(pool, 0).is_alive || !pool_worker_info(pool, 1).is_alive)
		pool_turn(pool, POOL_FOR_EVER);
	assert_false(pool_is_broken(pool));
	finish(pool);
}

/* Each process ends when it is given a job. */
static int dying_at_once_serve(struct pool_worker *worker, void *context)
{
	struct pool_job job;

	(void)context;
	atomic_fetch_add(&shared->starts, 1);
	pool_worker_busy_with(worker, NULL);
	while (!pool_worker_next(worker, &job)) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		poll(&wait, 1, 100);
		pool_worker_beat(worker);
		if (pool_worker_is_stopping(worker) || pool_worker_receive(worker) < 0)
			return 0;
	}
	return 7;
}

/* 100, 200, 400 ms: no storm of forks, and nothing is broken. */
static void starts_slow_down_while_workers_end_in_vain(void **state)
{
	struct pool *pool = start(
		(struct pool_options){ .workers = 1, .window = 2, .serve = dying_at_once_serve });
	struct tally tally = { 0 };
	int64_t begun_ms = clock_ms();

	(void)state;
	while (atomic_load(&shared->starts) < 4) {
		assert_true(clock_ms() - begun_ms < PATIENCE_MS);
		if (pool_room(pool, 0) > 0)
			pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tally);
		pool_turn(pool, 10);
	}
	assert_true(clock_ms() - begun_ms >= 100 + 200 + 400);
	assert_true(tally.died >= 3);
	assert_int_equal(tally.suspects, tally.died); /* nobody was named: any may be to blame */
	assert_false(pool_is_broken(pool));
	finish(pool);
}

/* That it had nothing to do yet is not its fault. */
static void a_ready_worker_that_is_shot_is_no_failed_start(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .serve = told_serve });
	unsigned starts = 1;
	struct tally tally = { 0 };

	(void)state;
	for (; starts <= POOL_STARTS_MAX + 1; starts++) {
		int64_t end = clock_ms() + PATIENCE_MS;

		wait_until(&shared->starts, starts); /* the pool is not told */
		kill(pool_worker_info(pool, 0).pid, SIGKILL);
		while (pool_worker_info(pool, 0).starts == starts) {
			assert_true(clock_ms() < end);
			pool_turn(pool, 10);
		}
	}
	assert_false(pool_is_broken(pool));
	assert_int_equal(pool_submit(pool, 0, SLICE("answer"), NOTHING, count_value, &tally), 0);
	turn_until_done(pool);
	assert_int_equal(tally.done, 1);
	finish(pool);
}

/* ---- a job that goes alone ---- */

static void a_job_that_goes_alone_is_alone(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 1, .window = 8, .serve = told_serve });
	struct tally before = { 0 }, alone = { 0 };

	(void)state;
	pool_submit(pool, 0, SLICE("wait"), NOTHING, count_value, &before);
	pool_submit(pool, 0, SLICE("wait"), NOTHING, count_value, &before);
	turn_until_at_gate(pool, 1);
	assert_int_equal(pool_submit_alone(pool, SLICE("kill"), NOTHING, count_value, &alone), 0);
	assert_int_equal(pool_outstanding(pool), 3);
	/* From now on there is room for no other, and another one cannot go alone. */
	assert_int_equal(pool_room(pool, 0), 0);
	assert_int_equal(pool_submit(pool, 0, SLICE("x"), NOTHING, count_value, &before), -1);
	assert_int_equal(pool_submit_alone(pool, SLICE("x"), NOTHING, count_value, &before), -1);
	open_gate(2);
	turn_until_done(pool);
	assert_int_equal(before.done, 2);
	assert_int_equal(alone.died, 1);
	assert_int_equal(alone.suspects, 1);
	assert_int_equal(alone.code, 7);
	while (pool_room(pool, 0) == 0)
		pool_turn(pool, 100);
	assert_int_equal(pool_room(pool, 0), 8);
	finish(pool);
}

static void a_job_that_waits_to_go_alone_comes_back_when_the_pool_ends(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 1, .window = 8, .serve = told_serve });
	struct tally tally = { 0 };

	(void)state;
	pool_submit(pool, 0, SLICE("wait"), NOTHING, count_value, &tally);
	turn_until_at_gate(pool, 1);
	assert_int_equal(pool_submit_alone(pool, SLICE("x"), NOTHING, count_value, &tally), 0);
	pool_terminate(pool);
	assert_int_equal(tally.calls, 2);
	assert_int_equal(tally.cancelled, 2);
	pool_free(pool);
}

/* A closed pool does it still. */
static void a_job_that_waits_to_go_alone_is_done_before_the_end(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 1, .window = 8, .serve = told_serve });
	struct tally tally = { 0 };

	(void)state;
	pool_submit(pool, 0, SLICE("kill"), NOTHING, count_value, &tally);
	assert_int_equal(pool_submit_alone(pool, SLICE("x"), NOTHING, count_value, &tally), 0);
	finish(pool);
	assert_int_equal(tally.died, 1);
	assert_int_equal(tally.done, 1);
}

static void a_worker_is_replaced_after_its_number_of_jobs(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 1,
							 .window = 8,
							 .jobs_per_worker = 5,
							 .on_exit = count_exit,
							 .context = &exits });
	struct pool_result *results[20];
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 20; i++)
		results[i] = pool_apply_async(pool, tell_pid, NOTHING, NULL, NULL);
	turn_until_done(pool);
	finish(pool);
	assert_int_equal(exits.count, exits.planned);
	assert_in_range(exits.count, 4, 5);
	for (int i = 0; i < 20; i++) {
		pool_result_get(results[i], 0, &value);
		assert_int_equal(value.status, POOL_DONE);
		assert_int_equal(to_int(value.bytes), exits.pids[i / 5]);
		pool_result_free(results[i]);
	}
}

static void a_silent_worker_is_killed_and_its_job_comes_back(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){
		.workers = 2, .silence_ms = SILENCE_MS, .on_exit = count_exit, .context = &exits });
	struct tally silent = { 0 }, others = { 0 };
	int64_t begin;

	(void)state;
	wake_up(pool, 2);
	begin = clock_ms();
	send_async(pool, sleep_for_ever, 0, &silent);
	for (int i = 0; i < 50; i++)
		send_async(pool, square, i, &others);
	turn_until_done(pool);
	assert_int_equal(silent.died, 1);
	assert_int_equal(silent.suspects, 1);
	assert_int_equal(silent.code, -SIGKILL);
	assert_int_equal(others.done, 50);
	assert_int_equal(exits.count, 1);
	assert_int_equal(exits.late, 1);
	assert_true(clock_ms() - begin >= SILENCE_MS);
	finish(pool);
	assert_int_equal(exits.late, 1); /* who has nothing to do may be silent */
}

static void take_slowly(void *user, const struct pool_value *value)
{
	nanosleep(&(struct timespec){ .tv_nsec = 120000000 }, NULL);
	*(unsigned *)user += value->status == POOL_DONE;
}

/* What it says waits longer for the other results to be taken than it may be silent. */
static void a_worker_whose_results_wait_is_not_silent(void **state)
{
	enum { WORKERS = 8, WINDOW = 2 };
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = WORKERS,
							 .window = WINDOW,
							 .turn_ms = 1,
							 .silence_ms = SILENCE_MS / 2,
							 .serve = counting_serve,
							 .on_exit = count_exit,
							 .context = &exits });
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < WORKERS * WINDOW; i++)
		pool_submit(pool, i % WORKERS, SLICE("la"), NOTHING, take_slowly, &done);
	pool_turn(pool, 0);
	wait_until(&shared->answered, WORKERS * WINDOW);
	turn_until_done(pool);
	assert_int_equal(done, WORKERS * WINDOW);
	assert_int_equal(exits.late, 0);
	pool_free(pool);
}

/* "I am alive": at work until the gate is open, but not silent. */
static void beat_and_answer(struct pool_worker *worker, const struct pool_job *job)
{
	struct pollfd wait = { .fd = gate[0], .events = POLLIN };

	while (poll(&wait, 1, 10) == 0) {
		pool_worker_beat(worker);
		atomic_fetch_add(&shared->beats, 1);
	}
	echo_and_count(worker, job);
}

static int beating_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, beat_and_answer);
}

static void a_worker_that_beats_may_take_its_time(void **state)
{
	struct pool *pool = start((struct pool_options){
		.workers = 1, .silence_ms = SILENCE_MS, .serve = beating_serve });
	struct tally tally = { 0 };
	int64_t begun_ms = clock_ms();

	(void)state;
	assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tally), 0);
	while (clock_ms() - begun_ms < 2 * SILENCE_MS) {
		pool_turn(pool, 0);
		/* The first may be one that the turn has seen already. */
		wait_until(&shared->beats, atomic_load(&shared->beats) + 2);
	}
	open_gate(1);
	wait_until(&shared->answered, 1);
	turn_until_done(pool);
	assert_int_equal(tally.done, 1);
	assert_int_equal(pool_worker_info(pool, 0).starts, 1);
	finish(pool);
}

static void beat_and_say_nothing(struct pool_worker *worker, const struct pool_job *job)
{
	if (*(const char *)job->payload.at == 'a') {
		echo_and_count(worker, job);
		return;
	}
	for (;;) {
		poll(NULL, 0, 10);
		pool_worker_beat(worker);
	}
}

static int mute_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, beat_and_say_nothing);
}

/* Alive, and of no use: its job comes back, as of one that died of it. */
static void a_worker_that_beats_and_answers_nothing_is_killed(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 1,
							 .silence_ms = 60000,
							 .answer_ms = SILENCE_MS,
							 .serve = mute_serve,
							 .on_exit = count_exit,
							 .context = &exits });
	struct tally tally = { 0 };
	int64_t begun_ms;

	(void)state;
	assert_int_equal(pool_submit(pool, 0, SLICE("answer"), NOTHING, count_value, &tally), 0);
	pool_turn(pool, 0);
	wait_until(&shared->answered, 1);
	turn_until_done(pool);
	assert_int_equal(tally.done, 1);
	assert_int_equal(exits.count, 0);
	assert_int_equal(pool_submit(pool, 0, SLICE("mute"), NOTHING, count_value, &tally), 0);
	turn_until_done(pool);
	assert_int_equal(tally.died, 1);
	assert_int_equal(tally.suspects, 1);
	assert_int_equal(exits.late, 1);
	/* The next one has its time. */
	assert_int_equal(pool_submit(pool, 0, SLICE("mute"), NOTHING, count_value, &tally), 0);
	begun_ms = clock_ms();
	turn_until_done(pool);
	assert_true(clock_ms() - begun_ms >= SILENCE_MS);
	assert_int_equal(exits.late, 2);
	finish(pool);
}

/* A job has its time, whatever becomes of others; and it alone is to blame. */
static void a_job_that_is_never_answered_ends_among_those_that_are(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 1,
							 .window = 4,
							 .silence_ms = 60000,
							 .answer_ms = SILENCE_MS,
							 .serve = told_serve,
							 .on_exit = count_exit,
							 .context = &exits });
	struct tally mute = { 0 }, others = { 0 };
	int64_t begun_ms = clock_ms();

	(void)state;
	assert_int_equal(pool_submit(pool, 0, SLICE("mute"), NOTHING, count_value, &mute), 0);
	while (mute.calls == 0) {
		assert_true(clock_ms() - begun_ms < PATIENCE_MS);
		if (pool_room(pool, 0) > 0)
			pool_submit(pool, 0, SLICE("answer"), NOTHING, count_value, &others);
		pool_turn(pool, 10);
	}
	assert_int_equal(mute.died, 1);
	assert_int_equal(mute.suspects, 1);
	assert_int_equal(others.suspects, 0);
	assert_true(others.done > 10);
	assert_int_equal(exits.late, 1);
	assert_true(clock_ms() - begun_ms >= SILENCE_MS);
	pool_terminate(pool);
	pool_free(pool);
}

/* However long there was nothing to do before, it has all its time. */
static void an_hour_without_work_counts_for_no_job(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 1,
							 .answer_ms = SILENCE_MS,
							 .serve = mute_serve,
							 .on_exit = count_exit,
							 .context = &exits });
	struct tally tally = { 0 };
	int64_t begun_ms;

	(void)state;
	pool_turn(pool, 0);
	poll(NULL, 0, SILENCE_MS);
	begun_ms = clock_ms();
	assert_int_equal(pool_submit(pool, 0, SLICE("mute"), NOTHING, count_value, &tally), 0);
	turn_until_done(pool);
	assert_int_equal(tally.died, 1);
	assert_int_equal(exits.late, 1);
	assert_true(clock_ms() - begun_ms >= SILENCE_MS);
	finish(pool);
}

static void a_worker_that_is_deaf_to_stop_is_killed(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 2,
							 .silence_ms = 200,
							 .serve = deaf_serve,
							 .on_exit = count_exit,
							 .context = &exits });

	(void)state;
	finish(pool);
	assert_int_equal(exits.late, 2);
	assert_int_equal(exits.planned, 0);
}

static void dawdle(void *user, const struct pool_value *value)
{
	open_gate(1);
	for (int64_t end = clock_ms() + 2 * SILENCE_MS; clock_ms() < end;)
		;
	count_value(user, value);
}

/* The answer of the one lay in the socket while the callback of the other took its time. */
static void a_master_that_was_busy_does_not_blame_its_workers(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){
		.workers = 2, .silence_ms = SILENCE_MS, .on_exit = count_exit, .context = &exits });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		send_async(pool, pass_gate, 0, &tally);
		pool_result_free(pool_apply_async(pool, do_nothing, NOTHING, dawdle, &tally));
		turn_until_done(pool);
	}
	assert_int_equal(tally.done, 4);
	assert_int_equal(exits.count, 0);
	finish(pool);
}

static void a_slow_master_does_not_lose_large_answers(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){
		.workers = 1, .window = 32, .on_exit = count_exit, .context = &exits });
	struct tally tally = { 0 };
	int size = MEGABYTE;

	(void)state;
	for (int i = 0; i < 32; i++)
		pool_result_free(pool_apply_async(pool, reply_bytes, int_slice(&size),
						  i == 0 ? dawdle : count_value, &tally));
	turn_until_done(pool);
	assert_int_equal(tally.done, 32);
	assert_int_equal(exits.count, 0);
	finish(pool);
}

/* One worker hangs and does not read; what waits goes to the other. */
static void a_worker_that_hangs_does_not_hold_up_the_other(void **state)
{
	static char bytes[MEGABYTE];
	struct slice argument = { bytes, sizeof(bytes) };
	struct pool *pool = start((struct pool_options){ .workers = 2, .window = 64 });
	struct tally tally = { 0 };
	int64_t end = clock_ms() + PATIENCE_MS;

	(void)state;
	send_async(pool, pass_gate, 0, &tally);
	turn_until_at_gate(pool, 1);
	for (int i = 0; i < 40; i++)
		pool_result_free(pool_apply_async(pool, do_nothing, argument, count_value, &tally));
	while (pool_outstanding(pool) > pool_worker_info(pool, 0).in_flight) {
		assert_true(clock_ms() < end);
		pool_turn(pool, 100);
	}
	assert_true(tally.done > 20);
	open_gate(1);
	finish(pool);
	assert_int_equal(tally.done, 41);
}

/* ---- workers that are not to be trusted ---- */

enum lie {
	LIE_GARBAGE,
	LIE_OVERSIZED,
	LIE_KIND,
	LIE_JOB,
	LIE_STOP,
	LIE_SLOT,
	LIE_TWICE,
	LIE_OLD,
	LIE_FUTURE,
	LIE_SHUT_READ,
	LIE_SHUT_WRITE,
	LIE_CLOSE,
};

/* A frame's head as channel.h draws it. */
struct wire_head {
	uint32_t size;
	uint16_t kind, slot;
	uint32_t generation;
	int32_t status;
};

struct liar {
	enum lie lie;
	struct exits exits;
};

/* Tell the lie about the first job; then say, truly, that the second is done. */
static void tell_lie(int fd, enum lie lie, const struct pool_job jobs[2])
{
	struct wire_head truth = { .kind = FRAME_RESULT,
				   .slot = jobs[0].slot,
				   .generation = jobs[0].generation };
	struct wire_head frames[3] = { truth, truth, truth };

	if (lie == LIE_GARBAGE)
		memset(&frames[0], 0xff, sizeof(frames[0]));
	frames[0].size = lie == LIE_OVERSIZED ? CHANNEL_PAYLOAD_MAX + 1 : frames[0].size;
	frames[0].kind = lie == LIE_KIND   ? 9
			 : lie == LIE_JOB  ? FRAME_JOB
			 : lie == LIE_STOP ? FRAME_STOP
					   : frames[0].kind;
	frames[0].slot = lie == LIE_SLOT ? 64 : frames[0].slot;
	frames[0].generation += lie == LIE_FUTURE;
	frames[0].generation -= lie == LIE_OLD;
	frames[2].slot = jobs[1].slot;
	frames[2].generation = jobs[1].generation;
	if (lie < LIE_SHUT_READ && send(fd, frames, sizeof(frames), 0) < 0)
		_exit(98);
	if (lie == LIE_SHUT_READ || lie == LIE_SHUT_WRITE)
		shutdown(fd, lie == LIE_SHUT_READ ? SHUT_RD : SHUT_WR);
	if (lie == LIE_CLOSE)
		close(fd);
}

/* The first process in the seat answers two jobs, lies about the third, and lives on. */
static int liar_serve(struct pool_worker *worker, void *context)
{
	const struct liar *liar = context;
	struct pool_job jobs[2];

	if (atomic_fetch_add(&shared->starts, 1) > 0)
		return serve_each(worker, echo_job);
	for (int i = 0; i < 2; i++) {
		collect(worker, jobs, 1);
		echo_job(worker, &jobs[0]);
		pool_worker_flush(worker);
	}
	collect(worker, jobs, 2);
	tell_lie(pool_worker_fd(worker), liar->lie, jobs);
	atomic_fetch_add(&shared->at_gate, 1);
	hang();
}

static void ask(struct pool *pool, struct tally *tally)
{
	assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, tally), 0);
}

static void count_liar_exit(void *context, const struct pool_exit *end)
{
	count_exit(&((struct liar *)context)->exits, end);
}

/* Returns what came of the first job; the second is never believed. */
static struct tally meet_liar(enum lie lie)
{
	struct liar liar = { .lie = lie };
	struct tally before = { 0 }, first = { 0 }, second = { 0 }, after = { 0 };
	struct pool *pool;

	atomic_store(&shared->starts, 0);
	atomic_store(&shared->at_gate, 0);
	pool = start((struct pool_options){ .workers = 1,
					    .window = 2,
					    .serve = liar_serve,
					    .context = &liar,
					    .on_exit = count_liar_exit });
	for (unsigned i = 1; i <= 2; i++) {
		ask(pool, &before);
		turn_until_done(pool);
		assert_int_equal(before.done, i);
	}
	ask(pool, &first);
	ask(pool, &second);
	if (lie == LIE_SHUT_READ) { /* who does not listen is found out when he is spoken to */
		turn_until_at_gate(pool, 1);
		pool_close(pool);
	}
	turn_until_done(pool);
	assert_int_equal(second.died, 1);
	assert_int_equal(second.calls, 1);
	assert_int_equal(first.calls, 1);
	assert_int_equal(liar.exits.count, 1);
	assert_int_equal(liar.exits.last.code, -SIGKILL);
	assert_int_equal(liar.exits.planned + liar.exits.late, 0);
	if (lie != LIE_SHUT_READ) {
		ask(pool, &after);
		turn_until_done(pool);
		assert_int_equal(after.done, 1);
	}
	finish(pool);
	return first;
}

static void a_worker_that_sends_nonsense_is_killed_and_replaced(void **state)
{
	(void)state;
	for (enum lie lie = LIE_GARBAGE; lie <= LIE_CLOSE; lie++) {
		struct tally first;

		if (lie == LIE_TWICE)
			continue;
		first = meet_liar(lie);
		assert_int_equal(first.died, 1);
	}
}

/* The first answer counts, the second is nonsense. */
static void a_worker_that_answers_twice_is_killed_and_replaced(void **state)
{
	(void)state;
	assert_int_equal(meet_liar(LIE_TWICE).done, 1);
}

/* Half a frame, then the end. */
static int stutter_serve(struct pool_worker *worker, void *context)
{
	struct wire_head head = { .kind = FRAME_RESULT, .size = 100 };
	struct pool_job job;

	(void)context;
	collect(worker, &job, 1);
	if (send(pool_worker_fd(worker), &head, sizeof(head), 0) < 0)
		return 98;
	return 4;
}

static void an_answer_that_was_cut_off_is_none(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .serve = stutter_serve });
	struct tally tally = { 0 };

	(void)state;
	assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tally), 0);
	turn_until_done(pool);
	assert_int_equal(tally.died, 1);
	assert_int_equal(tally.code, 4);
	pool_free(pool);
}

/* Answers, and is gone before anybody looked. */
static int last_words_serve(struct pool_worker *worker, void *context)
{
	struct pool_job jobs[3];

	(void)context;
	collect(worker, jobs, 3);
	pool_worker_reply(worker, &jobs[0], 0, NOTHING, NOTHING);
	pool_worker_reply(worker, &jobs[1], 0, NOTHING, NOTHING);
	pool_worker_flush(worker);
	return 5;
}

static void what_a_worker_said_before_it_died_counts(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 1,
							 .window = 3,
							 .serve = last_words_serve,
							 .on_exit = count_exit,
							 .context = &exits });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tally), 0);
	turn_until_done(pool);
	assert_int_equal(tally.done, 2);
	assert_int_equal(tally.died, 1);
	assert_int_equal(exits.last.jobs, 1);
	assert_int_equal(exits.last.code, 5);
	assert_int_equal(pool_worker_info(pool, 0).jobs_done, 2);
	pool_free(pool);
}

enum alibi { SAYS_NOTHING, SAYS_NONE, SAYS_NONE_AND_FAILS, SAYS_WHICH, SAYS_AND_ANSWERS };

#define IN_FLIGHT 64
#define GUILTY    17

static int dying_serve(struct pool_worker *worker, void *context)
{
	enum alibi alibi = *(enum alibi *)context;
	struct pool_job jobs[IN_FLIGHT];

	collect(worker, jobs, IN_FLIGHT);
	if (alibi != SAYS_NOTHING)
		pool_worker_busy_with(worker, alibi <= SAYS_NONE_AND_FAILS ? NULL : &jobs[GUILTY]);
	if (alibi == SAYS_AND_ANSWERS) {
		pool_worker_reply(worker, &jobs[GUILTY], 0, NOTHING, NOTHING);
		pool_worker_flush(worker);
	}
	if (alibi == SAYS_NONE_AND_FAILS)
		return 1;
	raise(SIGKILL);
	return 0;
}

/* Every one of 64 jobs comes back once; suspected is who was named, or all if nobody spoke. */
static void a_worker_that_dies_with_64_jobs_gives_each_back_once(void **state)
{
	static const struct {
		enum alibi alibi;
		unsigned suspects, done;
	} table[] = {
		{ SAYS_NOTHING, IN_FLIGHT, 0 },
		{ SAYS_NONE, 0, 0 }, /* shot by somebody else, at no work of its own */
		{ SAYS_NONE_AND_FAILS, IN_FLIGHT, 0 },
		{ SAYS_WHICH, 1, 0 },
		{ SAYS_AND_ANSWERS, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		enum alibi alibi = table[i].alibi;
		struct pool *pool = start((struct pool_options){ .workers = 1,
								 .window = IN_FLIGHT,
								 .serve = dying_serve,
								 .context = &alibi });
		struct tally tallies[IN_FLIGHT] = { 0 };
		unsigned suspects = 0, done = 0;

		for (int k = 0; k < IN_FLIGHT; k++)
			pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tallies[k]);
		turn_until_done(pool);
		for (int k = 0; k < IN_FLIGHT; k++) {
			assert_int_equal(tallies[k].calls, 1);
			assert_int_equal(tallies[k].done + tallies[k].died, 1);
			suspects += tallies[k].suspects;
			done += tallies[k].done;
		}
		assert_int_equal(suspects, table[i].suspects);
		assert_int_equal(done, table[i].done);
		assert_int_equal(tallies[GUILTY].suspects, table[i].suspects > 0);
		pool_free(pool);
	}
}

/* ---- many deaths ---- */

#define HUNTED_JOBS    2000
#define HUNTED_WORKERS 4

struct hunt {
	struct pool *pool;
	unsigned handed[HUNTED_JOBS], back[HUNTED_JOBS], done[HUNTED_JOBS];
	unsigned died, kills, answers_since;
	unsigned seed, victim; /* the worker that was shot last, */
	pid_t victim_pid;      /* and its process */
};

struct quarry {
	struct hunt *hunt;
	int number;
};

static void come_back(void *user, const struct pool_value *value)
{
	struct quarry *quarry = user;
	struct hunt *hunt = quarry->hunt;

	hunt->back[quarry->number]++;
	hunt->done[quarry->number] += value->status == POOL_DONE;
	hunt->died += value->status == POOL_DIED;
	hunt->answers_since += value->status == POOL_DONE;
	assert_true(value->status == POOL_DONE || value->status == POOL_DIED);
}

/* A quarter of a millisecond of work. */
static void toil(void)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec < 250000);
}

static int toil_blocking(struct slice argument, struct pool_reply *reply)
{
	toil();
	return say_back(argument, reply);
}

static void toil_on_job(struct pool_worker *worker, const struct pool_job *job)
{
	pool_worker_busy_with(worker, job);
	toil();
	memset(job->memory, 'x', 1000);
	echo_job(worker, job);
}

static int toil_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, toil_on_job);
}

static bool hand_out(struct hunt *hunt, struct quarry *quarry, bool is_blocking)
{
	struct slice argument = int_slice(&quarry->number);

	if (is_blocking) {
		struct pool_result *result =
			pool_apply_async(hunt->pool, toil_blocking, argument, come_back, quarry);

		assert_non_null(result);
		pool_result_free(result);
		hunt->handed[quarry->number]++;
		return true;
	}
	for (unsigned i = 0; i < HUNTED_WORKERS; i++) {
		if (pool_submit(hunt->pool, i, argument, NOTHING, come_back, quarry) == 0) {
			hunt->handed[quarry->number]++;
			return true;
		}
	}
	return false;
}

/*
 * Kill some worker, but not three in a row before one of them has answered: the pool would think
 * that none can be started.  Nor before the last one has been missed, or their ends are all seen
 * at once, after the answers.
 */
static void shoot(struct hunt *hunt)
{
	pid_t pid;

	hunt->seed = hunt->seed * 1103515245 + 12345;
	pid = pool_worker_info(hunt->pool, hunt->seed / 65536 % HUNTED_WORKERS).pid;
	if (pid == 0 || hunt->answers_since == 0 ||
	    pool_worker_info(hunt->pool, hunt->victim).pid == hunt->victim_pid)
		return;
	kill(pid, SIGKILL);
	hunt->victim = hunt->seed / 65536 % HUNTED_WORKERS;
	hunt->victim_pid = pid;
	hunt->kills++;
	hunt->answers_since = 0;
}

/* Hand out every job until it is done once, while workers are shot every few milliseconds. */
static void hunt_workers(struct hunt *hunt, bool is_blocking)
{
	static struct quarry quarries[HUNTED_JOBS];
	int64_t next_shot = clock_ms() + 3;
	int left = HUNTED_JOBS;

	while (left > 0) {
		left = 0;
		for (int i = 0; i < HUNTED_JOBS; i++) {
			quarries[i] = (struct quarry){ hunt, i };
			if (hunt->done[i] > 0)
				continue;
			left++;
			if (hunt->handed[i] == hunt->back[i] &&
			    !hand_out(hunt, &quarries[i], is_blocking))
				break;
		}
		pool_turn(hunt->pool, 1);
		if (clock_ms() >= next_shot) {
			shoot(hunt);
			next_shot = clock_ms() + 3;
		}
	}
}

static void every_job_survives_the_hunt(bool is_blocking)
{
	static struct hunt hunt;
	unsigned handed = 0;

	hunt = (struct hunt){ .seed = 1, .victim_pid = -1 };
	hunt.pool = start((struct pool_options){ .workers = HUNTED_WORKERS,
						 .window = 8,
						 .queue_max = HUNTED_JOBS,
						 .slot_bytes = is_blocking ? 0 : 4096,
						 .serve = is_blocking ? NULL : toil_serve });
	hunt_workers(&hunt, is_blocking);
	turn_until_done(hunt.pool);
	for (int i = 0; i < HUNTED_JOBS; i++) {
		assert_int_equal(hunt.done[i], 1);
		assert_int_equal(hunt.back[i], hunt.handed[i]);
		handed += hunt.handed[i];
	}
	assert_int_equal(handed, HUNTED_JOBS + hunt.died);
	assert_true(hunt.kills > 10);
	assert_false(pool_is_broken(hunt.pool));
	finish(hunt.pool);
}

static void every_function_comes_back_while_workers_are_shot(void **state)
{
	(void)state;
	every_job_survives_the_hunt(true);
}

static void every_event_driven_job_comes_back_while_workers_are_shot(void **state)
{
	(void)state;
	every_job_survives_the_hunt(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_initializer_runs_once_in_each_worker),
		TEST(an_initializer_that_fails_breaks_the_pool_but_hangs_nothing),
		TEST(workers_that_leave_unasked_break_the_pool),
		TEST(a_fork_that_fails_is_tried_again),
		TEST(starts_slow_down_while_workers_end_in_vain),
		TEST(a_ready_worker_that_is_shot_is_no_failed_start),
		TEST(a_job_that_goes_alone_is_alone),
		TEST(a_job_that_waits_to_go_alone_comes_back_when_the_pool_ends),
		TEST(a_job_that_waits_to_go_alone_is_done_before_the_end),
		TEST(a_worker_is_replaced_after_its_number_of_jobs),
		TEST(a_silent_worker_is_killed_and_its_job_comes_back),
		TEST(a_worker_whose_results_wait_is_not_silent),
		TEST(a_worker_that_beats_may_take_its_time),
		TEST(a_worker_that_beats_and_answers_nothing_is_killed),
		TEST(a_job_that_is_never_answered_ends_among_those_that_are),
		TEST(an_hour_without_work_counts_for_no_job),
		TEST(a_worker_that_is_deaf_to_stop_is_killed),
		TEST(a_master_that_was_busy_does_not_blame_its_workers),
		TEST(a_slow_master_does_not_lose_large_answers),
		TEST(a_worker_that_hangs_does_not_hold_up_the_other),
		TEST(a_worker_that_sends_nonsense_is_killed_and_replaced),
		TEST(a_worker_that_answers_twice_is_killed_and_replaced),
		TEST(an_answer_that_was_cut_off_is_none),
		TEST(what_a_worker_said_before_it_died_counts),
		TEST(a_worker_that_dies_with_64_jobs_gives_each_back_once),
		TEST(every_function_comes_back_while_workers_are_shot),
		TEST(every_event_driven_job_comes_back_while_workers_are_shot),
	};

	return RUN_POOL_TESTS(tests);
}
