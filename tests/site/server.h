#ifndef SERVER_H
#define SERVER_H

#include "crawler/pool/pool.h"
#include "site.h"
#include "timers.h"
#include <sys/queue.h>

/*
 * server: the loop of one worker of the site.
 *
 * All workers wait on the same listening sockets; who takes a connection keeps it.  One epoll
 * and one heap of timers drive any number of connections.
 */
struct connection;

struct server {
	const struct site *site;
	struct pool_worker *worker;
	int epoll;
	struct timers timers;
	LIST_HEAD(connections, connection) connections;
	size_t connection_count, connections_max;
};

/* What an epoll event is about; the first member of all that is watched. */
struct source {
	enum { SOURCE_MASTER, SOURCE_LISTENER, SOURCE_CONNECTION } kind;
	int fd;
};

/* The whole life of a worker.  Returns its exit code. */
int server_serve(struct pool_worker *worker, const struct site *site);

#endif
