#ifndef REQUESTS_H
#define REQUESTS_H

#include "master/master.h"
#include "master/tally.h"
#include <stdio.h>

/*
 * requests: what may be asked of a crawl while it runs, by one line each.
 *
 *	pause, resume, stop	ok, and what will happen
 *	add URL
 *	delay HOST TIME		HOST is a name, with any scheme and port; or NAME:PORT; or an origin
 *	status			ok, then lines of key=value, as show_status() writes them
 *	hosts			ok, then a line for each of the hosts that take the longest: origin,
 *				URLs left, its delay in ms, what they wait for, TABs between them
 */
struct steer {
	struct master *master;
	const struct tally *tally; /* of the run */
	int64_t begun_ms;          /* by clock_ms() */
};

/* user is a struct steer; see control.h. */
void requests_answer(void *user, char *request, FILE *answer);

#endif
