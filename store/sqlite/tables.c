#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

/*
 * The table of a pattern is three things:
 *
 *	"crawl_rows_NAME"	the rows, by the page's id and the row's place on the page
 *	"crawl_key_NAME"	the unique index of its key, if it has one; or of the parent's
 *				number, if that one's rows may move (children.c)
 *	NAME			a view: page_url, of a child parent, n, the fields
 *
 * Names are the user's: any bytes, compared without case as SQLite does, and written into
 * SQL only through %w within double quotes.
 */

#define TYPE_BYTES_MAX 16

const char *sqlite_type_of(enum store_kind kind)
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

/* What stands behind the type.  SQLite knows no type for JSON in strict tables, but keeps this. */
const char *sqlite_mark_of(enum store_kind kind)
{
	return kind == STORE_JSON ? " " STORE_JSON_MARK : "";
}

bool sqlite_is_marked(const char *sql, const char *column)
{
	char *mark = sqlite3_mprintf("\"%w\" TEXT " STORE_JSON_MARK, column);
	bool is_marked = mark && strstr(sql, mark);

	sqlite3_free(mark);
	return is_marked;
}

/* ---- SQL ---- */

static void put_columns(sqlite3_str *sql, const struct store_table *table, const char *before)
{
	for (size_t i = 0; i < table->column_count; i++)
		sqlite3_str_appendf(sql, ", %s\"%w\"", before, table->columns[i].name);
}

int sqlite_execute_str(struct sqlite_store *store, sqlite3_str *sql)
{
	char *text = sqlite3_str_finish(sql);
	int result = sqlite_execute(store, text);

	sqlite3_free(text);
	return result;
}

static sqlite3_stmt *prepare_str(struct sqlite_store *store, sqlite3_str *sql)
{
	char *text = sqlite3_str_finish(sql);
	sqlite3_stmt *statement = sqlite_prepare(store, text);

	sqlite3_free(text);
	return statement;
}

/* The SQL that made a thing called prefix and name, or NULL, also if the store failed.  Freed by
 * the caller. */
static char *find_sql(struct sqlite_store *store, const char *type, const char *prefix,
		      const char *name)
{
	sqlite3_stmt *find = sqlite_prepare(
		store, "SELECT sql FROM sqlite_schema WHERE (?1 IS NULL OR type = ?1)"
		       " AND name = ?2 || ?3 COLLATE NOCASE");

	if (!find)
		return NULL;
	sqlite_bind_string(find, 1, type);
	sqlite_bind_string(find, 2, prefix);
	sqlite_bind_string(find, 3, name);
	return sqlite_take_text(store, find);
}

/* ---- crawl_rows_NAME ---- */

static int create_rows(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql,
			    "CREATE TABLE \"" STORE_ROWS_PREFIX "%w\" (\"" STORE_ROW_COLUMN
			    "\" INTEGER PRIMARY KEY",
			    table->name);
	for (size_t i = 0; i < table->column_count; i++)
		sqlite3_str_appendf(sql, ", \"%w\" %s%s", table->columns[i].name,
				    sqlite_type_of(table->columns[i].kind),
				    sqlite_mark_of(table->columns[i].kind));
	sqlite3_str_appendall(sql, ") STRICT");
	return sqlite_execute_str(store, sql);
}

static int add_column(struct sqlite_store *store, const struct store_table *table,
		      const struct store_column *column)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "ALTER TABLE \"" STORE_ROWS_PREFIX "%w\" ADD COLUMN \"%w\" %s%s",
			    table->name, column->name, sqlite_type_of(column->kind),
			    sqlite_mark_of(column->kind));
	return sqlite_execute_str(store, sql);
}

