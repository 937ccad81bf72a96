#ifndef FRONTIER_H
#define FRONTIER_H

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
 *	hosts that may be asked        each with its queue
 *	     (heap by due_ms)
 *	          h7 @ 100             h7: 12 13 19 44 ...
 *	        /        \
 *	   h2 @ 350     h9 @ 600       h2: 7 8 ...
 */
struct frontier;

#define FRONTIER_NO_HOST UINT32_MAX
#define FRONTIER_NEVER   (-1)

/* Lanes of a host's queue: what is in a lower one comes before all of a higher one. */
enum frontier_lane {
	LANE_ROBOTS, /* the host's robots.txt: open also when the host is shut */
	LANE_HIGH,
	LANE_NORMAL,
	LANE_LOW,
};
#define FRONTIER_LANES 4

/*
 * With many hosts that wait, one without delay is handed out so many URLs in a row, one at a time,
 * before the next has its turn: over one connection, which is warm.  Few hosts can all keep theirs,
 * and take turns URL by URL.
 */
#define FRONTIER_TURN_URLS 32
#define FRONTIER_FEW_HOSTS 256

/* How a host is to be treated. */
struct frontier_manners {
	int64_t delay_ms;     /* from the start of a request to the start of the next */
	unsigned concurrency; /* requests at a time */
};

struct frontier *frontier_new(void);
void frontier_free(struct frontier *frontier);

/* The host with this origin, or FRONTIER_NO_HOST. */
uint32_t frontier_find_host(const struct frontier *frontier, struct slice origin);

/* Make a host; its origin is copied and must be new.  Hosts are numbered from 0 in this order. */
uint32_t frontier_add_host(struct frontier *frontier, struct slice origin,
			   struct frontier_manners manners);

uint32_t frontier_host_count(const struct frontier *frontier);
struct slice frontier_host_origin(const struct frontier *frontier, uint32_t host);
struct frontier_manners frontier_host_manners(const struct frontier *frontier, uint32_t host);

/*
 * The host is of the group called name, a domain or an address, and of no other.  Besides its own
 * manners each keeps those of the group: of all that its hosts joined with, the strictest.
 */
void frontier_join(struct frontier *frontier, uint32_t host, struct slice name,
		   struct frontier_manners manners);

/* One number for all hosts of a host's group: one of them; of a host without a group, its own. */
uint32_t frontier_group(const struct frontier *frontier, uint32_t host);

/* The group's delay; without a group, 0. */
int64_t frontier_group_delay_ms(const struct frontier *frontier, uint32_t host);

/* They hold at once: a new delay counts from the last request, too. */
void frontier_set_manners(struct frontier *frontier, uint32_t host,
			  struct frontier_manners manners);

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

/* Nobody of the host's group is asked before until_ms. */
void frontier_hold_group(struct frontier *frontier, uint32_t host, int64_t until_ms);

/* Nothing but LANE_ROBOTS is handed out until the host is opened again. */
void frontier_shut(struct frontier *frontier, uint32_t host);
void frontier_open(struct frontier *frontier, uint32_t host);

struct frontier_pick {
	uint32_t host, url_id;
	unsigned in_flight; /* requests that the host had running before this one */
	bool has_more; /* enough is queued to use all the host's connections again: keep this one */
	int64_t asked_before_ms, group_asked_before_ms; /* for frontier_undo() */
};

/*
 * Take the next URL that may be asked for now.  Its host's place is reserved and its delay
 * begins, before the job leaves.  Returns false if no host may be asked now.
 */
bool frontier_next(struct frontier *frontier, int64_t now_ms, struct frontier_pick *pick);

/* Nothing was sent for this pick, the last one: its host's place and delay are as before. */
void frontier_undo(struct frontier *frontier, const struct frontier_pick *pick);

/*
 * The request for a picked URL is over.  started_ms: when it was really sent, or 0 if it never was;
 * the host's delay counts from there.
 */
void frontier_done(struct frontier *frontier, uint32_t host, int64_t started_ms);

/* The same, when it was no request, and nothing was ever sent to the host. */
void frontier_unasked(struct frontier *frontier, uint32_t host);

/* When frontier_next() will have something: a time (now or earlier: at once), or FRONTIER_NEVER. */
int64_t frontier_due_ms(const struct frontier *frontier);

/* URLs that are queued, now or for later; those picked and not done are not among them. */
size_t frontier_count(const struct frontier *frontier);

/* Hosts that have URLs queued and a free place. */
uint32_t frontier_ready_hosts(const struct frontier *frontier);

#endif
