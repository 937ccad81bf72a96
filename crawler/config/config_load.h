#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config.h"
#include "config/request_flags.h"
#include "show/complaint.h"
#include <stdio.h>

/*
 * config_load: the pattern files of a crawl, read and compiled as one.
 *
 * YAML with one meaning: unknown and duplicate keys, anchors, aliases and tags are
 * errors, every scalar is text and typed by us.  Complaints are written for the one
 * who wrote the file:
 *
 *	config/books.yaml:4:22: error: missing closing parenthesis
 *	    pattern: '<a (.*?'
 *	                     ^
 */
#define CONFIG_ERRORS_MAX COMPLAINT_ERRORS_MAX /* after so many reading stops */

/* What a config is made of. */
struct config_sources {
	const char *const *paths;       /* files, or folders (their *.yaml and *.yml by name) */
	size_t path_count;              /* 0: searched for as below */
	const char *const *expressions; /* "name=regex" of -e: patterns for every page */
	size_t expression_count;
	const struct setting_flag
		*flags; /* of the command line; they were tried when they were read */
	size_t flag_count;
	struct request_flags requests;

	/* Of a crawl that others have begun: */
	const struct source *texts; /* files that are here already, whatever paths say; or NULL */
	size_t text_count;
	const struct setting_flag *presets; /* they win over the environment */
	size_t preset_count;
};

/*
 * Which files a crawl reads when none is named: $CRAWL_CONFIG, or ./crawl.yaml and
 * ./config/\*.yaml, or those of $XDG_CONFIG_HOME/crawl/ (~/.config), or /etc/crawl/: the
 * first of these places that has any.
 *
 * Two files that set one setting differently are an error; the environment comes after both, and
 * flags come last.  A flag for delay or concurrency is for every host: it takes the place of what
 * `hosts:` says, too.
 *
 * Returns a config the caller frees with config_free(), or NULL when anything was wrong;
 * every complaint is written to complaints (warnings too, which do not fail).
 */
struct config *config_load(const struct config_sources *sources, FILE *complaints);

/*
 * The same of a text that somebody typed, with these settings: patterns, and nothing else.  Any
 * other block is an error of one line; no file is read, and nothing of the environment.
 */
struct config *config_load_patterns(struct slice text, const struct settings *settings,
				    FILE *complaints);

#endif
