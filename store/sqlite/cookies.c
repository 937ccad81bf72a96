#include "store/sqlite/internal.h"

/* ---- the file ---- */

/* FAST: what was overwritten is not read back, as far as that costs no page more. */
int sqlite_hide(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	if (door->has_failed)
		return -1;
	if (store->file >= 0 && sqlite_file_hide(store))
		return -1;
	return sqlite_execute(store, "PRAGMA secure_delete = FAST");
}

/* ---- one ---- */

static void bind_key(sqlite3_stmt *statement, const struct store_cookie *cookie)
{
	sqlite_bind_text(statement, 1, cookie->domain);
	sqlite_bind_text(statement, 2, cookie->path);
	sqlite_bind_text(statement, 3, cookie->name);
}

int sqlite_put_cookie(struct store *door, const struct store_cookie *cookie)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put =
		sqlite_writing(store, PUT_COOKIE,
			       "INSERT INTO crawl_cookies (domain, path, name, value, is_secure,"
			       " is_http_only, expires, file_hash)"
			       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
			       " ON CONFLICT DO UPDATE SET value = ?4, is_secure = ?5,"
			       " is_http_only = ?6, expires = ?7, file_hash = ?8");

	if (!put)
		return -1;
	bind_key(put, cookie);
	sqlite3_bind_blob64(put, 4, cookie->value.size > 0 ? cookie->value.at : "",
			    cookie->value.size, SQLITE_STATIC);
	sqlite3_bind_int(put, 5, cookie->is_secure);
	sqlite3_bind_int(put, 6, cookie->is_http_only);
	sqlite_bind_number(put, 7, cookie->expires_s);
	sqlite_bind_number(put, 8, (int64_t)cookie->file_hash);
	return sqlite_write(store, put);
}

int sqlite_clear_cookie(struct store *door, const struct store_cookie *cookie)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *clear = sqlite_writing(store, CLEAR_COOKIE,
					     "DELETE FROM crawl_cookies"
					     " WHERE domain = ?1 AND path = ?2 AND name = ?3");

	if (!clear)
		return -1;
	bind_key(clear, cookie);
	return sqlite_write(store, clear);
}

/* ---- all ---- */

int sqlite_each_cookie(struct store *door,
		       int (*function)(void *context, const struct store_cookie *cookie),
		       void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *scan = sqlite_prepare(store, "SELECT domain, path, name, value, is_secure,"
						   " is_http_only, expires, file_hash"
						   " FROM crawl_cookies ORDER BY id");
	int step = SQLITE_DONE;

	if (!scan)
		return -1;
	while ((step = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_cookie cookie = {
			.domain = sqlite_column_text(scan, 0),
			.path = sqlite_column_text(scan, 1),
			.name = sqlite_column_text(scan, 2),
			.value = sqlite_column_text(scan, 3),
			.is_secure = sqlite3_column_int(scan, 4) != 0,
			.is_http_only = sqlite3_column_int(scan, 5) != 0,
			.expires_s = sqlite3_column_int64(scan, 6),
			.file_hash = (uint64_t)sqlite3_column_int64(scan, 7),
		};

		if (function(context, &cookie) < 0)
			break;
	}
	return sqlite_end_scan(store, scan, step);
}

static int clear_of(struct sqlite_store *store, struct slice host, uint64_t *count)
{
	sqlite3_stmt *clear =
		sqlite_prepare(store, "DELETE FROM crawl_cookies WHERE " SQLITE_COOKIES_OF("?1"));
	int step;

	if (!clear)
		return -1;
	sqlite_bind_text(clear, 1, host);
	step = sqlite3_step(clear);
	*count = step == SQLITE_DONE ? (uint64_t)sqlite3_changes(store->db) : 0;
	return sqlite_end_scan(store, clear, step);
}

int sqlite_clear_cookies(struct store *door, struct slice host, uint64_t *count)
{
	struct sqlite_store *store = sqlite_of(door);

	*count = 0;
	if (sqlite_begin(store) || sqlite_execute(store, "PRAGMA secure_delete = ON") ||
	    clear_of(store, host, count) || sqlite_commit(door))
		return -1;
	return sqlite_fold_log(store);
}
