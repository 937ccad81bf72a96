#include "tests/support/test.h"

#include <brotli/encode.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <zlib.h>
#include <zstd.h>

#include "crawler/base/clock.h"
#include "crawler/base/loop.h"
#include "crawler/worker/fetch.h"
#include "crawler/worker/page.h"
#include "tests/support/program.h"

/*
 * A worker's hands, fetcher and page kit, against a server in the same loop that sends good answers
 * with something wrong in them: over connections that are kept, one to sixteen transfers at a time.
 * Which answer a request gets depends on its number and the seed alone.
 *
 * FUZZ_ANSWERS and FUZZ_SEED in the environment say how many, and which.  `make fuzz-net` does it
 * for long, and with the sanitizers.
 */
#define ANSWERS       1500
#define SEED          1
#define SLOTS         16
#define BODY_MAX      (256 * 1024)
#define ANSWER_MAX    (1024 * 1024)
#define TIMEOUT_MS    2000
#define REQUEST_MAX   8192
#define IDLE_MS       20 /* a connection without a request for so long is closed */
#define MUTATIONS_MAX 5
#define WORKER_MB_MAX 150 /* of a worker, besides its slots */
#define PATIENCE_MS   (60000 * SLOWNESS)
#define PAGE_TEXT     "<html><title>a page</title><meta charset=utf-8><p>caf\xc3\xa9 <a href=/a>a</a>"

static struct loop *loop;
static struct fetcher *fetcher;
static struct page_kit *kit;
static uint64_t seed;
static int listener;
static unsigned port;

/* ---- chance ---- */

static uint64_t chance(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t most)
{
	return most == 0 ? 0 : (size_t)(chance(state) % most);
}

/* ---- answers ---- */

struct answer {
	char *bytes;
	size_t size;
};

static const char *const texts[] = {
	"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
	"20\r\n\r\n<title>twenty</title",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n "
	"world\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: "
	"y\r\n\r\n",
	"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/; Max-Age=100\r\nSet-Cookie: c=d; Expires=Thu, "
	"01 Jan"
	" 2037 00:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 301 Moved\r\nLocation: /2?x=y#z\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 "
	"OK\r\n"
	"Content-Length: 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\n folded: first\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nX-Long: one\r\n two\r\n\tthree\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 "
	"GMT\r\n\r\n",
	"HTTP/1.1 404 Not Found\r\nRetry-After: 120\r\nContent-Length: 4\r\nConnection: "
	"keep-alive\r\n\r\ngone",
	"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n"
	"WWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nX-Robots-Tag: crawl: nofollow\r\nContent-Type: text/html; "
	"charset=gb2312\r\n"
	"Content-Length: 6\r\n\r\n\xc4\xe3\xba\xc3<p",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
	"HTTP/1.1 200 OK\r\nAlt-Svc: h3=\":443\"\r\nStrict-Transport-Security: "
	"max-age=1\r\nUpgrade: h2c\r\n"
	"Content-Length: 5\r\n\r\nhello",
};
#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

static struct answer answers[TEXT_COUNT + 3];
#define ANSWER_COUNT (sizeof(answers) / sizeof(answers[0]))

/* What a mutation puts in: words that mean something where they come to stand. */
static const char *const tokens[] = {
	"\r\n",
	"\r\n\r\n",
	"\n",
	" ",
	"\t",
	":",
	"\r\n ",
	"\r\n\tx",
	"0\r\n\r\n",
	"-1",
	"ffffffffffffffff",
	"Content-Length: 5\r\n",
	"Content-Length: 99999999999999999999\r\n",
	"Content-Length: -5\r\n",
	"Transfer-Encoding: chunked\r\n",
	"Transfer-Encoding: gzip, chunked\r\n",
	"Connection: close\r\n",
	"Content-Encoding: gzip\r\n",
	"Content-Encoding: br, zstd\r\n",
	"Content-Encoding: deflate\r\n",
	"HTTP/1.1 200 OK\r\n",
	"HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/2 200\r\n",
	"HTTP/1.1 101 Switching\r\n",
	"Set-Cookie: a=; domain=.; path=\r\n",
	"Set-Cookie: __Host-a=b; Secure\r\n",
	"Location: //\r\n",
	"Location: http://[::1/\r\n",
	"X-Robots-Tag: none\r\n",
	"Retry-After: 99999999999999999999\r\n",
	"\xff\xfe",
	"Content-Type: text/html; charset=utf-16\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"<!--",
	"]]>",
};
#define TOKEN_COUNT (sizeof(tokens) / sizeof(tokens[0]))

