#ifndef FLAG_HOST_H
#define FLAG_HOST_H

#include "cli/options.h"
#include "parsers/url/url.h"
#include <stdbool.h>

/*
 * flag_host: the one host that credentials of the command line are for.
 *
 * Whoever types --user means the host of the list.  Where the lists name several, nobody can know
 * which; it is found out before anything is sent.
 */
#define FLAG_HOST_MAX (ORIGIN_BYTES_MAX + 1)

/* Are there credentials among the options? */
bool flag_host_is_wanted(const struct options *options);

/* The origin that all lists name.  Returns 0, or -1 after a complaint: exit 2. */
int flag_host_find(const struct options *options, char origin[FLAG_HOST_MAX]);

#endif
