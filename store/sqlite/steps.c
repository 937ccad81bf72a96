#include "store/sqlite/schema_sql.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * 3 to 4: the state of a URL was in urls, and a pass set all of them back.  What is pending with a
 * result is so because of a pass that is over: pass 0 counts for no pass.  The column stays, for
 * views and indexes of the user's may name it, and says what it said then.
 */
#define STATE_OF_OUTCOME                                                               \
	"CASE WHEN outcome IN ('ok', 'not_modified', 'moved', 'pattern_limit') THEN 1" \
	" WHEN outcome IN ('robots', 'out_of_scope') THEN 3 ELSE 2 END"
#define OLD_STATE "coalesce((SELECT state FROM urls WHERE id = url_id), 0)"
#define MAKE_PASSES                                                                            \
	"CREATE TABLE crawl_passes (run_id INTEGER PRIMARY KEY, pass INTEGER NOT NULL,"        \
	" asks INTEGER NOT NULL, visits INTEGER) STRICT;"                                      \
	"ALTER TABLE results ADD COLUMN state INTEGER NOT NULL DEFAULT 2;"                     \
	"ALTER TABLE results ADD COLUMN pass INTEGER NOT NULL DEFAULT 1;"                      \
	"ALTER TABLE results ADD COLUMN visit INTEGER;"                                        \
	"ALTER TABLE results ADD COLUMN config_hash INTEGER;"                                  \
	"ALTER TABLE urls ADD COLUMN from_where INTEGER;"                                      \
	"UPDATE results SET pass = " OLD_STATE " <> 0,"                                        \
	" state = CASE " OLD_STATE " WHEN 0 THEN " STATE_OF_OUTCOME " ELSE " OLD_STATE " END," \
	" config_hash = hex_number((SELECT config_hash FROM runs ORDER BY id DESC LIMIT 1));"

/*
 * 4 to 5: every URL has a root.  From a seed down, each page whose link it was before it; what no
 * seed leads to, is one.
 */
#define MAKE_ROOTS                                                                       \
	"ALTER TABLE urls ADD COLUMN root INTEGER NOT NULL DEFAULT 0;"                   \
	"CREATE INDEX crawl_step ON urls (from_id);"                                     \
	"UPDATE urls SET root = tree.root FROM ("                                        \
	"  WITH RECURSIVE tree (id, root) AS ("                                          \
	"    SELECT id, id FROM urls WHERE from_id IS NULL"                              \
	"    UNION ALL SELECT u.id, t.root FROM tree t JOIN urls u ON u.from_id = t.id)" \
	"  SELECT id, root FROM tree) AS tree WHERE tree.id = urls.id;"                  \
	"UPDATE urls SET root = id WHERE root = 0;"                                      \
	"DROP INDEX crawl_step;"

/*
 * And the tables behind a pattern's view, with the index of its key, have names that are crawl's
 * own.  The view is made anew here, and not by ALTER TABLE, which would refuse to go on where a
 * view of the user's is broken.
 */
static const char rename_sql[] =
	"SELECT printf('DROP VIEW IF EXISTS \"%w\"; DROP INDEX IF EXISTS \"" STORE_OLD_KEY_PREFIX
	"%w\"; ALTER TABLE \"%w\" RENAME TO \"" STORE_ROWS_PREFIX "%w\";', p.name, p.name, r.name,"
	" p.name)"
	" || coalesce(replace(replace(k.sql, printf(' INDEX \"%w\" ', k.name),"
	"    printf(' INDEX \"" STORE_KEY_PREFIX "%w\" ', p.name)), printf(' ON \"%w\" ', r.name),"
	"    printf(' ON \"" STORE_ROWS_PREFIX "%w\" ', p.name)), '') || ';'"
	" || coalesce(replace(v.sql, printf(' FROM \"%w\" r ', r.name),"
	"    printf(' FROM \"" STORE_ROWS_PREFIX "%w\" r ', p.name)), '') || ';'"
	" FROM sqlite_schema r"
	" JOIN (SELECT rowid AS id, substr(name, length('" STORE_OLD_ROWS_PREFIX "') + 1) AS name"
	"  FROM sqlite_schema) p ON p.id = r.rowid"
	" LEFT JOIN sqlite_schema k ON k.type = 'index'"
	"  AND k.name = '" STORE_OLD_KEY_PREFIX "' || p.name COLLATE NOCASE"
	" LEFT JOIN sqlite_schema v ON v.type = 'view' AND v.name = p.name COLLATE NOCASE"
	" WHERE r.type = 'table' AND r.name GLOB '" STORE_OLD_ROWS_PREFIX "*'";

