#include "tests/support/relay.h"

#include "crawler/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 128

#define CONNECTIONS_MAX 64
#define PIECE_BYTES     65536
#define HELD_BYTES_MAX  (64 << 20) /* of a direction: beyond it nothing more is read */
#define HEARD_MS_MAX    5000
#define POLLED_MAX      (2 + 2 * CONNECTIONS_MAX)

/* Shared by test and relay. */
struct relay_state {
	_Atomic unsigned delay_ms, holds, refuses, cuts;
	_Atomic unsigned told, heard; /* heard is told when all of it is done */
	_Atomic uint64_t up, down, up_until;
	_Atomic unsigned connections;
};

enum { HOLDS_UP = 1, HOLDS_DOWN = 2 };

struct piece {
	struct piece *next;
	int64_t due_ms;
	size_t size, sent;
	char bytes[];
};

/* Bytes from one end to the other. */
struct way {
	int from, to;
	struct piece *first, **last;
	size_t held;
	bool is_at_end, has_said_so;
};

struct connection {
	int client, server; /* -1: this place is free */
	struct way up, down;
};

struct line {
	struct relay_state *state;
	struct connection connections[CONNECTIONS_MAX];
	int listener, wake;
	unsigned cuts;
	struct sockaddr_un server;
};

/* ---- one way ---- */

static void way_open(struct way *way, int from, int to)
{
	*way = (struct way){ .from = from, .to = to };
	way->last = &way->first;
}

static void way_free(struct way *way)
{
	while (way->first) {
		struct piece *piece = way->first;

		way->first = piece->next;
		free(piece);
	}
}

/* Returns false if the other end is broken. */
static bool way_read(struct way *way, int64_t due_ms)
{
	struct piece *piece = malloc(sizeof(*piece) + PIECE_BYTES);
	ssize_t got = piece ? recv(way->from, piece->bytes, PIECE_BYTES, MSG_DONTWAIT) : -1;

	if (got <= 0) {
		free(piece);
		way->is_at_end |= got == 0;
		return got == 0 || errno == EAGAIN || errno == EINTR;
	}
	*piece = (struct piece){ .due_ms = due_ms, .size = (size_t)got };
	*way->last = piece;
	way->last = &piece->next;
	way->held += piece->size;
	return true;
}

