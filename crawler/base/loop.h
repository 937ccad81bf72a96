#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * loop: what one thread waits for: descriptors that become ready, and timers that become due.
 *
 * Whoever runs the program's part makes one and calls loop_turn() again and again; everybody
 * else adds to it what he waits for, with the function that is to be called.  Both come and go
 * at any time, in any number, also in a function that the loop calls: what was removed is not
 * called any more, not even in the turn that has found it ready.
 *
 * A loop is of the process that made it: a forked child closes it and makes its own.
 */
struct loop;

/* fd is ready; events are epoll's.  EPOLLERR and EPOLLHUP come unasked: who leaves them be, spins.
 */
typedef void loop_function(void *user, int fd, uint32_t events);

/* A timer lives inside what waits.  Set the first two; zeroed besides, it is not set. */
struct loop_timer {
	void (*function)(void *user);
	void *user;
	int64_t due_ms;  /* the rest is the loop's */
	uint64_t number; /* counts settings: of two that are due at once, the older comes first */
	size_t position; /* in the heap, from 1; 0: not set */
};

/* NULL with errno: no descriptor is left for it. */
struct loop *loop_new(void);

/* Descriptors and timers stay their owners'.  NULL is allowed. */
void loop_free(struct loop *loop);

/*
 * Watch a descriptor; or one that is watched, with the same function and user, for other events
 * (epoll's, level-triggered).  The same events again cost no system call.  Returns 0, or -1 with
 * errno.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_function *function, void *user);

/* Watch it no longer; before it is closed.  One that is not watched stays so. */
void loop_unwatch(struct loop *loop, int fd);

/*
 * The same for a descriptor that is closed next and that no other process has: closing takes it
 * out of the epoll too, and a system call is saved.
 */
void loop_forget(struct loop *loop, int fd);

/* Set a timer, or set it anew: its function is called once, in the first turn after due_ms. */
void loop_set_timer(struct loop *loop, struct loop_timer *timer, int64_t due_ms);

/* One that is not set stays so. */
void loop_cancel_timer(struct loop *loop, struct loop_timer *timer);

/*
 * One turn: wait at most timeout_ms (negative: for ever; 0: not at all) until a descriptor is
 * ready, a timer due or a signal caught; call the functions of descriptors, then those of timers
 * that were set before and are due.  No turn inside a turn.
 * Returns how many functions were called.
 */
unsigned loop_turn(struct loop *loop, int timeout_ms);

/* Are we in a function that the loop called? */
bool loop_is_in_turn(const struct loop *loop);

#endif
