#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/store.h"
#include <sqlite3.h>

/*
 * What the files of store/ share: the open database, its prepared statements, and how an
 * error becomes one line.  Every statement's SQL stands where it is used and is prepared
 * there, once.
 */

#define STORE_APPLICATION_ID 0x6372776c /* "crwl", in the header of every database of ours */
#define STORE_USER_VERSION   3          /* of the schema */
#define STORE_TABLES_MAX     4096       /* patterns in one run */
#define STORE_COLUMNS_MAX    500        /* SQLite's own limits on expressions begin at twice that */

#define STORE_ROW_BITS 24 /* of a row's id, for its number on the page; the page's id is above */
_Static_assert(STORE_ROWS_MAX == 1 << STORE_ROW_BITS, "a row's number fits its bits");

/* The tables behind a pattern's view, and the index of its key: names no pattern may have. */
#define STORE_ROWS_PREFIX "rows of "
#define STORE_KEY_PREFIX  "key of "

/*
 * The one column of "rows of NAME" that is not a field: the page's id, and in the lowest
 * bits n.  As the rowid it makes rows cheap to append, to take away and to read in order.  A
 * table WITHOUT ROWID by (page, n) was no faster, and SQLite's planner, given a key as well,
 * walked the key's index to read the whole table.
 */
#define ROW_COLUMN "row id"

enum statement {
	ADD_HOST,
	FIND_HOST,
	ADD_URL,
	WANT_URL,
	FIND_URL_BY_ID,
	SET_ROBOTS,
	SET_ADDRESS,
	SET_HOLD,
	ADD_TRY,
	FIND_URL,
	VALIDATORS,
	ADD_REJECT,
	CLEAR_REJECTS,
	ADD_RESULT,
	REPLACE_RESULT,
	KEEP_RESULT,
	PAGE_OUTCOME,
	ADD_BODY,
	REMOVE_BODY,
	NEXT_BODY,
	SET_STATE,
	PAGE_UNMATCHED,
	HOST_FIGURES,
	PATTERN_FIGURES,
	STATEMENT_COUNT
};

/* The table of one pattern, for this run. */
struct rows_table {
	char *name;
	sqlite3_stmt *add;
	sqlite3_stmt *clear; /* takes a page's rows away */
	size_t column_count;
};

struct store {
	sqlite3 *db;
	char *path; /* as the user wrote it */
	int file;   /* holds the writer's lock, -1 in a reader: see file.c */
	bool is_broken;
	bool in_transaction;
	uint64_t uncommitted;
	int wal_frames;        /* in the write-ahead log after the last commit */
	int wal_frames_folded; /* of them, copied into the database */

	int64_t run_id;
	uint64_t run_pages, run_rows;
	int64_t page_id; /* the page last written, or 0 */

	struct rows_table *tables; /* by handle - 1 */
	int table_count;

	char *text; /* what a verb hands out until the next call */
	size_t text_size_max;

	sqlite3_stmt *statements[STATEMENT_COUNT];
	char error[STORE_ERROR_MAX];
	char missing_table[STORE_ERROR_MAX]; /* that the last query asked for; or empty */
};

/* ---- statement.c: errors, transactions, prepared statements ---- */

/* Note a reason of our own.  Returns -1. */
int store_refuse(struct store *store, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Turn SQLite's last error into a line that says what to do.  Returns -1. */
int store_fail(struct store *store);

/* Begin to write, unless that was done since the last commit.  Returns 0 or -1. */
int store_begin(struct store *store);

/* Run SQL that answers nothing.  Returns 0 or -1. */
int store_execute(struct store *store, const char *sql);

/* Prepare a statement the caller finalises.  Returns NULL on failure. */
sqlite3_stmt *store_prepare(struct store *store, const char *sql);

/* A statement of the table above, prepared at its first use and ready to be bound.  NULL on
 * failure. */
sqlite3_stmt *store_statement(struct store *store, enum statement which, const char *sql);

/*
 * The same, to look something up: within a writer's transaction, for outside one SQLite locks
 * and unlocks the log for every statement.
 */
sqlite3_stmt *store_reading(struct store *store, enum statement which, const char *sql);

/* The same, within a transaction. */
sqlite3_stmt *store_writing(struct store *store, enum statement which, const char *sql);

/* Run a bound statement that answers nothing, and count it as a row to commit.  Returns 0 or -1. */
int store_write(struct store *store, sqlite3_stmt *statement);

/* Run sql, whose ?1 is text (or unused if text is NULL), for its first number.  Returns 0 or -1. */
int store_number(struct store *store, const char *sql, const char *text, int64_t *number);

/* End a scan that stopped after step: finalise it, and judge.  Returns 0 or -1. */
int store_end_scan(struct store *store, sqlite3_stmt *scan, int step);

/* {NULL, 0} is NULL.  The bytes must live until the statement was run. */
void store_bind_text(sqlite3_stmt *statement, int index, struct store_text text);
void store_bind_string(sqlite3_stmt *statement, int index, const char *string);
/* 0 is NULL. */
void store_bind_number(sqlite3_stmt *statement, int index, int64_t number);

/* A column's bytes: they point into the statement. */
struct store_text store_column_text(sqlite3_stmt *statement, int index);

/* Copy texts, in place, to where they outlive the statement: until the next call. */
void store_keep_texts(struct store *store, struct store_text *const texts[], size_t count);

/* ---- query.c ---- */

/*
 * Hand out the rows of a query, or if there are none its columns, until function says -1.
 * Returns SQLITE_DONE, or the step that failed.
 */
int store_hand_out(sqlite3_stmt *query,
		   int (*function)(void *context, const struct store_answer *row), void *context);

/* ---- open.c ---- */

/* How long another program's transaction is waited for; tests are less patient. */
extern int store_busy_ms;

/* ---- file.c ---- */

/* Open the file to be written, make it if it is missing, take the writer's lock.  Returns 0 or -1.
 */
int store_file_open(struct store *store);
/* The absolute path, which SQLite cannot take for ":memory:" or a URI.  Freed by the caller. */
char *store_file_path(const struct store *store);
/* Is it writable by us, and its folder too?  (SQLite keeps the log beside it.) */
bool store_file_folder_is_writable(const struct store *store);

/* ---- rows.c ---- */

/* Take a page's rows away from every pattern's table.  Returns 0 or -1. */
int store_remove_rows(struct store *store, int64_t url_id);

/* ---- schema.c ---- */

/* Make the database what a new one is, all at once, whatever it was. */
int store_schema_write(struct store *store);
/* Is it ours, and not from the future?  Returns 0 or -1. */
int store_schema_check(struct store *store);
/* Bring the schema of an older crawl up to date, step by step, each a transaction.  Returns 0 or
 * -1.
 */
int store_schema_update(struct store *store);

/* ---- time.c ---- */

#define STORE_TIME_SIZE 25 /* "2024-02-29T23:59:59.999Z", with the NUL */
void store_time_text(int64_t unix_ms, char text[STORE_TIME_SIZE]);
int64_t store_time_now_ms(void);

/* ---- commit.c ---- */

void store_watch_log(struct store *store);
/* Fold the whole log into the database and cut it; not being able to (a reader) is fine. */
int store_fold_log(struct store *store);

#endif
