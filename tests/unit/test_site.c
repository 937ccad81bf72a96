#include "tests/support/test.h"

#include <arpa/inet.h>
#include <brotli/decode.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "crawler/base/clock.h"
#include "tests/support/site_process.h"

#define REPLY_MAX       (8 * 1024 * 1024)
#define REPLY_SECONDS   20 /* a reply that takes longer has failed */
#define REQUEST_MAX     (128 * 1024)
#define QUIET_MS        50 /* how long silence is listened to */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- talking to the site ---- */

static struct site_process site;

/* What came until the site closed, or the whole answer on a connection that is kept. */
static struct reply {
	char bytes[REPLY_MAX + 1];
	size_t size;
	int status;       /* 0: no status line */
	const char *body; /* "" if there is no head */
	size_t body_size;
} reply;

static int start(void **state)
{
	(void)state;
	return site_start(&site, (const char *[]){ "--workers", "2", NULL });
}

/* Whatever a test did, no worker may have been lost. */
static int stop(void **state)
{
	(void)state;
	return site.pid > 0 ? site_stop(&site) : 0;
}

static int open_connection(void)
{
	struct timeval limit = { .tv_sec = REPLY_SECONDS };
	int fd = site_connect(&site);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void send_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		assert_true(sent > 0);
		bytes += sent;
		size -= (size_t)sent;
	}
}

static void send_get(int fd, const char *target, const char *headers)
{
	char request[REQUEST_MAX];
	int size = snprintf(request, sizeof(request),
			    "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", target, headers);

	send_all(fd, request, (size_t)size);
}

static void split_reply(void)
{
	char *blank = memmem(reply.bytes, reply.size, "\r\n\r\n", 4);

	reply.bytes[reply.size] = '\0';
	reply.status = 0;
	sscanf(reply.bytes, "HTTP/1.1 %d", &reply.status);
	reply.body = blank ? blank + 4 : reply.bytes + reply.size;
	reply.body_size = reply.size - (size_t)(reply.body - reply.bytes);
}

/* Read to the end of the connection and close it.  Returns the errno of the end, 0 for a FIN. */
static int read_to_end(int fd)
{
	ssize_t got;
	int error;

	reply.size = 0;
	while ((got = recv(fd, reply.bytes + reply.size, REPLY_MAX - reply.size, 0)) > 0)
		reply.size += (size_t)got;
	error = got < 0 ? errno : 0;
	close(fd);
	split_reply();
	return error;
}

/* Read one answer that has a Content-Length and stops there. */
static void read_answer(int fd)
{
	const char *length;

	reply.size = 0;
	do {
		ssize_t got = recv(fd, reply.bytes + reply.size, 1, 0);

		assert_int_equal(got, 1);
		reply.size++;
		split_reply();
		length = strcasestr(reply.bytes, "Content-Length: ");
	} while (*reply.body == '\0' && !strstr(reply.bytes, "\r\n\r\n"));
	assert_non_null(length);
	for (long left = strtol(strchr(length, ' '), NULL, 10); left > 0;) {
		ssize_t got = recv(fd, reply.bytes + reply.size, (size_t)left, 0);

		assert_true(got > 0);
		reply.size += (size_t)got;
		left -= got;
	}
	split_reply();
}

static void get_with(const char *target, const char *headers)
{
	char all[REQUEST_MAX];
	int fd = open_connection();

	snprintf(all, sizeof(all), "%sConnection: close\r\n", headers);
	send_get(fd, target, all);
	assert_int_equal(read_to_end(fd), 0);
}

static void get(const char *target)
{
	get_with(target, "");
}

static bool reply_has(const char *text)
{
	return memmem(reply.bytes, reply.size, text, strlen(text)) != NULL;
}

/* ---- pages ---- */

