#ifndef RECORDS_H
#define RECORDS_H

#include "show/record.h"
#include "store/store.h"

/* records: rows of the store, in the terms of show/. */

/* A value; its text points where the store's does. */
struct datum record_datum(const struct store_value *value);

/*
 * A row; names and texts point where the store's do.  The caller releases its values with
 * record_end().
 */
struct record record_begin(const struct store_answer *row);
void record_end(struct record *record);

#endif
