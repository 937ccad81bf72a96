/* utf8: sizes, copies and trimming, at every place of the words they are done in. */
#include "tests/support/test.h"

#include <string.h>

#include "parsers/text/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define TEXT_MAX     96 /* bytes: more than two blocks of any width */
#define BEHIND       '#'

/* The table of RFC 3629 4, row by row. */
static const struct {
	size_t size;
	unsigned char least[4], most[4];
} forms[] = {
	{ 1, { 0x00 }, { 0x7F } },
	{ 2, { 0xC2, 0x80 }, { 0xDF, 0xBF } },
	{ 3, { 0xE0, 0xA0, 0x80 }, { 0xE0, 0xBF, 0xBF } },
	{ 3, { 0xE1, 0x80, 0x80 }, { 0xEC, 0xBF, 0xBF } },
	{ 3, { 0xED, 0x80, 0x80 }, { 0xED, 0x9F, 0xBF } },
	{ 3, { 0xEE, 0x80, 0x80 }, { 0xEF, 0xBF, 0xBF } },
	{ 4, { 0xF0, 0x90, 0x80, 0x80 }, { 0xF0, 0xBF, 0xBF, 0xBF } },
	{ 4, { 0xF1, 0x80, 0x80, 0x80 }, { 0xF3, 0xBF, 0xBF, 0xBF } },
	{ 4, { 0xF4, 0x80, 0x80, 0x80 }, { 0xF4, 0x8F, 0xBF, 0xBF } },
};

static size_t expected_size(const char *at, size_t left)
{
	for (size_t n = 0; n < COUNT(forms); n++) {
		size_t good = 0;

		while (good < forms[n].size && good < left &&
		       (unsigned char)at[good] >= forms[n].least[good] &&
		       (unsigned char)at[good] <= forms[n].most[good])
			good++;
		if (good == forms[n].size)
			return good;
	}
	return 0;
}

/* Byte by byte: what utf8_copy() must write. */
static void copy_slowly(char *out, const char *from, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t step = expected_size(from + at, size - at);

		if (step == 0)
			out[at++] = UTF8_SUBSTITUTE;
		for (; step > 0; step--, at++)
			out[at] = from[at];
	}
}

static void assert_copied(const char *from, size_t size)
{
	char expected[TEXT_MAX], out[TEXT_MAX + 1];

	copy_slowly(expected, from, size);
	memset(out, BEHIND, sizeof(out));
	utf8_copy(out, (struct slice){ from, size });
	assert_memory_equal(out, expected, size);
	assert_int_equal(out[size], BEHIND);
}

/* Every pair of bytes, with the third and the fourth at the ends of what they may be. */
static void sizes_are_those_of_the_standard(void **state)
{
	static const unsigned char ends[] = { 0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF };

	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		for (size_t n = 0; n < COUNT(ends) * COUNT(ends); n++) {
			char text[4] = { (char)(pair >> 8), (char)pair, (char)ends[n / COUNT(ends)],
					 (char)ends[n % COUNT(ends)] };

			for (size_t left = 1; left <= 4; left++)
				if (utf8_size(text, text + left) != expected_size(text, left))
					fail_msg("%04x, %zu, %zu bytes", pair, n, left);
		}
	}
}

static const struct slice samples[] = {
	SLICE("\xC3\xA9"),
	SLICE("\xE4\xB8\xBB"),
	SLICE("\xF0\x9F\x98\x80"),
	SLICE("\xEF\xBF\xBF"),
	SLICE("\xF4\x8F\xBF\xBF"),
	SLICE("\xE4\xB8\xBB\xE6\xBC\x94"),
	SLICE("\x80"),
	SLICE("\xFF"),
	SLICE("\xC3"),
	SLICE("\xE4\xB8"),
	SLICE("\xF0\x9F\x98"),
	SLICE("\xC0\xAF"),
	SLICE("\xE0\x80\x80"),
	SLICE("\xED\xA0\x80"),
	SLICE("\xF4\x90\x80\x80"),
	SLICE("\xE4\xB8\xBB\x80"),
	SLICE("\xF0\xE4\xB8\xBB"),
	SLICE("\xC3\xC3\xA9\xC3"),
};

