#include "config/quantity.h"
#include "show/complaint.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND 1000
#define HOUR   (3600 * SECOND)

struct unit {
	const char *name;
	int64_t factor;
};

/* From the largest, so that the first that divides a value is the one to write it in. */
static const struct unit duration_units[] = {
	{ "h", HOUR }, { "m", 60 * SECOND }, { "s", SECOND }, { "ms", 1 }, { 0 },
};

static const struct unit size_units[] = {
	{ "GiB", 1 << 30 }, { "MiB", 1 << 20 },
	{ "KiB", 1 << 10 }, { "GB", 1000000000 },
	{ "MB", 1000000 },  { "kB", 1000 },
	{ "Gi", 1 << 30 },  { "Mi", 1 << 20 },
	{ "Ki", 1 << 10 },  { "G", 1000000000 },
	{ "M", 1000000 },   { "k", 1000 },
	{ "B", 1 },         { 0 },
};

/* What people write for a duration, and what they mean. */
static const struct {
	const char *name, *unit;
} duration_slips[] = {
	{ "sec", "s" },   { "secs", "s" },   { "second", "s" },  { "seconds", "s" },
	{ "min", "m" },   { "mins", "m" },   { "minute", "m" },  { "minutes", "m" },
	{ "hr", "h" },    { "hrs", "h" },    { "hour", "h" },    { "hours", "h" },
	{ "msec", "ms" }, { "msecs", "ms" }, { "millis", "ms" }, { "milliseconds", "ms" },
	{ "S", "s" },     { "M", "m" },      { "H", "h" },       { "MS", "ms" },
};

static char lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool is_word(struct slice text, const char *word, bool is_case_free)
{
	if (text.size != strlen(word))
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] != word[i] && !(is_case_free && lower(text.at[i]) == lower(word[i])))
			return false;
	return true;
}

static int64_t unit_factor(struct slice name, const struct unit *units, bool is_case_free)
{
	for (; units->name; units++)
		if (is_word(name, units->name, is_case_free))
			return units->factor;
	return 0;
}

static size_t digits(struct slice text, size_t at)
{
	size_t end = at;

	while (end < text.size && text.at[end] >= '0' && text.at[end] <= '9')
		end++;
	return end - at;
}

/* "12", "1.5", and where the unit begins.  False if it does not begin with a number. */
struct number {
	struct slice whole, part, unit;
};

static bool split_number(struct slice text, struct number *number)
{
	size_t whole = digits(text, 0), at = whole, part = 0;

	if (whole == 0)
		return false;
	if (at < text.size && text.at[at] == '.') {
		part = digits(text, at + 1);
		if (part == 0)
			return false;
		at += 1 + part;
	}
	number->whole = (struct slice){ text.at, whole };
	number->part = (struct slice){ text.at + at - part, part };
	while (at < text.size && text.at[at] == ' ')
		at++;
	number->unit = (struct slice){ text.at + at, text.size - at };
	return true;
}

enum reading { READ_OK, READ_OVERFLOW, READ_TOO_FINE };

#define PART_DIGITS_MAX 9 /* so that a part times the largest unit fits */

/* whole.part times factor, exactly. */
static enum reading multiply(const struct number *number, int64_t factor, int64_t *value)
{
	int64_t sum = 0, part = 0, scale = 1;
	size_t part_size = number->part.size;

	for (size_t i = 0; i < number->whole.size; i++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, number->whole.at[i] - '0', &sum))
			return READ_OVERFLOW;
	if (__builtin_mul_overflow(sum, factor, &sum))
		return READ_OVERFLOW;
	while (part_size > 0 && number->part.at[part_size - 1] == '0')
		part_size--;
	if (part_size > PART_DIGITS_MAX)
		return READ_TOO_FINE;
	for (size_t i = 0; i < part_size; i++) {
		part = part * 10 + (number->part.at[i] - '0');
		scale *= 10;
	}
	if (part * factor % scale != 0)
		return READ_TOO_FINE;
	if (__builtin_add_overflow(sum, part * factor / scale, &sum))
		return READ_OVERFLOW;
	*value = sum;
	return READ_OK;
}

static const char *const names[] = {
	[QUANTITY_COUNT] = "a whole number",
	[QUANTITY_DURATION] = "a duration: write 500ms, 2s, 10m or 1h",
	[QUANTITY_SIZE] = "a size: write 4096, 64KiB or 10MB",
};

const char *quantity_name(enum quantity_kind kind)
{
	return names[kind];
}

static int not_of_kind(enum quantity_kind kind, struct slice text, char error[QUANTITY_ERROR_MAX])
{
	snprintf(error, QUANTITY_ERROR_MAX, "'%s' is not %s", QUOTED(text), names[kind]);
	return -1;
}

