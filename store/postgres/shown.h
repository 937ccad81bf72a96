#ifndef POSTGRES_SHOWN_H
#define POSTGRES_SHOWN_H

#include "store/postgres/reads.h"

/* shown: rows of a pattern's table, as they are handed out one by one. */

/* Of the table r. */
#define POSTGRES_SHOWN_PAGE "r.\"" POSTGRES_ROW_PAGE "\""
#define POSTGRES_SHOWN_N    "r.\"" POSTGRES_ROW_N "\""
#define POSTGRES_SHOWN_DOWN POSTGRES_SHOWN_PAGE " DESC, " POSTGRES_SHOWN_N " DESC"
#define POSTGRES_SHOWN_UP   POSTGRES_SHOWN_PAGE ", " POSTGRES_SHOWN_N

struct postgres_shown {
	struct postgres_store *store;
	int (*function)(void *context, const struct store_shown_row *row);
	void *context;
	bool has_url;
	size_t left;  /* rows that are still wanted */
	int64_t last; /* the place of the last one that was handed out */

	char *table;      /* in quotes */
	PGresult *fields; /* of postgres_find_fields() */
	size_t count;
	const char **columns;
	struct store_value *values;
};

/* Find the table.  Returns 1, 0: the pattern has none, or -1.  End it whatever it said. */
int postgres_shown_begin(struct postgres_shown *shown, const char *pattern);
void postgres_shown_end(struct postgres_shown *shown);

/*
 * Write the statement: between the two stands which of the rows r, as " AND ...".  URLs are looked
 * up for those alone that are left in the end.
 */
void postgres_shown_put_select(const struct postgres_shown *shown, struct postgres_sql *sql);
void postgres_shown_put_order(struct postgres_sql *sql, const char *order, size_t count);

/* Hand out the rows of its answer, as long as any are wanted.  Returns how many. */
int postgres_shown_tell(struct postgres_shown *shown, const PGresult *rows);

/* The place of a row, of its first two columns. */
int64_t postgres_shown_place(const PGresult *rows, int i);

#endif
