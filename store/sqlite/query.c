#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/* ---- what is wrong with a statement ---- */

static int refuse_name(struct sqlite_store *store, const char *table)
{
	struct store *door = &store->base;

	snprintf(door->missing_table, sizeof(door->missing_table), "%s", table);
	snprintf(door->error.text, sizeof(door->error.text), "%s has no table %.128s", store->path,
		 table);
	return -1;
}

/* What no other query would be spared. */
static bool is_of_the_file(int code)
{
	static const int codes[] = { SQLITE_CORRUPT, SQLITE_NOTADB,   SQLITE_IOERR, SQLITE_FULL,
				     SQLITE_BUSY,    SQLITE_CANTOPEN, SQLITE_LOCKED };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (code == codes[i])
			return true;
	}
	return false;
}

static int complain(struct sqlite_store *store, const char *reason)
{
	snprintf(store->base.error.text, sizeof(store->base.error.text), "%s", reason);
	return -1;
}

/* A query's error ends the query only: the store can be asked again. */
static int refuse_query(struct sqlite_store *store, const char *sql)
{
	static const char no_table[] = "no such table: ";
	const char *reason = sqlite3_errmsg(store->db);
	int offset = sqlite3_error_offset(store->db);

	if (is_of_the_file(sqlite3_errcode(store->db)))
		return sqlite_fail(store);
	if (sqlite3_errcode(store->db) == SQLITE_AUTH)
		return complain(store,
				store->wants_cookies ? STORE_NO_COOKIES : STORE_ONLY_QUERIES);
	if (strncmp(reason, no_table, sizeof(no_table) - 1) == 0)
		return refuse_name(store, reason + sizeof(no_table) - 1);
	snprintf(store->base.error.text, sizeof(store->base.error.text), "%.300s", reason);
	if (offset >= 0 && (size_t)offset <= strlen(sql))
		store_append_caret(store->base.error.text, sql, (size_t)offset);
	return -1;
}

/* Is there nothing but white space, comments and semicolons? */
static bool is_blank(struct sqlite_store *store, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	bool is_empty;

	while (*sql) {
		const char *tail = sql;

		is_empty = sqlite3_prepare_v2(store->db, sql, -1, &statement, &tail) == SQLITE_OK &&
			   !statement;
		sqlite3_finalize(statement);
		if (!is_empty)
			return false;
		if (tail == sql)
			break;
		sql = tail;
	}
	return true;
}

/* ---- its rows ---- */

struct answer {
	struct store_answer shown;
	bool *are_json;
	const char **columns;
	struct store_value *values;
};

/* Is it a column of a pattern's table, and marked there?  Views and subqueries are seen through. */
static bool is_json_column(sqlite3_stmt *query, int index)
{
	const char *table = sqlite3_column_table_name(query, index);
	const char *column = sqlite3_column_origin_name(query, index);
	sqlite3_stmt *find = NULL;
	bool is_marked = false;

	if (!table || !column ||
	    (strncmp(table, STORE_ROWS_PREFIX, sizeof(STORE_ROWS_PREFIX) - 1) != 0 &&
	     strncmp(table, STORE_OLD_ROWS_PREFIX, sizeof(STORE_OLD_ROWS_PREFIX) - 1) != 0))
		return false;
	sqlite3_prepare_v2(sqlite3_db_handle(query),
			   "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1", -1,
			   &find, NULL);
	if (find)
		sqlite_bind_string(find, 1, table);
	if (find && sqlite3_step(find) == SQLITE_ROW)
		is_marked = sqlite_is_marked((const char *)sqlite3_column_text(find, 0), column);
	sqlite3_finalize(find);
	return is_marked;
}

static void answer_begin(struct answer *answer, sqlite3_stmt *query)
{
	size_t count = (size_t)sqlite3_column_count(query);

	answer->columns = memory_new(count, sizeof(*answer->columns));
	answer->values = memory_new(count, sizeof(*answer->values));
	answer->are_json = memory_new(count, sizeof(*answer->are_json));
	for (size_t i = 0; i < count; i++)
		answer->columns[i] = sqlite3_column_name(query, (int)i);
	answer->shown = (struct store_answer){ .column_count = count, .columns = answer->columns };
}

static void answer_end(struct answer *answer)
{
	free(answer->columns);
	free(answer->values);
	free(answer->are_json);
}

struct store_value sqlite_column_value(sqlite3_stmt *query, int index, bool is_json)
{
	struct store_value value = { .kind = STORE_NULL };

	switch (sqlite3_column_type(query, index)) {
	case SQLITE_INTEGER:
		value.kind = STORE_INTEGER;
		value.integer = sqlite3_column_int64(query, index);
		break;
	case SQLITE_FLOAT:
		value.kind = STORE_REAL;
		value.real = sqlite3_column_double(query, index);
		break;
	case SQLITE_TEXT:
		value.kind = is_json ? STORE_JSON : STORE_TEXT;
		value.text = sqlite_column_text(query, index);
		break;
	case SQLITE_BLOB:
		value.kind = STORE_BLOB;
		value.text = sqlite_column_text(query, index);
		break;
	}
	return value;
}