static struct answer make_coded(const char *name, const char *body, size_t size)
{
	struct answer answer = { malloc(size + 200), 0 };

	answer.size = (size_t)sprintf(
		answer.bytes,
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: %s\r\n"
		"Content-Length: %zu\r\n\r\n",
		name, size);
	memcpy(answer.bytes + answer.size, body, size);
	answer.size += size;
	return answer;
}

static void make_answers(void)
{
	const char *text = PAGE_TEXT;
	size_t size = strlen(text), brotli = 1000;
	char coded[1000];
	z_stream gzip = { .next_in = (Bytef *)(uintptr_t)text,
			  .avail_in = (uInt)size,
			  .next_out = (Bytef *)coded,
			  .avail_out = sizeof(coded) };

	for (size_t i = 0; i < TEXT_COUNT; i++)
		answers[i] = (struct answer){ strdup(texts[i]), strlen(texts[i]) };
	assert_int_equal(deflateInit2(&gzip, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
	answers[TEXT_COUNT] = make_coded("gzip", coded, gzip.total_out);
	deflateEnd(&gzip);
	assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, size, (const uint8_t *)text,
					  &brotli, (uint8_t *)coded));
	answers[TEXT_COUNT + 1] = make_coded("br", coded, brotli);
	answers[TEXT_COUNT + 2] =
		make_coded("zstd", coded, ZSTD_compress(coded, sizeof(coded), text, size, 3));
}

/* Put bytes in place of `cut` bytes at `at`; what has no room is left out. */
static void replace(struct answer *answer, size_t at, size_t cut, const char *bytes, size_t size)
{
	if (answer->size - cut + size > ANSWER_MAX)
		return;
	memmove(answer->bytes + at + size, answer->bytes + at + cut, answer->size - at - cut);
	memmove(answer->bytes + at, bytes, size);
	answer->size += size - cut;
}

/* A line, again and again: headers, trailers, cookies, chunks without end. */
static void repeat(struct answer *answer, size_t at, uint64_t *state)
{
	char part[200];
	size_t size = 1 + below(state, sizeof(part)), times = 1 + below(state, 4000);

	if (size > answer->size - at)
		size = answer->size - at;
	memcpy(part, answer->bytes + at, size);
	for (size_t i = 0; size > 0 && i < times && answer->size + size <= ANSWER_MAX / 4; i++)
		replace(answer, at, 0, part, size);
}

static void mutate(struct answer *answer, uint64_t *state)
{
	size_t at = below(state, answer->size + 1), left = answer->size - at;
	const char *token = tokens[below(state, TOKEN_COUNT)];
	char byte = (char)chance(state), part[64];
	size_t size = below(state, left < sizeof(part) ? left + 1 : sizeof(part));

	switch (below(state, 8)) {
	case 0: /* another byte */
		replace(answer, at, left > 0, &byte, 1);
		break;
	case 1: /* a bit */
		if (left > 0)
			answer->bytes[at] ^= (char)(1 << below(state, 8));
		break;
	case 2:
		replace(answer, at, size, "", 0);
		break;
	case 3: /* the end is missing */
		if (below(state, 4) == 0)
			answer->size = at;
		break;
	case 4: /* a part of it elsewhere */
		memcpy(part, answer->bytes + at, size);
		replace(answer, below(state, answer->size + 1), 0, part, size);
		break;
	case 5:
		if (below(state, 8) == 0)
			repeat(answer, at, state);
		break;
	default:
		replace(answer, at, 0, token, strlen(token));
		break;
	}
}

/* The caller frees its bytes. */
static struct answer make_answer(unsigned number, uint64_t *state)
{
	struct answer answer = { malloc(ANSWER_MAX), 0 };
	const struct answer *good;
	size_t mutations;

	*state = seed * 1000003 + number;
	good = &answers[below(state, ANSWER_COUNT)];
	memcpy(answer.bytes, good->bytes, good->size);
	answer.size = good->size;
	for (mutations = below(state, MUTATIONS_MAX + 1); mutations > 0; mutations--)
		mutate(&answer, state);
	return answer;
}

