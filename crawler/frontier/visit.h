#ifndef VISIT_H
#define VISIT_H

#include "frontier/frontier.h"
#include "parsers/request/request.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * visit: a URL on its way, from the frontier to its end in the store.
 *
 * A URL that waits is only a number in the frontier.  It becomes a visit when it is taken; a visit
 * that has to be queued again (a redirect's next hop, another try, robots.txt comes first) keeps
 * what it has been through, and waits under a number of its own, its ticket.  Nothing of a visit is
 * durable: after a crash it begins anew.
 */
/* Of a visit that another's redirect has led here: what this store does not know of its URL. */
struct visit_guest {
	uint64_t letter[3];               /* that it came with, as the store names it */
	uint32_t home_share, home_number; /* the host of its own URL, likewise */
	char *set, *etag, *modified;      /* absent: NULL */
	size_t set_size, etag_size, modified_size;
};

enum visit_kind { VISIT_PAGE, VISIT_SITEMAP, VISIT_ROBOTS, VISIT_LOGIN };

struct visit {
	uint32_t share, number; /* of its URL, as the store has it; of a robots.txt 0 */
	uint64_t root;          /* of its URL: an id of the store's */
	enum visit_kind kind;
	enum frontier_lane lane;
	uint32_t host,
		home;    /* the frontier's: of the URL that is asked for now, and of the first */
	uint32_t anchor; /* the first host that was ours: whose share it goes with */
	uint32_t tenure; /* of that one, as it began: see hosts_tenure() */
	uint32_t depth, rule;
	uint32_t hops;         /* redirects followed */
	uint32_t deaths;       /* workers that died of it */
	uint32_t shots;        /* workers that had it, and died of something else */
	uint32_t tries;        /* times that the first URL was asked for */
	unsigned last_outcome; /* enum outcome of the last of them that was to be repeated */
	unsigned last_status;  /* and its status, or 0 */
	bool is_counted;       /* as one of --max-pages */
	bool is_again;         /* its URL has a result already */
	bool has_content;      /* which has content that still stands */
	bool is_resolving;     /* not asked for yet: it finds out its host's address */
	bool wants_connection; /* one of its own: the last one was to blame */
	bool is_first_try;     /* under way to a host that has not answered */
	bool is_guess;         /* a sitemap that nobody named: there may be none */
	bool is_moved;         /* all redirects followed were permanent */
	bool has_cookie;       /* one of them set one */
	bool wants_other;      /* another try by another proxy may end better */
	int64_t other_ms;      /* which may be asked from then on */
	uint32_t proxy;        /* that it was sent by: msg_job.proxy */
	uint32_t avoids;       /* a proxy that did not get it, or 0 */
	uint32_t suspect;      /* the same, which may be to blame, but is not yet */
	uint32_t proxy_failures;
	bool is_renewed;       /* a new session was begun for it (login_gate.h) */
	uint64_t pass;         /* its number of those that a login has let pass */
	uint64_t doubted_pass; /* how many had passed when it was wrong; 0: it was not */
	bool has_left_tls;     /* they led from https to http: no credentials go there */
	bool is_post;          /* its own request is one: what was taken is not sent again */
	uint64_t hash;         /* of the text at the last visit, or 0 */
	char *counts;          /* of what was found in it, or NULL */
	size_t counts_size;
	int64_t fetched_at_ms; /* Unix time of the last request */
	int64_t asked_ms;      /* the same, by clock_ms() */
	unsigned worker;       /* that has it */
	int64_t not_after_ms;  /* which does not begin it later: msg_job.not_after_ms */
	char *url;             /* asked for now; not NUL-terminated; NULL: not looked up yet */
	size_t url_size;
	char *first; /* its own URL, if it is not the one that is asked for: a redirect led on, or
			it is the identity of a POST (request.h); or NULL */
	size_t first_size;
	struct http_request *request; /* how it is asked for now; NULL: a plain GET */
	char *cookies; /* that redirects on the way have set, for the next hop; or NULL */
	size_t cookies_size;
	char *trail; /* the redirects of this try: "301 http://a/, 302 http://b/"; or NULL */
	struct visit_guest *guest; /* the owner of another share has sent it; or NULL */
	struct visit *next;
	void *owner; /* who dispatched it */
};

/* Is it of a URL of the store, and no errand for others of its host? */
static inline bool visit_has_row(const struct visit *visit)
{
	return visit->kind <= VISIT_SITEMAP;
}

/* Set what is asked for now; a copy is kept. */
void visit_set_url(struct visit *visit, struct slice url);

/* This one is asked for; which was its own is still known. */
void visit_lead(struct visit *visit, struct slice url);

/* Set how it is asked for; a copy is kept. */
void visit_set_request(struct visit *visit, const struct http_request *request);

/* A redirect with this status leads on; to the host of its own URL? */
void visit_redirect_request(struct visit *visit, unsigned status);

static inline bool visit_is_posting(const struct visit *visit)
{
	return visit->request && visit->request->method == REQUEST_POST;
}

/* Cookies that the next hop sends, each a line with its end; a copy is kept. */
#define VISIT_COOKIES_MAX (16 * 1024) /* bytes of all */
void visit_add_cookies(struct visit *visit, struct slice lines);

static inline struct slice visit_cookies(const struct visit *visit)
{
	return (struct slice){ visit->cookies, visit->cookies_size };
}

/*
 * Has a way that had left TLS before, or not, left it behind this hop?  Whoever reads along on http
 * may lead anywhere; over TLS it is known again who is asked.
 */
static inline bool visit_leaves_tls(bool had_left, bool was_https, bool is_https)
{
	return (had_left || was_https) && !is_https;
}

/* What patterns found at the last visit; a copy is kept. */
void visit_set_counts(struct visit *visit, struct slice counts);

static inline struct slice visit_counts(const struct visit *visit)
{
	return (struct slice){ visit->counts, visit->counts_size };
}

/* It is a guest, with copies of these texts. */
struct visit_guest *visit_make_guest(struct visit *visit, struct slice set, struct slice etag,
				     struct slice modified);

/* Note that a redirect with this status (0: one of an earlier visit) led to what is asked for now.
 */
void visit_add_hop(struct visit *visit, unsigned status);

/* The redirects of this try did not happen. */
void visit_forget_hops(struct visit *visit);

static inline struct slice visit_url(const struct visit *visit)
{
	return (struct slice){ visit->url, visit->url_size };
}

/* The URL that it is the visit of. */
static inline struct slice visit_own_url(const struct visit *visit)
{
	return visit->first ? (struct slice){ visit->first, visit->first_size } : visit_url(visit);
}

/* Is this its own URL, or one that its trail leads to? */
bool visit_was_at(const struct visit *visit, struct slice url);

/* The visits that wait in the frontier with a history, by their tickets. */
struct visits;

struct visits *visits_new(void);
void visits_free(struct visits *visits);

/* A new one, of which nothing is known.  The caller owns it. */
struct visit *visits_begin(struct visits *visits);

/* Put it back.  Returns its ticket, below VISITS_MAX, for which it comes back once. */
#define VISITS_MAX 0x40000000u
uint32_t visits_keep(struct visits *visits, struct visit *visit);
struct visit *visits_take(struct visits *visits, uint32_t ticket);

/* Is there one that waits and counts for --max-pages? */
bool visits_any_counted(const struct visits *visits);

/* It has come to its end. */
void visits_end(struct visits *visits, struct visit *visit);

#endif
