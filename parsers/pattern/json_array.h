#ifndef JSON_ARRAY_H
#define JSON_ARRAY_H

#include "parsers/pattern/value.h"

/* json_array: values as one array of JSON (RFC 8259). */
struct json_array {
	struct scratch *scratch; /* where its text is made */
	size_t count;
	char *at;
	size_t size, room;
};

/* A value more, which is not NULL, of a field of this type. */
void json_array_add(struct json_array *array, enum field_type type, const struct value *value);

/* Close it.  Its text is in scratch. */
struct slice json_array_end(struct json_array *array);

#endif
