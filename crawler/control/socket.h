#ifndef SOCKET_H
#define SOCKET_H

#include "base/loop.h"
#include <stdio.h>

/*
 * control: the door to a crawl that is running: a Unix socket beside its database.
 *
 *	crawl.db-ctl		srwx------	its owner's alone
 *
 *	client			crawl
 *	"delay example.org 2s\n" -->
 *			<--	"ok 1 host\n", end of file
 *
 * One line is asked; lines are answered, the first begins with "ok" or "error"; the connection is
 * closed.  What a line means is the caller's.  Nothing here ever waits: it all happens in the turns
 * of a loop; who connects and says nothing is sent away after a while, who is one too many at once.
 */
struct control;

#define CONTROL_CLIENTS_MAX 8
#define CONTROL_REQUEST_MAX (40 * 1024) /* bytes, with the newline: a command and a URL */
#define CONTROL_ANSWER_MAX  (64 * 1024) /* bytes, with the NUL; what is longer is cut */
#define CONTROL_SILENCE_MS  5000        /* that a client may take to ask */
#define CONTROL_ERROR_MAX   300

/* Answers a request, which has no newline; it may be changed. */
typedef void control_function(void *user, char *request, FILE *answer);

/*
 * Open the door of a database, which must be there, and which the caller holds the lock of: a
 * socket that nobody listens on is a dead crawl's and is replaced.  loop stays.
 * Returns NULL with one line in error.
 */
struct control *control_new(const char *database, struct loop *loop, control_function *function,
			    void *user, char error[CONTROL_ERROR_MAX]);

/* Close it: the socket goes.  NULL is allowed. */
void control_free(struct control *control);

/* How long clients may take to ask: CONTROL_SILENCE_MS; tests are less patient. */
extern int control_silence_ms;

#endif
