#include "store/sqlite/internal.h"

static void take_kept(struct sqlite_store *store, sqlite3_stmt *next, struct store_kept *kept)
{
	*kept = (struct store_kept){
		.key = { 0, (uint32_t)sqlite3_column_int64(next, 0) },
		.is_text = sqlite3_column_int(next, 1),
		.body = sqlite_column_text(next, 2),
		.url = sqlite_column_text(next, 3),
		.final_url = sqlite_column_text(next, 4),
		.content_type = sqlite_column_text(next, 5),
	};
	sqlite_keep_texts(&store->text,
			  (struct slice *const[]){ &kept->body, &kept->url, &kept->final_url,
						   &kept->content_type },
			  4);
}

int sqlite_get_kept(struct store *door, struct store_key after, struct store_kept *kept)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *next = sqlite_statement(
		store, NEXT_BODY,
		"SELECT b.url_id, b.is_text, b.body, u.url, coalesce(r.final_url, u.url),"
		" r.content_type FROM bodies b JOIN urls u ON u.id = b.url_id"
		" JOIN results r ON r.url_id = b.url_id"
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
	sqlite3_stmt *all = sqlite_prepare(
		store, "SELECT b.url_id, coalesce(r.final_url, u.url)"
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
