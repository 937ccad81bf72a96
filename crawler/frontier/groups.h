#ifndef GROUPS_H
#define GROUPS_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * groups: hosts that keep their distance together, those of one domain or of one address.
 *
 * A group has the clock and the places that a host has by itself.  A host whose own time has come
 * waits for those of its group; who came first is taken first.  What a host without a group is
 * told here has no effect.  Pure: time is an argument, in milliseconds.
 */
struct groups;

#define GROUPS_NEVER (-1)

struct groups *groups_new(void);
void groups_free(struct groups *groups);

/* What a host brings along. */
struct groups_joining {
	int64_t delay_ms;     /* of its group at least: from the start of a request to the next */
	unsigned concurrency; /* of its group at most: requests at a time */
	unsigned in_flight;   /* requests that it has running */
	int64_t asked_ms;     /* when the last began, or INT64_MIN */
};

/* The group called name has a host more; it leaves the one where it was. */
void groups_join(struct groups *groups, uint32_t host, struct slice name,
		 struct groups_joining joining);

bool groups_has(const struct groups *groups, uint32_t host);

/* The longest delay that a host brought to its group; of none, 0. */
int64_t groups_delay_ms(const struct groups *groups, uint32_t host);

/* One number for all that are in a host's group: the host that founded it; of none, its own. */
uint32_t groups_founder(const struct groups *groups, uint32_t host);

/* The host waits for its group, or no longer. */
void groups_wait(struct groups *groups, uint32_t host);
void groups_stop_waiting(struct groups *groups, uint32_t host);
bool groups_is_waiting(const struct groups *groups, uint32_t host);
uint32_t groups_waiting(const struct groups *groups);

/* When a group may be asked for which a host waits, or GROUPS_NEVER; and that host: it waits no
 * longer. */
int64_t groups_due_ms(const struct groups *groups);
uint32_t groups_take(struct groups *groups);

/* A request to the host begins; it is over, as frontier_done() has it. */
void groups_begin(struct groups *groups, uint32_t host, int64_t now_ms);
void groups_end(struct groups *groups, uint32_t host, int64_t started_ms);

/* When the last request to its group began, or INT64_MIN; and that it was this one after all. */
int64_t groups_asked_ms(const struct groups *groups, uint32_t host);
void groups_undo(struct groups *groups, uint32_t host, int64_t asked_ms);

/* Nobody of its group is asked before until_ms. */
void groups_hold(struct groups *groups, uint32_t host, int64_t until_ms);

#endif
