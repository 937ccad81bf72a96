#ifndef CURSOR_H
#define CURSOR_H

#include "parsers/text/slice.h"

/*
 * cursor: a text being read from left to right.
 *
 * A plain value: a copy of it is a place to come back to.
 */
struct cursor {
	const char *at;
	const char *end;
};

static inline bool cursor_is_at_end(const struct cursor *cursor)
{
	return cursor->at == cursor->end;
}

/* The next byte, or NUL at the end. */
static inline char cursor_peek(const struct cursor *cursor)
{
	return cursor_is_at_end(cursor) ? '\0' : *cursor->at;
}

/* Each take() is true, and a step ahead, if what it wants is there. */
static inline bool cursor_take(struct cursor *cursor, char c)
{
	if (cursor_is_at_end(cursor) || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

/* One byte of a set; NUL is of none. */
static inline bool cursor_take_any(struct cursor *cursor, const char *set)
{
	if (cursor_peek(cursor) == '\0' || !strchr(set, cursor_peek(cursor)))
		return false;
	cursor->at++;
	return true;
}

/* A word, in any case. */
bool cursor_take_word(struct cursor *cursor, const char *word);

/* Letters of ASCII, as many as there are. */
struct slice cursor_take_letters(struct cursor *cursor);

/* Digits, or spaces and line ends, as many as there are; returns how many. */
size_t cursor_take_digits(struct cursor *cursor);
size_t cursor_take_spaces(struct cursor *cursor);

/* A number of `least` to `most` digits; more than `most` are not this number. */
bool cursor_take_number(struct cursor *cursor, size_t least, size_t most, int *number);

#endif
