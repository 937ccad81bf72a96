/* calendar: dates as machines write them, and the days between them. */
#include "tests/support/test.h"

#include <time.h>

#include "parsers/text/calendar.h"

#define DAY        INT64_C(86400)
#define YEAR_0     (-INT64_C(62167219200))
#define YEAR_10000 INT64_C(253402300800)

static void dates_are_seconds_since_1970(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} table[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2000-02-29T12:30:45Z", 951827445 },
		{ "2000-02-29t12:30:45.123456z", 951827445 },
		{ "2024-05-06T07:08:09+02:00", 1714972089 },
		{ "2024-05-06T07:08:09-0530", 1714999089 },
		{ "2024-05-06T07:08:09", 1714979289 },
		{ "2024-05-06T07:08Z", 1714979280 },
		{ "2024-05-06 07:08:09", 1714979289 },
		{ "  2024-05-06\n", 1714953600 },
		{ "2024-05", 1714521600 },
		{ "2024", 1704067200 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "1600-03-01", -11670912000 },
		{ "0000-01-01", -62167219200 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "Mon, 06 May 2024 07:08:09 GMT", 1714979289 },
		{ "Mon, 06 May 2024 07:08:09 +0200", 1714972089 },
		{ "Mon, 06 May 2024 07:08:09 EST", 1714997289 },
		{ "6 May 2024 07:08 Z", 1714979280 },
		{ "06 may 24 07:08", 1714979280 },
		{ "06 May 2024", 1714953600 },
		{ "1 Jan 70", 0 },
		{ "2024-05-06T07:08:09+02", 1714972089 },
		{ "2024-05-06 07:08:09-05", 1714997289 },
		{ "2024-05-06T07:08:09 +02:00", 1714972089 },
		{ "2024-05-06Z", 1714953600 },
		{ "2024-05-06+02:00", 1714946400 },
		{ "2024-05-06-05:00", 1714971600 },
		{ "2011-08-23T13:15:00+0200", 1314098100 },
		{ "2015-12-22T05:31-01:00", 1450765860 },
		{ "Mon, 13-Jun-16 09:29:24 GMT", 1465810164 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-1994 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "sun nov 06 08:49:37 1994", 784111777 },
		{ "SUN, 06 NOV 1994 08:49:37 GMT", 784111777 },
		{ "Sun, 6 November 1994 08:49:37 UTC", 784111777 },
		{ "Sun, 06 Nov 1994 08:49:37 CET", 784111777 },
		{ "Sun, 06 Nov 1994 08:49:37", 784111777 },
		{ "Fri, 31 Dec 2069 00:00:00 GMT", 3155673600 },
		{ "Wed, 31-Dec-69 00:00:00 GMT", 3155673600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t seconds = -99;

		if (calendar_parse(slice_of(table[i].text), &seconds) != 0 ||
		    seconds != table[i].seconds)
			fail_msg("%s: %lld", table[i].text, (long long)seconds);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	static const char *const table[] = {
		"",
		"never",
		"24-05-06",
		"20240506",
		"2024-13-01",
		"2024-00-01",
		"2023-02-29",
		"1900-02-29",
		"2024-04-31",
		"2024-05-00",
		"2024-05-06T24:00:00Z",
		"2024-05-06T07:60Z",
		"2024-5-6",
		"2024-05-06T07",
		"2024-05-06T07:08:61Z",
		"2024-05-06T07:08+99:00",
		"2024-",
		"2024-05-06T",
		"2024-05-06T07:08+2",
		"2024-05-06T07:08Z!",
		"12024-05-06",
		"32 May 2024",
		"06 Foo 2024",
		"06 May 2024 noon",
		"06 May 200",
		"Mon, ",
		"06",
		"2024-05-06X07:08Z",
		"2024-05-06T07:08+0",
		"2024-05-06T07:08+02:",
		"2024-05-06T07:08+02:60",
		"2015-10-08T07:18:53.846344Z 2015-06-15T15:33:55.288302Z",
		"2020-02-04T18:09:12-00:14400",
		"2011-08-21T01:25:00-0400-04:00",
		"2024-05-06_",
		"Sun Nov  6 08:49:37",
		"Sun Nov 31 08:49:37 1994",
		"Sun Nov  6 08:49 94 GMT",
		"Nov",
		"Sun",
		"Sun, 31 Feb 2023 00:00:00 GMT",
		"Sun, 06 No 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT and more",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t seconds = 42;

		if (calendar_parse(slice_of(table[i]), &seconds) != -1 || seconds != 42)
			fail_msg("%s: %lld", table[i], (long long)seconds);
	}
}

/* In a header, as browsers read them (RFC 6265 5.1.1). */
static void dates_of_headers_are_read_in_any_order(void **state)
{
	static const char *const rows[] = {
		"Mon, 06 May 2024 07:08:09 GMT",
		"2024-05-06T07:08:09Z",
		"06-May-2024 07:08:09",
		"Mon, 06-May-2024 07:08:09 GMT",
		"May 6, 2024 07:08:09",
		"May 06 2024 07:08:09 UTC",
		"2024 May 6 07:08:09",
		"07:08:09 6 May 2024",
		"07:08:09 6-May-2024",
		"Mon May  6 07:08:09 GMT 2024",
		"Mon May 06 2024 07:08:09 GMT+0000 (Coordinated Universal Time)",
		"Mon May 06 2024 09:08:09 GMT+0200",
		"Mon, 06 May 2024, 09:08:09 +0200",
		"Mon May 06 09:08:09 +0200 2024",
		"Mon, 06 May 2024 02:08:09 EST",
		"May 6, 2024 7:08:09 AM",
		"May 6, 2024 7:08:09am GMT",
		"6/May/2024;07:08:09",
		"Mon, 06 May 2024 07:08:09 GMT and more",
		"Lunes, 06 May 24 07:08:09",
		"6 May 2024 07:08:09 +9900", /* no zone, and no part of one */
	};
	static const char *const wrong[] = {
		"",
		"soon",
		"May 6, 2024",
		"07:08:09",
		"May 2024",
		"6 2024 07:08",
		"6 Mai 2024 07:08",
		"31 Feb 2024 07:08:09",
		"6 May 2024 25:08:09 GMT x",
		"0 May 2024 07:08",
		"6 May 20240 07:08:09",
	};
	int64_t seconds = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (calendar_parse_loose(slice_of(rows[i]), &seconds) < 0 || seconds != 1714979289)
			fail_msg("%s: %lld", rows[i], (long long)seconds);
	}
	seconds = 7;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (calendar_parse_loose(slice_of(wrong[i]), &seconds) == 0)
			fail_msg("%s: %lld", wrong[i], (long long)seconds);
	}
	assert_int_equal(seconds, 7);
}

