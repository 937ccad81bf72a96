#ifndef PROXY_H
#define PROXY_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * proxy: whom to ask for a URL of whose host the config says nothing, as curl has it: the
 * environment.
 *
 * libcurl would find that out itself, but not say what it found; and whether a host is asked or a
 * proxy decides which address is judged.
 */
struct proxy_environment {
	const char *http, *https; /* URLs, or "": none.  Of the environment, which stays */
	const char *none;         /* hosts that are asked directly, or "": no_proxy.h */
};

/*
 * What the environment says: http_proxy, https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY; no_proxy,
 * NO_PROXY.  (HTTP_PROXY in capitals a CGI script would get from its client.)
 */
struct proxy_environment proxy_environment(void);

/* The host of a canonical URL, without brackets.  Points into url. */
struct slice proxy_host(struct slice url);

/* The proxy for a canonical URL, or "". */
const char *proxy_for(const struct proxy_environment *proxies, struct slice url);

#endif
