#ifndef BAD_H
#define BAD_H

#include "parsers/pattern/run.h"

/* bad: values that are not of their type, counted by field; the first of them are shown. */

/* text: as it was matched; place: what found it, or the record.  Returns BAD. */
enum outcome bad_note(struct run *run, const struct field *field, const struct found *place,
		      struct slice text);

/* What is searched breaks at place->offset: what stands there is shown.  Returns BAD. */
enum outcome bad_note_break(struct run *run, const struct field *field, const struct found *place);

#endif
