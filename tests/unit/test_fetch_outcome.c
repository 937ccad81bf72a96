#include "tests/support/test.h"

#include <string.h>

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
		{ CURLE_RECV_ERROR, false,
		  "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate "
		  "required",
		  OUTCOME_TLS },
		{ CURLE_RECV_ERROR, true,
		  "OpenSSL SSL_read: error:0A000438:SSL routines::tlsv1 alert internal error",
		  OUTCOME_TRUNCATED },
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
		{ CURLE_SSL_CLIENTCERT, false, "", OUTCOME_TLS },
		{ CURLE_BAD_CONTENT_ENCODING, true, "", OUTCOME_BAD_ENCODING },
		{ CURLE_WEIRD_SERVER_REPLY, true, "", OUTCOME_BAD_RESPONSE },
		{ CURLE_UNSUPPORTED_PROTOCOL, false, "", OUTCOME_BAD_RESPONSE },
		{ CURLE_OUT_OF_MEMORY, true, "", OUTCOME_BAD_RESPONSE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fetch_seen seen = { rows[i].has_begun, rows[i].has_begun, rows[i].words };

		if (fetch_outcome(rows[i].code, &seen) != rows[i].outcome)
			fail_msg("row %zu: %s", i,
				 outcome_name(fetch_outcome(rows[i].code, &seen)));
	}
}

/* Where libcurl has none that fit, or other ones in each version, or tells a password. */
static void some_codes_have_words_of_ours(void **state)
{
	static const struct {
		CURLcode code;
		bool has_line;
		const char *said;  /* by libcurl */
		const char *words; /* some of them, or NULL */
	} rows[] = {
		{ CURLE_OUT_OF_MEMORY, true, "", "line is longer" },
		{ (CURLcode)100, true, "", "line is longer" }, /* CURLE_TOO_LARGE */
		{ CURLE_UNSUPPORTED_PROTOCOL, false, "", "does not begin as HTTP" },
		{ CURLE_WEIRD_SERVER_REPLY, false, "", "does not begin as HTTP" },
		{ CURLE_WEIRD_SERVER_REPLY, true, "", NULL },
		{ CURLE_RECV_ERROR, false, "", NULL },
		{ CURLE_COULDNT_CONNECT, false, "Failed to connect to 127.0.0.1", NULL },
		{ CURLE_COULDNT_RESOLVE_PROXY, false,
		  "Unsupported proxy syntax in 'http://me:pw@a:b'", "does not resolve" },
		{ CURLE_COULDNT_CONNECT, false, "Unsupported proxy scheme for 'ftp://me:pw@a'",
		  "proxy is none" },
		{ CURLE_NOT_BUILT_IN, false,
		  "Unsupported proxy 'https://me:pw@a', libcurl is built without",
		  "proxy is none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fetch_seen seen = { true, rows[i].has_line, rows[i].said };
		const char *words = fetch_outcome_words(rows[i].code, &seen);

		if (!words != !rows[i].words || (words && !strstr(words, rows[i].words)))
			fail_msg("row %zu", i);
	}
}

static void what_libcurl_says_of_a_proxy_gives_no_password_away(void **state)
{
	static const struct {
		CURLcode code;
		const char *words;
	} rows[] = {
		{ CURLE_COULDNT_RESOLVE_PROXY, "Couldn't resolve proxy 'http://u:secret@:1'" },
		{ CURLE_COULDNT_RESOLVE_PROXY, "Unsupported proxy syntax in 'u:secret@[:1'" },
		{ CURLE_COULDNT_CONNECT, "Unsupported proxy scheme for 'foo://u:secret@h:1'" },
		{ CURLE_NOT_BUILT_IN, "Unsupported proxy 'https://u:secret@h:1', libcurl is built "
				      "without the HTTPS-proxy support." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fetch_seen seen = { false, false, rows[i].words };
		const char *words = fetch_outcome_words(rows[i].code, &seen);

		assert_non_null(words);
		assert_null(strstr(words, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_outcome),
		cmocka_unit_test(some_codes_have_words_of_ours),
		cmocka_unit_test(what_libcurl_says_of_a_proxy_gives_no_password_away),
	};

	return RUN_TESTS(tests);
}
