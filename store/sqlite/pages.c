#include "store/sqlite/internal.h"

/*
 * A page is three rows: its result, its body where one is kept, and its URL's state.  What
 * an earlier visit left is looked for only if the result was there already, so that a
 * first visit pays for nothing but appending.
 */

/* Bind ?1 to ?20, the same in every statement on results. */
static void bind_result(sqlite3_stmt *result, const struct store_page *page,
			char fetched_at[STORE_TIME_SIZE])
{
	bool is_fetched = page->fetched_at_ms != 0;

	sqlite3_bind_int64(result, 1, page->url_id);
	store_bind_string(result, 2, page->outcome);
	store_bind_number(result, 3, page->status);
	store_bind_text(result, 4, page->final_url);
	store_bind_text(result, 5, page->title);
	store_bind_text(result, 6, page->content_type);
	store_bind_text(result, 7, page->charset);
	store_bind_text(result, 8, page->charset_source);
	sqlite3_bind_null(result, 9);
	sqlite3_bind_null(result, 10);
	sqlite3_bind_null(result, 11);
	sqlite3_bind_null(result, 12);
	sqlite3_bind_null(result, 18);
	if (is_fetched) {
		store_time_text(page->fetched_at_ms, fetched_at);
		sqlite3_bind_int64(result, 9, page->size);
		sqlite3_bind_int64(result, 10, page->wire_size);
		sqlite3_bind_text(result, 11, fetched_at, STORE_TIME_SIZE - 1, SQLITE_STATIC);
		sqlite3_bind_int64(result, 12, page->elapsed_ms);
	}
	if (is_fetched && page->state == STORE_DONE)
		sqlite3_bind_text(result, 18, fetched_at, STORE_TIME_SIZE - 1, SQLITE_STATIC);
	sqlite3_bind_int(result, 13, page->tries);
	store_bind_text(result, 14, page->error);
	store_bind_text(result, 15, page->etag);
	store_bind_text(result, 16, page->last_modified);
	store_bind_number(result, 17, (int64_t)page->hash);
	store_bind_number(result, 19, page->is_moved);
	store_bind_text(result, 20, page->redirects);
}

/* Returns whether this is the first result of the URL in *is_first. */
static int add_result(struct store *store, const struct store_page *page, bool *is_first)
{
	sqlite3_stmt *add = store_writing(
		store, ADD_RESULT,
		"INSERT INTO results (url_id, outcome, status, final_url, title, content_type,"
		" charset, charset_source, size, wire_size, fetched_at, elapsed_ms, tries, error,"
		" etag, last_modified, hash, read_at, is_moved, redirects)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
		" ?17, ?18, ?19, ?20)"
		" ON CONFLICT DO NOTHING");
	char fetched_at[STORE_TIME_SIZE];

	if (!add)
		return -1;
	bind_result(add, page, fetched_at);
	if (store_write(store, add))
		return -1;
	*is_first = sqlite3_changes(store->db) != 0;
	return 0;
}

static int replace_result(struct store *store, const struct store_page *page)
{
	sqlite3_stmt *replace = store_writing(
		store, REPLACE_RESULT,
		"UPDATE results SET outcome = ?2, status = ?3, final_url = ?4, title = ?5,"
		" content_type = ?6, charset = ?7, charset_source = ?8, size = ?9, wire_size = ?10,"
		" fetched_at = ?11, elapsed_ms = ?12, tries = ?13, error = ?14, etag = ?15,"
		" last_modified = ?16, hash = ?17, read_at = ?18, is_moved = ?19,"
		" redirects = ?20, unmatched = NULL WHERE url_id = ?1");
	char fetched_at[STORE_TIME_SIZE];

	if (!replace)
		return -1;
	bind_result(replace, page, fetched_at);
	return store_write(store, replace);
}

