#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>

#include "crawler/config/quantity.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Round ones and odd ones, from the smallest to what is longer than any setting allows. */
static void what_is_written_is_read_again(void **state)
{
	static const enum quantity_kind kinds[] = { QUANTITY_COUNT, QUANTITY_DURATION,
						    QUANTITY_SIZE };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		for (int64_t value = 0; value < INT64_MAX / 8; value = value * 3 / 2 + 1) {
			char text[QUANTITY_FORMAT_MAX], error[QUANTITY_ERROR_MAX];
			int64_t again = -1;

			quantity_format(kinds[i], value, text);
			assert_int_equal(quantity_parse(kinds[i], slice_of(text), &again, error),
					 0);
			if (again != value)
				fail_msg("%s was read as %" PRId64, text, again);
		}
	}
}

static void the_largest_unit_that_divides_is_written(void **state)
{
	static const struct {
		enum quantity_kind kind;
		int64_t value;
		const char *text;
	} table[] = {
		{ QUANTITY_COUNT, 0, "0" },
		{ QUANTITY_COUNT, 3600, "3600" },
		{ QUANTITY_DURATION, 0, "0s" },
		{ QUANTITY_DURATION, 1, "1ms" },
		{ QUANTITY_DURATION, 1500, "1500ms" },
		{ QUANTITY_DURATION, 90000, "90s" },
		{ QUANTITY_DURATION, 600000, "10m" },
		{ QUANTITY_DURATION, 7200000, "2h" },
		{ QUANTITY_SIZE, 0, "0" },
		{ QUANTITY_SIZE, 1023, "1023B" },
		{ QUANTITY_SIZE, 65536, "64KiB" },
		{ QUANTITY_SIZE, 10000000, "10MB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char text[QUANTITY_FORMAT_MAX];

		quantity_format(table[i].kind, table[i].value, text);
		assert_string_equal(text, table[i].text);
	}
}

static void what_does_not_fit_is_the_largest_there_is(void **state)
{
	static const struct {
		enum quantity_kind kind;
		const char *text;
		int64_t value;
	} table[] = {
		{ QUANTITY_COUNT, "9223372036854775807", INT64_MAX },
		{ QUANTITY_COUNT, "9223372036854775808", INT64_MAX },
		{ QUANTITY_COUNT, "-99999999999999999999", -INT64_MAX },
		{ QUANTITY_DURATION, "2562047788016h", INT64_MAX },
		{ QUANTITY_DURATION, "9223372036854775.807s", INT64_MAX },
		{ QUANTITY_DURATION, "9223372036854775.808s", INT64_MAX },
		{ QUANTITY_SIZE, "9999999999999GiB", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char error[QUANTITY_ERROR_MAX];
		int64_t value = 0;

		assert_int_equal(
			quantity_parse(table[i].kind, slice_of(table[i].text), &value, error), 0);
		assert_true(value == table[i].value);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const char *const texts[] = { "",    "x",    "1 2",   "1..2", "1.",    ".1",
					     "-",   "--1",  "1,5",   "1e3",  "0x10",  "1 s ",
					     "1ss", "1\ts", "\n1",   "1%",   "\xff",  "१",
					     "1.5", "1ms",  "1 KiB", "1S",   "1m30s", "inf" };
	char error[QUANTITY_ERROR_MAX];
	int64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(quantity_parse(QUANTITY_COUNT, slice_of(texts[i]), &value, error),
				 -1);
}

/* Who types a number may mean either; only nothing is the same in both. */
static void a_duration_without_a_unit_is_told_from_one_with(void **state)
{
	static const struct {
		enum quantity_kind kind;
		const char *text, *error; /* NULL: it lacks none */
	} table[] = {
		{ QUANTITY_DURATION, "500", "'500' has no unit: 500ms or 500s?" },
		{ QUANTITY_DURATION, "1", "'1' has no unit: 1ms or 1s?" },
		{ QUANTITY_DURATION, "0.5", "'0.5' has no unit: 0.5s?" },
		{ QUANTITY_DURATION, "2.0", "'2.0' has no unit: 2.0ms or 2.0s?" },
		{ QUANTITY_DURATION, "010", "'010' has no unit: 010ms or 010s?" },
		{ QUANTITY_DURATION, "99999999999999999999",
		  "'99999999999999999999' has no unit: 99999999999999999999ms or "
		  "99999999999999999999s?" },
		{ QUANTITY_DURATION, "0", NULL },
		{ QUANTITY_DURATION, "0.0", NULL },
		{ QUANTITY_DURATION, "00", NULL },
		{ QUANTITY_DURATION, "2s", NULL },
		{ QUANTITY_DURATION, "2 s", NULL },
		{ QUANTITY_DURATION, "2x", NULL }, /* wrong, but for another reason */
		{ QUANTITY_DURATION, "-2", NULL },
		{ QUANTITY_DURATION, "", NULL },
		{ QUANTITY_COUNT, "500", NULL },
		{ QUANTITY_SIZE, "4096", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char error[QUANTITY_ERROR_MAX] = "";

		assert_int_equal(quantity_lacks_unit(table[i].kind, slice_of(table[i].text), error),
				 table[i].error != NULL);
		assert_string_equal(error, table[i].error ? table[i].error : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(the_largest_unit_that_divides_is_written),
		cmocka_unit_test(what_does_not_fit_is_the_largest_there_is),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(a_duration_without_a_unit_is_told_from_one_with),
	};

	return RUN_TESTS(tests);
}