/* The type of a column that is there, or "".  Returns 0 or -1. */
static int find_type(struct sqlite_store *store, const char *table, const char *column,
		     char type[TYPE_BYTES_MAX])
{
	sqlite3_stmt *find = sqlite_prepare(store, "SELECT type FROM pragma_table_info(?3 || ?1)"
						   " WHERE name = ?2 COLLATE NOCASE");
	int step;

	type[0] = '\0';
	if (!find)
		return -1;
	sqlite_bind_string(find, 1, table);
	sqlite_bind_string(find, 2, column);
	sqlite_bind_string(find, 3, store->rows_prefix);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW)
		snprintf(type, TYPE_BYTES_MAX, "%s", sqlite3_column_text(find, 0));
	return sqlite_end_scan(store, find, step);
}

/* One column of the pattern: is it there? */
static int update_column(struct sqlite_store *store, const struct store_table *table,
			 const struct store_column *column)
{
	char type[TYPE_BYTES_MAX];

	if (find_type(store, table->name, column->name, type))
		return -1;
	return type[0] == '\0' ? add_column(store, table, column) : 0;
}

/* A table, view or index of that name that is none of ours.  Returns whether there is one. */
static bool is_taken(struct sqlite_store *store, const struct store_table *table,
		     struct store_error *error)
{
	char *other = find_sql(store, NULL, "", table->name);

	if (!other)
		return false;
	sqlite3_free(other);
	error->cure = STORE_CURE_NONE;
	snprintf(error->text, STORE_ERROR_MAX,
		 "%s has a table %s that no pattern made: rename the pattern", store->path,
		 table->name);
	return true;
}

static int update_columns(struct sqlite_store *store, const struct store_table *table)
{
	int others = sqlite_has_other_types(store, table);

	if (others < 0 || (others > 0 && sqlite_rebuild_rows(store, table)))
		return -1;
	for (size_t i = 0; i < table->column_count; i++)
		if (update_column(store, table, &table->columns[i]))
			return -1;
	return 0;
}

static int update_rows(struct sqlite_store *store, const struct store_table *table)
{
	char *rows = find_sql(store, "table", STORE_ROWS_PREFIX, table->name);
	struct store_error error;

	if (rows) {
		sqlite3_free(rows);
		return update_columns(store, table);
	}
	if (is_taken(store, table, &error))
		return store_fail(&store->base, error.cure, "%s", error.text);
	return create_rows(store, table);
}

/* ---- crawl_key_NAME ---- */

/* NULL: none is needed. */
static char *key_sql(const struct store_table *table)
{
	sqlite3_str *sql;

	if (table->parent)
		return sqlite_child_key_sql(table);
	if (table->key_count == 0)
		return NULL;
	sql = sqlite3_str_new(NULL);
	sqlite3_str_appendf(sql,
			    "CREATE UNIQUE INDEX \"" STORE_KEY_PREFIX "%w\" ON \"" STORE_ROWS_PREFIX
			    "%w\" (",
			    table->name, table->name);
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, "%s\"%w\"", i ? ", " : "", table->key[i]);
	sqlite3_str_appendall(sql, ")");
	return sqlite3_str_finish(sql);
}

static int drop_key(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "DROP INDEX \"" STORE_KEY_PREFIX "%w\"", table->name);
	return sqlite_execute_str(store, sql);
}

static void tell_equal_rows(const struct store_table *table, struct store_error *error)
{
	error->cure = STORE_CURE_START_OVER;
	snprintf(error->text, STORE_ERROR_MAX,
		 "%s has rows equal in its new key: reparse it, or start over", table->name);
}

static int create_key(struct sqlite_store *store, const struct store_table *table, const char *sql)
{
	struct store_error error;

	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	if (sqlite3_errcode(store->db) != SQLITE_CONSTRAINT)
		return sqlite_fail(store);
	tell_equal_rows(table, &error);
	return store_fail(&store->base, error.cure, "%s", error.text);
}

