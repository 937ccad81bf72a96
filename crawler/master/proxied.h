#ifndef PROXIED_H
#define PROXIED_H

#include "master/parts.h"

/* proxied: a visit on its way by a proxy: which one, and what its answer says of it (proxies.h). */

/*
 * Set the proxy that the visit goes by, if any.  Returns false if it goes by none now: its host
 * waits for the first that rests, and it is queued again; or none is left, and it has come to its
 * end.  It is never asked for directly.
 */
bool proxied_choose(struct parts *parts, struct visit *visit);

/*
 * The visit is back, with nothing but its proxy's failure: that is no try, and says nothing of the
 * host.  Returns whether it is so; then it has been queued again, or has come to its end.
 */
bool proxied_failed(struct parts *parts, struct visit *visit, const struct msg_page *page);

/*
 * What came of a visit, in the end, is noted for its proxy.  What it did not bring, and another
 * brings then, counts against it.
 */
void proxied_note(struct parts *parts, struct visit *visit, const struct msg_page *page);

/* Write what has changed of all proxies.  Returns 0, or -1: the store failed. */
int proxied_write(struct proxies *proxies, const struct config *config, struct store *store);

#endif
