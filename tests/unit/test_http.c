#include "tests/support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "crawler/base/clock.h"
#include "crawler/base/loop.h"
#include "crawler/serve/http.h"

/*
 * Clients of all kinds, within one process: those that are slow, that go away, that want too much.
 */
#define PATIENCE_MS 150   /* with those that the test is about, */
#define LONG_MS     10000 /* and with all others */

static struct loop *loop;
static struct http *http;
static int listener;
static unsigned port;
static struct http_request *kept; /* for later */
static struct http_stream *stream;
static unsigned handled, ended;

static void on_ended(void *user)
{
	(void)user;
	stream = NULL;
	ended++;
}

/* The path says how it is answered. */
static void handle(void *user, struct http_request *request)
{
	static char large[1024 * 1024];
	const char *path = http_path(request);
	struct http_reply reply = { .status = 200, .type = "text/plain", .body = SLICE("hello\n") };

	(void)user;
	handled++;
	memset(large, 'x', sizeof(large));
	if (strcmp(path, "/large") == 0)
		reply.body = (struct slice){ large, sizeof(large) };
	if (strcmp(path, "/echo") == 0)
		reply.body = http_body(request);
	if (strcmp(path, "/later") == 0)
		kept = request;
	else if (strcmp(path, "/stream") == 0)
		stream = http_stream(request, on_ended, NULL);
	else
		http_answer(request, &reply);
}

static int set_up(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	http_patience_ms = LONG_MS;
	kept = NULL;
	stream = NULL;
	handled = ended = 0;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 128) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		return -1;
	port = ntohs(address.sin_port);
	loop = loop_new();
	http = http_new(loop, listener, handle, NULL);
	return loop && http ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	http_free(http);
	loop_free(loop);
	close(listener);
	return 0;
}

/* ---- a client ---- */

static int client(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void ask(int fd, const char *path)
{
	char text[200];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	say(fd, text);
}

/* What has come, added to text; -1 at the end. */
static char heard[4 * 1024 * 1024];
static size_t heard_size;

static bool hear(int fd)
{
	ssize_t got = recv(fd, heard + heard_size, sizeof(heard) - 1 - heard_size, 0);

	if (got > 0)
		heard_size += (size_t)got;
	heard[heard_size] = '\0';
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

static void forget(void)
{
	heard_size = 0;
	heard[0] = '\0';
}

/* Turn until a condition holds. */
#define TURN_UNTIL(condition)                                           \
	({                                                              \
		int64_t end_ms_ = clock_ms() + LONG_MS;                 \
		bool holds_;                                            \
		while (!(holds_ = (condition)) && clock_ms() < end_ms_) \
			loop_turn(loop, 5);                             \
		holds_;                                                 \
	})

#define HEARS(fd, text) TURN_UNTIL((hear(fd), strstr(heard, text) != NULL))
#define ENDS(fd)        TURN_UNTIL(!hear(fd))

/* ---- usual ones ---- */

static void one_connection_asks_again_and_again(void **state)
{
	int fd = client();

	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		forget();
		ask(fd, "/");
		assert_true(HEARS(fd, "hello\n"));
		assert_int_equal(handled, i);
	}
	close(fd);
}

static void requests_that_come_at_once_are_answered_in_order(void **state)
{
	int fd = client();

	(void)state;
	forget();
	say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\n"
		"Content-Length: 5\r\n\r\nfirstGET /none HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(TURN_UNTIL((hear(fd), handled == 3)));
	assert_true(HEARS(fd, "first"));
	assert_non_null(strstr(heard, "hello\n"));
	close(fd);
}

static void a_body_comes_in_pieces(void **state)
{
	int fd = client();

	(void)state;
	forget();
	say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 1);
	assert_int_equal(handled, 0);
	say(fd, "defghij");
	assert_true(HEARS(fd, "abcdefghij"));
	close(fd);
}

