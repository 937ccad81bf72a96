#include "store/sqlite/internal.h"

/* The place of a row among all of its table: by page, then by number. */
static int64_t row_id(int64_t page_id, uint32_t number)
{
	return page_id << STORE_ROW_BITS | number;
}

int store_remove_rows(struct store *store, int64_t url_id)
{
	for (int i = 0; i < store->table_count; i++) {
		sqlite3_stmt *clear = store->tables[i].clear;

		sqlite3_bind_int64(clear, 1, row_id(url_id, 0));
		sqlite3_bind_int64(clear, 2, row_id(url_id, STORE_ROWS_MAX - 1));
		if (store_write(store, clear))
			return -1;
	}
	return 0;
}

static void bind_value(sqlite3_stmt *statement, int index, const struct store_value *value)
{
	switch (value->kind) {
	case STORE_NULL:
		sqlite3_bind_null(statement, index);
		break;
	case STORE_TEXT:
		store_bind_text(statement, index, value->text);
		break;
	case STORE_INTEGER:
		sqlite3_bind_int64(statement, index, value->integer);
		break;
	case STORE_REAL:
		sqlite3_bind_double(statement, index, value->real);
		break;
	case STORE_BLOB:
		sqlite3_bind_blob64(statement, index, value->text.at, value->text.size,
				    SQLITE_STATIC);
		break;
	}
}

int store_row(struct store *store, int table, uint32_t number, const struct store_value *values)
{
	const struct rows_table *rows;

	if (store_begin(store))
		return -1;
	if (table < 1 || table > store->table_count || store->page_id == 0)
		return store_refuse(store, "a row for %s came before its page or table",
				    store->path);
	if (number >= STORE_ROWS_MAX)
		return store_refuse(store, "more than %u rows on one page", STORE_ROWS_MAX);
	rows = &store->tables[table - 1];
	sqlite3_bind_int64(rows->add, 1, row_id(store->page_id, number));
	for (size_t i = 0; i < rows->column_count; i++)
		bind_value(rows->add, (int)i + 2, &values[i]);
	if (store_write(store, rows->add))
		return -1;
	store->run_rows++;
	return 0;
}
