#ifndef NEXT_H
#define NEXT_H

#include "cli/options.h"
#include "config/config.h"
#include "master/tally.h"

/*
 * next: what to type after a run, in lines that can be pasted into a shell.
 *
 *	next: crawl sql -o 'my crawl.db' 'SELECT * FROM books LIMIT 10'
 *	      crawl failed -o 'my crawl.db'
 */
struct next {
	const struct options *options;
	const struct config *config;
	const struct tally *tally;
	struct store *store;
	bool has_one_page;  /* the database, with a result */
	uint64_t failed;    /* URLs that stand as failed in the database */
	const char *misfit; /* the file of a pattern whose url fitted nothing, or NULL */
};

void next_show(const struct next *next);

#endif
