#include "store/postgres/reads.h"
#include "store/postgres/schema_sql.h"

/*
 * What a run was like: $1 is the run (or a host's id), $2 a text, $3 a status.
 *
 * These are asked again and again while somebody looks, so what they read is bounded by hosts,
 * patterns, nodes and what is shown, never by URLs.  Where each node has rows of its own, they are
 * added up here.
 */

/* clang-format off */
/* So much of a page's text as is shown. */
#define CUT(text) \
	"CASE WHEN length(" text ") > " TEXT_MAX " THEN substr(" text ", 1, " TEXT_MAX " - 1) || '\xe2\x80\xa6'" \
	" ELSE " text " END"
#define EXPAND(number) POSTGRES_TEXT_OF(number)
#define TEXT_MAX EXPAND(STORE_REPORT_TEXT_MAX)
#define CANDIDATES_MAX 1000
#define UP_TO(number) " <= " POSTGRES_TEXT_OF(number)

#define MS_OF(time) "round(extract(epoch FROM " time "::timestamptz) * 1000)::bigint"

static const char runs_sql[] =
	"WITH last (id) AS (SELECT id FROM runs"
	"  WHERE id = CASE WHEN $1::bigint = 0 THEN (SELECT max(id) FROM runs) ELSE $1 END) "
	"SELECT r.id AS run, r.started_at AS started_at, r.ended_at AS ended_at, r.ended AS ended,"
	" r.command_line AS command_line, r.versions AS versions, r.config_hash AS config_hash,"
	" r.pages AS pages, r.rows AS rows, " MS_OF("r.ended_at") " - " MS_OF("r.started_at")
	" AS elapsed_ms,"
	" (SELECT max(at_ms) FROM crawl_samples WHERE run = r.id) AS sampled_ms,"
	" (SELECT min(id) FROM runs) AS first_run, (SELECT max(id) FROM runs) AS last_run"
	" FROM last l JOIN runs r ON r.id <= l.id WHERE r.id IN (SELECT id FROM runs"
	"  WHERE id <= (SELECT id FROM last) ORDER BY id DESC"
	POSTGRES_LIMIT(STORE_REPORT_RUNS_MAX) ")"
	" OR r.id = (SELECT max(id) FROM runs WHERE ended = 'finished'"
	"  AND id < (SELECT id FROM last)) ORDER BY r.id DESC";

/*
 * A run's patterns, by what they meant: the config's hash is a text in runs.  Only runs that have
 * figures of a pattern are among the latest.
 */
static const char health_sql[] =
	"WITH this (id) AS (SELECT CASE WHEN $1::bigint = 0 THEN (SELECT max(id) FROM runs)"
	"  ELSE $1 END),"
	" configs AS MATERIALIZED (SELECT config_hash AS hash,"
	"  lpad(to_hex(config_hash), 16, '0') COLLATE \"C\" AS shown"
	"  FROM crawl_patterns GROUP BY 1),"
	" pages AS (SELECT run, pattern, pages_wanted AS wanted, pages_matched AS matched"
	"  FROM crawl_pattern_totals WHERE pages_wanted > 0),"
	" meant AS MATERIALIZED (SELECT p.run AS run,"
	"  r.ended IS NOT DISTINCT FROM 'finished' AS is_finished,"
	"  p.pattern AS pattern, p.wanted AS wanted, p.matched AS matched, m.hash AS hash"
	"  FROM pages p JOIN runs r ON r.id = p.run JOIN configs c ON c.shown = r.config_hash"
	"  JOIN crawl_patterns m ON m.config_hash = c.hash AND lower(m.pattern) = lower(p.pattern)),"
	" told AS (SELECT m.run AS run, (m.run = n.run)::int AS is_now, m.pattern AS pattern,"
	"  m.wanted AS wanted, m.matched AS matched, row_number()"
	"   OVER (PARTITION BY n.pattern, m.run = n.run ORDER BY m.run DESC) AS place"
	"  FROM meant n JOIN meant m ON lower(m.pattern) = lower(n.pattern) AND m.hash = n.hash"
	"  WHERE n.run = (SELECT id FROM this)"
	"  AND (m.run = n.run OR (m.run < n.run AND m.is_finished))) "
	"SELECT t.pattern AS pattern, NULL::text COLLATE \"C\" AS field, t.is_now AS is_now,"
	" t.wanted AS pages, t.matched AS good, t.wanted AS \"of\", t.run AS run"
	" FROM told t WHERE t.place" UP_TO(STORE_REPORT_RUNS_MAX)
	" UNION ALL SELECT t.pattern, f.field, t.is_now, t.matched, f.filled, f.rows, t.run"
	" FROM told t JOIN crawl_field_figures f ON f.run_id = t.run AND f.pattern = t.pattern"
	" WHERE f.rows > 0 AND t.place" UP_TO(STORE_REPORT_RUNS_MAX)
	" ORDER BY pattern, field NULLS FIRST, run DESC";