static void routes_answer_what_they_promise(void **state)
{
	static const struct {
		const char *target;
		int status;
		const char *holds;
	} cases[] = {
		{ "/", 200, "<title>crawl test site</title>" },
		{ "/", 200, "<a href=\"/board/4?offset=0\">" },
		{ "/", 200, "<a href=\"/redirect-to?url=/page/1&amp;status=301\">" },
		{ "/page/7", 200, "<title>page 7</title>" },
		{ "/page/7", 200, "<a href=\"/page/141\">" },
		{ "/page/999999", 200, "<title>page 999999</title>" },
		{ "/page/1000000", 404, "not found" },
		{ "/page/7x", 404, "not found" },
		{ "/page/", 404, "not found" },
		{ "/films/1021", 200, "主演：" },
		{ "/books/0", 404, "not found" },
		{ "/books/6", 404, "not found" },
		{ "/book/0", 200, "£51.77" },
		{ "/links/3", 200, "<a href=\"/page/2\">" },
		{ "/trap/a", 200, "<a href=\"/trap/a/1\">" },
		{ "/missing", 404, "not found" },
		{ "/nothing/of/that/name", 404, "not found" },
		{ "/status/418", 418, "status 418" },
		{ "/status/100", 404, "not found" },
		{ "/status/429/7", 429, "Retry-After: 7\r\n" },
		{ "/status/503/date/7", 503, " GMT\r\n" },
		{ "/long-status/404", 404, "a long story" },
		{ "/retry-after?say=-1", 503, "Retry-After: -1\r\n" },
		{ "/retry-after?say=x+y&status=429", 429, "Retry-After: x y\r\n" },
		{ "/retry-after?say=a%0d%0aSet-Cookie:x", 400, "it wants" },
		{ "/redirect/3", 302, "Location: /redirect/2\r\n" },
		{ "/redirect/1", 302, "Location: /\r\n" },
		{ "/redirect-to?url=http%3A%2F%2Fa.example%2F&status=308", 308,
		  "Location: http://a.example/\r\n" },
		{ "/redirect-to?url=a%0d%0aSet-Cookie:x", 400, "it wants" },
		{ "/redirect-loop", 302, "Location: /redirect-loop\r\n" },
		{ "/redirect-ring/3/1", 302, "Location: /redirect-ring/3/2\r\n" },
		{ "/redirect-ring/3/2", 302, "Location: /redirect-ring/3/0\r\n" },
		{ "/redirect-ring/0/0", 404, "not found" },
		{ "/insist", 302, "Location: /insist?sid=1\r\n" },
		{ "/insist?sid=1", 200, "this is what it wanted" },
		{ "/redirect-scheme", 302, "Location: ftp://" },
		{ "/redirect-scheme/file", 302, "Location: file:///" },
		{ "/robots.txt", 200, "Disallow:\nSitemap: http://localhost/sitemap.xml\n" },
		{ "/sitemap.xml", 200, "<loc>http://localhost/board/4?offset=90</loc>" },
		{ "/cookie", 200, "Set-Cookie: visit=" },
		{ "/type/image/png", 200, "Content-Type: image/png\r\n" },
		{ "/delay/1/page/3", 200, "<title>page 3</title>" },
		{ "/delay/1/nothing", 404, "not found" },
		{ "/delay/1/delay/1", 404, "not found" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		get(cases[i].target);
		if (reply.status != cases[i].status || !reply_has(cases[i].holds))
			fail_msg("%s: status %d: %.300s", cases[i].target, reply.status,
				 reply.bytes);
	}
}

static void a_page_is_about_ten_kilobytes(void **state)
{
	(void)state;
	get("/page/123456");
	assert_in_range(reply.body_size, 9500, 10500);
}

static void sizes_are_exact(void **state)
{
	static const unsigned sizes[] = { 0, 1, 40, 41, 1000, 65536, 65600, 3000000 };
	char target[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		snprintf(target, sizeof(target), "/size/%u", sizes[i]);
		get(target);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.body_size, sizes[i]);
	}
}

/* The pattern of the seeds, unchanged. */
#define BOARD_PATTERN                                                                              \
	"<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\".*?star.*?>(.*?)<.*?releasetime.*?>(.*?)<" \
	".*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<"

/* Count the matches in the body whose first group goes on counting from first. */
static int count_rows(const char *pattern, int first)
{
	int error, rows = 0;
	PCRE2_SIZE at, from = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_DOTALL,
					 &error, &at, NULL);
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);

	while (pcre2_match(code, (PCRE2_SPTR)reply.body, reply.body_size, from, 0, match, NULL) >
	       0) {
		const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);

		assert_int_equal(strtol(reply.body + ends[2], NULL, 10), first + rows);
		rows++;
		from = ends[1];
	}
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	return rows;
}

static void the_board_matches_the_pattern_of_the_seeds(void **state)
{
	char target[64];

	(void)state;
	for (int offset = 0; offset < 100; offset += 10) {
		snprintf(target, sizeof(target), "/board/4?offset=%d", offset);
		get(target);
		assert_int_equal(count_rows(BOARD_PATTERN, offset + 1), 10);
	}
	get("/board/4?offset=100");
	assert_int_equal(count_rows(BOARD_PATTERN, 0), 0);
}

static int count_text(const char *text)
{
	int count = 0;

	for (const char *at = reply.body; (at = strstr(at, text)); at++)
		count++;
	return count;
}

static void some_books_lack_a_price_or_an_availability(void **state)
{
	(void)state;
	get("/books/1");
	assert_int_equal(count_text("<article class=\"product_pod\">"), 20);
	assert_int_equal(count_text("price_color"), 17);
	assert_int_equal(count_text("availability"), 16);
	assert_true(reply_has("&lt;Revised&gt;"));
	assert_true(reply_has("<a href=\"2\">next</a>"));
}

/* ---- connections ---- */

static void one_connection_serves_many_requests(void **state)
{
	int fd = open_connection();
	char target[32], title[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(target, sizeof(target), "/page/%d", i);
		snprintf(title, sizeof(title), "<title>page %d</title>", i);
		send_get(fd, target, "");
		read_answer(fd);
		assert_true(reply_has(title));
	}
	close(fd);
}