static void an_answer_may_come_later(void **state)
{
	int fd = client(), other;

	(void)state;
	http_patience_ms = PATIENCE_MS;
	forget();
	ask(fd, "/later");
	assert_true(TURN_UNTIL(kept != NULL));
	http_patience_ms = LONG_MS;
	other = client();
	ask(other, "/"); /* nobody waits for it */
	assert_true(HEARS(other, "hello\n"));
	for (int64_t end = clock_ms() + 2 * PATIENCE_MS; clock_ms() < end;)
		loop_turn(loop, 5); /* it is us who are slow */
	forget();
	http_answer(kept, &(struct http_reply){
				  .status = 409, .type = "text/plain", .body = SLICE("at last") });
	assert_true(HEARS(fd, "at last"));
	assert_non_null(strstr(heard, "HTTP/1.1 409 "));
	close(fd);
	close(other);
}

static void who_has_gone_before_the_answer_costs_nothing(void **state)
{
	int fd = client(), other = client();

	(void)state;
	ask(fd, "/later");
	assert_true(TURN_UNTIL(kept != NULL));
	close(fd);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 1);
	http_answer(kept, &(struct http_reply){ .status = 200 });
	forget();
	ask(other, "/");
	assert_true(HEARS(other, "hello\n"));
	close(other);
}

static void requests_that_are_kept_at_the_end_are_gone(void **state)
{
	int fd = client();

	(void)state;
	ask(fd, "/later");
	assert_true(TURN_UNTIL(kept != NULL));
	close(fd); /* the teardown frees */
}

/* ---- slow ones ---- */

/* A moment in which any bytes that come are taken: they do not end it. */
static void let_a_moment_pass(void)
{
	for (int64_t end = clock_ms() + PATIENCE_MS / 10; clock_ms() < end;)
		loop_turn(loop, 5);
}

/* Each byte within its time, and never a request (slow loris). */
static void who_trickles_a_request_is_dropped(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaa";
	int64_t begun = clock_ms(); /* the server may count from any moment behind it */
	int fd = client();
	bool is_open = true;

	(void)state;
	http_patience_ms = PATIENCE_MS;
	forget();
	for (size_t i = 0; is_open && clock_ms() - begun < LONG_MS; i++) {
		send(fd, &head[i % (sizeof(head) - 1)], 1, MSG_NOSIGNAL);
		let_a_moment_pass();
		is_open = hear(fd);
	}
	assert_false(is_open);
	assert_int_equal(handled, 0);
	assert_true(clock_ms() - begun >= PATIENCE_MS);
	close(fd);
}

static void who_trickles_a_body_is_dropped(void **state)
{
	int fd = client();
	int64_t begun = clock_ms();
	bool is_open = true;

	(void)state;
	http_patience_ms = PATIENCE_MS;
	forget();
	say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n");
	while (is_open && clock_ms() - begun < LONG_MS) {
		send(fd, "x", 1, MSG_NOSIGNAL);
		let_a_moment_pass();
		is_open = hear(fd);
	}
	assert_false(is_open);
	assert_int_equal(handled, 0);
	close(fd);
}

static void who_says_nothing_is_dropped(void **state)
{
	int fd = client();

	(void)state;
	http_patience_ms = PATIENCE_MS;
	forget();
	assert_true(ENDS(fd));
	close(fd);
}

/* It reads a little within every time-out that counts bytes. */
static void who_reads_an_answer_too_slowly_is_dropped(void **state)
{
	int fd = client(), small = 4096;
	int64_t begun;
	char byte[16];
	bool is_open = true;
	size_t got = 0;

	(void)state;
	http_patience_ms = PATIENCE_MS;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	ask(fd, "/large");
	begun = clock_ms();
	while (is_open && clock_ms() - begun < LONG_MS) {
		ssize_t size = recv(fd, byte, sizeof(byte), 0);

		got += size > 0 ? (size_t)size : 0;
		/* what the kernel has taken is still read, but a whole MB never comes */
		is_open = http_is_busy(http) || clock_ms() - begun < PATIENCE_MS;
		loop_turn(loop, PATIENCE_MS / 10);
	}
	assert_false(is_open);
	assert_true(got < 1024 * 1024);
	close(fd);
}

