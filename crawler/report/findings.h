#ifndef FINDINGS_H
#define FINDINGS_H

#include "config/config.h"
#include "report/health.h"
#include "store/store.h"

/*
 * findings: why patterns match less than before, or nothing at all: what they want, and what
 * stands there instead, on a page that is kept.
 *
 * They are worked out once, when a run is over and all of it is committed: of patterns and fields
 * that got worse, the worst first, then of patterns that have never matched.  It takes FINDINGS_MS
 * at most; what is not done by then is left out.
 */
#define FINDINGS_MS  2000
#define FINDINGS_MAX 1000

struct findings_work {
	struct store *store; /* whose run has just ended */
	const struct config *config;
	const struct health *health;
	bool (*is_stopped)(void *context); /* is asked between two; or NULL */
	void *context;
};

/* Work them out, and commit them.  Returns 0, or -1: the store failed. */
int findings_put(const struct findings_work *work);

#endif