/* More than one turn of the site's loop takes from one connection. */
static void requests_sent_in_advance_are_answered_in_order(void **state)
{
	int fd = open_connection();
	char target[32], title[64];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(target, sizeof(target), "/delay/%d/films/1021?%d", i % 2, i);
		send_get(fd, i % 3 ? target : "/size/100", "");
	}
	send_get(fd, "/page/5", "Connection: close\r\n");
	for (int i = 0; i < 200; i++) {
		read_answer(fd);
		snprintf(title, sizeof(title), "<title>%s", i % 3 ? "雨夜的邮差" : "size 100");
		assert_true(reply_has(title));
	}
	assert_int_equal(read_to_end(fd), 0);
	assert_true(reply_has("<title>page 5</title>"));
}

/* A client that asks again takes whatever comes for the answer. */
static void what_nobody_asked_for_is_not_sent_to_who_asks_again(void **state)
{
	static const struct {
		const char *path, *says;
	} rows[] = {
		{ "/leftover/0", "<title>foreign</title>" },
		{ "/leftover/20", "<title>foreign</title>" },
		{ "/leftover-408/0", " 408 " },
		{ "/leftover-408/20", " 408 " },
	};
	char twice[REQUEST_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fd = open_connection();

		send_get(fd, rows[i].path, "");
		read_answer(fd);
		assert_true(reply_has("<title>page</title>"));
		read_answer(fd);
		assert_true(reply_has(rows[i].says));
		close(fd);
		fd = open_connection();
		snprintf(twice, sizeof(twice),
			 "GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
			 "GET /page/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
			 rows[i].path);
		send_all(fd, twice, strlen(twice));
		read_answer(fd);
		assert_true(reply_has("<title>page</title>"));
		read_answer(fd);
		assert_true(reply_has("<title>page 5</title>"));
		assert_int_equal(read_to_end(fd), 0);
		assert_int_equal(reply.size, 0);
	}
}

static void a_head_that_comes_byte_by_byte_is_understood(void **state)
{
	static const char request[] =
		"\r\nGET /page/9 HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n";
	int fd = open_connection();

	(void)state;
	for (size_t i = 0; i < strlen(request); i++)
		send_all(fd, request + i, 1);
	assert_int_equal(read_to_end(fd), 0);
	assert_true(reply_has("<title>page 9</title>"));
}

static void old_clients_get_a_close_unless_they_ask(void **state)
{
	static const char closed[] = "GET /page/1 HTTP/1.0\r\n\r\n";
	static const char kept[] = "GET /page/2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
	int fd = open_connection();

	(void)state;
	send_all(fd, kept, strlen(kept));
	read_answer(fd);
	assert_true(reply_has("Connection: keep-alive\r\n"));
	send_all(fd, closed, strlen(closed));
	assert_int_equal(read_to_end(fd), 0);
	assert_true(reply_has("<title>page 1</title>"));
}

static void head_brings_a_length_and_no_body(void **state)
{
	static const char request[] =
		"HEAD /size/5000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	int fd = open_connection();

	(void)state;
	send_all(fd, request, strlen(request));
	assert_int_equal(read_to_end(fd), 0);
	assert_true(reply_has("Content-Length: 5000000\r\n"));
	assert_int_equal(reply.body_size, 0);
}

static void bad_requests_are_refused(void **state)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ "nonsense\r\n\r\n", 400 },
		{ "GET\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET page/1 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / FTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
		  405 },
		{ "POST /posted HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
		  "3\r\n\r\nabc",
		  200 },
		{ "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405 },
		{ "DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405 },
		{ "GET http://other/page/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int fd = open_connection();

		send_all(fd, cases[i].request, strlen(cases[i].request));
		assert_int_equal(read_to_end(fd), 0);
		if (reply.status != cases[i].status)
			fail_msg("%s: status %d", cases[i].request, reply.status);
	}
}

static void a_head_beyond_the_bound_is_refused(void **state)
{
	static char filler[100 * 1024];
	int fd = open_connection();

	(void)state;
	memset(filler, 'x', sizeof(filler));
	send_all(fd, "GET / HTTP/1.1\r\nX: ", 19);
	send_all(fd, filler, sizeof(filler));
	assert_int_equal(read_to_end(fd), 0);
	assert_int_equal(reply.status, 431);
}

/* A generator of bytes that is the same everywhere. */
static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static void damaged_requests_never_end_a_worker(void **state)
{
	static const char good[] =
		"GET /flaky/1/a?x=%41&y HTTP/1.1\r\nHost: a\r\nCookie: b\r\n\r\n";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char bad[sizeof(good)];
		int fd = open_connection();

		memcpy(bad, good, sizeof(good));
		for (int i = 0; i < 1 + round % 8; i++)
			bad[next_random(&seed) % strlen(good)] = (char)next_random(&seed);
		send_all(fd, bad, strlen(good));
		shutdown(fd, SHUT_WR);
		read_to_end(fd);
	}
	get("/page/1");
	assert_int_equal(reply.status, 200);
}

/* ---- time ---- */

