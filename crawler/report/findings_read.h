#ifndef FINDINGS_READ_H
#define FINDINGS_READ_H

#include "report/figures.h"
#include "store/store.h"

/* findings_read: what findings.h has put into the store, read and said. */

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

/*
 * Say one on standard error, in one line of a terminal or two:
 *
 *	    wants <dd>, line 2 has <li class="film">
 */
void findings_say(const struct figures_finding *finding);

#endif
