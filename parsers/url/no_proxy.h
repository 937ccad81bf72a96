#ifndef NO_PROXY_H
#define NO_PROXY_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * no_proxy: which hosts are asked directly, as curl reads the variable of that name.
 *
 * The list has commas or spaces between its words; "*" is all, a name is itself and what ends in
 * "." and it, an address (also with "/bits") is itself or its network.  host stands without
 * brackets.
 */
bool no_proxy_has(const char *list, struct slice host);

#endif
