#ifndef OUTPUT_H
#define OUTPUT_H

#include "show/record.h"
#include <stdio.h>

/*
 * output: rows as data on a stream, in one of a few formats.
 *
 *		  csv			jsonl and json		table
 *	NULL	  nothing		null			nothing
 *	empty	  ""			""			nothing
 *	integer	  12			12			12
 *	real	  9.5, 10.0		9.5, 10.0		9.5, 10.0
 *	text	  as it is		escaped			controls made visible
 *	json	  as it is		as it is, on one line	controls made visible
 *	blob	  hexadecimal		"hexadecimal"		hexadecimal
 *
 * csv is RFC 4180: a header, CR LF, quotes where they are needed; a row that is one NULL alone
 * is written "", for readers skip an empty line.  jsonl is an object a line, json one array of
 * them; text that is not UTF-8 gets U+FFFD there.  A real that is infinite is 1e999, as in SQLite.
 *
 * guarded is csv in which a text that a spreadsheet would run as a formula ("=...", "-..." unless
 * that is a number) has an apostrophe before it.  excel is the same behind a byte-order mark,
 * without which Excel reads it in the charset of its country.
 */
struct output;

enum output_format {
	OUTPUT_TABLE,
	OUTPUT_CSV,
	OUTPUT_JSONL,
	OUTPUT_JSON,
	OUTPUT_EXCEL,
	OUTPUT_GUARDED
};

/* The format of this name ("csv", ...), or otherwise; name may be NULL. */
enum output_format output_format_find(const char *name, enum output_format otherwise);

/* A value as JSON. */
void output_json(FILE *out, const struct datum *value);

/* One row as a JSON object, as jsonl has it but without its newline. */
void output_object(FILE *out, const struct record *row);

/* Begin to write.  The caller frees it with output_end(). */
struct output *output_new(FILE *out, enum output_format format);

/*
 * Write a row; values NULL: there are none, only a header.  Columns must stay the same from row
 * to row, but for jsonl and json, where every object has the names that come with it.
 * Returns 0, or -1: the stream takes no more (errno says why).
 */
int output_row(struct output *output, const struct record *row);

/* Write the end, and release.  Returns 0, or -1 as output_row() does.  NULL is allowed. */
int output_end(struct output *output);

/* Release without an end: what was asked for has failed, and half of it must not look whole. */
void output_drop(struct output *output);

#endif
