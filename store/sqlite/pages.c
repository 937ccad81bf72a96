#include "store/sqlite/internal.h"

/*
 * A page is two rows: its result, and its body where one is kept.  A first visit only appends; what
 * an earlier one left is looked for only where there is one.
 */

#define BODY_BYTES_MAX \
	999000000 /* with its row less than the largest that SQLite takes: not kept */

/* What became of it: the same in every statement on results. */
static void bind_outcome(sqlite3_stmt *result, const struct sqlite_store *store,
			 const struct store_page *page)
{
	sqlite3_bind_int64(result, 1, store->page_id);
	sqlite3_bind_int(result, 2, (int)page->state);
	sqlite3_bind_int64(result, 3, store->pass);
	sqlite3_bind_int64(result, 4, store->visit);
	sqlite_bind_string(result, 5, page->outcome);
	sqlite_bind_number(result, 6, page->status);
	sqlite_bind_text(result, 7, page->final_url);
	sqlite3_bind_int(result, 8, page->tries);
	sqlite_bind_text(result, 9, page->error);
	sqlite_bind_number(result, 10, page->is_moved);
	sqlite_bind_text(result, 11, page->redirects);
}

/* What was fetched, and when. */
static void bind_content(sqlite3_stmt *result, const struct sqlite_store *store,
			 const struct store_page *page, char fetched_at[STORE_TIME_SIZE])
{
	bool is_fetched = page->fetched_at_ms != 0;
	struct slice at = { NULL, STORE_TIME_SIZE - 1 };

	sqlite_bind_text(result, 12, page->title);
	sqlite_bind_text(result, 13, page->content_type);
	sqlite_bind_text(result, 14, page->charset);
	sqlite_bind_text(result, 15, page->charset_source);
	if (is_fetched) {
		store_time_text(page->fetched_at_ms, fetched_at);
		at.at = fetched_at;
		sqlite3_bind_int64(result, 16, page->size);
		sqlite3_bind_int64(result, 17, page->wire_size);
		sqlite3_bind_int64(result, 18, page->elapsed_us);
	} else {
		sqlite3_bind_null(result, 16);
		sqlite3_bind_null(result, 17);
		sqlite3_bind_null(result, 18);
	}
	sqlite_bind_text(result, 19, at);
	sqlite_bind_text(result, 20, store_page_is_read(page) ? at : (struct slice){ NULL, 0 });
	sqlite_bind_text(result, 21, page->etag);
	sqlite_bind_text(result, 22, page->last_modified);
	sqlite_bind_number(result, 23, (int64_t)page->hash);
	sqlite3_bind_int64(result, 24, store->config_hash);
	sqlite_bind_text(result, 25, page->unmatched);
	sqlite_bind_text(result, 26, page->counts);
}

/* Returns 0 or -1. */
static int write_result(struct sqlite_store *store, sqlite3_stmt *result,
			const struct store_page *page)
{
	char fetched_at[STORE_TIME_SIZE];

	if (!result)
		return -1;
	bind_outcome(result, store, page);
	bind_content(result, store, page, fetched_at);
	return sqlite_write(store, result);
}

static int add_result(struct sqlite_store *store, const struct store_page *page)
{
	return write_result(
		store,
		sqlite_writing(
			store, ADD_RESULT,
			"INSERT INTO results (url_id, state, pass, visit, outcome, status,"
			" final_url, tries, error, is_moved, redirects, title, content_type,"
			" charset, charset_source, size, wire_size, elapsed_us, fetched_at,"
			" read_at, etag, last_modified, hash, config_hash, unmatched, counts)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
			" ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)"
			" ON CONFLICT DO NOTHING"),
		page);
}

static int replace_result(struct sqlite_store *store, const struct store_page *page)
{
	return write_result(
		store,
		sqlite_writing(
			store, REPLACE_RESULT,
			"UPDATE results SET state = ?2, pass = ?3, visit = ?4, outcome = ?5,"
			" status = ?6, final_url = ?7, tries = ?8, error = ?9, is_moved = ?10,"
			" redirects = ?11, title = ?12, content_type = ?13, charset = ?14,"
			" charset_source = ?15, size = ?16, wire_size = ?17, elapsed_us = ?18,"
			" fetched_at = ?19, read_at = ?20, etag = ?21, last_modified = ?22,"
			" hash = ?23, config_hash = ?24, unmatched = ?25, counts = ?26"
			" WHERE url_id = ?1"),
		page);
}

/*
 * The page was not read this time: what describes its content is still true, and of the config that
 * it was read with.  ANSWERED is of the last answer that came for it: a 304 says only what changed,
 * and one that failed (2 and 3 of enum store_state) nothing of what is still stored.
 */
