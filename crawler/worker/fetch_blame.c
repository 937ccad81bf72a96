#include "worker/fetch_blame.h"

#include <string.h>

#include "parsers/text/ascii.h"

static bool has_scheme(const struct fetch_way *way, const char *scheme)
{
	return ascii_starts_with(slice_of(way->proxy), slice_of(scheme));
}

static bool is_socks(const struct fetch_way *way)
{
	return has_scheme(way, "socks");
}

/* SOCKS has said that the host could not be reached; 1 and 91 are what it says of all else. */
static bool is_about_host(long socks)
{
	switch (socks) {
	case CURLPX_RESOLVE_HOST:
	case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
	case CURLPX_REPLY_NETWORK_UNREACHABLE:
	case CURLPX_REPLY_HOST_UNREACHABLE:
	case CURLPX_REPLY_CONNECTION_REFUSED:
	case CURLPX_REPLY_TTL_EXPIRED:
	case CURLPX_REQUEST_FAILED:
		return true;
	default:
		return false;
	}
}

bool fetch_blame_is_of_name(CURLcode code, long socks)
{
	return code == CURLE_PROXY && socks == CURLPX_RESOLVE_HOST;
}

static bool is_refused(long status)
{
	return status >= 300 && status != 502 && status != 503 && status != 504;
}

static bool is_of_tls(CURLcode code)
{
	return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER ||
	       code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
}

static bool is_broken(CURLcode code)
{
	return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

/* The way behind the proxy is there: what comes on it is the host's. */
static bool has_tunnel(const struct fetch_way *way)
{
	return way->connect_status >= 200 && way->connect_status <= 299;
}

/*
 * Nobody has answered, neither to CONNECT nor to the request.  A proxy whose host says nothing says
 * so itself (RFC 9110 15.6.3): one that closes has failed.  But it may wait longer than we do.
 */
static enum fetch_blame blame_for_silence(CURLcode code, const struct fetch_way *way)
{
	if (way->is_taken)
		return FETCH_BLAME_HOST;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return way->is_reached ? FETCH_BLAME_EITHER : FETCH_BLAME_PROXY;
	if (is_of_tls(code) && has_scheme(way, "https:"))
		return FETCH_BLAME_PROXY;
	return is_broken(code) && !is_socks(way) ? FETCH_BLAME_PROXY : FETCH_BLAME_HOST;
}

enum fetch_blame fetch_blame(CURLcode code, const struct fetch_way *way)
{
	switch (code) {
	case CURLE_OK:
		return way->status == 407 && !way->is_https && !is_socks(way) ? FETCH_BLAME_PROXY
									      : FETCH_BLAME_HOST;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return FETCH_BLAME_PROXY;
	case CURLE_PROXY:
		return is_about_host(way->socks) ? FETCH_BLAME_HOST : FETCH_BLAME_PROXY;
	default:
		break;
	}
	if (is_refused(way->connect_status))
		return FETCH_BLAME_PROXY;
	if (has_tunnel(way) || way->connect_status > 0 || way->has_begun)
		return FETCH_BLAME_HOST;
	return blame_for_silence(code, way);
}
