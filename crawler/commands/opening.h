#ifndef OPENING_H
#define OPENING_H

#include "store/store.h"

/*
 * opening: a store that a crawl is to go into.  What may heal by itself, a server that is away, is
 * said once and waited for, for store_patience_ms(); signals end the process meanwhile.
 */
struct store *opening_write(const char *where, bool fresh, struct store_error *error);
struct store *opening_read(const char *where, struct store_error *error);

#endif
