#include "parsers/text/calendar.h"

#include <stdlib.h>

#include "parsers/text/ascii.h"

#define TEXT_BYTES_MAX 64     /* of a date */
#define DAY_OF_1970    719468 /* from the first of March of the year 0 */

bool calendar_has_day(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && is_leap);
}

/* Years begin in March here, so that leap days end them; an era is 400 of them. */
static int64_t days_of(const struct calendar_time *time)
{
	int64_t year = time->month > 2 ? time->year : time->year - 1;
	int64_t month = (time->month + 9) % 12;
	int64_t era = (year + 400) / 400 - 1;
	int64_t of_era = year - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 +
	       time->day - 1 - DAY_OF_1970;
}

int64_t calendar_seconds(const struct calendar_time *time)
{
	int64_t minutes = (days_of(time) * 24 + time->hour) * 60 + time->minute - time->zone;

	return minutes * 60 + time->second;
}

int calendar_month(struct slice name)
{
	static const char *const months[] = { "january",   "february", "march",    "april",
					      "may",       "june",     "july",     "august",
					      "september", "october",  "november", "december" };

	for (int i = 0; i < 12 && name.size >= 3; i++)
		if (ascii_starts_with(slice_of(months[i]), name))
			return i + 1;
	return 0;
}

bool calendar_zone(struct slice name, int *minutes)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "z", 0 },    { "utc", 0 },  { "ut", 0 },   { "gmt", 0 },
		      { "est", -5 }, { "edt", -4 }, { "cst", -6 }, { "cdt", -5 },
		      { "mst", -7 }, { "mdt", -6 }, { "pst", -8 }, { "pdt", -7 } };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (ascii_equal(name, slice_of(zones[i].name))) {
			*minutes = zones[i].hours * 60;
			return true;
		}
	}
	return false;
}

/* Each take() takes what it reads off the front of text. */

static void drop(struct slice *text, size_t size)
{
	text->at += size;
	text->size -= size;
}

/* A number of least to most digits, or -1. */
static int take_number(struct slice *text, int least, int most)
{
	int digits = 0, number = 0;

	while (digits < most && text->size && ascii_is_digit(text->at[0])) {
		number = number * 10 + (text->at[0] - '0');
		drop(text, 1);
		digits++;
	}
	return digits < least ? -1 : number;
}

/* One of these characters. */
static bool take_any(struct slice *text, const char *characters)
{
	if (text->size == 0 || text->at[0] == '\0' || !strchr(characters, text->at[0]))
		return false;
	drop(text, 1);
	return true;
}

static struct slice take_word(struct slice *text)
{
	struct slice word = { text->at, 0 };

	while (text->size && ascii_is_letter(text->at[0])) {
		drop(text, 1);
		word.size++;
	}
	return word;
}

static void take_white(struct slice *text)
{
	while (text->size && ascii_is_white(text->at[0]))
		drop(text, 1);
}

/* "+02:00", "-0500", "+02", a name, or nothing. */
static bool take_zone(struct slice *text, int *zone)
{
	bool is_west = text->size && text->at[0] == '-';
	int hour, minute = 0;

	if (!take_any(text, "+-")) {
		calendar_zone(take_word(text), zone);
		return true;
	}
	hour = take_number(text, 2, 2);
	if (hour >= 0 && text->size) {
		take_any(text, ":");
		minute = take_number(text, 2, 2);
	}
	*zone = (is_west ? -1 : 1) * (hour * 60 + minute);
	return hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
}

/* "07:08", "07:08:09" or "07:08:09.5". */
static bool take_clock(struct slice *text, struct calendar_time *time)
{
	time->hour = take_number(text, 1, 2);
	if (time->hour < 0 || !take_any(text, ":"))
		return false;
	time->minute = take_number(text, 2, 2);
	if (time->minute < 0)
		return false;
	if (take_any(text, ":")) {
		time->second = take_number(text, 2, 2);
		if (time->second < 0)
			return false;
		if (take_any(text, ".,"))
			while (take_number(text, 1, 1) >= 0)
				;
	}
	return true;
}

/* The time and zone that end a date. */
static bool take_time(struct slice *text, struct calendar_time *time)
{
	if (!take_clock(text, time))
		return false;
	take_white(text);
	return take_zone(text, &time->zone) && text->size == 0;
}

/* https://www.w3.org/TR/NOTE-datetime */
static bool parse_w3c(struct slice text, struct calendar_time *time)
{
	time->year = take_number(&text, 4, 4);
	time->month = time->day = 1;
	if (time->year < 0 || text.size == 0)
		return time->year >= 0;
	if (!take_any(&text, "-") || (time->month = take_number(&text, 2, 2)) < 0)
		return false;
	if (text.size == 0)
		return true;
	if (!take_any(&text, "-") || (time->day = take_number(&text, 2, 2)) < 0)
		return false;
	if (take_any(&text, "Tt "))
		return take_time(&text, time);
	return take_zone(&text, &time->zone) && text.size == 0; /* xsd:date may have one */
}

/* Of two or four digits. */
static bool take_year(struct slice *text, int *year)
{
	size_t digits = text->size;

	*year = take_number(text, 2, 4);
	digits -= text->size;
	if (digits == 2)
		*year += *year < 70 ? 2000 : 1900;
	return digits == 2 || digits == 4;
}

/* "May  6 07:08:09 2024", what follows the weekday in asctime()'s form. */
static bool parse_asctime(struct slice text, struct calendar_time *time)
{
	time->month = calendar_month(take_word(&text));
	take_white(&text);
	time->day = take_number(&text, 1, 2);
	take_white(&text);
	if (time->month == 0 || time->day < 0 || !take_clock(&text, time))
		return false;
	take_white(&text);
	return take_year(&text, &time->year) && text.size == 0;
}

/* The forms in which the month has a name: behind a weekday, its day comes first or it does. */
static bool parse_named(struct slice text, struct calendar_time *time)
{
	const char *comma = memchr(text.at, ',', text.size);

	if (comma)
		drop(&text, (size_t)(comma + 1 - text.at));
	else if (text.size && ascii_is_letter(text.at[0]))
		take_word(&text);
	take_white(&text);
	if (text.size && ascii_is_letter(text.at[0]))
		return parse_asctime(text, time);
	time->day = take_number(&text, 1, 2);
	take_white(&text);
	take_any(&text, "-");
	time->month = calendar_month(take_word(&text));
	take_any(&text, "-");
	take_white(&text);
	if (time->day < 0 || time->month == 0 || !take_year(&text, &time->year))
		return false;
	take_white(&text);
	return text.size == 0 || take_time(&text, time);
}

/* A leap second is the first of the next minute. */
static bool exists(const struct calendar_time *time)
{
	return calendar_has_day(time->year, time->month, time->day) && time->hour < 24 &&
	       time->minute < 60 && time->second <= 60;
}

int calendar_parse(struct slice text, int64_t *seconds)
{
	struct calendar_time time = { 0 };

	text = ascii_trim(text);
	if (text.size == 0 || text.size > TEXT_BYTES_MAX)
		return -1;
	if (!parse_w3c(text, &time)) {
		time = (struct calendar_time){ 0 };
		if (!parse_named(text, &time))
			return -1;
	}
	if (!exists(&time))
		return -1;
	*seconds = calendar_seconds(&time);
	return 0;
}
