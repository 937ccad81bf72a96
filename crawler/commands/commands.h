#ifndef COMMANDS_H
#define COMMANDS_H

#include "config/config.h"
#include "cli/options.h"

/*
 * commands: what each word of the command line does.  Each returns the exit code.
 */
enum exit_code {
	EXIT_ALL_DONE = 0,
	EXIT_SOME_FAILED = 1,   /* URLs failed; a test or query found a difference */
	EXIT_WRONG_USAGE = 2,   /* usage or config: nothing was fetched */
	EXIT_CANNOT_GO_ON = 3,  /* disk, database, pool */
	EXIT_DRIFT = 4,         /* a pattern's health broke */
	EXIT_INTERRUPTED = 130, /* Ctrl-C */
	EXIT_TERMINATED = 143,  /* SIGTERM */
};

/* The config that these paths and the options make; complains on stderr.  NULL if it is wrong. */
struct config *command_config(const struct options *options, const char *const paths[],
			      size_t count);

int command_run(const struct options *options);
int command_check(const struct options *options);
int command_try(const struct options *options);
int command_sql(const struct options *options);
int command_export(const struct options *options);
int command_status(const struct options *options);
int command_failed(const struct options *options);
int command_why(const struct options *options);
int command_ctl(const struct options *options);
int command_inspect(const struct options *options);
int command_completion(const struct options *options);

#endif
