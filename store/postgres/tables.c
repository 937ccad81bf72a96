#include "store/postgres/tables.h"
#include "store/postgres/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

/*
 * The table of a pattern is two things:
 *
 *	"crawl_rows_NAME"	the rows, by page and place on the page; and, of one with a key, a
 *				unique hash of the key's values ("row key")
 *	NAME			a view: page_url, of a child parent, n, the fields
 *
 * A pattern is noted when it is put, and its table is made, or brought up to date, when we become a
 * node: then, and not before, we may write.  Whether that can be is looked at before.
 */

#define COLUMN_BYTES_MAX 63 /* what PostgreSQL keeps of a name: it cuts the rest */

/* ---- what cannot be called so ---- */

static int refuse(struct store_error *error, const char *format, const char *name, size_t most)
{
	error->cure = STORE_CURE_ASK_OTHERWISE;
	snprintf(error->text, STORE_ERROR_MAX, format, name, strlen(name), most);
	return -1;
}

static int refuse_text(struct store_error *error, const char *name)
{
	error->cure = STORE_CURE_ASK_OTHERWISE;
	snprintf(error->text, STORE_ERROR_MAX,
		 "the name %.200s is no UTF-8, which PostgreSQL wants: rename it", name);
	return -1;
}

/* Columns that every table of PostgreSQL has. */
static bool is_system_column(const char *name)
{
	static const char *const names[] = { "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int check_names(const struct store_table *table, struct store_error *error)
{
	if (strlen(table->name) > POSTGRES_NAME_MAX)
		return refuse(error,
			      "pattern %.200s has a name of %zu bytes, the limit in PostgreSQL"
			      " is %zu: rename it",
			      table->name, POSTGRES_NAME_MAX);
	if (!utf8_is_well_formed(slice_of(table->name)))
		return refuse_text(error, table->name);
	if (ascii_starts_with(slice_of(table->name), SLICE("pg_"))) {
		error->cure = STORE_CURE_ASK_OTHERWISE;
		snprintf(error->text, STORE_ERROR_MAX,
			 "pattern %.200s has a name of PostgreSQL's own: rename it", table->name);
		return -1;
	}
	for (size_t i = 0; i < table->column_count; i++) {
		const char *name = table->columns[i].name;

		if (!utf8_is_well_formed(slice_of(name)))
			return refuse_text(error, name);
		if (strlen(name) > COLUMN_BYTES_MAX)
			return refuse(error,
				      "field %.200s has a name of %zu bytes, the limit in"
				      " PostgreSQL is %zu: rename it",
				      name, COLUMN_BYTES_MAX);
		if (is_system_column(name)) {
			error->cure = STORE_CURE_ASK_OTHERWISE;
			snprintf(error->text, STORE_ERROR_MAX,
				 "field %s of %.200s has the name of a column that every table"
				 " of PostgreSQL has: rename it",
				 name, table->name);
			return -1;
		}
	}
	return 0;
}

int postgres_check_table(const struct store_table *table, struct store_error *error)
{
	*error = (struct store_error){ .cure = STORE_CURE_NONE };
	return store_check_table(table, error->text) || check_names(table, error) ? -1 : 0;
}

/* ---- noting ---- */

static int find_table(const struct postgres_store *store, const char *name)
{
	for (int i = 0; i < store->table_count; i++)
		if (ascii_equal(slice_of(store->tables[i].name), slice_of(name)))
			return i;
	return -1;
}

static int check_others(struct postgres_store *store, const struct store_table *table)
{
	int same = find_table(store, table->name);

	if (store->table_count >= POSTGRES_TABLES_MAX)
		return store_fail(&store->base, STORE_CURE_NONE, "more than %d patterns",
				  POSTGRES_TABLES_MAX);
	if (same < 0)
		return 0;
	return store_fail(&store->base, STORE_CURE_NONE,
			  "patterns %s and %s differ only in case: rename one",
			  store->tables[same].name, table->name);
}

static void note_key(struct postgres_table *noted, const struct store_table *table)
{
	noted->key = memory_new(table->key_count + 1, sizeof(*noted->key));
	for (size_t i = 0; i < table->key_count; i++)
		noted->key[i] = (size_t)(store_find_column(table->columns, table->column_count,
							   table->key[i]) -
					 table->columns);
	noted->key_count = table->key_count;
}

void postgres_note_table(struct postgres_table *noted, const struct store_table *table)
{
	size_t size = strlen(STORE_ROWS_PREFIX) + strlen(table->name) + 1;

	*noted = (struct postgres_table){
		.name = memory_text(table->name, strlen(table->name)),
		.relation = memory_resize(NULL, size),
		.column_count = table->column_count,
		.parent = -1,
		.has_history = table->has_history,
		.merges_equal = table->merges_equal,
	};
	snprintf(noted->relation, size, "%s%s", STORE_ROWS_PREFIX, table->name);
	noted->columns = memory_new(table->column_count + 1, sizeof(*noted->columns));
	noted->kinds = memory_new(table->column_count + 1, sizeof(*noted->kinds));
	for (size_t i = 0; i < table->column_count; i++) {
		const char *name = table->columns[i].name;

		noted->columns[i] = memory_text(name, strlen(name));
		noted->kinds[i] = table->columns[i].kind;
	}
	if (!table->parent)
		note_key(noted, table);
}

void postgres_free_table(struct postgres_table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		free(table->columns[i]);
	free(table->columns);
	free(table->kinds);
	free(table->key);
	free(table->relation);
	free(table->name);
}

void postgres_free_tables(struct postgres_store *store)
{
	for (int i = 0; i < store->table_count; i++)
		postgres_free_table(&store->tables[i]);
	free(store->tables);
	store->tables = NULL;
	store->table_count = 0;
	postgres_free_writing(store);
}

int postgres_put_table(struct store *door, const struct store_table *table)
{
	struct postgres_store *store = postgres_of(door);
	struct postgres_table *tables, *noted;
	struct store_error error;

	if (door->has_failed)
		return 0;
	if (postgres_check_table(table, &error)) {
		store_fail(door, error.cure, "%s", error.text);
		return 0;
	}
	if (check_others(store, table))
		return 0;
	tables = memory_resize(store->tables, (size_t)(store->table_count + 1) * sizeof(*tables));
	store->tables = tables;
	noted = &tables[store->table_count];
	postgres_note_table(noted, table);
	if (!store->node && postgres_try_noted(store, noted, &error)) {
		store_fail(door, error.cure, "%s", error.text);
		postgres_free_table(noted);
		return 0;
	}
	if (table->parent)
		noted->parent = find_table(store, table->parent->name);
	noted->may_move =
		noted->key_count > 0 || (noted->parent >= 0 && tables[noted->parent].may_move);
	return ++store->table_count;
}

/* ---- making ---- */

static int make_all(struct postgres_store *store)
{
	for (int i = 0; i < store->table_count; i++)
		if (!store->tables[i].is_made && postgres_make_table(store, &store->tables[i]))
			return -1;
	postgres_put_meanings(store);
	return postgres_begin_visits(store);
}

/* Who makes tables is alone with that: others wait, and find them made. */
int postgres_make_tables(struct postgres_store *store)
{
	bool is_ours = PQtransactionStatus(store->ask) == PQTRANS_IDLE;

	if (is_ours)
		postgres_queue(store, "BEGIN", NULL, 0);
	postgres_queue(store,
		       "SELECT pg_advisory_xact_lock(hashtextextended("
		       "'crawl ' || current_schema(), 0))",
		       NULL, 0);
	if (make_all(store) || (is_ours && postgres_do(store, "COMMIT", NULL, 0)))
		return -1;
	postgres_describe_tables(store);
	postgres_add_late_kinds(store);
	if (is_ours)
		postgres_note_made(store);
	return 0;
}

void postgres_note_made(struct postgres_store *store)
{
	for (int i = 0; i < store->table_count; i++)
		store->tables[i].is_made = true;
	postgres_forget_meanings(store);
}