/* ---- the server ---- */

struct connection {
	int fd;
	char request[REQUEST_MAX];
	size_t request_size;
	struct answer answer;
	size_t sent, piece; /* bytes: of the answer, and at a time */
	struct loop_timer idle;
};

static unsigned open_connections;

static void close_connection(void *user)
{
	struct connection *connection = user;

	loop_cancel_timer(loop, &connection->idle);
	loop_unwatch(loop, connection->fd);
	close(connection->fd);
	free(connection->answer.bytes);
	free(connection);
	open_connections--;
}

static void wait_for_next(struct connection *connection)
{
	loop_set_timer(loop, &connection->idle, clock_ms() + IDLE_MS);
}

/* Returns whether a whole request is there, which is then taken. */
static bool take_request(struct connection *connection)
{
	unsigned number;
	uint64_t state;
	char *end;

	connection->request[connection->request_size] = '\0';
	end = strstr(connection->request, "\r\n\r\n");
	if (!end)
		return false;
	connection->request_size = 0;
	if (sscanf(connection->request, "GET /%u", &number) != 1)
		return false;
	free(connection->answer.bytes);
	connection->answer = make_answer(number, &state);
	connection->piece = below(&state, 2) ? ANSWER_MAX : 1 + below(&state, 5000);
	connection->sent = 0;
	return true;
}

/* One piece a turn. */
static int send_piece(struct connection *connection)
{
	size_t left = connection->answer.size - connection->sent;
	ssize_t sent = send(connection->fd, connection->answer.bytes + connection->sent,
			    left < connection->piece ? left : connection->piece, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN)
		return -1;
	connection->sent += sent > 0 ? (size_t)sent : 0;
	return 0;
}

static void on_connection_ready(void *user, int fd, uint32_t events)
{
	struct connection *connection = user;
	ssize_t got = 0;

	if (events & ~(uint32_t)EPOLLOUT) {
		got = recv(fd, connection->request + connection->request_size,
			   REQUEST_MAX - 1 - connection->request_size, 0);
		if (got <= 0) {
			close_connection(connection);
			return;
		}
		connection->request_size += (size_t)got;
		take_request(connection);
	}
	if (send_piece(connection) < 0) {
		close_connection(connection);
		return;
	}
	wait_for_next(connection);
	loop_watch(loop, fd,
		   connection->sent < connection->answer.size ? EPOLLIN | EPOLLOUT : EPOLLIN,
		   on_connection_ready, connection);
}

static void on_listener(void *user, int fd, uint32_t events)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	(void)user;
	(void)events;
	connection->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(connection->fd >= 0);
	connection->idle = (struct loop_timer){ .function = close_connection, .user = connection };
	open_connections++;
	loop_watch(loop, connection->fd, EPOLLIN, on_connection_ready, connection);
	wait_for_next(connection);
}

static void listen_somewhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, SLOTS), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	loop_watch(loop, listener, EPOLLIN, on_listener, NULL);
}

/* ---- the worker ---- */

static struct slot {
	struct msg_job job;
	char url[64];
	char *memory;
	size_t memory_bytes;
	unsigned number; /* of its request */
	bool is_busy;
} slots[SLOTS];

static unsigned done, outcomes[OUTCOME_COUNT];

static void on_fetched(void *context, unsigned slot, struct msg_page *page)
{
	struct slot *own = &slots[slot];
	char message[MSG_BYTES_MAX];

	(void)context;
	assert_true(own->is_busy);
	own->is_busy = false;
	if (page->size > BODY_MAX + 1 || page->outcome >= OUTCOME_COUNT)
		fail_msg("answer %u: %u bytes, outcome %d", own->number, (unsigned)page->size,
			 (int)page->outcome);
	page_finish(kit, &own->job, own->memory, own->memory_bytes, page);
	assert_true(msg_page_encode(page, message) <= MSG_BYTES_MAX);
	outcomes[page->outcome]++;
	done++;
}

