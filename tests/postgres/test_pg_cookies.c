#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/nodes_server.h"

/*
 * Sites that keep a session by cookies, crawled by two: a site that comes to another node, comes
 * with its session.  Each answer of the site sets a new one, and its log has what came.
 */
#define T(test) cmocka_unit_test_setup_teardown(test, nodes_server_begin, nodes_server_end)

#define HOSTS 8
#define PAGES 40

static struct program *start_node(void)
{
	const struct program_setup setup = { .environment = nodes_short_lease };

	return program_start(&setup, (const char *const[]){ "list", "-c", "c.yaml", "--delay",
							    "150ms", "--concurrency", "1", "-j",
							    "2", "-o", nodes_uri(), NULL });
}

static void serve(void)
{
	FILE *list;

	assert_int_equal(
		site_start(&site, (const char *[]){ "--log", in_folder("site.log"), "--addresses",
						    "8", "--workers", "2", NULL }),
		0);
	write_text("c.yaml", "crawl:\n  cookies: on\n  robots: false\n  retries: 0\n");
	list = fopen(in_folder("list"), "w");
	assert_non_null(list);
	for (unsigned page = 0; page < PAGES; page++)
		for (unsigned host = 1; host <= HOSTS; host++)
			fprintf(list, "http://127.0.0.%u:%u/cookie?%u\n", host, site.port, page);
	assert_int_equal(fclose(list), 0);
}

/* What is the session that came with a request?  0: none. */
static unsigned long session_of(const struct request *request)
{
	const char *found = strstr(request->carried, "visit=");

	return found ? strtoul(found + strlen("visit="), NULL, 10) : 0;
}

/* Of each host the first request alone comes without; and none with an older one than the last. */
static void assert_sessions(const struct requests *requests, bool is_newest)
{
	for (unsigned host = 1; host <= HOSTS; host++) {
		unsigned long last = 0;
		size_t without = 0;
		char name[64];

		snprintf(name, sizeof(name), "127.0.0.%u:%u", host, site.port);
		for (size_t i = 0; i < requests->count; i++) {
			unsigned long session = session_of(&requests->list[i]);

			if (strcmp(requests->list[i].host, name) != 0)
				continue;
			without += session == 0;
			if (session == 0)
				continue;
			if (is_newest && session <= last)
				fail_msg("%s: %lu after %lu", name, session, last);
			last = session;
		}
		if (without != 1)
			fail_msg("%s: %zu requests without a session", name, without);
	}
}

static void another_goes_on_with_the_sessions_of(int signal)
{
	struct program *first, *second;
	struct requests requests;

	serve();
	first = start_node();
	NODES_UNTIL_PAGES(2 * HOSTS);
	second = start_node();
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(DISTINCT node) FROM crawl_shares") == 2));
	NODES_UNTIL_PAGES(6 * HOSTS);
	kill(first->pid, signal);
	program_wait(first);
	program_wait(second);
	assert_code(second, 0);
	requests = site_all_requests();
	assert_sessions(&requests, signal == SIGINT);
	assert_int_equal(nodes_number("SELECT count(*) FROM pages WHERE state = 'done'"),
			 HOSTS * PAGES);
	assert_int_equal(nodes_number("SELECT count(*) FROM crawl_cookies"), HOSTS);
}

static void a_session_goes_on_when_its_node_leaves(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	another_goes_on_with_the_sessions_of(SIGINT);
}

static void a_session_goes_on_when_its_node_dies(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	another_goes_on_with_the_sessions_of(SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_session_goes_on_when_its_node_leaves),
		T(a_session_goes_on_when_its_node_dies),
	};

	return RUN_TESTS(tests);
}
