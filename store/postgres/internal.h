#ifndef POSTGRES_INTERNAL_H
#define POSTGRES_INTERNAL_H

#include "store/backend.h"
#include "store/postgres/batch.h"
#include "store/postgres/node.h"
#include <libpq-fe.h>

/*
 * What the files of store/postgres/ share.
 *
 * A store has up to three connections.  `ask` is for questions that are waited for: all of a
 * reader, and what is done before the first request and after the last.  `pipe` carries batches and
 * what is read between them, and is never waited for (pipe.h); `lease` renews the lease, beside a
 * pipe that may be busy (node.h).
 *
 * Keys are 64 bits: share << 32 | number.  Times that people see are texts, as in SQLite; those
 * that nodes live by are the server's, and stay there.
 */

#define POSTGRES_SCHEMA_VERSION 7 /* that of SQLite's: the same tables */
#define POSTGRES_SHARES         4096
#define POSTGRES_NAME_MAX       52 /* bytes of a table's name: "crawl_rows_" and 63 of PostgreSQL's */
#define POSTGRES_TABLES_MAX     4096

/* Columns of "crawl_rows_NAME" that are no fields. */
#define POSTGRES_ROW_PAGE "row page"
#define POSTGRES_ROW_N    "row n"
#define POSTGRES_ROW_KEY  "row key"

/* The string that a store is opened with, taken apart. */
struct postgres_uri {
	char *conninfo; /* for libpq: without our parameters */
	char *schema;
	char *shown; /* without a password */
};

/* ---- uri.c ---- */

/* Returns 0, or -1 with the reason.  Freed by the caller, also then. */
int postgres_uri_parse(const char *where, struct postgres_uri *uri, struct store_error *error);
void postgres_uri_free(struct postgres_uri *uri);
const char *postgres_shown(const char *where);

/* The table of one pattern, for this run. */
struct postgres_table {
	char *name;     /* of the pattern */
	char *relation; /* "crawl_rows_NAME", as the database has it, in any case */
	char **columns; /* names, likewise */
	size_t column_count;
	enum store_kind *kinds;
	size_t *key; /* places of the key's columns */
	size_t key_count;
	int parent; /* its place among the tables, or -1 */
	bool has_history, merges_equal;
	bool may_move;       /* rows may leave their page while it stays, or go with a parent's */
	bool is_made;        /* in the database, as this says */
	unsigned clear, add; /* kinds of the batch: kinds.h */

	/* Of the page that is open: where in the batch it loses its rows, and gets new ones. */
	size_t cleared, added;
	bool is_cleared, is_added;
};

struct postgres_pipe;
struct postgres_node;
struct postgres_targets;
struct postgres_robots;

/* One look of a reader: looks.c. */
struct postgres_look {
	bool is_on, is_late;
	int64_t until_ms; /* CLOCK_MONOTONIC */
	int64_t armed_ms; /* what the server has been told; 0: nothing */
};
struct postgres_queued;
struct postgres_gain;
struct postgres_inbox;
struct postgres_sets;

#define POSTGRES_SPARES 2
#define POSTGRES_LISTS  3 /* of a URI: hosts, their addresses and ports */

struct postgres_store {
	struct store base; /* first: the door knows nothing else */
	struct postgres_uri uri;
	PGconn *ask;
	char *turned[POSTGRES_LISTS]; /* silence.c */
	bool is_tentative;            /* a loss of ask is none of the store: postgres_transact() */
	char loss[STORE_ERROR_MAX];   /* what it was, until all is done again */
	struct postgres_queued *queued; /* before the next question of ask: queued.c */
	PGconn *spare[POSTGRES_SPARES]; /* for pipe and lease: who has not all three holds none, and
					   waits */
	bool is_reader, is_ready;       /* the schema is there, and ours */
	bool is_teller;                 /* a reader that gives an order */
	bool is_half_copied;            /* when its schema was checked last */
	bool is_without_keys;           /* no foreign key holds in its sessions */
	bool is_pooled;                 /* what it is connected to is no server: pooler.c */

	struct postgres_pipe *pipe; /* of a writer, once it is a node */
	uint64_t home_session;      /* of the pipe, that what is asked followed to its server */
	struct postgres_node *node;
	unsigned node_kinds; /* the first of them: kinds_node.h */
	struct postgres_targets *targets;
	struct postgres_robots *robots;
	struct postgres_gain *gain; /* these four: flow.h */
	struct postgres_inbox *inbox;
	struct postgres_sets *sets;
	struct store_events events; /* who hears of shares */
	char *parses, *agreed;      /* of who parses pages again: parses.c */

