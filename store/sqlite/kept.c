#include "store/sqlite/internal.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/* Pages that were kept, and what is made of them when they are parsed again. */

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
		.notes = sqlite_column_text(next, 8),
		.counts = sqlite_column_text(next, 9),
		.set = sqlite_column_text(next, 10),
	};
	sqlite_keep_texts(&store->text,
			  (struct slice *const[]){ &kept->body, &kept->url, &kept->final_url,
						   &kept->content_type, &kept->charset,
						   &kept->unmatched, &kept->notes, &kept->counts,
						   &kept->set },
			  9);
}

int sqlite_get_kept(struct store *door, struct store_key after, struct store_kept *kept)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *next = sqlite_statement(
		store, NEXT_BODY,
		"SELECT b.url_id, b.is_text, b.body, u.url, coalesce(r.final_url, u.url),"
		" r.content_type, r.charset, r.unmatched, iif(r.state = 1, r.error, NULL),"
		" r.counts, " SQLITE_SET
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

int sqlite_each_kept(struct store *door,
		     int (*function)(void *context, struct store_key key, struct slice final_url),
		     void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *all = sqlite_prepare(store, "SELECT b.url_id, coalesce(r.final_url, u.url)"
						  " FROM bodies b JOIN urls u ON u.id = b.url_id"
						  " JOIN results r ON r.url_id = b.url_id"
						  " WHERE b.is_text ORDER BY b.url_id");
	int step;

	if (!all)
		return -1;
	while ((step = sqlite3_step(all)) == SQLITE_ROW) {
		struct store_key key = { 0, (uint32_t)sqlite3_column_int64(all, 0) };

		if (function(context, key, sqlite_column_text(all, 1)) < 0)
			break;
	}
	return sqlite_end_scan(store, all, step);
}

/* ---- the pages in the order of their visits ---- */

/* Sorted here: SQLite would hold four times as much of each. */
struct read_page {
	int64_t visit; /* schema 3 did not number them: those are the oldest, by their time */
	uint64_t config_hash;
	uint32_t number;
};

struct read_pages {
	struct read_page *at;
	size_t count, room;
};

#define BEFORE_ALL ((int64_t)1 << 62)

static void add_read(struct read_pages *pages, sqlite3_stmt *each)
{
	if (pages->count == pages->room) {
		pages->room = pages->room * 2 + 1024;
		pages->at = memory_resize(pages->at, pages->room * sizeof(*pages->at));
	}
	pages->at[pages->count++] = (struct read_page){
		.number = (uint32_t)sqlite3_column_int64(each, 0),
		.config_hash = (uint64_t)sqlite3_column_int64(each, 1),
		.visit = sqlite3_column_type(each, 2) != SQLITE_NULL
				 ? sqlite3_column_int64(each, 2)
				 : sqlite3_column_int64(each, 3) - BEFORE_ALL,
	};
}

static int by_visit(const void *left, const void *right)
{
	const struct read_page *a = left, *b = right;

	if (a->visit != b->visit)
		return a->visit < b->visit ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Returns 0 or -1. */
static int find_read(struct sqlite_store *store, struct read_pages *pages)
{
	sqlite3_stmt *each = sqlite_prepare(
		store, "SELECT r.url_id, r.config_hash, r.visit,"
		       " iif(r.visit IS NULL, CAST(1e3 * (julianday(r.fetched_at) - 2440587.5)"
		       "  * 86400 AS INTEGER), NULL)"
		       " FROM results r JOIN urls u ON u.id = r.url_id"
		       " WHERE r.read_at IS NOT NULL AND u.kind = 0");
	int step;

	if (!each)
		return -1;
	while ((step = sqlite3_step(each)) == SQLITE_ROW)
		add_read(pages, each);
	if (pages->count > 1)
		qsort(pages->at, pages->count, sizeof(*pages->at), by_visit);
	return sqlite_end_scan(store, each, step);
}

int sqlite_each_read(struct store *door,
		     int (*function)(void *context, const struct store_read *read), void *context)
{
	struct read_pages pages = { .at = NULL };
	int result = find_read(sqlite_of(door), &pages);

	for (size_t i = 0; i < pages.count && result == 0; i++)
		result = function(context, &(struct store_read){ { 0, pages.at[i].number },
								 pages.at[i].config_hash });
	free(pages.at);
	return result;
}

/* ---- a page that is parsed again ---- */

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
	"UPDATE results SET config_hash = ?2, unmatched = ?3, counts = ?6,"
	" outcome = CASE WHEN state <> 1 THEN outcome WHEN ?5 THEN 'pattern_limit'"
	"  WHEN outcome = 'pattern_limit' THEN 'ok' ELSE outcome END,"
	" error = iif(state = 1, ?4, error), etag = iif(?5, NULL, etag),"
	" last_modified = iif(?5, NULL, last_modified), hash = iif(?5, NULL, hash)"
	" WHERE url_id = ?1";
/* clang-format on */

int sqlite_put_parse(struct store *door, const struct store_parse *parse)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(store, PUT_PARSE, parse_sql);

	if (!put || sqlite_end_settling(store) || sqlite_flush_rows(store))
		return -1;
	if (sqlite_is_refused(store))
		return 1;
	sqlite3_bind_int64(put, 1, store->page_id);
	sqlite3_bind_int64(put, 2, (int64_t)parse->config_hash);
	sqlite_bind_text(put, 3, parse->unmatched);
	sqlite_bind_text(put, 4, parse->notes);
	sqlite3_bind_int(put, 5, parse->is_limited);
	sqlite_bind_text(put, 6, parse->counts);
	store->page_id = 0;
	return sqlite_write(store, put);
}
