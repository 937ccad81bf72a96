#ifndef SUMMARY_H
#define SUMMARY_H

#include "cli/options.h"
#include "commands/together.h"
#include "config/config.h"
#include "master/master.h"
#include "master/tally.h"
#include "report/health.h"
#include "store/store.h"

/* summary: what a run did, when it is over: at most SUMMARY_LINES_MAX lines on stderr. */
struct summary {
	const struct options *options;
	const struct config *config;
	struct store *store;
	const struct tally *tally;
	const struct link_counts *links;
	enum master_end end;
	unsigned others;                      /* machines that go on without this one */
	const struct together_figures *whole; /* what all machines came to; NULL: it goes on, or is
						 of this one alone */
	int64_t elapsed_ms;
	bool is_kept;        /* in a database, which may be asked, and with which one can go on */
	const char *waiting; /* for which host, as waits.h has it, or NULL */
	const struct health *health;       /* what got worse, is said */
	int code;                          /* the exit code */
	const char *faults;                /* why it is 1 or 4, as faults.h has it, or NULL */
	const struct asked_census *census; /* how what it asked for stands; empty if others go on */
};

#define SUMMARY_LINES_MAX                                                       \
	23 /* it and the prompt are a screen, even when all there is goes wrong \
	    */

void summary_show(const struct summary *summary);

#endif
