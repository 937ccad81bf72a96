#include "store/sqlite/internal.h"

/*
 * What `crawl status`, `failed` and `why` show.  A URL that waits has no outcome, whatever it came
 * to at an earlier visit.
 */
#define HOST_COLUMNS                                                             \
	"h.origin AS host, coalesce(p.pending, 0) AS pending, h.pages AS pages," \
	" h.errors AS errors, h.delay_ms AS delay_ms, h.robots AS robots"
#define PENDING_BY_HOST                                                                   \
	" LEFT JOIN (SELECT u.host_id AS host_id, count(*) AS pending"                    \
	"  FROM urls u LEFT JOIN results r ON r.url_id = u.id WHERE " SQLITE_STATE " = 0" \
	"  GROUP BY 1) p ON p.host_id = h.id"
/* As the database has times, which compare as texts. */
#define NOW "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

/*
 * ?1 and ?2 are runs.  The first event of a field, or of a row, behind the one says what was there
 * then, the last up to the other what is.
 */
/* clang-format off */
static const char diff_sql[] =
	"WITH net AS (SELECT DISTINCT pattern, key, field, first_value(old) OVER w AS old,"
	"  last_value(new) OVER w AS new FROM crawl_row_changes"
	"  WHERE run_id > ?1 AND run_id <= ?2 WINDOW w AS (PARTITION BY pattern, key, field"
	"   ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),"
	" rows AS (SELECT k.pattern AS pattern, k.key AS key,"
	"  k.first_run <= ?1 AND (n.key IS NULL OR n.old IS NOT NULL) AS was,"
	"  n.key IS NULL OR n.new IS NOT NULL AS is_now FROM crawl_known_rows k"
	"  LEFT JOIN net n ON n.pattern = k.pattern AND n.key = k.key AND n.field IS NULL"
	"  WHERE k.first_run <= ?2 AND (k.first_run > ?1 OR n.key IS NOT NULL)),"
	" told AS (SELECT pattern, key, iif(was, 'removed', 'added') AS what, NULL AS field,"
	"  NULL AS old, NULL AS new FROM rows WHERE was <> is_now"
	" UNION ALL SELECT n.pattern, n.key, 'changed', n.field, n.old, n.new FROM net n"
	"  LEFT JOIN rows r ON r.pattern = n.pattern AND r.key = n.key"
	"  WHERE n.field IS NOT NULL AND n.old IS NOT n.new"
	"  AND (r.key IS NULL OR (r.was AND r.is_now)))"
	"SELECT pattern, " SQLITE_KEY_SHOWN("key") " AS key, what, field, old, new FROM told"
	" ORDER BY pattern, told.key, what, field";
/* clang-format on */

/*
 * ?1 is a URL's id, ?2 a text.  NULL: see patterns below.  What is recursive has UNION, not UNION
 * ALL: it ends, whatever the file holds.
 */
