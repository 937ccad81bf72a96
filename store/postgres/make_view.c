#include "store/postgres/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

/* The view of a pattern.  What it says is told by its comment. */

static bool succeeds(struct postgres_store *store, const char *sql, PGresult **result)
{
	*result = PQexec(store->ask, sql);
	return PQresultStatus(*result) == PGRES_COMMAND_OK;
}

/* Nothing of the user's is dropped with it: "view mine depends on view films". */
static int tell_dependent(struct postgres_store *store, const char *name, const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);

	if (!code || strcmp(code, "2BP01") != 0)
		return postgres_fail(store, store->ask, result);
	return store_fail(&store->base, STORE_CURE_NONE,
			  "view %.100s is to have other columns, and %.*s: drop that first", name,
			  detail ? (int)strcspn(detail, "\n") : 0, detail ? detail : "");
}

int postgres_drop_view(struct postgres_store *store, const char *name)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);
	PGresult *result;
	bool is_done;

	fputs("DROP VIEW IF EXISTS ", sql);
	postgres_put_name(sql, name);
	fclose(sql);
	is_done = succeeds(store, text, &result);
	if (!is_done)
		tell_dependent(store, name, result);
	PQclear(result);
	free(text);
	return is_done ? 0 : -1;
}

static bool is_own(const char *column)
{
	return strcmp(column, POSTGRES_ROW_PAGE) == 0 || strcmp(column, POSTGRES_ROW_N) == 0 ||
	       strcmp(column, POSTGRES_ROW_KEY) == 0;
}

static void put_view_column(FILE *sql, const char *name)
{
	fputs(", r.", sql);
	postgres_put_name(sql, name);
	fputs(" AS ", sql);
	postgres_put_name(sql, name);
}

static char *view_sql(const struct postgres_table *table, char *const others[], size_t count)
{
	size_t first = table->parent >= 0 ? 1 : 0; /* what belongs to a row says first to which */
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs(" AS SELECT u.url AS page_url", sql);
	if (first)
		put_view_column(sql, table->columns[0]);
	fputs(", r.\"" POSTGRES_ROW_N "\" AS n", sql);
	for (size_t i = first; i < table->column_count; i++)
		put_view_column(sql, table->columns[i]);
	for (size_t i = 0; i < count; i++)
		put_view_column(sql, others[i]);
	fputs(" FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" r LEFT JOIN urls u ON u.id = r.\"" POSTGRES_ROW_PAGE "\"", sql);
	fclose(sql);
	return text;
}

/* Columns of earlier patterns come last: what was stored stays visible. */
static char *make_view_sql(const struct postgres_table *table, const struct postgres_old_table *old)
{
	char **others = memory_new(old->count + 1, sizeof(*others));
	size_t count = 0;
	char *sql;

	for (size_t i = 0; i < old->count; i++) {
		bool is_now = is_own(old->columns[i].name);

		for (size_t j = 0; j < table->column_count && !is_now; j++)
			is_now = strcmp(table->columns[j], old->columns[i].name) == 0;
		if (!is_now)
			others[count++] = old->columns[i].name;
	}
	sql = view_sql(table, others, count);
	free(others);
	return sql;
}

/* Does the view that is there say this already?  Its comment tells.  Returns 1, 0 or -1. */
static int is_same_view(struct postgres_store *store, const char *name, const char *comment)
{
	const struct store_value of[] = { postgres_of_string(name), postgres_of_string(comment) };
	int64_t count = 0;

	if (postgres_number(store,
			    "SELECT count(*) FROM pg_class c WHERE c.relkind = 'v'"
			    " AND c.relnamespace = (SELECT oid FROM pg_namespace"
			    "  WHERE nspname = current_schema()) AND c.relname::text = $1::text"
			    " AND obj_description(c.oid, 'pg_class') = $2::text",
			    of, 2, &count))
		return -1;
	return count > 0;
}

/* A pattern may have changed its case: its view is called as it is now. */
int postgres_rename_view(struct postgres_store *store, const char *name)
{
	const struct store_value of = postgres_of_string(name);
	PGresult *found = postgres_ask(store,
				       "SELECT c.relname FROM pg_class c WHERE c.relkind = 'v'"
				       " AND c.relnamespace = (SELECT oid FROM pg_namespace"
				       "  WHERE nspname = current_schema())"
				       " AND lower(c.relname::text COLLATE \"C\") ="
				       " lower($1::text COLLATE \"C\")"
				       " ORDER BY c.relname::text <> $1::text LIMIT 1",
				       &of, 1);
	char *text;
	size_t size;
	FILE *sql;
	int result = found ? 0 : -1;

	if (found && PQntuples(found) > 0 && strcmp(PQgetvalue(found, 0, 0), name) != 0) {
		sql = postgres_begin_sql(&text, &size);
		fputs("ALTER VIEW ", sql);
		postgres_put_name(sql, PQgetvalue(found, 0, 0));
		fputs(" RENAME TO ", sql);
		postgres_put_name(sql, name);
		result = postgres_run_sql(store, sql, &text);
	}
	PQclear(found);
	return result;
}

/* Columns that are only new do not keep the view from staying what it is to others: who may read
 * it, views of the user's. */
static int put_view(struct postgres_store *store, const char *name, const char *sql)
{
	PGresult *result;
	bool is_done;

	if (postgres_script(store, "SAVEPOINT crawl_view"))
		return -1;
	is_done = succeeds(store, sql, &result);
	PQclear(result);
	if (is_done)
		return postgres_script(store, "RELEASE crawl_view");
	return postgres_script(store, "ROLLBACK TO crawl_view; RELEASE crawl_view") ||
			       postgres_drop_view(store, name) || postgres_script(store, sql)
		       ? -1
		       : 0;
}

int postgres_make_view(struct postgres_store *store, const struct postgres_table *table,
		       const struct postgres_old_table *old)
{
	const char *name = table->name;
	char *view = make_view_sql(table, old), *text, comment[40];
	size_t size;
	FILE *sql;
	int result;

	snprintf(comment, sizeof(comment), "crawl %016" PRIx64, XXH3_64bits(view, strlen(view)));
	sql = postgres_begin_sql(&text, &size);
	fputs("CREATE OR REPLACE VIEW ", sql);
	postgres_put_name(sql, name);
	fputs(view, sql);
	fputs("; COMMENT ON VIEW ", sql);
	postgres_put_name(sql, name);
	fprintf(sql, " IS '%s'", comment);
	fclose(sql);
	result = is_same_view(store, name, comment);
	if (result == 0)
		result = put_view(store, name, text);
	free(view);
	free(text);
	return result < 0 ? -1 : 0;
}
