#ifndef SQLITE_INTERNAL_H
#define SQLITE_INTERNAL_H

#include "store/backend.h"
#include <sqlite3.h>
#include <sys/stat.h>

/*
 * What the files of store/sqlite/ share: the open database, its prepared statements, and how
 * an error becomes one line.  A statement's SQL stands where it is used; one that is used for
 * every URL, page or row is prepared there, once.
 */

#define SQLITE_APPLICATION_ID 0x6372776c /* "crwl", in the header of every database of ours */
#define SQLITE_USER_VERSION   7          /* of the schema */
/* Of results: what is known of a page is no condition of its next request. */
#define SQLITE_NO_CONDITIONS "etag = NULL, last_modified = NULL, hash = NULL"

/* The set of a URL u, which is that of its root. */
#define SQLITE_SET \
	"(SELECT s.fields FROM urls o JOIN crawl_sets s ON s.id = o.set_id WHERE o.id = u.root)"

/* Sets that no URL has any more go. */
#define SQLITE_CLEAR_SETS                        \
	"DELETE FROM crawl_sets WHERE id NOT IN" \
	" (SELECT set_id FROM urls WHERE set_id IS NOT NULL)"

#define SQLITE_TABLES_MAX 4096 /* patterns in one run */

/*
 * STORE_ROW_COLUMN holds the page's id, and in the lowest bits n.  As the rowid it makes rows cheap
 * to append, to take away and to read in order.  A table WITHOUT ROWID by (page, n) was no faster,
 * and SQLite's planner, given a key as well, walked the key's index to read the whole table.
 */
#define SQLITE_ROW_BITS 24 /* of a row's id, for its number on the page; the page's id is above */
_Static_assert(STORE_ROWS_MAX == 1 << SQLITE_ROW_BITS, "a row's number fits its bits");

/*
 * What a URL's state is, of `urls u LEFT JOIN results r`, as enum store_state.
 *
 * Nothing is rewritten when a pass begins: a result of a pass before the last one that asks for it
 * again does not count.  Passes are numbered from 1, and say what they ask for: of every root, or
 * of those that crawl_roots has.
 */
/* clang-format off */
#define SQLITE_LAST_PASS(asks) "(SELECT coalesce(max(pass), 1) FROM crawl_passes WHERE asks = " asks ")"
#define SQLITE_ROOT_PASS(which) "coalesce((SELECT " which " FROM crawl_roots WHERE url_id = u.root), 0)"
#define SQLITE_IS_BEFORE(asks, which)                                          \
	"r.pass < max(" SQLITE_LAST_PASS(asks) ", " SQLITE_ROOT_PASS(which) ")"
#define SQLITE_STATE                                                           \
	"CASE WHEN u.kind = 2 THEN 3"                                          \
	" WHEN r.url_id IS NULL OR " SQLITE_IS_BEFORE("1", "all_pass") " THEN 0" \
	" WHEN r.state = 2 AND " SQLITE_IS_BEFORE("2", "failed_pass") " THEN 0"  \
	" ELSE r.state END"
/* A key of crawl_known_rows as people read it: of one column it is that one's value. */
#define SQLITE_KEY_SHOWN(key) \
	"iif(json_array_length(" key ") = 1, json_extract(" key ", '$[0]'), " key ")"

/* In words: "CASE " SQLITE_STATE SQLITE_STATE_WORDS. */
#define SQLITE_STATE_WORDS                                                     \
	" WHEN 0 THEN 'pending' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'"       \
	" WHEN 3 THEN 'skipped' END"
/* clang-format on */

