#include "store/sqlite/internal.h"

#include <string.h>

/* Of a table of temp: what is to go is one set, for every other table. */
#define DOOMED "(SELECT id FROM temp.crawl_doomed)"

/* Into memory: also where the database itself is open to be read alone. */
static int name_doomed(struct sqlite_store *store, const struct store_key keys[], size_t count)
{
	sqlite3_stmt *add;
	int result = 0;

	if (sqlite_execute(store,
			   "PRAGMA query_only = OFF; PRAGMA temp_store = MEMORY; SAVEPOINT doomed;"
			   "CREATE TEMP TABLE IF NOT EXISTS crawl_doomed"
			   " (id INTEGER PRIMARY KEY); DELETE FROM temp.crawl_doomed"))
		return -1;
	add = sqlite_prepare(store, "INSERT OR IGNORE INTO temp.crawl_doomed (id) VALUES (?1)");
	for (size_t i = 0; add && result == 0 && i < count; i++) {
		sqlite3_bind_int64(add, 1, keys[i].number);
		result = sqlite_write(store, add);
	}
	sqlite3_finalize(add);
	return !add || result ? -1 : sqlite_execute(store, "RELEASE doomed");
}

/* ---- rows ---- */

#define DOOMED_ROWS " FROM \"%w\" WHERE \"" STORE_ROW_COLUMN "\" >> %d IN " DOOMED

static int count_rows(struct sqlite_store *store, const char *table, uint64_t *sum)
{
	char *sql = sqlite3_mprintf("SELECT count(*)" DOOMED_ROWS, table, SQLITE_ROW_BITS);
	int64_t number = 0;
	int result = sqlite_number(store, sql, NULL, &number);

	sqlite3_free(sql);
	*sum += (uint64_t)number;
	return result;
}

static int delete_rows(struct sqlite_store *store, const char *table, uint64_t *sum)
{
	char *sql = sqlite3_mprintf("DELETE" DOOMED_ROWS, table, SQLITE_ROW_BITS);
	int result = sqlite_execute(store, sql);

	(void)sum;
	sqlite3_free(sql);
	return result;
}

/* The columns of a pattern's key as they stand in its index: "a", "b"; freed with sqlite3_free().
 */
static char *key_columns(struct sqlite_store *store, const char *pattern)
{
	sqlite3_stmt *find = sqlite_prepare(
		store, "SELECT group_concat(printf('\"%w\"', name), ', ') FROM (SELECT name FROM"
		       " pragma_index_info('" STORE_KEY_PREFIX "' || ?1) ORDER BY seqno)");

	if (!find)
		return NULL;
	sqlite_bind_string(find, 1, pattern);
	return sqlite_take_text(store, find);
}

/* What a history knows of rows that go, before they do. */
static int delete_history(struct sqlite_store *store, const char *table, uint64_t *sum)
{
	const char *pattern = table + strlen(STORE_ROWS_PREFIX);
	char *columns = key_columns(store, pattern);
	int result = 0;

	(void)sum;
	for (int i = 0; columns && i < 2 && result == 0; i++) {
		char *sql = sqlite3_mprintf("DELETE FROM %s WHERE pattern = %Q AND key IN"
					    " (SELECT json_array(%s)" DOOMED_ROWS ")",
					    i ? "crawl_known_rows" : "crawl_row_changes", pattern,
					    columns, table, SQLITE_ROW_BITS);

		result = sqlite_execute(store, sql);
		sqlite3_free(sql);
	}
	sqlite3_free(columns);
	return store->base.has_failed ? -1 : result;
}

static int each_pattern(struct sqlite_store *store,
			int (*function)(struct sqlite_store *store, const char *table,
					uint64_t *sum),
			uint64_t *sum)
{
	sqlite3_stmt *tables = sqlite_prepare(store, "SELECT name FROM sqlite_schema WHERE type ="
						     " 'table' AND name GLOB ?1 || '*'");
	int step = SQLITE_DONE, result = 0;

	if (!tables)
		return -1;
	sqlite_bind_string(tables, 1, store->rows_prefix);
	while (result == 0 && (step = sqlite3_step(tables)) == SQLITE_ROW)
		result = function(store, (const char *)sqlite3_column_text(tables, 0), sum);
	return sqlite_end_scan(store, tables, step) ? -1 : result;
}

/* ---- all ---- */

int sqlite_get_doomed(struct store *door, const struct store_key keys[], size_t count,
		      struct store_forgotten *sum)
{
	struct sqlite_store *store = sqlite_of(door);
	struct store_forgotten counted = { 0 };
	int64_t urls, bodies;

	if (name_doomed(store, keys, count) || each_pattern(store, count_rows, &counted.rows) ||
	    sqlite_number(store, "SELECT count(*) FROM urls WHERE id IN " DOOMED, NULL, &urls) ||
	    sqlite_number(store, "SELECT count(*) FROM bodies WHERE url_id IN " DOOMED, NULL,
			  &bodies))
		return -1;
	counted.urls = (uint64_t)urls;
	counted.bodies = (uint64_t)bodies;
	*sum = counted;
	return 0;
}

/* What is left of a root that goes becomes one itself, with its set, and is pending if it was. */
static int leave_roots(struct sqlite_store *store)
{
	return sqlite_execute(store,
			      "UPDATE results SET pass = 0 WHERE url_id IN (SELECT u.id FROM urls u"
			      " JOIN results r ON r.url_id = u.id WHERE u.root IN " DOOMED
			      "  AND u.id NOT IN " DOOMED " AND 0 = " SQLITE_STATE ");"
			      "UPDATE urls SET root = id,"
			      " set_id = (SELECT o.set_id FROM urls o WHERE o.id = urls.root)"
			      " WHERE root IN " DOOMED " AND id <> root");
}

/* Numbers of URLs may be given again: nothing may name one that is gone. */
int sqlite_forget(struct store *door, const struct store_key keys[], size_t count,
		  bool reads_rest_again)
{
	struct sqlite_store *store = sqlite_of(door);

	if (sqlite_begin(store) || name_doomed(store, keys, count) || leave_roots(store) ||
	    each_pattern(store, delete_history, NULL) || each_pattern(store, delete_rows, NULL) ||
	    sqlite_execute(store, "DELETE FROM bodies WHERE url_id IN " DOOMED ";"
				  "DELETE FROM results WHERE url_id IN " DOOMED ";"
				  "DELETE FROM tries_made WHERE url_id IN " DOOMED ";"
				  "DELETE FROM crawl_requests WHERE url_id IN " DOOMED ";"
				  "DELETE FROM crawl_roots WHERE url_id IN " DOOMED ";"
				  "DELETE FROM crawl_stale_pages WHERE url_id IN " DOOMED ";"
				  "DELETE FROM urls WHERE id IN " DOOMED ";"
				  "UPDATE urls SET from_id = NULL WHERE from_id IN " DOOMED
				  ";" SQLITE_CLEAR_SETS))
		return -1;
	return reads_rest_again ? sqlite_execute(store, "UPDATE results SET " SQLITE_NO_CONDITIONS)
				: 0;
}
