#include "tests/support/test.h"

#include <math.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "crawler/commands/progress.h"
#include "crawler/show/human.h"
#include "crawler/show/log.h"
#include "crawler/show/screen.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct progress_figures busy = {
	.ended = 812,
	.all = 3120,
	.failed = 3,
	.rows = 16240,
	.bytes = 34000000,
	.in_flight = 64,
	.hosts = 12,
	.rate = 17.4,
	.least_ms = 250000,
};

/* Each row is a kind of line that other programs get wrong. */
static const struct {
	struct progress_figures figures;
	size_t columns;
	const char *line;
} lines[] = {
	/* what matters least is left out first, and nothing is cut in its middle */
	{ busy, 200,
	  "812 of 3120 URLs (26%), at least 4 min, 3 failed, 16240 rows, 17 pages/s, 64 in flight, "
	  "34 MB, 12 hosts" },
	{ busy, 79, "812 of 3120 URLs (26%), at least 4 min, 3 failed, 16240 rows, 17 pages/s" },
	{ busy, 72, "812 of 3120 URLs (26%), at least 4 min, 3 failed, 16240 rows, 17 pages/s" },
	{ busy, 71, "812 of 3120 URLs (26%), at least 4 min, 3 failed, 16240 rows" },
	{ busy, 39, "812 of 3120 URLs (26%), at least 4 min" },
	{ busy, 30, "812 of 3120 URLs (26%)" },
	/* a terminal narrower than the least */
	{ busy, 10, "812 of 312" },
	{ busy, 0, "" },
	/* nothing yet, and no division by it */
	{ { .all = 0 }, 79, "0 of 0 URLs (0%), 0 rows, 0.0 pages/s, 0 in flight, 0 B, 0 hosts" },
	/* one of each is one */
	{ { .ended = 1, .all = 1, .rows = 1, .hosts = 1 },
	  79,
	  "1 of 1 URL (100%), 1 row, 0.0 pages/s, 0 in flight, 0 B, 1 host" },
	/* almost all is not all */
	{ { .ended = 999999, .all = 1000000 }, 32, "999999 of 1000000 URLs (99%)" },
	/* numbers as large as they get */
	{ { .ended = UINT64_MAX,
	    .all = UINT64_MAX,
	    .failed = UINT64_MAX,
	    .rows = UINT64_MAX,
	    .least_ms = INT64_MAX },
	  79,
	  "18446744073709551615 of 18446744073709551615 URLs (100%)" },
	/* a rate that would be rounded to 10.0 */
	{ { .ended = 1, .all = 2, .rate = 9.96 },
	  79,
	  "1 of 2 URLs (50%), 0 rows, 10 pages/s, 0 in flight, 0 B, 0 hosts" },
	/* times that have passed, and rates that nothing has been measured for */
	{ { .ended = 1, .all = 2, .wait_ms = -5000, .least_ms = INT64_MIN },
	  27,
	  "1 of 2 URLs (50%), 0 rows" },
	{ { .ended = 1, .all = 2, .rate = INFINITY },
	  40,
	  "1 of 2 URLs (50%), 0 rows, inf pages/s" },
	/* what is waited for */
	{ { .ended = 1, .all = 2, .is_paused = true, .wait_ms = 5000 },
	  26,
	  "1 of 2 URLs (50%), paused" },
	{ { .ended = 1, .all = 2, .is_draining = true }, 30, "1 of 2 URLs (50%), finishing" },
	{ { .ended = 1, .all = 2, .wait_ms = 90000, .least_ms = 90000 },
	  60,
	  "1 of 2 URLs (50%), next host in 1 min, at least 1 min" },
	{ { .ended = 1, .all = 2, .wait_ms = 999, .least_ms = 999 },
	  27,
	  "1 of 2 URLs (50%), 0 rows" },
};

static void a_line_fits_and_what_matters_most_stays(void **state)
{
	char line[PROGRESS_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		progress_line(&lines[i].figures, lines[i].columns, line);
		assert_string_equal(line, lines[i].line);
	}
	for (size_t columns = 0; columns < 300; columns++)
		assert_true(strlen(progress_line(&busy, columns, line)) <= columns);
}

static void waits_are_told_as_people_tell_them(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0 s" },
		{ 59999, "59 s" },
		{ 60000, "1 min" },
		{ 3599999, "59 min" },
		{ 3600000, "1 h 00 min" },
		{ (int64_t)47 * 3600000, "47 h 00 min" },
		{ (int64_t)50 * 3600000, "2 d 02 h" },
	};
	char out[HUMAN_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(human_wait(rows[i].ms, out), rows[i].text);
	assert_string_equal(COUNTED(0, "page"), "0 pages");
	assert_string_equal(COUNTED(1, "page"), "1 page");
	assert_string_equal(COUNTED(2, "page"), "2 pages");
}

static void a_time_that_was_set_is_told_to_the_millisecond(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0 s" },    { 50, "50 ms" },   { 1500, "1500 ms" },
		{ 1000, "1 s" }, { 90000, "90 s" }, { 60000, "1 min" },
	};
	char out[HUMAN_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(human_exact(rows[i].ms, out), rows[i].text);
}

/* What is drawn when standard error is a terminal of so many columns.  The caller frees it. */
static char *draw(unsigned short columns, const char *const texts[], size_t count)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	char *drawn = calloc(1, 4096);
	int master, terminal, saved = dup(STDERR_FILENO);
	size_t size_read = 0;
	ssize_t got;

	assert_int_equal(openpty(&master, &terminal, NULL, NULL, &size), 0);
	dup2(terminal, STDERR_FILENO);
	log_progress("first");
	for (size_t i = 0; i < count; i++)
		log_say("%s", texts[i]);
	log_progress("");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(terminal);
	while ((got = read(master, drawn + size_read, 4095 - size_read)) > 0)
		size_read += (size_t)got;
	close(master);
	return drawn;
}

/* The cursor waits at the line's beginning: what a narrower terminal wraps stands behind it. */
static void a_message_never_shares_a_line_with_the_progress(void **state)
{
	static const char *const texts[] = { "one", "two" };
	char *drawn = draw(80, texts, COUNT(texts));

	(void)state;
	assert_string_equal(drawn, "\r\033[Jfirst\r"
				   "\r\033[Jone\r\n\r\033[Jfirst\r"
				   "\r\033[Jtwo\r\n\r\033[Jfirst\r"
				   "\r\033[J");
	free(drawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_fits_and_what_matters_most_stays),
		cmocka_unit_test(waits_are_told_as_people_tell_them),
		cmocka_unit_test(a_time_that_was_set_is_told_to_the_millisecond),
		cmocka_unit_test(a_message_never_shares_a_line_with_the_progress),
	};

	return RUN_TESTS(tests);
}
