#ifndef OPTIONS_H
#define OPTIONS_H

#include "cli/options_table.h"

/* options: the command line, read by the tables of options_table.h. */

/* What the caller is to do next. */
enum options_result {
	OPTIONS_GO,
	OPTIONS_SHOWN, /* --help, --version: exit 0 */
	OPTIONS_WRONG, /* a complaint was written to stderr: exit 2 */
};

/*
 * Read argv.  Options and arguments may be mixed; "--" ends the options; a long option may be
 * shortened as far as it stays the only one.  Strings of *options point into argv, where credentials
 * are wiped out, its command into commands.
 * Returns OPTIONS_GO, and options_free() then releases the rest; otherwise nothing is held.
 */
enum options_result options_read(struct options *options, const struct command_table *commands,
				 int argc, char *argv[]);
void options_free(struct options *options);

/* In a child that has nothing to do with the database: its password is there no more. */
void options_forget_database(const struct options *options);

#endif
