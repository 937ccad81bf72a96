#ifndef TRAVEL_H
#define TRAVEL_H

#include "frontier/visit.h"
#include "protocol/msg.h"
#include "store/store.h"

/*
 * travel: what owners of shares tell each other of visits, as bytes: a letter's words.
 *
 * A word is a text with its size before it, "5:title", or "-" if it is absent; numbers are texts.
 * Who reads them runs the same version; what makes no sense all the same is refused whole.
 */

/* A visit that a redirect has led to another share, or that comes back from there. */
struct travel {
	struct visit *visit;         /* kind to request; its URL is where it goes */
	struct store_key home;       /* the host of its own URL */
	struct slice set;            /* fields that its list gave it, or absent */
	struct slice etag, modified; /* of where it goes, at its last visit */
	bool may_move;               /* it is read under the URL that it leads to, if that is one */
	enum store_from from_where;  /* who led it there */
	unsigned status;             /* of the answer that did */
	uint64_t wire_size;
	uint32_t elapsed_us;
	int64_t wait_ms; /* that comes back: before it is asked for again */
};

/* The caller frees what is returned. */
struct slice travel_write(const struct travel *travel);

/* Into a visit that has begun; texts of travel point into words.  Returns 0 or -1. */
int travel_read(struct slice words, struct travel *travel);

/* What became of a URL that had left for another share, or what is asked of its owner. */
enum travel_news {
	TRAVEL_ENDED, /* its page is written, or that it moved */
	TRAVEL_AGAIN, /* it is to be asked for again */
	TRAVEL_PROBE, /* do redirects lead from it to itself?  To the letter's URL, so far */
	TRAVEL_RING,  /* they do: so it ends, where it waits */
};

struct travel_word {
	enum travel_news news;
	enum outcome outcome; /* ENDED */
	unsigned status;      /* likewise */
	struct slice error;
	bool is_again;        /* AGAIN */
	struct slice url;     /* its own */
	struct slice place;   /* PROBE, RING: the URL for whose end it waits */
	struct store_key key; /* PROBE: who on the way may have moved back since, or none */
	struct slice hearsay; /* its URL */
	unsigned hops;        /* PROBE: owners that were asked */
};
struct slice travel_write_word(const struct travel_word *word);
int travel_read_word(struct slice words, struct travel_word *word);

/* What came of a robots.txt that redirects led to another share. */
struct travel_robots {
	enum outcome outcome; /* OK: there is a text, or none (absent) */
	unsigned status;
	struct slice error, text;
};
struct slice travel_write_robots(const struct travel_robots *robots);
int travel_read_robots(struct slice words, struct travel_robots *robots);

#endif
