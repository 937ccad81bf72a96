#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>

/*
 * notify: "I am alive", said to the service manager that started us (sd_notify(3)).
 *
 * A datagram to the socket that $NOTIFY_SOCKET names: READY when the crawl begins, STOPPING when it
 * ends, and between them WATCHDOG, twice as often as $WATCHDOG_USEC asks.  A master that hangs says
 * nothing, and is started again.  Without a manager all of this does nothing.
 */
struct notify {
	int socket;       /* connected, or -1: nobody listens */
	int64_t every_ms; /* between two signs of life, or 0: none are wanted */
	int64_t due_ms;   /* of the next, by clock_ms() */
};

struct notify notify_open(void);

/* Say "READY=1", "STOPPING=1", ... */
void notify_say(const struct notify *notify, const char *state);

/* A sign of life, if one is due. */
void notify_beat(struct notify *notify, int64_t now_ms);

void notify_close(struct notify *notify);

#endif
