#include "store/postgres/schema_sql.h"

/* clang-format off */
#define TEXT "text COLLATE \"C\""

/*
 * What grows with the URLs is appended, and has no index besides its key: one over their texts
 * would cost ten times the rest.  Wide columns stand first, so that rows have no gaps.
 */
#define TABLES_OF_URLS                                                   \
	"CREATE TABLE urls ("                                            \
	"  id bigint PRIMARY KEY,"                                       \
	"  host_id bigint NOT NULL,"                                     \
	"  from_id bigint,"                                              \
	"  root bigint NOT NULL,"                                        \
	"  set_id bigint," /* of crawl_sets */                           \
	"  lane int NOT NULL,"                                           \
	"  rule int,"                                                    \
	"  depth int NOT NULL,"                                          \
	"  from_where smallint,"                                         \
	"  kind smallint NOT NULL," /* enum store_url_kind */            \
	"  url " TEXT " NOT NULL"                                        \
	") WITH (autovacuum_vacuum_insert_scale_factor = 0.02,"          \
	"  autovacuum_freeze_min_age = 0);"                              \
	"CREATE TABLE results ("                                         \
	"  url_id bigint PRIMARY KEY,"                                   \
	"  visit bigint,"                                                \
	"  hash bigint,"                                                 \
	"  config_hash bigint," /* of the run that read it */            \
	"  size bigint,"                                                 \
	"  wire_size bigint,"                                            \
	"  elapsed_us bigint,"                                           \
	"  pass int NOT NULL,"                                           \
	"  tries int NOT NULL,"                                          \
	"  state smallint NOT NULL," /* enum store_state */              \
	"  status smallint,"                                             \
	"  is_moved smallint,"                                           \
	"  outcome " TEXT " NOT NULL,"                                   \
	"  final_url " TEXT ","                                          \
	"  title " TEXT ","                                              \
	"  content_type " TEXT ","                                       \
	"  charset " TEXT ","                                            \
	"  charset_source " TEXT ","                                     \
	"  fetched_at " TEXT ","                                         \
	"  error " TEXT ","                                              \
	"  etag " TEXT ","                                               \
	"  last_modified " TEXT ","                                      \
	"  read_at " TEXT ","                                            \
	"  redirects " TEXT ","                                          \
	"  unmatched " TEXT ","                                          \
	"  counts " TEXT                                                 \
	") WITH (fillfactor = 90, autovacuum_vacuum_insert_scale_factor = 0.02);" \
	"CREATE INDEX crawl_failed ON results (outcome, status, url_id) WHERE state = 2;" \
	"CREATE TABLE tries_made ("                                      \
	"  url_id bigint NOT NULL,"                                      \
	"  wait_ms bigint NOT NULL,"                                     \
	"  number int NOT NULL,"                                         \
	"  status smallint,"                                             \
	"  at " TEXT " NOT NULL,"                                        \
	"  outcome " TEXT " NOT NULL,"                                   \
	"  error " TEXT                                                  \
	");"                                                             \
	"CREATE INDEX crawl_tries ON tries_made (url_id);"               \
	"CREATE TABLE bodies ("                                          \
	"  url_id bigint PRIMARY KEY,"                                   \
	"  is_text bigint NOT NULL,"                                     \
	"  body bytea NOT NULL"                                          \
	");"                                                             \
	"ALTER TABLE bodies ALTER body SET STORAGE EXTERNAL;"            \
	"CREATE TABLE hosts ("                                           \
	"  id bigint PRIMARY KEY,"                                       \
	"  origin " TEXT " NOT NULL UNIQUE,"                             \
	"  pages bigint NOT NULL DEFAULT 0,"                             \
	"  errors bigint NOT NULL DEFAULT 0,"                            \
	"  delay_ms bigint,"                                             \
	"  robots " TEXT ","                                             \
	"  robots_text bytea,"                                           \
	"  robots_at bigint," /* ms */                                   \
	"  address " TEXT ","                                            \
	"  held_until bigint," /* ms */                                  \
	"  waits_until " TEXT ","                                        \
	"  waits_for " TEXT ","                                          \
	"  p50_ms double precision,"                                     \
	"  p95_ms double precision"                                      \
	") WITH (fillfactor = 70);"

