#ifndef SEED_SET_H
#define SEED_SET_H

#include "parsers/text/scratch.h"

/*
 * seed_set: the fields that a line of a list gives its URL, and what is reached from it.
 *
 *	{"city":"Köln","shop":"7"}
 *
 * Its text is an object of JSON, its names in the order of their bytes, its values strings: sets
 * that say the same are the same text, however the line was written.  Zero-initialised it is empty.
 */
#define SEED_SET_FIELDS_MAX 100
#define SEED_SET_NAME_MAX   64 /* bytes */

struct seed_field {
	struct slice name, value;
};

struct seed_set {
	struct seed_field fields[SEED_SET_FIELDS_MAX]; /* in the order of their names */
	size_t count;
};

/*
 * Add a field; name and value must outlive the set.
 * Returns NULL, or why not, a literal: a bad name, one that comes twice, a value that is not UTF-8,
 * too many.
 */
const char *seed_set_add(struct seed_set *set, struct slice name, struct slice value);

/* The set as text, in scratch; absent if it is empty. */
struct slice seed_set_text(const struct seed_set *set, struct scratch *scratch);

#endif