enum statement {
	ADD_HOST,
	ADD_URL,
	WANT_URL,
	SET_ROOT,
	ADD_SET,
	FIND_SET,
	FORGET_CONDITIONS,
	SET_PENDING,
	PUT_REQUEST,
	CLEAR_REQUEST,
	FIND_REQUEST,
	FORGET_OWN_CONDITIONS,
	SET_ROOT_PASS,
	FORGET_RESULT,
	FIND_TARGETS,
	FIND_NEW_TARGETS,
	SET_ROBOTS,
	GET_ROBOTS,
	SET_ADDRESS,
	SET_HOLD,
	SET_WAIT,
	ADD_TRY,
	FIND_URL,
	GET_FOUND,
	ADD_REJECT,
	CLEAR_REJECTS,
	ADD_RESULT,
	REPLACE_RESULT,
	KEEP_RESULT,
	ADD_BODY,
	REMOVE_BODY,
	NEXT_BODY,
	SET_PASS,
	SET_VERDICT,
	CLEAR_CONTENT,
	PUT_COOKIE,
	CLEAR_COOKIE,
	IS_OF_MEANING,
	MARK_STALE,
	UNMARK_STALE,
	UNMARK_PAGE,
	PUT_PARSE,
	FIND_PATTERN,
	HOST_FIGURES,
	PATTERN_FIGURES,
	FIELD_FIGURES,
	PROXY_FIGURES,
	OUTCOME_FIGURES,
	PATTERN_TOTALS,
	OUTCOME_TOTALS,
	RUN_HOST,
	RUN_COUNT,
	RUN_HISTOGRAM,
	RUN_EXAMPLE,
	RUN_SAMPLE,
	RUN_THINNED,
	RUN_EVENT,
	RUN_FINDING,
	STATEMENT_COUNT
};

#define SQLITE_BATCH_ROWS 32 /* that one statement writes */

/* Texts that outlive the statement that they came from. */
struct kept_text {
	char *at;
	size_t size_max;
};

/* The table of one pattern, for this run. */
struct rows_table {
	char *name;
	char *columns;                        /* of an INSERT, after its name */
	char *upsert;                         /* and what ends it; empty without a key */
	sqlite3_stmt *add[SQLITE_BATCH_ROWS]; /* of so many rows, less one; made when needed */
	sqlite3_stmt *clear;                  /* takes a page's rows away */
	char *history;                        /* how it is noted, as SQL; or NULL */
	sqlite3_stmt *any;                    /* has a page rows?  Made when needed */
	uint64_t settled;    /* what the open page had there has been seen to: its `opened` */
	int savepoint;       /* before it was taken away: its place among those of the page, or 0 */
	uint64_t rows_until; /* run_rows then */
	size_t column_count;
	int64_t last_row; /* no row has a higher id */
	bool has_trigger; /* of somebody else, on its rows */
};

/* Rows of the open page that are not written yet: all of one table, in order. */
struct gathered_rows {
	int table; /* its handle */
	unsigned count;
	uint32_t numbers[SQLITE_BATCH_ROWS];
	struct store_value *values; /* of a row, then of the next; their texts are in text */
	size_t values_max;
	char *text;
	size_t text_size, text_max;
};

/* Behind the type of a column that holds JSON, in the SQL of a table that SQLite keeps. */
#define STORE_JSON_MARK "/* json */"

struct sqlite_store {
	struct store base; /* first: the door knows nothing else */
	sqlite3 *db;
	char *path; /* as the user wrote it */
	int file;   /* holds the writer's lock, -1 in a reader: see file.c */
	bool in_transaction;
	uint64_t uncommitted;
	int wal_frames;        /* in the write-ahead log after the last commit */
	int wal_frames_folded; /* of them, copied into the database */

	int64_t run_id, pass;
	int64_t ended_run;       /* that was of this store, and is over; or 0 */
	enum store_pass asks;    /* what the pass asks for, of roots that are still to come */
	const char *rows_prefix; /* of tables with rows: a reader's may be an old one */
	bool is_full;            /* it failed because the disk is */
	bool wants_cookies;      /* what a query was refused for last: judge.c */
	int64_t config_hash;     /* of this run: validators of others are none */
	int64_t visit;           /* of the page written last */
	int64_t last_url;        /* the highest number of a URL; 0: not looked up yet */
	bool has_results;        /* of earlier runs: URLs that are asked for may have one */
	bool has_requests;       /* URLs that are asked by more than a plain GET */
	bool has_merged;         /* rows that were equal in a new key: their children are left */
	uint64_t run_pages, run_rows;
	size_t prepared_values; /* in statements that add rows */

	/*
	 * A page is open from sqlite_page_open() to sqlite_page(): page_id is not 0, and rows are
	 * taken.  Rows of an earlier visit go before the first new one of their table is written,
	 * or when the page closes; must_clear says that there may be any.  See stale.c.
	 */
	int64_t page_id;
	bool is_again, must_clear;
	bool is_refused; /* a row of it, as has been told */
	uint64_t opened; /* pages, until now */
	int savepoints;  /* of this page: 1, 2, ... each within the one before */
	enum { STALE_UNKNOWN, STALE_NONE, STALE_SOME } stale; /* is there any mark of stale rows? */
	struct gathered_rows rows;

