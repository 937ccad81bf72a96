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

/* A URL has come to an end that was written, and those that moved to it with it. */
void ending_note_end(struct ending *ending, struct slice url, enum outcome outcome,
		     const struct msg_page *page);

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

/* ---- journeys.c: between the owners of shares ---- */

/* Is the host that a visit asks next another's? */
bool ending_leads_away(const struct ending *ending, const struct visit *visit);

/*
 * It is: the visit goes there with all that it has been through, and ends here.  page is the answer
 * that led there, or NULL; may_move: the visit ends there as moved, if a URL that is read by itself
 * is where it leads.
 */
void ending_depart(struct ending *ending, struct visit *visit, const struct msg_page *page,
		   bool may_move);

/* A guest's first URL is to be asked for again, after so long: its owner does that. */
void ending_go_back(struct ending *ending, struct visit *visit, int64_t wait_ms);

/*
 * Visits that wait here for the end of a URL (moves.h): those that are not ours any more are
 * dropped, and those whose URL is not, go there; or all are dropped.
 */
void ending_sort_waiters(struct ending *ending);
void ending_drop_waiters(struct ending *ending);
size_t ending_waiter_count(const struct ending *ending);

/*
 * --max-pages does not let it begin, nor any after it: its URL stays pending.  Who waits for it
 * reads its page in the name of who was led there.  If anybody waits, its text is known.
 */
void ending_leave_out(struct ending *ending, struct visit *visit);

/* What a guest asked for is written: its letter ends, and its owner hears of a page. */
void ending_end_guest(struct ending *ending, const struct visit *visit, enum outcome outcome,
		      const struct msg_page *page);

/* Letters: a visit comes, or comes back; news of where one has led. */
void ending_arrive(struct ending *ending, const struct store_letter *letter);
void ending_come_back(struct ending *ending, const struct store_letter *letter);
void ending_hear(struct ending *ending, const struct store_letter *letter);

/* ---- tries.c ---- */

/* The visit is at its first URL again, wherever redirects had led; the caller queues it. */
void ending_begin_again(struct ending *ending, struct visit *visit);

/*
 * Is there another try for what this visit came to?  Then it has been queued for it; else it is
 * still the caller's.
 */
bool ending_try_again(struct ending *ending, struct visit *visit, const struct msg_page *page);

/* The visit is lost with its share: of its answer there is left what the host has asked for. */
void ending_hear_lost(struct ending *ending, const struct visit *visit,
		      const struct msg_page *page);

#endif
