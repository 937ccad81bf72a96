#include "tests/support/test.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "crawler/base/clock.h"
#include "crawler/base/loop.h"
#include "crawler/worker/fetch.h"

/*
 * The fetcher in the loop: a server of one answer is in the same loop, and names are resolved by
 * the getaddrinfo() below.  What pages and servers do to it is tested with the site, in
 * tests/crawl.
 */

#define TIMEOUT_MS 5000
#define BODY_MAX   1000

static struct loop *loop;
static struct fetcher *fetcher;
static int listener, gate[2];
static in_port_t port;
static int client, pause_ms; /* before an answer */

/* ---- names ---- */

/* In libcurl's thread: this host is found as soon as the gate is open. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **found)
{
	struct block {
		struct addrinfo info;
		struct sockaddr_in address;
	} *block = calloc(1, sizeof(*block));
	char byte;

	(void)service;
	(void)hints;
	if (!block || strcmp(name, "behind-the-gate.test") != 0 || read(gate[0], &byte, 1) != 1) {
		free(block);
		return EAI_NONAME;
	}
	block->address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	block->info = (struct addrinfo){
		.ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = sizeof(block->address),
		.ai_addr = (struct sockaddr *)&block->address,
	};
	*found = &block->info;
	return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
	free(found);
}

/* ---- the server ---- */

static void answer(void *user)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

	(void)user;
	assert_int_equal(write(client, text, sizeof(text) - 1), sizeof(text) - 1);
}

static struct loop_timer pause_timer = { .function = answer };

static void on_request(void *user, int fd, uint32_t events)
{
	char request[4096];

	(void)user;
	(void)events;
	client = fd;
	if (read(fd, request, sizeof(request)) > 0) {
		loop_set_timer(loop, &pause_timer, clock_ms() + pause_ms);
		return;
	}
	loop_unwatch(loop, fd);
	close(fd);
}

static void on_connection(void *user, int fd, uint32_t events)
{
	(void)user;
	(void)events;
	loop_watch(loop, accept(fd, NULL, NULL), EPOLLIN, on_request, NULL);
}

static void listen_somewhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	port = address.sin_port;
	loop_watch(loop, listener, EPOLLIN, on_connection, NULL);
}

/* ---- a transfer ---- */

struct got {
	bool is_done;
	enum outcome outcome;
	uint64_t size;
	int64_t sent_ms;
};

static struct got got[4];

static void on_fetched(void *context, unsigned slot, struct msg_page *page)
{
	(void)context;
	got[slot] = (struct got){ true, page->outcome, page->size, page->started_ms };
}

static struct msg_job jobs[4];
static char bodies[4][BODY_MAX + 1], urls[4][100];

static void fetch(unsigned slot)
{
	struct fetch_request request = {
		.job = &jobs[slot],
		.body_max = BODY_MAX,
		.body = bodies[slot],
		.body_bytes = sizeof(bodies[slot]),
	};

	snprintf(urls[slot], sizeof(urls[slot]), "http://behind-the-gate.test:%u/%u", ntohs(port),
		 slot);
	jobs[slot] = (struct msg_job){ .url = slice_of(urls[slot]) };
	got[slot].is_done = false;
	fetch_start(fetcher, slot, &request);
}

static void turn_until_done(unsigned slot)
{
	int64_t end = clock_ms() + 4 * TIMEOUT_MS;

	while (!got[slot].is_done) {
		assert_true(clock_ms() < end);
		loop_turn(loop, 100);
	}
}

static void assert_fetched(unsigned slot)
{
	turn_until_done(slot);
	assert_int_equal(got[slot].outcome, OUTCOME_OK);
	assert_int_equal(got[slot].size, 5);
	assert_memory_equal(bodies[slot], "hello", 5);
}

static int set_up(void **state)
{
	static struct settings settings;

	(void)state;
	settings = settings_default();
	settings.timeout_ms = TIMEOUT_MS;
	memset(got, 0, sizeof(got));
	pause_ms = 0;
	loop = loop_new();
	assert_int_equal(pipe(gate), 0);
	listen_somewhere();
	fetcher = fetch_new(&settings, 4, loop, on_fetched, NULL);
	return fetcher ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fetch_free(fetcher);
	while (loop_turn(loop, 0) > 0) /* the server sees that its clients are gone */
		;
	loop_free(loop);
	close(listener);
	close(gate[0]);
	close(gate[1]);
	return 0;
}

/*
 * While a name is looked up libcurl waits on a descriptor of its own, which it closes without a
 * word; the connection gets the same number.  The answer comes when none of libcurl's timers
 * looks for it.
 */
static void the_first_connection_to_a_name_is_watched(void **state)
{
	(void)state;
	pause_ms = 500;
	fetch(0);
	for (int turn = 0; turn < 3; turn++)
		loop_turn(loop, 10);
	assert_false(got[0].is_done);
	assert_int_equal(write(gate[1], "", 1), 1);
	assert_fetched(0);
}

static void a_connection_that_was_kept_is_used_again(void **state)
{
	(void)state;
	assert_int_equal(write(gate[1], "", 1), 1);
	for (unsigned slot = 0; slot < 4; slot++) {
		fetch(slot);
		assert_fetched(slot);
	}
	assert_int_equal(fetch_running(fetcher), 0);
}

/* A host's delay counts from there: also where libcurl came to it late, for the worker had other
 * things to do. */
static void a_request_was_sent_when_it_went_out(void **state)
{
	int64_t before_ms;

	(void)state;
	assert_int_equal(write(gate[1], "", 1), 1);
	for (unsigned slot = 0; slot < 2; slot++) { /* on a new connection, on a kept one */
		fetch(slot);
		poll(NULL, 0, 200);
		before_ms = clock_ms();
		assert_fetched(slot);
		assert_in_range(got[slot].sent_ms, before_ms, clock_ms());
	}
}

static void what_was_never_sent_says_so(void **state)
{
	(void)state;
	close(gate[1]);
	fetch(0);
	turn_until_done(0);
	assert_int_equal(got[0].outcome, OUTCOME_DNS);
	assert_int_equal(got[0].sent_ms, 0);
	gate[1] = -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_connection_to_a_name_is_watched),
		TEST(a_connection_that_was_kept_is_used_again),
		TEST(a_request_was_sent_when_it_went_out),
		TEST(what_was_never_sent_says_so),
	};

	return RUN_TESTS(tests);
}
