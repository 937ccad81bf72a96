#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int store_last_run(struct store *store, struct store_last_run *last)
{
	static const char sql[] =
		"SELECT ended IS 'finished' AND NOT EXISTS (SELECT 1 FROM urls WHERE state = 0),"
		" config_hash, "
		" CAST(round((julianday(ended_at) - 2440587.5) * 86400000) AS INTEGER)"
		" FROM runs ORDER BY id DESC LIMIT 1";
	sqlite3_stmt *find = store_prepare(store, sql);
	int step;

	if (!find)
		return -1;
	*last = (struct store_last_run){ .is_finished = true };
	step = sqlite3_step(find);
	if (step == SQLITE_ROW) {
		const char *hash = (const char *)sqlite3_column_text(find, 1);

		last->is_finished = sqlite3_column_int(find, 0);
		last->config_hash = hash ? strtoull(hash, NULL, 16) : 0;
		last->ended_ms = sqlite3_column_int64(find, 2);
	}
	return store_end_scan(store, find, step);
}

/* We hold the writer's lock: a run that has not ended is one that was killed. */
static int close_killed_runs(struct store *store)
{
	return store_execute(store, "UPDATE runs SET ended = 'killed' WHERE ended IS NULL");
}

/*
 * What is asked again keeps its rows, and what a conditional request needs.  A robots.txt may have
 * changed its mind; a link to another site stays one.
 */
static int ask_again(struct store *store, const struct store_run *run)
{
	if (run->is_new_pass)
		return store_execute(store, "UPDATE urls SET state = 0 WHERE state IN (1, 2)"
					    " OR (state = 3 AND kind <> 2)");
	if (run->is_retry)
		return store_execute(store, "UPDATE urls SET state = 0 WHERE state = 2");
	return 0;
}

/* Rows are what a page and a config make: with another config the page has to be read again. */
static int forget_validators(struct store *store, const struct store_run *run)
{
	char *sql = sqlite3_mprintf(
		"UPDATE results SET etag = NULL, last_modified = NULL, hash = NULL"
		" WHERE coalesce(etag, last_modified, hash) IS NOT NULL AND"
		" (SELECT config_hash FROM runs ORDER BY id DESC LIMIT 1) <> '%016llx'",
		(unsigned long long)run->config_hash);
	int result = store_execute(store, sql);

	sqlite3_free(sql);
	return result;
}

static int add_run(struct store *store, const struct store_run *run)
{
	sqlite3_stmt *add = store_prepare(
		store, "INSERT INTO runs (started_at, pid, command_line, versions, config_hash)"
		       " VALUES (?1, ?2, ?3, ?4, ?5)");
	char now[STORE_TIME_SIZE], hash[17];
	int result;

	if (!add)
		return -1;
	store_time_text(store_time_now_ms(), now);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)run->config_hash);
	store_bind_string(add, 1, now);
	sqlite3_bind_int64(add, 2, getpid());
	store_bind_string(add, 3, run->command_line);
	store_bind_string(add, 4, run->versions);
	store_bind_string(add, 5, hash);
	result = store_write(store, add);
	sqlite3_finalize(add);
	return result;
}

int64_t store_run_begin(struct store *store, const struct store_run *run)
{
	if (store_begin(store) || close_killed_runs(store) || ask_again(store, run) ||
	    forget_validators(store, run) || add_run(store, run))
		return 0;
	store->run_id = sqlite3_last_insert_rowid(store->db);
	store->run_pages = store->run_rows = 0;
	return store_commit(store) ? 0 : store->run_id;
}

int store_run_end(struct store *store, const char *how)
{
	sqlite3_stmt *end;
	char now[STORE_TIME_SIZE];
	int result;

	if (store_begin(store))
		return -1;
	end = store_prepare(store,
			    "UPDATE runs SET ended_at = ?2, ended = ?3, pages = ?4, rows = ?5"
			    " WHERE id = ?1");
	if (!end)
		return -1;
	store_time_text(store_time_now_ms(), now);
	sqlite3_bind_int64(end, 1, store->run_id);
	store_bind_string(end, 2, now);
	store_bind_string(end, 3, how);
	sqlite3_bind_int64(end, 4, (int64_t)store->run_pages);
	sqlite3_bind_int64(end, 5, (int64_t)store->run_rows);
	result = store_write(store, end);
	sqlite3_finalize(end);
	return result ? -1 : store_commit(store);
}

static int count_urls(struct store *store, struct store_totals *totals)
{
	static const char sql[] =
		"SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),"
		" count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),"
		" (SELECT count(*) FROM results) FROM urls";
	sqlite3_stmt *count = store_prepare(store, sql);
	int result = 0;

	if (!count)
		return -1;
	if (sqlite3_step(count) == SQLITE_ROW) {
		totals->pending = (uint64_t)sqlite3_column_int64(count, 0);
		totals->done = (uint64_t)sqlite3_column_int64(count, 1);
		totals->failed = (uint64_t)sqlite3_column_int64(count, 2);
		totals->skipped = (uint64_t)sqlite3_column_int64(count, 3);
		totals->pages = (uint64_t)sqlite3_column_int64(count, 4);
	} else {
		result = store_fail(store);
	}
	sqlite3_finalize(count);
	return result;
}

static int count_rows(struct store *store, const char *table, uint64_t *rows)
{
	char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
	int64_t number = 0;
	int result = store_number(store, sql, NULL, &number);

	sqlite3_free(sql);
	*rows += (uint64_t)number;
	return result;
}

int store_totals(struct store *store, struct store_totals *totals)
{
	struct store_totals counted = { 0 };
	sqlite3_stmt *tables;
	int step = SQLITE_DONE, result;

	if (count_urls(store, &counted))
		return -1;
	tables = store_prepare(store, "SELECT name FROM sqlite_schema WHERE type = 'table'"
				      " AND name LIKE '" STORE_ROWS_PREFIX "%'");
	if (!tables)
		return -1;
	result = 0;
	while (result == 0 && (step = sqlite3_step(tables)) == SQLITE_ROW)
		result = count_rows(store, (const char *)sqlite3_column_text(tables, 0),
				    &counted.rows);
	if (result == 0 && step != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_finalize(tables);
	if (result == 0)
		*totals = counted;
	return result;
}
