#include "parsers/pattern/value.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/utf8.h"

#define REAL_BYTES_MAX 512 /* of a number: longer ones are not read from pages */
#define DATE_BYTES_MAX 64  /* of a date as it is written back */

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A text being read from left to right. */
struct reader {
	const char *at;
	const char *end;
};

static bool is_at_end(const struct reader *reader)
{
	return reader->at == reader->end;
}

static char peek(const struct reader *reader)
{
	return is_at_end(reader) ? '\0' : *reader->at;
}

static bool take(struct reader *reader, char c)
{
	if (is_at_end(reader) || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static bool take_any(struct reader *reader, const char *set)
{
	if (peek(reader) == '\0' || !strchr(set, peek(reader)))
		return false;
	reader->at++;
	return true;
}

/* A word of any case; `word` is in lower case. */
static bool take_word(struct reader *reader, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(reader->end - reader->at) < size)
		return false;
	for (size_t n = 0; n < size; n++)
		if (to_lower(reader->at[n]) != word[n])
			return false;
	reader->at += size;
	return true;
}

static size_t take_digits(struct reader *reader)
{
	const char *from = reader->at;

	while (utf8_is_digit(peek(reader)))
		reader->at++;
	return (size_t)(reader->at - from);
}

static size_t take_spaces(struct reader *reader)
{
	const char *from = reader->at;

	while (take_any(reader, " \t\r\n"))
		;
	return (size_t)(reader->at - from);
}

/* A number of `least` to `most` digits; more than `most` are not this number. */
static bool take_number(struct reader *reader, size_t least, size_t most, int *number)
{
	struct reader from = *reader;
	size_t size = take_digits(reader);

	if (size < least || size > most) {
		*reader = from;
		return false;
	}
	*number = 0;
	for (; from.at < reader->at; from.at++)
		*number = *number * 10 + (*from.at - '0');
	return true;
}

/* A month or a day: one or two digits, and not 0. */
static bool take_part(struct reader *reader, int *part)
{
	struct reader from = *reader;

	if (take_number(reader, 1, 2, part) && *part > 0)
		return true;
	*reader = from;
	return false;
}

static bool read_integer(struct reader reader, struct value *value)
{
	bool is_negative = take(&reader, '-');
	uint64_t most = (uint64_t)INT64_MAX + is_negative;
	uint64_t sum = 0;

	if (!is_negative)
		take(&reader, '+');
	if (is_at_end(&reader))
		return false;
	for (; utf8_is_digit(peek(&reader)); reader.at++) {
		unsigned digit = (unsigned)(*reader.at - '0');

		if (sum > (most - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	if (!is_at_end(&reader))
		return false;
	*value = (struct value){ .kind = VALUE_INTEGER };
	value->integer = is_negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return true;
}

static bool real_is_well_formed(struct reader reader)
{
	size_t digits;

	take_any(&reader, "+-");
	digits = take_digits(&reader);
	if (take(&reader, '.'))
		digits += take_digits(&reader);
	if (digits == 0)
		return false;
	if (take_any(&reader, "eE")) {
		take_any(&reader, "+-");
		if (take_digits(&reader) == 0)
			return false;
	}
	return is_at_end(&reader);
}

/* The point is a point, whatever locale the process has. */
static double to_double(const char *text)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!locale)
		abort();
	return strtod_l(text, NULL, locale);
}

static bool read_real(struct reader reader, struct value *value)
{
	char text[REAL_BYTES_MAX + 1];
	size_t size = (size_t)(reader.end - reader.at);
	double real;

	if (size > REAL_BYTES_MAX || !real_is_well_formed(reader))
		return false;
	memcpy(text, reader.at, size);
	text[size] = '\0';
	real = to_double(text);
	if (!isfinite(real))
		return false;
	*value = (struct value){ .kind = VALUE_REAL, .real = real };
	return true;
}

static bool read_boolean(struct reader reader, struct value *value)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t n = 0; n < sizeof(words) / sizeof(words[0]); n++) {
		struct reader rest = reader;

		if (take_word(&rest, words[n]) && is_at_end(&rest)) {
			*value = (struct value){ .kind = VALUE_INTEGER, .integer = n % 2 };
			return true;
		}
	}
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
static bool take_month_name(struct reader *reader, int *month)
{
	static const char *const names[] = { "january",   "february", "march",    "april",
					     "may",       "june",     "july",     "august",
					     "september", "october",  "november", "december" };

	for (int n = 0; n < 12; n++) {
		char head[4] = { names[n][0], names[n][1], names[n][2], '\0' };

		if (take_word(reader, names[n]) || take_word(reader, head)) {
			take(reader, '.');
			*month = n + 1;
			return true;
		}
	}
	return false;
}

/* "Wed, " or "Wednesday " before a day; nothing if it is not there. */
static void take_weekday(struct reader *reader)
{
	static const char *const names[] = { "monday", "tuesday",  "wednesday", "thursday",
					     "friday", "saturday", "sunday" };

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		char head[4] = { names[n][0], names[n][1], names[n][2], '\0' };

		if (take_word(reader, names[n]) || take_word(reader, head)) {
			take_any(reader, ",.");
			take_spaces(reader);
			return;
		}
	}
}

