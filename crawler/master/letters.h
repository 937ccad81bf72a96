#ifndef LETTERS_H
#define LETTERS_H

#include "master/parts.h"

/*
 * letters: what the owners of other shares send us, and what becomes of visits when shares go.
 */

/* One that came, in the store's turn.  Whether the store has failed is asked there. */
void letters_receive(struct parts *parts, const struct store_letter *letter);

/* A visit is not ours any more, or its share is leaving: it stays pending in the store. */
void letters_drop(struct parts *parts, struct visit *visit);

/* What a visit asks next is another's now: it goes there. */
void letters_go_on(struct parts *parts, struct visit *visit);

/* After the store's turn: what it has left stranded goes on. */
void letters_turn(struct parts *parts);

#endif