/* The C library knows the calendar, too. */
static void days_are_counted_as_the_c_library_counts_them(void **state)
{
	(void)state;
	for (int64_t days = -800000; days < 3000000; days += 17) {
		time_t seconds = (time_t)days * 86400 + 45296;
		struct tm tm;
		struct calendar_time time;

		gmtime_r(&seconds, &tm);
		if (tm.tm_year + 1900 < 0)
			continue;
		time = (struct calendar_time){
			.year = tm.tm_year + 1900,
			.month = tm.tm_mon + 1,
			.day = tm.tm_mday,
			.hour = tm.tm_hour,
			.minute = tm.tm_min,
			.second = tm.tm_sec,
		};
		assert_true(calendar_has_day(time.year, time.month, time.day));
		assert_int_equal(calendar_seconds(&time), seconds);
	}
}

static void only_days_that_exist_do(void **state)
{
	(void)state;
	assert_true(calendar_has_day(2000, 2, 29));
	assert_false(calendar_has_day(1900, 2, 29));
	assert_false(calendar_has_day(2023, 2, 29));
	assert_false(calendar_has_day(2024, 4, 31));
	assert_false(calendar_has_day(2024, 0, 1));
	assert_false(calendar_has_day(2024, 13, 1));
	assert_false(calendar_has_day(2024, 1, 0));
}

/* What is taken off the front of a text, and what is left of it. */
static void months_and_zones_are_taken_by_name(void **state)
{
	static const struct {
		const char *text, *rest;
		int month;
	} months[] = {
		{ "JAN 5", " 5", 1 }, { "sep-5", "-5", 9 },    { "December", "", 12 },
		{ "may", "", 5 },     { "sept", "sept", 0 },   { "mayor", "mayor", 0 },
		{ "ma", "ma", 0 },    { "5 Jan", "5 Jan", 0 }, { "", "", 0 },
	};
	static const struct {
		const char *text, *rest;
		int minutes; /* 99: no zone */
	} zones[] = {
		{ "pdt", "", -420 },        { "Z", "", 0 },
		{ "GMT x", " x", 0 },       { "+0530", "", 330 },
		{ "-05:30x", "x", -330 },   { "+02", "", 120 },
		{ "CEST", "CEST", 99 },     { "+24:00", "+24:00", 99 },
		{ "+1", "+1", 99 },         { "", "", 99 },
		{ "+02:60", "+02:60", 99 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
		struct slice text = slice_of(months[i].text);
		struct cursor cursor = { text.at, text.at + text.size };

		assert_int_equal(calendar_take_month(&cursor), months[i].month);
		assert_string_equal(cursor.at, months[i].rest);
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct slice text = slice_of(zones[i].text);
		struct cursor cursor = { text.at, text.at + text.size };
		int minutes = 99;

		assert_int_equal(calendar_take_zone(&cursor, &minutes), zones[i].minutes != 99);
		assert_int_equal(minutes, zones[i].minutes);
		assert_string_equal(cursor.at, zones[i].rest);
	}
}

/* What a date may be made of, in any order: no byte outside is read, and nothing overflows. */
static void random_dates_are_survived(void **state)
{
	static const char *const pieces[] = { "2024", "05",  "-",  "T",    ":", "6",
					      " ",    "Mon", ",",  "May",  "+", "Z",
					      ".",    "GMT", "99", "\xFF", "0", "9999" };
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[80], *copy;
		size_t size = 0;
		int64_t seconds;

		for (unsigned left = seed >> 8 & 15; left > 0; left--) {
			const char *piece = pieces[(seed = seed * 1664525 + 1013904223) >> 8 & 15];

			memcpy(text + size, piece, strlen(piece));
			size += strlen(piece);
		}
		seed = seed * 1664525 + 1013904223;
		copy = malloc(size + 1);
		memcpy(copy + 1, text, size);
		if (calendar_parse((struct slice){ copy + 1, size }, &seconds) == 0)
			assert_true(seconds >= YEAR_0 - DAY && seconds < YEAR_10000 + DAY);
		if (calendar_parse_loose((struct slice){ copy + 1, size }, &seconds) == 0)
			assert_true(seconds >= YEAR_0 - DAY && seconds < YEAR_10000 + DAY);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_seconds_since_1970),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(dates_of_headers_are_read_in_any_order),
		cmocka_unit_test(days_are_counted_as_the_c_library_counts_them),
		cmocka_unit_test(only_days_that_exist_do),
		cmocka_unit_test(months_and_zones_are_taken_by_name),
		cmocka_unit_test(random_dates_are_survived),
	};

	return RUN_TESTS(tests);
}
