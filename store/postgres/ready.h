#ifndef POSTGRES_READY_H
#define POSTGRES_READY_H

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * ready: a connection that is made step by step, by PQconnectPoll().
 *
 * May that be called, now or in so many ms?  Before its socket is ready it would wait, as long as
 * the kernel does.  polling: what it last returned.
 */
static inline bool postgres_is_ready(const PGconn *connection, PostgresPollingStatusType polling,
				     int timeout_ms)
{
	struct pollfd fd = {
		.fd = PQsocket(connection),
		.events = polling == PGRES_POLLING_READING ? POLLIN : POLLOUT,
	};

	return fd.fd < 0 || poll(&fd, 1, timeout_ms) > 0;
}

/* Neither made nor refused: at the other end nobody says anything. */
static inline bool postgres_is_silent(const PGconn *connection)
{
	return connection && PQstatus(connection) != CONNECTION_OK &&
	       PQstatus(connection) != CONNECTION_BAD;
}

/* Has libpq gone on to another address, which has its own time to answer?  attempt: "" at first. */
#define POSTGRES_ATTEMPT_MAX 96
static inline bool postgres_is_new_attempt(const PGconn *connection,
					   char attempt[POSTGRES_ATTEMPT_MAX])
{
	const char *address = PQhostaddr(connection), *port = PQport(connection);
	char now[POSTGRES_ATTEMPT_MAX];

	snprintf(now, sizeof(now), "%.60s %.20s", address ? address : "", port ? port : "");
	if (strcmp(now, attempt) == 0)
		return false;
	strcpy(attempt, now);
	return true;
}

#endif
