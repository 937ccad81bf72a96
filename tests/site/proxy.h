#ifndef SITE_PROXY_H
#define SITE_PROXY_H

#include <stdbool.h>

/*
 * proxy: the site as a proxy instead: one that works, or fails in one of the ways that proxies do.
 *
 * It leads to loopback alone: a name, whatever it is, to 127.0.0.1, and its port to that of `to`;
 * but for names that end in ".invalid", behind which there is nobody.  Each connection is a thread.
 */
enum proxy_kind {
	PROXY_HTTP,   /* plain requests, and CONNECT */
	PROXY_SOCKS,  /* 4, 4a and 5 */
	PROXY_REFUSE, /* HTTP, that refuses to connect: CONNECT is answered with 403 */
	PROXY_AUTH,   /* HTTP, that takes no password: 407 */
	PROXY_BUSY,   /* HTTP, that answers everything with 503 */
	PROXY_BANNED, /* HTTP, whom every site answers with 403 */
	PROXY_HANG,   /* takes a connection, and never answers */
	PROXY_CLOSE,  /* takes a request, and closes */
	PROXY_LAPSE,  /* HTTP, that closes the second, third and fourth connection */
	PROXY_GARBLE, /* answers what is no HTTP */
	PROXY_SPOIL,  /* answers what is said to be compressed, and is not */
	PROXY_RULES,  /* SOCKS 5, by whose rules nobody may be connected to */
};

struct proxy_options {
	const char *kind;
	unsigned port;       /* to listen on, 0: a free one */
	unsigned to;         /* port of the site, 0: as was asked for */
	const char *user;    /* "name:password" that it wants, or NULL */
	const char *log;     /* file that gets a line for each request that it passed on, or NULL */
	unsigned fails;      /* so many connections, the first, are closed at once */
	unsigned dies_after; /* passing on so many requests, if not 0 */
	unsigned seconds;    /* after which it ends */
};

/* Say where it listens on a line of stdout, and serve until the end.  Returns an exit code. */
int proxy_run(const struct proxy_options *options);

#endif
