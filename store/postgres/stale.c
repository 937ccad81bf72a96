#include "store/postgres/tables.h"

/* What nothing holds any more, once a run has ended and nobody else writes. */

/* Marks of rows that are not there any more. */
static int prune_stale(struct postgres_store *store, const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("DELETE FROM crawl_stale_pages s WHERE ", sql);
	postgres_put_is_of(sql, "s", table->name);
	fputs(" AND NOT EXISTS (SELECT 1 FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" t WHERE t.\"" POSTGRES_ROW_PAGE "\" = s.url_id)", sql);
	return postgres_run_sql(store, sql, &text);
}

int postgres_remove_orphans(struct postgres_store *store, const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql;

	if (table->parent < 0 || !table->may_move)
		return 0;
	sql = postgres_begin_sql(&text, &size);
	fputs("DELETE FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" t WHERE NOT EXISTS (SELECT 1 FROM ", sql);
	postgres_put_name(sql, store->tables[table->parent].relation);
	fputs(" p WHERE p.\"" POSTGRES_ROW_PAGE "\" = t.\"" POSTGRES_ROW_PAGE
	      "\" AND p.\"" POSTGRES_ROW_N "\" = t.",
	      sql);
	postgres_put_name(sql, table->columns[0]);
	fputc(')', sql);
	return postgres_run_sql(store, sql, &text);
}

/* Two nodes that move one row at the same time do not see each other's: of one, children are left.
 */
static int had_others(struct postgres_store *store)
{
	const struct store_value run_id = postgres_of_integer(store->run_id);
	int64_t count = 0;

	if (postgres_number(store,
			    "SELECT (SELECT count(*) FROM crawl_nodes WHERE run = $1::bigint)"
			    " + (SELECT count(*) FROM crawl_past_nodes WHERE run = $1::bigint)",
			    &run_id, 1, &count))
		return -1;
	return count > 1;
}

int postgres_prune(struct postgres_store *store)
{
	int has_orphans = had_others(store);

	if (has_orphans < 0)
		return -1;
	for (int i = 0; i < store->table_count; i++) {
		if (!store->tables[i].is_made)
			continue;
		if ((has_orphans && postgres_remove_orphans(store, &store->tables[i])) ||
		    prune_stale(store, &store->tables[i]))
			return -1;
	}
	if (!postgres_writing(store)->has_changed_sets)
		return 0;
	return postgres_script(store, "DELETE FROM crawl_sets s WHERE NOT EXISTS"
				      " (SELECT 1 FROM urls u WHERE u.set_id = s.id)");
}
