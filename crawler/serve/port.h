#ifndef PORT_H
#define PORT_H

/*
 * port: the socket that the page is served on, and whose it is if it cannot be ours.
 */
#include <stdbool.h>

#define PORT_ERROR_MAX 300

/* Is it an address, as port_listen() takes it? */
bool port_is_address(const char *text);

/*
 * Listen on an address, which is a number ("127.0.0.1", "::1"); port 0 is any, and *port the one it
 * is then.  Returns a socket that does not block, or -1 with one line in error.
 */
int port_listen(const char *address, unsigned *port, char error[PORT_ERROR_MAX]);

#endif
