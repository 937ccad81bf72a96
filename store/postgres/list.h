#ifndef POSTGRES_LIST_H
#define POSTGRES_LIST_H

#include "store/postgres/reads.h"

/*
 * list: what both lists, of URLs and of rows, do with candidates.
 *
 * Candidates lie in the order of their places.  They are read in blocks: where a block ends is
 * asked first, then for those in it that are wanted.  So what a statement takes is bounded, and who
 * has no time left knows how far it came.  The first block is small; each is larger than the one
 * before it.
 */
#define POSTGRES_BLOCK_MIN 1024
#define POSTGRES_BLOCK_MAX 65536

struct postgres_list {
	struct postgres_store *store;
	const struct store_range *range;
	struct store_listed *listed;
	size_t left; /* that are still wanted */

	/* Write "FROM ... WHERE ..." of all candidates, and their place in SQL: its columns. */
	void (*put_from)(struct postgres_list *list, struct postgres_sql *sql);
	/* " AND (places) > (place)", or what op is. */
	void (*put_bound)(struct postgres_list *list, struct postgres_sql *sql, const char *op,
			  int64_t place);
	const char *columns;                             /* of the place: "url_id" */
	const char *order[2];                            /* down, up */
	int64_t (*place_of)(const PGresult *row, int i); /* from those columns, which stand first */

	/*
	 * Hand out those that are wanted behind `at`, up to `end` (0: all of them), at most as many
	 * as are left.  Returns 0 or -1; *last is the place of the last one that was.
	 */
	int (*hand_out)(struct postgres_list *list, int64_t at, int64_t end, int64_t *last);
};

/* Go through all of it.  Returns 0 or -1, and sets listed. */
int postgres_list_all(struct postgres_list *list);

#endif
