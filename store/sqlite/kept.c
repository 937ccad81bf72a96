#include "store/sqlite/internal.h"

/* Pages that were kept, and what is made of them when they are parsed again. */

#define IS_LIMITED "r.state = 1 AND r.outcome = 'pattern_limit'"

static void take_kept(struct sqlite_store *store, sqlite3_stmt *next, struct store_kept *kept)
{
	*kept = (struct store_kept){
		.key = { 0, (uint32_t)sqlite3_column_int64(next, 0) },
		.is_text = sqlite3_column_int(next, 1),
		.body = sqlite_column_text(next, 2),
		.url = sqlite_column_text(next, 3),
		.final_url = sqlite_column_text(next, 4),
		.content_type = sqlite_column_text(next, 5),
		.charset = sqlite_column_text(next, 6),
		.unmatched = sqlite_column_text(next, 7),
		.limits = sqlite_column_text(next, 8),
		.counts = sqlite_column_text(next, 9),
	};
	sqlite_keep_texts(&store->text,
			  (struct slice *const[]){ &kept->body, &kept->url, &kept->final_url,
						   &kept->content_type, &kept->charset,
						   &kept->unmatched, &kept->limits, &kept->counts },
			  8);
}

int sqlite_get_kept(struct store *door, struct store_key after, struct store_kept *kept)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *next = sqlite_statement(
		store, NEXT_BODY,
		"SELECT b.url_id, b.is_text, b.body, u.url, coalesce(r.final_url, u.url),"
		" r.content_type, r.charset, r.unmatched, iif(" IS_LIMITED ", r.error, NULL),"
		" r.counts"
		" FROM bodies b JOIN urls u ON u.id = b.url_id JOIN results r ON r.url_id = "
		"b.url_id"
		" WHERE b.url_id > ?1 ORDER BY b.url_id LIMIT 1");
	int step;

	if (!next)
		return -1;
	sqlite3_bind_int64(next, 1, after.number);
	step = sqlite3_step(next);
	if (step == SQLITE_ROW)
		take_kept(store, next, kept);
	else if (step != SQLITE_DONE)
		sqlite_fail(store);
	sqlite3_reset(next);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : -1;
}

/* Schema 3 did not number visits: those are the oldest. */
int sqlite_each_read(struct store *door,
		     int (*function)(void *context, const struct store_read *read), void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *each = sqlite_prepare(
		store,
		"SELECT r.url_id, r.config_hash FROM results r JOIN urls u ON u.id = r.url_id"
		" WHERE r.read_at IS NOT NULL AND u.kind = 0"
		" ORDER BY r.visit, iif(r.visit IS NULL, r.fetched_at, NULL), r.url_id");
	int step = SQLITE_DONE, result = 0;

	if (!each)
		return -1;
	while (result == 0 && (step = sqlite3_step(each)) == SQLITE_ROW) {
		struct store_read read = {
			.key = { 0, (uint32_t)sqlite3_column_int64(each, 0) },
			.config_hash = (uint64_t)sqlite3_column_int64(each, 1),
		};

		result = function(context, &read);
	}
	return sqlite_end_scan(store, each, step) ? -1 : result;
}

int sqlite_clear_rows(struct store *door, struct store_key key, const int tables[], size_t count)
{
	struct sqlite_store *store = sqlite_of(door);

	if (sqlite_page_open(door, key, false))
		return -1;
	sqlite_begin_settling(store, true);
	for (int i = 0; i < store->table_count; i++)
		sqlite_leave_alone(store, &store->tables[i]);
	for (size_t i = 0; i < count; i++) {
		struct rows_table *table = sqlite_table_of(store, tables[i]);

		if (!table)
			return -1;
		table->settled = 0;
	}
	return 0;
}

/* clang-format off */
static const char parse_sql[] =
	"UPDATE results AS r SET config_hash = ?2, unmatched = ?3, counts = ?5,"
	" outcome = CASE WHEN state = 1 AND ?4 IS NOT NULL THEN 'pattern_limit'"
	"  WHEN " IS_LIMITED " THEN 'ok' ELSE outcome END,"
	" error = CASE WHEN state = 1 AND ?4 IS NOT NULL THEN ?4"
	"  WHEN " IS_LIMITED " THEN NULL ELSE error END,"
	" etag = iif(?4 IS NULL, etag, NULL), last_modified = iif(?4 IS NULL, last_modified, NULL),"
	" hash = iif(?4 IS NULL, hash, NULL) WHERE url_id = ?1";
/* clang-format on */

int sqlite_put_parse(struct store *door, const struct store_parse *parse)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(store, PUT_PARSE, parse_sql);

	if (!put || sqlite_end_settling(store) || sqlite_flush_rows(store))
		return -1;
	sqlite3_bind_int64(put, 1, store->page_id);
	sqlite3_bind_int64(put, 2, (int64_t)parse->config_hash);
	sqlite_bind_text(put, 3, parse->unmatched);
	sqlite_bind_text(put, 4, parse->limits);
	sqlite_bind_text(put, 5, parse->counts);
	store->page_id = 0;
	return sqlite_write(store, put);
}
