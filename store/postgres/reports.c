#include "store/postgres/reads.h"
#include "store/postgres/schema_sql.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * What `crawl status`, `failed` and `why` show: the questions of store/sqlite/reports.c, with their
 * columns, types and order.  $1 is a URL's id, $2 a text.
 *
 * What PostgreSQL does otherwise is said where it matters: NULLs come last unless told, a sum of
 * bigint is numeric, a quotient of integers an integer.
 */
#define HOST_COLUMNS                                                             \
	"h.origin AS host, coalesce(p.pending, 0) AS pending, h.pages AS pages," \
	" h.errors AS errors, h.delay_ms AS delay_ms, h.robots AS robots"
/* Which hosts: of the URL alone where there is one, for who asks of one must not count them all. */
#define PENDING_BY_HOST(which)                                                \
	" LEFT JOIN (SELECT u.host_id AS host_id, count(*) AS pending"        \
	"  FROM urls u LEFT JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS \
	"  WHERE " POSTGRES_JOINED_STATE " = 0" which " GROUP BY 1) p ON p.host_id = h.id"
#define NOW              POSTGRES_SHOWN_TIME("statement_timestamp()")
#define ROBOTS_AT        POSTGRES_SHOWN_TIME("to_timestamp(h.robots_at / 1000.0)")
#define ONLY_YET(column) "CASE WHEN h.waits_until > " NOW " THEN h." column " END"
#define YES_NO(column)   "CASE WHEN " column " <> 0 THEN 'yes' ELSE 'no' END"

/* Those that SQLite can show: from the year 0 to 9999. */
#define EXPIRES                                                        \
	"CASE WHEN expires BETWEEN -62167219200 AND 253402300799 THEN" \
	" to_char(to_timestamp(expires) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') END"

/* Those of a host and of hosts below it, or all. */
#define COOKIES_OF(host)                                       \
	"(" host " IS NULL OR lower(domain) = lower(" host ")" \
	" OR right(lower(domain), length(" host ") + 1) = '.' || lower(" host "))"

/* clang-format off */

/*
 * The first event of a field, or of a row, behind the one run says what was there then, the last up
 * to the other what is.  Behind the six columns stand the types of the key, and of old and new, for
 * they are texts: on_change() has them be what they were.
 */
static const char diff_sql[] =
	"WITH net AS (SELECT DISTINCT lower(pattern) AS pattern, key, field,"
	"  first_value(old) OVER w AS old, last_value(new) OVER w AS new FROM crawl_row_changes"
	"  WHERE run_id > $1 AND run_id <= $2 WINDOW w AS (PARTITION BY lower(pattern), key, field"
	"   ORDER BY run_id, ctid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),"
	" rows AS (SELECT k.pattern AS pattern, k.key AS key,"
	"  k.first_run <= $1 AND (n.key IS NULL OR n.old IS NOT NULL) AS was,"
	"  n.key IS NULL OR n.new IS NOT NULL AS is_now FROM crawl_known_rows k"
	"  LEFT JOIN net n ON n.pattern = lower(k.pattern) AND n.key = k.key AND n.field IS NULL"
	"  WHERE k.first_run <= $2 AND (k.first_run > $1 OR n.key IS NOT NULL)),"
	" told AS (SELECT pattern, key, CASE WHEN was THEN 'removed' ELSE 'added' END AS what,"
	"  NULL::text AS field, NULL::text AS old, NULL::text AS new FROM rows"
	"  WHERE was <> is_now"
	" UNION ALL SELECT coalesce(k.pattern, n.pattern), n.key, 'changed', n.field, n.old, n.new"
	"  FROM net n LEFT JOIN rows r ON lower(r.pattern) = n.pattern AND r.key = n.key"
	"  LEFT JOIN crawl_known_rows k ON lower(k.pattern) = n.pattern AND k.key = n.key"
	"  WHERE n.field IS NOT NULL AND n.old IS DISTINCT FROM n.new"
	"  AND (r.key IS NULL OR (r.was AND r.is_now))) "
	"SELECT pattern, CASE WHEN json_array_length(key::json) = 1 THEN key::json ->> 0"
	"  ELSE key END AS key, what, field, " POSTGRES_PLAIN("old") " AS old,"
	" " POSTGRES_PLAIN("new") " AS new,"
	" CASE WHEN json_array_length(key::json) = 1 THEN json_typeof(key::json -> 0) END,"
	" (SELECT CASE a.atttypid WHEN 'bigint'::regtype THEN 'integer'"
	"   WHEN 'double precision'::regtype THEN 'real' END FROM pg_class c"
	"  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = told.field"
	"  WHERE c.relnamespace = " POSTGRES_HERE " AND c.relname = "
	"   '" STORE_ROWS_PREFIX "' || told.pattern)"
	" FROM told ORDER BY lower(pattern), told.key, what COLLATE \"C\", field NULLS FIRST";

