#include "store/sqlite/internal.h"

int store_validators(struct store *store, int64_t url_id, struct store_validators *validators)
{
	sqlite3_stmt *find = store_reading(
		store, VALIDATORS,
		"SELECT etag, last_modified, hash,"
		" CAST(1000 * unixepoch(fetched_at) AS INTEGER), final_url IS NOT NULL,"
		" iif(is_moved, final_url, NULL), outcome IN ('ok', 'not_modified')"
		" FROM results WHERE url_id = ?1");
	struct store_validators found = { .hash = 0 };
	int step;

	if (!find)
		return -1;
	sqlite3_bind_int64(find, 1, url_id);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW) {
		found.etag = store_column_text(find, 0);
		found.last_modified = store_column_text(find, 1);
		found.hash = (uint64_t)sqlite3_column_int64(find, 2);
		found.fetched_at_ms = sqlite3_column_int64(find, 3);
		found.is_redirected = sqlite3_column_int(find, 4);
		found.moved_to = store_column_text(find, 5);
		found.is_good = sqlite3_column_int(find, 6);
		store_keep_texts(store,
				 (struct store_text *const[]){ &found.etag, &found.last_modified,
							       &found.moved_to },
				 3);
	} else if (step != SQLITE_DONE) {
		store_fail(store);
	}
	sqlite3_reset(find);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return -1;
	*validators = found;
	return 0;
}

static void take_kept(struct store *store, sqlite3_stmt *next, struct store_kept *kept)
{
	*kept = (struct store_kept){
		.url_id = sqlite3_column_int64(next, 0),
		.is_text = sqlite3_column_int(next, 1),
		.body = store_column_text(next, 2),
		.url = store_column_text(next, 3),
		.final_url = store_column_text(next, 4),
		.content_type = store_column_text(next, 5),
	};
	store_keep_texts(store,
			 (struct store_text *const[]){ &kept->body, &kept->url, &kept->final_url,
						       &kept->content_type },
			 4);
}

int store_next_kept(struct store *store, int64_t after_url_id, struct store_kept *kept)
{
	sqlite3_stmt *next = store_statement(
		store, NEXT_BODY,
		"SELECT b.url_id, b.is_text, b.body, u.url, coalesce(r.final_url, u.url),"
		" r.content_type FROM bodies b JOIN urls u ON u.id = b.url_id"
		" JOIN results r ON r.url_id = b.url_id"
		" WHERE b.url_id > ?1 ORDER BY b.url_id LIMIT 1");
	int step;

	if (!next)
		return -1;
	sqlite3_bind_int64(next, 1, after_url_id);
	step = sqlite3_step(next);
	if (step == SQLITE_ROW)
		take_kept(store, next, kept);
	else if (step != SQLITE_DONE)
		store_fail(store);
	sqlite3_reset(next);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : -1;
}
