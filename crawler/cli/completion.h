#ifndef COMPLETION_H
#define COMPLETION_H

#include <stdio.h>

/*
 * completion: what makes a shell complete crawl's commands, options and their values.
 * A script, made from the table of options, for bash, zsh or fish.
 */

/* Returns 0, or -1: no such shell. */
int completion_write(FILE *out, const char *shell);

#endif
