#include "store/postgres/kinds.h"
#include "store/postgres/kinds_flow.h"
#include "store/postgres/schema_sql.h"

/* clang-format off */

/* Rows that have the same key: the last of them, in the order of keys, so that nobody waits for one
 * who waits for him. */
#define LAST(key, arrays, columns)                                                 \
	"(SELECT DISTINCT ON (" key ") * FROM unnest(" arrays ") WITH ORDINALITY"  \
	" AS t(" columns ", ord) ORDER BY " key ", ord DESC)"

/* They take the place of what stands there. */
#define NOW(column) column " = excluded." column
/* They add to it. */
#define SUM(column) "sum(t." column ")"
#define ADD_UP(table, column) column " = " table "." column " + excluded." column

/* ---- hosts ---- */

#define SET_HOST(arrays, columns, set) \
	"UPDATE hosts h SET " set " FROM " LAST("id", arrays, columns) " d WHERE h.id = d.id"

static const char set_hold[] =
	"UPDATE hosts h SET held_until = greatest(h.held_until, d.held_until)"
	" FROM (SELECT origin, max(held_until) AS held_until"
	"  FROM unnest($1::text[], $2::bigint[]) AS t(origin, held_until) GROUP BY origin"
	"  ORDER BY origin) d WHERE h.origin = d.origin";

static const char host_figures[] =
	"UPDATE hosts h SET pages = h.pages + d.pages, errors = h.errors + d.errors,"
	" delay_ms = coalesce(d.delay_ms, h.delay_ms), p50_ms = coalesce(d.p50_ms, h.p50_ms),"
	" p95_ms = coalesce(d.p95_ms, h.p95_ms) FROM"
	" (SELECT DISTINCT ON (id) id, sum(pages) OVER w AS pages, sum(errors) OVER w AS errors,"
	"  delay_ms, p50_ms, p95_ms FROM unnest($1::bigint[], $2::bigint[], $3::bigint[],"
	"  $4::bigint[], $5::float8[], $6::float8[]) WITH ORDINALITY"
	"  AS t(id, pages, errors, delay_ms, p50_ms, p95_ms, ord)"
	"  WINDOW w AS (PARTITION BY id) ORDER BY id, delay_ms IS NULL, ord DESC) d"
	" WHERE h.id = d.id";

/* ---- URLs ---- */

static const char add_url[] =
	"INSERT INTO urls (id, host_id, from_id, from_where, root, depth, kind, lane, rule, set_id,"
	" url) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
	" $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],"
	" $11::text[])";

static const char want_url[] =
	"WITH d AS " LAST("id", "$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
			  " $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]",
			  "id, from_id, from_where, root, depth, kind, lane, rule, set_id")
	", gone AS (DELETE FROM results r USING d WHERE r.url_id = d.id)"
	" UPDATE urls u SET from_id = d.from_id, from_where = d.from_where, root = d.root,"
	" depth = d.depth, kind = d.kind, lane = d.lane, rule = d.rule, set_id = d.set_id"
	" FROM d WHERE u.id = d.id";

/*
 * It is read in full, and who led to it until now, too.  Passes of its new root may be older than
 * its result: 0 is before every one.
 */
static const char set_root[] =
	"WITH a AS (SELECT t.*, bool_or(asked <> 0) OVER (PARTITION BY id) AS is_asked,"
	"  lead(t.id) OVER (PARTITION BY id ORDER BY ord) IS NULL AS is_last,"
	"  lead(from_id) OVER (PARTITION BY id ORDER BY ord) AS next_from"
	"  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
	"  $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) WITH ORDINALITY"
	"  AS t(id, from_id, from_where, root, depth, lane, rule, asked, ord)),"
	" d AS (SELECT * FROM a WHERE is_last),"
	" touched AS (SELECT d.id, d.is_asked OR coalesce((SELECT " POSTGRES_STATE " FROM urls u"
	"   JOIN results r ON r.url_id = u.id WHERE u.id = d.id), 0) = 0 AS waits FROM d"
	"  UNION ALL SELECT u.from_id, false FROM (SELECT DISTINCT ON (id) * FROM a"
	"    ORDER BY id, ord) f JOIN urls u ON u.id = f.id"
	"   WHERE u.from_id IS DISTINCT FROM f.from_id"
	"  UNION ALL SELECT from_id, false FROM a WHERE NOT is_last"
	"   AND from_id IS DISTINCT FROM next_from),"
	" read AS (UPDATE results r SET " POSTGRES_NO_CONDITIONS ","
	"  pass = CASE WHEN o.waits THEN 0 ELSE r.pass END"
	"  FROM (SELECT id, bool_or(waits) AS waits FROM touched GROUP BY id) o"
	"  WHERE r.url_id = o.id)"
	" UPDATE urls u SET from_id = d.from_id, from_where = d.from_where, root = d.root,"
	" depth = d.depth, lane = d.lane, rule = d.rule FROM d WHERE u.id = d.id";

