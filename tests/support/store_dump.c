#include "tests/support/store_dump.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/memory_store.h"
#include "tests/support/store_dump_sql.h"

/* ---- lines ---- */

static void put(struct store_dump *dump, const char *at, size_t size)
{
	if (dump->used + size >= dump->room) {
		dump->room = 2 * (dump->used + size) + 64;
		dump->line = realloc(dump->line, dump->room);
		if (!dump->line)
			abort();
	}
	memcpy(dump->line + dump->used, at, size);
	dump->used += size;
	dump->line[dump->used] = '\0';
}

/* A field is parted from the one before, unless that is its name. */
static void part(struct store_dump *dump)
{
	if (dump->used > 0 && dump->line[dump->used - 1] != '=')
		put(dump, " ", 1);
}

void store_dump_begin(struct store_dump *dump, const char *about)
{
	dump->used = 0;
	put(dump, about, strlen(about));
}

/* A field is one word of printable bytes: what is not is written as %XX. */
void store_dump_text(struct store_dump *dump, struct slice text)
{
	part(dump);
	if (!text.at)
		put(dump, "-", 1);
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		char code[4];

		if (byte > ' ' && byte != '%' && byte != '=' && byte != 0x7f) {
			put(dump, text.at + i, 1);
			continue;
		}
		snprintf(code, sizeof(code), "%%%02X", byte);
		put(dump, code, 3);
	}
}

void store_dump_number(struct store_dump *dump, int64_t number)
{
	char text[24];

	part(dump);
	put(dump, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)number));
}

void store_dump_real(struct store_dump *dump, double number)
{
	char text[32];

	part(dump);
	put(dump, text, (size_t)snprintf(text, sizeof(text), "%.15g", number));
}

void store_dump_name(struct store_dump *dump, const char *name)
{
	store_dump_text(dump, slice_of(name));
	put(dump, "=", 1);
}

size_t store_dump_next_name(const char *(*name_of)(void *context, size_t index), void *context,
			    size_t count, const char *last)
{
	size_t next = count;

	for (size_t i = 0; i < count; i++) {
		const char *name = name_of(context, i);

		if ((!last || strcmp(name, last) > 0) &&
		    (next == count || strcmp(name, name_of(context, next)) < 0))
			next = i;
	}
	return next;
}

void store_dump_end(struct store_dump *dump)
{
	dump->lines = realloc(dump->lines, (dump->count + 1) * sizeof(*dump->lines));
	if (!dump->lines)
		abort();
	dump->lines[dump->count++] = dump->line;
	dump->line = NULL;
	dump->used = dump->room = 0;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

char *store_dump_finish(struct store_dump *dump)
{
	struct store_dump all = { 0 };

	if (dump->count > 0)
		qsort(dump->lines, dump->count, sizeof(*dump->lines), by_text);
	put(&all, "", 0);
	for (size_t i = 0; i < dump->count; i++) {
		put(&all, dump->lines[i], strlen(dump->lines[i]));
		put(&all, "\n", 1);
		free(dump->lines[i]);
	}
	free(dump->lines);
	*dump = (struct store_dump){ 0 };
	return all.line;
}

/* ---- of a SQLite file, behind the door's back ---- */

static struct slice column_text(sqlite3_stmt *query, int column)
{
	const char *at = sqlite3_column_blob(query, column);
	size_t size = (size_t)sqlite3_column_bytes(query, column);

	return (struct slice){ at ? at : "", size };
}

static void put_column(struct store_dump *dump, sqlite3_stmt *query, int column)
{
	switch (sqlite3_column_type(query, column)) {
	case SQLITE_INTEGER:
		store_dump_number(dump, sqlite3_column_int64(query, column));
		break;
	case SQLITE_FLOAT:
		store_dump_real(dump, sqlite3_column_double(query, column));
		break;
	case SQLITE_NULL:
		store_dump_text(dump, (struct slice){ NULL, 0 });
		break;
	default:
		store_dump_text(dump, column_text(query, column));
	}
}

#define NAMED_FROM 4 /* of a row of a pattern's: the fields, which have names */

static const char *field_name(void *context, size_t index)
{
	return sqlite3_column_name(context, NAMED_FROM + (int)index);
}

/* The page and the row's number come before all fields, wherever the view has them. */
static bool is_said(const char *column)
{
	return strcmp(column, "page_url") == 0 || strcmp(column, "n") == 0;
}

static void put_fields(struct store_dump *dump, sqlite3_stmt *query)
{
	size_t count = (size_t)sqlite3_column_count(query) - NAMED_FROM, i;
	const char *last = NULL;

	while ((i = store_dump_next_name(field_name, query, count, last)) < count) {
		int column = NAMED_FROM + (int)i;

		last = field_name(query, i);
		if (sqlite3_column_type(query, column) == SQLITE_NULL || is_said(last))
			continue;
		store_dump_name(dump, last);
		put_column(dump, query, column);
	}
}

/* Lines of a query: the first column says what it is about. */
static void put_query(struct store_dump *dump, sqlite3 *db, const char *sql, bool is_rows)
{
	sqlite3_stmt *query = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK) {
		store_dump_begin(dump, sqlite3_errmsg(db));
		store_dump_end(dump);
		return;
	}
	while (sqlite3_step(query) == SQLITE_ROW) {
		int count = is_rows ? NAMED_FROM : sqlite3_column_count(query);

		store_dump_begin(dump, (const char *)sqlite3_column_text(query, 0));
		for (int i = 1; i < count; i++)
			put_column(dump, query, i);
		if (is_rows)
			put_fields(dump, query);
		store_dump_end(dump);
	}
	sqlite3_finalize(query);
}

/* The views of patterns have all that a table holds. */
static void put_rows(struct store_dump *dump, sqlite3 *db)
{
	sqlite3_stmt *tables = NULL;

	sqlite3_prepare_v2(db,
			   "SELECT substr(name, 12) FROM sqlite_schema"
			   " WHERE type = 'table' AND name GLOB 'crawl_rows_*'",
			   -1, &tables, NULL);
	while (sqlite3_step(tables) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(tables, 0);
		char *sql =
			sqlite3_mprintf("SELECT 'row', %Q, page_url, n, * FROM \"%w\"", name, name);

		put_query(dump, db, sql, true);
		sqlite3_free(sql);
	}
	sqlite3_finalize(tables);
}

static char *dump_file(const char *path, enum store_dump_what what)
{
	struct store_dump dump = { 0 };
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		abort();
	for (const char *const *sql = store_dump_crawl_sql; *sql; sql++)
		put_query(&dump, db, *sql, false);
	put_rows(&dump, db);
	for (const char *const *sql = store_dump_other_sql; what == STORE_DUMP_ALL && *sql; sql++)
		put_query(&dump, db, *sql, false);
	sqlite3_close(db);
	return store_dump_finish(&dump);
}

char *store_dump(const char *where, enum store_dump_what what)
{
	struct store_dump dump = { 0 };

	if (strncmp(where, "postgres", 8) == 0)
		return store_dump_server(where, what);
	if (strncmp(where, "memory://", 9) != 0)
		return dump_file(where, what);
	memory_store_put_lines(where, what, &dump);
	return store_dump_finish(&dump);
}
