#include "store/postgres/kinds.h"
#include "store/postgres/table_sql.h"

#include <string.h>

#include "parsers/text/memory.h"

/* The two kinds of a pattern's table: how a page's rows go, and how rows come. */

/* ---- a page's rows go ---- */

#define STAYS "EXISTS (SELECT 1 FROM stay y WHERE y.page = d.page)"

static char *clear_sql(const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("WITH d AS (SELECT t.page, max(t.kept) AS kept FROM unnest($1::bigint[],"
	      " $2::bigint[]) AS t(page, kept) GROUP BY t.page),"
	      " stay AS (SELECT d.page FROM d WHERE d.kept <> 0 AND EXISTS (SELECT 1"
	      " FROM crawl_stale_pages s WHERE s.url_id = d.page AND ",
	      sql);
	postgres_put_is_of(sql, "s", table->name);
	fputs(") AND EXISTS (SELECT 1 FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" x WHERE x.\"" POSTGRES_ROW_PAGE "\" = d.page)), gone AS (DELETE FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" x USING d WHERE x.\"" POSTGRES_ROW_PAGE "\" = d.page AND NOT " STAYS ")"
	      " DELETE FROM crawl_stale_pages s USING d WHERE s.url_id = d.page AND NOT " STAYS
	      " AND ",
	      sql);
	postgres_put_is_of(sql, "s", table->name);
	fclose(sql);
	return text;
}

/* ---- rows come ---- */

/* unnest($1::bigint[], ...): what put_rows.c puts. */
static void put_arrays(FILE *sql, const struct postgres_table *table)
{
	size_t number = 4;

	fputs("unnest($1::bigint[], $2::bigint[], $3::text[]", sql);
	if (table->key_count > 0)
		fprintf(sql, ", $%zu::uuid[]", number++);
	for (size_t i = 0; i < table->column_count; i++)
		fprintf(sql, ", $%zu::%s[]", number++, postgres_type_of(table->kinds[i]));
	fputs(")", sql);
}

static void put_array_names(FILE *sql, const struct postgres_table *table)
{
	fputs("t(page, n, unless", sql);
	if (table->key_count > 0)
		fputs(", key", sql);
	for (size_t i = 0; i < table->column_count; i++)
		fprintf(sql, ", c%zu", i);
}

/* Rows of a page whose old ones stay are none; and neither is one whose parent's row has gone. */
static void put_condition(FILE *sql, const struct postgres_store *store,
			  const struct postgres_table *table)
{
	fputs("(t.unless IS NULL OR NOT EXISTS (SELECT 1 FROM crawl_stale_pages s"
	      " WHERE lower(s.pattern) = lower(t.unless COLLATE \"C\") AND s.url_id = t.page))",
	      sql);
	if (table->parent < 0 || !table->may_move)
		return;
	fputs(" AND EXISTS (SELECT 1 FROM ", sql);
	postgres_put_name(sql, store->tables[table->parent].relation);
	fputs(" p WHERE p.\"" POSTGRES_ROW_PAGE "\" = t.page AND p.\"" POSTGRES_ROW_N "\" = t.c0)",
	      sql);
}

static void put_columns(FILE *sql, const struct postgres_table *table, const char *before)
{
	fprintf(sql, "%s\"" POSTGRES_ROW_PAGE "\", %s\"" POSTGRES_ROW_N "\"", before, before);
	if (table->key_count > 0)
		fprintf(sql, ", %s\"" POSTGRES_ROW_KEY "\"", before);
	for (size_t i = 0; i < table->column_count; i++) {
		fprintf(sql, ", %s", before);
		postgres_put_name(sql, table->columns[i]);
	}
}

static void put_values(FILE *sql, const struct postgres_table *table, const char *alias)
{
	fprintf(sql, "%s.page, %s.n", alias, alias);
	if (table->key_count > 0)
		fprintf(sql, ", %s.key", alias);
	for (size_t i = 0; i < table->column_count; i++)
		fprintf(sql, ", %s.c%zu", alias, i);
}

