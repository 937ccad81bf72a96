#ifndef RELAY_H
#define RELAY_H

#include "parsers/text/slice.h"
#include "pool/pool_worker.h"
#include <stdint.h>

/*
 * relay: what the server has others do for it, through its parent: it has no socket to connect with
 * and runs nobody's patterns.
 *
 *	server			parent
 *		  <--  job		a place, RELAY_PLACES of them
 *	result	  -->			what is wanted: of the crawl that runs, or of the patterns'
 *child
 *		  <--  job		what came of it; and a place again
 *
 * A job is a place for one wish.  What is answered comes with the next job, in any order.
 */
enum relay_kind {
	RELAY_NOTHING,  /* a place, and nothing else */
	RELAY_CONTROL,  /* a line for the crawl's socket; status: 1, 0 none runs, -1 the text says
			   why */
	RELAY_PATTERNS, /* see patterns.h; status: enum pool_status */
	RELAY_END,      /* to the server: the run has ended, say so and end */
};

#define RELAY_PLACES 8

struct relay_head {
	uint32_t kind;   /* enum relay_kind */
	uint32_t number; /* of the wish */
	int32_t status;
};

/* Both ends read what came by this.  Returns 0 with head and text, or -1: it is none. */
int relay_read(struct slice message, struct relay_head *head, struct slice *text);

/* ---- the server's end ---- */

struct relay;

/* text dies with the call. */
typedef void relay_done(void *user, int status, struct slice text);

/* on_end is called when RELAY_END comes, with how the run has ended. */
struct relay *relay_new(struct pool_worker *pool, void (*on_end)(void *user, struct slice how),
			void *user);
void relay_free(struct relay *relay);

/* Take the jobs that came.  Returns 0, or -1: the parent is gone. */
int relay_receive(struct relay *relay);

/*
 * Have something done.  Returns 0, and done is called once, later; or -1: RELAY_PLACES are taken,
 * or the text is longer than POOL_MESSAGE_MAX less a head.
 */
int relay_ask(struct relay *relay, enum relay_kind kind, struct slice text, relay_done *done,
	      void *user);

/* Give all places back, for the end. */
void relay_close(struct relay *relay);

#endif
