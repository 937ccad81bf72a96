#include "parsers/charset/charset.h"

#include <stdint.h>

#include "parsers/charset/charset_index.h"
#include "parsers/text/utf8.h"

/*
 * The decoders of the Standard (WHATWG Encoding 8 to 14), each over its index.
 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HIGH_BITS    0x8080808080808080u

/* ------------------------------------------------------------------ output */

/* Where the text goes.  What does not fit closes the sink: end becomes at. */
struct sink {
	char *at;
	const char *end;
};

static inline bool is_open(const struct sink *sink)
{
	return sink->at < sink->end;
}

static void put_last(struct sink *sink, uint32_t point)
{
	char bytes[UTF8_BYTES_MAX];
	size_t size = utf8_put(bytes, point);

	if ((size_t)(sink->end - sink->at) < size) {
		sink->end = sink->at;
		return;
	}
	memcpy(sink->at, bytes, size);
	sink->at += size;
}

static inline void put(struct sink *sink, uint32_t point)
{
	if (sink->end - sink->at >= UTF8_BYTES_MAX)
		sink->at += utf8_put(sink->at, point);
	else
		put_last(sink, point);
}

/* Put what an index says. */
static inline void put_indexed(struct sink *sink, uint32_t point)
{
	put(sink, point == 0 ? UTF8_REPLACEMENT : point > 0x10FFFF ? point & 0xFFFF : point);
	if (point > 0x10FFFF)
		put(sink, point >> 16);
}

/* Put size bytes of valid UTF-8, or as many characters of them as fit. */
static void put_text(struct sink *sink, const uint8_t *at, size_t size)
{
	size_t room = (size_t)(sink->end - sink->at);
	bool is_cut = size > room;

	if (is_cut)
		for (size = room; size > 0 && (at[size] & 0xC0) == 0x80; size--)
			;
	memcpy(sink->at, at, size);
	sink->at += size;
	if (is_cut)
		sink->end = sink->at;
}

/* The first byte >= 0x80 from at on, or end. */
static const uint8_t *ascii_end(const uint8_t *at, const uint8_t *end)
{
	uint64_t words[4];

	for (; end - at >= 32; at += 32) {
		memcpy(words, at, sizeof(words));
		if ((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS)
			break;
	}
	for (; end - at >= 8; at += 8) {
		memcpy(words, at, 8);
		if (words[0] & HIGH_BITS)
			break;
	}
	while (at < end && *at < 0x80)
		at++;
	return at;
}

static const uint8_t *put_ascii(struct sink *sink, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *stop = ascii_end(at, end);

	put_text(sink, at, (size_t)(stop - at));
	return stop;
}

/* ------------------------------------------------------------------ UTF-8 */

/*
 * The bytes of the character at `at`, 2 to 4, or if it is malformed the bytes that one
 * U+FFFD replaces, negative (Encoding 8.1.1: all that could have begun a character).
 */
static inline int multi_byte_size(const uint8_t *at, const uint8_t *end)
{
	const uint8_t lead = *at;
	uint8_t low = 0x80, high = 0xBF;
	int more;

	if (lead >= 0xE0 && lead <= 0xEF)
		more = 2;
	else if (lead >= 0xC2 && lead <= 0xDF)
		more = 1;
	else if (lead >= 0xF0 && lead <= 0xF4)
		more = 3;
	else
		return -1;
	if (lead == 0xE0)
		low = 0xA0; /* overlong below */
	else if (lead == 0xED)
		high = 0x9F; /* surrogates above */
	else if (lead == 0xF0)
		low = 0x90; /* overlong below */
	else if (lead == 0xF4)
		high = 0x8F; /* beyond U+10FFFF above */
	for (int i = 1; i <= more; i++) {
		if (at + i == end || at[i] < low || at[i] > high)
			return -i;
		low = 0x80;
		high = 0xBF;
	}
	return more + 1;
}

/* The first byte that is not part of well-formed UTF-8, or end. */
static const uint8_t *first_malformed(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		int size;

		if (*at < 0x80) {
			at = ascii_end(at, end);
			continue;
		}
		size = multi_byte_size(at, end);
		if (size < 0)
			return at;
		at += size;
	}
	return end;
}

bool charset_is_utf8(struct slice text)
{
	const uint8_t *at = (const uint8_t *)text.at;

	return text.size == 0 || first_malformed(at, at + text.size) == at + text.size;
}

