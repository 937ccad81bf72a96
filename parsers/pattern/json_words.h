#ifndef JSON_WORDS_H
#define JSON_WORDS_H

#include "parsers/text/scratch.h"
#include <stdint.h>

/*
 * json_words: is what an expression looks for in a script of the page, as JSON?
 *
 * The words of the expression (values of attributes, text, names of groups) are looked for as keys:
 * "price": 12.  Names of tags and of attributes are none of them.
 */

/*
 * The first word of expression, which compiles with options, that is a key of JSON in a script of
 * page: *key is then in store, and *at where it stands in page.  Otherwise *key is absent.
 */
void json_words_find(const char *expression, uint32_t options, struct slice page,
		     struct scratch *store, struct slice *key, size_t *at);

#endif
