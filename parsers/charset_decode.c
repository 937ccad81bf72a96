#include "charset.h"

#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "utf8.h"

/*
 * The decoders of the Standard (WHATWG Encoding 8 to 14), each over its index.
 *
 * The indexes are read out of glibc's iconv, character by character.  Pages are not sent
 * through iconv itself: it stops at a malformed byte without saying how many bytes are
 * malformed, joins what browsers keep apart (CP1258), does not know the NEC characters of
 * ISO-2022-JP, and loads code from disk, which a jailed process cannot.  Where glibc and the
 * Standard differ, `fixes` has the Standard's word.
 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HIGH_BITS    0x8080808080808080u
#define HIGH_BYTES   128 /* of a single-byte encoding */
#define FOUR_BYTE_BMP                                                              \
	39420 /* four-byte pointers of GB18030 inside the Basic Multilingual Plane \
	       */

/* ------------------------------------------------------------------ indexes */

/* The bytes of the character at pointer, a position in an index of the Standard. */
typedef size_t bytes_function(unsigned pointer, uint8_t bytes[4]);

static size_t single_bytes(unsigned pointer, uint8_t bytes[4])
{
	bytes[0] = (uint8_t)(0x80 + pointer);
	return 1;
}

static size_t gb18030_bytes(unsigned pointer, uint8_t bytes[4])
{
	unsigned trail = pointer % 190;

	bytes[0] = (uint8_t)(pointer / 190 + 0x81);
	bytes[1] = (uint8_t)(trail + (trail < 0x3F ? 0x40 : 0x41));
	return 2;
}

static size_t gb18030_four_bytes(unsigned pointer, uint8_t bytes[4])
{
	bytes[0] = (uint8_t)(pointer / (10 * 126 * 10) + 0x81);
	bytes[1] = (uint8_t)(pointer / (10 * 126) % 10 + 0x30);
	bytes[2] = (uint8_t)(pointer / 10 % 126 + 0x81);
	bytes[3] = (uint8_t)(pointer % 10 + 0x30);
	return 4;
}

static size_t big5_bytes(unsigned pointer, uint8_t bytes[4])
{
	unsigned trail = pointer % 157;

	bytes[0] = (uint8_t)(pointer / 157 + 0x81);
	bytes[1] = (uint8_t)(trail + (trail < 0x3F ? 0x40 : 0x62));
	return 2;
}

static size_t euc_kr_bytes(unsigned pointer, uint8_t bytes[4])
{
	bytes[0] = (uint8_t)(pointer / 190 + 0x81);
	bytes[1] = (uint8_t)(pointer % 190 + 0x41);
	return 2;
}

static size_t jis0208_as_shift_jis(unsigned pointer, uint8_t bytes[4])
{
	unsigned lead = pointer / 188, trail = pointer % 188;

	bytes[0] = (uint8_t)(lead + (lead < 0x1F ? 0x81 : 0xC1));
	bytes[1] = (uint8_t)(trail + (trail < 0x3F ? 0x40 : 0x41));
	return 2;
}

static size_t jis0212_as_euc_jp(unsigned pointer, uint8_t bytes[4])
{
	bytes[0] = 0x8F;
	bytes[1] = (uint8_t)(pointer / 94 + 0xA1);
	bytes[2] = (uint8_t)(pointer % 94 + 0xA1);
	return 3;
}

enum {
	INDEX_GB18030,
	INDEX_GB18030_FOUR,
	INDEX_BIG5,
	INDEX_EUC_KR,
	INDEX_JIS0208, /* with the rows that only Shift_JIS reaches */
	INDEX_JIS0212,
	INDEX_MACINTOSH, /* the first of the single-byte encodings */
	INDEX_KOI8_U,
	INDEX_WINDOWS_1255,
	INDEX_X_MAC_CYRILLIC,
};

