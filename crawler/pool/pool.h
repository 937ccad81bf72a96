#ifndef POOL_H
#define POOL_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * pool: worker processes that do jobs for one master.
 *
 * Of Python's multiprocessing.Pool in C: initializer, apply, apply_async with a callback in
 * the master, map, results to wait for, close, join, terminate.  What it promises beyond:
 *
 *  - Every job that was taken comes back exactly once, as a value with a status: done, failed,
 *    its worker died, or cancelled.  Never a hang.
 *  - A worker that dies or is silent too long is replaced.  A worker dies with its master,
 *    also when that is killed with SIGKILL.
 *  - Queues are bounded both ways: a full pool says so, or makes apply_async wait.
 *
 * There are two kinds of worker.  A blocking one is handed a function and an argument and does
 * one job after another.  An event-driven one runs a loop of its own (options.serve) and keeps
 * up to `window` jobs in flight; what a job means is between its sender and that loop.
 *
 * One thread owns a pool.  Nothing happens behind its back: callbacks, replacement and reaping
 * take place inside pool_turn(), which the waiting calls drive.  A callback may hand out jobs, but
 * must not wait: no turn inside a turn.
 */
struct pool;
struct pool_result;
struct pool_worker;

#define POOL_WORKERS_MAX 256
#define POOL_WINDOW_MAX  1024
#define POOL_QUEUE_MAX   1024          /* jobs that wait for a worker, if the options do not say */
#define POOL_STARTS_MAX  3             /* a pool is broken after so many failed starts in a row */
#define POOL_MESSAGE_MAX (1024 * 1024) /* bytes of an argument or a reply; slots take more */
#define POOL_FOR_EVER    (-1)

/* ---- the work ---- */

/* Grows as a function writes its result; beyond POOL_MESSAGE_MAX the job fails as -EMSGSIZE. */
struct pool_reply;
void pool_reply_write(struct pool_reply *reply, const void *bytes, size_t size);

/*
 * What a blocking worker runs, in the worker.  argument dies with the call, and is not aligned.
 * Returns 0, or a code that comes back as the value's code with status POOL_FAILED.
 */
typedef int pool_function(struct slice argument, struct pool_reply *reply);

enum pool_status {
	POOL_DONE,
	POOL_FAILED,    /* the function returned non-zero */
	POOL_DIED,      /* its worker ended before it answered */
	POOL_CANCELLED, /* the pool was terminated, or is broken */
};

/* What came of a job. */
struct pool_value {
	enum pool_status status;
	int code;           /* FAILED: what the function returned.  DIED: exit code, or -signal */
	bool is_suspect;    /* DIED: the worker was busy with just this job, or nobody knows */
	unsigned worker;    /* index of the worker */
	struct slice bytes; /* the reply: points into the pool, dies with callback or result */
	struct slice slot;  /* DONE, FAILED: the whole body slot, ours until the callback returns */
};

typedef void pool_callback(void *user, const struct pool_value *value);

/* How a worker ended. */
struct pool_exit {
	const char *name; /* "worker-3" */
	pid_t pid;
	int code;        /* exit code, or -signal */
	unsigned jobs;   /* that it had in flight; they come back as POOL_DIED */
	bool is_late;    /* it was silent for too long and was killed for it */
	bool is_planned; /* it was told to stop and did, or was terminated */
};

struct pool_options {
	const char *name;   /* workers are called name-1, name-2, ...; NULL: "worker" */
	unsigned workers;   /* 0: one per CPU */
	unsigned window;    /* jobs handed to a worker at a time; 0: 1 */
	unsigned queue_max; /* jobs that wait for a worker; 0: POOL_QUEUE_MAX */
	/*
	 * Results of a worker that a turn hands out; 0: all that came.  Where callbacks take long,
	 * a few: between turns the workers get new work, while the rest of their results wait.
	 */
	unsigned turn_results;
	unsigned jobs_per_worker; /* a worker is replaced after so many; 0: never */
	/* A worker that owes something and is silent for so long is killed; 0: never. */
	unsigned silence_ms;
	/* Shared memory for the result of each job in flight; 0: none. */
	size_t slot_bytes;
	/* Descriptors the workers need; all others above 2 are closed in them. */
	const int *keep_fds;
	size_t keep_fd_count;

	/* Runs first in every worker.  Non-zero: the worker exits with that code. */
	int (*initializer)(void *context, unsigned worker);
	/* Event-driven workers: the whole life of one.  Returns its exit code. */
	int (*serve)(struct pool_worker *worker, void *context);
	/* Runs in the master when a worker has ended, before its jobs come back. */
	void (*on_exit)(void *context, const struct pool_exit *end);
	void *context;
};

/* ---- the master's side ---- */

/* Start the workers.  Returns a pool the caller frees with pool_free(), or NULL with errno. */
struct pool *pool_new(const struct pool_options *options);

