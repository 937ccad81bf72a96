#include "tests/support/test.h"

#include <stdio.h>
#include <time.h>

#include "parsers/charset/charset_encode.h"
#include "parsers/text/hex.h"
#include "parsers/text/utf8.h"

static struct charset_converters *converters;
static struct charset_encoder *encoder;

static int set_up(void **state)
{
	char error[CHARSET_ERROR_MAX];

	(void)state;
	converters = charset_converters_new(error);
	encoder = charset_encoder_new(converters);
	return converters ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	charset_encoder_free(encoder);
	charset_converters_free(converters);
	return 0;
}

/* The charset of a label, as a page that is called so has it. */
static struct charset charset_of(const char *label)
{
	char header[64];

	snprintf(header, sizeof(header), "text/html; charset=%s", label);
	return charset_decide(SLICE("x"), slice_of(header));
}

static struct slice encode(const char *label, struct slice reference, char *out)
{
	return charset_encode_query(encoder, charset_of(label), reference, out);
}

/* WHATWG URL 1.3, with the bytes of Encoding 8 to 14. */
static void a_query_is_in_the_charset_of_its_page(void **state)
{
	static const struct {
		const char *label, *reference, *want;
	} table[] = {
		{ "utf-8", "/é?é", "/é?é" },
		{ "utf-16le", "?中", "?中" },
		{ "gbk", "/目?城=北京&k=%B1%B1", "/目?%B3%C7=%B1%B1%BE%A9&k=%B1%B1" },
		{ "gbk", "?華", "?%C8A" },
		{ "gbk", "?€", "?%80" },
		{ "gb2312", "?😀", "?%26%23128512%3B" },
		{ "gb18030", "?€", "?%A2%E3" },
		{ "gb18030", "?😀", "?%949%FC6" },
		{ "gb18030", "?ÿ", "?%810%8B7" },
		{ "shift_jis", "?日本", "?%93%FA%96{" },
		{ "shift_jis", "?ｱ¥‾−①", "?%B1\\~%81|%87@" },
		{ "euc-jp", "?日本ｱ", "?%C6%FC%CB%DC%8E%B1" },
		{ "euc-jp", "?髙", "?%FC%E2" },
		{ "iso-2022-jp", "?a日本b", "?a%1B$BF|K\\%1B(Bb" },
		{ "iso-2022-jp", "?日", "?%1B$BF|%1B(B" },
		{ "iso-2022-jp", "?日é", "?%1B$BF|%1B(B%26%23233%3B" },
		{ "iso-2022-jp", "?ｱ", "?%1B$B%\"%1B(B" },
		{ "big5", "?中", "?%A4%A4" },
		{ "big5", "?十", "?%A4Q" },
		{ "big5", "?𠕇", "?%FA@" },
		{ "big5", "?😀", "?%26%23128512%3B" },
		{ "euc-kr", "?한똠", "?%C7%D1%8Cc" },
		{ "windows-1251", "/путь?слово&x=漢", "/путь?%F1%EB%EE%E2%EE&x=%26%2328450%3B" },
		{ "iso-8859-1", "?café€", "?caf%E9%80" },
		{ "iso-8859-8-i", "?א", "?%E0" },
		{ "koi8-u", "?Привіт", "?%F0%D2%C9%D7%A6%D4" },
		{ "iso-8859-1", "/é", "/é" },
		{ "iso-8859-1", "/é#?é", "/é#?é" },
		{ "iso-8859-1", "?a=1", "?a=1" },
		{ "iso-8859-1", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char out[256];
		struct slice got = encode(table[i].label, slice_of(table[i].reference), out);

		if (!slice_equal(got, slice_of(table[i].want)))
			fail_msg("%s: %s gave %.*s, not %s", table[i].label, table[i].reference,
				 (int)got.size, got.at, table[i].want);
	}
}

/* The bytes that escapes stand for. */
static struct slice unescape(struct slice text, char *out)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		int byte = hex_escape((struct slice){ text.at + i, text.size - i });

		out[size++] = byte < 0 ? text.at[i] : (char)byte;
		i += byte < 0 ? 0 : 2;
	}
	return (struct slice){ out, size };
}

/* These become another character on the way (Encoding 11 to 13). */
static bool is_one_way(uint32_t point)
{
	return point == 0xA5 || point == 0x203E || point == 0x2212 ||
	       (point >= 0xFF61 && point <= 0xFF9F);
}

/* What a server decodes is what stood in the link, for every character an encoding has. */
static void what_is_encoded_is_decoded_to_itself(void **state)
{
	static const char *const labels[] = {
		"gbk",         "gb18030", "big5",   "euc-kr",      "euc-jp",       "shift_jis",
		"iso-2022-jp", "koi8-r",  "ibm866", "windows-874", "windows-1258", "macintosh"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct charset charset = charset_of(labels[i]);
		size_t known = 0;

		for (uint32_t point = 0x80; point < 0x10100; point++) {
			char text[8] = "?", out[128], bytes[128], again[128];
			struct slice reference = { text, 1 }, got;

			if ((point >= 0xD800 && point <= 0xDFFF) || is_one_way(point))
				continue;
			reference.size += utf8_put(text + 1, point);
			got = charset_encode_query(encoder, charset, reference, out);
			assert_true(got.size <= reference.size * CHARSET_QUERY_GROWTH_MAX);
			if (memmem(got.at, got.size, "%26%23", 6))
				continue;
			known++;
			got = charset_to_utf8(converters, charset, unescape(got, bytes), again,
					      sizeof(again));
			if (!slice_equal(got, reference))
				fail_msg("%s: U+%04X", labels[i], point);
		}
		assert_in_range(known, 90, 0x20000);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A page may have links of millions of characters that its encoding has not. */
static void no_character_is_slow(void **state)
{
	static const char *const labels[] = { "gbk",    "gb18030",   "big5",       "euc-kr",
					      "euc-jp", "shift_jis", "iso-2022-jp" };
	static const char *const characters[] = { "é", "😀", "𠀀", "\U0010FFFD" };
	static char text[1 + 4 * 200000], out[sizeof(text) * CHARSET_QUERY_GROWTH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		for (size_t n = 0; n < sizeof(characters) / sizeof(characters[0]); n++) {
			struct slice character = slice_of(characters[n]);
			struct slice reference = { text, 1 };
			double start = seconds();

			text[0] = '?';
			for (; reference.size + 4 <= sizeof(text); reference.size += character.size)
				memcpy(text + reference.size, character.at, character.size);
			encode(labels[i], reference, out);
			if (seconds() - start > 1.0)
				fail_msg("%s: %s takes %.1f s", labels[i], characters[n],
					 seconds() - start);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_is_in_the_charset_of_its_page),
		cmocka_unit_test(what_is_encoded_is_decoded_to_itself),
		cmocka_unit_test(no_character_is_slow),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
