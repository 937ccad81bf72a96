#include "store/sqlite/internal.h"
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsers/text/memory.h"

#define PAGE_SIZE "8192" /* of a new database: a fifth faster than 4 KiB */

/*
 * synchronous FULL: a commit is on the disk when store_commit() returns, and costs 6 %
 * when a thousand rows share it.  secure_delete is Debian's default, for a price.
 */
static const char writer_settings[] = "PRAGMA synchronous = FULL;"
				      "PRAGMA secure_delete = OFF;"
				      "PRAGMA cache_size = -49152;"
				      "PRAGMA journal_size_limit = 67108864;"
				      "PRAGMA wal_autocheckpoint = 0;"
				      "PRAGMA foreign_keys = OFF;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA trusted_schema = OFF;";

static const char reader_settings[] = "PRAGMA query_only = ON;"
				      "PRAGMA cache_size = -16384;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA trusted_schema = OFF;";

int sqlite_busy_ms = 5000;

static struct sqlite_store *store_new(const char *path)
{
	struct sqlite_store *store = memory_new(1, sizeof(*store));

	sqlite_use_memory();
	store->path = memory_text(path, strlen(path));
	store->base.backend = &sqlite_backend;
	store->file = -1;
	store->pass = 1; /* until a run says */
	store->rows_prefix = STORE_ROWS_PREFIX;
	return store;
}

/* What a file could make SQLite do, and what hands out addresses in memory, is switched off. */
static void disarm(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, (int *)NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)NULL);
}