	struct rows_table *tables; /* by handle - 1 */
	int table_count;

	struct targets *ahead; /* what was read ahead: targets.c */

	struct kept_text text; /* what a verb hands out until the next call */

	/* Of a reader: the file as it was opened, and its schema. */
	struct stat as_opened;
	bool is_immutable; /* it is read without locks, for nobody can share them */
	bool is_looking;
	int64_t version;

	sqlite3_stmt *copying; /* into the table that is being copied: copy.c */
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
	return (struct sqlite_store *)store;
}

/* ---- statement.c: errors, transactions, prepared statements ---- */

/* Turn SQLite's last error into a line that says what to do.  Returns -1. */
int sqlite_fail(struct sqlite_store *store);

/* Begin to write, unless that was done since the last commit.  Returns 0 or -1. */
int sqlite_begin(struct sqlite_store *store);

/* Have SQLite's memory not fail.  Before anything else is asked of it; again does nothing. */
void sqlite_use_memory(void);

/* Run SQL that answers nothing.  Returns 0 or -1. */
int sqlite_execute(struct sqlite_store *store, const char *sql);

/* Prepare a statement the caller finalises.  Returns NULL on failure. */
sqlite3_stmt *sqlite_prepare(struct sqlite_store *store, const char *sql);

/* The statement of this name, prepared at its first use and ready to be bound; NULL on failure. */
sqlite3_stmt *sqlite_statement(struct sqlite_store *store, enum statement which, const char *sql);

/*
 * The same, to look something up: within a writer's transaction, for outside one SQLite locks
 * and unlocks the log for every statement.
 */
sqlite3_stmt *sqlite_reading(struct sqlite_store *store, enum statement which, const char *sql);

/* The same, within a transaction. */
sqlite3_stmt *sqlite_writing(struct sqlite_store *store, enum statement which, const char *sql);

/* Run a bound statement that answers nothing, and count it as a row to commit.  Returns 0 or -1. */
int sqlite_write(struct sqlite_store *store, sqlite3_stmt *statement);

/* Run sql, whose ?1 is text (or unused if text is NULL), for its first number.  Returns 0 or -1. */
int sqlite_number(struct sqlite_store *store, const char *sql, const char *text, int64_t *number);

/* End a scan that stopped after step: finalise it, and judge.  Returns 0 or -1. */
int sqlite_end_scan(struct sqlite_store *store, sqlite3_stmt *scan, int step);

/*
 * The first column of the first row that a SELECT finds, which is then at its end: freed with
 * sqlite3_free().  NULL: there is none, it is NULL, or the store failed.
 */
char *sqlite_take_text(struct sqlite_store *store, sqlite3_stmt *find);

/*
 * The first column of the first row that a bound statement finds, good until the next call; the
 * statement is ready for the next.  Returns 1, 0 (there is none, or it is NULL), or -1.
 */
int sqlite_find_text(struct sqlite_store *store, sqlite3_stmt *find, struct slice *text);

/* {NULL, 0} is NULL.  The bytes must live until the statement was run. */
void sqlite_bind_text(sqlite3_stmt *statement, int index, struct slice text);
void sqlite_bind_string(sqlite3_stmt *statement, int index, const char *string);
void sqlite_bind_value(sqlite3_stmt *statement, int index, const struct store_value *value);
/* 0 is NULL. */
void sqlite_bind_number(sqlite3_stmt *statement, int index, int64_t number);

/* A column's bytes: they point into the statement. */
struct slice sqlite_column_text(sqlite3_stmt *statement, int index);

/* Copy texts, in place, to where they outlive the statement: until the next call with kept. */
void sqlite_keep_texts(struct kept_text *kept, struct slice *const texts[], size_t count);

/* ---- children.c ---- */

/* The SQL of the index that finds the rows of a parent's row, or NULL: nobody looks for them. */
char *sqlite_child_key_sql(const struct store_table *table);

/* Have the rows of a table follow those of its parent that move.  Returns 0 or -1. */
int sqlite_follow_parent(struct sqlite_store *store, const struct store_table *table);

