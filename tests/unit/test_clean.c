#include "tests/support/test.h"

#include <locale.h>
#include <stdio.h>

#include <pcre2.h>

#include "parsers/charset/charset.h"
#include "parsers/markup/html.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/clean.h"
#include "parsers/pattern/value.h"
#include "parsers/text/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static size_t resolve(struct slice base, struct slice reference, char *out, size_t out_bytes)
{
	if (reference.size == 0)
		return 0;
	return (size_t)snprintf(out, out_bytes, "%.*s%.*s", (int)base.size, base.at,
				(int)reference.size, reference.at);
}

/* Run steps on text; the result is a string until the next call. */
static const char *cleaned(const struct clean_spec *specs, size_t count, struct slice text)
{
	static char result[4096];
	struct scratch store = { 0 };
	struct pattern_error error;
	struct clean clean;
	const char *limit = NULL;

	if (!clean_compile(&clean, specs, count, PATTERN_MATCH_LIMIT, resolve, &store, &error))
		fail_msg("%s", error.message);
	budget_begin(1000);
	assert_int_equal(clean_run(&clean, SLICE("http://a/"), &text, &store, &limit), CLEAN_DONE);
	assert_non_null(text.at);
	assert_true(text.size < sizeof(result));
	memcpy(result, text.at, text.size);
	result[text.size] = '\0';
	clean_free(&clean);
	scratch_free(&store);
	return result;
}

static const char *cleaned_by(enum clean_kind kind, const char *argument, const char *text)
{
	const struct clean_spec spec = { .kind = kind, .argument = argument };

	return cleaned(&spec, 1, slice_of(text));
}

