#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/address.h"
#include "parsers/text/memory.h"

#define BACKLOG 16
#define DEAF_MS 1000 /* no descriptor left for a client: so long nobody is let in */

int control_silence_ms = CONTROL_SILENCE_MS;

/* One who is let in: watched, and timed, until dropped. */
struct client {
	struct control *control;
	int fd; /* or -1 */
	struct loop_timer silence;
	size_t size;
	char *request;
};

struct control {
	struct loop *loop;
	control_function *function;
	void *user;
	char path[PATH_MAX];
	int listener;
	struct loop_timer deafness; /* set: the listener is not watched */
	struct client clients[CONTROL_CLIENTS_MAX];
};

static void on_listener(void *user, int fd, uint32_t events);
static void on_deafness_over(void *user);

/* ---- opening ---- */

/* Is it a socket that nobody listens on? */
static bool is_stale(const char *path)
{
	struct stat found;
	bool is_refused;
	int fd;

	if (lstat(path, &found) < 0 || !S_ISSOCK(found.st_mode))
		return false;
	fd = address_socket(SOCK_NONBLOCK);
	is_refused = fd >= 0 && address_at(connect, fd, path) < 0 && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return is_refused;
}

static int bind_to(int fd, const char *path)
{
	mode_t before = umask(077);
	int result = address_at(bind, fd, path);

	if (result < 0 && errno == EADDRINUSE) {
		if (is_stale(path) && unlink(path) == 0)
			result = address_at(bind, fd, path);
		else
			errno = EADDRINUSE;
	}
	umask(before);
	return result;
}

static int open_door(struct control *control, const char *database)
{
	if (address_path(database, control->path) < 0)
		return -1;
	control->listener = address_socket(SOCK_NONBLOCK);
	if (control->listener < 0)
		return -1;
	if (bind_to(control->listener, control->path) < 0) {
		close(control->listener); /* and the path is not ours to take away */
		control->listener = -1;
		return -1;
	}
	if (listen(control->listener, BACKLOG) < 0)
		return -1;
	return loop_watch(control->loop, control->listener, EPOLLIN, on_listener, control);
}

struct control *control_new(const char *database, struct loop *loop, control_function *function,
			    void *user, char error[CONTROL_ERROR_MAX])
{
	struct control *control = memory_new(1, sizeof(*control));

	*control = (struct control){
		.loop = loop,
		.function = function,
		.user = user,
		.listener = -1,
		.deafness = { .function = on_deafness_over, .user = control },
	};
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	if (open_door(control, database) == 0)
		return control;
	snprintf(error, CONTROL_ERROR_MAX, "%.200s" CONTROL_SUFFIX ": %s", database,
		 errno == EADDRINUSE ? "is there, and is in use or no socket" : strerror(errno));
	control_free(control);
	return NULL;
}

/* ---- clients ---- */

static void drop(struct client *client)
{
	struct loop *loop = client->control->loop;

	loop_unwatch(loop, client->fd);
	loop_cancel_timer(loop, &client->silence);
	close(client->fd);
	free(client->request);
	*client = (struct client){ .fd = -1 };
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (control->clients[i].fd >= 0)
			drop(&control->clients[i]);
	}
	if (control->listener >= 0) {
		unlink(control->path);
		loop_unwatch(control->loop, control->listener);
		close(control->listener);
	}
	loop_cancel_timer(control->loop, &control->deafness);
	free(control);
}

/* An answer fits the socket's buffer; to one that does not read nothing more is said. */
static void say(int fd, const char *text, size_t size)
{
	ssize_t sent = send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent;
}

/* The whole line is there. */
static void answer(struct control *control, const struct client *client)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	control->function(control->user, client->request, out);
	fclose(out);
	say(client->fd, text, size < CONTROL_ANSWER_MAX ? size : CONTROL_ANSWER_MAX - 1);
	free(text);
}

static void on_client(void *user, int fd, uint32_t events)
{
	static const char wrong[] = "error one line is asked, of less than 40 KiB, without NUL\n";
	struct client *client = user;
	size_t room = CONTROL_REQUEST_MAX - client->size;
	ssize_t got = read(fd, client->request + client->size, room);
	char *end;

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->size += got > 0 ? (size_t)got : 0;
	end = memchr(client->request, '\n', client->size);
	if (got > 0 && !end && client->size < CONTROL_REQUEST_MAX)
		return;
	if (end && !memchr(client->request, '\0', (size_t)(end - client->request))) {
		*end = '\0';
		answer(client->control, client);
	} else if (got > 0) {
		say(fd, wrong, sizeof(wrong) - 1);
	}
	drop(client);
}

static void on_silence(void *user)
{
	drop(user);
}

/* ---- the door ---- */

static void let_in(struct control *control, int fd)
{
	static const char busy[] = "error too many clients: try again\n";

	if (!address_is_trusted(fd)) {
		close(fd);
		return;
	}
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd >= 0)
			continue;
		*client = (struct client){
			.control = control,
			.fd = fd,
			.silence = { .function = on_silence, .user = client },
			.request = memory_new(CONTROL_REQUEST_MAX, 1),
		};
		loop_set_timer(control->loop, &client->silence, clock_ms() + control_silence_ms);
		if (loop_watch(control->loop, fd, EPOLLIN, on_client, client) < 0)
			drop(client);
		return;
	}
	say(fd, busy, sizeof(busy) - 1);
	close(fd);
}

/* With no descriptor left the listener would be readable for ever: it is looked at again later. */
static void turn_deaf(struct control *control)
{
	loop_unwatch(control->loop, control->listener);
	loop_set_timer(control->loop, &control->deafness, clock_ms() + DEAF_MS);
}

static void on_deafness_over(void *user)
{
	struct control *control = user;

	if (loop_watch(control->loop, control->listener, EPOLLIN, on_listener, control) < 0)
		turn_deaf(control);
}

static void on_listener(void *user, int listener, uint32_t events)
{
	struct control *control = user;

	(void)events;
	for (int i = 0; i < BACKLOG; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			let_in(control, fd);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			turn_deaf(control);
		return;
	}
}
