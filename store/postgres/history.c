#include "store/postgres/schema_sql.h"
#include "store/postgres/table_sql.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * What rows of tables with a history were before.  It is noted once a run, when that ends, by
 * comparing the table with what was known of it: so rows cost nothing while they are written, one
 * that goes from page to page within a run has not changed, and a run that was killed is made up
 * for by the next one.
 *
 *	crawl_known_rows	a row for each key that ever was: in which runs, and as JSON
 *	crawl_row_changes	a field that was another, or, without a field, a row that went or
 *				came back
 */

/* The table as it is: a key, the row, and whether its page gave it since the last run that ended.
 * $1 is the pattern, $2 the run. */
static char *now_sql(const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("INSERT INTO crawl_history_now (key, row, is_seen) SELECT ", sql);
	for (size_t i = 0; i < table->key_count; i++) {
		fputs(i ? " || ',' || " : "'[' || ", sql);
		postgres_put_json(sql, table->columns[table->key[i]], table->kinds[table->key[i]]);
	}
	fputs(" || ']', ", sql);
	for (size_t i = 0; i < table->column_count; i++) {
		fputs(i ? " || ',' || to_json(" : "'{' || to_json(", sql);
		postgres_put_literal(sql, table->columns[i]);
		fputs("::text)::text || ':' || ", sql);
		postgres_put_json(sql, table->columns[i], table->kinds[i]);
	}
	fputs(" || '}', coalesce(r.state = 1 AND s.url_id IS NULL AND r.visit >"
	      " (SELECT coalesce(max(visits), 0) FROM crawl_passes WHERE run_id < $2::bigint),"
	      " false) FROM ",
	      sql);
	postgres_put_name(sql, table->relation);
	fputs(" t LEFT JOIN results r ON r.url_id = t.\"" POSTGRES_ROW_PAGE "\""
	      " LEFT JOIN crawl_stale_pages s ON lower(s.pattern) ="
	      "  lower($1::text COLLATE \"C\") AND s.url_id = r.url_id"
	      " WHERE t.\"" POSTGRES_ROW_KEY "\" IS NOT NULL",
	      sql);
	fclose(sql);
	return text;
}

/* clang-format off */
#define OF_PATTERN(alias) "lower(" alias ".pattern) = lower($1::text COLLATE \"C\")"
#define SAME_KEY POSTGRES_HASH("w.key") " = " POSTGRES_HASH("n.key") " AND w.key = n.key"
#define IS_NOW "EXISTS (SELECT 1 FROM crawl_history_now n WHERE n.key = w.key)"

/* As JSON, for it may be of any type: views show it without its quotes. */
#define VALUE(alias) "nullif(" alias ".value::text, 'null')"

/* Each with $1 and $2, in this order.  A field that is new was nothing else before. */
static const char *const steps[] = {
	"INSERT INTO crawl_row_changes (pattern, key, run_id, field, old, new)"
	" SELECT $1::text, n.key, $2::bigint, j.key, " VALUE("o") ", " VALUE("j")
	" FROM crawl_history_now n JOIN crawl_known_rows w ON " OF_PATTERN("w") " AND " SAME_KEY
	" CROSS JOIN LATERAL json_each(n.row::json) j"
	" JOIN LATERAL json_each(w.row::json) o ON o.key = j.key"
	" WHERE n.row <> w.row AND j.value::text <> o.value::text",

	"INSERT INTO crawl_row_changes (pattern, key, run_id, field, old, new)"
	" SELECT $1::text, n.key, $2::bigint, NULL, NULL, n.row FROM crawl_history_now n"
	" JOIN crawl_known_rows w ON " OF_PATTERN("w") " AND " SAME_KEY
	" WHERE w.gone_run IS NOT NULL",

	"INSERT INTO crawl_row_changes (pattern, key, run_id, field, old, new)"
	" SELECT $1::text, w.key, $2::bigint, NULL, w.row, NULL FROM crawl_known_rows w"
	" WHERE " OF_PATTERN("w") " AND w.gone_run IS NULL AND NOT " IS_NOW,

	"UPDATE crawl_known_rows w SET gone_run = $2::bigint WHERE " OF_PATTERN("w")
	" AND w.gone_run IS NULL AND NOT " IS_NOW,

	"UPDATE crawl_known_rows w SET row = n.row, gone_run = NULL,"
	" last_run = CASE WHEN n.is_seen THEN $2::bigint ELSE w.last_run END"
	" FROM crawl_history_now n WHERE " OF_PATTERN("w") " AND " SAME_KEY
	" AND (n.is_seen OR n.row <> w.row OR w.gone_run IS NOT NULL)",

	"INSERT INTO crawl_known_rows (pattern, key, shown, first_run, last_run, row)"
	" SELECT $1::text, n.key, CASE WHEN json_array_length(n.key::json) = 1"
	"  THEN (n.key::json -> 0)::text ELSE n.key END, $2::bigint, $2::bigint, n.row"
	" FROM crawl_history_now n ON CONFLICT DO NOTHING",
};
/* clang-format on */

static int note_table(struct postgres_store *store, const struct postgres_table *table)
{
	const struct store_value of[] = { postgres_of_string(table->name),
					  postgres_of_integer(store->run_id) };
	char *now = now_sql(table);
	int result = postgres_script(store, "TRUNCATE crawl_history_now") ||
		     postgres_do(store, now, of, 2) ||
		     postgres_script(store, "ANALYZE crawl_history_now");

	free(now);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !result; i++)
		result = postgres_do(store, steps[i], of, 2);
	return result ? -1 : 0;
}

static int note_history(struct postgres_store *store)
{
	bool is_ready = false;

	for (int i = 0; i < store->table_count; i++) {
		const struct postgres_table *table = &store->tables[i];

		if (!table->has_history || table->key_count == 0 || !table->is_made)
			continue;
		if (!is_ready && postgres_make_brief(store, "crawl_history_now",
						     "key text COLLATE \"C\","
						     " row text COLLATE \"C\", is_seen bool"))
			return -1;
		is_ready = true;
		if (note_table(store, table))
			return -1;
	}
	return is_ready ? postgres_drop_brief(store, "crawl_history_now") : 0;
}

/* What comes later has a higher visit, also of a node whose clock went ahead a little: it begins
 * behind this one (put_pages.c). */
static void note_visits(struct postgres_store *store)
{
	const struct store_value of[] = { postgres_of_integer(store->run_id),
					  postgres_of_integer(store->visit) };

	postgres_queue(store,
		       "UPDATE crawl_passes SET visits = greatest($2::bigint,"
		       " ((extract(epoch FROM clock_timestamp()) + 60) * 1000000)::bigint)"
		       " WHERE run_id = $1::bigint",
		       of, 2);
}

int postgres_note_end(struct postgres_store *store)
{
	bool is_ours = PQtransactionStatus(store->ask) == PQTRANS_IDLE;

	if (is_ours)
		postgres_queue(store, "BEGIN", NULL, 0);
	note_visits(store);
	return postgres_prune(store) || note_history(store) ||
			       (is_ours && postgres_do(store, "COMMIT", NULL, 0))
		       ? -1
		       : 0;
}
