#ifndef GLYPH_H
#define GLYPH_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * glyph: the characters of a text, and how wide a terminal shows them.
 *
 * Widths are from a table: a message must look the same whatever the locale
 * (wcwidth() of the C locale knows no width beyond ASCII).
 */
#define GLYPH_BAD UINT32_MAX /* in place of a code point: malformed */

/*
 * The character that text begins with; text is not empty.
 * Returns its bytes and sets *code; of malformed text (overlong, surrogate, cut) one byte
 * and GLYPH_BAD.
 */
size_t glyph_decode(struct slice text, uint32_t *code);

/* The bytes of the character that ends at offset at (greater than 0) of text. */
size_t glyph_back(struct slice text, size_t at);

/* Offset of the first byte that is not UTF-8, or text.size. */
size_t glyph_valid_bytes(struct slice text);

/* Would it disturb a terminal: a control character, a line separator, a change of direction? */
bool glyph_is_control(uint32_t code);

/* Columns of a terminal: 0 (combining), 1 or 2 (East Asian wide, emoji). */
unsigned glyph_width(uint32_t code);

/* The columns of all of a text. */
size_t glyph_text_width(const char *text);

#endif
