#ifndef MOVES_H
#define MOVES_H

#include "frontier/seen.h"
#include "protocol/outcome.h"
#include "store/store.h"

/*
 * moves: which redirects end at another URL of the crawl, and what becomes of those that do.
 *
 * A page is read once: who is redirected to a URL that this pass has read, has under way or will
 * ask for has moved there, and is over.  What nobody asks for (it was skipped, it failed, it is
 * beyond --max-pages) is asked for in the name of whoever is led there.
 *
 * A URL that moved has one that it moved to, so they are trees.  One that would close a ring is
 * found at the root of the tree that it would join; and when the root of a tree fails, all that
 * moved there, at once or by others, have failed with it: as if they had been followed.
 */
struct moves;

/* seen stays the caller's.  max_pages: so many URLs may be begun, 0: any number. */
struct moves *moves_new(const struct seen *seen, uint64_t max_pages, uint64_t key);
void moves_free(struct moves *moves);

/* ---- what is known of URLs ---- */

/*
 * Others crawl, too.  Who is led from one share to another has moved only when the URL there has
 * come to its end: until then the visit waits, and nothing of it is written.  For that texts of
 * URLs are kept, and which have come to an end.
 */
void moves_expect_others(struct moves *moves);

/* All that was ours was lost. */
void moves_forget(struct moves *moves);

/*
 * A URL is lent: the owner of another share asks where it led, and writes its page, or gives it
 * back.  Returns whether it was not lent; and of the second whether it was.
 */
bool moves_lend(struct moves *moves, struct store_key key);
bool moves_take_back(struct moves *moves, struct store_key key);

/* As the store has it when a run begins; host is the master's number of its host. */
void moves_gain(struct moves *moves, const struct store_known_url *known, uint32_t host);

/* It is asked for, as one of max_pages. */
void moves_note_begun(struct moves *moves, struct slice url);

/* No more of them may be begun: others have begun the rest. */
void moves_spend(struct moves *moves);

/* Has this pass read it, does it read it, or will it? */
bool moves_is_wanted(const struct moves *moves, struct slice url);

/* ---- what moved ---- */

/* A URL that moved. */
struct move {
	struct store_key key;
	uint32_t host;    /* whose figures it counts for */
	unsigned status;  /* of its redirect */
	bool is_counted;  /* as moved, in this run */
	bool is_waiting;  /* nothing is written of it yet */
	bool is_hearsay;  /* an earlier pass, or run, was told so: it may have moved back since */
	bool is_again;    /* it had a result when the run began */
	bool has_content; /* what it was before it moved still stands under its name */
	uint32_t depth;   /* that its page may have */
	struct slice url; /* its own, if they are kept (moves_expect_others()); of one that is
			     handed out */
};

/* Would a URL that moved to this one close a ring?  A URL is none by itself. */
bool moves_closes_ring(struct moves *moves, struct slice url, struct slice to);

/*
 * It would: who on the ring moved by hearsay?  It has not moved any more, is to be asked, and the
 * ring is open.  Returns false if there is none.
 */
bool moves_open_ring(struct moves *moves, struct slice url, struct slice to, struct move *opened);

/*
 * May one that had moved for good be left alone?  So it may if where it moved to is well, and does
 * not lead back to it.
 */
bool moves_stands(struct moves *moves, struct slice url, struct slice to);

/* The depth of a URL: its own, or the least of those that moved to it. */
uint32_t moves_depth(const struct moves *moves, struct slice url, uint32_t own);

/* Note that it moved: that closes no ring. */
void moves_add(struct moves *moves, struct slice url, struct slice to, const struct move *move);

/*
 * A URL has come to its end in this pass; or has none after all.  One that moved within its share
 * is written at once, and has ended when that has where it moved to, at once or by others.
 */
void moves_note_end(struct moves *moves, struct slice url, bool has_ended);
bool moves_has_ended(const struct moves *moves, struct slice url);

/* It is asked for again, and may lead elsewhere: what it moved to is forgotten. */
void moves_open(struct moves *moves, struct slice url);

/* Hand out those that moved to a URL, at once or by others. */
void moves_each_led(const struct moves *moves, struct slice url,
		    void (*function)(void *context, struct slice led), void *context);

/* Of one that waited, something is written. */
void moves_settle(struct moves *moves, struct slice url);

/* What waits for the end of a URL: the caller's list.  NULL: it is nowhere in the trees. */
struct waiter;
struct waiter **moves_waiters(struct moves *moves, struct slice url);

/* The lists of all, by numbers from 1 and below moves_count(). */
uint32_t moves_count(const struct moves *moves);
struct waiter **moves_waiters_at(struct moves *moves, uint32_t number);

/* It has left for a URL of another share, whose owner knows whether it has moved there; and has
 * not. */
void moves_leave(struct moves *moves, struct slice url, struct slice to, const struct move *move);
void moves_return(struct moves *moves, struct slice url);

/* Has it moved, or left, and nothing else is known of it yet?  *move is how. */
bool moves_has_moved(const struct moves *moves, struct slice url, struct move *move);

/* Where all that moved to a URL has been led, as far as it is known here. */
struct moves_way {
	bool is_ring;        /* to where it came from */
	struct slice to;     /* a URL of another share, or absent */
	struct move hearsay; /* who on the way has moved by hearsay; or its key is none */
};
void moves_walk(const struct moves *moves, struct slice url, struct slice origin,
		struct moves_way *way);

typedef void moves_function(void *context, const struct move *move);

/*
 * A URL failed or was skipped: nobody wants it any more, nor any that had moved there.  Those are
 * handed out.
 */
void moves_lose(struct moves *moves, struct slice url, moves_function *function, void *context);

/* All that was wanted has been read: hand out those that moved and have content. */
void moves_each_content(const struct moves *moves, moves_function *function, void *context);

#endif