#define PAGE_HEADERS                                                                       \
	"(SELECT string_agg(split_part(l.line, ':', 1), ', ' ORDER BY l.place)"            \
	"  FROM unnest(string_to_array(q.headers, chr(10))) WITH ORDINALITY l (line, place)" \
	"  WHERE l.line <> '')"

/* NULL: see patterns below.  Body: bytes that page_sends() makes a text of. */
static const char *const queries[] = {
	[STORE_REPORT_RUN] =
		"SELECT id AS run, started_at, ended_at, ended AS state, pid, command_line"
		" FROM runs ORDER BY id DESC LIMIT 1",
	/* OFFSET 0: the state of each is found once, not wherever it is named. */
	[STORE_REPORT_URLS] =
		"SELECT CASE c.state" POSTGRES_STATE_WORDS " AS state,"
		" CASE WHEN c.state <> 0 THEN c.outcome END AS outcome, sum(c.urls)::bigint AS urls"
		" FROM (SELECT s.state AS state, s.outcome AS outcome, count(*) AS urls"
		"  FROM (SELECT " POSTGRES_JOINED_STATE " AS state, r.outcome AS outcome"
		"   FROM urls u LEFT JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS
		"   OFFSET 0) s GROUP BY 1, 2) c"
		" GROUP BY c.state, 2 ORDER BY c.state, urls DESC, outcome NULLS FIRST",
	[STORE_REPORT_PATTERNS] = NULL,
	[STORE_REPORT_HOSTS] = "SELECT " HOST_COLUMNS ", h.p50_ms AS p50_ms, h.p95_ms AS p95_ms"
			       " FROM hosts h" PENDING_BY_HOST("")
			       " ORDER BY 2 DESC, h.pages DESC, h.id"
			       POSTGRES_LIMIT(STORE_REPORT_HOSTS_MAX),
	[STORE_REPORT_WAITING] = "SELECT h.origin AS host, h.waits_until AS until,"
				 " h.waits_for AS why FROM hosts h WHERE h.waits_until > " NOW
				 " ORDER BY h.waits_until, h.id"
				 POSTGRES_LIMIT(STORE_REPORT_HOSTS_MAX),
	/* Each node has met the same proxies by itself. */
	[STORE_REPORT_PROXIES] =
		"SELECT proxy, sum(pages)::bigint AS pages, sum(failures)::bigint AS failures,"
		" sum(rests)::bigint AS rests,"
		" max(rests_until) FILTER (WHERE rests_until > " NOW ") AS rests_until,"
		" (array_agg(error ORDER BY failures DESC, node)"
		"  FILTER (WHERE error IS NOT NULL))[1] AS error"
		" FROM crawl_proxies WHERE run_id = (SELECT max(id) FROM runs)"
		" GROUP BY proxy ORDER BY 2 DESC, 3, proxy",
	[STORE_REPORT_FAILED] =
		"SELECT u.url AS url, r.outcome AS outcome, r.status AS status,"
		" r.tries AS tries, r.error AS error"
		" FROM urls u JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS
		" WHERE ($1::bigint = 0 OR u.id = $1) AND ($2::text IS NULL OR r.outcome = $2)"
		" AND (r.state = 2 OR r.outcome = 'pattern_limit') AND (" POSTGRES_JOINED_STATE " = 2 OR"
		"  (" POSTGRES_JOINED_STATE " = 1 AND r.outcome = 'pattern_limit')) ORDER BY u.id",
	[STORE_REPORT_PAGE] =
		"SELECT u.url AS url, CASE " POSTGRES_JOINED_STATE POSTGRES_STATE_WORDS " AS state,"
		" CASE u.kind WHEN 0 THEN 'page' WHEN 1 THEN 'sitemap'"
		"  WHEN 2 THEN 'outside link' WHEN 3 THEN 'guessed sitemap' END AS kind,"
		" CASE WHEN q.method = 'POST' AND (', ' || r.redirects) ~ ', 30[123] '"
		"  THEN 'POST, then GET: so a redirect made it' ELSE q.method END AS method,"
		" substr(q.body, 1, 800) AS sends, " PAGE_HEADERS " AS headers,"
		" r.outcome AS outcome, r.status AS status, r.error AS error,"
		" r.final_url AS final_url, r.redirects AS redirects,"
		" CASE WHEN r.is_moved <> 0 THEN 'yes' END AS is_moved,"
		" u.depth AS depth, " POSTGRES_SET " AS \"set\", r.tries AS tries,"
		" r.fetched_at AS fetched_at, r.elapsed_us / 1000.0::float8 AS elapsed_ms,"
		" r.content_type AS content_type, r.charset AS charset,"
		" r.charset_source AS charset_source, r.title AS title, r.size AS size,"
		" r.wire_size AS wire_size, r.etag AS etag, r.last_modified AS last_modified,"
		" CASE WHEN r.url_id IS NULL THEN NULL WHEN EXISTS (SELECT 1 FROM bodies b"
		"  WHERE b.url_id = u.id) THEN 'yes' ELSE 'no' END AS kept,"
		" r.unmatched AS no_match,"
		" (SELECT string_agg(pattern, ', ' ORDER BY lower(pattern))"
		"  FROM crawl_stale_pages WHERE url_id = u.id) AS stale"
		" FROM urls u LEFT JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS
		" LEFT JOIN crawl_requests q ON q.url_id = u.id WHERE u.id = $1",
	/* UNION, not UNION ALL: it ends, whatever the tables hold.  Rows come as they were found. */
	[STORE_REPORT_FROM] = "WITH RECURSIVE line (id, from_id, url, depth) AS"
			      " (SELECT id, from_id, url, depth FROM urls WHERE id = $1"
			      "  UNION SELECT f.id, f.from_id, f.url, f.depth"
			      "  FROM line JOIN urls f ON f.id = line.from_id)"
			      " SELECT url AS from_url, depth FROM line WHERE id <> $1",
	/*
	 * A try is of the run that had begun last.  A result that came of no request of its own,
	 * for its host was given up, has that of its last try.
	 */
	[STORE_REPORT_TRIES] =
		"SELECT (SELECT max(id) FROM runs WHERE started_at <= t.at) AS run, t.*"
		" FROM (SELECT number AS try, at, outcome, status, wait_ms, error"
		"  FROM tries_made WHERE url_id = $1"
		"  UNION ALL SELECT tries, fetched_at, outcome, status, NULL::bigint, error"
		"  FROM results WHERE url_id = $1 AND fetched_at IS NOT NULL AND NOT EXISTS"
		"   (SELECT 1 FROM tries_made WHERE url_id = $1 AND at = fetched_at"
		"    AND number = tries)) t"
		" ORDER BY t.at, t.try",
	[STORE_REPORT_HOST] =
		"SELECT " HOST_COLUMNS ", " ROBOTS_AT " AS robots_at,"
		" h.p50_ms AS p50_ms, h.p95_ms AS p95_ms,"
		" " ONLY_YET("waits_until") " AS waits_until, " ONLY_YET("waits_for") " AS waits_for"
		" FROM urls o JOIN hosts h ON h.id = o.host_id"
		PENDING_BY_HOST(" AND u.host_id = (SELECT host_id FROM urls WHERE id = $1)")
		" WHERE o.id = $1",
	[STORE_REPORT_MANNERS] =
		"SELECT h.origin AS host, h.pages AS pages, h.errors AS errors,"
		" h.delay_ms AS delay_ms, h.robots AS robots, " ROBOTS_AT " AS robots_at,"
		" h.p50_ms AS p50_ms, h.p95_ms AS p95_ms,"
		" " ONLY_YET("waits_until") " AS waits_until, " ONLY_YET("waits_for") " AS waits_for"
		" FROM urls u JOIN hosts h ON h.id = u.host_id WHERE u.id = $1",
	[STORE_REPORT_UNMATCHED] =
		"SELECT u.url AS url, CASE WHEN s.url_id IS NOT NULL THEN 'yes' END AS stale"
		" FROM results r JOIN urls u ON u.id = r.url_id"
		" LEFT JOIN crawl_stale_pages s ON lower(s.pattern) = lower($2::text COLLATE \"C\")"
		"  AND s.url_id = r.url_id"
		" WHERE r.state = 1 AND (s.url_id IS NOT NULL OR"
		"  strpos(', ' || r.unmatched || ', ', ', ' || $2 || ', ') > 0)"
		" AND $1::bigint IS NOT NULL ORDER BY s.url_id IS NULL, u.id",
	[STORE_REPORT_UNFILLED] = NULL,
	[STORE_REPORT_DIFF] = diff_sql,
	[STORE_REPORT_STALE] = "SELECT min(pattern) AS pattern, count(*) AS pages,"
			       " count(*) FILTER (WHERE run_id = (SELECT max(id) FROM runs)) AS new"
			       " FROM crawl_stale_pages GROUP BY lower(pattern)"
			       " ORDER BY lower(pattern)",
	[STORE_REPORT_ROWS] = NULL,
	[STORE_REPORT_REJECTED] = "SELECT list, line, reason FROM rejects WHERE text = $2"
				  " AND $1::bigint IS NOT NULL ORDER BY list, line",
	[STORE_REPORT_COOKIES] = "SELECT domain AS host, path, name, " EXPIRES " AS expires,"
				 " " YES_NO("is_secure") " AS secure,"
				 " " YES_NO("is_http_only") " AS http_only,"
				 " CASE WHEN file_hash IS NOT NULL THEN 'yes' ELSE 'no' END"
				 "  AS from_file FROM crawl_cookies"
				 " WHERE " COOKIES_OF("($2::text COLLATE \"C\")")
				 " AND $1::bigint IS NOT NULL"
				 " ORDER BY ltrim(domain, '.'), domain, path, name",
	[STORE_REPORT_LEADING] =
		"SELECT url FROM (SELECT u.id AS id, u.url AS url"
		"  FROM results r JOIN urls u ON u.id = r.url_id"
		"  WHERE r.final_url = coalesce($2::text, (SELECT url FROM urls WHERE id = $1))"
		"  AND u.url <> r.final_url AND ($2 IS NOT NULL OR strpos(u.url, '#') = 0)"
		" UNION SELECT id, url FROM urls" /* #POST- and more */
		"  WHERE $2 IS NOT NULL AND url > $2 || '#POST-' AND url < $2 || '#POST.') t"
		" ORDER BY id" POSTGRES_LIMIT(STORE_REPORT_LEADING_MAX),
	/* Idle is who has written nothing since it said so. */
	[STORE_REPORT_NODES] =
		"SELECT k.name AS name, k.pid AS pid,"
		" " POSTGRES_SHOWN_TIME("k.joined_at") " AS since,"
		" (SELECT count(*) FROM crawl_shares s WHERE s.node = k.id) AS shares,"
		" (SELECT coalesce(sum(b.pages), 0) FROM crawl_batches b WHERE b.node = k.id"
		"  AND b.at > clock_timestamp() - interval '10 s')::float8 / 10 AS pages_per_s,"
		" k.in_flight AS in_flight, k.queued AS queued,"
		" greatest(0, extract(epoch FROM clock_timestamp() - k.lease_until) * 1000)::bigint"
		"  AS late_ms,"
		" CASE WHEN k.is_seeding THEN 'reads lists'"
		"  WHEN k.idle_at >= coalesce((SELECT max(b.n) FROM crawl_batches b"
		"   WHERE b.node = k.id), 0) THEN 'idle' ELSE 'works' END AS state"
		", greatest(0, extract(epoch FROM k.lease_until - clock_timestamp()) * 1000)::bigint"
		"  AS lease_ms, k.trouble AS trouble"
		/* Who died unseen, and whose run has ended, is nobody's any more; what is left of
		 * one that started over is nobody. */
		" FROM crawl_nodes k JOIN runs r ON r.id = k.run AND r.ended IS NULL"
		"  AND k.pid <> 0 ORDER BY k.joined_at, k.name, k.id",
	[STORE_REPORT_REJECTS] = "SELECT count(DISTINCT list) AS lists, min(list) AS list,"
				 " count(*) AS lines FROM rejects",
};
/* clang-format on */

