#ifndef FRONTIER_H
#define FRONTIER_H

#include "frontier/pace.h"
#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * frontier: which URL may be asked for next.
 *
 * A queue of URL ids per host, four bytes a URL, and a heap of the hosts that have something
 * to ask for, by the time when they may be asked.  What a URL is stands in the store; the
 * frontier knows only its id and its host.  Pure: time is an argument, in milliseconds of a
 * clock that never steps back.
 *
 * A URL is taken, and nothing is reserved: who takes it either sends it, and says so with
 * frontier_begin(); or queues it again, first, having held or shut its host if it is not to come at
 * once; or ends it.  One of these before the next is taken.
 *
 *	hosts that may be asked        each with its queue
 *	     (heap by due_ms)
 *	          h7 @ 100             h7: 12 13 19 44 ...
 *	        /        \
 *	   h2 @ 350     h9 @ 600       h2: 7 8 ...
 */
struct frontier;

#define FRONTIER_NO_HOST  UINT32_MAX
#define FRONTIER_NO_GROUP UINT32_MAX

/* Lanes of a host's queue: what is in a lower one comes before all of a higher one. */
enum frontier_lane {
	LANE_ROBOTS, /* the host's robots.txt: open also when the host is shut */
	LANE_HIGH,
	LANE_NORMAL,
	LANE_LOW,
};
#define FRONTIER_LANES 4

/*
 * With many hosts that wait, so many URLs in a row are taken of one without delay, one at a time,
 * before the next has its turn: over one connection, which is warm.  Few hosts can all keep theirs,
 * and take turns URL by URL.
 */
#define FRONTIER_TURN_URLS 32
#define FRONTIER_FEW_HOSTS 256

struct frontier *frontier_new(void);
void frontier_free(struct frontier *frontier);

/* The host with this origin, or FRONTIER_NO_HOST. */
uint32_t frontier_find_host(const struct frontier *frontier, struct slice origin);

/* Make a host; its origin is copied and must be new.  Hosts are numbered from 0 in this order. */
uint32_t frontier_add_host(struct frontier *frontier, struct slice origin,
			   struct pace_policy policy);

uint32_t frontier_host_count(const struct frontier *frontier);
struct slice frontier_host_origin(const struct frontier *frontier, uint32_t host);

/* A host's pace, and that of its group, NULL: it has none.  Both point into the frontier, until a
 * host is added or joins. */
const struct pace *frontier_pace(const struct frontier *frontier, uint32_t host);
const struct pace *frontier_group_pace(const struct frontier *frontier, uint32_t host);

/* It holds at once: a new delay counts from the last request, too. */
void frontier_set_policy(struct frontier *frontier, uint32_t host, struct pace_policy policy);

/*
 * The host is of the group called name, a domain or an address, and of no other.  Beside its own
 * policy each keeps that of the group: of all that its hosts joined with, the strictest.
 */
void frontier_join(struct frontier *frontier, uint32_t host, struct slice name,
		   struct pace_policy policy);

/* The number of a host's group, from 0; or FRONTIER_NO_GROUP. */
uint32_t frontier_group(const struct frontier *frontier, uint32_t host);

/* Queue a URL in a lane: last, or first, or first from some time on. */
void frontier_push(struct frontier *frontier, uint32_t host, uint32_t url_id,
		   enum frontier_lane lane);
void frontier_push_first(struct frontier *frontier, uint32_t host, uint32_t url_id,
			 enum frontier_lane lane);
void frontier_push_later(struct frontier *frontier, uint32_t host, uint32_t url_id,
			 enum frontier_lane lane, int64_t at_ms);

/*
 * The back-off clock, beside that of politeness: the host is not asked before until_ms.  The
 * later of two holds counts; frontier_release() ends it, and the waiting of URLs for later.
 */
void frontier_hold(struct frontier *frontier, uint32_t host, int64_t until_ms);
void frontier_release(struct frontier *frontier, uint32_t host);

/*
 * Hold it, and say of it that it rests: it does not answer as it should, or has asked for time.
 * Other holds only see to it that delays are kept.
 */
void frontier_rest(struct frontier *frontier, uint32_t host, int64_t until_ms);
bool frontier_is_resting(const struct frontier *frontier, uint32_t host, int64_t now_ms);

