#ifndef PLAIN_H
#define PLAIN_H

#include "parsers/text/slice.h"
#include <stdio.h>

/*
 * plain: text of others that is shown to people.
 *
 * A terminal obeys some characters, and shows others in another order than they stand in: all that
 * glyph_is_control() knows, but for newline and tab, and bytes that are no UTF-8.  Each of their
 * bytes becomes a '?'.
 */

/* In place: nothing else moves. */
void plain_make(char *text, size_t size);

/* Write text as it is shown. */
void plain_write(FILE *out, struct slice text);

/* Write data: as it is, but as it is shown if out is a terminal. */
void plain_write_data(FILE *out, struct slice text);

/* Is it a terminal? */
bool plain_is_terminal(FILE *out);

#endif