/* Take away what belongs to rows of its parent that went in a merge.  Returns 0 or -1. */
int sqlite_remove_orphans(struct sqlite_store *store, const struct store_table *table);

/* ---- query.c ---- */

/*
 * Hand out the rows of a query, or if there are none its columns, until function says -1.
 * Returns SQLITE_DONE, or the step that failed.
 */
int sqlite_emit(sqlite3_stmt *query, int (*function)(void *context, const struct store_answer *row),
		void *context);

/* A column of the row that query is at: it points into query. */
struct store_value sqlite_column_value(sqlite3_stmt *query, int index, bool is_json);
/* ---- reports_run.c ---- */

/* A number that is a macro, as SQL. */
#define SQLITE_TEXT_OF(number) #number
#define SQLITE_LIMIT(number)   " LIMIT " SQLITE_TEXT_OF(number)

/* Is this question about one run?  Those are answered there. */
bool sqlite_is_of_run(enum store_report report);
int sqlite_report_run(struct sqlite_store *store, enum store_report report,
		      const struct store_about *about,
		      int (*function)(void *context, const struct store_answer *row),
		      void *context);

/* ---- open.c ---- */

/* How long another program's transaction is waited for; tests are less patient. */
extern int sqlite_busy_ms;

/* ---- budget.c ---- */

/* Did what failed fail for want of time?  Then it did not fail. */
bool sqlite_was_late(struct sqlite_store *store);

/* A reader is connected: this is what it reads. */
void sqlite_note_opened(struct sqlite_store *store, const struct stat *found, bool is_immutable);

/* ---- filter.c: which of many are looked for ---- */

/*
 * A statement while it is written, with what is bound to it: ?1 is left to whoever runs it, the
 * rest have numbers from 2.  Texts must live until sqlite_filter_end().
 */
struct sqlite_filter {
	sqlite3_str *sql;
	char **patterns; /* of LIKE: ours */
	struct sqlite_bound *bound;
	size_t pattern_count, bound_count;
};

void sqlite_filter_begin(struct sqlite_filter *filter);

/* Have a value bound, and write its "?N". */
void sqlite_filter_text(struct sqlite_filter *filter, struct slice text);
void sqlite_filter_number(struct sqlite_filter *filter, int64_t number);

/* Write " LIKE ..." for what contains the text; its number serves again (sqlite_filter_again()). */
int sqlite_filter_contains(struct sqlite_filter *filter, struct slice text);
void sqlite_filter_again(struct sqlite_filter *filter, int number);

/* Prepare what was written and bind it; the filter is gone.  NULL on failure. */
sqlite3_stmt *sqlite_filter_end(struct sqlite_filter *filter, struct sqlite_store *store);

/* A scan of a list ended with this step: what was late is no failure.  Returns 0 or -1. */
int sqlite_end_list(struct sqlite_store *store, sqlite3_stmt *scan, int step);

/* ---- cookies.c ---- */

/* Those of a host and of hosts below it, or all, if it is NULL. */
#define SQLITE_COOKIES_OF(host)                                \
	"(" host " IS NULL OR lower(domain) = lower(" host ")" \
	" OR substr(lower(domain), -length(" host ") - 1) = '.' || lower(" host "))"

/* Have what users ask do nothing but read, and no cookies, from here to sqlite_let_all(). */
void sqlite_let_read(struct sqlite_store *store);
void sqlite_let_all(struct sqlite_store *store);

/* ---- file.c ---- */

/* Let nobody but its owner read the file, its log and what goes with that.  Returns 0 or -1. */
int sqlite_file_hide(struct sqlite_store *store);

/* Open the file to be written, make it if it is missing, take the writer's lock.  Returns 0 or -1.
 */
int sqlite_file_open(struct sqlite_store *store);
/* Does a crawl hold the writer's lock? */
bool sqlite_file_is_in_use(const char *path);
/* The absolute path, which SQLite cannot take for ":memory:" or a URI.  Freed by the caller. */
char *sqlite_file_path(const struct sqlite_store *store);
/* Is it writable by us, and its folder too?  (SQLite keeps the log beside it.) */
bool sqlite_file_folder_is_writable(const struct sqlite_store *store);
/* And does a jail let us? */
bool sqlite_file_folder_lets_write(const struct sqlite_store *store);

/* ---- rows.c ---- */

