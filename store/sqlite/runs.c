#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int sqlite_get_last_run(struct store *door, struct store_last_run *last)
{
	static const char sql[] =
		"SELECT r.ended IS 'finished', r.config_hash,"
		" CAST(round((julianday(r.ended_at) - 2440587.5) * 86400000) AS INTEGER), p.named"
		" FROM runs r LEFT JOIN crawl_passes p ON p.run_id = r.id"
		" ORDER BY r.id DESC LIMIT 1";
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find = sqlite_prepare(store, sql);
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
		last->named = (uint64_t)sqlite3_column_int64(find, 3);
	}
	return sqlite_end_scan(store, find, step);
}

/* We hold the writer's lock: a run that has not ended is one that was killed. */
static int close_killed_runs(struct sqlite_store *store)
{
	return sqlite_execute(store, "UPDATE runs SET ended = 'killed' WHERE ended IS NULL");
}

/* It goes on with the last pass, until it is told to begin another. */
static int find_last_pass(struct sqlite_store *store)
{
	return sqlite_number(store, "SELECT coalesce(max(pass), 1) FROM crawl_passes", NULL,
			     &store->pass);
}

/* A run that ended has noted its last visit; one that was killed has not. */
static int find_last_visit(struct sqlite_store *store)
{
	int64_t known;

	if (sqlite_number(store,
			  "SELECT coalesce((SELECT visits FROM crawl_passes ORDER BY run_id DESC"
			  " LIMIT 1), -1)",
			  NULL, &known))
		return -1;
	if (known >= 0) {
		store->visit = known;
		return 0;
	}
	return sqlite_number(store, "SELECT coalesce(max(visit), 0) FROM results", NULL,
			     &store->visit);
}

static int add_run(struct sqlite_store *store, const struct store_run *run)
{
	sqlite3_stmt *add = sqlite_prepare(
		store, "INSERT INTO runs (started_at, pid, command_line, versions, config_hash)"
		       " VALUES (?1, ?2, ?3, ?4, ?5)");
	char now[STORE_TIME_SIZE], hash[17];
	int result;

	if (!add)
		return -1;
	store_time_text(store_now_ms(), now);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)run->config_hash);
	sqlite_bind_string(add, 1, now);
	sqlite3_bind_int64(add, 2, getpid());
	sqlite_bind_string(add, 3, run->command_line);
	sqlite_bind_string(add, 4, run->versions);
	sqlite_bind_string(add, 5, hash);
	result = sqlite_write(store, add);
	sqlite3_finalize(add);
	return result;
}

static int add_pass(struct sqlite_store *store)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO crawl_passes (run_id, pass, asks) VALUES (%lld, %lld, %d)",
		(long long)store->run_id, (long long)store->pass, STORE_PASS_GOES_ON);
	int result = sqlite_execute(store, sql);

	sqlite3_free(sql);
	return result;
}

int64_t sqlite_begin_run(struct store *door, const struct store_run *run)
{
	struct sqlite_store *store = sqlite_of(door);
	int64_t has_results, has_requests;

	if (sqlite_begin(store) || close_killed_runs(store) || find_last_pass(store) ||
	    find_last_visit(store) || add_run(store, run) ||
	    sqlite_number(store, "SELECT EXISTS (SELECT 1 FROM results)", NULL, &has_results) ||
	    sqlite_number(store, "SELECT EXISTS (SELECT 1 FROM crawl_requests)", NULL,
			  &has_requests))
		return 0;
	store->run_id = sqlite3_last_insert_rowid(store->db);
	if (add_pass(store))
		return 0;
	store->run_pages = store->run_rows = 0;
	store->config_hash = (int64_t)run->config_hash;
	store->has_results = has_results != 0;
	store->has_requests = has_requests != 0;
	sqlite_forget_ahead(store);
	return sqlite_commit(door) ? 0 : store->run_id;
}

/*
 * A pass is a number, and what it asks for again: results of a pass before it do not count any
 * more.  Nothing of a URL is written: of all roots the run's row says it, of some crawl_roots.
 */
int sqlite_put_asked(struct store *door, const struct store_asked *asked)
{
	struct sqlite_store *store = sqlite_of(door);
	char *sql;
	int result;

	if (sqlite_begin(store))
		return -1;
	store->pass += asked->pass != STORE_PASS_GOES_ON;
	store->asks = asked->pass;
	sql = sqlite3_mprintf(
		"UPDATE crawl_passes SET pass = %lld, asks = %d, named = %lld WHERE run_id = %lld",
		(long long)store->pass, asked->is_of_all ? (int)asked->pass : STORE_PASS_GOES_ON,
		(long long)asked->named, (long long)store->run_id);
	result = sqlite_execute(store, sql);
	sqlite3_free(sql);
	return result;
}

int sqlite_put_root_pass(struct store *door, struct store_key root)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set = sqlite_writing(
		store, SET_ROOT_PASS,
		"INSERT INTO crawl_roots (url_id, all_pass, failed_pass) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (url_id) DO UPDATE SET all_pass = max(all_pass, ?2),"
		" failed_pass = max(failed_pass, ?3)");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, root.number);
	sqlite3_bind_int64(set, 2, store->asks == STORE_PASS_ALL ? store->pass : 0);
	sqlite3_bind_int64(set, 3, store->asks == STORE_PASS_FAILED ? store->pass : 0);
	return sqlite_write(store, set);
}