/*
 * A host may have been several nodes', one after the other.  Their strips are added up in steps of
 * the widest; each step of a strip begins where it did.
 */
static const char run_hosts_sql[] =
	"WITH own AS (SELECT host_id, sum(pages)::bigint AS pages, sum(failed)::bigint AS failed,"
	"  sum(bytes)::bigint AS bytes, max(delay_ms) AS delay_ms,"
	"  (array_agg(p50_ms ORDER BY pages DESC, node))[1] AS p50_ms,"
	"  (array_agg(p95_ms ORDER BY pages DESC, node))[1] AS p95_ms,"
	"  min(first_ms) AS first_ms, max(last_ms) AS last_ms, max(step_ms) AS step_ms,"
	"  (sum(pages) * max(delay_ms))::bigint AS at_least_ms, count(*) AS nodes,"
	"  (array_agg(strip ORDER BY node))[1] AS strip FROM crawl_run_hosts WHERE run = $1 GROUP BY host_id),"
	" top AS (SELECT * FROM own ORDER BY at_least_ms DESC, pages DESC, host_id"
	POSTGRES_LIMIT(STORE_REPORT_RUN_HOSTS_MAX) "),"
	" asked AS (SELECT t.host_id AS host_id, s.i * h.step_ms / greatest(t.step_ms, 1) AS step,"
	"  least(255, sum(get_byte(h.strip, s.i)))::int AS requests"
	"  FROM top t JOIN crawl_run_hosts h ON h.run = $1 AND h.host_id = t.host_id"
	"  JOIN LATERAL generate_series(0, length(h.strip) - 1) s (i) ON true"
	"  WHERE t.nodes > 1 GROUP BY 1, 2),"
	" strips AS (SELECT t.host_id AS host_id,"
	"  string_agg(decode(lpad(to_hex(coalesce(a.requests, 0)), 2, '0'), 'hex'), ''"
	"   ORDER BY s.i) AS strip FROM top t"
	"  JOIN LATERAL generate_series(0, length(t.strip) - 1) s (i) ON true"
	"  LEFT JOIN asked a ON a.host_id = t.host_id AND a.step = s.i"
	"  WHERE t.nodes > 1 GROUP BY 1) "
	"SELECT h.origin AS host, t.pages AS pages, t.failed AS failed, t.bytes AS bytes,"
	" t.delay_ms AS delay_ms, t.at_least_ms AS at_least_ms, t.p50_ms AS p50_ms,"
	" t.p95_ms AS p95_ms, t.first_ms AS first_ms, t.last_ms AS last_ms,"
	" t.step_ms AS step_ms, coalesce(s.strip, t.strip) AS strip,"
	" (SELECT count(*) FROM own) AS hosts"
	" FROM top t JOIN hosts h ON h.id = t.host_id LEFT JOIN strips s ON s.host_id = t.host_id"
	" ORDER BY t.at_least_ms DESC, t.pages DESC, t.host_id";

