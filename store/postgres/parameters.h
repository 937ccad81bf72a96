#ifndef POSTGRES_PARAMETERS_H
#define POSTGRES_PARAMETERS_H

#include "store/postgres/internal.h"

/* What is put into $1, $2, ... of one statement, as libpq wants it: it stays where it is made. */
struct postgres_parameters {
	Oid types[POSTGRES_PARAMETERS_MAX];
	const char *values[POSTGRES_PARAMETERS_MAX];
	int sizes[POSTGRES_PARAMETERS_MAX], formats[POSTGRES_PARAMETERS_MAX];
	char numbers[POSTGRES_PARAMETERS_MAX][32];
	char *texts[POSTGRES_PARAMETERS_MAX]; /* that were ended by a NUL; to be freed */
	int count;
};

/* Bytes (STORE_BLOB) are pointed to, all else is copied; ended by the caller. */
void postgres_parameters_begin(struct postgres_parameters *all, const struct store_value values[],
			       size_t count);
void postgres_parameters_end(struct postgres_parameters *all);

/* As PQsendQueryParams() does. */
int postgres_parameters_send(PGconn *connection, const char *sql,
			     const struct postgres_parameters *all);

#endif
