#include "master/discovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "master/queue.h"
#include "parsers/text/memory.h"
#include "parsers/url/domain.h"
#include "protocol/outcome.h"
#include "show/log.h"

/*
 * What a share's hosts and URLs are numbered by: we give the next ones, from memory.  A number is
 * given once: nothing of the share has a higher one than these.
 */
struct share {
	uint32_t last_host, last_url;
	bool is_lost; /* another gives them now */
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
	free(discovery->shares);
	free(discovery);
}

/* ---- what the store has ---- */

uint32_t discovery_gain_host(struct discovery *discovery, struct slice origin, struct store_key key)
{
	struct politeness *politeness = discovery->politeness;
	uint32_t host = frontier_find_host(politeness->frontier, origin);
	struct share *share = &discovery->shares[key.share];

	share->is_lost = false;
	if (key.number > share->last_host)
		share->last_host = key.number;
	return host == FRONTIER_NO_HOST ? politeness_add_host(politeness, origin, key) : host;
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

void discovery_lose(struct discovery *discovery, uint32_t share)
{
	discovery->shares[share].is_lost = true;
	queue_lose(discovery->politeness, share);
}

/* ---- hosts ---- */

/* Hosts of one domain are of one share: who may ask one of them may ask all (polite_per). */
static uint32_t share_of(const struct discovery *discovery, struct slice origin)
{
	struct slice domain;

	if (discovery->share_count == 1)
		return 0;
	domain = domain_of(politeness_name_in(origin));
	if (domain.size == 0)
		domain = origin;
	return (uint32_t)(XXH3_64bits(domain.at, domain.size) % discovery->share_count);
}

uint32_t discovery_host_of(struct discovery *discovery, const struct url *url)
{
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(discovery->politeness->frontier, origin);
	struct store_key key;

	if (host != FRONTIER_NO_HOST)
		return host;
	key.share = share_of(discovery, origin);
	key.number = ++discovery->shares[key.share].last_host;
	if (store_put_host(discovery->store, key, origin) < 0)
		return FRONTIER_NO_HOST;
	return politeness_add_host(discovery->politeness, origin, key);
}

bool discovery_is_ours(const struct discovery *discovery, const struct url *url)
{
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(discovery->politeness->frontier, origin);
	uint32_t share = host == FRONTIER_NO_HOST
				 ? share_of(discovery, origin)
				 : hosts_key(discovery->politeness->hosts, host).share;

	return !discovery->shares[share].is_lost;
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