/*
 * Each node takes samples at times of a grid of its own.  At each of those times stand the last
 * counters of every node, of those that are gone, too; and how things stood with those that have a
 * sample later, or less than three steps before: a step is as wide as the last gap of that node.
 */
#define COUNTER(name) "sum(l." name ")::bigint AS " name ","
#define STOOD(name) "coalesce(sum(l." name ") FILTER (WHERE l.is_there), 0)::bigint AS " name ","
static const char samples_sql[] =
	"WITH own AS (SELECT s.*, at_ms - lag(at_ms, 1, 0::bigint) OVER w AS step,"
	"  lead(at_ms) OVER w AS next_ms FROM crawl_samples s WHERE run = $1"
	"  WINDOW w AS (PARTITION BY node ORDER BY at_ms)),"
	" times AS (SELECT DISTINCT at_ms FROM own),"
	" latest AS (SELECT t.at_ms AS t_ms, o.*,"
	"  t.at_ms < coalesce(o.next_ms, o.at_ms + 3 * greatest(o.step, 1)) AS is_there"
	"  FROM times t JOIN own o ON o.at_ms <= t.at_ms"
	"   AND t.at_ms < coalesce(o.next_ms, 9223372036854775807)) "
	"SELECT l.t_ms AS at_ms, " COUNTER("done") COUNTER("failed") COUNTER("skipped")
	COUNTER("rows") COUNTER("wire_bytes") STOOD("waits_delay") STOOD("waits_answer")
	STOOD("waits_rest") STOOD("waits_robots") STOOD("waits_us") STOOD("in_flight")
	"coalesce(max(l.is_paused) FILTER (WHERE l.is_there), 0) AS is_paused,"
	COUNTER("cpu_ms") COUNTER("pattern_ms")
	"sum(l.commit_ms)::bigint AS commit_ms FROM latest l GROUP BY l.t_ms ORDER BY l.t_ms";

/* Of the slowest and the largest of each node those of all: as many as one has. */
static const char examples_sql[] =
	"SELECT e.what AS what, e.name AS name, u.id AS key, u.url AS url,"
	" " CUT("r.title") " AS title, e.value AS value, " CUT("r.error") " AS error,"
	" f.url AS from_url, r.fetched_at AS at,"
	" EXISTS (SELECT 1 FROM bodies b WHERE b.url_id = u.id)::int AS is_kept"
	" FROM (SELECT what, name, url_id, value, max(place) OVER w AS places, row_number()"
	"   OVER (PARTITION BY what, name ORDER BY CASE WHEN what IN ('slowest', 'largest')"
	"    THEN value END DESC NULLS LAST, place, node) AS place"
	"  FROM crawl_examples WHERE run = $1 AND what <> 'matched'"
	"  WINDOW w AS (PARTITION BY what, name)) e JOIN urls u ON u.id = e.url_id"
	" LEFT JOIN results r ON r.url_id = u.id LEFT JOIN urls f ON f.id = u.from_id"
	" WHERE e.place <= e.places ORDER BY e.what, e.name, e.place";

