#include "tests/support/port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int port_hold(unsigned *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)*port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, (struct sockaddr *)&name, size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&name, &size) == 0) {
		*port = ntohs(name.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}
