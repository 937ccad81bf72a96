#ifndef PATTERN_INTERNAL_H
#define PATTERN_INTERNAL_H

#include "parsers/pattern/field.h"
#include "parsers/pattern/pattern.h"

/* pattern_internal: a pattern from the inside, for the files that make and run one. */

struct pattern {
	const char *name;
	struct selector *url;  /* NULL: every page */
	struct selector *rows; /* all that it finds is a row each */
	struct field *fields;
	size_t field_count;
	struct value *values;                /* of the row being made */
	bool *are_bad;                       /* and which of them are not of their type */
	struct pattern_field_tally *tallies; /* of the run */
	uint32_t budget_ms;
	struct scratch store; /* what lives as long as the pattern */
	struct scratch row;   /* as long as a row */
	struct scratch page;  /* as long as a run */
};

#endif
