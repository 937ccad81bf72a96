#ifndef PROXY_H
#define PROXY_H

#include "config/settings.h"
#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * proxy: whom to ask for a URL, as curl has it: a setting, or the environment.
 *
 * libcurl would find that out itself, but not say what it found; and whether a host is asked or a
 * proxy decides which address is judged.
 */
struct proxies {
	const char *http, *https; /* URLs, or "": none.  Of settings and environment, which stay */
	const char *none;         /* hosts that are asked directly, or "" */
};

/*
 * What settings and the environment say: proxy; http_proxy, https_proxy, HTTPS_PROXY, all_proxy,
 * ALL_PROXY; no_proxy, NO_PROXY.  (HTTP_PROXY in capitals a CGI script would get from its client.)
 */
struct proxies proxies_read(const struct settings *settings);

/* Is there one for any URL? */
bool proxies_any(const struct proxies *proxies);

/* The host of a canonical URL, without brackets.  Points into url. */
struct slice proxy_host(struct slice url);

/*
 * The proxy for a canonical URL, or "".
 *
 * The list of hosts has commas or spaces between them; "*" is all, a name is itself and what ends
 * in "." and it, an address (also with "/bits") is itself or its network.
 */
const char *proxy_for(const struct proxies *proxies, struct slice url);

#endif