static const char *const queries[] = {
	[STORE_REPORT_RUNS] = runs_sql,
	[STORE_REPORT_HEALTH] = health_sql,
	[STORE_REPORT_TOTALS] =
		"SELECT outcome, status, pages, unchanged, bytes, wire_bytes FROM crawl_totals"
		" WHERE run = $1 AND pages > 0 ORDER BY 3 DESC, 1, 2",
	[STORE_REPORT_PATTERN_TOTALS] =
		"SELECT pattern, pages_wanted, pages_unchanged, pages_tried, pages_matched, rows,"
		" bad_values, limit_hits, elapsed_ns FROM crawl_pattern_totals WHERE run = $1"
		" ORDER BY 1",
	[STORE_REPORT_FIELDS] =
		"SELECT pattern, field, rows, filled, bad FROM crawl_field_figures"
		" WHERE run_id = $1 ORDER BY 1, 2",
	[STORE_REPORT_COLUMNS] =
		"SELECT substr(c.relname::text, length('" STORE_ROWS_PREFIX "') + 1) AS pattern,"
		" a.attname AS field, CASE WHEN col_description(c.oid, a.attnum) = 'json' THEN"
		"  'json' WHEN a.atttypid = 'bigint'::regtype THEN 'integer'"
		"  WHEN a.atttypid = 'double precision'::regtype THEN 'real' ELSE 'text' END"
		"  AS type"
		" FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
		"  AND NOT a.attisdropped WHERE c.relnamespace = " POSTGRES_HERE
		" AND c.relkind IN ('r', 'p')"
		" AND starts_with(c.relname::text, '" STORE_ROWS_PREFIX "')"
		" AND a.attname NOT IN " POSTGRES_NO_FIELDS " ORDER BY c.relname, a.attnum",
	[STORE_REPORT_RUN_HOSTS] = run_hosts_sql,
	[STORE_REPORT_SAMPLES] = samples_sql,
	[STORE_REPORT_EVENTS] =
		"SELECT at_ms, kind, host, " CUT("text") " AS text,"
		" (SELECT count(*) FROM crawl_events WHERE run = $1) AS events"
		" FROM crawl_events WHERE run = $1 ORDER BY at_ms, node, ctid"
		POSTGRES_LIMIT(STORE_REPORT_EVENTS_MAX),
	[STORE_REPORT_TROUBLES] =
		"SELECT count(*) FILTER (WHERE kind = 'worker_died') AS worker_deaths,"
		" count(DISTINCT host) FILTER (WHERE kind IN ('rest', 'given_up'))"
		"  - count(DISTINCT host) FILTER (WHERE kind = 'given_up') AS hosts_rested,"
		" count(DISTINCT host) FILTER (WHERE kind = 'given_up') AS hosts_given_up"
		" FROM crawl_events WHERE run = $1",
	[STORE_REPORT_HISTOGRAMS] =
		"SELECT what, bucket, sum(pages)::bigint AS pages FROM crawl_histograms"
		" WHERE run = $1 GROUP BY 1, 2 ORDER BY 1, 2",
	[STORE_REPORT_COUNTS] =
		"SELECT what, " CUT("value") " AS value, sum(pages)::bigint AS pages"
		" FROM crawl_counts c WHERE run = $1 GROUP BY what, c.value"
		" ORDER BY what, 3 DESC, 2",
	[STORE_REPORT_EXAMPLES] = examples_sql,
	[STORE_REPORT_FINDINGS] =
		"SELECT f.pattern AS pattern, f.field AS field, f.pages AS pages, u.url AS url,"
		" f.line AS line, " CUT("f.matched") " AS matched, " CUT("f.wanted") " AS wanted,"
		" " CUT("f.rest") " AS rest, " CUT("f.stood") " AS stood"
		" FROM crawl_findings f LEFT JOIN urls u ON u.id = f.url_id"
		" WHERE f.run = $1 ORDER BY f.node, f.ctid",
	/* They are not sorted: the first three of thousands are found faster by who asks. */
	[STORE_REPORT_CAUSE_HOSTS] =
		"SELECT outcome, status, host_id AS key, pages FROM crawl_outcomes"
		" WHERE run_id = $1 AND pages > 0 AND outcome NOT IN ('ok', 'not_modified')",
	[STORE_REPORT_TEAM] =
		"SELECT count(*) AS nodes, coalesce(sum(n.pages), 0)::bigint AS pages,"
		" coalesce(sum(n.rows), 0)::bigint AS rows FROM"
		/* Who began anew under another id is lost as the one that he was. */
		" (SELECT pages, rows FROM crawl_past_nodes WHERE run = $1"
		"   AND (ended <> 'lost' OR pages > 0) UNION ALL"
		"  SELECT coalesce(sum(b.pages), 0), coalesce(sum(b.rows), 0) FROM crawl_nodes k"
		"  LEFT JOIN crawl_batches b ON b.node = k.id WHERE k.run = $1 GROUP BY k.id) n",
	[STORE_REPORT_ORIGIN] = "SELECT origin FROM hosts WHERE id = $1",
	/*
	 * By crawl_failed; what failed in an earlier run, or waits again since, is passed over, of
	 * the last so many.  They are not sorted: that would read all of these.  The last visit of
	 * a run is noted when it ends.
	 */
	[STORE_REPORT_CAUSE_PAGES] =
		"SELECT u.id AS key, u.url AS url, " CUT("r.title") " AS title, r.tries AS tries,"
		" " CUT("r.error") " AS error, f.url AS from_url, r.fetched_at AS at"
		" FROM (SELECT url_id FROM (SELECT url_id FROM results WHERE state = 2"
		"   AND outcome = $2 AND status = nullif($3::bigint, 0)"
		"   UNION ALL SELECT url_id FROM results WHERE state = 2 AND outcome = $2"
		"   AND status IS NULL AND $3 = 0) o ORDER BY url_id DESC"
		POSTGRES_LIMIT(CANDIDATES_MAX) ") c JOIN results r ON r.url_id = c.url_id"
		" JOIN urls u ON u.id = r.url_id LEFT JOIN urls f ON f.id = u.from_id"
		" WHERE (r.visit IS NULL OR r.visit > coalesce((SELECT max(visits)"
		"  FROM crawl_passes WHERE run_id < $1), 0)) AND " POSTGRES_STATE " = 2"
		POSTGRES_LIMIT(STORE_REPORT_PAGES_MAX),
	[STORE_REPORT_STORIES] =
		"WITH keys AS MATERIALIZED (SELECT DISTINCT k::bigint AS id"
		"  FROM json_array_elements_text($2::json) k) "
		"SELECT url_id AS key, number AS try, at, outcome, status, wait_ms,"
		" " CUT("error") " AS error"
		" FROM (SELECT t.url_id, number, at, outcome, status, wait_ms, error"
		"  FROM keys k JOIN tries_made t ON t.url_id = k.id"
		"  UNION ALL SELECT r.url_id, tries, fetched_at, outcome, status, NULL::bigint, error"
		"  FROM keys k JOIN results r ON r.url_id = k.id"
		"  WHERE fetched_at IS NOT NULL AND NOT EXISTS"
		"   (SELECT 1 FROM tries_made t WHERE t.url_id = r.url_id AND t.at = r.fetched_at"
		"    AND t.number = r.tries)) s WHERE $1::bigint IS NOT NULL"
		" ORDER BY url_id, at, number",
	[STORE_REPORT_REJECT_LINES] =
		"SELECT list, line, " CUT("text") " AS text, " CUT("reason") " AS reason"
		" FROM rejects ORDER BY list, line" POSTGRES_LIMIT(STORE_REPORT_PAGES_MAX),
};
/* clang-format on */

bool postgres_is_of_run(enum store_report report)
{
	return report < sizeof(queries) / sizeof(queries[0]) && queries[report];
}

/* How many parameters it has: they are numbered from 1, without a gap. */
static size_t count_parameters(const char *sql)
{
	return strstr(sql, "$3") ? 3 : strstr(sql, "$2") ? 2 : strstr(sql, "$1") ? 1 : 0;
}

int postgres_report_run(struct postgres_store *store, enum store_report report,
			const struct store_about *about,
			int (*function)(void *context, const struct store_answer *row),
			void *context)
{
	static const struct store_about none;
	struct store_value values[3];

	if (!about)
		about = &none;
	values[0] = postgres_of_integer(report == STORE_REPORT_ORIGIN ? postgres_id(about->key)
								      : about->to_run);
	values[1] = postgres_of_text(about->text);
	values[2] = postgres_of_integer(about->status);
	return postgres_emit(store, queries[report], values, count_parameters(queries[report]),
			     function, context);
}