/*
 * A list's words about URLs.  A set's number is the hash of its fields; a cookie's is that of its
 * first sight.
 */
#define TABLES_OF_LISTS                                                  \
	"CREATE TABLE crawl_sets ("                                      \
	"  id bigint PRIMARY KEY,"                                       \
	"  fields " TEXT " NOT NULL"                                     \
	");"                                                             \
	"CREATE TABLE crawl_requests ("                                  \
	"  url_id bigint PRIMARY KEY,"                                   \
	"  method " TEXT " NOT NULL,"                                    \
	"  headers " TEXT "," /* lines */                                \
	"  body bytea"                                                   \
	");"                                                             \
	"CREATE TABLE rejects ("                                         \
	"  list " TEXT " NOT NULL,"                                      \
	"  line bigint NOT NULL,"                                        \
	"  text " TEXT ","                                               \
	"  reason " TEXT " NOT NULL"                                     \
	");"                                                             \
	"CREATE TABLE crawl_cookies ("                                   \
	"  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"      \
	"  domain " TEXT " NOT NULL,"                                    \
	"  path " TEXT " NOT NULL,"                                      \
	"  name " TEXT " NOT NULL,"                                      \
	"  value bytea NOT NULL,"                                        \
	"  is_secure bigint NOT NULL,"                                   \
	"  is_http_only bigint NOT NULL,"                                \
	"  expires bigint," /* Unix time, seconds */                     \
	"  file_hash bigint"                                             \
	");"                                                             \
	"CREATE UNIQUE INDEX crawl_cookie ON crawl_cookies"              \
	" (domain, " POSTGRES_HASH("path") ", " POSTGRES_HASH("name") ");"       \
	/* Also where somebody grants all tables to be read: who may be no node sees none. */ \
	"ALTER TABLE crawl_cookies ENABLE ROW LEVEL SECURITY;"

#define TABLES_OF_RUNS                                                   \
	"CREATE TABLE runs ("                                            \
	"  id bigint PRIMARY KEY,"                                       \
	"  started_at " TEXT " NOT NULL,"                                \
	"  ended_at " TEXT ","                                           \
	"  ended " TEXT ","                                              \
	"  pid bigint NOT NULL,"                                         \
	"  command_line " TEXT ","                                       \
	"  config_hash " TEXT ","                                        \
	"  versions " TEXT ","                                           \
	"  pages bigint,"                                                \
	"  rows bigint,"                                                 \
	"  pass bigint NOT NULL DEFAULT 1,"                              \
	"  asks bigint NOT NULL DEFAULT 0," /* enum store_pass */        \
	"  is_of_all bool NOT NULL DEFAULT false"                        \
	");"                                                             \
	"CREATE UNIQUE INDEX crawl_open_run ON runs ((true)) WHERE ended IS NULL;" \
	"CREATE TABLE crawl_passes ("                                    \
	"  run_id bigint PRIMARY KEY,"                                   \
	"  pass bigint NOT NULL,"                                        \
	"  asks bigint NOT NULL," /* enum store_pass */                  \
	"  visits bigint,"                                               \
	"  named bigint"                                                 \
	");"                                                             \
	"CREATE TABLE crawl_roots ("                                     \
	"  url_id bigint PRIMARY KEY,"                                   \
	"  all_pass bigint NOT NULL DEFAULT 0,"                          \
	"  failed_pass bigint NOT NULL DEFAULT 0"                        \
	");"                                                             \
	"CREATE TABLE crawl_patterns ("                                  \
	"  config_hash bigint NOT NULL,"                                 \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  hash bigint NOT NULL"                                         \
	");"                                                             \
	"CREATE UNIQUE INDEX crawl_pattern ON crawl_patterns"            \
	" (config_hash, " POSTGRES_NOCASE("pattern") ");"