/* ---- patterns: a row for each of their tables ---- */

/* The rows and pages in one table, or of one URL.  Returns 0 or -1. */
static int count_rows(struct postgres_store *store, const char *pattern,
		      const struct store_about *about, struct store_value counts[2])
{
	struct store_value page =
		about ? postgres_of_key(about->key) : (struct store_value){ .kind = STORE_NULL };
	char *table = postgres_rows_name(pattern);
	struct postgres_sql sql;
	PGresult *found;

	postgres_sql_begin(&sql, store);
	fprintf(sql.out,
		"SELECT coalesce(sum(rows), 0)::bigint, count(*) FROM (SELECT count(*) AS rows"
		" FROM %s%s GROUP BY \"" POSTGRES_ROW_PAGE "\") t",
		table, about ? " WHERE \"" POSTGRES_ROW_PAGE "\" = $1" : "");
	found = postgres_ask(store, postgres_sql_text(&sql), &page, about ? 1 : 0);
	for (int i = 0; found && i < 2; i++)
		counts[i] = postgres_of_integer(postgres_integer(found, 0, i));
	PQclear(found);
	postgres_sql_end(&sql);
	free(table);
	return found ? 0 : -1;
}

/* A row for each pattern; about one URL only for those that have rows of it, and their number. */
static int report_patterns(struct postgres_store *store, const struct store_about *about,
			   int (*function)(void *context, const struct store_answer *row),
			   void *context)
{
	static const char *const columns[] = { "pattern", "rows", "pages" };
	struct store_value values[3];
	struct store_answer answer = { .column_count = about ? 2 : 3, .columns = columns };
	PGresult *tables = postgres_ask(store, POSTGRES_PATTERNS_SQL, NULL, 0);

	for (int i = 0; tables && i < PQntuples(tables); i++) {
		values[0] = postgres_of_text(postgres_text(tables, i, 0));
		if (count_rows(store, PQgetvalue(tables, i, 0), about, &values[1])) {
			PQclear(tables);
			return -1;
		}
		if (about && values[1].integer == 0)
			continue;
		answer.values = values;
		if (function(context, &answer) < 0)
			break;
	}
	if (tables && !answer.values)
		function(context, &answer);
	PQclear(tables);
	return tables ? 0 : -1;
}

