#ifndef WAITS_H
#define WAITS_H

#include "parsers/text/limits.h"
#include "store/store.h"

/* waits: hosts that are left alone for now, in a line for the summary. */

#define WAITS_MAX (ORIGIN_BYTES_MAX + 160)

/*
 * "http://a until 2026-11-21T02:17:58.123Z (Retry-After: it asked for this), and others": the one
 * that is asked again first.  Returns out, or NULL: there is none, or the store failed.
 */
const char *waits_describe(struct store *store, char out[WAITS_MAX]);

#endif