/* What is added up, by all nodes in the same rows. */
#define TABLES_OF_SUMS                                                   \
	"CREATE TABLE pattern_figures ("                                 \
	"  run_id bigint NOT NULL,"                                      \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  host_id bigint NOT NULL,"                                     \
	"  pages_tried bigint NOT NULL,"                                 \
	"  pages_matched bigint NOT NULL,"                               \
	"  rows bigint NOT NULL,"                                        \
	"  empty_fields bigint NOT NULL,"                                \
	"  limit_hits bigint NOT NULL,"                                  \
	"  elapsed_ns bigint NOT NULL,"                                  \
	"  pages_wanted bigint NOT NULL DEFAULT 0,"                      \
	"  pages_unchanged bigint NOT NULL DEFAULT 0,"                   \
	"  bad_values bigint NOT NULL DEFAULT 0,"                        \
	"  PRIMARY KEY (run_id, pattern, host_id)"                       \
	") WITH (fillfactor = 80);"                                      \
	"CREATE TABLE crawl_field_figures ("                             \
	"  run_id bigint NOT NULL,"                                      \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  field " TEXT " NOT NULL,"                                     \
	"  rows bigint NOT NULL,"                                        \
	"  filled bigint NOT NULL,"                                      \
	"  bad bigint NOT NULL,"                                         \
	"  PRIMARY KEY (run_id, pattern, field)"                         \
	") WITH (fillfactor = 80);"                                      \
	"CREATE TABLE crawl_outcomes ("                                  \
	"  run_id bigint NOT NULL,"                                      \
	"  host_id bigint NOT NULL,"                                     \
	"  outcome " TEXT " NOT NULL,"                                   \
	"  status bigint NOT NULL," /* 0: none */                        \
	"  pages bigint NOT NULL,"                                       \
	"  bytes bigint NOT NULL,"                                       \
	"  wire_bytes bigint NOT NULL,"                                  \
	"  unchanged bigint NOT NULL DEFAULT 0,"                         \
	"  PRIMARY KEY (run_id, host_id, outcome, status)"               \
	") WITH (fillfactor = 80);"                                      \
	"CREATE TABLE crawl_totals ("                                    \
	"  run bigint NOT NULL,"                                         \
	"  outcome " TEXT " NOT NULL,"                                   \
	"  status bigint NOT NULL," /* 0: none */                        \
	"  pages bigint NOT NULL,"                                       \
	"  unchanged bigint NOT NULL,"                                   \
	"  bytes bigint NOT NULL,"                                       \
	"  wire_bytes bigint NOT NULL,"                                  \
	"  PRIMARY KEY (run, outcome, status)"                           \
	") WITH (fillfactor = 50);"                                      \
	"CREATE TABLE crawl_pattern_totals ("                            \
	"  run bigint NOT NULL,"                                         \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  pages_wanted bigint NOT NULL,"                                \
	"  pages_unchanged bigint NOT NULL,"                             \
	"  pages_tried bigint NOT NULL,"                                 \
	"  pages_matched bigint NOT NULL,"                               \
	"  rows bigint NOT NULL,"                                        \
	"  empty_fields bigint NOT NULL,"                                \
	"  bad_values bigint NOT NULL,"                                  \
	"  limit_hits bigint NOT NULL,"                                  \
	"  elapsed_ns bigint NOT NULL,"                                  \
	"  PRIMARY KEY (run, pattern)"                                   \
	") WITH (fillfactor = 50);"

