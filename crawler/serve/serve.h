#ifndef SERVE_H
#define SERVE_H

#include "base/loop.h"
#include "config/config_texts.h"
#include "config/settings.h"
#include "serve/gate.h"

/*
 * serve: the page of a crawl, for browsers: a parent that keeps two jailed children.
 *
 *	browser <--> server	reads the database; no socket but those of who asks
 *		       |	relay.h
 *		     parent ---> crawl.db-ctl	asks the crawl that runs, by options.ask
 *		       |
 *		    patterns	runs what somebody typed; replaced when it takes too long
 *
 * The parent reads nothing that strangers wrote, but for lengths; it knows which lines the server
 *may have said to a crawl.  A child that ends is replaced; all end with their parent.
 */
struct serve;

#define SERVE_ERROR_MAX 300
#define SERVE_END_MS    3000 /* that the server has to end */

/* What a crawl said: status as control_call() has it. */
typedef void serve_answer(void *user, int status, const char *text);

/* Ask the crawl that runs on the database; answer is called once, here or later. */
typedef void serve_ask(void *context, const char *line, serve_answer *answer, void *user);

struct serve_options {
	struct loop *loop;
	const char *database;
	const struct gate *gate; /* its port is that of listener */
	int listener;
	enum sandbox sandbox;
	serve_ask *ask;
	void *ask_context;
	const struct config_texts *patterns; /* that a page offers to try */
};

/* All of options stays.  Returns NULL with one line in error; *notice: another to be said, or "".
 */
struct serve *serve_new(const struct serve_options *options, char error[SERVE_ERROR_MAX],
			char notice[SERVE_ERROR_MAX]);

/* One turn, of the loop too. */
void serve_turn(struct serve *serve, int timeout_ms);

/* Have the server say how the run has ended (NULL: nothing), and end. */
void serve_end(struct serve *serve, const char *how);

/* The children cannot be kept. */
bool serve_is_broken(const struct serve *serve);

/* Answers that are still to come must not come any more.  NULL is allowed. */
void serve_free(struct serve *serve);

#endif
