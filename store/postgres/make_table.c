#include "store/postgres/tables.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

/* ---- what is there ---- */

static char *copy(const PGresult *result, int row, int column)
{
	struct slice text = postgres_text(result, row, column);

	return text.at ? memory_text(text.at, text.size) : NULL;
}

int postgres_find_table(struct postgres_store *store, const char *name,
			struct postgres_old_table *old)
{
	static const char sql[] =
		"SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),"
		" col_description(c.oid, a.attnum) FROM"
		" (SELECT oid, relname FROM pg_class WHERE relkind IN ('r', 'p')"
		"  AND relnamespace = (SELECT oid FROM pg_namespace"
		"   WHERE nspname = current_schema())"
		"  AND lower(relname::text COLLATE \"C\") ="
		"   lower('" STORE_ROWS_PREFIX "' || $1::text COLLATE \"C\")"
		"  ORDER BY relname::text <> '" STORE_ROWS_PREFIX "' || $1, relname LIMIT 1) c"
		" JOIN pg_attribute a ON a.attrelid = c.oid"
		" WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
	const struct store_value of = postgres_of_string(name);
	PGresult *result = postgres_ask(store, sql, &of, 1);
	int count;

	*old = (struct postgres_old_table){ .relation = NULL };
	if (!result)
		return -1;
	count = PQntuples(result);
	old->columns = memory_new((size_t)count + 1, sizeof(*old->columns));
	if (count > 0)
		old->relation = copy(result, 0, 0);
	for (int i = 0; i < count; i++) {
		struct postgres_old_column *column = &old->columns[old->count++];

		column->name = copy(result, i, 1);
		column->type = copy(result, i, 2);
		column->comment = copy(result, i, 3);
		if (strcmp(column->name, POSTGRES_ROW_KEY) == 0)
			old->key = column->comment;
	}
	PQclear(result);
	return 0;
}

void postgres_free_old(struct postgres_old_table *old)
{
	for (size_t i = 0; i < old->count; i++) {
		free(old->columns[i].name);
		free(old->columns[i].type);
		free(old->columns[i].comment);
	}
	free(old->columns);
	free(old->relation);
}

const struct postgres_old_column *postgres_find_old(const struct postgres_old_table *old,
						    const char *name)
{
	for (size_t i = 0; i < old->count; i++)
		if (ascii_equal(slice_of(old->columns[i].name), slice_of(name)))
			return &old->columns[i];
	return NULL;
}

/* ---- a new one ---- */

static void put_column(FILE *sql, const struct postgres_table *table, size_t i)
{
	postgres_put_name(sql, table->columns[i]);
	fprintf(sql, " %s", postgres_type_of(table->kinds[i]));
	if (strcmp(postgres_type_of(table->kinds[i]), "text") == 0)
		fputs(" COLLATE \"C\"", sql);
}

static void put_comment(FILE *sql, const struct postgres_table *table, const char *column,
			const char *comment)
{
	fputs("; COMMENT ON COLUMN ", sql);
	postgres_put_name(sql, table->relation);
	fputc('.', sql);
	postgres_put_name(sql, column);
	fputs(" IS ", sql);
	if (comment)
		postgres_put_literal(sql, comment);
	else
		fputs("NULL", sql);
}

static int create(struct postgres_store *store, const struct postgres_table *table)
{
	char *text, *key = postgres_key_names(table);
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("CREATE TABLE ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" (\"" POSTGRES_ROW_PAGE "\" bigint NOT NULL, \"" POSTGRES_ROW_N "\" bigint NOT NULL",
	      sql);
	if (key)
		fputs(", \"" POSTGRES_ROW_KEY "\" uuid UNIQUE", sql);
	for (size_t i = 0; i < table->column_count; i++) {
		fputs(", ", sql);
		put_column(sql, table, i);
	}
	fputs(", PRIMARY KEY (\"" POSTGRES_ROW_PAGE "\", \"" POSTGRES_ROW_N "\"))", sql);
	if (key)
		put_comment(sql, table, POSTGRES_ROW_KEY, key);
	for (size_t i = 0; i < table->column_count; i++)
		if (table->kinds[i] == STORE_JSON)
			put_comment(sql, table, table->columns[i], "json");
	free(key);
	return postgres_run_sql(store, sql, &text);
}

/* ---- one that is there ---- */

static bool is_of_type(const struct postgres_old_column *column, enum store_kind kind)
{
	return strcmp(column->type, postgres_type_of(kind)) == 0;
}

static bool has_other_types(const struct postgres_table *table,
			    const struct postgres_old_table *old)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const struct postgres_old_column *column =
			postgres_find_old(old, table->columns[i]);

		if (column && !is_of_type(column, table->kinds[i]))
			return true;
	}
	return false;
}

