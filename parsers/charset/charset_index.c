#include "parsers/charset/charset_index.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/charset/charset.h"
#include "parsers/text/memory.h"

/*
 * Pages are not sent through iconv itself: it stops at a malformed byte without saying how many
 * bytes are malformed, joins what browsers keep apart (CP1258), does not know the NEC characters
 * of ISO-2022-JP, and loads code from disk, which a jailed process cannot.  Character by
 * character it is a good source of tables.
 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HIGH_BYTES   128 /* of a single-byte encoding */

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

/* clang-format off */
#define SINGLE(name, iconv_name)    { name, iconv_name, HIGH_BYTES, single_bytes }
#define BIG5(pointer, point, count) { INDEX_BIG5, pointer, point, count }
/* clang-format on */

static const struct {
	const char *name;
	const char *iconv_name;
	unsigned count; /* of code points */
	bytes_function *bytes;
} indexes[] = {
	[INDEX_GB18030] = { "gb18030", "GB18030", 126 * 190, gb18030_bytes },
	[INDEX_GB18030_FOUR] = { "gb18030 ranges", "GB18030", GB18030_FOUR_COUNT,
				 gb18030_four_bytes },
	[INDEX_BIG5] = { "big5", "BIG5-HKSCS", 126 * 157, big5_bytes },
	[INDEX_EUC_KR] = { "euc-kr", "CP949", 126 * 190, euc_kr_bytes },
	[INDEX_JIS0208] = { "jis0208", "CP932", 60 * 188, jis0208_as_shift_jis },
	[INDEX_JIS0212] = { "jis0212", "EUC-JP", 94 * 94, jis0212_as_euc_jp },
	[INDEX_MACINTOSH] = SINGLE("macintosh", "MACINTOSH"),
	[INDEX_KOI8_U] = SINGLE("koi8-u", "KOI8-U"),
	[INDEX_WINDOWS_1255] = SINGLE("windows-1255", "CP1255"),
	[INDEX_X_MAC_CYRILLIC] = SINGLE("x-mac-cyrillic", "MAC-UK"),
	SINGLE("ibm866", "IBM866"),
	SINGLE("iso-8859-2", "ISO-8859-2"),
	SINGLE("iso-8859-3", "ISO-8859-3"),
	SINGLE("iso-8859-4", "ISO-8859-4"),
	SINGLE("iso-8859-5", "ISO-8859-5"),
	SINGLE("iso-8859-6", "ISO-8859-6"),
	SINGLE("iso-8859-7", "ISO-8859-7"),
	SINGLE("iso-8859-8", "ISO-8859-8"),
	SINGLE("iso-8859-10", "ISO-8859-10"),
	SINGLE("iso-8859-13", "ISO-8859-13"),
	SINGLE("iso-8859-14", "ISO-8859-14"),
	SINGLE("iso-8859-15", "ISO-8859-15"),
	SINGLE("iso-8859-16", "ISO-8859-16"),
	SINGLE("koi8-r", "KOI8-R"),
	SINGLE("windows-874", "CP874"),
	SINGLE("windows-1250", "CP1250"),
	SINGLE("windows-1251", "CP1251"),
	SINGLE("windows-1252", "CP1252"),
	SINGLE("windows-1253", "CP1253"),
	SINGLE("windows-1254", "CP1254"),
	SINGLE("windows-1256", "CP1256"),
	SINGLE("windows-1257", "CP1257"),
	SINGLE("windows-1258", "CP1258"),
};

/*
 * Where a glibc of 2.36 and later has another code point than the Standard, or none: count code
 * points from pointer on are point and those after it.
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
	/* FE51 to FE91: private in the Standard and glibc 2.41; in 2.36 where Unicode put them */
	{ INDEX_GB18030, 23767, 0xE816, 3 },
	{ INDEX_GB18030, 23794, 0xE831, 1 },
	{ INDEX_GB18030, 23804, 0xE83B, 1 },
	{ INDEX_GB18030, 23830, 0xE855, 1 },
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

/* The code point that bytes stand for, or 0. */
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

	if (handle == (iconv_t)-1 && errno == ENOMEM)
		memory_fail();
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

_Static_assert(COUNT(indexes) == CHARSET_INDEX_COUNT, "every index has its place");

static void say_missing(size_t i, char error[CHARSET_ERROR_MAX])
{
	snprintf(error, CHARSET_ERROR_MAX,
		 "no conversion from %s: install glibc's gconv modules "
		 "(Debian: libc6, Fedora: glibc-gconv-extra)",
		 indexes[i].iconv_name);
}

/* glibc keeps a module while somebody has it open. */
int charset_prepare(char error[CHARSET_ERROR_MAX])
{
	static iconv_t opened[COUNT(indexes)];
	static size_t count;

	for (; count < COUNT(indexes); count++) {
		opened[count] = iconv_open("WCHAR_T", indexes[count].iconv_name);
		if (opened[count] != (iconv_t)-1)
			continue;
		say_missing(count, error);
		return -1;
	}
	return 0;
}

struct charset_converters *charset_converters_new(char error[CHARSET_ERROR_MAX])
{
	struct charset_converters *converters;
	size_t count = 0;

	for (size_t i = 0; i < COUNT(indexes); i++)
		count += indexes[i].count;
	converters =
		memory_resize(NULL, sizeof(*converters) + count * sizeof(converters->points[0]));
	count = 0;
	for (size_t i = 0; i < COUNT(indexes); i++) {
		if (read_index(i, converters->points + count) < 0) {
			say_missing(i, error);
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

const uint32_t *charset_index_single(const struct charset_converters *converters, const char *name)
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
