#ifndef GROUPS_H
#define GROUPS_H

#include "frontier/pace.h"
#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * groups: hosts that keep their distance together, those of one domain or of one address.
 *
 * A group has a pace as a host has by itself.  A host whose own time has come waits for that of its
 * group; who came first is taken first.  What a host without a group is told here has no effect.
 * Pure: time is an argument, in milliseconds.
 */
struct groups;

struct groups *groups_new(void);
void groups_free(struct groups *groups);

/*
 * The group called name has a host more, with what it brings along (pace_add()); it leaves the one
 * where it was.
 */
void groups_join(struct groups *groups, uint32_t host, struct slice name, const struct pace *pace);

/* The pace of a host's group, or NULL: it has none.  Points into groups, until the next join. */
const struct pace *groups_pace(const struct groups *groups, uint32_t host);

/* The number of a host's group, from 0 in the order in which they were founded; or GROUPS_NONE. */
#define GROUPS_NONE UINT32_MAX
uint32_t groups_number(const struct groups *groups, uint32_t host);
uint32_t groups_count(const struct groups *groups);

/* The host waits for its group, or no longer. */
void groups_wait(struct groups *groups, uint32_t host);
void groups_stop_waiting(struct groups *groups, uint32_t host);
bool groups_is_waiting(const struct groups *groups, uint32_t host);
uint32_t groups_waiting(const struct groups *groups);

/* When a group may be asked for which a host waits, or CLOCK_NEVER. */
int64_t groups_due_ms(const struct groups *groups);

/*
 * The host that has waited longest for the group that is due: it waits no longer, and other groups
 * that are due have their turn before this one.  There is one.
 */
uint32_t groups_take(struct groups *groups);

/* A request to the host begins; it is over, as pace_end() has it. */
void groups_begin(struct groups *groups, uint32_t host, int64_t now_ms);
void groups_end(struct groups *groups, uint32_t host, int64_t started_ms);

/* Nobody of its group is asked before until_ms. */
void groups_hold(struct groups *groups, uint32_t host, int64_t until_ms);

#endif
