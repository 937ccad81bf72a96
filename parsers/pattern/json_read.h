#ifndef JSON_READ_H
#define JSON_READ_H

#include "parsers/pattern/json.h"
#include "parsers/text/scratch.h"

/*
 * json_read: a text becomes a document (json.h), in one pass.
 *
 * Read all the same, as pages have it: control characters in strings, \' , a comma behind the
 * last value, a semicolon behind it all, a byte-order mark before it, and a comment of
 * HTML or JavaScript, or CDATA, around it.
 */

#define JSON_DEPTH_MAX 1000u /* brackets within brackets */

enum json_result {
	JSON_READ,
	JSON_BAD,
	JSON_LIMIT, /* the budget ended first */
};

/*
 * Read text, of less than 4 GiB, once; nodes point into it.  Memory of a size known before (some
 * fifteen bytes for each of text, of which few are touched) comes from scratch, where the nodes
 * stay. is_bounded: within the budget that runs (budget.h); otherwise the time is linear in the
 * text.
 */
enum json_result json_read(struct json_document *document, struct slice text, bool is_bounded,
			   struct scratch *scratch);

/* Is text, white space around it or not, one value of RFC 8259 and nothing loose? */
bool json_is_valid(struct slice text);

#endif