static const char set_root_sets[] =
	"WITH d AS " LAST("id", "$1::bigint[], $2::bigint[]", "id, set_id")
	", given AS (UPDATE urls u SET set_id = d.set_id FROM d WHERE u.id = d.id)"
	" UPDATE results r SET pass = 0, " POSTGRES_NO_CONDITIONS " FROM urls u JOIN d"
	" ON d.id = u.root WHERE r.url_id = u.id";

/* What another request brought is no condition of this one. */
static const char put_request[] =
	"WITH d AS (SELECT DISTINCT ON (id) t.*, bool_or(method IS NOT NULL) OVER"
	"  (PARTITION BY id) AS was_any FROM unnest($1::bigint[], $2::text[], $3::text[],"
	"  $4::bytea[]) WITH ORDINALITY AS t(id, method, headers, body, ord)"
	"  ORDER BY id, ord DESC),"
	" gone AS (DELETE FROM crawl_requests q USING d WHERE q.url_id = d.id"
	"  AND d.method IS NULL RETURNING q.url_id),"
	" here AS (INSERT INTO crawl_requests AS q (url_id, method, headers, body)"
	"  SELECT id, method, headers, body FROM d WHERE method IS NOT NULL ORDER BY id"
	"  ON CONFLICT (url_id) DO UPDATE SET " NOW("method") ", " NOW("headers") ", " NOW("body")
	"  WHERE (q.method, q.headers, q.body) IS DISTINCT FROM"
	"   (excluded.method, excluded.headers, excluded.body) RETURNING q.url_id)"
	" UPDATE results r SET " POSTGRES_NO_CONDITIONS
	" FROM (SELECT url_id FROM gone UNION SELECT url_id FROM here"
	"  UNION SELECT id FROM d WHERE method IS NULL AND was_any) o"
	" WHERE r.url_id = o.url_id";

/* Requests that have other headers than the request of their root get those. */
static const char hand_on[] =
	"WITH other AS (SELECT p.url_id, q.headers, p.method = 'GET' AND q.headers IS NULL AS ends"
	"  FROM crawl_requests p JOIN urls u ON u.id = p.url_id JOIN urls r ON r.id = u.root"
	"  LEFT JOIN crawl_requests q ON q.url_id = r.id WHERE u.root <> u.id"
	"   AND u.host_id = r.host_id AND p.method = coalesce(q.method, 'GET')"
	"   AND p.headers IS DISTINCT FROM q.headers AND $1::bigint[] IS NOT NULL),"
	" read AS (UPDATE results r SET " POSTGRES_NO_CONDITIONS " FROM other o"
	"  WHERE r.url_id = o.url_id),"
	" given AS (UPDATE crawl_requests q SET headers = o.headers FROM other o"
	"  WHERE q.url_id = o.url_id AND NOT o.ends)"
	" DELETE FROM crawl_requests q WHERE q.method = 'GET' AND (EXISTS (SELECT 1 FROM other o"
	"  WHERE o.url_id = q.url_id AND o.ends) OR q.headers IS NULL AND NOT EXISTS"
	"  (SELECT 1 FROM other o WHERE o.url_id = q.url_id))";

/* ---- runs ---- */

static const char ask[] =
	"WITH d AS " LAST("id", "$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
			  " $5::bigint[], $6::bigint[]",
			  "id, pass, asks_all, asks, is_of_all, named")
	", noted AS (UPDATE crawl_passes p SET pass = d.pass, asks = d.asks_all, named = d.named"
	"  FROM d WHERE p.run_id = d.id)"
	" UPDATE runs r SET pass = d.pass, asks = d.asks, is_of_all = d.is_of_all <> 0"
	" FROM d WHERE r.id = d.id";

