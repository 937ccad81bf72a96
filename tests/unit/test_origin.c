#include "tests/support/test.h"

#include "parsers/url/origin.h"

static void an_origin_has_three_parts(void **state)
{
	static const struct {
		const char *text, *name;
		bool is_https;
		unsigned port;
		bool has_own_port;
	} rows[] = {
		{ "http://a.org", "a.org", false, 80, true },
		{ "https://a.org", "a.org", true, 443, true },
		{ "https://a.org:80", "a.org", true, 80, false },
		{ "http://a.org:8080/x:1?y", "a.org", false, 8080, false },
		{ "http://a.org/", "a.org", false, 80, true },
		{ "http://a.org?x", "a.org", false, 80, true },
		{ "https://[::1]:8443/", "[::1]", true, 8443, false },
		{ "http://[2001:db8::1]", "[2001:db8::1]", false, 80, true },
		/* names alone */
		{ "a.org", "a.org", false, 0, false },
		{ "[::1]", "[::1]", false, 0, false },
		{ "", "", false, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct origin origin = origin_read(slice_of(rows[i].text));

		assert_true(slice_equal(origin.name, slice_of(rows[i].name)));
		assert_int_equal(origin.is_https, rows[i].is_https);
		assert_int_equal(origin.port, rows[i].port);
		assert_int_equal(origin_has_own_port(&origin), rows[i].has_own_port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_origin_has_three_parts),
	};

	return RUN_TESTS(tests);
}
