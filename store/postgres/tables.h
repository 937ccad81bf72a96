#ifndef POSTGRES_TABLES_H
#define POSTGRES_TABLES_H

#include "store/postgres/table_sql.h"

/*
 * tables: what patterns have in the database, and what they are to have.
 */

/* A column that is there. */
struct postgres_old_column {
	char *name, *type, *comment; /* comment: or NULL */
};

/* The table that a pattern has now. */
struct postgres_old_table {
	char *relation; /* NULL: it has none */
	struct postgres_old_column *columns;
	size_t count;
	const char *key; /* the columns of its key, as postgres_key_names() says; or NULL */
};

/* ---- tables.c ---- */

/* Can it be called so?  Returns 0, or -1 with the reason. */
int postgres_check_table(const struct store_table *table, struct store_error *error);

void postgres_note_table(struct postgres_table *noted, const struct store_table *table);
void postgres_free_table(struct postgres_table *table);

/* ---- stale.c ---- */

/* Rows whose parent's row has gone go, too.  Returns 0 or -1. */
int postgres_remove_orphans(struct postgres_store *store, const struct postgres_table *table);

/* ---- make_table.c ---- */

/* Returns 0 or -1. */
int postgres_find_table(struct postgres_store *store, const char *name,
			struct postgres_old_table *old);
void postgres_free_old(struct postgres_old_table *old);
const struct postgres_old_column *postgres_find_old(const struct postgres_old_table *old,
						    const char *name);

/* Make one, or bring it up to date.  Returns 0 or -1. */
int postgres_make_table(struct postgres_store *store, struct postgres_table *table);

/* ---- make_view.c ---- */

/* Returns 0 or -1. */
int postgres_make_view(struct postgres_store *store, const struct postgres_table *table,
		       const struct postgres_old_table *old);
int postgres_drop_view(struct postgres_store *store, const char *name);
int postgres_rename_view(struct postgres_store *store, const char *name);

/* ---- try_table.c ---- */

/* Could this be made, or brought up to date?  Returns 0, or -1 with the reason. */
int postgres_try_noted(struct postgres_store *store, const struct postgres_table *noted,
		       struct store_error *error);

/* Is there a table or view of that name that is none of ours?  Returns 1, 0 or -1. */
int postgres_is_taken(struct postgres_store *store, const char *name);
/* Say so.  Returns -1. */
int postgres_refuse_taken(const struct postgres_store *store, const char *name,
			  struct store_error *error);

/* ---- rekey.c ---- */

/* Names of the key's columns, as a JSON array: what the column "row key" has as its comment.  Freed
 * by the caller; NULL: it has no key. */
char *postgres_key_names(const struct postgres_table *table);

/* Does a table have another key than it is to have, or one of other types? */
bool postgres_has_other_key(const struct postgres_table *table,
			    const struct postgres_old_table *old);

/* Have each row have the key that it is to have.  Returns 0 or -1. */
int postgres_rekey(struct postgres_store *store, struct postgres_table *table,
		   const struct postgres_old_table *old);

/* Why rows cannot stand beside each other. */
void postgres_tell_equal_rows(const char *name, struct store_error *error);

#endif
