#ifndef CONNECTION_H
#define CONNECTION_H

#include "server.h"

/*
 * connection: one client of the site, from accept to close.
 *
 *	           a whole head                  all sent, and more to come later
 *	READING ------------------> SENDING  <----------------------------------> PAUSED
 *	   ^   <------------------    |  |                                          ^
 *	   |        KEEP              |  +--> HANGING (HANG: until the client goes) |
 *	 accept                       +-----> DRAINING (CLOSE: until its last byte) |
 *	   |                                                                        |
 *	   +--------------------------- the route wants to wait first --------------+
 *
 * While an answer is under way nothing is read: requests that a client sends in advance stay
 * in the socket.  A client that half-closes while its answer is paused counts as gone.
 */
struct connection;

/* Keeps fd. */
void connection_begin(struct server *server, int fd);

/* Close at once; what was under way is logged. */
void connection_end(struct connection *connection);

#endif