/* By one worker, which is asked for the longest first. */
static void a_delay_holds_up_nobody_and_never_ends_early(void **state)
{
	static const int delays_ms[] = { 2 * REPLY_SECONDS * 1000, 90, 10, 60, 30 };
	struct pollfd waits[COUNT_OF(delays_ms)];
	int64_t began_ms;
	char target[32];

	(void)state;
	assert_int_equal(site_start(&site, (const char *[]){ "--workers", "1", NULL }), 0);
	began_ms = clock_ms();
	for (size_t i = 0; i < COUNT_OF(delays_ms); i++) {
		waits[i] = (struct pollfd){ .fd = open_connection(), .events = POLLIN };
		snprintf(target, sizeof(target), "/delay/%d", delays_ms[i]);
		send_get(waits[i].fd, target, "Connection: close\r\n");
	}
	for (size_t answered = 0; answered < COUNT_OF(delays_ms) - 1;) {
		assert_true(poll(waits, COUNT_OF(delays_ms), REPLY_SECONDS * 1000) > 0);
		for (size_t i = 0; i < COUNT_OF(delays_ms); i++) {
			if (!(waits[i].revents & POLLIN))
				continue;
			assert_true(clock_ms() - began_ms >= delays_ms[i]);
			read_to_end(waits[i].fd);
			assert_int_equal(reply.status, 200);
			waits[i].fd = -1;
			answered++;
		}
	}
	assert_true(waits[0].fd >= 0);
	close(waits[0].fd);
}

static void a_drip_takes_its_time_and_brings_all(void **state)
{
	int64_t began_ms = clock_ms();

	(void)state;
	get("/drip/10/10");
	assert_int_equal(reply.body_size, 10);
	assert_true(clock_ms() - began_ms >= 100);
}

/* Nothing comes of these while one listens, or no more than their start. */
static void silent_answers_stay_silent(void **state)
{
	struct pollfd wait = { .fd = open_connection(), .events = POLLIN };

	(void)state;
	send_get(wait.fd, "/silence", "");
	assert_int_equal(poll(&wait, 1, QUIET_MS), 0);
	close(wait.fd);

	wait.fd = open_connection();
	send_get(wait.fd, "/slow-headers", "");
	assert_int_equal(recv(wait.fd, reply.bytes, 25, MSG_WAITALL), 25);
	assert_memory_equal(reply.bytes, "HTTP/1.1 200 OK\r\nX-Slow: ", 25);
	assert_int_equal(recv(wait.fd, reply.bytes, 1, 0), 1);
	assert_int_equal(reply.bytes[0], 'x');
	close(wait.fd);
}

static void the_flaky_page_recovers_after_its_failures(void **state)
{
	static const int statuses[] = { 503, 503, 503, 200, 200 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		get("/flaky/3/one");
		assert_int_equal(reply.status, statuses[i]);
	}
	get("/flaky/1/other");
	assert_int_equal(reply.status, 503);
}

/* ---- versions ---- */