static const char root_pass[] =
	"INSERT INTO crawl_roots AS o (url_id, all_pass, failed_pass)"
	" SELECT t.id, max(t.a), max(t.f) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
	" AS t(id, a, f) GROUP BY t.id ORDER BY t.id ON CONFLICT (url_id) DO UPDATE SET"
	" all_pass = greatest(o.all_pass, excluded.all_pass),"
	" failed_pass = greatest(o.failed_pass, excluded.failed_pass)";

/* ---- pages ---- */

/*
 * The rows of a pattern's table stay, if the pattern meant the same when they were written: those
 * are marked, and the marks of others go.  Whether there are any, is for the table's own kinds to
 * say, which come later.
 */
static const char keep_rows[] =
	"WITH d AS (SELECT DISTINCT lower(t.pattern COLLATE \"C\") AS name, t.* FROM"
	"  unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])"
	"  AS t(pattern, url_id, hash, run_id)),"
	" stay AS (SELECT d.* FROM d JOIN results r ON r.url_id = d.url_id JOIN crawl_patterns p"
	"  ON p.config_hash = r.config_hash AND lower(p.pattern) = d.name AND p.hash = d.hash),"
	" gone AS (DELETE FROM crawl_stale_pages s USING d WHERE lower(s.pattern) = d.name"
	"  AND s.url_id = d.url_id AND NOT EXISTS (SELECT 1 FROM stay y WHERE y.name = d.name"
	"   AND y.url_id = d.url_id))"
	" INSERT INTO crawl_stale_pages (pattern, url_id, run_id)"
	" SELECT DISTINCT ON (name, url_id) pattern, url_id,"
	"  coalesce(nullif(run_id, 0), (SELECT max(id) FROM runs), 0) FROM stay"
	" ORDER BY name, url_id ON CONFLICT DO NOTHING";

#define RESULT_COLUMNS                                                           \
	"url_id, state, pass, visit, outcome, status, final_url, tries, error,"  \
	" is_moved, redirects, title, content_type, charset, charset_source,"    \
	" size, wire_size, elapsed_us, fetched_at, read_at, etag, last_modified," \
	" hash, config_hash, unmatched, counts"
#define RESULT_ARRAYS                                                            \
	"$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],"    \
	" $6::bigint[], $7::text[], $8::bigint[], $9::text[], $10::bigint[],"    \
	" $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],"      \
	" $16::bigint[], $17::bigint[], $18::bigint[], $19::text[], $20::text[]," \
	" $21::text[], $22::text[], $23::bigint[], $24::bigint[], $25::text[],"  \
	" $26::text[]"
#define RESULT_TYPES "iiiititititttttiiittttiitt"

static const char add_result[] =
	"INSERT INTO results (" RESULT_COLUMNS ") SELECT * FROM unnest(" RESULT_ARRAYS ")"
	" ON CONFLICT DO NOTHING";

static const char replace_result[] =
	"INSERT INTO results (" RESULT_COLUMNS ") SELECT " RESULT_COLUMNS " FROM "
	LAST("url_id", RESULT_ARRAYS, RESULT_COLUMNS) " d ORDER BY url_id"
	" ON CONFLICT (url_id) DO UPDATE SET " NOW("state") ", " NOW("pass") ", " NOW("visit") ", "
	NOW("outcome") ", " NOW("status") ", " NOW("final_url") ", " NOW("tries") ", "
	NOW("error") ", " NOW("is_moved") ", " NOW("redirects") ", " NOW("title") ", "
	NOW("content_type") ", " NOW("charset") ", " NOW("charset_source") ", " NOW("size") ", "
	NOW("wire_size") ", " NOW("elapsed_us") ", " NOW("fetched_at") ", " NOW("read_at") ", "
	NOW("etag") ", " NOW("last_modified") ", " NOW("hash") ", " NOW("config_hash") ", "
	NOW("unmatched") ", " NOW("counts");

/*
 * The page was not read this time: what describes its content is still true, and of the config that
 * it was read with.  ANSWERED is of the last answer that came for it: a 304 says only what changed,
 * and one that failed (2 and 3 of enum store_state) nothing of what is still stored.
 */
