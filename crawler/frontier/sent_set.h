#ifndef SENT_SET_H
#define SENT_SET_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * sent_set: which URLs were sent to the owners of other shares, lately: 8 bytes each.
 *
 * Two generations of fingerprints under a secret key, as in seen.h.  When the younger is full, the
 * older goes: what is forgotten is sent once more, and its owner knows it.
 */
struct sent_set;

#define SENT_SET_SLOTS_MAX ((uint32_t)1 << 22) /* of a generation */

/* key: any 64 bits that stay secret. */
struct sent_set *sent_set_new(uint64_t key);
void sent_set_free(struct sent_set *set);

bool sent_set_has(const struct sent_set *set, struct slice url);
void sent_set_add(struct sent_set *set, struct slice url);

/* Nothing was sent. */
void sent_set_clear(struct sent_set *set);

#endif