	int64_t run_id, pass, ended_run;
	bool has_ended; /* ended_run: it was the last who left it */
	enum store_pass asks;
	bool is_of_all; /* the pass asks for every root */
	int64_t config_hash;
	uint64_t secret; /* of the crawl: key of every hash that is stored */
	int64_t visit;   /* of the page written last, of this node: grows */
	bool has_results, has_requests;
	bool is_blank; /* there is nothing, and nothing was put yet */
	uint64_t run_pages, run_rows;
	uint64_t replaced; /* rows with a text that had to be changed to be stored */

	struct store_key page; /* that is open, or none */
	bool is_again;
	struct postgres_table *tables; /* by handle - 1 */
	int table_count;
	struct postgres_writing *writing; /* what verbs that write remember: writing.h */

	char *text; /* what a verb hands out until the next call */
	size_t text_max;

	struct postgres_look look;
	PGresult *found; /* what get_found handed out */
	struct {
		PGresult *rows; /* pages that get_kept read ahead */
		int next, asked;
		struct store_key last; /* that was handed out */
	} kept;
};

static inline struct postgres_store *postgres_of(struct store *store)
{
	return (struct postgres_store *)store;
}

static inline int64_t postgres_id(struct store_key key)
{
	return (int64_t)store_key_id(key);
}

static inline struct store_key postgres_key(int64_t id)
{
	return (struct store_key){ (uint32_t)((uint64_t)id >> 32), (uint32_t)id };
}

/* ---- dial.c: what every connection is begun with ---- */

/*
 * How every connection of a store is made: for PQconnectStartParams(), with expand_dbname.  They
 * point into store.  application: NULL: that of nobody's node.
 */
#define POSTGRES_WORDS_MAX 16
struct postgres_words {
	const char *names[POSTGRES_WORDS_MAX], *values[POSTGRES_WORDS_MAX];
};
void postgres_words(const struct postgres_store *store, const char *application,
		    struct postgres_words *words);

/*
 * Begin a connection, as every one of a store is made: PQconnectPoll() goes on with it (ready.h).
 * Why it is refused is said with its SQLSTATE.
 */
PGconn *postgres_dial(const struct postgres_store *store, const char *application);

/*
 * What a new connection is told first: one SELECT, without parameters, also for a pipeline.  Not by
 * `options`, which poolers refuse.  Freed by the caller.
 */
char *postgres_session_sql(const struct postgres_store *store, const char *application);

/* ---- attempts.c: connections that are waited for ---- */

#define POSTGRES_BEAT_MS 100 /* of a node that waits */

/*
 * Make so many (POSTGRES_SPARES, or fewer), of nobody's node, side by side.  One that is not
 * CONNECTION_OK then says why; or nothing, as its server does.
 */
void postgres_connect_all(struct postgres_store *store, PGconn *connections[], size_t count);

/* Something is still waited for: meanwhile nobody takes us for dead.  Returns false: somebody is
 * impatient, or the store has failed. */
bool postgres_beat_on(struct postgres_store *store);

/* ---- connect.c: that of the questions, and those that a node will need ---- */

/* Connect as ask.  Returns 0 or -1: the store failed. */
int postgres_connect(struct postgres_store *store);

/* Have the connections that a node will need.  Returns 0 or -1. */
int postgres_connect_spares(struct postgres_store *store);

/* One of them, for a session of this name, or NULL: there is none left that works. */
PGconn *postgres_take_spare(struct postgres_store *store, const char *application);

/* Make it anew.  Returns 0, or -1: the store has failed. */
int postgres_connect_again(struct postgres_store *store);
/* The same for a statement that has lost it so often: may it be run again? */
bool postgres_may_go_on(struct postgres_store *store, unsigned losses);
/* Is ask on the server that is written to?  If not, it goes there; false: the store has failed. */
bool postgres_is_at_home(struct postgres_store *store);

/* ---- briefly.c ---- */

/*
 * A statement for which nobody waits for longer than so.  Returns its result, which the caller
 * clears, or NULL: there was none by then.  And of one for its effect, whether all is well.
 */
