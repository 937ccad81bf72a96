#ifndef OUTSIDE_H
#define OUTSIDE_H

#include "parsers/slice.h"
#include <stdint.h>

/*
 * outside: the links to other sites that stand in the database, with their ids.
 *
 * They are known, but not seen: whoever names one later, a list or a rule that may go there, gets
 * the URL that is there already.  A map from fingerprints under a secret key, as in seen.h.
 */
struct outside;

struct outside *outside_new(uint64_t key);
void outside_free(struct outside *outside);

/* The id of a URL, or 0. */
uint32_t outside_find(const struct outside *outside, struct slice url);

/* Add one that is not there; id is not 0. */
void outside_add(struct outside *outside, struct slice url, uint32_t id);

/* Take one out.  Returns its id, or 0: it was not there. */
uint32_t outside_take(struct outside *outside, struct slice url);

#endif
