#ifndef SELECTOR_JSON_H
#define SELECTOR_JSON_H

#include "parsers/pattern/selector.h"

/*
 * selector_json: JSON as languages of selectors.
 *
 * json    a JSONPath (json_path.h)
 * jsonld  a type of schema.org, "Recipe": every object whose @type is it or holds it, with
 *         "http://schema.org/" or "https://schema.org/" before it or not, at any depth
 *
 * A span that is a value of JSON, found by one of them, is what $ stands for.  In any other one the
 * documents are looked for that stand there (json_source.h), and each is searched, one after the
 * other; what is broken among them is told behind the last.
 *
 * Strings, numbers and truth values are texts, as decoded as can be; null stands for nothing.
 * Neither has groups, or flags but those of `in`.
 */
extern const struct selector_language selector_json, selector_jsonld;

#endif
