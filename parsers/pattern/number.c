#include "parsers/pattern/number.h"
#include "parsers/text/ascii.h"
#include "parsers/text/utf8.h"

#define GROUP      '_' /* stands for any mark that only groups thousands */
#define GROWTH_MAX 3   /* a number may need so much more than its text: "-0." */

static size_t count_digits(const char *at, const char *end)
{
	const char *from = at;

	while (at < end && ascii_is_digit(*at))
		at++;
	return (size_t)(at - from);
}

/* Apostrophe, its typographic form, and the spaces that stand within a line. */
static bool is_grouping(uint32_t code)
{
	return code == '\'' || code == '_' || code == ' ' || code == 0xA0 || code == 0x2009 ||
	       code == 0x2019 || code == 0x202F || code == 0x3000;
}

/* The mark at `at` (',' '.' or GROUP) and its bytes in *size; 0 if there is none. */
static char mark_at(const char *at, const char *end, size_t *size)
{
	if (at == end)
		return 0;
	*size = utf8_step(at, end);
	if (*at == ',' || *at == '.')
		return *at;
	return is_grouping(utf8_decode(at, *size)) ? GROUP : 0;
}

/* The marks of a number, seen as a whole before one of them is judged. */
struct marks {
	const char *end; /* behind the last digit */
	size_t commas, points, groupings;
	char last;          /* the last comma or point */
	size_t behind_last; /* digits behind it */
};

/* May a mark before `digits` and behind `before` digits be one of this number's? */
static bool mark_fits(const struct marks *marks, char mark, size_t before, size_t digits)
{
	bool is_group = digits == 3 && before <= 3;
	size_t seen = mark == ',' ? marks->commas : mark == '.' ? marks->points : 0;

	if (digits == 0)
		return false;
	if (mark == GROUP)
		return is_group && !marks->last;
	/* One that comes back groups thousands, or a new thing begins: 1.2.3 */
	return seen == 0 || (is_group && mark == marks->last && marks->behind_last == 3);
}

static struct marks read_marks(const char *at, const char *end)
{
	struct marks marks = { .end = at + count_digits(at, end) };
	size_t before = (size_t)(marks.end - at);

	for (;;) {
		size_t size = 0;
		char mark = mark_at(marks.end, end, &size);
		size_t digits = mark ? count_digits(marks.end + size, end) : 0;

		if (!mark_fits(&marks, mark, before, digits))
			return marks;
		marks.commas += mark == ',';
		marks.points += mark == '.';
		marks.groupings += mark == GROUP;
		if (mark != GROUP) {
			marks.last = mark;
			marks.behind_last = digits;
		}
		marks.end += size + digits;
		before = digits;
	}
}

/* Digits in pairs, and three at the end: "1,00,000" up to its point.  NULL if it is none. */
static const char *read_pairs(const char *at, const char *end)
{
	size_t digits = count_digits(at, end);
	bool has_pair = false;

	if (digits == 0 || digits > 2)
		return NULL;
	for (at += digits; at < end && *at == ','; at += digits) {
		digits = count_digits(++at, end);
		if (digits == 3)
			return has_pair && !(end - at > 3 && at[3] == ',') ? at + 3 : NULL;
		if (digits != 2)
			return NULL;
		has_pair = true;
	}
	return NULL;
}

static struct marks read_number(const char *at, const char *end)
{
	const char *pairs_end = read_pairs(at, end);
	struct marks marks;
	size_t size;

	if (!pairs_end)
		return read_marks(at, end);
	marks = (struct marks){ .end = pairs_end, .commas = 2, .last = ',', .behind_last = 3 };
	size = pairs_end < end && *pairs_end == '.' ? count_digits(pairs_end + 1, end) : 0;
	if (size > 0) {
		marks.points = 1;
		marks.last = '.';
		marks.end += 1 + size;
	}
	return marks;
}

