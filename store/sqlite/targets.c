#include "store/sqlite/internal.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * What a request needs to know of a URL, read for many URLs by one statement: a step of a
 * statement costs a fraction of starting it.
 */
struct ahead {
	struct store_key key;
	struct store_target target;
	struct kept_text text; /* where the target's texts are */
};

struct targets {
	struct ahead ahead[STORE_AHEAD_MAX];
	size_t count;
	size_t next;        /* where the URL that is asked for next is likely to be */
	struct ahead alone; /* one that was not read ahead */
};

#define EIGHT_IDS "(?),(?),(?),(?),(?),(?),(?),(?)"
#define IDS       EIGHT_IDS "," EIGHT_IDS "," EIGHT_IDS "," EIGHT_IDS
_Static_assert(STORE_AHEAD_MAX == 32, "as many parameters as there are ids");

#define URL_COLUMNS                                                                \
	"SELECT u.id, u.url, u.host_id, u.from_id, u.from_where, u.depth, u.kind," \
	" u.lane, u.rule, u.root"
#define URL_TABLES " FROM (VALUES " IDS ") ids CROSS JOIN urls u ON u.id = ids.column1"

/* Of a crawl that has results of earlier runs, and of one that has none. */
static sqlite3_stmt *find_targets(struct sqlite_store *store)
{
	static const char with_results[] =
		URL_COLUMNS ", r.url_id IS NOT NULL, r.etag, r.last_modified, r.hash,"
			    " CAST(1000 * unixepoch(r.fetched_at) AS INTEGER),"
			    " r.final_url <> u.url,"
			    " iif(r.is_moved AND r.final_url <> u.url, r.final_url, NULL),"
			    " r.outcome IN ('ok', 'not_modified'), r.config_hash,"
			    " r.outcome = 'moved', r.read_at IS NOT NULL, r.counts" URL_TABLES
			    " LEFT JOIN results r ON r.url_id = u.id";
	static const char without[] = URL_COLUMNS ", 0" URL_TABLES;

	return store->has_results ? sqlite_reading(store, FIND_TARGETS, with_results)
				  : sqlite_reading(store, FIND_NEW_TARGETS, without);
}

static struct store_url read_url(sqlite3_stmt *found)
{
	return (struct store_url){
		.url = sqlite_column_text(found, 1),
		.host = { 0, (uint32_t)sqlite3_column_int64(found, 2) },
		.from = { 0, (uint32_t)sqlite3_column_int64(found, 3) },
		.from_where = (enum store_from)sqlite3_column_int(found, 4),
		.depth = sqlite3_column_int(found, 5),
		.kind = (enum store_url_kind)sqlite3_column_int(found, 6),
		.lane = sqlite3_column_int(found, 7),
		.rule = sqlite3_column_int(found, 8),
		.root = { 0, (uint32_t)sqlite3_column_int64(found, 9) },
	};
}

/* What was made by another config tells nothing of whether rows would be the same. */
static struct store_validators read_validators(const struct sqlite_store *store,
					       sqlite3_stmt *found)
{
	struct store_validators known = {
		.fetched_at_ms = sqlite3_column_int64(found, 14),
		.is_redirected = sqlite3_column_int(found, 15),
		.moved_to = sqlite_column_text(found, 16),
		.is_good = sqlite3_column_int(found, 17),
		.is_read_there = sqlite3_column_int(found, 19),
		.has_content = sqlite3_column_int(found, 20),
	};

	if (sqlite3_column_int64(found, 18) != store->config_hash)
		return known;
	known.etag = sqlite_column_text(found, 11);
	known.last_modified = sqlite_column_text(found, 12);
	known.hash = (uint64_t)sqlite3_column_int64(found, 13);
	known.counts = sqlite_column_text(found, 21);
	return known;
}

static void take_target(struct sqlite_store *store, sqlite3_stmt *found, struct ahead *ahead)
{
	struct store_target *target = &ahead->target;

	ahead->key = (struct store_key){ 0, (uint32_t)sqlite3_column_int64(found, 0) };
	*target = (struct store_target){ .row = read_url(found),
					 .is_again = sqlite3_column_int(found, 10) };
	if (target->is_again)
		target->known = read_validators(store, found);
	sqlite_keep_texts(&ahead->text,
			  (struct slice *const[]){ &target->row.url, &target->known.etag,
						   &target->known.last_modified,
						   &target->known.moved_to, &target->known.counts },
			  5);
}

/* Read these into as many places.  Returns how many there are, or -1. */
static int read_targets(struct sqlite_store *store, const struct store_key keys[], size_t count,
			struct ahead *ahead)
{
	sqlite3_stmt *find = find_targets(store);
	int step, found = 0;

	if (!find)
		return -1;
	for (size_t i = 0; i < STORE_AHEAD_MAX; i++)
		sqlite_bind_number(find, (int)i + 1, i < count ? keys[i].number : 0);
	while ((step = sqlite3_step(find)) == SQLITE_ROW)
		take_target(store, find, &ahead[found++]);
	if (step != SQLITE_DONE)
		sqlite_fail(store);
	sqlite3_reset(find);
	return step == SQLITE_DONE ? found : -1;
}

static struct targets *targets_of(struct sqlite_store *store)
{
	if (!store->ahead)
		store->ahead = memory_new(1, sizeof(*store->ahead));
	return store->ahead;
}

int sqlite_ahead(struct store *door, const struct store_key keys[], size_t count)
{
	struct sqlite_store *store = sqlite_of(door);
	struct targets *targets = targets_of(store);
	int found = read_targets(store, keys, count, targets->ahead);

	targets->count = found > 0 ? (size_t)found : 0;
	targets->next = 0;
	return found < 0 ? -1 : 0;
}

/* In the order in which they were read, as a rule. */
static const struct ahead *find_ahead(struct targets *targets, struct store_key key)
{
	for (size_t i = 0; i < targets->count; i++) {
		size_t at = (targets->next + i) % targets->count;

		if (targets->ahead[at].key.number != key.number)
			continue;
		targets->next = at + 1;
		return &targets->ahead[at];
	}
	return NULL;
}

int sqlite_url(struct store *door, struct store_key key, struct store_target *target)
{
	struct sqlite_store *store = sqlite_of(door);
	struct targets *targets = targets_of(store);
	const struct ahead *found = find_ahead(targets, key);
	int got;

	if (!found) {
		got = read_targets(store, &key, 1, &targets->alone);
		if (got < 0)
			return -1;
		found = got > 0 ? &targets->alone : NULL;
	}
	if (!found)
		return store_fail(door, STORE_CURE_NONE, "%s knows no URL %u", store->path,
				  key.number);
	*target = found->target;
	return 1;
}

void sqlite_forget_ahead(struct sqlite_store *store)
{
	if (store->ahead)
		store->ahead->count = 0;
}

void sqlite_free_ahead(struct sqlite_store *store)
{
	if (!store->ahead)
		return;
	for (size_t i = 0; i < STORE_AHEAD_MAX; i++)
		free(store->ahead->ahead[i].text.at);
	free(store->ahead->alone.text.at);
	free(store->ahead);
}
