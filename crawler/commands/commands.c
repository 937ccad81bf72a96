#include "commands/commands.h"

#include <stdio.h>

struct config *command_config(const struct options *options, const char *const paths[],
			      size_t count)
{
	struct config_sources sources = {
		.paths = paths,
		.path_count = count,
		.expressions = options->expressions,
		.expression_count = options->expression_count,
		.flags = options->settings,
		.flag_count = options->setting_count,
	};

	return config_load(&sources, stderr);
}
