#ifndef REPORT_H
#define REPORT_H

#include "show/record.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdio.h>

/*
 * report: what is in the database, section by section, for people or as one JSON object.
 *
 *	url      http://example.org/		{"page":{"url":"http://example.org/",...},
 *	state    done				 "tries":[{"try":1,...}]}
 *
 *	try at ...
 *	  1 2026-...
 *
 * A text of the database cannot steer the terminal.
 */
struct report {
	FILE *out;
	struct store *store;
	struct store_about about; /* whom it is about, where it is about one URL */
	bool is_json;
	bool has_failed; /* the store; the rest is left out */
	unsigned sections;
};

struct report report_begin(FILE *out, struct store *store, bool is_json);

/* The one row of a report, as lines of name and value; without a row: null, or nothing at all. */
void report_row(struct report *report, const char *name, enum store_report which);

/* All rows of a report, as a table; without any: [], or nothing at all. */
void report_rows(struct report *report, const char *name, enum store_report which);

/* A row that does not come from the database. */
void report_facts(struct report *report, const char *name, const struct record *row);

/* Returns 0, or -1: the store failed, as store_error() says. */
int report_end(struct report *report);

#endif
