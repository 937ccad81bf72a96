#ifndef VALUE_H
#define VALUE_H

#include "parsers/pattern/pattern.h"
#include "parsers/text/scratch.h"

/*
 * value: a field's text as the type the field has.
 *
 * White space around the text is no part of it (text keeps it).  What is accepted:
 *
 * integer  sign, digits ("007" is 7), -2^63 to 2^63-1.  Thousands signs are for `number`
 * real     sign, digits, one point, an exponent; finite.  No inf, nan, hexadecimal
 * boolean  true false yes no on off 1 0, in any case
 * json     RFC 8259, nested at most VALUE_JSON_DEPTH_MAX deep; kept as it is written
 * date     written back as ISO 8601, in the zone it was written in:
 *	      2019-05-01  2019/5/1  2019.5.1  2019年5月1日  20190501	2019-05-01
 *	      2019-05  2019年5月  2019					2019-05, 2019
 *	      1 May 2019  Wed, 1 May 2019  May 1, 2019			2019-05-01
 *	    and, behind a whole day and T or white space, a time:
 *	      10:00  10:00:30  10:00:30.5  10:00Z  10:00 GMT  10:00+0800	T10:00+08:00
 */
#define VALUE_JSON_DEPTH_MAX 256

/*
 * Convert text, which is present, to a value.  An empty text is NULL for every type but
 * text.  A text is pointed to, or is in scratch.
 * Returns false if text is not of the type (value is then untouched).
 */
bool value_convert(struct value *value, enum field_type type, struct slice text,
		   struct scratch *scratch);

/* "text", "integer", "real", "boolean", "date", "json". */
const char *value_type_name(enum field_type type);

#endif
