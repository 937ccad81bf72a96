#include "server.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "connection.h"

#define DESCRIPTORS_RESERVED 64 /* for files, the log and the library's own */
#define CONNECTIONS_MAX      65536

/* As many as the system lets us have, less what else needs a descriptor. */
static size_t connections_max(size_t listener_count)
{
	size_t reserved = listener_count + DESCRIPTORS_RESERVED;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur <= reserved)
		return 1;
	limit.rlim_cur -= reserved;
	return limit.rlim_cur < CONNECTIONS_MAX ? limit.rlim_cur : CONNECTIONS_MAX;
}

/* One at a time, so that connections that come together are shared among the workers. */
static void on_listener(void *user, int listener, uint32_t events)
{
	struct server *server = user;
	int fd = listeners_accept(&server->site->listeners, listener);

	(void)events;
	if (fd < 0)
		return;
	if (server->connection_count >= server->connections_max)
		close(fd);
	else
		connection_begin(server, fd);
}

static void on_master(void *user, int fd, uint32_t events)
{
	struct server *server = user;
	struct pool_job job;

	(void)fd;
	(void)events;
	server->is_over = pool_worker_receive(server->worker) < 0;
	while (!server->is_over && pool_worker_next(server->worker, &job)) {
		/* nobody gives the site jobs: requests come from the network */
	}
	server->is_over = server->is_over || pool_worker_is_stopping(server->worker);
}

static int watch(struct server *server)
{
	const struct listeners *listeners = &server->site->listeners;

	for (size_t i = 0; i < listeners->count; i++) {
		if (loop_watch(server->loop, listeners->fds[i], EPOLLIN | EPOLLEXCLUSIVE,
			       on_listener, server) < 0)
			return -1;
	}
	return loop_watch(server->loop, pool_worker_fd(server->worker), EPOLLIN, on_master, server);
}

int server_serve(struct pool_worker *worker, const struct site *site)
{
	struct server server = { .site = site, .worker = worker };
	struct connection *connection;

	LIST_INIT(&server.connections);
	server.connections_max = connections_max(server.site->listeners.count);
	server.loop = loop_new();
	if (!server.loop || watch(&server) < 0)
		return EXIT_FAILURE;

	while (!server.is_over)
		loop_turn(server.loop, -1);

	while ((connection = LIST_FIRST(&server.connections)))
		connection_end(connection);
	loop_free(server.loop);
	return EXIT_SUCCESS;
}
