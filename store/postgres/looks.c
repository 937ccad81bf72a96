#include "store/postgres/reads.h"

#include <time.h>

/*
 * A look is one transaction, so that all is of one moment.  Its time is counted here, and said to
 * the server as statement_timeout, which ends what is at work; then the transaction goes back to
 * the savepoint that it began with, which changes nothing of what it sees, and can be asked again.
 *
 * The server's limit is of one statement, and setting it is a trip there: so it is set anew once
 * what is left is less than four fifths of it.
 */
#define LOOK "crawl_look"

#define ROLLBACKS 3 /* that are tried */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t left_ms(const struct postgres_store *store)
{
	return store->look.until_ms - now_ms();
}

/* ---- what is late ---- */

/* What failed for want of time did not fail. */
static void forgive(struct postgres_store *store)
{
	if (!store->look.is_late)
		return;
	store->base.has_failed = false;
	store->base.error = (struct store_error){ .cure = STORE_CURE_NONE };
}

void postgres_note_late(struct postgres_store *store, const char *sqlstate)
{
	if (store->look.is_on && sqlstate && strcmp(sqlstate, "57014") == 0)
		store->look.is_late = true;
}

bool postgres_is_late(const struct store *door)
{
	const struct postgres_store *store = (const struct postgres_store *)door;

	return store->look.is_on && (store->look.is_late || left_ms(store) <= 0);
}

bool postgres_was_late(struct postgres_store *store)
{
	if (!postgres_is_late(&store->base) || !store->look.is_late)
		return false;
	forgive(store);
	return true;
}

/* ---- before a statement ---- */

/* Runs what belongs to the look itself, which is not limited.  Returns 0 or -1. */
static int command(struct postgres_store *store, const char *sql)
{
	PGresult *result = PQexec(store->ask, sql);
	int failed = PQresultStatus(result) == PGRES_COMMAND_OK
			     ? 0
			     : postgres_fail(store, store->ask, result);

	PQclear(result);
	return failed;
}

static int arm(struct postgres_store *store, int64_t left)
{
	char sql[64];

	if (store->look.armed_ms > 0 && left <= store->look.armed_ms &&
	    left >= store->look.armed_ms / 5 * 4)
		return 0;
	snprintf(sql, sizeof(sql), "SET LOCAL statement_timeout = %lld", (long long)left);
	store->look.armed_ms = left;
	return command(store, sql);
}

int postgres_look_again(struct postgres_store *store)
{
	store->look.armed_ms = 0; /* it is forgotten with what came since */
	return command(store, "ROLLBACK TO SAVEPOINT " LOOK);
}

int postgres_look_ready(struct postgres_store *store)
{
	int64_t left;

	if (!store->look.is_on)
		return 0;
	left = left_ms(store);
	if (left <= 0 || store->look.is_late) {
		store->look.is_late = true;
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%.160s: reading took longer than it may", store->uri.shown);
	}
	if (PQtransactionStatus(store->ask) == PQTRANS_INERROR && postgres_look_again(store))
		return -1;
	return arm(store, left);
}

/* ---- the look ---- */

void postgres_set_read_budget(struct store *door, unsigned ms)
{
	struct postgres_store *store = postgres_of(door);

	if (!store->look.is_on)
		return;
	forgive(store);
	store->look.is_late = false;
	store->look.until_ms = now_ms() + (ms > 0 ? ms : 1);
}

int postgres_begin_look(struct store *door, unsigned ms)
{
	struct postgres_store *store = postgres_of(door);

	if (postgres_do(store, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL,
			0) ||
	    command(store, "SAVEPOINT " LOOK))
		return -1;
	store->look = (struct postgres_look){ .is_on = true };
	postgres_set_read_budget(door, ms);
	return 0;
}

bool postgres_end_look(struct store *door)
{
	struct postgres_store *store = postgres_of(door);
	bool was_late = postgres_is_late(door);

	if (!store->look.is_on)
		return false;
	forgive(store);
	store->look.is_on = false;
	/* The server's limit may end this, too. */
	for (int i = 0; i < ROLLBACKS && PQtransactionStatus(store->ask) != PQTRANS_IDLE; i++)
		PQclear(PQexec(store->ask, "ROLLBACK"));
	return was_late;
}

/* ---- is it still there? ---- */

/* A crawl that was begun over has another secret. */
bool postgres_is_current(struct store *door)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value values[] = { postgres_of_integer(POSTGRES_SCHEMA_VERSION),
					postgres_of_integer((int64_t)store->secret) };
	int64_t found = 0;

	return postgres_number(store,
			       "SELECT count(*) FROM crawl_meta"
			       " WHERE schema_version = $1 AND secret = $2",
			       values, 2, &found) == 0 &&
	       found == 1;
}
