#include "tests/support/test.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: where a page of the Internet may lead.  A run and crawl try must
 * say the same.
 *
 * The tests have a network of their own, which is a loopback device; on it a server answers at a
 * public address.  Where the system gives nobody such a network, they are skipped.
 */
#define QUICK           "--delay", "0", "--set", "retries=0", "--set", "robots=false"
#define PUBLIC          "93.184.216.34"
#define PUBLIC_ADDRESS  0x5db8d822u
#define PUBLIC_PORT     8080
#define SERVICE_ADDRESS 0xa9fea9feu /* 169.254.169.254 */
#define SERVICE         "169.254.169.254:8080"
#define UNNAMED         "a link-local address, or a cloud's own: asked only if a list has it itself"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the network ---- */

static bool has_network;

static bool write_map(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return is_written;
}

/* As root of a namespace of our own, if we are not root. */
static bool leave_network(void)
{
	char users[64], groups[64];

	snprintf(users, sizeof(users), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	return unshare(CLONE_NEWNET) == 0 ||
	       (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
		write_map("/proc/self/setgroups", "deny") &&
		write_map("/proc/self/uid_map", users) && write_map("/proc/self/gid_map", groups));
}

static struct ifreq address_of(const char *device, in_addr_t address)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	memcpy(&request.ifr_addr, &name, sizeof(name));
	return request;
}

static bool make_network(void)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct ifreq address = address_of("lo:1", PUBLIC_ADDRESS);
	struct ifreq mask = address_of("lo:1", 0xffffffff);
	struct ifreq service = address_of("lo:2", SERVICE_ADDRESS);
	struct ifreq service_mask = address_of("lo:2", 0xffffffff);
	bool is_made;
	int fd;

	if (!leave_network())
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	is_made = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0 &&
		  ioctl(fd, SIOCSIFADDR, &address) == 0 && ioctl(fd, SIOCSIFNETMASK, &mask) == 0 &&
		  ioctl(fd, SIOCSIFADDR, &service) == 0 &&
		  ioctl(fd, SIOCSIFNETMASK, &service_mask) == 0;
	if (fd >= 0)
		close(fd);
	return is_made;
}

/* ---- the public server: "/to?URL" redirects there, "/link?URL" has a link, all else is a page
 * ---- */

static pid_t server, service;

static void answer_one(int fd)
{
	char request[4096] = { 0 }, answer[4200];
	ssize_t size = recv(fd, request, sizeof(request) - 1, 0);
	char *to = strstr(request, "/to?"), *link = strstr(request, "/link?");
	char *who = strstr(request, "Authorization: ");

	if (size > 0 && to)
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 302 Found\r\nLocation: %.*s\r\nContent-Length: 0\r\n"
			 "Connection: close\r\n\r\n",
			 (int)strcspn(to + 4, " "), to + 4);
	else if (size > 0 && link)
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
			 "Connection: close\r\n\r\n<a href='%.*s'>a link</a>",
			 (int)strcspn(link + 6, " "), link + 6);
	else
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
			 "Connection: close\r\n\r\npublic, as crawl, %.*s",
			 who ? (int)strcspn(who + 15, "\r") : 0, who ? who + 15 : "");
	send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	close(fd);
}

/* Ends with the test. */
static pid_t serve(in_addr_t address)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(PUBLIC_PORT),
				    .sin_addr.s_addr = htonl(address) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(fd, 16) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			answer_one(accept(fd, NULL, NULL));
	}
	close(fd);
	return pid;
}

static int begin(void **state)
{
	(void)state;
	if (!has_network)
		return 0; /* the test says so */
	server = serve(PUBLIC_ADDRESS);
	service = serve(SERVICE_ADDRESS);
	return server < 0 || service < 0 ? -1
					 : scenario_begin_with((const char *[]){
						   "--addresses", "2", "--workers", "1", NULL });
}

static int end(void **state)
{
	if (!has_network)
		return 0;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	kill(service, SIGKILL);
	waitpid(service, NULL, 0);
	return scenario_end(state);
}

static void want_network(void)
{
	if (has_network)
		return;
	print_message("skipped: it wants a network namespace\n");
	skip();
}

/* ---- where it leads ---- */

/* The text with the public server for "$P" and the site's port for "$S". */
static const char *expand(const char *text)
{
	static char out[1000];
	size_t size = 0;

	for (; *text; text++) {
		if (strncmp(text, "$P", 2) == 0)
			size += (size_t)sprintf(out + size, PUBLIC ":%d", PUBLIC_PORT);
		else if (strncmp(text, "$S", 2) == 0)
			size += (size_t)sprintf(out + size, "%u", site.port);
		else
			out[size++] = *text;
		text += *text == '$';
	}
	out[size] = '\0';
	return out;
}

