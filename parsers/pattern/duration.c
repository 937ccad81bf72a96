#include "parsers/pattern/duration.h"

#include "parsers/text/ascii.h"
#include "parsers/text/cursor.h"

#define DIGITS_MAX 9 /* of a part, before and behind its mark: no sum of parts overflows */

/* The parts in their order; those behind the T are of a time. */
static const struct part {
	char letter;
	bool is_time;
	int64_t seconds; /* 0: no length of its own */
} parts[] = {
	{ 'Y', false, 0 },   { 'M', false, 0 }, { 'W', false, 604800 }, { 'D', false, 86400 },
	{ 'H', true, 3600 }, { 'M', true, 60 }, { 'S', true, 1 },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* A number as it is read. */
struct amount {
	int64_t whole, fraction, scale; /* whole + fraction / scale */
	bool has_fraction;
};

static bool take_digits(struct cursor *cursor, int64_t *number, int64_t *scale)
{
	const char *from = cursor->at;

	for (; ascii_is_digit(cursor_peek(cursor)); cursor->at++) {
		if (cursor->at - from == DIGITS_MAX)
			return false;
		*number = *number * 10 + (*cursor->at - '0');
		*scale *= 10;
	}
	return cursor->at > from;
}

static bool take_amount(struct cursor *cursor, struct amount *amount)
{
	int64_t unused = 1;

	*amount = (struct amount){ .scale = 1 };
	if (!take_digits(cursor, &amount->whole, &unused))
		return false;
	amount->has_fraction = cursor_take_any(cursor, ".,");
	return !amount->has_fraction || take_digits(cursor, &amount->fraction, &amount->scale);
}

/* The part that this letter is of, not before `least`; PARTS if there is none. */
static size_t find_part(char letter, bool is_time, size_t least)
{
	if (letter >= 'a' && letter <= 'z')
		letter = (char)(letter - 'a' + 'A');
	while (least < PARTS && (parts[least].letter != letter || parts[least].is_time != is_time))
		least++;
	return least;
}

/* Parts up to the T or the end.  *next: the first part that may come. */
static bool take_parts(struct cursor *cursor, bool is_time, size_t *next, int64_t *seconds)
{
	do {
		struct amount amount;
		int64_t length;

		if (!take_amount(cursor, &amount))
			return false;
		*next = find_part(cursor_peek(cursor), is_time, *next);
		if (*next == PARTS)
			return false;
		cursor->at++;
		length = parts[(*next)++].seconds;
		if (length == 0 && (amount.whole || amount.fraction))
			return false;
		*seconds += amount.whole * length +
			    (2 * amount.fraction * length + amount.scale) / (2 * amount.scale);
		if (amount.has_fraction && !cursor_is_at_end(cursor))
			return false;
	} while (ascii_is_digit(cursor_peek(cursor)));
	return true;
}

bool duration_convert(struct slice text, int64_t *seconds)
{
	struct cursor cursor = { text.at, text.at + text.size };
	bool is_negative = cursor_take(&cursor, '-');
	int64_t sum = 0;
	size_t next = 0;

	if (!is_negative)
		cursor_take(&cursor, '+');
	if (!cursor_take_any(&cursor, "Pp"))
		return false;
	if (ascii_is_digit(cursor_peek(&cursor)) && !take_parts(&cursor, false, &next, &sum))
		return false;
	if (cursor_take_any(&cursor, "Tt") ? !take_parts(&cursor, true, &next, &sum) : next == 0)
		return false;
	if (!cursor_is_at_end(&cursor))
		return false;
	*seconds = is_negative ? -sum : sum;
	return true;
}