/* What is stale, and what rows with a history were before. */
#define TABLES_OF_HISTORY                                                \
	"CREATE TABLE crawl_stale_pages ("                               \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  url_id bigint NOT NULL,"                                      \
	"  run_id bigint NOT NULL"                                       \
	");"                                                             \
	"CREATE UNIQUE INDEX crawl_stale_page ON crawl_stale_pages"      \
	" (" POSTGRES_NOCASE("pattern") ", url_id);"                     \
	"CREATE TABLE crawl_known_rows ("                                \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  key " TEXT " NOT NULL," /* JSON, an array */                  \
	"  shown " TEXT "," /* JSON, as old and new below */             \
	"  first_run bigint NOT NULL,"                                   \
	"  last_run bigint NOT NULL,"                                    \
	"  gone_run bigint,"                                             \
	"  row " TEXT " NOT NULL" /* JSON, an object */                  \
	");"                                                             \
	"CREATE UNIQUE INDEX crawl_known_row ON crawl_known_rows"        \
	" (" POSTGRES_NOCASE("pattern") ", " POSTGRES_HASH("key") ");"   \
	"CREATE TABLE crawl_row_changes ("                               \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  key " TEXT " NOT NULL,"                                       \
	"  run_id bigint NOT NULL,"                                      \
	"  field " TEXT ","                                              \
	"  old " TEXT ","                                                \
	"  new " TEXT                                                    \
	");"

/*
 * What a run was like, for those who look at it.  Each node has rows of its own, which take the
 * place of those that it wrote before; 0 is nobody's, of a crawl that was copied.
 */
#define TABLES_OF_LOOKS                                                  \
	"CREATE TABLE crawl_proxies ("                                   \
	"  run_id bigint NOT NULL,"                                      \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  proxy " TEXT " NOT NULL,"                                     \
	"  pages bigint NOT NULL,"                                       \
	"  failures bigint NOT NULL,"                                    \
	"  rests bigint NOT NULL,"                                       \
	"  rests_until " TEXT ","                                        \
	"  error " TEXT "," /* the last one */                           \
	"  PRIMARY KEY (run_id, node, proxy)"                            \
	") WITH (fillfactor = 50);"                                      \
	"CREATE TABLE crawl_run_hosts ("                                 \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  host_id bigint NOT NULL,"                                     \
	"  pages bigint NOT NULL,"                                       \
	"  failed bigint NOT NULL,"                                      \
	"  bytes bigint NOT NULL,"                                       \
	"  delay_ms bigint NOT NULL,"                                    \
	"  p50_ms double precision NOT NULL,"                            \
	"  p95_ms double precision NOT NULL,"                            \
	"  first_ms bigint NOT NULL,"                                    \
	"  last_ms bigint NOT NULL,"                                     \
	"  step_ms bigint NOT NULL,"                                     \
	"  strip bytea NOT NULL,"                                        \
	"  PRIMARY KEY (run, node, host_id)"                             \
	") WITH (fillfactor = 50);"                                      \
	"CREATE TABLE crawl_counts ("                                    \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  what " TEXT " NOT NULL,"                                      \
	"  value " TEXT " NOT NULL,"                                     \
	"  pages bigint NOT NULL,"                                       \
	"  PRIMARY KEY (run, node, what, value)"                         \
	") WITH (fillfactor = 50);"                                      \
	"CREATE TABLE crawl_histograms ("                                \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  what " TEXT " NOT NULL,"                                      \
	"  bucket bigint NOT NULL,"                                      \
	"  pages bigint NOT NULL,"                                       \
	"  PRIMARY KEY (run, node, what, bucket)"                        \
	") WITH (fillfactor = 50);"                                      \
	"CREATE TABLE crawl_examples ("                                  \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  what " TEXT " NOT NULL,"                                      \
	"  name " TEXT " NOT NULL,"                                      \
	"  place bigint NOT NULL,"                                       \
	"  url_id bigint NOT NULL,"                                      \
	"  value bigint NOT NULL,"                                       \
	"  PRIMARY KEY (run, node, what, name, place)"                   \
	") WITH (fillfactor = 50);"                                      \
	"CREATE TABLE crawl_findings ("                                  \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  pattern " TEXT " NOT NULL,"                                   \
	"  field " TEXT ","                                              \
	"  pages bigint NOT NULL,"                                       \
	"  url_id bigint NOT NULL,"                                      \
	"  line bigint,"                                                 \
	"  matched " TEXT ","                                            \
	"  wanted " TEXT ","                                             \
	"  rest " TEXT ","                                               \
	"  stood " TEXT                                                  \
	");"                                                             \
	"CREATE INDEX crawl_findings_by_run ON crawl_findings (run);"    \
	"CREATE TABLE crawl_samples ("                                   \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  at_ms bigint NOT NULL,"                                       \
	"  done bigint NOT NULL,"                                        \
	"  failed bigint NOT NULL,"                                      \
	"  skipped bigint NOT NULL,"                                     \
	"  rows bigint NOT NULL,"                                        \
	"  wire_bytes bigint NOT NULL,"                                  \
	"  waits_delay bigint NOT NULL,"                                 \
	"  waits_answer bigint NOT NULL,"                                \
	"  waits_rest bigint NOT NULL,"                                  \
	"  waits_robots bigint NOT NULL,"                                \
	"  waits_us bigint NOT NULL,"                                    \
	"  in_flight bigint NOT NULL,"                                   \
	"  is_paused bigint NOT NULL,"                                   \
	"  cpu_ms bigint NOT NULL,"                                      \
	"  pattern_ms bigint NOT NULL,"                                  \
	"  commit_ms bigint NOT NULL,"                                   \
	"  PRIMARY KEY (run, node, at_ms)"                               \
	");"                                                             \
	"CREATE TABLE crawl_events ("                                    \
	"  run bigint NOT NULL,"                                         \
	"  node bigint NOT NULL DEFAULT 0,"                              \
	"  at_ms bigint NOT NULL,"                                       \
	"  kind " TEXT " NOT NULL,"                                      \
	"  host " TEXT ","                                               \
	"  text " TEXT                                                   \
	");"                                                             \
	"CREATE INDEX crawl_events_by_run ON crawl_events (run);"

