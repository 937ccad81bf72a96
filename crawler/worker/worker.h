#ifndef WORKER_H
#define WORKER_H

#include "config/config.h"
#include "links/follow.h"
#include "pool/pool_worker.h"
#include "jail/jail.h"

/*
 * worker: the event-driven worker of the crawl (pool_options.serve).
 *
 * One loop, one fetcher, as many transfers at once as the pool's window.  It takes msg_job,
 * answers with msg_page, and never waits but in loop_turn().  It needs of the system: sockets,
 * name resolution, the certificates, memory.  Before its first fetch it goes into a jail that
 * leaves it no more.
 */
struct worker_options {
	const struct config *config;
	struct follow *follow;             /* which links are wanted, or NULL */
	const struct canonical *canonical; /* of links, or NULL */
	unsigned window;
	const struct jail *jail; /* or NULL */
};

#define WORKER_SILENCE_MS 60000 /* one that gives no sign of life for so long is hung */

/* How long a job may take: its time-out and a moment.  0, for ever, if that is no int. */
unsigned worker_answer_ms(const struct settings *settings);

/* The whole life of a worker.  context is a struct worker_options.  Returns its exit code. */
int worker_serve(struct pool_worker *pool, void *context);

#endif
