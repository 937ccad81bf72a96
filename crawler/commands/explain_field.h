#ifndef EXPLAIN_FIELD_H
#define EXPLAIN_FIELD_H

#include "config/config.h"
#include "config/page_base.h"

/*
 * explain_field: on which rows of a page a field has nothing.
 *
 * Rows that a crawl would drop, because a field is required, are rows here.
 */
struct field_rows {
	uint32_t rows, without; /* of them with NULL, "" or white space */
	struct slice first; /* the match, or record, of the first without; points into the page */
	const char *limit;  /* static: that ended the search, or NULL */
	char bad[PATTERN_BAD_BYTES_MAX]; /* a text that is not of the field's type, */
	size_t bad_size, bad_at;         /* and where it is in the page; size 0: there is none */
};

/* field: its number among those of the pattern. */
struct field_rows field_rows_find(const struct config_pattern *pattern, size_t field,
				  const struct page_about *page);

/* What the config says of the field of this name, or NULL: it is a group's. */
const struct field_spec *field_rows_spec(const struct config_pattern *pattern, const char *name);

#endif
