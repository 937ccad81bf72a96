#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "frontier/seen.h"
#include "master/politeness.h"
#include "parsers/request/request.h"
#include "store/store.h"

/*
 * discovery: which hosts and URLs are known, and what is new.
 *
 * It numbers what is new, writes it to the store, and queues it.  It stands on politeness.h; on it
 * stands links_in.h, which judges what pages and sitemaps name, and ending.h.
 *
 * A URL is in one of two sets, never in both: seen, it has a row and is, or was, to be asked for;
 * outside, it has a row only because a link led there, out of scope.  It can become seen.
 *
 * Of what is seen some is left alone: it is of other lists (asked.h).  Who finds one may add it as
 * if it were new.
 */
struct discovery;

/* All but key, which is secret as in seen.h, stay the caller's. */
struct discovery *discovery_new(const struct config *config, struct store *store,
				struct politeness *politeness, uint64_t key);
void discovery_free(struct discovery *discovery);

/* ---- what the store has ---- */

/* A host that it knows, or has lost and gained again.  Returns its number. */
uint32_t discovery_gain_host(struct discovery *discovery, struct slice origin,
			     struct store_key key);

/* A URL that it knows: it is seen from now on, or was before; or neither. */
enum discovery_gain { DISCOVERY_DAMAGED, DISCOVERY_OUTSIDE, DISCOVERY_SEEN, DISCOVERY_SEEN_BEFORE };
enum discovery_gain
discovery_judge(const struct discovery *discovery,
		const struct store_known_url *known); /* of one that was gained */
enum discovery_gain discovery_gain_url(struct discovery *discovery,
				       const struct store_known_url *known);

/* One that is seen is asked for; or left alone. */
void discovery_queue(struct discovery *discovery, const struct store_known_url *known);
void discovery_leave_alone(struct discovery *discovery, const struct store_known_url *known);

/*
 * A share is another's now, and what waits of it (queue_lose()).  Returns whether it was the last:
 * then all that was known is forgotten, for it may never have come to the store.
 */
bool discovery_lose(struct discovery *discovery, uint32_t share);

/* ---- shares, of several ---- */

/* One that is wanted elsewhere: nothing of it is begun any more; and it was given. */
void discovery_release(struct discovery *discovery, uint32_t share);
bool discovery_is_leaving(const struct discovery *discovery, uint32_t host);

/* Is its share on its way to us?  Then nothing of it is begun yet. */
bool discovery_is_coming(const struct discovery *discovery, uint32_t host);
/* Has a share been lost, or been asked back, since this was asked last? */
bool discovery_has_changed(struct discovery *discovery);

bool discovery_is_any_leaving(const struct discovery *discovery);

/* A visit is with a worker, or its page is worked on; and it no longer is. */
void discovery_note_begun(struct discovery *discovery, const struct visit *visit);
void discovery_note_ended(struct discovery *discovery, const struct visit *visit);

/*
 * A share that is leaving and has nothing under way: it counts as given from now on, and nothing of
 * it is written any more.  Returns false if there is none.
 */
bool discovery_next_to_give(struct discovery *discovery, uint32_t *share);

/* Is a share ours, and to stay so? */
bool discovery_has_share(const struct discovery *discovery, uint32_t share);

/* The share of a host that has this origin, or would have it. */
uint32_t discovery_share_of(const struct discovery *discovery, struct slice origin);

/* Is it another's host: may it not be asked from here? */
bool discovery_is_foreign(const struct discovery *discovery, uint32_t host);

/*
 * Send a link to whose share it is; one that was sent lately is not sent again.  What is missing of
 * the letter is share, and the row's url.  Returns 1, 0 if it was not sent, or -1: the store
 * failed.
 */
int discovery_send(struct discovery *discovery, const struct url *url, struct store_letter letter);

/* The same to ourselves: it comes back to be judged a little later. */
int discovery_postpone(struct discovery *discovery, const struct url *url,
		       struct store_letter letter);

/* The host of a URL that is not ours, with the key that its owner gave it. */
uint32_t discovery_foreign_host(struct discovery *discovery, struct slice origin,
				struct store_key key);

/* ---- sitemaps for other hosts ---- */

/* The robots.txt of the host of this name names a sitemap, which speaks for the host then. */
void discovery_note_sitemap(struct discovery *discovery, struct slice name, struct slice sitemap);
bool discovery_speaks_for(const struct discovery *discovery, struct slice sitemap,
			  struct slice name);

/* ---- what is new ---- */

/* The URLs that are seen, for whoever looks up many: their numbers, and whether they are left
 * alone. */
#define DISCOVERY_ALONE 0x80000000u
const struct seen *discovery_seen(const struct discovery *discovery);

/* Read a URL, in the spelling of this crawl. */
enum url_error discovery_parse(const struct discovery *discovery, struct url *url,
			       struct slice text);

/*
 * The host of a URL; made, here and in the store, if it is new.  FRONTIER_NO_HOST: the store
 * failed.
 */
uint32_t discovery_host_of(struct discovery *discovery, const struct url *url);

/* Is the share that a URL's host is of, or would be of, ours, and is to stay so? */
bool discovery_is_ours(const struct discovery *discovery, const struct url *url);

/* Is it not seen, or left alone? */
bool discovery_is_new(const struct discovery *discovery, struct slice url);
bool discovery_is_alone(const struct discovery *discovery, struct slice url);
static inline bool discovery_is_new_number(uint32_t number)
{
	return number == 0 || number & DISCOVERY_ALONE;
}

/* The key of a URL that is seen, or none. */
struct store_key discovery_find(struct discovery *discovery, const struct url *url);

/*
 * Put a URL into the store that is new.  row needs from, root, depth, kind, lane and rule; one that
 * was left alone stays of its kind.  Returns its key, or none: the store failed.
 */
struct store_key discovery_put(struct discovery *discovery, const struct url *url,
			       struct store_url row);

/* The same, and have it asked for.  Returns 0, or -1. */
int discovery_add(struct discovery *discovery, const struct url *url, struct store_url row);

/*
 * How a URL that has a key is asked; of one that is the identity of a POST (request.h), in the same
 * batch.  Returns 0, or -1.
 */
int discovery_put_request(struct discovery *discovery, struct store_key key,
			  const struct http_request *request);

/* A URL that is seen is another root's; it is pending, or not, as it was. */
int discovery_put_root(struct discovery *discovery, const struct url *url, struct store_url row);

/* Is it read as a sitemap, and not as a page? */
bool discovery_is_sitemap(const struct discovery *discovery, struct slice url);

bool discovery_is_outside(const struct discovery *discovery, const struct url *url);

/* Add a URL that is neither seen nor outside: then it is outside.  As discovery_add(). */
int discovery_add_outside(struct discovery *discovery, const struct url *url, struct store_url row);

#endif
