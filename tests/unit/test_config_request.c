#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crawler/config/config_load.h"
#include "crawler/show/hidden.h"
#include "tests/support/test_folder.h"

/* What requests carry, read from configs and flags; and what is complained of without a value. */

#define TEXT_MAX     (16 * 1024)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct test_folder folder;
static char complaints[TEXT_MAX];

static int enter_folder(void **state)
{
	(void)state;
	test_folder_enter(&folder);
	mkdir("etc", 0700);
	write_file("etc/token", "s3cret\r\n");
	write_file("etc/pair", "me:pw:x\n");
	write_file("etc/marked", "\xEF\xBB\xBF"
				 "me:pw\r\n");
	write_file("etc/mark", "\xEF\xBB\xBF\n");
	write_file("etc/blanks", " to ken \n\n");
	write_file("etc/token-blanks", "token \t\r\n");
	write_file("etc/stray", "tok\xE2\x80\x8B"
				"en\n");
	write_file("etc/two-lines", "a\nb\n");
	write_file("etc/empty", "\n");
	write_file("etc/me.pem", "pem\n");
	write_file("home-token", "of home\n");
	setenv("HOME", folder.path, 1);
	setenv("KEY", "k3y", 1);
	setenv("USER_NAME", "me", 1);
	setenv("PASS", "p:w", 1);
	setenv("EMPTY", "", 1);
	setenv("LINES", "a\r\nX-Evil: 1", 1);
	return 0;
}

static int leave_folder(void **state)
{
	(void)state;
	return test_folder_leave(&folder);
}

static struct config *load_with(const char *yaml, struct request_flags flags)
{
	struct config_sources sources = { .requests = flags };
	static const char *const path = "etc/t.yaml";
	FILE *out = fmemopen(complaints, sizeof(complaints), "w");
	struct config *config;

	write_file(path, yaml);
	memset(complaints, 0, sizeof(complaints));
	sources.paths = &path;
	sources.path_count = 1;
	config = config_load(&sources, out);
	fclose(out);
	return config;
}

static struct config *load(const char *yaml)
{
	return load_with(yaml, (struct request_flags){ 0 });
}

/* "Accept: a|X: b!|basic me p:w", a credential with "!", of what one origin's requests carry. */
static const char *carried(const struct config *config, const char *origin)
{
	static char text[2048];
	const struct host_request *request =
		config_request(config, config_request_number(config, slice_of(origin)));
	size_t size = 0;

	text[0] = '\0';
	for (size_t i = 0; i < request->header_count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s%s",
					 size ? "|" : "", request->headers[i].line,
					 request->headers[i].is_secret ? "!" : "");
	if (request->auth == AUTH_BASIC || request->auth == AUTH_DIGEST)
		snprintf(text + size, sizeof(text) - size, "%s%s %s %s", size ? "|" : "",
			 host_auth_name(request->auth), request->user, request->password);
	else if (request->auth != AUTH_NONE)
		snprintf(text + size, sizeof(text) - size, "%s%s %s", size ? "|" : "",
			 host_auth_name(request->auth),
			 request->token ? request->token : request->netrc);
	return text;
}

/* ---- what is read ---- */