#define IF_UNREAD(column) \
	column " = CASE WHEN r.read_at IS NULL THEN d." column " ELSE r." column " END"
#define ANSWERED(column)                                                              \
	column " = CASE WHEN d.state <> 1 AND r.read_at IS NOT NULL THEN r." column   \
	" WHEN d.outcome = 'not_modified' THEN coalesce(d." column ", r." column ")"  \
	" ELSE d." column " END"
static const char keep_result[] =
	"UPDATE results r SET state = d.state, pass = d.pass, visit = d.visit,"
	" outcome = d.outcome, status = d.status, " ANSWERED("final_url") ", tries = d.tries,"
	" error = d.error, is_moved = d.is_moved, redirects = d.redirects, "
	IF_UNREAD("title") ", " IF_UNREAD("content_type") ", " IF_UNREAD("charset") ", "
	IF_UNREAD("charset_source") ", " IF_UNREAD("size") ", wire_size = d.wire_size,"
	" elapsed_us = d.elapsed_us, fetched_at = d.fetched_at,"
	" read_at = coalesce(r.read_at, d.read_at), " ANSWERED("etag") ", "
	ANSWERED("last_modified") ", " ANSWERED("hash") ", " IF_UNREAD("config_hash")
	" FROM " LAST("url_id", RESULT_ARRAYS, RESULT_COLUMNS) " d WHERE r.url_id = d.url_id";

static const char put_parse[] =
	"UPDATE results r SET config_hash = d.config_hash, unmatched = d.unmatched,"
	" counts = d.counts, outcome = CASE WHEN r.state <> 1 THEN r.outcome"
	"  WHEN d.is_limited <> 0 THEN 'pattern_limit' WHEN r.outcome = 'pattern_limit' THEN 'ok'"
	"  ELSE r.outcome END, error = CASE WHEN r.state = 1 THEN d.notes ELSE r.error END,"
	" etag = CASE WHEN d.is_limited <> 0 THEN NULL ELSE r.etag END,"
	" last_modified = CASE WHEN d.is_limited <> 0 THEN NULL ELSE r.last_modified END,"
	" hash = CASE WHEN d.is_limited <> 0 THEN NULL ELSE r.hash END FROM "
	LAST("id", "$1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[]",
	     "id, config_hash, unmatched, notes, is_limited, counts")
	" d WHERE r.url_id = d.id";

/* A page that is refused keeps what an earlier visit read. */
static const char refuse_page[] =
	"INSERT INTO results AS r (url_id, state, pass, visit, outcome, tries, error)"
	" SELECT id, 2, pass, visit, 'store_refused', 1, error FROM "
	LAST("id", "$1::bigint[], $2::bigint[], $3::bigint[], $4::text[]", "id, pass, visit, error")
	" d ORDER BY id ON CONFLICT (url_id) DO UPDATE SET " NOW("state") ", " NOW("pass") ", "
	NOW("visit") ", " NOW("outcome") ", " NOW("error") ", " POSTGRES_NO_CONDITIONS;

static const char put_body[] =
	"WITH d AS " LAST("id", "$1::bigint[], $2::bigint[], $3::bytea[]", "id, is_text, body")
	", gone AS (DELETE FROM bodies b USING d WHERE b.url_id = d.id AND d.body IS NULL)"
	" INSERT INTO bodies AS b (url_id, is_text, body) SELECT id, is_text, body FROM d"
	" WHERE body IS NOT NULL ORDER BY id ON CONFLICT (url_id) DO UPDATE SET " NOW("is_text") ", "
	NOW("body") " WHERE b.is_text <> excluded.is_text OR b.body <> excluded.body";

/* ---- cookies: in the order of their first sight ---- */