/* What nodes live by: times here are the server's. */
#define TABLES_OF_NODES                                                  \
	"CREATE TABLE crawl_nodes ("                                     \
	"  id bigint PRIMARY KEY,"                                       \
	"  run bigint," /* NULL: of none, and alone */                   \
	"  name " TEXT " NOT NULL,"                                      \
	"  pid int NOT NULL,"                                            \
	"  joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),"    \
	"  lease_until timestamptz NOT NULL,"                            \
	"  is_seeding bool NOT NULL DEFAULT false,"                      \
	"  idle_at bigint DEFAULT -1," /* no batch: it says so in one */                                              \
	"  order_seen bigint NOT NULL DEFAULT 0,"                        \
	"  in_flight bigint NOT NULL DEFAULT 0,"                         \
	"  queued bigint NOT NULL DEFAULT 0,"                            \
	"  unspent bigint NOT NULL DEFAULT 0," /* of max_pages, at most */ \
	"  versions " TEXT ","                                           \
	"  parses " TEXT "," /* how, of who parses pages again */        \
	"  trouble " TEXT /* why it cannot write just now */             \
	") WITH (fillfactor = 30);"                                      \
	"CREATE TABLE crawl_parses (" /* whose pages are whose to parse again */ \
	"  share int PRIMARY KEY,"                                       \
	"  node bigint REFERENCES crawl_nodes ON DELETE SET NULL,"       \
	"  done bigint NOT NULL DEFAULT 0," /* of its pages, in their order */ \
	"  is_all bool NOT NULL DEFAULT false"                           \
	");"                                                             \
	"CREATE TABLE crawl_parses_agreed (" /* by who began */          \
	"  one bool PRIMARY KEY DEFAULT true CHECK (one),"               \
	"  what " TEXT " NOT NULL"                                       \
	");"                                                             \
	"CREATE POLICY crawl_of_nodes ON crawl_cookies"  \
	" USING (has_table_privilege(current_user, 'crawl_nodes'::regclass, 'INSERT'));"  \
	"CREATE TABLE crawl_batches ("                                   \
	"  node bigint NOT NULL REFERENCES crawl_nodes ON DELETE CASCADE," \
	"  n bigint NOT NULL,"                                           \
	"  token bigint NOT NULL,"                                       \
	"  at timestamptz NOT NULL DEFAULT clock_timestamp(),"           \
	"  pages bigint NOT NULL DEFAULT 0,"                                \
	"  rows bigint NOT NULL DEFAULT 0,"                                 \
	"  PRIMARY KEY (node, n)"                                        \
	");"                                                             \
	"CREATE TABLE crawl_past_nodes ("                                \
	"  id bigint NOT NULL,"                                          \
	"  run bigint,"                                                  \
	"  name " TEXT " NOT NULL,"                                      \
	"  joined_at timestamptz NOT NULL,"                              \
	"  left_at timestamptz NOT NULL DEFAULT clock_timestamp(),"      \
	"  ended " TEXT ","                                              \
	"  pages bigint NOT NULL DEFAULT 0,"                             \
	"  rows bigint NOT NULL DEFAULT 0"                               \
	");"                                                             \
	"CREATE TABLE crawl_shares ("                                    \
	"  share int PRIMARY KEY,"                                       \
	"  node bigint REFERENCES crawl_nodes ON DELETE SET NULL"        \
	") WITH (fillfactor = 30);"                                      \
	"CREATE INDEX crawl_shares_of ON crawl_shares (node);"           \
	"CREATE TABLE crawl_quotas ("                                    \
	"  run bigint NOT NULL,"                                         \
	"  name " TEXT " NOT NULL,"                                      \
	"  total bigint NOT NULL,"                                       \
	"  granted bigint NOT NULL DEFAULT 0,"                           \
	"  PRIMARY KEY (run, name)"                                      \
	") WITH (fillfactor = 30);"                                      \
	"CREATE TABLE crawl_orders ("                                    \
	"  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"          \
	"  run bigint NOT NULL,"                                         \
	"  at timestamptz NOT NULL DEFAULT clock_timestamp(),"           \
	"  what " TEXT " NOT NULL,"                                      \
	"  text " TEXT " NOT NULL DEFAULT ''"                            \
	");"                                                             \
	"CREATE TABLE crawl_lists ("                                     \
	"  run bigint NOT NULL,"                                         \
	"  hash bigint NOT NULL,"                                        \
	"  name " TEXT " NOT NULL,"                                      \
	"  node bigint NOT NULL,"                                        \
	"  is_read bool NOT NULL DEFAULT false,"                         \
	"  PRIMARY KEY (run, hash)"                                      \
	");"                                                             \
	"CREATE TABLE crawl_files ("                                     \
	"  run bigint NOT NULL,"                                         \
	"  place int NOT NULL,"                                          \
	"  name " TEXT " NOT NULL,"                                      \
	"  text " TEXT " NOT NULL,"                                      \
	"  PRIMARY KEY (run, place)"                                     \
	");"                                                             \
	"CREATE TABLE crawl_named (" /* roots that a run names, if it is not of all */ \
	"  run bigint NOT NULL,"                                         \
	"  root bigint NOT NULL,"                                        \
	"  PRIMARY KEY (run, root)"                                      \
	");"                                                             \
	"CREATE TABLE crawl_inbox ("                                     \
	"  share int NOT NULL,"                                          \
	"  n int NOT NULL,"                                              \
	"  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),"              \
	"  from_id bigint,"                                              \
	"  root bigint,"                                                 \
	"  key bigint,"                                                  \
	"  depth int,"                                                   \
	"  lane int,"                                                    \
	"  rule int,"                                                    \
	"  kind smallint NOT NULL," /* enum store_letter_kind */         \
	"  from_where smallint,"                                         \
	"  url_kind smallint,"                                           \
	"  is_named bool NOT NULL DEFAULT false,"                        \
	"  url " TEXT ","                                                \
	"  set_fields " TEXT ","                                         \
	"  method " TEXT ","                                             \
	"  headers " TEXT ","                                            \
	"  body bytea,"                                                  \
	"  words bytea,"                                                 \
	"  PRIMARY KEY (share, xid, n)"                                  \
	") WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);" \
	"CREATE INDEX crawl_lent ON crawl_inbox (key) WHERE kind = 1;" /* a VISIT */ \
	"INSERT INTO crawl_shares (share) SELECT generate_series(0, 4095);"