/* "1 May 2019" and "May 1, 2019". */
static bool take_named_date(struct reader *reader, struct date *date)
{
	take_weekday(reader);
	if (take_month_name(reader, &date->month)) {
		if (take_spaces(reader) == 0 || !take_part(reader, &date->day))
			return false;
		take(reader, ',');
		return take_spaces(reader) > 0 && take_number(reader, 4, 4, &date->year);
	}
	if (!take_part(reader, &date->day) || !(take_spaces(reader) || take(reader, '-')))
		return false;
	return take_month_name(reader, &date->month) &&
	       (take_spaces(reader) || take(reader, '-')) && take_number(reader, 4, 4, &date->year);
}

/* "2019年5月1日"; the year is read. */
static bool take_chinese_date(struct reader *reader, struct date *date)
{
	if (!take_part(reader, &date->month))
		return is_at_end(reader);
	if (!take_word(reader, "月"))
		return false;
	if (take_part(reader, &date->day))
		return take_word(reader, "日") || take_word(reader, "号");
	return is_at_end(reader);
}

/* "20190501": exactly eight digits. */
static bool take_packed_date(struct reader *reader, struct date *date)
{
	int packed;

	if (!take_number(reader, 8, 8, &packed))
		return false;
	date->year = packed / 10000;
	date->month = packed / 100 % 100;
	date->day = packed % 100;
	return true;
}

static bool take_numeric_date(struct reader *reader, struct date *date)
{
	char separator;

	if (take_packed_date(reader, date))
		return date->month != 0 && date->day != 0;
	if (!take_number(reader, 4, 4, &date->year))
		return false;
	if (is_at_end(reader))
		return true;
	if (take_word(reader, "年"))
		return take_chinese_date(reader, date);
	separator = peek(reader);
	if (!take_any(reader, "-/.") || !take_part(reader, &date->month))
		return false;
	if (take(reader, separator))
		return take_part(reader, &date->day);
	return separator == '-' && is_at_end(reader);
}

/* The zones RFC 2822 (3.3, 4.3) and ISO 8601 write; minutes east of Greenwich. */
static bool take_zone(struct reader *reader, int *zone)
{
	static const struct {
		const char *name;
		int minutes;
	} named[] = { { "z", 0 },      { "utc", 0 },    { "ut", 0 },     { "gmt", 0 },
		      { "est", -300 }, { "edt", -240 }, { "cst", -360 }, { "cdt", -300 },
		      { "mst", -420 }, { "mdt", -360 }, { "pst", -480 }, { "pdt", -420 } };
	int hours, minutes = 0;
	char sign = peek(reader);

	for (size_t n = 0; n < sizeof(named) / sizeof(named[0]); n++) {
		*zone = named[n].minutes;
		if (take_word(reader, named[n].name))
			return true;
	}
	if (!take_any(reader, "+-"))
		return false;
	if (take_number(reader, 4, 4, &hours)) {
		minutes = hours % 100;
		hours /= 100;
	} else if (!take_number(reader, 2, 2, &hours) ||
		   (take(reader, ':') && !take_number(reader, 2, 2, &minutes))) {
		return false;
	}
	*zone = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
	return hours <= 23 && minutes <= 59;
}

static bool take_time(struct reader *reader, struct date *date)
{
	date->has_time = true;
	if (!take_number(reader, 1, 2, &date->hour) || !take(reader, ':') ||
	    !take_number(reader, 2, 2, &date->minute))
		return false;
	if (take(reader, ':')) {
		date->has_second = true;
		if (!take_number(reader, 2, 2, &date->second))
			return false;
		if (take(reader, '.')) {
			date->fraction.at = reader->at;
			date->fraction.size = take_digits(reader);
			if (date->fraction.size == 0 || date->fraction.size > 9)
				return false;
		}
	}
	take_spaces(reader);
	if (is_at_end(reader))
		return true;
	date->has_zone = true;
	return take_zone(reader, &date->zone) && is_at_end(reader);
}

static bool date_exists(const struct date *date)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);
	int most;

	if (date->month == 0)
		return date->day == 0;
	if (date->month > 12)
		return false;
	most = days[date->month - 1] + (date->month == 2 && is_leap);
	return date->day <= most && date->hour <= 23 && date->minute <= 59 && date->second <= 59;
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

