#ifndef OPTIONS_HELP_H
#define OPTIONS_HELP_H

#include "cli/options_table.h"
#include <stdio.h>

/* options_help: one screen of help, made from the tables of options_table.h. */

#define HELP_LINES_MAX   24
#define HELP_COLUMNS_MAX 80

/* What `crawl --help` prints. */
void help_program(FILE *out, const struct command_table *commands);

/* What `crawl NAME [SUBJECT] --help` prints; subject NULL: all of the command. */
void help_command(FILE *out, const struct command_table *commands, const char *name,
		  const char *subject);

/* What `crawl help settings` prints: every setting as an option, a few lines each. */
#define HELP_SETTINGS "settings"
void help_settings(FILE *out);

#endif
