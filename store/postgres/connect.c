#include "store/postgres/internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/postgres/node.h"
#include "store/postgres/pipe.h"

/* The connections that are waited for: how they begin, and begin again. */

#define OLDEST_SERVER 130000

#define SPARE_MS       2000 /* a connection that does not answer by then is none */
#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS  1600
#define RETRY_MS       6000 /* altogether: a server that is started again needs some */
#define LOSSES_MAX     3    /* of the connection by one statement of who is patient */

static int check_server(struct postgres_store *store)
{
	const char *encoding = PQparameterStatus(store->ask, "server_encoding");
	const char *version = PQparameterStatus(store->ask, "server_version");

	if (PQserverVersion(store->ask) < OLDEST_SERVER)
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%.160s is PostgreSQL %.*s: crawl needs 13 or later",
				  store->uri.shown, version ? (int)strcspn(version, " ") : 0,
				  version ? version : "");
	if (!encoding || strcmp(encoding, "UTF8") != 0)
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%.160s: the database's encoding is %s: name one that was made "
				  "with ENCODING 'UTF8'",
				  store->uri.shown, encoding ? encoding : "unknown");
	return 0;
}

/*
 * A reader that is gone (Ctrl-C) needs no answer: without this the server works on until it has
 * one.  It is no setting of older servers, and not every system has it.
 */
#define HAS_CHECK     140000
#define CHECK_GONE_MS "1000"

static void have_gone_noticed(struct postgres_store *store)
{
	if (store->is_reader && PQserverVersion(store->ask) >= HAS_CHECK)
		PQclear(PQexec(store->ask,
			       "SET client_connection_check_interval = " CHECK_GONE_MS));
}

static PGconn *connect_one(struct postgres_store *store)
{
	PGconn *connection;

	postgres_connect_all(store, &connection, 1);
	return connection;
}

/* Returns 0, or -1 with the reason in the connection. */
static int try_to_connect(struct postgres_store *store)
{
	PQfinish(store->ask);
	store->ask = NULL; /* while that takes */
	store->ask = connect_one(store);
	return PQstatus(store->ask) == CONNECTION_OK ? 0 : -1;
}

int postgres_connect_spares(struct postgres_store *store)
{
	postgres_connect_all(store, store->spare, POSTGRES_SPARES);
	for (size_t i = 0; i < POSTGRES_SPARES; i++) {
		if (PQstatus(store->spare[i]) != CONNECTION_OK)
			return postgres_fail_to_connect(store, store->spare[i]);
		if (postgres_has_session(store, store->spare[i]))
			return -1;
	}
	return 0;
}

PGconn *postgres_take_spare(struct postgres_store *store, const char *application)
{
	PGconn *spare = store->spare[0] ? store->spare[0] : store->spare[1];

	if (!spare)
		return NULL;
	store->spare[store->spare[0] ? 0 : 1] = NULL;
	if (postgres_say_briefly(spare, "SELECT set_config('application_name', $1, false)",
				 &application, 1, SPARE_MS))
		return spare;
	PQfinish(spare);
	return NULL;
}

/* ---- connecting anew ---- */

static PGresult *begin_session(struct postgres_store *store)
{
	char *sql = postgres_session_sql(store, NULL);
	PGresult *result = postgres_take_result(store, PQsendQuery(store->ask, sql));

	free(sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return result;
	store->is_without_keys =
		!store->is_reader && postgres_bool(result, 0, PQnfields(result) - 1);
	PQclear(result);
	have_gone_noticed(store);
	return NULL;
}

/* Before anything is set: it would be set for whoever has that session next. */
static int check_pooler(struct postgres_store *store)
{
	PGconn *other;
	int failed;

	if (postgres_find_pooler(store))
		return -1;
	if (!store->is_pooled)
		return 0;
	other = connect_one(store);
	failed = PQstatus(other) == CONNECTION_OK ? postgres_check_pooler(store, other) : 0;
	PQfinish(other);
	return failed;
}

/* Foreign keys are triggers: without them nothing keeps the dead from writing. */
static int check_keys(struct postgres_store *store)
{
	if (!store->is_without_keys)
		return 0;
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%.160s: session_replication_role is replica there, and no foreign key "
			  "holds: take it from the role or the database (ALTER ROLE ... RESET)",
			  store->uri.shown);
}

