#ifndef ADDRESS_H
#define ADDRESS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/socket.h>

/*
 * address: where the socket of a crawl stands, for both of its ends.
 */
#define CONTROL_SUFFIX "-ctl"

/* Beside the database, wherever links lead.  Returns 0, or -1 with errno. */
int address_path(const char *database, char path[PATH_MAX]);

/* A local socket, with more flags.  Returns -1 with errno. */
int address_socket(int flags);

/* bind() or connect(), however long the path is.  Returns 0, or -1 with errno. */
int address_at(int (*act)(int fd, const struct sockaddr *address, socklen_t size), int fd,
	       const char *path);

/* Is the other end the same user's, or root's? */
bool address_is_trusted(int fd);

#endif
