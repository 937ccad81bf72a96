#ifndef EXTRACT_H
#define EXTRACT_H

#include "parsers/pattern/run.h"

/*
 * extract: what a record has for a field, cleaned and typed; NULL if it is missing.
 *
 * A value that is not of its type is NULL and noted.  MADE, BAD or LIMITED.
 */
enum outcome extract(struct run *run, const struct field *field, const struct found *record,
		     struct value *value);

#endif
