#ifndef NUMBER_H
#define NUMBER_H

#include "parsers/text/slice.h"

/*
 * number: the first number in a text, as people write it, as programs read it.
 *
 *	"1,234.5 km" 1234.5   "1.234,50 €" 1234.50   "1 234" 1234   "1'000" 1000   "-$5" -5
 *
 * Of two kinds of marks the last is the decimal one.  Of one kind alone a point is decimal
 * ("1.234"); a comma is, unless it stands before exactly three digits ("3,5" is 3.5, "1,234"
 * is 1234, "0,125" is 0.125); a mark that repeats, a space or an apostrophe groups thousands.
 * Units are left out and not reckoned with: "12万" is 12, "5k" is 5.
 */
#define NUMBER_GROWTH_MAX 3 /* out may need so much more than text has */

/* Write the number to out.  Returns its bytes, 0 if there is no digit in text. */
size_t number_find(struct slice text, char *out);

#endif
