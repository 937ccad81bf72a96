/*
 * crawl: the program.  The command line is read, and its command is called.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "show/log.h"

static int (*const commands[])(const struct options *options) = {
	[COMMAND_RUN] = command_run,
	[COMMAND_CHECK] = command_check,
	[COMMAND_TRY] = command_try,
	[COMMAND_SQL] = command_sql,
	[COMMAND_EXPORT] = command_export,
	[COMMAND_STATUS] = command_status,
	[COMMAND_FAILED] = command_failed,
	[COMMAND_WHY] = command_why,
	[COMMAND_CTL] = command_ctl,
	[COMMAND_INSPECT] = command_inspect,
	[COMMAND_COMPLETION] = command_completion,
};

/* Data that was not written is not done: a full disk must not look like success. */
static int finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	log_error("standard output: %s", strerror(errno));
	return EXIT_CANNOT_GO_ON;
}

int main(int argc, char *argv[])
{
	struct options options;
	int code;

	switch (options_read(&options, argc, argv)) {
	case OPTIONS_GO:
		break;
	case OPTIONS_SHOWN:
		return finish_output(EXIT_ALL_DONE);
	case OPTIONS_WRONG:
		return EXIT_WRONG_USAGE;
	}
	log_begin(options.log_level, options.log_is_json);
	code = commands[options.command](&options);
	options_free(&options);
	return finish_output(code);
}