static bool is_dash(uint32_t code)
{
	return code == '-' || code == 0x2212 || (code >= 0x2010 && code <= 0x2015);
}

/* ",-" or ".--" behind the digits: no cents. */
static bool has_no_cents(const char *at, const char *end)
{
	return end - at >= 2 && (*at == ',' || *at == '.') &&
	       is_dash(utf8_decode(at + 1, utf8_step(at + 1, end)));
}

/* The mark that is the decimal one, or 0. */
static char decimal_mark(const struct marks *marks, const char *at, const char *end)
{
	size_t first = count_digits(at, marks->end);

	if (marks->last && marks->behind_last == 3 && first <= 3 && has_no_cents(marks->end, end))
		return 0;
	if (marks->commas && marks->points)
		return marks->last;
	if (marks->points)
		return marks->points == 1 ? '.' : 0;
	if (marks->commas != 1)
		return 0;
	if (marks->groupings || marks->behind_last != 3 || first > 3 || *at == '0')
		return ',';
	return 0;
}

/* Does the other mark than `decimal` stand where it cannot group, or behind the decimal one? */
static bool contradicts(char decimal, const struct marks *marks, const char *at, const char *end)
{
	size_t others = decimal == ',' ? marks->points : marks->commas;
	size_t decimals = decimal == ',' ? marks->commas : marks->points;

	if (others == 0)
		return false;
	if (marks->last != decimal) /* "1,234.5" with a decimal comma; or "1.5" */
		return decimals > 0 || marks->behind_last != 3 || count_digits(at, end) > 3;
	return decimals > 1;
}

static bool is_currency(uint32_t code)
{
	return code == '$' || code == 0xA3 || code == 0xA5 || code == 0xFFE5 ||
	       (code >= 0x20A0 && code <= 0x20CF);
}

/* The character that ends at *at, 0 at the start of the text; *at moves to its first byte. */
static uint32_t character_before(const char *from, const char **at)
{
	const char *end = *at, *first = *at;

	if (end == from)
		return 0;
	do
		first--;
	while (first > from && end - first < 4 && ((unsigned char)*first & 0xC0) == 0x80);
	if (utf8_step(first, end) != (size_t)(end - first))
		first = end - 1;
	*at = first;
	return utf8_decode(first, (size_t)(end - first));
}

/* May a sign or a point stand behind this character and belong to the number? */
static bool begins_number(uint32_t code)
{
	return code == 0 || code == '(' || code == ':' || code == '=' || is_currency(code) ||
	       code == ' ' || code == '\t' || code == '\n' || code == 0xA0 || code == 0x3000;
}

static bool is_minus(uint32_t code)
{
	return code == '-' || code == 0x2212;
}

/* Where a currency in letters that ends at `at` begins, or NULL: "EUR", "R", "kr". */
static const char *currency_word(const char *from, const char *at)
{
	const char *word = at;

	while (word > from && at - word < 3 && word[-1] >= 'A' && word[-1] <= 'Z')
		word--;
	if (word == at && at - from >= 2 && memcmp(at - 2, "kr", 2) == 0)
		word = at - 2;
	return word < at ? word : NULL;
}

/* Before the currency that stands before the number, "$", "R$", "EUR "; or where the number does.
 */
static const char *skip_currency(const char *from, const char *at)
{
	const char *before = at, *sign, *word;
	uint32_t code = character_before(from, &before);

	sign = before;
	if (code == ' ' || code == 0xA0)
		code = character_before(from, &sign);
	else
		before = at;
	if (!is_currency(code))
		sign = before;
	word = currency_word(from, sign);
	if (word)
		return word;
	return is_currency(code) ? sign : at;
}

/* Is there a minus right before the number or its currency, that is no hyphen of a word? */
static bool is_negative(const char *from, const char *at)
{
	at = skip_currency(from, at);
	if (!is_minus(character_before(from, &at)))
		return false;
	return begins_number(character_before(from, &at));
}

