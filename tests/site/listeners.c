#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG        4096
#define PORT_TRIES_MAX 16 /* a port that is free on the first address may be taken on another */

static bool shares_one_socket(unsigned addresses)
{
	return addresses > LISTENERS_SOCKETS_MAX;
}

/* Returns a listening socket, or -1 with errno. */
static int listen_on(in_addr_t address, unsigned port, bool is_device_wide)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(address),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, error;

	if (fd < 0)
		return -1;
	if (is_device_wide && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")) < 0)
		goto fail;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		   sizeof(one)); /* its connections inherit it */
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(fd, BACKLOG) < 0)
		goto fail;
	return fd;

fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static unsigned port_of(int fd)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof(name);

	getsockname(fd, (struct sockaddr *)&name, &size);
	return ntohs(name.sin_port);
}

/* One attempt at all addresses.  Returns 0, or -1 with errno and nothing open. */
static int open_all(struct listeners *listeners, unsigned port)
{
	bool is_device_wide = shares_one_socket(listeners->addresses);
	size_t wanted = is_device_wide ? 1 : listeners->addresses;

	listeners->port = port;
	for (listeners->count = 0; listeners->count < wanted; listeners->count++) {
		in_addr_t address = INADDR_LOOPBACK + (in_addr_t)listeners->count;
		int fd = listen_on(is_device_wide ? INADDR_ANY : address, listeners->port,
				   is_device_wide);

		if (fd < 0) {
			int error = errno;

			listeners_close(listeners);
			errno = error;
			return -1;
		}
		listeners->fds[listeners->count] = fd;
		listeners->port = port_of(fd);
	}
	return 0;
}

int listeners_open(struct listeners *listeners, unsigned port, unsigned addresses,
		   char error[LISTENERS_ERROR_MAX])
{
	listeners->addresses = addresses;
	for (int i = 0; i < PORT_TRIES_MAX; i++) {
		if (open_all(listeners, port) == 0)
			return 0;
		if (port != 0 || errno != EADDRINUSE)
			break;
	}
	snprintf(error, LISTENERS_ERROR_MAX,
		 "cannot listen on port %u of %u loopback addresses: %s", port, addresses,
		 strerror(errno));
	return -1;
}

void listeners_close(struct listeners *listeners)
{
	while (listeners->count > 0)
		close(listeners->fds[--listeners->count]);
}

static bool is_ours(const struct listeners *listeners, int fd)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof(name);

	getsockname(fd, (struct sockaddr *)&name, &size);
	return ntohl(name.sin_addr.s_addr) - INADDR_LOOPBACK < listeners->addresses;
}

int listeners_accept(const struct listeners *listeners, int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client >= 0 && shares_one_socket(listeners->addresses) && !is_ours(listeners, client)) {
		close(client);
		return -1;
	}
	return client;
}
