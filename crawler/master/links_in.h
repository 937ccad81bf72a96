#ifndef LINKS_IN_H
#define LINKS_IN_H

#include "master/discovery.h"
#include "master/link_counts.h"
#include "protocol/msg.h"

/*
 * links_in: what pages and sitemaps name, judged: within the limits of the rules, no trap, on the
 * site.  It stands on discovery.h, which has what passes.
 */
struct links_in;

/* All but key, which is secret as in seen.h, stay the caller's. */
struct links_in *links_in_new(const struct config *config, struct store *store,
			      struct politeness *politeness, struct discovery *discovery,
			      uint64_t key);
void links_in_free(struct links_in *links_in);

/*
 * A URL of an earlier run is asked for: it counts for traps, and for the limits of rules, if
 * nobody else of this run counts it.
 */
void links_in_gain(struct links_in *links_in, const struct store_known_url *known, bool is_counted);

/* All that is ours was lost, and counts for no trap. */
void links_in_forget(struct links_in *links_in);

/* A link that another has found, to what is ours: it is judged as those are that we find.  Returns
 * 0 or -1. */
int links_in_receive(struct links_in *links_in, const struct store_letter *letter);

/* Links of a page, or entries of a sitemap, come: what is missing is counted, and told. */
void links_in_begin(struct links_in *links_in, const struct visit *visit,
		    const struct msg_page *page);

/*
 * Add them until it is until_ms by clock_ms(), but some hundreds in any case; *links is what is
 * left then.  Returns 1 if all are added, 0, or -1 if the worker sent nonsense.
 */
int links_in_add(struct links_in *links_in, const struct visit *visit, struct slice *links,
		 int64_t until_ms);

/*
 * Need a page not be asked for, as known from its last visit?  So it is if a sitemap that was read
 * in this run says that it has not changed; then it is counted.
 */
bool links_in_spares(struct links_in *links_in, const struct visit *visit,
		     const struct store_validators *known);

/*
 * Have links been put off lately, to be judged when a rule's max_pages may leave more?  They are on
 * their way, and come back.
 */
bool links_in_waits(const struct links_in *links_in);

/* Have the store know how many URLs rules have added that may add only so many. */
void links_in_tell_used(struct links_in *links_in);

const struct link_counts *links_in_counts(const struct links_in *links_in);

#endif