/* All of it as one text: the schema is not changed while it is read. */
static int rename_tables(struct sqlite_store *store)
{
	sqlite3_stmt *scan = sqlite_prepare(store, rename_sql);
	sqlite3_str *sql = sqlite3_str_new(store->db);
	char *text;
	int step, result;

	while (scan && (step = sqlite3_step(scan)) == SQLITE_ROW)
		sqlite3_str_appendall(sql, (const char *)sqlite3_column_text(scan, 0));
	text = sqlite3_str_finish(sql);
	if (!scan || sqlite_end_scan(store, scan, step))
		result = -1;
	else
		result = text ? sqlite_execute(store, text) : 0;
	sqlite3_free(text);
	return result;
}

/* And patterns are counted by field, and also on pages that are as they were. */
#define MAKE_COUNTS                                                                          \
	"ALTER TABLE results ADD COLUMN counts TEXT;"                                        \
	"ALTER TABLE pattern_figures ADD COLUMN pages_wanted INTEGER NOT NULL DEFAULT 0;"    \
	"ALTER TABLE pattern_figures ADD COLUMN pages_unchanged INTEGER NOT NULL DEFAULT 0;" \
	"ALTER TABLE pattern_figures ADD COLUMN bad_values INTEGER NOT NULL DEFAULT 0;"      \
	"UPDATE pattern_figures SET pages_wanted = pages_tried;"                             \
	"DROP VIEW IF EXISTS pattern_stats;" VIEW_OF_PATTERNS TABLE_OF_FIELDS TABLE_OF_STALE \
		TABLES_OF_HISTORY

/*
 * Older crawls kept a proxy's address as that of each host behind it.  Which those are nobody
 * knows: what is no address by its name is looked up anew.
 */
#define FORGET_ADDRESSES "UPDATE hosts SET address = NULL WHERE instr(origin, address) = 0;"

/* What is known of earlier runs by host is summed up. */
#define SUM_UP                                                                        \
	"INSERT INTO crawl_totals SELECT run_id, outcome, status, sum(pages), 0,"     \
	" sum(bytes), sum(wire_bytes) FROM crawl_outcomes GROUP BY 1, 2, 3;"          \
	"INSERT INTO crawl_pattern_totals SELECT run_id, pattern, sum(pages_wanted)," \
	" sum(pages_unchanged), sum(pages_tried), sum(pages_matched), sum(rows),"     \
	" sum(empty_fields), sum(bad_values), sum(limit_hits), sum(elapsed_ns)"       \
	" FROM pattern_figures GROUP BY 1, 2;"

/* How each version of the schema becomes the next: [0] makes 2 of 1. */
static const struct {
	const char *sql;
	int (*also)(struct sqlite_store *store); /* or NULL */
	const char *reader;                      /* the first crawl that can read what it makes */
} steps[] = {
	{ "ALTER TABLE hosts ADD COLUMN address TEXT;", NULL, "0.1" },
	{ "ALTER TABLE hosts ADD COLUMN held_until INTEGER;"
	  "ALTER TABLE results ADD COLUMN is_moved INTEGER;"
	  "ALTER TABLE results ADD COLUMN redirects TEXT;"
	  "ALTER TABLE results ADD COLUMN unmatched TEXT;",
	  NULL, "0.1" },
	{ MAKE_PASSES TABLE_OF_OUTCOMES "ALTER TABLE results ADD COLUMN elapsed_us INTEGER;"
					"UPDATE results SET elapsed_us = 1000 * elapsed_ms;"
					"ALTER TABLE hosts ADD COLUMN waits_until TEXT;"
					"ALTER TABLE hosts ADD COLUMN waits_for TEXT;",
	  NULL, "0.2" },
	{ MAKE_ROOTS TABLE_OF_ROOTS TABLE_OF_COOKIES TABLE_OF_PATTERNS MAKE_COUNTS
	  "ALTER TABLE crawl_passes ADD COLUMN named INTEGER;"
	  "DROP VIEW IF EXISTS pages; DROP VIEW IF EXISTS gone;" VIEWS_OF_STATE,
	  rename_tables, "0.2" },
	{ "ALTER TABLE urls ADD COLUMN set_id INTEGER;" TABLES_OF_REQUESTS TABLE_OF_PROXIES
		  FORGET_ADDRESSES
	  "DROP VIEW IF EXISTS pages; DROP VIEW IF EXISTS gone;" VIEWS_OF_STATE,
	  NULL, "0.2" },
	{ COUNT_UNCHANGED
	  "DROP VIEW IF EXISTS crawl_outcome_stats;" VIEW_OF_OUTCOMES TABLES_OF_LOOKS
		  INDEX_OF_FAILED INDEX_OF_TRIES SUM_UP,
	  NULL, "0.2" },
};
#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))
_Static_assert(STEP_COUNT == SQLITE_USER_VERSION - 1, "a step to every version but the first");