/* From the first row, or its absence, that step found.  Returns the last step. */
static int emit(sqlite3_stmt *query, int step, struct answer *answer,
		int (*function)(void *context, const struct store_answer *row), void *context)
{
	if (step == SQLITE_DONE)
		function(context, &answer->shown);
	answer->shown.values = answer->values;
	for (size_t i = 0; step == SQLITE_ROW && i < answer->shown.column_count; i++)
		answer->are_json[i] = is_json_column(query, (int)i);
	for (; step == SQLITE_ROW; step = sqlite3_step(query)) {
		for (size_t i = 0; i < answer->shown.column_count; i++)
			answer->values[i] = sqlite_column_value(query, (int)i, answer->are_json[i]);
		if (function(context, &answer->shown) < 0)
			return SQLITE_DONE;
	}
	return step;
}

int sqlite_emit(sqlite3_stmt *query, int (*function)(void *context, const struct store_answer *row),
		void *context)
{
	/* The first step may find that the schema has changed, and with it the columns. */
	int step = sqlite3_step(query);
	struct answer answer;

	answer_begin(&answer, query);
	step = emit(query, step, &answer, function, context);
	answer_end(&answer);
	return step;
}

static int run_query(struct sqlite_store *store, sqlite3_stmt *query, const char *sql,
		     int (*function)(void *context, const struct store_answer *row), void *context)
{
	int step = sqlite_emit(query, function, context);

	return step == SQLITE_DONE ? 0 : refuse_query(store, sql);
}

int sqlite_query(struct store *door, const char *sql,
		 int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *query = NULL;
	const char *tail = sql;
	int result;

	if (store->base.has_failed)
		return -1;
	door->missing_table[0] = '\0';
	sqlite_let_read(store);
	if (sqlite3_prepare_v2(store->db, sql, -1, &query, &tail) != SQLITE_OK)
		result = refuse_query(store, sql);
	else if (!query)
		result = complain(store, STORE_NO_SQL);
	else if (!is_blank(store, tail))
		result = complain(store, STORE_ONE_AT_A_TIME);
	/* BEGIN and ATTACH count as reading for SQLite, but answer nothing. */
	else if (!sqlite3_stmt_readonly(query) || sqlite3_column_count(query) == 0)
		result = complain(store, STORE_ONLY_QUERIES);
	else
		result = run_query(store, query, sql, function, context);
	sqlite3_finalize(query);
	sqlite_let_all(store);
	return result;
}

/* ---- whole tables ---- */

/* Those of crawl's own that docs/schema.md tells users of, and that the file has; then patterns'.
 */
static const char user_tables[] =
	"WITH own (place, name) AS (VALUES (1, 'pages'), (2, 'runs'), (3, 'hosts'),"
	" (4, 'pattern_stats'), (5, 'rejects'), (6, 'gone'), (7, 'tries'),"
	" (8, 'crawl_outcome_stats'), (9, 'crawl_field_stats'),"
	" (10, 'crawl_stale'), (11, 'crawl_seen'), (12, 'crawl_history'))"
	" SELECT s.name, o.place FROM own o JOIN sqlite_schema s ON s.name = o.name"
	" UNION ALL"
	" SELECT v.name, 99 FROM sqlite_schema v WHERE v.type = 'view' AND EXISTS"
	" (SELECT 1 FROM sqlite_schema r WHERE r.type = 'table'"
	"  AND r.name = ?1 || v.name COLLATE NOCASE)"
	" ORDER BY 2, 1";

int sqlite_each_table(struct store *door, int (*function)(void *context, const char *name),
		      void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *tables = sqlite_prepare(store, user_tables);
	int step;

	if (!tables)
		return -1;
	sqlite_bind_string(tables, 1, store->rows_prefix);
	while ((step = sqlite3_step(tables)) == SQLITE_ROW)
		if (function(context, (const char *)sqlite3_column_text(tables, 0)) < 0)
			break;
	return sqlite_end_scan(store, tables, step);
}

int sqlite_query_table(struct store *door, const char *table,
		       int (*function)(void *context, const struct store_answer *row),
		       void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char count[] = "SELECT count(*) FROM sqlite_schema"
				    " WHERE type IN ('table', 'view')"
				    " AND name = ?1 COLLATE NOCASE";
	int64_t is_known;
	char *sql;
	int result;

	if (sqlite_number(store, count, table, &is_known))
		return -1;
	if (!is_known)
		return refuse_name(store, table);
	sql = sqlite3_mprintf("SELECT * FROM \"%w\"", table);
	result = sqlite_query(door, sql, function, context);
	sqlite3_free(sql);
	return result;
}
