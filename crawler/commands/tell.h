#ifndef TELL_H
#define TELL_H

#include "base/loop.h"
#include "control/socket.h"

/*
 * tell: an order for all who crawl into one database that is no file, as the line that a crawl's
 * socket would take: "pause", "resume", "stop", "add URL", "delay HOST TIME".
 *
 * What is wrong with it is said before anybody hears of it.  An answer is "ok 4 of 4 nodes", or
 * "error " and why; who has not heard of it by then is named.
 */

/* Returns 1 with an answer, 0: nobody crawls, or -1 with the reason there. */
int tell_all(const char *where, const char *line, char answer[CONTROL_ANSWER_MAX]);

/*
 * The same for who may not wait: a process of its own does it.  done is called once, here or later,
 * with what tell_all() returns and its text, which dies with the call.
 */
typedef void tell_done(void *user, int result, const char *text);

struct tell;

/* Returns it, or NULL: it was done at once.  where and loop stay. */
struct tell *tell_begin(const char *where, const char *line, struct loop *loop, tell_done *done,
			void *user);

/* done is not called any more; the order may have been given.  NULL is allowed. */
void tell_free(struct tell *tell);

#endif
