#ifndef QUEUE_H
#define QUEUE_H

#include "master/politeness.h"

/*
 * queue: what waits in the frontier, of politeness.h.
 *
 * A number there says what waits: a URL of the host's share, by its number in the store; a visit
 * that has a history already, by its ticket; or the robots.txt of the host.
 *
 * A visit waits here under its ticket, or is with a worker, or its page is put by (page_work.h), or
 * it belongs to whoever is being called; who queues it, sends it, puts it by or ends it before the
 * turn goes on.  There is no fifth.
 */
#define QUEUE_ROBOTS  0x80000000u /* above all numbers of URLs */
#define QUEUE_TICKET  0xc0000000u
#define QUEUE_URL_MAX (QUEUE_ROBOTS - 1)
_Static_assert(VISITS_MAX <= 0x40000000u, "a ticket is below the bits that say what it is");

/*
 * The visit of what frontier_next() gave: a new one, or the one that waited.  It is the caller's,
 * who queues it again, or ends it with visits_end().
 */
struct visit *queue_visit(struct politeness *politeness, uint32_t host, uint32_t number);

#define QUEUE_ROBOTS_PATH "/robots.txt"

/* Let a visit ask for its first host's robots.txt. */
void queue_set_robots(struct politeness *politeness, struct visit *visit);

/* Have a visit's URL asked for again: before others of its lane, or not before at_ms. */
void queue_again(struct politeness *politeness, struct visit *visit);
void queue_later(struct politeness *politeness, struct visit *visit, int64_t at_ms);

/*
 * A host is not ours any more: what waits of it is forgotten, for another may ask for it now.  What
 * is in flight comes back, and is then lost.  Visits that go with other hosts, and had been
 * redirected to this one, are stranded (politeness.h); logins are in any case.
 */
void queue_lose(struct politeness *politeness, uint32_t host);

/* Was the host that a visit goes with lost since it began? */
static inline bool queue_is_lost(const struct politeness *politeness, const struct visit *visit)
{
	return visit->tenure != hosts_tenure(politeness->hosts, visit->anchor);
}

#endif
