#ifndef FINDINGS_H
#define FINDINGS_H

#include "config/config.h"
#include "report/figures.h"
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

/*
 * Those of a run (0: the last), by what they are of: each is handed out until function says -1.
 * What they point to is valid in the call.  Returns 0 or -1.
 */
struct findings_row {
	struct slice pattern, field; /* field is absent: the pattern's own */
	struct figures_finding finding;
};
int findings_each(struct store *store, int64_t run,
		  int (*function)(void *context, const struct findings_row *row), void *context);

/* Put those of figures->run where they belong.  Returns 0 or -1. */
int figures_read_findings(struct figures *figures, struct store *store);

/*
 * Say one on standard error, in one line of a terminal or two:
 *
 *	    wants <dd>, line 2 has <li class="film">
 */
void findings_say(const struct figures_finding *finding);

#endif