static void what_the_client_has_is_not_sent_again(void **state)
{
	static const struct {
		const char *target, *headers;
		int status;
	} cases[] = {
		{ "/etag", "", 200 },
		{ "/etag", "If-None-Match: \"one\"\r\n", 304 },
		{ "/etag", "If-None-Match: W/\"one\", \"two\"\r\n", 304 },
		{ "/etag", "If-None-Match: \"two\"\r\n", 200 },
		{ "/last-modified", "", 200 },
		{ "/last-modified", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304 },
		{ "/last-modified", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200 },
		{ "/last-modified", "If-Modified-Since: yesterday\r\n", 200 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		get_with(cases[i].target, cases[i].headers);
		assert_int_equal(reply.status, cases[i].status);
		assert_int_equal(reply.body_size == 0, cases[i].status == 304);
	}
}

static void the_changing_page_is_another_each_time(void **state)
{
	char first[1024];

	(void)state;
	get("/changing");
	snprintf(first, sizeof(first), "%s", reply.body);
	get("/changing");
	assert_string_not_equal(reply.body, first);
}

static void the_echo_shows_what_the_client_sent(void **state)
{
	(void)state;
	get_with("/echo", "User-Agent: test/1\r\n");
	assert_non_null(strstr(reply.body, "GET /echo HTTP/1.1\r\nHost: localhost\r\n"));
	assert_non_null(strstr(reply.body, "User-Agent: test/1\r\n"));
}

/* ---- encodings ---- */

static char decoded[4 * 1024 * 1024];
static size_t decoded_size;

/* Inflate the body.  Returns zlib's last word. */
static int inflate_body(int window_bits)
{
	z_stream stream = { .next_in = (Bytef *)reply.body, .avail_in = (uInt)reply.body_size };
	int code;

	stream.next_out = (Bytef *)decoded;
	stream.avail_out = sizeof(decoded) - 1;
	inflateInit2(&stream, window_bits);
	code = inflate(&stream, Z_FINISH);
	decoded_size = stream.total_out;
	decoded[decoded_size] = '\0';
	inflateEnd(&stream);
	return code;
}

static void deflated_pages_inflate_or_fail_as_their_names_say(void **state)
{
	static const struct {
		const char *target;
		int window_bits, code;
	} cases[] = {
		{ "/gzip", 15 + 16, Z_STREAM_END },
		{ "/deflate", 15, Z_STREAM_END },
		{ "/deflate-raw", -15, Z_STREAM_END },
		{ "/gzip-cut", 15 + 16, Z_BUF_ERROR },
		{ "/gzip-bad", 15 + 16, Z_DATA_ERROR },
		{ "/gzip-trailing", 15 + 16, Z_STREAM_END },
		{ "/gzip-bomb/0", 15 + 16, Z_STREAM_END },
		{ "/gzip-bomb/3", 15 + 16, Z_STREAM_END },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		get(cases[i].target);
		if (inflate_body(cases[i].window_bits) != cases[i].code)
			fail_msg("%s does not end as it should", cases[i].target);
	}
	assert_int_equal(decoded_size, 3 * 1024 * 1024);
}

static void brotli_and_zstd_pages_decode(void **state)
{
	size_t size = sizeof(decoded) - 1;

	(void)state;
	get("/br");
	assert_int_equal(BrotliDecoderDecompress(reply.body_size, (const uint8_t *)reply.body,
						 &size, (uint8_t *)decoded),
			 BROTLI_DECODER_RESULT_SUCCESS);
	decoded[size] = '\0';
	assert_non_null(strstr(decoded, "<title>brotli</title>"));

	get("/zstd");
	size = ZSTD_decompress(decoded, sizeof(decoded) - 1, reply.body, reply.body_size);
	assert_false(ZSTD_isError(size));
	decoded[size] = '\0';
	assert_non_null(strstr(decoded, "<title>zstd</title>"));
}

static void pages_in_each_charset_have_their_titles(void **state)
{
	static const struct {
		const char *charset, *title;
	} cases[] = {
		{ "utf-8", "你好，世界" },         { "gb18030", "你好，世界" },
		{ "big5", "你好，世界" },          { "shift_jis", "こんにちは" },
		{ "euc-jp", "こんにちは" },        { "koi8-r", "Привет мир" },
		{ "windows-1251", "Привет мир" },  { "windows-1252", "café" },
		{ "iso-8859-2", "Žluťoučký kůň" }, { "utf-16le", "Привет мир" },
	};
	char target[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *in, *out = decoded;
		size_t room = sizeof(decoded) - 1;
		iconv_t converter = iconv_open("UTF-8", cases[i].charset);

		snprintf(target, sizeof(target), "/charset/%s", cases[i].charset);
		get(target);
		in = (char *)reply.body;
		assert_int_equal(iconv(converter, &in, &reply.body_size, &out, &room), 0);
		iconv_close(converter);
		*out = '\0';
		assert_non_null(strstr(decoded, cases[i].title));
	}
}

static void a_charset_is_named_where_the_query_says(void **state)
{
	(void)state;
	get("/charset/utf-8");
	assert_true(reply_has("text/html; charset=utf-8\r\n"));
	assert_true(reply_has("<meta charset=\"utf-8\">"));
	get("/charset/utf-8?header=0&meta=0&bom=1");
	assert_true(reply_has("Content-Type: text/html\r\n"));
	assert_false(reply_has("<meta"));
	assert_memory_equal(reply.body, "\xef\xbb\xbf", 3);
	get("/charset/klingon");
	assert_int_equal(reply.status, 404);
}

/* ---- faults ---- */

static void faults_are_sent_as_they_are_meant(void **state)
{
	static const struct {
		const char *target, *start, *holds;
	} cases[] = {
		{ "/chunked", "HTTP/1.1 200 OK\r\n", "\r\n0\r\nX-Sum: 1\r\n" },
		{ "/chunked-bad", "HTTP/1.1 200 OK\r\n", "\r\nzz\r\n" },
		{ "/chunked-cut", "HTTP/1.1 200 OK\r\n", "\r\nff\r\n<p>" },
		{ "/close", "HTTP/1.1 200 OK\r\n", "\r\n\r\n<!DOCTYPE" },
		{ "/cut-body", "HTTP/1.1 200 OK\r\n", "Content-Length: 1000\r\n" },
		{ "/cut-headers", "HTTP/1.1 200 OK\r\nContent-Type: text/ht", "" },
		{ "/empty", "HTTP/1.1 200 OK\r\n", "Content-Length: 0\r\n\r\n" },
		{ "/two-lengths", "HTTP/1.1 200 OK\r\n", "Length: 10\r\nContent-Length: 20" },
		{ "/nul-header", "HTTP/1.1 200 OK\r\n", "X-Nul: a" },
		{ "/http09", "<!DOCTYPE html>", "" },
		{ "/1xx/2", "HTTP/1.1 103 Early Hints\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n" },
		{ "/101", "HTTP/1.1 101 ", "another protocol" },
		{ "/garbage", "\x16\x03\x01", "" },
		{ "/head-only-lf", "HTTP/1.1 200 OK\nContent-Type", "\n\n<!DOCTYPE" },
		{ "/bad-status-line", "HTTP/1.1 two hundred OK\r\n", "" },
		{ "/headers/100", "HTTP/1.1 200 OK\r\n", "X-Filler: xxx" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		get(cases[i].target);
		if (strncmp(reply.bytes, cases[i].start, strlen(cases[i].start)) != 0 ||
		    !reply_has(cases[i].holds))
			fail_msg("%s: %.300s", cases[i].target, reply.bytes);
	}
	assert_in_range(reply.size, 100 * 1024, 101 * 1024);
}

/* Sizes and extensions off; the bodies are small. */
static void the_chunked_page_is_right(void **state)
{
	const char *at;
	char page[128] = "", *end;
	size_t size, room = sizeof(page) - 1;

	(void)state;
	get("/chunked");
	at = reply.body;
	while ((size = strtoul(at, &end, 16)) > 0) {
		assert_ptr_not_equal(end, at);
		at = strstr(end, "\r\n");
		assert_non_null(at);
		assert_true(size < room);
		strncat(page, at + 2, size);
		at += 2 + size;
		assert_memory_equal(at, "\r\n", 2);
		at += 2;
	}
	assert_string_equal(page, "<!DOCTYPE html><title>chunked</title>");
	assert_string_equal(at, "0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n");
}

static void the_reset_is_a_reset(void **state)
{
	int fd = open_connection();

	(void)state;
	send_get(fd, "/reset", "");
	assert_int_equal(read_to_end(fd), ECONNRESET);
	assert_int_equal(reply.size, 0);
}

/* Whoever reads it has to give up; the site goes on serving others meanwhile. */
static void an_endless_chunk_extension_hinders_nobody_else(void **state)
{
	int endless = open_connection();

	(void)state;
	send_get(endless, "/chunked-endless-ext", "");
	for (int i = 0; i < 20; i++) {
		assert_true(recv(endless, decoded, sizeof(decoded), 0) > 0);
		get("/page/1");
		assert_int_equal(reply.status, 200);
	}
	close(endless);
}

/* ---- options ---- */

/* A folder for one test. */
static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test_site.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return stop(state) == 0 && system(command) == 0 ? 0 : -1;
}

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void start_with(const char *option, const char *value)
{
	assert_int_equal(site_start(&site, (const char *[]){ option, value, NULL }), 0);
}

static void files_below_the_root_are_served(void **state)
{
	static const struct {
		const char *target;
		int status;
		const char *holds;
	} cases[] = {
		{ "/docs/a.html", 200, "Content-Type: text/html\r\n" },
		{ "/docs/a%2Ehtml?x", 200, "in a file" },
		{ "/docs/b.json", 200, "Content-Type: application/json\r\n" },
		{ "/docs", 301, "Location: /docs/\r\n" },
		{ "/docs/", 200, "the index" },
		{ "/docs/c.html", 404, "" },
		{ "/docs/%00", 404, "" },
		{ "/docs/../docs/a.html", 200, "in a file" },
		{ "/../../../../etc/hostname", 404, "" },
		{ "/docs/%2e%2e/%2e%2e/%2e%2e/etc/hostname", 404, "" },
		{ "//etc/hostname", 404, "" },
		{ "/docs/way-out", 404, "" },
		{ "/page/1", 200, "<title>page 1</title>" },
	};

	(void)state;
	assert_int_equal(mkdir(in_folder("docs"), 0700), 0);
	assert_int_equal(symlink("/etc/hostname", in_folder("docs/way-out")), 0);
	write_file("docs/a.html", "<p>in a file");
	write_file("docs/b.json", "{}");
	write_file("docs/index.html", "<p>the index");
	start_with("--root", folder);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		get(cases[i].target);
		if (reply.status != cases[i].status || !reply_has(cases[i].holds))
			fail_msg("%s: %.300s", cases[i].target, reply.bytes);
	}
}

