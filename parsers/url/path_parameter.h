#ifndef PATH_PARAMETER_H
#define PATH_PARAMETER_H

#include <stdbool.h>

#include "parsers/text/slice.h"

/*
 * path_parameter: parameters of the segments of a path (RFC 3986 3.3).
 *
 *	/a;v=2/b;jsessionid=1F2E;x
 *	  ^^^^   ^^^^^^^^^^^^^^^^         text: up to the next ";" or "/"
 *	   ^      ^^^^^^^^^^              name: up to the first "="
 *
 * An escaped ";" ("%3B") separates nothing.  Slices point into the path.
 */
struct path_parameter {
	struct slice text, name;
};

/* The next parameter at or behind *at, which moves behind it.  Returns false if there is none. */
bool path_parameter_next(const char **at, const char *end, struct path_parameter *parameter);

#endif
