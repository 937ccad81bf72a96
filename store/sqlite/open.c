#include "store/sqlite/internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
				      "PRAGMA trusted_schema = OFF;";

int store_busy_ms = 5000;

static struct store *store_new(const char *path)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		abort();
	store->path = strdup(path);
	if (!store->path)
		abort();
	store->file = -1;
	return store;
}

/* Returns 0, or -1 with the reason in store->error. */
static int connect_to(struct store *store, const char *file, int flags)
{
	/* Its count of bytes allocated costs two mutex operations an allocation. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_open_v2(file, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return store_fail(store);
	sqlite3_busy_timeout(store->db, store_busy_ms);
	return 0;
}

static int use_log(struct store *store)
{
	sqlite3_stmt *statement = store_prepare(store, "PRAGMA journal_mode = WAL");
	const unsigned char *mode = NULL;
	int result = 0;

	if (!statement)
		return -1;
	if (sqlite3_step(statement) != SQLITE_ROW)
		result = store_fail(store);
	else
		mode = sqlite3_column_text(statement, 0);
	if (mode && strcmp((const char *)mode, "wal") != 0)
		result = store_refuse(store,
				      "the file system of %s cannot share memory, which a "
				      "write-ahead log needs: choose a file on a local disk",
				      store->path);
	sqlite3_finalize(statement);
	return result;
}

/*
 * Write the schema of a new database.  This comes before the log is switched on, so that
 * the header always says whose the file is, and before whatever would read an old schema,
 * which may be damaged.
 */
static int start_over(struct store *store, bool fresh)
{
	int64_t page_count = 0;

	if (!fresh && store_number(store, "PRAGMA page_count", NULL, &page_count))
		return -1;
	if (page_count > 0)
		return 0;
	if (store_execute(store, "PRAGMA page_size = " PAGE_SIZE))
		return -1;
	return store_schema_write(store);
}

static int open_to_write(struct store *store, bool fresh)
{
	char *file;
	int result;

	if (store_file_open(store))
		return -1;
	file = store_file_path(store);
	if (!file)
		return store_refuse(store, "cannot find %s: %s", store->path, strerror(errno));
	result = connect_to(store, file, SQLITE_OPEN_READWRITE);
	free(file);
	if (result || start_over(store, fresh))
		return -1;
	if (store_schema_check(store) || store_execute(store, writer_settings) || use_log(store) ||
	    store_schema_update(store))
		return -1;
	store_watch_log(store);
	/* Is anybody writing?  Better asked now than at the first page. */
	return store_execute(store, "BEGIN IMMEDIATE; ROLLBACK");
}

/*
 * In a folder that is not ours to write to, SQLite cannot make the files it shares between
 * the users of a log.  Without a log there is nobody to share with.
 */
static bool is_immutable(const struct store *store, const char *file)
{
	char log[PATH_MAX];
	struct stat found;

	if (store_file_folder_is_writable(store))
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

static int connect_to_read(struct store *store, const char *file)
{
	char *uri;
	int result;

	if (!is_immutable(store, file))
		return connect_to(store, file, SQLITE_OPEN_READONLY);
	uri = immutable_uri(file);
	result = connect_to(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	sqlite3_free(uri);
	return result;
}

static int open_to_read(struct store *store)
{
	char *file = store_file_path(store);
	struct stat found;
	int result;

	if (!file || stat(file, &found) != 0) {
		free(file);
		return store_refuse(store, "cannot open %s: %s", store->path, strerror(errno));
	}
	if (!S_ISREG(found.st_mode)) {
		free(file);
		return store_refuse(store, "%s is not a file", store->path);
	}
	result = connect_to_read(store, file);
	free(file);
	if (result)
		return -1;
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	if (store_schema_check(store))
		return -1;
	return store_execute(store, reader_settings);
}

/* Hand over an opened store, or take a failed one apart. */
static struct store *opened(struct store *store, int result, char error[STORE_ERROR_MAX])
{
	if (result == 0)
		return store;
	memcpy(error, store->error, STORE_ERROR_MAX);
	store_close(store);
	return NULL;
}

struct store *store_open(const char *path, bool fresh, char error[STORE_ERROR_MAX])
{
	struct store *store = store_new(path);

	return opened(store, open_to_write(store, fresh), error);
}

struct store *store_open_read(const char *path, char error[STORE_ERROR_MAX])
{
	struct store *store = store_new(path);

	return opened(store, open_to_read(store), error);
}

static void finalize_all(sqlite3 *db)
{
	sqlite3_stmt *statement;

	while ((statement = sqlite3_next_stmt(db, NULL)))
		sqlite3_finalize(statement);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->db) {
		finalize_all(store->db);
		if (store->in_transaction)
			sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
		if (store->file >= 0)
			store_fold_log(store);
		sqlite3_close(store->db);
	}
	if (store->file >= 0) /* never before sqlite3_close(): see file.c */
		close(store->file);
	for (int i = 0; i < store->table_count; i++)
		free(store->tables[i].name);
	free(store->tables);
	free(store->text);
	free(store->path);
	free(store);
}

const char *store_error(const struct store *store)
{
	return store->error;
}

const char *store_version(void)
{
	return sqlite3_libversion();
}
