#ifndef MASTER_INTERNAL_H
#define MASTER_INTERNAL_H

#include "master/discovery.h"
#include "master/ending.h"
#include "master/links_in.h"
#include "master/politeness.h"
#include "master/robots_gate.h"
#include "pool/pool.h"

/*
 * The master: a turn, and what it goes through.  Which file does what, from the top down; each
 * knows only what stands below it:
 *
 *	master.c	the turn, commits, the end
 *	load.c		the database and the lists, to the frontier
 *	dispatch.c	from the frontier to a worker
 *	results.c	from a worker to the store
 *	robots_gate	robots.txt, before a host is asked for anything else
 *
 *	ending		what becomes of a visit
 *	  finish.c	its end
 *	  redirects.c	its next hop
 *	  tries.c	its next try
 *
 *	links_in	links and sitemaps, judged
 *	discovery	hosts and URLs: what is known, what is new
 *
 *	politeness	what a host may expect, and which keep their distance together
 *	  queue		what waits in the frontier
 *	  holds		how a host answers, and how long it is left alone
 *	  reach		which hosts may be at a private address
 *
 * Below all of them stand host_state, retries, tally, match, pattern_rows, and callback on the
 * last three.
 */

/*
 * What master.c, load.c, dispatch.c and results.c share: each takes from it what it needs.
 *
 * Of its figures, dispatch.c has all go up, and results.c in_flight go down: what it counts is
 * with a worker, and neither in the frontier nor at its end.
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
	size_t in_flight;   /* visits */
	uint64_t begun;     /* URLs that have been asked for, as --max-pages bounds them */
	uint64_t left_over; /* URLs that it did not let begin */
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