static void who_goes_in_mid_answer_is_forgotten(void **state)
{
	struct linger now = { .l_onoff = 1 };
	int fd = client();

	(void)state;
	forget();
	ask(fd, "/large");
	assert_true(TURN_UNTIL((hear(fd), heard_size > 0)));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd); /* a reset */
	assert_true(TURN_UNTIL(!http_is_busy(http)));
	fd = client();
	forget();
	ask(fd, "/");
	assert_true(HEARS(fd, "hello\n"));
	close(fd);
}

/* ---- streams ---- */

static void a_stream_is_written_to_as_long_as_it_is_read(void **state)
{
	int fd = client();

	(void)state;
	http_patience_ms = PATIENCE_MS;
	forget();
	ask(fd, "/stream");
	assert_true(HEARS(fd, "text/event-stream"));
	for (int i = 0; i < 3; i++) {
		char text[40];

		for (int64_t end = clock_ms() + 2 * PATIENCE_MS; clock_ms() < end;)
			loop_turn(loop, 5); /* silence is no sin of a viewer */
		snprintf(text, sizeof(text), "data: %d\n\n", i);
		http_stream_write(stream, slice_of(text));
		assert_true(HEARS(fd, text));
	}
	http_stream_end(stream);
	stream = NULL;
	assert_true(ENDS(fd));
	assert_int_equal(ended, 0); /* who has ended it knows */
	assert_true(TURN_UNTIL(http_stream_count(http) == 0));
	close(fd);
}

static void a_viewer_that_goes_is_seen_at_once(void **state)
{
	int fd = client();

	(void)state;
	forget();
	ask(fd, "/stream");
	assert_true(HEARS(fd, "text/event-stream"));
	close(fd);
	assert_true(TURN_UNTIL(ended == 1)); /* nothing was written meanwhile */
	assert_int_equal(http_stream_count(http), 0);
}

/* Rather than keep all that is said for it, or for ever what was. */
static void a_viewer_that_does_not_read_is_dropped(void **state)
{
	static const struct {
		int patience_ms;
		size_t bytes;
	} rows[] = {
		{ LONG_MS, 2 * HTTP_STREAM_MAX },
		{ PATIENCE_MS, HTTP_STREAM_MAX / 2 },
	};
	static char block[64 * 1024];
	int small = 4096;

	(void)state;
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	memset(block, 'x', sizeof(block));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = client();

		http_patience_ms = LONG_MS;
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		ask(fd, "/stream");
		assert_true(TURN_UNTIL(stream != NULL));
		http_patience_ms = rows[i].patience_ms;
		for (size_t size = 0; size < rows[i].bytes && ended == i; size += sizeof(block)) {
			http_stream_write(stream, (struct slice){ block, sizeof(block) });
			loop_turn(loop, 5);
		}
		assert_true(TURN_UNTIL(ended == i + 1));
		close(fd);
	}
}

static void streams_are_so_many_and_no_more(void **state)
{
	int fds[HTTP_STREAMS_MAX + 1];

	(void)state;
	for (int i = 0; i <= HTTP_STREAMS_MAX; i++) {
		fds[i] = client();
		ask(fds[i], "/stream");
		assert_true(TURN_UNTIL(handled == (unsigned)i + 1));
	}
	forget();
	assert_true(HEARS(fds[HTTP_STREAMS_MAX], "HTTP/1.1 503 "));
	assert_int_equal(http_stream_count(http), HTTP_STREAMS_MAX);
	for (int i = 0; i <= HTTP_STREAMS_MAX; i++)
		close(fds[i]);
	assert_true(TURN_UNTIL(http_stream_count(http) == 0));
}

static void connections_are_so_many_and_no_more(void **state)
{
	int fds[HTTP_CONNECTIONS_MAX], last;

	(void)state;
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		fds[i] = client();
		loop_turn(loop, 5);
	}
	last = client();
	forget();
	assert_true(HEARS(last, "HTTP/1.1 503 "));
	assert_true(ENDS(last));
	close(last);
	close(fds[0]);
	for (int i = 0; i < 20; i++)
		loop_turn(loop, 5);
	fds[0] = client();
	ask(fds[0], "/");
	forget();
	assert_true(HEARS(fds[0], "hello\n"));
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		close(fds[i]);
}

/* ---- too much ---- */