/* Terminate what still runs, reap it, and release.  NULL is allowed. */
void pool_free(struct pool *pool);

/* Do a job and wait for it.  The value's bytes stay until the next call.  Returns value->status. */
enum pool_status pool_apply(struct pool *pool, pool_function *function, struct slice argument,
			    struct pool_value *value);

/*
 * Have a job done; callback (or NULL) runs in the master when it is.  argument is copied.
 * While the queue is full this waits for room, by turns of the pool; from inside a callback it
 * cannot wait and returns NULL instead.  Returns a result the caller frees, or NULL (also when the
 * pool is closed or broken, or the argument is larger than POOL_MESSAGE_MAX).
 */
struct pool_result *pool_apply_async(struct pool *pool, pool_function *function,
				     struct slice argument, pool_callback *callback, void *user);

/*
 * Do count jobs and wait for all; results[i] is what came of arguments[i], freed by the caller,
 * or NULL if the job was not taken.  Returns how many did not end as POOL_DONE.
 */
size_t pool_map(struct pool *pool, pool_function *function, const struct slice arguments[],
		size_t count, struct pool_result *results[]);

/*
 * Hand a job to one event-driven worker; it leaves with the next turn.  Its payload (head, then
 * body) is copied.  Returns 0, or -1 if the worker has no room (pool_room() is 0) or the payload
 * is larger than POOL_MESSAGE_MAX.
 */
int pool_submit(struct pool *pool, unsigned worker, struct slice head, struct slice body,
		pool_callback *callback, void *user);

/*
 * What the worker has marked the job of this user with, which it has not answered; 0: nothing yet.
 * It is the worker's word: any number.
 */
int64_t pool_mark(const struct pool *pool, unsigned worker, const void *user);

/* How many jobs the worker would take now; none of a closed pool. */
unsigned pool_room(const struct pool *pool, unsigned worker);

/* Jobs that were taken and have not come back. */
size_t pool_outstanding(const struct pool *pool);

/*
 * One turn: send what is gathered, wait at most timeout_ms for something to happen (POOL_FOR_EVER;
 * 0: do not wait), take results and run their callbacks, reap the dead, kill the late, replace
 * the missing.
 */
void pool_turn(struct pool *pool, int timeout_ms);

/* Call function in pool_turn() whenever fd is readable.  The caller keeps fd; one fd only once. */
int pool_watch(struct pool *pool, int fd, void (*function)(void *user), void *user);

/* No more jobs.  Workers end when what they have is done. */
void pool_close(struct pool *pool);

/* Wait for a closed pool's workers to end.  Returns 0, or -1 if they have not within timeout_ms. */
int pool_join(struct pool *pool, int timeout_ms);

/* Kill one worker, for what it sent: it is replaced, and its jobs come back as POOL_DIED. */
void pool_kill(struct pool *pool, unsigned worker);

/* Kill every worker now; jobs that are not done come back as POOL_CANCELLED in this call. */
void pool_terminate(struct pool *pool);

/*
 * Workers could not be started: what waited was cancelled, what workers still have comes back,
 * and nothing else will be done.
 */
bool pool_is_broken(const struct pool *pool);

struct pool_worker_info {
	const char *name;
	pid_t pid; /* 0: none at the moment */
	bool is_alive;
	int exit_code;      /* of the last process in this seat: exit code or -signal; 0 before */
	uint64_t jobs_done; /* answered by all processes in this seat */
	unsigned in_flight;
	unsigned starts; /* processes this seat has had */
};

unsigned pool_worker_count(const struct pool *pool);
struct pool_worker_info pool_worker_info(const struct pool *pool, unsigned worker);

/* ---- results ---- */

bool pool_result_is_ready(const struct pool_result *result);

/* Ready, and POOL_DONE? */
bool pool_result_is_successful(const struct pool_result *result);

/* Wait until it is ready.  Returns 0, or -1 after timeout_ms. */
int pool_result_wait(struct pool_result *result, int timeout_ms);

/* Wait, and look at the value; its bytes belong to the result.  0, or -1 after timeout_ms. */
int pool_result_get(struct pool_result *result, int timeout_ms, struct pool_value *value);

/* Release; the job goes on if it is not done.  NULL is allowed. */
void pool_result_free(struct pool_result *result);

/* ---- an event-driven worker's side ---- */

struct pool_job {
	uint16_t slot; /* its place in the window: no two jobs in flight share one */
	uint32_t generation;
	struct slice payload; /* valid until the next pool_worker_receive() */
	char *memory;         /* the body slot: the worker's until it replies */
	size_t memory_bytes;
};

/* Readable when jobs came; when pool_worker_has_unsent(), wait for writable too. */
int pool_worker_fd(const struct pool_worker *worker);
bool pool_worker_has_unsent(const struct pool_worker *worker);

const char *pool_worker_name(const struct pool_worker *worker);
unsigned pool_worker_index(const struct pool_worker *worker);

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

#endif
