#include "parsers/text/calendar.h"

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

int calendar_take_month(struct cursor *cursor)
{
	static const char *const months[] = { "january",   "february", "march",    "april",
					      "may",       "june",     "july",     "august",
					      "september", "october",  "november", "december" };
	struct cursor from = *cursor;
	struct slice name = cursor_take_letters(cursor);

	for (int i = 0; i < 12; i++) {
		struct slice month = slice_of(months[i]);

		if (ascii_equal(name, month) || ascii_equal(name, (struct slice){ month.at, 3 }))
			return i + 1;
	}
	*cursor = from;
	return 0;
}

static bool find_zone(struct slice name, int *zone)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "z", 0 },    { "utc", 0 },  { "ut", 0 },   { "gmt", 0 },
		      { "est", -5 }, { "edt", -4 }, { "cst", -6 }, { "cdt", -5 },
		      { "mst", -7 }, { "mdt", -6 }, { "pst", -8 }, { "pdt", -7 } };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (ascii_equal(name, slice_of(zones[i].name))) {
			*zone = zones[i].hours * 60;
			return true;
		}
	}
	return false;
}

static bool take_offset(struct cursor *cursor, int *zone)
{
	bool is_west = cursor_peek(cursor) == '-';
	int hours, minutes = 0;

	if (!cursor_take_any(cursor, "+-"))
		return false;
	if (cursor_take_number(cursor, 4, 4, &hours)) {
		minutes = hours % 100;
		hours /= 100;
	} else if (!cursor_take_number(cursor, 2, 2, &hours) ||
		   (cursor_take(cursor, ':') && !cursor_take_number(cursor, 2, 2, &minutes))) {
		return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*zone = (hours * 60 + minutes) * (is_west ? -1 : 1);
	return true;
}

bool calendar_take_zone(struct cursor *cursor, int *zone)
{
	struct cursor from = *cursor;

	if (find_zone(cursor_take_letters(cursor), zone))
		return true;
	*cursor = from;
	if (take_offset(cursor, zone))
		return true;
	*cursor = from;
	return false;
}

/* A zone that ends a date: none, and one that nobody knows, are UTC. */
static bool take_last_zone(struct cursor *cursor, int *zone)
{
	if (!calendar_take_zone(cursor, zone)) {
		*zone = 0;
		cursor_take_letters(cursor);
	}
	return cursor_is_at_end(cursor);
}

/* "07:08", "07:08:09" or "07:08:09.5". */
static bool take_clock(struct cursor *cursor, struct calendar_time *time)
{
	if (!cursor_take_number(cursor, 1, 2, &time->hour) || !cursor_take(cursor, ':') ||
	    !cursor_take_number(cursor, 2, 2, &time->minute))
		return false;
	if (!cursor_take(cursor, ':'))
		return true;
	if (!cursor_take_number(cursor, 2, 2, &time->second))
		return false;
	if (cursor_take_any(cursor, ".,"))
		cursor_take_digits(cursor);
	return true;
}

/* The time and zone that end a date. */
static bool take_time(struct cursor *cursor, struct calendar_time *time)
{
	if (!take_clock(cursor, time))
		return false;
	cursor_take_spaces(cursor);
	return take_last_zone(cursor, &time->zone);
}

/* https://www.w3.org/TR/NOTE-datetime */
static bool parse_w3c(struct cursor cursor, struct calendar_time *time)
{
	*time = (struct calendar_time){ .month = 1, .day = 1 };
	if (!cursor_take_number(&cursor, 4, 4, &time->year))
		return false;
	if (cursor_is_at_end(&cursor))
		return true;
	if (!cursor_take(&cursor, '-') || !cursor_take_number(&cursor, 2, 2, &time->month))
		return false;
	if (cursor_is_at_end(&cursor))
		return true;
	if (!cursor_take(&cursor, '-') || !cursor_take_number(&cursor, 2, 2, &time->day))
		return false;
	if (cursor_take_any(&cursor, "Tt "))
		return take_time(&cursor, time);
	return take_last_zone(&cursor, &time->zone); /* xsd:date may have one */
}

/* Of two or four digits. */
static bool take_year(struct cursor *cursor, int *year)
{
	if (cursor_take_number(cursor, 4, 4, year))
		return true;
	if (!cursor_take_number(cursor, 2, 2, year))
		return false;
	*year += *year < 70 ? 2000 : 1900;
	return true;
}

/* "May  6 07:08:09 2024", what follows the weekday in asctime()'s form. */
static bool parse_asctime(struct cursor cursor, struct calendar_time *time)
{
	time->month = calendar_take_month(&cursor);
	cursor_take_spaces(&cursor);
	if (time->month == 0 || !cursor_take_number(&cursor, 1, 2, &time->day))
		return false;
	cursor_take_spaces(&cursor);
	if (!take_clock(&cursor, time))
		return false;
	cursor_take_spaces(&cursor);
	return take_year(&cursor, &time->year) && cursor_is_at_end(&cursor);
}

/* The forms in which the month has a name: behind a weekday, its day comes first or it does. */
static bool parse_named(struct cursor cursor, struct calendar_time *time)
{
	const char *comma = memchr(cursor.at, ',', (size_t)(cursor.end - cursor.at));

	*time = (struct calendar_time){ 0 };
	if (comma)
		cursor.at = comma + 1;
	else
		cursor_take_letters(&cursor);
	cursor_take_spaces(&cursor);
	if (ascii_is_letter(cursor_peek(&cursor)))
		return parse_asctime(cursor, time);
	if (!cursor_take_number(&cursor, 1, 2, &time->day))
		return false;
	cursor_take_spaces(&cursor);
	cursor_take(&cursor, '-');
	time->month = calendar_take_month(&cursor);
	cursor_take(&cursor, '-');
	cursor_take_spaces(&cursor);
	if (time->month == 0 || !take_year(&cursor, &time->year))
		return false;
	cursor_take_spaces(&cursor);
	return cursor_is_at_end(&cursor) || take_time(&cursor, time);
}

/* A leap second is the first of the next minute. */
static bool exists(const struct calendar_time *time)
{
	return calendar_has_day(time->year, time->month, time->day) && time->hour < 24 &&
	       time->minute < 60 && time->second <= 60;
}

int calendar_parse(struct slice text, int64_t *seconds)
{
	struct calendar_time time;
	struct cursor cursor;

	text = ascii_trim(text);
	if (text.size == 0 || text.size > TEXT_BYTES_MAX)
		return -1;
	cursor = (struct cursor){ text.at, text.at + text.size };
	if (!parse_w3c(cursor, &time) && !parse_named(cursor, &time))
		return -1;
	if (!exists(&time))
		return -1;
	*seconds = calendar_seconds(&time);
	return 0;
}

/* ---- dates in any order ---- */

enum part { PART_TIME = 1, PART_DAY = 2, PART_MONTH = 4, PART_YEAR = 8, PART_ZONE = 16 };

struct loose {
	struct calendar_time time;
	unsigned found; /* parts */
};

static bool is_between(char c)
{
	return c == '\t' || (c >= ' ' && c <= '/') || (c >= ';' && c <= '@') ||
	       (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/* "AM" and "PM" come behind the time. */
static bool take_half(struct slice word, struct loose *loose)
{
	bool is_afternoon = ascii_equal(word, SLICE("pm"));

	if (!(loose->found & PART_TIME) || (!is_afternoon && !ascii_equal(word, SLICE("am"))))
		return false;
	if (loose->time.hour <= 12)
		loose->time.hour = loose->time.hour % 12 + (is_afternoon ? 12 : 0);
	return true;
}

static void take_word(struct slice word, struct loose *loose)
{
	struct cursor cursor = { word.at, word.at + word.size };

	if (take_half(word, loose))
		return;
	if ((loose->found & PART_TIME) && find_zone(word, &loose->time.zone)) {
		loose->found |= PART_ZONE;
	} else if (!(loose->found & PART_MONTH)) {
		loose->time.month = calendar_take_month(&cursor);
		loose->found |= loose->time.month > 0 ? PART_MONTH : 0;
	}
}

/* "22:13:30", "14", "2023"; what comes behind the digits does not count. */
static void take_digits(struct slice word, struct loose *loose)
{
	struct cursor cursor = { word.at, word.at + word.size }, from = cursor;
	struct calendar_time *time = &loose->time;

	if (!(loose->found & PART_TIME) && take_clock(&cursor, time)) {
		loose->found |= PART_TIME;
		take_half((struct slice){ cursor.at, (size_t)(cursor.end - cursor.at) }, loose);
		return;
	}
	cursor = from;
	if (!(loose->found & PART_DAY) && cursor_take_number(&cursor, 1, 2, &time->day) &&
	    !ascii_is_digit(cursor_peek(&cursor))) {
		loose->found |= PART_DAY;
		return;
	}
	cursor = from;
	if (!(loose->found & PART_YEAR) && take_year(&cursor, &time->year) &&
	    !ascii_is_digit(cursor_peek(&cursor)))
		loose->found |= PART_YEAR;
}

/* A sign behind a space or a zone's name, and digits behind the time: "+0200", "GMT+02:00". */
static bool take_signed(struct cursor *cursor, const char *begin, struct loose *loose)
{
	char before = cursor->at > begin ? cursor->at[-1] : '\0';

	if (!(loose->found & PART_TIME) || !(before == ' ' || (loose->found & PART_ZONE)) ||
	    !take_offset(cursor, &loose->time.zone))
		return false;
	loose->found |= PART_ZONE;
	return true;
}

/* The next word, number or what stands between them. */
static void take_part(struct cursor *cursor, const char *begin, struct loose *loose)
{
	const char *from = cursor->at;
	struct slice word;

	if (take_signed(cursor, begin, loose))
		return;
	cursor->at = from;
	while (cursor->at < cursor->end && !is_between(*cursor->at))
		cursor->at++;
	word = (struct slice){ from, (size_t)(cursor->at - from) };
	if (word.size == 0)
		cursor->at++;
	else if (ascii_is_digit(word.at[0]))
		take_digits(word, loose);
	else
		take_word(word, loose);
}

int calendar_parse_loose(struct slice text, int64_t *seconds)
{
	static const unsigned all = PART_TIME | PART_DAY | PART_MONTH | PART_YEAR;
	struct loose loose = { .found = 0 };
	struct cursor cursor;

	if (calendar_parse(text, seconds) == 0)
		return 0;
	text = ascii_trim(text);
	if (text.size > TEXT_BYTES_MAX)
		return -1;
	cursor = (struct cursor){ text.at, text.at + text.size };
	while (!cursor_is_at_end(&cursor))
		take_part(&cursor, text.at, &loose);
	if ((loose.found & all) != all || !exists(&loose.time))
		return -1;
	*seconds = calendar_seconds(&loose.time);
	return 0;
}
