#ifndef SEEN_H
#define SEEN_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * seen: which URLs are known, at 10 to 15 bytes each; with numbers, at 15 to 23.
 *
 * A set of 64-bit fingerprints under a secret key, so that nobody can make URLs that collide on
 * purpose.  By accident, one URL in 10^7 is taken for another in a crawl of 10^12; one of a
 * million URLs has a chance of 1 in 3 * 10^7 to hide any other.
 */
struct seen;

/* key: any 64 bits that stay secret; the set lives only as long as the process. */
struct seen *seen_new(unsigned long long key);
void seen_free(struct seen *seen);

/* Nothing is known any more. */
void seen_clear(struct seen *seen);

/* Is it known? */
bool seen_has(const struct seen *seen, struct slice url);

/*
 * The same for many: first the fingerprint of each, which has the memory fetched where it belongs,
 * then what is there.
 */
uint64_t seen_fingerprint(const struct seen *seen, struct slice url);
bool seen_has_fingerprint(const struct seen *seen, uint64_t fingerprint);

/* Remember a URL.  Returns true if it was not known. */
bool seen_add(struct seen *seen, struct slice url);

/*
 * The same with a number, not 0, of the caller's: it replaces one that was there.  seen_number() of
 * a URL that is not known, or has none, is 0.
 */
bool seen_put(struct seen *seen, struct slice url, uint32_t number);
uint32_t seen_number(const struct seen *seen, struct slice url);
uint32_t seen_number_of_fingerprint(const struct seen *seen, uint64_t fingerprint);

size_t seen_count(const struct seen *seen);

#endif
