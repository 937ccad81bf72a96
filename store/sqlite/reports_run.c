#include "store/sqlite/internal.h"

/*
 * What a run was like: ?1 is the run, ?2 a text, ?3 a status, ?4 how tables of patterns
 * begin, ?5 a key.
 *
 * These are asked again and again while somebody looks, so what they read is bounded by hosts,
 * patterns and what is shown, never by URLs.
 */

/* So much of a page's text as is shown. */
/* clang-format off */
#define CUT(text) \
	"iif(length(" text ") > " SQLITE_TEXT_OF_MAX ", substr(" text ", 1, " SQLITE_TEXT_OF_MAX " - 1) || '\xe2\x80\xa6'," \
	" " text ")"
#define EXPAND(number) SQLITE_TEXT_OF(number)
#define SQLITE_TEXT_OF_MAX EXPAND(STORE_REPORT_TEXT_MAX)
#define CANDIDATES_MAX 1000
#define UP_TO(number) " <= " SQLITE_TEXT_OF(number)

#define MS_OF(time) "CAST(round((julianday(" time ") - 2440587.5) * 86400000) AS INTEGER)"

static const char runs_sql[] =
	"WITH last (id) AS (SELECT id FROM runs"
	"  WHERE id = iif(?1 = 0, (SELECT max(id) FROM runs), ?1)) "
	"SELECT r.id AS run, r.started_at AS started_at, r.ended_at AS ended_at, r.ended AS ended,"
	" r.command_line AS command_line, r.versions AS versions, r.config_hash AS config_hash,"
	" r.pages AS pages, r.rows AS rows, " MS_OF("r.ended_at") " - " MS_OF("r.started_at")
	" AS elapsed_ms,"
	" (SELECT at_ms FROM crawl_samples WHERE run = r.id ORDER BY at_ms DESC LIMIT 1)"
	"  AS sampled_ms,"
	" (SELECT min(id) FROM runs) AS first_run, (SELECT max(id) FROM runs) AS last_run"
	" FROM last l JOIN runs r ON r.id <= l.id WHERE r.id IN (SELECT id FROM runs"
	"  WHERE id <= (SELECT id FROM last) ORDER BY id DESC" SQLITE_LIMIT(STORE_REPORT_RUNS_MAX) ")"
	" OR r.id = (SELECT max(id) FROM runs WHERE ended = 'finished'"
	"  AND id < (SELECT id FROM last)) ORDER BY r.id DESC";

/*
 * A run's patterns, by what they meant: the config's hash is a text in runs.  Only runs that have
 * figures of a pattern are among the latest.
 */
static const char health_sql[] =
	"WITH this (id) AS (SELECT iif(?1 = 0, (SELECT max(id) FROM runs), ?1)),"
	" configs AS MATERIALIZED (SELECT config_hash AS hash,"
	"  printf('%016x', config_hash) AS shown FROM crawl_patterns GROUP BY 1),"
	" pages AS (SELECT run, pattern, pages_wanted AS wanted, pages_matched AS matched"
	"  FROM crawl_pattern_totals WHERE pages_wanted > 0),"
	" meant AS MATERIALIZED (SELECT p.run AS run, r.ended IS 'finished' AS is_finished,"
	"  p.pattern AS pattern, p.wanted AS wanted, p.matched AS matched, m.hash AS hash"
	"  FROM pages p JOIN runs r ON r.id = p.run JOIN configs c ON c.shown = r.config_hash"
	"  JOIN crawl_patterns m ON m.config_hash = c.hash AND m.pattern = p.pattern),"
	" told AS (SELECT m.run AS run, m.run = n.run AS is_now, m.pattern AS pattern,"
	"  m.wanted AS wanted, m.matched AS matched, row_number()"
	"   OVER (PARTITION BY n.pattern, m.run = n.run ORDER BY m.run DESC) AS place"
	"  FROM meant n JOIN meant m ON m.pattern = n.pattern COLLATE NOCASE AND m.hash = n.hash"
	"  WHERE n.run = (SELECT id FROM this)"
	"  AND (m.run = n.run OR (m.run < n.run AND m.is_finished))) "
	"SELECT t.pattern AS pattern, NULL AS field, t.is_now AS is_now, t.wanted AS pages,"
	" t.matched AS good, t.wanted AS \"of\", t.run AS run"
	" FROM told t WHERE t.place" UP_TO(STORE_REPORT_RUNS_MAX)
	" UNION ALL SELECT t.pattern, f.field, t.is_now, t.matched, f.filled, f.rows, t.run"
	" FROM told t JOIN crawl_field_figures f ON f.run_id = t.run AND f.pattern = t.pattern"
	" WHERE f.rows > 0 AND t.place" UP_TO(STORE_REPORT_RUNS_MAX)
	" ORDER BY pattern, field, run DESC";

