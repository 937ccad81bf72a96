#ifndef SELECTOR_TABLE_H
#define SELECTOR_TABLE_H

#include "parsers/pattern/selector.h"

/*
 * selector_table: the languages that a config knows, by their keys.
 *
 * A new language is a file selector_LANGUAGE.c and a row here.
 */
extern const struct selector_language *const selector_table[]; /* NULL ends it */

#endif
