#ifndef TRYING_H
#define TRYING_H

#include "serve/relay.h"
#include "serve/tried.h"

/*
 * trying: have the child run patterns on a page: the page goes there in parts, unless it is there.
 *
 * The child may end or be replaced at any time: then it is sent the page anew, once.
 */
enum trying_result {
	TRYING_DONE,
	TRYING_DIED, /* it ended, or was ended because it took too long */
	TRYING_ODD,  /* what it said is not an answer */
	TRYING_FULL, /* TRYING_MAX are under way */
};

#define TRYING_MAX 6 /* at a time */

/* tried: of TRYING_DONE; it and the page are there for the time of the call. */
typedef void trying_done(void *user, enum trying_result result, const struct tried *tried,
			 struct slice page);

/*
 * wish is copied, its key aside, which is made here; page is kept and freed: of TRIED_PAGE_MAX at
 * most.  Returns 0, and done is called once, later; or -1: TRYING_FULL, and page is freed.
 */
int trying_start(struct relay *relay, const struct tried_wish *wish, char *page, size_t page_size,
		 trying_done *done, void *user);

/* Places of the relay may have come: who waits for one goes on. */
void trying_turn(void);

#endif
