#ifndef MASTER_INTERNAL_H
#define MASTER_INTERNAL_H

#include "master/discovery.h"
#include "master/ending.h"
#include "master/links_in.h"
#include "master/politeness.h"
#include "master/robots_gate.h"
#include "pool/pool.h"

/*
 * The master: the turn, and what it goes through, in three parts with headers of their own.
 *
 *	master.c	the turn, commits, the end		the turn
 *	load.c		the database and the lists		internal.h
 *	dispatch.c	from the frontier to a worker
 *	results.c	from a worker to the store
 *	robots_gate.c	robots.txt, before anything else	robots_gate.h
 *	finish.c	a visit: its end			the ending
 *	redirects.c	its next hop				ending.h
 *	tries.c		its next try
 *	links_in.c	links and sitemaps, judged		the discovery
 *	discovery.c	hosts and URLs that are new		links_in.h, discovery.h
 *	politeness.c	what a host may expect			the politeness
 *	queue.c		what waits in the frontier		politeness.h, and
 *	holds.c		how a host answers			each its own
 *	reach.c		hosts at private addresses
 *
 * Each stands on those below it, and knows none above: discovery and ending know the politeness,
 * ending knows discovery, robots_gate.c knows all three, and only these four files more.  Beside
 * them stand parts that know no other: host_state, retries, match, tally, and callback on these.
 *
 * What the four share, so that each takes from it the parts that it needs.  Of what changes there
 * is little, and dispatch.c changes it, but that results.c has in_flight go down.
 */
struct parts {
	const struct config *config;
	struct pool *pool;
	struct store *store;
	struct politeness *politeness;
	struct discovery *discovery;
	struct links_in *links_in;
	struct ending *ending;
	struct robots_gate *gate;
	unsigned window, worker_count;
	size_t in_flight;   /* visits that workers have: neither in the frontier nor at their end */
	uint64_t begun;     /* URLs that have been asked for, for --max-pages */
	uint64_t left_over; /* that --max-pages did not let begin */
};

/* ---- load.c ---- */

/* All that the store has.  Returns 0 or -1. */
int load_known(struct parts *parts);

/* Hear what came to us, or went, while the crawl runs; *due_ms as store_turn() has it. */
int load_turn(struct parts *parts, int64_t *due_ms);

/* As master_add_seed(). */
int load_seed(struct parts *parts, struct url *url);

/* ---- dispatch.c ---- */

/* Give workers what may be asked for now, as far as they have room. */
void dispatch_due(struct parts *parts);
bool dispatch_has_room(const struct parts *parts);

/* Of the job that was last sent for a visit. */
enum msg_kind dispatch_job_kind(const struct visit *visit);

/* ---- results.c ---- */

/* The pool's callback; user is the visit, whose owner the parts are. */
void results_on_value(void *user, const struct pool_value *value);

#endif
