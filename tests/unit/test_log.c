#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
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
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		listen_to(false);
		log_say("%s", rows[i].text);
		if (strcmp(all_heard(), rows[i].said) != 0)
			fail_msg("row %zu: %s", i, heard.text);
	}
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
		{ "caf\xc3\xa9", "k=caf\xc3\xa9", "\"k\":\"caf\xc3\xa9\"" },
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
		cmocka_unit_test(a_value_is_quoted_where_it_must_be),
		cmocka_unit_test(a_line_that_is_too_long_is_closed_nevertheless),
	};

	return RUN_TESTS(tests);
}
