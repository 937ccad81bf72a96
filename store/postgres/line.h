#ifndef POSTGRES_LINE_H
#define POSTGRES_LINE_H

#include "store/postgres/ready.h"
#include "store/store.h"
#include <libpq-fe.h>

struct postgres_store;

/*
 * line: a connection that is never waited for, on which one statement is under way at a time.
 *
 *	DOWN		nothing is connected; from retry_ms on it is tried again
 *	CONNECTING	libpq does it, step by step
 *	PREPARING	the session is told its schema and how long it may wait for a lock
 *	IDLE		a statement may be sent
 *	BUSY		its result is waited for
 *
 * Whoever is not answered in time has lost the connection: one that leads nowhere says nothing.
 * Only names are still looked up while everybody waits: that is libpq's.  And one that was made
 * before, postgres_take_spare(), has 2 s to say that it is still there.
 */
enum postgres_line_state {
	POSTGRES_LINE_DOWN,
	POSTGRES_LINE_CONNECTING,
	POSTGRES_LINE_PREPARING,
	POSTGRES_LINE_IDLE,
	POSTGRES_LINE_BUSY,
};

struct postgres_line {
	enum postgres_line_state state;
	struct postgres_store *store;
	char attempt[POSTGRES_ATTEMPT_MAX]; /* the address that is being tried */
	const char *application;
	PGconn *connection;
	PostgresPollingStatusType polling;
	PGresult *result;   /* of the statement that is under way, so far */
	int64_t retry_ms;   /* CLOCK_BOOTTIME, as all times here */
	int64_t give_up_ms; /* of what is waited for now */
	int64_t up_ms;      /* since when it is connected, but for short breaks; 0: it never was */
	int64_t down_ms;    /* since when it is not, or nothing goes right; 0: all is well */
	unsigned attempts;  /* since then */
	int timeout_ms;     /* for an answer, and for a connection */
	char trouble[STORE_ERROR_MAX]; /* why; or empty */
};

/* CLOCK_BOOTTIME: it goes on while a machine sleeps, which CLOCK_MONOTONIC does not. */
int64_t postgres_boot_ms(void);

/* application is read whenever it connects. */
void postgres_line_begin(struct postgres_line *line, struct postgres_store *store,
			 const char *application, int timeout_ms);
void postgres_line_end(struct postgres_line *line);

/* Connect anew, at once: under another name, say. */
void postgres_line_reset(struct postgres_line *line);

/* Nothing came of it just now, for this reason: not before a while is it tried again. */
void postgres_line_note(struct postgres_line *line, const char *trouble);
void postgres_line_is_well(struct postgres_line *line);

/*
 * Do what can be done without waiting.  Returns the result of the statement that was under way once
 * it is there, which the caller clears; NULL: not yet, or the connection was lost (line->state).
 */
PGresult *postgres_line_turn(struct postgres_line *line);

/* Send a statement (IDLE); several without values.  Texts are copied. */
void postgres_line_send(struct postgres_line *line, const char *sql, const char *const values[],
			size_t count);

bool postgres_line_waits(const struct postgres_line *line, struct store_wait *wait);

/* When it wants a turn at the latest. */
int64_t postgres_line_due(const struct postgres_line *line);

#endif
