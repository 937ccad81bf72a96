#ifndef FAULTS_H
#define FAULTS_H

#include "commands/lists.h"
#include "master/tally.h"
#include "store/store.h"

/*
 * faults: why not all is done, though a run could go on to its end: what the exit code 1 stands
 * for.
 */
#define FAULTS_MAX 800

/*
 * What was wrong with the lists alone: lines that are no URLs, lists without any.
 * Returns out, or NULL: nothing.
 */
const char *faults_of_lists(const struct lists *lists, char out[FAULTS_MAX]);

/* What became of the URLs of a run. */
struct faults_figures {
	uint64_t failed, limited; /* pages on which a limit stopped a pattern */
	uint64_t rejected;        /* lines of lists that others have read */
};

/* Of this process alone. */
struct faults_figures faults_of_tally(const struct tally *tally);

/*
 * "2 URLs failed; 1 line is no URL (table rejects)": that, and what became of the URLs; census is
 * taken after the run.  is_kept: there is a database to ask for more.
 * Returns out, or NULL: all is done.
 */
const char *faults_of_run(const struct lists *lists, const struct faults_figures *figures,
			  const struct asked_census *census, bool is_kept, char out[FAULTS_MAX]);

/* Add that a pattern or field got worse.  Returns out. */
const char *faults_add_drift(char out[FAULTS_MAX]);

#endif
