#ifndef ROW_H
#define ROW_H

#include "parsers/pattern/pattern_internal.h"

/* row: from a record to the values of its fields. */

/* A page being matched. */
struct run {
	struct pattern *pattern;
	struct slice url;
	struct found page; /* our copy */
	const char *text;  /* what it is a copy of */
	pattern_row_function *row;
	void *context;
	struct pattern_tally *tally;
	size_t bytes; /* of the values of all rows */
};

/* How making a value, or a row, ended. */
enum row_outcome {
	MADE,
	BAD,     /* a value that is not one: NULL */
	DROPPED, /* a row without a required value */
	LIMITED, /* the tally says why */
};

/* The run is over: what a limit leaves out is missing.  Returns LIMITED. */
enum row_outcome row_limited(struct run *run, const char *limit);

/* Fill the pattern's values from a record.  MADE, DROPPED or LIMITED. */
enum row_outcome row_make(struct run *run, const struct found *record);

#endif
