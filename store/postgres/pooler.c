#include "store/postgres/internal.h"

#include <stdlib.h>

/*
 * Is what answers the server itself, or a pooler before it (pgbouncer, say)?  And does that keep a
 * session for each connection?  What a node is lives in its sessions: their settings, their names,
 * by which those of the dead are ended, and what they hold locked.
 */

#define ANSWER_MS 10000
#define TURNS     3

/* The process of the server that answers now; or 0: it does not in time, or says why not. */
static int find_process(PGconn *connection)
{
	PGresult *result =
		postgres_ask_briefly(connection, "SELECT pg_backend_pid()", NULL, 0, ANSWER_MS);
	int pid = PQntuples(result) == 1 ? atoi(PQgetvalue(result, 0, 0)) : 0;

	PQclear(result);
	return pid;
}

static int find_surely(struct postgres_store *store, PGconn *connection, int *pid)
{
	*pid = find_process(connection);
	if (*pid)
		return 0;
	if (!PQisBusy(connection))
		return postgres_fail_to_connect(store, connection);
	return store_fail(&store->base, STORE_CURE_WAIT,
			  "%.160s: the server did not answer for %d s: is it overloaded?  A pooler "
			  "before it needs 3 sessions for each node, and 1 for who reads "
			  "(pgbouncer: default_pool_size)",
			  store->uri.shown, ANSWER_MS / 1000);
}

int postgres_find_pooler(struct postgres_store *store)
{
	int pid;

	if (find_surely(store, store->ask, &pid))
		return -1;
	store->is_pooled = pid != PQbackendPID(store->ask);
	return 0;
}

int postgres_has_session(struct postgres_store *store, PGconn *connection)
{
	int pid;

	return store->is_pooled ? find_surely(store, connection, &pid) : 0;
}

/*
 * Where sessions are not kept, two that wait are given the same one, or one of them now this and
 * now that.  It is asked once more in every other turn: there may be two that go round.
 */
int postgres_check_pooler(struct postgres_store *store, PGconn *other)
{
	int ours, theirs, last_ours = 0, last_theirs = 0;

	for (int asked = 0; asked < TURNS; asked++) {
		if (find_surely(store, store->ask, &ours))
			return -1;
		theirs = find_process(other);
		if (theirs == 0) /* each that there is, is somebody's */
			return 0;
		if (ours == theirs || (asked && (ours != last_ours || theirs != last_theirs)))
			return store_fail(&store->base, STORE_CURE_NONE,
					  "%.160s: a pooler there gives each transaction another "
					  "session, and a crawl needs its own: name the server "
					  "itself, or have the pooler keep sessions (pgbouncer: "
					  "pool_mode = session)",
					  store->uri.shown);
		last_ours = ours;
		last_theirs = theirs;
		if (asked % 2 == 0 && find_surely(store, store->ask, &ours))
			return -1;
	}
	return 0;
}
