#include "master/discovery.h"

#include <stdio.h>
#include <stdlib.h>

#include "frontier/sent_set.h"
#include "master/holds.h"
#include "master/queue.h"
#include "master/share.h"
#include "parsers/text/memory.h"
#include "protocol/outcome.h"
#include "show/log.h"

/*
 * What a share's hosts and URLs are numbered by: we give the next ones, from memory.  A number is
 * given once: nothing of the share has a higher one than these.
 */
struct share {
	uint32_t last_host, last_url;
	uint32_t first_host; /* of those that the frontier has, plus one; or 0 */
	uint32_t under_way;  /* visits that go with a host of it, or ask one */
	bool is_leaving, is_given;
	bool is_coming; /* some of it has been handed out, and is ours when all of it has */
};

struct discovery {
	const struct config *config;
	struct store *store;
	struct politeness *politeness;
	struct seen *seen;
	struct seen *sitemaps;   /* those of them that are no pages */
	struct url_map *named;   /* "host sitemap": by robots.txt of the host, on another */
	struct url_map *outside; /* numbers of URLs, within the share of their host */
	struct share *shares;    /* by their numbers in the store */
	uint32_t share_count;
	uint32_t *next_hosts; /* by host: the next of its share, plus one; only of several shares */
	uint32_t next_count;
	struct sent_set *sent, *sent_outside;
	uint64_t key;
	bool is_empty;          /* all was forgotten, and nothing has come since */
	bool has_changed;       /* a share was lost, or asked back */
	uint32_t leaving_count; /* shares that are wanted elsewhere, and are not lost yet */
};

struct discovery *discovery_new(const struct config *config, struct store *store,
				struct politeness *politeness, uint64_t key)
{
	struct discovery *discovery = memory_new(1, sizeof(*discovery));

	*discovery = (struct discovery){
		.config = config,
		.store = store,
		.politeness = politeness,
		.seen = seen_new(key),
		.sitemaps = seen_new(key),
		.outside = url_map_new(key),
		.named = url_map_new(key),
		.sent = sent_set_new(key),
		.sent_outside = sent_set_new(key),
		.key = key,
		.share_count = store_get_share_count(store),
	};
	discovery->shares = memory_new(discovery->share_count, sizeof(*discovery->shares));
	return discovery;
}

void discovery_free(struct discovery *discovery)
{
	if (!discovery)
		return;
	seen_free(discovery->seen);
	seen_free(discovery->sitemaps);
	url_map_free(discovery->outside);
	url_map_free(discovery->named);
	sent_set_free(discovery->sent);
	sent_set_free(discovery->sent_outside);
	free(discovery->next_hosts);
	free(discovery->shares);
	free(discovery);
}

/* ---- what the store has ---- */

/* A new host, which its share can find. */
static uint32_t add_host(struct discovery *discovery, struct slice origin, struct store_key key)
{
	uint32_t host = politeness_add_host(discovery->politeness, origin, key);
	struct share *share = &discovery->shares[key.share];

	if (discovery->share_count == 1)
		return host;
	if (host >= discovery->next_count) {
		discovery->next_count = host * 2 + 64;
		discovery->next_hosts = memory_resize(discovery->next_hosts,
						      discovery->next_count * sizeof(uint32_t));
	}
	discovery->next_hosts[host] = share->first_host;
	share->first_host = host + 1;
	return host;
}

/* Until all of it has come, what is of it waits. */
static void note_coming(struct discovery *discovery, uint32_t share)
{
	discovery->is_empty = false;
	discovery->shares[share].is_coming =
		discovery->share_count > 1 && !store_has_share(discovery->store, share);
}