/* The page was not read this time: what describes its content is still true. */
static int keep_result(struct store *store, const struct store_page *page)
{
	sqlite3_stmt *keep = store_writing(
		store, KEEP_RESULT,
		"UPDATE results SET outcome = ?2, status = ?3, final_url = coalesce(?4, final_url),"
		" title = iif(read_at IS NULL, ?5, title),"
		" content_type = iif(read_at IS NULL, ?6, content_type),"
		" charset = iif(read_at IS NULL, ?7, charset),"
		" charset_source = iif(read_at IS NULL, ?8, charset_source),"
		" size = iif(read_at IS NULL, ?9, size), wire_size = ?10, fetched_at = ?11,"
		" elapsed_ms = ?12, tries = ?13, error = ?14, etag = coalesce(?15, etag),"
		" last_modified = coalesce(?16, last_modified), hash = coalesce(?17, hash),"
		" read_at = coalesce(read_at, ?18), is_moved = ?19, redirects = ?20"
		" WHERE url_id = ?1");
	char fetched_at[STORE_TIME_SIZE];

	if (!keep)
		return -1;
	bind_result(keep, page, fetched_at);
	return store_write(store, keep);
}

static int set_state(struct store *store, int64_t url_id, enum store_state state)
{
	sqlite3_stmt *set =
		store_writing(store, SET_STATE, "UPDATE urls SET state = ?2 WHERE id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, url_id);
	sqlite3_bind_int(set, 2, (int)state);
	if (store_write(store, set))
		return -1;
	if (sqlite3_changes(store->db) == 0)
		return store_refuse(store, "%s knows no URL %lld", store->path, (long long)url_id);
	return 0;
}

static int add_body(struct store *store, const struct store_page *page)
{
	sqlite3_stmt *add = store_writing(
		store, ADD_BODY,
		"INSERT INTO bodies (url_id, is_text, body) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (url_id) DO UPDATE SET is_text = excluded.is_text,"
		"  body = excluded.body"
		" WHERE body IS NOT excluded.body OR is_text IS NOT excluded.is_text");

	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, page->url_id);
	sqlite3_bind_int(add, 2, page->body_is_text);
	sqlite3_bind_blob64(add, 3, page->body.at, page->body.size, SQLITE_STATIC);
	return store_write(store, add);
}

static int remove_body(struct store *store, int64_t url_id)
{
	sqlite3_stmt *remove =
		store_writing(store, REMOVE_BODY, "DELETE FROM bodies WHERE url_id = ?1");

	if (!remove)
		return -1;
	sqlite3_bind_int64(remove, 1, url_id);
	return store_write(store, remove);
}

static int write_again(struct store *store, const struct store_page *page)
{
	if (page->keeps_content)
		return keep_result(store, page);
	if (replace_result(store, page) || store_remove_rows(store, page->url_id))
		return -1;
	return page->body.at ? 0 : remove_body(store, page->url_id);
}

int store_page(struct store *store, const struct store_page *page)
{
	bool is_first;

	if (add_result(store, page, &is_first))
		return -1;
	if (!is_first && write_again(store, page))
		return -1;
	if (page->body.at && add_body(store, page))
		return -1;
	if (set_state(store, page->url_id, page->state))
		return -1;
	store->page_id = page->url_id;
	store->run_pages++;
	return 0;
}

int store_page_stands(struct store *store, int64_t url_id)
{
	return set_state(store, url_id, STORE_DONE);
}

int store_page_outcome(struct store *store, const char *outcome, const char *error)
{
	sqlite3_stmt *set = store_writing(store, PAGE_OUTCOME,
					  "UPDATE results SET outcome = ?2, error = ?3,"
					  " etag = NULL, last_modified = NULL, hash = NULL"
					  " WHERE url_id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, store->page_id);
	store_bind_string(set, 2, outcome);
	store_bind_string(set, 3, error);
	return store_write(store, set);
}

int store_page_unmatched(struct store *store, struct store_text patterns)
{
	sqlite3_stmt *set = store_writing(store, PAGE_UNMATCHED,
					  "UPDATE results SET unmatched = ?2 WHERE url_id = ?1");

	if (!set)
		return -1;
	sqlite3_bind_int64(set, 1, store->page_id);
	store_bind_text(set, 2, patterns);
	return store_write(store, set);
}

int store_page_again(struct store *store, int64_t url_id)
{
	if (store_begin(store) || store_remove_rows(store, url_id))
		return -1;
	store->page_id = url_id;
	return 0;
}
