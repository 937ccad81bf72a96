#include "store/copy.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "store/sqlite/internal.h"

#define TABLE_OF_MARKS "crawl_copy"

/* ---- SQL ---- */

/* The table, with its schema where its name says all. */
static void put_table(sqlite3_str *sql, const struct sqlite_store *store,
		      const struct store_copied *copied)
{
	if (copied->table)
		sqlite3_str_appendf(sql, "\"%w%w\"",
				    store->rows_prefix ? store->rows_prefix : STORE_ROWS_PREFIX,
				    copied->name);
	else
		sqlite3_str_appendf(sql, "\"%w\"", copied->name);
}

/* The number of a table: that of a page stands above the row's place there. */
static const char *number_of(const struct store_copied *copied)
{
	return copied->table ? "\"" STORE_ROW_COLUMN "\"" : copied->columns[0];
}

static void put_column(sqlite3_str *sql, const struct store_copied *copied, size_t i)
{
	if (copied->table && i == 0)
		sqlite3_str_appendf(sql, "\"" STORE_ROW_COLUMN "\" >> %d", SQLITE_ROW_BITS);
	else if (copied->table && i == 1)
		sqlite3_str_appendf(sql, "\"" STORE_ROW_COLUMN "\" & %lld",
				    (long long)STORE_ROWS_MAX - 1);
	else if (strcmp(copied->name, "runs") == 0 && strcmp(copied->columns[i], "ended") == 0)
		sqlite3_str_appendall(sql, "coalesce(ended, 'killed')"); /* nobody is at it */
	else
		sqlite3_str_appendf(sql, "\"%w\"", copied->columns[i]);
}

static sqlite3_stmt *prepare(struct sqlite_store *store, sqlite3_str *sql)
{
	char *text = sqlite3_str_finish(sql);
	sqlite3_stmt *statement = sqlite_prepare(store, text);

	sqlite3_free(text);
	return statement;
}

/* ---- from here ---- */

static int check(struct store *door)
{
	const struct sqlite_store *store = sqlite_of(door);

	if (!store_notice(door))
		return 0;
	return store_fail(door, STORE_CURE_NONE,
			  "%.200s is of an older crawl: crawl reparse brings it up to date",
			  store->path);
}

static sqlite3_stmt *select_rows(struct sqlite_store *store, const struct store_copied *copied,
				 int64_t after)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);
	sqlite3_stmt *rows;

	for (size_t i = 0; i < copied->count; i++) {
		sqlite3_str_appendall(sql, i > 0 ? ", " : "SELECT ");
		put_column(sql, copied, i);
	}
	sqlite3_str_appendall(sql, " FROM ");
	put_table(sql, store, copied);
	if (copied->is_keyed)
		sqlite3_str_appendf(sql, " WHERE %s > ?1 ORDER BY %s", number_of(copied),
				    number_of(copied));
	rows = prepare(store, sql);
	if (!rows || !copied->is_keyed)
		return rows;
	if (copied->table && after != STORE_COPY_BEGINNING) /* all rows of the page */
		after = after << SQLITE_ROW_BITS | (STORE_ROWS_MAX - 1);
	sqlite3_bind_int64(rows, 1, after);
	return rows;
}

static int each(struct store *door, const struct store_copied *copied, int64_t after,
		store_copy_row *function, void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	static struct store_value values[STORE_COPIED_COLUMNS_MAX];
	sqlite3_stmt *rows = select_rows(store, copied, after);
	int step;

	if (!rows)
		return -1;
	while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
		for (size_t i = 0; i < copied->count; i++)
			values[i] = sqlite_column_value(rows, (int)i, false);
		if (function(context, values) < 0)
			break;
	}
	return sqlite_end_scan(store, rows, step);
}

/* ---- patterns ---- */

/* What a pattern's table is, as store_put_table() takes it. */
struct described {
	struct store_column columns[STORE_COLUMNS_MAX + 1];
	const char *key[STORE_COLUMNS_MAX];
	struct store_table table;
};