/* One that was cleared, and comes again, is a new one: it comes behind those that were there. */
#define OF_COOKIE "OVER (PARTITION BY domain, path, name)"
static const char put_cookie[] =
	"WITH t AS (SELECT t.*, max(ord) FILTER (WHERE value IS NULL) " OF_COOKIE " AS cleared"
	"  FROM unnest($1::text[], $2::text[], $3::text[],"
	"  $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) WITH ORDINALITY"
	"  AS t(domain, path, name, value, is_secure, is_http_only, expires, file_hash, ord)),"
	" d AS (SELECT DISTINCT ON (domain, path, name) t.*, min(ord) FILTER (WHERE"
	"  ord > coalesce(cleared, 0)) " OF_COOKIE " AS first FROM t"
	"  ORDER BY domain, path, name, ord DESC),"
	" gone AS (DELETE FROM crawl_cookies c USING d WHERE d.value IS NULL"
	"  AND c.domain = d.domain AND " POSTGRES_HASH("c.path") " = " POSTGRES_HASH("d.path")
	"  AND " POSTGRES_HASH("c.name") " = " POSTGRES_HASH("d.name") ")"
	" INSERT INTO crawl_cookies (domain, path, name, value, is_secure, is_http_only, expires,"
	"  file_hash) SELECT domain, path, name, value, is_secure, is_http_only, expires,"
	"  file_hash FROM d WHERE value IS NOT NULL ORDER BY first"
	" ON CONFLICT (domain, " POSTGRES_HASH("path") ", " POSTGRES_HASH("name") ") DO UPDATE SET "
	"id = CASE WHEN (SELECT d.cleared IS NULL FROM d WHERE d.domain = excluded.domain"
	"  AND d.path = excluded.path AND d.name = excluded.name) THEN crawl_cookies.id"
	"  ELSE excluded.id END, "
	NOW("value") ", " NOW("is_secure") ", " NOW("is_http_only") ", " NOW("expires") ", "
	NOW("file_hash");

/* ---- figures ---- */

#define PATTERN_COLUMNS                                                           \
	"pages_tried, pages_matched, rows, empty_fields, limit_hits, elapsed_ns," \
	" pages_wanted, pages_unchanged, bad_values"
#define PATTERN_SUMS                                                             \
	SUM("pages_tried") ", " SUM("pages_matched") ", " SUM("rows") ", "       \
	SUM("empty_fields") ", " SUM("limit_hits") ", " SUM("elapsed_ns") ", "   \
	SUM("pages_wanted") ", " SUM("pages_unchanged") ", " SUM("bad_values")
#define PATTERNS_UP                                                                       \
	ADD_UP("f", "pages_tried") ", " ADD_UP("f", "pages_matched") ", "                 \
	ADD_UP("f", "rows") ", " ADD_UP("f", "empty_fields") ", "                         \
	ADD_UP("f", "limit_hits") ", " ADD_UP("f", "elapsed_ns") ", "                     \
	ADD_UP("f", "pages_wanted") ", " ADD_UP("f", "pages_unchanged") ", "              \
	ADD_UP("f", "bad_values")

static const char pattern_figures[] =
	"INSERT INTO pattern_figures AS f (run_id, pattern, host_id, " PATTERN_COLUMNS ")"
	" SELECT t.run, t.pattern, t.host, " PATTERN_SUMS " FROM unnest($1::bigint[], $2::text[],"
	" $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],"
	" $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])"
	" AS t(run, pattern, host, " PATTERN_COLUMNS ") GROUP BY t.run, t.pattern, t.host"
	" ORDER BY t.run, t.pattern, t.host ON CONFLICT (run_id, pattern, host_id)"
	" DO UPDATE SET " PATTERNS_UP;
static const char pattern_totals[] =
	"INSERT INTO crawl_pattern_totals AS f (run, pattern, " PATTERN_COLUMNS ")"
	" SELECT t.run, t.pattern, " PATTERN_SUMS " FROM unnest($1::bigint[], $2::text[],"
	" $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],"
	" $9::bigint[], $10::bigint[], $11::bigint[]) AS t(run, pattern, " PATTERN_COLUMNS ")"
	" GROUP BY t.run, t.pattern ORDER BY t.run, t.pattern ON CONFLICT (run, pattern)"
	" DO UPDATE SET " PATTERNS_UP;
static const char field_figures[] =
	"INSERT INTO crawl_field_figures AS f (run_id, pattern, field, rows, filled, bad)"
	" SELECT t.run, t.pattern, t.field, " SUM("rows") ", " SUM("filled") ", " SUM("bad")
	" FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[],"
	" $6::bigint[]) AS t(run, pattern, field, rows, filled, bad)"
	" GROUP BY t.run, t.pattern, t.field ORDER BY t.run, t.pattern, t.field"
	" ON CONFLICT (run_id, pattern, field) DO UPDATE SET " ADD_UP("f", "rows") ", "
	ADD_UP("f", "filled") ", " ADD_UP("f", "bad");

