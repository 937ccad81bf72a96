#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/json_read.h"
#include "parsers/pattern/value.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Convert and write back; "!" is a bad value, "~" is NULL. */
static const char *converted(enum field_type type, const char *text)
{
	static char result[400];
	struct scratch scratch = { 0 };
	struct value value;

	if (!value_convert(&value, type, slice_of(text), &scratch))
		strcpy(result, "!");
	else if (value.kind == VALUE_NULL)
		strcpy(result, "~");
	else if (value.kind == VALUE_INTEGER)
		snprintf(result, sizeof(result), "%lld", (long long)value.integer);
	else if (value.kind == VALUE_REAL)
		snprintf(result, sizeof(result), "%.17g", value.real);
	else
		snprintf(result, sizeof(result), "%.*s", (int)value.text.size, value.text.at);
	scratch_free(&scratch);
	return result;
}

static void integers(void **state)
{
	static const char *const cases[][2] = {
		{ "0", "0" },
		{ "007", "7" },
		{ " -5\u00A0", "-5" },
		{ "+5", "5" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "9223372036854775808", "!" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "-9223372036854775809", "!" },
		{ "99999999999999999999999", "!" },
		{ "1.0", "!" },
		{ "1,000", "!" },
		{ "0x10", "!" },
		{ "-", "!" },
		{ "+-1", "!" },
		{ "１", "!" },
		{ "", "~" },
		{ " \u3000", "~" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(converted(FIELD_INTEGER, cases[n][0]), cases[n][1]);
}

static void reals(void **state)
{
	static const char *const cases[][2] = {
		{ "9.5", "9.5" },   { "-.5", "-0.5" }, { "5.", "5" },     { "1e3", "1000" },
		{ "1E-2", "0.01" }, { " 7 ", "7" },    { "1,5", "!" },    { "inf", "!" },
		{ "nan", "!" },     { "0x1p3", "!" },  { "1e999", "!" },  { "1e", "!" },
		{ ".", "!" },       { "1.2.3", "!" },  { "1e-999", "0" }, { "", "~" },
		{ "-", "!" },       { "-.", "!" },     { "+.5", "0.5" },  { "--1", "!" },
		{ "-0", "-0" },     { "-0.0", "-0" },  { "+", "!" },      { "1-", "!" },
	};
	char huge[2000];

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(converted(FIELD_REAL, cases[n][0]), cases[n][1]);
	memset(huge, '1', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_string_equal(converted(FIELD_REAL, huge), "!");
}

/* Of one to twenty digits, with the point anywhere: short ones are not read by the C library. */
static void a_real_is_the_nearest_to_what_is_written(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int n = 0; n < 100000; n++) {
		char text[32];
		size_t size, place;
		struct value value;

		random = random * 6364136223846793005u + 1442695040888963407u;
		snprintf(text, sizeof(text), "%020llu", (unsigned long long)random);
		size = 1 + (random >> 40) % 20;
		place = (random >> 50) % (size + 1);
		text[size] = '\0';
		if (place > 0 && place < size)
			text[place] = '.';
		assert_true(value_convert(&value, FIELD_REAL, slice_of(text), NULL));
		assert_true(value.real == strtod(text, NULL));
	}
}

static void booleans(void **state)
{
	static const char *const cases[][2] = {
		{ "true", "1" },   { "FALSE", "0" }, { "Yes", "1" }, { "no", "0" },
		{ "on", "1" },     { "off", "0" },   { "1", "1" },   { " 0 ", "0" },
		{ "norway", "!" }, { "2", "!" },     { "", "~" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(converted(FIELD_BOOLEAN, cases[n][0]), cases[n][1]);
}

static void dates_are_written_as_iso_8601(void **state)
{
	static const char *const cases[][2] = {
		{ "2019-05-01", "2019-05-01" },
		{ " 2019/5/1 ", "2019-05-01" },
		{ "2019.5.01", "2019-05-01" },
		{ "2019年5月1日", "2019-05-01" },
		{ "2019年12月31号 08:30", "2019-12-31T08:30" },
		{ "2019年5月", "2019-05" },
		{ "2019-5", "2019-05" },
		{ "2019", "2019" },
		{ "20190501", "2019-05-01" },
		{ "2019-05-01T10:00:30Z", "2019-05-01T10:00:30Z" },
		{ "2019-05-01 10:00:30.125+08:00", "2019-05-01T10:00:30.125+08:00" },
		{ "2019-05-01 9:05 -0330", "2019-05-01T09:05-03:30" },
		{ "2019-05-01t10:00+00:00", "2019-05-01T10:00Z" },
		{ "Wed, 01 May 2019 10:00:30 +0800", "2019-05-01T10:00:30+08:00" },
		{ "Wed, 1 May 2019 10:00:30 GMT", "2019-05-01T10:00:30Z" },
		{ "1 May 2019 10:00 EST", "2019-05-01T10:00-05:00" },
		{ "1 september 2019", "2019-09-01" },
		{ "May 1, 2019", "2019-05-01" },
		{ "Dec. 31 2019", "2019-12-31" },
		{ "1-May-2019", "2019-05-01" },
		{ "2020-02-29", "2020-02-29" },
		{ "2000-02-29", "2000-02-29" },
		{ "31.12.2019", "2019-12-31" },
		{ "1.5.2019", "2019-05-01" },
		{ "01.11.2019 10:00", "2019-11-01T10:00" },
		{ "1. 5. 2019", "2019-05-01" },
		{ "12.31.2019", "!" },
		{ "29.02.2019", "!" },
		{ "31.12.19", "!" },
		{ "31.12/2019", "!" },
		{ "31.12.20190", "!" },
		{ "2019-02-29", "!" },
		{ "1900-02-29", "!" },
		{ "2019-13-01", "!" },
		{ "2019-00-01", "!" },
		{ "2019-05-00", "!" },
		{ "2019-00", "!" },
		{ "2019年0月", "!" },
		{ "2019年5月0", "!" },
		{ "20190001", "!" },
		{ "2019-05-01 24:00", "!" },
		{ "2019-05-01 10:60", "!" },
		{ "2019-05-01 10:00 +99:00", "!" },
		{ "2019-05-01 10:00.5", "!" },
		{ "2019-05-01T", "!" },
		{ "2019-05-0110:00", "!" },
		{ "2019-05 10:00", "!" },
		{ "2019-05/01", "!" },
		{ "1994-09-10(加拿大)", "!" },
		{ "5/1/2019", "!" },
		{ "Mayor 1, 2019", "!" },
		{ "0 May 2019", "!" },
		{ "yesterday", "!" },
		{ "201905", "!" },
		{ "2019-05-01 10:00:00.1234567891", "!" },
		{ "", "~" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(converted(FIELD_DATE, cases[n][0]), cases[n][1]);
}

static void slashes_are_ordered_as_is_said(void **state)
{
	static const char *const cases[][3] = {
		{ "05/04/2018", "2018-04-05", "2018-05-04" },
		{ "19/04/2018", "2018-04-19", "!" },
		{ "04/19/2018", "!", "2018-04-19" },
		{ "01-09-1972", "1972-09-01", "1972-01-09" },
		{ "9.1.2022", "2022-01-09", "2022-01-09" },
		{ "2019/5/1", "2019-05-01", "2019-05-01" },
		{ "May 1, 2019", "2019-05-01", "2019-05-01" },
		{ "1-May-2019", "2019-05-01", "2019-05-01" },
		{ "5/4/2018 10:00Z", "2018-04-05T10:00Z", "2018-05-04T10:00Z" },
		{ "5/4/18", "!", "!" },
		{ "5/4-2018", "!", "!" },
		{ "5 / 4 / 2018", "!", "!" },
		{ "0/4/2018", "!", "!" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		assert_string_equal(converted(FIELD_DATE_DMY, cases[n][0]), cases[n][1]);
		assert_string_equal(converted(FIELD_DATE_MDY, cases[n][0]), cases[n][2]);
	}
}

static void durations_are_seconds(void **state)
{
	static const char *const cases[][2] = {
		{ "PT1H30M", "5400" },
		{ "PT90M", "5400" },
		{ "P1D", "86400" },
		{ "P1W", "604800" },
		{ "P3W3DT20H31M21S", "2147481" },
		{ "P1W1DT13H23M34S", "739414" },
		{ "P1DT12H", "129600" },
		{ "P0Y0M0DT0H35M0.000S", "2100" },
		{ "PT6H54M2.893S", "24843" },
		{ "PT2.4S", "2" },
		{ "PT0.5H", "1800" },
		{ "PT1,5M", "90" },
		{ "P0.5D", "43200" },
		{ "PT0S", "0" },
		{ " pt15m ", "900" },
		{ "-PT15M", "-900" },
		{ "+PT1S", "1" },
		{ "", "~" },
		{ "P", "!" },
		{ "PT", "!" },
		{ "P1DT", "!" },
		{ "PT90", "!" },
		{ "1H30M", "!" },
		{ "PT1H30", "!" },
		{ "PT0.5M0.1S", "!" },
		{ "P0.5DT1H", "!" },
		{ "P1Y", "!" },
		{ "P1M", "!" },
		{ "PT1M1H", "!" },
		{ "PT1H1H", "!" },
		{ "P1H", "!" },
		{ "PT1D", "!" },
		{ "PT1H x", "!" },
		{ "PT-1H", "!" },
		{ "PT9999999999S", "!" },
		{ "P999999999W", "604799999395200" },
		{ "PT.5S", "!" },
		{ "PT1.S", "!" },
		{ "30 minutes", "!" },
		{ "PT1.0000000001S", "!" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		if (strcmp(converted(FIELD_DURATION, cases[n][0]), cases[n][1]) != 0)
			fail_msg("%s: %s", cases[n][0], converted(FIELD_DURATION, cases[n][0]));
}

static void json_is_kept_if_it_is_json(void **state)
{
	static const struct {
		const char *text;
		bool is_json;
	} cases[] = {
		{ "{}", true },
		{ "[]", true },
		{ "{\"a\": [1, 2.5e-3, {\"b\": null}], \"c\": \"\\u00e9\\n\"}", true },
		{ "true", true },
		{ "\"电\"", true },
		{ "-0", true },
		{ "[[[]],{}]", true },
		{ "{\"a\":{}}", true },
		{ " [ 1 , 2 ] ", true },
		{ "{\"a\":1,}", false },
		{ "[1,]", false },
		{ "[,1]", false },
		{ "[1 2]", false },
		{ "{1:2}", false },
		{ "{\"a\"}", false },
		{ "{\"a\":}", false },
		{ "[1}", false },
		{ "[1", false },
		{ "]", false },
		{ "[]]", false },
		{ "01", false },
		{ "1.", false },
		{ "-", false },
		{ ".5", false },
		{ "+1", false },
		{ "\"a", false },
		{ "\"\\x\"", false },
		{ "\"\\u12\"", false },
		{ "\"\t\"", false },
		{ "'a'", false },
		{ "TRUE", false },
		{ "NaN", false },
		{ "1 2", false },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const char *result = converted(FIELD_JSON, cases[n].text);

		if (cases[n].is_json != (strcmp(result, "!") != 0))
			fail_msg("%s is%s JSON", cases[n].text, cases[n].is_json ? "" : " not");
	}
	assert_string_equal(converted(FIELD_JSON, " [1 ]\n"), "[1 ]");
	assert_string_equal(converted(FIELD_JSON, " "), "~");
}

static void json_is_bounded_in_depth(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3];
	struct scratch scratch = { 0 };
	struct value value;

	(void)state;
	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(value_convert(&value, FIELD_JSON,
					       (struct slice){ text, 2 * depth }, &scratch),
				 depth == JSON_DEPTH_MAX);
	}
	scratch_free(&scratch);
}

static void text_stays_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(converted(FIELD_TEXT, " a\n"), " a\n");
	assert_string_equal(converted(FIELD_TEXT, ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(reals),
		cmocka_unit_test(a_real_is_the_nearest_to_what_is_written),
		cmocka_unit_test(booleans),
		cmocka_unit_test(dates_are_written_as_iso_8601),
		cmocka_unit_test(slashes_are_ordered_as_is_said),
		cmocka_unit_test(durations_are_seconds),
		cmocka_unit_test(json_is_kept_if_it_is_json),
		cmocka_unit_test(json_is_bounded_in_depth),
		cmocka_unit_test(text_stays_as_it_is),
	};

	return RUN_TESTS(tests);
}
