#include "config/config.h"
#include "parsers/url/glob.h"
#include "parsers/url/origin.h"
#include <stdlib.h>
#include <string.h>

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->pattern_count; i++)
		if (!config->patterns[i].parent)
			pattern_free(config->patterns[i].pattern);
	canonical_free(config->canonical);
	arena_free(&config->arena);
	free(config);
}

size_t config_family(const struct config *config, size_t pattern)
{
	while (config->patterns[pattern].parent)
		pattern = (size_t)(config->patterns[pattern].parent - config->patterns);
	return pattern;
}

bool config_name_matches(const char *match, struct slice name)
{
	bool is_domain = strncmp(match, "*.", 2) == 0;

	return glob_matches(match, name) || (is_domain && glob_matches(match + 2, name));
}

const char *config_pattern_flags(const struct config_pattern *pattern)
{
	while (!pattern->spec->flags && pattern->parent)
		pattern = pattern->parent;
	return pattern->spec->flags;
}

static bool rule_matches(const struct config_host *rule, const struct origin *origin)
{
	bool is_https = rule->scheme && strcmp(rule->scheme, "https") == 0;

	if (rule->scheme && (origin->port == 0 || is_https != origin->is_https))
		return false;
	return (rule->port == 0 || rule->port == origin->port) &&
	       config_name_matches(rule->match, origin->name);
}

const struct config_host *config_host_rule(const struct config *config, struct slice origin)
{
	struct origin parts = origin_read(origin);

	for (size_t i = 0; i < config->host_count; i++)
		if (rule_matches(&config->hosts[i], &parts))
			return &config->hosts[i];
	return NULL;
}

bool config_obeys_robots(const struct config *config, struct slice origin)
{
	const struct config_host *rule = config_host_rule(config, origin);

	return rule && rule->robots >= 0 ? rule->robots != 0 : config->settings.robots;
}

bool config_may_carry(const struct config_host *rule, struct slice origin, bool is_named)
{
	struct origin parts = origin_read(origin);

	return is_named || (rule && rule->port > 0) || origin_has_own_port(&parts);
}

uint32_t config_request_number(const struct config *config, struct slice origin)
{
	const struct config_host *rule = config_host_rule(config, origin);

	return rule ? (uint32_t)(rule - config->hosts) + 1 : 0;
}

const struct host_request *config_request(const struct config *config, uint32_t number)
{
	if (number > config->host_count)
		return NULL;
	return number == 0 ? &config->request : &config->hosts[number - 1].request;
}

const struct config_proxy *config_proxy(const struct config *config, uint32_t number)
{
	return number > 0 && number <= config->proxy_count ? &config->proxies[number - 1] : NULL;
}