/*
 * A page that was answered from its own URL has no final_url of its own.  gone: read once, and not
 * there any more; what was read stays, and is told by this.
 */
#define VIEWS_OF_STATE                                                   \
	"CREATE VIEW pages AS"                                           \
	" SELECT u.url AS url,"                                          \
	"  CASE " POSTGRES_JOINED_STATE POSTGRES_STATE_WORDS " AS state,"       \
	"  r.outcome AS outcome, r.status AS status,"                    \
	"  CASE WHEN r.status <> 0 THEN coalesce(r.final_url, u.url) ELSE r.final_url END" \
	"   AS final_url,"                                               \
	"  u.depth AS depth, coalesce(q.method, 'GET') AS method, f.url AS from_url," \
	"  r.title AS title,"                                            \
	"  r.content_type AS content_type, r.charset AS charset,"        \
	"  r.charset_source AS charset_source, r.size AS size, r.wire_size AS wire_size," \
	"  r.fetched_at AS fetched_at,"                                  \
	"  r.elapsed_us / 1000.0::double precision AS elapsed_ms, r.tries AS tries," \
	"  r.error AS error"                                             \
	" FROM urls u"                                                   \
	" LEFT JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS         \
	" LEFT JOIN urls f ON f.id = u.from_id"                          \
	" LEFT JOIN crawl_requests q ON q.url_id = u.id;"                \
	"CREATE VIEW gone AS"                                            \
	" SELECT u.url AS page_url, r.status AS status, r.fetched_at AS gone_at," \
	"  r.read_at AS read_at"                                         \
	" FROM results r JOIN urls u ON u.id = r.url_id" POSTGRES_ROOTS  \
	" WHERE " POSTGRES_JOINED_STATE " = 2 AND r.status IN (404, 410) AND r.read_at IS NOT NULL;" \
	"CREATE VIEW tries AS"                                           \
	" SELECT u.url AS url, t.number AS number, t.at AS at, t.outcome AS outcome," \
	"  t.status AS status, t.error AS error, t.wait_ms AS wait_ms"   \
	" FROM tries_made t JOIN urls u ON u.id = t.url_id;"

