#ifndef CENSUS_H
#define CENSUS_H

#include "store/store.h"

/* census: what a run is to ask for (asked.h), and how that stands. */

/* What the user wants. */
struct asked_wish {
	bool is_all;          /* whatever the lists name */
	enum store_pass pass; /* GOES_ON: with what is pending, or if nothing is, a new pass */
	bool is_late;         /* for a run that ended while this waited to join it: no new pass */
	struct store_last_run last;
};

#define ASKED_FAILED_SHOWN 3

/* How many URLs there are, as they stand. */
struct asked_census {
	uint64_t pending, done, failed, skipped; /* of those that the run asks for */
	uint64_t pages;                          /* with a result, pending ones too */
	uint64_t alone, alone_pending;           /* that it leaves alone */
	uint64_t named, named_skipped;           /* that its lists name */
	struct store_key first_failed[ASKED_FAILED_SHOWN];
};

#endif
