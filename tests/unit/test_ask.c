#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/serve/ask.h"

/* What addresses ask for: read whole, or refused with a line; and written as links that keep it. */

struct pair {
	const char *name, *value;
};

#define PAIRS_MAX 6

struct address {
	struct pair pairs[PAIRS_MAX];
};

static const char *get(const void *context, const char *name)
{
	const struct address *address = context;

	for (size_t i = 0; i < PAIRS_MAX && address->pairs[i].name; i++) {
		if (strcmp(address->pairs[i].name, name) == 0)
			return address->pairs[i].value;
	}
	return NULL;
}

static const char *const columns[] = { "title", "price", "a\"b&c" };
#define COLUMN_COUNT 3

static const struct {
	struct address address;
	const char *link; /* that keeps it; or NULL: refused, and */
	const char *says;
} rows[] = {
	{ { { { NULL, NULL } } }, "", NULL },
	{ { { { "q", "a b&c" } } }, "?q=a%20b%26c", NULL },
	{ { { { "q", "" }, { "state", "" }, { "status", "" }, { "order", "" } } }, "", NULL },
	{ { { { "utm_source", "x" }, { "Q", "x" }, { "token", "x" } } }, "", NULL },
	{ { { { "state", "failed" }, { "outcome", "http_error" }, { "status", "404" } } },
	  "?state=failed&amp;outcome=http_error&amp;status=404",
	  NULL },
	{ { { { "status", "0" } } }, "?status=0", NULL },
	{ { { { "host", "https://a.example:8443" } } },
	  "?host=https%3A%2F%2Fa.example%3A8443",
	  NULL },
	{ { { { "pattern", "books & co" } } }, "?pattern=books%20%26%20co", NULL },
	{ { { { "order", "newest" } } }, "", NULL },
	{ { { { "order", "oldest" } } }, "?order=oldest", NULL },
	{ { { { "order", "up:price" } } }, "?order=up%3Aprice", NULL },
	{ { { { "order", "down:a\"b&c" } } }, "?order=down%3Aa%22b%26c", NULL },
	{ { { { "after", "9223372036854775807" } } }, "?after=9223372036854775807", NULL },
	{ { { { "f.title", "x" }, { "f.no such", "y" } } }, "?f.title=x", NULL },
	{ { { { "f.a\"b&c", "<" } } }, "?f.a%22b%26c=%3C", NULL },
	{ { { { "empty", "price" } } }, "?empty=price", NULL },
	{ { { { "empty", "no such" } } }, "", NULL },
	{ { { { "page", "7" }, { "format", "csv" } } }, "?page=7&amp;format=csv", NULL },
	{ { { { "format", "html" } } }, "", NULL },
	{ { { { "q", "\xff\xfe\x80" } } }, "?q=%FF%FE%80", NULL },
	{ { { { "q", "\xe2\x80\xae" } } }, "?q=%E2%80%AE", NULL },
	/* what is wrong is said, and nothing is guessed */
	{ { { { "state", "fail" } } }, NULL, "state=fail: this must be one of pending" },
	{ { { { "state", "Failed" } } }, NULL, "state=Failed" },
	{ { { { "outcome", "' OR 1=1 --" } } }, NULL, "outcome=' OR 1=1 --" },
	{ { { { "status", "-1" } } }, NULL, "status=-1" },
	{ { { { "status", "404x" } } }, NULL, "status=404x" },
	{ { { { "status", " 404" } } }, NULL, "status= 404" },
	{ { { { "status", "1000" } } }, NULL, "up to 999" },
	{ { { { "status", "99999999999999999999" } } }, NULL, "status=" },
	{ { { { "after", "-5" } } }, NULL, "after=-5" },
	{ { { { "after", "9223372036854775808" } } }, NULL, "after=" },
	{ { { { "after", "0x10" } } }, NULL, "after=0x10" },
	{ { { { "after", "1e3" } } }, NULL, "after=1e3" },
	{ { { { "id", "0" } } }, NULL, "id=0" },
	{ { { { "id", "9223372036854775808" } } }, NULL, "id=9223372036854775808" },
	{ { { { "id", "1;DROP" } } }, NULL, "id=1;DROP" },
	{ { { { "page", "x" } } }, NULL, "page=x" },
	{ { { { "order", "up:" } } }, NULL, "order=up:" },
	{ { { { "order", "random" } } }, NULL, "order=random" },
	{ { { { "order", "up:no such" } } }, NULL, "order=no such: this must be by a field" },
	{ { { { "format", "xlsx" } } }, NULL, "csv or html" },
	{ { { { "state", "a\r\nSet-Cookie: x" } } }, NULL, "state=a? Set-Cookie: x: this" },
	{ { { { "state", "\x1b[31m\xe2\x80\xae" } } }, NULL, "state=?[31m???: this" },
};

static void an_address_is_kept_by_links_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct address *address = &rows[i].address;
		char error[ASK_ERROR_MAX] = "";
		struct html html = { 0 };
		struct ask ask;
		int result = ask_read(&ask, get, address, error);

		if (result == 0)
			result = ask_read_fields(&ask, get, address, columns, COLUMN_COUNT, error);
		if (!rows[i].link) {
			assert_int_equal(result, -1);
			if (!strstr(error, rows[i].says))
				fail_msg("row %zu: %s", i, error);
			assert_ptr_equal(strchr(error, '\n'), error + strlen(error) - 1);
			continue;
		}
		if (result < 0)
			fail_msg("row %zu: %s", i, error);
		ask_write(&html, &ask);
		html_words(&html, ".");
		html_own(&html, (struct slice){ "", 1 });
		if (html.size != strlen(rows[i].link) + 2)
			fail_msg("row %zu: %s", i, html.bytes);
		assert_memory_equal(html.bytes, rows[i].link, strlen(rows[i].link));
		html_free(&html);
	}
}

/* Texts have bounds; so has what they cost. */
static void what_is_too_long_is_refused(void **state)
{
	static const char *const names[] = { "q", "host", "pattern", "f.title", "url" };
	static char value[20000];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t max = strcmp(names[i], "url") == 0 ? ASK_URL_MAX : ASK_TEXT_MAX;
		const struct address address = { { { names[i], value } } };
		char error[ASK_ERROR_MAX];
		struct ask ask;

		for (size_t more = 0; more <= 1; more++) {
			int result;

			memset(value, 'x', max + more);
			value[max + more] = '\0';
			result = ask_read(&ask, get, &address, error);
			if (result == 0)
				result = ask_read_fields(&ask, get, &address, columns, COLUMN_COUNT,
							 error);
			assert_int_equal(result, more ? -1 : 0);
		}
	}
}

static void more_fields_than_there_is_room_for_are_refused(void **state)
{
	static const struct address address = { { { "f.x", "1" } } };
	const char *names[ASK_FIELDS_MAX + 1];
	char error[ASK_ERROR_MAX];
	struct ask ask;

	(void)state;
	for (size_t i = 0; i <= ASK_FIELDS_MAX; i++)
		names[i] = "x";
	assert_int_equal(ask_read(&ask, get, &address, error), 0);
	assert_int_equal(ask_read_fields(&ask, get, &address, names, ASK_FIELDS_MAX, error), 0);
	assert_int_equal(ask_read(&ask, get, &address, error), 0);
	assert_int_equal(ask_read_fields(&ask, get, &address, names, ASK_FIELDS_MAX + 1, error),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_kept_by_links_or_refused),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(more_fields_than_there_is_room_for_are_refused),
	};

	return RUN_TESTS(tests);
}