static const char *const queries[] = {
	[STORE_REPORT_RUN] =
		"SELECT id AS run, started_at, ended_at, ended AS state, pid, command_line"
		" FROM runs ORDER BY id DESC LIMIT 1",
	[STORE_REPORT_URLS] =
		"SELECT CASE s.state" SQLITE_STATE_WORDS " AS state,"
		" CASE WHEN s.state <> 0 THEN s.outcome END AS outcome, count(*) AS urls"
		" FROM (SELECT " SQLITE_STATE " AS state, r.outcome AS outcome"
		"  FROM urls u LEFT JOIN results r ON r.url_id = u.id) s"
		" GROUP BY s.state, 2 ORDER BY s.state, urls DESC, outcome",
	[STORE_REPORT_PATTERNS] = NULL,
	[STORE_REPORT_HOSTS] = "SELECT " HOST_COLUMNS ", h.p50_ms AS p50_ms, h.p95_ms AS p95_ms"
			       " FROM hosts h" PENDING_BY_HOST
			       " ORDER BY 2 DESC, h.pages DESC, h.id" SQLITE_LIMIT(STORE_REPORT_HOSTS_MAX),
	[STORE_REPORT_WAITING] = "SELECT h.origin AS host, h.waits_until AS until,"
				 " h.waits_for AS why FROM hosts h WHERE h.waits_until > " NOW
				 " ORDER BY 2, h.id" SQLITE_LIMIT(STORE_REPORT_HOSTS_MAX),
	[STORE_REPORT_PROXIES] =
		"SELECT proxy, pages, failures, rests,"
		" iif(rests_until > " NOW ", rests_until, NULL) AS rests_until, error"
		" FROM crawl_proxies WHERE run_id = (SELECT max(id) FROM runs)"
		" ORDER BY pages DESC, failures, proxy",
	[STORE_REPORT_FAILED] =
		"SELECT u.url AS url, r.outcome AS outcome, r.status AS status,"
		" r.tries AS tries, r.error AS error"
		" FROM urls u LEFT JOIN results r ON r.url_id = u.id"
		" WHERE u.id BETWEEN coalesce(nullif(?1, 0), 1) AND coalesce(nullif(?1, 0), u.id)"
		" AND (?2 IS NULL OR r.outcome = ?2) AND (" SQLITE_STATE " = 2 OR"
		"  (" SQLITE_STATE " = 1 AND r.outcome = 'pattern_limit')) ORDER BY u.id",
	[STORE_REPORT_PAGE] =
		"SELECT u.url AS url, CASE " SQLITE_STATE SQLITE_STATE_WORDS " AS state,"
		" CASE u.kind WHEN 0 THEN 'page' WHEN 1 THEN 'sitemap'"
		"  WHEN 2 THEN 'outside link' WHEN 3 THEN 'guessed sitemap' END AS kind,"
		" iif(q.method = 'POST' AND (', ' || r.redirects) GLOB '*, 30[123] *',"
		"  'POST, then GET: so a redirect made it', q.method) AS method, "
		"substr(CAST(q.body AS TEXT), 1, 200) AS sends,"
		" (WITH RECURSIVE lines (rest, name) AS (SELECT q.headers, NULL UNION"
		"  SELECT substr(rest, instr(rest, char(10)) + 1),"
		"   substr(rest, 1, instr(rest, ':') - 1) FROM lines WHERE rest <> '')"
		"  SELECT group_concat(name, ', ') FROM lines) AS headers,"
		" r.outcome AS outcome, r.status AS status, r.error AS error,"
		" r.final_url AS final_url, r.redirects AS redirects,"
		" iif(r.is_moved, 'yes', NULL) AS is_moved,"
		" u.depth AS depth, " SQLITE_SET " AS \"set\", r.tries AS tries,"
		" r.fetched_at AS fetched_at, r.elapsed_us / 1000.0 AS elapsed_ms,"
		" r.content_type AS content_type, r.charset AS charset,"
		" r.charset_source AS charset_source, r.title AS title, r.size AS size,"
		" r.wire_size AS wire_size, r.etag AS etag, r.last_modified AS last_modified,"
		" CASE WHEN r.url_id THEN iif(EXISTS (SELECT 1 FROM bodies b"
		"  WHERE b.url_id = u.id), 'yes', 'no') END AS kept,"
		" r.unmatched AS no_match,"
		" (SELECT group_concat(pattern, ', ') FROM crawl_stale_pages WHERE url_id = u.id)"
		"  AS stale"
		" FROM urls u LEFT JOIN results r ON r.url_id = u.id"
		" LEFT JOIN crawl_requests q ON q.url_id = u.id WHERE u.id = ?1",
	[STORE_REPORT_FROM] = "WITH RECURSIVE line (id, from_id, url, depth) AS"
			      " (SELECT id, from_id, url, depth FROM urls WHERE id = ?1"
			      "  UNION SELECT f.id, f.from_id, f.url, f.depth"
			      "  FROM line JOIN urls f ON f.id = line.from_id)"
			      " SELECT url AS from_url, depth FROM line WHERE id <> ?1",
	/*
	 * A try is of the run that had begun last.  A result that came of no request of its own,
	 * for its host was given up, has that of its last try.
	 */
	[STORE_REPORT_TRIES] =
		"SELECT (SELECT max(id) FROM runs WHERE started_at <= t.at) AS run, t.*"
		" FROM (SELECT number AS try, at, outcome, status, wait_ms, error"
		"  FROM tries_made WHERE url_id = ?1"
		"  UNION ALL SELECT tries, fetched_at, outcome, status, NULL, error"
		"  FROM results WHERE url_id = ?1 AND fetched_at IS NOT NULL AND NOT EXISTS"
		"   (SELECT 1 FROM tries_made WHERE url_id = ?1 AND at = fetched_at"
		"    AND number = tries)) t"
		" ORDER BY t.at, t.try",
	[STORE_REPORT_HOST] =
		"SELECT " HOST_COLUMNS ","
		" strftime('%Y-%m-%dT%H:%M:%fZ', h.robots_at / 1000.0, 'unixepoch') AS robots_at,"
		" h.p50_ms AS p50_ms, h.p95_ms AS p95_ms,"
		" iif(h.waits_until > " NOW ", h.waits_until, NULL) AS waits_until,"
		" iif(h.waits_until > " NOW ", h.waits_for, NULL) AS waits_for"
		" FROM urls u JOIN hosts h ON h.id = u.host_id" PENDING_BY_HOST " WHERE u.id = ?1",
	[STORE_REPORT_MANNERS] =
		"SELECT h.origin AS host, h.pages AS pages, h.errors AS errors,"
		" h.delay_ms AS delay_ms, h.robots AS robots,"
		" strftime('%Y-%m-%dT%H:%M:%fZ', h.robots_at / 1000.0, 'unixepoch') AS robots_at,"
		" h.p50_ms AS p50_ms, h.p95_ms AS p95_ms,"
		" iif(h.waits_until > " NOW ", h.waits_until, NULL) AS waits_until,"
		" iif(h.waits_until > " NOW ", h.waits_for, NULL) AS waits_for"
		" FROM urls u JOIN hosts h ON h.id = u.host_id WHERE u.id = ?1",
	[STORE_REPORT_UNMATCHED] =
		"SELECT u.url AS url, iif(s.url_id, 'yes', NULL) AS stale"
		" FROM results r JOIN urls u ON u.id = r.url_id"
		" LEFT JOIN crawl_stale_pages s ON s.pattern = ?2 AND s.url_id = r.url_id"
		" WHERE r.state = 1 AND (s.url_id IS NOT NULL OR"
		"  instr(', ' || r.unmatched || ', ', ', ' || ?2 || ', ') > 0)"
		" ORDER BY s.url_id IS NULL, u.id",
	[STORE_REPORT_UNFILLED] = NULL,
	[STORE_REPORT_DIFF] = diff_sql,
	[STORE_REPORT_STALE] = "SELECT pattern, count(*) AS pages,"
			       " count(*) FILTER (WHERE run_id = (SELECT max(id) FROM runs)) AS new"
			       " FROM crawl_stale_pages GROUP BY 1 ORDER BY 1",
	[STORE_REPORT_ROWS] = NULL,
	[STORE_REPORT_REJECTED] = "SELECT list, line, reason FROM rejects WHERE text = ?2"
				  " ORDER BY list, line",
	[STORE_REPORT_COOKIES] = "SELECT domain AS host, path, name,"
				 " strftime('%Y-%m-%dT%H:%M:%SZ', expires, 'unixepoch') AS expires,"
				 " iif(is_secure, 'yes', 'no') AS secure,"
				 " iif(is_http_only, 'yes', 'no') AS http_only,"
				 " iif(file_hash IS NOT NULL, 'yes', 'no') AS from_file"
				 " FROM crawl_cookies WHERE " SQLITE_COOKIES_OF(
					 "?2") " ORDER BY ltrim(domain, '.'), domain, path, name",
	[STORE_REPORT_LEADING] =
		"SELECT url FROM (SELECT u.id AS id, u.url AS url"
		"  FROM results r JOIN urls u ON u.id = r.url_id"
		"  WHERE r.final_url = coalesce(?2, (SELECT url FROM urls WHERE id = ?1))"
		"  AND u.url <> r.final_url AND (?2 IS NOT NULL OR instr(u.url, '#') = 0)"
		" UNION SELECT id, url FROM urls" /* #POST- and more */
		"  WHERE ?2 IS NOT NULL AND url > ?2 || '#POST-' AND url < ?2 || '#POST.')"
		" ORDER BY id" SQLITE_LIMIT(STORE_REPORT_LEADING_MAX),
	[STORE_REPORT_NODES] = "SELECT NULL AS name WHERE 0", /* it is one process's */
	[STORE_REPORT_REJECTS] = "SELECT count(DISTINCT list) AS lists, min(list) AS list,"
				 " count(*) AS lines FROM rejects",
};

