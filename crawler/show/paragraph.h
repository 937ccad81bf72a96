#ifndef PARAGRAPH_H
#define PARAGRAPH_H

#include <stddef.h>

/*
 * paragraph: a message that is put together of parts, and goes on in a line below where a terminal
 * of the usual width has no more room.
 *
 *	books: 100 rows from 5 of 5 pages, 12 dropped (required field missing),
 *	    3 values of the wrong type
 *
 * In JSON a message is one line, however long.  Zero-initialised it is empty.
 */
struct paragraph {
	char text[2000]; /* what does not fit is left out */
	size_t size, column;
};

#define PARAGRAPH_COLUMNS 80

/*
 * Add a part.  between stands before it, without the spaces at its end where a line ends; it is
 * left out before the first.
 */
void paragraph_add(struct paragraph *paragraph, const char *between, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Say it (log_say), unless it is empty. */
void paragraph_say(const struct paragraph *paragraph);

#endif
