#include "store/postgres/schema_sql.h"

#include <stdlib.h>

#include "store/postgres/internal.h"
#include "store/postgres/node.h"

/* ---- what stands there ---- */

static int count_urls(struct postgres_store *store, struct store_totals *totals)
{
	static const char sql[] =
		"SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),"
		" count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),"
		" count(result) FROM (SELECT " POSTGRES_JOINED_STATE " AS state, r.url_id AS result"
		"  FROM urls u LEFT JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS ") c";
	PGresult *result = postgres_ask(store, sql, NULL, 0);

	if (!result)
		return -1;
	totals->pending = (uint64_t)postgres_integer(result, 0, 0);
	totals->done = (uint64_t)postgres_integer(result, 0, 1);
	totals->failed = (uint64_t)postgres_integer(result, 0, 2);
	totals->skipped = (uint64_t)postgres_integer(result, 0, 3);
	totals->pages = (uint64_t)postgres_integer(result, 0, 4);
	PQclear(result);
	return 0;
}

/* One text over all tables of patterns: "SELECT (SELECT count(*) FROM a) + ...". */
static int count_rows(struct postgres_store *store, struct store_totals *totals)
{
	static const char sql[] =
		"SELECT 'SELECT 0' || coalesce(string_agg("
		"format(' + (SELECT count(*) FROM %I.%I)', s.nspname, c.relname), ''), '')"
		" FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace"
		" WHERE s.nspname = $1 AND c.relkind = 'r'"
		" AND starts_with(c.relname, '" STORE_ROWS_PREFIX "')";
	struct store_value schema = postgres_of_string(store->uri.schema);
	PGresult *result = postgres_ask(store, sql, &schema, 1);
	int64_t rows;
	int failed;

	if (!result)
		return -1;
	failed = postgres_number(store, PQgetvalue(result, 0, 0), NULL, 0, &rows);
	PQclear(result);
	if (!failed)
		totals->rows = (uint64_t)rows;
	return failed;
}

int postgres_get_totals(struct store *door, struct store_totals *totals)
{
	struct postgres_store *store = postgres_of(door);
	struct store_totals counted = { 0 };

	if (count_urls(store, &counted) || count_rows(store, &counted))
		return -1;
	*totals = counted;
	return 0;
}

/* ---- of earlier runs ---- */

int postgres_get_last_run(struct store *door, struct store_last_run *last)
{
	static const char sql[] =
		"SELECT coalesce(r.ended = 'finished', false), r.config_hash,"
		" round(extract(epoch FROM r.ended_at::timestamptz) * 1000)::bigint, p.named,"
		" round(extract(epoch FROM clock_timestamp() - r.ended_at::timestamptz)"
		"  * 1000)::bigint"
		" FROM runs r LEFT JOIN crawl_passes p ON p.run_id = r.id"
		" ORDER BY r.id DESC LIMIT 1";
	PGresult *result = postgres_ask(postgres_of(door), sql, NULL, 0);

	if (!result)
		return -1;
	*last = (struct store_last_run){ .is_finished = true };
	if (PQntuples(result) > 0) {
		last->is_finished = postgres_bool(result, 0, 0);
		last->config_hash = strtoull(PQgetvalue(result, 0, 1), NULL, 16);
		last->ended_ms = postgres_integer(result, 0, 2);
		last->named = (uint64_t)postgres_integer(result, 0, 3);
		last->ended_ago_ms = postgres_integer(result, 0, 4);
		if (last->ended_ms > 0)
			last->ended_ms = postgres_moment_here(last->ended_ms, last->ended_ago_ms,
							      postgres_now_ms());
	}
	PQclear(result);
	return 0;
}

int postgres_get_pattern(struct store *door, uint64_t config_hash, const char *name, uint64_t *hash)
{
	static const char sql[] = "SELECT hash FROM crawl_patterns WHERE config_hash = $1"
				  " AND " POSTGRES_NOCASE("pattern") " = lower($2 COLLATE \"C\")";
	struct store_value values[] = { postgres_of_integer((int64_t)config_hash),
					postgres_of_string(name) };
	PGresult *result = postgres_ask(postgres_of(door), sql, values, 2);
	int found;

	if (!result)
		return -1;
	found = PQntuples(result) > 0;
	if (found)
		*hash = (uint64_t)postgres_integer(result, 0, 0);
	PQclear(result);
	return found;
}

struct each_file {
	int (*function)(void *context, const struct store_file *file);
	void *context;
};

static int hand_out_file(void *context, const PGresult *row)
{
	struct each_file *each = context;
	struct store_file file = { PQgetvalue(row, 0, 0), postgres_text(row, 0, 1) };

	return each->function(each->context, &file);
}

int postgres_each_file(struct store *door,
		       int (*function)(void *context, const struct store_file *file), void *context)
{
	struct each_file each = { function, context };

	return postgres_scan(postgres_of(door),
			     "SELECT name, text FROM crawl_files"
			     " WHERE run = (SELECT max(id) FROM runs) ORDER BY place",
			     NULL, 0, hand_out_file, &each);
}
