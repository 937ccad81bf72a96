#include "store/sqlite/internal.h"

int sqlite_put_host_figures(struct store *door, const struct store_host_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set =
		sqlite_writing(store, HOST_FIGURES,
			       "UPDATE hosts SET pages = pages + ?2, errors = errors + ?3,"
			       " delay_ms = ifnull(?4, delay_ms), p50_ms = ifnull(?5, p50_ms),"
			       " p95_ms = ifnull(?6, p95_ms) WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, figures->host.number);
	sqlite3_bind_int64(set, 2, (int64_t)figures->pages);
	sqlite3_bind_int64(set, 3, (int64_t)figures->errors);
	sqlite3_bind_int64(set, 4, figures->delay_ms);
	sqlite3_bind_double(set, 5, figures->p50_ms);
	sqlite3_bind_double(set, 6, figures->p95_ms);
	for (int i = 4; figures->is_anothers && i <= 6; i++)
		sqlite3_bind_null(set, i);
	return sqlite_write(store, set);
}

/* Each column of a row, as it adds to what the row says. */
#define ADD_UP(column) column " = " column " + excluded." column

/* clang-format off */
#define ADD_UP_PATTERNS                                                                   \
	ADD_UP("pages_tried") ", " ADD_UP("pages_matched") ", " ADD_UP("rows") ", "       \
	ADD_UP("empty_fields") ", " ADD_UP("limit_hits") ", " ADD_UP("elapsed_ns") ", "   \
	ADD_UP("pages_wanted") ", " ADD_UP("pages_unchanged") ", " ADD_UP("bad_values")
/* clang-format on */
#define PATTERN_COLUMNS                                                           \
	"pages_tried, pages_matched, rows, empty_fields, limit_hits, elapsed_ns," \
	" pages_wanted, pages_unchanged, bad_values"

int sqlite_put_pattern_figures(struct store *door, const struct store_pattern_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char of_host[] =
		"INSERT INTO pattern_figures (run_id, pattern, host_id, " PATTERN_COLUMNS ")"
		" VALUES (?1, ?2, ?12, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		" ON CONFLICT (run_id, pattern, host_id) DO UPDATE SET " ADD_UP_PATTERNS;
	static const char of_all[] =
		"INSERT INTO crawl_pattern_totals (run, pattern, " PATTERN_COLUMNS ")"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		" ON CONFLICT (run, pattern) DO UPDATE SET " ADD_UP_PATTERNS;
	const uint64_t counts[] = {
		figures->pages_tried,  figures->pages_matched,   figures->rows,
		figures->empty_fields, figures->limit_hits,      figures->elapsed_ns,
		figures->pages_wanted, figures->pages_unchanged, figures->bad_values,
	};
	bool is_of_all = store_key_is_none(figures->host);
	sqlite3_stmt *add = is_of_all ? sqlite_writing(store, PATTERN_TOTALS, of_all)
				      : sqlite_writing(store, PATTERN_FIGURES, of_host);

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, store->run_id);
	sqlite_bind_string(add, 2, figures->pattern);
	for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
		sqlite3_bind_int64(add, 3 + i, (int64_t)counts[i]);
	if (!is_of_all)
		sqlite3_bind_int64(add, 12, figures->host.number);
	return sqlite_write(store, add);
}

int sqlite_put_field_figures(struct store *door, const struct store_field_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char sql[] =
		"INSERT INTO crawl_field_figures (run_id, pattern, field, rows, filled, bad)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (run_id, pattern, field) DO UPDATE"
		" SET " ADD_UP("rows") ", " ADD_UP("filled") ", " ADD_UP("bad");
	sqlite3_stmt *add = sqlite_writing(store, FIELD_FIGURES, sql);

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, store->run_id);
	sqlite_bind_string(add, 2, figures->pattern);
	sqlite_bind_string(add, 3, figures->field);
	sqlite3_bind_int64(add, 4, (int64_t)figures->rows);
	sqlite3_bind_int64(add, 5, (int64_t)figures->filled);
	sqlite3_bind_int64(add, 6, (int64_t)figures->bad);
	return sqlite_write(store, add);
}

int sqlite_put_proxy_figures(struct store *door, const struct store_proxy_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char sql[] =
		"INSERT INTO crawl_proxies VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		" ON CONFLICT (run_id, proxy) DO UPDATE SET pages = excluded.pages,"
		" failures = excluded.failures, rests = excluded.rests,"
		" rests_until = excluded.rests_until, error = excluded.error";
	sqlite3_stmt *put = sqlite_writing(store, PROXY_FIGURES, sql);
	char until[STORE_TIME_SIZE];

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite_bind_string(put, 2, figures->proxy);
	sqlite3_bind_int64(put, 3, (int64_t)figures->pages);
	sqlite3_bind_int64(put, 4, (int64_t)figures->failures);
	sqlite3_bind_int64(put, 5, (int64_t)figures->rests);
	store_time_text(figures->rests_until_ms, until);
	sqlite_bind_string(put, 6, figures->rests_until_ms > 0 ? until : NULL);
	sqlite_bind_string(put, 7, figures->error);
	return sqlite_write(store, put);
}

#define ADD_UP_OUTCOMES \
	ADD_UP("pages") ", " ADD_UP("unchanged") ", " ADD_UP("bytes") ", " ADD_UP("wire_bytes")

int sqlite_put_outcome_figures(struct store *door, const struct store_outcome_figures *figures)
{
	struct sqlite_store *store = sqlite_of(door);
	static const char of_host[] =
		"INSERT INTO crawl_outcomes (run_id, outcome, status, pages, unchanged, bytes,"
		" wire_bytes, host_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (run_id, host_id, outcome, status) DO UPDATE SET " ADD_UP_OUTCOMES;
	static const char of_all[] =
		"INSERT INTO crawl_totals (run, outcome, status, pages, unchanged, bytes,"
		" wire_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		" ON CONFLICT (run, outcome, status) DO UPDATE SET " ADD_UP_OUTCOMES;
	bool is_of_all = store_key_is_none(figures->host);
	sqlite3_stmt *add = is_of_all ? sqlite_writing(store, OUTCOME_TOTALS, of_all)
				      : sqlite_writing(store, OUTCOME_FIGURES, of_host);

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, store->run_id);
	sqlite_bind_string(add, 2, figures->outcome);
	sqlite3_bind_int64(add, 3, figures->status);
	sqlite3_bind_int64(add, 4, (int64_t)figures->pages);
	sqlite3_bind_int64(add, 5, (int64_t)figures->unchanged);
	sqlite3_bind_int64(add, 6, (int64_t)figures->bytes);
	sqlite3_bind_int64(add, 7, (int64_t)figures->wire_bytes);
	if (!is_of_all)
		sqlite3_bind_int64(add, 8, figures->host.number);
	return sqlite_write(store, add);
}
