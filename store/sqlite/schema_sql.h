#ifndef SCHEMA_SQL_H
#define SCHEMA_SQL_H

#include "store/sqlite/internal.h"

/*
 * Parts of the schema that a new database has, and that a step to it makes in an older one.
 */

/* A run, its pass, the last page's visit once it has ended, and what its lists named. */
#define TABLE_OF_PASSES                                  \
	"CREATE TABLE crawl_passes ("                    \
	"  run_id INTEGER PRIMARY KEY,"                  \
	"  pass INTEGER NOT NULL,"                       \
	"  asks INTEGER NOT NULL," /* enum store_pass */ \
	"  visits INTEGER,"                              \
	"  named INTEGER"                                \
	") STRICT;"

/* The passes that ask for some roots, and not for all: of those that were asked for so. */
#define TABLE_OF_ROOTS                             \
	"CREATE TABLE crawl_roots ("               \
	"  url_id INTEGER PRIMARY KEY,"            \
	"  all_pass INTEGER NOT NULL DEFAULT 0,"   \
	"  failed_pass INTEGER NOT NULL DEFAULT 0" \
	") STRICT;"

/*
 * Cookies, in the order of their first sight.  The domain has a dot if it is a tail; file_hash is
 * that of the line in a file that it came from.
 */
#define TABLE_OF_COOKIES                              \
	"CREATE TABLE crawl_cookies ("                \
	"  id INTEGER PRIMARY KEY,"                   \
	"  domain TEXT NOT NULL,"                     \
	"  path TEXT NOT NULL,"                       \
	"  name TEXT NOT NULL,"                       \
	"  value BLOB NOT NULL,"                      \
	"  is_secure INTEGER NOT NULL,"               \
	"  is_http_only INTEGER NOT NULL,"            \
	"  expires INTEGER," /* Unix time, seconds */ \
	"  file_hash INTEGER,"                        \
	"  UNIQUE (domain, path, name)"               \
	") STRICT;"

/*
 * What a list says of a URL besides its text: the fields of `set`, as a JSON object, which is of
 * all that has the URL as its root (no two are equal: who writes them sees to that); and the
 * request, of one that is no plain GET: it goes out again in the next pass.
 */
#define TABLES_OF_REQUESTS              \
	"CREATE TABLE crawl_sets ("     \
	"  id INTEGER PRIMARY KEY,"     \
	"  fields TEXT NOT NULL"        \
	") STRICT;"                     \
	"CREATE TABLE crawl_requests (" \
	"  url_id INTEGER PRIMARY KEY," \
	"  method TEXT NOT NULL,"       \
	"  headers TEXT," /* lines */   \
	"  body BLOB"                   \
	") STRICT;"

/* What came of a run's requests by way of each proxy, which is named without its password. */
#define TABLE_OF_PROXIES                   \
	"CREATE TABLE crawl_proxies ("     \
	"  run_id INTEGER NOT NULL,"       \
	"  proxy TEXT NOT NULL,"           \
	"  pages INTEGER NOT NULL,"        \
	"  failures INTEGER NOT NULL,"     \
	"  rests INTEGER NOT NULL,"        \
	"  rests_until TEXT,"              \
	"  error TEXT," /* the last one */ \
	"  PRIMARY KEY (run_id, proxy)"    \
	") STRICT, WITHOUT ROWID;"

/* What each pattern of a config means, by the config's hash, which results carry. */
#define TABLE_OF_PATTERNS                         \
	"CREATE TABLE crawl_patterns ("           \
	"  config_hash INTEGER NOT NULL,"         \
	"  pattern TEXT NOT NULL COLLATE NOCASE," \
	"  hash INTEGER NOT NULL,"                \
	"  PRIMARY KEY (config_hash, pattern)"    \
	") STRICT, WITHOUT ROWID;"

/* What a run's patterns found, by field; and its view. */
#define TABLE_OF_FIELDS                                            \
	"CREATE TABLE crawl_field_figures ("                       \
	"  run_id INTEGER NOT NULL,"                               \
	"  pattern TEXT NOT NULL,"                                 \
	"  field TEXT NOT NULL,"                                   \
	"  rows INTEGER NOT NULL,"                                 \
	"  filled INTEGER NOT NULL,"                               \
	"  bad INTEGER NOT NULL,"                                  \
	"  PRIMARY KEY (run_id, pattern, field)"                   \
	") STRICT, WITHOUT ROWID;"                                 \
	"CREATE VIEW crawl_field_stats AS"                         \
	" SELECT run_id AS run, pattern, field, rows, filled, bad" \
	" FROM crawl_field_figures;"