static int read_columns(struct sqlite_store *store, struct described *described)
{
	sqlite3_stmt *find = sqlite_prepare(
		store, "SELECT name, type, (SELECT sql FROM sqlite_schema WHERE type = 'table'"
		       "  AND name = ?1 || ?2 COLLATE NOCASE) FROM pragma_table_info(?1 || ?2)"
		       " WHERE name <> '" STORE_ROW_COLUMN "' ORDER BY cid");
	struct store_table *table = &described->table;
	int step;

	if (!find)
		return -1;
	sqlite_bind_string(find, 1, store->rows_prefix);
	sqlite_bind_string(find, 2, table->name);
	while ((step = sqlite3_step(find)) == SQLITE_ROW &&
	       table->column_count < STORE_COLUMNS_MAX) {
		const char *name = (const char *)sqlite3_column_text(find, 0);
		const char *type = (const char *)sqlite3_column_text(find, 1);
		bool is_json = sqlite_is_marked((const char *)sqlite3_column_text(find, 2), name);

		described->columns[table->column_count++] = (struct store_column){
			memory_text(name, strlen(name)),
			is_json                        ? STORE_JSON
			: strcmp(type, "INTEGER") == 0 ? STORE_INTEGER
			: strcmp(type, "REAL") == 0    ? STORE_REAL
						       : STORE_TEXT,
		};
	}
	return sqlite_end_scan(store, find, step);
}

/* The columns of its unique index: of one that is not there they are none. */
static int read_key(struct sqlite_store *store, struct described *described)
{
	sqlite3_stmt *find = sqlite_prepare(
		store, "SELECT i.name FROM sqlite_schema s, pragma_index_info(s.name) i"
		       " WHERE s.type = 'index' AND s.name = '" STORE_KEY_PREFIX "' || ?1"
		       "  COLLATE NOCASE AND s.sql LIKE 'CREATE UNIQUE %' ORDER BY i.seqno");
	struct store_table *table = &described->table;
	int step;

	if (!find)
		return -1;
	sqlite_bind_string(find, 1, table->name);
	while ((step = sqlite3_step(find)) == SQLITE_ROW && table->key_count < STORE_COLUMNS_MAX) {
		const struct store_column *column =
			store_find_column(described->columns, table->column_count,
					  (const char *)sqlite3_column_text(find, 0));

		if (column)
			described->key[table->key_count++] = column->name;
	}
	return sqlite_end_scan(store, find, step);
}

static void forget(struct described *described)
{
	for (size_t i = 0; i < described->table.column_count; i++)
		free((void *)(uintptr_t)described->columns[i].name);
	free(described);
}

struct each_pattern {
	struct sqlite_store *store;
	int (*function)(void *context, const struct store_table *table);
	void *context;
	bool has_failed;
};

static int on_pattern(struct each_pattern *each, const char *name)
{
	static const struct store_table some_parent = { .name = STORE_PARENT_COLUMN };
	struct described *described = memory_new(1, sizeof(*described));
	struct store_table *table = &described->table;
	int result;

	*table = (struct store_table){ .name = name,
				       .columns = described->columns,
				       .key = described->key };
	result = read_columns(each->store, described) < 0 || read_key(each->store, described) < 0
			 ? -1
			 : 0;
	if (result == 0 && table->column_count > 0 && described->columns[0].kind == STORE_INTEGER &&
	    strcmp(described->columns[0].name, STORE_PARENT_COLUMN) == 0)
		table->parent = &some_parent;
	if (result == 0)
		result = each->function(each->context, table);
	forget(described);
	return result;
}

