#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/*
 * Rows of the page that is open are gathered, and written by statements of many rows: what a
 * statement costs besides its rows is then shared.  Their texts are copied, for they are only lent.
 */
#define GATHERED_TEXT_FIRST ((size_t)64 * 1024)
#define PREPARED_VALUES_MAX 100000 /* in statements of all tables: some 100 bytes each */

struct rows_table *sqlite_table_of(struct sqlite_store *store, int table)
{
	if (table >= 1 && table <= store->table_count)
		return &store->tables[table - 1];
	store_fail(&store->base, STORE_CURE_NONE, "rows of a table of %s that is none",
		   store->path);
	return NULL;
}

/* ---- writing what was gathered ---- */

/*
 * Rows behind all that are there, one after the other: SQLite finds the next id by itself, for less
 * than it takes to look whether one that it is told is free.  A row with a key may be an older one
 * that moves, so those are told; and so are all where somebody's trigger may leave one out, for
 * then the next free id can be another page's.
 */
static bool follows_the_last(const struct sqlite_store *store, const struct rows_table *table,
			     unsigned row)
{
	const uint32_t *numbers = store->rows.numbers;

	return !table->upsert && !table->has_trigger && row > 0 &&
	       numbers[row] == numbers[row - 1] + 1 &&
	       sqlite_row_id(store->page_id, numbers[row - 1]) == table->last_row;
}

static void bind_row_id(const struct sqlite_store *store, struct rows_table *table,
			sqlite3_stmt *add, int at, unsigned row)
{
	int64_t id = sqlite_row_id(store->page_id, store->rows.numbers[row]);

	if (follows_the_last(store, table, row))
		sqlite3_bind_null(add, at);
	else
		sqlite3_bind_int64(add, at, id);
	if (id > table->last_row)
		table->last_row = id;
}

/* An INSERT that can be prepared anew failed by what was in it: a trigger or an index counts. */
static bool is_sound(const struct sqlite_store *store, sqlite3_stmt *add)
{
	sqlite3_stmt *again = NULL;
	int code = sqlite3_prepare_v2(store->db, sqlite3_sql(add), -1, &again, NULL);

	sqlite3_finalize(again);
	return code == SQLITE_OK;
}

/*
 * Is what SQLite refused the row's own fault?  Then nothing was written, and nothing is lost.  That
 * its number is there is not: the caller gave it twice, if no trigger has kept an older row.
 */
static bool is_of_the_row(const struct sqlite_store *store, const struct rows_table *table,
			  sqlite3_stmt *add)
{
	int code = sqlite3_errcode(store->db), detail = sqlite3_extended_errcode(store->db);

	if (sqlite3_get_autocommit(store->db))
		return false;
	if (detail == SQLITE_CONSTRAINT_ROWID || detail == SQLITE_CONSTRAINT_PRIMARYKEY)
		return table->has_trigger;
	return code == SQLITE_TOOBIG || code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH ||
	       (code == SQLITE_ERROR && is_sound(store, add));
}

/* Of a trigger that took back all that was not committed, which is more than one page. */
static int fail_rolled_back(struct sqlite_store *store, const struct rows_table *table,
			    const char *why)
{
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%s: a trigger on '%.100s' rolled all back: %s; let it raise(ABORT)",
			  store->path, table->name, why);
}

/*
 * Returns 0, 1: one of the rows is refused, or -1.  What is refused is not there: no row follows it
 * as the last.
 */
static int add_rows(struct sqlite_store *store, struct rows_table *table, sqlite3_stmt *add)
{
	char why[STORE_ERROR_MAX];
	int result = 0;

	if (sqlite3_step(add) != SQLITE_DONE) {
		snprintf(why, sizeof(why), "%.300s", sqlite3_errmsg(store->db));
		if (is_of_the_row(store, table, add))
			result = 1;
		else if (sqlite3_get_autocommit(store->db))
			result = fail_rolled_back(store, table, why);
		else
			result = sqlite_fail(store);
	}
	if (result == 1) {
		snprintf(store->base.refusal, sizeof(store->base.refusal),
			 "a row of pattern '%.100s' was refused: %.300s", table->name, why);
		table->last_row++;
	}
	sqlite3_reset(add);
	return result;
}

/* Write so many of the gathered rows, from first on; of several those that are not refused. */
static int write_rows(struct sqlite_store *store, struct rows_table *table, unsigned first,
		      unsigned count)
{
	const struct gathered_rows *rows = &store->rows;
	sqlite3_stmt *add = sqlite_add_rows(store, table, count);
	int at = 1, result;

	if (!add)
		return -1;
	for (unsigned row = first; row < first + count; row++) {
		bind_row_id(store, table, add, at++, row);
		for (size_t i = 0; i < table->column_count; i++)
			sqlite_bind_value(add, at++, &rows->values[row * table->column_count + i]);
	}
	result = add_rows(store, table, add);
	if (result < 0)
		return -1;
	for (unsigned row = first; result > 0 && count > 1 && row < first + count; row++) {
		if (write_rows(store, table, row, 1))
			return -1;
	}
	store->uncommitted += result == 0 ? count : 0;
	store->run_rows += result == 0 ? count : 0;
	return 0;
}

