#include "tests/support/pool_fixture.h"

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "crawler/pool/slots.h"

/*
 * The little programs of the tutorials that crawl grew from, run on the pool, and the rest of
 * what a user of the pool relies on.  docs/multiprocessing.md says which idea is proved where.
 */

/* ---- Process: pid, name, arguments; join; exit codes; daemon ---- */

/* 参数 comes in, and name, pid and the parent's pid go out. */
static int introduce(struct slice argument, struct pool_reply *reply)
{
	char text[256], name[16] = "";
	int size;

	prctl(PR_GET_NAME, name);
	size = snprintf(text, sizeof(text), "%s %d %d %.*s", name, getpid(), getppid(),
			(int)argument.size, argument.at);
	pool_reply_write(reply, text, (size_t)size);
	return 0;
}

static void a_worker_has_a_name_a_pid_and_us_as_parent(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .name = "zx" });
	struct pool_worker_info info = pool_worker_info(pool, 0);
	struct pool_value value;
	char expected[256];

	(void)state;
	assert_string_equal(info.name, "zx-1");
	assert_true(info.is_alive);
	snprintf(expected, sizeof(expected), "zx-1 %d %d 参数,参数2", info.pid, getpid());
	assert_int_equal(pool_apply(pool, introduce, slice_of("参数,参数2"), &value), POOL_DONE);
	assert_true(slice_equal(value.bytes, slice_of(expected)));
	finish(pool);
}

static void workers_are_as_many_as_cpus_unless_said(void **state)
{
	struct pool *pool = start((struct pool_options){ 0 });

	(void)state;
	assert_int_equal(pool_worker_count(pool), sysconf(_SC_NPROCESSORS_ONLN));
	assert_string_equal(pool_worker_info(pool, 0).name, "worker-1");
	finish(pool);

	pool = start((struct pool_options){ .workers = 5 });
	assert_int_equal(pool_worker_count(pool), 5);
	assert_string_equal(pool_worker_info(pool, 4).name, "worker-5");
	finish(pool);
}

static int send_mail(struct slice argument, struct pool_reply *reply)
{
	(void)reply;
	shared->mail_order[to_int(argument)] = 1 + atomic_fetch_add(&shared->order, 1);
	return 0;
}

static void mail_two_goes_out_after_mail_one_was_joined(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct tally tally = { 0 };

	(void)state;
	send_async(pool, send_mail, 1, &tally);
	finish(pool);
	assert_int_equal(shared->mail_order[1], 1);
	send_mail(int_slice(&(int){ 2 }), NULL);
	assert_int_equal(shared->mail_order[2], 2);
}

static void the_last_mail_goes_out_after_ten_were_joined(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 10 });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		send_async(pool, send_mail, i, &tally);
	finish(pool);
	send_mail(int_slice(&(int){ 10 }), NULL);
	for (int i = 0; i < 10; i++)
		assert_in_range(shared->mail_order[i], 1, 10);
	assert_int_equal(shared->mail_order[10], 11);
	assert_int_equal(tally.done, 10);
}

static void a_join_with_a_time_limit_gives_up_and_may_be_repeated(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 2 });
	struct tally tally = { 0 };

	(void)state;
	send_async(pool, pass_gate, 1, &tally);
	pool_close(pool);
	assert_int_equal(pool_join(pool, 30), -1);
	assert_int_equal(pool_outstanding(pool), 1);
	assert_true(pool_worker_info(pool, 0).is_alive || pool_worker_info(pool, 1).is_alive);
	open_gate(1);
	assert_int_equal(pool_join(pool, PATIENCE_MS), 0);
	assert_false(pool_worker_info(pool, 0).is_alive);
	assert_false(pool_worker_info(pool, 1).is_alive);
	assert_int_equal(tally.done, 1);
	pool_free(pool);
}

static int count_of_the_process = 100;

static int add_one(struct slice argument, struct pool_reply *reply)
{
	(void)argument;
	count_of_the_process++;
	pool_reply_write(reply, &count_of_the_process, sizeof(count_of_the_process));
	return 0;
}

static void what_a_worker_changes_stays_in_the_worker(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct pool_value value;

	(void)state;
	assert_int_equal(pool_apply(pool, add_one, NOTHING, &value), POOL_DONE);
	assert_int_equal(to_int(value.bytes), 101);
	assert_int_equal(count_of_the_process, 100);
	finish(pool);
}

static void every_way_to_end_has_its_exit_code(void **state)
{
	static const int table[] = { 0, 1, 3, 255, -SIGKILL, -SIGTERM, -SIGSEGV, -SIGABRT };
	struct exits exits = { 0 };
	struct pool *pool = start(
		(struct pool_options){ .workers = 1, .on_exit = count_exit, .context = &exits });
	struct pool_value value;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		pid_t pid = pool_worker_info(pool, 0).pid;

		pool_apply(pool, end_in_some_way, int_slice(&table[i]), &value);
		assert_int_equal(value.status, POOL_DIED);
		assert_int_equal(value.code, table[i]);
		assert_true(value.is_suspect);
		assert_int_equal(exits.count, i + 1);
		assert_int_equal(exits.last.code, table[i]);
		assert_int_equal(exits.last.pid, pid);
		assert_int_equal(exits.last.jobs, 1);
		assert_int_equal(exits.planned + exits.late, 0);
		assert_string_equal(exits.name, "worker-1");
		assert_int_equal(pool_worker_info(pool, 0).exit_code, table[i]);
		pool_apply(pool, do_nothing, NOTHING, &value);
		assert_int_equal(pool_worker_info(pool, 0).starts, i + 2);
		assert_int_not_equal(pool_worker_info(pool, 0).pid, pid);
	}
	finish(pool);
	assert_int_equal(exits.last.code, 0);
	assert_int_equal(exits.planned, 1);
}

/* The three ways in which a worker notices that its master is gone; each must do alone. */
static int forget_parent(void *context, unsigned worker)
{
	(void)context;
	(void)worker;
	return prctl(PR_SET_PDEATHSIG, 0);
}

/*
 * The master of a test, in a process of its own: starts a pool, keeps its first worker busy, tells
 * all pids, and waits to be killed.  No assert here: it would go on with the other tests.
 */
