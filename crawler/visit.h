#ifndef VISIT_H
#define VISIT_H

#include <stdint.h>
#include "url.h"

/*
 * visit: a URL on its way, from the frontier to its end in the store.
 *
 * A URL that waits is only an id in the frontier.  It becomes a visit when it is picked; a visit
 * that has to be queued again (a redirect's next hop, its worker died) keeps what it has been
 * through, and is found again by its id.  Nothing of a visit is durable: after a crash it begins
 * anew.
 */
struct visit {
	uint32_t url_id;
	uint32_t host;	     /* the frontier's, of the URL that is asked for now */
	uint32_t hops;	     /* redirects followed */
	uint32_t deaths;     /* workers that died of it */
	uint32_t tries;	     /* requests handed out */
	struct url *target;  /* where a redirect led, or NULL: the URL itself */
	int64_t fetched_at_ms; /* Unix time of the last request */
	struct visit *next;
	void *owner;	     /* who handed it out */
};

/* The visits that wait in the frontier with a history, by their URL's id. */
struct visits;

struct visits *visits_new(void);
void visits_free(struct visits *visits);

/* The visit of a picked URL: its history if it has one, or a new one.  The caller owns it. */
struct visit *visits_begin(struct visits *visits, uint32_t url_id);

/* Put it back for the next pick of its URL. */
void visits_keep(struct visits *visits, struct visit *visit);

/* It has come to its end. */
void visits_end(struct visits *visits, struct visit *visit);

#endif
