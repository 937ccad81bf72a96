#ifndef MARKS_H
#define MARKS_H

#include "config/config.h"

/*
 * marks: where in a match, or a record, its groups and fields stand, so that they can be shown.
 *
 * They are looked for once more, by the expressions of the config: rows do not carry them, for only
 * who shows a few of them needs them.
 */
struct marks;

#define MARKS_MAX 32 /* of one match */

/* config and pattern must outlive it.  The caller frees it with marks_free(). */
struct marks *marks_new(const struct config *config, const struct config_pattern *pattern);

/*
 * The groups of a match of the pattern, or what its fields take of a record.  page: well-formed
 * UTF-8, in which matched lies.  Returns how many are in out: parts of matched, in any order.
 */
size_t marks_find(struct marks *marks, struct slice page, struct slice matched,
		  struct slice out[MARKS_MAX]);

void marks_free(struct marks *marks);

#endif