static _Noreturn void be_master(const struct pool_options *options, bool keeps_busy, int report)
{
	struct pool *pool = pool_new(options);
	pid_t pids[3];

	alarm(PATIENCE_MS / 1000);
	if (!pool)
		_exit(EXIT_FAILURE);
	if (keeps_busy)
		pool_result_free(pool_apply_async(pool, sleep_for_ever, NOTHING, NULL, NULL));
	while (keeps_busy && atomic_load(&shared->at_gate) == 0)
		pool_turn(pool, 1);
	for (unsigned i = 0; i < 3; i++)
		pids[i] = pool_worker_info(pool, i).pid;
	if (write(report, pids, sizeof(pids)) != sizeof(pids))
		_exit(EXIT_FAILURE);
	hang();
}

static void workers_die_with_their_master(void **state)
{
	static const struct {
		struct pool_options options;
		bool keeps_busy;
	} table[] = {
		{ { .workers = 3 }, true },
		{ { .workers = 3, .initializer = forget_parent }, false },
		{ { .workers = 3, .serve = deaf_serve }, false },
		{ { .workers = 3, .serve = echo_serve, .initializer = forget_parent }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		pid_t master, pids[3];
		int report[2], fds[3];

		atomic_store(&shared->at_gate, 0);
		assert_int_equal(pipe(report), 0);
		master = fork();
		if (master == 0)
			be_master(&table[i].options, table[i].keeps_busy, report[1]);
		close(report[1]);
		assert_int_equal(read(report[0], pids, sizeof(pids)), sizeof(pids));
		for (int k = 0; k < 3; k++) {
			fds[k] = (int)syscall(SYS_pidfd_open, pids[k], 0);
			assert_true(fds[k] >= 0);
		}
		kill(master, SIGKILL);
		for (int k = 0; k < 3; k++) {
			assert_true(ends(fds[k]));
			close(fds[k]);
		}
		assert_int_equal(waitpid(master, NULL, 0), master);
		close(report[0]);
	}
}

static void terminate_ends_running_workers_and_cancels_their_jobs(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){
		.workers = 2, .window = 2, .on_exit = count_exit, .context = &exits });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		send_async(pool, sleep_for_ever, i, &tally);
	turn_until_at_gate(pool, 2);
	assert_true(pool_worker_info(pool, 0).is_alive);
	pool_terminate(pool);
	assert_false(pool_worker_info(pool, 0).is_alive);
	assert_int_equal(pool_worker_info(pool, 0).exit_code, -SIGKILL);
	assert_int_equal(tally.cancelled, 10);
	assert_int_equal(tally.suspects, 0);
	assert_int_equal(pool_outstanding(pool), 0);
	assert_int_equal(exits.count, 2);
	assert_int_equal(exits.planned, 2);
	assert_null(pool_apply_async(pool, square, NOTHING, NULL, NULL));
	assert_int_equal(pool_join(pool, 0), 0);
	pool_free(pool);
}

static void only_the_master_hears_the_terminal(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct exits exits = { 0 };
	struct pool *pool = start(
		(struct pool_options){ .workers = 1, .on_exit = count_exit, .context = &exits });
	struct pool_value value;

	(void)state;
	assert_int_equal(pool_apply(pool, do_nothing, NOTHING, &value), POOL_DONE);
	for (size_t i = 0; i < COUNT(signals); i++)
		kill(pool_worker_info(pool, 0).pid, signals[i]);
	assert_int_equal(pool_apply(pool, do_nothing, NOTHING, &value), POOL_DONE);
	assert_int_equal(exits.count, 0);
	finish(pool);
}

static void children_of_the_program_are_left_to_it(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	pid_t child = fork();
	struct pool_value value;
	int status;

	(void)state;
	if (child == 0)
		_exit(42);
	pool_apply(pool, end_in_some_way, int_slice(&(int){ 1 }), &value);
	finish(pool);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 42);
}

/* What the test has open is none of a worker's business; also not a replaced worker's. */
static int list_fds(struct slice argument, struct pool_reply *reply)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	(void)argument;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(dir))
			pool_reply_write(reply, &fd, sizeof(fd));
	}
	closedir(dir);
	return 0;
}

static void assert_own_fds(struct pool *pool, const int keep_fds[2])
{
	unsigned others = 0, kept = 0;
	struct pool_value value;

	assert_int_equal(pool_apply(pool, list_fds, NOTHING, &value), POOL_DONE);
	for (size_t i = 0; i < value.bytes.size / sizeof(int); i++) {
		int fd;

		memcpy(&fd, value.bytes.at + i * sizeof(fd), sizeof(fd));
		if (fd == keep_fds[0] || fd == keep_fds[1])
			kept++;
		else if (fd > STDERR_FILENO)
			others++;
	}
	assert_int_equal(kept, 2);
	assert_int_equal(others, 1); /* its channel */
}

static void a_worker_has_only_its_own_descriptors(void **state)
{
	int keep_fds[2] = { dup2(gate[0], 200), gate[0] };
	struct pool *pool = start(
		(struct pool_options){ .workers = 4, .keep_fds = keep_fds, .keep_fd_count = 2 });
	int master_only = dup2(gate[1], 100);
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 8; i++) {
		assert_own_fds(pool, keep_fds);
		pool_apply(pool, end_in_some_way, int_slice(&(int){ 0 }), &value);
	}
	finish(pool);
	close(master_only);
	close(keep_fds[0]);
}

/* ---- Lock, Queue, JoinableQueue, Semaphore, Pipe ---- */

struct box_office {
	int tickets;
	unsigned sold, refused, inside;
};

/* The seeds' get(): look, wait a little, take.  Two at once would sell the ticket twice. */
static void sell_ticket(void *user, const struct pool_value *value)
{
	struct box_office *office = user;
	int left = office->tickets;

	assert_int_equal(value->status, POOL_DONE);
	assert_int_equal(office->inside++, 0);
	for (int64_t end = clock_ms() + 1; clock_ms() < end;)
		;
	if (left > 0) {
		office->tickets = left - 1;
		office->sold++;
	} else {
		office->refused++;
	}
	office->inside--;
}

static void the_last_ticket_is_sold_once(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 8 });
	struct box_office office = { .tickets = 1 };

	(void)state;
	for (int i = 0; i < 100; i++)
		pool_result_free(
			pool_apply_async(pool, say_back, int_slice(&i), sell_ticket, &office));
	finish(pool);
	assert_int_equal(office.sold, 1);
	assert_int_equal(office.refused, 99);
	assert_int_equal(office.tickets, 0);
}

