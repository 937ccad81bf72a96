#ifndef STORE_DUMP_H
#define STORE_DUMP_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * store_dump: what a store holds, as lines of text in an order of their own, so that what one
 * backend has can be compared with what another has.
 *
 * A line says what it is about (page, row, try, host, ...), then its fields; nothing in it is a
 * number that a store or its caller gave out.
 */
enum store_dump_what {
	STORE_DUMP_CRAWL, /* what two crawls of the same site have in common: no times, no figures
			   */
	STORE_DUMP_ALL,
};

/* What is durable in the store that was opened with `where`.  The caller frees it. */
char *store_dump(const char *where, enum store_dump_what what);

/* ---- for who makes lines ---- */

struct store_dump {
	char **lines;
	size_t count;
	char *line; /* the one that is being made */
	size_t used, room;
};

void store_dump_begin(struct store_dump *dump, const char *about);
void store_dump_text(struct store_dump *dump, struct slice text); /* absent: "-" */
void store_dump_number(struct store_dump *dump, int64_t number);
void store_dump_real(struct store_dump *dump, double number);
void store_dump_name(struct store_dump *dump, const char *name); /* the next field is "NAME=..." */
void store_dump_end(struct store_dump *dump);

/*
 * Names in an order of their own: the index of the one behind last (NULL: the first), or count.
 * name_of(context, index) says what they are.
 */
size_t store_dump_next_name(const char *(*name_of)(void *context, size_t index), void *context,
			    size_t count, const char *last);

/* All lines, in order.  The caller frees it; dump holds nothing any more. */
char *store_dump_finish(struct store_dump *dump);

#endif
