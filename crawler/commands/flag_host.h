#ifndef FLAG_HOST_H
#define FLAG_HOST_H

#include "cli/options.h"
#include "config/config.h"

/*
 * flag_host: the one host that credentials of the command line are for.
 *
 * Whoever types --user means the host of the list.  Where the lists name several, nobody can know
 * which; it is found out before anything is sent.
 */
/*
 * The config that these paths and the options make, as command_config(), with the credentials of
 * the options for the origin that all lists name.  NULL after a complaint: exit 2.
 */
struct config *flag_host_config(const struct options *options, const char *const paths[],
				size_t count);

/* The same for arguments that are pages: files, and URLs, which are what counts. */
struct config *flag_host_page_config(const struct options *options, const char *const paths[],
				     size_t count);

/* The same of the paths that are arguments, where --record names the page. */
struct config *flag_host_recorded_config(const struct options *options);

#endif