static void robots_txt_is_the_file_of_the_moment(void **state)
{
	(void)state;
	write_file("robots.txt", "User-agent: *\nDisallow: /page/\n");
	start_with("--robots", in_folder("robots.txt"));
	get("/robots.txt");
	assert_string_equal(reply.body, "User-agent: *\nDisallow: /page/\n");
	write_file("robots.txt", "# all is allowed now\n");
	get("/robots.txt");
	assert_string_equal(reply.body, "# all is allowed now\n");
}

static void robots_txt_has_the_status_that_is_wished(void **state)
{
	(void)state;
	start_with("--robots-status", "503");
	get("/robots.txt");
	assert_int_equal(reply.status, 503);
}

/* Read the log of the stopped site; lines are ended by NUL.  Returns how many there are. */
static int read_log(char *lines[], int most)
{
	static char text[8192];
	int fd = open(in_folder("log"), O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);
	int count = 0;

	close(fd);
	assert_true(size >= 0);
	text[size] = '\0';
	for (char *line = strtok(text, "\n"); line && count < most; line = strtok(NULL, "\n"))
		lines[count++] = line;
	return count;
}

static void the_log_tells_when_each_request_came_and_ended(void **state)
{
	static const char twice[] = "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n"
				    "GET /silence HTTP/1.1\r\nHost: b:80\r\n\r\n";
	static const char *const endings[] = {
		" GET localhost /delay/30/page/1?a=b 200",
		" - - - 400",
		" GET a /missing 404",
		" GET b:80 /silence 0",
	};
	const char *const options[] = { "--workers", "1", "--log", in_folder("log"), NULL };
	unsigned long ports[COUNT_OF(endings)];
	int64_t began_ms = clock_ms();
	char *lines[8];
	int fd;

	(void)state;
	assert_int_equal(site_start(&site, options), 0);
	get("/delay/30/page/1?a=b");
	fd = open_connection();
	send_all(fd, "x\r\n\r\n", 5);
	read_to_end(fd);
	fd = open_connection();
	send_all(fd, twice, strlen(twice)); /* at once: with the first the second has been read */
	read_answer(fd);
	assert_int_equal(site_stop(&site), 0);
	close(fd);

	assert_int_equal(read_log(lines, 8), COUNT_OF(endings));
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		long long arrived_ms, ended_ms;
		unsigned long sent, port;
		char ending[64];

		assert_int_equal(
			sscanf(lines[i], "%lld %lld%63[^\n]", &arrived_ms, &ended_ms, ending), 3);
		assert_int_equal(sscanf(ending + strlen(endings[i]), " %lu %lu", &sent, &port), 2);
		ending[strlen(endings[i])] = '\0';
		assert_string_equal(ending, endings[i]);
		assert_true(i == 0 ? sent > 10000 : i == 3 ? sent == 0 : sent > 100);
		assert_true(port > 0);
		ports[i] = port;
		assert_in_range(arrived_ms, began_ms, ended_ms);
		assert_in_range(ended_ms, arrived_ms + (i == 0 ? 30 : 0), clock_ms());
	}
	assert_true(ports[0] != ports[1] && ports[1] != ports[2] && ports[2] == ports[3]);
}

