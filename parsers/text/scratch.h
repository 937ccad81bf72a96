#ifndef SCRATCH_H
#define SCRATCH_H

#include "parsers/text/slice.h"

/*
 * scratch: memory that is given back all at once.
 *
 * Taken piece by piece, forgotten with scratch_reset() when its row or pattern is
 * done.  After a few rows it has grown to what a row needs and asks the system for
 * nothing more.  What is never forgotten lives until scratch_free().
 * Zero-initialised it is empty.
 */
struct scratch {
	struct scratch_block *newest;
	size_t used; /* bytes taken since the last reset */
};

#define SCRATCH_KEEP_BYTES ((size_t)1 << 20) /* a reset gives larger blocks back */

/* Memory for `size` bytes, aligned for any type, not initialised. */
void *scratch_take(struct scratch *scratch, size_t size);

/* The same, all zero, for `count` things of `size` bytes. */
void *scratch_zero(struct scratch *scratch, size_t count, size_t size);

/* A copy of text, with a NUL behind it. */
struct slice scratch_copy(struct scratch *scratch, struct slice text);

/* Give back the unused end of the piece taken last: only `used` of its `size` bytes are kept. */
void scratch_shrink(struct scratch *scratch, size_t size, size_t used);

/* Forget all that was taken; the memory is kept for the next round. */
void scratch_reset(struct scratch *scratch);

/* Release everything. */
void scratch_free(struct scratch *scratch);

#endif
