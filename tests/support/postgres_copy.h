#ifndef POSTGRES_COPY_H
#define POSTGRES_COPY_H

#include <stdbool.h>

/*
 * postgres_copy: what a SQLite file holds, in a schema that a crawl made, table by table: names and
 * columns are the same.  So both can be asked the same questions.
 *
 * are_spread: numbers of URLs and of hosts are not all of share 0, but four of each share, in the
 * same order; the number of a key stays.
 *
 * Returns 0, or -1 with a line on standard error.
 */
#define POSTGRES_COPY_SHARE 4 /* numbers of each share */

int postgres_copy(const char *file, const char *uri, bool are_spread);

#endif
