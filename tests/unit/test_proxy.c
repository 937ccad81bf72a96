#include "tests/support/test.h"

#include <stdlib.h>

#include "crawler/worker/proxy.h"

static const char *const variables[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
					 "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY" };

static int forget_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	return 0;
}

/* Each scheme has variables of its own. */
static void a_variable_names_the_proxy(void **state)
{
	static const struct {
		const char *variable, *other; /* variable is "v", other "o" */
		const char *http, *https;
	} rows[] = {
		{ NULL, NULL, "", "" },
		{ "http_proxy", NULL, "v", "" },
		{ "HTTP_PROXY", NULL, "", "" },
		{ "https_proxy", NULL, "", "v" },
		{ "HTTPS_PROXY", NULL, "", "v" },
		{ "https_proxy", "HTTPS_PROXY", "", "v" },
		{ "all_proxy", NULL, "v", "v" },
		{ "ALL_PROXY", NULL, "v", "v" },
		{ "http_proxy", "all_proxy", "v", "o" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proxy_environment proxies;

		forget_variables(state);
		if (rows[i].variable)
			setenv(rows[i].variable, "v", 1);
		if (rows[i].other)
			setenv(rows[i].other, "o", 1);
		proxies = proxy_environment();
		assert_string_equal(proxy_for(&proxies, SLICE("http://a.org/")), rows[i].http);
		assert_string_equal(proxy_for(&proxies, SLICE("https://a.org/")), rows[i].https);
	}
}

static void an_empty_variable_is_no_proxy(void **state)
{
	struct proxy_environment proxies;

	forget_variables(state);
	setenv("http_proxy", "", 1);
	setenv("all_proxy", "v", 1);
	proxies = proxy_environment();
	assert_string_equal(proxy_for(&proxies, SLICE("http://a.org/")), "");
}

static void hosts_of_the_list_are_asked_directly(void **state)
{
	static const struct {
		const char *list, *url;
		bool is_direct;
	} rows[] = {
		{ "", "http://a.org/", false },
		{ "*", "http://a.org/", true },
		{ " , * ", "http://a.org/", true },
		{ "a.org", "http://a.org/", true },
		{ "A.org", "http://a.org:8080/x", true },
		{ "a.org.", "http://a.org", true },
		{ ".a.org", "http://a.org/", true },
		{ ".a.org", "http://www.a.org/", true },
		{ "a.org", "http://www.a.org?x", true },
		{ "a.org", "http://ba.org/", false },
		{ "www.a.org", "http://a.org/", false },
		{ "b.org a.org", "http://a.org/", true },
		{ "b.org,a.org", "http://a.org/", true },
		{ "b.org,c.org", "http://a.org/a.org", false },
		{ ".", "http://a.org/", false },
		{ "127.0.0.1", "http://127.0.0.1:80/", true },
		{ "127.0.0.1", "http://127.0.0.10/", false },
		{ "0.0.1", "http://127.0.0.1/", false },
		{ "10.0.0.0/8", "http://10.1.2.3/", true },
		{ "10.0.0.0/8", "http://11.1.2.3/", false },
		{ "10.0.0.0/33", "http://10.0.0.0/", false },
		{ "10.0.0.0/", "http://11.1.2.3/", false },
		{ "10.0.0.0/x", "http://11.1.2.3/", false },
		{ "/8", "http://10.1.2.3/", false },
		{ "/", "http://10.1.2.3/", false },
		{ "/x", "http://a.org/", false },
		{ "192.168.4.0/22,a.org", "http://192.168.7.1/", true },
		{ "192.168.4.0/22", "http://192.168.8.1/", false },
		{ "0.0.0.0/0", "http://192.168.8.1/", true },
		{ "0.0.0.0/0", "http://[::1]/", false },
		{ "::1", "http://[::1]:80/", true },
		{ "[::1]", "http://[::1]/", true },
		{ "2001:db8::/32", "http://[2001:db8:1::2]/", true },
		{ "2001:db8::/32", "http://[2001:db9::]/", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proxy_environment proxies = { "p", "p", rows[i].list };
		const char *expected = rows[i].is_direct ? "" : "p";

		if (strcmp(proxy_for(&proxies, slice_of(rows[i].url)), expected) != 0)
			fail_msg("'%s' %s", rows[i].list, rows[i].url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_variable_names_the_proxy, forget_variables),
		cmocka_unit_test_setup(an_empty_variable_is_no_proxy, forget_variables),
		cmocka_unit_test(hosts_of_the_list_are_asked_directly),
	};

	return RUN_TESTS(tests);
}