static void trim_takes_every_white_space_of_unicode(void **state)
{
	static const char *const cases[][2] = {
		{ "  a b\t\n", "a b" },
		{ "\u3000\u00A0a\u2003\u2028", "a" },
		{ "\xC2\x85\u1680"
		  "a\u202F\u205F",
		  "a" },
		{ " \v\f\r\n", "" },
		{ "", "" },
		{ "电 影 ", "电 影" },
		{ "\xA0 a \x80", "\xA0 a \x80" },
		{ "\xE3\x80", "\xE3\x80" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(cleaned_by(CLEAN_TRIM, NULL, cases[n][0]), cases[n][1]);
}

static void squeeze_leaves_one_space(void **state)
{
	static const char *const cases[][2] = {
		{ "  a \n\t b\u3000\u00A0c ", "a b c" }, { " ", "" }, { "ab", "ab" }, { "", "" }
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(cleaned_by(CLEAN_SQUEEZE, NULL, cases[n][0]), cases[n][1]);
}

static void html_takes_tags_off(void **state)
{
	(void)state;
	assert_string_equal(cleaned_by(CLEAN_HTML, NULL, "<b>a</b>b"), "ab");
}

static void letters_of_every_script_change_case(void **state)
{
	static const char *const cases[][3] = {
		{ "AbC1", "abc1", "ABC1" },
		{ "ÉÅØ", "éåø", "ÉÅØ" },
		{ "Привет", "привет", "ПРИВЕТ" },
		{ "ΣΑΣ", "σασ", "ΣΑΣ" },
		{ "电影", "电影", "电影" },
		{ "ɐ", "ɐ", "Ɐ" },
		{ "\xFF"
		  "A",
		  "\xFF"
		  "a",
		  "\xFF"
		  "A" },
	};

	(void)state;
	assert_non_null(setlocale(LC_ALL, "C"));
	for (size_t n = 0; n < COUNT(cases); n++) {
		assert_string_equal(cleaned_by(CLEAN_LOWER, NULL, cases[n][0]), cases[n][1]);
		assert_string_equal(cleaned_by(CLEAN_UPPER, NULL, cases[n][0]), cases[n][2]);
	}
}

static void number_reads_what_people_write(void **state)
{
	static const char *const cases[][2] = {
		{ "1,234.5 km", "1234.5" },
		{ "1.234,50 €", "1234.50" },
		{ "1 234", "1234" },
		{ "1\u00A0234\u202F567,8", "1234567.8" },
		{ "1'000'000", "1000000" },
		{ "1’000.50 CHF", "1000.50" },
		{ "1,234,567", "1234567" },
		{ "1.234.567", "1234567" },
		{ "1.234.567,89", "1234567.89" },
		{ "1.234", "1.234" },
		{ "3,5", "3.5" },
		{ "1,234", "1234" },
		{ "0,125", "0.125" },
		{ "1234,567", "1234.567" },
		{ "$ 12", "12" },
		{ "-$5", "-5" },
		{ "$-5", "-5" },
		{ "€ −7,25", "-7.25" },
		{ "+5", "5" },
		{ "A-5", "5" },
		{ "GBP -5", "-5" },
		{ ".5", "0.5" },
		{ "-.5", "-0.5" },
		{ "No.5", "5" },
		{ "¥12万", "12" },
		{ "9.", "9" },
		{ "1.2.3", "1.2" },
		{ "2019-05-01", "2019" },
		{ "12 34", "12" },
		{ "1.5 123", "1.5" },
		{ "1, 2", "1" },
		{ "1.299,-", "1299" },
		{ "CHF 25.-", "25" },
		{ "1.299,– €", "1299" },
		{ "2,--€", "2" },
		{ "2,— €", "2" },
		{ "1,299.-", "1299" },
		{ "12,50-", "12.50" },
		{ "1.5,-", "1.5" },
		{ ",89 €", "0.89" },
		{ "-,89", "-0.89" },
		{ "€ ,89", "0.89" },
		{ "x,89", "89" },
		{ "₹1,00,000", "100000" },
		{ "1,23,45,678.90", "12345678.90" },
		{ "12,34,567", "1234567" },
		{ "5,67,890 to 6", "567890" },
		{ "1,00,00", "1.00" },
		{ "1,22,333,444", "1.22" },
		{ "１２３４", "1234" },
		{ "￥１，２３４．５０", "1234.50" },
		{ "－５", "-5" },
		{ "٣٫٥", "3.5" },
		{ "१२", "12" },
		{ "1,234,567.890", "1234567.890" },
		{ "1 490,00 руб.", "1490.00" },
		{ "￥ 4,234.35", "4234.35" },
		{ "11,33 USD", "11.33" },
		{ "-2,525,077.54", "-2525077.54" },
		{ "R$ -2,00", "-2.00" },
		{ "-R$ 2,00", "-2.00" },
		{ "-$ 5", "-5" },
		{ "- 5", "5" },
		{ "a -b 5", "5" },
		{ "-kr 6.645", "-6.645" },
		{ "saldo: -EUR 5", "-5" },
		{ "−€5", "-5" },
		{ "A-EUR 5", "5" },
		{ "-Model 5", "5" },
		{ "1-5", "1" },
		{ "12€50", "12.50" },
		{ "3 € 20", "3" },
		{ "12€500", "12" },
		{ "1.234€50", "1.234" },
		{ "20 €", "20" },
		{ ".5€50", "0.5" },
		{ "1'234€50", "1234.50" },
		{ " \u00A0", "" },
		{ "", "" },
		{ "007", "007" },
		{ "评分：8.9分", "8.9" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(cleaned_by(CLEAN_NUMBER, NULL, cases[n][0]), cases[n][1]);
}

static void a_number_has_the_mark_that_is_said(void **state)
{
	static const char *const cases[][3] = {
		{ ",", "1.299", "1299" },
		{ ",", "1.299,5", "1299.5" },
		{ ",", "140.000", "140000" },
		{ ".", "140.000", "140.000" },
		{ ".", "1,299", "1299" },
		{ ".", "1,234,567.8", "1234567.8" },
		{ ",", "3,350", "3.350" },
		{ ".", "3.355", "3.355" },
		{ ",", "0,125", "0.125" },
		{ ",", "1 234,567", "1234.567" },
		{ ".", ".5", "0.5" },
		{ ",", ",5", "0.5" },
		{ ",", "1.299,-", "1299" },
		{ ".", "25.-", "25" },
		{ ",", "12", "12" },
		{ ",", "1.234.567", "1234567" },
		{ ".", "1,00,000.5", "100000.5" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(cleaned_by(CLEAN_NUMBER, cases[n][0], cases[n][1]),
				    cases[n][2]);
}

static enum clean_result result_of(const struct clean_spec *spec, struct slice text)
{
	struct scratch store = { 0 };
	struct pattern_error error;
	struct clean clean;
	const char *limit;
	enum clean_result result;

	assert_true(clean_compile(&clean, spec, 1, 1000, resolve, &store, &error));
	budget_begin(1000);
	result = clean_run(&clean, SLICE("http://a/"), &text, &store, &limit);
	clean_free(&clean);
	scratch_free(&store);
	return result;
}

/* As nothing it would be an empty field, and as 0 it would be averaged. */
static void a_text_without_a_number_is_bad(void **state)
{
	static const char *const cases[][2] = {
		{ NULL, "n/a" },     { NULL, "price on request" },
		{ NULL, "a\xE7" },   { NULL, "-" },
		{ NULL, "一百" },    { ",", "1.5" },
		{ ".", "3,5" },      { ",", "1,234.5" },
		{ ",", "1234.567" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct clean_spec spec = { .kind = CLEAN_NUMBER, .argument = cases[n][0] };

		if (result_of(&spec, slice_of(cases[n][1])) != CLEAN_BAD)
			fail_msg("%s is a number", cases[n][1]);
	}
}

static void escapes_of_json_are_decoded(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "caf\\u00e9 \\\"noir\\\"", "caf\xc3\xa9 \"noir\"" },
		{ "https:\\/\\/a.org\\n", "https://a.org\n" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "it\\'s \\\\", "it's \\" },
	};
	static const char *const bad[] = { "\\x41", "a\\", "\\u12", "\\U0001F600" };

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(cleaned_by(CLEAN_JSON, NULL, cases[n][0]), cases[n][1]);
	for (size_t n = 0; n < COUNT(bad); n++) {
		const struct clean_spec spec = { .kind = CLEAN_JSON };

		if (result_of(&spec, slice_of(bad[n])) != CLEAN_BAD)
			fail_msg("%s is decoded", bad[n]);
	}
}

static void urls_become_absolute(void **state)
{
	(void)state;
	assert_string_equal(cleaned_by(CLEAN_URL, NULL, " x/y "), "http://a/x/y");
}

/* Once, whether the step before did it or this one does. */
static void references_of_an_attribute_are_decoded_once(void **state)
{
	static const struct clean_spec steps[] = { { .kind = CLEAN_HTML }, { .kind = CLEAN_URL } };
	static const char *const cases[][3] = {
		{ "s?a=1&amp;lang=en", "http://a/s?a=1&lang=en", "http://a/s?a=1&lang=en" },
		{ "s?a=1&copy=2&reg=3", "http://a/s?a=1&copy=2&reg=3", NULL },
		{ "s?a=1&copy2", "http://a/s?a=1&copy2", NULL },
		{ "s&#47;t&sol;u", "http://a/s/t/u", "http://a/s/t/u" },
		{ "s?q=&amp;lt;", "http://a/s?q=&lt;", "http://a/s?q=&lt;" },
		{ "&#32;s&nbsp;", "http://a/s", "http://a/s" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		assert_string_equal(cleaned(&steps[1], 1, slice_of(cases[n][0])), cases[n][1]);
		if (cases[n][2])
			assert_string_equal(cleaned(steps, 2, slice_of(cases[n][0])), cases[n][2]);
	}
}

static void what_is_no_url_is_a_bad_value(void **state)
{
	const struct clean_spec spec = { .kind = CLEAN_URL };
	struct slice text = SLICE(" ");
	struct scratch store = { 0 };
	struct pattern_error error;
	struct clean clean;
	const char *limit;

	(void)state;
	assert_true(clean_compile(&clean, &spec, 1, 1000, resolve, &store, &error));
	assert_int_equal(clean_run(&clean, SLICE("http://a/"), &text, &store, &limit), CLEAN_BAD);
	assert_int_equal(text.size, 1);
	clean_free(&clean);
	scratch_free(&store);
}

/* What Python 3.11 gives. */
static void slices_are_pythons(void **state)
{
	static const char *const cases[][3] = {
		{ "3:", "主演：张国荣", "张国荣" },
		{ ":-1", "电影院", "电影" },
		{ "2:5", "abcdef", "cde" },
		{ "-2:", "电影院", "影院" },
		{ ":", "abc", "abc" },
		{ "0", "电影", "电" },
		{ "-1", "电影", "影" },
		{ "-2", "电影院", "影" },
		{ "5", "abc", "" },
		{ "5:", "abc", "" },
		{ ":9", "abc", "abc" },
		{ "-9:2", "abc", "ab" },
		{ "2:1", "abc", "" },
		{ "-1:1", "abc", "" },
		{ "1:-1", "", "" },
		{ "-99999999999999999999:99999999999999999999", "abc", "abc" },
		{ "9223372036854775807", "abc", "" },
		{ "-9223372036854775808:", "abc", "abc" },
		{ "1:", "\xE7\x94z", "\x94z" },
		{ "-1:", "a\xFF", "\xFF" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(cleaned_by(CLEAN_SLICE, cases[n][0], cases[n][1]), cases[n][2]);
}

static void drop_takes_a_prefix_off_where_it_is(void **state)
{
	(void)state;
	assert_string_equal(cleaned_by(CLEAN_DROP, "主演：", "主演：张"), "张");
	assert_string_equal(cleaned_by(CLEAN_DROP, "主演：", "导演：张"), "导演：张");
	assert_string_equal(cleaned_by(CLEAN_DROP, "abc", "ab"), "ab");
	assert_string_equal(cleaned_by(CLEAN_DROP, "ab", "ab"), "");
}

static void replace_changes_every_match(void **state)
{
	static const struct {
		const char *regex, *with, *text, *result;
	} cases[] = {
		{ "a", "b", "banana", "bbnbnb" },
		{ "(\\w+) (\\w+)", "$2 ${1}$$", "ab cd", "cd ab$" },
		{ "(?<y>\\d{4})-(?<m>\\d\\d)", "${m}/${y}", "2019-05", "05/2019" },
		{ "x", "", "axbxc", "abc" },
		{ "x", "y", "abc", "abc" },
		{ "x*", "-", "abxd", "-a-b--d-" }, /* as re.sub of Python */
		{ "^", ">", "", ">" },
		{ "(a)|b", "[$1]", "ab", "[a][]" },
		{ "\\s+", "\\n\\t\\$\\\\", "a b", "a\n\t$\\b" },
		{ "(?i)A", "$0$0", "aA", "aaAA" },
		{ "\\S", "电", "影é", "电电" },
		{ "a\\Kb", "x", "abab", "axax" },
		{ "(?<=[xyz])a", "-", "xa ya za", "x- y- z-" },
		{ "(?<!a)a", "b", "aaa", "baa" },
		{ "a", "", "aab", "b" },
		{ "(a)?b", "[$1]", "bab", "[][a]" },
		{ "(?m)\\s+$", "", "a  \nb \n", "a\nb" },
		{ "(?<=[^\n])\n[ \t]*(?!\n|$)", " ", "that\nworked.\n", "that worked.\n" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct clean_spec spec = { .kind = CLEAN_REPLACE,
						 .argument = cases[n].regex,
						 .with = cases[n].with };

		assert_string_equal(cleaned(&spec, 1, slice_of(cases[n].text)), cases[n].result);
	}
}

static void map_changes_whole_values(void **state)
{
	static const char *const pairs[] = { "one", "1", "two", "2", "", "none" };
	const struct clean_spec spec = { .kind = CLEAN_MAP, .pairs = pairs, .pair_count = 3 };

	(void)state;
	assert_string_equal(cleaned(&spec, 1, SLICE("two")), "2");
	assert_string_equal(cleaned(&spec, 1, SLICE("")), "none");
	assert_string_equal(cleaned(&spec, 1, SLICE("one ")), "one ");
}

static void steps_run_in_their_order(void **state)
{
	const struct clean_spec specs[] = { { .kind = CLEAN_TRIM },
					    { .kind = CLEAN_SLICE, .argument = "3:" },
					    { .kind = CLEAN_UPPER } };

	(void)state;
	assert_string_equal(cleaned(specs, 3, SLICE(" \nabcdef ")), "DEF");
	assert_string_equal(cleaned(specs, 0, SLICE(" a ")), " a ");
}

static uint64_t seed = 11;

static unsigned random_below(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/* In a block of its own size, so that a sanitizer sees a byte read too far. */
static struct slice random_bytes(unsigned size)
{
	static const char likely[] = "a ,.-'5<\xE7\x94\xB5\xC2\xA0\xE3\x80\xF0\xFF\xE2\x88\x92{\"[";
	char *bytes = malloc(size ? size : 1);

	for (unsigned n = 0; n < size; n++)
		bytes[n] = random_below(4) ? likely[random_below(sizeof(likely) - 1)]
					   : (char)random_below(256);
	return (struct slice){ bytes, size };
}

/* The regular expression is left out: it is for well-formed text only, and never gets other. */
static void any_bytes_are_survived(void **state)
{
	static const struct clean_spec specs[] = {
		{ .kind = CLEAN_SQUEEZE }, { .kind = CLEAN_HTML },
		{ .kind = CLEAN_LOWER },   { .kind = CLEAN_UPPER },
		{ .kind = CLEAN_TRIM },    { .kind = CLEAN_SLICE, .argument = "1:-1" },
		{ .kind = CLEAN_NUMBER },  { .kind = CLEAN_SLICE, .argument = "-3" },
		{ .kind = CLEAN_JSON },
	};

	(void)state;
	for (int n = 0; n < 20000; n++) {
		struct slice text = random_bytes(random_below(24));
		struct scratch scratch = { 0 };
		struct value value;

		result_of(&specs[random_below(COUNT(specs))], text);
		value_convert(&value, (enum field_type)random_below(FIELD_TYPES), text, &scratch);
		scratch_free(&scratch);
		free((char *)text.at);
	}
}

/* PCRE2's own check is the judge. */
static void copies_are_well_formed_and_keep_what_was(void **state)
{
	int error;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR) "", 0, PCRE2_UTF, &error, &offset, NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	(void)state;
	for (int n = 0; n < 50000; n++) {
		struct slice text = random_bytes(random_below(20));
		char *copy = malloc(text.size + 1);
		bool was_valid;

		utf8_copy(copy, text);
		was_valid = pcre2_match(code, (PCRE2_SPTR)text.at, text.size, 0, 0, data, NULL) > 0;
		assert_true(pcre2_match(code, (PCRE2_SPTR)copy, text.size, 0, 0, data, NULL) > 0);
		assert_int_equal(charset_is_utf8(text), was_valid);
		assert_int_equal(memcmp(copy, text.at, text.size) == 0 || !was_valid, 1);
		for (size_t at = 0; at < text.size; at++)
			assert_true(copy[at] == text.at[at] || copy[at] == UTF8_SUBSTITUTE);
		free(copy);
		free((char *)text.at);
	}
	pcre2_match_data_free(data);
	pcre2_code_free(code);
}

static void code_points_survive_a_round_trip(void **state)
{
	(void)state;
	for (uint32_t code = 1; code <= 0x10FFFF; code++) {
		char bytes[4];
		size_t size = utf8_put(bytes, code);
		bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;

		assert_int_equal(utf8_size(bytes, bytes + size), is_surrogate ? 0 : size);
		assert_int_equal(utf8_decode(bytes, size), code);
		if (size > 1)
			assert_int_equal(utf8_size(bytes, bytes + size - 1), 0);
	}
}

static void a_scratch_asks_for_no_memory_once_it_has_grown(void **state)
{
	struct scratch scratch = { 0 };
	struct scratch_block *block;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int n = 0; n < 1000; n++)
			memset(scratch_take(&scratch, 100), n, 100);
		scratch_reset(&scratch);
		scratch_take(&scratch, 1);
		block = scratch.newest;
	}
	for (int n = 0; n < 400; n++)
		scratch_take(&scratch, 100);
	assert_ptr_equal(scratch.newest, block);
	scratch_take(&scratch, SCRATCH_KEEP_BYTES * 2);
	scratch_reset(&scratch);
	assert_null(scratch.newest);
	scratch_free(&scratch);
}

static void burn(void *context)
{
	for (volatile uint64_t *n = context;; ++*n)
		;
}

static void nothing(void *context)
{
	++*(uint64_t *)context;
}

static void a_budget_cuts_off_what_does_not_end(void **state)
{
	uint64_t count = 0;

	(void)state;
	budget_begin(20);
	assert_true(budget_call(nothing, &count));
	assert_int_equal(count, 1);
	assert_false(budget_is_spent());
	assert_false(budget_call(burn, &count));
	assert_true(budget_is_spent());
	budget_begin(20);
	assert_false(budget_is_spent());
	assert_false(budget_call(burn, &count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trim_takes_every_white_space_of_unicode),
		cmocka_unit_test(squeeze_leaves_one_space),
		cmocka_unit_test(html_takes_tags_off),
		cmocka_unit_test(letters_of_every_script_change_case),
		cmocka_unit_test(number_reads_what_people_write),
		cmocka_unit_test(a_number_has_the_mark_that_is_said),
		cmocka_unit_test(a_text_without_a_number_is_bad),
		cmocka_unit_test(escapes_of_json_are_decoded),
		cmocka_unit_test(urls_become_absolute),
		cmocka_unit_test(references_of_an_attribute_are_decoded_once),
		cmocka_unit_test(what_is_no_url_is_a_bad_value),
		cmocka_unit_test(slices_are_pythons),
		cmocka_unit_test(drop_takes_a_prefix_off_where_it_is),
		cmocka_unit_test(replace_changes_every_match),
		cmocka_unit_test(map_changes_whole_values),
		cmocka_unit_test(steps_run_in_their_order),
		cmocka_unit_test(any_bytes_are_survived),
		cmocka_unit_test(copies_are_well_formed_and_keep_what_was),
		cmocka_unit_test(code_points_survive_a_round_trip),
		cmocka_unit_test(a_scratch_asks_for_no_memory_once_it_has_grown),
		cmocka_unit_test(a_budget_cuts_off_what_does_not_end),
	};

	return RUN_TESTS(tests);
}