uint32_t discovery_gain_host(struct discovery *discovery, struct slice origin, struct store_key key)
{
	struct politeness *politeness = discovery->politeness;
	uint32_t host = frontier_find_host(politeness->frontier, origin);
	struct share *share = &discovery->shares[key.share];

	note_coming(discovery, key.share);
	if (key.number > share->last_host)
		share->last_host = key.number;
	if (host == FRONTIER_NO_HOST)
		return add_host(discovery, origin, key);
	politeness_gain_host(politeness, host, key);
	return host;
}

static bool is_sound(const struct store_known_url *known, uint32_t host)
{
	return known->url.at && host != FRONTIER_NO_HOST && known->key.number > 0 &&
	       known->key.number <= QUEUE_URL_MAX && known->lane > LANE_ROBOTS &&
	       known->lane < FRONTIER_LANES;
}

static void note_kind(struct discovery *discovery, struct slice url, enum store_url_kind kind)
{
	if (kind != STORE_URL_PAGE)
		seen_add(discovery->sitemaps, url);
}

enum discovery_gain discovery_judge(const struct discovery *discovery,
				    const struct store_known_url *known)
{
	if (!is_sound(known, politeness_find_host(discovery->politeness, known->host)))
		return DISCOVERY_DAMAGED;
	return known->kind == STORE_URL_OUTSIDE ? DISCOVERY_OUTSIDE : DISCOVERY_SEEN_BEFORE;
}

enum discovery_gain discovery_gain_url(struct discovery *discovery,
				       const struct store_known_url *known)
{
	enum discovery_gain gain = discovery_judge(discovery, known);
	struct share *share = &discovery->shares[known->key.share];

	note_coming(discovery, known->key.share);
	if (known->key.number > share->last_url && known->key.number <= QUEUE_URL_MAX)
		share->last_url = known->key.number;
	if (gain == DISCOVERY_OUTSIDE)
		url_map_put(discovery->outside, known->url, known->key.number);
	if (gain < DISCOVERY_SEEN)
		return gain;
	note_kind(discovery, known->url, known->kind);
	return seen_put(discovery->seen, known->url, known->key.number) ? DISCOVERY_SEEN
									: DISCOVERY_SEEN_BEFORE;
}

void discovery_queue(struct discovery *discovery, const struct store_known_url *known)
{
	frontier_push(discovery->politeness->frontier,
		      politeness_find_host(discovery->politeness, known->host), known->key.number,
		      (enum frontier_lane)known->lane);
}

void discovery_leave_alone(struct discovery *discovery, const struct store_known_url *known)
{
	seen_put(discovery->seen, known->url, known->key.number | DISCOVERY_ALONE);
}

static bool has_any(const struct discovery *discovery)
{
	for (uint32_t share = 0; share < discovery->share_count; share++) {
		if (discovery->shares[share].last_host || discovery->shares[share].last_url ||
		    store_has_share(discovery->store, share))
			return true;
	}
	return false;
}

static void forget_all(struct discovery *discovery)
{
	seen_clear(discovery->seen);
	seen_clear(discovery->sitemaps);
	url_map_free(discovery->outside);
	discovery->outside = url_map_new(discovery->key);
	sent_set_clear(discovery->sent);
	sent_set_clear(discovery->sent_outside);
	discovery->is_empty = true;
}

bool discovery_lose(struct discovery *discovery, uint32_t share)
{
	struct share *lost = &discovery->shares[share];

	for (uint32_t host = lost->first_host; host > 0; host = discovery->next_hosts[host - 1]) {
		holds_tell_next_owner(discovery->politeness, host - 1);
		queue_lose(discovery->politeness, host - 1);
	}
	lost->last_host = lost->last_url = 0;
	discovery->leaving_count -= lost->is_leaving;
	discovery->has_changed = true;
	lost->is_leaving = lost->is_given = lost->is_coming = false;
	if (discovery->is_empty || has_any(discovery))
		return false;
	forget_all(discovery);
	return true;
}

/* ---- shares, of several ---- */

