#ifndef HOST_STATE_H
#define HOST_STATE_H

#include "config/settings.h"
#include "frontier/pace.h"
#include "frontier/visit.h"
#include "parsers/site/robots.h"
#include "parsers/text/slice.h"
#include "protocol/outcome.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * hosts: what the master knows of each host beside its queue: the store's key, its robots.txt,
 * how it has been answering.  Numbered as in the frontier.  Pure: time is an argument.
 */
struct hosts;

#define HOSTS_ROBOTS_MS          \
	((int64_t)24 * 60 * 60 * \
	 1000)                     /* robots.txt is asked for again after a day (RFC 9309 2.4) */
#define HOSTS_RESTS_MAX          2 /* in a row; then the host is given up for this run */
#define HOSTS_CRAWL_DELAY_MS_MAX 60000

/*
 * failures_max: failures in a row after which a host rests, 0: it never does; rest_ms: the first
 * rest, the next is twice as long.
 */
struct hosts *hosts_new(unsigned failures_max, int64_t rest_ms);
void hosts_free(struct hosts *hosts);

/* The next host, with the store's key. */
void hosts_add(struct hosts *hosts, struct store_key key);
struct store_key hosts_key(const struct hosts *hosts, uint32_t host);

/*
 * Hosts come and go with their shares: a host that was lost, and is gained again, keeps its number
 * and has another tenure.  What was begun under an earlier one is not ours any more, and of what it
 * said then only that stands which the store has.
 */
void hosts_lose(struct hosts *hosts, uint32_t host);
void hosts_gain(struct hosts *hosts, uint32_t host, struct store_key key);

/*
 * Is it a host of a share that is not ours, or was not when it came: its row is another's?  One
 * that is added is ours.
 */
bool hosts_is_foreign(const struct hosts *hosts, uint32_t host);
void hosts_set_foreign(struct hosts *hosts, uint32_t host);
void hosts_set_key(struct hosts *hosts, uint32_t host, struct store_key key);
uint32_t hosts_tenure(const struct hosts *hosts, uint32_t host);

/* The worker that asked it last, whose connections to it may still stand; HOSTS_NO_WORKER: none. */
#define HOSTS_NO_WORKER UINT32_MAX
uint32_t hosts_worker(const struct hosts *hosts, uint32_t host);
void hosts_set_worker(struct hosts *hosts, uint32_t host, uint32_t worker);

/*
 * The address that answered last, in digits; empty: none has.  Set, it is copied; returns whether
 * it is another one than before.  An empty one changes nothing.
 */
struct slice hosts_address(const struct hosts *hosts, uint32_t host);
bool hosts_set_address(struct hosts *hosts, uint32_t host, struct slice address);

/*
 * A proxy answered for it: it counts as one of the Internet, whatever address was known of it,
 * which is forgotten.  Returns whether there was one.
 */
bool hosts_forget_address(struct hosts *hosts, uint32_t host);

/*
 * Where may it be?  A page of the Internet that links or redirects to 127.0.0.1 or to
 * 169.254.169.254 wants to see what only we can see.  So a host is asked at a private address only
 * if the user named it, or if another host at a private address led there, as on an intranet.
 * What it answered from binds it, for a name may lead elsewhere the next time: one that was public
 * stays public.
 */

/* The user named it; another host, which has answered, led to it, or one at a private address. */
void hosts_note_named(struct hosts *hosts, uint32_t host);
void hosts_note_way(struct hosts *hosts, uint32_t host, uint32_t from);
void hosts_note_private_way(struct hosts *hosts, uint32_t host);

/* Has somebody led to it who may? */
bool hosts_may_be_private(const struct hosts *hosts, uint32_t host);

/* Has it answered, and from a private address? */
bool hosts_is_private(const struct hosts *hosts, uint32_t host);

/*
 * May it be where a cloud keeps the keys of its machines (address_is_service())?  Nobody leads
 * there, not even from an intranet: the user has named it, in this run or in one in which it
 * answered.
 */
bool hosts_may_be_service(const struct hosts *hosts, uint32_t host);

/* Are private addresses to be refused to it? */
bool hosts_is_public_only(const struct hosts *hosts, uint32_t host, enum private_addresses setting);

/*
 * What a host may expect, by settings and config: worked out when it is added, and when somebody
 * sets its delay while the crawl runs.
 */
struct hosts_policy {
	struct pace_policy pace; /* before robots.txt and auto_delay have their say */
	bool obeys_robots;       /* its robots.txt, and "nofollow" of its pages */
	bool wants_sitemaps;
	uint32_t request;    /* what requests to it carry: config_request() */
	bool has_own;        /* that has something of its own, */
	bool may_carry;      /* which it gets though no list names it, */
	bool is_for_private; /* but credentials only at a private address */
	enum cookies cookies;
};
void hosts_set_policy(struct hosts *hosts, uint32_t host, struct hosts_policy policy);
struct hosts_policy hosts_policy(const struct hosts *hosts, uint32_t host);