static int update_key(struct sqlite_store *store, const struct store_table *table)
{
	char *old = find_sql(store, "index", STORE_KEY_PREFIX, table->name);
	char *new = key_sql(table);
	bool is_same = old && new ? ascii_equal(slice_of(old), slice_of(new)) : !old && !new;
	int result = 0;

	if (!is_same && old)
		result = drop_key(store, table);
	if (!is_same && table->key_count > 0 && table->merges_equal && result == 0)
		result = sqlite_merge_equal(store, table);
	if (!is_same && new &&result == 0)
		result = create_key(store, table, new);
	sqlite3_free(old);
	sqlite3_free(new);
	return result;
}

/* As the column will be: its type may be another by then. */
static void put_key_column(sqlite3_str *sql, const struct store_table *table, size_t index)
{
	const struct store_column *column =
		store_find_column(table->columns, table->column_count, table->key[index]);

	sqlite_put_converted(sql, column->name, column->kind);
}

/* Are there rows that a new key would not let stand beside each other?  NULL equals nothing. */
static int count_equal_rows(struct sqlite_store *store, const struct store_table *table,
			    int64_t *count)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);
	char *text;
	int result;

	sqlite3_str_appendf(sql, "SELECT count(*) FROM (SELECT 1 FROM \"%w%w\" WHERE 1",
			    store->rows_prefix, table->name);
	for (size_t i = 0; i < table->key_count; i++) {
		sqlite3_str_appendall(sql, " AND ");
		put_key_column(sql, table, i);
		sqlite3_str_appendall(sql, " IS NOT NULL");
	}
	for (size_t i = 0; i < table->key_count; i++) {
		sqlite3_str_appendall(sql, i ? ", " : " GROUP BY ");
		put_key_column(sql, table, i);
	}
	sqlite3_str_appendall(sql, " HAVING count(*) > 1 LIMIT 1)");
	text = sqlite3_str_finish(sql);
	result = sqlite_number(store, text, NULL, count);
	sqlite3_free(text);
	return result;
}

/* Is every column of the key there?  One that is not is NULL in every row. */
static bool has_key_columns(struct sqlite_store *store, const struct store_table *table)
{
	char type[TYPE_BYTES_MAX];

	for (size_t i = 0; i < table->key_count; i++) {
		if (find_type(store, table->name, table->key[i], type) || type[0] == '\0')
			return false;
	}
	return true;
}

static int try_key(struct sqlite_store *store, const struct store_table *table,
		   struct store_error *error)
{
	char *old = find_sql(store, "index", STORE_KEY_PREFIX, table->name);
	char *new = key_sql(table);
	bool is_new = new && (!old || !ascii_equal(slice_of(old), slice_of(new)) ||
			      sqlite_has_other_types(store, table) > 0);
	int64_t count = 0;

	sqlite3_free(old);
	sqlite3_free(new);
	if (!is_new || table->key_count == 0 || !has_key_columns(store, table))
		return 0;
	if (count_equal_rows(store, table, &count))
		return -1;
	if (count > 0)
		tell_equal_rows(table, error);
	return count > 0 ? -1 : 0;
}

static int try_table(struct sqlite_store *store, const struct store_table *table,
		     struct store_error *error)
{
	char *rows = find_sql(store, "table", store->rows_prefix, table->name);

	sqlite3_free(rows);
	if (!rows)
		return is_taken(store, table, error) ? -1 : 0;
	return try_key(store, table, error);
}

int sqlite_try_table(struct store *door, const struct store_table *table, struct store_error *error)
{
	int result;

	*error = (struct store_error){ .cure = STORE_CURE_NONE };
	if (store_check_table(table, error->text))
		return -1;
	result = try_table(sqlite_of(door), table, error);
	if (!door->has_failed)
		return result;
	*error = door->error; /* it could not be read */
	return -1;
}

/* ---- NAME ---- */

static void put_view_column(sqlite3_str *sql, const char *name)
{
	sqlite3_str_appendf(sql, ", r.\"%w\" AS \"%w\"", name, name);
}

