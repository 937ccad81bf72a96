/* logout: which URLs end a session, by their looks. */
#include "tests/support/test.h"

#include "crawler/links/logout.h"

static void what_ends_a_session_is_known_by_its_words(void **state)
{
	static const struct {
		const char *url;
		bool is_likely;
	} rows[] = {
		{ "http://a.org/logout", true },
		{ "http://a.org/LogOut.php", true },
		{ "http://a.org/log-out", true },
		{ "http://a.org/user/sign_out", true },
		{ "http://a.org/users/sign-out/", true },
		{ "http://a.org/site/Log%20Out", true },
		{ "http://a.org/Log+Out", true },
		{ "http://a.org/%6C%6fgout", true },
		{ "http://a.org/?do=log%2Doff", true },
		{ "http://a.org/?do=lo%", false },
		{ "http://a.org/wp-login.php?action=logout&_wpnonce=1", true },
		{ "http://a.org/index.php?logout", true },
		{ "http://a.org/?do=logoff", true },
		{ "http://a.org/?x=1;cmd=signout", true },
		{ "http://a.org/Special:UserLogout", true },
		{ "http://a.org/index.php?title=Spezial:Abmelden", true },
		{ "http://a.org/account/logout.aspx?r=%2F", true },
		{ "http://a.org/deconnexion", true },
		{ "http://a.org/d%C3%A9connexion", true },
		{ "http://a.org/cerrar-sesion", true },
		{ "http://a.org/oidc/endsession", true },
		{ "http://a.org/logout?from=3", true },
		{ "http://a.org/api/v1/auth/logoutAll", true },
		{ "http://a.org/", false },
		{ "http://a.org/login", false },
		{ "http://logout.org/page", false },
		{ "http://a.org/how-to-log-out-of-the-old-site", false },
		{ "http://a.org/blog/outdoor", false },
		{ "http://a.org/catalogue", false },
		{ "http://a.org/signup", false },
		{ "http://a.org/?q=how+to+sign+out+of+everything", false },
		{ "http://a.org", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (logout_is_likely(slice_of(rows[i].url)) != rows[i].is_likely)
			fail_msg("%s", rows[i].url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ends_a_session_is_known_by_its_words),
	};

	return RUN_TESTS(tests);
}
