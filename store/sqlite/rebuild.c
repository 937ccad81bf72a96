#include "store/sqlite/internal.h"

#include <string.h>

/*
 * A table whose columns are to have other types, or whose rows are to have another key, than they
 * were written with.  SQLite changes neither in place: a table is copied, and takes the old one's
 * name; rows that a key forbids go before its index is made.
 */

#define REBUILT "crawl_rebuilt" /* what the new table is called until the old one is gone */

/* A column that is there. */
struct old_column {
	const char *name, *type; /* until the next one */
	bool is_marked;
	const struct store_column *now; /* of the pattern, or NULL: it has none any more */
};

/* The SQL of the table that is there; freed with sqlite3_free(). */
static char *sql_of(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_stmt *find =
		sqlite_prepare(store, "SELECT sql FROM sqlite_schema WHERE type = 'table'"
				      " AND name = '" STORE_ROWS_PREFIX "' || ?1 COLLATE NOCASE");

	if (!find)
		return NULL;
	sqlite_bind_string(find, 1, table->name);
	return sqlite_take_text(store, find);
}

/* Call function with each column but the row's id.  Returns 0, what it returned, or -1. */
static int each_column(struct sqlite_store *store, const struct store_table *table,
		       int (*function)(void *context, const struct old_column *column),
		       void *context)
{
	sqlite3_stmt *columns =
		sqlite_prepare(store, "SELECT name, type FROM pragma_table_info(?2 || ?1)"
				      " ORDER BY cid LIMIT -1 OFFSET 1");
	char *sql = columns ? sql_of(store, table) : NULL;
	int step = SQLITE_DONE, result = 0;

	if (!columns)
		return -1;
	sqlite_bind_string(columns, 1, table->name);
	sqlite_bind_string(columns, 2, store->rows_prefix);
	while (result == 0 && (step = sqlite3_step(columns)) == SQLITE_ROW) {
		struct old_column column = {
			.name = (const char *)sqlite3_column_text(columns, 0),
			.type = (const char *)sqlite3_column_text(columns, 1),
		};

		column.is_marked = sql && sqlite_is_marked(sql, column.name);
		column.now = store_find_column(table->columns, table->column_count, column.name);
		result = function(context, &column);
	}
	sqlite3_free(sql);
	return sqlite_end_scan(store, columns, step) ? -1 : result;
}

static bool is_of_type(const struct old_column *column)
{
	return strcmp(column->type, sqlite_type_of(column->now->kind)) == 0;
}

static int find_other(void *context, const struct old_column *column)
{
	(void)context;
	return column->now &&
	       (!is_of_type(column) || column->is_marked != (column->now->kind == STORE_JSON));
}

int sqlite_has_other_types(struct sqlite_store *store, const struct store_table *table)
{
	return each_column(store, table, find_other, NULL);
}

/* ---- the copy ---- */

struct copy {
	sqlite3_str *create, *insert;
};

/*
 * A value that means the same: a comparison with a number takes a text for one only if it is one
 * altogether.
 */
void sqlite_put_converted(sqlite3_str *sql, const char *name, enum store_kind kind)
{
	const char *type = sqlite_type_of(kind);

	if (strcmp(type, "TEXT") == 0)
		sqlite3_str_appendf(sql, "CAST(\"%w\" AS TEXT)", name);
	else
		sqlite3_str_appendf(sql,
				    "iif(\"%w\" = CAST(\"%w\" AS %s), CAST(\"%w\" AS %s), NULL)",
				    name, name, type, name, type);
}

static int copy_column(void *context, const struct old_column *column)
{
	struct copy *copy = context;
	const char *type = column->now ? sqlite_type_of(column->now->kind) : column->type;
	bool is_json = column->now ? column->now->kind == STORE_JSON : column->is_marked;

	sqlite3_str_appendf(copy->create, ", \"%w\" %s%s", column->name, type,
			    sqlite_mark_of(is_json ? STORE_JSON : STORE_TEXT));
	sqlite3_str_appendall(copy->insert, ", ");
	if (!column->now || is_of_type(column))
		sqlite3_str_appendf(copy->insert, "\"%w\"", column->name);
	else
		sqlite_put_converted(copy->insert, column->name, column->now->kind);
	return 0;
}

