#include "store/sqlite/internal.h"

/* How URLs are asked, of those that are no plain GET; most crawls have none, and look nowhere. */

/* What another request brought is no condition of this one. */
static int forget_conditions(struct sqlite_store *store, struct store_key key)
{
	sqlite3_stmt *forget =
		sqlite_writing(store, FORGET_OWN_CONDITIONS,
			       "UPDATE results SET " SQLITE_NO_CONDITIONS " WHERE url_id = ?1");

	if (!forget)
		return -1;
	sqlite3_bind_int64(forget, 1, key.number);
	return sqlite_write(store, forget);
}

static int write_changed(struct sqlite_store *store, sqlite3_stmt *statement, struct store_key key)
{
	if (sqlite_write(store, statement))
		return -1;
	return sqlite3_changes(store->db) > 0 ? forget_conditions(store, key) : 0;
}

static int clear_request(struct sqlite_store *store, struct store_key key)
{
	sqlite3_stmt *clear;

	if (!store->has_requests)
		return 0;
	clear = sqlite_writing(store, CLEAR_REQUEST,
			       "DELETE FROM crawl_requests WHERE url_id = ?1");
	if (!clear)
		return -1;
	sqlite3_bind_int64(clear, 1, key.number);
	return write_changed(store, clear, key);
}

static void bind_bytes(sqlite3_stmt *statement, int index, struct slice bytes)
{
	if (bytes.size > 0)
		sqlite3_bind_blob64(statement, index, bytes.at, bytes.size, SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, index);
}

int sqlite_put_request(struct store *door, struct store_key key,
		       const struct store_request *request)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put;

	if (!request)
		return clear_request(store, key);
	put = sqlite_writing(store, PUT_REQUEST,
			     "INSERT INTO crawl_requests (url_id, method, headers, body)"
			     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (url_id) DO UPDATE"
			     " SET method = ?2, headers = ?3, body = ?4"
			     " WHERE method <> ?2 OR headers IS NOT ?3 OR body IS NOT ?4");
	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, key.number);
	sqlite_bind_text(put, 2, request->method);
	if (request->headers.size > 0)
		sqlite_bind_text(put, 3, request->headers);
	else
		sqlite3_bind_null(put, 3);
	bind_bytes(put, 4, request->body);
	store->has_requests = true;
	return write_changed(store, put, key);
}

/* Requests p that have other headers than the request q of their root. */
#define OTHER_THAN_ROOTS                                                              \
	"(SELECT p.url_id FROM crawl_requests p JOIN urls u ON u.id = p.url_id"       \
	" JOIN urls r ON r.id = u.root LEFT JOIN crawl_requests q ON q.url_id = r.id" \
	" WHERE u.root <> u.id AND u.host_id = r.host_id"                             \
	"  AND p.method = coalesce(q.method, 'GET') AND p.headers IS NOT q.headers)"

int sqlite_hand_on_headers(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	if (!store->has_requests)
		return 0;
	if (sqlite_begin(store))
		return -1;
	return sqlite_execute(store, "UPDATE results SET " SQLITE_NO_CONDITIONS
				     " WHERE url_id IN " OTHER_THAN_ROOTS ";"
				     "UPDATE crawl_requests SET headers ="
				     " (SELECT q.headers FROM urls u JOIN crawl_requests q"
				     "  ON q.url_id = u.root WHERE u.id = crawl_requests.url_id)"
				     " WHERE url_id IN " OTHER_THAN_ROOTS ";"
				     "DELETE FROM crawl_requests"
				     " WHERE method = 'GET' AND headers IS NULL");
}

int sqlite_get_request(struct store *door, struct store_key key, struct store_request *request)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find;
	int step;

	if (!store->has_requests && store->run_id != 0) /* a reader has not looked */
		return 0;
	find = sqlite_reading(store, FIND_REQUEST,
			      "SELECT method, headers, body FROM crawl_requests WHERE url_id = ?1");
	if (!find)
		return -1;
	sqlite3_bind_int64(find, 1, key.number);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW) {
		*request = (struct store_request){ sqlite_column_text(find, 0),
						   sqlite_column_text(find, 1),
						   sqlite_column_text(find, 2) };
		sqlite_keep_texts(&store->text,
				  (struct slice *const[]){ &request->method, &request->headers,
							   &request->body },
				  3);
	} else if (step != SQLITE_DONE) {
		sqlite_fail(store);
	}
	sqlite3_reset(find);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : -1;
}