void discovery_release(struct discovery *discovery, uint32_t share)
{
	discovery->has_changed = true;
	discovery->leaving_count += !discovery->shares[share].is_leaving;
	discovery->shares[share].is_leaving = true;
}

static struct share *share_of_host(const struct discovery *discovery, uint32_t host)
{
	return &discovery->shares[hosts_key(discovery->politeness->hosts, host).share];
}

bool discovery_is_leaving(const struct discovery *discovery, uint32_t host)
{
	return discovery->share_count > 1 && share_of_host(discovery, host)->is_leaving;
}

bool discovery_has_changed(struct discovery *discovery)
{
	bool has_changed = discovery->has_changed;

	discovery->has_changed = false;
	return has_changed;
}

bool discovery_is_coming(const struct discovery *discovery, uint32_t host)
{
	uint32_t share = hosts_key(discovery->politeness->hosts, host).share;

	return discovery->shares[share].is_coming && !store_has_share(discovery->store, share);
}

bool discovery_is_any_leaving(const struct discovery *discovery)
{
	return discovery->leaving_count > 0;
}

void discovery_note_begun(struct discovery *discovery, const struct visit *visit)
{
	if (discovery->share_count == 1)
		return;
	share_of_host(discovery, visit->anchor)->under_way++;
	share_of_host(discovery, visit->host)->under_way++;
}

void discovery_note_ended(struct discovery *discovery, const struct visit *visit)
{
	if (discovery->share_count == 1)
		return;
	share_of_host(discovery, visit->anchor)->under_way--;
	share_of_host(discovery, visit->host)->under_way--;
}

bool discovery_next_to_give(struct discovery *discovery, uint32_t *share)
{
	for (*share = 0; discovery->leaving_count > 0 && *share < discovery->share_count;
	     ++*share) {
		struct share *leaving = &discovery->shares[*share];

		if (!leaving->is_leaving || leaving->is_given || leaving->under_way > 0)
			continue;
		leaving->is_given = true;
		return true;
	}
	return false;
}

bool discovery_has_share(const struct discovery *discovery, uint32_t share)
{
	return !discovery->shares[share].is_given && store_has_share(discovery->store, share);
}

bool discovery_is_foreign(const struct discovery *discovery, uint32_t host)
{
	return discovery->share_count > 1 &&
	       !discovery_has_share(discovery, hosts_key(discovery->politeness->hosts, host).share);
}

/* ---- hosts ---- */

uint32_t discovery_share_of(const struct discovery *discovery, struct slice origin)
{
	return share_of(origin, discovery->share_count);
}

uint32_t discovery_host_of(struct discovery *discovery, const struct url *url)
{
	struct politeness *politeness = discovery->politeness;
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(politeness->frontier, origin);
	struct store_key key;

	if (host != FRONTIER_NO_HOST &&
	    (!hosts_is_foreign(politeness->hosts, host) || discovery_is_foreign(discovery, host)))
		return host;
	discovery->is_empty = false;
	key.share = discovery_share_of(discovery, origin);
	key.number = ++discovery->shares[key.share].last_host;
	if (store_put_host(discovery->store, key, origin) < 0)
		return FRONTIER_NO_HOST;
	if (host == FRONTIER_NO_HOST)
		return add_host(discovery, origin, key);
	politeness_gain_host(politeness, host, key);
	return host;
}

uint32_t discovery_foreign_host(struct discovery *discovery, struct slice origin,
				struct store_key key)
{
	uint32_t host = frontier_find_host(discovery->politeness->frontier, origin);

	if (host != FRONTIER_NO_HOST) {
		if (!store_key_is_none(key) && hosts_is_foreign(discovery->politeness->hosts, host))
			politeness_set_key(discovery->politeness, host, key);
		return host;
	}
	host = add_host(discovery, origin, key);
	hosts_set_foreign(discovery->politeness->hosts, host);
	return host;
}

