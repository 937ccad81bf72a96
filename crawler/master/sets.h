#ifndef SETS_H
#define SETS_H

#include "store/store.h"

/*
 * sets: the fields that lists give their URLs, each set once in the store, by a number.
 *
 * They stand with roots (store_put_set()): what links, redirects and sitemaps lead to has them by
 * its root.  What is known is compared with what the lists say now while they are read, and changed
 * at once behind them.  Where nobody gives a set nothing is held; after the lists neither.
 */
struct sets;

/* key is secret, as in seen.h.  The store stays the caller's. */
struct sets *sets_new(struct store *store, uint64_t key);
void sets_free(struct sets *sets);

/* A URL that the store knows has this set, not 0; before any is named. */
void sets_gain(struct sets *sets, struct store_key root, uint32_t set);

/*
 * The number of a set, as seed_set_text(); of an absent one 0.  It is put into the store if it is
 * new.  Returns 0, or -1: the store failed.
 */
int sets_number(struct sets *sets, struct slice text, uint32_t *number);

/* Has any URL one, or had any list? */
bool sets_are_any(const struct sets *sets);

/* A list gives this URL, which is known, this set; is_other: until now it had another root's. */
void sets_name(struct sets *sets, struct store_key root, uint32_t set, bool is_other);

/*
 * Have the lists of this run changed what it has?  Returns 1 if this text is what it will have, 0
 * if another is, -1 if they have not: the store says what it has.
 */
int sets_changed_to(const struct sets *sets, struct store_key root, struct slice text);

/* The lists are read: what they changed is put into the store.  Returns 0 or -1. */
int sets_end(struct sets *sets);

/* A root that is known gets this set at once: the lists have been read.  Returns 0 or -1. */
int sets_put(struct sets *sets, struct store_key root, uint32_t set);

#endif
