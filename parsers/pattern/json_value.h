#ifndef JSON_VALUE_H
#define JSON_VALUE_H

#include "parsers/pattern/json.h"

/*
 * json_value: values of JSON that are compared, of documents and of what is written in paths.
 */
struct json_value {
	bool is_there; /* false: Nothing (RFC 9535 2.4.1), which is no value */
	enum json_kind kind;
	struct slice text;                    /* STRING: decoded; NUMBER: its digits */
	const struct json_document *document; /* ARRAY and OBJECT */
	uint32_t node;
};

/*
 * Are they equal (RFC 9535 2.3.5.2.2)?  Numbers are compared by what they are worth, digit by
 * digit: 1, 1.0 and 10e-1 are equal, and no two identifiers of 20 digits that differ.  Counts each
 * value of an array or object it looks at, and ends, with false, when *steps or the budget are
 * used up.
 */
bool json_value_equal(const struct json_value *a, const struct json_value *b, uint64_t *steps);

/* Is a less than b?  Only of numbers, and of strings, by their characters, can that be said. */
bool json_value_less(const struct json_value *a, const struct json_value *b);

/* The order of two numbers of RFC 8259: below, equal to or above 0. */
int json_number_order(struct slice a, struct slice b);

#endif
