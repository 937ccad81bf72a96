#ifndef KEPT_TIMES_H
#define KEPT_TIMES_H

#include "config/config.h"

/* kept_times: how long each pattern takes on pages that a database has kept. */
struct kept_time {
	struct pattern_figures figures;
	uint64_t bytes;   /* of the pages that it was tried on */
	uint64_t crossed; /* rows that hold again what every match begins with */
};

#define KEPT_TIMES_PAGES_MAX 1000 /* of a database, the first that were found */
#define KEPT_TIMES_MS_MAX    5000 /* after so long no other page is begun */

/*
 * Run the patterns on kept pages.  times has one for each pattern of the config.
 * Returns how many pages there were: 0 also if there is no such database, or it cannot be read.
 */
unsigned kept_times_measure(const struct config *config, const char *database,
			    struct kept_time times[]);

/* Nanoseconds a page; 0 of one that was tried on none. */
uint64_t kept_time_of_page(const struct kept_time *time);

#endif