static const char *const queries[] = {
	[STORE_REPORT_RUNS] = runs_sql,
	[STORE_REPORT_HEALTH] = health_sql,
	[STORE_REPORT_TOTALS] =
		"SELECT outcome, status, pages, unchanged, bytes, wire_bytes FROM crawl_totals"
		" WHERE run = ?1 AND pages > 0 ORDER BY 3 DESC, 1, 2",
	[STORE_REPORT_PATTERN_TOTALS] =
		"SELECT pattern, pages_wanted, pages_unchanged, pages_tried, pages_matched, rows,"
		" bad_values, limit_hits, elapsed_ns FROM crawl_pattern_totals WHERE run = ?1"
		" ORDER BY 1",
	[STORE_REPORT_FIELDS] =
		"SELECT pattern, field, rows, filled, bad FROM crawl_field_figures"
		" WHERE run_id = ?1 ORDER BY 1, 2",
	[STORE_REPORT_COLUMNS] =
		"WITH tables AS MATERIALIZED (SELECT name, sql, instr(sql, '" STORE_JSON_MARK "')"
		"  AS has_json FROM sqlite_schema WHERE type = 'table' AND name GLOB ?4 || '*') "
		"SELECT substr(t.name, length(?4) + 1) AS pattern, c.name AS field,"
		" iif(t.has_json AND instr(t.sql, '\"' || replace(c.name, '\"', '\"\"')"
		"  || '\" TEXT " STORE_JSON_MARK "'), 'json', lower(c.type)) AS type"
		" FROM tables t JOIN pragma_table_info(t.name) c"
		" WHERE c.name <> '" STORE_ROW_COLUMN "' ORDER BY t.name, c.cid",
	[STORE_REPORT_RUN_HOSTS] =
		"SELECT h.origin AS host, t.pages AS pages, t.failed AS failed, t.bytes AS bytes,"
		" t.delay_ms AS delay_ms, t.at_least_ms AS at_least_ms, t.p50_ms AS p50_ms,"
		" t.p95_ms AS p95_ms, t.first_ms AS first_ms, t.last_ms AS last_ms,"
		" t.step_ms AS step_ms, t.strip AS strip,"
		" (SELECT count(*) FROM crawl_run_hosts WHERE run = ?1) AS hosts"
		" FROM (SELECT *, pages * delay_ms AS at_least_ms FROM crawl_run_hosts"
		"  WHERE run = ?1 ORDER BY pages * delay_ms DESC, pages DESC, host_id"
		SQLITE_LIMIT(STORE_REPORT_RUN_HOSTS_MAX) ") t JOIN hosts h ON h.id = t.host_id"
		" ORDER BY t.at_least_ms DESC, t.pages DESC, t.host_id",
	[STORE_REPORT_SAMPLES] =
		"SELECT at_ms, done, failed, skipped, rows, wire_bytes, waits_delay, waits_answer,"
		" waits_rest, waits_robots, waits_us, in_flight, is_paused, cpu_ms, pattern_ms,"
		" commit_ms FROM crawl_samples WHERE run = ?1 ORDER BY at_ms",
	[STORE_REPORT_EVENTS] =
		"SELECT at_ms, kind, host, " CUT("text") " AS text,"
		" (SELECT count(*) FROM crawl_events WHERE run = ?1) AS events"
		" FROM crawl_events WHERE run = ?1 ORDER BY at_ms, rowid"
		SQLITE_LIMIT(STORE_REPORT_EVENTS_MAX),
	[STORE_REPORT_TROUBLES] =
		"SELECT count(*) FILTER (WHERE kind = 'worker_died') AS worker_deaths,"
		" count(DISTINCT iif(kind IN ('rest', 'given_up'), host, NULL))"
		"  - count(DISTINCT iif(kind = 'given_up', host, NULL)) AS hosts_rested,"
		" count(DISTINCT iif(kind = 'given_up', host, NULL)) AS hosts_given_up"
		" FROM crawl_events WHERE run = ?1",
	[STORE_REPORT_HISTOGRAMS] =
		"SELECT what, bucket, pages FROM crawl_histograms WHERE run = ?1 ORDER BY 1, 2",
	[STORE_REPORT_COUNTS] =
		"SELECT what, " CUT("value") " AS value, pages FROM crawl_counts WHERE run = ?1"
		" ORDER BY what, pages DESC, value",
	[STORE_REPORT_EXAMPLES] =
		"SELECT e.what AS what, e.name AS name, u.id AS key, u.url AS url,"
		" " CUT("r.title") " AS title, e.value AS value, " CUT("r.error") " AS error,"
		" f.url AS from_url, r.fetched_at AS at,"
		" EXISTS (SELECT 1 FROM bodies b WHERE b.url_id = u.id) AS is_kept"
		" FROM crawl_examples e JOIN urls u ON u.id = e.url_id"
		" LEFT JOIN results r ON r.url_id = u.id LEFT JOIN urls f ON f.id = u.from_id"
		" WHERE e.run = ?1 AND e.what <> 'matched' ORDER BY e.what, e.name, e.place",
	[STORE_REPORT_FINDINGS] =
		"SELECT f.pattern AS pattern, f.field AS field, f.pages AS pages, u.url AS url,"
		" f.line AS line, " CUT("f.matched") " AS matched, " CUT("f.wanted") " AS wanted,"
		" " CUT("f.rest") " AS rest, " CUT("f.stood") " AS stood"
		" FROM crawl_findings f LEFT JOIN urls u ON u.id = f.url_id"
		" WHERE f.run = ?1 ORDER BY f.rowid",
	/* They are not sorted: the first three of thousands are found faster by who asks. */
	[STORE_REPORT_CAUSE_HOSTS] =
		"SELECT outcome, status, host_id AS key, pages FROM crawl_outcomes"
		" WHERE run_id = ?1 AND pages > 0 AND outcome NOT IN ('ok', 'not_modified')",
	[STORE_REPORT_TEAM] =
		"SELECT 1 AS nodes, pages, rows FROM runs WHERE id = ?1",
	[STORE_REPORT_ORIGIN] = "SELECT origin FROM hosts WHERE id = ?5",
	/*
	 * By crawl_failed, backwards, until there are enough; what failed in an earlier run, or
	 * waits again since, is passed over, of the last so many.  They are not sorted: that would
	 * read all of these.  The last visit of a run is noted when it ends.
	 */
	[STORE_REPORT_CAUSE_PAGES] =
		"SELECT u.id AS key, u.url AS url, " CUT("r.title") " AS title, r.tries AS tries,"
		" " CUT("r.error") " AS error, f.url AS from_url, r.fetched_at AS at"
		" FROM (SELECT url_id FROM results WHERE state = 2 AND outcome = ?2"
		"  AND status IS nullif(?3, 0) ORDER BY url_id DESC"
		SQLITE_LIMIT(CANDIDATES_MAX) ") c JOIN results r ON r.url_id = c.url_id"
		" JOIN urls u ON u.id = r.url_id LEFT JOIN urls f ON f.id = u.from_id"
		" WHERE (r.visit IS NULL OR r.visit > coalesce((SELECT max(visits)"
		"  FROM crawl_passes WHERE run_id < ?1), 0)) AND " SQLITE_STATE " = 2"
		SQLITE_LIMIT(STORE_REPORT_PAGES_MAX),
	[STORE_REPORT_STORIES] =
		"WITH keys AS MATERIALIZED (SELECT value AS id FROM json_each(?2)) "
		"SELECT url_id AS key, number AS try, at, outcome, status, wait_ms,"
		" " CUT("error") " AS error"
		" FROM (SELECT url_id, number, at, outcome, status, wait_ms, error FROM tries_made"
		"  WHERE url_id IN keys"
		"  UNION ALL SELECT url_id, tries, fetched_at, outcome, status, NULL, error"
		"  FROM results r WHERE url_id IN keys AND fetched_at IS NOT NULL AND NOT EXISTS"
		"   (SELECT 1 FROM tries_made t WHERE t.url_id = r.url_id AND t.at = r.fetched_at"
		"    AND t.number = r.tries)) ORDER BY url_id, at, number",
	[STORE_REPORT_REJECT_LINES] =
		"SELECT list, line, " CUT("text") " AS text, " CUT("reason") " AS reason"
		" FROM rejects" SQLITE_LIMIT(STORE_REPORT_PAGES_MAX),
};
/* clang-format on */

bool sqlite_is_of_run(enum store_report report)
{
	return report < sizeof(queries) / sizeof(queries[0]) && queries[report];
}

int sqlite_report_run(struct sqlite_store *store, enum store_report report,
		      const struct store_about *about,
		      int (*function)(void *context, const struct store_answer *row), void *context)
{
	static const struct store_about none;
	sqlite3_stmt *query = sqlite_prepare(store, queries[report]);
	int parameters;

	if (!query)
		return -1;
	if (!about)
		about = &none;
	parameters = sqlite3_bind_parameter_count(query);
	if (parameters >= 1)
		sqlite3_bind_int64(query, 1, about->to_run);
	if (parameters >= 2)
		sqlite_bind_text(query, 2, about->text);
	if (parameters >= 3)
		sqlite3_bind_int64(query, 3, about->status);
	if (parameters >= 4)
		sqlite_bind_string(query, 4, store->rows_prefix);
	if (parameters >= 5)
		sqlite3_bind_int64(query, 5, about->key.number);
	return sqlite_end_scan(store, query, sqlite_emit(query, function, context));
}
