#ifndef UTF8_H
#define UTF8_H

#include "parsers/text/slice.h"
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

/* Is text UTF-8 from its first byte to its last? */
bool utf8_is_well_formed(struct slice text);

/* The code point of the character of `size` bytes at `at`; of a malformed byte its value. */
uint32_t utf8_decode(const char *at, size_t size);

/* Bytes of the white space at `at` (Unicode's White_Space), or 0 if there is none.  at < end. */
size_t utf8_space_size(const char *at, const char *end);

/* Text without white space at its ends.  Points into text. */
struct slice utf8_trim(struct slice text);

/* The begin of text, at most so many bytes of it, and no character torn.  Points into text. */
struct slice utf8_cut(struct slice text, size_t most);

#define UTF8_SUBSTITUTE '\x1A' /* ASCII's own character for "was unreadable" */

/*
 * Copy text to out (text.size bytes), each malformed byte replaced by UTF8_SUBSTITUTE:
 * well-formed whatever text holds, and every offset stays what it was.  What is judged is
 * the copy, never what text holds by then, so text may change meanwhile.
 */
void utf8_copy(char *out, struct slice text);

#define UTF8_BYTES_MAX   4       /* of one code point */
#define UTF8_REPLACEMENT 0xFFFDu /* what malformed bytes become */

/* Write point, which must be a Unicode scalar value.  Returns the bytes written, 1 to 4. */
static inline size_t utf8_put(char out[UTF8_BYTES_MAX], uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xC0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xE0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3F));
		out[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3F));
	out[2] = (char)(0x80 | (point >> 6 & 0x3F));
	out[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

#endif
