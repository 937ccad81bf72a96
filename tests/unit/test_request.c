#include "tests/support/test.h"

#include <stdio.h>

#include "parsers/request/header_line.h"
#include "parsers/request/request.h"
#include "parsers/request/urlencoded.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- identity ---- */

static void requests_are_one_if_method_url_and_body_are(void **state)
{
	static const struct {
		const char *headers, *body;
		bool is_same; /* as the one before */
	} rows[] = {
		{ "Content-Type: text/plain\n", "a=1", false },
		{ "", "a=1", true },
		{ "X-A: b\n", "a=1", true },
		{ "", "a=2", false },
		{ "", "", false },
		{ "", "A=2", false },
	};
	char last[URL_BYTES_MAX + 1] = "";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_request request = { REQUEST_POST, slice_of(rows[i].headers),
						slice_of(rows[i].body) };
		struct url url;

		assert_int_equal(url_parse(&url, SLICE("https://h/s?q#f")), URL_OK);
		assert_int_equal(request_identify(&url, &request), 0);
		assert_int_equal(strcmp(url.text, last) == 0, rows[i].is_same);
		assert_int_equal(url.size, strlen("https://h/s?q") + REQUEST_IDENTITY_BYTES);
		assert_true(slice_equal(request_url(url_slice(&url)), SLICE("https://h/s?q")));
		assert_int_equal(request_identity_of(url_slice(&url)).size, REQUEST_IDENTITY_BYTES);
		snprintf(last, sizeof(last), "%s", url.text);
	}
}

/* It is in databases: it stays. */
static void the_identity_of_a_request_does_not_change(void **state)
{
	struct http_request request = { REQUEST_POST, { NULL, 0 }, SLICE("{\"q\":\"tea\"}") };
	struct url url;

	(void)state;
	url_parse(&url, SLICE("https://api.example.org/search"));
	request_identify(&url, &request);
	assert_string_equal(url.text, "https://api.example.org/search#POST-1fd34e2c90d82834");
	url_parse(&url, SLICE("https://api.example.org/search"));
	request_identify(
		&url, &(struct http_request){ .method = REQUEST_GET, .headers = SLICE("A: b\n") });
	assert_string_equal(url.text, "https://api.example.org/search");
}

static void an_identity_fits_a_url_or_is_none(void **state)
{
	static char text[URL_BYTES_MAX + 1] = "http://h/";
	struct http_request request = { .method = REQUEST_POST };
	struct url url;

	(void)state;
	memset(text + 9, 'a', URL_BYTES_MAX - 9);
	assert_int_equal(url_parse(&url, (struct slice){ text, URL_BYTES_MAX - 22 }), URL_OK);
	assert_int_equal(request_identify(&url, &request), 0);
	assert_int_equal(url_parse(&url, (struct slice){ text, URL_BYTES_MAX - 21 }), URL_OK);
	assert_int_equal(request_identify(&url, &request), -1);
	assert_int_equal(url.size, URL_BYTES_MAX - 21);
}

