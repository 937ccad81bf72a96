#include "show/glyph.h"

#include "parsers/text/utf8.h"

size_t glyph_decode(struct slice text, uint32_t *code)
{
	size_t size = utf8_size(text.at, text.at + text.size);

	*code = size ? utf8_decode(text.at, size) : GLYPH_BAD;
	return size ? size : 1;
}

size_t glyph_back(struct slice text, size_t at)
{
	for (size_t size = 1; size <= 4 && size <= at; size++) {
		const char *start = text.at + at - size;

		if (utf8_size(start, text.at + at) == size)
			return size;
	}
	return 1;
}

size_t glyph_valid_bytes(struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;
	size_t size;

	while (at < end && (size = utf8_size(at, end)) > 0)
		at += size;
	return (size_t)(at - text.at);
}

bool glyph_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E ||
	       code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF || code == GLYPH_BAD;
}

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

unsigned glyph_width(uint32_t code)
{
	/* The blocks of Unicode 15 that hold combining marks of the scripts in wide use. */
	static const struct range zero[] = {
		{ 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x0610, 0x061A },
		{ 0x064B, 0x065F }, { 0x0E34, 0x0E3A }, { 0x0E47, 0x0E4E }, { 0x200B, 0x200D },
		{ 0x20D0, 0x20F0 }, { 0x3099, 0x309A }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
	};
	/* East Asian Width W and F (UAX #11), in whole blocks but for the signs among symbols. */
	static const struct range wide[] = {
		{ 0x1100, 0x115F },   { 0x231A, 0x231B },   { 0x2329, 0x232A },
		{ 0x23E9, 0x23EC },   { 0x23F0, 0x23F0 },   { 0x23F3, 0x23F3 },
		{ 0x25FD, 0x25FE },   { 0x2614, 0x2615 },   { 0x2648, 0x2653 },
		{ 0x267F, 0x267F },   { 0x2693, 0x2693 },   { 0x26A1, 0x26A1 },
		{ 0x26AA, 0x26AB },   { 0x26BD, 0x26BE },   { 0x26C4, 0x26C5 },
		{ 0x26CE, 0x26CE },   { 0x26D4, 0x26D4 },   { 0x26EA, 0x26EA },
		{ 0x26F2, 0x26F3 },   { 0x26F5, 0x26F5 },   { 0x26FA, 0x26FA },
		{ 0x26FD, 0x26FD },   { 0x2705, 0x2705 },   { 0x270A, 0x270B },
		{ 0x2728, 0x2728 },   { 0x274C, 0x274C },   { 0x274E, 0x274E },
		{ 0x2753, 0x2755 },   { 0x2757, 0x2757 },   { 0x2795, 0x2797 },
		{ 0x27B0, 0x27B0 },   { 0x27BF, 0x27BF },   { 0x2B1B, 0x2B1C },
		{ 0x2B50, 0x2B50 },   { 0x2B55, 0x2B55 },   { 0x2E80, 0x303E },
		{ 0x3041, 0x33FF },   { 0x3400, 0x4DBF },   { 0x4E00, 0xA4CF },
		{ 0xA960, 0xA97F },   { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },
		{ 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 },   { 0xFFE0, 0xFFE6 },
		{ 0x1F18E, 0x1F18E }, { 0x1F191, 0x1F19A }, { 0x1F200, 0x1F265 },
		{ 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F7E0, 0x1F7EB },
		{ 0x1F900, 0x1F9FF }, { 0x1FA70, 0x1FAFF }, { 0x20000, 0x3FFFD },
	};

	if (code < 0x300)
		return 1;
	if (is_in(code, zero, sizeof(zero) / sizeof(zero[0])))
		return 0;
	return is_in(code, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

size_t glyph_text_width(const char *text)
{
	struct slice rest = slice_of(text);
	size_t width = 0;

	while (rest.size > 0) {
		uint32_t code;
		size_t bytes = glyph_decode(rest, &code);

		width += glyph_width(code);
		rest.at += bytes;
		rest.size -= bytes;
	}
	return width;
}
