#ifndef ROWS_OUT_H
#define ROWS_OUT_H

#include "cli/options.h"
#include "show/output.h"
#include "store/store.h"

/* rows_out: what is in the database, to standard output; for the commands sql and export. */

/* Open the database of -o to read.  Returns NULL after a complaint. */
struct store *rows_out_open(const struct options *options);

/* A verb of the store that emits rows: store_query, store_query_table. */
typedef int rows_out_verb(struct store *store, const char *text,
			  int (*function)(void *context, const struct store_answer *row),
			  void *context);

/*
 * Ask, and write the rows in the format of the options, or in otherwise.
 * Returns the exit code; a complaint was written if it is not EXIT_ALL_DONE.
 */
int rows_out_write(struct store *store, const struct options *options, rows_out_verb *verb,
		   const char *text, enum output_format otherwise);

#endif