/* ---- a field of a pattern ---- */

/* NULL, empty or white space, as it is counted. */
static int report_unfilled(struct postgres_store *store, const struct store_about *about,
			   int (*function)(void *context, const struct store_answer *row),
			   void *context)
{
	char *pattern = memory_text(about->text.at, about->text.size);
	char *field = memory_text(about->field.at, about->field.size);
	char *table = postgres_rows_name(pattern), *column = postgres_quoted(field);
	struct postgres_sql sql;
	int result;

	postgres_sql_begin(&sql, store);
	fprintf(sql.out,
		"SELECT u.url AS url, p.rows AS rows FROM (SELECT \"" POSTGRES_ROW_PAGE
		"\" AS id, count(*) AS rows FROM %s WHERE ",
		table);
	postgres_sql_is_empty(&sql, column);
	fputs(" GROUP BY 1) p JOIN urls u ON u.id = p.id JOIN results r ON r.url_id = p.id"
	      " ORDER BY r.visit DESC NULLS LAST, p.id",
	      sql.out);
	result = postgres_emit(store, postgres_sql_text(&sql), NULL, 0, function, context);
	postgres_sql_end(&sql);
	free(column);
	free(table);
	free(field);
	free(pattern);
	return result;
}

/* ---- what the server does not say as it is to be shown ---- */

