#ifndef CALENDAR_H
#define CALENDAR_H

#include <stdint.h>

#include "parsers/text/cursor.h"
#include "parsers/text/slice.h"

/*
 * calendar: the Gregorian calendar, before 1582 too, and the dates that machines write.
 *
 * English only, and without a locale.
 */
struct calendar_time {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
	int zone; /* minutes east of Greenwich */
};

/* Does the year have this day? */
bool calendar_has_day(int year, int month, int day);

/* Seconds since 1970-01-01T00:00:00Z; time must exist. */
int64_t calendar_seconds(const struct calendar_time *time);

/*
 * Take the English name of a month, whole or its first three letters: 1 to 12, or 0 if there is
 * none (cursor then stays).
 */
int calendar_take_month(struct cursor *cursor);

/*
 * Take a zone, "+02:00", "-0500", "+02", "Z", "GMT", "EST" and the like (RFC 5322 3.3, 4.3), in
 * minutes east of Greenwich.  Returns false if there is none (cursor and *zone then stay).
 */
bool calendar_take_zone(struct cursor *cursor, int *zone);

/*
 * Parse a date, to seconds since 1970:
 *
 *	2024-05-06T07:08:09.5+02:00	W3C's profile of ISO 8601; also "2024-05-06", "2024-05",
 *					"2024", "2024-05-06Z", a space for the T, "+0200", "+02"
 *	Mon, 06 May 2024 07:08:09 GMT	RFC 5322 3.3, and the first form of RFC 9110 5.6.7
 *	Monday, 06-May-24 07:08:09 GMT	its second form, of RFC 850
 *	Mon May  6 07:08:09 2024	its third, of asctime()
 *
 * Without a zone, or with one nobody knows, it is UTC; years of two digits are 1970 to 2069.
 * Returns 0, or -1 if text is no date that exists (*seconds is then untouched).
 */
int calendar_parse(struct slice text, int64_t *seconds);

/*
 * The same, and besides what browsers make out of a header (RFC 6265 5.1.1): day, month, year and
 * time in any order with anything between them, "10:13 PM", and a zone in letters or digits.
 */
int calendar_parse_loose(struct slice text, int64_t *seconds);

#endif