/* The table of a handle, or NULL after a complaint. */
struct rows_table *sqlite_table_of(struct sqlite_store *store, int table);

/* Write the rows that were gathered.  Returns 0 or -1. */
int sqlite_flush_rows(struct sqlite_store *store);

/* Forget those that were gathered. */
void sqlite_drop_rows(struct sqlite_store *store);

/* Is a row of the open page refused, and the caller not told yet?  He is, then. */
bool sqlite_is_refused(struct sqlite_store *store);

/* The place of a row among all of its table: by page, then by number. */
static inline int64_t sqlite_row_id(int64_t page_id, uint32_t number)
{
	return page_id << SQLITE_ROW_BITS | number;
}

/* ---- stale.c: what a page had in a table, while new rows come ---- */

/* The page that is open had rows in none of the tables any more, or in those that follow. */
void sqlite_begin_settling(struct sqlite_store *store, bool has_rows);
void sqlite_leave_alone(struct sqlite_store *store, struct rows_table *table);

/* Take away what the open page had in a table, but so that it can be brought back.  Returns 0 or
 * -1. */
int sqlite_settle_table(struct sqlite_store *store, struct rows_table *table);

/* Take away what it still has, for good.  Returns 0 or -1. */
int sqlite_end_settling(struct sqlite_store *store);

/* Take away all that a URL has.  Returns 0 or -1. */
int sqlite_remove_rows(struct sqlite_store *store, int64_t url_id);

/* Forget marks of rows that are not there any more.  Returns 0 or -1. */
int sqlite_prune_stale(struct sqlite_store *store);

/* ---- history.c ---- */

/* What a table with a history is looked through by; freed with sqlite3_free(). */
char *sqlite_history_sql(const struct store_table *table);

/* The run ends: note what became of rows of tables with a history.  Returns 0 or -1. */
int sqlite_note_history(struct sqlite_store *store);

/* ---- tables.c ---- */

/* A table's statement that tells whether a page has rows there.  NULL on failure. */
sqlite3_stmt *sqlite_any_row(struct sqlite_store *store, struct rows_table *table);

/* A table's statement that adds so many rows, ready to be bound.  NULL on failure. */
sqlite3_stmt *sqlite_add_rows(struct sqlite_store *store, struct rows_table *table, unsigned count);

int sqlite_execute_str(struct sqlite_store *store, sqlite3_str *sql); /* which it frees */

/* SQLite's name of a column's type, and what stands behind it. */
const char *sqlite_type_of(enum store_kind kind);
const char *sqlite_mark_of(enum store_kind kind);
/* Is a column of "rows of NAME", whose SQL this is, marked as JSON? */
bool sqlite_is_marked(const char *sql, const char *column);

/* ---- rebuild.c ---- */

/*
 * Does a table that is there hold a column of another type than the pattern's, and so must be
 * written anew?  Returns 1, 0 or -1.
 */
int sqlite_has_other_types(struct sqlite_store *store, const struct store_table *table);

/* Write it anew, with the pattern's types.  Its index goes with the old one.  Returns 0 or -1. */
int sqlite_rebuild_rows(struct sqlite_store *store, const struct store_table *table);

/* A column's value as one of another kind, as SQL. */
void sqlite_put_converted(sqlite3_str *sql, const char *name, enum store_kind kind);

/* Of rows that are equal in the table's key leave the one of the page visited last. */
int sqlite_merge_equal(struct sqlite_store *store, const struct store_table *table);

/* ---- targets.c ---- */

/* What was read is not true any more: another run, another result. */
void sqlite_forget_ahead(struct sqlite_store *store);
void sqlite_free_ahead(struct sqlite_store *store);

/* ---- steps.c ---- */

/* Bring the schema of an older crawl up to date, all at once.  Returns 0 or -1. */
int sqlite_schema_update(struct sqlite_store *store);
/* Have a reader see an older schema as this one.  Returns 0 or -1. */
int sqlite_schema_read_older(struct sqlite_store *store);

/* ---- schema.c ---- */

/* Make the database what a new one is, all at once, whatever it was. */
int sqlite_schema_write(struct sqlite_store *store);
/* Is it ours, and not from the future?  Returns 0 or -1. */
int sqlite_schema_check(struct sqlite_store *store);

/* ---- commit.c ---- */

