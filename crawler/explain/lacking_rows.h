#ifndef LACKING_ROWS_H
#define LACKING_ROWS_H

#include "config/config.h"
#include "config/page_base.h"

/*
 * lacking_rows: which rows of a page lack something: a field of them is empty, or a record has no
 * rows of a child.
 *
 * Rows that a crawl would drop, because a field is required, are rows here.
 */
struct lacking_rows {
	uint32_t rows, without; /* of them */
	struct slice first; /* the match, or record, of the first without; points into the page */
	const char *limit;  /* static: that ended the search, or NULL */
	char bad[PATTERN_BAD_BYTES_MAX]; /* a text that is not of the field's type, */
	size_t bad_size, bad_at;         /* and where it is in the page; size 0: there is none */
};

/* Rows of a pattern whose field, by its number among those of the pattern, says nothing. */
struct lacking_rows lacking_field(const struct config *config, const struct config_pattern *pattern,
				  size_t field, const struct page_about *page);

/* Records of the parent of a pattern that has one, in which that finds nothing. */
struct lacking_rows lacking_child(const struct config *config, const struct config_pattern *child,
				  const struct page_about *page);

/* The region of text that `within` of a pattern cuts, as it would; absent: it finds nothing. */
struct slice lacking_region(const struct config *config, const struct config_pattern *pattern,
			    struct slice text);

/* What the config says of the field of this name, or NULL: it is a group's. */
const struct field_spec *lacking_field_spec(const struct config_pattern *pattern, const char *name);

#endif