/* ---- what patterns mean ---- */

static int add_pattern(struct sqlite_store *store, sqlite3_stmt *add,
		       const struct store_pattern *pattern)
{
	sqlite_bind_string(add, 2, pattern->name);
	sqlite3_bind_int64(add, 3, (int64_t)pattern->hash);
	return sqlite_write(store, add);
}

int sqlite_put_patterns(struct store *door, uint64_t config_hash,
			const struct store_pattern *patterns, size_t count)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *add;
	int result = 0;

	if (sqlite_begin(store))
		return -1;
	add = sqlite_prepare(store, "INSERT INTO crawl_patterns (config_hash, pattern, hash)"
				    " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, (int64_t)config_hash);
	for (size_t i = 0; i < count && result == 0; i++)
		result = add_pattern(store, add, &patterns[i]);
	sqlite3_finalize(add);
	return result;
}

int sqlite_get_pattern(struct store *door, uint64_t config_hash, const char *name, uint64_t *hash)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find = sqlite_reading(
		store, FIND_PATTERN,
		"SELECT hash FROM crawl_patterns WHERE config_hash = ?1 AND pattern = ?2");
	int step;

	if (!find)
		return -1;
	sqlite3_bind_int64(find, 1, (int64_t)config_hash);
	sqlite_bind_string(find, 2, name);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW)
		*hash = (uint64_t)sqlite3_column_int64(find, 0);
	else if (step != SQLITE_DONE)
		sqlite_fail(store);
	sqlite3_reset(find);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : -1;
}

/* ---- the end ---- */

static int note_visits(struct sqlite_store *store)
{
	char *sql = sqlite3_mprintf("UPDATE crawl_passes SET visits = %lld WHERE run_id = %lld",
				    (long long)store->visit, (long long)store->run_id);
	int result = sqlite_execute(store, sql);

	sqlite3_free(sql);
	return result;
}

int sqlite_end_run(struct store *door, const char *how)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *end;
	char now[STORE_TIME_SIZE];
	int result;

	if (sqlite_begin(store) || note_visits(store) || sqlite_prune_stale(store) ||
	    sqlite_note_history(store))
		return -1;
	end = sqlite_prepare(store, "UPDATE runs SET ended_at = ?2, ended = ?3, pages = ?4,"
				    " rows = ?5 WHERE id = ?1");
	if (!end)
		return -1;
	store_time_text(store_now_ms(), now);
	sqlite3_bind_int64(end, 1, store->run_id);
	sqlite_bind_string(end, 2, now);
	sqlite_bind_string(end, 3, how);
	sqlite3_bind_int64(end, 4, (int64_t)store->run_pages);
	sqlite3_bind_int64(end, 5, (int64_t)store->run_rows);
	result = sqlite_write(store, end);
	sqlite3_finalize(end);
	if (result || sqlite_commit(door))
		return -1;
	store->ended_run = store->run_id;
	store->run_id = 0;
	return 0;
}

/*
 * The batch that did not fit has been rolled back, and leaves its room in the write-ahead log: also
 * on a full disk a row can be changed there.
 */
void sqlite_note_failure(struct sqlite_store *store)
{
	char *sql;

	if (store->run_id == 0 || !store->base.has_failed)
		return;
	sql = sqlite3_mprintf("UPDATE runs SET ended = %Q,"
			      " ended_at = strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now')"
			      " WHERE id = %lld AND ended IS NULL",
			      store->is_full ? "disk_full" : "failed", (long long)store->run_id);
	sqlite3_exec(store->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
}

/* ---- totals ---- */

static int count_urls(struct sqlite_store *store, struct store_totals *totals)
{
	static const char sql[] =
		"SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),"
		" count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),"
		" count(result) FROM (SELECT " SQLITE_STATE " AS state, r.url_id AS result"
		"  FROM urls u LEFT JOIN results r ON r.url_id = u.id)";
	sqlite3_stmt *count = sqlite_prepare(store, sql);
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
		result = sqlite_fail(store);
	}
	sqlite3_finalize(count);
	return result;
}

static int count_rows(struct sqlite_store *store, const char *table, uint64_t *rows)
{
	char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
	int64_t number = 0;
	int result = sqlite_number(store, sql, NULL, &number);

	sqlite3_free(sql);
	*rows += (uint64_t)number;
	return result;
}

int sqlite_get_totals(struct store *door, struct store_totals *totals)
{
	struct sqlite_store *store = sqlite_of(door);
	struct store_totals counted = { 0 };
	sqlite3_stmt *tables;
	int step = SQLITE_DONE, result;

	if (count_urls(store, &counted))
		return -1;
	tables = sqlite_prepare(store, "SELECT name FROM sqlite_schema WHERE type = 'table'"
				       " AND name GLOB ?1 || '*'");
	if (!tables)
		return -1;
	sqlite_bind_string(tables, 1, store->rows_prefix);
	result = 0;
	while (result == 0 && (step = sqlite3_step(tables)) == SQLITE_ROW)
		result = count_rows(store, (const char *)sqlite3_column_text(tables, 0),
				    &counted.rows);
	if (result == 0 && step != SQLITE_DONE)
		result = sqlite_fail(store);
	sqlite3_finalize(tables);
	if (result == 0)
		*totals = counted;
	return result;
}
