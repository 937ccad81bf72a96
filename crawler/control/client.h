#ifndef CLIENT_H
#define CLIENT_H

#include "base/loop.h"
#include "control/socket.h"

/*
 * client: the other side of a crawl's socket: ask a crawl that runs.
 */
#define CONTROL_WAIT_MS 30000 /* that a client waits for an answer */

/*
 * Ask the crawl that runs on a database.  request has no newline.
 * Returns 1 with its answer, 0 if none runs, -1 with one line in error.
 */
int control_ask(const char *database, const char *request, char answer[CONTROL_ANSWER_MAX],
		char error[CONTROL_ERROR_MAX]);

/*
 * The same for who may not wait, in the turns of a loop.  done is called once, here or later, with
 * what control_ask() returns and, but for 0, the answer or the error, which dies with the call.
 */
typedef void control_done(void *user, int result, const char *text);

struct control_call;

/* Returns a call, or NULL: it was done at once.  database and loop stay. */
struct control_call *control_call(const char *database, const char *request, struct loop *loop,
				  control_done *done, void *user);

/* Ask no longer: done is not called any more.  NULL is allowed. */
void control_call_free(struct control_call *call);

#endif
