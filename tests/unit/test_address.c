#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "parsers/url/address.h"

static bool is_public(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	bool is_public;

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		is_public = address_is_public((struct sockaddr *)&in);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		is_public = address_is_public((struct sockaddr *)&in6);
	}
	assert_int_equal(address_text_is_public(slice_of(text)), is_public);
	return is_public;
}

static void addresses_of_the_internet_are_public(void **state)
{
	static const char *const rows[] = {
		"8.8.8.8",         "1.1.1.1",      "172.15.255.255", "172.32.0.0",
		"192.167.1.1",     "100.63.0.1",   "100.128.0.1",    "223.255.255.254",
		"2606:4700::",     "2001:4860::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
		"2002:808:808::1", "169.253.1.1",  "198.17.0.1",     "2a00:1450::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!is_public(rows[i]))
			fail_msg("%s is public", rows[i]);
	}
}

static void addresses_of_nobody_or_of_ourselves_are_not(void **state)
{
	static const char *const rows[] = {
		"127.0.0.1",
		"127.255.255.255",
		"0.0.0.0",
		"10.1.2.3",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"169.254.169.254",
		"100.64.0.1",
		"192.0.0.8",
		"192.0.2.1",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.9",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fe80::1",
		"fc00::1",
		"fd12::1",
		"ff02::1",
		"2001:db8::1",
		"2001::1",
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"64:ff9b::192.168.0.1",
		"2002:7f00:1::",
		"2002:a00:1::",
		"::127.0.0.1",
		"100::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (is_public(rows[i]))
			fail_msg("%s is not public", rows[i]);
	}
}

static void what_is_no_address_is_not_public(void **state)
{
	static const char *const rows[] = {
		"",         "x",          "8.8.8",
		"8.8.8.8 ", "fe80::1%lo", "8.8.8.8888888888888888888888888888888888888888888888"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(address_text_is_public(slice_of(rows[i])));
}

/* Behind a proxy nobody here looks names up. */
static void a_host_is_judged_by_its_bits_or_its_text(void **state)
{
	static const struct {
		const char *host;
		bool is_public;
	} rows[] = {
		{ "example.org", true },
		{ "example.org.", true },
		{ "8.8.8.8", true },
		{ "[2606:4700::1111]", true },
		{ "2606:4700::1111", true },
		{ "localhost.example.org", true },
		{ "notlocalhost.org", true },
		{ "mylocal.org", true },
		{ "127.0.0.1", false },
		{ "10.1.2.3", false },
		{ "169.254.169.254", false },
		{ "[::1]", false },
		{ "::1", false },
		{ "[::ffff:7f00:1]", false },
		{ "[fd00::1]", false },
		{ "localhost", false },
		{ "localhost.", false },
		{ "LocalHost", false },
		{ "a.localhost", false },
		{ "a.b.localhost.", false },
		{ "printer.local", false },
		{ "metadata.google.internal", false },
		{ "internal", false },
		{ "intranet", false },
		{ "intranet.", false },
		{ "", false },
		{ ".", false },
		{ "127.0.0.1.", false },
		{ "127.0.0.1..", false },
		{ "localhost..", false },
		{ "a..localhost", false },
		{ "localhost.localdomain", false },
		{ "127.1", false },
		{ "0x7f.1", false },
		{ "0x7f000001", false },
		{ "127.0.0.0x1", false },
		{ "127.0.0.0x", false },
		{ "0177.0.0.01", false },
		{ "2130706433", false },
		{ "1.2.3.4.5", false },
		{ "a.b.1", false },
		{ "8.8.8.8..", true },
		{ "1.a", true },
		{ "0x7.org", true },
		{ "127.0.0.1.example.org", true },
		{ "fe80::1%eth0", false },
		{ "[fe80::1%25eth0]", false },
		{ "[64:ff9b::7f00:1]", false },
		{ "[64:ff9b:1::7f00:1]", false },
		{ "[2002:a00:1::]", false },
		{ "[::ffff:0:7f00:1]", false },
		{ "[fd00:ec2::254]", false },
		{ "0.0.0.1", false },
		{ "[::5efe:a00:1]", false },
		{ "[2001:0:5ef5:79fd:0:0:80ff:fefe]", false },
		{ "[64:ff9b::a9fe:a9fe]", false },
		{ "[::ffff:100.100.100.200]", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (address_host_is_public(slice_of(rows[i].host)) != rows[i].is_public)
			fail_msg("%s", rows[i].host);
	}
}

/* As themselves, and within IPv6. */
static void addresses_of_services_are_known(void **state)
{
	static const struct {
		const char *address;
		bool is_service;
	} rows[] = {
		{ "169.254.169.254", true },
		{ "169.254.0.0", true },
		{ "169.254.255.255", true },
		{ "169.254.170.2", true },
		{ "100.100.100.200", true },
		{ "168.63.129.16", true },
		{ "::ffff:169.254.169.254", true },
		{ "[::ffff:a9fe:a9fe]", true },
		{ "64:ff9b::a9fe:a9fe", true },
		{ "2002:a9fe:a9fe::1", true },
		{ "fd00:ec2::254", true },
		{ "[fd00:ec2::254]", true },
		{ "fd20:ce::254", true },
		{ "169.253.255.255", false },
		{ "169.255.0.0", false },
		{ "fd00:ec2::253", false },
		{ "fd00:ec2:1::254", false },
		{ "127.0.0.1", false },
		{ "10.0.0.1", false },
		{ "8.8.8.8", false },
		{ "::1", false },
		{ "example.org", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (address_text_is_service(slice_of(rows[i].address)) != rows[i].is_service)
			fail_msg("%s", rows[i].address);
	}
}

static void other_families_are_not_public(void **state)
{
	struct sockaddr address = { .sa_family = AF_UNIX };

	(void)state;
	assert_false(address_is_public(&address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_internet_are_public),
		cmocka_unit_test(addresses_of_nobody_or_of_ourselves_are_not),
		cmocka_unit_test(what_is_no_address_is_not_public),
		cmocka_unit_test(a_host_is_judged_by_its_bits_or_its_text),
		cmocka_unit_test(addresses_of_services_are_known),
		cmocka_unit_test(other_families_are_not_public),
	};

	return RUN_TESTS(tests);
}
