#ifndef POOL_WORKER_H
#define POOL_WORKER_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * pool_worker: what runs in a worker of the pool.
 *
 * A blocking worker takes one job after another: a function and its argument.  An event-driven one
 * runs a loop of its own, serve(), in which it receives jobs and answers them in any order.
 */
struct pool_worker;

#define POOL_MESSAGE_MAX (1024 * 1024) /* bytes of an argument or a reply; slots take more */

/* ---- a blocking worker ---- */

/* Grows as a function writes its result; beyond POOL_MESSAGE_MAX the job fails as -EMSGSIZE. */
struct pool_reply;
void pool_reply_write(struct pool_reply *reply, const void *bytes, size_t size);

/*
 * What a blocking worker runs, in the worker.  argument dies with the call, and is not aligned.
 * Returns 0, or a code that comes back as the value's code with status POOL_FAILED.
 */
typedef int pool_function(struct slice argument, struct pool_reply *reply);

/* ---- an event-driven worker ---- */

struct pool_job {
	uint16_t slot; /* of the window: no two jobs in flight share one */
	uint32_t generation;
	struct slice payload; /* valid until the next pool_worker_receive() */
	char *memory;         /* the body slot: the worker's until it replies */
	size_t memory_bytes;
};

/* Readable when jobs came; when pool_worker_has_unsent(), wait for writable too. */
int pool_worker_fd(const struct pool_worker *worker);
bool pool_worker_has_unsent(const struct pool_worker *worker);

/* Read what came.  Returns 0, or -1: the master is gone, exit. */
int pool_worker_receive(struct pool_worker *worker);

/* Take the next job that was received.  Returns 1, or 0 if there is none. */
int pool_worker_next(struct pool_worker *worker, struct pool_job *job);

/*
 * Has the master said stop?  Known when pool_worker_next() has returned 0.  Finish what is in
 * flight, then return from serve.
 */
bool pool_worker_is_stopping(const struct pool_worker *worker);

/*
 * Answer a job, once.  status 0 is POOL_DONE.  head and body are copied; if they are larger than
 * POOL_MESSAGE_MAX the status becomes -EMSGSIZE.  Waits when the master is megabytes behind.
 */
void pool_worker_reply(struct pool_worker *worker, const struct pool_job *job, int status,
		       struct slice head, struct slice body);

/* Send answers.  Returns 0, or -1: the master is gone, exit. */
int pool_worker_flush(struct pool_worker *worker);

/* A sign of life; at least every silence_ms / 2.  Costs no system call but the clock's. */
void pool_worker_beat(struct pool_worker *worker);

/* Tell the master a number about a job that is under way, without a message. */
void pool_worker_mark(struct pool_worker *worker, const struct pool_job *job, int64_t mark);

/*
 * Say which job the next steps work for (NULL: none in particular), so that only this one is
 * suspected if the worker dies in them.
 */
void pool_worker_busy_with(struct pool_worker *worker, const struct pool_job *job);

/* ---- for the pool ---- */

struct seat;
struct channel;

/* What is the same for all workers of a pool; see struct pool_options. */
struct pool_worker_options {
	int (*initializer)(void *context, unsigned worker);
	int (*serve)(struct pool_worker *worker, void *context);
	void *context;
	unsigned silence_ms;
};

/* The whole life of the process in a seat.  Returns its exit code. */
int pool_worker_live(const struct pool_worker_options *options, const struct seat *seat,
		     struct channel *channel);

#endif