static const struct {
	const char *name;
	const char *iconv_name;
	unsigned count; /* of code points */
	bytes_function *bytes;
} indexes[] = {
	[INDEX_GB18030] = { "gb18030", "GB18030", 126 * 190, gb18030_bytes },
	[INDEX_GB18030_FOUR] = { "gb18030 ranges", "GB18030", FOUR_BYTE_BMP, gb18030_four_bytes },
	[INDEX_BIG5] = { "big5", "BIG5-HKSCS", 126 * 157, big5_bytes },
	[INDEX_EUC_KR] = { "euc-kr", "CP949", 126 * 190, euc_kr_bytes },
	[INDEX_JIS0208] = { "jis0208", "CP932", 60 * 188, jis0208_as_shift_jis },
	[INDEX_JIS0212] = { "jis0212", "EUC-JP", 94 * 94, jis0212_as_euc_jp },
	[INDEX_MACINTOSH] = { "macintosh", "MACINTOSH", HIGH_BYTES, single_bytes },
	[INDEX_KOI8_U] = { "koi8-u", "KOI8-U", HIGH_BYTES, single_bytes },
	[INDEX_WINDOWS_1255] = { "windows-1255", "CP1255", HIGH_BYTES, single_bytes },
	[INDEX_X_MAC_CYRILLIC] = { "x-mac-cyrillic", "MAC-UK", HIGH_BYTES, single_bytes },
	{ "ibm866", "IBM866", HIGH_BYTES, single_bytes },
	{ "iso-8859-2", "ISO-8859-2", HIGH_BYTES, single_bytes },
	{ "iso-8859-3", "ISO-8859-3", HIGH_BYTES, single_bytes },
	{ "iso-8859-4", "ISO-8859-4", HIGH_BYTES, single_bytes },
	{ "iso-8859-5", "ISO-8859-5", HIGH_BYTES, single_bytes },
	{ "iso-8859-6", "ISO-8859-6", HIGH_BYTES, single_bytes },
	{ "iso-8859-7", "ISO-8859-7", HIGH_BYTES, single_bytes },
	{ "iso-8859-8", "ISO-8859-8", HIGH_BYTES, single_bytes },
	{ "iso-8859-10", "ISO-8859-10", HIGH_BYTES, single_bytes },
	{ "iso-8859-13", "ISO-8859-13", HIGH_BYTES, single_bytes },
	{ "iso-8859-14", "ISO-8859-14", HIGH_BYTES, single_bytes },
	{ "iso-8859-15", "ISO-8859-15", HIGH_BYTES, single_bytes },
	{ "iso-8859-16", "ISO-8859-16", HIGH_BYTES, single_bytes },
	{ "koi8-r", "KOI8-R", HIGH_BYTES, single_bytes },
	{ "windows-874", "CP874", HIGH_BYTES, single_bytes },
	{ "windows-1250", "CP1250", HIGH_BYTES, single_bytes },
	{ "windows-1251", "CP1251", HIGH_BYTES, single_bytes },
	{ "windows-1252", "CP1252", HIGH_BYTES, single_bytes },
	{ "windows-1253", "CP1253", HIGH_BYTES, single_bytes },
	{ "windows-1254", "CP1254", HIGH_BYTES, single_bytes },
	{ "windows-1256", "CP1256", HIGH_BYTES, single_bytes },
	{ "windows-1257", "CP1257", HIGH_BYTES, single_bytes },
	{ "windows-1258", "CP1258", HIGH_BYTES, single_bytes },
};

#define BIG5(pointer, point, count)               \
	{                                         \
		INDEX_BIG5, pointer, point, count \
	}

/*
 * Where glibc 2.36 has another code point than the Standard, or none: count code points from
 * pointer on are point and those after it.  tests/test_charset.c has samples of each.
 */
