#include "store/sqlite/internal.h"

int sqlite_put_host(struct store *door, struct store_key key, struct slice origin)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *add =
		sqlite_writing(store, ADD_HOST, "INSERT INTO hosts (id, origin) VALUES (?1, ?2)");

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, key.number);
	sqlite_bind_text(add, 2, origin);
	return sqlite_write(store, add);
}

int sqlite_put_robots(struct store *door, struct store_key host, const char *state,
		      struct slice robots, int64_t at_ms)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set = sqlite_writing(store, SET_ROBOTS,
					   "UPDATE hosts SET robots = ?2, robots_text = ?3,"
					   " robots_at = ?4 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, host.number);
	sqlite_bind_string(set, 2, state);
	sqlite3_bind_blob64(set, 3, robots.at, robots.size, SQLITE_STATIC);
	sqlite3_bind_int64(set, 4, at_ms);
	return sqlite_write(store, set);
}

int sqlite_get_robots(struct store *door, struct store_key host, struct slice *robots)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *find =
		sqlite_reading(store, GET_ROBOTS, "SELECT robots_text FROM hosts WHERE id = ?1");

	if (!find)
		return -1;
	sqlite3_bind_int64(find, 1, host.number);
	*robots = (struct slice){ NULL, 0 };
	return sqlite_find_text(store, find, robots) < 0 ? -1 : 1;
}

int sqlite_put_hold(struct store *door, struct store_key host, struct slice origin,
		    int64_t until_ms)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set =
		sqlite_writing(store, SET_HOLD,
			       "UPDATE hosts SET held_until = max(ifnull(held_until, 0), ?2)"
			       " WHERE id = ?1 AND origin = ?3");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, host.number);
	sqlite3_bind_int64(set, 2, until_ms);
	sqlite_bind_text(set, 3, origin);
	return sqlite_write(store, set);
}

int sqlite_put_wait(struct store *door, struct store_key host, int64_t until_ms, const char *why)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set = sqlite_writing(
		store, SET_WAIT, "UPDATE hosts SET waits_until = ?2, waits_for = ?3 WHERE id = ?1");
	char until[STORE_TIME_SIZE];

	if (!set)
		return -1;
	store_time_text(until_ms, until);
	sqlite3_bind_int64(set, 1, host.number);
	sqlite_bind_text(set, 2, (struct slice){ until, STORE_TIME_SIZE - 1 });
	sqlite_bind_string(set, 3, why);
	return sqlite_write(store, set);
}

int sqlite_put_address(struct store *door, struct store_key host, struct slice address)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set =
		sqlite_writing(store, SET_ADDRESS, "UPDATE hosts SET address = ?2 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, host.number);
	sqlite_bind_text(set, 2, address);
	return sqlite_write(store, set);
}
