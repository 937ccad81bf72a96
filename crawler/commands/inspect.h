#ifndef INSPECT_H
#define INSPECT_H

#include "cli/options.h"

/* inspect: the subjects of the command that are larger than a few lines; each a file of its own. */

#define INSPECT_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of a file that is looked at */

/* Each returns the exit code. */
int inspect_links(const struct options *options);
int inspect_robots(const struct options *options);
int inspect_sitemap(const struct options *options);

#endif
