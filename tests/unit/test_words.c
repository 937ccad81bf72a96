#include "tests/support/test.h"

#include <string.h>

#include "crawler/protocol/outcome.h"
#include "crawler/report/svg.h"
#include "crawler/report/words.h"
#include "crawler/show/human.h"

static void every_outcome_has_words(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		const char *name = outcome_name((enum outcome)i);

		if (i == OUTCOME_HTTP_ERROR)
			continue;
		if (strcmp(words_cause(name, 0, out), name) == 0)
			fail_msg("%s has no words", name);
	}
}

static void a_cause_is_said_with_its_status(void **state)
{
	static const struct {
		const char *outcome;
		unsigned status;
		const char *words;
		bool has_help, may_heal;
	} rows[] = {
		{ "http_error", 404, "not found (404)", true, false },
		{ "http_error", 403, "forbidden (403)", true, false },
		{ "http_error", 429, "too many requests (429)", true, true },
		{ "http_error", 503, "unavailable (503)", true, true },
		{ "http_error", 418, "refused (418)", false, false },
		{ "http_error", 599, "error of the server (599)", false, true },
		{ "http_error", 302, "a redirect that leads nowhere (302)", false, false },
		{ "http_error", 0, "an answer that is no page (0)", false, false },
		{ "timeout", 0, "no answer in time", true, true },
		{ "timeout", 200, "no answer in time", true, true },
		{ "host_down", 0, "not asked: its host was given up", true, true },
		{ "redirect_loop", 302, "redirects in a circle", true, false },
		{ "of_tomorrow", 0, "of_tomorrow", false, false },
		{ NULL, 0, "not known", false, false },
	};
	char out[WORDS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *outcome = rows[i].outcome;

		assert_string_equal(words_cause(outcome, rows[i].status, out), rows[i].words);
		assert_int_equal(words_help(outcome, rows[i].status) != NULL, rows[i].has_help);
		assert_int_equal(words_may_heal(outcome, rows[i].status), rows[i].may_heal);
	}
}

static void a_percentage_is_all_or_nothing_only_if_it_is(void **state)
{
	static const struct {
		double part;
		const char *words;
	} rows[] = {
		{ 0, "0 %" },           { 1, "100 %" },      { 0.91, "91 %" },
		{ 0.769, "77 %" },      { 0.995, "99.5 %" }, { 0.9999, "99.9 %" },
		{ 0.999999, "99.9 %" }, { 0.005, "0.5 %" },  { 0.0001, "under 0.1 %" },
		{ 0.0096, "1 %" },      { -1, "0 %" },       { 7, "100 %" },
	};
	char out[WORDS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(words_percent(rows[i].part, out), rows[i].words);
}

static void times_are_said_shortly(void **state)
{
	static const struct {
		double ms;
		const char *words;
	} rows[] = {
		{ 0, "0 s" },
		{ 0.4, "under 1 ms" },
		{ 1, "1 ms" },
		{ 22, "22 ms" },
		{ 999, "999 ms" },
		{ 999.7, "1.0 s" },
		{ 2200, "2.2 s" },
		{ 44000, "44 s" },
		{ 63000, "1 min 03 s" },
		{ 7200000, "2 h 00 min" },
	};
	char out[WORDS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(words_ms(rows[i].ms, out), rows[i].words);
	words_ms(1e300, out);
}

static void dates_are_read_and_others_are_left(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	assert_string_equal(words_date("2026-11-29T15:47:03.120Z", out),
			    "29 November 2026, 15:47 UTC");
	assert_string_equal(words_date("2026-01-02 05:07:09", out), "2 January 2026, 05:07 UTC");
	assert_string_equal(words_date("2026-13-02 05:07:09", out), "2026-13-02 05:07:09");
	assert_string_equal(words_date("2026-11", out), "2026-11");
	assert_string_equal(words_date(NULL, out), "");
	assert_string_equal(words_clock("2026-11-29T15:47:03.120Z", out), "15:47:03");
	assert_string_equal(words_clock("noon", out), "noon");
	assert_string_equal(words_host("https://a.example:8080"), "a.example:8080");
	assert_string_equal(words_host("a.example"), "a.example");
	assert_string_equal(words_host(NULL), "");
}

static void counts_have_commas(void **state)
{
	static const struct {
		uint64_t count;
		const char *words;
	} rows[] = { { 0, "0" },
		     { 999, "999" },
		     { 1000, "1,000" },
		     { 18586, "18,586" },
		     { 1000000, "1,000,000" },
		     { UINT64_MAX, "18,446,744,073,709,551,615" } };
	char out[HUMAN_COUNT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(human_count(rows[i].count, out), rows[i].words);
}

static void axes_end_at_round_numbers(void **state)
{
	static const double rows[][2] = {
		{ 0, 1 },    { 0.3, 0.3 },   { 1, 1 },       { 7, 8 },     { 79, 80 },
		{ 81, 100 }, { 2405, 2500 }, { 2501, 3000 }, { 1e6, 1e6 }, { 1000001, 2e6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(svg_axis_end(rows[i][0]) > rows[i][1] * (1 - 1e-9) &&
			    svg_axis_end(rows[i][0]) < rows[i][1] * (1 + 1e-9));
	for (int64_t ms = 1; ms < INT64_MAX / 8; ms *= 3)
		assert_in_range(ms / svg_time_step(ms), 0, 7);
	assert_int_equal(svg_time_step(59000), 10000);
	assert_int_equal(svg_time_step(3600000), 600000);
	assert_int_equal(svg_time_step(86400000), 21600000);
}

/* Or half of it is beyond the page, and a narrow window is scrolled sideways. */
static void a_label_at_the_end_of_an_axis_stands_before_it(void **state)
{
	static const struct {
		double at;
		bool is_end;
	} rows[] = { { 0, false }, { 0.5, false }, { 0.9, false }, { 0.98, true }, { 1, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct html html = { 0 };

		svg_label_begin(&html, rows[i].at);
		svg_label_end(&html);
		html_markup(&html, " ");
		html.bytes[html.size - 1] = '\0';
		assert_int_equal(strstr(html.bytes, "class=\"end\"") != NULL, rows[i].is_end);
		html_free(&html);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_has_words),
		cmocka_unit_test(a_cause_is_said_with_its_status),
		cmocka_unit_test(a_percentage_is_all_or_nothing_only_if_it_is),
		cmocka_unit_test(times_are_said_shortly),
		cmocka_unit_test(dates_are_read_and_others_are_left),
		cmocka_unit_test(counts_have_commas),
		cmocka_unit_test(axes_end_at_round_numbers),
		cmocka_unit_test(a_label_at_the_end_of_an_axis_stands_before_it),
	};

	return RUN_TESTS(tests);
}