#define VIEWS_OF_FIGURES                                                 \
	"CREATE VIEW pattern_stats AS"                                   \
	" SELECT p.run_id AS run, p.pattern AS pattern, h.origin AS host," \
	"  p.pages_wanted AS pages_wanted, p.pages_unchanged AS pages_unchanged," \
	"  p.pages_tried AS pages_tried, p.pages_matched AS pages_matched," \
	"  p.rows AS rows, p.empty_fields AS empty_fields,"              \
	"  p.bad_values AS bad_values, p.limit_hits AS limit_hits,"      \
	"  p.elapsed_ns / 1e6::double precision AS elapsed_ms"           \
	" FROM pattern_figures p LEFT JOIN hosts h ON h.id = p.host_id;" \
	"CREATE VIEW crawl_field_stats AS"                               \
	" SELECT run_id AS run, pattern, field, rows, filled, bad"       \
	" FROM crawl_field_figures;"                                     \
	"CREATE VIEW crawl_outcome_stats AS"                             \
	" SELECT o.run_id AS run, h.origin AS host, o.outcome AS outcome," \
	"  nullif(o.status, 0) AS status, o.pages AS pages, o.bytes AS bytes," \
	"  o.wire_bytes AS wire_bytes, o.unchanged AS unchanged"         \
	" FROM crawl_outcomes o LEFT JOIN hosts h ON h.id = o.host_id"   \
	" WHERE o.pages > 0;"                                            \
	"CREATE VIEW crawl_stale AS"                                     \
	" SELECT s.pattern AS pattern, u.url AS page_url, s.run_id AS since_run" \
	" FROM crawl_stale_pages s JOIN urls u ON u.id = s.url_id;"      \
	"CREATE VIEW crawl_seen AS"                                      \
	" SELECT k.pattern AS pattern, " POSTGRES_PLAIN("k.shown") " AS key," \
	"  f.started_at AS first_seen, l.started_at AS last_seen,"       \
	"  k.first_run AS first_run, k.last_run AS last_run, k.gone_run AS gone_run" \
	" FROM crawl_known_rows k LEFT JOIN runs f ON f.id = k.first_run" \
	" LEFT JOIN runs l ON l.id = k.last_run;"                        \
	"CREATE VIEW crawl_history AS"                                   \
	" SELECT c.pattern AS pattern, " POSTGRES_PLAIN("k.shown") " AS key, c.run_id AS run," \
	"  r.started_at AS at, c.field AS field, " POSTGRES_PLAIN("c.old") " AS old," \
	"  " POSTGRES_PLAIN("c.new") " AS new"                          \
	" FROM crawl_row_changes c LEFT JOIN crawl_known_rows k"         \
	"  ON " POSTGRES_NOCASE("k.pattern") " = " POSTGRES_NOCASE("c.pattern") \
	"  AND " POSTGRES_HASH("k.key") " = " POSTGRES_HASH("c.key") " AND k.key = c.key" \
	" LEFT JOIN runs r ON r.id = c.run_id;"