void sqlite_watch_log(struct sqlite_store *store);
/* Fold the whole log into the database and cut it; not being able to (a reader) is fine. */
int sqlite_fold_log(struct sqlite_store *store);

/* ---- the verbs of store.h ---- */

int sqlite_get_totals(struct store *store, struct store_totals *totals);
int sqlite_get_last_run(struct store *store, struct store_last_run *last);
int64_t sqlite_begin_run(struct store *store, const struct store_run *run);
/* Of a store that failed: note why its run ended, if there is any room for that. */
void sqlite_note_failure(struct sqlite_store *store);
int sqlite_put_asked(struct store *store, const struct store_asked *asked);
int sqlite_put_root_pass(struct store *store, struct store_key root);
int sqlite_end_run(struct store *store, const char *how);
int sqlite_put_patterns(struct store *store, uint64_t config_hash,
			const struct store_pattern *patterns, size_t count);
int sqlite_get_pattern(struct store *store, uint64_t config_hash, const char *name, uint64_t *hash);
uint32_t sqlite_get_share_count(const struct store *store);
int sqlite_gain(struct store *store, const struct store_events *events);
int sqlite_turn(struct store *store, int64_t now_ms, int64_t *due_ms);
int sqlite_settle(struct store *store, int timeout_ms);
int sqlite_put_host(struct store *store, struct store_key key, struct slice origin);
int sqlite_put_robots(struct store *store, struct store_key host, const char *state,
		      struct slice robots, int64_t at_ms);
int sqlite_get_robots(struct store *store, struct store_key host, struct slice *robots);
int sqlite_put_hold(struct store *store, struct store_key host, struct slice origin,
		    int64_t until_ms);
int sqlite_put_wait(struct store *store, struct store_key host, int64_t until_ms, const char *why);
int sqlite_put_address(struct store *store, struct store_key host, struct slice address);
int sqlite_put_url(struct store *store, struct store_key key, const struct store_url *url);
int sqlite_put_wanted(struct store *store, struct store_key key, const struct store_url *url);
int sqlite_put_set(struct store *store, uint32_t number, struct slice fields);
int sqlite_each_set(struct store *store,
		    int (*function)(void *context, uint32_t number, struct slice fields),
		    void *context);
int sqlite_get_set(struct store *store, struct store_key key, struct slice *fields);
int sqlite_put_root_sets(struct store *store, const struct store_root_set sets[], size_t count);
int sqlite_put_root(struct store *store, struct store_key key, const struct store_url *url,
		    bool is_asked_for);
int sqlite_ahead(struct store *store, const struct store_key keys[], size_t count);
int sqlite_url(struct store *store, struct store_key key, struct store_target *target);
int sqlite_put_request(struct store *store, struct store_key key,
		       const struct store_request *request);
int sqlite_hand_on_headers(struct store *store);
int sqlite_get_request(struct store *store, struct store_key key, struct store_request *request);
int sqlite_find_url(struct store *store, struct slice url, struct store_key *key);
int sqlite_get_doomed(struct store *store, const struct store_key keys[], size_t count,
		      struct store_forgotten *sum);
int sqlite_forget(struct store *store, const struct store_key keys[], size_t count,
		  bool reads_rest_again);
int sqlite_clear_rejects(struct store *store, const char *list);
int sqlite_put_reject(struct store *store, const char *list, uint64_t line, struct slice text,
		      const char *reason);
int sqlite_try_table(struct store *store, const struct store_table *table,
		     struct store_error *error);
int sqlite_put_table(struct store *store, const struct store_table *table);
int sqlite_page_open(struct store *store, struct store_key key, bool is_again);
int sqlite_page_leave(struct store *store);
int sqlite_row(struct store *store, int table, uint32_t number, const struct store_value *values);
int sqlite_keep_rows(struct store *store, int table, uint64_t hash);
int sqlite_page(struct store *store, const struct store_page *page);
int sqlite_put_standing(struct store *store, struct store_key key);
int sqlite_put_verdict(struct store *store, struct store_key key,
		       const struct store_verdict *verdict);
/* What a URL's result said is no longer so.  Returns 0 or -1. */
int sqlite_forget_result(struct sqlite_store *store, struct store_key key);
int sqlite_put_waiting(struct store *store, struct store_key key, bool is_again);
int sqlite_clear_content(struct store *store, struct store_key key);
int sqlite_each_read(struct store *store,
		     int (*function)(void *context, const struct store_read *read), void *context);