static bool read_date(struct reader reader, struct value *value, struct scratch *scratch)
{
	struct date date = { .day = 0 };
	struct reader rest = reader;
	bool is_numeric = take_numeric_date(&rest, &date);
	bool has_gap;

	if (!is_numeric) {
		date = (struct date){ .day = 0 };
		rest = reader;
		if (!take_named_date(&rest, &date))
			return false;
	}
	has_gap = take_spaces(&rest) > 0;
	if (!is_at_end(&rest)) {
		has_gap |= take_any(&rest, "Tt");
		if (!has_gap || date.day == 0 || !take_time(&rest, &date))
			return false;
	}
	if (!date_exists(&date))
		return false;
	*value = (struct value){ .kind = VALUE_TEXT, .text = write_date(&date, scratch) };
	return true;
}

static bool json_string(struct reader *reader)
{
	while (!is_at_end(reader)) {
		unsigned char c = (unsigned char)*reader->at++;

		if (c == '"')
			return true;
		if (c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (take(reader, 'u')) {
			for (int n = 0; n < 4; n++)
				if (!take_any(reader, "0123456789abcdefABCDEF"))
					return false;
		} else if (!take_any(reader, "\"\\/bfnrt")) {
			return false;
		}
	}
	return false;
}

static bool json_number(struct reader *reader)
{
	take(reader, '-');
	if (!take(reader, '0') && take_digits(reader) == 0)
		return false;
	if (take(reader, '.') && take_digits(reader) == 0)
		return false;
	if (take_any(reader, "eE")) {
		take_any(reader, "+-");
		return take_digits(reader) > 0;
	}
	return true;
}

static bool json_literal(struct reader *reader, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0)
		return false;
	reader->at += size;
	return true;
}

static bool json_scalar(struct reader *reader)
{
	if (take(reader, '"'))
		return json_string(reader);
	return json_literal(reader, "true") || json_literal(reader, "false") ||
	       json_literal(reader, "null") || json_number(reader);
}

/* "key" and its colon. */
static bool json_key(struct reader *reader)
{
	take_spaces(reader);
	if (!take(reader, '"') || !json_string(reader))
		return false;
	take_spaces(reader);
	return take(reader, ':');
}

/* The open brackets, innermost last. */
struct json_nest {
	char closers[VALUE_JSON_DEPTH_MAX];
	size_t depth;
};

/* A bracket opens, with the key of an object's first member.  *is_empty: and closes at once. */
static bool json_open(struct reader *reader, struct json_nest *nest, bool *is_empty)
{
	char closer = *reader->at++ == '{' ? '}' : ']';

	if (nest->depth == VALUE_JSON_DEPTH_MAX)
		return false;
	take_spaces(reader);
	*is_empty = take(reader, closer);
	if (*is_empty)
		return true;
	nest->closers[nest->depth++] = closer;
	return closer == ']' || json_key(reader);
}

/* Behind a value: brackets that close, then a comma (and the next key), or the end. */
static bool json_after_value(struct reader *reader, struct json_nest *nest)
{
	take_spaces(reader);
	while (nest->depth && take(reader, nest->closers[nest->depth - 1])) {
		nest->depth--;
		take_spaces(reader);
	}
	if (nest->depth == 0)
		return true;
	return take(reader, ',') && (nest->closers[nest->depth - 1] == ']' || json_key(reader));
}

static bool json_is_valid(struct reader reader)
{
	struct json_nest nest = { .depth = 0 };

	do {
		bool is_value = true;

		take_spaces(&reader);
		if (peek(&reader) == '{' || peek(&reader) == '[') {
			if (!json_open(&reader, &nest, &is_value))
				return false;
		} else if (!json_scalar(&reader)) {
			return false;
		}
		if (is_value && !json_after_value(&reader, &nest))
			return false;
	} while (nest.depth > 0);
	return is_at_end(&reader);
}

bool value_convert(struct value *value, enum field_type type, struct slice text,
		   struct scratch *scratch)
{
	struct reader reader;

	if (type == FIELD_TEXT) {
		*value = (struct value){ .kind = VALUE_TEXT, .text = text };
		return true;
	}
	text = utf8_trim(text);
	reader = (struct reader){ text.at, text.at + text.size };
	if (text.size == 0) {
		*value = (struct value){ .kind = VALUE_NULL };
		return true;
	}
	switch (type) {
	case FIELD_INTEGER:
		return read_integer(reader, value);
	case FIELD_REAL:
		return read_real(reader, value);
	case FIELD_BOOLEAN:
		return read_boolean(reader, value);
	case FIELD_DATE:
		return read_date(reader, value, scratch);
	default:
		if (!json_is_valid(reader))
			return false;
		*value = (struct value){ .kind = VALUE_TEXT, .text = text };
		return true;
	}
}

const char *value_type_name(enum field_type type)
{
	static const char *const names[] = { "text", "integer", "real", "boolean", "date", "json" };

	return names[type];
}
