#ifndef INPUT_H
#define INPUT_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* input: what a command reads besides lists of URLs: whole files, and short lines. */

#define INPUT_ERROR_MAX 512

/*
 * Read all of a file; "-" is standard input.
 * Returns its bytes, which the caller frees, with their number in *size and a NUL behind them;
 * or NULL with "NAME: reason" in error.  More than bytes_max is an error.
 */
char *input_read(const char *name, size_t bytes_max, size_t *size, char error[INPUT_ERROR_MAX]);

/*
 * Read the next line, without its newline, into line[line_bytes]; of a longer one the beginning,
 * and *is_cut is set.  Returns the size, or -1 at the end.
 */
long input_line(FILE *in, char *line, size_t line_bytes, bool *is_cut);

#endif
