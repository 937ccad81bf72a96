#include "store/sqlite/internal.h"

#include <string.h>

/*
 * What rows of tables with a history were before.  It is noted once a run, when that ends, by
 * comparing the table with what was known of it: so rows cost nothing while they are written, one
 * that goes from page to page within a run has not changed, and a run that was killed is made up
 * for by the next one.
 *
 *	crawl_known_rows	a row for each key that ever was: in which runs, and as JSON
 *	crawl_row_changes	a field that was another, or, without a field, a row that went or
 *				came back
 */

#define COLUMNS_AT_ONCE 50 /* of json_object(), which takes 127 arguments */

/* '{' || the members of an object of some columns || ',' || those of the next || '}' */
static void put_row(sqlite3_str *sql, const struct store_table *table)
{
	sqlite3_str_appendall(sql, "'{'");
	for (size_t i = 0; i < table->column_count; i++) {
		const char *name = table->columns[i].name;

		if (i % COLUMNS_AT_ONCE == 0)
			sqlite3_str_appendf(sql, "%s || substr(rtrim(json_object(",
					    i > 0 ? "), '}'), 2) || ','" : "");
		sqlite3_str_appendf(sql, "%s%Q, t.\"%w\"", i % COLUMNS_AT_ONCE ? ", " : "", name,
				    name);
	}
	sqlite3_str_appendall(sql, "), '}'), 2) || '}'");
}

/*
 * The table as it is: a key, the row, and whether its page gave it since the last run that ended.
 * ?1 is the pattern, ?2 the run.
 */
char *sqlite_history_sql(const struct store_table *table)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);

	sqlite3_str_appendall(sql, "INSERT INTO temp.crawl_history_now SELECT json_array(");
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, "%st.\"%w\"", i ? ", " : "", table->key[i]);
	sqlite3_str_appendall(sql, "), ");
	put_row(sql, table);
	sqlite3_str_appendf(
		sql,
		", r.state = 1 AND s.url_id IS NULL AND r.visit > (SELECT coalesce(max(visits), 0)"
		" FROM crawl_passes WHERE run_id < ?2) FROM \"" STORE_ROWS_PREFIX "%w\" t"
		" LEFT JOIN results r ON r.url_id = t.\"" STORE_ROW_COLUMN "\" >> %d"
		" LEFT JOIN crawl_stale_pages s ON s.pattern = ?1 AND s.url_id = r.url_id WHERE 1",
		table->name, SQLITE_ROW_BITS);
	for (size_t i = 0; i < table->key_count; i++)
		sqlite3_str_appendf(sql, " AND t.\"%w\" IS NOT NULL", table->key[i]);
	return sqlite3_str_finish(sql);
}

/* Each with ?1 and ?2, in this order.  A field that is new was nothing else before. */
static const char *const steps[] = {
	"INSERT INTO crawl_row_changes (pattern, key, run_id, field, old, new)"
	" SELECT ?1, n.key, ?2, j.key, o.value, j.value FROM temp.crawl_history_now n"
	" JOIN crawl_known_rows w ON w.pattern = ?1 AND w.key = n.key"
	" JOIN json_each(n.row) j JOIN json_each(w.row) o ON o.key = j.key"
	" WHERE n.row <> w.row AND j.value IS NOT o.value",

	"INSERT INTO crawl_row_changes (pattern, key, run_id, field, old, new)"
	" SELECT ?1, n.key, ?2, NULL, NULL, n.row FROM temp.crawl_history_now n"
	" JOIN crawl_known_rows w ON w.pattern = ?1 AND w.key = n.key WHERE w.gone_run IS NOT NULL",

	"INSERT INTO crawl_row_changes (pattern, key, run_id, field, old, new)"
	" SELECT ?1, w.key, ?2, NULL, w.row, NULL FROM crawl_known_rows w"
	" WHERE w.pattern = ?1 AND w.gone_run IS NULL"
	" AND NOT EXISTS (SELECT 1 FROM temp.crawl_history_now n WHERE n.key = w.key)",

	"UPDATE crawl_known_rows SET gone_run = ?2 WHERE pattern = ?1 AND gone_run IS NULL"
	" AND NOT EXISTS (SELECT 1 FROM temp.crawl_history_now n WHERE n.key = "
	"crawl_known_rows.key)",

	"UPDATE crawl_known_rows SET row = n.row, gone_run = NULL,"
	" last_run = iif(n.is_seen, ?2, last_run) FROM temp.crawl_history_now n"
	" WHERE pattern = ?1 AND crawl_known_rows.key = n.key"
	" AND (n.is_seen OR n.row <> crawl_known_rows.row OR gone_run IS NOT NULL)",

	"INSERT INTO crawl_known_rows (pattern, key, shown, first_run, last_run, row)"
	" SELECT ?1, n.key, " SQLITE_KEY_SHOWN(
		"n.key") ", ?2, ?2, n.row FROM temp.crawl_history_now n WHERE true"
			 " ON CONFLICT DO NOTHING",
};

static int take_step(struct sqlite_store *store, const char *pattern, const char *sql)
{
	sqlite3_stmt *step = sqlite_prepare(store, sql);
	int result;

	if (!step)
		return -1;
	sqlite_bind_string(step, 1, pattern);
	sqlite3_bind_int64(step, 2, store->run_id);
	result = sqlite_write(store, step);
	sqlite3_finalize(step);
	return result;
}

static int note_table(struct sqlite_store *store, const struct rows_table *table)
{
	if (sqlite_execute(store, "DELETE FROM temp.crawl_history_now") ||
	    take_step(store, table->name, table->history))
		return -1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (take_step(store, table->name, steps[i]))
			return -1;
	return 0;
}

int sqlite_note_history(struct sqlite_store *store)
{
	bool is_ready = false;

	for (int i = 0; i < store->table_count; i++) {
		const struct rows_table *table = &store->tables[i];

		if (!table->history)
			continue;
		if (!is_ready &&
		    sqlite_execute(store, "CREATE TEMP TABLE IF NOT EXISTS crawl_history_now"
					  " (key TEXT PRIMARY KEY, row TEXT, is_seen INTEGER)"
					  " WITHOUT ROWID"))
			return -1;
		is_ready = true;
		if (note_table(store, table))
			return -1;
	}
	return is_ready ? sqlite_execute(store, "DROP TABLE temp.crawl_history_now") : 0;
}
