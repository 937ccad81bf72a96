#include "store/sqlite/internal.h"

#include <stdio.h>

/*
 * A page that is read again replaces its rows, but not by nothing: where its pattern finds none any
 * more, or is stopped by a limit, the old ones stay, and are marked as stale.  Which it will be is
 * known behind the last row of a table.  Until then new rows are gathered, the old ones still
 * there; if more come than are gathered, the old ones go behind a savepoint, which brings them back
 * and takes the new ones away.
 *
 *	savepoint 1	films: the old rows go, the new ones come
 *	savepoint 2	books: likewise
 *
 * Patterns come one after the other, children between the rows of their parents: what follows a
 * savepoint is of its own table, or of one that goes the same way.
 */

static bool is_settled(const struct sqlite_store *store, const struct rows_table *table)
{
	return table->settled == store->opened;
}

void sqlite_begin_settling(struct sqlite_store *store, bool has_rows)
{
	store->opened++;
	store->must_clear = has_rows;
	store->savepoints = 0;
}

void sqlite_leave_alone(struct sqlite_store *store, struct rows_table *table)
{
	table->settled = store->opened;
	table->savepoint = 0;
}

/* "SAVEPOINT crawl_2" */
static int at_savepoint(struct sqlite_store *store, const char *what, int number)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "%s crawl_%d", what, number);
	return sqlite_execute(store, sql);
}

/* ---- marks ---- */

/* Is there any?  Most crawls have none, and look for none.  Returns 0 or -1. */
static int look_for_marks(struct sqlite_store *store)
{
	int64_t is_any;

	if (store->stale != STALE_UNKNOWN)
		return 0;
	if (sqlite_number(store, "SELECT EXISTS (SELECT 1 FROM crawl_stale_pages)", NULL, &is_any))
		return -1;
	store->stale = is_any ? STALE_SOME : STALE_NONE;
	return 0;
}

static int unmark(struct sqlite_store *store, const struct rows_table *table)
{
	sqlite3_stmt *remove;

	if (look_for_marks(store))
		return -1;
	if (store->stale == STALE_NONE)
		return 0;
	remove = sqlite_writing(store, UNMARK_STALE,
				"DELETE FROM crawl_stale_pages WHERE pattern = ?1 AND url_id = ?2");
	if (!remove)
		return -1;
	sqlite_bind_string(remove, 1, table->name);
	sqlite3_bind_int64(remove, 2, store->page_id);
	return sqlite_write(store, remove);
}

/* A page parsed again without a crawl gave no rows in the run that read it. */
static int mark(struct sqlite_store *store, const struct rows_table *table)
{
	sqlite3_stmt *add = sqlite_writing(
		store, MARK_STALE,
		"INSERT INTO crawl_stale_pages (pattern, url_id, run_id) VALUES (?1, ?2,"
		" coalesce(nullif(?3, 0), (SELECT max(id) FROM runs), 0)) ON CONFLICT DO NOTHING");

	if (!add)
		return -1;
	sqlite_bind_string(add, 1, table->name);
	sqlite3_bind_int64(add, 2, store->page_id);
	sqlite3_bind_int64(add, 3, store->run_id);
	store->stale = STALE_SOME;
	return sqlite_write(store, add);
}

int sqlite_prune_stale(struct sqlite_store *store)
{
	if (look_for_marks(store))
		return -1;
	for (int i = 0; i < store->table_count && store->stale == STALE_SOME; i++) {
		sqlite3_str *sql = sqlite3_str_new(store->db);

		sqlite3_str_appendf(
			sql,
			"DELETE FROM crawl_stale_pages WHERE pattern = %Q AND NOT EXISTS (SELECT 1"
			" FROM \"" STORE_ROWS_PREFIX "%w\" WHERE \"" STORE_ROW_COLUMN
			"\" BETWEEN url_id << %d AND (url_id << %d) + %u)",
			store->tables[i].name, store->tables[i].name, SQLITE_ROW_BITS,
			SQLITE_ROW_BITS, STORE_ROWS_MAX - 1);
		if (sqlite_execute_str(store, sql))
			return -1;
	}
	return 0;
}

/* ---- taking away ---- */

/* Rows of one page and table. */
static int clear(struct sqlite_store *store, const struct rows_table *table, int64_t url_id)
{
	sqlite3_bind_int64(table->clear, 1, sqlite_row_id(url_id, 0));
	sqlite3_bind_int64(table->clear, 2, sqlite_row_id(url_id, STORE_ROWS_MAX - 1));
	return sqlite_write(store, table->clear);
}

int sqlite_settle_table(struct sqlite_store *store, struct rows_table *table)
{
	if (is_settled(store, table))
		return 0;
	if (at_savepoint(store, "SAVEPOINT", store->savepoints + 1) ||
	    clear(store, table, store->page_id))
		return -1;
	table->settled = store->opened;
	table->savepoint = 0;
	if (sqlite3_changes(store->db) == 0)
		return at_savepoint(store, "RELEASE", store->savepoints + 1);
	table->savepoint = ++store->savepoints;
	table->rows_until = store->run_rows;
	return unmark(store, table);
}

