#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/master/share.h"

#define SHARES 4096

static void hosts_of_one_domain_are_of_one_share(void **state)
{
	static const struct {
		const char *one, *other;
		bool are_together;
	} table[] = {
		{ "http://a.example.co.uk", "http://b.c.example.co.uk", true },
		{ "http://example.org", "http://www.example.org", true },
		{ "http://example.org", "https://example.org", true },
		{ "http://example.org", "https://example.org:8443", true },
		{ "http://localhost:8000", "http://localhost:9000", true },
		{ "http://a.build.intranet", "http://b.build.intranet", true },
		{ "http://www.xn--bcher-kva.example", "http://xn--bcher-kva.example", true },
		{ "http://192.0.2.7", "https://192.0.2.7:8443", true },
		{ "http://[2001:db8::1]", "https://[2001:db8::1]:8443", true },
		{ "http://example.co.uk", "http://other.co.uk", false },
		{ "http://example.org", "http://example.com", false },
		{ "http://one.github.io", "http://other.github.io", false },
		{ "http://192.0.2.7", "http://192.0.2.8", false },
		{ "http://[2001:db8::1]", "http://[2001:db8::2]", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t one = share_of(slice_of(table[i].one), SHARES);
		uint32_t other = share_of(slice_of(table[i].other), SHARES);

		if ((one == other) != table[i].are_together)
			fail_msg("%s %u, %s %u", table[i].one, one, table[i].other, other);
	}
}

/* It stands in databases, and other machines and later versions have to agree. */
static void a_share_is_always_the_same(void **state)
{
	static const struct {
		const char *origin;
		uint32_t share;
	} table[] = {
		{ "http://example.org", 3909 },
		{ "https://www.example.co.uk:8443", 2155 },
		{ "http://192.0.2.7", 1853 },
		{ "http://[2001:db8::1]", 2846 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t share = share_of(slice_of(table[i].origin), SHARES);

		if (share != table[i].share)
			fail_msg("%s: %u", table[i].origin, share);
	}
}

/* Cookies have names, hosts have origins. */
static void a_name_is_of_the_share_of_its_origins(void **state)
{
	static const char *const table[][2] = {
		{ "www.example.org", "http://example.org:8080" },
		{ "example.org", "https://a.example.org" },
		{ "192.0.2.7", "http://192.0.2.7:8080" },
		{ "[2001:db8::1]", "http://[2001:db8::1]:8080" },
		{ "localhost", "http://localhost:8080" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(share_of_name(slice_of(table[i][0]), SHARES),
				 share_of(slice_of(table[i][1]), SHARES));
}

static void who_is_alone_has_one_share(void **state)
{
	(void)state;
	assert_int_equal(share_of(SLICE("http://example.org"), 1), 0);
	assert_int_equal(share_of(SLICE("http://[2001:db8::1]:8080"), 1), 0);
	assert_int_equal(share_of_name(SLICE("example.org"), 1), 0);
}

static void many_domains_are_spread_evenly(void **state)
{
	enum { DOMAINS = 40 * SHARES };
	static unsigned counts[SHARES];
	char origin[48];

	(void)state;
	for (unsigned i = 0; i < DOMAINS; i++) {
		snprintf(origin, sizeof(origin), "http://www.shop%u.example", i);
		counts[share_of(slice_of(origin), SHARES)]++;
	}
	for (unsigned i = 0; i < SHARES; i++)
		assert_in_range(counts[i], 10, 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_of_one_domain_are_of_one_share),
		cmocka_unit_test(a_share_is_always_the_same),
		cmocka_unit_test(a_name_is_of_the_share_of_its_origins),
		cmocka_unit_test(who_is_alone_has_one_share),
		cmocka_unit_test(many_domains_are_spread_evenly),
	};

	return RUN_TESTS(tests);
}
