#ifndef POOL_H
#define POOL_H

#include "base/loop.h"
#include "parsers/text/slice.h"
#include "pool/pool_worker.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * pool: worker processes that do jobs for one master.
 *
 * Of Python's multiprocessing.Pool in C: initializer, close, join, terminate; apply, apply_async,
 * map and their results stand on top of it, in apply.h.  What it promises beyond:
 *
 *  - Every job that was taken comes back exactly once, as a value with a status: done, failed,
 *    its worker died, or cancelled.  Never a hang.
 *  - A worker that dies or is silent too long is replaced; ever later, if none gives an answer.
 *    A worker dies with its master, also when that is killed with SIGKILL.
 *  - Queues are bounded both ways: a full pool says so.
 *
 * There are two kinds of worker.  A blocking one is handed a function and an argument and does
 * one job after another.  An event-driven one runs a loop of its own (options.serve) and keeps
 * up to `window` jobs in flight; what a job means is between its sender and that loop.
 * pool_worker.h is the workers' side of both.
 *
 * One thread owns a pool.  Nothing happens behind its back: callbacks, replacement and reaping
 * take place inside pool_turn(), which the waiting calls drive.  A callback may send jobs, but
 * must not wait: no turn inside a turn.
 */
struct pool;

#define POOL_WORKERS_MAX 256
#define POOL_WINDOW_MAX  1024
#define POOL_QUEUE_MAX   1024 /* jobs that wait for a worker, if the options do not say */
#define POOL_STARTS_MAX  3    /* a pool is broken after so many failed starts in a row */
#define POOL_FOR_EVER    (-1)

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
	bool is_suspect;    /* DIED: of this job, or perhaps: nobody knows of which it was */
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
	struct loop *loop;  /* that pool_turn() turns, and that stays; NULL: one of its own */
	const char *name;   /* workers are called name-1, name-2, ...; NULL: "worker" */
	unsigned workers;   /* 0: one per CPU */
	unsigned window;    /* jobs handed to a worker at a time; 0: 1 */
	unsigned queue_max; /* jobs that wait for a worker; 0: POOL_QUEUE_MAX */
	/*
	 * Results of a worker that a turn gives back; 0: all that came.  Where callbacks take long,
	 * a few: between turns the workers get new work, while the rest of their results wait.
	 */
	unsigned turn_results;
	/* And no more once the callbacks of a turn have taken so long, by turns of the workers; 0:
	 * whatever they take. */
	unsigned turn_ms;
	unsigned jobs_per_worker; /* a worker is replaced after so many; 0: never */
	/* A worker that owes something and is silent for so long is killed; 0: never. */
	unsigned silence_ms;
	/* So is one that does not answer a job for so long, whatever sign of life it gives, and
	 * whatever else it answers; 0: never. */
	unsigned answer_ms;
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

/*
 * Queue a function for the next blocking worker that has room; callback (or NULL) runs in the
 * master when it is done.  argument is copied.
 * Returns 0, or -1 with errno: EAGAIN, the queue is full; EMSGSIZE, the argument is larger than
 * POOL_MESSAGE_MAX; ESHUTDOWN, the pool is closed or broken.
 */
int pool_enqueue(struct pool *pool, pool_function *function, struct slice argument,
		 pool_callback *callback, void *user);

/*
 * Send a job to one event-driven worker; it leaves with the next turn.  Its payload (head, then
 * body) is copied.  Returns 0, or -1 if the worker has no room (pool_room() is 0) or the payload
 * is larger than POOL_MESSAGE_MAX.
 */
int pool_submit(struct pool *pool, unsigned worker, struct slice head, struct slice body,
		pool_callback *callback, void *user);

/*
 * The same for what is larger: memory is copied to the begin of the job's slot, where the worker
 * finds it.  Returns -1 also if it is larger than a slot.
 */
int pool_submit_in_slot(struct pool *pool, unsigned worker, struct slice head, struct slice memory,
			pool_callback *callback, void *user);

/*
 * Send a job to an event-driven worker that has no other by then, and gets no other until it has
 * answered: if it dies, it is known of what.  memory is as pool_submit_in_slot() has it; both are
 * copied.  Returns the worker, or -1: it is too large, or another goes alone; there is one at a
 * time.
 */
int pool_submit_alone(struct pool *pool, struct slice head, struct slice memory,
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
 * One turn: send what is gathered; turn the loop, which waits at most timeout_ms for something to
 * happen (POOL_FOR_EVER; 0: do not wait), and in which results are taken, their callbacks run and
 * the dead are reaped; kill the late, replace the missing.
 */
void pool_turn(struct pool *pool, int timeout_ms);

/* Send what is gathered, and no more: for who is busy before the next turn. */
void pool_flush(struct pool *pool);

/*
 * Have no results given back from now on, or again.  Meanwhile they wait as those that a turn
 * leaves, which then does not wait either; those of workers that end are given back in any case.
 */
void pool_hold_results(struct pool *pool, bool is_held);

/* Are we in a callback, of the pool's or of its loop's? */
bool pool_is_in_turn(const struct pool *pool);

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

/*
 * Keep one thing for a client of the pool, until the next one or until the pool is freed: then
 * release() is called with it.
 */
void pool_keep(struct pool *pool, void *kept, void (*release)(void *kept));

#endif
