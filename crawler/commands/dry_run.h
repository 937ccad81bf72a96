#ifndef DRY_RUN_H
#define DRY_RUN_H

#include "commands/lists.h"
#include "config/config.h"

/*
 * dry_run: what a run would do, without a request and without a database: which hosts, how far
 * apart, how long it takes at least and which host decides that, and which patterns no URL of the
 * lists is for.
 *
 * lists: begun, not read; its figures are filled.  Returns an exit code; a list that cannot be read
 * was complained of.
 */
int dry_run(const struct config *config, const struct options *options, struct lists *lists);

#endif