static void values_come_from_the_config_the_environment_and_files(void **state)
{
	static const struct {
		const char *host, *carries;
	} rows[] = {
		{ "headers: {Accept-Language: de}", "Accept-Language: de" },
		{ "headers: {X-Key: '${KEY}'}", "X-Key: k3y!" },
		{ "headers: {X-Key: 'a ${KEY}-${KEY} b'}", "X-Key: a k3y-k3y b!" },
		{ "headers: {X-Cost: '$5 {x} $'}", "X-Cost: $5 {x} $" },
		{ "headers: {X-Cost: '$${KEY}'}", "X-Cost: ${KEY}" },
		{ "headers: {X-Key: file:token}", "X-Key: s3cret!" },
		{ "headers: {X-Key: 'file:~/home-token'}", "X-Key: of home!" },
		{ "headers: {X-Key: file:blanks}", "X-Key: to ken!" },
		{ "auth: {bearer: file:token-blanks}", "bearer token" },
		{ "auth: {basic: 'me: p w '}", "basic me  p w " },
		{ "auth: {basic: 'me:a$$b$'}", "basic me a$$b$" },
		{ "headers: {Cookie: a=b}", "Cookie: a=b!" },
		{ "headers: {authorization: Negotiate x}", "authorization: Negotiate x!" },
		{ "auth: {basic: 'me:pw'}", "basic me pw" },
		{ "auth: {basic: 'me:'}", "basic me " },
		{ "auth: {basic: 'me:a:b'}", "basic me a:b" },
		{ "auth: {basic: '${USER_NAME}:${PASS}'}", "basic me p:w" },
		{ "auth: {basic: 'me:${PASS}'}", "basic me p:w" },
		{ "auth: {basic: '${PASS}'}", "basic p w" },
		{ "auth: {digest: file:pair}", "digest me pw:x" },
		{ "auth: {basic: file:marked}", "basic me pw" },
		{ "headers: {X-Key: file:marked}", "X-Key: me:pw!" },
		{ "auth: {bearer: file:token}", "bearer s3cret" },
		{ "auth: {bearer: '${KEY}'}", "bearer k3y" },
		{ "auth: {netrc: file:pair}", "netrc etc/pair" },
		{ "auth: {netrc: 'file:~/home-token'}", NULL },
	};
	char yaml[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config;

		snprintf(yaml, sizeof(yaml), "hosts:\n- match: a.org\n  %s\n", rows[i].host);
		config = load(yaml);
		assert_string_equal(complaints, "");
		if (rows[i].carries)
			assert_string_equal(carried(config, "https://a.org"), rows[i].carries);
		assert_string_equal(carried(config, "https://b.org"), "");
		config_free(config);
	}
}

static void a_host_has_what_all_have_unless_it_says_otherwise(void **state)
{
	struct config *config =
		load("crawl:\n  headers: {Accept-Language: de, X-All: 1}\n  accept: ['text/*']\n"
		     "  retry_status: [403]\n  max_rate: 1MB\n  concurrency: 4\n"
		     "hosts:\n- match: a.org\n  headers: {accept-language: fr}\n"
		     "  accept_status: [404, 410]\n- match: b.org\n  max_rate: 100kB\n"
		     "  concurrency: 1\n  accept: ['image/PNG']\n");
	const struct host_request *all, *a, *b;
	char text[300];

	(void)state;
	assert_string_equal(complaints, "");
	assert_string_equal(carried(config, "http://a.org"), "accept-language: fr|X-All: 1");
	assert_string_equal(carried(config, "http://b.org"), "Accept-Language: de|X-All: 1");
	all = config_request(config, config_request_number(config, SLICE("http://c.org")));
	a = config_request(config, config_request_number(config, SLICE("http://a.org")));
	b = config_request(config, config_request_number(config, SLICE("http://b.org")));
	assert_int_equal(all->max_rate, 250000);
	assert_int_equal(b->max_rate, 100000);
	assert_true(host_statuses_have(&a->accept_status, 410));
	assert_false(host_statuses_have(&b->accept_status, 404));
	assert_true(host_statuses_have(&a->retry_status, 403));
	assert_true(host_types_accept(&a->accept, SLICE("Text/HTML; charset=x")));
	assert_false(host_types_accept(&b->accept, SLICE("text/html")));
	assert_true(host_types_accept(&b->accept, SLICE("image/png")));
	assert_true(host_types_accept(&b->accept, SLICE("")));
	assert_true(config->has_own);
	assert_false(a->has_secrets || b->has_own);
	host_request_describe(a, text, sizeof(text));
	assert_string_equal(text, "headers accept-language, X-All; max_rate 250kB a transfer; "
				  "accept_status 404, 410; retry_status 403; accept text/*");
	assert_null(config_request(config, 3));
	config_free(config);
}

