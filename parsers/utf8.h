#ifndef UTF8_H
#define UTF8_H

#include "slice.h"
#include <stdint.h>

/*
 * utf8: characters of a text (RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF).  Text may be anything; a byte that begins no well-formed
 * character counts as a character of its own.
 */

/* Bytes of the well-formed character at `at`, or 0 if there is none.  at < end. */
size_t utf8_size(const char *at, const char *end);

/* As utf8_size(), with 1 for a byte that is malformed: how far to step. */
static inline size_t utf8_step(const char *at, const char *end)
{
	size_t size = (signed char)*at >= 0 ? 1 : utf8_size(at, end);

	return size ? size : 1;
}

static inline bool utf8_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code point of the character of `size` bytes at `at`; of a malformed byte its value. */
uint32_t utf8_decode(const char *at, size_t size);

/* Write a code point; returns its bytes, 1 to 4. */
size_t utf8_encode(uint32_t code, char out[4]);

bool utf8_is_valid(struct slice text);

/* Bytes of the white space at `at` (Unicode's White_Space), or 0 if there is none.  at < end. */
size_t utf8_space_size(const char *at, const char *end);

/* Text without white space at its ends.  Points into text. */
struct slice utf8_trim(struct slice text);

#define UTF8_SUBSTITUTE '\x1A' /* ASCII's own character for "was unreadable" */

/*
 * Copy text to out (text.size bytes), each malformed byte replaced by UTF8_SUBSTITUTE:
 * well-formed whatever text holds, and every offset stays what it was.  Each byte of
 * text is read once, so text may change meanwhile.
 */
void utf8_copy(char *out, struct slice text);

#endif
