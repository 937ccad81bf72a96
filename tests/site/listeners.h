#ifndef LISTENERS_H
#define LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * listeners: the addresses that the site answers on, 127.0.0.1 and those after it.
 *
 * Up to LISTENERS_SOCKETS_MAX addresses have a socket each.  More than that share one, which is
 * bound to the loopback device and closes connections to addresses beyond the range: the
 * site is never reached from another machine.
 */
#define LISTENERS_SOCKETS_MAX   250
#define LISTENERS_ADDRESSES_MAX (1 << 20)
#define LISTENERS_ERROR_MAX     256

struct listeners {
	int fds[LISTENERS_SOCKETS_MAX];
	size_t count;
	unsigned port;
	unsigned addresses;
};

/*
 * Listen; port 0 picks one that is free on all the addresses.  The caller closes with
 * listeners_close().  Returns 0, or -1 with the reason in error.
 */
int listeners_open(struct listeners *listeners, unsigned port, unsigned addresses,
		   char error[LISTENERS_ERROR_MAX]);
void listeners_close(struct listeners *listeners);

/*
 * Take a connection that waits at fd; it does not block.
 * Returns it, or -1 if there is none, or none for an address of ours.
 */
int listeners_accept(const struct listeners *listeners, int fd);

#endif
