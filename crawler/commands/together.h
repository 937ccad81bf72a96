#ifndef TOGETHER_H
#define TOGETHER_H

#include "master/master.h"
#include "protocol/outcome.h"
#include "store/store.h"

/*
 * together: a run of several machines, as one of them tells of it.  What it came to is read from
 * the database, where all of them have written: each has the exit code of the whole.
 */

/* "run 7: joined 3 nodes, 1024 of 4096 shares": those that it will get, if they are shared evenly.
 */
void together_say_joined(struct store *store, int64_t run);

/* How many others of this run there are. */
unsigned together_others(const struct store *store);

/* What is said of a node that leaves while others go on: "left: 3 nodes go on". */
void together_say_left(unsigned others);

/*
 * Has this node had nothing to do for a while, as long as others have?  Then it is said why, each
 * thing once: a domain is one node's, or one of them is not heard of any more.  Zero but for store;
 * looked at every TOGETHER_LOOK_MS or more seldom.
 */
struct together_idle {
	struct store *store; /* NULL: of one machine, which says nothing */
	int64_t since_ms;    /* by clock_ms(); 0: it has something to do */
	bool is_said, is_silence_said;
};

#define TOGETHER_LOOK_MS 1000
#define TOGETHER_IDLE_MS 10000

void together_look(struct together_idle *idle, const struct master_view *view, int64_t now_ms);

#define TOGETHER_OUTCOMES_MAX (OUTCOME_COUNT + 1)

struct together_figures {
	int64_t run;
	uint64_t nodes;   /* that took part, or began to */
	uint64_t pages;   /* that came to an end */
	uint64_t rows;    /* of them, then */
	uint64_t failed;  /* of these pages */
	uint64_t limited; /* a limit stopped a pattern on them */
	uint64_t rejects; /* lines of lists that are no URLs */
	uint64_t refused; /* of the failed: the store did not take them, and no node knows it */

	/* How many came to each, those with most first. */
	struct together_outcome {
		char name[24];
		uint64_t pages;
	} outcomes[TOGETHER_OUTCOMES_MAX];
	size_t outcome_count;
};

/* Of a run that is over, when this node has left: the others' last figures are waited for, which
 * they write as they leave, but not for ever.  Returns 0, or -1: the store failed. */
int together_wait(struct store *store);

/* Then: what it came to.  Returns 0, or -1: the store failed. */
int together_count(struct store *store, int64_t run, struct together_figures *figures);

/* "run 7: 300 pages by 3 nodes, 2400 rows: ok 243, http_error 25" */
void together_say_whole(const struct together_figures *figures);

/* "  ok 6, store_refused 1" */
void together_say_outcomes(const struct together_figures *figures);

#endif