/* "1h30m": what it adds up to, or -1. */
static int64_t compound(struct slice text)
{
	int64_t sum = 0;

	while (text.size > 0) {
		size_t whole = digits(text, 0), end = whole;
		struct number number = { .whole = { text.at, whole } };
		int64_t part, factor;

		while (end < text.size && text.at[end] >= 'a' && text.at[end] <= 'z')
			end++;
		number.unit = (struct slice){ text.at + whole, end - whole };
		factor = unit_factor(number.unit, duration_units, false);
		if (whole == 0 || factor == 0 || multiply(&number, factor, &part) != READ_OK ||
		    __builtin_add_overflow(sum, part, &sum))
			return -1;
		text = (struct slice){ text.at + end, text.size - end };
	}
	return sum;
}

/* The unit is none of ours: say which one is meant, if that can be told. */
static int bad_unit(enum quantity_kind kind, struct slice text, const struct number *number,
		    char error[QUANTITY_ERROR_MAX])
{
	int size = (int)(number->part.size ? number->part.at + number->part.size - text.at
					   : (ptrdiff_t)number->whole.size);
	char meant[QUANTITY_FORMAT_MAX];
	int64_t sum;

	for (size_t i = 0; i < sizeof(duration_slips) / sizeof(duration_slips[0]); i++) {
		if (kind != QUANTITY_DURATION ||
		    !is_word(number->unit, duration_slips[i].name, false))
			continue;
		snprintf(error, QUANTITY_ERROR_MAX,
			 "'%s' is not a duration: did you mean '%.*s%s'?", QUOTED(text),
			 size > 40 ? 40 : size, text.at, duration_slips[i].unit);
		return -1;
	}
	sum = kind == QUANTITY_DURATION ? compound(text) : -1;
	if (sum < 0)
		return not_of_kind(kind, text, error);
	quantity_format(kind, sum, meant);
	snprintf(error, QUANTITY_ERROR_MAX, "'%s' is not a duration: did you mean '%s'?",
		 QUOTED(text), meant);
	return -1;
}

int quantity_parse(enum quantity_kind kind, struct slice text, int64_t *value,
		   char error[QUANTITY_ERROR_MAX])
{
	bool is_negative = text.size > 1 && text.at[0] == '-';
	struct slice bare = { text.at + is_negative, text.size - is_negative };
	struct number number;
	int64_t factor = 1;

	if (!split_number(bare, &number))
		return not_of_kind(kind, text, error);
	if (kind == QUANTITY_COUNT && (number.part.size || number.unit.size))
		return not_of_kind(kind, text, error);
	if (kind == QUANTITY_DURATION)
		factor =
			number.unit.size ? unit_factor(number.unit, duration_units, false) : SECOND;
	if (kind == QUANTITY_SIZE && number.unit.size)
		factor = unit_factor(number.unit, size_units, true);
	if (factor == 0)
		return bad_unit(kind, bare, &number, error);

	switch (multiply(&number, factor, value)) {
	case READ_OVERFLOW:
		*value = INT64_MAX; /* the bounds will say what is allowed */
		break;
	case READ_TOO_FINE:
		snprintf(error, QUANTITY_ERROR_MAX, "'%s' is finer than a %s", QUOTED(text),
			 kind == QUANTITY_SIZE ? "byte" : "millisecond");
		return -1;
	case READ_OK:
		break;
	}
	*value = is_negative ? -*value : *value;
	return 0;
}

static bool is_zero(struct slice digits_of)
{
	for (size_t i = 0; i < digits_of.size; i++)
		if (digits_of.at[i] != '0')
			return false;
	return true;
}

bool quantity_lacks_unit(enum quantity_kind kind, struct slice text, char error[QUANTITY_ERROR_MAX])
{
	struct number number;
	struct quoted shown = quoted(text);

	if (kind != QUANTITY_DURATION || !split_number(text, &number) || number.unit.size > 0 ||
	    (is_zero(number.whole) && is_zero(number.part)))
		return false;
	/* A part of a millisecond is nothing that we keep. */
	if (is_zero(number.part))
		snprintf(error, QUANTITY_ERROR_MAX, "'%s' has no unit: %.40sms or %.40ss?",
			 shown.text, shown.text, shown.text);
	else
		snprintf(error, QUANTITY_ERROR_MAX, "'%s' has no unit: %.40ss?", shown.text,
			 shown.text);
	return true;
}

void quantity_format(enum quantity_kind kind, int64_t value, char text[QUANTITY_FORMAT_MAX])
{
	const struct unit *units = kind == QUANTITY_DURATION ? duration_units : size_units;

	if (kind == QUANTITY_COUNT || value == 0) {
		snprintf(text, QUANTITY_FORMAT_MAX, "%" PRId64 "%s", value,
			 kind == QUANTITY_DURATION ? "s" : "");
		return;
	}
	while (value % units->factor != 0)
		units++;
	snprintf(text, QUANTITY_FORMAT_MAX, "%" PRId64 "%s", value / units->factor, units->name);
}
