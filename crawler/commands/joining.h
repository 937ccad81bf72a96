#ifndef JOINING_H
#define JOINING_H

#include "commands/run_files.h"

/*
 * joining: --join: to take part in a run that others have begun, with the config and the lists that
 * it has.
 */

/* Do the other options go with it?  Complains. */
bool joining_is_possible(const struct options *options);

/*
 * Is there one, and what is its config?  Returns 0 with files, to be freed in any case; or -1 with
 * an exit code, after it was said why: it has ended, or there was none; or it cannot be read.
 */
int joining_look(const struct options *options, struct run_files *files, int *code);

/* "run 7 ended at ... (finished)"; store: whose last run it is.  Returns 0, or -1: it failed. */
int joining_say_ended(struct store *store, const char *where);

#endif
