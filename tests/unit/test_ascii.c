/* ascii: case and classes of ASCII, whatever the locale says; and of nothing else. */
#include "tests/support/test.h"

#include <locale.h>
#include <string.h>

#include "parsers/text/ascii.h"

/* What each byte should be, written out rather than worked out. */
static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char smalls[] = "abcdefghijklmnopqrstuvwxyz";

static char expected_lower(char c)
{
	const char *capital = c ? strchr(capitals, c) : NULL;

	return capital ? smalls[capital - capitals] : c;
}

static void only_letters_of_ascii_have_a_case(void **state)
{
	(void)state;
	for (int a = 0; a < 256; a++) {
		assert_int_equal(ascii_lower((char)a), expected_lower((char)a));
		for (int b = 0; b < 256; b++) {
			struct slice left = { (char[]){ (char)a }, 1 };
			struct slice right = { (char[]){ (char)b }, 1 };
			bool is_same = expected_lower((char)a) == expected_lower((char)b);

			assert_int_equal(ascii_equal(left, right), is_same);
			assert_int_equal(ascii_starts_with(left, right), is_same);
		}
	}
}

static void classes_are_those_of_ascii(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		bool is_letter = c && (strchr(capitals, c) || strchr(smalls, c));

		assert_int_equal(ascii_is_letter(c), is_letter);
		assert_int_equal(ascii_is_digit(c), c && strchr("0123456789", c));
		assert_int_equal(ascii_is_white(c), c && strchr(" \t\n\f\r", c));
	}
}

/* Where the locale is not installed this says nothing more than the tests above. */
static void a_turkish_locale_changes_nothing(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "tr_TR.ISO-8859-9"))
		setlocale(LC_ALL, "tr_TR.UTF-8");
	assert_true(ascii_equal(SLICE("TITLE"), SLICE("title")));
	assert_true(ascii_equal(SLICE("IFRAME"), SLICE("iframe")));
	assert_false(ascii_equal(SLICE("\xDD"), SLICE("i")));
	assert_false(ascii_equal(SLICE("I"), SLICE("\xFD")));
	only_letters_of_ascii_have_a_case(NULL);
	classes_are_those_of_ascii(NULL);
	setlocale(LC_ALL, "C");
}

static void words_and_prefixes_are_compared_whole(void **state)
{
	(void)state;
	assert_true(ascii_equal(SLICE(""), (struct slice){ NULL, 0 }));
	assert_false(ascii_equal(SLICE("refres"), SLICE("refresh")));
	assert_false(ascii_equal(SLICE("a\0b"), SLICE("a\0c")));
	assert_true(ascii_starts_with(SLICE("HTTP://x"), SLICE("http://")));
	assert_true(ascii_starts_with(SLICE("x"), SLICE("")));
	assert_false(ascii_starts_with(SLICE("http:/"), SLICE("http://")));
}

static void trimming_takes_white_space_off_both_ends(void **state)
{
	static const char *const table[][2] = {
		{ " \t\r\n\fa b\f\n\r\t ", "a b" },
		{ "", "" },
		{ " \n ", "" },
		{ "a", "a" },
		{ "\va\v", "\va\v" },
		{ "\xA0", "\xA0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_true(slice_equal(ascii_trim(slice_of(table[i][0])), slice_of(table[i][1])));
	assert_int_equal(ascii_trim((struct slice){ NULL, 0 }).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_letters_of_ascii_have_a_case),
		cmocka_unit_test(classes_are_those_of_ascii),
		cmocka_unit_test(a_turkish_locale_changes_nothing),
		cmocka_unit_test(words_and_prefixes_are_compared_whole),
		cmocka_unit_test(trimming_takes_white_space_off_both_ends),
	};

	return RUN_TESTS(tests);
}
