#ifndef SELECTOR_REGEX_H
#define SELECTOR_REGEX_H

#include "parsers/pattern/selector.h"

/*
 * selector_regex: regular expressions (regex.h) as a language of selectors, key "pattern".
 *
 * Flags are of "imsxu".  Searches the text of a span, JSON as it is written too; a record is a
 * text of its own: ^ and $ are its ends, and nothing before it is seen by a lookbehind.
 */
extern const struct selector_language selector_regex;

#endif