/* Nobody of the host's group is asked before until_ms. */
void frontier_hold_group(struct frontier *frontier, uint32_t host, int64_t until_ms);

/* Nothing but LANE_ROBOTS is taken until the host is opened again. */
void frontier_shut(struct frontier *frontier, uint32_t host);
void frontier_open(struct frontier *frontier, uint32_t host);

/* Nothing at all is taken until the host is resumed. */
void frontier_suspend(struct frontier *frontier, uint32_t host);
void frontier_resume(struct frontier *frontier, uint32_t host);
bool frontier_is_suspended(const struct frontier *frontier, uint32_t host);

/*
 * Take the next URL that may be asked for now; its host's turn passes.  Returns false if no host
 * may be asked now.
 */
bool frontier_next(struct frontier *frontier, int64_t now_ms, uint32_t *host, uint32_t *url_id);

/* A request to the host begins, its delay with it; and it is over, as pace_end() has it. */
void frontier_begin(struct frontier *frontier, uint32_t host, int64_t now_ms);
void frontier_done(struct frontier *frontier, uint32_t host, int64_t started_ms);

/* When frontier_next() will have something: a time (now or earlier: at once), or CLOCK_NEVER. */
int64_t frontier_due_ms(const struct frontier *frontier);

/*
 * What may be asked for now, and will be taken next: of hosts in the order of their turns no more
 * than each may have asked at once.  A guess, for somebody who wants to read ahead: the first is
 * right, if there is nothing for later and no group.  Returns how many it has put into hosts and
 * url_ids, which have room for max.
 */
unsigned frontier_ahead(const struct frontier *frontier, int64_t now_ms, uint32_t hosts[],
			uint32_t url_ids[], unsigned max);
#define FRONTIER_AHEAD_HOSTS 128 /* that are looked at */

/* The same of hosts that are due until then, and whatever they have under way: for who needs a
 * while to read what comes next. */
unsigned frontier_soon(const struct frontier *frontier, int64_t until_ms, uint32_t hosts[],
		       uint32_t url_ids[], unsigned max);

/* Pass all that is queued of a host to function, and forget it; function does not call the
 * frontier. */
void frontier_drop(struct frontier *frontier, uint32_t host,
		   void (*function)(void *context, uint32_t url_id), void *context);

/* URLs that are queued, now or for later; those taken are not among them. */
size_t frontier_count(const struct frontier *frontier);

/*
 * When the last of all that is queued can be asked for, at the earliest: as many delays as each
 * host, and each group, has URLs.  It looks at every host.
 */
int64_t frontier_end_ms(const struct frontier *frontier, int64_t now_ms);

/*
 * What URLs that are queued wait for, all of a host for the same: its delay, or its group's;
 * answers, for it has no room for more requests, or its address is not known; that it has rested,
 * as who has another try later; that it is open again; or nothing but us.  It looks at every host.
 */
struct frontier_waits {
	uint64_t delay, answer, rest, shut, us;
};
struct frontier_waits frontier_waits(const struct frontier *frontier, int64_t now_ms);

/* A host that has URLs queued, and what they wait for: a member of frontier_waits. */
enum frontier_wait {
	FRONTIER_WAIT_DELAY,
	FRONTIER_WAIT_ANSWER,
	FRONTIER_WAIT_REST,
	FRONTIER_WAIT_SHUT,
	FRONTIER_WAIT_US
};

struct frontier_tail {
	uint32_t host;
	uint64_t queued;
	int64_t delay_ms;
	enum frontier_wait wait;
};

/*
 * The hosts for which as many delays as they have URLs take the longest, the longest first.  It
 * looks at every host.  Returns how many it has put into tails, which has room for max.
 */
unsigned frontier_tails(const struct frontier *frontier, int64_t now_ms,
			struct frontier_tail tails[], unsigned max);

/* Hosts that have URLs queued and room for a request. */
uint32_t frontier_ready_hosts(const struct frontier *frontier);

/* Is enough queued of a host for all the requests that it may have at a time, as things are? */
bool frontier_has_enough(const struct frontier *frontier, uint32_t host);

#endif
