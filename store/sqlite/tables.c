#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * The table of a pattern is three things:
 *
 *	"rows of NAME"	the rows, by the page's id and the row's place on the page
 *	"key of NAME"	the unique index of its key, if it has one
 *	NAME		a view: page_url, n, the fields
 *
 * Names are the user's: any bytes, compared without case as SQLite does, and written into
 * SQL only through %w within double quotes.
 */

static const char *type_of(enum store_kind kind)
{
	switch (kind) {
	case STORE_INTEGER:
		return "INTEGER";
	case STORE_REAL:
		return "REAL";
	default:
		return "TEXT";
	}
}

/* The name a user knows the type by. */
static const char *word_for(const char *type)
{
	if (strcmp(type, "INTEGER") == 0)
		return "integer";
	return strcmp(type, "REAL") == 0 ? "real" : "text";
}

/* ---- is it well formed? ---- */

static const struct store_column *find_column(const struct store_table *table, const char *name,
					      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	return NULL;
}

const char *store_column_problem(struct slice name)
{
	static const char shown[] =
		"'page_url' and 'n' are columns of every table: give the field another name";
	static const struct {
		const char *name, *problem;
	} columns[] = {
		{ "page_url", shown },
		{ "n", shown },
		{ ROW_COLUMN,
		  "'" ROW_COLUMN "' is a column of every table: give the field another name" },
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (name.size == strlen(columns[i].name) &&
		    strncasecmp(name.at, columns[i].name, name.size) == 0)
			return columns[i].problem;
	return NULL;
}

static int check_column(const struct store_table *table, size_t index, char error[STORE_ERROR_MAX])
{
	const char *name = table->columns[index].name;
	const struct store_column *same = find_column(table, name, index);

	if (name[0] == '\0') {
		snprintf(error, STORE_ERROR_MAX, "%s has a field without a name", table->name);
		return -1;
	}
	if (store_column_problem(slice_of(name))) {
		snprintf(error, STORE_ERROR_MAX,
			 "field %s of %s has the name of a column that every table has: rename it",
			 name, table->name);
		return -1;
	}
	if (same) {
		snprintf(error, STORE_ERROR_MAX,
			 "fields %s and %s of %s are one column, for names differ in more than "
			 "case: rename one",
			 same->name, name, table->name);
		return -1;
	}
	return 0;
}

static int check_key(const struct store_table *table, char error[STORE_ERROR_MAX])
{
	for (size_t i = 0; i < table->key_count; i++) {
		if (!find_column(table, table->key[i], table->column_count)) {
			snprintf(error, STORE_ERROR_MAX, "key %s of %s is not a field of it",
				 table->key[i], table->name);
			return -1;
		}
	}
	return 0;
}

int store_check_table(const struct store_table *table, char error[STORE_ERROR_MAX])
{
	if (table->name[0] == '\0') {
		snprintf(error, STORE_ERROR_MAX, "a pattern needs a name");
		return -1;
	}
	if (store_name_is_reserved(table->name)) {
		snprintf(error, STORE_ERROR_MAX,
			 "a pattern cannot be called %s, which is a name of crawl's own: rename it",
			 table->name);
		return -1;
	}
	if (table->column_count > STORE_COLUMNS_MAX) {
		snprintf(error, STORE_ERROR_MAX, "%s has %zu fields, the limit is %d", table->name,
			 table->column_count, STORE_COLUMNS_MAX);
		return -1;
	}
	for (size_t i = 0; i < table->column_count; i++)
		if (check_column(table, i, error))
			return -1;
	return check_key(table, error);
}

/* ---- SQL ---- */

static void put_columns(sqlite3_str *sql, const struct store_table *table, const char *before)
{
	for (size_t i = 0; i < table->column_count; i++)
		sqlite3_str_appendf(sql, ", %s\"%w\"", before, table->columns[i].name);
}

static int execute_str(struct store *store, sqlite3_str *sql)
{
	char *text = sqlite3_str_finish(sql);
	int result = store_execute(store, text);

	sqlite3_free(text);
	return result;
}

static sqlite3_stmt *prepare_str(struct store *store, sqlite3_str *sql)
{
	char *text = sqlite3_str_finish(sql);
	sqlite3_stmt *statement = store_prepare(store, text);

	sqlite3_free(text);
	return statement;
}

/* The SQL that made a thing called prefix and name, or NULL.  Freed by the caller. */
static char *find_sql(struct store *store, const char *type, const char *prefix, const char *name)
{
	sqlite3_stmt *find =
		store_prepare(store, "SELECT sql FROM sqlite_schema WHERE (?1 IS NULL OR type = ?1)"
				     " AND name = ?2 || ?3 COLLATE NOCASE");
	char *sql = NULL;

	if (!find)
		return NULL;
	store_bind_string(find, 1, type);
	store_bind_string(find, 2, prefix);
	store_bind_string(find, 3, name);
	if (sqlite3_step(find) == SQLITE_ROW)
		sql = sqlite3_mprintf("%s", sqlite3_column_text(find, 0));
	sqlite3_finalize(find);
	return sql;
}

/* ---- "rows of NAME" ---- */

static int create_rows(struct store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql,
			    "CREATE TABLE \"" STORE_ROWS_PREFIX "%w\" (\"" ROW_COLUMN
			    "\" INTEGER PRIMARY KEY",
			    table->name);
	for (size_t i = 0; i < table->column_count; i++)
		sqlite3_str_appendf(sql, ", \"%w\" %s", table->columns[i].name,
				    type_of(table->columns[i].kind));
	sqlite3_str_appendall(sql, ") STRICT");
	return execute_str(store, sql);
}

