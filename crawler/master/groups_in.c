#include "master/internal.h"

#include "parsers/url/domain.h"

/* "::1" of "[::1]". */
static struct slice without_brackets(struct slice address)
{
	if (address.at[0] != '[')
		return address;
	return (struct slice){ address.at + 1, address.size - 2 };
}

/* What the group of a host is called; empty: it has none, or none yet. */
static struct slice group_name(const struct master *master, uint32_t host)
{
	struct slice name = master_host_name(frontier_host_origin(master->frontier, host));

	switch (master->settings->polite_per) {
	case POLITE_PER_HOST:
		break;
	case POLITE_PER_DOMAIN:
		return domain_of(name);
	case POLITE_PER_ADDRESS:
		return domain_is_address(name) ? without_brackets(name)
					       : hosts_address(master->hosts, host);
	}
	return (struct slice){ 0 };
}

/* What was dispatched last in a group, and belongs to a host that leaves it, goes with the host. */
static void take_last_along(struct master *master, uint32_t host, uint32_t from, uint32_t to)
{
	const struct visit *last = hosts_group_last(master->hosts, from);
	const struct visit *other = hosts_group_last(master->hosts, to);

	if (!last || last->host != host || from == to)
		return;
	hosts_set_group_last(master->hosts, from, NULL);
	if (!other || other->asked_ms < last->asked_ms)
		hosts_set_group_last(master->hosts, to, last);
}

void master_group(struct master *master, uint32_t host)
{
	struct slice name = group_name(master, host);
	uint32_t from = frontier_group(master->frontier, host);

	if (name.size == 0)
		return;
	frontier_join(master->frontier, host, name, hosts_policy(master->hosts, host).pace);
	take_last_along(master, host, from, frontier_group(master->frontier, host));
}

bool master_wants_address(const struct master *master, uint32_t host)
{
	return master->settings->polite_per == POLITE_PER_ADDRESS &&
	       !frontier_group_pace(master->frontier, host);
}

void master_note_sent(struct master *master, const struct visit *visit)
{
	hosts_set_last(master->hosts, visit->host, visit);
	if (master->settings->polite_per != POLITE_PER_HOST)
		hosts_set_group_last(master->hosts, frontier_group(master->frontier, visit->host),
				     visit);
}

void master_note_back(struct master *master, const struct visit *visit)
{
	uint32_t group = frontier_group(master->frontier, visit->host);

	if (hosts_last(master->hosts, visit->host) == visit)
		hosts_set_last(master->hosts, visit->host, NULL);
	if (hosts_group_last(master->hosts, group) == visit)
		hosts_set_group_last(master->hosts, group, NULL);
}