static void note_and_open_gate(void *user, int fd, uint32_t events)
{
	unsigned *turns = user;

	(void)fd;
	(void)events;
	if (++*turns == 1)
		open_gate(40);
}

/*
 * q = Queue(3): put waits while it is full.  What is readable from the start is served by the
 * first turn, so that it tells when a call had to wait.
 */
static void a_full_queue_makes_the_producer_wait(void **state)
{
	struct loop *loop = loop_new();
	struct pool *pool =
		start((struct pool_options){ .loop = loop, .workers = 2, .queue_max = 3 });
	struct tally tally = { 0 };
	unsigned turns = 0;
	int ready[2];

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(write(ready[1], "", 1), 1);
	assert_int_equal(loop_watch(loop, ready[0], EPOLLIN, note_and_open_gate, &turns), 0);
	for (int i = 0; i < 5; i++)
		send_async(pool, pass_gate, i, &tally);
	assert_int_equal(turns, 0);
	assert_int_equal(pool_outstanding(pool), 5);
	send_async(pool, pass_gate, 5, &tally);
	assert_true(turns > 0);
	for (int i = 6; i < 40; i++) {
		send_async(pool, pass_gate, i, &tally);
		assert_in_range(pool_outstanding(pool), 1, 3 + 2 * 1);
	}
	finish(pool);
	assert_int_equal(tally.done, 40);
	loop_free(loop);
	close(ready[0]);
	close(ready[1]);
}

/* What the callback of one pool does in the turn of the other. */
struct neighbours {
	struct pool *pool;
	struct tally tally;
	unsigned refused;
};

static void fill_the_own_queue(void *user, const struct pool_value *value)
{
	struct neighbours *neighbours = user;
	struct pool_result *result = NULL;

	count_value(&neighbours->tally, value);
	assert_true(pool_is_in_turn(neighbours->pool));
	do {
		pool_result_free(result);
		result = pool_apply_async(neighbours->pool, do_nothing, NOTHING, count_value,
					  &neighbours->tally);
	} while (result);
	neighbours->refused++;
}

/* A callback must not wait, whichever of them turns the loop. */
static void two_pools_may_share_a_loop(void **state)
{
	struct loop *loop = loop_new();
	struct pool_options options = { .loop = loop, .workers = 1, .queue_max = 3 };
	struct pool *turned = start(options);
	struct neighbours other = { .pool = start(options) };
	struct tally tally = { 0 };
	int64_t end = clock_ms() + PATIENCE_MS;

	(void)state;
	pool_result_free(
		pool_apply_async(other.pool, do_nothing, NOTHING, fill_the_own_queue, &other));
	pool_turn(other.pool, 0);
	send_async(turned, do_nothing, 0, &tally);
	while (other.refused == 0) {
		assert_true(clock_ms() < end);
		pool_turn(turned, 10);
	}
	turn_until_done(other.pool);
	turn_until_done(turned);
	assert_true(other.tally.done >= 4);
	assert_int_equal(tally.done, 1);
	finish(turned);
	finish(other.pool);
	loop_free(loop);
}

static int eat(struct slice argument, struct pool_reply *reply)
{
	(void)reply;
	atomic_fetch_add(&shared->eaten[to_int(argument)], 1);
	return 0;
}

/* Three cooks with ten dishes each, two eaters, and a STOP for each eater at the end. */
static void producers_and_consumers_share_a_bounded_queue(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start((struct pool_options){ .workers = 2,
							 .window = 2,
							 .queue_max = 4,
							 .on_exit = count_exit,
							 .context = &exits });
	struct tally cooks[3] = { 0 };

	(void)state;
	for (int dish = 0; dish < 10; dish++) {
		for (int cook = 0; cook < 3; cook++) {
			send_async(pool, eat, cook * 10 + dish, &cooks[cook]);
			assert_in_range(pool_outstanding(pool), 1, 4 + 2 * 2);
		}
	}
	assert_int_equal(exits.count, 0);
	finish(pool);
	for (int i = 0; i < 30; i++)
		assert_int_equal(atomic_load(&shared->eaten[i]), 1);
	for (int cook = 0; cook < 3; cook++)
		assert_int_equal(cooks[cook].done, 10);
	assert_int_equal(exits.count, 2);
	assert_int_equal(exits.planned, 2);
}

/* JoinableQueue: only task_done, not the taking, makes the queue's join return. */
static void a_job_is_outstanding_until_it_is_acknowledged(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 2 });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		send_async(pool, pass_gate, i, &tally);
	turn_until_at_gate(pool, 2);
	for (unsigned done = 0; done < 6; done++) {
		assert_int_equal(pool_outstanding(pool), 6 - done);
		assert_int_equal(tally.done, done);
		open_gate(1);
		while (tally.done == done)
			pool_turn(pool, PATIENCE_MS);
	}
	assert_int_equal(pool_outstanding(pool), 0);
	finish(pool);
}

static int sing(struct slice argument, struct pool_reply *reply)
{
	unsigned now = 1 + atomic_fetch_add(&shared->inside, 1);
	unsigned most = atomic_load(&shared->inside_max);

	while (now > most && !atomic_compare_exchange_weak(&shared->inside_max, &most, now))
		;
	pass_gate(argument, reply);
	atomic_fetch_sub(&shared->inside, 1);
	return 0;
}

static void thirteen_guests_share_four_booths(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 4 });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 13; i++)
		send_async(pool, sing, i, &tally);
	turn_until_at_gate(pool, 4);
	assert_int_equal(atomic_load(&shared->inside), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pool_worker_info(pool, i).in_flight, 1);
	open_gate(13);
	finish(pool);
	assert_int_equal(tally.done, 13);
	assert_int_equal(atomic_load(&shared->inside_max), 4);
}

