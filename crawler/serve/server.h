#ifndef SERVER_H
#define SERVER_H

#include "config/config_texts.h"
#include "jail/jail.h"
#include "pool/pool_worker.h"
#include "serve/gate.h"

/*
 * server: the child that answers who looks: an event-driven worker of the pool (pool_options.serve)
 * in a jail.
 *
 * One thread, one loop.  It reads the database, each answer in one look of at most VIEW_MS, and has
 * its parent ask the crawl that runs, once a second.  When the database comes, goes or is another,
 * it opens what is there.
 *
 * A database that is no file is connected to before the jail, in which that cannot be done: where
 * there is none yet, or the connection is lost, the server ends after SERVER_AGAIN_MS, and who
 * takes its place tries anew.  Who crawls stands there, too.
 */
struct server_options {
	const char *database;
	const char *shown; /* as store_shown() has it */
	const struct gate *gate;
	int listener;
	const struct jail *jail;
	const struct config_texts *patterns; /* that may be tried first */
};

#define SERVER_TICK_MS   1000  /* as often the crawl is asked, and the page made anew */
#define SERVER_BEAT_MS   15000 /* between two signs of life in a stream */
#define SERVER_AGAIN_MS  3000
#define SERVER_ENDING_MS 1000  /* that viewers have to take how the run has ended */

/* The whole life of a server.  context is a struct server_options.  Returns its exit code. */
int server_live(struct pool_worker *pool, void *context);

#endif
