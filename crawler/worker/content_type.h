#ifndef CONTENT_TYPE_H
#define CONTENT_TYPE_H

#include "parsers/text/slice.h"

/*
 * content_type: which of an answer's Content-Types counts (Fetch, "extract a MIME type").
 *
 * value: of all lines of that name, with commas between.  It is the last one that is a type and is
 * not "* / *" (written without the blanks); without a charset of its own it has that of the one of
 * the same name before it.  Returns the part of value that says so, or all of it: none is a type.
 */
struct slice content_type_of(struct slice value);

#endif
