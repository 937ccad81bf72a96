#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include "serve/http.h"
#include "serve/live.h"
#include "serve/relay.h"
#include "serve/running.h"
#include "serve/server.h"
#include "store/store.h"
#include <sys/stat.h>

/* What server.c, which lives, and answers.c, which answers, share. */

#define EARLY_MAX 16 /* requests for the page before it is known what runs */

struct viewer {
	struct server *server;
	struct http_stream *stream;
	struct viewer *next, *previous;
};

/* What a page was made of, as far as it can be told without reading it. */
struct made_file {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct made_of {
	struct made_file database, log;
	bool is_running;
};

struct server {
	const struct server_options *options;
	struct pool_worker *pool;
	struct loop *loop;
	struct http *http;
	struct relay *relay;
	struct loop_timer tick;

	struct store *store; /* NULL: there is none, */
	char trouble[STORE_ERROR_MAX];
	int64_t again_ms; /* then it ends, to be replaced; or 0 */

	struct running running;
	bool is_known;  /* was it asked what runs? */
	bool is_asking; /* no second time meanwhile */
	bool asks_anew; /* who waits came after that: it is asked once more for him */
	struct http_request *early[EARLY_MAX];
	size_t early_count;

	struct live *live;
	int64_t made_ms; /* when it was made last, or 0 */
	int64_t cost_ms; /* that it took */
	struct made_of made_of;
	bool was_late; /* some of it was not known */
	struct viewer *viewers;
	int64_t beat_due_ms;

	char ended[64]; /* how the run has, or empty */
	bool is_ending;
	int64_t end_by_ms;
	bool is_orphan;
};

/* A look at the database: server->store, or NULL and why. */
void server_begin_look(struct server *server);
void server_end_look(struct server *server);

/*
 * Make the page anew, and tell who looks, unless that was done least_ms ago; 0: anyway.  One that
 * takes long to make is made more seldom.
 */
void server_refresh(struct server *server, int64_t least_ms);

/*
 * Has somebody written since the page was made, though nobody was known to run?  Then a run may have
 * begun, and the page would say that it was killed: ask first.
 */
bool server_is_in_doubt(struct server *server);

/* Ask what runs, if that is not under way; on the answer answers_early() is called. */
void server_ask(struct server *server);
/* The same, for who came now: what was asked before tells him nothing. */
void server_ask_anew(struct server *server);

/* ---- answers.c ---- */

/* The handler of http.h; user is the server. */
void answers_handle(void *user, struct http_request *request);

/* It is known what runs: who came before is answered. */
void answers_early(struct server *server);

/* End all streams, after one last event if the run has ended. */
void answers_end(struct server *server);

/* Tell every viewer. */
void answers_tell(struct server *server, struct slice events);

/* ---- try_answers.c: what patterns find ---- */

void try_show(struct server *server, struct http_request *request);
void try_run(struct server *server, struct http_request *request);

/* /matched?id=N: the text of a kept page, with what the patterns of the config find in it marked.
 */
void try_matched(struct server *server, struct http_request *request);

#endif
