#ifndef CALLBACK_H
#define CALLBACK_H

#include "config/config.h"
#include "frontier/visit.h"
#include "master/row_watch.h"
#include "master/tally.h"
#include "protocol/msg.h"
#include "store/store.h"

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
struct callback *callback_new(const struct config *config, struct store *store,
			      struct tally *tally);
void callback_free(struct callback *callback);

/* Have the rows of all pages seen by watch, too, which stays. */
void callback_watch(struct callback *callback, const struct row_watch *watch);

/* A visit has come to its end, with a page or without. */
struct callback_page {
	const struct visit *visit; /* its URL is the one that was asked for last */
	const struct msg_page *page;
	struct slice text;  /* of the page, if patterns are matched against it, or absent */
	struct slice kept;  /* the page compressed, or absent */
	bool is_unchanged;  /* its rows are those of the last visit */
	bool keeps_content; /* what the last visit left stays */

	struct callback_work
		*work; /* the callback's; NULL before callback_match() and afterwards */
};

/*
 * Run the patterns on a page until it is until_ms by clock_ms(), but at least one.  Returns whether
 * all have run; if not, to be called again.  Nothing is written yet, and what done points to may
 * have moved by then.
 */
bool callback_match(struct callback *callback, struct callback_page *done, int64_t until_ms);

/* What the rows take in memory that it has so far. */
size_t callback_match_bytes(const struct callback_page *done);

/*
 * All have run.  Has it so many rows that they are to be written over several turns?  Then write
 * them until it is until_ms; other pages may be written in between, but nothing may be committed
 * before callback_page() has closed this one.  Returns 1 when all are written, or the store has
 * failed; or 0.
 */
bool callback_is_large(const struct callback_page *done);
int callback_write_rows(struct callback *callback, struct callback_page *done, int64_t until_ms);

/* It is not written after all; no row of it has been. */
void callback_drop(struct callback *callback, struct callback_page *done);

/*
 * Write it, having run the patterns that have not.  Returns the outcome that was stored, or -1 if
 * the store failed.
 */
int callback_page(struct callback *callback, struct callback_page *done);

/* A page that was counted as one outcome is another after all (tally_recount()). */
void callback_recount(struct callback *callback, const struct recount *recount);

/* As tally_take_back(). */
void callback_take_back(struct callback *callback, uint32_t host, enum outcome outcome,
			unsigned status);

#endif
