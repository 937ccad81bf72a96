#include "store/sqlite/internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "parsers/text/memory.h"

/* SQLite does not always know the system's reason: a limit on the size of files may hide in it. */
static int fail_io(struct sqlite_store *store)
{
	int reason = sqlite3_system_errno(store->db);

	return store_fail(&store->base, STORE_CURE_NONE,
			  "%s: %s: look at the disk and limits, then run again", store->path,
			  reason ? strerror(reason) : sqlite3_errmsg(store->db));
}

/* What SQLite says of it is worth a line only if it says more than that. */
static int fail_damaged(struct sqlite_store *store)
{
	const char *detail = sqlite3_errmsg(store->db);
	bool says_more = strcmp(detail, sqlite3_errstr(SQLITE_CORRUPT)) != 0;

	return store_fail(&store->base, STORE_CURE_START_OVER,
			  "%s is damaged%s%s%s: sqlite3 can .recover it, or start over",
			  store->path, says_more ? " (" : "", says_more ? detail : "",
			  says_more ? ")" : "");
}

static bool is_short_of_files(const struct sqlite_store *store)
{
	int reason = sqlite3_system_errno(store->db);

	return reason == EMFILE || reason == ENFILE;
}

int sqlite_fail(struct sqlite_store *store)
{
	switch (sqlite3_errcode(store->db)) {
	case SQLITE_FULL:
		store->is_full = true;
		return store_fail(&store->base, STORE_CURE_NONE,
				  "the disk is full: make room for %s, then run it again",
				  store->path);
	case SQLITE_IOERR:
		return fail_io(store);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return store_fail(
			&store->base, STORE_CURE_NONE,
			"%s is locked by another program (a sqlite3 shell?): end that first",
			store->path);
	case SQLITE_NOTADB:
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%s is not a SQLite database: choose another file", store->path);
	case SQLITE_CORRUPT:
		return fail_damaged(store);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		if (is_short_of_files(store))
			return store_fail(
				&store->base, STORE_CURE_NONE,
				"%s: too many open files: raise ulimit -n, then run again",
				store->path);
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%s, -wal or -shm: %s: look at permissions", store->path,
				  sqlite3_errmsg(store->db));
	default:
		return store_fail(&store->base, STORE_CURE_NONE, "%s: %s", store->path,
				  sqlite3_errmsg(store->db));
	}
}

int sqlite_begin(struct sqlite_store *store)
{
	if (store->base.has_failed)
		return -1;
	if (store->in_transaction)
		return 0;
	if (sqlite_execute(store, "BEGIN IMMEDIATE"))
		return -1;
	store->in_transaction = true;
	return 0;
}

int sqlite_execute(struct sqlite_store *store, const char *sql)
{
	assert(sql); /* SQLite would do nothing, and say that it is done */
	if (store->base.has_failed)
		return -1;
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(store);
	return 0;
}

sqlite3_stmt *sqlite_prepare(struct sqlite_store *store, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	assert(sql);
	if (store->base.has_failed)
		return NULL;
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK)
		sqlite_fail(store);
	return statement;
}

sqlite3_stmt *sqlite_statement(struct sqlite_store *store, enum statement which, const char *sql)
{
	if (store->base.has_failed)
		return NULL;
	if (!store->statements[which])
		store->statements[which] = sqlite_prepare(store, sql);
	return store->statements[which];
}

sqlite3_stmt *sqlite_reading(struct sqlite_store *store, enum statement which, const char *sql)
{
	bool is_writer = store->file >= 0;

	return is_writer && sqlite_begin(store) ? NULL : sqlite_statement(store, which, sql);
}

sqlite3_stmt *sqlite_writing(struct sqlite_store *store, enum statement which, const char *sql)
{
	return sqlite_begin(store) ? NULL : sqlite_statement(store, which, sql);
}

int sqlite_write(struct sqlite_store *store, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE) {
		sqlite_fail(store);
		sqlite3_reset(statement);
		return -1;
	}
	sqlite3_reset(statement);
	store->uncommitted++;
	return 0;
}

