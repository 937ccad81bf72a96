#include "master/reach.h"

void reach_note_way(struct politeness *politeness, uint32_t host, uint32_t from)
{
	if (from == FRONTIER_NO_HOST)
		hosts_note_named(politeness->hosts, host);
	else
		hosts_note_way(politeness->hosts, host, from);
}

void reach_note_listed(struct politeness *politeness, uint32_t host)
{
	hosts_note_named(politeness->hosts, host);
	hosts_note_listed(politeness->hosts, host);
}

/* The host of the page that a link stood on, of a crawl that did not note where it was. */
static uint32_t host_of_page(struct politeness *politeness, struct store_key page)
{
	struct store_target target;

	if (store_url(politeness->store, page, &target) != 1)
		return FRONTIER_NO_HOST;
	return politeness_find_host(politeness, target.row.host);
}

void reach_note_link(struct politeness *politeness, uint32_t host, const struct store_url *row)
{
	struct hosts *hosts = politeness->hosts;
	uint32_t from;

	if (store_key_is_none(row->from)) {
		if (row->kind == STORE_URL_PAGE)
			hosts_note_named(hosts, host);
		return;
	}
	if (politeness->config->settings.private_addresses != PRIVATE_NAMED ||
	    hosts_address(hosts, host).size > 0 || !reach_is_public_only(politeness, host))
		return;
	if (row->from_where == STORE_FROM_PRIVATE)
		hosts_note_private_way(hosts, host);
	if (row->from_where != STORE_FROM_UNKNOWN)
		return;
	from = host_of_page(politeness, row->from);
	if (from != FRONTIER_NO_HOST)
		hosts_note_way(hosts, host, from);
}

bool reach_is_public_only(const struct politeness *politeness, uint32_t host)
{
	return hosts_is_public_only(politeness->hosts, host,
				    politeness->config->settings.private_addresses);
}
