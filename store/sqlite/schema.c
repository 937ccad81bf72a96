#include "store/sqlite/internal.h"

#include <string.h>
#include <strings.h>

/*
 * The schema of crawl.db; docs/schema.md is its documentation.
 *
 * What grows with the crawl is appended by rowid and has no index besides: an index on
 * the URLs' text would cost ten times the rest.  results and bodies stand apart from
 * urls so that a URL's row stays small, for the scan at start-up, and is changed in
 * nothing but its state.
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
	") STRICT;"
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
	"  p50_ms REAL,"
	"  p95_ms REAL"
	") STRICT;"
	"CREATE TABLE urls ("
	"  id INTEGER PRIMARY KEY,"
	"  url TEXT NOT NULL,"
	"  host_id INTEGER NOT NULL,"
	"  from_id INTEGER,"
	"  depth INTEGER NOT NULL,"
	"  state INTEGER NOT NULL DEFAULT 0," /* enum store_state */
	"  kind INTEGER NOT NULL,"            /* enum store_url_kind */
	"  lane INTEGER NOT NULL,"
	"  rule INTEGER"
	") STRICT;"
	"CREATE TABLE results ("
	"  url_id INTEGER PRIMARY KEY,"
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
	"  elapsed_ms INTEGER,"
	"  tries INTEGER NOT NULL,"
	"  error TEXT,"
	"  etag TEXT,"
	"  last_modified TEXT,"
	"  hash INTEGER,"
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
	") STRICT;"
	/* A page that was answered from its own URL has no final_url of its own. */
	"CREATE VIEW pages AS"
	" SELECT u.url AS url,"
	"  CASE u.state WHEN 0 THEN 'pending' WHEN 1 THEN 'done'"
	"   WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' END AS state,"
	"  r.outcome AS outcome,"
	"  r.status AS status,"
	"  CASE WHEN r.status THEN coalesce(r.final_url, u.url) ELSE r.final_url END AS final_url,"
	"  u.depth AS depth,"
	"  f.url AS from_url,"
	"  r.title AS title,"
	"  r.content_type AS content_type,"
	"  r.charset AS charset,"
	"  r.charset_source AS charset_source,"
	"  r.size AS size,"
	"  r.wire_size AS wire_size,"
	"  r.fetched_at AS fetched_at,"
	"  r.elapsed_ms AS elapsed_ms,"
	"  r.tries AS tries,"
	"  r.error AS error"
	" FROM urls u"
	" LEFT JOIN results r ON r.url_id = u.id"
	" LEFT JOIN urls f ON f.id = u.from_id;"
	/* Read once, and not there any more: what was read stays, and is told by this. */
	"CREATE VIEW gone AS"
	" SELECT u.url AS page_url, r.status AS status, r.fetched_at AS gone_at, r.read_at AS "
	"read_at"
	" FROM results r JOIN urls u ON u.id = r.url_id"
	" WHERE u.state = 2 AND r.status IN (404, 410) AND r.read_at IS NOT NULL;"
	"CREATE VIEW tries AS"
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
	" LEFT JOIN hosts h ON h.id = p.host_id;";

/*
 * Names that no pattern may have.  What is made from now on begins with "crawl_", and needs no row
 * here; a test looks for those of a new database.
 */
static const char *const reserved[] = { "pages",           "runs",  "hosts",      "pattern_stats",
				     "rejects",         "urls",  "results",    "bodies",
				     "pattern_figures", "tries", "tries_made", "gone" };

static const char *const reserved_prefixes[] = {
	"crawl_",
	"sqlite_", /* SQLite's own */
	STORE_ROWS_PREFIX,
	STORE_KEY_PREFIX,
};

bool store_name_is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcasecmp(name, reserved[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(reserved_prefixes) / sizeof(reserved_prefixes[0]); i++)
		if (strncasecmp(name, reserved_prefixes[i], strlen(reserved_prefixes[i])) == 0)
			return true;
	return false;
}

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
				    (long long)page_size, STORE_APPLICATION_ID, STORE_USER_VERSION,
				    schema);

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
int store_schema_write(struct store *store)
{
	sqlite3_backup *backup;
	int64_t page_size;
	sqlite3 *new;

	if (store_number(store, "PRAGMA page_size", NULL, &page_size))
		return -1;
	new = make_new(page_size);
	if (!new)
		return store_refuse(store, "cannot make the schema of %s", store->path);
	backup = sqlite3_backup_init(store->db, "main", new, "main");
	if (backup) {
		int result;

		do /* BUSY comes only after the busy timeout */
			result = sqlite3_backup_step(backup, -1);
		while (result == SQLITE_OK);
		sqlite3_backup_finish(backup);
	}
	sqlite3_close(new);
	return sqlite3_errcode(store->db) == SQLITE_OK ? 0 : store_fail(store);
}

/* What each version of the schema was before, and how it becomes the next: [0] makes 2 of 1. */
static const char *const steps[STORE_USER_VERSION - 1] = {
	"ALTER TABLE hosts ADD COLUMN address TEXT;",
	"ALTER TABLE hosts ADD COLUMN held_until INTEGER;"
	"ALTER TABLE results ADD COLUMN is_moved INTEGER;"
	"ALTER TABLE results ADD COLUMN redirects TEXT;"
	"ALTER TABLE results ADD COLUMN unmatched TEXT;",
};

int store_schema_update(struct store *store)
{
	int64_t version = 0;

	if (store_number(store, "PRAGMA user_version", NULL, &version))
		return -1;
	for (; version >= 1 && version < STORE_USER_VERSION; version++) {
		char *sql = sqlite3_mprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;",
					    steps[version - 1], (int)version + 1);
		int result = store_execute(store, sql);

		sqlite3_free(sql);
		if (result)
			return -1; /* closing the database takes a step that was begun back */
	}
	return 0;
}

int store_schema_check(struct store *store)
{
	int64_t owner = 0, version = 0;

	if (store_number(store, "PRAGMA application_id", NULL, &owner) ||
	    store_number(store, "PRAGMA user_version", NULL, &version))
		return -1;
	if (owner != STORE_APPLICATION_ID)
		return store_refuse(store, "%s is not a database of crawl: name another file",
				    store->path);
	if (version > STORE_USER_VERSION)
		return store_refuse(store,
				    "%s was written by a newer crawl (its schema is %lld, this "
				    "one knows %d): use that one, or choose another file",
				    store->path, (long long)version, STORE_USER_VERSION);
	return 0;
}
