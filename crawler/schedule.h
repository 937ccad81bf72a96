#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * schedule: numbers, each with the time when it is due; the one that is due first comes first.
 *
 * A heap that knows where each of its numbers stands, so that any of them can be moved or taken
 * out.  Numbers are small, for there is a place for each from 0 to the largest.  Of those that are
 * due at the same time the one with the lowest turn comes first.
 */
struct schedule;

#define SCHEDULE_NEVER (-1)

struct schedule *schedule_new(void);
void schedule_free(struct schedule *schedule);

/* Put a number in, or move it. */
void schedule_set(struct schedule *schedule, uint32_t number, int64_t due_ms, uint64_t turn);

/* Take a number out, if it is in. */
void schedule_remove(struct schedule *schedule, uint32_t number);

bool schedule_has(const struct schedule *schedule, uint32_t number);
uint32_t schedule_count(const struct schedule *schedule);

/* When the first is due (0 or later), or SCHEDULE_NEVER: there is none. */
int64_t schedule_due_ms(const struct schedule *schedule);

/* The first; there is one. */
uint32_t schedule_first(const struct schedule *schedule);

#endif