int sqlite_clear_rows(struct store *store, struct store_key key, const int tables[], size_t count);
int sqlite_put_parse(struct store *store, const struct store_parse *parse);
int sqlite_put_try(struct store *store, const struct store_try *try);
int sqlite_get_kept(struct store *store, struct store_key after, struct store_kept *kept);
int sqlite_each_kept(struct store *store,
		     int (*function)(void *context, struct store_key key, struct slice final_url),
		     void *context);
int sqlite_hide(struct store *store);
int sqlite_put_cookie(struct store *store, const struct store_cookie *cookie);
int sqlite_clear_cookie(struct store *store, const struct store_cookie *cookie);
int sqlite_each_cookie(struct store *store,
		       int (*function)(void *context, const struct store_cookie *cookie),
		       void *context);
int sqlite_clear_cookies(struct store *store, struct slice host, uint64_t *count);
int sqlite_put_host_figures(struct store *store, const struct store_host_figures *figures);
int sqlite_put_outcome_figures(struct store *store, const struct store_outcome_figures *figures);
int sqlite_put_pattern_figures(struct store *store, const struct store_pattern_figures *figures);
int sqlite_put_field_figures(struct store *store, const struct store_field_figures *figures);
int sqlite_put_run_host(struct store *store, const struct store_run_host *host);
int sqlite_put_run_count(struct store *store, const char *what, const char *value, uint64_t pages);
int sqlite_put_run_histogram(struct store *store, const char *what, unsigned bucket,
			     uint64_t pages);
int sqlite_put_run_example(struct store *store, const struct store_example *example);
int sqlite_put_run_sample(struct store *store, const struct store_sample *sample);
int sqlite_thin_run_samples(struct store *store, int64_t step_ms);
int sqlite_put_run_event(struct store *store, const struct store_event *event);
int sqlite_put_run_finding(struct store *store, const struct store_finding *finding);
int sqlite_put_proxy_figures(struct store *store, const struct store_proxy_figures *figures);
uint64_t sqlite_get_uncommitted(const struct store *store);
int sqlite_commit(struct store *store);
int sqlite_idle(struct store *store);
int sqlite_query(struct store *store, const char *sql,
		 int (*function)(void *context, const struct store_answer *row), void *context);
int sqlite_query_table(struct store *store, const char *table,
		       int (*function)(void *context, const struct store_answer *row),
		       void *context);
int sqlite_each_table(struct store *store, int (*function)(void *context, const char *name),
		      void *context);
int sqlite_each_row(struct store *store, const char *pattern,
		    int (*function)(void *context, const struct store_shown_row *row),
		    void *context);
int sqlite_each_newest_row(struct store *store, const char *pattern,
			   int (*function)(void *context, const struct store_shown_row *row),
			   void *context);
int sqlite_each_matched(struct store *store,
			int (*function)(void *context, const struct store_matched *page),
			void *context);
int sqlite_find_urls(struct store *store, const struct store_url_filter *filter,
		     const struct store_range *range,
		     int (*function)(void *context, const struct store_found_url *url),
		     void *context, struct store_listed *listed);
int sqlite_get_found(struct store *store, struct store_key key, struct store_found_url *found);
int sqlite_each_column(struct store *store, const char *pattern,
		       int (*function)(void *context, const char *name, bool is_json),
		       void *context);
int sqlite_find_rows(struct store *store, const char *pattern,
		     const struct store_row_filter *filter, const struct store_range *range,
		     int (*function)(void *context, const struct store_shown_row *row),
		     void *context, struct store_listed *listed);
int sqlite_sort_rows(struct store *store, const char *pattern, const char *field,
		     const struct store_row_filter *filter, const struct store_range *range,
		     int (*function)(void *context, const struct store_shown_row *row),
		     void *context, struct store_listed *listed);
int sqlite_begin_look(struct store *store, unsigned ms);
void sqlite_set_read_budget(struct store *store, unsigned ms);
bool sqlite_is_late(const struct store *store);
bool sqlite_end_look(struct store *store);
bool sqlite_is_current(struct store *store);
int sqlite_report(struct store *store, enum store_report report, const struct store_about *about,
		  int (*function)(void *context, const struct store_answer *row), void *context);

#endif
