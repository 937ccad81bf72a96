#ifndef POSTGRES_ARRAYS_H
#define POSTGRES_ARRAYS_H

#include "store/store.h"

/*
 * arrays: parameters of a statement that are arrays of one dimension, in PostgreSQL's binary format
 * (array_recv): dimensions 1, has NULLs, the type of an element, how many, the first index; then
 * each with its length, -1 for NULL.  Numbers are big-endian.
 *
 * Types are those of batch.h.
 */
struct postgres_arrays {
	char *bytes;
	size_t size, room;
	size_t *begins; /* of the arrays in bytes */
	const char **values;
	int *lengths;
	int count, count_max;
	unsigned rows;
};

void postgres_arrays_free(struct postgres_arrays *arrays);

/* Begin a statement of these columns and so many rows; then each column with all its values. */
void postgres_arrays_begin(struct postgres_arrays *arrays, const char *types, unsigned rows);
void postgres_arrays_column(struct postgres_arrays *arrays, char type);
void postgres_arrays_put(struct postgres_arrays *arrays, char type,
			 const struct store_value *value);

/* Returns the number of parameters; they are good until the next begin. */
int postgres_arrays_end(struct postgres_arrays *arrays, const char *const **values,
			const int **lengths);

#endif
