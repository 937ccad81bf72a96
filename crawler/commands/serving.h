#ifndef SERVING_H
#define SERVING_H

#include "cli/options.h"
#include "commands/tell.h"
#include "config/settings.h"
#include "control/client.h"
#include "serve/serve.h"

/*
 * serving: the page as an option of a command has it: its port, its names, its token; and whom it
 * asks: the crawl on the database.
 */
#define SERVING_PORT      8400
#define SERVING_CALLS_MAX 16

struct serving_call {
	const struct options *options;
	struct control_call *call; /* of a file, */
	struct tell *tell;         /* of a database that several crawl into */
	serve_answer *answer; /* NULL: the place is free */
	void *user;
};

struct serving {
	const struct options *options;
	struct gate gate;
	int listener; /* or -1 */
	struct loop *loop;
	struct serve *serve;
	struct config_texts patterns; /* of the config, if one was named or is run */
	struct serving_call calls[SERVING_CALLS_MAX];
};

#define SERVING_BEGIN ((struct serving){ .listener = -1 })

/*
 * Take port and token.  options stay.  Returns 0, or the exit code after a complaint: usage, or
 * that it cannot be had.
 */
int serving_open(struct serving *serving, const struct options *options);

/* "http://127.0.0.1:8400/?token=...".  Returns out. */
#define SERVING_URL_MAX 600
const char *serving_url(const struct serving *serving, char out[SERVING_URL_MAX]);

/* Start the page's processes in this loop.  Returns 0, or -1 after a complaint. */
int serving_start(struct serving *serving, struct loop *loop, enum sandbox sandbox);

/* End them and give the port back. */
void serving_close(struct serving *serving);

#endif
