#ifndef TLS_STAND_IN_H
#define TLS_STAND_IN_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * tls_stand_in: a server of one connection at a time, over TLS, in the folder of a test.
 *
 * openssl s_server does the TLS; what it decrypts is answered here, and kept.  "/to/302/URL" is
 * answered with that status and Location, everything else with a page.
 */
struct tls_stand_in {
	pid_t pid;
	unsigned port;
	int held_port;   /* so that nobody else gets it */
	char origin[40]; /* "https://127.0.0.1:PORT" */
};

/* Is openssl there?  Without it nothing of this can be. */
bool tls_is_possible(void);

/*
 * Make an authority (ca.pem) and a certificate by it for 127.0.0.1 (certificate.pem, key.pem) in
 * the folder.  Returns 0, or -1.
 */
int tls_make_certificates(void);

/* Start it.  wants_certificate: of the client, by the authority.  Returns 0, or -1. */
int tls_start(struct tls_stand_in *tls, bool wants_certificate);
void tls_stop(struct tls_stand_in *tls);

/* Certificates and all, where it is possible; the test says so where it is not. Returns 0, or -1.
 */
int tls_begin(struct tls_stand_in *tls, bool wants_certificate);

/* Every byte that clients have sent, until now.  Good until the next call. */
const char *tls_heard(void);

#endif
