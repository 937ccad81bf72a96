#ifndef PATTERN_ROWS_H
#define PATTERN_ROWS_H

#include "config/config.h"
#include "store/store.h"

/* pattern_rows: what a pattern yields, in the store's terms. */

/*
 * The table that a pattern makes, and above it, in table.parent, those of the patterns around it.
 * The caller frees it with pattern_rows_table_free(); names point into the pattern.
 */
struct store_table *pattern_rows_table(const struct config_pattern *pattern);
void pattern_rows_table_free(struct store_table *table);

/* How many columns it has: the fields, and of a child the number of its parent's row. */
size_t pattern_rows_column_count(const struct config_pattern *pattern);

/* A row, in the order of the table's columns: texts point where the values' do. */
void pattern_rows_values(const struct pattern_row *row, struct store_value *values);

/* The name and type of a column; type is of the field, or FIELD_INTEGER. */
const char *pattern_rows_column_name(const struct config_pattern *pattern, size_t column);
enum field_type pattern_rows_column_type(const struct config_pattern *pattern, size_t column);

#endif