/*
 * Credentials.  A list names the host, and perhaps a user: "name:password" as its URL has them, of
 * which a copy is kept for this run; the last one counts.
 */
void hosts_note_listed(struct hosts *hosts, uint32_t host);
bool hosts_is_listed(const struct hosts *hosts, uint32_t host);
void hosts_set_user(struct hosts *hosts, uint32_t host, struct slice user);
struct slice hosts_user(const struct hosts *hosts, uint32_t host);

/* The visit that was dispatched last and has not come back, or NULL; it stays the caller's. */
void hosts_set_last(struct hosts *hosts, uint32_t host, const struct visit *visit);
const struct visit *hosts_last(const struct hosts *hosts, uint32_t host);

/* The same of a group of hosts, by its number (frontier_group()); FRONTIER_NO_GROUP has none. */
void hosts_set_group_last(struct hosts *hosts, uint32_t group, const struct visit *visit);
const struct visit *hosts_group_last(const struct hosts *hosts, uint32_t group);

/* ---- robots.txt ---- */

enum hosts_robots {
	HOSTS_ROBOTS_UNKNOWN,     /* not asked for, or too long ago */
	HOSTS_ROBOTS_ASKED,       /* on its way */
	HOSTS_ROBOTS_RULES,       /* it was read */
	HOSTS_ROBOTS_NONE,        /* there is none (4xx): all is allowed */
	HOSTS_ROBOTS_UNREACHABLE, /* 5xx or no answer: all is forbidden for now */
};

/* "unknown", "asked", "rules", "none", "unreachable": as stored. */
const char *hosts_robots_name(enum hosts_robots state);

enum hosts_robots hosts_robots(const struct hosts *hosts, uint32_t host, int64_t now_ms);
/* Has it answered anything, in this run? */
bool hosts_has_answered(const struct hosts *hosts, uint32_t host);
void hosts_set_answered(struct hosts *hosts, uint32_t host);

/*
 * The root of the first visit that the host's robots.txt was looked at for, in this run, or 0: what
 * is named there was reached from it.
 */
uint64_t hosts_root(const struct hosts *hosts, uint32_t host);
void hosts_set_root(struct hosts *hosts, uint32_t host, uint64_t root);

void hosts_robots_asked(struct hosts *hosts, uint32_t host);

/*
 * Rules may take megabytes a host, and there may be as many hosts as a server likes: those of all
 * together take this much.  Beyond it the rules that were not asked for the longest are put down,
 * and the store has their text.
 */
#define HOSTS_RULES_BYTES_MAX ((size_t)16 << 20)

/* It was read: robots is kept, and freed by and by.  NULL: there is none. */
void hosts_robots_known(struct hosts *hosts, uint32_t host, struct robots *robots,
			int64_t until_ms);

/* Why it could not be had: what the URLs of the host end with. */
struct hosts_cause {
	enum outcome outcome; /* dns, connect, tls, http_error, ... */
	uint32_t status;      /* HTTP's, or 0 */
	char error[240];      /* "robots.txt: ..." */
};

/* It could not be had; a copy of cause is kept. */
void hosts_robots_unreachable(struct hosts *hosts, uint32_t host, const struct hosts_cause *cause,
			      int64_t until_ms);

/* Of a host whose robots.txt could not be had, until its state changes. */
const struct hosts_cause *hosts_robots_cause(const struct hosts *hosts, uint32_t host);

/* Has it rules that were put down?  They are brought back by hosts_bring_rules(), which keeps them.
 */
bool hosts_lacks_rules(const struct hosts *hosts, uint32_t host);
void hosts_bring_rules(struct hosts *hosts, uint32_t host, struct robots *robots);

/*
 * The rules, or NULL: it has none, and all is allowed, or it lacks them.  They stay until those of
 * another host are known or brought.
 */
const struct robots *hosts_rules(struct hosts *hosts, uint32_t host);

/* What the rules ask for, whether they were put down or not; -1: nothing. */
int64_t hosts_crawl_delay_ms(const struct hosts *hosts, uint32_t host);

/* ---- how it answers ---- */

/* An answer came: failures before it are forgotten. */
void hosts_answered(struct hosts *hosts, uint32_t host, uint32_t elapsed_ms);

/*
 * A request that was dispatched at asked_ms failed because of the host.  Requests that were on
 * their way together fail together, and count once.
 * Returns how long the host is to rest now, 0: not at all, or HOSTS_GIVE_UP.
 */
#define HOSTS_GIVE_UP (-1)
int64_t hosts_failed(struct hosts *hosts, uint32_t host, enum outcome why, int64_t asked_ms,
		     int64_t now_ms);

/* Has it been given up for this run?  *why is then the last failure. */
bool hosts_is_given_up(const struct hosts *hosts, uint32_t host, enum outcome *why);

/* A response time that follows the host's own, for auto_delay; 0 before the first answer. */
int64_t hosts_usual_ms(const struct hosts *hosts, uint32_t host);

/* As others have found it, until it answers us. */
void hosts_set_usual_ms(struct hosts *hosts, uint32_t host, int64_t usual_ms);

#endif