static int copy_rows(struct sqlite_store *store, const struct store_table *table)
{
	struct copy copy = { sqlite3_str_new(store->db), sqlite3_str_new(store->db) };
	int result;

	sqlite3_str_appendall(copy.create, "CREATE TABLE " REBUILT " (\"" STORE_ROW_COLUMN
					   "\" INTEGER PRIMARY KEY");
	sqlite3_str_appendall(copy.insert,
			      "INSERT INTO " REBUILT " SELECT \"" STORE_ROW_COLUMN "\"");
	result = each_column(store, table, copy_column, &copy);
	sqlite3_str_appendall(copy.create, ") STRICT");
	sqlite3_str_appendf(copy.insert, " FROM \"" STORE_ROWS_PREFIX "%w\"", table->name);
	return sqlite_execute_str(store, copy.create) || sqlite_execute_str(store, copy.insert)
		       ? -1
		       : result;
}

/* What a user has made on the table, as SQL: an index of his own.  NULL if there is nothing. */
static char *users_things(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_stmt *find = sqlite_prepare(
		store, "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE sql IS NOT NULL"
		       " AND type IN ('index', 'trigger')"
		       " AND tbl_name = '" STORE_ROWS_PREFIX "' || ?1 COLLATE NOCASE"
		       " AND name <> '" STORE_KEY_PREFIX "' || ?1 COLLATE NOCASE");

	if (!find)
		return NULL;
	sqlite_bind_string(find, 1, table->name);
	return sqlite_take_text(store, find);
}

/* The old way of renaming looks into no views: those of the user name the old table, too. */
static int take_its_place(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	int result;

	sqlite3_str_appendf(sql,
			    "DROP TABLE \"" STORE_ROWS_PREFIX "%w\";"
			    "ALTER TABLE " REBUILT " RENAME TO \"" STORE_ROWS_PREFIX "%w\"",
			    table->name, table->name);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1, (int *)NULL);
	result = sqlite_execute_str(store, sql);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0, (int *)NULL);
	return result;
}

int sqlite_rebuild_rows(struct sqlite_store *store, const struct store_table *table)
{
	char *things = users_things(store, table);
	int result = copy_rows(store, table) || take_its_place(store, table) ? -1 : 0;

	if (things && result == 0)
		result = sqlite_execute(store, things);
	sqlite3_free(things);
	return result;
}

/* ---- keys ---- */

int sqlite_merge_equal(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql,
			    "DELETE FROM \"" STORE_ROWS_PREFIX "%w\" WHERE \"" STORE_ROW_COLUMN
			    "\" IN (SELECT id FROM (SELECT t.\"" STORE_ROW_COLUMN
			    "\" AS id, row_number() OVER (PARTITION BY ",
			    table->name);
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, "%st.\"%w\"", i ? ", " : "", table->key[i]);
	sqlite3_str_appendf(sql,
			    " ORDER BY r.visit DESC, t.\"" STORE_ROW_COLUMN
			    "\" DESC) AS place FROM \"" STORE_ROWS_PREFIX
			    "%w\" t LEFT JOIN results r ON r.url_id = t.\"" STORE_ROW_COLUMN
			    "\" >> %d WHERE 1",
			    table->name, SQLITE_ROW_BITS);
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, " AND t.\"%w\" IS NOT NULL", table->key[i]);
	sqlite3_str_appendall(sql, ") WHERE place > 1)");
	if (sqlite_execute_str(store, sql))
		return -1;
	store->has_merged |= sqlite3_changes(store->db) > 0;
	return 0;
}
