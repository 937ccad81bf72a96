#include "store/sqlite/internal.h"

/* ---- adding ---- */

/* How it was found: four columns from this one on. */
static void bind_origin(sqlite3_stmt *statement, int index, struct store_key key,
			const struct store_url *url)
{
	bool is_root = store_key_is_none(url->root);

	sqlite_bind_number(statement, index, url->from.number);
	sqlite_bind_number(statement, index + 1, url->from_where);
	sqlite3_bind_int64(statement, index + 2, is_root ? key.number : url->root.number);
	sqlite3_bind_int(statement, index + 3, url->depth);
}

int sqlite_put_url(struct store *door, struct store_key key, const struct store_url *url)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *add = sqlite_writing(store, ADD_URL,
					   "INSERT INTO urls (id, url, host_id, from_id,"
					   " from_where, root, depth, kind, lane, rule, set_id)"
					   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
					   " ?11)");

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, key.number);
	sqlite_bind_text(add, 2, url->url);
	sqlite3_bind_int64(add, 3, url->host.number);
	bind_origin(add, 4, key, url);
	sqlite3_bind_int(add, 8, (int)url->kind);
	sqlite3_bind_int(add, 9, url->lane);
	sqlite_bind_number(add, 10, url->rule);
	sqlite_bind_number(add, 11, url->set);
	if (store->last_url < key.number)
		store->last_url = key.number;
	return sqlite_write(store, add);
}

int sqlite_put_wanted(struct store *door, struct store_key key, const struct store_url *url)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *want = sqlite_writing(store, WANT_URL,
					    "UPDATE urls SET from_id = ?2, from_where = ?3,"
					    " root = ?4, depth = ?5, kind = ?6, lane = ?7,"
					    " rule = ?8, set_id = ?9 WHERE id = ?1");

	if (!want || sqlite_forget_result(store, key))
		return -1;
	sqlite3_bind_int64(want, 1, key.number);
	bind_origin(want, 2, key, url);
	sqlite3_bind_int(want, 6, (int)url->kind);
	sqlite3_bind_int(want, 7, url->lane);
	sqlite_bind_number(want, 8, url->rule);
	sqlite_bind_number(want, 9, url->set);
	return sqlite_write(store, want);
}

/* It is read in full; and who led to it until now, too. */
static int forget_conditions(struct sqlite_store *store, struct store_key key,
			     const struct store_url *url)
{
	sqlite3_stmt *forget = sqlite_writing(
		store, FORGET_CONDITIONS,
		"UPDATE results SET " SQLITE_NO_CONDITIONS " WHERE url_id IN"
		" (?1, (SELECT from_id FROM urls WHERE id = ?1 AND from_id IS NOT ?2))");

	if (!forget)
		return -1;
	sqlite3_bind_int64(forget, 1, key.number);
	sqlite_bind_number(forget, 2, url->from.number);
	return sqlite_write(store, forget);
}

/* Passes of its new root may be older than its result: 0 is before every one. */
static int keep_pending(struct sqlite_store *store, struct store_key key, bool is_asked_for)
{
	sqlite3_stmt *set = sqlite_writing(
		store, SET_PENDING,
		"UPDATE results SET pass = 0 WHERE url_id = ?1 AND (?2 OR 0 = (SELECT " SQLITE_STATE
		" FROM urls u JOIN results r ON r.url_id = u.id WHERE u.id = ?1))");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, key.number);
	sqlite3_bind_int(set, 2, is_asked_for);
	return sqlite_write(store, set);
}

int sqlite_put_root(struct store *door, struct store_key key, const struct store_url *url,
		    bool is_asked_for)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set = sqlite_writing(store, SET_ROOT,
					   "UPDATE urls SET from_id = ?2, from_where = ?3,"
					   " root = ?4, depth = ?5, lane = ?6, rule = ?7"
					   " WHERE id = ?1");

	if (!set || forget_conditions(store, key, url) || keep_pending(store, key, is_asked_for))
		return -1;
	bind_origin(set, 2, key, url);
	sqlite3_bind_int64(set, 1, key.number);
	sqlite3_bind_int(set, 6, url->lane);
	sqlite_bind_number(set, 7, url->rule);
	return sqlite_write(store, set);
}

int sqlite_find_url(struct store *door, struct slice url, struct store_key *key)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find =
		sqlite_statement(store, FIND_URL, "SELECT id FROM urls WHERE url = ?1");
	int step;

	if (!find)
		return -1;
	sqlite_bind_text(find, 1, url);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW)
		*key = (struct store_key){ 0, (uint32_t)sqlite3_column_int64(find, 0) };
	else if (step != SQLITE_DONE)
		sqlite_fail(store);
	sqlite3_reset(find);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : -1;
}

