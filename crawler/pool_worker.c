#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"
#include "memory.h"
#include "pool_internal.h"

#define EXIT_ORPHAN 3 /* the master was gone before we began */

struct pool_worker {
	struct pool_seat *seat;
	struct channel *channel;
	bool is_stopping;
};

struct pool_reply {
	char *bytes;
	size_t size, capacity;
	bool is_too_large;
};

void pool_reply_write(struct pool_reply *reply, const void *bytes, size_t size)
{
	if (size > CHANNEL_PAYLOAD_MAX - reply->size) {
		reply->is_too_large = true;
		return;
	}
	if (reply->capacity - reply->size < size) {
		reply->capacity = 2 * (reply->size + size);
		reply->bytes = memory_resize(reply->bytes, reply->capacity);
	}
	if (size > 0)
		memcpy(reply->bytes + reply->size, bytes, size);
	reply->size += size;
}

/* ---- what serve() calls ---- */

int pool_worker_fd(const struct pool_worker *worker)
{
	return channel_fd(worker->channel);
}

bool pool_worker_has_unsent(const struct pool_worker *worker)
{
	return channel_has_unsent(worker->channel);
}

const char *pool_worker_name(const struct pool_worker *worker)
{
	return worker->seat->name;
}

unsigned pool_worker_index(const struct pool_worker *worker)
{
	return worker->seat->index;
}

int pool_worker_receive(struct pool_worker *worker)
{
	return channel_receive(worker->channel) < 0 ? -1 : 0;
}

int pool_worker_next(struct pool_worker *worker, struct pool_job *job)
{
	struct slots *slots = worker->seat->slots;
	struct frame frame;

	while (channel_next(worker->channel, &frame) > 0) {
		if (frame.kind == FRAME_STOP)
			worker->is_stopping = true;
		if (frame.kind != FRAME_JOB)
			continue;
		*job = (struct pool_job){
			.slot = frame.slot,
			.generation = frame.generation,
			.payload = frame.payload,
			.memory = slots ? slots_at(slots, frame.slot) : NULL,
			.memory_bytes = slots ? slots_bytes(slots) : 0,
		};
		return 1;
	}
	return 0;
}

bool pool_worker_is_stopping(const struct pool_worker *worker)
{
	return worker->is_stopping;
}

void pool_worker_reply(struct pool_worker *worker, const struct pool_job *job, int status,
		       struct slice head, struct slice body)
{
	struct frame frame = {
		.kind = FRAME_RESULT,
		.slot = job->slot,
		.generation = job->generation,
		.status = status,
		.payload = head,
	};

	if (channel_send(worker->channel, &frame, body) < 0)
		_exit(EXIT_FAILURE); /* the master does not read: it will see us die, and nothing is lost */
}

int pool_worker_flush(struct pool_worker *worker)
{
	return channel_flush(worker->channel);
}

void pool_worker_beat(struct pool_worker *worker)
{
	atomic_store_explicit(&worker->seat->pulse->beat_ms, clock_ms(), memory_order_relaxed);
}

void pool_worker_busy_with(struct pool_worker *worker, const struct pool_job *job)
{
	uint64_t busy = job ? pulse_job(job->slot, job->generation) : PULSE_NONE;

	atomic_store_explicit(&worker->seat->pulse->busy, busy, memory_order_relaxed);
}

/* ---- the blocking kind ---- */

static void run_function(struct pool_worker *worker, const struct pool_job *job)
{
	struct pool_reply reply = { 0 };
	struct slice argument = job->payload;
	pool_function *function;
	int status;

	memcpy(&function, argument.at, sizeof(function)); /* the same program: the same address */
	argument.at += sizeof(function);
	argument.size -= sizeof(function);

	pool_worker_beat(worker);
	pool_worker_busy_with(worker, job);
	status = function(argument, &reply);
	pool_worker_busy_with(worker, NULL);
	if (reply.is_too_large)
		status = -EMSGSIZE;
	pool_worker_reply(worker, job, status, (struct slice){ reply.bytes, reply.size },
			  (struct slice){ 0 });
	free(reply.bytes);
}

/* Sleep until the channel can be read, or written if that is what we need. */
static void wait_for_master(struct pool_worker *worker)
{
	struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

	if (pool_worker_has_unsent(worker))
		wait.events |= POLLOUT;
	poll(&wait, 1, -1);
}

static int run_functions(struct pool_worker *worker)
{
	struct pool_job job;

	for (;;) { /* until STOP, or the master is gone */
		while (pool_worker_next(worker, &job)) {
			run_function(worker, &job);
			if (pool_worker_flush(worker) < 0)
				return EXIT_FAILURE;
		}
		if (pool_worker_flush(worker) < 0)
			return EXIT_FAILURE;
		if (worker->is_stopping && !pool_worker_has_unsent(worker))
			return EXIT_SUCCESS;
		wait_for_master(worker);
		if (pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
	}
}

/* ---- becoming a worker ---- */

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Nothing of the master's stays open: not its database, not the other workers' channels. */
static void close_all_but(const struct pool *pool, int channel)
{
	size_t count = pool->options.keep_fd_count;
	int *keep = memory_new(count + 1, sizeof(int));
	int from = STDERR_FILENO + 1;

	for (size_t i = 0; i < count; i++)
		keep[i] = pool->keep_fds[i];
	keep[count] = channel;
	qsort(keep, count + 1, sizeof(int), compare_fds);
	for (size_t i = 0; i <= count; i++) {
		if (keep[i] > from)
			close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	close_range((unsigned)from, ~0u, 0);
	free(keep);
}

/* Ctrl-C and a service manager's SIGTERM reach the whole group: the master decides what they mean. */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Memory that is between the master and other workers is none of ours. */
static void forget_others(struct pool *pool, const struct pool_seat *own)
{
	for (unsigned i = 0; i < pool->seat_count; i++) {
		if (&pool->seats[i] != own)
			slots_free(pool->seats[i].slots);
	}
}

static _Noreturn void leave(int code)
{
#ifdef CRAWL_COVER
	void __gcov_dump(void);

	__gcov_dump();
#endif
	_exit(code); /* not exit(): what stdio and others registered is the master's */
}

void pool_worker_main(struct pool *pool, struct pool_seat *seat, struct channel *channel)
{
	struct pool_worker worker = { .seat = seat, .channel = channel };
	int code = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != pool->master)
		_exit(EXIT_ORPHAN);
	prctl(PR_SET_NAME, seat->name);
	reset_signals();
	close_all_but(pool, channel_fd(channel));
	forget_others(pool, seat);

	if (pool->options.initializer)
		code = pool->options.initializer(pool->options.context, seat->index);
	if (code != 0)
		leave(code);
	atomic_store(&seat->pulse->is_ready, true);
	pool_worker_beat(&worker);
	if (pool->options.serve)
		leave(pool->options.serve(&worker, pool->options.context));
	leave(run_functions(&worker));
}
