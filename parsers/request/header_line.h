#ifndef HEADER_LINE_H
#define HEADER_LINE_H

#include "parsers/text/slice.h"

/* header_line: header lines that a user writes for requests, and what must not stand there. */

#define HEADER_VALUE_BYTES_MAX (8 * 1024)

/* Authorization and Cookie say who asks. */
bool header_line_is_credential(struct slice name);

/* Is it a name at all (RFC 9110 5.6.2)? */
bool header_line_is_name(struct slice name);

/*
 * Why a header of this name is not the user's to set, and what to do instead ("it is of the URL"),
 * or NULL.  *spelt is then the name as it is written.
 */
const char *header_line_refusal(struct slice name, const char **spelt);

/*
 * Why this is no value, or NULL: a line end in it would begin another header, which is another's to
 * write.
 */
const char *header_line_bad_value(struct slice value);

#endif
