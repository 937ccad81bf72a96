#ifndef MASTER_H
#define MASTER_H

#include "config/config.h"
#include "frontier/seeds.h"
#include "master/census.h"
#include "master/link_counts.h"
#include "master/row_watch.h"
#include "master/tally.h"
#include "parsers/url/url.h"
#include "pool/pool.h"
#include "store/store.h"

/*
 * master: the one process that decides.
 *
 * It dispatches URLs of the frontier to the pool, takes pages back, has the callbacks write them,
 * and commits.  One thread, one wait: pool_turn().
 */
struct master;

/* How a run ended. */
enum master_end {
	MASTER_FINISHED, /* nothing is pending */
	MASTER_MAX_PAGES,
	MASTER_MAX_TIME,
	MASTER_INTERRUPTED, /* a signal; master_signal() says which */
	MASTER_STORE_FAILED,
	MASTER_POOL_FAILED,
};

struct master_options {
	const struct config *config; /* its settings are those of the run */
	struct loop *loop;           /* in which it hears signals; the pool's */
	struct pool *pool;
	struct store *store;
	struct tally *tally;
	const struct row_watch *watch; /* who sees the rows, or NULL */
	unsigned window;               /* of each worker */
	int64_t quiet_since_ms;        /* Unix time when the last run ended, or 0: it was killed */
	int signals;                   /* as of signals_open(), the caller's; 0: one of its own */
};

/* Returns NULL if the store failed. */
struct master *master_new(const struct master_options *options);
void master_free(struct master *master);

/* Note all that the database knows.  Returns 0 or -1. */
int master_load(struct master *master);

/*
 * Add a seed: a line that has a URL, of which url, user, set and request count.  Its URL is made as
 * the config would have it (canonical.h), and the identity of its request (request.h); its user is
 * its host's, for this run.  One that is added while the crawl runs is queued at once, if it is new
 * to this run; otherwise its set stays as it was.
 * Returns 1 if it was new, 0 if it was known, -1 if the store failed.
 */
int master_add_seed(struct master *master, const struct seeds_line *line);

/*
 * Add what a line of a list says, while the crawl runs.  shown is its URL.
 * Returns as master_add_seed(), or -2: the line is none, and *reason, which lasts until the next
 * call, says why.
 */
int master_add_line(struct master *master, struct slice line, char shown[URL_BYTES_MAX + 1],
		    const char **reason);

/* Does the database know no URL? */
bool master_is_new(const struct master *master);

/*
 * All seeds are added: choose what is asked for, and queue it.  *census is as it was before, and
 * *pass what was chosen.  Returns 0, or -1: the store failed.
 */
int master_ask(struct master *master, const struct asked_wish *wish, struct asked_census *census,
	       enum store_pass *pass);

/* How what is asked for stands, after the run.  It reads every URL.  Returns 0 or -1. */
int master_count(struct master *master, struct asked_census *census);

/* Make what was added durable. */
int master_commit(struct master *master);

/* Crawl until an end.  Signals must be blocked (base/signals.h); they are read here. */
enum master_end master_run(struct master *master);

/*
 * The same step by step, for who runs several: begin (returns 0, or -1: no signals can be heard),
 * turn until that says that there is nothing left to do, leave.  A turn waits no longer than
 * wait_max_ms, or as long as there is nothing to do (POOL_FOR_EVER).
 */
int master_begin(struct master *master);
bool master_turn(struct master *master, int wait_max_ms);
enum master_end master_leave_run(struct master *master);

/* Something happened that explains the run's figures (events.h). */
void master_note(struct master *master, const char *kind, const char *text);

/* The signal that interrupted the run, or 0. */
int master_signal(const struct master *master);

/* Was it master_stop(), and no signal of its own? */
bool master_was_told_to_stop(const struct master *master);

/* Did a second one, or crawl ctl, have it leave at once?  Whoever said so waits for nothing more.
 */
bool master_has_left(const struct master *master);

/* Then, may what was written last still be on its way?  Whoever owns its shares next asks again. */
bool master_is_unsettled(const struct master *master);

/* ---- steering, while it runs ---- */

/* Dispatch nothing more, or go on.  What is in flight comes back. */
void master_pause(struct master *master, bool is_paused);

/* As the first SIGINT does. */
void master_stop(struct master *master);

/* As the second does: nobody wants what is still under way. */
void master_leave(struct master *master);

/*
 * Set the delay of hosts by name ("example.org"), name and port, or origin, in canonical form; it
 * stands until the end of the run, unless robots.txt asks for more.  Returns how many they are.
 */
unsigned master_set_delay(struct master *master, struct slice host, int64_t delay_ms);

/* For the progress line. */
struct master_view {
	size_t queued, in_flight; /* robots.txt files count too */
	uint32_t hosts;
	unsigned workers; /* that are alive */
	int64_t due_ms;   /* when the next host may be asked, or CLOCK_NEVER */
	bool is_draining, is_paused;
};
struct master_view master_view(const struct master *master);

/*
 * How much longer it takes at least, by the delays of the hosts; 0: nothing can be said.  New links
 * add to it.  It looks at every host, but no more than once a second.
 */
int64_t master_least_ms(struct master *master);

/*
 * The hosts that decide that, the longest first, and what their URLs wait for: "delay", "answers",
 * "rest", "robots", "us".  Origins are there until a host is added.
 */
struct master_tail {
	struct slice origin;
	uint64_t urls;
	int64_t delay_ms;
	const char *wait;
};
unsigned master_tails(const struct master *master, struct master_tail tails[], unsigned max);
#define MASTER_TAILS_MAX 20

/* How many more URLs --max-pages lets begin; UINT64_MAX: any number. */
uint64_t master_pages_left(const struct master *master);

const struct link_counts *master_links(const struct master *master);

/* Have function called from now on, about every so many milliseconds. */
void master_on_tick(struct master *master, int every_ms, void (*function)(void *user), void *user);

#endif
