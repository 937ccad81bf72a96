#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/serve/gate.h"

/*
 * Who may ask the page, and for what.  The rows are what others were reported for: names that lead
 * to us (DNS rebinding), forms of other sites, other ports of this host, proxies before us.
 */
#define TOKEN  "abcdefghijklmnopqrstuvwx"
#define COOKIE "crawl-8400=" TOKEN
#define BEARER "Bearer " TOKEN

static const char *const names[] = { "crawl.example.org", "proxy.example.org:8443" };

static const struct gate here = { .port = 8400, .token = TOKEN };
static const struct gate at_80 = { .port = 80, .token = TOKEN };
static const struct gate named = { .port = 8400, .names = names, .name_count = 2, .token = TOKEN };
static const struct gate listening = {
	.port = 8400, .listen = "192.0.2.7", .names = names, .name_count = 2, .token = TOKEN
};
static const struct gate listening_6 = { .port = 8400, .listen = "2001:db8::7", .token = TOKEN };
static const struct gate everywhere = { .port = 8400, .listen = "0.0.0.0", .token = TOKEN };

static void hosts_are_ours_or_not(void **state)
{
	static const struct {
		const struct gate *gate;
		const char *host;
		bool is_ours;
	} rows[] = {
		{ &here, "127.0.0.1:8400", true },
		{ &here, "localhost:8400", true },
		{ &here, "LocalHost:8400", true },
		{ &here, "[::1]:8400", true },
		{ &here, NULL, false },
		{ &here, "", false },
		{ &here, "127.0.0.1", false },
		{ &here, "127.0.0.1:", false },
		{ &here, "127.0.0.1:8401", false },
		{ &here, "127.0.0.1:08400", false },
		{ &here, "127.0.0.1:+8400", false },
		{ &here, "127.0.0.1: 8400", false },
		{ &here, "127.0.0.1:8400 ", false },
		{ &here, "127.0.0.1:8400.evil.example", false },
		{ &here, "127.0.0.1.evil.example:8400", false },
		{ &here, "evil.example:8400", false },
		{ &here, "localhost.evil.example:8400", false },
		{ &here, "localhost.:8400", false },
		{ &here, "evil-localhost:8400", false },
		{ &here, "user@127.0.0.1:8400", false },
		{ &here, "127.1:8400", false },
		{ &here, "127.0.0.2:8400", false },
		{ &here, "0.0.0.0:8400", false },
		{ &here, "2130706433:8400", false },
		{ &here, "::1:8400", false },
		{ &here, "[::1]", false },
		{ &here, "[::ffff:127.0.0.1]:8400", false },
		{ &here, "127.0.0.1:18446744073709560016", false },
		{ &here, "crawl.example.org:8400", false },
		{ &at_80, "127.0.0.1", true },
		{ &at_80, "127.0.0.1:80", true },
		{ &at_80, "localhost", true },
		{ &at_80, "localhost:8400", false },
		{ &named, "crawl.example.org", true },
		{ &named, "Crawl.Example.org:8400", true },
		{ &named, "crawl.example.org:443", true },
		{ &named, "crawl.example.org:", false },
		{ &named, "crawl.example.org:x", false },
		{ &named, "crawl.example.org.evil.example", false },
		{ &named, "x.crawl.example.org", false },
		{ &named, "proxy.example.org:8443", true },
		{ &named, "proxy.example.org", false },
		{ &named, "proxy.example.org:8400", false },
		{ &named, "localhost:8400", true },
		{ &listening, "192.0.2.7:8400", true },
		{ &listening, "192.0.2.8:8400", false },
		{ &listening, "192.0.2.70:8400", false },
		{ &listening, "evil.example:8400", false },
		{ &listening_6, "[2001:db8::7]:8400", true },
		{ &listening_6, "2001:db8::7:8400", false },
		{ &everywhere, "192.0.2.9:8400", true },
		{ &everywhere, "[2001:db8::9]:8400", true },
		{ &everywhere, "[2001:db8::9:8400", false },
		{ &everywhere, "192.0.2.9:8401", false },
		{ &everywhere, "192.0.2.9.evil.example:8400", false },
		{ &everywhere, "evil.example:8400", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (gate_is_host(rows[i].gate, rows[i].host) != rows[i].is_ours)
			fail_msg("row %zu: '%s'", i, rows[i].host);
	}
}

static void origins_are_of_our_pages_or_not(void **state)
{
	static const struct {
		const struct gate *gate;
		const char *origin, *host;
		bool is_ours;
	} rows[] = {
		{ &here, "http://127.0.0.1:8400", "127.0.0.1:8400", true },
		{ &here, "http://localhost:8400", "localhost:8400", true },
		{ &here, NULL, "127.0.0.1:8400", false },
		{ &here, "null", "127.0.0.1:8400", false }, /* a frame without rights, a file */
		{ &here, "", "127.0.0.1:8400", false },
		{ &here, "http://localhost:8400", "127.0.0.1:8400", false },
		{ &here, "https://127.0.0.1:8400", "127.0.0.1:8400", false },
		{ &here, "http://127.0.0.1:3000", "127.0.0.1:8400", false },
		{ &here, "http://127.0.0.1", "127.0.0.1:8400", false },
		{ &here, "http://evil.example", "127.0.0.1:8400", false },
		{ &here, "http://127.0.0.1:8400.evil.example", "127.0.0.1:8400", false },
		{ &here, "http://127.0.0.1:8400/", "127.0.0.1:8400", false },
		{ &here, "127.0.0.1:8400", "127.0.0.1:8400", false },
		{ &named, "http://crawl.example.org", "crawl.example.org", true },
		{ &named, "https://crawl.example.org", "crawl.example.org", true },
		{ &named, "https://crawl.example.org:444", "crawl.example.org", false },
		{ &named, "https://proxy.example.org:8443", "proxy.example.org:8443", true },
		{ &named, "https://evil.example", "crawl.example.org", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (gate_is_origin(rows[i].gate, rows[i].origin, rows[i].host) != rows[i].is_ours)
			fail_msg("row %zu: '%s' of '%s'", i, rows[i].origin, rows[i].host);
	}
}

static void tokens_are_the_one_or_not(void **state)
{
	static const struct {
		const char *cookie, *authorization;
		bool has;
	} rows[] = {
		{ COOKIE, NULL, true },
		{ "a=b; " COOKIE "; c=d", NULL, true },
		{ "a=b;" COOKIE, NULL, true },
		{ COOKIE ";", NULL, true },
		{ "crawl-8400=x; " COOKIE, NULL, true }, /* somebody else set one for /x */
		{ NULL, BEARER, true },
		{ NULL, "bearer " TOKEN, true },
		{ NULL, NULL, false },
		{ "", "", false },
		{ "crawl-8400=", NULL, false },
		{ "crawl-8400", NULL, false },
		{ COOKIE "x", NULL, false },
		{ "crawl-8400=abcdefghijklmnopqrstuvw", NULL, false },
		{ "crawl-8400=ABCDEFGHIJKLMNOPQRSTUVWX", NULL, false },
		{ "crawl-8401=" TOKEN, NULL, false },
		{ "xcrawl-8400=" TOKEN, NULL, false },
		{ "x=crawl-8400=" TOKEN, NULL, false },
		{ "crawl-8400 =" TOKEN, NULL, false },
		{ "crawl-8400=\"" TOKEN "\"", NULL, false },
		{ NULL, "Bearer", false },
		{ NULL, "Bearer ", false },
		{ NULL, "Bearer " TOKEN " ", false },
		{ NULL, "Basic " TOKEN, false },
		{ NULL, TOKEN, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gate_request request = { .method = "POST",
						.cookie = rows[i].cookie,
						.authorization = rows[i].authorization };

		if (gate_has_token(&here, &request) != rows[i].has)
			fail_msg("row %zu", i);
	}
}

/* A gate that was given none lets nobody in with an empty one. */
static void no_token_is_nobodys(void **state)
{
	static const struct gate gate = { .port = 8400 };
	struct gate_request request = { .cookie = "crawl-8400=", .authorization = "Bearer " };

	(void)state;
	assert_false(gate_is_token(&gate, ""));
	assert_false(gate_is_token(&gate, NULL));
	assert_false(gate_has_token(&gate, &request));
}

static void what_may_be_asked(void **state)
{
#define US           "127.0.0.1:8400"
#define OURS         "http://127.0.0.1:8400"
#define OPEN         GATE_OPEN
#define HOST         GATE_WRONG_HOST
#define SITE         GATE_WRONG_SITE
#define TOKEN_NEEDED GATE_NEEDS_TOKEN
	static const struct {
		const char *what;
		const struct gate *gate;
		struct gate_request request; /* method, host, origin, cookie, bearer, site, mode */
		enum gate_verdict verdict;
	} rows[] = {
		{ "a browser's address bar",
		  &here,
		  { "GET", US, NULL, NULL, NULL, "none", "navigate", 1 },
		  OPEN },
		{ "curl", &here, { "GET", US, NULL, NULL, NULL, NULL, NULL, 1 }, OPEN },
		{ "HEAD", &here, { "HEAD", US, NULL, NULL, NULL, NULL, NULL, 1 }, OPEN },
		{ "our script",
		  &here,
		  { "GET", US, NULL, NULL, NULL, "same-origin", "cors", 1 },
		  OPEN },
		{ "a link elsewhere",
		  &here,
		  { "GET", US, NULL, NULL, NULL, "cross-site", "navigate", 1 },
		  OPEN },
		{ "an image elsewhere",
		  &here,
		  { "GET", US, NULL, NULL, NULL, "cross-site", "no-cors", 1 },
		  SITE },
		{ "events elsewhere",
		  &here,
		  { "GET", US, "http://evil.example", NULL, NULL, "cross-site", "cors", 1 },
		  SITE },
		{ "events elsewhere, an older browser",
		  &here,
		  { "GET", US, "http://evil.example", NULL, NULL, NULL, NULL, 1 },
		  SITE },
		{ "another port's image",
		  &here,
		  { "GET", US, NULL, COOKIE, NULL, "same-site", "no-cors", 1 },
		  SITE },
		{ "a name that leads to us",
		  &here,
		  { "GET", "evil.example:8400", NULL, NULL, NULL, "same-origin", "cors", 1 },
		  HOST },
		{ "two Hosts", &here, { "GET", US, NULL, NULL, NULL, NULL, NULL, 2 }, HOST },
		{ "no Host", &here, { "GET", NULL, NULL, NULL, NULL, NULL, NULL, 0 }, HOST },
		{ "our form",
		  &here,
		  { "POST", US, OURS, COOKIE, NULL, "same-origin", "navigate", 1 },
		  OPEN },
		{ "our form, an older browser",
		  &here,
		  { "POST", US, OURS, COOKIE, NULL, NULL, NULL, 1 },
		  OPEN },
		{ "a program", &here, { "POST", US, OURS, NULL, BEARER, NULL, NULL, 1 }, OPEN },
		{ "our form without the cookie",
		  &here,
		  { "POST", US, OURS, NULL, NULL, "same-origin", "navigate", 1 },
		  TOKEN_NEEDED },
		{ "a cookie of an earlier start",
		  &here,
		  { "POST", US, OURS, "crawl-8400=xxxxxxxxxxxxxxxxxxxxxxxx", NULL, "same-origin",
		    "navigate", 1 },
		  TOKEN_NEEDED },
		{ "no Origin", &here, { "POST", US, NULL, COOKIE, NULL, NULL, NULL, 1 }, SITE },
		{ "a frame without rights",
		  &here,
		  { "POST", US, "null", COOKIE, NULL, NULL, NULL, 1 },
		  SITE },
		{ "a form elsewhere",
		  &here,
		  { "POST", US, "http://evil.example", NULL, NULL, "cross-site", "navigate", 1 },
		  SITE },
		{ "a form of another port, whose requests have our cookie",
		  &here,
		  { "POST", US, "http://127.0.0.1:3000", COOKIE, NULL, "same-site", "navigate", 1 },
		  SITE },
		{ "the same, an older browser",
		  &here,
		  { "POST", US, "http://127.0.0.1:3000", COOKIE, NULL, NULL, NULL, 1 },
		  SITE },
		{ "a form of a name that leads to us",
		  &here,
		  { "POST", "evil.example:8400", "http://evil.example:8400", NULL, NULL,
		    "same-origin", "navigate", 1 },
		  HOST },
		{ "an Origin that lies, and no token",
		  &here,
		  { "POST", US, OURS, NULL, NULL, NULL, NULL, 1 },
		  TOKEN_NEEDED },
		{ "DELETE", &here, { "DELETE", US, NULL, NULL, NULL, NULL, NULL, 1 }, SITE },
		{ "OPTIONS, before what is not allowed",
		  &here,
		  { "OPTIONS", US, "http://evil.example", NULL, NULL, "cross-site", "cors", 1 },
		  SITE },
		{ "reading from elsewhere",
		  &listening,
		  { "GET", "192.0.2.7:8400", NULL, NULL, NULL, "none", "navigate", 1 },
		  TOKEN_NEEDED },
		{ "reading from elsewhere with it",
		  &listening,
		  { "GET", "192.0.2.7:8400", NULL, COOKIE, NULL, "none", "navigate", 1 },
		  OPEN },
		{ "a collector of metrics",
		  &listening,
		  { "GET", "192.0.2.7:8400", NULL, NULL, BEARER, NULL, NULL, 1 },
		  OPEN },
		{ "this machine, where others are let in",
		  &listening,
		  { "GET", US, NULL, NULL, NULL, NULL, NULL, 1 },
		  TOKEN_NEEDED },
		{ "behind a proxy",
		  &named,
		  { "POST", "crawl.example.org", "https://crawl.example.org", COOKIE, NULL,
		    "same-origin", "cors", 1 },
		  OPEN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (gate_judge(rows[i].gate, &rows[i].request) != rows[i].verdict)
			fail_msg("%s: %d", rows[i].what,
				 gate_judge(rows[i].gate, &rows[i].request));
	}
}

static void what_may_be_a_token(void **state)
{
	static const struct {
		const char *text;
		bool may_be;
	} rows[] = {
		{ TOKEN, true },
		{ "abcdefghijklmnopqrstuv", true },
		{ "abcdefghijklmnopqrstu", false }, /* too few to be safe */
		{ "", false },
		{ "abcdefghijklmnopqrstuvw;", false },
		{ "abcdefghijklmnopqrstuvw x", false },
		{ "abcdefghijklm/opqrstuvwxyz", false },
		{ "__________----------0123", true },
	};
	char longest[GATE_TOKEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(gate_may_be_token(rows[i].text), rows[i].may_be);
	memset(longest, 'a', GATE_TOKEN_MAX);
	longest[GATE_TOKEN_MAX] = '\0';
	assert_false(gate_may_be_token(longest));
	longest[GATE_TOKEN_MAX - 1] = '\0';
	assert_true(gate_may_be_token(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_ours_or_not),
		cmocka_unit_test(origins_are_of_our_pages_or_not),
		cmocka_unit_test(tokens_are_the_one_or_not),
		cmocka_unit_test(no_token_is_nobodys),
		cmocka_unit_test(what_may_be_asked),
		cmocka_unit_test(what_may_be_a_token),
	};

	return RUN_TESTS(tests);
}
