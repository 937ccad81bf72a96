#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first error is the one to show: what fails after it fails because of it. */
int store_refuse(struct store *store, const char *format, ...)
{
	va_list arguments;

	if (store->is_broken)
		return -1;
	store->is_broken = true;
	va_start(arguments, format);
	vsnprintf(store->error, sizeof(store->error), format, arguments);
	va_end(arguments);
	return -1;
}

/* SQLite does not always know the system's reason: a limit on the size of files may hide in it. */
static int fail_io(struct store *store)
{
	int reason = sqlite3_system_errno(store->db);

	return store_refuse(store,
			    "cannot read or write %s (%s%s%s): look at the disk and at limits on "
			    "its use, then run the same command again; what was committed is safe",
			    store->path, sqlite3_errmsg(store->db), reason ? ", " : "",
			    reason ? strerror(reason) : "");
}

int store_fail(struct store *store)
{
	switch (sqlite3_errcode(store->db)) {
	case SQLITE_FULL:
		return store_refuse(store,
				    "the disk is full: make room for %s and run the same command "
				    "again; what was committed is safe",
				    store->path);
	case SQLITE_IOERR:
		return fail_io(store);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return store_refuse(store,
				    "%s is locked by another program, perhaps a sqlite3 shell with "
				    "an open transaction: end that, and run the same command again",
				    store->path);
	case SQLITE_NOTADB:
		return store_refuse(store, "%s is not a SQLite database: choose another file",
				    store->path);
	case SQLITE_CORRUPT:
		return store_refuse(store,
				    "%s is damaged (%s): save what you need with "
				    "`sqlite3 %s .recover`, then start over with --fresh",
				    store->path, sqlite3_errmsg(store->db), store->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return store_refuse(store,
				    "cannot open %s with its -wal and -shm files (%s): look at "
				    "their permissions and their folder's",
				    store->path, sqlite3_errmsg(store->db));
	default:
		return store_refuse(store, "%s: %s", store->path, sqlite3_errmsg(store->db));
	}
}

int store_begin(struct store *store)
{
	if (store->is_broken)
		return -1;
	if (store->in_transaction)
		return 0;
	if (store_execute(store, "BEGIN IMMEDIATE"))
		return -1;
	store->in_transaction = true;
	return 0;
}

int store_execute(struct store *store, const char *sql)
{
	if (store->is_broken)
		return -1;
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store);
	return 0;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (store->is_broken)
		return NULL;
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK)
		store_fail(store);
	return statement;
}

sqlite3_stmt *store_statement(struct store *store, enum statement which, const char *sql)
{
	if (store->is_broken)
		return NULL;
	if (!store->statements[which])
		store->statements[which] = store_prepare(store, sql);
	return store->statements[which];
}

sqlite3_stmt *store_reading(struct store *store, enum statement which, const char *sql)
{
	bool is_writer = store->file >= 0;

	return is_writer && store_begin(store) ? NULL : store_statement(store, which, sql);
}

sqlite3_stmt *store_writing(struct store *store, enum statement which, const char *sql)
{
	return store_begin(store) ? NULL : store_statement(store, which, sql);
}

int store_write(struct store *store, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE) {
		store_fail(store);
		sqlite3_reset(statement);
		return -1;
	}
	sqlite3_reset(statement);
	store->uncommitted++;
	return 0;
}

int store_number(struct store *store, const char *sql, const char *text, int64_t *number)
{
	sqlite3_stmt *statement = store_prepare(store, sql);
	int result = -1;

	if (!statement)
		return -1;
	if (text)
		store_bind_string(statement, 1, text);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		*number = sqlite3_column_int64(statement, 0);
		result = 0;
	} else {
		store_fail(store);
	}
	sqlite3_finalize(statement);
	return result;
}

int store_end_scan(struct store *store, sqlite3_stmt *scan, int step)
{
	bool is_good = step == SQLITE_ROW || step == SQLITE_DONE;

	if (!is_good)
		store_fail(store);
	sqlite3_finalize(scan);
	return is_good ? 0 : -1;
}

void store_bind_text(sqlite3_stmt *statement, int index, struct store_text text)
{
	sqlite3_bind_text64(statement, index, text.at, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

void store_bind_string(sqlite3_stmt *statement, int index, const char *string)
{
	sqlite3_bind_text(statement, index, string, -1, SQLITE_STATIC);
}

void store_bind_number(sqlite3_stmt *statement, int index, int64_t number)
{
	if (number == 0)
		sqlite3_bind_null(statement, index);
	else
		sqlite3_bind_int64(statement, index, number);
}

struct store_text store_column_text(sqlite3_stmt *statement, int index)
{
	/* The pointer first: asking for the size may convert. */
	const char *at = sqlite3_column_blob(statement, index);
	size_t size = (size_t)sqlite3_column_bytes(statement, index);

	if (!at && sqlite3_column_type(statement, index) != SQLITE_NULL)
		at = ""; /* an empty value, which is not NULL */
	return (struct store_text){ at, size };
}

void store_keep_texts(struct store *store, struct store_text *const texts[], size_t count)
{
	size_t size = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		size += texts[i]->size;
	if (size > store->text_size_max) {
		store->text_size_max = size * 2;
		store->text = realloc(store->text, store->text_size_max);
		if (!store->text)
			abort();
	}
	for (size_t i = 0; i < count; i++) {
		if (texts[i]->size == 0)
			continue;
		memcpy(store->text + used, texts[i]->at, texts[i]->size);
		texts[i]->at = store->text + used;
		used += texts[i]->size;
	}
}