#define OUTCOME_SUMS SUM("pages") ", " SUM("unchanged") ", " SUM("bytes") ", " SUM("wire_bytes")
#define OUTCOMES_UP                                                \
	ADD_UP("f", "pages") ", " ADD_UP("f", "unchanged") ", "    \
	ADD_UP("f", "bytes") ", " ADD_UP("f", "wire_bytes")
static const char outcomes[] =
	"INSERT INTO crawl_outcomes AS f (run_id, host_id, outcome, status, pages, unchanged,"
	" bytes, wire_bytes) SELECT t.run, t.host, t.outcome, t.status, " OUTCOME_SUMS
	" FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[],"
	" $6::bigint[], $7::bigint[], $8::bigint[])"
	" AS t(run, host, outcome, status, pages, unchanged, bytes, wire_bytes)"
	" GROUP BY t.run, t.host, t.outcome, t.status ORDER BY t.run, t.host, t.outcome, t.status"
	" ON CONFLICT (run_id, host_id, outcome, status) DO UPDATE SET " OUTCOMES_UP;
static const char totals[] =
	"INSERT INTO crawl_totals AS f (run, outcome, status, pages, unchanged, bytes, wire_bytes)"
	" SELECT t.run, t.outcome, t.status, " OUTCOME_SUMS " FROM unnest($1::bigint[], $2::text[],"
	" $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])"
	" AS t(run, outcome, status, pages, unchanged, bytes, wire_bytes)"
	" GROUP BY t.run, t.outcome, t.status ORDER BY t.run, t.outcome, t.status"
	" ON CONFLICT (run, outcome, status) DO UPDATE SET " OUTCOMES_UP;

/* ---- looks: a node's rows take the place of those that it wrote before ---- */

#define PUT_LOOK(table, key, columns, arrays)                                 \
	"INSERT INTO " table " (" columns ") SELECT " columns " FROM "        \
	LAST(key, arrays, columns) " d ORDER BY " key " ON CONFLICT (" key ")" \
	" DO UPDATE SET "

static const char proxies[] =
	PUT_LOOK("crawl_proxies", "run_id, node, proxy",
		 "run_id, node, proxy, pages, failures, rests, rests_until, error",
		 "$1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[],"
		 " $6::bigint[], $7::text[], $8::text[]")
	NOW("pages") ", " NOW("failures") ", " NOW("rests") ", " NOW("rests_until") ", "
	NOW("error");
static const char run_host[] =
	PUT_LOOK("crawl_run_hosts", "run, node, host_id",
		 "run, node, host_id, pages, failed, bytes, delay_ms, p50_ms, p95_ms, first_ms,"
		 " last_ms, step_ms, strip",
		 "$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
		 " $6::bigint[], $7::bigint[], $8::float8[], $9::float8[], $10::bigint[],"
		 " $11::bigint[], $12::bigint[], $13::bytea[]")
	NOW("pages") ", " NOW("failed") ", " NOW("bytes") ", " NOW("delay_ms") ", "
	NOW("p50_ms") ", " NOW("p95_ms") ", " NOW("first_ms") ", " NOW("last_ms") ", "
	NOW("step_ms") ", " NOW("strip");
static const char run_count[] =
	PUT_LOOK("crawl_counts", "run, node, what, value", "run, node, what, value, pages",
		 "$1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[]")
	NOW("pages");
static const char run_histogram[] =
	PUT_LOOK("crawl_histograms", "run, node, what, bucket", "run, node, what, bucket, pages",
		 "$1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[]")
	NOW("pages");
static const char run_example[] =
	PUT_LOOK("crawl_examples", "run, node, what, name, place",
		 "run, node, what, name, place, url_id, value",
		 "$1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],"
		 " $7::bigint[]")
	NOW("url_id") ", " NOW("value");
