#ifndef BAD_H
#define BAD_H

#include "parsers/pattern/run.h"

/* bad: values that are not of their type, counted by field; the first of them are shown. */

/* text: as it was matched, or what could not be read.  Returns BAD. */
enum outcome bad_note(struct run *run, const struct field *field, const struct found *record,
		      struct slice text);

#endif
