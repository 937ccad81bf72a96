#ifndef ROW_CHANGES_H
#define ROW_CHANGES_H

#include "config/config.h"
#include "store/store.h"

/*
 * row_changes: how the rows of a pattern's table differ from what they were.
 *
 * Rows with a key are the same row if they are equal in it.  Others are rows of their page,
 * wherever they stand there: of those that are not equal in all fields, as many as there are on
 * both sides have changed, and the rest was added or removed.
 */

/* Rows as they stood at a moment; zero is none.  16 bytes a row. */
struct row_set {
	struct row_print *rows;
	size_t count, room;
};

/*
 * Read a pattern's table; one that is not there has no rows.
 * Returns 0, or -1: the store failed.
 */
int row_set_read(struct row_set *set, struct store *store, const struct config_pattern *pattern);
void row_set_free(struct row_set *set);

struct row_changes {
	uint64_t added, removed, changed;
};

/* Both are brought into another order. */
struct row_changes row_changes_between(struct row_set *before, struct row_set *after);

#endif
