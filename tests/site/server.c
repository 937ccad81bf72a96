#include "server.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "connection.h"
#include "crawler/base/clock.h"
#include "crawler/base/memory.h"

#define EVENTS_MAX           64 /* taken from the kernel at a time */
#define DESCRIPTORS_RESERVED 64 /* for files, the log and the library's own */
#define CONNECTIONS_MAX      65536

static int watch(struct server *server, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, source->fd, &event);
}

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
static void take_connection(struct server *server, int listener)
{
	int fd = listeners_accept(&server->site->listeners, listener);

	if (fd < 0)
		return;
	if (server->connection_count >= server->connections_max)
		close(fd);
	else
		connection_begin(server, fd);
}

/* Returns 0, or -1 if the master is gone or says stop. */
static int hear_master(struct server *server)
{
	struct pool_job job;

	if (pool_worker_receive(server->worker) < 0)
		return -1;
	while (pool_worker_next(server->worker, &job)) {
		/* nobody gives the site jobs: requests come from the network */
	}
	return pool_worker_is_stopping(server->worker) ? -1 : 0;
}

static int on_event(struct server *server, const struct epoll_event *event)
{
	struct source *source = event->data.ptr;

	switch (source->kind) {
	case SOURCE_MASTER:
		return hear_master(server);
	case SOURCE_LISTENER:
		take_connection(server, source->fd);
		break;
	case SOURCE_CONNECTION:
		connection_on_event((struct connection *)source, event->events);
		break;
	}
	return 0;
}

/* Those that are set again at once wait for the next turn. */
static void run_timers(struct server *server)
{
	int64_t now = clock_ms();
	struct timer *timer;

	for (size_t i = server->timers.count; i > 0; i--) {
		timer = timers_take_due(&server->timers, now);
		if (!timer)
			break;
		connection_on_timer(timer);
	}
}

/* Until the master says stop. */
static void run(struct server *server)
{
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int wait_ms = timers_wait_ms(&server->timers, clock_ms());
		int count = epoll_wait(server->epoll, events, EVENTS_MAX, wait_ms);

		for (int i = 0; i < count; i++) {
			if (on_event(server, &events[i]) < 0)
				return;
		}
		run_timers(server);
	}
}

static struct source *watch_listeners(struct server *server)
{
	const struct listeners *listeners = &server->site->listeners;
	struct source *sources = memory_new(listeners->count, sizeof(*sources));

	for (size_t i = 0; i < listeners->count; i++) {
		sources[i] = (struct source){ SOURCE_LISTENER, listeners->fds[i] };
		watch(server, &sources[i], EPOLLIN | EPOLLEXCLUSIVE);
	}
	return sources;
}

int server_serve(struct pool_worker *worker, const struct site *site)
{
	struct source master = { SOURCE_MASTER, pool_worker_fd(worker) };
	struct server server = { .site = site, .worker = worker };
	struct source *sources;
	struct connection *connection;

	LIST_INIT(&server.connections);
	server.connections_max = connections_max(server.site->listeners.count);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server.epoll < 0 || watch(&server, &master, EPOLLIN) < 0)
		return EXIT_FAILURE;
	sources = watch_listeners(&server);

	run(&server);

	while ((connection = LIST_FIRST(&server.connections)))
		connection_end(connection);
	timers_free(&server.timers);
	free(sources);
	close(server.epoll);
	return EXIT_SUCCESS;
}
