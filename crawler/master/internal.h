#ifndef MASTER_INTERNAL_H
#define MASTER_INTERNAL_H

#include "frontier/frontier.h"
#include "frontier/seen.h"
#include "frontier/url_map.h"
#include "frontier/visit.h"
#include "links/follow.h"
#include "links/traps.h"
#include "master/callback.h"
#include "master/host_state.h"
#include "master/master.h"
#include "protocol/msg.h"

/*
 * What the files of the master know of each other, from the top down:
 *
 *	master.c	the turn, commits, the end
 *	load.c	the database and the lists into the frontier
 *	dispatch.c	from the frontier to a worker
 *	results.c	from a worker to the store
 *	robots_gate.c	robots.txt, before a host is asked for anything else
 *	links_in.c	links and sitemaps to the frontier
 *	finish.c	a visit: its end, its next hop, its next try
 *	discover.c	hosts and URLs that are new
 *	politeness.c	how a host is to be treated, and which keep their distance together
 *	reach.c	which hosts may be at a private address
 */
struct master {
	const struct config *config;
	const struct settings *settings;
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct tally *tally;
	struct frontier *frontier;
	struct hosts *hosts;
	struct seen *seen;
	struct share *shares; /* by their numbers in the store */
	uint32_t share_count;
	struct url_map
		*numbers; /* the frontier's numbers of hosts, plus one, by the store's keys */
	struct url_map
		*outside; /* numbers of links to other sites, within the share of their host */
	struct url_map *modified; /* when pages were modified last, by sitemaps: seconds */
	struct visits *visits;
	struct callback *callback;
	struct traps *traps;
	unsigned window, worker_count;
	struct slice product_token;           /* of the user agent, for robots.txt */
	uint64_t rule_urls[FOLLOW_RULES_MAX]; /* URLs that each rule of follow has added */
	uint64_t warned_rules;                /* whose limits have been told, a bit each */

	uint64_t left_over;     /* URLs that --max-pages did not let begin */
	bool has_pages;         /* of earlier runs: URLs may be asked for again, with conditions */
	int64_t quiet_since_ms; /* Unix time since when no host has been asked, or 0: not known */
	bool is_paused;
	size_t in_flight;
	uint64_t begun;        /* URLs that have been asked for, for --max-pages */
	int64_t commit_due_ms; /* or CLOCK_NEVER: nothing waits */
	int64_t store_due_ms;  /* when the store wants a turn, or CLOCK_NEVER */
	bool is_idle;          /* the store has been tidied since the last commit */
	int signals;
	int signal;           /* that stopped us, or 0 */
	int64_t drain_end_ms; /* or CLOCK_NEVER: not draining */
	int64_t time_end_ms;  /* --max-time, or CLOCK_NEVER */
	bool is_leaving;      /* the second signal */
	enum master_end end;  /* why we drain */
	struct master_links links;

	void (*tick)(void *user);
	void *tick_user;
	int tick_ms;
	int64_t tick_due_ms; /* or CLOCK_NEVER */

	struct url scratch; /* of a redirect, or a link */
};

/* What a share's hosts and URLs are numbered by: we give the next ones, from memory. */
struct share {
	uint32_t last_host, last_url;
	bool is_lost; /* another gives them now */
};

/*
 * A number in the frontier says what waits: a URL of the host's share, by its number in the store;
 * a visit that has a history already, by its ticket; or the robots.txt of the host.
 */
#define MASTER_NOT_A_URL 0x80000000u /* above all numbers of URLs */
#define MASTER_TICKET    0xc0000000u
#define MASTER_ROBOTS    MASTER_NOT_A_URL
#define URL_NUMBER_MAX   (MASTER_NOT_A_URL - 1)
_Static_assert(VISITS_MAX <= 0x40000000u, "a ticket is below the bits that say what it is");

/* The key of a visit's URL in the store. */
static inline struct store_key master_key_of(const struct visit *visit)
{
	return (struct store_key){ visit->share, visit->number };
}

/* ---- discover.c ---- */

/* A host that the store knows, or has lost and gained again.  Returns the frontier's number. */
uint32_t master_gain_host(struct master *master, struct slice origin, struct store_key key);

/* The frontier's number of a host, by its key in the store, or FRONTIER_NO_HOST. */
uint32_t master_find_host(const struct master *master, struct store_key key);

/* The host of a URL; made, here and in the store, if it is new.  FRONTIER_NO_HOST: the store
 * failed. */
uint32_t master_host_of(struct master *master, const struct url *url);

/* Is the share that its host is of, or would be of, ours? */
bool master_is_ours(const struct master *master, const struct url *url);

/*
 * Add a URL that is not in master->seen, and have it asked for.  row needs from, depth, kind, lane
 * and rule.  Returns 0, or -1: the store failed.
 */
int master_add_url(struct master *master, const struct url *url, struct store_url row);

/* Add a URL that is in neither master->seen nor master->outside, as row says.  Returns its key, or
 * none: the store failed. */
