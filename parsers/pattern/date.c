#include "parsers/pattern/date.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/calendar.h"
#include "parsers/text/cursor.h"

#define DATE_BYTES_MAX 64 /* of a date as it is written back */

/* A month or a day: one or two digits, and not 0. */
static bool take_part(struct cursor *cursor, int *part)
{
	struct cursor from = *cursor;

	if (cursor_take_number(cursor, 1, 2, part) && *part > 0)
		return true;
	*cursor = from;
	return false;
}

/* A date being read: what was not written is 0 or empty. */
struct date {
	int year, month, day;
	bool has_time, has_second;
	int hour, minute, second;
	struct slice fraction; /* digits */
	bool has_zone;
	int zone; /* minutes east of Greenwich */
};

/* A month by its English name, whole or its first three letters. */
static bool take_month_name(struct cursor *cursor, int *month)
{
	*month = calendar_take_month(cursor);
	if (*month > 0)
		cursor_take(cursor, '.');
	return *month > 0;
}

/* "Wed, " or "Wednesday " before a day; nothing if it is not there. */
static void take_weekday(struct cursor *cursor)
{
	static const char *const names[] = { "monday", "tuesday",  "wednesday", "thursday",
					     "friday", "saturday", "sunday" };

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		char head[4] = { names[n][0], names[n][1], names[n][2], '\0' };

		if (cursor_take_word(cursor, names[n]) || cursor_take_word(cursor, head)) {
			cursor_take_any(cursor, ",.");
			cursor_take_spaces(cursor);
			return;
		}
	}
}

/* "1 May 2019" and "May 1, 2019". */
static bool take_named_date(struct cursor *cursor, struct date *date)
{
	take_weekday(cursor);
	if (take_month_name(cursor, &date->month)) {
		if (cursor_take_spaces(cursor) == 0 || !take_part(cursor, &date->day))
			return false;
		cursor_take(cursor, ',');
		return cursor_take_spaces(cursor) > 0 &&
		       cursor_take_number(cursor, 4, 4, &date->year);
	}
	if (!take_part(cursor, &date->day) ||
	    !(cursor_take_spaces(cursor) || cursor_take(cursor, '-')))
		return false;
	return take_month_name(cursor, &date->month) &&
	       (cursor_take_spaces(cursor) || cursor_take(cursor, '-')) &&
	       cursor_take_number(cursor, 4, 4, &date->year);
}

/* "2019年5月1日"; the year is read. */
static bool take_chinese_date(struct cursor *cursor, struct date *date)
{
	if (!take_part(cursor, &date->month))
		return cursor_is_at_end(cursor);
	if (!cursor_take_word(cursor, "月"))
		return false;
	if (take_part(cursor, &date->day))
		return cursor_take_word(cursor, "日") || cursor_take_word(cursor, "号");
	return cursor_is_at_end(cursor);
}

/* "20190501": exactly eight digits. */
static bool take_packed_date(struct cursor *cursor, struct date *date)
{
	int packed;

	if (!cursor_take_number(cursor, 8, 8, &packed))
		return false;
	date->year = packed / 10000;
	date->month = packed / 100 % 100;
	date->day = packed % 100;
	return true;
}

static bool take_numeric_date(struct cursor *cursor, struct date *date)
{
	char separator;

	if (take_packed_date(cursor, date))
		return date->month != 0 && date->day != 0;
	if (!cursor_take_number(cursor, 4, 4, &date->year))
		return false;
	if (cursor_is_at_end(cursor))
		return true;
	if (cursor_take_word(cursor, "年"))
		return take_chinese_date(cursor, date);
	separator = cursor_peek(cursor);
	if (!cursor_take_any(cursor, "-/.") || !take_part(cursor, &date->month))
		return false;
	if (cursor_take(cursor, separator))
		return take_part(cursor, &date->day);
	return separator == '-' && cursor_is_at_end(cursor);
}

