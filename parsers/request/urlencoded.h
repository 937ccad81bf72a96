#ifndef URLENCODED_H
#define URLENCODED_H

#include "parsers/text/slice.h"

/*
 * urlencoded: names and values as a form posts them (WHATWG URL 5.2,
 * application/x-www-form-urlencoded serializing), in UTF-8, with the line ends of one (WHATWG HTML
 * 4.10.21.4).
 */

/* The bytes that urlencoded_write() writes at most for a text of so many. */
static inline size_t urlencoded_room(size_t size)
{
	return 6 * size; /* of line ends */
}

/*
 * Write text to out: a blank is '+', all but ALPHA DIGIT * - . _ is escaped, a line end is one of
 * CR LF.  Returns the end of what was written.
 */
char *urlencoded_write(char *out, struct slice text);

#endif