bool discovery_is_ours(const struct discovery *discovery, const struct url *url)
{
	return discovery->share_count == 1 ||
	       discovery_has_share(discovery, discovery_share_of(discovery, url_origin(url)));
}

int discovery_postpone(struct discovery *discovery, const struct url *url,
		       struct store_letter letter)
{
	letter.kind = STORE_LETTER_LINK;
	letter.share = discovery_share_of(discovery, url_origin(url));
	letter.row.url = url_slice(url);
	return store_send(discovery->store, &letter);
}

/* What one rule may not add any more another one may: a link is sent once by each. */
static struct slice sent_as(const struct url *url, int rule)
{
	static char text[URL_BYTES_MAX + 16];
	struct slice plain = url_slice(url);
	int size;

	if (rule == 1)
		return plain;
	size = snprintf(text, sizeof(text), "%d %.*s", rule, (int)plain.size, plain.at);
	return (struct slice){ text, (size_t)size };
}

int discovery_send(struct discovery *discovery, const struct url *url, struct store_letter letter)
{
	bool is_outside = letter.row.kind == STORE_URL_OUTSIDE;
	struct slice text = sent_as(url, letter.row.rule);

	/* With sitemaps it may be in, where it was out without them. */
	if (!letter.is_named &&
	    (sent_set_has(discovery->sent, text) ||
	     (is_outside && letter.words.size == 0 && sent_set_has(discovery->sent_outside, text))))
		return 0;
	discovery->is_empty = false;
	sent_set_add(is_outside ? discovery->sent_outside : discovery->sent, text);
	return discovery_postpone(discovery, url, letter) < 0 ? -1 : 1;
}

/* ---- sitemaps for other hosts ---- */

#define NAMED_BYTES_MAX (ORIGIN_BYTES_MAX + 1 + URL_BYTES_MAX) /* with the NUL */

/* A name holds no blank, so no two pairs have one text; and it is shorter than its origin. */
static struct slice named_text(char text[NAMED_BYTES_MAX], struct slice name, struct slice sitemap)
{
	int size = snprintf(text, NAMED_BYTES_MAX, "%.*s %.*s", (int)name.size, name.at,
			    (int)sitemap.size, sitemap.at);

	return (struct slice){ text, (size_t)size };
}

void discovery_note_sitemap(struct discovery *discovery, struct slice name, struct slice sitemap)
{
	char text[NAMED_BYTES_MAX];

	url_map_put(discovery->named, named_text(text, name, sitemap), 1);
}

bool discovery_speaks_for(const struct discovery *discovery, struct slice sitemap,
			  struct slice name)
{
	char text[NAMED_BYTES_MAX];

	return url_map_find(discovery->named, named_text(text, name, sitemap)) != 0;
}

/* ---- URLs ---- */

const struct seen *discovery_seen(const struct discovery *discovery)
{
	return discovery->seen;
}

enum url_error discovery_parse(const struct discovery *discovery, struct url *url,
			       struct slice text)
{
	enum url_error error = url_parse(url, text);

	if (error == URL_OK)
		canonical_apply(discovery->config->canonical, url);
	return error;
}

/* Give a URL a number and a row.  Returns its key, or none: the store failed. */
static struct store_key put_url(struct discovery *discovery, const struct url *url,
				struct store_url *row)
{
	uint32_t host = discovery_host_of(discovery, url);
	struct store_key key = { 0, 0 };
	struct share *share;

	if (host == FRONTIER_NO_HOST)
		return key;
	discovery->is_empty = false;
	row->url = url_slice(url);
	row->host = hosts_key(discovery->politeness->hosts, host);
	share = &discovery->shares[row->host.share];
	if (share->last_url == QUEUE_URL_MAX) {
		log_error("more than %u URLs: begin another database", QUEUE_URL_MAX);
		return key;
	}
	key = (struct store_key){ row->host.share, ++share->last_url };
	return store_put_url(discovery->store, key, row) < 0 ? (struct store_key){ 0, 0 } : key;
}

