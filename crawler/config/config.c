#include "config/config.h"
#include "parsers/url/glob.h"
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

static bool host_matches(const char *match, struct slice host)
{
	bool is_domain = strncmp(match, "*.", 2) == 0;

	return glob_matches(match, host) || (is_domain && glob_matches(match + 2, host));
}

const char *config_pattern_flags(const struct config_pattern *pattern)
{
	while (!pattern->spec->flags && pattern->parent)
		pattern = pattern->parent;
	return pattern->spec->flags;
}

const struct config_host *config_host_rule(const struct config *config, struct slice host)
{
	for (size_t i = 0; i < config->host_count; i++)
		if (host_matches(config->hosts[i].match, host))
			return &config->hosts[i];
	return NULL;
}

bool config_obeys_robots(const struct config *config, struct slice host)
{
	const struct config_host *rule = config_host_rule(config, host);

	return rule && rule->robots >= 0 ? rule->robots != 0 : config->settings.robots;
}