static int add_column(struct store *store, const struct store_table *table,
		      const struct store_column *column)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "ALTER TABLE \"" STORE_ROWS_PREFIX "%w\" ADD COLUMN \"%w\" %s",
			    table->name, column->name, type_of(column->kind));
	return execute_str(store, sql);
}

/* One column of the pattern: is it there, and is it the same? */
static int update_column(struct store *store, const struct store_table *table,
			 const struct store_column *column)
{
	sqlite3_stmt *find = store_prepare(
		store, "SELECT type FROM pragma_table_info('" STORE_ROWS_PREFIX "' || ?1)"
		       " WHERE name = ?2 COLLATE NOCASE");
	char type[16] = "";
	int step;

	if (!find)
		return -1;
	store_bind_string(find, 1, table->name);
	store_bind_string(find, 2, column->name);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW)
		snprintf(type, sizeof(type), "%s", sqlite3_column_text(find, 0));
	if (store_end_scan(store, find, step))
		return -1;
	if (type[0] == '\0')
		return add_column(store, table, column);
	if (strcmp(type, type_of(column->kind)) == 0)
		return 0;
	return store_refuse(store,
			    "column %s of %s is %s in %s and %s in the pattern: rename the field, "
			    "or start over with --fresh",
			    column->name, table->name, word_for(type), store->path,
			    word_for(type_of(column->kind)));
}

static int update_rows(struct store *store, const struct store_table *table)
{
	char *rows = find_sql(store, "table", STORE_ROWS_PREFIX, table->name);
	char *other;

	if (rows) {
		sqlite3_free(rows);
		for (size_t i = 0; i < table->column_count; i++)
			if (update_column(store, table, &table->columns[i]))
				return -1;
		return 0;
	}
	other = find_sql(store, NULL, "", table->name);
	if (other) {
		sqlite3_free(other);
		return store_refuse(store,
				    "%s has a table %s that no pattern made: rename the pattern",
				    store->path, table->name);
	}
	return create_rows(store, table);
}

/* ---- "key of NAME" ---- */

static char *key_sql(const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);

	sqlite3_str_appendf(sql,
			    "CREATE UNIQUE INDEX \"" STORE_KEY_PREFIX "%w\" ON \"" STORE_ROWS_PREFIX
			    "%w\" (",
			    table->name, table->name);
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, "%s\"%w\"", i ? ", " : "", table->key[i]);
	sqlite3_str_appendall(sql, ")");
	return sqlite3_str_finish(sql);
}

static int drop_key(struct store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "DROP INDEX \"" STORE_KEY_PREFIX "%w\"", table->name);
	return execute_str(store, sql);
}

static int create_key(struct store *store, const struct store_table *table, const char *sql)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	if (sqlite3_errcode(store->db) != SQLITE_CONSTRAINT)
		return store_fail(store);
	return store_refuse(store,
			    "%s holds rows of %s that are equal in its new key: choose another "
			    "key, rename the pattern, or start over with --fresh",
			    store->path, table->name);
}

static int update_key(struct store *store, const struct store_table *table)
{
	char *old = find_sql(store, "index", STORE_KEY_PREFIX, table->name);
	char *new = table->key_count ? key_sql(table) : NULL;
	bool is_same = old && new ? strcasecmp(old, new) == 0 : !old && !new;
	int result = 0;

	if (!is_same && old)
		result = drop_key(store, table);
	if (!is_same && new &&result == 0)
		result = create_key(store, table, new);
	sqlite3_free(old);
	sqlite3_free(new);
	return result;
}

/* ---- NAME ---- */