#define SENDS_MAX 200 /* characters */

struct shown {
	int (*function)(void *context, const struct store_answer *row);
	void *context;
};

/* The bytes as a text, whatever they are, as far as is shown; NUL ends it. */
static void cut(struct store_value *sends)
{
	size_t characters = 0, end = 0;

	for (; end < sends->text.size && sends->text.at[end]; end++) {
		if (((unsigned char)sends->text.at[end] & 0xc0) != 0x80 &&
		    characters++ == SENDS_MAX)
			break;
	}
	sends->text.size = end;
	sends->kind = STORE_TEXT;
}

static int on_page(void *context, const struct store_answer *row)
{
	struct shown *shown = context;
	struct store_answer page = *row;
	struct store_value *values = NULL;
	int result;

	if (row->values) {
		values = memory_new(row->column_count, sizeof(*values));
		for (size_t i = 0; i < row->column_count; i++) {
			values[i] = row->values[i];
			if (values[i].kind == STORE_BLOB)
				cut(&values[i]);
		}
		page.values = values;
	}
	result = shown->function(shown->context, &page);
	free(values);
	return result;
}

#define CHANGE_COLUMNS 6

/* A text, as what it is said to be: "integer", "real", "number" of JSON, or else a text. */
static struct store_value value_as(struct store_value value, const struct store_value *kind)
{
	bool is_real = kind->kind == STORE_TEXT && slice_equal(kind->text, SLICE("real"));

