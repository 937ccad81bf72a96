#ifndef TLS_END_H
#define TLS_END_H

#include <curl/curl.h>
#include <stdbool.h>

/*
 * tls_end: did a server say the end of its TLS connection (close_notify), or was it cut?
 *
 * libcurl makes no difference.  It is asked of OpenSSL, as far as that is what libcurl stands on:
 * its headers are not needed.
 */

/* Have it known of connections that this handle makes. */
void tls_end_watch(CURL *easy);

/* The connection of the transfer that is under way, to be asked about later, or NULL: not known. */
const void *tls_end_connection(CURL *easy);

/* Of a connection that has just ended. */
bool tls_end_was_said(const void *connection);

#endif