/* A row a node that lives. */
#define VIEW_OF_NODES                                                    \
	"CREATE VIEW crawl_status_nodes AS"                              \
	" SELECT k.name AS name, " POSTGRES_SHOWN_TIME("k.joined_at") " AS since," \
	"  (SELECT count(*) FROM crawl_shares s WHERE s.node = k.id) AS shares," \
	"  (SELECT coalesce(sum(b.pages), 0) FROM crawl_batches b WHERE b.node = k.id" \
	"   AND b.at > clock_timestamp() - interval '10 s')::double precision / 10" \
	"   AS pages_per_s,"                                             \
	"  k.in_flight AS in_flight, k.queued AS queued,"                \
	"  greatest(0, extract(epoch FROM clock_timestamp() - k.lease_until))::double precision" \
	"   AS late_s,"                                                  \
	"  k.trouble AS trouble, k.run AS run, k.pid AS pid, k.id AS node" \
	" FROM crawl_nodes k;"

/* Whose it is, and the secret under which hashes are made. */
#define TABLE_OF_META                                                    \
	"CREATE TABLE crawl_meta ("                                      \
	"  one bool PRIMARY KEY DEFAULT true CHECK (one),"               \
	"  application " TEXT " NOT NULL,"                               \
	"  schema_version int NOT NULL,"                                 \
	"  secret bigint NOT NULL,"                                      \
	"  shares int NOT NULL"                                          \
	");"
/* clang-format on */

const char postgres_schema[] =
	TABLE_OF_META TABLES_OF_RUNS TABLES_OF_URLS TABLES_OF_LISTS TABLES_OF_SUMS TABLES_OF_HISTORY
		TABLES_OF_LOOKS TABLES_OF_NODES VIEWS_OF_STATE VIEWS_OF_FIGURES VIEW_OF_NODES;