int sqlite_end_settling(struct sqlite_store *store)
{
	if (store->savepoints > 0 && at_savepoint(store, "RELEASE", 1))
		return -1;
	for (int i = 0; i < store->table_count && store->must_clear; i++) {
		struct rows_table *table = &store->tables[i];

		if (is_settled(store, table))
			continue;
		if (clear(store, table, store->page_id))
			return -1;
		if (sqlite3_changes(store->db) > 0 && unmark(store, table))
			return -1;
	}
	store->must_clear = false;
	store->savepoints = 0;
	return 0;
}

int sqlite_remove_rows(struct sqlite_store *store, int64_t url_id)
{
	sqlite3_stmt *remove;

	for (int i = 0; i < store->table_count; i++) {
		if (clear(store, &store->tables[i], url_id))
			return -1;
	}
	if (look_for_marks(store))
		return -1;
	if (store->stale == STALE_NONE)
		return 0;
	remove = sqlite_writing(store, UNMARK_PAGE,
				"DELETE FROM crawl_stale_pages WHERE url_id = ?1");
	if (!remove)
		return -1;
	sqlite3_bind_int64(remove, 1, url_id);
	return sqlite_write(store, remove);
}

/* ---- keeping ---- */

/* Had the page rows in the table when it was opened?  Returns 1, 0 or -1. */
static int had_rows(struct sqlite_store *store, struct rows_table *table)
{
	sqlite3_stmt *any;
	int step, result;

	if (is_settled(store, table))
		return table->savepoint > 0;
	any = sqlite_any_row(store, table);
	if (!any)
		return -1;
	sqlite3_bind_int64(any, 1, sqlite_row_id(store->page_id, 0));
	sqlite3_bind_int64(any, 2, sqlite_row_id(store->page_id, STORE_ROWS_MAX - 1));
	step = sqlite3_step(any);
	result = step == SQLITE_ROW ? sqlite3_column_int(any, 0) : sqlite_fail(store);
	sqlite3_reset(any);
	return result;
}

/* Did the pattern mean this when the page was read?  Returns 1, 0 or -1. */
static int is_of_meaning(struct sqlite_store *store, const struct rows_table *table, uint64_t hash)
{
	sqlite3_stmt *find =
		sqlite_reading(store, IS_OF_MEANING,
			       "SELECT EXISTS (SELECT 1 FROM results r JOIN crawl_patterns p"
			       " ON p.config_hash = r.config_hash"
			       " WHERE r.url_id = ?1 AND p.pattern = ?2 AND p.hash = ?3)");
	int step, result;

	if (!find)
		return -1;
	sqlite3_bind_int64(find, 1, store->page_id);
	sqlite_bind_string(find, 2, table->name);
	sqlite3_bind_int64(find, 3, (int64_t)hash);
	step = sqlite3_step(find);
	result = step == SQLITE_ROW ? sqlite3_column_int(find, 0) : sqlite_fail(store);
	sqlite3_reset(find);
	return result;
}

/* Tables that were settled later are as they were, too: their rows have not gone yet. */
static int bring_back(struct sqlite_store *store, const struct rows_table *table)
{
	if (at_savepoint(store, "ROLLBACK TO", table->savepoint) ||
	    at_savepoint(store, "RELEASE", table->savepoint))
		return -1;
	store->savepoints = table->savepoint - 1;
	store->run_rows = table->rows_until;
	sqlite_drop_rows(store); /* they came later, whose they are */
	for (int i = 0; i < store->table_count; i++) {
		struct rows_table *other = &store->tables[i];

		if (is_settled(store, other) && other->savepoint > table->savepoint)
			other->settled = 0;
	}
	return 0;
}

/* Rows of one table are gathered at a time: those of others came before. */
static int drop_gathered(struct sqlite_store *store, int handle)
{
	if (store->rows.table == handle)
		sqlite_drop_rows(store);
	return 0;
}

int sqlite_keep_rows(struct store *door, int handle, uint64_t hash)
{
	struct sqlite_store *store = sqlite_of(door);
	struct rows_table *table = sqlite_table_of(store, handle);
	int stay;

	if (!table || sqlite_begin(store))
		return -1;
	if (store->page_id == 0)
		return store_fail(door, STORE_CURE_NONE, "rows of no page of %s stay", store->path);
	if (!store->must_clear)
		return 0;
	stay = had_rows(store, table);
	if (stay == 0 && !is_settled(store, table))
		sqlite_leave_alone(store, table); /* there is nothing to take away */
	if (stay > 0)
		stay = is_of_meaning(store, table, hash);
	if (stay <= 0)
		return stay;
	if (is_settled(store, table) ? bring_back(store, table) : drop_gathered(store, handle))
		return -1;
	sqlite_leave_alone(store, table);
	return mark(store, table);
}
