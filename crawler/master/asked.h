#ifndef ASKED_H
#define ASKED_H

#include "master/census.h"
#include "master/links_in.h"
#include "master/moves.h"
#include "master/robots_gate.h"
#include "master/sets.h"

/*
 * asked: which URLs this run asks for.
 *
 * The list is the list: a run asks for the URLs that its lists name, and for what was reached from
 * them: those whose root is named.  All others are left alone, until a page that is read links to
 * one.  With is_all, every URL is asked for.
 *
 * First all that is known is noted, then the lists are read, and only then it can be told what is
 * to be asked for: for that all that is known is looked at once more.
 */
struct asked;

/* All stays the caller's. */
struct asked *asked_new(struct store *store, struct politeness *politeness,
			struct discovery *discovery, struct links_in *links_in, struct moves *moves,
			struct robots_gate *gate, struct sets *sets);
void asked_free(struct asked *asked);

/* Who hears what else the store has to say; stays the caller's. */
struct asked_events {
	void (*receive)(void *context, const struct store_letter *letter);
	void (*order)(void *context, const struct store_order *order);
	void (*forget)(void *context); /* all that was ours was lost, and goes now */
	void (*close)(void *context);  /* as of struct store_events */
	void (*gain_cookie)(void *context, const struct store_cookie *cookie); /* or NULL */
	void *context;
};
void asked_hand_on(struct asked *asked, const struct asked_events *others);

/* Note all that the store has.  Returns 0 or -1, as all of these. */
int asked_load(struct asked *asked);

/* Is nothing to be looked at once more: was nothing known, or has asked_begin() been called? */
bool asked_has_begun(const struct asked *asked);

/* A list names this URL, which was not known before: is_new.  Returns whether it did not before. */
bool asked_name(struct asked *asked, struct store_key key, struct slice url, bool is_new);

/* Has a list of this run named it? */
bool asked_is_named(const struct asked *asked, struct store_key key);

/* Must it be made a root of its own? */
bool asked_is_reached(const struct asked *asked, struct store_key key);

/*
 * The lists are read: choose the pass, and queue what is to be asked for.  *census is as it was
 * before they were, and *pass what was chosen.  In a run that was joined it is chosen already: then
 * *census says nothing.
 */
int asked_begin(struct asked *asked, const struct asked_wish *wish, struct asked_census *census,
		enum store_pass *pass);

/* How it stands now.  It reads every URL. */
int asked_count(struct asked *asked, struct asked_census *census);

#endif
