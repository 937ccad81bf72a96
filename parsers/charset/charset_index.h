#ifndef CHARSET_INDEX_H
#define CHARSET_INDEX_H

#include <stdint.h>

/*
 * charset_index: the indexes of the Standard (WHATWG Encoding 6), from the pointer that a
 * decoder computes to a code point.  For charset_decode.c only; charset.h is the way in.
 *
 * They are read out of glibc's iconv, and put right where glibc and the Standard differ.
 */
#define CHARSET_INDEX_COUNT 33
#define GB18030_FOUR_COUNT  39420 /* four-byte pointers inside the Basic Multilingual Plane */

enum charset_index {
	INDEX_GB18030,
	INDEX_GB18030_FOUR,
	INDEX_BIG5,
	INDEX_EUC_KR,
	INDEX_JIS0208, /* with the rows that only Shift_JIS reaches */
	INDEX_JIS0212,
	INDEX_MACINTOSH, /* the first of the single-byte encodings; the rest have no names here */
	INDEX_KOI8_U,
	INDEX_WINDOWS_1255,
	INDEX_X_MAC_CYRILLIC,
};

/*
 * A code point of an index is 0 for "none".  Big5 has four characters of two code points, a
 * letter and a mark above it: they are mark << 16 | letter, which is beyond U+10FFFF.
 */
struct charset_converters {
	const uint32_t *index[CHARSET_INDEX_COUNT]; /* each points into points */
	uint32_t points[];
};

/* The index of a single-byte encoding; that of windows-1252 for a name that is none of ours. */
const uint32_t *charset_index_single(const struct charset_converters *converters, const char *name);

#endif
