#include "control/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "/run/systemd/notify", or "@name" in the abstract namespace.  Returns -1 if it cannot be reached.
 */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = path ? strlen(path) : 0;
	int fd;

	if (size < 2 || size >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Half of what the manager waits for; 0 if it does not wait, or not for this process. */
static int64_t watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t limit_us = usec ? strtoll(usec, NULL, 10) : 0;

	if (limit_us <= 0 || (pid && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return limit_us < 2000 ? 1 : limit_us / 2000;
}

struct notify notify_open(void)
{
	struct notify notify = { .socket = connect_to(getenv("NOTIFY_SOCKET")) };

	if (notify.socket >= 0)
		notify.every_ms = watchdog_ms();
	return notify;
}

void notify_say(const struct notify *notify, const char *state)
{
	if (notify->socket >= 0)
		send(notify->socket, state, strlen(state), MSG_NOSIGNAL);
}

void notify_beat(struct notify *notify, int64_t now_ms)
{
	if (notify->every_ms == 0 || now_ms < notify->due_ms)
		return;
	notify->due_ms = now_ms + notify->every_ms;
	notify_say(notify, "WATCHDOG=1");
}

void notify_close(struct notify *notify)
{
	if (notify->socket >= 0)
		close(notify->socket);
	notify->socket = -1;
}
