#ifndef RUNNING_H
#define RUNNING_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * running: what a crawl that runs says of itself, by its socket ("status").
 */
struct running {
	bool is_there;  /* one runs, and has answered */
	bool is_silent; /* one runs, but does not answer: why */
	char why[200];
	bool is_paused, is_stopping;
	int64_t pid, elapsed_ms, done, failed, pending, in_flight, hosts, least_ms, rows;
	int64_t workers;
	int64_t last_page_ms; /* Unix time of the last page, or of the beginning; 0: not known */
	double pages_per_s;
};

/* status and text are those of RELAY_CONTROL. */
void running_read(struct running *running, int status, struct slice text);

#endif
