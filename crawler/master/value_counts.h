#ifndef VALUE_COUNTS_H
#define VALUE_COUNTS_H

#include "parsers/text/slice.h"
#include "store/store.h"
#include <stdint.h>

/*
 * value_counts: how many pages have which value of something, say a content type.
 *
 * The first 50 values have a count each; all that come after them are "other", and so is what is
 * long or no printable ASCII: a server says what it likes.
 */
#define VALUE_COUNTS_VALUES 50
#define VALUE_COUNTS_BYTES  64 /* of a value, with its NUL */

struct value_counts;

/* what: as of store_put_run_count(); it must stay. */
struct value_counts *value_counts_new(const char *what);
void value_counts_free(struct value_counts *counts);

/* One page more; an empty value is none. */
void value_counts_add(struct value_counts *counts, struct slice value);

/* Write what has changed since the last time.  Returns 0, or -1: the store failed. */
int value_counts_write(struct value_counts *counts, struct store *store);

#endif