	if (value.kind != STORE_TEXT || kind->kind != STORE_TEXT)
		return value;
	if (slice_equal(kind->text, SLICE("number")))
		is_real = strcspn(value.text.at, ".eE") < value.text.size;
	else if (!is_real && !slice_equal(kind->text, SLICE("integer")))
		return value;
	return is_real ? postgres_of_real(strtod(value.text.at, NULL))
		       : postgres_of_integer(strtoll(value.text.at, NULL, 10));
}

static int on_change(void *context, const struct store_answer *row)
{
	enum { KEY = 1, OLD = 4, NEW = 5, KEY_KIND = 6, VALUE_KIND = 7 };
	struct shown *shown = context;
	struct store_answer change = *row;
	struct store_value values[CHANGE_COLUMNS];

	change.column_count = CHANGE_COLUMNS;
	if (row->values) {
		memcpy(values, row->values, sizeof(values));
		values[KEY] = value_as(values[KEY], &row->values[KEY_KIND]);
		values[OLD] = value_as(values[OLD], &row->values[VALUE_KIND]);
		values[NEW] = value_as(values[NEW], &row->values[VALUE_KIND]);
		change.values = values;
	}
	return shown->function(shown->context, &change);
}

/* ---- public ---- */

static int ask(struct postgres_store *store, enum store_report report,
	       const struct store_about *about,
	       int (*function)(void *context, const struct store_answer *row), void *context)
{
	const char *sql = queries[report];
	size_t count = strstr(sql, "$2") ? 2 : strstr(sql, "$1") ? 1 : 0;
	struct store_value values[2] = { { .kind = STORE_INTEGER } };

	if (about) {
		values[0].integer = postgres_id(about->key);
		values[1] = postgres_of_text(about->text);
	}
	if (report == STORE_REPORT_DIFF) {
		values[0] = postgres_of_integer(about->from_run);
		values[1] = postgres_of_integer(about->to_run);
	}
	return postgres_emit(store, sql, values, count, function, context);
}

int postgres_report(struct store *door, enum store_report report, const struct store_about *about,
		    int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct postgres_store *store = postgres_of(door);
	struct shown shown = { function, context };

	if (postgres_is_of_run(report))
		return postgres_report_run(store, report, about, function, context);
	switch (report) {
	case STORE_REPORT_PATTERNS:
		return report_patterns(store, NULL, function, context);
	case STORE_REPORT_ROWS:
		return report_patterns(store, about, function, context);
	case STORE_REPORT_UNFILLED:
		return report_unfilled(store, about, function, context);
	case STORE_REPORT_PAGE:
		return ask(store, report, about, on_page, &shown);
	case STORE_REPORT_DIFF:
		return ask(store, report, about, on_change, &shown);
	default:
		return ask(store, report, about, function, context);
	}
}