static void decode_utf8(const uint8_t *at, const uint8_t *end, struct sink *sink)
{
	while (at < end && is_open(sink)) {
		const uint8_t *stop = first_malformed(at, end);

		put_text(sink, at, (size_t)(stop - at));
		at = stop;
		if (at < end) {
			at -= multi_byte_size(at, end);
			put(sink, UTF8_REPLACEMENT);
		}
	}
}

/* ------------------------------------------------------------------ UTF-16 */

static unsigned unit_at(const uint8_t *at, bool is_big_endian)
{
	return is_big_endian ? (unsigned)at[0] << 8 | at[1] : (unsigned)at[1] << 8 | at[0];
}

/* 14.2.1; a cut character at the end, also with half a unit behind it, is one U+FFFD. */
static void decode_utf16(const uint8_t *at, const uint8_t *end, bool is_big_endian,
			 struct sink *sink)
{
	while (at < end && is_open(sink)) {
		unsigned unit, trail;

		if (end - at < 2) {
			put(sink, UTF8_REPLACEMENT);
			return;
		}
		unit = unit_at(at, is_big_endian);
		at += 2;
		if (unit < 0xD800 || unit > 0xDFFF) {
			put(sink, unit);
			continue;
		}
		if (unit < 0xDC00 && end - at >= 2) {
			trail = unit_at(at, is_big_endian);
			if (trail >= 0xDC00 && trail <= 0xDFFF) {
				at += 2;
				put(sink, 0x10000 + ((unit - 0xD800) << 10) + (trail - 0xDC00));
				continue;
			}
		} else if (unit < 0xDC00) {
			at = end;
		}
		put(sink, UTF8_REPLACEMENT);
	}
}

/* ------------------------------------------------------------------ one encoding each */

/*
 * Take the character that begins with *at, a byte >= 0x80: leave its code point, or 0 if it
 * is malformed, and return the byte behind it.  An ASCII byte in a malformed character is not
 * part of it (it may be the '<' of a tag); a character cut by the end of the body is malformed.
 */
typedef const uint8_t *take_function(const struct charset_converters *converters, const uint8_t *at,
				     const uint8_t *end, uint32_t *point);

static bool is_between(unsigned byte, unsigned low, unsigned high)
{
	return byte >= low && byte <= high;
}

/* Behind a pair that is no character: the second byte is read again if it is ASCII. */
static const uint8_t *behind_pair(const uint8_t *at, uint32_t point)
{
	return point == 0 && at[1] < 0x80 ? at + 1 : at + 2;
}

/* 10.2.1, four bytes: digits in second and fourth place. */
static const uint8_t *take_gb18030_four(const struct charset_converters *converters,
					const uint8_t *at, const uint8_t *end, uint32_t *point)
{
	unsigned pointer;

	if (end - at < 3)
		return end;
	if (!is_between(at[2], 0x81, 0xFE))
		return at + 1;
	if (end - at < 4)
		return end;
	if (!is_between(at[3], 0x30, 0x39))
		return at + 1;
	pointer =
		(((at[0] - 0x81u) * 10 + at[1] - 0x30u) * 126 + at[2] - 0x81u) * 10 + at[3] - 0x30u;
	if (pointer < GB18030_FOUR_COUNT)
		*point = converters->index[INDEX_GB18030_FOUR][pointer];
	else if (is_between(pointer, 189000, 189000 + 0xFFFFF))
		*point = pointer - 189000 + 0x10000;
	return at + 4;
}

static const uint8_t *take_gb18030(const struct charset_converters *converters, const uint8_t *at,
				   const uint8_t *end, uint32_t *point)
{
	unsigned lead = at[0], trail;

	if (lead == 0x80)
		*point = 0x20AC;
	if (lead == 0x80 || lead == 0xFF)
		return at + 1;
	if (end - at < 2)
		return end;
	trail = at[1];
	if (is_between(trail, 0x30, 0x39))
		return take_gb18030_four(converters, at, end, point);
	if (is_between(trail, 0x40, 0x7E) || is_between(trail, 0x80, 0xFE))
		*point = converters->index[INDEX_GB18030][(lead - 0x81) * 190 + trail -
							  (trail < 0x7F ? 0x40 : 0x41)];
	return behind_pair(at, *point);
}

static const uint8_t *take_big5(const struct charset_converters *converters, const uint8_t *at,
				const uint8_t *end, uint32_t *point)
{
	unsigned lead = at[0], trail;

	if (!is_between(lead, 0x81, 0xFE))
		return at + 1;
	if (end - at < 2)
		return end;
	trail = at[1];
	if (is_between(trail, 0x40, 0x7E) || is_between(trail, 0xA1, 0xFE))
		*point = converters->index[INDEX_BIG5][(lead - 0x81) * 157 + trail -
						       (trail < 0x7F ? 0x40 : 0x62)];
	return behind_pair(at, *point);
}

