#ifndef DURATION_H
#define DURATION_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * duration: how long something takes, as ISO 8601 writes it (5.5.2), in seconds.
 *
 *	PT1H30M  5400	P1DT12H  129600	   P3W2D  1987200    PT0.5H  PT0,5H  1800
 *	P0Y0M0DT0H35M0.000S  2100	   -PT15M  -900
 *
 * Letters may be small.  A fraction stands in the last part only, and what is left of a second
 * is rounded.  Years and months have no length of their own: they must be 0.
 */

/* Text, without white space around it.  Returns false if it is none (*seconds is untouched). */
bool duration_convert(struct slice text, int64_t *seconds);

#endif
