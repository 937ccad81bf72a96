#include "parsers/text/utf8.h"

/* Four bytes as one number, the first the most significant: one load. */
static inline uint32_t load_four(const char *at)
{
	const unsigned char *byte = (const unsigned char *)at;

	return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

/* The same near the end of a text: 0 stands for what is behind it. */
static inline uint32_t load_head(const char *at, const char *end)
{
	char bytes[UTF8_BYTES_MAX] = { 0 };

	if (end - at >= UTF8_BYTES_MAX)
		return load_four(at);
	for (size_t n = 0; at + n < end; n++)
		bytes[n] = at[n];
	return load_four(bytes);
}

/* Bytes of the well-formed character beyond ASCII that head begins with, or 0 (RFC 3629 4). */
static inline size_t wide_size(uint32_t head)
{
	if ((head & 0xF0C0C000) == 0xE0808000) /* no overlong form, no surrogate */
		return head >= 0xE0A00000 && (head & 0xFFE00000) != 0xEDA00000 ? 3 : 0;
	if ((head & 0xE0C00000) == 0xC0800000)
		return head >= 0xC2000000 ? 2 : 0;
	if ((head & 0xF8C0C0C0) == 0xF0808080)
		return head >= 0xF0900000 && head < 0xF4900000 ? 4 : 0;
	return 0;
}

size_t utf8_size(const char *at, const char *end)
{
	return (signed char)*at >= 0 ? 1 : wide_size(load_head(at, end));
}

bool utf8_is_well_formed(struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;
	size_t size = 1;

	for (; at < end && size > 0; at += size)
		size = (signed char)*at >= 0 ? 1 : utf8_size(at, end);
	return size > 0;
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

static inline bool is_ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t utf8_space_size(const char *at, const char *end)
{
	size_t size;

	if ((signed char)*at >= 0)
		return is_ascii_space(*at);
	size = utf8_size(at, end);
	return size && is_wide_space(utf8_decode(at, size)) ? size : 0;
}

/* Bytes of the white space that ends at `end`, 0 if there is none.  at < end. */
static size_t space_size_before(const char *at, const char *end)
{
	const char *first = end - 1;

	if ((signed char)*first >= 0)
		return is_ascii_space(*first);
	while (first > at && end - first < 4 && ((unsigned char)*first & 0xC0) == 0x80)
		first--;
	return utf8_space_size(first, end) == (size_t)(end - first) ? (size_t)(end - first) : 0;
}

/* Most white space is ASCII, and most texts have little else at their ends. */
struct slice utf8_trim(struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;
	size_t size;

	for (;;) {
		while (at < end && is_ascii_space(*at))
			at++;
		while (at < end && is_ascii_space(end[-1]))
			end--;
		if (at < end && (size = utf8_space_size(at, end)))
			at += size;
		else if (at < end && (size = space_size_before(at, end)))
			end -= size;
		else
			return (struct slice){ at, (size_t)(end - at) };
	}
}

#define HIGH_BITS   0x8080808080808080u
#define BLOCK_BYTES 32 /* copied and looked at together */

static inline bool block_is_ascii(const char *at)
{
	uint64_t words[BLOCK_BYTES / 8];

	memcpy(words, at, sizeof(words));
	return ((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS) == 0;
}

/* The index of the first of eight bytes that is not ASCII, or 8. */
static inline size_t ascii_of_eight(const char *at)
{
	uint64_t word = (uint64_t)load_four(at) << 32 | load_four(at + 4);

	return (word & HIGH_BITS) ? (size_t)__builtin_clzll(word & HIGH_BITS) / 8 : 8;
}

/*
 * Copy ASCII, at most size bytes, and return how many there were.  What is looked at is the copy.
 * Bytes of out behind it are written to, and are written anew with what follows.
 */
static inline size_t copy_ascii(char *out, const char *from, size_t size)
{
	size_t at = 0, count = 8;

	for (; size - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
		memcpy(out + at, from + at, BLOCK_BYTES);
		if (!block_is_ascii(out + at))
			break;
	}
	for (; size - at >= 8 && count == 8; at += count) {
		memcpy(out + at, from + at, 8);
		count = ascii_of_eight(out + at);
	}
	for (; at < size && count == 8; at++) {
		out[at] = from[at];
		if ((signed char)out[at] < 0)
			break;
	}
	return at;
}

/* Copy one character or malformed byte near the end of a text; returns its size. */
static size_t copy_last(char *out, const char *at, const char *end)
{
	uint32_t head = load_head(at, end);
	size_t size = head < 0x80000000 ? 1 : wide_size(head);

	if (size == 0) {
		*out = UTF8_SUBSTITUTE;
		return 1;
	}
	for (size_t n = 0; n < size; n++, head <<= 8)
		out[n] = (char)(head >> 24);
	return size;
}

/* Copy what is not ASCII, as copy_ascii() copies what is. */
static inline size_t copy_wide(char *out, const char *from, size_t size)
{
	size_t at = 0;

	while (size - at >= UTF8_BYTES_MAX) {
		uint32_t head;
		size_t wide;

		memcpy(out + at, from + at, UTF8_BYTES_MAX);
		head = load_four(out + at);
		if (head < 0x80000000)
			return at;
		wide = wide_size(head);
		if (wide == 0)
			out[at++] = UTF8_SUBSTITUTE;
		at += wide;
	}
	while (at < size)
		at += copy_last(out + at, from + at, from + size);
	return at;
}

struct slice utf8_cut(struct slice text, size_t most)
{
	const char *at = text.at, *end = text.at + text.size;

	if (text.size <= most)
		return text;
	while (at < end && (size_t)(at - text.at) + utf8_step(at, end) <= most)
		at += utf8_step(at, end);
	return (struct slice){ text.at, (size_t)(at - text.at) };
}

void utf8_copy(char *out, struct slice text)
{
	size_t at = 0;

	while (at < text.size) {
		at += copy_ascii(out + at, text.at + at, text.size - at);
		at += copy_wide(out + at, text.at + at, text.size - at);
	}
}