/* clang-format off */
#define IF_UNREAD(now, column) column " = iif(read_at IS NULL, " now ", " column ")"
#define ANSWERED(now, column)                                                   \
	column " = CASE WHEN ?2 <> 1 AND read_at IS NOT NULL THEN " column      \
	" WHEN ?5 = 'not_modified' THEN coalesce(" now ", " column ")"          \
	" ELSE " now " END"
static const char keep_sql[] =
	"UPDATE results SET state = ?2, pass = ?3, visit = ?4, outcome = ?5, status = ?6, "
	ANSWERED("?7", "final_url") ", tries = ?8, error = ?9, is_moved = ?10, redirects = ?11, "
	IF_UNREAD("?12", "title") ", "
	IF_UNREAD("?13", "content_type") ", "
	IF_UNREAD("?14", "charset") ", "
	IF_UNREAD("?15", "charset_source") ", "
	IF_UNREAD("?16", "size") ", "
	"wire_size = ?17, elapsed_us = ?18, fetched_at = ?19, read_at = coalesce(read_at, ?20), "
	ANSWERED("?21", "etag") ", "
	ANSWERED("?22", "last_modified") ", "
	ANSWERED("?23", "hash") ", "
	IF_UNREAD("?24", "config_hash")
	" WHERE url_id = ?1";
/* clang-format on */

static int keep_result(struct sqlite_store *store, const struct store_page *page)
{
	return write_result(store, sqlite_writing(store, KEEP_RESULT, keep_sql), page);
}

static int add_body(struct sqlite_store *store, const struct store_page *page)
{
	sqlite3_stmt *add = sqlite_writing(
		store, ADD_BODY,
		"INSERT INTO bodies (url_id, is_text, body) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (url_id) DO UPDATE SET is_text = excluded.is_text,"
		"  body = excluded.body"
		" WHERE body IS NOT excluded.body OR is_text IS NOT excluded.is_text");

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, store->page_id);
	sqlite3_bind_int(add, 2, page->body_is_text);
	sqlite3_bind_blob64(add, 3, page->body.at, page->body.size, SQLITE_STATIC);
	return sqlite_write(store, add);
}

static int remove_body(struct sqlite_store *store)
{
	sqlite3_stmt *remove =
		sqlite_writing(store, REMOVE_BODY, "DELETE FROM bodies WHERE url_id = ?1");

	if (!remove)
		return -1;
	sqlite3_bind_int64(remove, 1, store->page_id);
	return sqlite_write(store, remove);
}

/* Rows of the earlier visit go unless new ones have taken their place, or they are still true. */
static int clear_content(struct sqlite_store *store, const struct store_page *page)
{
	if (page->keeps_content)
		return 0;
	if (sqlite_end_settling(store))
		return -1;
	return page->body.at && page->body.size <= BODY_BYTES_MAX ? 0 : remove_body(store);
}

static int put_result(struct sqlite_store *store, const struct store_page *page)
{
	if (!store->is_again)
		return add_result(store, page);
	return page->keeps_content ? keep_result(store, page) : replace_result(store, page);
}

/*
 * Rows were taken as those of a first visit or of another: where the caller was mistaken in that,
 * they could not be told any more from what an earlier visit left.
 */
static int write_page(struct sqlite_store *store, const struct store_page *page)
{
	if (put_result(store, page))
		return -1;
	if (sqlite3_changes(store->db) == 0)
		return store_fail(&store->base, STORE_CURE_NONE, "%s has %s result of URL %lld",
				  store->path, store->is_again ? "no" : "already a",
				  (long long)store->page_id);
	return store->is_again ? clear_content(store, page) : 0;
}

/* Numbers are given in order: one above all that are there is a slip of the caller's. */
static int check_key(struct sqlite_store *store, struct store_key key)
{
	if (key.number > store->last_url &&
	    sqlite_number(store, "SELECT coalesce(max(id), 0) FROM urls", NULL, &store->last_url))
		return -1;
	if (key.share == 0 && key.number > 0 && key.number <= store->last_url)
		return 0;
	return store_fail(&store->base, STORE_CURE_NONE, "%s knows no URL %u", store->path,
			  key.number);
}

/* ---- public ---- */

/* Said once: the page that is closed again has a result, and no rows that are new. */
bool sqlite_is_refused(struct sqlite_store *store)
{
	bool is_new = store->base.refusal[0] != '\0' && !store->is_refused;

	store->is_refused = is_new;
	store->is_again |= is_new;
	return is_new;
}

