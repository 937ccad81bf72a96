#include "store/postgres/internal.h"

#include <poll.h>

/* A statement for which nobody waits for long. */

/* Returns false: it did not come by then. */
static bool wait_until(PGconn *connection, int64_t end_ms)
{
	struct pollfd fd = { .fd = PQsocket(connection), .events = POLLIN };
	int64_t left_ms;

	while (PQisBusy(connection) && (left_ms = end_ms - postgres_boot_ms()) > 0) {
		if (poll(&fd, 1, (int)left_ms) > 0 && !PQconsumeInput(connection))
			return false;
	}
	return !PQisBusy(connection);
}

PGresult *postgres_ask_briefly(PGconn *connection, const char *sql, const char *const values[],
			       int count, int64_t most_ms)
{
	int64_t end_ms = postgres_boot_ms() + most_ms;
	PGresult *result = NULL, *next;

	if (!PQsendQueryParams(connection, sql, count, NULL, values, NULL, NULL, 0))
		return NULL;
	while (wait_until(connection, end_ms)) {
		next = PQgetResult(connection);
		if (!next)
			return result;
		PQclear(result);
		result = next;
	}
	PQclear(result);
	return NULL;
}

bool postgres_say_briefly(PGconn *connection, const char *sql, const char *const values[],
			  int count, int64_t most_ms)
{
	PGresult *result = postgres_ask_briefly(connection, sql, values, count, most_ms);
	bool is_well = PQresultStatus(result) != PGRES_FATAL_ERROR; /* of NULL, too */

	PQclear(result);
	return is_well;
}
