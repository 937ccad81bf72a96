#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define BACKLOG  16
#define DEAF_MS  1000                /* no descriptor left for a client: so long nobody is let in */
#define LISTENER CONTROL_CLIENTS_MAX /* what the epoll calls the socket, and the timer; */
#define TIMER    (CONTROL_CLIENTS_MAX + 1) /* below are clients */

int control_silence_ms = CONTROL_SILENCE_MS;

struct client {
	int fd; /* or -1 */
	int64_t until_ms;
	size_t size;
	char *request;
};

struct control {
	control_function *function;
	void *user;
	char path[PATH_MAX];
	int epoll, listener, timer;
	bool is_deaf; /* the listener is not watched */
	struct client clients[CONTROL_CLIENTS_MAX];
};

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

static int watch(const struct control *control, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_door(struct control *control, const char *database)
{
	if (path_of(database, control->path) < 0)
		return -1;
	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	control->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	control->listener = new_socket(SOCK_NONBLOCK);
	if (control->epoll < 0 || control->timer < 0 || control->listener < 0)
		return -1;
	if (bind_to(control->listener, control->path) < 0) {
		close(control->listener); /* and the path is not ours to take away */
		control->listener = -1;
		return -1;
	}
	if (listen(control->listener, BACKLOG) < 0 || watch(control, control->timer, TIMER) < 0)
		return -1;
	return watch(control, control->listener, LISTENER);
}

struct control *control_new(const char *database, control_function *function, void *user,
			    char error[CONTROL_ERROR_MAX])
{
	struct control *control = memory_new(1, sizeof(*control));

	*control = (struct control){ .function = function, .user = user };
	control->epoll = control->listener = control->timer = -1;
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
	if (client->fd < 0)
		return;
	close(client->fd); /* which takes it out of the epoll */
	free(client->request);
	*client = (struct client){ .fd = -1 };
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		drop(&control->clients[i]);
	if (control->listener >= 0) {
		unlink(control->path);
		close(control->listener);
	}
	if (control->timer >= 0)
		close(control->timer);
	if (control->epoll >= 0)
		close(control->epoll);
	free(control);
}

/* An answer fits the socket's buffer; to one that does not read nothing more is said. */
static void say(int fd, const char *text, size_t size)
{
	ssize_t sent = send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent;
}

static void let_in(struct control *control, int fd)
{
	static const char busy[] = "error too many clients: try again\n";

	for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd >= 0)
			continue;
		*client = (struct client){
			.fd = fd,
			.until_ms = clock_ms() + control_silence_ms,
			.request = memory_new(CONTROL_REQUEST_MAX, 1),
		};
		if (watch(control, fd, i) < 0)
			drop(client);
		return;
	}
	say(fd, busy, sizeof(busy) - 1);
	close(fd);
}

/* With no descriptor left the listener would be readable for ever: it is looked at again later. */
static void turn_deaf(struct control *control)
{
	epoll_ctl(control->epoll, EPOLL_CTL_DEL, control->listener, NULL);
	control->is_deaf = true;
}

static void accept_clients(struct control *control)
{
	for (int i = 0; i < BACKLOG; i++) {
		int fd = accept4(control->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			let_in(control, fd);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			turn_deaf(control);
		return;
	}
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

static void listen_to(struct control *control, struct client *client)
{
	static const char wrong[] = "error one line is asked, of less than 40 KiB, without NUL\n";
	size_t room = CONTROL_REQUEST_MAX - client->size;
	ssize_t got = read(client->fd, client->request + client->size, room);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->size += got > 0 ? (size_t)got : 0;
	end = memchr(client->request, '\n', client->size);
	if (got > 0 && !end && client->size < CONTROL_REQUEST_MAX)
		return;
	if (end && !memchr(client->request, '\0', (size_t)(end - client->request))) {
		*end = '\0';
		answer(control, client);
	} else if (got > 0) {
		say(client->fd, wrong, sizeof(wrong) - 1);
	}
	drop(client);
}

/* ---- the turn ---- */

static void on_timer(struct control *control)
{
	int64_t now = clock_ms();
	uint64_t expired;

	if (read(control->timer, &expired, sizeof(expired)) < 0)
		return;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (control->clients[i].fd >= 0 && control->clients[i].until_ms <= now)
			drop(&control->clients[i]);
	}
	if (control->is_deaf)
		control->is_deaf = watch(control, control->listener, LISTENER) < 0;
}

/* The timer rings when the first client's time is over; with none it does not ring. */
static void set_timer(struct control *control)
{
	int64_t now = clock_ms(), first = control->is_deaf ? now + DEAF_MS : INT64_MAX;
	struct itimerspec when = { 0 };

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (control->clients[i].fd >= 0 && control->clients[i].until_ms < first)
			first = control->clients[i].until_ms;
	}
	if (first < INT64_MAX) {
		int64_t wait = first > now ? first - now : 1;

		when.it_value.tv_sec = wait / 1000;
		when.it_value.tv_nsec = wait % 1000 * 1000000;
	}
	timerfd_settime(control->timer, 0, &when, NULL);
}

int control_fd(const struct control *control)
{
	return control->epoll;
}

void control_turn(void *user)
{
	struct control *control = user;
	struct epoll_event events[CONTROL_CLIENTS_MAX + 2];
	int count = epoll_wait(control->epoll, events, CONTROL_CLIENTS_MAX + 2, 0);

	for (int i = 0; i < count; i++) {
		uint32_t what = events[i].data.u32;

		if (what == LISTENER)
			accept_clients(control);
		else if (what == TIMER)
			on_timer(control);
		else if (control->clients[what].fd >= 0)
			listen_to(control, &control->clients[what]);
	}
	set_timer(control);
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
	else if (send_request(fd, request) < 0 || receive_answer(fd, answer_text) < 0)
		result = fail(error, database,
			      errno == EAGAIN ? "it is busy, or stopped" : strerror(errno));
	close(fd);
	return result;
}