/* Rows of children, and of theirs, go where the parent's row was until now. */
static void put_orphans(FILE *sql, const struct postgres_store *store, int parent, const char *left)
{
	for (int i = 0; i < store->table_count; i++) {
		char gone[24];

		if (store->tables[i].parent != parent)
			continue;
		snprintf(gone, sizeof(gone), "gone_%d", i);
		fprintf(sql, ", %s AS (DELETE FROM ", gone);
		postgres_put_name(sql, store->tables[i].relation);
		fprintf(sql, " x USING %s l WHERE x.\"" POSTGRES_ROW_PAGE "\" = l.page AND x.",
			left);
		postgres_put_name(sql, store->tables[i].columns[0]);
		fputs(" = l.n RETURNING x.\"" POSTGRES_ROW_PAGE "\" AS page, x.\"" POSTGRES_ROW_N
		      "\" AS n)",
		      sql);
		put_orphans(sql, store, i, gone);
	}
}

static bool has_children(const struct postgres_store *store, int place)
{
	for (int i = 0; i < store->table_count; i++)
		if (store->tables[i].parent == place)
			return true;
	return false;
}

/* Of rows with one key the last counts; and in the order of keys, so that no two nodes wait for
 * each other. */
static void put_keyed(FILE *sql, const struct postgres_store *store, int place)
{
	static const char unkeyed[] = "CASE WHEN t.key IS NULL THEN t.ord END";
	const struct postgres_table *table = &store->tables[place];

	fprintf(sql, "WITH d AS (SELECT DISTINCT ON (t.key, %s) t.* FROM ", unkeyed);
	put_arrays(sql, table);
	fputs(" WITH ORDINALITY AS ", sql);
	put_array_names(sql, table);
	fputs(", ord) WHERE ", sql);
	put_condition(sql, store, table);
	fprintf(sql, " ORDER BY t.key, %s, t.ord DESC)", unkeyed);
	if (has_children(store, place)) {
		fputs(", moved AS (SELECT x.\"" POSTGRES_ROW_PAGE "\" AS page, x.\"" POSTGRES_ROW_N
		      "\" AS n FROM ",
		      sql);
		postgres_put_name(sql, table->relation);
		fputs(" x JOIN d ON d.key = x.\"" POSTGRES_ROW_KEY
		      "\" WHERE (x.\"" POSTGRES_ROW_PAGE "\", x.\"" POSTGRES_ROW_N
		      "\") <> (d.page, d.n))",
		      sql);
		put_orphans(sql, store, place, "moved");
	}
	fputs(" INSERT INTO ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" (", sql);
	put_columns(sql, table, "");
	fputs(") SELECT ", sql);
	put_values(sql, table, "d");
	fputs(" FROM d ORDER BY d.key, d.ord ON CONFLICT (\"" POSTGRES_ROW_KEY
	      "\") DO UPDATE SET (",
	      sql);
	put_columns(sql, table, "");
	fputs(") = (", sql);
	put_columns(sql, table, "excluded.");
	fputs(")", sql);
}

static char *add_sql(const struct postgres_store *store, int place)
{
	const struct postgres_table *table = &store->tables[place];
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	if (table->key_count > 0) {
		put_keyed(sql, store, place);
	} else {
		fputs("INSERT INTO ", sql);
		postgres_put_name(sql, table->relation);
		fputs(" (", sql);
		put_columns(sql, table, "");
		fputs(") SELECT ", sql);
		put_values(sql, table, "t");
		fputs(" FROM ", sql);
		put_arrays(sql, table);
		fputs(" AS ", sql);
		put_array_names(sql, table);
		fputs(") WHERE ", sql);
		put_condition(sql, store, table);
	}
	fclose(sql);
	return text;
}

static char type_letter(enum store_kind kind)
{
	if (kind == STORE_INTEGER)
		return 'i';
	return kind == STORE_REAL ? 'f' : 't';
}

static char *add_types(const struct postgres_table *table)
{
	char *types = memory_new(table->column_count + 5, 1);
	size_t count = 3;

	memcpy(types, "iit", count);
	if (table->key_count > 0)
		types[count++] = 'u';
	for (size_t i = 0; i < table->column_count; i++)
		types[count++] = type_letter(table->kinds[i]);
	return types;
}

/* A parent says what goes with its rows: when a child comes, it is said anew. */
void postgres_describe_tables(struct postgres_store *store)
{
	for (int i = 0; i < store->table_count; i++) {
		struct postgres_table *table = &store->tables[i];

		if (!table->add) {
			table->clear = postgres_add_kind(store, NULL, memory_text("ii", 2));
			table->add = postgres_add_kind(store, NULL, add_types(table));
		}
		postgres_set_kind(store, table->clear, clear_sql(table));
		postgres_set_kind(store, table->add, add_sql(store, i));
	}
}
