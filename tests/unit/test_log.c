#include "tests/support/test.h"

#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "crawler/show/log.h"
#include "tests/support/capture.h"

/* What a program says on standard error, whatever is in it. */

static struct capture heard;

static void listen_to(bool is_json)
{
	log_begin(LOG_NORMAL, is_json);
	heard = capture_begin(STDERR_FILENO);
}

static const char *all_heard(void)
{
	capture_end(&heard);
	log_begin(LOG_NORMAL, false);
	return heard.text;
}

static void what_is_said_steers_no_terminal(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "plain", "plain\n" },
		{ "two\nlines\tand a tab", "two\nlines\tand a tab\n" },
		{ "\x1b]0;title\x07", "?]0;title?\n" },
		{ "a\rb\bc\x7f", "a?b?c?\n" },
		{ "\xc2\x9b"
		  "31m",
		  "??31m\n" },
		{ "\xc2\xa0\xc3\xa9", "\xc2\xa0\xc3\xa9\n" },
		/* the other direction, marks of it, separators of lines */
		{ "a\xe2\x80\xae"
		  "b",
		  "a???b\n" },
		{ "\xe2\x81\xa6x\xe2\x81\xa9", "???x???\n" },
		{ "\xd8\x9cx\xe2\x80\x8f", "??x???\n" },
		{ "a\xe2\x80\xa8"
		  "b",
		  "a???b\n" },
		{ "\xef\xbb\xbf.", "???.\n" },
		/* no UTF-8 */
		{ "a\xff"
		  "b\x9b\xc3",
		  "a?b??\n" },
		{ "\xc0\x9b\xed\xa0\x80.", "?????.\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		listen_to(false);
		log_say("%s", rows[i].text);
		if (strcmp(all_heard(), rows[i].said) != 0)
			fail_msg("row %zu: %s", i, heard.text);
	}
}

/* On a terminal words stay whole, and so does what is to be pasted into a shell. */
static void what_is_too_wide_goes_on_below(void **state)
{
	static const struct {
		unsigned short columns;
		const char *text, *said;
	} rows[] = {
		{ 20, "nineteen columns...", "nineteen columns...\r\n" },
		{ 20, "twenty columns wide.", "twenty columns wide.\r\n" },
		{ 20, "twenty-one is too wide", "twenty-one is too\r\n    wide\r\n" },
		{ 20, "霸王别姬霸王 别姬霸王别姬 霸王",
		  "霸王别姬霸王\r\n    别姬霸王别姬\r\n    霸王\r\n" },
		{ 10, "  see http://example.org/", "  see\r\n    http://example.org/\r\n" },
		{ 10, "http://example.org/ it is", "http://example.org/\r\n    it is\r\n" },
		{ 10, "has its own\nline breaks and keeps",
		  "has its\r\n    own\r\nline\r\n    breaks\r\n    and\r\n    keeps\r\n" },
		{ 1, "a b", "a\r\n    b\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct winsize size = { .ws_col = rows[i].columns };
		int master, terminal, saved = dup(STDERR_FILENO);
		char said[256] = "";
		ssize_t got = 0;

		assert_int_equal(openpty(&master, &terminal, NULL, NULL, &size), 0);
		dup2(terminal, STDERR_FILENO);
		log_say("%s", rows[i].text);
		log_say_whole("%s", rows[i].text);
		dup2(saved, STDERR_FILENO);
		close(saved);
		close(terminal);
		for (size_t at = 0; got >= 0; at += (size_t)got)
			got = read(master, said + at, sizeof(said) - 1 - at);
		close(master);
		if (strncmp(said, rows[i].said, strlen(rows[i].said)) != 0)
			fail_msg("row %zu: %s", i, said);
		if (!strchr(rows[i].text, '\n'))
			assert_non_null(strstr(said + strlen(rows[i].said), rows[i].text));
	}
}

/* In JSON every line has its time anyway. */
static void a_dated_line_has_its_time_in_front(void **state)
{
	(void)state;
	listen_to(false);
	log_say_dated("3 of 5 URLs");
	assert_int_equal(strlen(all_heard()), strlen("2026-11-21T02:17:58.123Z 3 of 5 URLs\n"));
	assert_memory_equal(heard.text, "20", 2);
	assert_string_equal(heard.text + 23, "Z 3 of 5 URLs\n");
	listen_to(true);
	log_say_dated("3 of 5 URLs");
	assert_non_null(strstr(all_heard(), "\"text\":\"3 of 5 URLs\"}\n"));
}

static void a_value_is_quoted_where_it_must_be(void **state)
{
	static const struct {
		const char *value, *plain, *json;
	} rows[] = {
		{ "word", "k=word", "\"k\":\"word\"" },
		{ "", "k=\"\"", "\"k\":\"\"" },
		{ "a b", "k=\"a b\"", "\"k\":\"a b\"" },
		{ "a\"b\\", "k=\"a\\\"b\\\\\"", "\"k\":\"a\\\"b\\\\\"" },
		{ "\x1b[31m", "k=\"\\u001b[31m\"", "\"k\":\"\\u001b[31m\"" },
		{ "a\x1b[31m", "k=\"a\\u001b[31m\"", "\"k\":\"a\\u001b[31m\"" },
		{ "a\xc2\x9b"
		  "31m",
		  "k=\"a\\u009b31m\"", "\"k\":\"a\\u009b31m\"" },
		{ "caf\xe9", "k=\"caf\xef\xbf\xbd\"", "\"k\":\"caf\xef\xbf\xbd\"" },
		{ "caf\xc3\xa9", "k=\"caf\xc3\xa9\"", "\"k\":\"caf\xc3\xa9\"" },
		{ "a\xe2\x80\xae"
		  "b",
		  "k=\"a\\u202eb\"", "\"k\":\"a\\u202eb\"" },
		{ "\xe2\x81\xa6", "k=\"\\u2066\"", "\"k\":\"\\u2066\"" },
		{ "caf\xe9 au lait", "k=\"caf\xef\xbf\xbd au lait\"",
		  "\"k\":\"caf\xef\xbf\xbd au lait\"" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		listen_to(i % 2);
		LOG(LOG_NORMAL, "event", LOG_TEXT("k", rows[i / 2].value), LOG_NUMBER("n", 7));
		if (!strstr(all_heard(), i % 2 ? rows[i / 2].json : rows[i / 2].plain))
			fail_msg("row %zu: %s", i / 2, heard.text);
	}
}

/* Whoever reads it takes it apart line by line. */
static void a_line_that_is_too_long_is_closed_nevertheless(void **state)
{
	char value[9000];

	(void)state;
	for (size_t size = 3900; size < sizeof(value); size += size < 4200 ? 1 : 500) {
		const char *line;
		size_t end;

		memset(value, size % 2 ? 'x' : '\n', size);
		value[size] = '\0';
		listen_to(true);
		LOG(LOG_NORMAL, "event", LOG_TEXT("url", value), LOG_TEXT("why", "because"),
		    LOG_NUMBER("n", 7));
		line = all_heard();
		end = strlen(line);
		if (end > 4096 || strcmp(line + end - 2, "}\n") != 0 ||
		    (line[end - 3] != '"' && line[end - 3] != '7'))
			fail_msg("%zu: ...%s", size, line + end - 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_steers_no_terminal),
		cmocka_unit_test(a_dated_line_has_its_time_in_front),
		cmocka_unit_test(what_is_too_wide_goes_on_below),
		cmocka_unit_test(a_value_is_quoted_where_it_must_be),
		cmocka_unit_test(a_line_that_is_too_long_is_closed_nevertheless),
	};

	return RUN_TESTS(tests);
}
