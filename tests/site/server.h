#ifndef SERVER_H
#define SERVER_H

#include "crawler/base/loop.h"
#include "crawler/pool/pool_worker.h"
#include "site.h"
#include <sys/queue.h>

/*
 * server: the loop of one worker of the site.
 *
 * All workers wait on the same listening sockets; who takes a connection keeps it.  One loop
 * drives any number of connections.
 */
struct connection;

struct server {
	const struct site *site;
	struct pool_worker *worker;
	struct loop *loop;
	bool is_over; /* the master is gone, or says stop */
	LIST_HEAD(connections, connection) connections;
	size_t connection_count, connections_max;
};

/* The whole life of a worker.  Returns its exit code. */
int server_serve(struct pool_worker *worker, const struct site *site);

#endif
