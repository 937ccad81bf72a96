#include "store/sqlite/internal.h"

int sqlite_put_set(struct store *door, uint32_t number, struct slice fields)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *add = sqlite_writing(store, ADD_SET,
					   "INSERT INTO crawl_sets (id, fields) VALUES (?1, ?2)");

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, number);
	sqlite_bind_text(add, 2, fields);
	return sqlite_write(store, add);
}

int sqlite_get_set(struct store *door, struct store_key key, struct slice *fields)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find = sqlite_reading(store, FIND_SET,
					    "SELECT " SQLITE_SET " FROM urls u WHERE u.id = ?1");

	if (!find)
		return -1;
	sqlite3_bind_int64(find, 1, key.number);
	return sqlite_find_text(store, find, fields);
}

int sqlite_each_set(struct store *door,
		    int (*function)(void *context, uint32_t number, struct slice fields),
		    void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *scan = sqlite_prepare(store, "SELECT id, fields FROM crawl_sets ORDER BY id");
	int step;

	if (!scan)
		return -1;
	while ((step = sqlite3_step(scan)) == SQLITE_ROW)
		if (function(context, (uint32_t)sqlite3_column_int64(scan, 0),
			     sqlite_column_text(scan, 1)) < 0)
			break;
	return sqlite_end_scan(store, scan, step);
}

/* ---- a root gets another ---- */

/* Of a table of temp: there is no index by root, and one look at all URLs is enough for many. */
static int put_changes(struct sqlite_store *store, const struct store_root_set sets[], size_t count)
{
	sqlite3_stmt *put = sqlite_prepare(store, "UPDATE urls SET set_id = ?2 WHERE id = ?1");
	sqlite3_stmt *note = sqlite_prepare(
		store, "INSERT OR IGNORE INTO temp.crawl_changed_roots (id) VALUES (?1)");
	int result = put && note ? 0 : -1;

	for (size_t i = 0; result == 0 && i < count; i++) {
		sqlite3_bind_int64(put, 1, sets[i].root.number);
		sqlite_bind_number(put, 2, sets[i].set);
		sqlite3_bind_int64(note, 1, sets[i].root.number);
		result = sqlite_write(store, put) || sqlite_write(store, note) ? -1 : 0;
	}
	sqlite3_finalize(put);
	sqlite3_finalize(note);
	return result;
}

int sqlite_put_root_sets(struct store *door, const struct store_root_set sets[], size_t count)
{
	struct sqlite_store *store = sqlite_of(door);

	if (sqlite_begin(store) ||
	    sqlite_execute(store, "CREATE TEMP TABLE IF NOT EXISTS crawl_changed_roots"
				  " (id INTEGER PRIMARY KEY);"
				  "DELETE FROM temp.crawl_changed_roots") ||
	    put_changes(store, sets, count))
		return -1;
	return sqlite_execute(store, "UPDATE results SET pass = 0, " SQLITE_NO_CONDITIONS
				     " WHERE url_id IN (SELECT id FROM urls WHERE root IN"
				     "  (SELECT id FROM temp.crawl_changed_roots));"
				     "DELETE FROM temp.crawl_changed_roots;" SQLITE_CLEAR_SETS);
}
