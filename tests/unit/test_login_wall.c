/* login_wall: which redirects lead to a login's page. */
#include "tests/support/test.h"

#include "crawler/links/login_wall.h"

static void a_login_is_known_by_its_path_or_by_what_says_which_page_it_is(void **state)
{
	static const struct {
		const char *login, *url;
		bool is_wall;
	} rows[] = {
		{ "http://a/login", "http://a/login", true },
		{ "http://a/login", "http://a/login?next=/x", true },
		{ "http://a/login?next=/x", "http://a/login?next=/y", true },
		{ "http://a/login/?next=/x", "http://a/login/", true },
		{ "http://a/wp-login.php?redirect_to=x", "http://a/wp-login.php?reauth=1", true },
		{ "http://a/login", "http://a/login/x", false },
		{ "http://a/login", "http://b/login", false },
		{ "http://a/login", "https://a/login", false },
		{ "http://a/", "http://a/?next=/x", true },
		/* files that have all pages of a site */
		{ "http://a/index.php?action=login", "http://a/index.php?action=login&to=7", true },
		{ "http://a/index.php?action=login", "http://a/index.php?to=7&action=login", true },
		{ "http://a/index.php?action=login", "http://a/index.php?action=login2", false },
		{ "http://a/index.php?action=login", "http://a/index.php?topic=7", false },
		{ "http://a/index.php?action=login", "http://a/index.php", false },
		{ "http://a/w/index.php?title=Special:UserLogin&from=A",
		  "http://a/w/index.php?title=Special:UserLogin&from=B", true },
		{ "http://a/w/index.php?title=Special:UserLogin", "http://a/w/index.php?title=Main",
		  false },
		{ "http://a/doku.php?id=start&do=login", "http://a/doku.php?id=other&do=login",
		  true },
		{ "http://a/doku.php?id=a&do=login", "http://a/doku.php?id=b", false },
		{ "http://a/index.php", "http://a/index.php?next=7", true },
		{ "http://a/index.php?", "http://a/index.php?&&next=7", true },
		{ "http://a/index.php?&x", "http://a/index.php?y&&x&", true },
		{ "http://a/index.php?&", "http://a/index.php?&", false }, /* it says nothing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (login_wall_is(slice_of(rows[i].login), slice_of(rows[i].url)) !=
		    rows[i].is_wall)
			fail_msg("%s: %s", rows[i].login, rows[i].url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_is_known_by_its_path_or_by_what_says_which_page_it_is),
	};

	return RUN_TESTS(tests);
}
