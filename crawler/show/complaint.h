#ifndef COMPLAINT_H
#define COMPLAINT_H

#include "parsers/text/slice.h"
#include <stdint.h>
#include <stdio.h>

/*
 * complaint: what is wrong with a text that somebody wrote, and where.
 *
 *	config/books.yaml:4:22: error: missing closing parenthesis
 *	    pattern: '<a (.*?'
 *	                     ^
 *
 * Lines and columns count from 1, columns are characters.  The text may be hostile: what
 * could steer a terminal is shown as '?', a long line is cut to a window around the caret.
 */
#define COMPLAINT_COLUMNS    100  /* of the source line that is shown */
#define COMPLAINT_TEXT_MAX   1000 /* bytes of a message, with the NUL */
#define COMPLAINT_ERRORS_MAX 20   /* the rest is not shown */
#define COMPLAINT_NOWHERE    SIZE_MAX

/* A text with a name: a file, or an argument of the command line ("-e"). */
struct source {
	const char *name;
	struct slice text;
};

/* Where complaints go, and how many there were.  Zero-initialised with out set. */
struct complaints {
	FILE *out;
	unsigned errors, warnings;
};

/*
 * Say what is wrong at a byte offset of source.  An offset beyond the text is its end;
 * with COMPLAINT_NOWHERE the source is meant as a whole ("NAME: error: ...", no line).
 */
void complain(struct complaints *complaints, const struct source *source, size_t offset,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same, but "warning:": it does not count as an error. */
void complain_warning(struct complaints *complaints, const struct source *source, size_t offset,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* No more errors will be shown: stop looking for them. */
bool complaints_are_full(const struct complaints *complaints);

/* Line and column of a byte offset, from 1. */
struct position {
	size_t line, column;
};

struct position position_of(const struct source *source, size_t offset);

/*
 * A word of the user's, cut to be quoted inside a message:
 * complain(..., "unknown key '%s'", QUOTED(word)).
 */
struct quoted {
	char text[80];
};

struct quoted quoted(struct slice word);
#define QUOTED(word) (quoted(word).text)

#endif
