#ifndef QUANTITY_H
#define QUANTITY_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * quantity: counts, durations and sizes, as people write them.
 *
 * A duration is in milliseconds, a size in bytes.  Fractions are exact, or refused.
 */
enum quantity_kind {
	QUANTITY_COUNT,    /* 12 */
	QUANTITY_DURATION, /* 500ms, 2s, 1.5s, 10m, 1h; a number alone is seconds, see below */
	QUANTITY_SIZE,     /* 10MB, 64KiB, 4096 (k, M, G: powers of 1000; Ki, Mi, Gi: of 1024) */
};

#define QUANTITY_ERROR_MAX  200
#define QUANTITY_FORMAT_MAX 32

/* "a duration: write 500ms, 2s, 10m or 1h". */
const char *quantity_name(enum quantity_kind kind);

/*
 * Read a text; what does not fit 64 bits is INT64_MAX, or -INT64_MAX.
 * Returns 0, or -1 with the reason in error ("'2sec' is not a duration: did you mean '2s'?"); then
 * *value may be anything.
 */
int quantity_parse(enum quantity_kind kind, struct slice text, int64_t *value,
		   char error[QUANTITY_ERROR_MAX]);

/*
 * Is it a duration, not 0, without its unit?  In a file such a number is seconds; who types one may
 * mean milliseconds, and is asked: error then holds "'500' has no unit: 500ms or 500s?".
 */
bool quantity_lacks_unit(enum quantity_kind kind, struct slice text,
			 char error[QUANTITY_ERROR_MAX]);

/* Write a value, not negative, as a user would: "500ms", "1h", "10MB", "12". */
void quantity_format(enum quantity_kind kind, int64_t value, char text[QUANTITY_FORMAT_MAX]);

#endif