/* Rows that a page does not give any more, by pattern and page, and since when; and its view. */
#define TABLE_OF_STALE                                                           \
	"CREATE TABLE crawl_stale_pages ("                                       \
	"  pattern TEXT NOT NULL COLLATE NOCASE,"                                \
	"  url_id INTEGER NOT NULL,"                                             \
	"  run_id INTEGER NOT NULL,"                                             \
	"  PRIMARY KEY (pattern, url_id)"                                        \
	") STRICT, WITHOUT ROWID;"                                               \
	"CREATE VIEW crawl_stale AS"                                             \
	" SELECT s.pattern AS pattern, u.url AS page_url, s.run_id AS since_run" \
	" FROM crawl_stale_pages s JOIN urls u ON u.id = s.url_id;"

/*
 * What rows with a history were before; and its views.  `shown` is the key as people read it: it is
 * stored, for to a reader who trusts no schema the functions of JSON are unsafe in a view.
 */
#define TABLES_OF_HISTORY                                                                 \
	"CREATE TABLE crawl_known_rows ("                                                 \
	"  pattern TEXT NOT NULL COLLATE NOCASE,"                                         \
	"  key TEXT NOT NULL," /* JSON, an array */                                       \
	"  shown ANY,"                                                                    \
	"  first_run INTEGER NOT NULL,"                                                   \
	"  last_run INTEGER NOT NULL,"                                                    \
	"  gone_run INTEGER,"                                                             \
	"  row TEXT NOT NULL," /* JSON, an object */                                      \
	"  PRIMARY KEY (pattern, key)"                                                    \
	") STRICT, WITHOUT ROWID;"                                                        \
	"CREATE TABLE crawl_row_changes ("                                                \
	"  pattern TEXT NOT NULL COLLATE NOCASE,"                                         \
	"  key TEXT NOT NULL,"                                                            \
	"  run_id INTEGER NOT NULL,"                                                      \
	"  field TEXT,"                                                                   \
	"  old ANY,"                                                                      \
	"  new ANY"                                                                       \
	") STRICT;"                                                                       \
	"CREATE VIEW crawl_seen AS"                                                       \
	" SELECT k.pattern AS pattern, k.shown AS key,"                                   \
	"  f.started_at AS first_seen, l.started_at AS last_seen,"                        \
	"  k.first_run AS first_run, k.last_run AS last_run, k.gone_run AS gone_run"      \
	" FROM crawl_known_rows k LEFT JOIN runs f ON f.id = k.first_run"                 \
	" LEFT JOIN runs l ON l.id = k.last_run;"                                         \
	"CREATE VIEW crawl_history AS"                                                    \
	" SELECT c.pattern AS pattern, k.shown AS key, c.run_id AS run,"                  \
	"  r.started_at AS at, c.field AS field, c.old AS old, c.new AS new"              \
	" FROM crawl_row_changes c LEFT JOIN crawl_known_rows k ON k.pattern = c.pattern" \
	"  AND k.key = c.key LEFT JOIN runs r ON r.id = c.run_id;"

#define VIEW_OF_PATTERNS                                                          \
	"CREATE VIEW pattern_stats AS"                                            \
	" SELECT p.run_id AS run, p.pattern AS pattern, h.origin AS host,"        \
	"  p.pages_wanted AS pages_wanted, p.pages_unchanged AS pages_unchanged," \
	"  p.pages_tried AS pages_tried, p.pages_matched AS pages_matched,"       \
	"  p.rows AS rows, p.empty_fields AS empty_fields,"                       \
	"  p.bad_values AS bad_values, p.limit_hits AS limit_hits,"               \
	"  p.elapsed_ns / 1e6 AS elapsed_ms"                                      \
	" FROM pattern_figures p LEFT JOIN hosts h ON h.id = p.host_id;"

/* What came of a run's URLs, a row for each host, outcome and status (0: none); and its view. */
#define TABLE_OF_OUTCOMES                                  \
	"CREATE TABLE crawl_outcomes ("                    \
	"  run_id INTEGER NOT NULL,"                       \
	"  host_id INTEGER NOT NULL,"                      \
	"  outcome TEXT NOT NULL,"                         \
	"  status INTEGER NOT NULL,"                       \
	"  pages INTEGER NOT NULL,"                        \
	"  bytes INTEGER NOT NULL,"                        \
	"  wire_bytes INTEGER NOT NULL,"                   \
	"  PRIMARY KEY (run_id, host_id, outcome, status)" \
	") STRICT, WITHOUT ROWID;"