/* Returns 0, or -1 with the reason in store->base.error. */
static int connect_to(struct sqlite_store *store, const char *file, int flags)
{
	if (sqlite3_open_v2(file, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sqlite_fail(store);
	disarm(store->db);
	sqlite3_busy_timeout(store->db, sqlite_busy_ms);
	return 0;
}

static int use_log(struct sqlite_store *store)
{
	sqlite3_stmt *statement = sqlite_prepare(store, "PRAGMA journal_mode = WAL");
	const unsigned char *mode = NULL;
	int result = 0;

	if (!statement)
		return -1;
	if (sqlite3_step(statement) != SQLITE_ROW)
		result = sqlite_fail(store);
	else
		mode = sqlite3_column_text(statement, 0);
	if (mode && strcmp((const char *)mode, "wal") != 0)
		result = store_fail(&store->base, STORE_CURE_NONE,
				    "%s: its file system cannot share memory: choose a file on a "
				    "local disk",
				    store->path);
	sqlite3_finalize(statement);
	return result;
}

/*
 * Write the schema of a new database.  This comes before the log is switched on, so that
 * the header always says whose the file is, and before whatever would read an old schema,
 * which may be damaged.
 */
static int start_over(struct sqlite_store *store, bool fresh)
{
	int64_t page_count = 0;

	if (!fresh && sqlite_number(store, "PRAGMA page_count", NULL, &page_count))
		return -1;
	if (page_count > 0)
		return 0;
	if (sqlite_execute(store, "PRAGMA page_size = " PAGE_SIZE))
		return -1;
	return sqlite_schema_write(store);
}

static int open_to_write(struct sqlite_store *store, bool fresh)
{
	char *file;
	int result;

	if (sqlite_file_open(store))
		return -1;
	file = sqlite_file_path(store);
	if (!file)
		return store_fail(&store->base, STORE_CURE_NONE, "cannot find %s: %s", store->path,
				  strerror(errno));
	result = connect_to(store, file, SQLITE_OPEN_READWRITE);
	free(file);
	if (result || start_over(store, fresh))
		return -1;
	if (sqlite_schema_check(store) || sqlite_execute(store, writer_settings) ||
	    use_log(store) || sqlite_schema_update(store))
		return -1;
	sqlite_watch_log(store);
	/* Is anybody writing?  Better asked now than at the first page. */
	return sqlite_execute(store, "BEGIN IMMEDIATE; ROLLBACK");
}

/*
 * SQLite calls a database without a name its own: a file that is unlinked as soon as it is open.
 * Nobody reads it meanwhile, so it has no write-ahead log, and nothing has to be on the disk.
 */
static int open_private(struct sqlite_store *store)
{
	if (connect_to(store, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) ||
	    start_over(store, true) || sqlite_execute(store, writer_settings))
		return -1;
	return sqlite_execute(store, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
}

/*
 * In a folder that is not ours to write to, SQLite cannot make the files it shares between
 * the users of a log.  Without a log there is nobody to share with.
 */
static bool is_immutable(const struct sqlite_store *store, const char *file)
{
	char log[PATH_MAX];
	struct stat found;

	if (sqlite_file_folder_is_writable(store) && sqlite_file_folder_lets_write(store))
		return false;
	snprintf(log, sizeof(log), "%s-wal", file);
	return stat(log, &found) != 0;
}

static char *immutable_uri(const char *file)
{
	sqlite3_str *uri = sqlite3_str_new(NULL);

	sqlite3_str_appendall(uri, "file:");
	for (; *file; file++) {
		if (strchr("%?#", *file))
			sqlite3_str_appendf(uri, "%%%02X", *file);
		else
			sqlite3_str_appendchar(uri, 1, *file);
	}
	sqlite3_str_appendall(uri, "?immutable=1");
	return sqlite3_str_finish(uri);
}

static int connect_to_read(struct sqlite_store *store, const char *file, const struct stat *found)
{
	char *uri;
	int result;

	sqlite_note_opened(store, found, is_immutable(store, file));
	if (!store->is_immutable)
		return connect_to(store, file, SQLITE_OPEN_READONLY);
	uri = immutable_uri(file);
	result = connect_to(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	sqlite3_free(uri);
	return result;
}

static int open_to_read(struct sqlite_store *store)
{
	char *file = sqlite_file_path(store);
	struct stat found;
	int result;

	if (!file || stat(file, &found) != 0) {
		free(file);
		return store_fail(&store->base, STORE_CURE_NONE, "cannot open %s: %s", store->path,
				  strerror(errno));
	}
	if (!S_ISREG(found.st_mode)) {
		free(file);
		return store_fail(&store->base, STORE_CURE_NONE, "%s is not a file", store->path);
	}
	result = connect_to_read(store, file, &found);
	free(file);
	if (result)
		return -1;
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	if (sqlite_schema_check(store) || sqlite_schema_read_older(store) ||
	    sqlite_number(store, "PRAGMA user_version", NULL, &store->version))
		return -1;
	return sqlite_execute(store, reader_settings);
}

static void finalize_table(struct rows_table *table)
{
	for (size_t i = 0; i < SQLITE_BATCH_ROWS; i++)
		sqlite3_finalize(table->add[i]);
	sqlite3_finalize(table->clear);
	sqlite3_finalize(table->any);
}

/*
 * Ours, and not all that the connection has: a virtual table of the user's, an index of words, has
 * some of its own, and ends them itself.
 */
static void finalize_all(struct sqlite_store *store)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	for (int i = 0; i < store->table_count; i++)
		finalize_table(&store->tables[i]);
}

static void free_table(struct rows_table *table)
{
	free(table->name);
	sqlite3_free(table->columns);
	sqlite3_free(table->upsert);
	sqlite3_free(table->history);
}

static void sqlite_close(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	sqlite_end_look(door);
	if (store->db) {
		finalize_all(store);
		sqlite3_finalize(store->copying);
		if (store->in_transaction)
			sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
		sqlite_note_failure(store);
		if (store->file >= 0)
			sqlite_fold_log(store);
		sqlite3_close(store->db);
	}
	if (store->file >= 0) /* never before sqlite3_close(): see file.c */
		close(store->file);
	for (int i = 0; i < store->table_count; i++)
		free_table(&store->tables[i]);
	free(store->tables);
	free(store->rows.values);
	free(store->rows.text);
	sqlite_free_ahead(store);
	free(store->text.at);
	free(store->path);
	free(store);
}

/* Hand over an opened store, or take a failed one apart. */
static struct store *opened(struct sqlite_store *store, int result, struct store_error *error)
{
	if (result == 0)
		return &store->base;
	*error = store->base.error;
	sqlite_close(&store->base);
	return NULL;
}

static struct store *sqlite_open(const char *path, bool fresh, struct store_error *error)
{
	struct sqlite_store *store = store_new(path);

	return opened(store, open_to_write(store, fresh), error);
}

static struct store *sqlite_open_private(struct store_error *error)
{
	struct sqlite_store *store = store_new("a temporary file");

	return opened(store, open_private(store), error);
}

static struct store *sqlite_open_read(const char *path, struct store_error *error)
{
	struct sqlite_store *store = store_new(path);

	return opened(store, open_to_read(store), error);
}

const char *store_version(void)
{
	return sqlite3_libversion();
}

const struct store_backend sqlite_backend = {
	.open = sqlite_open,
	.open_private = sqlite_open_private,
	.open_read = sqlite_open_read,
	.is_in_use = sqlite_file_is_in_use,
	.close = sqlite_close,
	.copier = &sqlite_copier,
	.get_totals = sqlite_get_totals,
	.get_last_run = sqlite_get_last_run,
	.begin_run = sqlite_begin_run,
	.put_asked = sqlite_put_asked,
	.put_root_pass = sqlite_put_root_pass,
	.end_run = sqlite_end_run,
	.put_patterns = sqlite_put_patterns,
	.get_pattern = sqlite_get_pattern,
	.get_share_count = sqlite_get_share_count,
	.gain = sqlite_gain,
	.turn = sqlite_turn,
	.settle = sqlite_settle,
	.put_host = sqlite_put_host,
	.put_robots = sqlite_put_robots,
	.get_robots = sqlite_get_robots,
	.put_hold = sqlite_put_hold,
	.put_wait = sqlite_put_wait,
	.put_address = sqlite_put_address,
	.put_url = sqlite_put_url,
	.put_wanted = sqlite_put_wanted,
	.put_root = sqlite_put_root,
	.put_set = sqlite_put_set,
	.each_set = sqlite_each_set,
	.get_set = sqlite_get_set,
	.put_root_sets = sqlite_put_root_sets,
	.ahead = sqlite_ahead,
	.url = sqlite_url,
	.put_request = sqlite_put_request,
	.hand_on_headers = sqlite_hand_on_headers,
	.get_request = sqlite_get_request,
	.find_url = sqlite_find_url,
	.get_doomed = sqlite_get_doomed,
	.forget = sqlite_forget,
	.clear_rejects = sqlite_clear_rejects,
	.put_reject = sqlite_put_reject,
	.try_table = sqlite_try_table,
	.put_table = sqlite_put_table,
	.page_open = sqlite_page_open,
	.page_leave = sqlite_page_leave,
	.row = sqlite_row,
	.keep_rows = sqlite_keep_rows,
	.page = sqlite_page,
	.put_standing = sqlite_put_standing,
	.put_verdict = sqlite_put_verdict,
	.put_waiting = sqlite_put_waiting,
	.clear_content = sqlite_clear_content,
	.each_read = sqlite_each_read,
	.clear_rows = sqlite_clear_rows,
	.put_parse = sqlite_put_parse,
	.put_try = sqlite_put_try,
	.get_kept = sqlite_get_kept,
	.each_kept = sqlite_each_kept,
	.hide = sqlite_hide,
	.put_cookie = sqlite_put_cookie,
	.clear_cookie = sqlite_clear_cookie,
	.each_cookie = sqlite_each_cookie,
	.clear_cookies = sqlite_clear_cookies,
	.put_host_figures = sqlite_put_host_figures,
	.put_outcome_figures = sqlite_put_outcome_figures,
	.put_pattern_figures = sqlite_put_pattern_figures,
	.put_field_figures = sqlite_put_field_figures,
	.put_proxy_figures = sqlite_put_proxy_figures,
	.put_run_host = sqlite_put_run_host,
	.put_run_count = sqlite_put_run_count,
	.put_run_histogram = sqlite_put_run_histogram,
	.put_run_example = sqlite_put_run_example,
	.put_run_sample = sqlite_put_run_sample,
	.thin_run_samples = sqlite_thin_run_samples,
	.put_run_event = sqlite_put_run_event,
	.put_run_finding = sqlite_put_run_finding,
	.get_uncommitted = sqlite_get_uncommitted,
	.commit = sqlite_commit,
	.idle = sqlite_idle,
	.query = sqlite_query,
	.query_table = sqlite_query_table,
	.each_table = sqlite_each_table,
	.each_row = sqlite_each_row,
	.each_newest_row = sqlite_each_newest_row,
	.each_matched = sqlite_each_matched,
	.find_urls = sqlite_find_urls,
	.get_found = sqlite_get_found,
	.each_column = sqlite_each_column,
	.find_rows = sqlite_find_rows,
	.sort_rows = sqlite_sort_rows,
	.begin_look = sqlite_begin_look,
	.set_read_budget = sqlite_set_read_budget,
	.is_late = sqlite_is_late,
	.end_look = sqlite_end_look,
	.is_current = sqlite_is_current,
	.report = sqlite_report,
};