/* The same limit for the event-driven kind: a full worker takes no more. */
static void a_window_that_is_full_takes_no_more(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 1, .window = 4, .serve = echo_serve });
	struct tally tally = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(pool_room(pool, 0), 4 - i);
		assert_int_equal(pool_submit(pool, 0, SLICE("la"), NOTHING, count_value, &tally),
				 0);
	}
	assert_int_equal(pool_room(pool, 0), 0);
	assert_int_equal(pool_submit(pool, 0, SLICE("la"), NOTHING, count_value, &tally), -1);
	turn_until_done(pool);
	assert_int_equal(tally.done, 4);
	assert_int_equal(pool_room(pool, 0), 4);
	pool_close(pool);
	assert_int_equal(pool_room(pool, 0), 0);
	assert_int_equal(pool_submit(pool, 0, SLICE("la"), NOTHING, count_value, &tally), -1);
	finish(pool);
}

/* The rest of what came waits; and comes also when its worker is gone. */
static void a_turn_hands_out_so_many_results_and_no_more(void **state)
{
	for (unsigned dies = 0; dies < 2; dies++) {
		struct pool *pool = start((struct pool_options){
			.workers = 1, .window = 20, .turn_results = 3, .serve = echo_serve });
		struct tally tally = { 0 };
		unsigned turns = 0;

		(void)state;
		for (unsigned i = 0; i < 20; i++)
			pool_submit(pool, 0, SLICE("la"), NOTHING, count_value, &tally);
		while (tally.done < 3)
			pool_turn(pool, 100);
		if (dies)
			kill(pool_worker_info(pool, 0).pid, SIGKILL);
		for (; pool_outstanding(pool) > 0; turns++) {
			unsigned before = tally.done;

			pool_turn(pool, 100);
			if (!dies)
				assert_in_range(tally.done - before, 0, 3);
		}
		assert_int_equal(tally.done + tally.died, 20);
		if (!dies)
			assert_true(turns >= 5);
		finish(pool);
	}
}

struct slow {
	unsigned done[4];
};

static struct slow patience;

static void take_slowly(void *user, const struct pool_value *value)
{
	struct timespec pause = { .tv_nsec = 5000000 };

	(void)value;
	nanosleep(&pause, NULL);
	++*(unsigned *)user;
}

static unsigned done_by_all(void)
{
	return patience.done[0] + patience.done[1] + patience.done[2] + patience.done[3];
}

/* One that takes long ends the turn; whose results wait, has the next one. */
static void a_turn_ends_when_its_callbacks_have_had_their_time(void **state)
{
	struct pool *pool = start((struct pool_options){
		.workers = 4, .window = 10, .turn_ms = 1, .serve = counting_serve });

	(void)state;
	patience = (struct slow){ { 0 } };
	for (unsigned i = 0; i < 40; i++)
		pool_submit(pool, i % 4, SLICE("la"), NOTHING, take_slowly, &patience.done[i % 4]);
	pool_turn(pool, 0);
	wait_until(&shared->answered, 40);
	while (pool_outstanding(pool) > 0) {
		unsigned before = done_by_all();

		pool_turn(pool, 100);
		assert_in_range(done_by_all() - before, 0, 1);
		if (done_by_all() != 20)
			continue;
		for (unsigned i = 0; i < 4; i++)
			assert_in_range(patience.done[i], 2, 10);
	}
	assert_int_equal(done_by_all(), 40);
	finish(pool);
}

static int farewell_serve(struct pool_worker *worker, void *context)
{
	struct pool_job jobs[10];

	(void)context;
	collect(worker, jobs, COUNT(jobs));
	for (unsigned i = 0; i < COUNT(jobs); i++)
		echo_job(worker, &jobs[i]);
	pool_worker_flush(worker);
	return EXIT_SUCCESS;
}

static void take_done_slowly(void *user, const struct pool_value *value)
{
	if (value->status == POOL_DONE)
		take_slowly(user, value);
}

static void what_a_worker_said_before_its_end_is_taken_though_the_turn_is_over(void **state)
{
	struct pool *pool = start((struct pool_options){
		.workers = 1, .window = 10, .turn_ms = 1, .serve = farewell_serve });
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(
			pool_submit(pool, 0, SLICE("la"), NOTHING, take_done_slowly, &done), 0);
	pool_turn(pool, 0);
	usleep(300000); /* it has answered, and ended */
	turn_until_done(pool);
	assert_int_equal(done, 10);
	pool_free(pool);
}

static void keep_text(void *user, const struct pool_value *value)
{
	snprintf(user, 64, "%.*s", (int)value->bytes.size, value->bytes.at);
}

static void answer_father(struct pool_worker *worker, const struct pool_job *job)
{
	if (slice_equal(job->payload, slice_of("儿子你好!")))
		pool_worker_reply(worker, job, 0, slice_of("爸爸"), slice_of("你好!"));
	else
		pool_worker_reply(worker, job, 1, NOTHING, NOTHING);
}

static int son_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, answer_father);
}

static void father_and_son_talk_both_ways(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .serve = son_serve });
	char heard[64] = "";

	(void)state;
	assert_int_equal(
		pool_submit(pool, 0, slice_of("儿子"), slice_of("你好!"), keep_text, heard), 0);
	turn_until_done(pool);
	assert_string_equal(heard, "爸爸你好!");
	finish(pool);
}

static void read_slot(struct pool_worker *worker, const struct pool_job *job)
{
	pool_worker_reply(worker, job, 0, slice_of(job->memory), job->payload);
}

static int slot_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, read_slot);
}

static void what_is_too_large_for_a_message_lies_in_the_slot(void **state)
{
	enum { SLOT_BYTES = 2 * POOL_MESSAGE_MAX };
	static char large[SLOT_BYTES + 1] = "in the slot, ";
	struct pool *pool = start((struct pool_options){
		.workers = 1, .serve = slot_serve, .slot_bytes = SLOT_BYTES });
	char heard[64] = "";

	(void)state;
	assert_int_equal(pool_submit_in_slot(pool, 0, SLICE("said"),
					     (struct slice){ large, SLOT_BYTES + 1 }, keep_text,
					     heard),
			 -1);
	assert_int_equal(pool_submit_in_slot(pool, 0, SLICE("said"),
					     (struct slice){ large, SLOT_BYTES }, keep_text, heard),
			 0);
	assert_int_equal(
		pool_submit_in_slot(pool, 0, SLICE("no room"), SLICE("x"), keep_text, heard), -1);
	turn_until_done(pool);
	assert_string_equal(heard, "in the slot, said");

	/* The same of one that goes alone, though it waits for its worker. */
	memset(heard, 0, sizeof(heard));
	assert_int_equal(pool_submit_alone(pool, SLICE("alone"),
					   (struct slice){ large, SLOT_BYTES + 1 }, keep_text,
					   heard),
			 -1);
	assert_int_equal(pool_submit_alone(pool, SLICE("alone"),
					   (struct slice){ large, SLOT_BYTES }, keep_text, heard),
			 0);
	turn_until_done(pool);
	assert_string_equal(heard, "in the slot, alone");
	finish(pool);
}