/* ---- patterns: a row for each of their tables ---- */

/*
 * The rows and pages in one table, of the pages whose rows lie from ?1 to ?2.  Returns 0 or -1.
 */
static int count_rows(struct sqlite_store *store, const char *pattern,
		      const struct store_about *about, struct store_value counts[2])
{
	char *sql =
		sqlite3_mprintf("SELECT count(*), count(DISTINCT \"" STORE_ROW_COLUMN "\" >> %d)"
				" FROM \"%w%w\""
				" WHERE \"" STORE_ROW_COLUMN "\" BETWEEN ?1 AND ?2",
				SQLITE_ROW_BITS, store->rows_prefix, pattern);
	sqlite3_stmt *count = sqlite_prepare(store, sql);
	int step;

	sqlite3_free(sql);
	if (!count)
		return -1;
	sqlite3_bind_int64(count, 1, about ? sqlite_row_id(about->key.number, 0) : 0);
	sqlite3_bind_int64(
		count, 2, about ? sqlite_row_id(about->key.number, STORE_ROWS_MAX - 1) : INT64_MAX);
	step = sqlite3_step(count);
	for (int i = 0; i < 2 && step == SQLITE_ROW; i++)
		counts[i] = (struct store_value){ .kind = STORE_INTEGER,
						  .integer = sqlite3_column_int64(count, i) };
	return sqlite_end_scan(store, count, step);
}

