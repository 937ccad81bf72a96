#ifndef POOLER_H
#define POOLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/support/postgres_server.h"

/*
 * pooler: pgbouncer before a PostgreSQL server of the test's own, on another socket in the same
 * folder, as the same user.  It ends with the process that started it.
 */
struct pooler {
	const struct postgres_server *server;
	pid_t pid;     /* 0: it does not run */
	unsigned port; /* in the name of its socket */
};

/* Is there one?  If not, one line says so, and the test skips. */
bool pooler_is_there(void);

/*
 * mode: session, transaction or statement.  settings: more lines of its file, or NULL.  Returns 0,
 * or -1 with a line on standard error.
 */
int pooler_start(struct pooler *pooler, const struct postgres_server *server, const char *mode,
		 const char *settings);

/* All its connections are cut.  Then it may be started again. */
void pooler_stop(struct pooler *pooler);

/* As postgres_server_uri(), by way of it. */
const char *pooler_uri(const struct pooler *pooler, const char *schema);

#endif