/* ".5" at the mark: and not "No.5". */
static bool is_bare_fraction(const char *from, const char *at)
{
	uint32_t code;

	if (at == from || (at[-1] != '.' && at[-1] != ','))
		return false;
	at--;
	code = character_before(from, &at);
	return begins_number(code) || is_minus(code);
}

/* What a character of another script stands for in ASCII, or 0. */
static char ascii_of(uint32_t code)
{
	static const uint32_t zeros[] = { 0x660, 0x6F0, 0x966, 0xFF10 };

	for (size_t n = 0; n < sizeof(zeros) / sizeof(zeros[0]); n++)
		if (code >= zeros[n] && code <= zeros[n] + 9)
			return (char)('0' + (code - zeros[n]));
	switch (code) {
	case 0x66B: /* the decimal mark of Arabic */
	case 0xFF0E:
		return '.';
	case 0x66C: /* and what groups */
		return '\'';
	case 0xFF0C:
		return ',';
	case 0xFF0D:
		return '-';
	default:
		return 0;
	}
}

/* Text with its digits and marks in ASCII: text itself, if it has no others. */
static struct slice in_ascii(struct slice text, struct scratch *scratch)
{
	const char *at = text.at, *end = text.at + text.size;
	char *out, *to;

	while (at < end && (signed char)*at >= 0)
		at++;
	if (at == end)
		return text;
	to = out = scratch_take(scratch, text.size);
	for (at = text.at; at < end;) {
		size_t size = utf8_step(at, end);
		char c = size > 1 ? ascii_of(utf8_decode(at, size)) : 0;

		if (c)
			*to++ = c;
		else
			to = (char *)memcpy(to, at, size) + size;
		at += size;
	}
	return (struct slice){ out, (size_t)(to - out) };
}

/* "12€50": two digits behind a euro that stands in the mark's place. */
static const char *cents_behind(const char *at, const char *end)
{
	static const char euro[] = "\xE2\x82\xAC";

	if (end - at < 5 || memcmp(at, euro, 3) != 0 || count_digits(at + 3, end) != 2)
		return NULL;
	return at + 3;
}

/* The digits from `at` to marks->end, with a point for the decimal mark. */
static char *write_digits(char *to, const char *at, const struct marks *marks, char decimal)
{
	for (; at < marks->end; at++) {
		if (ascii_is_digit(*at))
			*to++ = *at;
		else if (decimal && *at == decimal)
			*to++ = '.';
	}
	return to;
}

struct slice number_find(struct slice text, char decimal, struct scratch *scratch)
{
	const char *at, *end;
	struct marks marks;
	const char *cents;
	char *out, *to;
	bool has_no_whole; /* ".5" */

	text = in_ascii(text, scratch);
	at = text.at;
	end = text.at + text.size;
	while (at < end && !ascii_is_digit(*at))
		at++;
	if (at == end)
		return (struct slice){ text.at, 0 };
	marks = read_number(at, end);
	if (decimal && contradicts(decimal, &marks, at, end))
		return (struct slice){ text.at, 0 };
	has_no_whole =
		!marks.last && is_bare_fraction(text.at, at) && (!decimal || at[-1] == decimal);
	to = out = scratch_take(scratch, text.size + GROWTH_MAX);
	if (is_negative(text.at, has_no_whole ? at - 1 : at))
		*to++ = '-';
	if (has_no_whole) {
		*to++ = '0';
		*to++ = '.';
	}
	to = write_digits(to, at, &marks, decimal ? decimal : decimal_mark(&marks, at, end));
	cents = marks.last || has_no_whole ? NULL : cents_behind(marks.end, end);
	if (cents) {
		*to++ = '.';
		*to++ = cents[0];
		*to++ = cents[1];
	}
	scratch_shrink(scratch, text.size + GROWTH_MAX, (size_t)(to - out));
	return (struct slice){ out, (size_t)(to - out) };
}