/* ---- Pool: apply, apply_async, map, callbacks, results ---- */

static void squares_by_apply_come_one_after_another(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 3 });
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pool_apply(pool, square, int_slice(&i), &value), POOL_DONE);
		assert_int_equal(to_int(value.bytes), i * i);
		assert_int_equal(pool_outstanding(pool), 0);
	}
	finish(pool);
}

static void squares_by_apply_async_are_got_after_join(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 3 });
	struct pool_result *results[10];
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 10; i++)
		results[i] = pool_apply_async(pool, square, int_slice(&i), NULL, NULL);
	pool_close(pool);
	assert_int_equal(pool_join(pool, PATIENCE_MS), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pool_result_get(results[i], 0, &value), 0);
		assert_int_equal(to_int(value.bytes), i * i);
		pool_result_free(results[i]);
	}
	pool_free(pool);
}

static void squares_by_map_keep_their_order(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 3, .window = 4, .queue_max = 7 });
	struct pool_result *results[100];
	struct slice arguments[100];
	struct pool_value value;
	int numbers[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		numbers[i] = i;
		arguments[i] = int_slice(&numbers[i]);
	}
	assert_int_equal(pool_map(pool, square, arguments, 100, results), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pool_result_get(results[i], 0, &value), 0);
		assert_int_equal(to_int(value.bytes), i * i);
		pool_result_free(results[i]);
	}
	finish(pool);
}

static int fail_when_odd(struct slice argument, struct pool_reply *reply)
{
	(void)reply;
	return to_int(argument) % 2;
}

static void map_counts_what_failed(void **state)
{
	static char large[POOL_MESSAGE_MAX + 1];
	static const int numbers[] = { 1, 2, 3 };
	struct pool *pool = start((struct pool_options){ .workers = 2 });
	struct slice arguments[] = { int_slice(&numbers[0]),
				     int_slice(&numbers[1]),
				     int_slice(&numbers[2]),
				     { large, sizeof(large) } };
	struct pool_result *results[4];

	(void)state;
	assert_int_equal(pool_map(pool, fail_when_odd, arguments, 4, results), 3);
	assert_false(pool_result_is_successful(results[0]));
	assert_true(pool_result_is_successful(results[1]));
	assert_null(results[3]);
	for (int i = 0; i < 4; i++)
		pool_result_free(results[i]);
	finish(pool);
}

/* Three processes do all the work: Pool(3) makes no fourth. */
static void a_pool_uses_its_processes_again(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 3 });
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 30; i++) {
		bool is_known = false;

		assert_int_equal(pool_apply(pool, tell_pid, NOTHING, &value), POOL_DONE);
		for (unsigned k = 0; k < 3; k++)
			is_known |= pool_worker_info(pool, k).pid == to_int(value.bytes);
		assert_true(is_known);
	}
	for (unsigned k = 0; k < 3; k++)
		assert_int_equal(pool_worker_info(pool, k).starts, 1);
	finish(pool);
}

static void keep_pid_and_number(void *user, const struct pool_value *value)
{
	int *seen = user;

	seen[0] = getpid();
	seen[1] = to_int(value->bytes);
}

static void a_callback_runs_in_the_master(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 5 });
	int number = 10, seen[2] = { 0 };

	(void)state;
	pool_result_free(
		pool_apply_async(pool, square, int_slice(&number), keep_pid_and_number, seen));
	finish(pool);
	assert_int_equal(seen[0], getpid());
	assert_int_equal(seen[1], 100);
}

static void a_result_is_not_ready_before_its_job_is_done(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct pool_result *result =
		pool_apply_async(pool, pass_gate, slice_of("hello 1"), NULL, NULL);
	struct pool_value value = { .code = 99 };

	(void)state;
	assert_false(pool_result_is_ready(result));
	assert_false(pool_result_is_successful(result));
	assert_int_equal(pool_result_wait(result, 20), -1);
	assert_int_equal(pool_result_get(result, 0, &value), -1);
	assert_int_equal(value.code, 99);
	open_gate(1);
	assert_int_equal(pool_result_wait(result, PATIENCE_MS), 0);
	assert_true(pool_result_is_ready(result));
	assert_true(pool_result_is_successful(result));
	for (int i = 0; i < 2; i++) { /* get may be called again */
		assert_int_equal(pool_result_get(result, 0, &value), 0);
		assert_true(slice_equal(value.bytes, slice_of("hello 1")));
	}
	pool_free(pool);
	assert_int_equal(pool_result_get(result, 0, &value), 0); /* the result is its own */
	pool_result_free(result);
}

static void a_result_may_be_let_go_before_its_job_is_done(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct tally tally = { 0 };
	struct pool_result *result =
		pool_apply_async(pool, pass_gate, NOTHING, count_value, &tally);

	(void)state;
	turn_until_at_gate(pool, 1);
	pool_result_free(result);
	pool_result_free(NULL);
	open_gate(1);
	finish(pool);
	assert_int_equal(tally.done, 1);
}

/* The first job of one function passes, the second is held up. */
static int pass_or_wait(struct slice argument, struct pool_reply *reply)
{
	return to_int(argument) == 0 ? 0 : pass_gate(argument, reply);
}

/* Answers may be gathered, but not behind a job that takes its time. */
static void a_quick_answer_does_not_wait_for_a_long_job(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .window = 64 });
	struct tally quick = { 0 }, slow = { 0 };

	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		send_async(pool, pass_or_wait, 0, &quick);
		send_async(pool, pass_or_wait, 1, &slow);
		turn_until_at_gate(pool, i);
		turn_until_calls(pool, &quick, i);
		open_gate(1);
		turn_until_done(pool);
	}
	for (int i = 0; i < 40; i++)
		send_async(pool, square, i, &quick);
	send_async(pool, pass_gate, 0, &slow);
	turn_until_calls(pool, &quick, 3 + 40);
	assert_int_equal(slow.calls, 3);
	open_gate(1);
	finish(pool);
	assert_int_equal(slow.done, 4);
}

