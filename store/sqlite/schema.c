#include "store/sqlite/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* A run, its pass, and the last page's visit, once it has ended. */
#define TABLE_OF_PASSES                                  \
	"CREATE TABLE crawl_passes ("                    \
	"  run_id INTEGER PRIMARY KEY,"                  \
	"  pass INTEGER NOT NULL,"                       \
	"  asks INTEGER NOT NULL," /* enum store_pass */ \
	"  visits INTEGER"                               \
	") STRICT;"

/* What each pattern of a config means, by the config's hash, which results carry. */
#define TABLE_OF_PATTERNS                         \
	"CREATE TABLE crawl_patterns ("           \
	"  config_hash INTEGER NOT NULL,"         \
	"  pattern TEXT NOT NULL COLLATE NOCASE," \
	"  hash INTEGER NOT NULL,"                \
	"  PRIMARY KEY (config_hash, pattern)"    \
	") STRICT, WITHOUT ROWID;"

/* What came of a run's URLs, a row for each host, outcome and status (0: none); and its view. */
#define TABLE_OF_OUTCOMES                                                      \
	"CREATE TABLE crawl_outcomes ("                                        \
	"  run_id INTEGER NOT NULL,"                                           \
	"  host_id INTEGER NOT NULL,"                                          \
	"  outcome TEXT NOT NULL,"                                             \
	"  status INTEGER NOT NULL,"                                           \
	"  pages INTEGER NOT NULL,"                                            \
	"  bytes INTEGER NOT NULL,"                                            \
	"  wire_bytes INTEGER NOT NULL,"                                       \
	"  PRIMARY KEY (run_id, host_id, outcome, status)"                     \
	") STRICT, WITHOUT ROWID;"                                             \
	"CREATE VIEW crawl_outcome_stats AS"                                   \
	" SELECT o.run_id AS run, h.origin AS host, o.outcome AS outcome,"     \
	"  nullif(o.status, 0) AS status, o.pages AS pages, o.bytes AS bytes," \
	"  o.wire_bytes AS wire_bytes"                                         \
	" FROM crawl_outcomes o LEFT JOIN hosts h ON h.id = o.host_id"         \
	" WHERE o.pages > 0;"

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
	"  u.depth AS depth, f.url AS from_url, r.title AS title,"                             \
	"  r.content_type AS content_type, r.charset AS charset,"                              \
	"  r.charset_source AS charset_source, r.size AS size, r.wire_size AS wire_size,"      \
	"  r.fetched_at AS fetched_at, r.elapsed_us / 1000.0 AS elapsed_ms, r.tries AS tries," \
	"  r.error AS error"                                                                   \
	" FROM urls u"                                                                         \
	" LEFT JOIN results r ON r.url_id = u.id"                                              \
	" LEFT JOIN urls f ON f.id = u.from_id;"                                               \
	"CREATE VIEW gone AS"                                                                  \
	" SELECT u.url AS page_url, r.status AS status, r.fetched_at AS gone_at,"              \
	"  r.read_at AS read_at"                                                               \
	" FROM results r JOIN urls u ON u.id = r.url_id"                                       \
	" WHERE " SQLITE_STATE " = 2 AND r.status IN (404, 410) AND r.read_at IS NOT NULL;"

/*
 * The schema of crawl.db; docs/schema.md is its documentation.
 *
 * What grows with the URLs is appended by rowid and has no index besides: an index on
 * their text would cost ten times the rest.  results and bodies stand apart from urls so
 * that a URL's row stays small, and does not change with what becomes of it: its state is
 * that of its result, if that is of the last pass that asked for it.  (Only a link to
 * another site changes, when it is wanted after all.)
 */
