#ifndef STORE_DUMP_SQL_H
#define STORE_DUMP_SQL_H

#include "tests/support/store_dump.h"

/*
 * store_dump_sql: what is asked past the door, in words that SQLite and PostgreSQL both understand
 * (unixepoch() is made there).  Ended by NULL.  The first column says what a line is about.
 */
extern const char *const store_dump_crawl_sql[], *const store_dump_other_sql[];

/* Of a PostgreSQL server, by a URI. */
char *store_dump_server(const char *where, enum store_dump_what what);

#endif
