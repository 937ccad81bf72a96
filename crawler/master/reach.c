#include "master/internal.h"

/* Which hosts may be at a private address: what leads to them says so (hosts.h). */

void master_note_way(struct master *master, uint32_t host, uint32_t from)
{
	if (from == FRONTIER_NO_HOST)
		hosts_note_named(master->hosts, host);
	else
		hosts_note_way(master->hosts, host, from);
}

/* The host of the page with this id; FRONTIER_NO_HOST: of none. */
static uint32_t host_of_page(struct master *master, int64_t url_id)
{
	int64_t host_id = url_id > 0 ? store_url(master->store, url_id).host_id : 0;

	return host_id > 0 && host_id <= frontier_host_count(master->frontier)
		       ? (uint32_t)host_id - 1
		       : FRONTIER_NO_HOST;
}

void master_note_link(struct master *master, uint32_t host, int64_t from_id, bool is_seed)
{
	uint32_t from;

	if (master->settings->private_addresses != PRIVATE_NAMED ||
	    hosts_address(master->hosts, host).size > 0 || !master_is_public_only(master, host))
		return;
	from = is_seed ? FRONTIER_NO_HOST : host_of_page(master, from_id);
	if (is_seed || from != FRONTIER_NO_HOST)
		master_note_way(master, host, from);
}

bool master_is_public_only(const struct master *master, uint32_t host)
{
	return hosts_is_public_only(master->hosts, host, master->settings->private_addresses);
}
