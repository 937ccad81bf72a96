#ifndef HEALTH_H
#define HEALTH_H

#include "config/config.h"
#include "report/drift.h"
#include "store/store.h"

/*
 * health: how the patterns of a run fare beside earlier runs in which they meant the same.
 */

/* A pattern, or one of its fields. */
struct health_share {
	char *pattern, *field; /* field NULL: the pattern's pages */
	bool is_now;           /* the run has figures of it */
	struct drift_share now, before[DRIFT_RUNS_MAX];
	size_t run_count; /* of before */
	double points;    /* so far it may fall */
	enum drift_verdict verdict;
};

/* By pattern, its pages first, then its fields. */
struct health {
	struct health_share *shares; /* zero is none */
	size_t count;
};

/*
 * Read it of a run (0: the last); config says how far each may fall (NULL: as is usual).
 * Returns 0, or -1: the store failed; it is to be freed then, too.
 */
int health_read(struct health *health, struct store *store, int64_t run,
		const struct config *config);
void health_free(struct health *health);

/* How many are worse? */
size_t health_count_worse(const struct health *health);

/*
 * Hand out the URLs of pages on which the pattern finds nothing, those that had rows first, or rows
 * without the field.  Returns 0, or -1.
 */
int health_each_page(struct store *store, const struct health_share *share,
		     int (*function)(void *context, const struct store_answer *row), void *context);

/*
 * Say on stderr what is worse: the first, with what was found of it (findings.h), and up to
 * HEALTH_URLS_MAX of its pages.  keeps_pages: does the config?  Without pages nothing is found.
 */
#define HEALTH_URLS_MAX 3
void health_say(const struct health *health, struct store *store, bool keeps_pages);

#endif
