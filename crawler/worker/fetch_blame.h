#ifndef FETCH_BLAME_H
#define FETCH_BLAME_H

#include <curl/curl.h>
#include <stdbool.h>

/*
 * fetch_blame: whose fault is it that a transfer by way of a proxy failed?
 *
 * A proxy that says that it could not reach the host has done its work; one that refuses to, or
 * says nothing, has not.  Who waits in vain cannot know which of them is silent.  Pure.
 */
struct fetch_way {
	const char *proxy;   /* its URL */
	bool is_https;       /* the host's: an HTTP proxy is asked for a tunnel */
	bool is_reached;     /* there was a connection to the proxy */
	bool is_taken;       /* perhaps: it is a POST, and was sent.  It is not to be sent again */
	bool has_begun;      /* a line of an answer has come */
	long status;         /* of an answer, or 0 */
	long connect_status; /* of the answer to CONNECT, or 0 */
	long socks;          /* CURLINFO_PROXY_ERROR */
};

enum fetch_blame {
	FETCH_BLAME_HOST,
	FETCH_BLAME_PROXY,  /* the host was not asked */
	FETCH_BLAME_EITHER, /* nobody has answered */
};

/*
 * Of a transfer that ended with this code.  Answers to CONNECT of 502, 503 and 504, and SOCKS
 * replies that say so, are about the host (RFC 9110 15.6, RFC 1928 6).  A 407 that an HTTP
 * proxy sends for a page without a tunnel is its own (RFC 9110 15.5.8).
 */
enum fetch_blame fetch_blame(CURLcode code, const struct fetch_way *way);

/* Could the proxy not be told the host's address, because its name does not resolve here? */
bool fetch_blame_is_of_name(CURLcode code, long socks);

#endif
