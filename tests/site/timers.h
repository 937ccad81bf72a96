#ifndef TIMERS_H
#define TIMERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * timers: which of many waits ends first.
 *
 * A heap of timers that live inside what waits.  A timer is set once or not at all; the clock
 * is the caller's.  A zeroed timer is not set, a zeroed struct timers is empty.
 */
struct timer {
	int64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not set */
};

struct timers {
	struct timer **heap; /* heap[1] is due first */
	size_t count, capacity;
};

/* Release; the timers themselves are their owners'. */
void timers_free(struct timers *timers);

/* Set a timer, or move one that is set. */
void timers_set(struct timers *timers, struct timer *timer, int64_t due_ms);

/* A timer that is not set stays so. */
void timers_cancel(struct timers *timers, struct timer *timer);

/* How long to wait for the first one, in ms; -1: for ever. */
int timers_wait_ms(const struct timers *timers, int64_t now_ms);

/* Take out a timer that is due, or NULL. */
struct timer *timers_take_due(struct timers *timers, int64_t now_ms);

#endif