/* One column: made, or changed, or as it is. */
static void put_change(FILE *sql, const struct postgres_table *table, size_t i,
		       const struct postgres_old_column *column)
{
	enum store_kind kind = table->kinds[i];

	if (column && is_of_type(column, kind))
		return;
	fputs("; ALTER TABLE ", sql);
	postgres_put_name(sql, table->relation);
	if (!column) {
		fputs(" ADD COLUMN ", sql);
		put_column(sql, table, i);
		return;
	}
	fputs(" ALTER COLUMN ", sql);
	postgres_put_name(sql, column->name);
	fprintf(sql, " TYPE %s%s USING ", postgres_type_of(kind),
		strcmp(postgres_type_of(kind), "text") == 0 ? " COLLATE \"C\"" : "");
	postgres_put_converted(sql, column->name, column->type, kind);
}

static void put_mark(FILE *sql, const struct postgres_table *table, size_t i,
		     const struct postgres_old_column *column)
{
	bool is_marked = column && column->comment && strcmp(column->comment, "json") == 0;
	bool is_json = table->kinds[i] == STORE_JSON;

	if (is_marked != is_json)
		put_comment(sql, table, table->columns[i], is_json ? "json" : NULL);
}

/* Names are those that are there, in whatever case. */
static void take_names(struct postgres_table *table, const struct postgres_old_table *old)
{
	free(table->relation);
	table->relation = memory_text(old->relation, strlen(old->relation));
	for (size_t i = 0; i < table->column_count; i++) {
		const struct postgres_old_column *column =
			postgres_find_old(old, table->columns[i]);

		if (!column)
			continue;
		free(table->columns[i]);
		table->columns[i] = memory_text(column->name, strlen(column->name));
	}
}

static int update(struct postgres_store *store, struct postgres_table *table,
		  const struct postgres_old_table *old)
{
	char *text;
	size_t size;
	FILE *sql;

	take_names(table, old);
	if (postgres_rename_view(store, table->name))
		return -1;
	if (has_other_types(table, old) && postgres_drop_view(store, table->name))
		return -1;
	sql = postgres_begin_sql(&text, &size);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct postgres_old_column *column =
			postgres_find_old(old, table->columns[i]);

		put_change(sql, table, i, column);
		put_mark(sql, table, i, column);
	}
	if (postgres_run_sql(store, sql, &text))
		return -1;
	return postgres_has_other_key(table, old) ? postgres_rekey(store, table, old) : 0;
}

/* ---- all ---- */

static int make(struct postgres_store *store, struct postgres_table *table,
		const struct postgres_old_table *old)
{
	struct store_error error;
	int taken;

	if (old->relation)
		return update(store, table, old);
	taken = postgres_is_taken(store, table->name);
	if (taken > 0) {
		postgres_refuse_taken(store, table->name, &error);
		return store_fail(&store->base, error.cure, "%s", error.text);
	}
	return taken ? -1 : create(store, table);
}

int postgres_make_table(struct postgres_store *store, struct postgres_table *table)
{
	struct postgres_old_table old;
	int result;

	if (postgres_find_table(store, table->name, &old))
		return -1;
	result = make(store, table, &old) || postgres_make_view(store, table, &old) ? -1 : 0;
	if (result == 0 && old.relation && postgres_writing(store)->has_merged)
		result = postgres_remove_orphans(store, table);
	postgres_free_old(&old);
	return result;
}
