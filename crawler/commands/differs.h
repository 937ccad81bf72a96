#ifndef DIFFERS_H
#define DIFFERS_H

#include "store/store.h"

/*
 * differs: is the config that this command has, that of a run which others have begun?
 *
 * Contents are compared: what a file is called and where it lies is each machine's own, and so is
 * the order in which files are named.
 */

/*
 * What store_run.fits is, with our run_files, which were made and not sorted, as the context.  What
 * differs is named, and both values of a setting: "delay is 2s here, 1s in run 7".
 */
int differs_fits(void *ours, struct store *store, int64_t run, char why[STORE_ERROR_MAX]);

#endif
