#include "store/sqlite/internal.h"

int sqlite_put_host_figures(struct store *door, const struct store_host_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set = sqlite_writing(
		store, HOST_FIGURES,
		"UPDATE hosts SET pages = pages + ?2, errors = errors + ?3, delay_ms = ?4,"
		" p50_ms = ?5, p95_ms = ?6 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, figures->host.number);
	sqlite3_bind_int64(set, 2, (int64_t)figures->pages);
	sqlite3_bind_int64(set, 3, (int64_t)figures->errors);
	sqlite3_bind_int64(set, 4, figures->delay_ms);
	sqlite3_bind_double(set, 5, figures->p50_ms);
	sqlite3_bind_double(set, 6, figures->p95_ms);
	return sqlite_write(store, set);
}

int sqlite_put_pattern_figures(struct store *door, const struct store_pattern_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char sql[] =
		"INSERT INTO pattern_figures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT (run_id, pattern, host_id) DO UPDATE SET"
		"  pages_tried = pages_tried + excluded.pages_tried,"
		"  pages_matched = pages_matched + excluded.pages_matched,"
		"  rows = rows + excluded.rows,"
		"  empty_fields = empty_fields + excluded.empty_fields,"
		"  limit_hits = limit_hits + excluded.limit_hits,"
		"  elapsed_ns = elapsed_ns + excluded.elapsed_ns";
	sqlite3_stmt *add = sqlite_writing(store, PATTERN_FIGURES, sql);

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, store->run_id);
	sqlite_bind_string(add, 2, figures->pattern);
	sqlite3_bind_int64(add, 3, figures->host.number);
	sqlite3_bind_int64(add, 4, (int64_t)figures->pages_tried);
	sqlite3_bind_int64(add, 5, (int64_t)figures->pages_matched);
	sqlite3_bind_int64(add, 6, (int64_t)figures->rows);
	sqlite3_bind_int64(add, 7, (int64_t)figures->empty_fields);
	sqlite3_bind_int64(add, 8, (int64_t)figures->limit_hits);
	sqlite3_bind_int64(add, 9, (int64_t)figures->elapsed_ns);
	return sqlite_write(store, add);
}

int sqlite_put_outcome_figures(struct store *door, const struct store_outcome_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char sql[] = "INSERT INTO crawl_outcomes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
				  " ON CONFLICT (run_id, host_id, outcome, status) DO UPDATE SET"
				  "  pages = pages + excluded.pages,"
				  "  bytes = bytes + excluded.bytes,"
				  "  wire_bytes = wire_bytes + excluded.wire_bytes";
	sqlite3_stmt *add = sqlite_writing(store, OUTCOME_FIGURES, sql);

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, store->run_id);
	sqlite3_bind_int64(add, 2, figures->host.number);
	sqlite_bind_string(add, 3, figures->outcome);
	sqlite3_bind_int64(add, 4, figures->status);
	sqlite3_bind_int64(add, 5, (int64_t)figures->pages);
	sqlite3_bind_int64(add, 6, (int64_t)figures->bytes);
	sqlite3_bind_int64(add, 7, (int64_t)figures->wire_bytes);
	return sqlite_write(store, add);
}
