#ifndef POLITENESS_H
#define POLITENESS_H

#include "config/config.h"
#include "frontier/frontier.h"
#include "frontier/url_map.h"
#include "frontier/visit.h"
#include "master/events.h"
#include "master/host_state.h"
#include "store/store.h"

/*
 * politeness: when and how a host may be asked.
 *
 * The lowest of the master's three parts: it knows neither what else is known (discovery.h) nor
 * what becomes of a visit (ending.h).  Of it are, and stand on it, queue.h, holds.h and reach.h.
 *
 * Frontier, hosts and visits are open to whoever asks them, and have contracts of their own.  A
 * host has one number in the frontier, in hosts and, plus one, in numbers: politeness_add_host()
 * makes it in all three, and nobody else makes one in any.
 */
struct politeness {
	const struct config *config;
	struct store *store;
	struct frontier *frontier;
	struct hosts *hosts;
	struct visits *visits;
	struct url_map *numbers; /* of hosts, plus one, by the store's keys */
	struct events *events;
	int64_t quiet_since_ms;    /* Unix time since when no host was asked, or 0: not known */
	struct kept_delay *delays; /* that were set for hosts by name: politeness_keep_delay() */
	struct visit
		*stranded; /* whose next hop was lost, and which are ours still: queue_lose() */
};

/* config, store and events stay the caller's; key is secret, as in seen.h. */
struct politeness *politeness_new(const struct config *config, struct store *store,
				  struct events *events, uint64_t key, int64_t quiet_since_ms);
void politeness_free(struct politeness *politeness);

/* The key of a visit's URL in the store. */
static inline struct store_key politeness_key_of(const struct visit *visit)
{
	return (struct store_key){ visit->share, visit->number };
}

/* The root of a visit's URL. */
static inline struct store_key politeness_root_of(const struct visit *visit)
{
	return (struct store_key){ (uint32_t)(visit->root >> 32), (uint32_t)visit->root };
}

/* ---- hosts ---- */

/* A host with this origin, which is new, and the store's key. */
uint32_t politeness_add_host(struct politeness *politeness, struct slice origin,
			     struct store_key key);

/* A host of another's share, which was known without, has this key there. */
void politeness_set_key(struct politeness *politeness, uint32_t host, struct store_key key);

/* A host that is known has this key now: its share was gained. */
void politeness_gain_host(struct politeness *politeness, uint32_t host, struct store_key key);

/* The host with this key in the store, or FRONTIER_NO_HOST. */
uint32_t politeness_find_host(const struct politeness *politeness, struct store_key key);

/* The host's name, as in its origin "https://name:port". */
struct slice politeness_name(const struct politeness *politeness, uint32_t host);
struct slice politeness_name_in(struct slice origin);

/* Bring a host's pace in line with its policy, robots.txt and how it answers. */
void politeness_settle(struct politeness *politeness, uint32_t host);

/* As master_set_delay(). */
unsigned politeness_set_delay(struct politeness *politeness, struct slice name, int64_t delay_ms);

/* The same, and hosts of this name that come later have it, too. */
void politeness_keep_delay(struct politeness *politeness, struct slice name, int64_t delay_ms);

/* ---- which hosts keep their distance together ---- */

/* A host's address was learned: it joins those it keeps its distance with. */
void politeness_group(struct politeness *politeness, uint32_t host);

/* Must the host's address be known before it is asked for anything? */
bool politeness_wants_address(const struct politeness *politeness, uint32_t host);

/* A host answered from this address, or empty: that is kept, also in the store. */
void politeness_note_address(struct politeness *politeness, uint32_t host, struct slice address);

/*
 * A proxy answered for it: whatever address was known of it is forgotten, also in the store, and
 * where addresses count it keeps its distance by itself.
 */
void politeness_note_proxy(struct politeness *politeness, uint32_t host);

/* ---- a request ---- */

/* A worker has the visit: its host's delay begins, or it waits for its address. */
void politeness_note_sent(struct politeness *politeness, struct visit *visit);

/*
 * It is back.  started_ms: when the request was really sent, 0: nobody knows.  has_address: of a
 * visit that is_resolving.
 */
void politeness_note_back(struct politeness *politeness, const struct visit *visit,
			  int64_t started_ms, bool has_address);

#endif