/* A row for each pattern; about one URL only for those that have rows of it, and their number. */
static int report_patterns(struct sqlite_store *store, const struct store_about *about,
			   int (*function)(void *context, const struct store_answer *row),
			   void *context)
{
	static const char *const columns[] = { "pattern", "rows", "pages" };
	struct store_value values[3];
	struct store_answer answer = { .column_count = about ? 2 : 3, .columns = columns };
	sqlite3_stmt *tables = sqlite_prepare(store, "SELECT substr(name, length(?1) + 1)"
						     " FROM sqlite_schema WHERE type = 'table'"
						     " AND name GLOB ?1 || '*' ORDER BY name");
	int step = SQLITE_DONE;

	if (!tables)
		return -1;
	sqlite_bind_string(tables, 1, store->rows_prefix);
	while ((step = sqlite3_step(tables)) == SQLITE_ROW) {
		values[0] = (struct store_value){ .kind = STORE_TEXT,
						  .text = sqlite_column_text(tables, 0) };
		if (count_rows(store, (const char *)sqlite3_column_text(tables, 0), about,
			       &values[1])) {
			sqlite3_finalize(tables);
			return -1;
		}
		if (about && values[1].integer == 0)
			continue;
		answer.values = values;
		if (function(context, &answer) < 0)
			break;
	}
	if (!answer.values)
		function(context, &answer);
	return sqlite_end_scan(store, tables, step);
}

/* ---- a field of a pattern ---- */

/* NULL, empty or white space, as it is counted.  The caller finalises it. */
static sqlite3_stmt *find_unfilled(struct sqlite_store *store, const struct store_about *about)
{
	char *sql = sqlite3_mprintf(
		"SELECT u.url AS url, p.rows AS rows FROM (SELECT \"" STORE_ROW_COLUMN
		"\" >> %d AS id, count(*) AS rows FROM \"%w%.*w\""
		" WHERE trim(coalesce(\"%.*w\", ''), char(9, 10, 11, 12, 13, 32)) = '' GROUP BY 1) "
		"p"
		" JOIN urls u ON u.id = p.id JOIN results r ON r.url_id = p.id"
		" ORDER BY r.visit DESC, p.id",
		SQLITE_ROW_BITS, store->rows_prefix, (int)about->text.size, about->text.at,
		(int)about->field.size, about->field.at);
	sqlite3_stmt *query = sqlite_prepare(store, sql);

	sqlite3_free(sql);
	return query;
}

/* ---- public ---- */

int sqlite_report(struct store *door, enum store_report report, const struct store_about *about,
		  int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *query;

	if (sqlite_is_of_run(report))
		return sqlite_report_run(store, report, about, function, context);
	if (!queries[report] && report != STORE_REPORT_UNFILLED)
		return report_patterns(store, report == STORE_REPORT_ROWS ? about : NULL, function,
				       context);
	query = queries[report] ? sqlite_prepare(store, queries[report])
				: find_unfilled(store, about);
	if (!query)
		return -1;
	if (report == STORE_REPORT_DIFF) {
		sqlite3_bind_int64(query, 1, about->from_run);
		sqlite3_bind_int64(query, 2, about->to_run);
	} else if (about && sqlite3_bind_parameter_count(query) > 0) {
		sqlite3_bind_int64(query, 1, about->key.number);
		if (sqlite3_bind_parameter_count(query) > 1)
			sqlite_bind_text(query, 2, about->text);
	}
	return sqlite_end_scan(store, query, sqlite_emit(query, function, context));
}
