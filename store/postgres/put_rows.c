#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

#include <math.h>

/*
 * Rows of the page that is open.
 *
 * A page that is read again replaces its rows, but not by nothing: where its pattern finds none any
 * more, or is stopped by a limit, the old ones stay, and are marked as stale.  Whether there are
 * any, and whether the pattern meant the same, is known to the server alone.  So the batch says
 * both: the page loses its rows (a table's kind `clear`), unless the pattern meant the same and
 * there are any; and the new ones come (`add`), unless the page is marked for the pattern that they
 * name in `unless`.  The mark itself is made before results are written, by POSTGRES_KEEP_ROWS.
 */

enum { CLEARED_PAGE, CLEARED_IS_KEPT };
enum { ADDED_PAGE, ADDED_NUMBER, ADDED_UNLESS, ADDED_KEY, ADDED_FIRST };

/* The table of a handle, or NULL after a complaint. */
static struct postgres_table *table_of(struct postgres_store *store, int table)
{
	if (table >= 1 && table <= store->table_count)
		return &store->tables[table - 1];
	store_fail(&store->base, STORE_CURE_NONE, "rows of a table of %s that is none",
		   store->uri.shown);
	return NULL;
}

/* A pattern that came when we had joined already. */
static int make_tables(struct postgres_store *store, const struct postgres_table *table)
{
	return table->is_made ? 0 : postgres_make_tables(store);
}

/* ---- clearing ---- */

static int clear_table(struct postgres_store *store, struct postgres_table *table)
{
	if (make_tables(store, table))
		return -1;
	table->cleared = postgres_batch_mark(postgres_pipe_open_batch(store->pipe));
	table->is_cleared = true;
	return postgres_write(
		&store->base, table->clear,
		(struct store_value[]){ postgres_of_key(store->page), postgres_of_integer(false) });
}

int postgres_begin_clearing(struct postgres_store *store, const int tables[], size_t count)
{
	struct postgres_writing *writing = postgres_writing(store);

	writing->must_clear = true;
	writing->closed = postgres_pipe_closed(store->pipe);
	for (int i = 0; i < store->table_count; i++)
		store->tables[i].is_cleared = store->tables[i].is_added = false;
	for (int i = 0; !tables && i < store->table_count; i++)
		if (clear_table(store, &store->tables[i]))
			return -1;
	for (size_t i = 0; tables && i < count; i++) {
		struct postgres_table *table = table_of(store, tables[i]);

		if (!table || clear_table(store, table))
			return -1;
	}
	return 0;
}

void postgres_end_clearing(struct postgres_store *store, bool keeps_all)
{
	struct postgres_writing *writing = postgres_writing(store);

	for (int i = 0; writing->must_clear && i < store->table_count; i++) {
		struct postgres_table *table = &store->tables[i];

		if (keeps_all && table->is_cleared && !table->is_added)
			postgres_batch_drop(postgres_pipe_open_batch(store->pipe), table->clear,
					    store_key_id(store->page), table->cleared);
	}
	writing->must_clear = false;
}

/* ---- rows ---- */

static int put_row(struct postgres_store *store, struct postgres_table *table, uint32_t number,
		   const struct store_value *values)
{
	struct store_value row[POSTGRES_COLUMNS_MAX];
	unsigned char key[16];
	size_t at = ADDED_KEY;

	row[ADDED_PAGE] = postgres_of_key(store->page);
	row[ADDED_NUMBER] = postgres_of_integer(number);
	row[ADDED_UNLESS] = (struct store_value){ .kind = STORE_NULL };
	if (table->key_count > 0) {
		bool has_key = postgres_row_key(store, table, values, key);

		row[at++] = postgres_of_bytes((struct slice){ has_key ? (char *)key : NULL, 16 });
	}
	for (size_t i = 0; i < table->column_count; i++)
		row[at++] = postgres_as_kind(&values[i], table->kinds[i]);
	return postgres_write(&store->base, table->add, row);
}