/* Columns of earlier patterns come last: what was stored stays visible. */
static int put_old_columns(struct store *store, const struct store_table *table, sqlite3_str *sql)
{
	sqlite3_stmt *columns = store_prepare(
		store, "SELECT name FROM pragma_table_info('" STORE_ROWS_PREFIX "' || ?1)"
		       " ORDER BY cid LIMIT -1 OFFSET 1");
	int step;

	if (!columns)
		return -1;
	store_bind_string(columns, 1, table->name);
	while ((step = sqlite3_step(columns)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(columns, 0);

		if (!find_column(table, name, table->column_count))
			sqlite3_str_appendf(sql, ", r.\"%w\" AS \"%w\"", name, name);
	}
	return store_end_scan(store, columns, step);
}

/* An outer join, so that rows come in the order they are stored in: by page, then by n. */
static char *view_sql(struct store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);
	int result;

	sqlite3_str_appendf(sql,
			    "CREATE VIEW \"%w\" AS SELECT u.url AS page_url, r.\"" ROW_COLUMN
			    "\" & %lld AS n",
			    table->name, (long long)STORE_ROWS_MAX - 1);
	for (size_t i = 0; i < table->column_count; i++)
		sqlite3_str_appendf(sql, ", r.\"%w\" AS \"%w\"", table->columns[i].name,
				    table->columns[i].name);
	result = put_old_columns(store, table, sql);
	sqlite3_str_appendf(sql,
			    " FROM \"" STORE_ROWS_PREFIX
			    "%w\" r LEFT JOIN urls u ON u.id = r.\"" ROW_COLUMN "\" >> %d",
			    table->name, STORE_ROW_BITS);
	if (result) {
		sqlite3_free(sqlite3_str_finish(sql));
		return NULL;
	}
	return sqlite3_str_finish(sql);
}

static int drop_view(struct store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "DROP VIEW \"%w\"", table->name);
	return execute_str(store, sql);
}

static int update_view(struct store *store, const struct store_table *table)
{
	char *old = find_sql(store, "view", "", table->name);
	char *new = view_sql(store, table);
	bool is_same = old && new &&strcmp(old, new) == 0;
	int result = new ? 0 : -1;

	if (!is_same && old && result == 0)
		result = drop_view(store, table);
	if (!is_same && result == 0)
		result = store_execute(store, new);
	sqlite3_free(old);
	sqlite3_free(new);
	return result;
}

/* ---- writing rows ---- */

/* A row whose key was seen belongs to the page that showed it last: so it always changes. */
static void put_upsert(sqlite3_str *sql, const struct store_table *table)
{
	sqlite3_str_appendall(sql, " ON CONFLICT (");
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, "%s\"%w\"", i ? ", " : "", table->key[i]);
	sqlite3_str_appendall(sql, ") DO UPDATE SET (\"" ROW_COLUMN "\"");
	put_columns(sql, table, "");
	sqlite3_str_appendall(sql, ") = (excluded.\"" ROW_COLUMN "\"");
	put_columns(sql, table, "excluded.");
	sqlite3_str_appendall(sql, ")");
}

static sqlite3_stmt *prepare_add(struct store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "INSERT INTO \"" STORE_ROWS_PREFIX "%w\" (\"" ROW_COLUMN "\"",
			    table->name);
	put_columns(sql, table, "");
	sqlite3_str_appendall(sql, ") VALUES (?");
	for (size_t i = 0; i < table->column_count; i++)
		sqlite3_str_appendall(sql, ", ?");
	sqlite3_str_appendall(sql, ")");
	if (table->key_count > 0)
		put_upsert(sql, table);
	return prepare_str(store, sql);
}

static sqlite3_stmt *prepare_clear(struct store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql,
			    "DELETE FROM \"" STORE_ROWS_PREFIX "%w\" WHERE \"" ROW_COLUMN
			    "\" BETWEEN ?1 AND ?2",
			    table->name);
	return prepare_str(store, sql);
}

/* Returns the handle, or 0. */
static int add_table(struct store *store, const struct store_table *table)
{
	struct rows_table added = { .column_count = table->column_count };
	struct rows_table *tables;

	added.add = prepare_add(store, table);
	added.clear = prepare_clear(store, table);
	if (!added.add || !added.clear)
		return 0;
	added.name = strdup(table->name);
	tables = realloc(store->tables, (size_t)(store->table_count + 1) * sizeof(*tables));
	if (!added.name || !tables)
		abort();
	store->tables = tables;
	store->tables[store->table_count++] = added;
	return store->table_count;
}

static int check_others(struct store *store, const struct store_table *table)
{
	if (store->table_count >= STORE_TABLES_MAX)
		return store_refuse(store, "more than %d patterns", STORE_TABLES_MAX);
	for (int i = 0; i < store->table_count; i++)
		if (strcasecmp(store->tables[i].name, table->name) == 0)
			return store_refuse(store,
					    "patterns %s and %s would be one table, for names "
					    "differ in more than case: rename one",
					    store->tables[i].name, table->name);
	return 0;
}

int store_table(struct store *store, const struct store_table *table)
{
	char error[STORE_ERROR_MAX];

	if (store_check_table(table, error)) {
		store_refuse(store, "%s", error);
		return 0;
	}
	if (check_others(store, table) || store_begin(store))
		return 0;
	if (update_rows(store, table) || update_key(store, table) || update_view(store, table))
		return 0;
	return add_table(store, table);
}
