#include "tests/support/test.h"

#include "parsers/url/domain.h"

static void a_domain_is_what_one_owner_registered(void **state)
{
	static const char *const table[][2] = {
		{ "example.org", "example.org" },
		{ "www.example.org", "example.org" },
		{ "a.b.c.example.co.uk", "example.co.uk" },
		{ "co.uk", "co.uk" },
		{ "someone.github.io", "someone.github.io" },
		{ "localhost", "localhost" },
		{ "build.intranet", "build.intranet" },
		{ "a.build.intranet", "build.intranet" },
		{ "www.host1", "www.host1" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "[2001:db8::1]", "[2001:db8::1]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct slice domain = domain_of(slice_of(table[i][0]));

		assert_int_equal(domain.size, strlen(table[i][1]));
		assert_memory_equal(domain.at, table[i][1], domain.size);
	}
}

static void a_name_longer_than_any_is_its_own_domain(void **state)
{
	char name[1000];
	struct slice host = { name, sizeof(name) };

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(slice_equal(domain_of(host), host));
}

static void an_address_is_told_from_a_name(void **state)
{
	static const struct {
		const char *host;
		bool is_address;
	} table[] = {
		{ "192.0.2.7", true },
		{ "[::1]", true },
		{ "example.org", false },
		{ "1.example.org", false },
		{ "host1", false },
		{ "www.host1", false },
		{ "", false },
		{ "[", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(domain_is_address(slice_of(table[i].host)), table[i].is_address);
}

static void a_shared_name_is_one_below_which_anybody_has_one(void **state)
{
	static const struct {
		const char *name;
		bool is_shared;
	} table[] = {
		{ "org", true },       { "co.uk", true },
		{ "github.io", true }, { "example.org", false },
		{ "corp", false },     { "internal", false },
		{ "", false },         { "a.co.uk", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (domain_is_shared(slice_of(table[i].name)) != table[i].is_shared)
			fail_msg("%s", table[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_is_what_one_owner_registered),
		cmocka_unit_test(a_name_longer_than_any_is_its_own_domain),
		cmocka_unit_test(an_address_is_told_from_a_name),
		cmocka_unit_test(a_shared_name_is_one_below_which_anybody_has_one),
	};

	return RUN_TESTS(tests);
}
