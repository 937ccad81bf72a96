#ifndef PATTERN_INTERNAL_H
#define PATTERN_INTERNAL_H

#include "parsers/pattern/field.h"
#include "parsers/pattern/pattern.h"

/* pattern_internal: a pattern from the inside, for the files that make and run one. */

struct pattern {
	const char *name;
	const struct pattern *parent; /* NULL: it has none */
	struct selector *url;         /* NULL: every page; a child has its parent's */
	struct page_set *set;         /* what is wanted of a page's; a child has its parent's */
	struct selector *within;      /* its first match is searched; NULL: all of the page */
	struct selector *rows;        /* all that it finds is a row each */
	bool must_find; /* a record in which no field's own pattern finds anything is none */
	bool carries;   /* some field does */
	struct field *fields;
	size_t field_count;
	struct value *values;                /* of the row being made */
	bool *are_bad;                       /* and which of them are not of their type */
	struct pattern_field_tally *tallies; /* of the run */
	struct pattern **children;
	struct pattern_tally *child_tallies; /* of the run */
	size_t child_count;
	uint32_t budget_ms;
	size_t bytes_before; /* of rows of the page that is next */
	struct scratch store; /* what lives as long as the pattern */
	struct scratch row;   /* as long as a row */
};

#endif
