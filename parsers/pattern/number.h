#ifndef NUMBER_H
#define NUMBER_H

#include "parsers/text/scratch.h"

/*
 * number: the first number in a text, as people write it, as programs read it.
 *
 *	"1,234.5 km" 1234.5   "1.234,50 €" 1234.50   "1 234" 1234   "1'000" 1000   "-$5" -5
 *
 * Of two kinds of marks the last is the decimal one.  Of one kind alone a point is decimal
 * ("1.234"); a comma is, unless it stands before exactly three digits ("3,5" is 3.5, "1,234"
 * is 1234, "0,125" is 0.125); a mark that repeats, a space or an apostrophe groups thousands,
 * as do commas in pairs ("1,00,000" is 100000) and all marks before a dash for no cents
 * ("1.299,-" is 1299).  ",89" is 0.89, as ".89" is, "12€50" is 12.50, "-kr 5" and "-EUR 5"
 * are -5.  Digits may be full-width, Arabic or Devanagari ("１２" is 12).
 * Units are left out and not reckoned with: "12万" is 12, "5k" is 5.
 */

/*
 * The number, in scratch; empty if there is none in text.  decimal: the mark that is decimal, ','
 * or '.', so that the other groups ("1.299" is 1299 with ',') and makes no number where it
 * cannot ("1.5"); or 0: whichever it looks like.
 */
struct slice number_find(struct slice text, char decimal, struct scratch *scratch);

#endif
