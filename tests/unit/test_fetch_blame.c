#include "tests/support/test.h"

#include "crawler/worker/fetch_blame.h"

#define HOST   FETCH_BLAME_HOST
#define PROXY  FETCH_BLAME_PROXY
#define EITHER FETCH_BLAME_EITHER

struct row {
	CURLcode code;
	struct fetch_way way;
	enum fetch_blame blame;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fetch_blame(rows[i].code, &rows[i].way) != rows[i].blame)
			fail_msg("row %zu: %d", i, fetch_blame(rows[i].code, &rows[i].way));
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void a_page_by_an_http_proxy(void **state)
{
#define WAY .proxy = "http://p:1"
	static const struct row rows[] = {
		{ CURLE_OK, { WAY, .is_reached = true, .status = 200 }, HOST },
		{ CURLE_OK, { WAY, .is_reached = true, .status = 403 }, HOST },
		{ CURLE_OK, { WAY, .is_reached = true, .status = 502 }, HOST },
		{ CURLE_OK, { WAY, .is_reached = true, .status = 407 }, PROXY },
		{ CURLE_COULDNT_CONNECT, { WAY }, PROXY },
		{ CURLE_COULDNT_RESOLVE_PROXY, { WAY }, PROXY },
		{ CURLE_OPERATION_TIMEDOUT, { WAY }, PROXY },
		{ CURLE_OPERATION_TIMEDOUT, { WAY, .is_reached = true }, EITHER },
		{ CURLE_OPERATION_TIMEDOUT, { WAY, .is_reached = true, .has_begun = true }, HOST },
		{ CURLE_GOT_NOTHING, { WAY, .is_reached = true }, PROXY },
		{ CURLE_RECV_ERROR, { WAY, .is_reached = true }, PROXY },
		{ CURLE_SEND_ERROR, { WAY, .is_reached = true }, PROXY },
		{ CURLE_GOT_NOTHING, { WAY, .is_reached = true, .is_taken = true }, HOST },
		{ CURLE_OPERATION_TIMEDOUT, { WAY, .is_reached = true, .is_taken = true }, HOST },
		{ CURLE_RECV_ERROR, { WAY, .is_reached = true, .has_begun = true }, HOST },
		{ CURLE_PARTIAL_FILE, { WAY, .is_reached = true, .has_begun = true }, HOST },
		{ CURLE_WEIRD_SERVER_REPLY, { WAY, .is_reached = true, .has_begun = true }, HOST },
	};

	(void)state;
	CHECK(rows);
}

static void a_tunnel_by_an_http_proxy(void **state)
{
#define TUNNEL(answer) WAY, .is_https = true, .is_reached = true, .connect_status = (answer)
	static const struct row rows[] = {
		{ CURLE_OK, { TUNNEL(200), .status = 407 }, HOST }, /* inside it */
		{ CURLE_RECV_ERROR, { TUNNEL(403) }, PROXY },
		{ CURLE_RECV_ERROR, { TUNNEL(405) }, PROXY },
		{ CURLE_RECV_ERROR, { TUNNEL(407) }, PROXY },
		{ CURLE_RECV_ERROR, { TUNNEL(429) }, PROXY },
		{ CURLE_RECV_ERROR, { TUNNEL(302) }, PROXY },
		{ CURLE_RECV_ERROR, { TUNNEL(500) }, PROXY },
		{ CURLE_COULDNT_CONNECT, { TUNNEL(403) }, PROXY }, /* another libcurl's code */
		{ CURLE_RECV_ERROR, { TUNNEL(502) }, HOST },
		{ CURLE_RECV_ERROR, { TUNNEL(503) }, HOST },
		{ CURLE_RECV_ERROR, { TUNNEL(504) }, HOST },
		{ CURLE_RECV_ERROR, { TUNNEL(0) }, PROXY }, /* closed instead of an answer */
		{ CURLE_GOT_NOTHING, { TUNNEL(0) }, PROXY },
		{ CURLE_OPERATION_TIMEDOUT, { TUNNEL(0) }, EITHER },
		{ CURLE_OPERATION_TIMEDOUT, { TUNNEL(200) }, HOST },
		{ CURLE_SSL_CONNECT_ERROR, { TUNNEL(200) }, HOST },
		{ CURLE_PEER_FAILED_VERIFICATION, { TUNNEL(200) }, HOST },
		{ CURLE_COULDNT_CONNECT, { WAY, .is_https = true }, PROXY },
	};

	(void)state;
	CHECK(rows);
}

static void a_proxy_that_is_asked_over_tls(void **state)
{
#define SAFE .proxy = "https://p:1", .is_reached = true
	static const struct row rows[] = {
		{ CURLE_SSL_CONNECT_ERROR, { SAFE }, PROXY },
		{ CURLE_PEER_FAILED_VERIFICATION, { SAFE }, PROXY },
		{ CURLE_PEER_FAILED_VERIFICATION, { SAFE, .is_https = true }, PROXY },
		{ CURLE_PEER_FAILED_VERIFICATION,
		  { SAFE, .is_https = true, .connect_status = 200 },
		  HOST },
		{ CURLE_OK, { SAFE, .status = 407 }, PROXY },
	};

	(void)state;
	CHECK(rows);
}

static void a_proxy_that_speaks_socks(void **state)
{
#define SOCKS(reply) .proxy = "socks5h://p:1", .is_reached = true, .socks = (reply)
	static const struct row rows[] = {
		{ CURLE_OK, { SOCKS(0), .status = 407 }, HOST }, /* it does not speak HTTP */
		{ CURLE_COULDNT_CONNECT, { .proxy = "socks5://p:1" }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_HOST_UNREACHABLE) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_NETWORK_UNREACHABLE) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_CONNECTION_REFUSED) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_TTL_EXPIRED) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_GENERAL_SERVER_FAILURE) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_REQUEST_FAILED) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_RESOLVE_HOST) }, HOST },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_NOT_ALLOWED) }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_COMMAND_NOT_SUPPORTED) }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED) }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_NO_AUTH) }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_USER_REJECTED) }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_BAD_VERSION) }, PROXY },
		{ CURLE_PROXY, { SOCKS(CURLPX_CLOSED) }, PROXY },
		{ CURLE_OPERATION_TIMEDOUT, { SOCKS(0) }, EITHER },
		{ CURLE_OPERATION_TIMEDOUT, { .proxy = "socks5h://p:1" }, PROXY },
		{ CURLE_GOT_NOTHING, { SOCKS(0) }, HOST }, /* the way was there */
		{ CURLE_SSL_CONNECT_ERROR, { SOCKS(0), .is_https = true }, HOST },
	};

	(void)state;
	CHECK(rows);
	assert_true(fetch_blame_is_of_name(CURLE_PROXY, CURLPX_RESOLVE_HOST));
	assert_false(fetch_blame_is_of_name(CURLE_PROXY, CURLPX_REPLY_HOST_UNREACHABLE));
	assert_false(fetch_blame_is_of_name(CURLE_OK, CURLPX_RESOLVE_HOST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_by_an_http_proxy),
		cmocka_unit_test(a_tunnel_by_an_http_proxy),
		cmocka_unit_test(a_proxy_that_is_asked_over_tls),
		cmocka_unit_test(a_proxy_that_speaks_socks),
	};

	return RUN_TESTS(tests);
}