static const char schema[] =
	"CREATE TABLE runs ("
	"  id INTEGER PRIMARY KEY,"
	"  started_at TEXT NOT NULL,"
	"  ended_at TEXT,"
	"  ended TEXT,"
	"  pid INTEGER NOT NULL,"
	"  command_line TEXT,"
	"  config_hash TEXT,"
	"  versions TEXT,"
	"  pages INTEGER,"
	"  rows INTEGER"
	") STRICT;" TABLE_OF_PASSES TABLE_OF_PATTERNS "CREATE TABLE hosts ("
	"  id INTEGER PRIMARY KEY,"
	"  origin TEXT NOT NULL UNIQUE,"
	"  pages INTEGER NOT NULL DEFAULT 0,"
	"  errors INTEGER NOT NULL DEFAULT 0,"
	"  delay_ms INTEGER,"
	"  robots TEXT,"
	"  robots_text BLOB,"
	"  robots_at INTEGER," /* ms */
	"  address TEXT,"
	"  held_until INTEGER," /* ms */
	"  waits_until TEXT,"
	"  waits_for TEXT,"
	"  p50_ms REAL,"
	"  p95_ms REAL"
	") STRICT;"
	"CREATE TABLE urls ("
	"  id INTEGER PRIMARY KEY,"
	"  url TEXT NOT NULL,"
	"  host_id INTEGER NOT NULL,"
	"  from_id INTEGER,"
	"  from_where INTEGER,"
	"  depth INTEGER NOT NULL,"
	"  kind INTEGER NOT NULL," /* enum store_url_kind */
	"  lane INTEGER NOT NULL,"
	"  rule INTEGER"
	") STRICT;"
	"CREATE TABLE results ("
	"  url_id INTEGER PRIMARY KEY,"
	"  state INTEGER NOT NULL," /* enum store_state */
	"  pass INTEGER NOT NULL,"
	"  visit INTEGER,"
	"  outcome TEXT NOT NULL,"
	"  status INTEGER,"
	"  final_url TEXT,"
	"  title TEXT,"
	"  content_type TEXT,"
	"  charset TEXT,"
	"  charset_source TEXT,"
	"  size INTEGER,"
	"  wire_size INTEGER,"
	"  fetched_at TEXT,"
	"  elapsed_us INTEGER,"
	"  tries INTEGER NOT NULL,"
	"  error TEXT,"
	"  etag TEXT,"
	"  last_modified TEXT,"
	"  hash INTEGER,"
	"  config_hash INTEGER," /* of the run that read it */
	"  read_at TEXT,"
	"  is_moved INTEGER,"
	"  redirects TEXT,"
	"  unmatched TEXT"
	") STRICT;"
	"CREATE TABLE tries_made ("
	"  url_id INTEGER NOT NULL,"
	"  number INTEGER NOT NULL,"
	"  at TEXT NOT NULL,"
	"  outcome TEXT NOT NULL,"
	"  status INTEGER,"
	"  error TEXT,"
	"  wait_ms INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE bodies ("
	"  url_id INTEGER PRIMARY KEY,"
	"  is_text INTEGER NOT NULL,"
	"  body BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE pattern_figures ("
	"  run_id INTEGER NOT NULL,"
	"  pattern TEXT NOT NULL,"
	"  host_id INTEGER NOT NULL,"
	"  pages_tried INTEGER NOT NULL,"
	"  pages_matched INTEGER NOT NULL,"
	"  rows INTEGER NOT NULL,"
	"  empty_fields INTEGER NOT NULL,"
	"  limit_hits INTEGER NOT NULL,"
	"  elapsed_ns INTEGER NOT NULL,"
	"  PRIMARY KEY (run_id, pattern, host_id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE rejects ("
	"  list TEXT NOT NULL,"
	"  line INTEGER NOT NULL,"
	"  text TEXT,"
	"  reason TEXT NOT NULL"
	") STRICT;" VIEWS_OF_STATE "CREATE VIEW tries AS"
	" SELECT u.url AS url, t.number AS number, t.at AS at, t.outcome AS outcome,"
	"  t.status AS status, t.error AS error, t.wait_ms AS wait_ms"
	" FROM tries_made t JOIN urls u ON u.id = t.url_id;"
	"CREATE VIEW pattern_stats AS"
	" SELECT p.run_id AS run,"
	"  p.pattern AS pattern,"
	"  h.origin AS host,"
	"  p.pages_tried AS pages_tried,"
	"  p.pages_matched AS pages_matched,"
	"  p.rows AS rows,"
	"  p.empty_fields AS empty_fields,"
	"  p.limit_hits AS limit_hits,"
	"  p.elapsed_ns / 1e6 AS elapsed_ms"
	" FROM pattern_figures p"
	" LEFT JOIN hosts h ON h.id = p.host_id;" TABLE_OF_OUTCOMES;

/* A new database, in memory, with the old one's size of page.  Returns NULL if even that fails. */
static sqlite3 *make_new(int64_t page_size)
{
	sqlite3 *db = NULL;
	char *sql = sqlite3_mprintf("PRAGMA page_size = %lld;"
				    "BEGIN;"
				    "PRAGMA application_id = %d;"
				    "PRAGMA user_version = %d;"
				    "%s"
				    "COMMIT;",
				    (long long)page_size, SQLITE_APPLICATION_ID,
				    SQLITE_USER_VERSION, schema);

	if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		sqlite3_close(db);
		db = NULL;
	}
	sqlite3_free(sql);
	return db;
}

/*
 * A copy of a new database over the old one is a single transaction, costs the same
 * whatever the old one holds, and leaves nothing of it.
 */
int sqlite_schema_write(struct sqlite_store *store)
{
	sqlite3_backup *backup;
	int64_t page_size;
	sqlite3 *new;

	if (sqlite_number(store, "PRAGMA page_size", NULL, &page_size))
		return -1;
	new = make_new(page_size);
	if (!new)
		return store_fail(&store->base, STORE_CURE_NONE, "cannot make the schema of %s",
				  store->path);
	backup = sqlite3_backup_init(store->db, "main", new, "main");
	if (backup) {
		int result;

		do /* BUSY comes only after the busy timeout */
			result = sqlite3_backup_step(backup, -1);
		while (result == SQLITE_OK);
		sqlite3_backup_finish(backup);
	}
	sqlite3_close(new);
	return sqlite3_errcode(store->db) == SQLITE_OK ? 0 : sqlite_fail(store);
}