static void assert_both_say(const char *text, const char *setting, const char *outcome)
{
	const char *start = expand(text);
	struct program *tried = RUN("try", "-e", "any=.", start, "--set", setting);
	const char *stored;

	RUN(start, QUICK, "--fresh", "--set", setting);
	stored = ask("SELECT outcome FROM pages WHERE from_url IS NULL");
	if (outcome ? strcmp(stored, outcome) != 0 : strcmp(stored, "ok") == 0)
		fail_msg("run %s, %s: %s", start, setting, stored);
	if ((tried->code == 0) != (strcmp(stored, "ok") == 0))
		fail_msg("try %s, %s: %s", start, setting, tried->error);
	if (strcmp(stored, "ok") != 0)
		assert_says(tried->error, stored);
}

static void try_goes_where_a_run_goes_and_nowhere_else(void **state)
{
	static const struct {
		const char *start, *setting, *outcome;
	} rows[] = {
		/* what the user names */
		{ "http://127.0.0.1:$S/page/1", "named", "ok" },
		{ "http://127.0.0.1:$S/page/1", "all", "ok" },
		{ "http://127.0.0.1:$S/page/1", "none", "blocked_address" },
		{ "http://localhost:$S/page/1", "none", "blocked_address" },
		{ "http://$P/page", "named", "ok" },
		{ "http://$P/page", "none", "ok" },
		/* where that leads */
		{ "http://$P/to?http://127.0.0.1:$S/page/1", "named", "blocked_address" },
		{ "http://$P/to?http://127.0.0.1:$S/page/1", "none", "blocked_address" },
		{ "http://$P/to?http://127.0.0.1:$S/page/1", "all", "ok" },
		{ "http://$P/to?http://$P/page", "named", "ok" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://127.0.0.2:$S/page/1", "named", "ok" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://127.0.0.2:$S/page/1", "none",
		  "blocked_address" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://$P/page", "named", "ok" },
		/* only the last step counts, unless the host has answered */
		{ "http://$P/to?http://$P/to?http://127.0.0.1:$S/page/1", "named",
		  "blocked_address" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://$P/to?http://127.0.0.2:$S/page/1",
		  "named", "blocked_address" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://$P/to?http://127.0.0.1:$S/page/1",
		  "named", "ok" },
	};

	(void)state;
	want_network();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char setting[100];

		snprintf(setting, sizeof(setting), "private_addresses=%s", rows[i].setting);
		assert_both_say(rows[i].start, setting, rows[i].outcome);
	}
}

/* Credentials over http, where nobody said that it may be: to private addresses alone. */
static void credentials_go_over_http_to_the_internet_only_where_match_says_http(void **state)
{
	static const struct {
		const char *match, *start, *has; /* Authorization; "": none */
	} rows[] = {
		{ "*", "http://$P/page", "" },
		{ "93.184.216.34", "http://$P/page", "" },
		{ "93.184.216.34:8080", "http://$P/page", "" },
		{ "http://93.184.216.34", "http://$P/page", "" }, /* another port */
		{ "http://93.184.216.34:8080", "http://$P/page", "Basic bWU6cHc=" },
		{ "https://93.184.216.34:8080", "http://$P/page", "" },
		{ "-", "http://me:pw@$P/page", "Basic bWU6cHc=" },
		{ "*", "http://127.0.0.1:$S/redirect-to?url=http://$P/page", "" },
	};

	(void)state;
	want_network();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *start = expand(rows[i].start);
		char wanted[100];

		snprintf(wanted, sizeof(wanted), "crawl|%s", rows[i].has);
		write_text("c.yaml",
			   "patterns: [{name: t, pattern: 'as (?<agent>\\w+)[^,]*, (?<who>.*)'}]\n"
			   "hosts: [{match: '%s', auth: {basic: 'me:pw'}}]\n",
			   rows[i].match);
		for (int pass = 0; pass < 2; pass++) { /* also when the address is known */
			RUN(start, QUICK, pass ? "--update" : "--fresh", "-c", "c.yaml");
			if (strcmp(ask("SELECT agent, who FROM t"), wanted) != 0)
				fail_msg("row %zu: %s", i, ask("SELECT agent, who FROM t"));
		}
		assert_says(RUN("try", "c.yaml", start, "--json")->out, rows[i].has);
	}
}