int postgres_connect(struct postgres_store *store)
{
	PGresult *refused;
	int failed;

	if (try_to_connect(store))
		return postgres_fail_to_connect(store, store->ask);
	if (check_server(store) || check_pooler(store))
		return -1;
	refused = begin_session(store);
	failed = refused ? postgres_fail(store, store->ask, refused) : check_keys(store);
	PQclear(refused);
	return failed;
}

/* Returns 0, or -1 with the reason. */
static int try_session(struct postgres_store *store, char why[STORE_ERROR_MAX])
{
	PGresult *refused = NULL;
	int failed = try_to_connect(store);

	if (!failed)
		refused = begin_session(store);
	if (failed || refused)
		postgres_explain(store, store->ask, refused, why);
	else if (check_keys(store))
		snprintf(why, STORE_ERROR_MAX, "%s", store->base.error.text);
	PQclear(refused);
	return failed || refused || store->base.has_failed ? -1 : 0;
}

/* As its pipe and its lease are, if there is somebody to be told, and to end it. */
static bool is_patient(const struct postgres_store *store)
{
	return store->node && store->node->line.store && !store->is_reader && store->base.on_wait;
}

/* Returns false: it is waited for no longer. */
static bool rest(struct postgres_store *store, int64_t ms)
{
	int64_t end_ms = postgres_boot_ms() + ms;

	while (postgres_beat_on(store)) {
		int64_t left_ms = end_ms - postgres_boot_ms();

		if (left_ms <= 0)
			return true;
		poll(NULL, 0, (int)(left_ms < POSTGRES_BEAT_MS ? left_ms : POSTGRES_BEAT_MS));
	}
	return false;
}

/* A reader is not held up: whoever looks at a page may look again. */
int postgres_connect_again(struct postgres_store *store)
{
	bool is_patiently = is_patient(store), is_said = false;
	int64_t end_ms =
		postgres_boot_ms() + (is_patiently ? store_patience_ms() : (int64_t)RETRY_MS);
	char why[STORE_ERROR_MAX], *said = store->base.trouble;

	for (int64_t ms = RETRY_FIRST_MS; try_session(store, why);
	     ms = ms < RETRY_LAST_MS ? 2 * ms : ms) {
		bool is_late = postgres_boot_ms() + ms > end_ms;

		if (!said[0]) {
			snprintf(said, STORE_ERROR_MAX, "%.480s", why);
			is_said = true;
		}
		if (is_late && is_patiently)
			return postgres_give_up(store, store_patience_ms(), why);
		if (store->is_reader || is_late || !rest(store, ms))
			return store_fail(&store->base, STORE_CURE_NONE, "%s", why);
	}
	if (is_said)
		said[0] = '\0';
	return 0;
}

/* Returns whether the connection was made again, for a statement that has lost it so often. */
bool postgres_may_go_on(struct postgres_store *store, unsigned losses)
{
	if (losses >= (is_patient(store) ? LOSSES_MAX : 1))
		return false;
	return (losses == 0 || rest(store, RETRY_LAST_MS)) && postgres_connect_again(store) == 0;
}

/*
 * Who was the primary may still answer, with what was there then: there is one that is written to.
 * Once for each session of the pipe: a name may have several addresses, all of them right.
 */
bool postgres_is_at_home(struct postgres_store *store)
{
	if (!store->pipe || PQtransactionStatus(store->ask) != PQTRANS_IDLE ||
	    store->home_session == postgres_pipe_session(store->pipe) ||
	    !postgres_pipe_is_elsewhere(store->pipe, store->ask))
		return true;
	store->home_session = postgres_pipe_session(store->pipe);
	return postgres_connect_again(store) == 0;
}
