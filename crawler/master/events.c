#include "master/events.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

struct events {
	struct store *store;
	int64_t begun_ms;
	unsigned count;
};

struct events *events_new(struct store *store, int64_t begun_ms)
{
	struct events *events = memory_new(1, sizeof(*events));

	*events = (struct events){ .store = store, .begun_ms = begun_ms };
	return events;
}

void events_free(struct events *events)
{
	free(events);
}

void events_close(struct events *events)
{
	events->count = EVENTS_MAX;
}

/* A store that fails says so to whoever commits. */
void events_say(struct events *events, const char *kind, struct slice host, const char *format, ...)
{
	struct store_event event = {
		.at_ms = clock_ms() - events->begun_ms,
		.kind = kind,
		.host = host,
	};
	char text[2 * EVENTS_TEXT_MAX] = "";
	va_list arguments;

	if (events->count == EVENTS_MAX)
		return;
	if (++events->count == EVENTS_MAX) {
		event = (struct store_event){ .at_ms = event.at_ms, .kind = "more" };
		snprintf(text, sizeof(text), "no more than %d are kept", EVENTS_MAX);
	} else if (format) {
		va_start(arguments, format);
		vsnprintf(text, sizeof(text), format, arguments);
		va_end(arguments);
	}
	if (text[0])
		event.text = utf8_cut(slice_of(text), EVENTS_TEXT_MAX);
	store_put_run_event(events->store, &event);
}
