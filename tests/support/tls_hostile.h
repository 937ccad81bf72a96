#ifndef TLS_HOSTILE_H
#define TLS_HOSTILE_H

#include "tests/support/hostile.h"
#include <sys/types.h>

/*
 * tls_hostile: servers of https that answer with a row of a table, each at a port of its own, in
 * the folder of a test.  The certificates are those of tls_make_certificates().
 */
enum tls_hostile_kind {
	TLS_HOSTILE_RAW,   /* the bytes are the answer to the client's hello */
	TLS_HOSTILE_HTTP1, /* they go through TLS when the request has come */
	TLS_HOSTILE_HTTP2, /* the same, and HTTP/2 is agreed upon */
};

struct tls_hostile {
	pid_t pid;
	unsigned port;
	int socket; /* which listens, or holds the port for who does */
};

/*
 * Start one.  HOSTILE_CLOSE ends TLS with close_notify, HOSTILE_RESET cuts the connection.  The row
 * stays.  Returns 0, or -1.
 */
int tls_hostile_start(struct tls_hostile *server, enum tls_hostile_kind kind,
		      const struct hostile_row *row);

/* openssl's own server of a page, with these options besides (NULL at the end). */
int tls_hostile_start_with(struct tls_hostile *server, const char *const options[]);

void tls_hostile_stop(struct tls_hostile *server);

#endif
