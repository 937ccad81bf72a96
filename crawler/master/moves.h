#ifndef MOVES_H
#define MOVES_H

#include "frontier/seen.h"
#include "store/store.h"

/*
 * moves: which redirects end at another URL of the crawl, and whether they go round in a ring.
 *
 * A page is read once: who is redirected to a URL that this pass has read, has under way or will
 * ask for has moved there, and is over.  What nobody asks for (it was skipped, it failed, it is
 * beyond --max-pages) is asked for in the name of whoever is led there.
 *
 * A URL that moved has one that it moved to, so they are trees, and one that closes a ring is found
 * at the root of the tree that it would join.
 */
struct moves;

/* seen stays the caller's.  max_pages: so many URLs may be begun, 0: any number. */
struct moves *moves_new(const struct seen *seen, uint64_t max_pages, uint64_t key);
void moves_free(struct moves *moves);

/* ---- what is known of URLs ---- */

/* As the store has it when a run begins; host is the master's number of its host. */
void moves_gain(struct moves *moves, const struct store_known_url *known, uint32_t host);

/* It is asked for, as one of max_pages. */
void moves_note_begun(struct moves *moves, struct slice url);

/* It came to its end. */
void moves_note_end(struct moves *moves, struct slice url, enum store_state state);

/* Has this pass read it, does it read it, or will it? */
bool moves_is_wanted(const struct moves *moves, struct slice url);

/* The same, and nothing went wrong with it at its last visit: who had moved there still has. */
bool moves_is_well(const struct moves *moves, struct slice url);

/* ---- what moved ---- */

/* A URL that moved: it ended as that, and is counted as that in this run. */
struct move {
	struct store_key key;
	uint32_t host; /* whose figures it counts for */
	unsigned status;
	bool is_counted; /* in this run, not in an earlier one */
};

/* Would a URL that moved to this one close a ring?  A URL is none by itself. */
bool moves_closes_ring(struct moves *moves, struct slice url, struct slice to);

/* Note that it moved: that closes no ring. */
void moves_add(struct moves *moves, struct slice url, struct slice to, const struct move *move);

/*
 * One that would close a ring did not move: hand out those on the ring that had, from the one that
 * it leads to on.  Nobody wants them any more.
 */
void moves_break_ring(struct moves *moves, struct slice to,
		      void (*function)(void *context, const struct move *move), void *context);

#endif
