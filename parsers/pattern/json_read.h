#ifndef JSON_READ_H
#define JSON_READ_H

#include "parsers/pattern/json.h"
#include "parsers/text/scratch.h"

/*
 * json_read: a text becomes a document (json.h), in one pass.
 *
 * Read all the same, as pages have it: control characters in strings, \' , a comma behind the
 * last value, a semicolon behind it all, a byte-order mark or )]}' before it, and a comment
 * of HTML or JavaScript, or CDATA, around it.
 */

#define JSON_DEPTH_MAX 1000u /* brackets within brackets */

enum json_result {
	JSON_READ,
	JSON_BAD,
	JSON_LIMIT, /* the budget ended first */
};

enum json_reading {
	JSON_IN_BUDGET = 1, /* within the budget that runs (budget.h) */
	JSON_AND_MORE = 2,  /* what stands behind the value is not looked at */
};

/*
 * Read text, of less than 4 GiB, once; nodes point into it.  Memory of a size known before (some
 * fifteen bytes for each of text, of which few are touched) comes from scratch, where the nodes
 * stay.  how: of enum json_reading.  Time is linear in the text.
 */
enum json_result json_read(struct json_document *document, struct slice text, unsigned how,
			   struct scratch *scratch);

/* Is text, white space around it or not, one value of RFC 8259 and nothing loose? */
bool json_is_valid(struct slice text);

#endif
