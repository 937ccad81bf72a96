#ifndef OPTIONS_H
#define OPTIONS_H

#include "config/settings.h"
#include "show/log.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * options: the command line, read by one table (options_table.h).
 *
 * The table is also what `--help` and the completions of the shells are made from: an option
 * exists in one place.
 */
enum command {
	COMMAND_RUN,
	COMMAND_CHECK,
	COMMAND_TRY,
	COMMAND_SQL,
	COMMAND_EXPORT,
	COMMAND_STATUS,
	COMMAND_FAILED,
	COMMAND_WHY,
	COMMAND_CTL,
	COMMAND_INSPECT,
	COMMAND_COMPLETION, /* hidden: prints the completions of a shell */
};

#define OPTIONS_LIST_MAX         256  /* -c, -e and settings that one command line may give */
#define OPTIONS_COMMAND_LINE_MAX 4096 /* bytes, with the NUL */

struct options {
	enum command command;
	const char *subject;    /* of inspect: "text", "url", ...; of ctl: "pause", ... */
	const char **arguments; /* what is not an option, in order */
	size_t argument_count;
	const char *configs[OPTIONS_LIST_MAX]; /* -c */
	size_t config_count;
	const char *expressions[OPTIONS_LIST_MAX]; /* -e */
	size_t expression_count;
	const char *database;     /* -o; "crawl.db" */
	const char *format;       /* --format, one of those the table allows, or NULL */
	const char *url;          /* --url, --base */
	const char *content_type; /* --content-type */
	const char *agent;        /* --agent */
	enum log_level log_level;
	bool log_is_json; /* --log-format json */
	bool is_json;     /* --json */
	bool is_fresh, is_update, is_retry_failed, is_dry_run;

	/* Settings given as options, known to be good: they win over files and environment. */
	struct setting_flag settings[OPTIONS_LIST_MAX];
	size_t setting_count;

	/* As typed, quoted for a shell, for the record; cut if longer. */
	char command_line[OPTIONS_COMMAND_LINE_MAX];
};

/* What the caller is to do next. */
enum options_result {
	OPTIONS_GO,
	OPTIONS_SHOWN, /* --help, --version: exit 0 */
	OPTIONS_WRONG, /* a complaint was written to stderr: exit 2 */
};

/*
 * Read argv.  Options and arguments may be mixed; "--" ends the options; a long option may be
 * shortened as far as it stays the only one.  Strings of *options point into argv.
 * Returns OPTIONS_GO, and options_free() then releases the rest; otherwise nothing is held.
 */
enum options_result options_read(struct options *options, int argc, char *argv[]);
void options_free(struct options *options);

#endif