/* ---- gaining all ---- */

/* What stands in a whole row, and not in a brief one. */
static void add_rest(sqlite3_stmt *scan, struct store_known_url *known)
{
	known->host = (struct store_key){ 0, (uint32_t)sqlite3_column_int64(scan, 5) };
	known->lane = sqlite3_column_int(scan, 6);
	known->rule = sqlite3_column_int(scan, 7);
	known->depth = sqlite3_column_int(scan, 8);
	known->url = sqlite_column_text(scan, 9);
	known->moved_to = sqlite_column_text(scan, 10);
	known->has_content = sqlite3_column_int(scan, 11);
	known->set = (uint32_t)sqlite3_column_int64(scan, 12);
}

static int gain_urls(struct sqlite_store *store, const struct store_events *events)
{
#define KNOWN_URLS(rest)                                                \
	"SELECT u.id, u.root, u.kind, " SQLITE_STATE ","                \
	" iif(u.kind = 2, 3, coalesce(r.state, 0))" rest " FROM urls u" \
	" LEFT JOIN results r ON r.url_id = u.id ORDER BY u.id"
	static const char brief[] = KNOWN_URLS("");
	static const char whole[] =
		KNOWN_URLS(", u.host_id, u.lane, u.rule, u.depth, u.url,"
			   " iif(r.outcome = 'moved', r.final_url, NULL), r.read_at IS NOT NULL,"
			   " u.set_id");
	sqlite3_stmt *scan = sqlite_prepare(store, events->is_brief ? brief : whole);
	int step, result = 0;

	if (!scan)
		return -1;
	while (result == 0 && (step = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_known_url known = {
			.key = { 0, (uint32_t)sqlite3_column_int64(scan, 0) },
			.root = { 0, (uint32_t)sqlite3_column_int64(scan, 1) },
			.kind = (enum store_url_kind)sqlite3_column_int(scan, 2),
			.is_pending = sqlite3_column_int(scan, 3) == STORE_PENDING,
			.state = (enum store_state)sqlite3_column_int(scan, 4),
		};

		if (!events->is_brief)
			add_rest(scan, &known);
		result = events->gain_url(events->context, &known);
	}
	return sqlite_end_scan(store, scan, step) ? -1 : result;
}

static int gain_hosts(struct sqlite_store *store, const struct store_events *events)
{
	sqlite3_stmt *scan = sqlite_prepare(
		store, "SELECT id, origin, robots, robots_text, robots_at, address, held_until,"
		       " p50_ms FROM hosts ORDER BY id");
	int step, result = 0;

	if (!scan)
		return -1;
	while (result == 0 && (step = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_known_host host = {
			.key = { 0, (uint32_t)sqlite3_column_int64(scan, 0) },
			.origin = sqlite_column_text(scan, 1),
			.robots_state = sqlite_column_text(scan, 2),
			.robots = sqlite_column_text(scan, 3),
			.robots_at_ms = sqlite3_column_int64(scan, 4),
			.address = sqlite_column_text(scan, 5),
			.held_until_ms = sqlite3_column_int64(scan, 6),
			.usual_ms = sqlite3_column_int64(scan, 7),
		};

		result = events->gain_host(events->context, &host);
	}
	return sqlite_end_scan(store, scan, step) ? -1 : result;
}

uint32_t sqlite_get_share_count(const struct store *door)
{
	(void)door;
	return 1;
}

int sqlite_gain(struct store *door, const struct store_events *events)
{
	struct sqlite_store *store = sqlite_of(door);
	int result = events->gain_host ? gain_hosts(store, events) : 0;

	return result ? result : gain_urls(store, events);
}

/* ---- rejected lines ---- */

int sqlite_clear_rejects(struct store *door, const char *list)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *clear =
		sqlite_writing(store, CLEAR_REJECTS, "DELETE FROM rejects WHERE list = ?1");

	if (!clear)
		return -1;
	sqlite_bind_string(clear, 1, list);
	return sqlite_write(store, clear);
}

int sqlite_put_reject(struct store *door, const char *list, uint64_t line, struct slice text,
		      const char *reason)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *add = sqlite_writing(store, ADD_REJECT,
					   "INSERT INTO rejects (list, line, text, reason)"
					   " VALUES (?1, ?2, ?3, ?4)");

	if (!add)
		return -1;
	sqlite_bind_string(add, 1, list);
	sqlite3_bind_int64(add, 2, (int64_t)line);
	sqlite_bind_text(add, 3, text);
	sqlite_bind_string(add, 4, reason);
	return sqlite_write(store, add);
}
