#ifndef POSTGRES_SCHEMA_SQL_H
#define POSTGRES_SCHEMA_SQL_H

/*
 * The schema of a crawl, and the expressions over it that several files ask for.
 *
 * Tables, views and columns are those of a SQLite file (store/sqlite/schema.c) and mean the same;
 * what only a crawl of several machines has stands at the end.  Numbers are bigint where they may
 * be large, and narrower in the tables that grow with the URLs: it is the same to whoever writes
 * arrays of bigint, or compares with one.
 *
 * Texts are compared byte by byte, COLLATE "C", whatever the database's own order is.  What
 * SQLite compares without regard to case (names of patterns) is compared by lower(), and has a
 * unique index over that.  A text that may be longer than an entry of an index (2,704 bytes) stands
 * there by its hash: what is to conflict with it says the same expression.
 */

/* A text of any length, in an index: ON CONFLICT (domain, POSTGRES_HASH("path"), ...). */
#define POSTGRES_HASH(text) "(hashtextextended(" text ", 0))"

/* A value that stands as JSON, as a text: without its quotes. */
#define POSTGRES_PLAIN(json) "(" json "::json #>> '{}')"

/* A pattern's name, in an index. */
#define POSTGRES_NOCASE(name) "(lower(" name "))"

/*
 * What a URL's state is, of `urls u LEFT JOIN results r ON r.url_id = u.id`, as enum store_state.
 * A result of a pass before the last one that asks for it again does not count: passes ask for
 * every root, or for those that crawl_roots has.
 */
/* clang-format off */
#define POSTGRES_LAST_PASS(asks) \
	"(SELECT coalesce(max(pass), 1) FROM crawl_passes WHERE asks = " asks ")"
#define POSTGRES_ROOT_PASS(which) \
	"coalesce((SELECT o." which " FROM crawl_roots o WHERE o.url_id = u.root), 0)"
#define POSTGRES_IS_BEFORE(asks, which) \
	"r.pass < greatest(" POSTGRES_LAST_PASS(asks) ", " POSTGRES_ROOT_PASS(which) ")"
#define POSTGRES_STATE                                                            \
	"CASE WHEN u.kind = 2 THEN 3"                                             \
	" WHEN r.url_id IS NULL OR " POSTGRES_IS_BEFORE("1", "all_pass") " THEN 0" \
	" WHEN r.state = 2 AND " POSTGRES_IS_BEFORE("2", "failed_pass") " THEN 0"  \
	" ELSE r.state END"

/*
 * The same where many are asked for: of `urls u LEFT JOIN results r ON r.url_id = u.id` and
 * POSTGRES_ROOTS.  A join is hashed once; what stands above is a question for each URL.
 */
#define POSTGRES_ROOTS " LEFT JOIN crawl_roots w ON w.url_id = u.root"
#define POSTGRES_JOINED_BEFORE(asks, which) \
	"r.pass < greatest(" POSTGRES_LAST_PASS(asks) ", coalesce(w." which ", 0))"
#define POSTGRES_JOINED_STATE                                                         \
	"CASE WHEN u.kind = 2 THEN 3"                                                 \
	" WHEN r.url_id IS NULL OR " POSTGRES_JOINED_BEFORE("1", "all_pass") " THEN 0" \
	" WHEN r.state = 2 AND " POSTGRES_JOINED_BEFORE("2", "failed_pass") " THEN 0"  \
	" ELSE r.state END"

/* In words: "CASE " POSTGRES_STATE POSTGRES_STATE_WORDS. */
#define POSTGRES_STATE_WORDS                                                      \
	" WHEN 0 THEN 'pending' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'"          \
	" WHEN 3 THEN 'skipped' END"

/* The set of a URL u, which is that of its root. */
#define POSTGRES_SET \
	"(SELECT s.fields FROM urls o JOIN crawl_sets s ON s.id = o.set_id WHERE o.id = u.root)"

/* A moment of the server's clock as times are shown. */
#define POSTGRES_SHOWN_TIME(moment) \
	"to_char((" moment ") AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

/* Of results: what is known of a page is no condition of its next request. */
#define POSTGRES_NO_CONDITIONS "etag = NULL, last_modified = NULL, hash = NULL"
/* clang-format on */

/* All of it, in one text: schema_tables.c. */
extern const char postgres_schema[];

/* What is crawl's own besides names that begin with "crawl_", for IN (...). */
#define POSTGRES_OWN_NAMES                                                               \
	"'runs', 'hosts', 'urls', 'results', 'tries_made', 'bodies', 'pattern_figures'," \
	" 'rejects', 'pages', 'gone', 'tries', 'pattern_stats'"

#endif
