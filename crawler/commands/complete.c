#include "commands/commands.h"

#include <stdio.h>

#include "cli/completion.h"
#include "show/log.h"

int command_completion(const struct options *options)
{
	if (completion_write(stdout, &commands, options->arguments[0]) == 0)
		return EXIT_ALL_DONE;
	log_error("completion: '%s' is none of bash, zsh, fish", options->arguments[0]);
	return EXIT_WRONG_USAGE;
}
