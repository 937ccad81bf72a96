#ifndef PROGRESS_H
#define PROGRESS_H

#include "master/master.h"
#include "master/tally.h"

/*
 * progress: how a run stands while it goes on.
 *
 * On a terminal one line that is drawn again up to four times a second, never wider than the
 * terminal is at that time; otherwise a plain line with its time every 30 s.
 */
struct progress {
	struct master *master;
	const struct tally *tally;
	bool is_terminal;
	int64_t begun_ms;
	int64_t last_ms;     /* of the last line, */
	uint64_t last_pages; /* and what it said: the rate is counted from there */
	double rate;
};

#define PROGRESS_TERMINAL_MS 250
#define PROGRESS_PLAIN_MS    30000

struct progress progress_begin(struct master *master, const struct tally *tally);

/* How often progress_tick() is wanted. */
int progress_every_ms(const struct progress *progress);

/* Say how things stand.  user is a struct progress. */
void progress_tick(void *user);

/* Take the line away. */
void progress_end(struct progress *progress);

/* ---- the line by itself ---- */

#define PROGRESS_LINE_MAX 256

struct progress_figures {
	uint64_t ended, all; /* URLs; new links make all grow */
	uint64_t failed, rows, bytes;
	size_t in_flight;
	uint32_t hosts;
	double rate;      /* pages a second */
	int64_t wait_ms;  /* until a host may be asked, if all that is to be done is wait; or 0 */
	int64_t least_ms; /* that it takes at least, or 0 */
	bool is_draining, is_paused;
};

/*
 * "812 of 3120 URLs (26%), at least 4 min, 3 failed, ...": as much of it as fits into so many
 * columns, what matters least left out first.  Returns out.
 */
const char *progress_line(const struct progress_figures *figures, size_t columns,
			  char out[PROGRESS_LINE_MAX]);

#endif
