#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * relay: a process between a client and a server, both on Unix sockets, that a test tells to be a
 * bad line.  It dies with the test.
 *
 *	relay_start()  bytes pass at once
 *	relay_set()    from now on as this says, for connections that are open and new ones
 *	relay_cut()    all connections are closed; what was on its way is lost
 *	relay_end()
 */
struct relay_state;

struct relay {
	pid_t pid;
	int wake;
	struct relay_state *state;
};

/* How the line is; all zero: good. */
struct relay_line {
	unsigned delay_ms; /* each way */
	bool holds_up;     /* what the client sends is not passed on until it no longer holds */
	bool holds_down;   /* likewise what the server answers */
	bool refuses;      /* new connections are closed at once */
	uint64_t up_until; /* relay_bytes_up() at which it begins to hold up, or 0 */
};

/* The path of a PostgreSQL server's socket in a folder. */
#define RELAY_SERVER_SOCKET ".s.PGSQL.5432"

/* Listen at the one path, lead to the other.  Returns 0, or -1. */
int relay_start(struct relay *relay, const char *listen_at, const char *lead_to);

/*
 * The same to a PostgreSQL server with its socket in that folder, from a folder of its own, which
 * is made (a template of mkdtemp()), and goes with it.
 */
int relay_start_before(struct relay *relay, char folder[], const char *server_folder);
void relay_end_before(struct relay *relay, const char *folder);

/* The relay has heard of it when this returns. */
void relay_set(struct relay *relay, struct relay_line line);
void relay_cut(struct relay *relay);

/* Bytes that were passed on until now, and connections that were made. */
uint64_t relay_bytes_up(const struct relay *relay);
uint64_t relay_bytes_down(const struct relay *relay);
unsigned relay_connections(const struct relay *relay);

/* All zero, or one that ended: nothing. */
void relay_end(struct relay *relay);

#endif
