#include "store/sqlite/internal.h"

#include <ctype.h>
#include <string.h>

#define NAME_BYTES_MAX 64 /* what is longer is compared by its beginning */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t less = a < b ? a : b;

	return less < c ? less : c;
}

/* Levenshtein's, one row of the table at a time. */
size_t store_name_distance(const char *left, const char *right)
{
	size_t left_size = strnlen(left, NAME_BYTES_MAX);
	size_t right_size = strnlen(right, NAME_BYTES_MAX);
	size_t row[NAME_BYTES_MAX + 1];

	for (size_t j = 0; j <= right_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= left_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= right_size; j++) {
			bool differs = tolower((unsigned char)left[i - 1]) !=
				       tolower((unsigned char)right[j - 1]);
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1, diagonal + differs);
			diagonal = above;
		}
	}
	return row[right_size];
}
