#include "parsers/pattern/value.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "parsers/pattern/date.h"
#include "parsers/pattern/duration.h"
#include "parsers/pattern/json_read.h"
#include "parsers/text/ascii.h"
#include "parsers/text/cursor.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

#define REAL_BYTES_MAX 512 /* of a number: longer ones are not read from pages */

static bool read_integer(struct cursor cursor, struct value *value)
{
	bool is_negative = cursor_take(&cursor, '-');
	uint64_t most = (uint64_t)INT64_MAX + is_negative;
	uint64_t sum = 0;

	if (!is_negative)
		cursor_take(&cursor, '+');
	if (cursor_is_at_end(&cursor))
		return false;
	for (; ascii_is_digit(cursor_peek(&cursor)); cursor.at++) {
		unsigned digit = (unsigned)(*cursor.at - '0');

		if (sum > (most - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	if (!cursor_is_at_end(&cursor))
		return false;
	*value = (struct value){ .kind = VALUE_INTEGER };
	value->integer = is_negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return true;
}

static bool real_is_well_formed(struct cursor cursor)
{
	size_t digits;

	cursor_take_any(&cursor, "+-");
	digits = cursor_take_digits(&cursor);
	if (cursor_take(&cursor, '.'))
		digits += cursor_take_digits(&cursor);
	if (digits == 0)
		return false;
	if (cursor_take_any(&cursor, "eE")) {
		cursor_take_any(&cursor, "+-");
		if (cursor_take_digits(&cursor) == 0)
			return false;
	}
	return cursor_is_at_end(&cursor);
}

/* The point is a point, whatever locale the process has. */
static double to_double(const char *text)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!locale)
		memory_fail();
	return strtod_l(text, NULL, locale);
}

/*
 * A number of few digits and no exponent.  The digits as an integer and the power of ten are
 * doubles without a rounding, so the one division rounds as strtod() does (Clinger 1990).
 * Returns false for any other text, good or bad.
 */
static bool read_short_real(struct cursor cursor, double *real)
{
	static const double powers[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	bool is_negative = cursor_take(&cursor, '-');
	const char *begin = cursor.at, *point = NULL;
	uint64_t digits = 0;

	if (FLT_EVAL_METHOD != 0 || cursor.end - cursor.at > DBL_DIG)
		return false;
	for (; !cursor_is_at_end(&cursor); cursor.at++) {
		if (ascii_is_digit(*cursor.at))
			digits = digits * 10 + (uint64_t)(*cursor.at - '0');
		else if (*cursor.at == '.' && !point)
			point = cursor.at;
		else
			return false;
	}
	if (cursor.at - begin == (point != NULL))
		return false;
	*real = (double)digits / powers[point ? cursor.end - point - 1 : 0];
	if (is_negative)
		*real = -*real;
	return true;
}

static bool read_long_real(struct cursor cursor, double *real)
{
	char text[REAL_BYTES_MAX + 1];
	size_t size = (size_t)(cursor.end - cursor.at);

	if (size > REAL_BYTES_MAX || !real_is_well_formed(cursor))
		return false;
	memcpy(text, cursor.at, size);
	text[size] = '\0';
	*real = to_double(text);
	return isfinite(*real);
}

static bool read_real(struct cursor cursor, struct value *value)
{
	double real;

	if (!read_short_real(cursor, &real) && !read_long_real(cursor, &real))
		return false;
	*value = (struct value){ .kind = VALUE_REAL, .real = real };
	return true;
}

static bool read_boolean(struct cursor cursor, struct value *value)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t n = 0; n < sizeof(words) / sizeof(words[0]); n++) {
		struct cursor rest = cursor;

		if (cursor_take_word(&rest, words[n]) && cursor_is_at_end(&rest)) {
			*value = (struct value){ .kind = VALUE_INTEGER, .integer = n % 2 };
			return true;
		}
	}
	return false;
}

static bool read_date(struct slice text, enum date_order order, struct value *value,
		      struct scratch *scratch)
{
	struct slice iso;

	if (!date_convert(text, order, &iso, scratch))
		return false;
	*value = (struct value){ .kind = VALUE_TEXT, .text = iso };
	return true;
}

static bool read_duration(struct slice text, struct value *value)
{
	int64_t seconds;

	if (!duration_convert(text, &seconds))
		return false;
	*value = (struct value){ .kind = VALUE_INTEGER, .integer = seconds };
	return true;
}

static bool read_json(struct slice text, struct value *value)
{
	if (!json_is_valid(text))
		return false;
	*value = (struct value){ .kind = VALUE_TEXT, .text = text };
	return true;
}

bool value_is_empty(const struct value *value)
{
	struct slice text = value->text;

	if (value->kind != VALUE_TEXT)
		return value->kind == VALUE_NULL;
	/* Most texts begin with what is no white space. */
	if (text.size > 0 && *text.at > ' ' && *text.at < 0x7F)
		return false;
	return utf8_trim(text).size == 0;
}

bool value_convert(struct value *value, enum field_type type, struct slice text,
		   struct scratch *scratch)
{
	struct cursor cursor;

	if (type == FIELD_TEXT) {
		*value = (struct value){ .kind = VALUE_TEXT, .text = text };
		return true;
	}
	text = utf8_trim(text);
	cursor = (struct cursor){ text.at, text.at + text.size };
	if (text.size == 0) {
		*value = (struct value){ .kind = VALUE_NULL };
		return true;
	}
	switch (type) {
	case FIELD_INTEGER:
		return read_integer(cursor, value);
	case FIELD_REAL:
		return read_real(cursor, value);
	case FIELD_BOOLEAN:
		return read_boolean(cursor, value);
	case FIELD_DATE:
		return read_date(text, DATE_NO_ORDER, value, scratch);
	case FIELD_DATE_DMY:
		return read_date(text, DATE_DAY_FIRST, value, scratch);
	case FIELD_DATE_MDY:
		return read_date(text, DATE_MONTH_FIRST, value, scratch);
	case FIELD_DURATION:
		return read_duration(text, value);
	default:
		return read_json(text, value);
	}
}

const char *value_type_name(enum field_type type)
{
	static const char *const names[FIELD_TYPES] = {
		[FIELD_TEXT] = "text",         [FIELD_INTEGER] = "integer",
		[FIELD_REAL] = "real",         [FIELD_BOOLEAN] = "boolean",
		[FIELD_DATE] = "date",         [FIELD_JSON] = "json",
		[FIELD_DURATION] = "duration", [FIELD_DATE_DMY] = "date",
		[FIELD_DATE_MDY] = "date",
	};

	return names[type];
}

const char *value_bad_name(enum field_type type)
{
	return type == FIELD_TEXT ? "clean" : value_type_name(type);
}