static void what_is_too_large_is_refused(void **state)
{
	static char line[70 * 1024];
	int fd = client();

	(void)state;
	forget();
	say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
	assert_true(HEARS(fd, "HTTP/1.1 413 "));
	close(fd);

	fd = client(); /* unannounced */
	forget();
	say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	memset(line, 'x', sizeof(line) - 1);
	for (int i = 0; i < 3; i++) {
		char size[20];

		snprintf(size, sizeof(size), "%x\r\n", 30000);
		send(fd, size, strlen(size), MSG_NOSIGNAL);
		send(fd, line, 30000, MSG_NOSIGNAL);
		send(fd, "\r\n", 2, MSG_NOSIGNAL);
		loop_turn(loop, 5);
	}
	say(fd, "0\r\n\r\n");
	assert_true(HEARS(fd, "HTTP/1.1 413 "));
	close(fd);

	fd = client(); /* a head */
	forget();
	say(fd, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
	send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);
	assert_true(TURN_UNTIL(!hear(fd) || strstr(heard, "HTTP/1.1 4")));
	close(fd);
	assert_int_equal(handled, 0);
}

/* Behind it nothing is a request any more. */
static void a_request_with_two_ends_is_refused(void **state)
{
	static const char *const rows[] = {
		"Content-Length: 0\r\nContent-Length: 30\r\n\r\n",
		"Content-Length: 30\r\nContent-Length: 0\r\n\r\n",
		"Content-Length: 35\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 35\r\n\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned before = handled;
		int fd = client();

		forget();
		say(fd, "POST / HTTP/1.1\r\nHost: x\r\n");
		say(fd, rows[i]);
		ask(fd, "/");
		assert_true(HEARS(fd, "HTTP/1.1 400 "));
		assert_true(ENDS(fd));
		assert_int_equal(handled, before);
		close(fd);
	}
}

static void a_form_s_fields_are_decoded(void **state)
{
	static const struct {
		const char *body, *name, *value;
	} rows[] = {
		{ "host=a.example&time=2s", "host", "a.example" },
		{ "host=a.example&time=2s", "time", "2s" },
		{ "host=a+b%20c", "host", "a b c" },
		{ "host=%e4%bd%a0", "host", "\xe4\xbd\xa0" },
		{ "host=%zz%4", "host", "%zz%4" },
		{ "host=", "host", "" },
		{ "host", "host", NULL },
		{ "xhost=1&host=2", "host", "2" },
		{ "host=1&host=2", "host", "1" },
		{ "&&host=1", "host", "1" },
		{ "", "host", NULL },
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = client();
		char *value;

		kept = NULL;
		snprintf(text, sizeof(text),
			 "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(rows[i].body), rows[i].body);
		say(fd, text);
		assert_true(TURN_UNTIL(kept != NULL));
		value = http_field(kept, rows[i].name);
		if (rows[i].value)
			assert_string_equal(value, rows[i].value);
		else
			assert_null(value);
		free(value);
		http_answer(kept, &(struct http_reply){ .status = 200 });
		loop_turn(loop, 5);
		close(fd);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_connection_asks_again_and_again),
		T(requests_that_come_at_once_are_answered_in_order),
		T(a_body_comes_in_pieces),
		T(an_answer_may_come_later),
		T(who_has_gone_before_the_answer_costs_nothing),
		T(requests_that_are_kept_at_the_end_are_gone),
		T(who_trickles_a_request_is_dropped),
		T(who_trickles_a_body_is_dropped),
		T(who_says_nothing_is_dropped),
		T(who_reads_an_answer_too_slowly_is_dropped),
		T(who_goes_in_mid_answer_is_forgotten),
		T(a_stream_is_written_to_as_long_as_it_is_read),
		T(a_viewer_that_goes_is_seen_at_once),
		T(a_viewer_that_does_not_read_is_dropped),
		T(streams_are_so_many_and_no_more),
		T(connections_are_so_many_and_no_more),
		T(what_is_too_large_is_refused),
		T(a_request_with_two_ends_is_refused),
		T(a_form_s_fields_are_decoded),
	};

	return RUN_TESTS(tests);
}