static void a_description_has_no_value(void **state)
{
	struct config *config =
		load("hosts:\n- match: 'https://a.org:8443'\n  headers: {X-Key: '${KEY}'}\n"
		     "  auth: {digest: 'me:pw'}\n  tls_verify: no\n"
		     "  client_cert: {cert: file:me.pem, key: me.pem, password: '${PASS}'}\n");
	const struct host_request *request;
	char text[300];

	(void)state;
	assert_string_equal(complaints, "");
	assert_true(config->has_own);
	request = config_request(config, 1);
	host_request_describe(request, text, sizeof(text));
	assert_string_equal(text, "headers X-Key; auth digest; client_cert; tls_verify: false");
	assert_string_equal(request->cert, "etc/me.pem");
	assert_string_equal(request->key_password, "p:w");
	assert_true(request->has_scheme && request->has_port);
	config_free(config);
}

/* ---- flags ---- */

static void flags_are_for_all_but_credentials_for_the_one_host(void **state)
{
	static const char *const headers[] = { "Accept-Language: fr", "authorization:Bearer x",
					       "Accept:", "X-Empty;" };
	struct request_flags flags = {
		.headers = headers,
		.header_count = COUNT(headers),
		.user = "you:pw",
		.cookie = "a=b; c=d",
		.only_origin = "http://a.org:8080",
	};
	struct config *config =
		load_with("crawl:\n  headers: {Accept-Language: de}\nhosts:\n- match: a.org\n"
			  "  delay: 7s\n  headers: {Authorization: mine, X-Own: 1}\n",
			  flags);

	(void)state;
	assert_string_equal(complaints, "");
	assert_string_equal(carried(config, "http://b.org"),
			    "Accept-Language: fr|Accept:|X-Empty;");
	assert_string_equal(carried(config, "http://a.org"),
			    "Authorization: mine!|X-Own: 1|Accept-Language: fr|Accept:|X-Empty;");
	assert_string_equal(carried(config, "http://a.org:8080"),
			    "X-Own: 1|Accept-Language: fr|authorization: Bearer x!|Accept:|"
			    "X-Empty;|Cookie: a=b; c=d!|basic you pw");
	assert_int_equal(config_host_rule(config, SLICE("http://a.org:8080"))->delay_ms, 7000);
	config_free(config);
}

