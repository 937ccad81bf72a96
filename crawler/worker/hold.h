#ifndef HOLD_H
#define HOLD_H

/*
 * hold: no call into libcurl holds the worker for long.
 *
 * libcurl reads on as long as bytes come, and looks at no clock in between: HTTP/2 frames that
 * carry nothing keep one call busy for a minute, and all other transfers wait.  A timer of CPU time
 * looks whether the call is still the same as the last time, and shuts the connection down that it
 * was for: the call then comes to the end of what has arrived.
 *
 * There is one for the process, which has one thread that calls libcurl.
 */

#define HOLD_MS 500 /* of CPU time, from look to look: a call lasts twice as long at most */

/* Begin to look.  What the signal had before (SIGPROF) is forgotten. */
void hold_begin(void);

/* A call for this descriptor begins; -1: for none that is known, which may be the last one. */
void hold_enter(int fd);

/* It is over. */
void hold_leave(void);

/* The descriptor is closed. */
void hold_forget(int fd);

#endif
