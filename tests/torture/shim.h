#ifndef TORTURE_SHIM_H
#define TORTURE_SHIM_H

#include <stdatomic.h>

/* What the shim tells the test that preloaded it, in a file of this size. */
struct shim_seen {
	atomic_uint calls;    /* that one process has made: the most that any has */
	atomic_uint failures; /* calls that failed */
	atomic_uint is_done;  /* what was to fail once has */
};

#endif