/* No number that is none, and no text that is absent: those are NULL in every column. */
static bool says_something(const struct store_value *value)
{
	switch (value->kind) {
	case STORE_NULL:
		return false;
	case STORE_INTEGER:
		return true;
	case STORE_REAL:
		return !isnan(value->real);
	default:
		return value->text.at != NULL;
	}
}

/* A value of another kind than its column's is refused, as SQLite does: the row is left out. */
static bool is_refused(struct postgres_store *store, const struct postgres_table *table,
		       const struct store_value *values)
{
	for (size_t i = 0; i < table->column_count; i++) {
		if (postgres_as_kind(&values[i], table->kinds[i]).kind != STORE_NULL ||
		    !says_something(&values[i]))
			continue;
		if (store->base.refusal[0] == '\0')
			snprintf(store->base.refusal, sizeof(store->base.refusal),
				 "a row of pattern '%.100s' was refused: a value of another kind"
				 " than column %.100s has",
				 table->name, table->columns[i]);
		return true;
	}
	return false;
}

int postgres_row(struct store *door, int handle, uint32_t number, const struct store_value *values)
{
	struct postgres_store *store = postgres_of(door);
	struct postgres_table *table;

	if (door->has_failed || postgres_begin(store))
		return -1;
	if (handle < 1 || handle > store->table_count || store_key_is_none(store->page))
		return store_fail(door, STORE_CURE_NONE,
				  "a row for %s came before its page or table", store->uri.shown);
	if (number >= STORE_ROWS_MAX)
		return store_fail(door, STORE_CURE_NONE, "more than %u rows on one page",
				  STORE_ROWS_MAX);
	table = &store->tables[handle - 1];
	if (make_tables(store, table))
		return -1;
	if (is_refused(store, table, values))
		return 0;
	if (!table->is_added)
		table->added = postgres_batch_mark(postgres_pipe_open_batch(store->pipe));
	table->is_added = true;
	store->run_rows++;
	postgres_pipe_count(store->pipe, 0, 1);
	return put_row(store, table, number, values);
}

/* ---- rows that stay ---- */

/* Rows that came since the table's first new one go with it: they are its own, or of its children.
 */
static void tie_rows(struct postgres_store *store, const struct postgres_table *table)
{
	struct postgres_batch *batch = postgres_pipe_open_batch(store->pipe);
	struct store_value *values;
	size_t row = table->added;
	unsigned kind;
	uint64_t page;

	while ((values = postgres_batch_row(batch, &row, &kind, &page)))
		for (int i = 0; i < store->table_count; i++)
			if (kind == store->tables[i].add && page == store_key_id(store->page))
				values[ADDED_UNLESS] = postgres_of_string(table->name);
}

static void note_kept(struct postgres_store *store, const struct postgres_table *table)
{
	struct store_value *values;
	size_t row = table->cleared;
	unsigned kind;
	uint64_t page;

	values = postgres_batch_row(postgres_pipe_open_batch(store->pipe), &row, &kind, &page);
	if (values && kind == table->clear)
		values[CLEARED_IS_KEPT] = postgres_of_integer(true);
}

int postgres_keep_rows(struct store *door, int handle, uint64_t hash)
{
	struct postgres_store *store = postgres_of(door);
	struct postgres_table *table = table_of(store, handle);

	if (!table || door->has_failed)
		return -1;
	if (store_key_is_none(store->page))
		return store_fail(door, STORE_CURE_NONE, "rows of no page of %s stay",
				  store->uri.shown);
	if (!postgres_writing(store)->must_clear || !table->is_cleared)
		return 0;
	if (postgres_writing(store)->closed != postgres_pipe_closed(store->pipe))
		return store_fail(door, STORE_CURE_NONE,
				  "a page of %s was committed before it was closed",
				  store->uri.shown);
	note_kept(store, table);
	if (table->is_added)
		tie_rows(store, table);
	return postgres_write(door, POSTGRES_KEEP_ROWS,
			      (struct store_value[]){ postgres_of_string(table->name),
						      postgres_of_key(store->page),
						      postgres_of_integer((int64_t)hash),
						      postgres_of_integer(store->run_id) });
}
