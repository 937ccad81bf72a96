#include "store/sqlite/internal.h"

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
					  "INSERT INTO urls (url, host_id, from_id, depth,"
					  " kind, lane, rule)"
					  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	if (!add)
		return 0;
	store_bind_text(add, 1, url->url);
	sqlite3_bind_int64(add, 2, url->host_id);
	store_bind_number(add, 3, url->from_id);
	sqlite3_bind_int(add, 4, url->depth);
	sqlite3_bind_int(add, 5, (int)url->kind);
	sqlite3_bind_int(add, 6, url->lane);
	store_bind_number(add, 7, url->rule);
	return store_write(store, add) ? 0 : sqlite3_last_insert_rowid(store->db);
}

int store_want_url(struct store *store, int64_t url_id, const struct store_url *url)
{
	sqlite3_stmt *want = store_writing(store, WANT_URL,
					   "UPDATE urls SET state = 0, from_id = ?2, depth = ?3,"
					   " kind = ?4, lane = ?5, rule = ?6 WHERE id = ?1");

	if (!want)
		return -1;
	sqlite3_bind_int64(want, 1, url_id);
	store_bind_number(want, 2, url->from_id);
	sqlite3_bind_int(want, 3, url->depth);
	sqlite3_bind_int(want, 4, (int)url->kind);
	sqlite3_bind_int(want, 5, url->lane);
	store_bind_number(want, 6, url->rule);
	return store_write(store, want);
}

struct store_url store_url(struct store *store, int64_t url_id)
{
	sqlite3_stmt *find = store_reading(store, FIND_URL_BY_ID,
					   "SELECT url, host_id, from_id, depth, kind, lane, rule"
					   " FROM urls WHERE id = ?1");
	struct store_url url = { .url = { NULL, 0 } };

	if (!find)
		return url;
	sqlite3_bind_int64(find, 1, url_id);
	if (sqlite3_step(find) == SQLITE_ROW) {
		url = (struct store_url){
			.url = store_column_text(find, 0),
			.host_id = sqlite3_column_int64(find, 1),
			.from_id = sqlite3_column_int64(find, 2),
			.depth = sqlite3_column_int(find, 3),
			.kind = (enum store_url_kind)sqlite3_column_int(find, 4),
			.lane = sqlite3_column_int(find, 5),
			.rule = sqlite3_column_int(find, 6),
		};
		store_keep_texts(store, (struct store_text *const[]){ &url.url }, 1);
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
	sqlite3_stmt *scan = store_prepare(
		store, "SELECT id, host_id, state, depth, lane, rule, url, kind FROM urls"
		       " ORDER BY id");
	int step;

	if (!scan)
		return -1;
	while ((step = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_known known = {
			.url_id = sqlite3_column_int64(scan, 0),
			.host_id = sqlite3_column_int64(scan, 1),
			.state = (enum store_state)sqlite3_column_int(scan, 2),
			.depth = sqlite3_column_int(scan, 3),
			.lane = sqlite3_column_int(scan, 4),
			.rule = sqlite3_column_int(scan, 5),
			.url = store_column_text(scan, 6),
			.kind = (enum store_url_kind)sqlite3_column_int(scan, 7),
		};

		if (function(context, &known) < 0)
			break;
	}
	return store_end_scan(store, scan, step);
}

int store_each_host(struct store *store,
		    int (*function)(void *context, const struct store_known_host *host),
		    void *context)
{
	sqlite3_stmt *scan = store_prepare(
		store,
		"SELECT id, origin, robots, robots_text, robots_at, address, held_until FROM hosts"
		" ORDER BY id");
	int step;

	if (!scan)
		return -1;
	while ((step = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_known_host host = {
			.host_id = sqlite3_column_int64(scan, 0),
			.origin = store_column_text(scan, 1),
			.robots_state = store_column_text(scan, 2),
			.robots = store_column_text(scan, 3),
			.robots_at_ms = sqlite3_column_int64(scan, 4),
			.address = store_column_text(scan, 5),
			.held_until_ms = sqlite3_column_int64(scan, 6),
		};

		if (function(context, &host) < 0)
			break;
	}
	return store_end_scan(store, scan, step);
}

int store_robots(struct store *store, int64_t host_id, const char *state, struct store_text robots,
		 int64_t at_ms)
{
	sqlite3_stmt *set = store_writing(store, SET_ROBOTS,
					  "UPDATE hosts SET robots = ?2, robots_text = ?3,"
					  " robots_at = ?4 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, host_id);
	store_bind_string(set, 2, state);
	sqlite3_bind_blob64(set, 3, robots.at, robots.size, SQLITE_STATIC);
	sqlite3_bind_int64(set, 4, at_ms);
	return store_write(store, set);
}

int store_hold(struct store *store, int64_t host_id, int64_t until_ms)
{
	sqlite3_stmt *set =
		store_writing(store, SET_HOLD, "UPDATE hosts SET held_until = ?2 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, host_id);
	sqlite3_bind_int64(set, 2, until_ms);
	return store_write(store, set);
}

int store_address(struct store *store, int64_t host_id, struct store_text address)
{
	sqlite3_stmt *set =
		store_writing(store, SET_ADDRESS, "UPDATE hosts SET address = ?2 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, host_id);
	store_bind_text(set, 2, address);
	return store_write(store, set);
}

int store_try(struct store *store, const struct store_try *try)
{
	sqlite3_stmt *add =
		store_writing(store, ADD_TRY,
			      "INSERT INTO tries_made (url_id, number, at, outcome, status,"
			      " error, wait_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	char at[STORE_TIME_SIZE];

	if (!add)
		return -1;
	store_time_text(try->at_ms, at);
	sqlite3_bind_int64(add, 1, try->url_id);
	sqlite3_bind_int(add, 2, try->number);
	sqlite3_bind_text(add, 3, at, STORE_TIME_SIZE - 1, SQLITE_STATIC);
	store_bind_string(add, 4, try->outcome);
	store_bind_number(add, 5, try->status);
	store_bind_text(add, 6, try->error);
	sqlite3_bind_int64(add, 7, try->wait_ms);
	return store_write(store, add);
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
