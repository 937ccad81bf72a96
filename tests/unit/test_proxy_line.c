#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/config/proxy_line.h"

struct row {
	const char *text, *url, *name; /* name NULL: as the URL */
};

/* As curl reads it; and what its parser would not take is written so that it does. */
static void a_proxy_is_read_as_curl_reads_it(void **state)
{
	static const struct row rows[] = {
		{ "http://127.0.0.1:8080", "http://127.0.0.1:8080", NULL },
		{ "127.0.0.1:8080", "http://127.0.0.1:8080", NULL },
		{ "proxy.example", "http://proxy.example:1080", NULL },
		{ "https://proxy.example", "https://proxy.example:443", NULL },
		{ "HTTP://Proxy.Example:3128/", "http://proxy.example:3128", NULL },
		{ "socks4://1.2.3.4", "socks4://1.2.3.4:1080", NULL },
		{ "socks4a://a:1", "socks4a://a:1", NULL },
		{ "socks5://a:1", "socks5://a:1", NULL },
		{ "Socks5h://a:1", "socks5h://a:1", NULL },
		{ "  http://a:1\r", "http://a:1", NULL },
		{ "http://[::1]:8080", "http://[::1]:8080", NULL },
		{ "http://[2001:DB8::1]", "http://[2001:db8::1]:1080", NULL },
		{ "http://u:p@a:1", "http://u:p@a:1", "http://a:1" },
		{ "u:p@a:1", "http://u:p@a:1", "http://a:1" },
		{ "http://u@a:1", "http://u@a:1", "http://a:1" },
		{ "http://u:@a:1", "http://u:@a:1", "http://a:1" },
		{ "http://:p@a:1", "http://:p@a:1", "http://a:1" },
		{ "http://u:p@x@a:1", "http://u:p%40x@a:1", "http://a:1" },
		{ "http://u:p%40x@a:1", "http://u:p%40x@a:1", "http://a:1" },
		{ "http://u:a:b;c=d&e!$@a:1", "http://u:a:b;c=d&e!$@a:1", "http://a:1" },
		{ "http://u:%2F%3f%23%25@a:1", "http://u:%2F%3f%23%25@a:1", "http://a:1" },
		{ "socks4://me@a:1", "socks4://me@a:1", "socks4://a:1" },
		{ "u:p://x@a:1", NULL, "in name and password '/' is written %2F" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_proxy proxy = { .url = "" };
		const char *wrong = proxy_line_read(&arena, slice_of(rows[i].text), &proxy);

		if (!rows[i].url) {
			assert_non_null(wrong);
			assert_non_null(strstr(wrong, rows[i].name));
			continue;
		}
		if (wrong)
			fail_msg("%s: %s", rows[i].text, wrong);
		assert_string_equal(proxy.url, rows[i].url);
		assert_string_equal(proxy.name, rows[i].name ? rows[i].name : rows[i].url);
	}
	arena_free(&arena);
}

/* With what to do about it, and with nothing of the line. */
static void junk_is_refused_and_nothing_of_it_is_shown(void **state)
{
	static const struct {
		const char *text, *wrong;
	} rows[] = {
		{ "", "empty" },
		{ "   ", "empty" },
		{ "ftp://secret:1", "there are http" },
		{ "socks://secret:1", "socks4, socks4a, socks5, socks5h" },
		{ "quic://secret", "there are http" },
		{ "://secret:1", "there are http" },
		{ "http:/secret:1", "no path" },
		{ "<html><body>secret</body>", "no path" },
		{ "<html> <body>", "white space" },
		{ "http://sec ret:1", "white space" },
		{ "secret 1080", "white space" },
		{ "http://secret\t:1", "white space" },
		{ "http://s\303\251cret:1", "ASCII" },
		{ "http://secret:0", "1 to 65535" },
		{ "http://secret:65536", "1 to 65535" },
		{ "http://secret:99999999999999999999", "1 to 65535" },
		{ "http://secret:", "1 to 65535" },
		{ "http://secret:80a", "NAME:PASSWORD@" },
		{ "1.2.3.4:80:me:secret", "goes before the host" },
		{ "http://1.2.3.4:80:me:secret", "goes before the host" },
		{ "::1", "'[...]'" },
		{ "http://2001:db8::1:8080", "'[...]'" },
		{ "http://[::1", "'[...]'" },
		{ "http://[secret]:1", "neither a name nor an address" },
		{ "s@[", "neither a name nor an address" },
		{ "http://[", "neither a name nor an address" },
		{ "http://]", "neither a name nor an address" },
		{ "http://[::1]secret:1", "neither a name nor an address" },
		{ "http://[]:1", "neither a name nor an address" },
		{ "http://:1", "neither a name nor an address" },
		{ "http://", "neither a name nor an address" },
		{ "http://u:secret@", "neither a name nor an address" },
		{ "http://999.1.1.1:80", "neither a name nor an address" },
		{ "1.2.3:80", "neither a name nor an address" },
		{ "http://a/secret", "no path" },
		{ "http://a:1/?secret", "no path" },
		{ "http://a:1#secret", "no path" },
		{ "http://u:sec#ret@a:1", "%23" },
		{ "http://u:sec/ret@a:1", "%2F" },
		{ "http://u:sec?ret@a:1", "%3F" },
		{ "http://u:secret%6q@a:1", "%25" },
		{ "http://u:secret%@a:1", "%25" },
		{ "http://u:secret%00@a:1", "%25" },
		{ "http://u:secret%0a@a:1", "%25" },
		{ "socks4://u:secret@a:1", "socks5 has" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_proxy proxy = { .url = "untouched" };
		const char *wrong = proxy_line_read(&arena, slice_of(rows[i].text), &proxy);

		if (!wrong || !strstr(wrong, rows[i].wrong) || strstr(wrong, "secret"))
			fail_msg("%s: %s", rows[i].text, wrong ? wrong : "taken");
		assert_string_equal(proxy.url, "untouched");
	}
	arena_free(&arena);
}

/* RFC 1929 2: a byte holds how many there are, escapes undone.  HTTP has no such bound. */
static void a_name_or_password_that_socks_5_cannot_say_is_refused(void **state)
{
	static const struct {
		const char *scheme;
		int name, password; /* bytes */
		bool is_good;
	} rows[] = {
		{ "socks5", 255, 255, true },   { "socks5h", 255, 0, true },
		{ "socks5", 256, 1, false },    { "socks5h", 1, 256, false },
		{ "socks5h", 256, 255, false }, { "http", 256, 256, true },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_proxy proxy = { .url = "untouched" };
		char text[2000], bytes[800] = "";
		const char *wrong;

		for (int n = 0; n < 256; n++)
			strcat(bytes, "%4a");
		snprintf(text, sizeof(text), "%s://%.*s:%.*s@a:1", rows[i].scheme, 3 * rows[i].name,
			 bytes, 3 * rows[i].password, bytes);
		wrong = proxy_line_read(&arena, slice_of(text), &proxy);
		if (!wrong != rows[i].is_good || (wrong && !strstr(wrong, "at most 255 bytes")))
			fail_msg("row %zu: %s", i, wrong ? wrong : "taken");
	}
	arena_free(&arena);
}

static void every_byte_but_those_of_a_proxy_is_refused_in_a_host(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[] = "http://a?b:1";
		struct config_proxy proxy;
		bool is_good = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._@",
				      byte) &&
			       byte != '\0';

		text[8] = (char)byte;
		if ((proxy_line_read(&arena, (struct slice){ text, 12 }, &proxy) == NULL) !=
		    is_good)
			fail_msg("byte %d", byte);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_is_read_as_curl_reads_it),
		cmocka_unit_test(junk_is_refused_and_nothing_of_it_is_shown),
		cmocka_unit_test(a_name_or_password_that_socks_5_cannot_say_is_refused),
		cmocka_unit_test(every_byte_but_those_of_a_proxy_is_refused_in_a_host),
	};

	return RUN_TESTS(tests);
}
