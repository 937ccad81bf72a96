#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crawler/config/config_load.h"
#include "tests/support/test_folder.h"

/* By which proxies hosts are asked, read from configs, lists, environment and flags. */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct test_folder folder;
static char complaints[16 * 1024];

/* There, and may be read, but is no file that can be opened. */
static void make_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static int enter_folder(void **state)
{
	(void)state;
	test_folder_enter(&folder);
	mkdir("etc", 0700);
	write_file("etc/p.txt", "\xEF\xBB\xBF# mine\r\n\r\nhttp://a:1\r\n  socks5h://u:s3cret@b:2\n"
				"a:1\nhttp://u:other@b:2\nsocks5h://v:s3cret@b:2");
	write_file("etc/one.txt", "http://c:3\n");
	write_file("etc/junk.txt", "http://a:1\nftp://s3cret\n\n# x\n1.2.3.4:80:me:s3cret\n");
	write_file("etc/empty.txt", "");
	write_file("etc/comments.txt", "# a\n\n   \n# b\n");
	write_file("etc/binary.txt", "\x7F"
				     "ELF\x01\x02s3cret\n");
	make_socket("etc/socket");
	setenv("PW", "s3cret", 1);
	unsetenv("CRAWL_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	return 0;
}

static int leave_folder(void **state)
{
	(void)state;
	return test_folder_leave(&folder);
}

static struct config *load_with(const char *yaml, const char *flag)
{
	struct setting_flag said = { setting_find(SLICE("proxy")), flag };
	struct config_sources sources = { .flags = &said, .flag_count = flag ? 1 : 0 };
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

/* "request http://a:1 socks5h://b:2", "none", or "-": nothing is said. */
static const char *choice_of(const struct config *config, const char *origin)
{
	static const char *const words[] = { "host", "request", "failure" };
	static char text[1024];
	const struct proxy_choice *choice =
		&config_request(config, config_request_number(config, slice_of(origin)))->proxies;
	size_t size;

	if (choice->said != PROXY_LIST)
		return choice->said == PROXY_NONE ? "none" : "-";
	size = (size_t)snprintf(text, sizeof(text), "%s%s", words[choice->rotate],
				choice->heeds_no_proxy ? "*" : "");
	for (size_t i = 0; i < choice->count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, " %s",
					 config_proxy(config, choice->numbers[i])->name);
	return text;
}

static void a_host_has_its_own_proxies_or_those_of_all(void **state)
{
#define LISTED "http://a:1 socks5h://b:2 http://b:2 socks5h://b:2 (2)"
	static const struct {
		const char *yaml, *flag, *own, *other;
	} rows[] = {
		{ "crawl: {}", NULL, "-", "-" },
		{ "crawl: {proxies: {list: file:p.txt}}", NULL, "host " LISTED, "host " LISTED },
		{ "crawl: {proxies: {list: 'file:p.txt', rotate: request}}", NULL,
		  "request " LISTED, "request " LISTED },
		{ "crawl: {proxies: {list: file:one.txt, rotate: failure}}", NULL,
		  "failure http://c:3", "failure http://c:3" },
		{ "hosts: [{match: own.org, proxies: {list: file:one.txt}}]", NULL,
		  "host http://c:3", "-" },
		{ "hosts: [{match: own.org, proxy: 'socks5://u:${PW}@d'}]", NULL,
		  "host socks5://d:1080", "-" },
		{ "crawl: {proxies: {list: file:one.txt}}\n"
		  "hosts: [{match: own.org, proxy: none}]",
		  NULL, "none", "host http://c:3" },
		{ "crawl: {proxies: {list: file:one.txt}}\n"
		  "hosts: [{match: own.org, delay: 1s}]",
		  NULL, "host http://c:3", "host http://c:3" },
		{ "crawl: {proxy: 'http://u:${PW}@d:4'}\n"
		  "hosts: [{match: own.org, proxies: {list: file:one.txt}}]",
		  NULL, "host http://c:3", "host* http://d:4" },
		{ "crawl: {proxy: none}\nhosts: [{match: own.org, proxy: 'http://d:4'}]", NULL,
		  "host http://d:4", "none" },
		{ "crawl: {proxy: ''}", NULL, "-", "-" },
		/* A flag says it of every host. */
		{ "crawl: {proxies: {list: file:p.txt}}\nhosts: [{match: own.org, proxy: none}]",
		  "u:s3cret@f", "host* http://f:1080", "host* http://f:1080" },
		{ "crawl: {proxies: {list: file:p.txt}}", "none", "none", "none" },
		{ "crawl: {proxy: 'http://d:4', polite_per: address}", "none", "none", "none" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config = load_with(rows[i].yaml, rows[i].flag);

		if (!config)
			fail_msg("%s: %s", rows[i].yaml, complaints);
		if (strcmp(choice_of(config, "https://own.org"), rows[i].own) != 0)
			fail_msg("%s: %s", rows[i].yaml, choice_of(config, "https://own.org"));
		assert_string_equal(choice_of(config, "http://other.org"), rows[i].other);
		config_free(config);
	}
}

static void what_is_wrong_is_said_with_its_place_and_without_a_password(void **state)
{
	static const struct {
		const char *yaml, *flag, *said;
	} rows[] = {
		{ "crawl: {proxies: {list: file:junk.txt}}", NULL,
		  "etc/junk.txt:2: error: no such proxy" },
		{ "crawl: {proxies: {list: file:junk.txt}}", NULL,
		  "etc/junk.txt:5: error: 'NAME:PASSWORD@' goes before" },
		{ "crawl: {proxies: {list: file:empty.txt}}", NULL, "there is no proxy in it" },
		{ "crawl: {proxies: {list: file:comments.txt}}", NULL, "there is no proxy in it" },
		{ "crawl: {proxies: {list: file:binary.txt}}", NULL, "etc/binary.txt:1: error:" },
		{ "crawl: {proxies: {list: file:missing.txt}}", NULL,
		  "etc/missing.txt: No such file" },
		{ "crawl: {proxies: {list: 'file:.'}}", NULL, "Is a directory" },
		{ "crawl: {proxies: {list: file:socket}}", NULL, "etc/socket: No such device" },
		{ "hosts: [{match: a, proxy: file:socket}]", NULL, "etc/socket: No such device" },
		{ "hosts: [{match: a, auth: {bearer: file:socket}}]", NULL,
		  "etc/socket: No such device" },
		{ "crawl: {proxies: {list: 'http://u:s3cret@a:1'}}", NULL, "a list is a file" },
		{ "crawl:\n  proxies:\n    list: http://u:s3cret@a:1", NULL, "a list is a file" },
		{ "crawl: {proxies: file:p.txt}", NULL, "mapping" },
		{ "crawl: {proxies: {rotate: host}}", NULL, "'list' is missing" },
		{ "crawl: {proxies: {list: file:p.txt, rotate: random}}", NULL,
		  "host, request, failure" },
		{ "crawl: {proxies: {list: file:p.txt, rotat: host}}", NULL, "rotate" },
		{ "crawl: {proxies: {list: file:p.txt}, proxy: 'http://a:1'}", NULL,
		  "one of them" },
		{ "hosts: [{match: a, proxies: {list: file:p.txt}, proxy: none}]", NULL,
		  "one of them" },
		{ "hosts: [{match: a, proxy: 'ftp://u:s3cret@a:1'}]", NULL, "no such proxy" },
		{ "hosts:\n- match: a\n  proxy: 'ftp://u:s3cret@a:1'", NULL,
		  "etc/t.yaml:3:10: error: no such" },
		{ "hosts: [{match: a, proxy: '${GONE}'}]", NULL, "the environment has no GONE" },
		{ "hosts: [{match: a, proxy: 'http://u:s3#cret@a:1'}]", NULL, "'#' %23" },
		{ "crawl:\n  proxy: 'ftp://u:s3cret@a:1'", NULL,
		  "etc/t.yaml:2:10: error: no such proxy" },
		{ "crawl: {}", "ftp://u:s3cret@a:1", "--proxy: error: no such proxy" },
		{ "crawl: {}", "u:s3cret@", "--proxy: error: its host is neither" },
		{ "crawl: {polite_per: address, proxies: {list: file:p.txt}}", NULL,
		  "polite_per: address cannot go with a proxy" },
		{ "hosts: [{match: a, proxy: 'http://a:1'}]\ncrawl: {polite_per: address}", NULL,
		  "polite_per: address cannot go with a proxy" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config = load_with(rows[i].yaml, rows[i].flag);

		if (config || !strstr(complaints, rows[i].said) || strstr(complaints, "cret"))
			fail_msg("%s: %s", rows[i].yaml, complaints);
	}
}

static void the_environment_goes_over_files_and_below_single_hosts(void **state)
{
	static const char yaml[] = "crawl: {proxies: {list: file:one.txt}}\n"
				   "hosts: [{match: own.org, proxy: none}]";
	struct config *config;

	(void)state;
	setenv("CRAWL_PROXY", "http://e:5", 1);
	setenv("NO_PROXY", "x.org", 1);
	config = load_with(yaml, NULL);
	assert_non_null(config);
	assert_string_equal(choice_of(config, "http://other.org"), "host* http://e:5");
	assert_string_equal(choice_of(config, "http://own.org"), "none");
	assert_string_equal(config->no_proxy, "x.org");
	config_free(config);

	setenv("CRAWL_PROXY", "ftp://u:s3cret@e:5", 1);
	assert_null(load_with(yaml, NULL));
	assert_non_null(strstr(complaints, "CRAWL_PROXY: error: no such proxy"));
	assert_null(strstr(complaints, "s3cret"));
	unsetenv("CRAWL_PROXY");
	unsetenv("NO_PROXY");
}

static void two_files_that_differ_do_not_show_what_they_say(void **state)
{
	static const struct {
		const char *a, *b, *said;
	} rows[] = {
		{ "crawl: {proxy: 'http://u:s3cret@a:1'}\n",
		  "crawl: {proxy: 'http://u:s3cret@b:1'}\n",
		  "'proxy' is 'set' already, in etc/a.yaml:1:16" },
		{ "crawl: {proxy: 'http://u:s3cret@a:1'}\n",
		  "crawl: {proxies: {list: file:p.txt}}\n",
		  "proxy: error: another file says 'proxies'" },
		{ "crawl: {proxies: {list: file:p.txt}}\n", "crawl: {proxy: none}\n",
		  "proxy: error: another file says 'proxies'" },
	};
	const char *const paths[] = { "etc/a.yaml", "etc/b.yaml" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config_sources sources = { .paths = paths, .path_count = 2 };
		FILE *out = fmemopen(complaints, sizeof(complaints), "w");

		write_file(paths[0], rows[i].a);
		write_file(paths[1], rows[i].b);
		memset(complaints, 0, sizeof(complaints));
		assert_null(config_load(&sources, out));
		fclose(out);
		assert_non_null(strstr(complaints, rows[i].said));
		assert_null(strstr(complaints, "s3cret"));
	}
}

static void no_more_are_taken_than_there_may_be(void **state)
{
	FILE *list = fopen("etc/many.txt", "w");
	struct config *config;

	(void)state;
	assert_non_null(list);
	for (int i = 0; i < CONFIG_PROXIES_MAX; i++)
		fprintf(list, "http://u%d:p@gate.example:80\n", i);
	fflush(list);
	config = load_with("crawl: {proxies: {list: file:many.txt}}", NULL);
	assert_non_null(config);
	assert_int_equal(config->proxy_count, CONFIG_PROXIES_MAX);
	assert_string_equal(config_proxy(config, CONFIG_PROXIES_MAX)->name,
			    "http://gate.example:80 (4096)");
	assert_null(config_proxy(config, CONFIG_PROXIES_MAX + 1));
	assert_null(config_proxy(config, 0));
	config_free(config);

	fprintf(list, "http://one.more\n");
	fclose(list);
	assert_null(load_with("crawl: {proxies: {list: file:many.txt}}", NULL));
	assert_non_null(strstr(complaints, "etc/many.txt:4097: error: too many proxies"));
}

static void who_is_told_apart_by_its_user_alone_shares_no_connection(void **state)
{
	struct config *config = load_with("crawl: {proxies: {list: file:p.txt}}", NULL);

	(void)state;
	assert_non_null(config);
	assert_int_equal(config->proxy_count, 4);
	assert_false(config_proxy(config, 1)->is_one_of_many);
	assert_true(config_proxy(config, 2)->is_one_of_many); /* socks5h://b:2 */
	assert_false(config_proxy(config, 3)->is_one_of_many);
	assert_true(config_proxy(config, 4)->is_one_of_many);
	assert_string_equal(config_proxy(config, 4)->url, "socks5h://v:s3cret@b:2");
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_has_its_own_proxies_or_those_of_all),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place_and_without_a_password),
		cmocka_unit_test(the_environment_goes_over_files_and_below_single_hosts),
		cmocka_unit_test(two_files_that_differ_do_not_show_what_they_say),
		cmocka_unit_test(no_more_are_taken_than_there_may_be),
		cmocka_unit_test(who_is_told_apart_by_its_user_alone_shares_no_connection),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