struct store_key master_store_url(struct master *master, const struct url *url,
				  struct store_url row);

/* Where the page was that a visit is of, for its links. */
enum store_from master_from_where(const struct master *master, const struct visit *visit);

/* ---- politeness.c ---- */

/* The name within an origin "https://name:port". */
struct slice master_host_name(struct slice origin);

/* What a host with this name may expect, by settings and config. */
struct hosts_policy master_policy_of(const struct master *master, struct slice name);

/* Bring a host's pace in line with its policy, robots.txt and how it answers. */
void master_settle_policy(struct master *master, uint32_t host);

/* A host is new, or its address was learned: it joins those it keeps its distance with. */
void master_group(struct master *master, uint32_t host);

/* Must the host's address be known before it is asked for anything? */
bool master_wants_address(const struct master *master, uint32_t host);

/* A visit has been given to a worker, to be sent; it has come back. */
void master_note_sent(struct master *master, const struct visit *visit);
void master_note_back(struct master *master, const struct visit *visit);

/* ---- reach.c ---- */

/* A redirect, or its robots.txt, leads from one host to another; FRONTIER_NO_HOST: the user does.
 */
void master_note_way(struct master *master, uint32_t host, uint32_t from);

/* A link from a page leads to a host, or it is a seed: as its row says. */
void master_note_link(struct master *master, uint32_t host, const struct store_url *row);

/* May the host be asked at public addresses only? */
bool master_is_public_only(const struct master *master, uint32_t host);

/* ---- finish.c ---- */

/* End a visit with its page: done needs all but visit and host.  The visit is still the caller's.
 */
void master_end_page(struct master *master, struct visit *visit, struct callback_page *done);

/* What a visit to robots.txt asks for. */
void master_begin_robots(struct master *master, struct visit *visit);

/* Ask again for a visit's URL, before others of its lane. */
void master_queue_again(struct master *master, struct visit *visit);

/* Is there another try for what this visit came to?  Then it has been queued for it. */
bool master_try_again(struct master *master, struct visit *visit, const struct msg_page *page);

/* Make the place where a redirect leads the visit's URL and host.  On error it stays where it was.
 */
enum url_error master_next_hop(struct master *master, struct visit *visit, struct slice location);

/* A link that was followed leads nowhere by a redirect where it must not lead by itself. */
bool master_is_astray(const struct master *master, const struct visit *visit, struct slice host);

/*
 * Permanent redirects led from a visit's URL to this one at its last visit: have that one asked
 * for, as if it had just been redirected.  Returns false if it is not to be: moved_to is absent,
 * the visit is on its way already, its rule does not lead there.
 */
bool master_move(struct master *master, struct visit *visit, struct slice moved_to);

/* What was written is to be committed before long. */
void master_commit_soon(struct master *master);

/* End a visit that brought no page. */
void master_end_visit(struct master *master, struct visit *visit, enum outcome outcome,
		      const char *error);

/* ---- load.c ---- */

/* Have the store hand out what came to us, or went: also while the crawl runs.  Returns 0 or -1. */
int master_turn_store(struct master *master);

/* ---- dispatch.c ---- */

/* Give workers what may be asked for now, as far as they have room. */
void master_dispatch(struct master *master);
bool master_may_dispatch(const struct master *master);
bool master_has_room(const struct master *master);

/* Is a visit not ours any more?  Its first host was lost since it began. */
static inline bool master_is_lost(const struct master *master, const struct visit *visit)
{
	return visit->tenure != hosts_tenure(master->hosts, visit->home);
}

/* Of the job that was last sent for a visit. */
enum msg_kind master_job_kind(const struct visit *visit);

/* ---- results.c ---- */

/* The pool's callback. */
void master_on_result(void *user, const struct pool_value *value);

/* ---- robots_gate.c ---- */

enum master_gate { GATE_OPEN, GATE_WAIT, GATE_CLOSED };

/*
 * May this visit's URL be asked for?  WAIT: it has been queued behind the host's robots.txt.
 * CLOSED: it has come to its end.
 */
enum master_gate master_pass_robots(struct master *master, struct visit *visit);

/* Queue the sitemaps of a host whose robots.txt is known, if they are wanted and new. */
void master_add_sitemaps(struct master *master, uint32_t host);

/* The answer. */
void master_take_robots(struct master *master, struct visit *visit, const struct msg_page *page,
			struct slice slot);

/* What the store remembers of a host's robots.txt. */
void master_remember_robots(struct master *master, uint32_t host,
			    const struct store_known_host *known);

/* ---- links_in.c ---- */

/* Does a sitemap that was read in this run say that a page has not changed since it was? */
bool master_is_unchanged(const struct master *master, const struct visit *visit,
			 const struct store_validators *known);

/*
 * Take the links of a page, or the entries of a sitemap; count, and tell, what is missing.
 * Returns 0, or -1 if the worker sent nonsense.
 */
int master_take_links(struct master *master, const struct visit *visit, const struct msg_page *page,
		      struct slice links);

#endif
