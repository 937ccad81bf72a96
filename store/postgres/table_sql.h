#ifndef POSTGRES_TABLE_SQL_H
#define POSTGRES_TABLE_SQL_H

#include "store/postgres/writing.h"
#include <stdio.h>

/*
 * SQL about the table of a pattern, piece by piece into a stream of memory.
 *
 * Names are the user's: any bytes, and are written into SQL only in quotes.
 */

/* A stream into text, and its end: run it, and free text.  Returns 0 or -1. */
FILE *postgres_begin_sql(char **text, size_t *size);
int postgres_run_sql(struct postgres_store *store, FILE *sql, char **text);

/* "NAME", 'TEXT'. */
void postgres_put_name(FILE *sql, const char *name);
void postgres_put_literal(FILE *sql, const char *text);

const char *postgres_type_of(enum store_kind kind);
enum store_kind postgres_kind_of_type(const char *type, const char *comment);

/* A column's value as one of another kind, if it means the same there, or NULL. */
void postgres_put_converted(FILE *sql, const char *name, const char *type, enum store_kind kind);

/* A column t.NAME as JSON, as SQLite writes it. */
void postgres_put_json(FILE *sql, const char *name, enum store_kind kind);

/* What is known of it: these marks are of this pattern. */
void postgres_put_is_of(FILE *sql, const char *alias, const char *pattern);

/* Write how the tables' rows are taken away and added, into their kinds. */
void postgres_describe_tables(struct postgres_store *store);

#endif