#define COUNT_UNCHANGED \
	"ALTER TABLE crawl_outcomes ADD COLUMN unchanged INTEGER NOT NULL DEFAULT 0;"
#define VIEW_OF_OUTCOMES                                                       \
	"CREATE VIEW crawl_outcome_stats AS"                                   \
	" SELECT o.run_id AS run, h.origin AS host, o.outcome AS outcome,"     \
	"  nullif(o.status, 0) AS status, o.pages AS pages, o.bytes AS bytes," \
	"  o.wire_bytes AS wire_bytes, o.unchanged AS unchanged"               \
	" FROM crawl_outcomes o LEFT JOIN hosts h ON h.id = o.host_id"         \
	" WHERE o.pages > 0;"

/* URLs that failed are few, and looked for by cause. */
#define INDEX_OF_FAILED                                          \
	"CREATE INDEX crawl_failed ON results (outcome, status)" \
	" WHERE state = 2;"

/* The tries of a URL are looked for with its story; what failed and was tried again is little. */
#define INDEX_OF_TRIES "CREATE INDEX crawl_tries ON tries_made (url_id);"

/*
 * What a run was like, for those who look at it: none of it is needed to crawl.  Sums of what
 * stands above by host, which are many; counters at one time after another; and the few pages that
 * stand for others.  Times are ms since the run began.
 */
