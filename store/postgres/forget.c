#include "store/postgres/kinds.h"
#include "store/postgres/schema_sql.h"
#include "store/postgres/tables.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/* What is to go is one set, for every table. */
#define DOOMED "(SELECT id FROM crawl_doomed)"

#define KEYS_AT_ONCE 10000

static int name_some(struct postgres_store *store, const struct store_key keys[], size_t count)
{
	char *text;
	size_t size;
	FILE *array = postgres_begin_sql(&text, &size);
	struct store_value of;
	int result;

	for (size_t i = 0; i < count; i++)
		fprintf(array, "%s%lld", i ? "," : "{", (long long)postgres_id(keys[i]));
	fputs(count ? "}" : "{}", array);
	fclose(array);
	of = postgres_of_string(text);
	result = postgres_do(store,
			     "INSERT INTO crawl_doomed (id) SELECT DISTINCT * FROM"
			     " unnest($1::text::bigint[]) ON CONFLICT DO NOTHING",
			     &of, 1);
	free(text);
	return result;
}

static int name_doomed(struct postgres_store *store, const struct store_key keys[], size_t count)
{
	if (postgres_make_brief(store, "crawl_doomed", "id bigint PRIMARY KEY"))
		return -1;
	for (size_t i = 0; i < count; i += KEYS_AT_ONCE) {
		size_t some = count - i < KEYS_AT_ONCE ? count - i : KEYS_AT_ONCE;

		if (name_some(store, keys + i, some))
			return -1;
	}
	return postgres_script(store, "ANALYZE crawl_doomed");
}

/* ---- rows ---- */

static void put_doomed_rows(FILE *sql, const char *relation)
{
	fputs(" FROM ", sql);
	postgres_put_name(sql, relation);
	fputs(" t WHERE t.\"" POSTGRES_ROW_PAGE "\" IN " DOOMED, sql);
}

/* The key as a history has it.  Returns 1, 0 if the table has none, or -1. */
static int put_key(struct postgres_store *store, FILE *sql, const struct postgres_old_table *old)
{
	const struct store_value of = postgres_of_string(old->key);
	PGresult *names;
	int count;

	if (!old->key)
		return 0;
	names = postgres_ask(store, "SELECT json_array_elements_text($1::text::json)", &of, 1);
	if (!names)
		return -1;
	count = PQntuples(names);
	for (int i = 0; i < count; i++) {
		const struct postgres_old_column *column =
			postgres_find_old(old, PQgetvalue(names, i, 0));

		fputs(i ? " || ',' || " : "'[' || ", sql);
		if (column)
			postgres_put_json(sql, column->name,
					  postgres_kind_of_type(column->type, column->comment));
		else
			fputs("'null'", sql);
	}
	PQclear(names);
	fputs(" || ']'", sql);
	return count > 0;
}

/* What a history knows of rows that go, before they do. */
static int delete_history(struct postgres_store *store, const struct postgres_old_table *old,
			  const char *from)
{
	const char *pattern = old->relation + strlen(STORE_ROWS_PREFIX);
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);
	int has_key;

	fprintf(sql, "DELETE FROM %s h WHERE ", from);
	postgres_put_is_of(sql, "h", pattern);
	fputs(" AND h.key IN (SELECT ", sql);
	has_key = put_key(store, sql, old);
	put_doomed_rows(sql, old->relation);
	fputc(')', sql);
	if (has_key > 0)
		return postgres_run_sql(store, sql, &text);
	fclose(sql);
	free(text);
	return has_key;
}

static int delete_rows(struct postgres_store *store, const char *pattern)
{
	struct postgres_old_table old;
	char *text;
	size_t size;
	FILE *sql;
	int result = postgres_find_table(store, pattern, &old);

	if (result == 0 && old.relation) {
		sql = postgres_begin_sql(&text, &size);
		fputs("DELETE", sql);
		put_doomed_rows(sql, old.relation);
		result = delete_history(store, &old, "crawl_known_rows") ||
			 delete_history(store, &old, "crawl_row_changes");
		if (postgres_run_sql(store, sql, &text))
			result = -1;
	}
	postgres_free_old(&old);
	return result ? -1 : 0;
}