PGresult *postgres_ask_briefly(PGconn *connection, const char *sql, const char *const values[],
			       int count, int64_t most_ms);
bool postgres_say_briefly(PGconn *connection, const char *sql, const char *const values[],
			  int count, int64_t most_ms);

/*
 * pooler.c: is there one between ask and the server (is_pooled)?  And if so: do ask and another
 * connection each keep their session; has this one got any?  Return 0, or -1: the store failed.
 */
int postgres_find_pooler(struct postgres_store *store);
int postgres_check_pooler(struct postgres_store *store, PGconn *other);
int postgres_has_session(struct postgres_store *store, PGconn *connection);

/* ---- silence.c ---- */

/*
 * The server at the other end takes connections, and says nothing: other hosts of the URI are tried
 * before it from now on.  Returns how many there are.
 */
size_t postgres_note_silence(struct postgres_store *store, const PGconn *connection);
/* Their order, if it is another than the URI's. */
void postgres_put_turned(const struct postgres_store *store, struct postgres_words *words);

/* ---- ask.c: questions that are waited for ---- */

/* What is put into $1, $2, ...: text and bytes are sent as they are, NULL as NULL. */
#define POSTGRES_PARAMETERS_MAX 32

/* Is what has not come since then still waited for?  Whoever has it is asked only after a while. */
bool postgres_waits_on(const struct postgres_store *store, int64_t since_ms);

/* What is left of an answer that comes row by row is thrown away; is_cut: without waiting for all
 * of it. */
void postgres_end_scan(struct postgres_store *store, bool is_cut);

/* The last result of what was sent on ask, in a pipeline that of the next statement; was_sent: what
 * libpq said of that. */
PGresult *postgres_take_result(struct postgres_store *store, int was_sent);

/*
 * SQL, of a SELECT: from now on, or for this transaction, what is committed outlives a crash of the
 * server.  What a node writes in a batch it finds missing, by its number; what nodes share out
 * among themselves has none.  A setting that waits for more is left alone.
 */
#define POSTGRES_COMMIT_FIRMLY(is_local)                                              \
	"set_config('synchronous_commit', CASE current_setting('synchronous_commit')" \
	" WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, " is_local ")"

/*
 * Run one statement, and wait for it.  Returns its result, which the caller clears, or NULL: the
 * store has failed, with a line that says what to do.  A connection that was lost is made anew, and
 * the statement run once more, if it only reads.  A node that somebody watches (store_watch_wait())
 * waits for its server as long as its pipe and its lease do, who writes otherwise for some seconds;
 * a reader does not.
 */
PGresult *postgres_ask(struct postgres_store *store, const char *sql,
		       const struct store_value values[], size_t count);

/* Was the connection lost before this answer, or within it? */
bool postgres_is_loss(const struct postgres_store *store, const PGresult *result);

/* The same, for its effect, or for its first number (0: none).  Returns 0 or -1. */
int postgres_do(struct postgres_store *store, const char *sql, const struct store_value values[],
		size_t count);
int postgres_number(struct postgres_store *store, const char *sql,
		    const struct store_value values[], size_t count, int64_t *number);

/* Several statements in one text, without parameters.  Returns 0 or -1. */
int postgres_script(struct postgres_store *store, const char *sql);

/*
 * Row by row, as it comes, until function says -1: what is large is never here as a whole.  What is
 * cut off before its first row is asked again, as above.  Returns 0 or -1.  The result that is
 * handed out has one row, and is cleared after.
 */
int postgres_scan(struct postgres_store *store, const char *sql, const struct store_value values[],
		  size_t count, int (*function)(void *context, const PGresult *row), void *context);

/*
 * The same, of a SELECT whose first column is a number above 0, by which it is in order: the last
 * value is put in here, and is the number behind which rows are wanted.  So what is cut off goes on
 * behind the last row that was handed out, if the connection was lost.
 */
int postgres_scan_keyed(struct postgres_store *store, const char *sql, struct store_value values[],
			size_t count, int (*function)(void *context, const PGresult *row),
			void *context);

/*
 * The same, as answers are handed out: columns by their types, and once with values NULL if there
 * are no rows (store_query()).
 */
int postgres_emit(struct postgres_store *store, const char *sql, const struct store_value values[],
		  size_t count, int (*function)(void *context, const struct store_answer *row),
		  void *context);

