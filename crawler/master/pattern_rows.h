#ifndef PATTERN_ROWS_H
#define PATTERN_ROWS_H

#include "config/config.h"
#include "store/store.h"

/* pattern_rows: what a pattern yields, in the store's terms. */

/*
 * The table that a pattern makes.  Its columns are allocated: the caller frees table.columns;
 * names point into the pattern.
 */
struct store_table pattern_rows_table(const struct config_pattern *pattern);

/* A value of a row; its text points where the value's does. */
struct store_value pattern_rows_value(const struct value *value);

#endif
