#include "parsers/text/utf8.h"

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The least and most a second byte may be narrow with some first bytes (RFC 3629 4). */
static bool second_is_allowed(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xE0:
		return second >= 0xA0 && second <= 0xBF;
	case 0xED:
		return second >= 0x80 && second <= 0x9F;
	case 0xF0:
		return second >= 0x90 && second <= 0xBF;
	case 0xF4:
		return second >= 0x80 && second <= 0x8F;
	default:
		return second >= 0x80 && second <= 0xBF;
	}
}

size_t utf8_size(const char *at, const char *end)
{
	unsigned char first = (unsigned char)*at;
	size_t size;

	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if ((size_t)(end - at) < size || !second_is_allowed(first, (unsigned char)at[1]))
		return 0;
	if (size > 2 && !is_continuation(at[2]))
		return 0;
	if (size > 3 && !is_continuation(at[3]))
		return 0;
	return size;
}

uint32_t utf8_decode(const char *at, size_t size)
{
	const unsigned char *byte = (const unsigned char *)at;

	switch (size) {
	case 2:
		return (byte[0] & 0x1Fu) << 6 | (byte[1] & 0x3Fu);
	case 3:
		return (byte[0] & 0x0Fu) << 12 | (byte[1] & 0x3Fu) << 6 | (byte[2] & 0x3Fu);
	case 4:
		return (byte[0] & 0x07u) << 18 | (byte[1] & 0x3Fu) << 12 | (byte[2] & 0x3Fu) << 6 |
		       (byte[3] & 0x3Fu);
	default:
		return byte[0];
	}
}

/* Unicode's White_Space property, beyond ASCII. */
static bool is_wide_space(uint32_t code)
{
	return code == 0x85 || code == 0xA0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
	       code == 0x202F || code == 0x205F || code == 0x3000;
}

size_t utf8_space_size(const char *at, const char *end)
{
	size_t size;

	if ((signed char)*at >= 0)
		return *at == ' ' || (*at >= '\t' && *at <= '\r');
	size = utf8_size(at, end);
	return size && is_wide_space(utf8_decode(at, size)) ? size : 0;
}

/* Bytes of the white space that ends at `end`, 0 if there is none.  at < end. */
static size_t space_size_before(const char *at, const char *end)
{
	const char *first = end - 1;

	while (first > at && end - first < 4 && ((unsigned char)*first & 0xC0) == 0x80)
		first--;
	return utf8_space_size(first, end) == (size_t)(end - first) ? (size_t)(end - first) : 0;
}

struct slice utf8_trim(struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;
	size_t size;

	while (at < end && (size = utf8_space_size(at, end)))
		at += size;
	while (at < end && (size = space_size_before(at, end)))
		end -= size;
	return (struct slice){ at, (size_t)(end - at) };
}

/* The first byte at or after `at` that is not ASCII, or end. */
static const char *skip_ascii(const char *at, const char *end)
{
	uint64_t word;

	for (; (size_t)(end - at) >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
	}
	while (at < end && (signed char)*at >= 0)
		at++;
	return at;
}

/* The first malformed byte at or after `at`, or end. */
static const char *find_malformed(const char *at, const char *end)
{
	size_t size;

	while ((at = skip_ascii(at, end)) < end) {
		while (at < end && (signed char)*at < 0) {
			size = utf8_size(at, end);
			if (size == 0)
				return at;
			at += size;
		}
	}
	return end;
}

void utf8_copy(char *out, struct slice text)
{
	char *end = out + text.size;
	char *bad;

	if (text.size == 0)
		return;
	memcpy(out, text.at, text.size);
	for (bad = out; (bad = (char *)find_malformed(bad, end)) < end; bad++)
		*bad = UTF8_SUBSTITUTE;
}
