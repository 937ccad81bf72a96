#ifndef PAGE_WORK_H
#define PAGE_WORK_H

#include "master/parts.h"
#include "protocol/msg.h"

/*
 * page_work: what is made of a page, over as many turns as that takes.
 *
 *	patterns	one after the other; their rows wait in memory
 *	links		so many at a time; one that is new is asked for from then on
 *	result		the page, with its rows, in one go; or if they are many, they come first
 *
 * Nearly all pages come to their end in the callback that brings them, and cost nothing for it.
 * What has not within MASTER_TURN_MS, but for a pattern that has begun, is put by, with a copy of
 *what was lent with it: the first of them goes on for as long in each turn, and other pages come to
 *their end meanwhile.  Its host has one request less under way until then, so that a slow site does
 *not bring more than is worked off.  With PAGE_WORK_BYTES_MAX put by no results are taken from the
 *pool (page_works_are_full).
 *
 * Until its result is written a page is pending in the store: after a kill it is asked for again,
 * and the links that it led to are known by then.  While its rows are written over several turns
 * nothing is committed.
 */
struct page_works;

#define PAGE_WORK_BYTES_MAX ((size_t)64 << 20) /* of pages put by, but for the last of them */

struct page_works *page_works_new(void);

/* What was put by stays pending. */
void page_works_free(struct page_works *works, struct parts *parts);

/* The pool's callbacks come next: together they have MASTER_TURN_MS, from the first result on. */
void page_works_begin_turn(struct page_works *works);
void page_works_begin_result(struct page_works *works);

/*
 * A visit has come to its end with this page: of done all but visit and page is needed.  has_links:
 * links are to be added.  All is lent until this returns, but for the visit, which is the callee's.
 */
void page_work_take(struct parts *parts, struct visit *visit, const struct msg_page *page,
		    const struct callback_page *done, bool has_links, struct slice links,
		    unsigned worker);

/* Go on with the first of those that were put by, if there is any. */
void page_works_go_on(struct page_works *works, struct parts *parts);

/* Is a page being written, so that nothing may be committed?  Then end it. */
bool page_works_are_writing(const struct page_works *works);
void page_works_end_writing(struct page_works *works, struct parts *parts);

bool page_works_are_none(const struct page_works *works);
bool page_works_are_full(const struct page_works *works);

#endif
