#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/options_help.h"
#include "parsers/text/suggest.h"
#include "show/log.h"

/* Say which command may have been meant. */
static int unknown(const char *word)
{
	const char *names[COMMANDS_MAX];
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < commands.count; i++)
		names[count++] = commands.rows[i].name;
	near = suggest(slice_of(word), names, count);
	log_error("help: '%s' is no command%s%s%s", word, near ? "; did you mean '" : "",
		  near ? near : " (crawl help)", near ? "'?" : "");
	return EXIT_WRONG_USAGE;
}

static int unknown_subject(const char *name, const char *subject)
{
	log_error("help: 'crawl %s' has no '%s' (crawl help %s)", name, subject, name);
	return EXIT_WRONG_USAGE;
}

int command_help(const struct options *options)
{
	const char *name = options->argument_count > 0 ? options->arguments[0] : NULL;
	const char *subject = options->argument_count > 1 ? options->arguments[1] : NULL;

	if (!name)
		help_program(stdout, &commands);
	else if (strcmp(name, HELP_SETTINGS) == 0 && !subject)
		help_settings(stdout);
	else if (!command_find(&commands, name, NULL))
		return unknown(name);
	else if (subject && !command_find(&commands, name, subject))
		return unknown_subject(name, subject);
	else
		help_command(stdout, &commands, name, subject);
	return EXIT_ALL_DONE;
}