static int each_pattern(struct store *door,
			int (*function)(void *context, const struct store_table *table),
			void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	struct each_pattern each = { store, function, context, false };
	sqlite3_stmt *find = sqlite_prepare(
		store, "SELECT v.name FROM sqlite_schema v WHERE v.type = 'view' AND EXISTS"
		       " (SELECT 1 FROM sqlite_schema r WHERE r.type = 'table'"
		       "  AND r.name = ?1 || v.name COLLATE NOCASE) ORDER BY v.name");
	int step;

	if (!find)
		return -1;
	sqlite_bind_string(find, 1, store->rows_prefix);
	while ((step = sqlite3_step(find)) == SQLITE_ROW && !each.has_failed)
		each.has_failed = on_pattern(&each, (const char *)sqlite3_column_text(find, 0)) < 0;
	return sqlite_end_scan(store, find, step) < 0 || each.has_failed ? -1 : 0;
}

/* ---- to here ---- */

static int refuse(struct sqlite_store *store, const char *why)
{
	return store_fail(&store->base, STORE_CURE_START_OVER, "%.200s %s: begin anew", store->path,
			  why);
}

static int count_marks(struct sqlite_store *store, int64_t *marks)
{
	return sqlite_number(store,
			     "SELECT count(*) FROM sqlite_schema WHERE name = '" TABLE_OF_MARKS "'",
			     NULL, marks);
}

/* Marks of the source are there, or nothing is. */
static int begin(struct store *door, const char *source)
{
	struct sqlite_store *store = sqlite_of(door);
	int64_t marks = 0, same = 0, others = 0;
	char *sql;
	int result;

	if (count_marks(store, &marks))
		return -1;
	if (marks > 0 &&
	    sqlite_number(store,
			  "SELECT count(*) FROM " TABLE_OF_MARKS " WHERE name = '' AND source = ?1",
			  source, &same))
		return -1;
	if (marks > 0)
		return same > 0 ? 0 : refuse(store, "has an unfinished copy of another crawl");
	if (sqlite_number(store, "SELECT (SELECT count(*) FROM runs) + count(*) FROM urls", NULL,
			  &others))
		return -1;
	if (others > 0)
		return refuse(store, "holds a crawl already");
	sql = sqlite3_mprintf("CREATE TABLE " TABLE_OF_MARKS
			      " (name TEXT PRIMARY KEY, after INTEGER,"
			      " is_done INTEGER NOT NULL, source TEXT) STRICT, WITHOUT ROWID;"
			      "INSERT INTO " TABLE_OF_MARKS " VALUES ('', NULL, 0, %Q)",
			      source);
	result = sqlite_begin(store) || sqlite_execute(store, sql) || sqlite_commit(door) ? -1 : 0;
	sqlite3_free(sql);
	return result;
}

/* A pattern may be called as a table is: its mark is that of its rows. */
static char *mark_name(const struct store_copied *copied)
{
	return sqlite3_mprintf("%s%s", copied->table ? STORE_ROWS_PREFIX : "", copied->name);
}

static int get_mark(struct store *door, const struct store_copied *copied, int64_t *after)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find = sqlite_prepare(store, "SELECT after, is_done FROM " TABLE_OF_MARKS
						   " WHERE name = ?1");
	char *name = mark_name(copied);
	int step, is_done = 0;

	if (!find)
		return -1;
	sqlite_bind_string(find, 1, name);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW) {
		*after = sqlite3_column_int64(find, 0);
		is_done = sqlite3_column_int(find, 1);
	}
	step = sqlite_end_scan(store, find, step);
	sqlite3_free(name);
	return step < 0 ? -1 : is_done;
}

static int clear(struct store *door, const struct store_copied *copied)
{
	struct sqlite_store *store = sqlite_of(door);
	char *sql = sqlite3_mprintf("DELETE FROM \"%w\"", copied->name);
	int result = sqlite_begin(store) || sqlite_execute(store, sql) ? -1 : 0;

	sqlite3_free(sql);
	return result;
}

