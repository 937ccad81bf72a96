#include "master/internal.h"

#include <xxhash.h>

#include "parsers/url/domain.h"
#include "show/log.h"

/* ---- keys ---- */

/* A key of the store as the text of a map. */
static struct slice key_text(const struct store_key *key)
{
	return (struct slice){ (const char *)key, sizeof(*key) };
}

uint32_t master_find_host(const struct master *master, struct store_key key)
{
	uint32_t found = url_map_find(master->numbers, key_text(&key));

	return found > 0 ? found - 1 : FRONTIER_NO_HOST;
}

/* Hosts of one domain are of one share: who may ask one of them may ask all (polite_per). */
static uint32_t share_of(const struct master *master, struct slice origin)
{
	struct slice domain;

	if (master->share_count == 1)
		return 0;
	domain = domain_of(master_host_name(origin));
	if (domain.size == 0)
		domain = origin;
	return (uint32_t)(XXH3_64bits(domain.at, domain.size) % master->share_count);
}

/* ---- hosts ---- */

static uint32_t add_host(struct master *master, struct slice origin, struct store_key key)
{
	struct hosts_policy policy = master_policy_of(master, master_host_name(origin));
	uint32_t host = frontier_add_host(master->frontier, origin, policy.pace);

	hosts_add(master->hosts, key);
	hosts_set_policy(master->hosts, host, policy);
	url_map_put(master->numbers, key_text(&key), host + 1);
	master_group(master, host);
	return host;
}

uint32_t master_gain_host(struct master *master, struct slice origin, struct store_key key)
{
	uint32_t host = frontier_find_host(master->frontier, origin);
	struct share *share = &master->shares[key.share];

	share->is_lost = false;
	if (key.number > share->last_host)
		share->last_host = key.number;
	return host == FRONTIER_NO_HOST ? add_host(master, origin, key) : host;
}

uint32_t master_host_of(struct master *master, const struct url *url)
{
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(master->frontier, origin);
	struct store_key key;

	if (host != FRONTIER_NO_HOST)
		return host;
	key.share = share_of(master, origin);
	key.number = ++master->shares[key.share].last_host;
	if (store_put_host(master->store, key, origin) < 0)
		return FRONTIER_NO_HOST;
	return add_host(master, origin, key);
}

bool master_is_ours(const struct master *master, const struct url *url)
{
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(master->frontier, origin);
	uint32_t share = host == FRONTIER_NO_HOST ? share_of(master, origin)
						  : hosts_key(master->hosts, host).share;

	return !master->shares[share].is_lost;
}

/* ---- URLs ---- */

enum store_from master_from_where(const struct master *master, const struct visit *visit)
{
	return hosts_is_private(master->hosts, visit->home) ? STORE_FROM_PRIVATE
							    : STORE_FROM_PUBLIC;
}

struct store_key master_store_url(struct master *master, const struct url *url,
				  struct store_url row)
{
	uint32_t host = master_host_of(master, url);
	struct store_key key = { 0, 0 };
	struct share *share;

	if (host == FRONTIER_NO_HOST)
		return key;
	row.url = url_slice(url);
	row.host = hosts_key(master->hosts, host);
	share = &master->shares[row.host.share];
	if (share->last_url == URL_NUMBER_MAX) {
		log_error("more than %u URLs: begin another database", URL_NUMBER_MAX);
		return key;
	}
	key = (struct store_key){ row.host.share, ++share->last_url };
	return store_put_url(master->store, key, &row) < 0 ? (struct store_key){ 0, 0 } : key;
}

/* A URL that was a link to another site has its row already: it is of its host's share. */
static struct store_key want_url(struct master *master, const struct url *url, uint32_t number,
				 const struct store_url *row)
{
	uint32_t host = master_host_of(master, url);
	struct store_key key = { hosts_key(master->hosts, host).share, number };

	return store_put_wanted(master->store, key, row) < 0 ? (struct store_key){ 0, 0 } : key;
}

int master_add_url(struct master *master, const struct url *url, struct store_url row)
{
	uint32_t known = url_map_take(master->outside, url_slice(url));
	struct store_key key =
		known > 0 ? want_url(master, url, known, &row) : master_store_url(master, url, row);

	seen_add(master->seen, url_slice(url));
	if (store_key_is_none(key))
		return -1;
	frontier_push(master->frontier, master_host_of(master, url), key.number,
		      (enum frontier_lane)row.lane);
	return 0;
}