int sqlite_page_open(struct store *door, struct store_key key, bool is_again)
{
	struct sqlite_store *store = sqlite_of(door);

	if (sqlite_begin(store) || sqlite_flush_rows(store) || check_key(store, key))
		return -1;
	store->page_id = key.number;
	store->base.refusal[0] = '\0';
	store->is_refused = false;
	store->is_again = is_again;
	sqlite_begin_settling(store, is_again);
	return 0;
}

int sqlite_page_leave(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	if (store->page_id == 0 || store->is_again)
		return store_fail(door, STORE_CURE_NONE,
				  "a page of %s was left that was not open, or was read before",
				  store->path);
	if (sqlite_flush_rows(store))
		return -1;
	store->page_id = 0;
	return door->refusal[0] != '\0';
}

int sqlite_page(struct store *door, const struct store_page *page)
{
	struct sqlite_store *store = sqlite_of(door);

	if (sqlite_begin(store))
		return -1;
	if (store->page_id == 0)
		return store_fail(door, STORE_CURE_NONE,
				  "a page of %s was closed before it was opened", store->path);
	store->visit++;
	if (write_page(store, page) || sqlite_flush_rows(store))
		return -1;
	if (sqlite_is_refused(store))
		return 1;
	if (page->body.at && page->body.size <= BODY_BYTES_MAX && add_body(store, page))
		return -1;
	store->page_id = 0;
	store->run_pages++;
	return 0;
}

static int put_pass(struct sqlite_store *store, struct store_key key, int64_t pass)
{
	sqlite3_stmt *set = sqlite_writing(
		store, SET_PASS, "UPDATE results SET pass = ?2, state = 1 WHERE url_id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, key.number);
	sqlite3_bind_int64(set, 2, pass);
	return sqlite_write(store, set);
}

int sqlite_put_standing(struct store *door, struct store_key key)
{
	struct sqlite_store *store = sqlite_of(door);

	return put_pass(store, key, store->pass);
}

int sqlite_forget_result(struct sqlite_store *store, struct store_key key)
{
	sqlite3_stmt *forget =
		sqlite_writing(store, FORGET_RESULT, "DELETE FROM results WHERE url_id = ?1");

	if (!forget)
		return -1;
	sqlite3_bind_int64(forget, 1, key.number);
	return sqlite_write(store, forget);
}

/* Pass 0 is before every one. */
int sqlite_put_waiting(struct store *door, struct store_key key, bool is_again)
{
	struct sqlite_store *store = sqlite_of(door);

	return is_again ? put_pass(store, key, 0) : sqlite_forget_result(store, key);
}

int sqlite_put_verdict(struct store *door, struct store_key key,
		       const struct store_verdict *verdict)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *set = sqlite_writing(
		store, SET_VERDICT,
		"UPDATE results SET state = ?2, outcome = ?3, error = ?4, status = ?5"
		" WHERE url_id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, key.number);
	sqlite3_bind_int(set, 2, (int)verdict->state);
	sqlite_bind_string(set, 3, verdict->outcome);
	sqlite_bind_text(set, 4, verdict->error);
	sqlite_bind_number(set, 5, verdict->status);
	return sqlite_write(store, set);
}

int sqlite_clear_content(struct store *door, struct store_key key)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *clear = sqlite_writing(
		store, CLEAR_CONTENT,
		"UPDATE results SET read_at = NULL, title = NULL, content_type = NULL,"
		" charset = NULL, charset_source = NULL, unmatched = NULL, counts = NULL,"
		" size = 0"
		" WHERE url_id = ?1");

	if (!clear)
		return -1;
	sqlite3_bind_int64(clear, 1, key.number);
	if (sqlite_write(store, clear) || sqlite_page_open(door, key, false) ||
	    sqlite_remove_rows(store, key.number) || remove_body(store))
		return -1;
	store->page_id = 0;
	return 0;
}

int sqlite_put_try(struct store *door, const struct store_try *try)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *add =
		sqlite_writing(store, ADD_TRY,
			       "INSERT INTO tries_made (url_id, number, at, outcome, status,"
			       " error, wait_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	char at[STORE_TIME_SIZE];

	if (!add)
		return -1;
	store_time_text(try->at_ms, at);
	sqlite3_bind_int64(add, 1, try->key.number);
	sqlite3_bind_int(add, 2, try->number);
	sqlite3_bind_text(add, 3, at, STORE_TIME_SIZE - 1, SQLITE_STATIC);
	sqlite_bind_string(add, 4, try->outcome);
	sqlite_bind_number(add, 5, try->status);
	sqlite_bind_text(add, 6, try->error);
	sqlite3_bind_int64(add, 7, try->wait_ms);
	return sqlite_write(store, add);
}
