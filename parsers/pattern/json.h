#ifndef JSON_H
#define JSON_H

#include "parsers/text/slice.h"

/* json: RFC 8259. */

#define JSON_DEPTH_MAX 256 /* brackets within brackets */

/* Is text, white space around it or not, one JSON value? */
bool json_is_valid(struct slice text);

#endif