static int raise_error(struct slice argument, struct pool_reply *reply)
{
	pool_reply_write(reply, "There was an error!", 19);
	return to_int(argument);
}

static void an_error_comes_back_to_the_caller(void **state)
{
	static const int codes[] = { 1, 7, -1, 1 << 30 };
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct pool_value value;

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		pool_apply(pool, raise_error, int_slice(&codes[i]), &value);
		assert_int_equal(value.status, POOL_FAILED);
		assert_int_equal(value.code, codes[i]);
		assert_true(slice_equal(value.bytes, slice_of("There was an error!")));
	}
	assert_int_equal(pool_worker_info(pool, 0).starts, 1);
	finish(pool);
}

static void a_reply_that_is_too_large_fails_and_harms_nobody(void **state)
{
	static const struct {
		int size;
		enum pool_status status;
	} table[] = {
		{ POOL_MESSAGE_MAX, POOL_DONE },
		{ POOL_MESSAGE_MAX + 1, POOL_FAILED },
		{ 10 * POOL_MESSAGE_MAX, POOL_FAILED },
		{ 5, POOL_DONE },
	};
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct pool_value value;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		bool is_done = table[i].status == POOL_DONE;

		pool_apply(pool, reply_bytes, int_slice(&table[i].size), &value);
		assert_int_equal(value.status, table[i].status);
		assert_int_equal(value.code, is_done ? 0 : -EMSGSIZE);
		assert_int_equal(value.bytes.size, is_done ? table[i].size : 0);
	}
	assert_int_equal(pool_worker_info(pool, 0).starts, 1);
	finish(pool);
}

static void reply_too_much(struct pool_worker *worker, const struct pool_job *job)
{
	static char bytes[POOL_MESSAGE_MAX];

	pool_worker_reply(worker, job, 0, (struct slice){ bytes, sizeof(bytes) }, SLICE("!"));
}

static int too_much_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, reply_too_much);
}

static void an_event_driven_reply_that_is_too_large_fails_too(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1, .serve = too_much_serve });
	struct tally tally = { 0 };

	(void)state;
	assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tally), 0);
	turn_until_done(pool);
	assert_int_equal(tally.failed, 1);
	assert_int_equal(tally.code, -EMSGSIZE);
	finish(pool);
}

static void an_argument_of_a_megabyte_comes_through_whole(void **state)
{
	static char bytes[POOL_MESSAGE_MAX + 1];
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct pool_value value;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	pool_apply(pool, say_back, (struct slice){ bytes, POOL_MESSAGE_MAX }, &value);
	assert_int_equal(value.status, POOL_DONE);
	assert_int_equal(value.bytes.size, POOL_MESSAGE_MAX);
	assert_memory_equal(value.bytes.at, bytes, POOL_MESSAGE_MAX);

	assert_null(pool_apply_async(pool, say_back, (struct slice){ bytes, sizeof(bytes) }, NULL,
				     NULL));
	pool_apply(pool, say_back, (struct slice){ bytes, sizeof(bytes) }, &value);
	assert_int_equal(value.status, POOL_CANCELLED);
	finish(pool);
}

struct chain {
	struct pool *pool;
	int left;
	unsigned done, refused;
};

static void next_of_chain(void *user, const struct pool_value *value)
{
	struct chain *chain = user;

	assert_int_equal(value->status, POOL_DONE);
	chain->done++;
	if (chain->left-- > 0)
		pool_result_free(
			pool_apply_async(chain->pool, say_back, NOTHING, next_of_chain, chain));
}

static void a_callback_may_hand_out_jobs(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 2 });
	struct chain chain = { .pool = pool, .left = 50 };

	(void)state;
	pool_result_free(pool_apply_async(pool, say_back, NOTHING, next_of_chain, &chain));
	turn_until_done(pool);
	assert_int_equal(chain.done, 51);
	finish(pool);
}

/* Hands out jobs until it is refused: inside a callback there is no waiting for room. */
static void fill_the_pool(void *user, const struct pool_value *value)
{
	struct chain *chain = user;
	struct pool_result *result;

	(void)value;
	if (chain->refused > 0)
		return;
	while ((result = pool_apply_async(chain->pool, say_back, NOTHING, NULL, NULL))) {
		chain->done++;
		pool_result_free(result);
	}
	chain->refused++;
}

static void a_full_pool_refuses_a_callback(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 1, .window = 2, .queue_max = 3 });
	struct chain chain = { .pool = pool };

	(void)state;
	pool_result_free(pool_apply_async(pool, say_back, NOTHING, fill_the_pool, &chain));
	turn_until_done(pool);
	assert_int_equal(chain.refused, 1);
	assert_int_equal(chain.done, 2 + 3);
	finish(pool);
}

static void a_closed_pool_takes_nothing_and_finishes_what_it_has(void **state)
{
	struct exits exits = { 0 };
	struct pool *pool = start(
		(struct pool_options){ .workers = 2, .on_exit = count_exit, .context = &exits });
	struct tally tally = { 0 };
	struct pool_value value;

	(void)state;
	for (int i = 0; i < 40; i++)
		send_async(pool, do_nothing, i, &tally);
	pool_close(pool);
	assert_null(pool_apply_async(pool, do_nothing, NOTHING, NULL, NULL));
	assert_int_equal(pool_apply(pool, do_nothing, NOTHING, &value), POOL_CANCELLED);
	finish(pool);
	assert_int_equal(tally.done, 40);
	assert_int_equal(exits.planned, 2);
}

static void a_closed_pool_replaces_who_dies_before_the_work_is_done(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 1 });
	struct tally died = { 0 }, done = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		send_async(pool, end_in_some_way, -SIGKILL, &died);
		send_async(pool, do_nothing, i, &done);
	}
	finish(pool);
	assert_int_equal(died.died, 5);
	assert_int_equal(done.done, 5);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	pool_free(NULL);
}

static void a_pool_without_memory_for_its_slots_is_refused(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 60 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct pool_options options = {
			.workers = 3, .window = 64, .slot_bytes = sizes[i], .serve = echo_serve
		};

		errno = 0;
		assert_null(pool_new(&options));
		assert_int_equal(errno, ENOMEM);
	}
}