static const char run_sample[] =
	PUT_LOOK("crawl_samples", "run, node, at_ms",
		 "run, node, at_ms, done, failed, skipped, rows, wire_bytes, waits_delay,"
		 " waits_answer, waits_rest, waits_robots, waits_us, in_flight, is_paused, cpu_ms,"
		 " pattern_ms, commit_ms",
		 "$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
		 " $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],"
		 " $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],"
		 " $16::bigint[], $17::bigint[], $18::bigint[]")
	NOW("done") ", " NOW("failed") ", " NOW("skipped") ", " NOW("rows") ", "
	NOW("wire_bytes") ", " NOW("waits_delay") ", " NOW("waits_answer") ", "
	NOW("waits_rest") ", " NOW("waits_robots") ", " NOW("waits_us") ", "
	NOW("in_flight") ", " NOW("is_paused") ", " NOW("cpu_ms") ", " NOW("pattern_ms") ", "
	NOW("commit_ms");

/* ---- all of them ---- */

const struct postgres_kind postgres_static_kinds[POSTGRES_STATIC_KINDS] = {
	[POSTGRES_ADD_SET] = { "INSERT INTO crawl_sets (id, fields) SELECT id, fields FROM "
			       LAST("id", "$1::bigint[], $2::text[]", "id, fields")
			       " d ORDER BY id ON CONFLICT DO NOTHING", "it", POSTGRES_GROUND },
	[POSTGRES_ADD_HOST] = { "INSERT INTO hosts (id, origin)"
				" SELECT * FROM unnest($1::bigint[], $2::text[])", "it", POSTGRES_GROUND },
	[POSTGRES_SET_ROBOTS] = { SET_HOST("$1::bigint[], $2::text[], $3::bytea[], $4::bigint[]",
					   "id, robots, robots_text, robots_at",
					   "robots = d.robots, robots_text = d.robots_text,"
					   " robots_at = d.robots_at"), "itbi", false },
	[POSTGRES_SET_HOLD] = { set_hold, "ti", false },
	[POSTGRES_SET_WAIT] = { SET_HOST("$1::bigint[], $2::text[], $3::text[]",
					 "id, waits_until, waits_for",
					 "waits_until = d.waits_until, waits_for = d.waits_for"),
				"itt", false },
	[POSTGRES_SET_ADDRESS] = { SET_HOST("$1::bigint[], $2::text[]", "id, address",
					    "address = d.address"), "it", false },
	[POSTGRES_HOST_FIGURES] = { host_figures, "iiiiff", false },
	[POSTGRES_ADD_URL] = { add_url, "iiiiiiiiiit", POSTGRES_GROUND },
	[POSTGRES_WANT_URL] = { want_url, "iiiiiiiii", true },
	[POSTGRES_SET_ROOT] = { set_root, "iiiiiiii", true },
	[POSTGRES_SET_ROOT_SETS] = { set_root_sets, "ii", true },
	[POSTGRES_PUT_REQUEST] = { put_request, "ittb", false },
	[POSTGRES_HAND_ON] = { hand_on, "i", true },
	[POSTGRES_ASK] = { ask, "iiiiii", false },
	[POSTGRES_ROOT_PASS] = { root_pass, "iii", false },
	[POSTGRES_NAME_ROOT] = { "INSERT INTO crawl_named (run, root) SELECT DISTINCT * FROM"
				 " unnest($1::bigint[], $2::bigint[]) AS t(run, root)"
				 " ORDER BY run, root ON CONFLICT DO NOTHING", "ii", false },
	[POSTGRES_ADD_PATTERN] = { "INSERT INTO crawl_patterns (config_hash, pattern, hash)"
				   " SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])"
				   " ON CONFLICT DO NOTHING", "iti", POSTGRES_GROUND },
	[POSTGRES_KEEP_ROWS] = { keep_rows, "tiii", false },
	[POSTGRES_ADD_RESULT] = { add_result, RESULT_TYPES, false },
	[POSTGRES_REPLACE_RESULT] = { replace_result, RESULT_TYPES, false },
	[POSTGRES_KEEP_RESULT] = { keep_result, RESULT_TYPES, false },
	[POSTGRES_PUT_PARSE] = { put_parse, "iittit", false },
	[POSTGRES_STAND] = { "UPDATE results r SET pass = d.pass, state = 1 FROM "
			     LAST("id", "$1::bigint[], $2::bigint[]", "id, pass")
			     " d WHERE r.url_id = d.id", "ii", false },
	[POSTGRES_CLEAR_CONTENT] = { "WITH gone AS (DELETE FROM crawl_stale_pages"
				     " WHERE url_id = ANY ($1::bigint[]))"
				     " UPDATE results SET read_at = NULL, title = NULL,"
				     " content_type = NULL, charset = NULL, charset_source = NULL,"
				     " unmatched = NULL, counts = NULL, size = 0"
				     " WHERE url_id = ANY ($1::bigint[])", "i", false },
	[POSTGRES_WAIT_AGAIN] = { "UPDATE results SET pass = 0, state = 1"
				  " WHERE url_id = ANY ($1::bigint[])", "i", true },
	[POSTGRES_FORGET_RESULT] = { "DELETE FROM results WHERE url_id = ANY ($1::bigint[])", "i",
				     true },
	[POSTGRES_SET_VERDICT] = { "UPDATE results r SET state = d.state, outcome = d.outcome,"
				   " error = d.error, status = d.status FROM "
				   LAST("id", "$1::bigint[], $2::bigint[], $3::text[], $4::text[],"
				       " $5::bigint[]", "id, state, outcome, error, status")
				   " d WHERE r.url_id = d.id", "iitti", true },
	[POSTGRES_REFUSE_PAGE] = { refuse_page, "iiit", false },
	[POSTGRES_PUT_BODY] = { put_body, "iib", false },
	[POSTGRES_ADD_TRY] = { "INSERT INTO tries_made (url_id, number, at, outcome, status, error,"
			       " wait_ms) SELECT * FROM unnest($1::bigint[], $2::bigint[],"
			       " $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[])",
			       "iittiti", false },
	[POSTGRES_CLEAR_REJECTS] = { "DELETE FROM rejects WHERE list = ANY ($1::text[])", "t", true },
	[POSTGRES_ADD_REJECT] = { "INSERT INTO rejects (list, line, text, reason) SELECT * FROM"
				  " unnest($1::text[], $2::bigint[], $3::text[], $4::text[])",
				  "titt", false },
	[POSTGRES_PUT_COOKIE] = { put_cookie, "tttbiiii", false },
	[POSTGRES_PATTERN_FIGURES] = { pattern_figures, "itiiiiiiiiii", false },
	[POSTGRES_PATTERN_TOTALS] = { pattern_totals, "itiiiiiiiii", false },
	[POSTGRES_FIELD_FIGURES] = { field_figures, "ittiii", false },
	[POSTGRES_OUTCOMES] = { outcomes, "iitiiiii", false },
	[POSTGRES_TOTALS] = { totals, "itiiiii", false },
	[POSTGRES_PROXIES] = { proxies, "iitiiitt", false },
	[POSTGRES_RUN_HOST] = { run_host, "iiiiiiiffiiib", false },
	[POSTGRES_RUN_COUNT] = { run_count, "iitti", false },
	[POSTGRES_RUN_HISTOGRAM] = { run_histogram, "iitii", false },
	[POSTGRES_RUN_EXAMPLE] = { run_example, "iittiii", false },
	[POSTGRES_RUN_SAMPLE] = { run_sample, "iiiiiiiiiiiiiiiiii", false },
	[POSTGRES_THIN_SAMPLES] = { "DELETE FROM crawl_samples s USING unnest($1::bigint[],"
				    " $2::bigint[], $3::bigint[]) AS d(run, node, step_ms)"
				    " WHERE s.run = d.run AND s.node = d.node"
				    " AND s.at_ms % d.step_ms <> 0", "iii", true },
	[POSTGRES_RUN_EVENT] = { "INSERT INTO crawl_events (run, node, at_ms, kind, host, text)"
				 " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[],"
				 " $4::text[], $5::text[], $6::text[])", "iiittt", false },
	[POSTGRES_RUN_FINDING] = { "INSERT INTO crawl_findings (run, node, pattern, field, pages,"
				   " url_id, line, matched, wanted, rest, stood) SELECT * FROM"
				   " unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[],"
				   " $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],"
				   " $9::text[], $10::text[], $11::text[])", "iittiiitttt", false },
	[POSTGRES_SEND_LETTER] = POSTGRES_KIND_SEND_LETTER,
	[POSTGRES_END_LETTER] = POSTGRES_KIND_END_LETTER,
};
/* clang-format on */
