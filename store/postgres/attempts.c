#include "store/postgres/internal.h"

#include <poll.h>
#include <stdlib.h>

#include "store/postgres/node.h"
#include "store/postgres/ready.h"

/* How connections are made that are waited for, side by side. */

#define CONNECT_MS 10000

/* Is it still waited for?  Meanwhile nobody takes us for dead, and somebody may be impatient. */
bool postgres_beat_on(struct postgres_store *store)
{
	postgres_node_beat(store);
	return !store->base.has_failed && store_waits_on(&store->base);
}

/* That the URI or the environment may say; libpq counts it only where it waits by itself. */
static int64_t connect_ms(PGconn *connection)
{
	PQconninfoOption *all = PQconninfo(connection), *option = all;
	int64_t ms = CONNECT_MS;
	long seconds;

	while (option && option->keyword && strcmp(option->keyword, "connect_timeout") != 0)
		option++;
	if (option && option->keyword && option->val) {
		seconds = strtol(option->val, NULL, 10);
		ms = seconds > 0 ? 1000 * (int64_t)(seconds > 1 ? seconds : 2) : INT64_MAX / 2;
	}
	PQconninfoFree(all);
	return ms;
}

/* One that is made step by step, so that there is time for other things. */
struct attempt {
	PGconn *connection;
	PostgresPollingStatusType polling;
	int64_t most_ms, end_ms; /* of the address that is tried */
	char address[POSTGRES_ATTEMPT_MAX];
};

static bool is_under_way(const struct attempt *attempt)
{
	return postgres_is_silent(attempt->connection) &&
	       attempt->polling != PGRES_POLLING_FAILED && postgres_boot_ms() < attempt->end_ms;
}

static void note_address(struct attempt *attempt)
{
	if (postgres_is_new_attempt(attempt->connection, attempt->address))
		attempt->end_ms = postgres_boot_ms() + attempt->most_ms;
}

static struct attempt begin_attempt(PGconn *connection)
{
	struct attempt attempt = {
		.connection = connection,
		.polling = PGRES_POLLING_WRITING,
		.most_ms = connect_ms(connection),
	};

	note_address(&attempt);
	return attempt;
}

static void step(struct attempt *attempt)
{
	if (!is_under_way(attempt) || !postgres_is_ready(attempt->connection, attempt->polling, 0))
		return;
	attempt->polling = PQconnectPoll(attempt->connection);
	note_address(attempt);
}

/* Wait until one can go on, or a little while. */
static void wait_for_step(const struct attempt attempts[], size_t count)
{
	struct pollfd fds[POSTGRES_SPARES];

	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){
			.fd = is_under_way(&attempts[i]) ? PQsocket(attempts[i].connection) : -1,
			.events = attempts[i].polling == PGRES_POLLING_READING ? POLLIN : POLLOUT,
		};
	poll(fds, count, POSTGRES_BEAT_MS);
}

/* Returns false: somebody is impatient. */
static bool wait_for_connections(struct postgres_store *store, PGconn *const connections[],
				 size_t count)
{
	struct attempt attempts[POSTGRES_SPARES];
	bool is_any;

	for (size_t i = 0; i < count; i++)
		attempts[i] = begin_attempt(connections[i]);
	do {
		is_any = false;
		for (size_t i = 0; i < count; i++) {
			step(&attempts[i]);
			is_any |= is_under_way(&attempts[i]);
		}
		if (is_any && !postgres_beat_on(store))
			return false;
		if (is_any)
			wait_for_step(attempts, count);
	} while (is_any);
	return true;
}

static PGconn *find_silent(PGconn *const connections[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (postgres_is_silent(connections[i]))
			return connections[i];
	return NULL;
}

void postgres_connect_all(struct postgres_store *store, PGconn *connections[], size_t count)
{
	PGconn *silent;
	size_t tries = 1;

	for (size_t i = 0; i < count; i++)
		connections[i] = postgres_dial(store, NULL);
	while (wait_for_connections(store, connections, count) &&
	       (silent = find_silent(connections, count)) &&
	       tries++ < postgres_note_silence(store, silent))
		for (size_t i = 0; i < count; i++) {
			if (!postgres_is_silent(connections[i]))
				continue;
			PQfinish(connections[i]);
			connections[i] = postgres_dial(store, NULL);
		}
}
