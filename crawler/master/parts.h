#ifndef PARTS_H
#define PARTS_H

#include "master/asked.h"
#include "master/discovery.h"
#include "master/ending.h"
#include "master/events.h"
#include "master/jar.h"
#include "master/links_in.h"
#include "master/login_gate.h"
#include "master/places.h"
#include "master/politeness.h"
#include "master/proxies.h"
#include "master/right_page.h"
#include "master/robots_gate.h"
#include "master/tally.h"
#include "pool/pool.h"

/*
 * The master: a turn, and what it goes through.  Which file does what, from the top down; each
 * knows only what stands below it:
 *
 *	master		the turn, commits, the end
 *	load		the lists, and what comes and goes
 *	  asked		which of what is known is asked for: from the database to the frontier
 *	  sets		the fields that lists give their URLs
 *	letters	what the owners of other shares send us
 *	dispatch	from the frontier to a worker
 *	results		from a worker to the store
 *	  page_work	the patterns, links and result of a page, also over several turns
 *
 *	parts		what these four share
 *	proxied		by which proxy, and what its answer says of that
 *	robots_gate	robots.txt, before a host is asked for anything else
 *	login_gate	then its login, if it has one
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
 *	  places	how many requests may be under way to hosts that have not answered
 *
 * Below all of them stand jar, proxies, right_page, login, host_state, retries, events, tally,
 * match, pattern_rows, and callback on the last three.
 */

/*
 * Of the three parts and what goes with them, each of the four takes what it needs.
 *
 * The figures are dispatch.h's, but that results.h and page_work.h have in_flight go up and down:
 * what it counts is with a worker, or its page is worked on; neither in the frontier nor at its
 * end.
 */
struct page_works;
struct parts {
	const struct config *config;
	struct pool *pool;
	struct store *store;
	struct tally *tally;
	struct events *events;
	struct politeness *politeness;
	struct discovery *discovery;
	struct links_in *links_in;
	struct moves *moves;
	struct ending *ending;
	struct page_works *works;
	struct robots_gate *gate;
	struct login_gate *login_gate; /* or NULL: no host has a login */
	struct asked *asked;
	struct sets *sets;  /* that lists give their URLs */
	unsigned sets_told; /* how many were said to be ignored */
	struct places *places;
	struct jar *jar; /* of hosts that keep cookies */
	struct right_page *right;
	struct proxies *proxies;
	unsigned window, worker_count;
	int64_t begun_ms; /* when the run began, by clock_ms() */
	size_t in_flight; /* visits, also those whose pages are put by */
	/* Of a store that answers later what comes next is read some time before: after so many
	 * more that are begun; 0: it answers at once. */
	unsigned until_soon;
	uint64_t begun;     /* URLs that have been asked for, as --max-pages bounds them */
	int64_t trouble_ms; /* when the store was last in trouble */
	bool is_in_trouble; /* the store waits for something, which has been said */
	char notice[STORE_ERROR_MAX]; /* what else of it was said last; or empty */
	uint64_t left_over;           /* URLs that it did not let begin */
};

#endif