int sqlite_number(struct sqlite_store *store, const char *sql, const char *text, int64_t *number)
{
	sqlite3_stmt *statement = sqlite_prepare(store, sql);
	int result = -1;

	if (!statement)
		return -1;
	if (text)
		sqlite_bind_string(statement, 1, text);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		*number = sqlite3_column_int64(statement, 0);
		result = 0;
	} else {
		sqlite_fail(store);
	}
	sqlite3_finalize(statement);
	return result;
}

int sqlite_end_scan(struct sqlite_store *store, sqlite3_stmt *scan, int step)
{
	bool is_good = step == SQLITE_ROW || step == SQLITE_DONE;

	if (!is_good)
		sqlite_fail(store);
	sqlite3_finalize(scan);
	return is_good ? 0 : -1;
}

char *sqlite_take_text(struct sqlite_store *store, sqlite3_stmt *find)
{
	int step = sqlite3_step(find);
	char *text = NULL;

	if (step == SQLITE_ROW && sqlite3_column_type(find, 0) != SQLITE_NULL)
		text = sqlite3_mprintf("%s", sqlite3_column_text(find, 0));
	sqlite_end_scan(store, find, step);
	return text;
}

int sqlite_find_text(struct sqlite_store *store, sqlite3_stmt *find, struct slice *text)
{
	struct slice found = { NULL, 0 };
	int step = sqlite3_step(find);

	if (step == SQLITE_ROW)
		found = sqlite_column_text(find, 0);
	else if (step != SQLITE_DONE)
		sqlite_fail(store);
	if (found.at) {
		sqlite_keep_texts(&store->text, (struct slice *const[]){ &found }, 1);
		*text = found;
	}
	sqlite3_reset(find);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return -1;
	return found.at != NULL;
}

void sqlite_bind_text(sqlite3_stmt *statement, int index, struct slice text)
{
	sqlite3_bind_text64(statement, index, text.at, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_bind_string(sqlite3_stmt *statement, int index, const char *string)
{
	sqlite3_bind_text(statement, index, string, -1, SQLITE_STATIC);
}

/* Bytes of which there are none are no NULL. */
void sqlite_bind_value(sqlite3_stmt *statement, int index, const struct store_value *value)
{
	switch (value->kind) {
	case STORE_NULL:
		sqlite3_bind_null(statement, index);
		break;
	case STORE_TEXT:
	case STORE_JSON:
		sqlite_bind_text(statement, index, value->text);
		break;
	case STORE_INTEGER:
		sqlite3_bind_int64(statement, index, value->integer);
		break;
	case STORE_REAL:
		sqlite3_bind_double(statement, index, value->real);
		break;
	case STORE_BLOB:
		sqlite3_bind_blob64(statement, index, value->text.at ? value->text.at : "",
				    value->text.size, SQLITE_STATIC);
		break;
	}
}

void sqlite_bind_number(sqlite3_stmt *statement, int index, int64_t number)
{
	if (number == 0)
		sqlite3_bind_null(statement, index);
	else
		sqlite3_bind_int64(statement, index, number);
}

struct slice sqlite_column_text(sqlite3_stmt *statement, int index)
{
	/* The pointer first: asking for the size may convert. */
	const char *at = sqlite3_column_blob(statement, index);
	size_t size = (size_t)sqlite3_column_bytes(statement, index);

	if (!at && sqlite3_column_type(statement, index) != SQLITE_NULL)
		at = ""; /* an empty value, which is not NULL */
	return (struct slice){ at, size };
}

void sqlite_keep_texts(struct kept_text *kept, struct slice *const texts[], size_t count)
{
	size_t size = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		size += texts[i]->size;
	if (size > kept->size_max) {
		kept->size_max = size * 2;
		kept->at = memory_resize(kept->at, kept->size_max);
	}
	for (size_t i = 0; i < count; i++) {
		if (texts[i]->size == 0)
			continue;
		memcpy(kept->at + used, texts[i]->at, texts[i]->size);
		texts[i]->at = kept->at + used;
		used += texts[i]->size;
	}
}
