#include "store/sqlite/internal.h"

/*
 * Rows that belong to rows of a parent go with the page, as all rows do.  Where the parent has a
 * key they also go when the parent's row moves: who shows it again gives it others.  A trigger does
 * it, in this connection alone, for only the statement that moves a row knows where it was; an
 * index on the parent's number finds them.
 *
 * An earlier sight's are written before a later one moves its row, for rows are written in the
 * order that they come in, a table at a time (rows.c).
 */

/* May a row of this table leave its page, or go, while the page stays? */
static bool may_move(const struct store_table *table)
{
	return table->key_count > 0 || (table->parent && may_move(table->parent));
}

char *sqlite_child_key_sql(const struct store_table *table)
{
	if (!may_move(table->parent))
		return NULL;
	return sqlite3_mprintf("CREATE INDEX \"" STORE_KEY_PREFIX "%w\" ON \"" STORE_ROWS_PREFIX
			       "%w\" (\"" STORE_PARENT_COLUMN "\")",
			       table->name, table->name);
}

/* When does a row of this table leave those that belong to it behind? */
static const char *event_of(const struct store_table *parent)
{
	return parent->key_count > 0 ? "UPDATE OF \"" STORE_ROW_COLUMN "\"" : "DELETE";
}

int sqlite_follow_parent(struct sqlite_store *store, const struct store_table *table)
{
	const long long mask = STORE_ROWS_MAX - 1;
	sqlite3_str *sql;
	char *text;
	int result;

	if (!table->parent || !may_move(table->parent))
		return 0;
	sql = sqlite3_str_new(NULL);
	sqlite3_str_appendf(
		sql,
		"CREATE TEMP TRIGGER \"follow %w\" AFTER %s ON main.\"" STORE_ROWS_PREFIX "%w\"",
		table->name, event_of(table->parent), table->parent->name);
	if (table->parent->key_count > 0)
		sqlite3_str_appendall(sql, " WHEN old.\"" STORE_ROW_COLUMN
					   "\" <> new.\"" STORE_ROW_COLUMN "\"");
	sqlite3_str_appendf(sql,
			    " BEGIN DELETE FROM \"" STORE_ROWS_PREFIX
			    "%w\" WHERE \"" STORE_PARENT_COLUMN "\" = old.\"" STORE_ROW_COLUMN
			    "\" & %lld AND \"" STORE_ROW_COLUMN "\" BETWEEN old.\"" STORE_ROW_COLUMN
			    "\" & ~%lld AND old.\"" STORE_ROW_COLUMN "\" | %lld; END",
			    table->name, mask, mask, mask);
	text = sqlite3_str_finish(sql);
	result = sqlite_execute(store, text);
	sqlite3_free(text);
	return result;
}

int sqlite_remove_orphans(struct sqlite_store *store, const struct store_table *table)
{
	char *sql;
	int result;

	if (!table->parent || !store->has_merged)
		return 0;
	sql = sqlite3_mprintf("DELETE FROM \"" STORE_ROWS_PREFIX "%w\" WHERE (\"" STORE_ROW_COLUMN
			      "\" & ~%lld) + \"" STORE_PARENT_COLUMN
			      "\" NOT IN (SELECT \"" STORE_ROW_COLUMN "\" FROM \"" STORE_ROWS_PREFIX
			      "%w\")",
			      table->name, (long long)STORE_ROWS_MAX - 1, table->parent->name);
	result = sqlite_execute(store, sql);
	sqlite3_free(sql);
	return result;
}
