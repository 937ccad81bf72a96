#include "store/postgres/reads.h"

/* Tables and views as users know them, and all of one. */

/* Those of crawl's own that docs/schema.md tells users of; then patterns'. */
static const char user_tables[] =
	"SELECT o.name, o.place FROM (VALUES (1, 'pages'), (2, 'runs'), (3, 'hosts'),"
	" (4, 'pattern_stats'), (5, 'rejects'), (6, 'gone'), (7, 'tries'),"
	" (8, 'crawl_outcome_stats'), (9, 'crawl_field_stats'),"
	" (10, 'crawl_stale'), (11, 'crawl_seen'), (12, 'crawl_history'),"
	" (13, 'crawl_status_nodes')) o (place, name)"
	" JOIN pg_class c ON c.relname = o.name AND c.relnamespace = " POSTGRES_HERE " UNION ALL"
	" SELECT v.relname::text, 99 FROM pg_class v WHERE v.relnamespace = " POSTGRES_HERE
	" AND v.relkind = 'v' AND EXISTS (SELECT 1 FROM pg_class r"
	"  WHERE r.relnamespace = v.relnamespace AND r.relkind IN ('r', 'p')"
	"  AND lower(r.relname::text) = lower('" STORE_ROWS_PREFIX "' || v.relname::text))"
	" ORDER BY 2, 1";

int postgres_each_table(struct store *door, int (*function)(void *context, const char *name),
			void *context)
{
	PGresult *tables = postgres_ask(postgres_of(door), user_tables, NULL, 0);

	for (int i = 0; tables && i < PQntuples(tables); i++)
		if (function(context, PQgetvalue(tables, i, 0)) < 0)
			break;
	PQclear(tables);
	return tables ? 0 : -1;
}

/* clang-format off */
/*
 * The statement for a table, by its name in any case, in the order of its key; for the view of a
 * pattern, of what stands behind it, for a view has no order; for another view in none.
 */
#define PUT_ALL \
	"'SELECT * FROM ' || quote_ident(current_schema()) || '.' || quote_ident(c.relname)"
#define PUT_KEY                                                                        \
	"coalesce((SELECT ' ORDER BY ' || string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)" \
	"  FROM pg_index i JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, place) ON true" \
	"  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number"          \
	"  WHERE i.indrelid = c.oid AND i.indisprimary), '')"
#define PUT_ROWS                                                                       \
	"(SELECT 'SELECT ' || string_agg(CASE a.attname WHEN 'page_url' THEN 'u.url AS page_url'" \
	"   WHEN 'n' THEN 'r.\"" POSTGRES_ROW_N "\" AS n' ELSE 'r.' || quote_ident(a.attname) END," \
	"   ', ' ORDER BY a.attnum) || ' FROM ' || quote_ident(t.relname) ||"          \
	"  ' r LEFT JOIN urls u ON u.id = r.\"" POSTGRES_ROW_PAGE "\" ORDER BY r.\"" POSTGRES_ROW_PAGE \
	"\", r.\"" POSTGRES_ROW_N "\"' FROM pg_attribute a"                           \
	"  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)"
static const char table_sql[] =
	"SELECT CASE WHEN t.oid IS NOT NULL THEN " PUT_ROWS " ELSE " PUT_ALL " || " PUT_KEY " END"
	" FROM pg_class c LEFT JOIN pg_class t ON c.relkind = 'v'"
	"  AND t.relnamespace = c.relnamespace AND t.relkind IN ('r', 'p')"
	"  AND lower(t.relname::text) = lower('" STORE_ROWS_PREFIX "' || c.relname::text)"
	" WHERE c.relnamespace = " POSTGRES_HERE " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
	" AND lower(c.relname::text) = lower($1::text COLLATE \"C\")"
	" ORDER BY c.relname::text <> $1, c.relname LIMIT 1";
/* clang-format on */

int postgres_query_table(struct store *door, const char *table,
			 int (*function)(void *context, const struct store_answer *row),
			 void *context)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value name = postgres_of_string(table);
	PGresult *found = postgres_ask(store, table_sql, &name, 1);
	int code;

	if (!found)
		return -1;
	if (PQntuples(found) == 0)
		code = postgres_refuse_name(store, table);
	else
		code = postgres_query_ours(door, PQgetvalue(found, 0, 0), function, context);
	PQclear(found);
	return code;
}
