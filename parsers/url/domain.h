#ifndef DOMAIN_H
#define DOMAIN_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/* domain: whose a host is. */

/* Is this host, as it stands in a canonical URL, an address in digits? */
bool domain_is_address(struct slice host);

/*
 * The part of a host's name that one owner registered ("example.co.uk" of "www.example.co.uk", by
 * the Public Suffix List), or all of it: an address, a name without a public suffix.  Points into
 * host.
 */
struct slice domain_of(struct slice host);

/* May anybody have a name below this one, as below "co.uk" or "github.io", by the same list? */
bool domain_is_shared(struct slice name);

#endif