static const struct {
	uint16_t index;
	uint16_t pointer;
	uint16_t point;
	uint16_t count;
} fixes[] = {
	{ INDEX_MACINTOSH, 0x46, 0x2206, 1 }, /* increment, not capital delta */
	{ INDEX_MACINTOSH, 0x70, 0xF8FF, 1 }, /* the apple */
	{ INDEX_KOI8_U, 0x2E, 0x045E, 1 },
	{ INDEX_KOI8_U, 0x3E, 0x040E, 1 },
	{ INDEX_WINDOWS_1255, 0x4A, 0x05BA, 1 },
	{ INDEX_X_MAC_CYRILLIC, 0x7F, 0x20AC, 1 },
	{ INDEX_GB18030, 6555, 0x3000, 1 }, /* A3A0, a space on many old pages */
	{ INDEX_GB18030_FOUR, 19057, 0x9FB4, 8 },
	{ INDEX_GB18030_FOUR, 39076, 0xFE10, 10 },
	/* Big5 itself where HKSCS-2008 has other punctuation, and characters of older HKSCS. */
	/* clang-format off */
	BIG5( 2082, 0x7BB8,  1), BIG5( 2088, 0x7C06,  1), BIG5( 2103, 0x7CCE,  1), BIG5( 2114, 0x7DD2,  1),
	BIG5( 2123, 0x7E1D,  1), BIG5( 2148, 0x8005,  1), BIG5( 2151, 0x8028,  1), BIG5( 2221, 0x83C1,  1),
	BIG5( 2239, 0x84A8,  1), BIG5( 2244, 0x840F,  1), BIG5( 2303, 0x89A6,  1), BIG5( 2304, 0x89A9,  1),
	BIG5( 2354, 0x8D77,  1), BIG5( 2400, 0x90FD,  1), BIG5( 2413, 0x92B9,  1), BIG5( 2477, 0x975C,  1),
	BIG5( 2498, 0x97FF,  1), BIG5( 2605, 0x9F16,  1), BIG5( 2673, 0x8503,  1), BIG5( 2746, 0x5159,  1),
	BIG5( 2747, 0x515B,  1), BIG5( 2748, 0x515D,  2), BIG5( 2771, 0x936E,  1), BIG5( 2780, 0x7479,  1),
	BIG5( 2990, 0x6D67,  1), BIG5( 3087, 0x799B,  1), BIG5( 3259, 0x9097,  1), BIG5( 3301, 0x975D,  1),
	BIG5( 3436, 0x701E,  1), BIG5( 3451, 0x5B28,  1), BIG5( 4136, 0x7201,  1), BIG5( 4138, 0x77D7,  1),
	BIG5( 4141, 0x7E87,  1), BIG5( 4182, 0x99D6,  1), BIG5( 4206, 0x91D4,  1), BIG5( 4220, 0x60DE,  1),
	BIG5( 4230, 0x6FB6,  1), BIG5( 4241, 0x8F36,  1), BIG5( 4258, 0x4FBB,  1), BIG5( 4273, 0x71DF,  1),
	BIG5( 4279, 0x9104,  1), BIG5( 4282, 0x9DF0,  1), BIG5( 4294, 0x83CF,  1), BIG5( 4329, 0x5C10,  1),
	BIG5( 4330, 0x79E3,  1), BIG5( 4349, 0x5A67,  1), BIG5( 4419, 0x8F0B,  1), BIG5( 4422, 0x7B51,  1),
	BIG5( 4494, 0x62D0,  1), BIG5( 4624, 0x6062,  1), BIG5( 4694, 0x75F9,  1), BIG5( 4708, 0x6C4A,  1),
	BIG5( 4742, 0x9B2E,  1), BIG5( 4748, 0x9F17,  1), BIG5( 4815, 0x50ED,  1), BIG5( 4828, 0x5F0C,  1),
	BIG5( 4902, 0x880F,  1), BIG5( 4922, 0x62CE,  1), BIG5( 4982, 0x7468,  1), BIG5( 4992, 0x7162,  1),
	BIG5( 4997, 0x7250,  1), BIG5( 5029, 0x2027,  1), BIG5( 5038, 0xFE51,  1), BIG5( 5050, 0x2574,  1),
	BIG5( 5120, 0x00AF,  1), BIG5( 5121, 0xFFE3,  1), BIG5( 5123, 0x02CD,  1), BIG5( 5153, 0xFF5E,  1),
	BIG5( 5168, 0x2295,  1), BIG5( 5169, 0x2299,  1), BIG5( 5180, 0xFF0F,  1), BIG5( 5181, 0xFF3C,  1),
	BIG5( 5182, 0x2215,  1), BIG5( 5183, 0xFE68,  1), BIG5( 5185, 0xFFE5,  1), BIG5( 5187, 0xFFE0,  2),
	BIG5( 5287, 0x5341,  1), BIG5( 5289, 0x5345,  1), BIG5( 5432, 0x2400, 32), BIG5( 5464, 0x2421,  1),
	BIG5( 5465, 0x20AC,  1), BIG5(10942, 0x5EF4,  1), BIG5(10946, 0x65E0,  1), BIG5(10948, 0x7676,  1),
	BIG5(10950, 0x96B6,  1), BIG5(10957, 0x3003,  1), BIG5(10958, 0x4EDD,  1), BIG5(19028, 0x5029,  1),
	BIG5(19035, 0x507D,  1), BIG5(19088, 0x5305,  1), BIG5(19096, 0x5344,  1), BIG5(19112, 0x537F,  1),
	BIG5(19162, 0x5605,  1), BIG5(19240, 0x5A77,  1), BIG5(19299, 0x5E75,  1), BIG5(19305, 0x5ED0,  1),
	BIG5(19326, 0x5F58,  1), BIG5(19355, 0x60A4,  1), BIG5(19398, 0x6490,  1), BIG5(19439, 0x6674,  1),
	BIG5(19454, 0x675E,  1), BIG5(19553, 0x6C9C,  1), BIG5(19554, 0x6E1D,  1), BIG5(19557, 0x6E2F,  1),
	BIG5(19611, 0x716E,  1), BIG5(19643, 0x732A,  1), BIG5(19672, 0x745C,  1), BIG5(19697, 0x74E9,  1),
	BIG5(19748, 0x7809,  1),
	/* clang-format on */
};

