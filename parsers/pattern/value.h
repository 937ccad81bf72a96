#ifndef VALUE_H
#define VALUE_H

#include "parsers/pattern/spec.h"
#include "parsers/text/scratch.h"

/*
 * value: a field's text as the type the field has.
 *
 * White space around the text is no part of it (text keeps it).  What is accepted:
 *
 * integer  sign, digits ("007" is 7), -2^63 to 2^63-1.  Thousands signs are for `number`
 * real     sign, digits, one point, an exponent; finite.  No inf, nan, hexadecimal
 * boolean  true false yes no on off 1 0, in any case
 * json     RFC 8259 (json_read.h), kept as it is written
 * date     written back as ISO 8601 (date.h)
 * duration ISO 8601, as an INTEGER of seconds (duration.h)
 */

enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_INTEGER, VALUE_REAL };

/* A value of a row.  text is well-formed UTF-8 that dies with the row. */
struct value {
	enum value_kind kind;
	int64_t integer; /* INTEGER; BOOLEAN as 0 or 1 */
	double real;
	struct slice text;
};

/* Nothing to see: NULL, "" or white space. */
bool value_is_empty(const struct value *value);

/*
 * Convert text, which is present, to a value.  An empty text is NULL for every type but
 * text.  A text is pointed to, or is in scratch.
 * Returns false if text is not of the type (value is then untouched).
 */
bool value_convert(struct value *value, enum field_type type, struct slice text,
		   struct scratch *scratch);

/* "text", "integer", "real", "boolean", "date", "json", "duration". */
const char *value_type_name(enum field_type type);

/* What a bad value of the type failed at: the type's name, or "clean", for every text is a text. */
const char *value_bad_name(enum field_type type);

#endif