/* Rows of nodes may be told twice, where there is room for one. */
static sqlite3_stmt *insert_into(struct sqlite_store *store, const struct store_copied *copied)
{
	size_t first = copied->table ? 1 : 0; /* page and place are one number */
	sqlite3_str *sql = sqlite3_str_new(NULL);

	sqlite3_str_appendf(sql, "INSERT %sINTO ", copied->is_of_nodes ? "OR IGNORE " : "");
	put_table(sql, store, copied);
	for (size_t i = first; i < copied->count; i++) {
		sqlite3_str_appendall(sql, i > first ? ", " : " (");
		if (copied->table && i == first)
			sqlite3_str_appendall(sql, "\"" STORE_ROW_COLUMN "\"");
		else
			sqlite3_str_appendf(sql, "\"%w\"", copied->columns[i]);
	}
	for (size_t i = first; i < copied->count; i++)
		sqlite3_str_appendall(sql, i > first ? ", ?" : ") VALUES (?");
	sqlite3_str_appendall(sql, ")");
	return prepare(store, sql);
}

static int put(struct store *door, const struct store_copied *copied,
	       const struct store_value values[])
{
	struct sqlite_store *store = sqlite_of(door);
	size_t first = copied->table ? 2 : 0;
	int index = 1;

	if (sqlite_begin(store))
		return -1;
	if (!store->copying)
		store->copying = insert_into(store, copied);
	if (!store->copying)
		return -1;
	if (copied->table)
		sqlite3_bind_int64(store->copying, index++,
				   values[0].integer << SQLITE_ROW_BITS | values[1].integer);
	for (size_t i = first; i < copied->count; i++)
		sqlite_bind_value(store->copying, index++, &values[i]);
	return sqlite_write(store, store->copying);
}

/* The statement is of this table as long as it is copied. */
static int mark(struct store *door, const struct store_copied *copied, int64_t after, bool is_done)
{
	struct sqlite_store *store = sqlite_of(door);
	char *name = mark_name(copied);
	char *sql = sqlite3_mprintf("INSERT OR REPLACE INTO " TABLE_OF_MARKS
				    " VALUES (%Q, %lld, %d, NULL)",
				    name, (long long)after, is_done);
	int result =
		sqlite_begin(store) || sqlite_execute(store, sql) || sqlite_commit(door) ? -1 : 0;

	if (is_done) {
		sqlite3_finalize(store->copying);
		store->copying = NULL;
	}
	sqlite3_free(name);
	sqlite3_free(sql);
	return result;
}

static int64_t set_id(struct store *door, struct slice fields, int64_t number)
{
	(void)door;
	(void)fields;
	return number;
}

static int make_tables(struct store *door)
{
	return sqlite_commit(door);
}

static int end(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	return sqlite_begin(store) || sqlite_execute(store, "DROP TABLE " TABLE_OF_MARKS) ||
			       sqlite_commit(door)
		       ? -1
		       : 0;
}

/* ---- both ---- */

static int count(struct store *door, const struct store_copied *copied, int64_t *number)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_str *sql = sqlite3_str_new(NULL);
	char *text;
	int result;

	sqlite3_str_appendall(sql, "SELECT count(*) FROM ");
	put_table(sql, store, copied);
	text = sqlite3_str_finish(sql);
	result = sqlite_number(store, text, NULL, number);
	sqlite3_free(text);
	return result;
}

static int refuse_half(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find;
	int64_t marks = 0;

	if (count_marks(store, &marks))
		return -1;
	if (marks == 0)
		return 0;
	find = sqlite_prepare(store, "SELECT source FROM " TABLE_OF_MARKS " WHERE name = ''");
	if (!find)
		return -1;
	store_fail(
		door, STORE_CURE_NONE,
		"%.150s is a copy that has not ended: 'crawl copy %.150s %.150s' goes on, --fresh"
		" begins anew",
		store->path,
		sqlite3_step(find) == SQLITE_ROW ? (const char *)sqlite3_column_text(find, 0)
						 : "FROM",
		store->path);
	sqlite3_finalize(find);
	return -1;
}

const struct store_copier sqlite_copier = {
	.check = check,
	.each = each,
	.each_pattern = each_pattern,
	.begin = begin,
	.get_mark = get_mark,
	.clear = clear,
	.put = put,
	.mark = mark,
	.set_id = set_id,
	.make_tables = make_tables,
	.end = end,
	.refuse_half = refuse_half,
	.count = count,
};
