#ifndef QUERY_H
#define QUERY_H

#include "options.h"
#include "output.h"

/* query: what is in the database, to standard output; for the commands sql and export. */

/* Open the database of -o to read.  Returns NULL after a complaint. */
struct store *query_open(const struct options *options);

/* A verb of the store that hands out rows: store_query, store_query_table. */
typedef int query_verb(struct store *store, const char *text,
		       int (*function)(void *context, const struct store_answer *row),
		       void *context);

/*
 * Ask, and write the rows in the format of the options, or in otherwise.
 * Returns the exit code; a complaint was written if it is not EXIT_ALL_DONE.
 */
int query_write(struct store *store, const struct options *options, query_verb *verb,
		const char *text, enum output_format otherwise);

#endif
