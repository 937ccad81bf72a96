#ifndef POSTGRES_BATCH_H
#define POSTGRES_BATCH_H

#include "store/store.h"

/*
 * batch: what one transaction will do, in memory until the server has committed it.
 *
 * It is rows of kinds.  A kind is one statement that takes all its rows at once, as arrays
 * ("INSERT INTO urls ... SELECT ... FROM unnest($1::bigint[], $2::text[])"): $1, $2, ... are its
 * columns, in the types that it says, one letter each:
 *
 *	i bigint[]   f float8[]   t text[]   b bytea[]   u uuid[] (16 bytes)
 *
 * Within a segment kinds go out in the order of their numbers, so that every node locks tables in
 * one order, and each once.  A kind that is a barrier has segments of its own: what was put before
 * it is done before it, and what is put after it, after.
 *
 * Rows belong to a page (0: to none, as those of ground always do).  So a batch that the server
 *refuses can be cut: the rows of some pages are taken out, and are a batch of their own.
 */
enum postgres_order {
	POSTGRES_BY_KIND = false,
	POSTGRES_BARRIER = true,
	POSTGRES_GROUND, /* others stand on its rows: where a batch is cut, they go before */
};

struct postgres_kind {
	const char *sql;
	const char *types;
	enum postgres_order order;
};

#define POSTGRES_COLUMNS_MAX (STORE_COLUMNS_MAX + 8) /* of a kind */

struct postgres_batch;

struct postgres_batch *postgres_batch_new(void);
void postgres_batch_free(struct postgres_batch *batch);

/*
 * Values in the order of the kind's types, NULL in any; texts are copied.  In one of type t NUL and
 * what is no UTF-8 become U+FFFD.  Returns whether any text had to be changed so.
 */
bool postgres_batch_put(struct postgres_batch *batch, const struct postgres_kind kinds[],
			unsigned kind, uint64_t page, const struct store_value values[]);

/* What is put from now on is done behind all that was put before. */
void postgres_batch_begin_segment(struct postgres_batch *batch);

/* Take back the rows of this kind and page that were put since `mark` rows had been. */
size_t postgres_batch_mark(const struct postgres_batch *batch);
void postgres_batch_drop(struct postgres_batch *batch, unsigned kind, uint64_t page, size_t mark);

/* Move what was put of a page since then, into another one's last segment.  None is of a barrier.
 * Returns how many rows that was. */
size_t postgres_batch_move(struct postgres_batch *from, size_t mark, uint64_t page,
			   struct postgres_batch *to);

/* Rows that are in it, and about how much memory they take. */
size_t postgres_batch_rows(const struct postgres_batch *batch);
size_t postgres_batch_bytes(const struct postgres_batch *batch);

/* The values of rows, to be looked at or changed in place, from *row on (0 at first); NULL: there
 * are no more.  Texts that are put in must live as long as the batch. */
struct store_value *postgres_batch_row(struct postgres_batch *batch, size_t *row, unsigned *kind,
				       uint64_t *page);

/*
 * One statement after the other, in the order of their sending, until it returns false.  at: zeroed
 * at first.  The arrays are in the binary format of parameters, good until the next call.
 */
struct postgres_statement {
	unsigned kind;
	int count; /* parameters */
	const char *const *values;
	const int *lengths;
};
struct postgres_place {
	size_t row;
};
bool postgres_batch_next(struct postgres_batch *batch, const struct postgres_kind kinds[],
			 struct postgres_place *at, struct postgres_statement *statement);

/*
 * Cut in two, and return the second part, which is to be done behind the first.  Rows of kinds that
 * are ground go into the first, and others that are of no page into the second, for they may stand
 * on any page; half of the pages go with each.  With one page these three are parted, the page from
 * the ground, and then from what is last; without any, the half that is sent last goes.
 * NULL: it is one page alone, or one row.
 */
struct postgres_batch *postgres_batch_cut(struct postgres_batch *batch);

/* The page that all its rows are of, or 0. */
uint64_t postgres_batch_page(const struct postgres_batch *batch);

#endif
