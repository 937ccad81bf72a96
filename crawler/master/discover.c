#include "master/internal.h"

#include "show/log.h"

uint32_t master_add_host(struct master *master, struct slice origin, int64_t store_id)
{
	struct hosts_policy policy = master_policy_of(master, master_host_name(origin));
	uint32_t host = frontier_add_host(master->frontier, origin, policy.pace);

	hosts_add(master->hosts, store_id);
	hosts_set_policy(master->hosts, host, policy);
	master_group(master, host);
	return host;
}

uint32_t master_host_of(struct master *master, const struct url *url)
{
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(master->frontier, origin);
	int64_t store_id;

	if (host != FRONTIER_NO_HOST)
		return host;
	store_id = store_host(master->store, (struct store_text){ origin.at, origin.size });
	return store_id == 0 ? FRONTIER_NO_HOST : master_add_host(master, origin, store_id);
}

uint32_t master_store_url(struct master *master, const struct url *url, struct store_url row)
{
	uint32_t host = master_host_of(master, url);
	int64_t url_id;

	if (host == FRONTIER_NO_HOST)
		return 0;
	row.url = (struct store_text){ url->text, url->size };
	row.host_id = hosts_store_id(master->hosts, host);
	url_id = store_add_url(master->store, &row);
	if (url_id <= URL_ID_MAX)
		return (uint32_t)url_id;
	log_error("more than %u URLs: begin another database", URL_ID_MAX);
	return 0;
}

int master_add_url(struct master *master, const struct url *url, struct store_url row)
{
	uint32_t url_id = url_map_take(master->outside, url_slice(url));

	seen_add(master->seen, url_slice(url));
	if (url_id == 0)
		url_id = master_store_url(master, url, row);
	else if (store_want_url(master->store, url_id, &row) < 0)
		return -1;
	if (url_id == 0)
		return -1;
	frontier_push(master->frontier, master_host_of(master, url), url_id,
		      (enum frontier_lane)row.lane);
	return 0;
}