/* passed may grow up to until, if that is not 0. */
static bool way_write(struct way *way, int64_t now_ms, _Atomic uint64_t *passed, uint64_t until)
{
	while (way->first && way->first->due_ms <= now_ms && (until == 0 || *passed < until)) {
		struct piece *piece = way->first;
		size_t left = piece->size - piece->sent;
		ssize_t put;

		if (until > 0 && left > until - *passed)
			left = until - *passed;
		put = send(way->to, piece->bytes + piece->sent, left, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (put < 0)
			return errno == EAGAIN || errno == EINTR;
		piece->sent += (size_t)put;
		way->held -= (size_t)put;
		atomic_fetch_add(passed, (uint64_t)put);
		if (piece->sent < piece->size)
			return true;
		way->first = piece->next;
		if (!way->first)
			way->last = &way->first;
		free(piece);
	}
	if (way->is_at_end && !way->first && !way->has_said_so) {
		shutdown(way->to, SHUT_WR);
		way->has_said_so = true;
	}
	return true;
}

/* ---- connections ---- */

static void disconnect(struct connection *connection)
{
	if (connection->client >= 0) {
		close(connection->client);
		close(connection->server);
		way_free(&connection->up);
		way_free(&connection->down);
	}
	connection->client = connection->server = -1;
}

static void admit(struct line *line)
{
	int client = accept4(line->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct connection *place = NULL;

	for (int i = 0; i < CONNECTIONS_MAX && !place; i++)
		place = line->connections[i].client < 0 ? &line->connections[i] : NULL;
	if (client < 0 || server < 0 || !place || line->state->refuses ||
	    connect(server, (struct sockaddr *)&line->server, sizeof(line->server)) < 0) {
		close(client);
		close(server);
		return;
	}
	place->client = client;
	place->server = server;
	way_open(&place->up, client, server);
	way_open(&place->down, server, client);
	atomic_fetch_add(&line->state->connections, 1);
}

static bool is_held(const struct line *line, unsigned which)
{
	uint64_t until = line->state->up_until;

	return (line->state->holds & which) ||
	       (which == HOLDS_UP && until > 0 && line->state->up >= until);
}

static void pass(struct line *line, struct connection *connection, short client, short server,
		 int64_t now_ms)
{
	int64_t due_ms = now_ms + line->state->delay_ms;
	bool is_good = true;

	if (client & (POLLIN | POLLHUP | POLLERR))
		is_good = way_read(&connection->up, due_ms);
	if (is_good && server & (POLLIN | POLLHUP | POLLERR))
		is_good = way_read(&connection->down, due_ms);
	if (is_good && !is_held(line, HOLDS_UP))
		is_good =
			way_write(&connection->up, now_ms, &line->state->up, line->state->up_until);
	if (is_good && !is_held(line, HOLDS_DOWN))
		is_good = way_write(&connection->down, now_ms, &line->state->down, 0);
	if (!is_good || (connection->up.has_said_so && connection->down.has_said_so))
		disconnect(connection);
}

/* ---- turns ---- */

/* A held way is read too, as a line has room of its own. */
static short wants(const struct way *in, const struct way *out, bool out_is_held, int64_t now_ms)
{
	short events = !in->is_at_end && in->held < HELD_BYTES_MAX ? POLLIN : 0;

	if (!out_is_held && out->first && out->first->due_ms <= now_ms)
		events |= POLLOUT;
	return events;
}

static int sooner(const struct way *way, bool is_held_, int64_t now_ms, int wait_ms)
{
	int64_t left_ms;

	if (is_held_ || !way->first || way->first->due_ms <= now_ms)
		return wait_ms;
	left_ms = way->first->due_ms - now_ms;
	return wait_ms < 0 || left_ms < wait_ms ? (int)left_ms : wait_ms;
}

/* Descriptors of a connection stand at 2 + 2 * its number. */
static int prepare(const struct line *line, struct pollfd polled[POLLED_MAX], int64_t now_ms)
{
	bool up_held = is_held(line, HOLDS_UP), down_held = is_held(line, HOLDS_DOWN);
	int wait_ms = -1;

	polled[0] = (struct pollfd){ line->wake, POLLIN, 0 };
	polled[1] = (struct pollfd){ line->listener, POLLIN, 0 };
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		const struct connection *one = &line->connections[i];
		struct pollfd *of = &polled[2 + 2 * i];

		of[0] = (struct pollfd){ one->client, 0, 0 };
		of[1] = (struct pollfd){ one->server, 0, 0 };
		if (one->client < 0)
			continue;
		of[0].events = wants(&one->up, &one->down, down_held, now_ms);
		of[1].events = wants(&one->down, &one->up, up_held, now_ms);
		for (int end = 0; end < 2; end++)
			of[end].fd = of[end].events ? of[end].fd : -1; /* a hang-up would not end */
		wait_ms = sooner(&one->up, up_held, now_ms, wait_ms);
		wait_ms = sooner(&one->down, down_held, now_ms, wait_ms);
	}
	return wait_ms;
}

static void listen_to_test(struct line *line)
{
	uint64_t count;

	if (read(line->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
		_exit(1);
	if (line->cuts != line->state->cuts) {
		line->cuts = line->state->cuts;
		for (int i = 0; i < CONNECTIONS_MAX; i++)
			disconnect(&line->connections[i]);
	}
}

static _Noreturn void run(struct line *line)
{
	struct pollfd polled[POLLED_MAX];

	for (;;) {
		int wait_ms = prepare(line, polled, clock_ms());
		unsigned told;

		if (poll(polled, POLLED_MAX, wait_ms) < 0 && errno != EINTR)
			_exit(1);
		told = line->state->told;
		listen_to_test(line);
		line->state->heard = told;
		if (polled[1].revents)
			admit(line);
		for (int i = 0; i < CONNECTIONS_MAX; i++) {
			if (line->connections[i].client >= 0)
				pass(line, &line->connections[i], polled[2 + 2 * i].revents,
				     polled[3 + 2 * i].revents, clock_ms());
		}
	}
}

/* ---- the test's side ---- */

static int listen_on(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(fd, CONNECTIONS_MAX) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int relay_start(struct relay *relay, const char *listen_at, const char *lead_to)
{
	struct line line = { .server = { .sun_family = AF_UNIX } };
	pid_t parent = getpid();

	snprintf(line.server.sun_path, sizeof(line.server.sun_path), "%s", lead_to);
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		line.connections[i].client = line.connections[i].server = -1;
	line.state = mmap(NULL, sizeof(*line.state), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	line.listener = listen_on(listen_at);
	line.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (line.state == MAP_FAILED || line.listener < 0 || line.wake < 0)
		return -1;
	*relay = (struct relay){ .wake = line.wake, .state = line.state };
	relay->pid = fork();
	if (relay->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			run(&line);
		_exit(1);
	}
	close(line.listener);
	return relay->pid > 0 ? 0 : -1;
}

static void tell(struct relay *relay)
{
	unsigned told = atomic_fetch_add(&relay->state->told, 1) + 1;
	int64_t end_ms = clock_ms() + HEARD_MS_MAX;

	if (write(relay->wake, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
		return;
	while ((int)(relay->state->heard - told) < 0 && clock_ms() < end_ms)
		nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

void relay_set(struct relay *relay, struct relay_line line)
{
	relay->state->delay_ms = line.delay_ms;
	relay->state->holds = (line.holds_up ? HOLDS_UP : 0) | (line.holds_down ? HOLDS_DOWN : 0);
	relay->state->refuses = line.refuses;
	relay->state->up_until = line.up_until;
	tell(relay);
}

void relay_cut(struct relay *relay)
{
	relay->state->cuts++;
	tell(relay);
}

uint64_t relay_bytes_up(const struct relay *relay)
{
	return relay->state->up;
}

uint64_t relay_bytes_down(const struct relay *relay)
{
	return relay->state->down;
}

unsigned relay_connections(const struct relay *relay)
{
	return relay->state->connections;
}

void relay_end(struct relay *relay)
{
	if (relay->pid <= 0)
		return;
	kill(relay->pid, SIGKILL);
	waitpid(relay->pid, NULL, 0);
	close(relay->wake);
	munmap(relay->state, sizeof(*relay->state));
	*relay = (struct relay){ 0 };
}

/* ---- before a server ---- */

static void socket_in(char path[PATH_SIZE], const char *folder)
{
	snprintf(path, PATH_SIZE, "%s/" RELAY_SERVER_SOCKET, folder);
}

int relay_start_before(struct relay *relay, char folder[], const char *server_folder)
{
	char at[PATH_SIZE], there[PATH_SIZE];

	if (!mkdtemp(folder))
		return -1;
	socket_in(at, folder);
	socket_in(there, server_folder);
	return relay_start(relay, at, there);
}

void relay_end_before(struct relay *relay, const char *folder)
{
	char at[PATH_SIZE];

	relay_end(relay);
	socket_in(at, folder);
	unlink(at);
	rmdir(folder);
}