#define TABLES_OF_LOOKS                                           \
	"CREATE TABLE crawl_totals ("                             \
	"  run INTEGER NOT NULL,"                                 \
	"  outcome TEXT NOT NULL,"                                \
	"  status INTEGER NOT NULL," /* 0: none */                \
	"  pages INTEGER NOT NULL,"                               \
	"  unchanged INTEGER NOT NULL,"                           \
	"  bytes INTEGER NOT NULL,"                               \
	"  wire_bytes INTEGER NOT NULL,"                          \
	"  PRIMARY KEY (run, outcome, status)"                    \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_pattern_totals ("                     \
	"  run INTEGER NOT NULL,"                                 \
	"  pattern TEXT NOT NULL,"                                \
	"  pages_wanted INTEGER NOT NULL,"                        \
	"  pages_unchanged INTEGER NOT NULL,"                     \
	"  pages_tried INTEGER NOT NULL,"                         \
	"  pages_matched INTEGER NOT NULL,"                       \
	"  rows INTEGER NOT NULL,"                                \
	"  empty_fields INTEGER NOT NULL,"                        \
	"  bad_values INTEGER NOT NULL,"                          \
	"  limit_hits INTEGER NOT NULL,"                          \
	"  elapsed_ns INTEGER NOT NULL,"                          \
	"  PRIMARY KEY (run, pattern)"                            \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_run_hosts ("                          \
	"  run INTEGER NOT NULL,"                                 \
	"  host_id INTEGER NOT NULL,"                             \
	"  pages INTEGER NOT NULL,"                               \
	"  failed INTEGER NOT NULL,"                              \
	"  bytes INTEGER NOT NULL,"                               \
	"  delay_ms INTEGER NOT NULL,"                            \
	"  p50_ms REAL NOT NULL,"                                 \
	"  p95_ms REAL NOT NULL,"                                 \
	"  first_ms INTEGER NOT NULL,"                            \
	"  last_ms INTEGER NOT NULL,"                             \
	"  step_ms INTEGER NOT NULL,"                             \
	"  strip BLOB NOT NULL,"                                  \
	"  PRIMARY KEY (run, host_id)"                            \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_counts ("                             \
	"  run INTEGER NOT NULL,"                                 \
	"  what TEXT NOT NULL,"                                   \
	"  value TEXT NOT NULL,"                                  \
	"  pages INTEGER NOT NULL,"                               \
	"  PRIMARY KEY (run, what, value)"                        \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_histograms ("                         \
	"  run INTEGER NOT NULL,"                                 \
	"  what TEXT NOT NULL,"                                   \
	"  bucket INTEGER NOT NULL,"                              \
	"  pages INTEGER NOT NULL,"                               \
	"  PRIMARY KEY (run, what, bucket)"                       \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_examples ("                           \
	"  run INTEGER NOT NULL,"                                 \
	"  what TEXT NOT NULL,"                                   \
	"  name TEXT NOT NULL,"                                   \
	"  place INTEGER NOT NULL,"                               \
	"  url_id INTEGER NOT NULL,"                              \
	"  value INTEGER NOT NULL,"                               \
	"  PRIMARY KEY (run, what, name, place)"                  \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_findings ("                           \
	"  run INTEGER NOT NULL,"                                 \
	"  pattern TEXT NOT NULL,"                                \
	"  field TEXT,"                                           \
	"  pages INTEGER NOT NULL,"                               \
	"  url_id INTEGER NOT NULL,"                              \
	"  line INTEGER,"                                         \
	"  matched TEXT,"                                         \
	"  wanted TEXT,"                                          \
	"  rest TEXT,"                                            \
	"  stood TEXT"                                            \
	") STRICT;"                                               \
	"CREATE TABLE crawl_samples ("                            \
	"  run INTEGER NOT NULL,"                                 \
	"  at_ms INTEGER NOT NULL,"                               \
	"  done INTEGER NOT NULL,"                                \
	"  failed INTEGER NOT NULL,"                              \
	"  skipped INTEGER NOT NULL,"                             \
	"  rows INTEGER NOT NULL,"                                \
	"  wire_bytes INTEGER NOT NULL,"                          \
	"  waits_delay INTEGER NOT NULL,"                         \
	"  waits_answer INTEGER NOT NULL,"                        \
	"  waits_rest INTEGER NOT NULL,"                          \
	"  waits_robots INTEGER NOT NULL,"                        \
	"  waits_us INTEGER NOT NULL,"                            \
	"  in_flight INTEGER NOT NULL,"                           \
	"  is_paused INTEGER NOT NULL,"                           \
	"  cpu_ms INTEGER NOT NULL,"                              \
	"  pattern_ms INTEGER NOT NULL,"                          \
	"  commit_ms INTEGER NOT NULL,"                           \
	"  PRIMARY KEY (run, at_ms)"                              \
	") STRICT, WITHOUT ROWID;"                                \
	"CREATE TABLE crawl_events ("                             \
	"  run INTEGER NOT NULL,"                                 \
	"  at_ms INTEGER NOT NULL,"                               \
	"  kind TEXT NOT NULL,"                                   \
	"  host TEXT,"                                            \
	"  text TEXT"                                             \
	") STRICT;"                                               \
	"CREATE INDEX crawl_events_by_run ON crawl_events (run);" \
	"CREATE INDEX crawl_findings_by_run ON crawl_findings (run);"

/*
 * The views that say what became of a URL: a step of the schema makes them anew.  A page that was
 * answered from its own URL has no final_url of its own.  gone: read once, and not there any more;
 * what was read stays, and is told by this.
 */
#define VIEWS_OF_STATE                                                                         \
	"CREATE VIEW pages AS"                                                                 \
	" SELECT u.url AS url,"                                                                \
	"  CASE " SQLITE_STATE SQLITE_STATE_WORDS " AS state,"                                 \
	"  r.outcome AS outcome, r.status AS status,"                                          \
	"  CASE WHEN r.status THEN coalesce(r.final_url, u.url) ELSE r.final_url END"          \
	"   AS final_url,"                                                                     \
	"  u.depth AS depth, coalesce(q.method, 'GET') AS method, f.url AS from_url,"          \
	"  r.title AS title,"                                                                  \
	"  r.content_type AS content_type, r.charset AS charset,"                              \
	"  r.charset_source AS charset_source, r.size AS size, r.wire_size AS wire_size,"      \
	"  r.fetched_at AS fetched_at, r.elapsed_us / 1000.0 AS elapsed_ms, r.tries AS tries," \
	"  r.error AS error"                                                                   \
	" FROM urls u"                                                                         \
	" LEFT JOIN results r ON r.url_id = u.id"                                              \
	" LEFT JOIN urls f ON f.id = u.from_id"                                                \
	" LEFT JOIN crawl_requests q ON q.url_id = u.id;"                                      \
	"CREATE VIEW gone AS"                                                                  \
	" SELECT u.url AS page_url, r.status AS status, r.fetched_at AS gone_at,"              \
	"  r.read_at AS read_at"                                                               \
	" FROM results r JOIN urls u ON u.id = r.url_id"                                       \
	" WHERE " SQLITE_STATE " = 2 AND r.status IN (404, 410) AND r.read_at IS NOT NULL;"

#endif