/* hex_number('00c0ffee'): 64 bits, as results have them. */
static void hex_number(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = (const char *)sqlite3_value_text(values[0]);

	(void)count;
	if (text)
		sqlite3_result_int64(context, (int64_t)strtoull(text, NULL, 16));
}

static int make_step(struct sqlite_store *store, int version)
{
	if (sqlite_execute(store, steps[version - 1].sql))
		return -1;
	return steps[version - 1].also ? steps[version - 1].also(store) : 0;
}

/* All of them, or none: closing the database takes back what was begun. */
static int make_steps(struct sqlite_store *store, int version)
{
	char end[64];

	if (sqlite_execute(store, "PRAGMA legacy_alter_table = ON; BEGIN IMMEDIATE"))
		return -1;
	for (; version < SQLITE_USER_VERSION; version++)
		if (make_step(store, version))
			return -1;
	snprintf(end, sizeof(end), "PRAGMA user_version = %d; COMMIT", SQLITE_USER_VERSION);
	return sqlite_execute(store, end) ||
			       sqlite_execute(store, "PRAGMA legacy_alter_table = OFF")
		       ? -1
		       : 0;
}

int sqlite_schema_update(struct sqlite_store *store)
{
	int64_t was = 0;

	if (sqlite_number(store, "PRAGMA user_version", NULL, &was))
		return -1;
	if (was < 1 || was >= SQLITE_USER_VERSION)
		return 0;
	if (sqlite3_create_function(store->db, "hex_number", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
				    NULL, hex_number, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(store);
	if (make_steps(store, (int)was))
		return -1;
	snprintf(store->base.notice, sizeof(store->base.notice),
		 "%s: schema %d becomes %d; crawl before %s cannot read it", store->path, (int)was,
		 SQLITE_USER_VERSION, steps[STEP_COUNT - 1].reader);
	return 0;
}

/*
 * What a reader asks is in the words of today: for an older database, which only a crawl may bring
 * up to date, views of this connection say them.
 */
#define NEW_IN_7                                                                           \
	"PRAGMA temp_store = MEMORY;"                                                      \
	"CREATE TEMP TABLE crawl_run_hosts (run, host_id, pages, failed, bytes, delay_ms," \
	" p50_ms, p95_ms, first_ms, last_ms, step_ms, strip);"                             \
	"CREATE TEMP TABLE crawl_counts (run, what, value, pages);"                        \
	"CREATE TEMP TABLE crawl_histograms (run, what, bucket, pages);"                   \
	"CREATE TEMP TABLE crawl_examples (run, what, name, place, url_id, value);"        \
	"CREATE TEMP TABLE crawl_findings (run, pattern, field, pages, url_id, line,"      \
	" matched, wanted, rest, stood);"                                                  \
	"CREATE TEMP TABLE crawl_samples (run, at_ms, done, failed, skipped, rows,"        \
	" wire_bytes, waits_delay, waits_answer, waits_rest, waits_robots, waits_us,"      \
	" in_flight, is_paused, cpu_ms, pattern_ms, commit_ms);"                           \
	"CREATE TEMP TABLE crawl_events (run, at_ms, kind, host, text);"
#define PATTERN_TOTALS_OF(unchanged, bad)                                                    \
	"CREATE TEMP VIEW crawl_pattern_totals AS SELECT run_id AS run, pattern,"            \
	" sum(pages_wanted) AS pages_wanted, " unchanged " AS pages_unchanged,"              \
	" sum(pages_tried) AS pages_tried, sum(pages_matched) AS pages_matched,"             \
	" sum(rows) AS rows, sum(empty_fields) AS empty_fields, " bad " AS bad_values,"      \
	" sum(limit_hits) AS limit_hits, sum(elapsed_ns) AS elapsed_ns FROM pattern_figures" \
	" GROUP BY 1, 2;"
#define VIEWS_OF_6 \
	NEW_IN_7 PATTERN_TOTALS_OF("sum(pages_unchanged)", "sum(bad_values)") TOTALS_OF_OUTCOMES
#define TOTALS_OF_OUTCOMES                                                        \
	"CREATE TEMP VIEW crawl_totals AS SELECT run_id AS run, outcome, status," \
	" sum(pages) AS pages, 0 AS unchanged, sum(bytes) AS bytes,"              \
	" sum(wire_bytes) AS wire_bytes FROM main.crawl_outcomes GROUP BY 1, 2, 3;"
#define NEW_IN_6                                                                         \
	"CREATE TEMP TABLE crawl_sets (id INTEGER PRIMARY KEY, fields);"                 \
	"CREATE TEMP TABLE crawl_requests (url_id INTEGER PRIMARY KEY, method, headers," \
	" body);"                                                                        \
	"CREATE TEMP TABLE crawl_proxies (run_id, proxy, pages, failures, rests,"        \
	" rests_until, error);"                                                          \
	"CREATE TEMP VIEW pages AS SELECT *, 'GET' AS method FROM main.pages;"
#define VIEWS_OF_5 \
	VIEWS_OF_6 NEW_IN_6 "CREATE TEMP VIEW urls AS SELECT *, NULL AS set_id FROM main.urls;"
#define ALSO_OF_4                                                                               \
	NEW_IN_7 NEW_IN_6                                                                       \
		"CREATE TEMP VIEW urls AS SELECT *, id AS root, NULL AS set_id FROM main.urls;" \
		"CREATE TEMP TABLE crawl_roots (url_id INTEGER PRIMARY KEY, all_pass, "         \
		"failed_pass);"                                                                 \
		"CREATE TEMP TABLE crawl_cookies (id INTEGER PRIMARY KEY, domain, path, name,"  \
		" value, is_secure, is_http_only, expires, file_hash);"                         \
		"CREATE TEMP TABLE crawl_patterns (config_hash, pattern, hash);"                \
		"CREATE TEMP TABLE crawl_field_figures (run_id, pattern, field, rows, filled, " \
		"bad);"                                                                         \
		"CREATE TEMP TABLE crawl_stale_pages (pattern, url_id, run_id);"                \
		"CREATE TEMP TABLE crawl_known_rows (pattern, key, first_run, last_run, "       \
		"gone_run, row);"                                                               \
		"CREATE TEMP TABLE crawl_row_changes (pattern, key, run_id, field, old, new);"  \
		"CREATE TEMP VIEW pattern_figures AS"                                           \
		" SELECT *, pages_tried AS pages_wanted FROM "                                  \
		"main.pattern_figures;" PATTERN_TOTALS_OF("0", "0")
#define VIEWS_OF_4                   \
	ALSO_OF_4 TOTALS_OF_OUTCOMES \
		"CREATE TEMP VIEW results AS SELECT *, NULL AS counts FROM main.results;"
#define VIEWS_OF_3                                                                        \
	ALSO_OF_4                                                                         \
	"CREATE TEMP TABLE crawl_totals (run, outcome, status, pages, unchanged, bytes, " \
	"wire_bytes);"                                                                    \
	"CREATE TEMP TABLE crawl_outcomes (run_id, host_id, outcome, status, pages,"      \
	" bytes, wire_bytes);"                                                            \
	"CREATE TEMP VIEW crawl_passes AS"                                                \
	" SELECT 1 AS run_id, 1 AS pass, 0 AS asks, NULL AS visits;"                      \
	"CREATE TEMP VIEW hosts AS"                                                       \
	" SELECT *, NULL AS waits_until, NULL AS waits_for FROM main.hosts;"              \
	"CREATE TEMP VIEW results AS"                                                     \
	" SELECT r.*, CASE u.state WHEN 0 THEN 2 ELSE u.state END AS state,"              \
	"  u.state <> 0 AS pass, NULL AS visit, NULL AS config_hash,"                     \
	"  NULL AS counts,"                                                               \
	"  1000 * r.elapsed_ms AS elapsed_us"                                             \
	" FROM main.results r JOIN main.urls u ON u.id = r.url_id;"

int sqlite_schema_read_older(struct sqlite_store *store)
{
	int64_t version = 0;

	if (sqlite_number(store, "PRAGMA user_version", NULL, &version))
		return -1;
	if (version == SQLITE_USER_VERSION)
		return 0;
	if (version < 5)
		store->rows_prefix = STORE_OLD_ROWS_PREFIX;
	snprintf(store->base.notice, sizeof(store->base.notice),
		 "%s is of an older crawl (schema %lld)", store->path, (long long)version);
	if (version == 6)
		return sqlite_execute(store, VIEWS_OF_6);
	if (version == 5)
		return sqlite_execute(store, VIEWS_OF_5);
	if (version == 4)
		return sqlite_execute(store, VIEWS_OF_4);
	if (version == 3)
		return sqlite_execute(store, VIEWS_OF_3);
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%s is of an older crawl (schema %lld): crawl into it to update it",
			  store->path, (long long)version);
}
