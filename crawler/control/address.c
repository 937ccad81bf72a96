#include "control/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

int address_path(const char *database, char path[PATH_MAX])
{
	char *whole = realpath(database, NULL);
	int size = whole ? snprintf(path, PATH_MAX, "%s" CONTROL_SUFFIX, whole) : 0;

	free(whole);
	if (size >= PATH_MAX)
		errno = ENAMETOOLONG;
	return size > 0 && size < PATH_MAX ? 0 : -1;
}

/*
 * bind() or connect().  An address holds 107 bytes of path: a longer one leads through a descriptor
 * of the folder.
 */
int address_at(int (*act)(int fd, const struct sockaddr *address, socklen_t size), int fd,
	       const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *name = strrchr(path, '/') + 1;
	char whole[PATH_MAX + 32], folder[PATH_MAX];
	int folder_fd = -1, result, error;

	snprintf(whole, sizeof(whole), "%s", path);
	if (strlen(whole) >= sizeof(address.sun_path)) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(name - path), path);
		folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (folder_fd < 0)
			return -1;
		snprintf(whole, sizeof(whole), "/proc/self/fd/%d/%s", folder_fd, name);
	}
	errno = ENAMETOOLONG;
	result = -1;
	if (strlen(whole) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, whole);
		result = act(fd, (struct sockaddr *)&address, sizeof(address));
	}
	error = errno;
	if (folder_fd >= 0)
		close(folder_fd);
	errno = error;
	return result;
}

int address_socket(int flags)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/*
 * Whoever can write to the folder can put a socket there, and modes of sockets are no protection
 * everywhere: the other end is the same user, or root.
 */
bool address_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}
