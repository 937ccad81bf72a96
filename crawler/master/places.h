#ifndef PLACES_H
#define PLACES_H

#include "master/politeness.h"

/*
 * places: hosts that do not answer take no places of those that do.
 *
 * A request has one of as many places as the workers have room for.  A host that has not answered
 * in this run has it until its connection is given up: so all such hosts together have at most half
 * of the places.  One that finds none waits, suspended in the frontier, and its turn comes in the
 * order of waiting.
 */
struct places;

/* politeness stays the caller's.  room: how many places there are. */
struct places *places_new(struct politeness *politeness, unsigned room);
void places_free(struct places *places);

/* Is there a place for a request to this host?  If there is none, the host is suspended. */
bool places_has_one(struct places *places, uint32_t host);

/* The visit is sent, to the host that it names; and is back, with an answer or without. */
void places_take(struct places *places, struct visit *visit);
void places_give(struct places *places, struct visit *visit, bool has_answered);

#endif