static void fetch(unsigned slot, unsigned number)
{
	struct slot *own = &slots[slot];
	struct fetch_request request = {
		.job = &own->job,
		.cookies = COOKIES_VISIT,
		.body = own->memory,
		.body_bytes = own->memory_bytes,
		.body_max = BODY_MAX,
	};

	own->number = number;
	own->is_busy = true;
	snprintf(own->url, sizeof(own->url), "http://127.0.0.1:%u/%u", port, number);
	own->job = (struct msg_job){ .kind = MSG_KIND_PAGE,
				     .flags = MSG_JOB_KEEP,
				     .url = slice_of(own->url) };
	fetch_start(fetcher, slot, &request);
}

/* Requests first ... last - 1, so many at a time. */
static void fetch_all(unsigned first, unsigned last, unsigned at_once)
{
	int64_t end_ms = clock_ms() + PATIENCE_MS;
	unsigned done_before = done, next = first, progress = done;

	while (done - done_before < last - first) {
		for (unsigned slot = 0; slot < at_once && next < last; slot++) {
			if (!slots[slot].is_busy)
				fetch(slot, next++);
		}
		loop_turn(loop, 100);
		assert_false(fetch_has_failed(fetcher));
		if (done != progress)
			end_ms = clock_ms() + PATIENCE_MS;
		progress = done;
		assert_true(clock_ms() < end_ms);
	}
}

static unsigned from_environment(const char *name, unsigned usual)
{
	const char *value = getenv(name);

	return value ? (unsigned)strtoul(value, NULL, 10) : usual;
}

static int set_up(void **state)
{
	static struct settings settings;

	(void)state;
	if (getenv("FUZZ_ANSWERS"))
		alarm(0);
	settings = settings_default();
	settings.timeout_ms = TIMEOUT_MS;
	make_answers();
	loop = loop_new();
	listen_somewhere();
	for (unsigned i = 0; i < SLOTS; i++) {
		slots[i].memory_bytes = page_slot_bytes(BODY_MAX);
		slots[i].memory = malloc(slots[i].memory_bytes);
	}
	kit = page_kit_new(NULL, NULL, SLICE("crawl"));
	fetcher = fetch_new(&settings, SLOTS, loop, on_fetched, NULL);
	return fetcher ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fetch_free(fetcher);
	page_kit_free(kit);
	while (open_connections > 0)
		loop_turn(loop, 100);
	loop_free(loop);
	close(listener);
	for (unsigned i = 0; i < SLOTS; i++)
		free(slots[i].memory);
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		free(answers[i].bytes);
	return 0;
}

/* Each comes to an end, as one outcome of all, in little memory, and the next is none the worse. */
static void answers_with_faults_harm_no_worker(void **state)
{
	static const unsigned at_once[] = { 1, 16, 2, 8, 4 };
	unsigned count = from_environment("FUZZ_ANSWERS", ANSWERS);
	const unsigned phases = sizeof(at_once) / sizeof(at_once[0]);
	struct rusage used;

	(void)state;
	seed = from_environment("FUZZ_SEED", SEED);
	fprintf(stderr, "%u answers, FUZZ_SEED=%llu\n", count, (unsigned long long)seed);
	for (unsigned phase = 0; phase < phases; phase++)
		fetch_all(count * phase / phases, count * (phase + 1) / phases, at_once[phase]);
	assert_int_equal(done, count);
	assert_int_equal(fetch_running(fetcher), 0);
	assert_true(outcomes[OUTCOME_OK] > count / 10);
	assert_true(outcomes[OUTCOME_BAD_RESPONSE] > count / 50);
	assert_true(outcomes[OUTCOME_TRUNCATED] > count / 100);
	getrusage(RUSAGE_SELF, &used);
	if (getenv("FUZZ_ANSWERS")) {
		for (unsigned i = 0; i < OUTCOME_COUNT; i++)
			if (outcomes[i] > 0)
				print_message("   %s %u\n", outcome_name((enum outcome)i),
					      outcomes[i]);
		print_message("   at most %ld MB\n", used.ru_maxrss / 1024);
	}
	if (SLOWNESS == 1)
		assert_in_range(used.ru_maxrss / 1024, 1,
				WORKER_MB_MAX + SLOTS * page_slot_bytes(BODY_MAX) / (1024 * 1024));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_with_faults_harm_no_worker, set_up,
						tear_down),
	};

	return RUN_TESTS(tests);
}
