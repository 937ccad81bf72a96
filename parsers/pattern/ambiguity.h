#ifndef AMBIGUITY_H
#define AMBIGUITY_H

#include "parsers/pattern/pieces.h"

/*
 * ambiguity: repeats that can divide one text among their turns in more than one way.
 *
 *	(\w+\s?)+;	"ab" is one turn, or two: where no ";" follows, a text of n letters
 *			is tried in 2^n ways
 *
 * Such a repeat is found for certain, or not at all: its parts are made an automaton of one state
 * a character (Glushkov's), in which two ways must lead from a state back to it with the same text
 * (Weber and Seidl, 1991).  What such an automaton cannot say, an assertion or a reference, and
 * what is never tried anew, an atomic group, is passed over in silence; so is a repeat behind which
 * nothing can fail, for then nothing is tried anew.
 */
#define AMBIGUITY_STATES_MAX 64 /* characters of one repeat; a larger one is passed over */

/*
 * The number of the CLOSE piece of the first such repeat from piece `from` on, or pieces->count.
 * One that holds another is not told besides.  options are PCRE2's.
 */
size_t ambiguity_find(const struct pieces *pieces, size_t from, uint32_t options);

#endif