/* As tools that preview links have been led to where only they can look. */
static void no_spelling_of_a_private_address_gets_past(void **state)
{
	static const struct {
		const char *host;
		bool is_ip6; /* a system without IPv6 knows no such address */
	} rows[] = {
		{ "127.0.0.1", false },
		{ "127.1", false },
		{ "2130706433", false },
		{ "0x7f.1", false },
		{ "0177.0.0.1", false },
		{ "127.000.000.1", false },
		{ "0.0.0.0", false },
		{ "0", false },
		{ "localhost", false },
		{ "user@127.0.0.1", false },
		{ "10.0.0.1", false },
		{ "169.254.169.254", false },
		{ "100.100.100.200", false },
		{ "224.0.0.1", false },
		{ "[::1]", true },
		{ "[::ffff:127.0.0.1]", true },
		{ "[::127.0.0.1]", true },
		{ "[64:ff9b::7f00:1]", true },
		{ "[2002:7f00:1::]", true },
		{ "[fe80::1]", true },
	};

	(void)state;
	want_network();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char start[200];

		snprintf(start, sizeof(start), "http://$P/to?http://%s:$S/page/1", rows[i].host);
		assert_both_say(start, "private_addresses=named",
				rows[i].is_ip6 ? NULL : "blocked_address");
	}
	assert_int_equal(site_all_requests().count, 0);
}

/* Where a cloud keeps a machine's keys: no page leads there, whatever else it may lead to. */
static void the_services_of_a_cloud_are_asked_only_if_a_list_has_them(void **state)
{
	static const struct {
		const char *start, *setting, *outcome;
	} rows[] = {
		{ "http://" SERVICE "/page", "named", "ok" },
		{ "http://" SERVICE "/page", "all", "ok" },
		{ "http://0xa9fea9fe:8080/page", "named", "ok" },
		{ "http://" SERVICE "/page", "none", "blocked_address" },
		{ "http://" SERVICE "/to?http://" SERVICE "/page", "named", "ok" },
		{ "http://$P/to?http://" SERVICE "/page", "named", "blocked_address" },
		{ "http://$P/to?http://" SERVICE "/page", "all", "blocked_address" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://" SERVICE "/page", "named",
		  "blocked_address" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://" SERVICE "/page", "all",
		  "blocked_address" },
		{ "http://127.0.0.1:$S/redirect-to?url=http://0xa9.254.43518:8080/page", "named",
		  "blocked_address" },
	};

	(void)state;
	want_network();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char setting[100];

		snprintf(setting, sizeof(setting), "private_addresses=%s", rows[i].setting);
		assert_both_say(rows[i].start, setting, rows[i].outcome);
	}
	assert_says(RUN("try", "-e", "any=.", expand(rows[7].start))->error, UNNAMED);
}

/* Nor is a link of an intranet followed, until the user wants it. */
static void no_page_of_an_intranet_links_to_a_service(void **state)
{
	static const char start[] = "http://127.0.0.1:8080/link?http://" SERVICE "/page";
	pid_t intranet;

	(void)state;
	want_network();
	write_text("f.yaml", "follow: [{same: any}]\n");
	intranet = serve(INADDR_LOOPBACK);
	RUN(start, QUICK, "-c", "f.yaml");
	assert_string_equal(ask("SELECT outcome, error FROM pages WHERE from_url NOT NULL"),
			    "blocked_address|" UNNAMED);
	RUN("http://" SERVICE "/page", QUICK, "-c", "f.yaml", "--update");
	assert_string_equal(ask("SELECT outcome, url FROM pages ORDER BY 2"),
			    "ok|http://127.0.0.1:8080/link?http://" SERVICE "/page\n"
			    "ok|http://" SERVICE "/page");
	kill(intranet, SIGKILL);
	waitpid(intranet, NULL, 0);
}

static void try_says_who_led_there_and_what_would_allow_it(void **state)
{
	struct program *run;

	(void)state;
	want_network();
	run = RUN("try", "-e", "any=.", expand("http://$P/to?http://127.0.0.1:$S/page/1"));
	assert_code(run, 1);
	assert_says(run->error, expand("http://127.0.0.1:$S/page/1: blocked_address: "));
	assert_says(run->error, expand("http://$P leads there"));
	assert_says(run->error, "private_addresses=all allows it");
	run = RUN("try", "-e", "any=.", expand("http://127.0.0.1:$S/page/1"), "--set",
		  "private_addresses=none");
	assert_code(run, 1);
	assert_says(run->error, expand("http://127.0.0.1:$S/page/1: blocked_address: "));
	assert_says(run->error, "private_addresses=named allows it");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(try_goes_where_a_run_goes_and_nowhere_else),
		TEST(credentials_go_over_http_to_the_internet_only_where_match_says_http),
		TEST(no_spelling_of_a_private_address_gets_past),
		TEST(the_services_of_a_cloud_are_asked_only_if_a_list_has_them),
		TEST(no_page_of_an_intranet_links_to_a_service),
		TEST(try_says_who_led_there_and_what_would_allow_it),
	};

	has_network = make_network();
	return RUN_TESTS(tests);
}
