#ifndef STORE_H
#define STORE_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * store: crawl.db, in verbs of the crawl.
 *
 * One writer a database, held from store_open() to store_close(); readers come and go.  A child
 * forked meanwhile holds it too while it keeps descriptors it inherited: it must close them.
 * Writing verbs open a transaction by themselves; store_commit() makes all since the last
 * commit durable as one.  A process that dies in between leaves the state of that commit.
 *
 * Every verb that can fail returns -1 (or NULL, or 0 for an id) and leaves one line fit
 * for the user in store_error(); after that every writing verb fails with the same line, and
 * store_close() leaves the state of the last commit.
 *
 * Tables and columns are documented in docs/schema.md.
 */
struct store;

#define STORE_ERROR_MAX 512

/* Borrowed bytes, UTF-8 unless said otherwise.  {NULL, 0} is SQL's NULL. */
struct store_text {
	const char *at;
	size_t size;
};

enum store_kind { STORE_NULL, STORE_TEXT, STORE_INTEGER, STORE_REAL, STORE_BLOB };

struct store_value {
	enum store_kind kind;
	int64_t integer;
	double real;
	struct store_text text; /* TEXT, BLOB */
};

/* ---- a writer: open, one run, close ---- */

/*
 * Open the database at path to crawl into it; it is created where it is missing.
 * With fresh, an existing one is emptied of everything first (and only if it is ours).
 * Returns NULL with the reason in error: not a database, not ours, from a newer crawl,
 * read-only, in use by another crawl, disk full.
 */
struct store *store_open(const char *path, bool fresh, char error[STORE_ERROR_MAX]);

/* Roll back what is not committed, checkpoint, release.  NULL is allowed. */
void store_close(struct store *store);

const char *store_error(const struct store *store);

struct store_run {
	const char *command_line;
	const char *versions; /* "crawl 0.1.0 libcurl 7.88.1 ..." */
	uint64_t config_hash;
	bool is_new_pass; /* all but links to other sites are to be asked again */
	bool is_retry;    /* every URL that failed is to be asked again */
};

struct store_totals {
	uint64_t pending, done, failed, skipped, pages, rows;
};

/* What stands in the database now; pages: with a result.  It is counted: not for every tick. */
int store_totals(struct store *store, struct store_totals *totals);

/* The last run. */
struct store_last_run {
	bool is_finished; /* it ended with nothing pending (also if there was none) */
	int64_t ended_ms; /* Unix time, or 0: it was killed */
	uint64_t config_hash;
};
int store_last_run(struct store *store, struct store_last_run *last);

/*
 * Begin a run: an earlier one that never ended was killed, and is noted as that.  With another
 * config than the last run's, what store_validators() knows is forgotten: an unchanged page has to
 * be read again.  Commits,
 * so that others see who is writing.  Returns its number, from 1, or 0.
 */
int64_t store_run_begin(struct store *store, const struct store_run *run);

/* End it: "finished", "interrupted", "max_pages", "max_time", "failed".  Commits. */
int store_run_end(struct store *store, const char *how);

/* ---- tables made from patterns ---- */

struct store_column {
	const char *name;
	enum store_kind kind; /* TEXT, INTEGER or REAL */
};

struct store_table {
	const char *name;
	const struct store_column *columns;
	size_t column_count;
	const char *const *key; /* names of columns: UNIQUE, a second sight updates the row */
	size_t key_count;
};

/*
 * Create the table of a pattern, or bring it up to date: new columns are added, a new
 * key replaces the old, nothing is dropped.  A column whose type changed is an error.
 * Returns its handle, from 1, or 0.
 */
int store_table(struct store *store, const struct store_table *table);

/*
 * Is this name one that crawl's own tables, views and indexes have, or may have one day, in any
 * case?  No pattern may be called so.
 */
bool store_name_is_reserved(const char *name);

/* Why a field cannot be called so, for every table has such a column; or NULL: it can.  Static. */
const char *store_column_problem(struct slice name);

/*
 * Could it be a table, as far as its names say?  For a look at patterns without a database:
 * names of crawl's own tables, names that differ only in case, a key that is no column.
 * Returns 0, or -1 with the reason in error.
 */
int store_check_table(const struct store_table *table, char error[STORE_ERROR_MAX]);

/* ---- URLs: the durable side of the frontier ---- */

enum store_state { STORE_PENDING, STORE_DONE, STORE_FAILED, STORE_SKIPPED };

/* A host (scheme, name, port) by its origin; made where it is new.  Returns its id, or 0. */
int64_t store_host(struct store *store, struct store_text origin);

/* What is to be done with a URL's answer; OUTSIDE: nobody asks, it leads to another site. */
enum store_url_kind { STORE_URL_PAGE, STORE_URL_SITEMAP, STORE_URL_OUTSIDE };

struct store_url {
	struct store_text url;
	int64_t host_id;
	int64_t from_id; /* the page whose link it was, or 0: a seed */
	int depth;
	enum store_url_kind kind;
	int lane; /* of its host's queue: the frontier's number */
	int rule; /* of follow: its number from 1, or 0 */
};

