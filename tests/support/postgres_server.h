#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * postgres_server: a PostgreSQL server of a test's own.
 *
 * It stands in a folder below /tmp, listens on a Unix socket there (and on 127.0.0.1, if it was
 * asked to), trusts everybody, and ends with the process that started it, however that ends.  It
 * does not wait for its disk: what is killed is a process, never the machine.
 */
struct postgres_server {
	char folder[64]; /* with the socket and the data; goes with it */
	char programs[512];
	pid_t pid; /* 0: it does not run */
	unsigned port;
	bool is_on_network;
};

#define POSTGRES_URI_MAX 256

/*
 * Is there one to be started?  If not, one line says so, and the test skips; where
 * POSTGRES_REQUIRED is set, the program has failed.
 */
bool postgres_server_is_there(void);

/* First in a test of a program that calls its own `server`. */
#define NEEDS_SERVER()           \
	do {                     \
		(void)state;     \
		if (!server.pid) \
			skip();  \
	} while (0)

/* The same of what else is lacking. */
void postgres_server_not_run(const char *why);

/*
 * Start one.  settings: more of them ("-c max_connections=3"), ended by NULL, or NULL.
 * Returns 0, or -1 with a line on standard error.
 */
int postgres_server_start(struct postgres_server *server, const char *const settings[]);

/* The same, reached by TCP on a port of 127.0.0.1, too. */
int postgres_server_start_on_network(struct postgres_server *server, const char *const settings[]);

/*
 * A streaming standby of one that runs, in a folder of its own: it can be asked, and gets what is
 * written there by the socket in the folder `by`, for as long as that leads to it.
 */
int postgres_server_start_standby(struct postgres_server *standby, const char *by);

/* It becomes a primary, with what it has got.  Returns 0, or -1. */
int postgres_server_promote(const struct postgres_server *standby);

/* End it, and take its folder away.  One that does not run is left alone. */
void postgres_server_stop(struct postgres_server *server);

/* As if the machine had lost power: all its processes are killed.  Then it may be started again. */
void postgres_server_kill(struct postgres_server *server);
int postgres_server_start_again(struct postgres_server *server, const char *const settings[]);

/*
 * Where a crawl is kept there, in a schema of this name, of the user "crawl"; good until the
 * fourth call after this one.  NULL: the schema "crawl".
 */
const char *postgres_server_uri(const struct postgres_server *server, const char *schema);

/* The same by TCP, by way of this port of 127.0.0.1 (0: the server's own). */
const char *postgres_server_tcp_uri(const struct postgres_server *server, const char *schema,
				    unsigned port);

/*
 * Past crawl: the answer to SQL, which may be several statements, as "a|b\nc|d", NULL as nothing;
 * or the server's complaint.  Good until the next call.
 */
const char *postgres_server_ask(const struct postgres_server *server, const char *schema,
				const char *sql);

#endif
