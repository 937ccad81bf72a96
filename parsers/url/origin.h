#ifndef ORIGIN_H
#define ORIGIN_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * origin: scheme, name and port of a canonical URL, apart.
 *
 * Credentials are of an origin: who asks another port, or without TLS, asks somebody else
 * (RFC 6454 4).
 */
struct origin {
	bool is_https;
	struct slice name; /* an IPv6 address keeps its brackets.  Points into the text */
	uint16_t port;     /* the scheme's own if none is written; 0: there is no scheme either */
};

/* Of a canonical URL or its origin; of a name alone, which has neither scheme nor port. */
struct origin origin_read(struct slice text);

/* Is it the port of the scheme: 80, 443? */
bool origin_has_own_port(const struct origin *origin);

#endif