/* Add a URL as pending.  The caller has made sure that it is new.  Returns its id, or 0. */
int64_t store_add_url(struct store *store, const struct store_url *url);

/* A URL that was OUTSIDE is wanted after all: it is pending, found as this says. */
int store_want_url(struct store *store, int64_t url_id, const struct store_url *url);

/*
 * What it is, as it was added.  Its text is valid until the next call; at is NULL if there is no
 * such id.
 */
struct store_url store_url(struct store *store, int64_t url_id);

/* The id of a URL, by its canonical text, or 0.  There is no index: it reads every URL. */
int64_t store_find_url(struct store *store, struct store_text url);

struct store_known {
	int64_t url_id, host_id;
	enum store_state state;
	enum store_url_kind kind;
	int depth, lane, rule;
	struct store_text url;
};

/* A host, and its robots.txt as it was read last: state {NULL, 0} if it never was. */
struct store_known_host {
	int64_t host_id;
	struct store_text origin, robots_state, robots;
	int64_t robots_at_ms;
	struct store_text address; /* that answered last: "192.0.2.1" */
	int64_t held_until_ms;     /* Unix time before which it does not want to be asked, or 0 */
};

/*
 * Every URL, and every host, in the order they were added: what start-up rebuilds its memory
 * from.  Stops when function says -1.  Returns 0, also then.
 */
int store_each_url(struct store *store,
		   int (*function)(void *context, const struct store_known *known), void *context);
int store_each_host(struct store *store,
		    int (*function)(void *context, const struct store_known_host *host),
		    void *context);

/* Forget what was rejected of this list (its name), and note a line that was rejected. */
int store_clear_rejects(struct store *store, const char *list);
int store_add_reject(struct store *store, const char *list, uint64_t line, struct store_text text,
		     const char *reason);

/* ---- pages ---- */

/* What became of a URL.  Absent texts are {NULL, 0}; absent numbers 0. */
struct store_page {
	int64_t url_id;
	enum store_state state;
	const char *outcome; /* of the one vocabulary: "ok", "http_error", ... */
	int status;          /* HTTP's, or 0 */
	struct store_text final_url, title, content_type, charset, charset_source, error;
	struct store_text redirects; /* that led to final_url: "301 http://a/, 302 http://b/" */
	struct store_text etag, last_modified;
	struct store_text body; /* compressed text to keep, or absent */
	bool is_moved;          /* final_url is where permanent redirects alone led */
	bool body_is_text; /* the kept body is the UTF-8 text; otherwise the bytes as they came */
	int64_t size, wire_size;
	int64_t fetched_at_ms; /* Unix time */
	int64_t elapsed_ms;
	int tries;
	uint64_t hash; /* of the text; 0: none */

	/*
	 * The page was not read this time: it had not changed, or could not be fetched.  Rows,
	 * the kept body, and what describes them stay as the visit that read it left them.
	 */
	bool keeps_content;
};

/*
 * Write a page and its URL's state.  Rows and body of an earlier visit are taken away,
 * unless the page keeps_content.  A final_url that is the URL itself may be left out.
 */
int store_page(struct store *store, const struct store_page *page);

/* A page that was read before is good as it stands: its URL is done, and nothing else changes. */
int store_page_stands(struct store *store, int64_t url_id);

/*
 * Change the outcome of the page last written, and say why: a pattern ran out of its budget.
 * Its rows are incomplete: the next visit must not take it for unchanged.
 */
int store_page_outcome(struct store *store, const char *outcome, const char *error);

/* The patterns that were tried on the page last written and matched nothing: "titles, films". */
int store_page_unmatched(struct store *store, struct store_text patterns);

/* Take away the rows of a page, whose rows then follow: nothing else about it changes. */
int store_page_again(struct store *store, int64_t url_id);

#define STORE_ROWS_MAX (1u << 24) /* of one page and table */

/*
 * Add a row to the page last written: number is its place there, below STORE_ROWS_MAX, and
 * comes once.  values in the order of the table's columns.  Commit between pages, not within one.
 */
int store_row(struct store *store, int table, uint32_t number, const struct store_value *values);

/*
 * What tells whether a page changed: to be sent, so that an unchanged one is not sent again, and to
 * compare with.  Absent or 0 where nothing is known.  Valid until the next call.
 */
struct store_validators {
	struct store_text etag, last_modified;
	uint64_t hash;
	int64_t fetched_at_ms;
	bool is_good;               /* it ended as "ok" or "not_modified" */
	bool is_redirected;         /* they are of another URL, where redirects led */
	struct store_text moved_to; /* where permanent redirects led, or absent: it may be asked
				       instead, and then they are its own */
};
int store_validators(struct store *store, int64_t url_id, struct store_validators *validators);

