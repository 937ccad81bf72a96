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
 * Is it where a machine asks its own link, or the cloud that it runs in, about itself?
 * 169.254.0.0/16, and a few that clouds have made up: who may ask there may learn the machine's
 * keys.
 */
bool address_is_service(const struct sockaddr *address);
bool address_text_is_service(struct slice digits); /* with brackets or without */

/*
 * Is the host of a URL public that somebody else looks up?  An address is judged by its bits, with
 * brackets or without, and a name by its text.  Not public are one label alone, and what ends in
 * "localhost" (RFC 6761 6.3), "localdomain", "local" (RFC 6762), "internal" (which ICANN has set
 * aside) or, being no address, in a number.
 */
bool address_host_is_public(struct slice host);

#endif
