#ifndef INSPECT_H
#define INSPECT_H

#include <stddef.h>

/* inspect: what the subjects of the command share; those of more than a few lines are files. */

#define INSPECT_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of a file that is looked at */

#endif
