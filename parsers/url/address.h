#ifndef ADDRESS_H
#define ADDRESS_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <sys/socket.h>

/*
 * address: is this an address of the public Internet?
 *
 * Asked about the socket address itself, when it is about to be connected to: a name can
 * resolve to anything, and 127.0.0.1 has many spellings.
 * (IANA special-purpose registries, RFC 6890: not globally reachable is not public; IPv4 inside
 * IPv6, mapped, 6to4 and NAT64, is judged as IPv4.)
 */
bool address_is_public(const struct sockaddr *address);

/* The same of an address in digits: "192.0.2.1", "::1". */
bool address_text_is_public(struct slice digits);

/*
 * The same of the host of a URL that somebody else looks up: an address by its bits, with brackets
 * or without, and a name by its text.  Not public are one label alone, and what ends in
 * "localhost" (RFC 6761 6.3), "local" (RFC 6762) or "internal" (which ICANN has set aside).
 */
bool address_host_is_public(struct slice host);

#endif
