#include "worker/fetch_outcome.h"

#include <string.h>

#define TOO_LARGE 100 /* CURLE_TOO_LARGE, since 8.6 */

/*
 * The connection broke, or the chunks that came on it could not be read: libcurl has one code for
 * both, and tells them apart in words only.  They differ from version to version, but speak of a
 * chunk where there was one ("... in chunked-encoding", "chunk hex-length ..."), and only there.
 */
static enum outcome outcome_of_broken(const struct fetch_seen *seen)
{
	if (strstr(seen->words, "chunk"))
		return OUTCOME_BAD_RESPONSE;
	if (!seen->has_begun && strstr(seen->words, " alert "))
		return OUTCOME_TLS; /* of TLS 1.3 it comes when we take the handshake for over */
	return seen->has_begun ? OUTCOME_TRUNCATED : OUTCOME_CONNECT;
}

/*
 * Who leaves in the middle of a handshake has refused nothing.  Here, too, libcurl has one code: of
 * a connection that was closed it says SSL_ERROR_SYSCALL or "unexpected eof", or what errno means.
 */
static enum outcome outcome_of_handshake(const struct fetch_seen *seen)
{
	static const char *const words[] = { "SSL_ERROR_SYSCALL", "unexpected eof",
					     "Connection reset", "Broken pipe" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(seen->words, words[i]))
			return OUTCOME_CONNECT;
	}
	return OUTCOME_TLS;
}

enum outcome fetch_outcome(CURLcode code, const struct fetch_seen *seen)
{
	switch (code) {
	case CURLE_OK:
		return OUTCOME_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return OUTCOME_DNS;
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return OUTCOME_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return OUTCOME_TIMEOUT;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
		return OUTCOME_TRUNCATED;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return outcome_of_broken(seen);
	case CURLE_HTTP2: /* GOAWAY, RST_STREAM, frames that are none */
	case CURLE_HTTP2_STREAM:
		return seen->has_begun ? OUTCOME_TRUNCATED : OUTCOME_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
		return outcome_of_handshake(seen);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CLIENTCERT:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_USE_SSL_FAILED:
		return OUTCOME_TLS;
	case CURLE_BAD_CONTENT_ENCODING:
		return OUTCOME_BAD_ENCODING;
	default:
		return OUTCOME_BAD_RESPONSE;
	}
}

bool fetch_outcome_is_of_transport(CURLcode code)
{
	switch (code) {
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_OPERATION_TIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* libcurl's words have the proxy's URL in them, whole: "Unsupported proxy scheme for '%s'". */
static bool has_proxy(const struct fetch_seen *seen)
{
	static const char start[] = "Unsupported proxy";

	return strncmp(seen->words, start, sizeof(start) - 1) == 0;
}

/* Lines have a buffer that may grow so far: what does not fit, 7.88 takes for want of memory. */
const char *fetch_outcome_words(CURLcode code, const struct fetch_seen *seen)
{
	/* Its URL, with the password, may be in libcurl's. */
	if (code == CURLE_COULDNT_RESOLVE_PROXY)
		return "the name of the proxy does not resolve, or its URL is none";
	if (has_proxy(seen))
		return "its proxy is none: http, https, socks4, socks4a, socks5 or socks5h";
	if (code == CURLE_OUT_OF_MEMORY || (int)code == TOO_LARGE)
		return "a header line is longer than any may be";
	if (!seen->has_line &&
	    (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY))
		return "what the server sent does not begin as HTTP does";
	return NULL;
}