/* Columns of earlier patterns come last: what was stored stays visible. */
static int put_old_columns(struct sqlite_store *store, const struct store_table *table,
			   sqlite3_str *sql)
{
	sqlite3_stmt *columns = sqlite_prepare(
		store, "SELECT name FROM pragma_table_info('" STORE_ROWS_PREFIX "' || ?1)"
		       " ORDER BY cid LIMIT -1 OFFSET 1");
	int step;

	if (!columns)
		return -1;
	sqlite_bind_string(columns, 1, table->name);
	while ((step = sqlite3_step(columns)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(columns, 0);

		if (!store_find_column(table->columns, table->column_count, name))
			put_view_column(sql, name);
	}
	return sqlite_end_scan(store, columns, step);
}

/* An outer join, so that rows come in the order they are stored in: by page, then by n. */
static char *view_sql(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);
	size_t first = table->parent ? 1 : 0; /* what belongs to a row says first to which */
	int result;

	sqlite3_str_appendf(sql, "CREATE VIEW \"%w\" AS SELECT u.url AS page_url", table->name);
	if (table->parent)
		put_view_column(sql, STORE_PARENT_COLUMN);
	sqlite3_str_appendf(sql, ", r.\"" STORE_ROW_COLUMN "\" & %lld AS n",
			    (long long)STORE_ROWS_MAX - 1);
	for (size_t i = first; i < table->column_count; i++)
		put_view_column(sql, table->columns[i].name);
	result = put_old_columns(store, table, sql);
	sqlite3_str_appendf(sql,
			    " FROM \"" STORE_ROWS_PREFIX
			    "%w\" r LEFT JOIN urls u ON u.id = r.\"" STORE_ROW_COLUMN "\" >> %d",
			    table->name, SQLITE_ROW_BITS);
	if (result) {
		sqlite3_free(sqlite3_str_finish(sql));
		return NULL;
	}
	return sqlite3_str_finish(sql);
}

static int drop_view(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql, "DROP VIEW \"%w\"", table->name);
	return sqlite_execute_str(store, sql);
}

static int update_view(struct sqlite_store *store, const struct store_table *table)
{
	char *old = find_sql(store, "view", "", table->name);
	char *new = view_sql(store, table);
	bool is_same = old && new &&strcmp(old, new) == 0;
	int result = new ? 0 : -1;

	if (!is_same && old && result == 0)
		result = drop_view(store, table);
	if (!is_same && result == 0)
		result = sqlite_execute(store, new);
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
	sqlite3_str_appendall(sql, ") DO UPDATE SET (\"" STORE_ROW_COLUMN "\"");
	put_columns(sql, table, "");
	sqlite3_str_appendall(sql, ") = (excluded.\"" STORE_ROW_COLUMN "\"");
	put_columns(sql, table, "excluded.");
	sqlite3_str_appendall(sql, ")");
}

/* What an INSERT of rows says before and after its values. */
static void describe_add(struct rows_table *added, const struct store_table *table)
{
	sqlite3_str *columns = sqlite3_str_new(NULL), *upsert = sqlite3_str_new(NULL);

	put_columns(columns, table, "");
	if (table->key_count > 0)
		put_upsert(upsert, table);
	added->columns = sqlite3_str_finish(columns);
	added->upsert = sqlite3_str_finish(upsert);
}

sqlite3_stmt *sqlite_add_rows(struct sqlite_store *store, struct rows_table *table, unsigned count)
{
	sqlite3_str *sql;

	if (table->add[count - 1])
		return table->add[count - 1];
	sql = sqlite3_str_new(store->db);
	sqlite3_str_appendf(
		sql, "INSERT INTO \"" STORE_ROWS_PREFIX "%w\" (\"" STORE_ROW_COLUMN "\"%s) VALUES",
		table->name, table->columns ? table->columns : "");
	for (unsigned row = 0; row < count; row++) {
		sqlite3_str_appendall(sql, row > 0 ? ", (?" : " (?");
		for (size_t i = 0; i < table->column_count; i++)
			sqlite3_str_appendall(sql, ", ?");
		sqlite3_str_appendall(sql, ")");
	}
	if (table->upsert)
		sqlite3_str_appendall(sql, table->upsert);
	table->add[count - 1] = prepare_str(store, sql);
	store->prepared_values += count * (table->column_count + 1);
	return table->add[count - 1];
}

