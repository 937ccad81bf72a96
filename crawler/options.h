#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "settings.h"

/*
 * options: the command line, read by one table.
 *
 * The table is also what `--help`, the completions of the shells and the manual are made
 * from: an option exists in one place.
 */
enum command {
	COMMAND_RUN,
	COMMAND_CHECK,
	COMMAND_TRY,
	COMMAND_SQL,
	COMMAND_EXPORT,
	COMMAND_INSPECT,
};

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE, LOG_DEBUG };

#define OPTIONS_LIST_MAX 256 /* -c, -e and settings that one command line may give */

struct options {
	enum command command;
	const char *subject;	  /* of inspect: "text", "url", "links", ... */
	const char **arguments;	  /* what is not an option, in order */
	size_t argument_count;
	const char *configs[OPTIONS_LIST_MAX]; /* -c */
	size_t config_count;
	const char *expressions[OPTIONS_LIST_MAX]; /* -e */
	size_t expression_count;
	const char *database;	  /* -o; "crawl.db" */
	const char *format;	  /* --format */
	const char *url;	  /* --url, --base */
	const char *content_type; /* --content-type */
	const char *agent;	  /* --agent */
	enum log_level log_level;
	bool log_is_json;	  /* --log-format json */
	bool is_json;		  /* --json */
	bool is_fresh, is_update, is_retry_failed, is_dry_run;

	/* Settings given as options: they win over files and environment. */
	struct {
		const struct setting *setting;
		const char *text;
	} settings[OPTIONS_LIST_MAX];
	size_t setting_count;
	char command_line[4096]; /* as typed, for the record; cut if longer */
};

/* What the caller is to do next. */
enum options_result {
	OPTIONS_GO,
	OPTIONS_SHOWN, /* --help, --version: exit 0 */
	OPTIONS_WRONG, /* a complaint was written to stderr: exit 2 */
};

/* Read argv.  Strings of *options point into argv; options_free() releases the rest. */
enum options_result options_read(struct options *options, int argc, char *argv[]);
void options_free(struct options *options);

/* Put the settings of the command line over those of the config. */
void options_apply(const struct options *options, struct settings *settings);

#endif
