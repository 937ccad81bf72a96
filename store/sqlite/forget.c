#include "store/sqlite/internal.h"

/* Of a table of temp: what is to go is one set, for every other table. */
#define DOOMED "(SELECT id FROM temp.crawl_doomed)"

static int name_doomed(struct sqlite_store *store, const struct store_key keys[], size_t count)
{
	if (sqlite_execute(store, "CREATE TEMP TABLE IF NOT EXISTS crawl_doomed"
				  " (id INTEGER PRIMARY KEY); DELETE FROM temp.crawl_doomed"))
		return -1;
	for (size_t i = 0; i < count; i++) {
		sqlite3_stmt *add =
			sqlite_writing(store, ADD_DOOMED,
				       "INSERT OR IGNORE INTO temp.crawl_doomed (id) VALUES (?1)");

		if (!add)
			return -1;
		sqlite3_bind_int64(add, 1, keys[i].number);
		if (sqlite_write(store, add))
			return -1;
	}
	return 0;
}

/* Run sql, and add to *sum, if it is not NULL, how many rows that has changed. */
static int change(struct sqlite_store *store, const char *sql, uint64_t *sum)
{
	int before = sqlite3_total_changes(store->db);

	if (sqlite_execute(store, sql))
		return -1;
	if (sum)
		*sum += (unsigned)sqlite3_total_changes(store->db) - (unsigned)before;
	return 0;
}

static int forget_rows_of(struct sqlite_store *store, const char *table, uint64_t *sum)
{
	char *sql = sqlite3_mprintf("DELETE FROM \"%w\" WHERE \"" STORE_ROW_COLUMN
				    "\" >> %d IN " DOOMED,
				    table, SQLITE_ROW_BITS);
	int result = change(store, sql, sum);

	sqlite3_free(sql);
	return result;
}

static int forget_rows(struct sqlite_store *store, uint64_t *sum)
{
	sqlite3_stmt *tables =
		sqlite_prepare(store, "SELECT name FROM sqlite_schema WHERE type = 'table'"
				      " AND name GLOB '" STORE_ROWS_PREFIX "*'");
	int step = SQLITE_DONE, result = 0;

	if (!tables)
		return -1;
	while (result == 0 && (step = sqlite3_step(tables)) == SQLITE_ROW)
		result = forget_rows_of(store, (const char *)sqlite3_column_text(tables, 0), sum);
	return sqlite_end_scan(store, tables, step) ? -1 : result;
}

/*
 * Numbers of URLs may be given again: nothing may name one that is gone.  What a page leads to is
 * seen only when it is read in full, whichever of them it is.
 */
int sqlite_forget(struct store *door, const struct store_key keys[], size_t count,
		  bool may_be_led_to, struct store_forgotten *sum)
{
	struct sqlite_store *store = sqlite_of(door);

	if (sqlite_begin(store) || name_doomed(store, keys, count) ||
	    forget_rows(store, &sum->rows) ||
	    change(store, "DELETE FROM bodies WHERE url_id IN " DOOMED, &sum->bodies) ||
	    change(store, "DELETE FROM results WHERE url_id IN " DOOMED, NULL) ||
	    change(store, "DELETE FROM tries_made WHERE url_id IN " DOOMED, NULL) ||
	    change(store, "DELETE FROM crawl_roots WHERE url_id IN " DOOMED, NULL) ||
	    change(store, "DELETE FROM urls WHERE id IN " DOOMED, &sum->urls) ||
	    change(store, "UPDATE urls SET from_id = NULL WHERE from_id IN " DOOMED, NULL))
		return -1;
	return may_be_led_to ? change(store, "UPDATE results SET config_hash = NULL", NULL) : 0;
}
