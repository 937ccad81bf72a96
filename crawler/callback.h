#ifndef CALLBACK_H
#define CALLBACK_H

#include "config.h"
#include "msg.h"
#include "store/store.h"
#include "tally.h"
#include "visit.h"

/*
 * callback: what happens to a fetched page in the master.
 *
 * The patterns that want its URL are matched against its text; page, rows and the URL's new
 * state go to the store as one.
 */
struct callback;

/*
 * Make the patterns' tables in the store.
 * Returns NULL if that fails; store_error() says why.
 */
struct callback *callback_new(const struct config *config, struct store *store, struct tally *tally);
void callback_free(struct callback *callback);

/*
 * A visit has come to its end with this page (an outcome without a page, too).  url is the URL as
 * it was asked for; text the page, if it is one that patterns are matched against, or absent.
 * kept is the page compressed, or absent.
 * Returns the outcome that was stored, or -1 if the store failed.
 */
int callback_page(struct callback *callback, const struct visit *visit, struct slice url,
		  const struct msg_page *page, struct slice text, struct slice kept);

#endif