static void credentials_of_flags_are_known(void **state)
{
	static const struct {
		const char *line;
		bool is_secret;
	} rows[] = {
		{ "Accept: x", false },          { "Authorization: Basic x", true },
		{ "COOKIE:a=b", true },          { "X-Key: ${KEY}", true },
		{ "X-Key: file:x", true },       { "X-Key: $${KEY}", false },
		{ "Authorization:", true },      { "no colon", false },
		{ "X-Authorization: x", false }, { "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(request_flags_is_secret(rows[i].line), rows[i].is_secret);
}

static void a_login_keeps_cookies_and_is_a_credential(void **state)
{
	struct config *config =
		load("hosts: [{match: a.org, login: {url: 'HTTPS://A.org/in#x', "
		     "fields: {user: '${USER_NAME}', 'p[w]': 'file:token'}, check: 'Sign out'}}]");
	const struct host_request *request;

	(void)state;
	assert_non_null(config);
	request = config_request(config, config_request_number(config, SLICE("https://a.org")));
	assert_string_equal(request->login->url, "https://a.org/in");
	assert_string_equal(request->login->check, "Sign out");
	assert_int_equal(request->login->field_count, 2);
	assert_string_equal(request->login->fields[0].value.at, "me");
	assert_string_equal(request->login->fields[1].name.at, "p[w]");
	assert_string_equal(request->login->fields[1].value.at, "s3cret");
	assert_int_equal(request->cookies, COOKIES_ON);
	assert_true(config->keeps_cookies);
	assert_true(request->has_secrets);
	config_free(config);
}

/* ---- mistakes ---- */

static void every_mistake_is_said_and_no_value_shown(void **state)
{
	static const struct {
		const char *yaml, *complaint;
	} rows[] = {
		/* what cannot be set */
		{ "hosts: [{match: a, headers: {Host: b}}]",
		  "'Host' cannot be set: it is of the URL" },
		{ "crawl: {headers: {content-length: 1}}", "'Content-Length' cannot be set" },
		{ "crawl: {headers: {CONNECTION: close}}", "'Connection' cannot be set" },
		{ "crawl: {headers: {Range: x}}", "a crawl asks for whole pages" },
		{ "crawl: {headers: {If-None-Match: x}}", "'If-None-Match' cannot be set" },
		{ "hosts: [{match: a, headers: {Proxy-Authorization: x}}]", "the proxy's URL" },
		{ "crawl: {headers: {User-Agent: x}}", "write user_agent:" },
		{ "crawl: {headers: {'X Y': x}}", "'X Y' is no name of a header" },
		{ "crawl: {headers: {'X:': x}}", "is no name of a header" },
		{ "crawl: {headers: {X: \"a\\r\\nY: b\"}}", "the value has a line end" },
		{ "crawl: {headers: {X: \"a\\nb\"}}", "the value has a line end" },
		{ "crawl: {headers: {X: \"a\\x01b\"}}", "the value has a control character" },
		{ "hosts: [{match: a, headers: {X: '${LINES}'}}]", "the value has a line end" },
		{ "hosts: [{match: a, headers: {X: 'file:two-lines'}}]", "has a line end" },
		{ "hosts: [{match: a, auth: {bearer: '${LINES}'}}]", "has a line end" },
		{ "crawl: {headers: {X: ''}}", "'X' is empty" },
		{ "crawl: {headers: {X: [a]}}", "'X' must be text, not a list" },
		{ "crawl: {headers: {X: 1, x: 2}}", "'x' is set already" },
		{ "crawl: {headers: [X]}", "'headers' must be a mapping" },
		/* what is somebody's */
		{ "crawl: {headers: {Authorization: x}}",
		  "'Authorization' is a credential: write it under hosts:" },
		{ "crawl: {headers: {cookie: x}}", "is a credential: write it under hosts:" },
		{ "crawl: {headers: {X: '${KEY}'}}", "is a credential: write it under hosts:" },
		{ "crawl: {headers: {X: 'file:token'}}", "is a credential: write it under hosts:" },
		{ "crawl: {auth: {basic: 'me:pw'}}",
		  "'auth' is for a host: write it under hosts:" },
		{ "crawl: {client_cert: {cert: me.pem}}", "'client_cert' is for a host" },
		{ "crawl: {tls_verify: false}", "'tls_verify' is for a host" },
		/* what is missing */
		{ "hosts: [{match: a, headers: {X: '${NO_KEY}'}}]",
		  "etc/t.yaml:1:33: error: the environment has no NO_KEY: export it first" },
		{ "hosts: [{match: a, headers: {X: '${EMPTY}'}}]",
		  "the environment has nothing in EMPTY" },
		{ "hosts: [{match: a, auth: {basic: 'me:${NO_PW}'}}]", "has no NO_PW" },
		{ "hosts: [{match: a, headers: {X: 'a ${KEY'}}]", "wants the name of a variable" },
		{ "hosts: [{match: a, headers: {X: '${}'}}]", "wants the name of a variable" },
		{ "hosts: [{match: a, headers: {X: '${KEY:-x}'}}]",
		  "wants the name of a variable" },
		{ "hosts: [{match: a, auth: {bearer: 'file:none'}}]",
		  "etc/none: No such file or directory" },
		{ "hosts: [{match: a, auth: {bearer: 'file:empty'}}]", "etc/empty: it is empty" },
		{ "hosts: [{match: a, auth: {bearer: 'file:mark'}}]", "etc/mark: it is empty" },
		{ "hosts: [{match: a, auth: {netrc: 'file:.'}}]", "etc/.: Is a directory" },
		{ "hosts: [{match: a, client_cert: {cert: none.pem}}]", "etc/none.pem: No such" },
		{ "hosts: [{match: a, client_cert: {key: me.pem}}]", "'cert' is missing" },
		{ "hosts: [{match: a, auth: {bearer: 'file:stray'}}]", "nothing beyond ASCII" },
		{ "hosts: [{match: a, auth: {bearer: 'to ken'}}]", "a token has no blank" },
		{ "hosts: [{match: a, headers: {Authorization: x}, auth: {bearer: y}}]",
		  "one says who asks" },
		/* what is misread */
		{ "hosts: [{match: a, auth: 'me:pw'}]", "'auth' must be a mapping" },
		{ "hosts: [{match: a, auth: {basik: 'me:pw'}}]", "did you mean 'basic'?" },
		{ "hosts: [{match: a, auth: {}}]", "'auth' wants one of basic" },
		{ "hosts: [{match: a, auth: {basic: 'a:b', bearer: x}}]", "wants one of basic" },
		{ "hosts: [{match: a, auth: {basic: 'mepw'}}]",
		  "a name and a password are wanted" },
		{ "hosts: [{match: a, auth: {basic: 'file:token'}}]", "a name and a password" },
		{ "hosts: [{match: a, tls_verify: maybe}]", "'maybe' is not true or false" },
		{ "crawl: {accept_status: [200]}", "'200' is too small: at least 400" },
		{ "crawl: {accept_status: [600]}", "'600' is too large" },
		{ "crawl: {accept_status: 404}", "'accept_status' must be a list" },
		{ "crawl: {retry_status: [301]}", "a redirect is followed" },
		{ "crawl: {retry_status: [403], accept_status: [403]}",
		  "status 403 is in accept_status and in retry_status" },
		{ "crawl: {accept: ['html']}", "a media type is wanted" },
		{ "crawl: {accept: ['text/html; charset=x']}", "a media type is wanted" },
		{ "crawl: {max_rate: fast}", "'fast' is not a size" },
		/* a login */
		{ "crawl: {login: {url: 'http://a/'}}",
		  "'login' is for a host: write it under hosts:" },
		{ "hosts: [{match: a, login: 'http://a/'}]", "'login' must be a mapping" },
		{ "hosts: [{match: a, login: {fields: {u: a}, check: x}}]",
		  "1:27: error: 'url' is missing: where is the form?" },
		{ "hosts: [{match: a, login: {url: 'http://a/', check: x}}]",
		  "'fields' is missing: what is filled in?" },
		{ "hosts: [{match: a, login: {url: 'http://a/', fields: {u: a}}}]",
		  "'check' is missing: what does a page have when you are in?" },
		{ "hosts: [{match: a, login: {url: '/in', fields: {u: a}, check: x}}]",
		  "1:33: error: no scheme" },
		{ "hosts: [{match: a, login: {url: 'ftp://a/', fields: {u: a}, check: x}}]",
		  "1:33: error: " },
		{ "hosts: [{match: a, login: {url: 'http://me:pw@a/', fields: {u: a}, check: x}}]",
		  "a name and password here are 'auth: {basic: ...}'" },
		{ "hosts: [{match: 'https://a', login: {url: 'http://a/', fields: {u: a}, "
		  "check: x}}]",
		  "the form is fetched with http, and 'match' says https" },
		{ "hosts: [{match: a, login: {url: 'http://a/', fields: {}, check: x}}]",
		  "the form's fields are wanted" },
		{ "hosts: [{match: a, login: {url: 'http://a/', fields: [u], check: x}}]",
		  "'fields' must be a mapping" },
		{ "hosts: [{match: a, login: {url: 'http://a/', fields: {u: '${NO_PW}'}, "
		  "check: x}}]",
		  "the environment has no NO_PW: export it first" },
		{ "hosts: [{match: a, login: {url: 'http://a/', fields: {u: 'file:none'}, "
		  "check: x}}]",
		  "etc/none: No such file or directory" },
		{ "hosts: [{match: a, login: {url: 'http://a/', fields: {u: a}, check: '(x'}}]",
		  "error: missing" },
		{ "hosts: [{match: a, login: {url: 'http://a/', feilds: {u: a}, check: x}}]",
		  "did you mean 'fields'?" },
		{ "hosts: [{match: a, cookies: off, login: {url: 'http://a/', fields: {u: a}, "
		  "check: x}}]",
		  "'login' wants 'cookies: on'" },
		{ "hosts: [{match: a, cookies: visit, login: {url: 'http://a/', fields: {u: a}, "
		  "check: x}}]",
		  "'login' wants 'cookies: on'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config = load(rows[i].yaml);

		if (!strstr(complaints, rows[i].complaint) || config || strstr(complaints, "me:pw"))
			print_error("%s\nwanted: %s\ngot: %s\n", rows[i].yaml, rows[i].complaint,
				    complaints);
		assert_non_null(strstr(complaints, rows[i].complaint));
		assert_null(config);
		assert_null(strstr(complaints, "me:pw"));
		assert_null(strstr(complaints, "mepw"));
		assert_null(strstr(complaints, "s3cret"));
		assert_null(strstr(complaints, "X-Evil"));
	}
}

static void credentials_for_everybody_are_warned_of(void **state)
{
	struct config *config = load("hosts: [{match: '*', auth: {basic: 'me:pw'}}]");

	(void)state;
	assert_non_null(config);
	assert_non_null(
		strstr(complaints, "t.yaml:1:17: warning: every host that a page leads to"));
	assert_null(strstr(complaints, "me:pw"));
	config_free(config);
	config = load("hosts: [{match: '*', headers: {Accept-Language: de}}]");
	assert_string_equal(complaints, "");
	config_free(config);
}

/* '*' and '?' stand for any bytes. */
static void credentials_for_names_that_others_may_have_are_warned_of(void **state)
{
	static const struct {
		const char *match;
		bool is_warned_of;
	} rows[] = {
		{ "shop.*", true },
		{ "shop.example.*", true },
		{ "*shop.org", true },
		{ "*.co.uk", true },
		{ "*.github.io", true },
		{ "https://*.com", true },
		{ "???", true },
		{ "192.168.*", true },
		{ "shop.org", false },
		{ "*.shop.org", false },
		{ "*.shop.co.uk", false },
		{ "me.github.io", false },
		{ "api-?.shop.org", false },
		{ "*.corp", false },
		{ "*.a.internal", false },
		{ "192.168.0.1", false },
	};
	char yaml[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config;

		snprintf(yaml, sizeof(yaml), "hosts: [{match: '%s', auth: {basic: 'me:pw'}}]",
			 rows[i].match);
		config = load(yaml);
		assert_non_null(config);
		if (!strstr(complaints, "warning: names that anybody may register") ==
		    rows[i].is_warned_of)
			fail_msg("%s: %s", rows[i].match, complaints);
		config_free(config);
	}
}

static void wrong_flags_are_said_without_their_values(void **state)
{
	static const char *const headers[] = { "Host: b", "no colon", "X: ${NO_KEY}",
					       "Bad Name: s3cret" };
	struct request_flags flags = {
		.headers = headers,
		.header_count = COUNT(headers),
		.user = "s3cret",
		.cookie = "s3cret",
		.only_origin = "http://a.org",
	};

	(void)state;
	assert_null(load_with("", flags));
	assert_string_equal(complaints,
			    "--header: error: 'Host' cannot be set: it is of the URL\n"
			    "--header: error: 'Name: value' is wanted\n"
			    "--header: error: the environment has no NO_KEY: export it first\n"
			    "--header: error: 'Bad Name' is no name of a header\n"
			    "--cookie: error: NAME=VALUE is wanted\n"
			    "--user: error: a name and a password are wanted, with ':' between "
			    "them\n");
}

/* ---- lines that are shown ---- */

static void credentials_of_a_line_are_hidden(void **state)
{
	static const struct {
		const char *text, *shown; /* of its last line */
	} rows[] = {
		{ "hosts:\n  auth: {basic: 'me:pw', x: y}", "  auth: " },
		{ "hosts:\n  auth: me:pw", "  auth: " },
		{ "hosts:\n  basic: me:pw", "  basic: " },
		{ "hosts:\n  basic: |-\n    mepw", "    " },
		{ "hosts:\n  auth:\n    basik: me:pw", "    basik: " },
		{ "hosts:\n  basic:\n    mepw", "    " },
		{ "hosts:\n  \"Authorization\": x", "  \"Authorization\": " },
		{ "hosts:\n  cookie : x", "  cookie : " },
		{ "hosts:\n  headers: {Accept: a, X-Api-Key: b}",
		  "  headers: {Accept: a, X-Api-Key: " },
		{ "'hosts': [{auth: {bearer: x}}]", "'hosts': [{auth: " },
		{ "hosts:\n- login: {url: x, fields: {a: b}}", "- login: " },
		{ "hosts:\n- login:\n    url: http://me:pw@a/", "    url: " },
		{ "hosts:\n- login:\n    fields: {u: me}", "    fields: " },
		{ "hosts:\n- login:\n    fields:\n      u: me", "      u: " },
		{ "hosts:\n- login:\n    fields:\n      u: me\n\n      p: pw", "      p: " },
		{ "hosts:\n- login:\n    fields: {\n      p: pw", "      p: " },
		{ "hosts:\n- login: {fields: {u: me,\n    p: pw", "    p: " },
		{ "hosts:\n- login:\n    fields: # of the form\n      p: pw", "      p: " },
		{ "hosts:\n- login:\n    fields:\n    # of the form\n      p: pw", "      p: " },
		{ "hosts:\n- login:\n    fields:\n    # of the form\n    - p: pw", "    - p: " },
		{ "hosts:\n- login:\n    fields:\n      u: me\n    check: 'x'", "    check: 'x'" },
		/* the same elsewhere is no credential */
		{ "patterns:\n- fields:\n    u: me", "    u: me" },
		{ "hosts:\n  match: a\n  delay: 2x", "  delay: 2x" },
		{ "patterns:\n  token: x", "  token: x" },
		{ "hosts:\n  - match: a\npatterns:\n  fields: {token: x}", "  fields: {token: x}" },
		{ "basic: x", "basic: x" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice text = slice_of(rows[i].text);
		const char *end = strrchr(rows[i].text, '\n');
		struct slice line = slice_of(end ? end + 1 : rows[i].text);

		line.at = text.at + (text.size - line.size);
		assert_int_equal(hidden_from(text, line), strlen(rows[i].shown));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_come_from_the_config_the_environment_and_files),
		TEST(a_host_has_what_all_have_unless_it_says_otherwise),
		TEST(a_description_has_no_value),
		TEST(flags_are_for_all_but_credentials_for_the_one_host),
		cmocka_unit_test(credentials_of_flags_are_known),
		TEST(a_login_keeps_cookies_and_is_a_credential),
		TEST(every_mistake_is_said_and_no_value_shown),
		TEST(credentials_for_everybody_are_warned_of),
		TEST(credentials_for_names_that_others_may_have_are_warned_of),
		TEST(wrong_flags_are_said_without_their_values),
		cmocka_unit_test(credentials_of_a_line_are_hidden),
	};

	return RUN_TESTS(tests);
}
