#include "serve/port.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG      64
#define WHO_MAX      120
#define PATH_SIZE    300
#define STATE_LISTEN 0x0a /* of /proc/net/tcp */

struct place {
	struct sockaddr_storage address;
	socklen_t size;
};

static int place_of(const char *text, unsigned port, struct place *place)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&place->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&place->address;

	memset(place, 0, sizeof(*place));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		place->size = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		place->size = sizeof(*v6);
		return 0;
	}
	return -1;
}

bool port_is_address(const char *text)
{
	struct place place;

	return place_of(text, 0, &place) == 0;
}

/* ---- whose it is ---- */

/* The inode of a socket that listens on a port, whatever its address; 0: none is seen. */
static unsigned long find_listener(const char *table, unsigned port)
{
	FILE *file = fopen(table, "re");
	char line[512];
	unsigned long inode = 0;

	while (file && inode == 0 && fgets(line, sizeof(line), file)) {
		unsigned local, state;
		unsigned long found;

		/* "0: 0100007F:20D0 00000000:0000 0A tx:rx tr:when retransmits uid timeout inode"
		 */
		if (sscanf(line,
			   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*d %*d %lu",
			   &local, &state, &found) == 3 &&
		    local == port && state == STATE_LISTEN)
			inode = found;
	}
	if (file)
		fclose(file);
	return inode;
}

static bool holds(const char *pid, const char *wanted)
{
	char folder[PATH_SIZE], path[2 * PATH_SIZE], target[64];
	struct dirent *entry;
	bool is_found = false;
	DIR *fds;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	fds = opendir(folder);
	while (fds && !is_found && (entry = readdir(fds))) {
		ssize_t size;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		size = readlink(path, target, sizeof(target) - 1);
		target[size > 0 ? size : 0] = '\0';
		is_found = strcmp(target, wanted) == 0;
	}
	if (fds)
		closedir(fds);
	return is_found;
}

static void name_of(const char *pid, char name[64])
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	name[0] = '\0';
	if (file && fgets(name, 64, file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	for (char *at = name; *at; at++) /* a process calls itself what it likes */
		*at = *at < 0x20 || *at > 0x7e ? '?' : *at;
}

/* "python3 (pid 4711)", or "another program": who it is may not be ours to see. */
static void find_who(unsigned port, char who[WHO_MAX])
{
	unsigned long inode = find_listener("/proc/net/tcp", port);
	struct dirent *entry;
	char wanted[64], name[64];
	DIR *processes;

	if (inode == 0)
		inode = find_listener("/proc/net/tcp6", port);
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	snprintf(who, WHO_MAX, "another program");
	processes = inode != 0 ? opendir("/proc") : NULL;
	while (processes && (entry = readdir(processes))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !holds(entry->d_name, wanted))
			continue;
		name_of(entry->d_name, name);
		snprintf(who, WHO_MAX, "%s (pid %.20s)", name, entry->d_name);
		break;
	}
	if (processes)
		closedir(processes);
}

static int fail(char error[PORT_ERROR_MAX], const char *address, unsigned port)
{
	char who[WHO_MAX];

	if (errno == EADDRINUSE) {
		find_who(port, who);
		snprintf(error, PORT_ERROR_MAX,
			 "port %u is in use by %s: end that, or take --port 0", port, who);
	} else if (errno == EACCES) {
		snprintf(error, PORT_ERROR_MAX,
			 "port %u is for root alone: take one from 1024 on, or --port 0", port);
	} else if (errno == EADDRNOTAVAIL) {
		snprintf(error, PORT_ERROR_MAX, "--listen %.60s: this machine has no such address",
			 address);
	} else {
		snprintf(error, PORT_ERROR_MAX, "cannot listen on %.60s, port %u: %s", address,
			 port, strerror(errno));
	}
	return -1;
}

/* ---- listening ---- */

static unsigned port_of(int fd)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return 0;
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

int port_listen(const char *address, unsigned *port, char error[PORT_ERROR_MAX])
{
	struct place place;
	int fd, one = 1, reason;

	if (place_of(address, *port, &place) < 0) {
		snprintf(error, PORT_ERROR_MAX, "--listen %.60s is no address: 127.0.0.1 or ::1",
			 address);
		return -1;
	}
	fd = socket(place.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(error, address, *port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&place.address, place.size) == 0 &&
	    listen(fd, BACKLOG) == 0) {
		*port = port_of(fd);
		return fd;
	}
	reason = errno;
	close(fd);
	errno = reason;
	return fail(error, address, *port);
}
