#ifndef KEY_SET_H
#define KEY_SET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * key_set: some of the URLs, by their numbers in the store: a bit for each that there is.
 *
 * An id is a number of 32 bits from 1, with its share above it: store_key_id().
 */
struct key_set;

struct key_set *key_set_new(void);
void key_set_free(struct key_set *set);

/* Returns whether it was not there. */
bool key_set_add(struct key_set *set, uint64_t id);
bool key_set_has(const struct key_set *set, uint64_t id);

/* Pass all of them to function, in their order, until it says -1; which is then returned, else 0.
 */
int key_set_each(const struct key_set *set, int (*function)(void *context, uint64_t id),
		 void *context);

#endif