static const uint8_t *take_euc_kr(const struct charset_converters *converters, const uint8_t *at,
				  const uint8_t *end, uint32_t *point)
{
	unsigned lead = at[0], trail;

	if (!is_between(lead, 0x81, 0xFE))
		return at + 1;
	if (end - at < 2)
		return end;
	trail = at[1];
	if (is_between(trail, 0x41, 0xFE))
		*point = converters->index[INDEX_EUC_KR][(lead - 0x81) * 190 + trail - 0x41];
	return behind_pair(at, *point);
}

static const uint8_t *take_shift_jis(const struct charset_converters *converters, const uint8_t *at,
				     const uint8_t *end, uint32_t *point)
{
	unsigned lead = at[0], trail;

	if (lead == 0x80)
		*point = 0x80;
	else if (is_between(lead, 0xA1, 0xDF))
		*point = 0xFF61 - 0xA1 + lead; /* half-width katakana */
	if (*point != 0 || lead == 0xA0 || lead > 0xFC)
		return at + 1;
	if (end - at < 2)
		return end;
	trail = at[1];
	if (is_between(trail, 0x40, 0x7E) || is_between(trail, 0x80, 0xFC))
		*point = converters
				 ->index[INDEX_JIS0208][(lead - (lead < 0xA0 ? 0x81 : 0xC1)) * 188 +
							trail - (trail < 0x7F ? 0x40 : 0x41)];
	return behind_pair(at, *point);
}

/* The character of JIS X 0208 or 0212 at row and cell, both 0 to 93 if they are right. */
static uint32_t jis_point(const uint32_t *index, unsigned row, unsigned cell)
{
	return row < 94 && cell < 94 ? index[row * 94 + cell] : 0;
}

static const uint8_t *take_euc_jp_three(const struct charset_converters *converters,
					const uint8_t *at, const uint8_t *end, uint32_t *point)
{
	if (!is_between(at[1], 0xA1, 0xFE))
		return behind_pair(at, 0);
	if (end - at < 3)
		return end;
	*point = jis_point(converters->index[INDEX_JIS0212], at[1] - 0xA1u, at[2] - 0xA1u);
	return behind_pair(at + 1, *point);
}

static const uint8_t *take_euc_jp(const struct charset_converters *converters, const uint8_t *at,
				  const uint8_t *end, uint32_t *point)
{
	unsigned lead = at[0];

	if (lead != 0x8E && lead != 0x8F && !is_between(lead, 0xA1, 0xFE))
		return at + 1;
	if (end - at < 2)
		return end;
	if (lead == 0x8F)
		return take_euc_jp_three(converters, at, end, point);
	if (lead != 0x8E)
		*point = jis_point(converters->index[INDEX_JIS0208], lead - 0xA1, at[1] - 0xA1u);
	else if (is_between(at[1], 0xA1, 0xDF))
		*point = 0xFF61u - 0xA1u + at[1];
	return behind_pair(at, *point);
}

static const uint8_t *take_user_defined(const struct charset_converters *converters,
					const uint8_t *at, const uint8_t *end, uint32_t *point)
{
	(void)converters;
	(void)end;
	*point = 0xF780u + *at - 0x80u;
	return at + 1;
}

static void decode_multi(const struct charset_converters *converters, take_function *take,
			 const uint8_t *at, const uint8_t *end, struct sink *sink)
{
	uint32_t point;

	while (at < end && is_open(sink)) {
		if (*at < 0x80) {
			at = put_ascii(sink, at, end);
			continue;
		}
		point = 0;
		at = take(converters, at, end, &point);
		put_indexed(sink, point);
	}
}

static void decode_single(const uint32_t *index, const uint8_t *at, const uint8_t *end,
			  struct sink *sink)
{
	while (at < end && is_open(sink)) {
		if (*at < 0x80)
			at = put_ascii(sink, at, end);
		else
			put_indexed(sink, index[*at++ - 0x80]);
	}
}

/* ------------------------------------------------------------------ ISO-2022-JP */

/* What escape sequences have switched to (12.2.1). */
struct jis {
	enum jis_state { JIS_ASCII, JIS_ROMAN, JIS_KATAKANA, JIS_0208 } state;
	bool is_after_escape; /* nothing stood between; a second one is then an error */
};

