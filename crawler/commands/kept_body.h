#ifndef KEPT_BODY_H
#define KEPT_BODY_H

#include "store/store.h"
#include <stdio.h>

/* kept_body: what the database keeps of a page, unpacked. */

/*
 * Write it.  Returns 0, or -1: it is cut or damaged.  Whether the stream took it, ferror() says.
 */
int kept_body_write(const struct store_kept *kept, FILE *out);

#endif
