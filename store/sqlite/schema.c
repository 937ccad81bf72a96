#include "store/sqlite/schema_sql.h"

#include <stdio.h>

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
	") STRICT;" TABLE_OF_PASSES TABLE_OF_ROOTS TABLE_OF_COOKIES TABLE_OF_PATTERNS
	"CREATE TABLE hosts ("
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
	"  root INTEGER NOT NULL,"
	"  depth INTEGER NOT NULL,"
	"  kind INTEGER NOT NULL," /* enum store_url_kind */
	"  lane INTEGER NOT NULL,"
	"  rule INTEGER,"
	"  set_id INTEGER" /* of crawl_sets */
	") STRICT;" TABLES_OF_REQUESTS "CREATE TABLE results ("
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
	"  unmatched TEXT,"
	"  counts TEXT"
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
	"  pages_wanted INTEGER NOT NULL DEFAULT 0,"
	"  pages_unchanged INTEGER NOT NULL DEFAULT 0,"
	"  bad_values INTEGER NOT NULL DEFAULT 0,"
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
	" FROM tries_made t JOIN urls u ON u.id = t.url_id;" TABLE_OF_FIELDS TABLE_OF_STALE
		TABLES_OF_HISTORY VIEW_OF_PATTERNS TABLE_OF_OUTCOMES COUNT_UNCHANGED
			VIEW_OF_OUTCOMES TABLE_OF_PROXIES TABLES_OF_LOOKS INDEX_OF_FAILED INDEX_OF_TRIES;

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
