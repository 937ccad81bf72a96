#ifndef GIVEN_H
#define GIVEN_H

#include "cli/options.h"
#include "parsers/text/scratch.h"

/*
 * given: what --with says of a page that is looked at, as its line in a list would.
 *
 * Returns 0 with a set in scratch, as seed_set_text(); or -1 after a complaint.
 */
int given_read(const struct options *options, struct scratch *scratch, struct slice *set);

#endif