/* ---- older ones ---- */

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
	TABLE_OF_PASSES                                                                        \
	"ALTER TABLE results ADD COLUMN state INTEGER NOT NULL DEFAULT 2;"                     \
	"ALTER TABLE results ADD COLUMN pass INTEGER NOT NULL DEFAULT 1;"                      \
	"ALTER TABLE results ADD COLUMN visit INTEGER;"                                        \
	"ALTER TABLE results ADD COLUMN config_hash INTEGER;"                                  \
	"ALTER TABLE urls ADD COLUMN from_where INTEGER;"                                      \
	"UPDATE results SET pass = " OLD_STATE " <> 0,"                                        \
	" state = CASE " OLD_STATE " WHEN 0 THEN " STATE_OF_OUTCOME " ELSE " OLD_STATE " END," \
	" config_hash = hex_number((SELECT config_hash FROM runs ORDER BY id DESC LIMIT 1));"

/* How each version of the schema becomes the next: [0] makes 2 of 1. */
static const struct {
	const char *sql;
	const char *reader; /* the first crawl that can read what it makes */
} steps[] = {
	{ "ALTER TABLE hosts ADD COLUMN address TEXT;", "0.1" },
	{ "ALTER TABLE hosts ADD COLUMN held_until INTEGER;"
	  "ALTER TABLE results ADD COLUMN is_moved INTEGER;"
	  "ALTER TABLE results ADD COLUMN redirects TEXT;"
	  "ALTER TABLE results ADD COLUMN unmatched TEXT;",
	  "0.1" },
	{ MAKE_PASSES TABLE_OF_OUTCOMES
	  "ALTER TABLE results ADD COLUMN elapsed_us INTEGER;"
	  "UPDATE results SET elapsed_us = 1000 * elapsed_ms;"
	  "ALTER TABLE hosts ADD COLUMN waits_until TEXT;"
	  "ALTER TABLE hosts ADD COLUMN waits_for TEXT;"
	  "DROP VIEW IF EXISTS pages; DROP VIEW IF EXISTS gone;" VIEWS_OF_STATE,
	  "0.2" },
	{ TABLE_OF_PATTERNS, "0.2" },
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
	char *sql = sqlite3_mprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;",
				    steps[version - 1].sql, version + 1);
	int result = sqlite_execute(store, sql);

	sqlite3_free(sql);
	return result; /* closing the database takes a step that was begun back */
}

int sqlite_schema_update(struct sqlite_store *store)
{
	int64_t was = 0, version;

	if (sqlite_number(store, "PRAGMA user_version", NULL, &was))
		return -1;
	if (was < 1 || was >= SQLITE_USER_VERSION)
		return 0;
	if (sqlite3_create_function(store->db, "hex_number", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
				    NULL, hex_number, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(store);
	for (version = was; version < SQLITE_USER_VERSION; version++) {
		if (make_step(store, (int)version))
			return -1;
	}
	snprintf(store->base.notice, sizeof(store->base.notice),
		 "%s: schema %d becomes %d; crawl before %s cannot read it", store->path, (int)was,
		 SQLITE_USER_VERSION, steps[STEP_COUNT - 1].reader);
	return 0;
}

/*
 * What a reader asks is in the words of today: for a database of schema 3, which only a crawl may
 * bring up to date, views of this connection say them.
 */
int sqlite_schema_read_older(struct sqlite_store *store)
{
	static const char views[] =
		"PRAGMA temp_store = MEMORY;"
		"CREATE TEMP VIEW crawl_passes AS"
		" SELECT 1 AS run_id, 1 AS pass, 0 AS asks, NULL AS visits;"
		"CREATE TEMP VIEW hosts AS"
		" SELECT *, NULL AS waits_until, NULL AS waits_for FROM main.hosts;"
		"CREATE TEMP VIEW results AS"
		" SELECT r.*, CASE u.state WHEN 0 THEN 2 ELSE u.state END AS state,"
		"  u.state <> 0 AS pass, NULL AS visit, NULL AS config_hash,"
		"  1000 * r.elapsed_ms AS elapsed_us"
		" FROM main.results r JOIN main.urls u ON u.id = r.url_id;";
	int64_t version = 0;

	if (sqlite_number(store, "PRAGMA user_version", NULL, &version))
		return -1;
	if (version == SQLITE_USER_VERSION)
		return 0;
	if (version == 3)
		return sqlite_execute(store, views);
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%s is of an older crawl (schema %lld): crawl into it to update it",
			  store->path, (long long)version);
}

int sqlite_schema_check(struct sqlite_store *store)
{
	int64_t owner = 0, version = 0;

	if (sqlite_number(store, "PRAGMA application_id", NULL, &owner) ||
	    sqlite_number(store, "PRAGMA user_version", NULL, &version))
		return -1;
	if (owner != SQLITE_APPLICATION_ID)
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%s is not a database of crawl: name another file", store->path);
	if (version > SQLITE_USER_VERSION)
		return store_fail(
			&store->base, STORE_CURE_NONE,
			"%s is of a newer crawl (schema %lld, this one knows %d): use that one",
			store->path, (long long)version, SQLITE_USER_VERSION);
	return 0;
}