static pid_t only_worker(void)
{
	char path[64];
	int worker = 0;
	FILE *children;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", site.pid, site.pid);
	children = fopen(path, "r");
	assert_non_null(children);
	assert_int_equal(fscanf(children, "%d", &worker), 1);
	fclose(children);
	return worker;
}

/* When the request of such a target was over, by the log; -1: it is not there. */
static long long logged_end_ms(const char *target)
{
	char *lines[8], found[64];
	int count = read_log(lines, 8);
	long long ended_ms;

	for (int i = 0; i < count; i++) {
		if (sscanf(lines[i], "%*d %lld GET localhost %63s", &ended_ms, found) == 2 &&
		    strcmp(found, target) == 0)
			return ended_ms;
	}
	return -1;
}

/* Not when the site notices: on a busy machine the client may have asked again since. */
static void a_request_ends_when_its_client_leaves(void **state)
{
	static const char *const targets[] = { "/silence", "/delay/150/page/1" };
	enum { LATE_MS = 200, TICKS_MS = 30 };
	const char *const options[] = { "--workers", "1", "--log", in_folder("log"), NULL };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		int64_t left_ms;
		pid_t worker;
		int fd;

		assert_int_equal(site_start(&site, options), 0);
		worker = only_worker();
		fd = open_connection();
		send_get(fd, targets[i], "");
		assert_int_equal(kill(worker, SIGSTOP), 0);
		close(fd);
		left_ms = clock_ms();
		nanosleep(&(struct timespec){ .tv_nsec = LATE_MS * 1000000L }, NULL);
		assert_int_equal(kill(worker, SIGCONT), 0);
		get("/page/1"); /* it has had its turn */
		assert_int_equal(site_stop(&site), 0);
		assert_in_range(logged_end_ms(targets[i]), 0, left_ms + TICKS_MS);
	}
}

/* So that who has asked may look at once. */
static void a_request_is_in_the_log_before_its_answer_ends(void **state)
{
	static const char *const targets[] = { "/page/1", "/size/200000", "/delay/1/page/1",
					       "/drip/3/1" };
	const char *const options[] = { "--workers", "1", "--log", in_folder("log"), NULL };
	char line[4096];
	int fd, log;

	(void)state;
	assert_int_equal(site_start(&site, options), 0);
	log = open(in_folder("log"), O_RDONLY | O_CLOEXEC);
	fd = open_connection();
	for (size_t i = 0; i < 200; i++) {
		send_get(fd, targets[i % COUNT_OF(targets)], "");
		read_answer(fd);
		assert_true(read(log, line, sizeof(line)) > 0);
	}
	close(fd);
	close(log);
}

/* Connect to an address of the site.  Returns a socket, or -1 with errno. */
static int connect_to(const char *address)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)site.port),
				    .sin_addr.s_addr = inet_addr(address) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int status_at(const char *address)
{
	int fd = connect_to(address);

	if (fd < 0)
		return 0;
	send_get(fd, "/page/1", "Connection: close\r\n");
	read_to_end(fd);
	return reply.status;
}

static void as_many_addresses_answer_as_are_wanted(void **state)
{
	(void)state;
	start_with("--addresses", "3");
	assert_int_equal(status_at("127.0.0.1"), 200);
	assert_int_equal(status_at("127.0.0.3"), 200);
	assert_int_equal(status_at("127.0.0.4"), 0);
}

