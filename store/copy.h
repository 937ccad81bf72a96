#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/backend.h"

/*
 * copy: what backends do for store_copy(): hand out the rows of a table, and take them, as they
 * stand there.  Tables and columns have the same names everywhere; what differs is how URLs and
 * hosts are numbered, and how a row of a pattern is named.
 *
 * A copy that was interrupted is found by its marks: how far each table had come.  They are
 * committed with the rows, and go with the last of them.
 */
enum store_cell {
	STORE_CELL_INTEGER,
	STORE_CELL_TEXT,
	STORE_CELL_REAL,
	STORE_CELL_BLOB,
	STORE_CELL_ANY, /* of any kind: where there is no such column, it is JSON */
	STORE_CELL_URL, /* the number of one, as of here: another in each store */
	STORE_CELL_HOST,
	STORE_CELL_SET,
};

#define STORE_COPIED_COLUMNS_MAX (STORE_COLUMNS_MAX + 2)

/*
 * A table, or the rows of a pattern: those begin with the page's number and the row's place there.
 * One that is keyed has a number as its first column, by which it is ordered; others are copied as
 * a whole.
 */
struct store_copied {
	const char *name; /* of rows: the pattern's */
	bool is_keyed;
	bool is_of_nodes;                /* each node of a run may have such rows */
	const struct store_table *table; /* of rows, as store_put_table() takes it; or NULL */
	size_t count;
	const char *columns[STORE_COPIED_COLUMNS_MAX];
	enum store_cell cells[STORE_COPIED_COLUMNS_MAX];
};

#define STORE_COPY_BEGINNING INT64_MIN /* before the first number */

typedef int store_copy_row(void *context, const struct store_value values[]);

struct store_copier {
	/* ---- from here ---- */

	/* Can it be copied?  Returns 0, or -1: the store fails with the reason. */
	int (*check)(struct store *from);
	/* Rows behind a number (of one that is keyed), until function says -1. */
	int (*each)(struct store *from, const struct store_copied *copied, int64_t after,
		    store_copy_row *function, void *context);
	/* The tables of patterns; what they are described by dies with the call. */
	int (*each_pattern)(struct store *from,
			    int (*function)(void *context, const struct store_table *table),
			    void *context);

	/* ---- to here ---- */

	/*
	 * Begin, or go on with what was interrupted: of the same source, or the store fails, as it
	 * does if anything else is there.
	 */
	int (*begin)(struct store *to, const char *source);
	/* Returns 1: it has been copied, 0 with how far it was; or -1. */
	int (*get_mark)(struct store *to, const struct store_copied *copied, int64_t *after);
	/* Take away what there is of one that is not keyed. */
	int (*clear)(struct store *to, const struct store_copied *copied);
	int (*put)(struct store *to, const struct store_copied *copied,
		   const struct store_value values[]);
	/* Commit, with how far it is: a number, or is_done. */
	int (*mark)(struct store *to, const struct store_copied *copied, int64_t after,
		    bool is_done);
	/* The number of a set; number: its place among all. */
	int64_t (*set_id)(struct store *to, struct slice fields, int64_t number);
	/* Tables of patterns that were put are made. */
	int (*make_tables)(struct store *to);
	int (*end)(struct store *to);

	/* ---- both ---- */

	/* Fail, if what is there is a copy that has not ended.  Returns 0 or -1. */
	int (*refuse_half)(struct store *store);
	int (*count)(struct store *store, const struct store_copied *copied, int64_t *count);
};

#endif