static int delete_all_rows(struct postgres_store *store)
{
	PGresult *names = postgres_ask(
		store,
		"SELECT substr(c.relname::text, length('" STORE_ROWS_PREFIX "') + 1)"
		" FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace ="
		" (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
		" AND starts_with(c.relname::text, '" STORE_ROWS_PREFIX "') ORDER BY 1",
		NULL, 0);
	int result = names ? 0 : -1;

	for (int i = 0; result == 0 && i < PQntuples(names); i++)
		result = delete_rows(store, PQgetvalue(names, i, 0));
	PQclear(names);
	return result;
}

/* ---- all ---- */

/* What is left of a root that goes becomes one itself, with its set, and is pending if it was. */
static int leave_roots(struct postgres_store *store)
{
	return postgres_script(
		store, "UPDATE results SET pass = 0 WHERE url_id IN (SELECT u.id FROM urls u"
		       " JOIN results r ON r.url_id = u.id WHERE u.root IN " DOOMED
		       "  AND u.id NOT IN " DOOMED " AND 0 = " POSTGRES_STATE ");"
		       "UPDATE urls u SET root = u.id, set_id = o.set_id FROM urls o"
		       " WHERE o.id = u.root AND u.root IN " DOOMED " AND u.id <> u.root");
}

/* Whoever has taken the crawl over meanwhile is not to be disturbed. */
static int check_node(struct postgres_store *store)
{
	const struct store_value id = postgres_of_integer(postgres_node_id(store));
	int64_t count = 0;

	if (postgres_number(store,
			    "SELECT count(*) FROM (SELECT 1 FROM crawl_nodes WHERE id = $1::bigint"
			    " FOR KEY SHARE) n",
			    &id, 1, &count))
		return -1;
	if (count > 0)
		return 0;
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%s was taken over by another crawl: run it again", store->uri.shown);
}

static int delete_doomed(struct postgres_store *store)
{
	return postgres_script(store,
			       "DELETE FROM bodies WHERE url_id IN " DOOMED ";"
			       "DELETE FROM results WHERE url_id IN " DOOMED ";"
			       "DELETE FROM tries_made WHERE url_id IN " DOOMED ";"
			       "DELETE FROM crawl_requests WHERE url_id IN " DOOMED ";"
			       "DELETE FROM crawl_roots WHERE url_id IN " DOOMED ";"
			       "DELETE FROM crawl_named WHERE root IN " DOOMED ";"
			       "DELETE FROM crawl_stale_pages WHERE url_id IN " DOOMED ";"
			       "DELETE FROM crawl_inbox WHERE kind = 1 AND key IN " DOOMED ";"
			       "DELETE FROM urls WHERE id IN " DOOMED ";"
			       "UPDATE urls SET from_id = NULL WHERE from_id IN " DOOMED ";"
			       "DELETE FROM crawl_sets s WHERE NOT EXISTS"
			       " (SELECT 1 FROM urls u WHERE u.set_id = s.id)");
}

/* Numbers of URLs may be given again: nothing may name one that is gone. */
int postgres_forget(struct store *door, const struct store_key keys[], size_t count,
		    bool reads_rest_again)
{
	struct postgres_store *store = postgres_of(door);

	if (door->has_failed || postgres_begin(store) || postgres_settle_all(store))
		return -1;
	if (postgres_script(store, "BEGIN") || check_node(store) ||
	    name_doomed(store, keys, count) || leave_roots(store) || delete_all_rows(store) ||
	    delete_doomed(store))
		return -1;
	if (reads_rest_again &&
	    postgres_script(store, "UPDATE results SET " POSTGRES_NO_CONDITIONS))
		return -1;
	return postgres_drop_brief(store, "crawl_doomed") || postgres_script(store, "COMMIT") ? -1
											      : 0;
}
