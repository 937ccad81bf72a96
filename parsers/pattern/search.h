#ifndef SEARCH_H
#define SEARCH_H

#include "parsers/pattern/run.h"

/* search: what patterns of a field's own find in a record, before it is cleaned. */

/*
 * The next text, after selector_begin(): {NULL, 0} if it stands for nothing.  MADE, NONE, BAD (it
 * is no text), BROKEN or LIMITED; only after MADE and BAD there may be another.
 */
enum outcome search_next(struct run *run, const struct field *field, const struct field_own *own,
			 struct slice *text);

/*
 * The first text of the first pattern that finds one; absent, as *text is before, if none does.
 * *place becomes what found it, or is bad or broken; it stays what it is where nothing is found.
 * MADE, BAD, BROKEN or LIMITED.
 */
enum outcome search_first(struct run *run, const struct field *field, const struct found *record,
			  struct slice *text, const struct found **place);

#endif
