#ifndef SEAT_H
#define SEAT_H

#include "base/loop.h"
#include "pool/channel.h"
#include "pool/slots.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * seat: one worker process, and what joins it to the master.
 *
 * The seat stays, processes come and go: seat_start() forks one into it, seat_reap() sees that it
 * has ended, seat_release() lets go of what joined us to it.  What the process works at is none
 * of the seat's business: it knows no jobs.
 */

/*
 * What a worker writes and the master reads without a message.  Each worker has a page of its
 * own, which the others do not see: a liar harms only himself.
 */
struct seat_pulse {
	_Atomic uint64_t beat;     /* changes with every sign of life */
	_Atomic uint64_t busy;     /* PULSE_UNKNOWN, PULSE_NONE, or seat_pulse_job() */
	_Atomic uint32_t is_ready; /* not a bool: what it holds is the worker's to choose */
	_Atomic int64_t marks[];   /* of the jobs, by slot; 0: none */
};

#define PULSE_UNKNOWN 0u
#define PULSE_NONE    1u

static inline uint64_t seat_pulse_job(uint16_t slot, uint32_t generation)
{
	return (uint64_t)generation << 32 | (uint64_t)slot << 2 | 2u;
}

struct seat_options {
	struct loop *loop;
	const char *name; /* the worker is called name-1 in the first seat, ... */
	unsigned index;
	unsigned window;      /* slots */
	size_t slot_bytes;    /* of each; 0: no slots */
	const int *keep_fds;  /* the worker's besides its channel; all others above 2 are closed */
	size_t keep_fd_count; /* both must stay */
	/* Called by the loop: the worker wrote, or closed its end; the process ended. */
	loop_function *on_channel, *on_exit;
	void *user; /* of both */
};

/*
 * A seat is in one of four states.
 *
 *	         pid	pidfd and channel	the loop watches
 *	empty	 0	-1, NULL		nothing
 *	working	 > 0	open			both
 *	killed	 > 0	open			pidfd: its end is coming, what it says is too late
 *	ended	 0	open			what it did before: reaped; last words may be read
 *
 * is_stopping, is_killed, is_late, is_liar and is_gone are of the process, and mean nothing in an
 * empty seat but how the last one ended.  The pulse and the slots are mapped as long as the seat
 * lives: what the last process left in them stays readable until the next one is started.
 */
struct seat {
	struct seat_options options;
	char name[32];
	pid_t pid;
	int pidfd;
	struct channel *channel;
	struct slots *slots;       /* NULL without slot_bytes */
	struct slots *pulse_slots; /* one slot, which holds the pulse */
	struct seat_pulse *pulse;
	unsigned starts;
	int exit_code; /* of the last process: exit code or -signal; 0 before */
	int64_t started_ms;
	uint64_t beat_seen; /* when it was last looked at */
	int64_t quiet_ms;   /* for how long nothing was seen or heard of it */
	bool was_heard;     /* since it was last looked at */
	bool is_stopping;   /* told to end */
	bool is_killed;     /* its end is coming */
	bool is_late;       /* killed for silence */
	bool is_liar;       /* killed for nonsense: nothing more is believed */
	bool is_gone;       /* killed as its end was closed: it was dying, most likely */
};

/* Returns 0, or -1 with errno; the seat is seat_free()d either way. */
int seat_init(struct seat *seat, const struct seat_options *options);

/* Unmap its memory: of an empty seat, or in the process of another, whose business it is not. */
void seat_free(struct seat *seat);

/* The life of a worker, in its own process.  Returns its exit code. */
typedef int seat_life(void *context, struct channel *channel);

/* Fork a process into an empty seat.  Returns 0, or -1 with errno: it is still empty. */
int seat_start(struct seat *seat, seat_life *life, void *context);

/* In the worker: end with this exit code.  What stdio and atexit() hold is the master's. */
_Noreturn void seat_leave(int code);

/* Working, and neither told to stop nor killed? */
bool seat_is_usable(const struct seat *seat);

/* Send what is gathered, and watch for room to write if not all was taken. */
void seat_flush(struct seat *seat);

/* Tell it to finish what it has and exit. */
void seat_stop(struct seat *seat);

/* Its end is seen as any other; until then it is not listened to. */
void seat_kill(struct seat *seat);

/* The same, after the channel failed with errno: of one that is gone, it only makes sure. */
void seat_drop(struct seat *seat);

/*
 * Look at a worker that owes something (or not) once more, passed_ms after the last time.
 * Returns for how long nothing was seen or heard of it.
 */
int64_t seat_quiet_ms(struct seat *seat, bool is_awaited, int64_t passed_ms);

/* How often silence is looked for, and how often a worker that waits for us gives a sign. */
int seat_look_ms(unsigned silence_ms);

/*
 * Has the process ended?  Then exit_code is known, and the seat ended.  flags: WNOHANG, or 0 to
 * wait for it.  Returns its pid, or 0.
 */
pid_t seat_reap(struct seat *seat, int flags);

/* Let go of what joined us to a process that has ended: the seat is empty. */
void seat_release(struct seat *seat);

#endif