/*
 * How many of so many rows one statement writes: all, if there is a statement for that number, or
 * room for one more; else as many as a statement of 1, 2, 4, ... rows takes, which there always is.
 * One where somebody's trigger may raise(FAIL): of several that would leave some there.
 */
static unsigned rows_at_once(const struct sqlite_store *store, const struct rows_table *table,
			     unsigned count)
{
	unsigned power = 1;

	if (table->has_trigger)
		return 1;
	if (table->add[count - 1] ||
	    store->prepared_values + count * (table->column_count + 1) <= PREPARED_VALUES_MAX)
		return count;
	while (power * 2 <= count)
		power *= 2;
	return power;
}

int sqlite_flush_rows(struct sqlite_store *store)
{
	struct gathered_rows *rows = &store->rows;
	struct rows_table *table;
	unsigned first = 0;

	if (rows->count == 0)
		return 0;
	table = &store->tables[rows->table - 1];
	if (store->must_clear && sqlite_settle_table(store, table))
		return -1;
	while (first < rows->count) {
		unsigned count = rows_at_once(store, table, rows->count - first);

		if (write_rows(store, table, first, count))
			return -1;
		first += count;
	}
	rows->count = 0;
	rows->text_size = 0;
	return 0;
}

void sqlite_drop_rows(struct sqlite_store *store)
{
	store->rows.count = store->rows.text_size = 0;
}

/* ---- gathering ---- */

static bool is_lent(const struct store_value *value)
{
	return value->kind == STORE_TEXT || value->kind == STORE_JSON || value->kind == STORE_BLOB;
}

static size_t text_bytes(const struct store_value *values, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += is_lent(&values[i]) ? values[i].text.size : 0;
	return bytes;
}

/* Room for a row: nothing that was gathered moves, so what does not fit is written first. */
static int make_room(struct sqlite_store *store, int table, size_t columns, size_t bytes)
{
	struct gathered_rows *rows = &store->rows;

	if (rows->count > 0 && (rows->table != table || rows->count == SQLITE_BATCH_ROWS ||
				rows->text_max - rows->text_size < bytes)) {
		if (sqlite_flush_rows(store))
			return -1;
	}
	rows->table = table;
	if (rows->count > 0)
		return 0;
	if (rows->values_max < columns * SQLITE_BATCH_ROWS || !rows->values) {
		rows->values_max =
			(columns + 1) * SQLITE_BATCH_ROWS; /* some without columns, too */
		rows->values =
			memory_resize(rows->values, rows->values_max * sizeof(*rows->values));
	}
	if (rows->text_max < bytes || !rows->text) {
		rows->text_max = bytes < GATHERED_TEXT_FIRST ? GATHERED_TEXT_FIRST : bytes;
		rows->text = memory_resize(rows->text, rows->text_max);
	}
	return 0;
}

/* An empty text is not an absent one. */
static struct slice keep(struct gathered_rows *rows, struct slice text)
{
	char *copy = rows->text + rows->text_size;

	if (!text.at || text.size == 0)
		return text;
	memcpy(copy, text.at, text.size);
	rows->text_size += text.size;
	return (struct slice){ copy, text.size };
}

static void gather(struct gathered_rows *rows, uint32_t number, const struct store_value *values,
		   size_t columns)
{
	struct store_value *row = rows->values + rows->count * columns;

	for (size_t i = 0; i < columns; i++) {
		row[i] = values[i];
		if (is_lent(&values[i]))
			row[i].text = keep(rows, values[i].text);
	}
	rows->numbers[rows->count++] = number;
}

/* ---- public ---- */

int sqlite_row(struct store *door, int table, uint32_t number, const struct store_value *values)
{
	struct sqlite_store *store = sqlite_of(door);
	size_t columns;

	if (sqlite_begin(store))
		return -1;
	if (table < 1 || table > store->table_count || store->page_id == 0)
		return store_fail(door, STORE_CURE_NONE,
				  "a row for %s came before its page or table", store->path);
	if (number >= STORE_ROWS_MAX)
		return store_fail(door, STORE_CURE_NONE, "more than %u rows on one page",
				  STORE_ROWS_MAX);
	columns = store->tables[table - 1].column_count;
	if (make_room(store, table, columns, text_bytes(values, columns)))
		return -1;
	gather(&store->rows, number, values, columns);
	return 0;
}