/* Did the statement do what it says? */
bool postgres_is_good(const PGresult *result);

/* ---- queued.c: what is sent with the next question ---- */

/*
 * One statement, for its effect: whatever is asked next is asked behind it, and fails where it
 * does; a change stands in a transaction of the caller's.  Who takes that back drops what is still
 * queued.  No bytes (STORE_BLOB), which are not copied.
 */
void postgres_queue(struct postgres_store *store, const char *sql,
		    const struct store_value values[], size_t count);
/* The same of a question, whose answer is here once the next one has been asked; cleared by the
 * caller, who sets it NULL before. */
void postgres_queue_question(struct postgres_store *store, const char *sql,
			     const struct store_value values[], size_t count, PGresult **answer);
void postgres_drop_queued(struct postgres_store *store);

/* Whoever fails within a transaction, has nothing of it. */
void postgres_take_back(struct postgres_store *store);

/* With nothing behind it.  Returns 0 or -1. */
int postgres_flush_queued(struct postgres_store *store);

/* Of postgres_ask(): what was queued, which stays, and this.  Does what is queued change nothing?
 */
bool postgres_queued_only_read(const struct postgres_store *store);
struct postgres_parameters;
PGresult *postgres_run_queued(struct postgres_store *store, const char *sql,
			      const struct postgres_parameters *all);

/* ---- transact.c ---- */

/*
 * What changes something in it, does so in one transaction at a time, which it begins and ends.
 * Where the connection is lost within it, all of it is done again, on a new one: also if the answer
 * to its COMMIT was lost, or it has not been done yet, which it has to find out under a lock.
 * Returns what it does, or -1: the store has failed.
 */
int postgres_transact(struct postgres_store *store,
		      int (*transaction)(struct postgres_store *store, void *context),
		      void *context);

/* ---- columns.c ---- */

/* A column of a row: absent if it is NULL.  Points into the result. */
struct slice postgres_text(const PGresult *result, int row, int column);
struct slice postgres_bytes(const PGresult *result, int row, int column); /* of a bytea */
int64_t postgres_integer(const PGresult *result, int row, int column);    /* 0 if it is NULL */
bool postgres_bool(const PGresult *result, int row, int column);
/* A value by its type: the caller's schema has text, bigint, double precision, bytea, json. */
struct store_value postgres_value(const PGresult *result, int row, int column);

/* table_sql.c: a name as SQL has it: "a ""b""", freed by the caller. */
char *postgres_quoted(const char *name);

/* Make a parameter. */
static inline struct store_value postgres_of_text(struct slice text)
{
	return text.at ? (struct store_value){ .kind = STORE_TEXT, .text = text }
		       : (struct store_value){ .kind = STORE_NULL };
}

static inline struct store_value postgres_of_string(const char *text)
{
	return text ? (struct store_value){ .kind = STORE_TEXT, .text = { text, strlen(text) } }
		    : (struct store_value){ .kind = STORE_NULL };
}

static inline struct store_value postgres_of_bytes(struct slice bytes)
{
	return bytes.at ? (struct store_value){ .kind = STORE_BLOB, .text = bytes }
			: (struct store_value){ .kind = STORE_NULL };
}

static inline struct store_value postgres_of_integer(int64_t integer)
{
	return (struct store_value){ .kind = STORE_INTEGER, .integer = integer };
}

static inline struct store_value postgres_of_real(double real)
{
	return (struct store_value){ .kind = STORE_REAL, .real = real };
}

/* 0 is NULL. */
static inline struct store_value postgres_of_number(int64_t number)
{
	return number ? postgres_of_integer(number) : (struct store_value){ .kind = STORE_NULL };
}

static inline struct store_value postgres_of_key(struct store_key key)
{
	return postgres_of_number(postgres_id(key));
}

/* ---- looks.c ---- */

/* Before each statement of ask.  Returns 0, or -1: the look has no time left, and so has failed. */
int postgres_look_ready(struct postgres_store *store);
/* A statement failed by this: was it the look's time?  sqlstate may be NULL. */
void postgres_note_late(struct postgres_store *store, const char *sqlstate);

/* ---- errors.c ---- */

/*
 * What an error is, by its SQLSTATE (NULL: the connection is lost).  FENCED: we are not this node
 * any more.  REFUSED: a value is the cause, and others may be fine.
 */
