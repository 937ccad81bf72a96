#ifndef PROGRESS_H
#define PROGRESS_H

#include "master/master.h"
#include "master/tally.h"

/*
 * progress: how a run stands while it goes on.
 *
 * On a terminal one line that is drawn again up to four times a second; otherwise a plain line
 * every 30 s.
 */
struct progress {
	const struct master *master;
	const struct tally *tally;
	bool is_terminal;
	int64_t begun_ms;
	int64_t last_ms;     /* of the last line, */
	uint64_t last_pages; /* and what it said: the rate is counted from there */
	double rate;
};

#define PROGRESS_TERMINAL_MS 250
#define PROGRESS_PLAIN_MS    30000

struct progress progress_begin(const struct master *master, const struct tally *tally);

/* How often progress_tick() is wanted. */
int progress_every_ms(const struct progress *progress);

/* Say how things stand.  user is a struct progress. */
void progress_tick(void *user);

/* Take the line away. */
void progress_end(struct progress *progress);

#endif
