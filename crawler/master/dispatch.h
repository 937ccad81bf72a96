#ifndef DISPATCH_H
#define DISPATCH_H

#include "master/parts.h"

/* dispatch: from the frontier to a worker, or back, or to an end unasked. */

/* Give workers what may be asked for now, as far as they have room. */
void dispatch_due(struct parts *parts);

/* Has --max-pages let all begin that it will? */
bool dispatch_is_spent(const struct parts *parts);

bool dispatch_has_room(const struct parts *parts);

#endif