static uint32_t jis_single(enum jis_state state, uint8_t byte)
{
	if (state == JIS_KATAKANA)
		return is_between(byte, 0x21, 0x5F) ? 0xFF61u - 0x21u + byte : UTF8_REPLACEMENT;
	if (byte > 0x7F || byte == 0x0E || byte == 0x0F)
		return UTF8_REPLACEMENT;
	if (state == JIS_ROMAN && byte == 0x5C)
		return 0xA5;
	if (state == JIS_ROMAN && byte == 0x7E)
		return 0x203E;
	return byte;
}

/* Obey the escape sequence at `at`, an ESC.  Returns the byte behind it, or behind a lone ESC. */
static const uint8_t *take_escape(struct jis *jis, const uint8_t *at, const uint8_t *end,
				  struct sink *sink)
{
	static const struct {
		char bytes[2];
		enum jis_state state;
	} escapes[] = {
		{ { '(', 'B' }, JIS_ASCII },    { { '(', 'J' }, JIS_ROMAN },
		{ { '(', 'I' }, JIS_KATAKANA }, { { '$', '@' }, JIS_0208 },
		{ { '$', 'B' }, JIS_0208 },
	};

	for (size_t i = 0; i < COUNT(escapes) && end - at >= 3; i++) {
		if (memcmp(at + 1, escapes[i].bytes, 2) != 0)
			continue;
		if (jis->is_after_escape)
			put(sink, UTF8_REPLACEMENT);
		jis->state = escapes[i].state;
		jis->is_after_escape = true;
		return at + 3;
	}
	jis->is_after_escape = false;
	put(sink, UTF8_REPLACEMENT);
	return at + 1;
}

static const uint8_t *take_jis_pair(const uint32_t *jis0208, const uint8_t *at, const uint8_t *end,
				    struct sink *sink)
{
	if (!is_between(*at, 0x21, 0x7E) || end - at < 2 || at[1] == 0x1B) {
		put(sink, UTF8_REPLACEMENT);
		return at + 1;
	}
	put_indexed(sink, jis_point(jis0208, at[0] - 0x21u, at[1] - 0x21u));
	return at + 2;
}

static void decode_iso_2022_jp(const uint32_t *jis0208, const uint8_t *at, const uint8_t *end,
			       struct sink *sink)
{
	struct jis jis = { JIS_ASCII, false };

	while (at < end && is_open(sink)) {
		if (*at == 0x1B) {
			at = take_escape(&jis, at, end, sink);
			continue;
		}
		jis.is_after_escape = false;
		if (jis.state == JIS_0208)
			at = take_jis_pair(jis0208, at, end, sink);
		else
			put(sink, jis_single(jis.state, *at++));
	}
}

/* ------------------------------------------------------------------ all encodings */

static take_function *find_take(const char *name)
{
	static const struct {
		const char *name;
		take_function *take;
	} decoders[] = {
		{ "gb18030", take_gb18030 }, { "big5", take_big5 },
		{ "euc-kr", take_euc_kr },   { "shift_jis", take_shift_jis },
		{ "euc-jp", take_euc_jp },   { "x-user-defined", take_user_defined },
	};

	for (size_t i = 0; i < COUNT(decoders); i++)
		if (strcmp(name, decoders[i].name) == 0)
			return decoders[i].take;
	return NULL;
}

struct slice charset_to_utf8(const struct charset_converters *converters, struct charset charset,
			     struct slice body, char *out, size_t out_bytes)
{
	const char *name = charset.name ? charset.name : "windows-1252";
	const uint8_t *at = (const uint8_t *)body.at, *end;
	struct sink sink = { out, out_bytes > 0 ? out + out_bytes : out };
	take_function *take = find_take(name);

	if (body.size <= charset.bom_bytes)
		return (struct slice){ out, 0 };
	end = at + body.size;
	at += charset.bom_bytes;
	if (strcmp(name, "utf-16le") == 0 || strcmp(name, "utf-16be") == 0) {
		decode_utf16(at, end, strcmp(name, "utf-16be") == 0, &sink);
	} else if (strcmp(name, "iso-2022-jp") == 0) {
		decode_iso_2022_jp(converters->index[INDEX_JIS0208], at, end, &sink);
	} else if (strcmp(name, "utf-8") == 0) {
		if (first_malformed(at, end) == end)
			return (struct slice){ (const char *)at, (size_t)(end - at) };
		decode_utf8(at, end, &sink);
	} else if (ascii_end(at, end) == end) {
		return (struct slice){ (const char *)at, (size_t)(end - at) };
	} else if (take != NULL) {
		decode_multi(converters, take, at, end, &sink);
	} else {
		decode_single(charset_index_single(converters, name), at, end, &sink);
	}
	return (struct slice){ out, (size_t)(sink.at - out) };
}