/* They share a socket; a connection beyond them is closed without a word. */
static void a_thousand_addresses_answer_too(void **state)
{
	int fd;

	(void)state;
	start_with("--addresses", "1000");
	assert_int_equal(status_at("127.0.0.1"), 200);
	assert_int_equal(status_at("127.0.3.232"), 200);
	fd = connect_to("127.0.3.233");
	assert_true(fd >= 0);
	assert_int_not_equal(recv(fd, reply.bytes, 1, 0), 1);
	close(fd);
}

/* ---- the end ---- */

/* Wait for the end of a process that is nobody's child here. */
static bool has_ended(int pidfd)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };

	return poll(&wait, 1, REPLY_SECONDS * 1000) == 1;
}

static void the_site_ends_with_its_parent(void **state)
{
	struct site_process found = { 0 };
	int ends[2], hold[2], pidfd;
	char byte;
	pid_t parent;

	(void)state;
	assert_int_equal(pipe(ends) | pipe(hold), 0);
	parent = fork();
	if (parent == 0) {
		close(hold[1]);
		if (site_start(&found, NULL) == 0 && write(ends[1], &found, sizeof(found)) > 0 &&
		    read(hold[0], &byte, 1) == 0)
			_exit(0);
		_exit(1);
	}
	assert_int_equal(read(ends[0], &found, sizeof(found)), sizeof(found));
	pidfd = (int)syscall(SYS_pidfd_open, found.pid, 0);
	assert_true(pidfd >= 0);
	close(hold[1]); /* now the parent ends */
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(has_ended(pidfd));
	close(pidfd);
	close(hold[0]);
	close(ends[0]);
	close(ends[1]);
}

static void the_site_ends_when_its_time_is_up(void **state)
{
	int status;

	(void)state;
	start_with("--seconds", "1");
	assert_int_equal(waitpid(site.pid, &status, 0), site.pid);
	site.pid = 0;
	assert_int_equal(status, 0);
}

static void a_port_that_is_taken_is_an_error(void **state)
{
	struct site_process second;
	char port[16];
	int quiet = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);

	(void)state;
	snprintf(port, sizeof(port), "%u", site.port);
	dup2(quiet, STDERR_FILENO);
	assert_int_equal(site_start(&second, (const char *[]){ "--port", port, NULL }), -1);
	dup2(kept, STDERR_FILENO);
	close(quiet);
	close(kept);
}

#define ON_SITE(test)   cmocka_unit_test_setup_teardown(test, start, stop)
#define BY_ITSELF(test) cmocka_unit_test_teardown(test, stop)
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SITE(routes_answer_what_they_promise),
		ON_SITE(a_page_is_about_ten_kilobytes),
		ON_SITE(sizes_are_exact),
		ON_SITE(the_board_matches_the_pattern_of_the_seeds),
		ON_SITE(some_books_lack_a_price_or_an_availability),
		ON_SITE(one_connection_serves_many_requests),
		ON_SITE(requests_sent_in_advance_are_answered_in_order),
		ON_SITE(what_nobody_asked_for_is_not_sent_to_who_asks_again),
		ON_SITE(a_head_that_comes_byte_by_byte_is_understood),
		ON_SITE(old_clients_get_a_close_unless_they_ask),
		ON_SITE(head_brings_a_length_and_no_body),
		ON_SITE(bad_requests_are_refused),
		ON_SITE(a_head_beyond_the_bound_is_refused),
		ON_SITE(damaged_requests_never_end_a_worker),
		BY_ITSELF(a_delay_holds_up_nobody_and_never_ends_early),
		ON_SITE(a_drip_takes_its_time_and_brings_all),
		ON_SITE(silent_answers_stay_silent),
		ON_SITE(the_flaky_page_recovers_after_its_failures),
		ON_SITE(what_the_client_has_is_not_sent_again),
		ON_SITE(the_changing_page_is_another_each_time),
		ON_SITE(the_echo_shows_what_the_client_sent),
		ON_SITE(deflated_pages_inflate_or_fail_as_their_names_say),
		ON_SITE(brotli_and_zstd_pages_decode),
		ON_SITE(pages_in_each_charset_have_their_titles),
		ON_SITE(a_charset_is_named_where_the_query_says),
		ON_SITE(faults_are_sent_as_they_are_meant),
		ON_SITE(the_chunked_page_is_right),
		ON_SITE(the_reset_is_a_reset),
		ON_SITE(an_endless_chunk_extension_hinders_nobody_else),
		IN_FOLDER(files_below_the_root_are_served),
		IN_FOLDER(robots_txt_is_the_file_of_the_moment),
		BY_ITSELF(robots_txt_has_the_status_that_is_wished),
		IN_FOLDER(the_log_tells_when_each_request_came_and_ended),
		IN_FOLDER(a_request_ends_when_its_client_leaves),
		IN_FOLDER(a_request_is_in_the_log_before_its_answer_ends),
		BY_ITSELF(as_many_addresses_answer_as_are_wanted),
		BY_ITSELF(a_thousand_addresses_answer_too),
		cmocka_unit_test(the_site_ends_with_its_parent),
		BY_ITSELF(the_site_ends_when_its_time_is_up),
		ON_SITE(a_port_that_is_taken_is_an_error),
	};

	return RUN_TESTS(tests);
}
