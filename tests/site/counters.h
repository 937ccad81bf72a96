#ifndef COUNTERS_H
#define COUNTERS_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * counters: what the workers of the site count together.
 *
 * Shared memory that is mapped before the workers are forked.  All calls may be made by any
 * number of processes at a time.
 */
struct counters;

#define COUNTERS_NAMES_MAX 65536 /* names that are told apart */

/* Returns counters the caller frees, or NULL with errno. */
struct counters *counters_new(void);
void counters_free(struct counters *counters);

/* 1, 2, 3, ...: a number that nobody else gets. */
uint64_t counters_next(struct counters *counters);

/* How often this name has been asked for, this time included; 0 if there are too many names. */
uint64_t counters_ask(struct counters *counters, struct slice name);

#endif