enum postgres_fault {
	POSTGRES_LOST,    /* the connection: make it anew, ask what was committed */
	POSTGRES_WAITS,   /* heals by itself: send it again a little later */
	POSTGRES_FENCED,  /* start over, under another id */
	POSTGRES_REFUSED, /* of a value, or of a rule that somebody gave a table */
	POSTGRES_FATAL,   /* of the schema, the rights: nothing helps */
};
enum postgres_fault postgres_fault_of(const char *sqlstate);
enum postgres_fault postgres_fault_of_result(const PGresult *result);

/* One line of an error that says what to do: "films: ...".  result may be NULL. */
void postgres_explain(const struct postgres_store *store, const PGconn *connection,
		      const PGresult *result, char out[STORE_ERROR_MAX]);
/* The same, as why the store has failed.  Returns -1. */
int postgres_fail(struct postgres_store *store, const PGconn *connection, const PGresult *result);

/* Nothing goes, and has not for so long: beyond store_patience_ms() the store fails.  Returns 0 or
 * -1. */
int postgres_give_up(struct postgres_store *store, int64_t waited_ms, const char *why);

/* It could not be connected: STORE_CURE_WAIT, if that may heal.  Returns -1. */
int postgres_fail_to_connect(struct postgres_store *store, const PGconn *connection);

/* ---- open.c ---- */

/* To be read, but for an order that is given to those who crawl there. */
struct store *postgres_open_tell(const char *where, struct store_error *error);

/* ---- schema.c ---- */

/* Make what is missing, if it may be made.  Returns 0 or -1. */
int postgres_schema_write(struct postgres_store *store, bool fresh);
/* Is it ours, and not from the future?  Returns 0 or -1. */
int postgres_schema_check(struct postgres_store *store);

/* ---- tables.c ---- */

/*
 * Make the tables of the patterns that were put, or bring them up to date.  Returns 0 or -1.
 * Whoever does so in a transaction of his own notes it once that is committed.
 */
int postgres_make_tables(struct postgres_store *store);
void postgres_note_made(struct postgres_store *store);

/* ---- copy.c ---- */

#define POSTGRES_MARKS "crawl_copy" /* how far a copy is that has not ended */

/* What is copied here and has not all come is no crawl yet.  Behind postgres_schema_check().
 * Returns 0, or -1: it has failed. */
int postgres_refuse_half_copy(struct postgres_store *store);

/* ---- history.c ---- */

/*
 * The run ends, and nobody else writes: marks and rows go that nothing holds any more, and what
 * became of rows with a history is noted.  On `ask`, in a transaction of the caller's.  Returns 0
 * or -1.
 */
int postgres_note_end(struct postgres_store *store);

/* ---- tables.c ---- */

/* Of a store that is closed: tables, and what else writing took. */
void postgres_free_tables(struct postgres_store *store);

/* ---- join.c, node.c, put.c: who crawls, and what it writes ---- */

/*
 * Whoever writes is a node: of a run, or (forget, reparse, cookies) of none, and then alone.
 * Called by every verb that writes.  Returns 0 or -1.
 */
int postgres_begin(struct postgres_store *store);

/* Commit what was put, and wait until it is there.  Returns 0 or -1. */
int postgres_settle_all(struct postgres_store *store);

/* Have the open batch take this, as kind says (kinds.h).  Returns 0 or -1. */
int postgres_put(struct postgres_store *store, unsigned kind, const struct store_value values[]);

/* ---- writing.c ---- */

/* All kinds that there are now. */
const struct postgres_kind *postgres_kinds_of(const struct postgres_store *store);

/*
 * The server does not take what is in this batch, which is of one page: have nothing be left of it
 * but its result, which says so.  Returns 0, or -1: that is all that there was.
 */
int postgres_refuse_page(struct postgres_store *store, struct postgres_batch *batch,
			 const char *why);

/* ---- times, as in SQLite: store/time.c ---- */

#define POSTGRES_TIME_SIZE STORE_TIME_SIZE

static inline void postgres_time_text(int64_t unix_ms, char text[POSTGRES_TIME_SIZE])
{
	store_time_text(unix_ms, text);
}

static inline int64_t postgres_now_ms(void)
{
	return store_now_ms();
}

/* ---- the verbs of store.h ---- */
/* Each file of verbs has them in verbs.h. */
#include "store/postgres/verbs.h"

#endif