static void only_an_identity_is_taken_for_one(void **state)
{
	static const struct {
		const char *typed, *identity;
	} rows[] = {
		{ "https://h/#POST-0123456789abcdef", "#POST-0123456789abcdef" },
		{ "https://h/?a=b#POST-0000000000000000", "#POST-0000000000000000" },
		{ " https://h/#POST-0123456789abcdef\r", "#POST-0123456789abcdef" },
		{ "https://h/#POST-0123456789abcdef \n", "#POST-0123456789abcdef" },
		{ "https://h/#POST-0123456789abcdef x", "" },
		{ "https://h/#POST-0123456789ABCDEF", "" },
		{ "https://h/#POST-0123456789abcde", "" },
		{ "https://h/#POST-0123456789abcdefa", "" },
		{ "https://h/#post-0123456789abcdef", "" },
		{ "https://h/#POST-0123456789abcdeg", "" },
		{ "https://h/POST-0123456789abcdef", "" },
		{ "#POST-0123456789abcdef", "" },
		{ "https://h/", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice found = request_identity_of(slice_of(rows[i].typed));
		struct url url;

		assert_true(slice_equal(found, slice_of(rows[i].identity)));
		if (url_parse(&url, slice_of(rows[i].typed)) != URL_OK)
			continue;
		request_identify_typed(&url, slice_of(rows[i].typed));
		assert_int_equal(strchr(url.text, '#') != NULL, found.size > 0);
	}
}

static void methods_have_names(void **state)
{
	enum request_method method = REQUEST_GET;

	(void)state;
	assert_true(request_method_of(SLICE("POST"), &method));
	assert_int_equal(method, REQUEST_POST);
	assert_string_equal(request_method_name(method), "POST");
	assert_false(request_method_of(SLICE("post"), &method));
	assert_false(request_method_of(SLICE("PUT"), &method));
	assert_false(request_method_of((struct slice){ NULL, 0 }, &method));
}

/* ---- redirects ---- */

#define OF_BODY "Content-Type: a/b\ncontent-encoding: x\nContent-Language: de\n"

static void a_redirect_leaves_of_a_request_what_browsers_leave(void **state)
{
	static const struct {
		enum request_method method;
		const char *headers;
		unsigned status;
		bool is_same;
		enum request_method left;
		const char *headers_left;
	} rows[] = {
		{ REQUEST_POST, OF_BODY "X-A: b\n", 301, true, REQUEST_GET, "X-A: b\n" },
		{ REQUEST_POST, OF_BODY "X-A: b\n", 302, true, REQUEST_GET, "X-A: b\n" },
		{ REQUEST_POST, OF_BODY "X-A: b\n", 303, true, REQUEST_GET, "X-A: b\n" },
		{ REQUEST_POST, OF_BODY "X-A: b\n", 307, true, REQUEST_POST, OF_BODY "X-A: b\n" },
		{ REQUEST_POST, OF_BODY "X-A: b\n", 308, true, REQUEST_POST, OF_BODY "X-A: b\n" },
		{ REQUEST_POST, OF_BODY "X-A: b\n", 301, false, REQUEST_GET, "" },
		{ REQUEST_POST, "X-A: b\n" OF_BODY, 307, false, REQUEST_POST, OF_BODY },
		{ REQUEST_POST, "X-A: b\n" OF_BODY "X-C: d\n", 308, false, REQUEST_POST, OF_BODY },
		{ REQUEST_GET, "X-A: b\nContent-Type: a/b\n", 308, true, REQUEST_GET, "X-A: b\n" },
		{ REQUEST_GET, "X-A: b\n", 303, true, REQUEST_GET, "X-A: b\n" },
		{ REQUEST_GET, "X-A: b\n", 302, false, REQUEST_GET, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char headers[256];
		struct http_request request = { .method = rows[i].method,
						.headers = { headers, strlen(rows[i].headers) } };

		if (rows[i].method == REQUEST_POST)
			request.body = SLICE("body");
		snprintf(headers, sizeof(headers), "%s", rows[i].headers);
		request_redirect(&request, headers, rows[i].status, rows[i].is_same);
		assert_int_equal(request.method, rows[i].left);
		assert_int_equal(request.body.size, rows[i].left == REQUEST_POST ? 4 : 0);
		assert_true(slice_equal(request.headers, slice_of(rows[i].headers_left)));
	}
}

/* ---- forms, headers ---- */

static void forms_are_written_as_browsers_write_them(void **state)
{
	static const struct {
		const char *text, *written;
	} rows[] = {
		{ "a b", "a+b" },         { "a+b", "a%2Bb" },
		{ "*-._", "*-._" },       { "~!'()", "%7E%21%27%28%29" },
		{ "a=1&b", "a%3D1%26b" }, { "K\xC3\xB6ln", "K%C3%B6ln" },
		{ "\r\n", "%0D%0A" },     { "", "" },
		{ "a\nb", "a%0D%0Ab" },   { "\r\r\n\n", "%0D%0A%0D%0A%0D%0A" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[64];
		char *end = urlencoded_write(out, slice_of(rows[i].text));

		assert_true((size_t)(end - out) <= urlencoded_room(strlen(rows[i].text)));
		assert_true(slice_equal((struct slice){ out, (size_t)(end - out) },
					slice_of(rows[i].written)));
	}
}

static void some_headers_are_not_the_users_to_set(void **state)
{
	static const char *const refused[] = { "host", "CONTENT-LENGTH", "Connection",
					       "transfer-encoding", "Proxy-Authorization" };
	const char *spelt = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_non_null(header_line_refusal(slice_of(refused[i]), &spelt));
	assert_null(header_line_refusal(SLICE("Accept"), &spelt));
	assert_true(header_line_is_credential(SLICE("cookie")));
	assert_true(header_line_is_credential(SLICE("AUTHORIZATION")));
	assert_false(header_line_is_credential(SLICE("X-Api-Key")));
	assert_false(header_line_is_name(SLICE("a b")));
	assert_false(header_line_is_name(SLICE("")));
	assert_non_null(header_line_bad_value(SLICE("a\r\nb: c")));
	assert_non_null(header_line_bad_value((struct slice){ "a\0b", 3 }));
	assert_null(header_line_bad_value(SLICE("a\tb K\xC3\xB6ln")));
}

static void a_form_is_told_by_its_header(void **state)
{
	static const struct {
		const char *headers;
		bool is_form, is_other;
	} rows[] = {
		{ "Content-Type: application/x-www-form-urlencoded\n", true, false },
		{ "X-A: 1\ncontent-type: Application/X-WWW-Form-Urlencoded; charset=utf-8\nX-B: "
		  "2\n",
		  true, false },
		{ "Content-Type: application/json\n", false, true },
		{ "X-A: 1\ncontent-type: a/b\n", false, true },
		{ "X-Content-Type: application/x-www-form-urlencoded\n", false, false },
		{ "X-A: Content-Type: application/x-www-form-urlencoded", false, false },
		{ "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (request_has_form(slice_of(rows[i].headers)) != rows[i].is_form ||
		    request_has_type(slice_of(rows[i].headers)) !=
			    (rows[i].is_form || rows[i].is_other))
			fail_msg("%s", rows[i].headers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_one_if_method_url_and_body_are),
		cmocka_unit_test(the_identity_of_a_request_does_not_change),
		cmocka_unit_test(an_identity_fits_a_url_or_is_none),
		cmocka_unit_test(only_an_identity_is_taken_for_one),
		cmocka_unit_test(methods_have_names),
		cmocka_unit_test(a_redirect_leaves_of_a_request_what_browsers_leave),
		cmocka_unit_test(forms_are_written_as_browsers_write_them),
		cmocka_unit_test(a_form_is_told_by_its_header),
		cmocka_unit_test(some_headers_are_not_the_users_to_set),
	};

	return RUN_TESTS(tests);
}
