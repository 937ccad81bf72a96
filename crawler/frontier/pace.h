#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * pace: when somebody may be asked again, a host or a group of hosts.
 *
 * Two clocks, of which the later counts: politeness, a delay after the last request began, and
 * back-off, until when it is held.  And a bound on how many requests run at a time.  Pure: time is
 * an argument, in milliseconds of a clock that never steps back.
 */
struct pace_policy {
	int64_t delay_ms;     /* from the start of a request to the start of the next */
	unsigned concurrency; /* requests at a time */
};

#define PACE_NOT_STARTED INT64_MIN

struct pace {
	struct pace_policy policy;
	int64_t started_ms; /* when the last request began, or PACE_NOT_STARTED */
	int64_t held_ms;    /* back-off forbids the next until then */
	unsigned in_flight;
};

/* When its clocks allow the next request; 0: at any time. */
int64_t pace_due_ms(const struct pace *pace);

/* Are as many requests under way as it allows? */
bool pace_is_full(const struct pace *pace);

/* A request begins. */
void pace_begin(struct pace *pace, int64_t now_ms);

/*
 * A request is over.  started_ms: when it was really sent, from where the delay counts; 0: nobody
 * knows, and it counts from pace_begin().
 */
void pace_end(struct pace *pace, int64_t started_ms);

/* The later of two holds counts. */
void pace_hold(struct pace *pace, int64_t until_ms);

/*
 * What a member brings along: of two policies the stricter counts, of two last requests the later;
 * what is under way adds up.  Its hold stays its own.  And a member leaves with what it has under
 * way; it had been added with no more.
 */
void pace_add(struct pace *pace, const struct pace *member);
void pace_remove(struct pace *pace, const struct pace *member);

#endif
