#include "pool/pool_worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "pool/channel.h"
#include "pool/seat.h"
#include "pool/slots.h"

#define GATHERED_MAX   (64 * 1024) /* bytes of answers that wait for one more */
#define QUICK_JOBS_MIN 16          /* in a row, before answers are gathered */

struct pool_reply {
	char *bytes;
	size_t size, capacity;
	bool is_too_large;
};

struct pool_worker {
	const struct pool_worker_options *options;
	const struct seat *seat;
	struct channel *channel;
	struct pool_reply reply; /* its memory is used again */
	pool_function *last;     /* what ran last, */
	unsigned quick_jobs;     /* so many times in a row without taking any time */
	bool is_stopping;
};

void pool_reply_write(struct pool_reply *reply, const void *bytes, size_t size)
{
	if (size > POOL_MESSAGE_MAX - reply->size)
		reply->is_too_large = true;
	if (reply->is_too_large)
		return;
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

int pool_worker_receive(struct pool_worker *worker)
{
	return channel_receive(worker->channel) < 0 ? -1 : 0;
}

int pool_worker_next(struct pool_worker *worker, struct pool_job *job)
{
	struct slots *slots = worker->seat->slots;
	struct frame frame;
	int got;

	while ((got = channel_next(worker->channel, &frame)) > 0) {
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
	if (got < 0)
		seat_leave(EXIT_FAILURE); /* no more frames will ever come out of it */
	return 0;
}

bool pool_worker_is_stopping(const struct pool_worker *worker)
{
	return worker->is_stopping;
}

/*
 * Send all answers, however long the master takes: it may be in a callback.
 * Returns 0, or -1: the master is gone.
 */
static int send_all(struct pool_worker *worker)
{
	struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLOUT };
	unsigned silence_ms = worker->options->silence_ms;
	int beat_ms = silence_ms > 0 ? seat_look_ms(silence_ms) : -1;

	for (;;) {
		if (channel_flush(worker->channel) < 0)
			return -1;
		if (!channel_has_unsent(worker->channel))
			return 0;
		poll(&wait, 1, beat_ms);
		pool_worker_beat(worker);
	}
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

	if (head.size > POOL_MESSAGE_MAX || body.size > POOL_MESSAGE_MAX - head.size) {
		frame.status = -EMSGSIZE;
		frame.payload = body = (struct slice){ 0 };
	}
	if (channel_send(worker->channel, &frame, body) == 0)
		return;
	if (send_all(worker) < 0)
		seat_leave(EXIT_FAILURE);
	channel_send(worker->channel, &frame, body);
}

int pool_worker_flush(struct pool_worker *worker)
{
	return channel_flush(worker->channel);
}

void pool_worker_beat(struct pool_worker *worker)
{
	atomic_store_explicit(&worker->seat->pulse->beat, (uint64_t)clock_ms(),
			      memory_order_relaxed);
}

void pool_worker_busy_with(struct pool_worker *worker, const struct pool_job *job)
{
	uint64_t busy = job ? seat_pulse_job(job->slot, job->generation) : PULSE_NONE;

	atomic_store_explicit(&worker->seat->pulse->busy, busy, memory_order_relaxed);
}

void pool_worker_mark(struct pool_worker *worker, const struct pool_job *job, int64_t mark)
{
	atomic_store_explicit(&worker->seat->pulse->marks[job->slot], mark, memory_order_relaxed);
}

/* ---- the blocking kind ---- */

/*
 * Do one job.  Answers leave before the next job begins, but for a run of quick jobs of one
 * function: a system call for each would cost more than the jobs.  Should such a run end in a
 * long job, a millisecond's answers at most wait behind it; should that job kill us, they come
 * back as POOL_DIED, unsuspected.  A window of 1 leaves nothing to gather.
 */
static void run_function(struct pool_worker *worker, const struct pool_job *job)
{
	struct pool_reply *reply = &worker->reply;
	struct slice argument = job->payload;
	pool_function *function;
	int64_t start;
	int status;

	memcpy(&function, argument.at, sizeof(function)); /* the same program: the same address */
	argument.at += sizeof(function);
	argument.size -= sizeof(function);
	if (function != worker->last)
		worker->quick_jobs = 0;
	worker->last = function;
	if (worker->quick_jobs < QUICK_JOBS_MIN && send_all(worker) < 0)
		seat_leave(EXIT_FAILURE);

	reply->size = 0;
	reply->is_too_large = false;
	start = clock_ms();
	pool_worker_beat(worker);
	pool_worker_busy_with(worker, job);
	status = function(argument, reply);
	pool_worker_busy_with(worker, NULL);
	if (reply->is_too_large) {
		status = -EMSGSIZE;
		reply->size = 0;
	}
	pool_worker_reply(worker, job, status, (struct slice){ reply->bytes, reply->size },
			  (struct slice){ 0 });
	worker->quick_jobs++;
	if (clock_ms() != start || channel_unsent(worker->channel) > GATHERED_MAX)
		worker->quick_jobs = 0;
}

static int run_functions(struct pool_worker *worker)
{
	struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };
	struct pool_job job;

	pool_worker_busy_with(worker, NULL);
	for (;;) { /* until STOP, or the master is gone */
		while (pool_worker_next(worker, &job))
			run_function(worker, &job);
		if (send_all(worker) < 0)
			return EXIT_FAILURE;
		if (worker->is_stopping)
			return EXIT_SUCCESS;
		poll(&wait, 1, -1);
		if (pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
	}
}

/* ---- its life ---- */

int pool_worker_live(const struct pool_worker_options *options, const struct seat *seat,
		     struct channel *channel)
{
	struct pool_worker worker = { .options = options, .seat = seat, .channel = channel };
	int code = 0;

	if (options->initializer)
		code = options->initializer(options->context, seat->options.index);
	if (code != 0)
		return code;
	atomic_store(&seat->pulse->is_ready, 1);
	pool_worker_beat(&worker);
	if (options->serve)
		return options->serve(&worker, options->context);
	return run_functions(&worker);
}
