#ifndef SCREEN_H
#define SCREEN_H

#include <stddef.h>
#include <stdio.h>

/* screen: how much a terminal has room for, asked anew each time, for people resize theirs. */

/*
 * A terminal's columns and lines, or 0: this descriptor is none.  One that does not know has what
 * COLUMNS and LINES say, or 80 x 24.
 */
size_t screen_columns(int fd);
size_t screen_lines(int fd);

/*
 * How wide a table may be that is written to out; 0: as wide as it is.  COLUMNS is the width that
 * the user prefers (POSIX XBD 8.3), also where out is no terminal.
 */
size_t screen_table_columns(FILE *out);

#endif
