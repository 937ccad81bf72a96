#ifndef EVENTS_H
#define EVENTS_H

#include "parsers/text/slice.h"
#include "store/store.h"
#include <stdint.h>

/*
 * events: what explains the figures of a run, in the order in which it happened; beside the log,
 * which nobody keeps.  At most EVENTS_MAX a run, of which the last says that there were more.
 */
#define EVENTS_MAX      1000
#define EVENTS_TEXT_MAX 200 /* bytes of a text; more is cut off */

struct events;

/* begun_ms: when the run began, by clock_ms().  The store stays the caller's. */
struct events *events_new(struct store *store, int64_t begun_ms);
void events_free(struct events *events);

/* The run is over: whatever is said now is none of it. */
void events_close(struct events *events);

/* host: its origin, or absent.  format: what the host and the kind do not say, or NULL. */
void events_say(struct events *events, const char *kind, struct slice host, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
