#ifndef COMPLETION_H
#define COMPLETION_H

#include "cli/options_table.h"
#include <stdio.h>

/*
 * completion: what makes a shell complete crawl's commands, options and their values.
 * A script, made from the tables of options_table.h, for bash, zsh or fish.
 */

/* Returns 0, or -1: no such shell. */
int completion_write(FILE *out, const struct command_table *commands, const char *shell);

#endif