static sqlite3_stmt *prepare_clear(struct sqlite_store *store, const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendf(sql,
			    "DELETE FROM \"" STORE_ROWS_PREFIX "%w\" WHERE \"" STORE_ROW_COLUMN
			    "\" BETWEEN ?1 AND ?2",
			    table->name);
	return prepare_str(store, sql);
}

sqlite3_stmt *sqlite_any_row(struct sqlite_store *store, struct rows_table *table)
{
	sqlite3_str *sql;

	if (table->any)
		return table->any;
	sql = sqlite3_str_new(store->db);
	sqlite3_str_appendf(sql,
			    "SELECT EXISTS (SELECT 1 FROM \"" STORE_ROWS_PREFIX
			    "%w\" WHERE \"" STORE_ROW_COLUMN "\" BETWEEN ?1 AND ?2)",
			    table->name);
	table->any = prepare_str(store, sql);
	return table->any;
}

static int find_last_row(struct sqlite_store *store, const struct store_table *table,
			 int64_t *last_row)
{
	char *sql = sqlite3_mprintf("SELECT coalesce(max(\"" STORE_ROW_COLUMN
				    "\"), 0) FROM \"" STORE_ROWS_PREFIX "%w\"",
				    table->name);
	int result = sqlite_number(store, sql, NULL, last_row);

	sqlite3_free(sql);
	return result;
}

static int find_trigger(struct sqlite_store *store, const struct store_table *table,
			bool *has_trigger)
{
	int64_t count = 0;
	int result = sqlite_number(store,
				   "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"
				   " AND tbl_name = '" STORE_ROWS_PREFIX "' || ?1 COLLATE NOCASE",
				   table->name, &count);

	*has_trigger = count > 0;
	return result;
}

/* Returns the handle, or 0. */
static int add_table(struct sqlite_store *store, const struct store_table *table)
{
	struct rows_table added = { .column_count = table->column_count };
	struct rows_table *tables;

	added.clear = prepare_clear(store, table);
	if (!added.clear || find_last_row(store, table, &added.last_row) ||
	    find_trigger(store, table, &added.has_trigger)) {
		sqlite3_finalize(added.clear);
		return 0;
	}
	added.name = memory_text(table->name, strlen(table->name));
	describe_add(&added, table);
	added.history = table->has_history ? sqlite_history_sql(table) : NULL;
	tables = memory_resize(store->tables, (size_t)(store->table_count + 1) * sizeof(*tables));
	store->tables = tables;
	store->tables[store->table_count++] = added;
	return store->table_count;
}

static int check_others(struct sqlite_store *store, const struct store_table *table)
{
	if (store->table_count >= SQLITE_TABLES_MAX)
		return store_fail(&store->base, STORE_CURE_NONE, "more than %d patterns",
				  SQLITE_TABLES_MAX);
	for (int i = 0; i < store->table_count; i++)
		if (ascii_equal(slice_of(store->tables[i].name), slice_of(table->name)))
			return store_fail(&store->base, STORE_CURE_NONE,
					  "patterns %s and %s differ only in case: rename one",
					  store->tables[i].name, table->name);
	return 0;
}

int sqlite_put_table(struct store *door, const struct store_table *table)
{
	struct sqlite_store *store = sqlite_of(door);
	char error[STORE_ERROR_MAX];

	if (store_check_table(table, error)) {
		store_fail(&store->base, STORE_CURE_NONE, "%s", error);
		return 0;
	}
	if (check_others(store, table) || sqlite_begin(store))
		return 0;
	if (update_rows(store, table) || update_key(store, table) || update_view(store, table) ||
	    sqlite_remove_orphans(store, table) || sqlite_follow_parent(store, table))
		return 0;
	return add_table(store, table);
}
