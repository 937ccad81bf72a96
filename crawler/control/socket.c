#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
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

/* ---- addresses ---- */

static int path_of(const char *database, char path[PATH_MAX])
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
static int at_path(int (*act)(int fd, const struct sockaddr *address, socklen_t size), int fd,
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

static int new_socket(int flags)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/*
 * Whoever can write to the folder can put a socket there, and modes of sockets are no protection
 * everywhere: the other end is the same user, or root.
 */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/* ---- opening ---- */

/* Is it a socket that nobody listens on? */
static bool is_stale(const char *path)
{
	struct stat found;
	bool is_refused;
	int fd;

	if (lstat(path, &found) < 0 || !S_ISSOCK(found.st_mode))
		return false;
	fd = new_socket(SOCK_NONBLOCK);
	is_refused = fd >= 0 && at_path(connect, fd, path) < 0 && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return is_refused;
}

static int bind_to(int fd, const char *path)
{
	mode_t before = umask(077);
	int result = at_path(bind, fd, path);

	if (result < 0 && errno == EADDRINUSE) {
		if (is_stale(path) && unlink(path) == 0)
			result = at_path(bind, fd, path);
		else
			errno = EADDRINUSE;
	}
	umask(before);
	return result;
}

static int open_door(struct control *control, const char *database)
{
	if (path_of(database, control->path) < 0)
		return -1;
	control->listener = new_socket(SOCK_NONBLOCK);
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

	if (!is_trusted(fd)) {
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

/* ---- the other side ---- */

static int fail(char error[CONTROL_ERROR_MAX], const char *database, const char *reason)
{
	snprintf(error, CONTROL_ERROR_MAX, "the crawl on %.200s does not answer: %s", database,
		 reason);
	return -1;
}

/* Returns 0, or -1 with errno. */
static int send_request(int fd, const char *request)
{
	size_t size = strlen(request), sent = 0;
	char *line = memory_new(size + 1, 1);
	ssize_t step = 1;

	memcpy(line, request, size);
	line[size] = '\n';
	for (; step > 0 && sent<size + 1; sent += step> 0 ? (size_t)step : 0)
		step = send(fd, line + sent, size + 1 - sent, MSG_NOSIGNAL);
	free(line);
	return step > 0 ? 0 : -1;
}

/* Returns 0, or -1 with errno; an answer that is none is ECONNRESET. */
static int receive_answer(int fd, char answer_text[CONTROL_ANSWER_MAX])
{
	size_t size = 0;
	ssize_t got = 1;

	while (got > 0 && size < CONTROL_ANSWER_MAX - 1) {
		got = read(fd, answer_text + size, CONTROL_ANSWER_MAX - 1 - size);
		size += got > 0 ? (size_t)got : 0;
	}
	answer_text[size] = '\0';
	if (got >= 0 && size == 0)
		errno = ECONNRESET;
	return got >= 0 && size > 0 ? 0 : -1;
}

static const char *why_silent(int reason)
{
	if (reason == EAGAIN)
		return "it is busy, or stopped";
	if (reason == EPIPE || reason == ECONNRESET)
		return "it is another user's, or ends";
	return strerror(reason);
}

int control_ask(const char *database, const char *request, char answer_text[CONTROL_ANSWER_MAX],
		char error[CONTROL_ERROR_MAX])
{
	struct timeval wait = { .tv_sec = CONTROL_WAIT_MS / 1000 };
	char path[PATH_MAX];
	int fd, result = 1;

	if (path_of(database, path) < 0)
		return errno == ENOENT ? 0 : fail(error, database, strerror(errno));
	fd = new_socket(0);
	if (fd < 0)
		return fail(error, database, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (at_path(connect, fd, path) < 0)
		result = errno == ENOENT || errno == ECONNREFUSED
				 ? 0
				 : fail(error, database, strerror(errno));
	else if (!is_trusted(fd))
		result = fail(error, database, "another user answers in its place");
	else if (send_request(fd, request) < 0 || receive_answer(fd, answer_text) < 0)
		result = fail(error, database, why_silent(errno));
	close(fd);
	return result;
}