/* A try that is not the last: what became of it, and how long it is left alone. */
struct store_try {
	int64_t url_id;
	int number; /* from 1 */
	int64_t at_ms, wait_ms;
	const char *outcome;
	int status;
	struct store_text error;
};
int store_try(struct store *store, const struct store_try *try);

/* A host's robots.txt: its state, and its text if there is one. */
int store_robots(struct store *store, int64_t host_id, const char *state, struct store_text robots,
		 int64_t at_ms);

/* A host asked not to be asked before this Unix time. */
int store_hold(struct store *store, int64_t host_id, int64_t until_ms);

/* The address that a host answered from. */
int store_address(struct store *store, int64_t host_id, struct store_text address);

/* A page whose body was kept. */
struct store_kept {
	int64_t url_id;
	struct store_text url, final_url, content_type;
	struct store_text body; /* as it was given to store_page() */
	bool is_text;
};

/*
 * The first kept page behind after_url_id (0: of all).  Its texts are valid until the next call.
 * Returns 1, 0 if there is none, or -1.
 */
int store_next_kept(struct store *store, int64_t after_url_id, struct store_kept *kept);

/* ---- figures, added up by the caller and written before a commit ---- */

struct store_host_figures {
	int64_t host_id;
	uint64_t pages, errors; /* added to what the host's row says */
	int64_t delay_ms;
	double p50_ms, p95_ms;
};
int store_host_figures(struct store *store, const struct store_host_figures *figures);

/* Of this run: added to what the run's row for pattern and host already says. */
struct store_pattern_figures {
	const char *pattern;
	int64_t host_id;
	uint64_t pages_tried, pages_matched, rows, empty_fields, limit_hits, elapsed_ns;
};
int store_pattern_figures(struct store *store, const struct store_pattern_figures *figures);

/* ---- durability ---- */

/* How many rows of any table wait for a commit: commit by number, or by time. */
uint64_t store_uncommitted(const struct store *store);
int store_commit(struct store *store);

/* Nothing to do for a while: fold the write-ahead log into the database. */
int store_idle(struct store *store);

/* ---- a reader ---- */

/* Open read-only, also while a crawl is running. */
struct store *store_open_read(const char *path, char error[STORE_ERROR_MAX]);

struct store_answer {
	size_t column_count;
	const char *const *columns;
	const struct store_value *values;
};

/*
 * Run one read-only statement of SQL, a user's, and hand out its rows until function says -1.
 * With no rows the function is called once with values NULL, so that a header can be shown.
 * A statement that would write, or several statements, are refused.  Where SQLite knows the
 * place of an error, its line is followed by the line of SQL and a caret.  A query that
 * failed leaves the store as it was: another may follow.
 */
int store_query(struct store *store, const char *sql,
		int (*function)(void *context, const struct store_answer *row), void *context);

/* All of a table or view, by name (quoted for the user). */
int store_query_table(struct store *store, const char *table,
		      int (*function)(void *context, const struct store_answer *row),
		      void *context);

/* The table or view that the last query failed for, because there is none of that name; or "". */
const char *store_missing_table(const struct store *store);

/* Names of the tables and views meant for users, for "did you mean". */
int store_each_table(struct store *store, int (*function)(void *context, const char *name),
		     void *context);

/* Questions that are always the same, about the whole of a crawl or about one of its URLs. */
enum store_report {
	STORE_REPORT_RUN,      /* the last: run, started_at, ended_at, state, pid, command_line */
	STORE_REPORT_URLS,     /* how many in each state and outcome: state, outcome, urls */
	STORE_REPORT_PATTERNS, /* pattern, rows, pages */
	STORE_REPORT_HOSTS,    /* the STORE_REPORT_HOSTS_MAX with most to do: host, pending, pages,
				  errors,    delay_ms, robots, p50_ms, p95_ms */
	STORE_REPORT_FAILED,   /* url, outcome, status, tries, error */

	STORE_REPORT_PAGE,  /* one row: all that is known of the URL */
	STORE_REPORT_FROM,  /* the page that linked it, the one before that, up to a seed:
				from_url, depth */
	STORE_REPORT_TRIES, /* the last result too: try, at, outcome, status, wait_ms, error */
	STORE_REPORT_HOST,  /* of the URL: as STORE_REPORT_HOSTS, and robots_at */
	STORE_REPORT_ROWS,  /* of patterns that have any: pattern, rows */

	STORE_REPORT_REJECTED, /* lines that are this text: list, line, reason */
	STORE_REPORT_LEADING,  /* URLs that were redirected to this URL: url */
};

#define STORE_REPORT_HOSTS_MAX 10

/* Whom a report is about; what it does not need may be absent. */
struct store_about {
	int64_t url_id;
	struct store_text text;
};

/*
 * Hand out the rows of a report, as store_query() does.  about may be NULL where a report needs
 * nothing.  Most of them read every URL.
 */
int store_report(struct store *store, enum store_report report, const struct store_about *about,
		 int (*function)(void *context, const struct store_answer *row), void *context);

/* SQLite's version. */
const char *store_version(void);

#endif
