#ifndef RUNNING_H
#define RUNNING_H

#include "parsers/text/slice.h"
#include "store/store.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * running: what a crawl that runs says of itself, by its socket ("status"), or in its database.
 */
#define RUNNING_HOSTS_MAX  20
#define RUNNING_ORIGIN_MAX 300
#define RUNNING_WAITS_MAX  80

/* One that has URLs left: those of which the delays take the longest come first. */
struct running_host {
	char origin[RUNNING_ORIGIN_MAX];
	int64_t left, delay_ms;
	char waits_for[RUNNING_WAITS_MAX]; /* in words */
};

struct running {
	bool is_known;  /* was it asked what runs? */
	bool is_there;  /* one runs, and has answered */
	bool is_silent; /* one runs, but does not answer: why */
	char why[200];
	bool is_paused, is_stopping;
	int64_t nodes; /* that crawl together; 0: one alone, by its socket */
	int64_t pid, elapsed_ms, done, failed, pending, in_flight, hosts, least_ms, rows;
	int64_t workers;
	int64_t last_page_ms; /* Unix time of the last page, or of the beginning; 0: not known */
	double pages_per_s;
	struct running_host hosts_left[RUNNING_HOSTS_MAX];
	size_t host_count;
};

/* status and text are those of RELAY_CONTROL.  Hosts stay as they were, while it is there. */
void running_read(struct running *running, int status, struct slice text);

/*
 * The same from a database that several crawl into: of all of them together.  store: within a look;
 * NULL: it cannot be read.
 */
void running_read_nodes(struct running *running, struct store *store);

/* The same of "hosts". */
void running_read_hosts(struct running *running, int status, struct slice text);

#endif
