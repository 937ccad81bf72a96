#include "parsers/pattern/number.h"
#include "parsers/text/ascii.h"
#include "parsers/text/utf8.h"

#define GROUP '_' /* stands for any mark that only groups thousands */

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

/* The mark that is the decimal one, or 0. */
static char decimal_mark(const struct marks *marks, const char *at)
{
	size_t first = count_digits(at, marks->end);

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

/* Is there a minus right before the number or its currency, that is no hyphen of a word? */
static bool is_negative(const char *from, const char *at)
{
	uint32_t code = character_before(from, &at);

	if (is_currency(code))
		code = character_before(from, &at);
	if (!is_minus(code))
		return false;
	return begins_number(character_before(from, &at));
}

/* ".5" at the point: and not "No.5". */
static bool is_bare_fraction(const char *from, const char *at)
{
	uint32_t code;

	if (at == from || *--at != '.')
		return false;
	code = character_before(from, &at);
	return begins_number(code) || is_minus(code);
}

size_t number_find(struct slice text, char *out)
{
	const char *at = text.at, *end = text.at + text.size;
	struct marks marks;
	char *to = out, decimal;
	bool has_no_whole; /* ".5" */

	while (at < end && !ascii_is_digit(*at))
		at++;
	if (at == end)
		return 0;
	marks = read_marks(at, end);
	decimal = decimal_mark(&marks, at);
	has_no_whole = !marks.last && is_bare_fraction(text.at, at);
	if (is_negative(text.at, has_no_whole ? at - 1 : at))
		*to++ = '-';
	if (has_no_whole) {
		*to++ = '0';
		*to++ = '.';
	}
	for (; at < marks.end; at++) {
		if (ascii_is_digit(*at))
			*to++ = *at;
		else if (decimal && *at == decimal)
			*to++ = '.';
	}
	return (size_t)(to - out);
}
