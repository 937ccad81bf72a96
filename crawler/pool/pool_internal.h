#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include "pool/channel.h"
#include "pool/pool.h"
#include "pool/slots.h"
#include <stdatomic.h>

/*
 * What the files of the pool know of each other: pool.c (the master's side), pool_result.c
 * (apply, map and results on top of it), pool_worker.c (the workers' side).
 */

/*
 * What a worker writes and the master reads without a message.  Each worker has a page of its
 * own, which the others do not see: a liar harms only himself.
 */
struct pool_pulse {
	_Atomic uint64_t beat;     /* changes with every sign of life */
	_Atomic uint64_t busy;     /* PULSE_UNKNOWN, PULSE_NONE, or pulse_job() */
	_Atomic uint32_t is_ready; /* not a bool: what it holds is the worker's to choose */
	_Atomic int64_t marks[];   /* of the jobs, by slot; 0: none */
};

#define PULSE_UNKNOWN 0u
#define PULSE_NONE    1u

static inline uint64_t pulse_job(uint16_t slot, uint32_t generation)
{
	return (uint64_t)generation << 32 | (uint64_t)slot << 2 | 2u;
}

/* A place for a job that a worker has. */
struct pool_place {
	pool_callback *callback;
	void *user;
	struct pool_result *result;
	uint32_t generation;
	bool is_taken;
};

/* One of the pool's workers: the seat stays, processes come and go. */
struct pool_seat {
	char name[32];
	unsigned index;
	pid_t pid; /* 0: empty */
	int pidfd;
	struct channel *channel;
	struct slots *slots;       /* NULL without slot_bytes */
	struct slots *pulse_slots; /* one slot, which holds the pulse */
	struct pool_pulse *pulse;
	struct pool_place *places;
	uint16_t *free_places; /* a stack: the place used last is warm, and is used next */
	unsigned free_count;
	unsigned jobs_given; /* to this process */
	uint64_t jobs_done;
	unsigned starts;
	int exit_code;
	int64_t started_ms;
	uint64_t beat_seen;  /* when it was last looked at */
	int64_t quiet_ms;    /* for how long nothing was seen or heard of it */
	bool has_more;       /* results that were received and wait for the next turn */
	bool was_heard;      /* since it was last looked at */
	bool is_stopping;    /* told to end */
	bool is_killed;      /* its end is coming */
	bool is_late;        /* killed for silence */
	bool is_liar;        /* killed for nonsense: nothing more is believed */
	bool waits_to_write; /* as the epoll knows it */
};

/* A job that waits for a worker. */
struct pool_waiting {
	pool_function *function;
	char *argument;
	size_t argument_size;
	pool_callback *callback;
	void *user;
	struct pool_result *result;
};

struct pool_watched {
	int fd;
	void (*function)(void *user);
	void *user;
};

#define POOL_WATCHED_MAX 8

struct pool {
	struct pool_options options;
	int *keep_fds;
	pid_t master;
	int epoll;
	struct pool_seat *seats;
	unsigned seat_count;
	struct pool_watched watched[POOL_WATCHED_MAX];
	unsigned watched_count;

	struct pool_waiting *queue; /* a ring of options.queue_max */
	unsigned queue_head, queue_count;
	size_t in_flight;
	struct pool_result *applied; /* whose bytes pool_apply() lent */

	unsigned failed_starts; /* in a row */
	int64_t start_after_ms; /* not to try again at once */
	int64_t looked_ms;      /* when silence was last looked for */
	bool is_closed;
	bool is_broken;
	bool is_in_turn;
};

/* How often silence is looked for, and how often a worker that waits for us gives a sign. */
static inline int pool_look_ms(const struct pool *pool)
{
	unsigned quarter = pool->options.silence_ms / 4;

	return quarter < 1 ? 1 : quarter > 500 ? 500 : (int)quarter;
}

/* pool.c: put a job in the queue; there must be room.  Hand what is in it to who has room. */
void pool_hand_out(struct pool *pool);
void pool_enqueue(struct pool *pool, const struct pool_waiting *waiting);
bool pool_queue_is_full(const struct pool *pool);

/* pool_result.c: the value has come; it is copied. */
void pool_result_settle(struct pool_result *result, const struct pool_value *value);

/* pool_worker.c: the whole life of a worker process.  Does not return. */
_Noreturn void pool_worker_main(struct pool *pool, struct pool_seat *seat, struct channel *channel);

#endif
