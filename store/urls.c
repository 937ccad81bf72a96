#include "store/internal.h"

/* The id that a text has, or 0: none, or an error. */
static int64_t find_id(struct store *store, sqlite3_stmt *find, struct store_text text)
{
	int64_t id = 0;
	int step;

	if (!find)
		return 0;
	store_bind_text(find, 1, text);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW)
		id = sqlite3_column_int64(find, 0);
	else if (step != SQLITE_DONE)
		store_fail(store);
	sqlite3_reset(find);
	return id;
}

int64_t store_host(struct store *store, struct store_text origin)
{
	sqlite3_stmt *find =
		store_statement(store, FIND_HOST, "SELECT id FROM hosts WHERE origin = ?1");
	int64_t id = find_id(store, find, origin);
	sqlite3_stmt *add;

	if (id != 0)
		return id;
	add = store_writing(store, ADD_HOST, "INSERT INTO hosts (origin) VALUES (?1)");
	if (!add)
		return 0;
	store_bind_text(add, 1, origin);
	return store_write(store, add) ? 0 : sqlite3_last_insert_rowid(store->db);
}

int64_t store_add_url(struct store *store, const struct store_url *url)
{
	sqlite3_stmt *add = store_writing(store, ADD_URL,
					  "INSERT INTO urls (url, host_id, from_id, depth)"
					  " VALUES (?1, ?2, ?3, ?4)");

	if (!add)
		return 0;
	store_bind_text(add, 1, url->url);
	sqlite3_bind_int64(add, 2, url->host_id);
	store_bind_number(add, 3, url->from_id);
	sqlite3_bind_int(add, 4, url->depth);
	return store_write(store, add) ? 0 : sqlite3_last_insert_rowid(store->db);
}

struct store_text store_url_text(struct store *store, int64_t url_id, int *depth)
{
	sqlite3_stmt *find =
		store_statement(store, URL_TEXT, "SELECT url, depth FROM urls WHERE id = ?1");
	struct store_text url = { NULL, 0 };

	if (!find)
		return url;
	sqlite3_bind_int64(find, 1, url_id);
	if (sqlite3_step(find) == SQLITE_ROW) {
		url = store_column_text(find, 0);
		if (depth)
			*depth = sqlite3_column_int(find, 1);
		store_keep_texts(store, (struct store_text *const[]){ &url }, 1);
	}
	sqlite3_reset(find);
	return url;
}

int64_t store_find_url(struct store *store, struct store_text url)
{
	return find_id(store,
		       store_statement(store, FIND_URL, "SELECT id FROM urls WHERE url = ?1"), url);
}

int store_each_url(struct store *store,
		   int (*function)(void *context, const struct store_known *known), void *context)
{
	sqlite3_stmt *scan =
		store_prepare(store, "SELECT id, host_id, state, depth, url FROM urls ORDER BY id");
	int step;

	if (!scan)
		return -1;
	while ((step = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_known known = {
			.url_id = sqlite3_column_int64(scan, 0),
			.host_id = sqlite3_column_int64(scan, 1),
			.state = (enum store_state)sqlite3_column_int(scan, 2),
			.depth = sqlite3_column_int(scan, 3),
			.url = store_column_text(scan, 4),
		};

		if (function(context, &known) < 0)
			break;
	}
	return store_end_scan(store, scan, step);
}

int store_each_host(struct store *store,
		    int (*function)(void *context, int64_t host_id, struct store_text origin),
		    void *context)
{
	sqlite3_stmt *scan = store_prepare(store, "SELECT id, origin FROM hosts ORDER BY id");
	int step;

	if (!scan)
		return -1;
	while ((step = sqlite3_step(scan)) == SQLITE_ROW)
		if (function(context, sqlite3_column_int64(scan, 0), store_column_text(scan, 1)) <
		    0)
			break;
	return store_end_scan(store, scan, step);
}

int store_clear_rejects(struct store *store, const char *list)
{
	sqlite3_stmt *clear =
		store_writing(store, CLEAR_REJECTS, "DELETE FROM rejects WHERE list = ?1");

	if (!clear)
		return -1;
	store_bind_string(clear, 1, list);
	return store_write(store, clear);
}

int store_add_reject(struct store *store, const char *list, uint64_t line, struct store_text text,
		     const char *reason)
{
	sqlite3_stmt *add = store_writing(store, ADD_REJECT,
					  "INSERT INTO rejects (list, line, text, reason)"
					  " VALUES (?1, ?2, ?3, ?4)");

	if (!add)
		return -1;
	store_bind_string(add, 1, list);
	sqlite3_bind_int64(add, 2, (int64_t)line);
	store_bind_text(add, 3, text);
	store_bind_string(add, 4, reason);
	return store_write(store, add);
}