/* ---- the event-driven kind ---- */

#define SLOT_BYTES (300 * 1000)

/* The body of job n: its size and its bytes follow from n. */
static size_t body_size(int n)
{
	return (size_t)n * 7919 % SLOT_BYTES;
}

static char body_byte(int n, size_t i)
{
	return (char)(n * 31 + i * 7 + i / 253);
}

static void write_body(struct pool_worker *worker, const struct pool_job *job)
{
	int n = to_int(job->payload);

	if (job->memory_bytes < SLOT_BYTES)
		_exit(97);
	for (size_t i = 0; i < body_size(n); i++)
		job->memory[i] = body_byte(n, i);
	pool_worker_reply(worker, job, 0, job->payload, NOTHING);
}

static int body_serve(struct pool_worker *worker, void *context)
{
	(void)context;
	return serve_each(worker, write_body);
}

struct library {
	struct pool *pool;
	int next, last;
	unsigned right;
};

static void check_body(void *user, const struct pool_value *value);

static void lend_bodies(struct library *library)
{
	for (unsigned i = 0; i < pool_worker_count(library->pool); i++) {
		while (pool_room(library->pool, i) > 0 && library->next < library->last) {
			int n = library->next++;

			assert_int_equal(pool_submit(library->pool, i, int_slice(&n), NOTHING,
						     check_body, library),
					 0);
		}
	}
}

/* Handing the place to the next job first must not touch the body: the master still reads it. */
static void check_body(void *user, const struct pool_value *value)
{
	struct library *library = user;
	int n = to_int(value->bytes);
	size_t wrong = 0;

	assert_int_equal(value->status, POOL_DONE);
	lend_bodies(library);
	assert_true(value->slot.size >= SLOT_BYTES);
	for (size_t i = 0; i < body_size(n); i++)
		wrong += value->slot.at[i] != body_byte(n, i);
	assert_int_equal(wrong, 0);
	library->right++;
}

static void bodies_come_back_whole_in_their_slots(void **state)
{
	struct pool *pool = start((struct pool_options){
		.workers = 2, .window = 16, .slot_bytes = SLOT_BYTES, .serve = body_serve });
	struct library library = { .pool = pool, .last = 300 };

	(void)state;
	lend_bodies(&library);
	turn_until_done(pool);
	assert_int_equal(library.right, 300);
	finish(pool);
}

static void what_is_trimmed_from_a_slot_reads_as_zero(void **state)
{
	struct slots *slots = slots_new(2, 10 * 4096);
	size_t size = slots_bytes(slots);

	(void)state;
	assert_true(size >= 10 * 4096);
	memset(slots_at(slots, 0), 'a', size);
	memset(slots_at(slots, 1), 'b', size);
	slot_trim(slots_at(slots, 0), size, SIZE_MAX);
	slot_trim(slots_at(slots, 0), size, size);
	assert_int_equal(slots_at(slots, 0)[size - 1], 'a');
	slot_trim(slots_at(slots, 0), size, 5000);
	assert_int_equal(slots_at(slots, 0)[4999], 'a');
	assert_int_equal(slots_at(slots, 0)[size - 1], 0);
	assert_int_equal(slots_at(slots, 1)[0], 'b');
	slots_free(slots);
	slots_free(NULL);
	assert_null(slots_new(2, SIZE_MAX / 2 + 4096));
	assert_null(slots_new(1, SIZE_MAX));
}

/* Takes its jobs, hears STOP, and only then answers. */
static int late_answer_serve(struct pool_worker *worker, void *context)
{
	struct pool_job jobs[3], none;

	(void)context;
	collect(worker, jobs, 3);
	while (!pool_worker_next(worker, &none) && !pool_worker_is_stopping(worker)) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		poll(&wait, 1, -1);
		if (pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
	}
	for (int i = 0; i < 3; i++)
		pool_worker_reply(worker, &jobs[i], 0, NOTHING, NOTHING);
	return pool_worker_flush(worker) < 0;
}

static void stop_lets_a_worker_finish_what_it_has(void **state)
{
	struct pool *pool = start(
		(struct pool_options){ .workers = 1, .window = 3, .serve = late_answer_serve });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tally), 0);
	finish(pool);
	assert_int_equal(tally.done, 3);
}

/* Marks the second of its jobs, and answers when it hears STOP. */
static int marking_serve(struct pool_worker *worker, void *context)
{
	struct pool_job jobs[3], none;

	(void)context;
	collect(worker, jobs, 3);
	pool_worker_mark(worker, &jobs[1], INT64_MAX);
	while (!pool_worker_next(worker, &none) && !pool_worker_is_stopping(worker)) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		poll(&wait, 1, -1);
		if (pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
	}
	for (int i = 0; i < 3; i++)
		pool_worker_reply(worker, &jobs[i], 0, NOTHING, NOTHING);
	return pool_worker_flush(worker) < 0;
}

static void a_job_under_way_is_marked_without_a_message(void **state)
{
	struct pool *pool =
		start((struct pool_options){ .workers = 1, .window = 3, .serve = marking_serve });
	struct tally tallies[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pool_submit(pool, 0, NOTHING, NOTHING, count_value, &tallies[i]),
				 0);
	while (pool_mark(pool, 0, &tallies[1]) == 0)
		pool_turn(pool, 1);
	assert_true(pool_mark(pool, 0, &tallies[1]) == INT64_MAX);
	assert_int_equal(pool_mark(pool, 0, &tallies[0]), 0);
	assert_int_equal(pool_mark(pool, 0, &tallies[2]), 0);
	assert_int_equal(pool_mark(pool, 0, pool), 0);
	pool_close(pool);
	assert_int_equal(pool_join(pool, 10000), 0);
	assert_int_equal(tallies[1].done, 1);
	assert_int_equal(pool_mark(pool, 0, &tallies[1]), 0); /* it has come back */
	pool_free(pool);
}

/* ---- a socket server behind a pool ---- */

#define CLIENTS 6

/* The seeds' talk(conn): upper case, until the client leaves. */
static void talk(int connection)
{
	char text[1024];
	ssize_t size;

	while ((size = recv(connection, text, sizeof(text), 0)) > 0) {
		for (ssize_t i = 0; i < size; i++) {
			if (text[i] >= 'a' && text[i] <= 'z')
				text[i] = (char)(text[i] - 'a' + 'A');
		}
		send(connection, text, (size_t)size, MSG_NOSIGNAL);
	}
	close(connection);
}

