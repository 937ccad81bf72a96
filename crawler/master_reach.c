#include "master_internal.h"

#include "address.h"

/*
 * Where may a host be?  A page of the Internet that links or redirects to 127.0.0.1 or to
 * 169.254.169.254 wants to see what only we can see.  So a host is asked at a private address only
 * if the user named it, or if another host at a private address led there, as on an intranet.
 * What a host answered from binds it, for a name may lead elsewhere the next time: one that was
 * public stays public.
 */

static bool is_known(const struct master *master, uint32_t host)
{
	return hosts_address(master->hosts, host).size > 0;
}

static bool is_private(const struct master *master, uint32_t host)
{
	return is_known(master, host) &&
	       !address_text_is_public(hosts_address(master->hosts, host));
}

void master_note_way(struct master *master, uint32_t host, uint32_t from)
{
	if (from == FRONTIER_NO_HOST || is_private(master, from))
		hosts_set_reach(master->hosts, host, HOSTS_REACH_ANY);
	else if (hosts_reach(master->hosts, host) == HOSTS_REACH_UNKNOWN)
		hosts_set_reach(master->hosts, host, HOSTS_REACH_PUBLIC);
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

	if (master->settings->private_addresses != PRIVATE_NAMED || is_known(master, host) ||
	    hosts_reach(master->hosts, host) == HOSTS_REACH_ANY)
		return;
	from = is_seed ? FRONTIER_NO_HOST : host_of_page(master, from_id);
	if (is_seed || from != FRONTIER_NO_HOST)
		master_note_way(master, host, from);
}

bool master_is_public_only(const struct master *master, uint32_t host)
{
	switch (master->settings->private_addresses) {
	case PRIVATE_NONE:
		return true;
	case PRIVATE_ALL:
		return false;
	case PRIVATE_NAMED:
		break;
	}
	if (is_known(master, host))
		return !is_private(master, host);
	return hosts_reach(master->hosts, host) != HOSTS_REACH_ANY;
}
