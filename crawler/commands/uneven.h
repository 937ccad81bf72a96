#ifndef UNEVEN_H
#define UNEVEN_H

#include "parsers/text/slice.h"

/*
 * uneven: matches that end inside an element.
 *
 * <div class="quote">.*?</div> ends at the first </div>, also where a <div> stands within: nothing
 * is empty then and nothing is bad, and half of the record is missing.  Such a match ends with an
 * end tag, and begins that element more often than it ends it.
 */
struct uneven {
	struct slice name; /* "div"; points into the match */
	unsigned begins, ends;
};

/* Is this such a match?  If so, what it lacks. */
bool uneven_match(struct slice matched, struct uneven *uneven);

#endif
