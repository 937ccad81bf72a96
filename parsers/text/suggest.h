#ifndef SUGGEST_H
#define SUGGEST_H

#include "parsers/text/slice.h"
#include <stddef.h>

/* suggest: "did you mean", for keys, settings, fields and units. */

#define SUGGEST_WORD_BYTES_MAX 64 /* a longer word resembles nothing */

/*
 * The candidate most like word, the first of equals, or NULL if none is near enough: one slip
 * in four letters, three at most.  A slip is a letter added, lost, changed, or two neighbours
 * swapped (Damerau-Levenshtein, optimal alignment); case does not count, nor '-' for '_'.
 */
const char *suggest(struct slice word, const char *const candidates[], size_t count);

/*
 * The same where candidates are few and a wrong guess costs nothing: one slip, and one more for
 * every three letters of word.
 */
const char *suggest_widely(struct slice word, const char *const candidates[], size_t count);

#endif