/* One sample in ASCII, wherever it stands, wherever the text begins and ends. */
static void a_copy_is_well_formed_wherever_it_is_not_ASCII(void **state)
{
	char buffer[TEXT_MAX + 8];

	(void)state;
	for (size_t n = 0; n < COUNT(samples); n++) {
		for (size_t place = 0; place < TEXT_MAX - samples[n].size; place++) {
			memset(buffer, 'a', sizeof(buffer));
			memcpy(buffer + place, samples[n].at, samples[n].size);
			for (size_t start = 0; start < 8; start++)
				for (size_t size = 0; size <= place + 8 && size < TEXT_MAX; size++)
					assert_copied(buffer + start, size);
			assert_copied(buffer, TEXT_MAX);
		}
	}
}

/* A text of samples and runs of ASCII, one behind the other. */
static void copies_of_any_mixture_are_well_formed(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[TEXT_MAX];
		size_t size = 0;

		while (size < TEXT_MAX) {
			struct slice next = samples[(random >> 16) % COUNT(samples)];

			random = random * 1103515245 + 12345;
			if (random >> 20 & 1)
				next = (struct slice){ "abcdefghijklmnopqrstuvwxyz0123456789",
						       random >> 22 & 31 };
			if (next.size > TEXT_MAX - size)
				next.size = TEXT_MAX - size;
			memcpy(text + size, next.at, next.size);
			size += next.size;
		}
		assert_copied(text, size);
	}
}

static void an_absent_text_is_copied(void **state)
{
	char out = BEHIND;

	(void)state;
	utf8_copy(&out, (struct slice){ 0 });
	assert_int_equal(out, BEHIND);
}

static void white_space_is_trimmed_off_both_ends(void **state)
{
	static const struct {
		struct slice text, trimmed;
	} cases[] = {
		{ SLICE(""), SLICE("") },
		{ SLICE("a"), SLICE("a") },
		{ SLICE(" \t\n\v\f\r"), SLICE("") },
		{ SLICE(" a b "), SLICE("a b") },
		{ SLICE("\n\t\xE4\xB8\xBB\xE6\xBC\x94 \r"), SLICE("\xE4\xB8\xBB\xE6\xBC\x94") },
		{ SLICE("\xC2\xA0\xE3\x80\x80 a \xE2\x80\x89\xC2\x85"), SLICE("a") },
		{ SLICE(" \xE3\x80\x80 \xE3\x80\x80 "), SLICE("") },
		{ SLICE("\x80 a \xA0"), SLICE("\x80 a \xA0") }, /* malformed: no space */
		{ SLICE(" \xE3\x80 "), SLICE("\xE3\x80") },
		{ SLICE("\x1F a\x08\x0E"), SLICE("\x1F a\x08\x0E") },
	};

	(void)state;
	assert_int_equal(utf8_trim((struct slice){ 0 }).size, 0);
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct slice trimmed = utf8_trim(cases[n].text);

		if (!slice_equal(trimmed, cases[n].trimmed))
			fail_msg("case %zu became '%.*s'", n, (int)trimmed.size, trimmed.at);
	}
}

static void a_cut_tears_no_character(void **state)
{
	static const struct {
		struct slice text;
		size_t most, size;
	} cases[] = {
		{ SLICE(""), 0, 0 },
		{ SLICE("ab"), 0, 0 },
		{ SLICE("ab"), 1, 1 },
		{ SLICE("ab"), 3, 2 },
		{ SLICE("a\xE4\xB8\xBB"), 4, 4 },
		{ SLICE("a\xE4\xB8\xBB"), 3, 1 },
		{ SLICE("a\xE4\xB8\xBB"), 2, 1 },
		{ SLICE("a\xE4\xB8\xBB"), 1, 1 },
		{ SLICE("\xF0\x9F\x98\x80z"), 3, 0 },
		{ SLICE("\x80\x80\x80"), 2, 2 }, /* malformed: each its own */
	};

	(void)state;
	assert_int_equal(utf8_cut((struct slice){ 0 }, 5).size, 0);
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct slice cut = utf8_cut(cases[n].text, cases[n].most);

		if (cut.at != cases[n].text.at || cut.size != cases[n].size)
			fail_msg("case %zu: %zu bytes", n, cut.size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_standard),
		cmocka_unit_test(a_copy_is_well_formed_wherever_it_is_not_ASCII),
		cmocka_unit_test(copies_of_any_mixture_are_well_formed),
		cmocka_unit_test(an_absent_text_is_copied),
		cmocka_unit_test(white_space_is_trimmed_off_both_ends),
		cmocka_unit_test(a_cut_tears_no_character),
	};

	return RUN_TESTS(tests);
}