/* A URL that was a link to another site has its row already: it is of its host's share. */
static struct store_key want_url(struct discovery *discovery, const struct url *url,
				 uint32_t number, const struct store_url *row)
{
	uint32_t host = discovery_host_of(discovery, url);
	struct store_key key = { hosts_key(discovery->politeness->hosts, host).share, number };

	return store_put_wanted(discovery->store, key, row) < 0 ? (struct store_key){ 0, 0 } : key;
}

bool discovery_is_new(const struct discovery *discovery, struct slice url)
{
	return discovery_is_new_number(seen_number(discovery->seen, url));
}

bool discovery_is_alone(const struct discovery *discovery, struct slice url)
{
	return seen_number(discovery->seen, url) & DISCOVERY_ALONE;
}

struct store_key discovery_find(struct discovery *discovery, const struct url *url)
{
	uint32_t number = seen_number(discovery->seen, url_slice(url)) & ~DISCOVERY_ALONE;
	uint32_t host = number > 0 ? discovery_host_of(discovery, url) : FRONTIER_NO_HOST;

	if (host == FRONTIER_NO_HOST)
		return (struct store_key){ 0, 0 };
	return (struct store_key){ hosts_key(discovery->politeness->hosts, host).share, number };
}

int discovery_put_root(struct discovery *discovery, const struct url *url, struct store_url row)
{
	return store_put_root(discovery->store, discovery_find(discovery, url), &row, false);
}

/* Of one that was left alone. */
static struct store_key take_in(struct discovery *discovery, const struct url *url,
				struct store_key key, const struct store_url *row)
{
	seen_put(discovery->seen, url_slice(url), key.number);
	return store_put_root(discovery->store, key, row, true) < 0 ? (struct store_key){ 0, 0 }
								    : key;
}

struct store_key discovery_put(struct discovery *discovery, const struct url *url,
			       struct store_url row)
{
	struct store_key key = discovery_find(discovery, url);
	uint32_t outside;

	if (!store_key_is_none(key))
		return take_in(discovery, url, key, &row);
	outside = url_map_take(discovery->outside, url_slice(url));
	key = outside > 0 ? want_url(discovery, url, outside, &row) : put_url(discovery, url, &row);
	seen_put(discovery->seen, url_slice(url), key.number);
	note_kind(discovery, url_slice(url), row.kind);
	return key;
}

int discovery_add(struct discovery *discovery, const struct url *url, struct store_url row)
{
	struct store_key key = discovery_put(discovery, url, row);

	if (store_key_is_none(key))
		return -1;
	frontier_push(discovery->politeness->frontier, discovery_host_of(discovery, url),
		      key.number, (enum frontier_lane)row.lane);
	return 0;
}

int discovery_put_request(struct discovery *discovery, struct store_key key,
			  const struct http_request *request)
{
	struct store_request row = { slice_of(request_method_name(request->method)),
				     request->headers, request->body };

	return store_put_request(discovery->store, key, request_is_plain(request) ? NULL : &row);
}

bool discovery_is_sitemap(const struct discovery *discovery, struct slice url)
{
	return seen_has(discovery->sitemaps, url);
}

bool discovery_is_outside(const struct discovery *discovery, const struct url *url)
{
	return url_map_find(discovery->outside, url_slice(url)) != 0;
}

int discovery_add_outside(struct discovery *discovery, const struct url *url, struct store_url row)
{
	struct store_key key = put_url(discovery, url, &row);
	struct store_page page = {
		.state = STORE_SKIPPED,
		.outcome = outcome_name(OUTCOME_OUT_OF_SCOPE),
	};

	if (store_key_is_none(key))
		return -1;
	url_map_put(discovery->outside, url_slice(url), key.number);
	if (store_page_open(discovery->store, key, false) < 0)
		return -1;
	return store_page(discovery->store, &page);
}
