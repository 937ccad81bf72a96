#include "tests/support/test.h"

#include "crawler/worker/fetch_outcome.h"

/* What had come of the answer decides where the code does not. */
static void every_code_has_its_outcome(void **state)
{
	static const struct {
		CURLcode code;
		bool has_begun;
		const char *words;
		enum outcome outcome;
	} rows[] = {
		{ CURLE_OK, true, "", OUTCOME_OK },
		{ CURLE_COULDNT_RESOLVE_HOST, false, "", OUTCOME_DNS },
		{ CURLE_COULDNT_CONNECT, false, "", OUTCOME_CONNECT },
		{ CURLE_PROXY, false, "", OUTCOME_CONNECT },
		{ CURLE_OPERATION_TIMEDOUT, true, "", OUTCOME_TIMEOUT },
		{ CURLE_GOT_NOTHING, false, "", OUTCOME_TRUNCATED },
		{ CURLE_PARTIAL_FILE, true, "", OUTCOME_TRUNCATED },
		{ CURLE_RECV_ERROR, false, "", OUTCOME_CONNECT },
		{ CURLE_RECV_ERROR, true, "", OUTCOME_TRUNCATED },
		{ CURLE_SEND_ERROR, false, "", OUTCOME_CONNECT },
		{ CURLE_SEND_ERROR, true, "", OUTCOME_TRUNCATED },
		{ CURLE_RECV_ERROR, true, "Malformed encoding in chunked-encoding",
		  OUTCOME_BAD_RESPONSE },
		{ CURLE_HTTP2, false, "", OUTCOME_CONNECT },
		{ CURLE_HTTP2, true, "", OUTCOME_TRUNCATED },
		{ CURLE_HTTP2_STREAM, false, "", OUTCOME_CONNECT },
		{ CURLE_HTTP2_STREAM, true, "", OUTCOME_TRUNCATED },
		{ CURLE_SSL_CONNECT_ERROR, false, "", OUTCOME_TLS },
		{ CURLE_SSL_CONNECT_ERROR, false,
		  "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to a.org:443 ",
		  OUTCOME_CONNECT },
		{ CURLE_SSL_CONNECT_ERROR, false,
		  "OpenSSL SSL_connect: Connection reset by peer in connection to a.org:443 ",
		  OUTCOME_CONNECT },
		{ CURLE_SSL_CONNECT_ERROR, false,
		  "error:0A000126:SSL routines::unexpected eof while reading", OUTCOME_CONNECT },
		{ CURLE_SSL_CONNECT_ERROR, false,
		  "error:0A000410:SSL routines::sslv3 alert handshake failure", OUTCOME_TLS },
		{ CURLE_PEER_FAILED_VERIFICATION, false, "", OUTCOME_TLS },
		{ CURLE_BAD_CONTENT_ENCODING, true, "", OUTCOME_BAD_ENCODING },
		{ CURLE_WEIRD_SERVER_REPLY, true, "", OUTCOME_BAD_RESPONSE },
		{ CURLE_UNSUPPORTED_PROTOCOL, false, "", OUTCOME_BAD_RESPONSE },
		{ CURLE_OUT_OF_MEMORY, true, "", OUTCOME_BAD_RESPONSE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fetch_seen seen = { rows[i].has_begun, rows[i].words };

		if (fetch_outcome(rows[i].code, &seen) != rows[i].outcome)
			fail_msg("row %zu: %s", i,
				 outcome_name(fetch_outcome(rows[i].code, &seen)));
	}
}

static void a_line_that_is_too_long_is_no_want_of_memory(void **state)
{
	(void)state;
	assert_non_null(fetch_outcome_words(CURLE_OUT_OF_MEMORY));
	assert_non_null(fetch_outcome_words((CURLcode)100)); /* CURLE_TOO_LARGE */
	assert_null(fetch_outcome_words(CURLE_RECV_ERROR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_outcome),
		cmocka_unit_test(a_line_that_is_too_long_is_no_want_of_memory),
	};

	return RUN_TESTS(tests);
}
