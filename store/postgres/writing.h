#ifndef POSTGRES_WRITING_H
#define POSTGRES_WRITING_H

#include "store/postgres/changed.h"
#include "store/postgres/pipe.h"

/*
 * writing: what the verbs that write remember between two calls.
 */
struct postgres_writing {
	/* Kinds of tables of patterns, behind the static ones. */
	struct postgres_kind *kinds;
	unsigned kind_count;
	unsigned late; /* the first of those that come last; or 0 */

	/* Which set has which number of the caller's: put_sets.c. */
	int64_t *sets; /* by number */
	size_t set_count;
	bool has_changed_sets;

	bool has_merged; /* rows that were equal in a new key: their children are left */

	/* What patterns mean, that was said before there was a node to write it: put_runs.c. */
	struct postgres_meaning {
		uint64_t config_hash, hash;
		char *name;
	} * meanings;
	size_t meaning_count;

	/* When visits are counted from: the server's time as we joined, and ours; put_pages.c. */
	int64_t visit_base, visit_since_us;

	/* Of the page that is open, if it was read before: put_rows.c. */
	bool must_clear;
	int64_t closed; /* batches, when it was opened */

	bool has_told_refusal; /* that a row of the open page was left out */

	/* Rows of a page that was left, until it is closed: what is closed meanwhile has none of
	 * them, for a batch is committed, and a page without a result has no rows. */
	struct postgres_batch *left;
	struct store_key left_page;
	size_t opened; /* the mark of the batch when the page was opened */

	struct changed *closed_pages; /* by the batch that has their results: put_pages.c */

	struct XXH3_state_s *hash;
};

/* That of a store, made at its first use. */
struct postgres_writing *postgres_writing(struct postgres_store *store);
void postgres_free_writing(struct postgres_store *store);

/* ---- put_rows.c ---- */

/* The page that is open is to lose what it has in these tables, or in all (tables NULL). */
int postgres_begin_clearing(struct postgres_store *store, const int tables[], size_t count);
/* The page is closed: what it has in tables that got no rows stays after all, if it keeps_all. */
void postgres_end_clearing(struct postgres_store *store, bool keeps_all);

/* ---- keys.c ---- */

/* A row's key: 128 bits of the values of its key's columns, or false: one of them is NULL. */
bool postgres_row_key(struct postgres_store *store, const struct postgres_table *table,
		      const struct store_value values[], unsigned char key[16]);

/* A value as a column of this kind holds it. */
struct store_value postgres_as_kind(const struct store_value *value, enum store_kind kind);

/* ---- put_pages.c ---- */

/* What was left of a page is its own no more. */
void postgres_drop_left(struct postgres_store *store);

/* What is put of this URL next has to be done behind its result, if the open batch has one: kinds
 * alone would change their places. */
void postgres_put_behind(struct postgres_store *store, struct store_key key);

/* Where the numbers of visits begin, of a node that joins.  Returns 0 or -1. */
int postgres_begin_visits(struct postgres_store *store);

/* ---- put_sets.c ---- */

/* The number that a set has in the database, by its fields, or by the caller's number (0: none). */
int64_t postgres_set_hash(const struct postgres_store *store, struct slice fields);
int64_t postgres_set_id(const struct postgres_store *store, uint32_t number);
/* From now on the caller's number is of this set. */
void postgres_number_set(struct postgres_store *store, uint32_t number, int64_t id);

/* ---- put_runs.c ---- */

/* Queue what was said of patterns before; once that is committed it is forgotten. */
void postgres_put_meanings(struct postgres_store *store);
void postgres_forget_meanings(struct postgres_store *store);

/* ---- brief_table.c ---- */

/* In a transaction: a table that nobody else sees, and that is dropped before it is committed. */
int postgres_make_brief(struct postgres_store *store, const char *name, const char *columns);
int postgres_drop_brief(struct postgres_store *store, const char *name);

/* ---- stale.c: a part of postgres_note_end() ---- */

int postgres_prune(struct postgres_store *store);

#endif
