#include "master/internal.h"

/* Which hosts may be at a private address: what leads to them says so (hosts.h). */

void master_note_way(struct master *master, uint32_t host, uint32_t from)
{
	if (from == FRONTIER_NO_HOST)
		hosts_note_named(master->hosts, host);
	else
		hosts_note_way(master->hosts, host, from);
}

/* The host of the page that a link stood on, of a crawl that did not note where it was. */
static uint32_t host_of_page(struct master *master, struct store_key page)
{
	struct store_target target;

	if (store_url(master->store, page, &target) != 1)
		return FRONTIER_NO_HOST;
	return master_find_host(master, target.row.host);
}

void master_note_link(struct master *master, uint32_t host, const struct store_url *row)
{
	uint32_t from;

	if (master->settings->private_addresses != PRIVATE_NAMED ||
	    hosts_address(master->hosts, host).size > 0 || !master_is_public_only(master, host))
		return;
	if (store_key_is_none(row->from)) {
		if (row->kind == STORE_URL_PAGE)
			hosts_note_named(master->hosts, host);
		return;
	}
	if (row->from_where == STORE_FROM_PRIVATE)
		hosts_note_named(master->hosts, host);
	if (row->from_where != STORE_FROM_UNKNOWN)
		return;
	from = host_of_page(master, row->from);
	if (from != FRONTIER_NO_HOST)
		hosts_note_way(master->hosts, host, from);
}

bool master_is_public_only(const struct master *master, uint32_t host)
{
	return hosts_is_public_only(master->hosts, host, master->settings->private_addresses);
}
