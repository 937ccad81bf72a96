#ifndef ENDING_INTERNAL_H
#define ENDING_INTERNAL_H

#include "master/ending.h"

/* What the three files of ending.h share. */
struct ending {
	const struct config *config;
	struct store *store;
	struct politeness *politeness;
	struct discovery *discovery;
	struct moves *moves;
	struct callback *callback;
	bool has_others;     /* that crawl, too, or may */
	size_t waiter_count; /* visits that wait for the end of a URL */
	unsigned lost_told;  /* POSTs that became GETs: told of so many */
};

#define ENDING_RING "redirects go round in a ring"

/* redirects.c: is where it leads a URL that is read by itself?  Then the visit has ended, as moved.
 */
bool ending_meets(struct ending *ending, struct visit *visit, struct msg_page *page);

/* redirects.c: redirects lead round: the visit ends so. */
void ending_end_ring(struct ending *ending, struct visit *visit, const struct msg_page *answer);

/*
 * finish.c: a visit ends as moved (done), and where it moved to has come to this end: so has it.
 * The visit is still the caller's.
 */
void ending_write_moved(struct ending *ending, struct visit *visit, struct callback_page *done,
			enum outcome outcome, const struct msg_page *page);

/* journeys.c: a visit waits for the end of the URL where it is. */
void ending_wait(struct ending *ending, struct visit *visit, const struct msg_page *answer);

/* A URL moved within its share: does the way of those that wait for it, or for who moved there,
 * lead round now? */
void ending_probe_again(struct ending *ending, struct slice url);

/* A URL has come to its end: so have those that wait for it. */
void ending_end_waiting(struct ending *ending, struct slice url, enum outcome outcome,
			const struct msg_page *page);

/* A URL that had moved is asked for again, whoever owns it. */
void ending_ask_again(struct ending *ending, const struct move *move);

#endif