/* "31.12.2019" and "31. 12. 2019"; "12/31/2019" where an order says so. */
static bool take_year_last(struct cursor *cursor, enum date_order order, struct date *date)
{
	char separator;

	if (!take_part(cursor, &date->day))
		return false;
	separator = cursor_peek(cursor);
	if (!cursor_take_any(cursor, order == DATE_NO_ORDER ? "." : "./-"))
		return false;
	if (separator == '.')
		cursor_take_spaces(cursor);
	if (!take_part(cursor, &date->month) || !cursor_take(cursor, separator))
		return false;
	if (separator == '.')
		cursor_take_spaces(cursor);
	if (order == DATE_MONTH_FIRST && separator != '.') {
		int month = date->day;

		date->day = date->month;
		date->month = month;
	}
	return cursor_take_number(cursor, 4, 4, &date->year);
}

static bool take_time(struct cursor *cursor, struct date *date)
{
	date->has_time = true;
	if (!cursor_take_number(cursor, 1, 2, &date->hour) || !cursor_take(cursor, ':') ||
	    !cursor_take_number(cursor, 2, 2, &date->minute))
		return false;
	if (cursor_take(cursor, ':')) {
		date->has_second = true;
		if (!cursor_take_number(cursor, 2, 2, &date->second))
			return false;
		if (cursor_take(cursor, '.')) {
			date->fraction.at = cursor->at;
			date->fraction.size = cursor_take_digits(cursor);
			if (date->fraction.size == 0 || date->fraction.size > 9)
				return false;
		}
	}
	cursor_take_spaces(cursor);
	if (cursor_is_at_end(cursor))
		return true;
	date->has_zone = true;
	return calendar_take_zone(cursor, &date->zone) && cursor_is_at_end(cursor);
}

static bool date_exists(const struct date *date)
{
	if (date->month == 0 || date->month > 12)
		return date->month == 0 && date->day == 0;
	return calendar_has_day(date->year, date->month, date->day > 0 ? date->day : 1) &&
	       date->hour <= 23 && date->minute <= 59 && date->second <= 59;
}

static size_t write_zone(const struct date *date, char *out, size_t room)
{
	int zone = abs(date->zone);

	if (!date->has_zone)
		return 0;
	if (zone == 0)
		return (size_t)snprintf(out, room, "Z");
	return (size_t)snprintf(out, room, "%c%02d:%02d", date->zone < 0 ? '-' : '+', zone / 60,
				zone % 60);
}

static struct slice write_date(const struct date *date, struct scratch *scratch)
{
	char *text = scratch_take(scratch, DATE_BYTES_MAX);
	size_t size = (size_t)snprintf(text, DATE_BYTES_MAX, "%04d", date->year);

	if (date->month)
		size += (size_t)snprintf(text + size, DATE_BYTES_MAX - size, "-%02d", date->month);
	if (date->day)
		size += (size_t)snprintf(text + size, DATE_BYTES_MAX - size, "-%02d", date->day);
	if (date->has_time)
		size += (size_t)snprintf(text + size, DATE_BYTES_MAX - size, "T%02d:%02d",
					 date->hour, date->minute);
	if (date->has_second)
		size += (size_t)snprintf(text + size, DATE_BYTES_MAX - size, ":%02d", date->second);
	if (date->fraction.size)
		size += (size_t)snprintf(text + size, DATE_BYTES_MAX - size, ".%.*s",
					 (int)date->fraction.size, date->fraction.at);
	size += write_zone(date, text + size, DATE_BYTES_MAX - size);
	return (struct slice){ text, size };
}

/* The day, whichever way it is written. */
static bool take_date(struct cursor *cursor, enum date_order order, struct date *date)
{
	struct cursor from = *cursor;

	if (take_numeric_date(cursor, date))
		return true;
	*date = (struct date){ .day = 0 };
	*cursor = from;
	if (take_year_last(cursor, order, date))
		return true;
	*date = (struct date){ .day = 0 };
	*cursor = from;
	return take_named_date(cursor, date);
}

bool date_convert(struct slice text, enum date_order order, struct slice *iso,
		  struct scratch *scratch)
{
	struct cursor rest = { text.at, text.at + text.size };
	struct date date = { .day = 0 };
	bool has_gap;

	if (!take_date(&rest, order, &date))
		return false;
	has_gap = cursor_take_spaces(&rest) > 0;
	if (!cursor_is_at_end(&rest)) {
		has_gap |= cursor_take_any(&rest, "Tt");
		if (!has_gap || date.day == 0 || !take_time(&rest, &date))
			return false;
	}
	if (!date_exists(&date))
		return false;
	*iso = write_date(&date, scratch);
	return true;
}
