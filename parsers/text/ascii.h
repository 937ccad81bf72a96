#ifndef ASCII_H
#define ASCII_H

#include "parsers/text/slice.h"

/*
 * ascii: classes and case of ASCII, for bytes of the network.
 *
 * The C library's own (tolower, strncasecmp) follow the locale: in a Turkish one "I" is not the
 * capital of "i".  Bytes above 0x7F are in no class and have no case.
 */

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool ascii_is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits and '_', of which the first is no digit: "shop", "_2". */
static inline bool ascii_is_identifier(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_letter(text.at[i]) && text.at[i] != '_' &&
		    (i == 0 || !ascii_is_digit(text.at[i])))
			return false;
	return text.size > 0;
}

/* ASCII whitespace of the WHATWG (Infra 4.6): no vertical tab. */
static inline bool ascii_is_white(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/* Are size bytes of a and b the same in any case? */
static inline bool ascii_same(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

static inline bool ascii_equal(struct slice a, struct slice b)
{
	return a.size == b.size && ascii_same(a.at, b.at, a.size);
}

/* Does text begin with word, in any case? */
static inline bool ascii_starts_with(struct slice text, struct slice word)
{
	return text.size >= word.size && ascii_same(text.at, word.at, word.size);
}

/* Text without white space at its ends.  Points into text. */
static inline struct slice ascii_trim(struct slice text)
{
	while (text.size > 0 && ascii_is_white(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size > 0 && ascii_is_white(text.at[text.size - 1]))
		text.size--;
	return text;
}

#endif
