#ifndef POSTGRES_H
#define POSTGRES_H

#include "store/backend.h"

/* A crawl in a schema of a PostgreSQL database, of one machine or many. */
extern const struct store_backend postgres_backend, postgres_short_backend;
extern const struct store_copier postgres_copier;

#endif