struct charset_converters {
	const uint32_t *index[COUNT(indexes)]; /* each points into points */
	uint32_t points[];                     /* 0: no such character */
};

/*
 * The code point that bytes stand for, or 0.  Big5 has four characters of two code points,
 * a letter and a mark above it: they are kept as mark << 16 | letter.
 */
static uint32_t read_point(iconv_t iconv_handle, uint8_t bytes[4], size_t size)
{
	uint32_t points[4] = { 0 };
	char *in = (char *)bytes, *out = (char *)points;
	size_t room = sizeof(points);

	iconv(iconv_handle, NULL, NULL, NULL, NULL);
	if (iconv(iconv_handle, &in, &size, &out, &room) == (size_t)-1)
		return 0;
	iconv(iconv_handle, NULL, NULL, &out, &room); /* CP1255 and BIG5-HKSCS wait for a mark */
	return points[1] << 16 | points[0];
}

/* Fill points from the conversion module of index i.  Returns 0, or -1 if there is none. */
static int read_index(size_t i, uint32_t *points)
{
	const bool is_windows = strncmp(indexes[i].name, "windows-", 8) == 0;
	iconv_t handle = iconv_open("WCHAR_T", indexes[i].iconv_name);
	uint8_t bytes[4];

	if (handle == (iconv_t)-1)
		return -1;
	for (unsigned pointer = 0; pointer < indexes[i].count; pointer++) {
		size_t size = indexes[i].bytes(pointer, bytes);

		points[pointer] = read_point(handle, bytes, size);
		if (points[pointer] == 0 && is_windows && bytes[0] < 0xA0)
			points[pointer] = bytes[0]; /* U+0080 to U+009F, as in the Standard */
	}
	iconv_close(handle);
	for (size_t f = 0; f < COUNT(fixes); f++)
		for (unsigned n = 0; fixes[f].index == i && n < fixes[f].count; n++)
			points[fixes[f].pointer + n] = (uint32_t)fixes[f].point + n;
	return 0;
}

struct charset_converters *charset_converters_new(char error[CHARSET_ERROR_MAX])
{
	struct charset_converters *converters;
	size_t count = 0;

	for (size_t i = 0; i < COUNT(indexes); i++)
		count += indexes[i].count;
	converters = malloc(sizeof(*converters) + count * sizeof(converters->points[0]));
	if (converters == NULL)
		abort();
	count = 0;
	for (size_t i = 0; i < COUNT(indexes); i++) {
		if (read_index(i, converters->points + count) < 0) {
			snprintf(error, CHARSET_ERROR_MAX,
				 "no conversion from %s: install glibc's gconv modules "
				 "(Debian: libc6, Fedora: glibc-gconv-extra)",
				 indexes[i].iconv_name);
			charset_converters_free(converters);
			return NULL;
		}
		converters->index[i] = converters->points + count;
		count += indexes[i].count;
	}
	return converters;
}

void charset_converters_free(struct charset_converters *converters)
{
	free(converters);
}

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
	if (pointer < FOUR_BYTE_BMP)
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
	while (at < end && is_open(sink)) {
		uint32_t point = 0;

		if (*at < 0x80) {
			at = put_ascii(sink, at, end);
			continue;
		}
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

/* The index of a single-byte encoding; windows-1252 for a name that is none of ours. */
static const uint32_t *find_single(const struct charset_converters *converters, const char *name)
{
	const uint32_t *index = NULL;

	if (strcmp(name, "iso-8859-8-i") == 0)
		name = "iso-8859-8"; /* they differ in who orders the letters of a line */
	for (size_t i = INDEX_MACINTOSH; i < COUNT(indexes); i++) {
		if (strcmp(name, indexes[i].name) == 0)
			return converters->index[i];
		if (strcmp(indexes[i].name, "windows-1252") == 0)
			index = converters->index[i];
	}
	return index;
}

struct slice charset_to_utf8(const struct charset_converters *converters, struct charset charset,
			     struct slice body, char *out, size_t out_bytes)
{
	const char *name = charset.name ? charset.name : "windows-1252";
	const uint8_t *at = (const uint8_t *)body.at, *end;
	struct sink sink = { out, out + out_bytes };
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
		decode_single(find_single(converters, name), at, end, &sink);
	}
	return (struct slice){ out, (size_t)(sink.at - out) };
}
