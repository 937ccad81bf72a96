#ifndef COMMANDS_H
#define COMMANDS_H

#include "cli/options.h"
#include "config/config.h"

/*
 * commands: what each word of the command line does.
 */
extern const struct command_table commands;

enum exit_code {
	EXIT_ALL_DONE = 0,
	EXIT_SOME_FAILED = 1, /* URLs failed, lines were none; a test or query found a difference */
	EXIT_WRONG_USAGE = 2, /* usage or config: nothing was fetched */
	EXIT_CANNOT_GO_ON = 3,  /* disk, database, pool */
	EXIT_DRIFTED = 4,       /* --fail-on-drift: a pattern or field got worse */
	EXIT_HUNG_UP = 129,     /* SIGHUP: the terminal went away */
	EXIT_INTERRUPTED = 130, /* Ctrl-C */
	EXIT_TERMINATED = 143,  /* SIGTERM */
};

/* The config that these paths and the options make; complains on stderr.  NULL if it is wrong. */
struct config *command_config(const struct options *options, const char *const paths[],
			      size_t count);

/* The same, where credentials among the options are for this origin; NULL: there are none. */
struct config *command_config_for(const struct options *options, const char *const paths[],
				  size_t count, const char *origin);

/* Files and settings of a crawl that others have begun, and that this command joins. */
struct run_files;
struct config *command_config_joined(const struct options *options, const struct run_files *files,
				     const char *origin);

/* The same of the paths that are arguments, and of -c; origin as before. */
struct config *command_config_named(const struct options *options, const char *origin);

/* The exit code of what a signal has ended. */
int command_signal_code(int signal);

/* The functions of the table.  Each returns an exit code. */
int command_run(const struct options *options);
int command_check(const struct options *options);
int command_try(const struct options *options);
int command_test(const struct options *options);
int command_explain(const struct options *options);
int command_sql(const struct options *options);
int command_export(const struct options *options);
int command_status(const struct options *options);
int command_failed(const struct options *options);
int command_report(const struct options *options);
int command_why(const struct options *options);
int command_body(const struct options *options);
int command_cookies(const struct options *options);
int command_reparse(const struct options *options);
int command_diff(const struct options *options);
int command_health(const struct options *options);
int command_copy(const struct options *options);
int command_forget(const struct options *options);
int command_ctl(const struct options *options);
int command_serve(const struct options *options);
int inspect_text(const struct options *options);
int inspect_url(const struct options *options);
int inspect_links(const struct options *options);
int inspect_robots(const struct options *options);
int inspect_sitemap(const struct options *options);
int command_help(const struct options *options);
int command_completion(const struct options *options);

#endif
