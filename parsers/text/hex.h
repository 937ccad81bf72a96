#ifndef HEX_H
#define HEX_H

#include "parsers/text/slice.h"

/* hex: hexadecimal digits and percent escapes, without a locale. */

/* The value of a digit, or -1. */
static inline int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The byte that an escape such as "%2F" at the beginning of text stands for, or -1. */
static inline int hex_escape(struct slice text)
{
	int high, low;

	if (text.size < 3 || text.at[0] != '%')
		return -1;
	high = hex_value(text.at[1]);
	low = hex_value(text.at[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Write byte as an escape, "%2F".  Returns what is behind it. */
static inline char *hex_put_escape(char out[3], char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	out[0] = '%';
	out[1] = digits[(unsigned char)byte >> 4];
	out[2] = digits[(unsigned char)byte & 15];
	return out + 3;
}

#endif
