#ifndef ENDING_H
#define ENDING_H

#include "master/callback.h"
#include "master/discovery.h"
#include "master/moves.h"

/*
 * ending: what becomes of a visit that was asked for.
 *
 * It ends, with a page or without; or goes on, to the next hop of its redirects or to another try,
 * and is queued for it.  Either way it is the caller's no more, unless a function says otherwise.
 * It stands on politeness.h and discovery.h.
 */
struct ending;

/* All is the caller's, and stays.  Returns NULL if the store failed. */
struct ending *ending_new(const struct config *config, struct store *store,
			  struct politeness *politeness, struct discovery *discovery,
			  struct moves *moves, struct tally *tally);
void ending_free(struct ending *ending);

/* As callback_watch(). */
void ending_watch(struct ending *ending, const struct row_watch *watch);

/* ---- finish.c ---- */

/* As the functions of callback.h with these names; done needs all but visit. */
bool ending_match_page(struct ending *ending, struct visit *visit, struct callback_page *done,
		       int64_t until_ms);
int ending_write_rows(struct ending *ending, struct callback_page *done, int64_t until_ms);
void ending_drop_page(struct ending *ending, struct callback_page *done);

/*
 * Write a visit with its page: done needs all but visit and host.  The visit is still the
 * caller's, for its links; visits_end() ends it.
 */
void ending_write_page(struct ending *ending, struct visit *visit, struct callback_page *done);

/*
 * All that the pass asks for has been read: what stood under the names of pages that have moved
 * goes.  Until then it may turn out that they failed.
 */
void ending_clear_moved(struct ending *ending);

/* End a visit that brought no page. */
void ending_without_page(struct ending *ending, struct visit *visit, enum outcome outcome,
			 const char *error);

/* The same where another visit's answer is the cause, which had this status. */
void ending_for_cause(struct ending *ending, struct visit *visit, enum outcome outcome,
		      uint32_t status, const char *error);

/* The same with a page, of an outcome, status and error of its last try, or of ours. */
void ending_unasked(struct ending *ending, struct visit *visit, const struct msg_page *page);

/* ---- redirects.c ---- */

/* A page redirects: the visit goes on where it leads, or ends, also as moved to there. */
void ending_redirect(struct ending *ending, struct visit *visit, struct msg_page *page);

/*
 * Make where a redirect leads the visit's URL and host.  The visit is still the caller's; on error
 * it stays as it was.
 */
enum url_error ending_hop(struct ending *ending, struct visit *visit, struct slice location);

/*
 * Permanent redirects led from a visit's URL to this one at its last visit: have that one asked
 * for, as if it had just been redirected.  Returns false, and the visit is still the caller's, if
 * it is not to be: moved_to is absent or asked for by itself, the visit is on its way already, its
 * rule does not lead there.
 */
bool ending_move(struct ending *ending, struct visit *visit, struct slice moved_to);

/* ---- tries.c ---- */

/* The visit is at its first URL again, wherever redirects had led; the caller queues it. */
void ending_begin_again(struct ending *ending, struct visit *visit);

/*
 * Is there another try for what this visit came to?  Then it has been queued for it; else it is
 * still the caller's.
 */
bool ending_try_again(struct ending *ending, struct visit *visit, const struct msg_page *page);

#endif