static int listener_serve(struct pool_worker *worker, void *context)
{
	int listener = *(int *)context;
	struct pool_job none;

	while (!pool_worker_is_stopping(worker)) {
		struct pollfd waits[2] = { { .fd = pool_worker_fd(worker), .events = POLLIN },
					   { .fd = listener, .events = POLLIN } };
		int connection;

		poll(waits, 2, -1);
		if (waits[0].revents && pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
		pool_worker_next(worker, &none);
		connection = accept(listener, NULL, NULL);
		if (connection >= 0)
			talk(connection);
	}
	return EXIT_SUCCESS;
}

static int listen_somewhere(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(listener, CLIENTS), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)address, &size), 0);
	return listener;
}

/* Wait until so many clients were answered; each answer is checked. */
static void hear_answers(const int clients[], bool is_answered[], unsigned count)
{
	for (unsigned answered = 0; answered < count;) {
		struct pollfd waits[CLIENTS];
		char text[64] = "";

		for (int i = 0; i < CLIENTS; i++)
			waits[i] = (struct pollfd){ is_answered[i] ? -1 : clients[i], POLLIN, 0 };
		assert_true(poll(waits, CLIENTS, PATIENCE_MS) > 0);
		for (int i = 0; i < CLIENTS; i++) {
			if (!(waits[i].revents & POLLIN))
				continue;
			assert_int_equal(recv(clients[i], text, sizeof(text), 0), 5);
			assert_memory_equal(text, "HELLO", 5);
			is_answered[i] = true;
			answered++;
		}
	}
}

/* As the tutorial says: with Pool(4) and six clients, two wait until somebody leaves. */
static void four_of_six_clients_are_served_and_two_wait(void **state)
{
	struct sockaddr_in address;
	int listener = listen_somewhere(&address);
	struct pool *pool = start((struct pool_options){ .workers = 4,
							 .serve = listener_serve,
							 .context = &listener,
							 .keep_fds = &listener,
							 .keep_fd_count = 1 });
	bool is_answered[CLIENTS] = { false };
	int clients[CLIENTS];
	unsigned served = 0;

	(void)state;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(clients[i], (struct sockaddr *)&address, sizeof(address)),
				 0);
		assert_int_equal(send(clients[i], "hello", 5, 0), 5);
	}
	hear_answers(clients, is_answered, 4);
	for (int i = 0; i < CLIENTS; i++)
		served += is_answered[i];
	assert_int_equal(served, 4);
	for (int i = 0; i < CLIENTS; i++) {
		if (is_answered[i])
			shutdown(clients[i], SHUT_RDWR);
	}
	hear_answers(clients, is_answered, 2);
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	close(listener);
	finish(pool);
}

/* ---- many jobs ---- */

static void a_hundred_thousand_empty_jobs_finish(void **state)
{
	struct pool *pool = start((struct pool_options){ .workers = 2, .window = 64 });
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		send_async(pool, do_nothing, i, &tally);
	finish(pool);
	assert_int_equal(tally.done, 100000);
	assert_int_equal(tally.calls, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_has_a_name_a_pid_and_us_as_parent),
		TEST(workers_are_as_many_as_cpus_unless_said),
		TEST(mail_two_goes_out_after_mail_one_was_joined),
		TEST(the_last_mail_goes_out_after_ten_were_joined),
		TEST(a_join_with_a_time_limit_gives_up_and_may_be_repeated),
		TEST(what_a_worker_changes_stays_in_the_worker),
		TEST(every_way_to_end_has_its_exit_code),
		TEST(workers_die_with_their_master),
		TEST(terminate_ends_running_workers_and_cancels_their_jobs),
		TEST(only_the_master_hears_the_terminal),
		TEST(children_of_the_program_are_left_to_it),
		TEST(a_worker_has_only_its_own_descriptors),
		TEST(the_last_ticket_is_sold_once),
		TEST(a_full_queue_makes_the_producer_wait),
		TEST(two_pools_may_share_a_loop),
		TEST(producers_and_consumers_share_a_bounded_queue),
		TEST(a_job_is_outstanding_until_it_is_acknowledged),
		TEST(thirteen_guests_share_four_booths),
		TEST(a_window_that_is_full_takes_no_more),
		TEST(a_turn_hands_out_so_many_results_and_no_more),
		TEST(a_turn_ends_when_its_callbacks_have_had_their_time),
		TEST(what_a_worker_said_before_its_end_is_taken_though_the_turn_is_over),
		TEST(father_and_son_talk_both_ways),
		TEST(what_is_too_large_for_a_message_lies_in_the_slot),
		TEST(squares_by_apply_come_one_after_another),
		TEST(squares_by_apply_async_are_got_after_join),
		TEST(squares_by_map_keep_their_order),
		TEST(map_counts_what_failed),
		TEST(a_pool_uses_its_processes_again),
		TEST(a_callback_runs_in_the_master),
		TEST(a_result_is_not_ready_before_its_job_is_done),
		TEST(a_result_may_be_let_go_before_its_job_is_done),
		TEST(a_quick_answer_does_not_wait_for_a_long_job),
		TEST(an_error_comes_back_to_the_caller),
		TEST(a_reply_that_is_too_large_fails_and_harms_nobody),
		TEST(an_event_driven_reply_that_is_too_large_fails_too),
		TEST(an_argument_of_a_megabyte_comes_through_whole),
		TEST(a_callback_may_hand_out_jobs),
		TEST(a_full_pool_refuses_a_callback),
		TEST(a_closed_pool_takes_nothing_and_finishes_what_it_has),
		TEST(a_closed_pool_replaces_who_dies_before_the_work_is_done),
		TEST(freeing_nothing_is_allowed),
		TEST(a_pool_without_memory_for_its_slots_is_refused),
		TEST(bodies_come_back_whole_in_their_slots),
		TEST(what_is_trimmed_from_a_slot_reads_as_zero),
		TEST(a_job_under_way_is_marked_without_a_message),
		TEST(stop_lets_a_worker_finish_what_it_has),
		TEST(four_of_six_clients_are_served_and_two_wait),
		TEST(a_hundred_thousand_empty_jobs_finish),
	};

	return RUN_POOL_TESTS(tests);
}
