#include "master/internal.h"

struct frontier_manners master_manners_of(const struct master *master, struct slice host)
{
	const struct config_host *rule = config_host_rule(master->config, host);
	struct frontier_manners manners = {
		.delay_ms = master->settings->delay_ms,
		.concurrency = (unsigned)master->settings->concurrency,
	};

	if (rule && rule->delay_ms >= 0)
		manners.delay_ms = rule->delay_ms;
	if (rule && rule->concurrency >= 0)
		manners.concurrency = (unsigned)rule->concurrency;
	return manners;
}

struct slice master_host_name(struct slice origin)
{
	const char *name = (const char *)memchr(origin.at, '/', origin.size) + 2;
	const char *end = origin.at + origin.size;
	const char *colon =
		name < end && *name == '[' ? memchr(name, ']', (size_t)(end - name)) : name;

	colon = colon ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
	return (struct slice){ name, (size_t)((colon ? colon : end) - name) };
}

struct frontier_manners master_base_manners(const struct master *master, uint32_t host)
{
	struct slice origin = frontier_host_origin(master->frontier, host);
	struct frontier_manners manners = master_manners_of(master, master_host_name(origin));
	int64_t set_ms = hosts_set_delay_ms(master->hosts, host);

	if (set_ms >= 0)
		manners.delay_ms = set_ms;
	return manners;
}
